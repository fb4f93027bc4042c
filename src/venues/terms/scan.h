// Members of a JSON object, one after another, without reading what nobody asks for: enough to say
// which stream a frame is of. Decoders read the rest with simdjson; here nothing is checked beyond
// what is passed over, and broken text ends the scan.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace delever::venues {

class Members {
 public:
  // `text` begins with the object; what follows its end is not looked at.
  explicit Members(std::string_view text);
  bool next();  // to the next member; false at the end, and where the text is broken
  std::string_view key() const { return key_; }
  bool is_text() const { return at_ < text_.size() && text_[at_] == '"'; }
  // From the value on, to look into it without finding its end.
  std::string_view rest() const { return text_.substr(at_); }
  // A string without its quotes (escapes as they are), or a number, word, object or list as it is.
  std::string_view value();

 private:
  size_t end_of_value() const;  // text_.size() + 1 when it has none
  std::string_view text_;
  std::string_view key_;
  size_t at_ = 0;  // of the value
  bool open_ = false, first_ = true;
};

// The value of that member; missing when there is none.
std::optional<std::string_view> member(std::string_view object, std::string_view key);
// The text from the value of that member on; empty when there is none.
std::string_view inside(std::string_view object, std::string_view key);
// A whole number that is not negative, in quotes or not.
std::optional<uint64_t> number(std::string_view object, std::string_view key);
// The objects of a list of objects, as they stand; what follows a broken one is left out.
std::vector<std::string_view> objects(std::string_view list);
// The strings of a list of strings, as they stand.
std::vector<std::string> texts(std::string_view list);
// A JSON string's content with \" \\ \/ undone; other escapes stay.
std::string unescaped(std::string_view text);
// Whether it is one object or list from its first to its last byte; what is inside is not checked.
bool is_json_text(std::string_view text);
// The other way: quotes and backslashes marked, control characters left out.
std::string escaped(std::string_view text);

}  // namespace delever::venues
