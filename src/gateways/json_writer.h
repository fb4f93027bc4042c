// JSON out, appended to one text in the order of the calls. Names and raw values go out as they
// are; texts are escaped.
//
//   JsonWriter w;
//   w.open('{').text("symbol", "BTCUSDT").raw("time", 1).open("bids",
//   '[').item("1").close().close(); w.take()    {"symbol":"BTCUSDT","time":1,"bids":["1"]}
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace delever::gateways {

class JsonWriter {
 public:
  JsonWriter& open(char brace) { return begin({}, brace); }
  JsonWriter& open(std::string_view name, char brace) { return begin(name, brace); }
  JsonWriter& close();

  JsonWriter& text(std::string_view name, std::string_view value);
  JsonWriter& raw(std::string_view name, std::string_view value);
  template <std::integral T>
  JsonWriter& raw(std::string_view name, T value) {
    if constexpr (std::same_as<T, bool>)
      return raw(name, value ? std::string_view("true") : std::string_view("false"));
    else
      return raw(name, std::string_view(std::to_string(value)));
  }
  JsonWriter& null(std::string_view name) { return raw(name, std::string_view("null")); }
  JsonWriter& item(std::string_view value);  // of a list, as text
  JsonWriter& raw_item(std::string_view value);
  template <std::integral T>
  JsonWriter& raw_item(T value) {
    return raw_item(std::string_view(std::to_string(value)));
  }

  const std::string& view() const { return out_; }
  std::string take();

 private:
  JsonWriter& begin(std::string_view name, char brace);
  void comma(std::string_view name);
  void quoted(std::string_view value);
  std::string out_;
  std::vector<char> closing_;
  bool first_ = true;
};

std::string json_quoted(std::string_view text);

}  // namespace delever::gateways
