// Handover: what a decoder knows between two messages, written down and taken up again, so that a
// reading of a tape goes on where an earlier one ended. One list of fields serves both ways; the
// bytes belong to one build of the program.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "market/event.h"
#include "market/instrument.h"

namespace delever::codec {

class Handover {
 public:
  Handover() : reads_(false) {}                                              // writes
  explicit Handover(std::string_view bytes) : reads_(true), rest_(bytes) {}  // reads; not copied
  bool reads() const { return reads_; }
  bool failed() const { return failed_; }  // what is read ended early; values are 0 from there on
  bool at_end() const { return rest_.empty(); }
  const std::string& bytes() const { return bytes_; }

  template <class... Fields>
  void fields(Fields&... all) {
    (field(all), ...);
  }
  template <class T>
  void field(T& value) {
    if constexpr (std::is_same_v<T, std::string>) {
      text(value);
    } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
      auto bits = static_cast<uint64_t>(value);
      word(bits);
      value = static_cast<T>(bits);
    } else if constexpr (std::is_same_v<T, double>) {
      auto bits = std::bit_cast<uint64_t>(value);
      word(bits);
      value = std::bit_cast<double>(bits);
    } else if constexpr (std::is_same_v<T, Instant> || std::is_same_v<T, Duration>) {
      auto bits = static_cast<uint64_t>(value.ns());
      word(bits);
      value = T::ns(static_cast<int64_t>(bits));
    } else if constexpr (std::is_same_v<T, WideQty>) {
      auto low = static_cast<uint64_t>(value.raw());
      auto high = static_cast<uint64_t>(value.raw() >> 64);
      word(low);
      word(high);
      value = WideQty::raw(static_cast<Wide>(static_cast<int64_t>(high)) * (Wide{1} << 64) + low);
    } else if constexpr (is_strong<T>) {
      auto bits = static_cast<uint64_t>(value.raw());
      word(bits);
      value = T(static_cast<typename T::Representation>(bits));
    } else if constexpr (requires { T::raw(int64_t{}); }) {
      auto bits = static_cast<uint64_t>(value.raw());
      word(bits);
      value = T::raw(static_cast<int64_t>(bits));
    } else {
      hand_over(*this, value);  // of a struct: a function beside it
    }
  }
  template <class T>
  void field(std::optional<T>& value) {
    bool there = value.has_value();
    field(there);
    if (!there) return value.reset();
    if (!value) value.emplace();
    field(*value);
  }
  template <class A, class B>
  void field(std::pair<A, B>& both) {
    fields(both.first, both.second);
  }
  // Vectors and deques, in their order. A length that cannot be ends with the bytes.
  template <class List>
  void list(List& values) {
    uint64_t count = values.size();
    word(count);
    if (reads_) values.clear();
    for (uint64_t i = 0; i < count && !failed_; ++i) {
      if (reads_) values.emplace_back();
      field(values[i]);
    }
  }
  // Maps of any kind. Their order in the bytes is that of the map, and says nothing.
  template <class Map>
  void map(Map& values) {
    map(values, [this](auto& value) { this->field(value); });
  }
  template <class Map, class Each>
  void map(Map& values, Each each) {
    uint64_t count = values.size();
    word(count);
    if (!reads_) {
      for (auto& [key, value] : values) {
        auto copy = key;
        field(copy);
        each(value);
      }
      return;
    }
    values.clear();
    for (uint64_t i = 0; i < count && !failed_; ++i) {
      typename Map::key_type key{};
      field(key);
      each(values[key]);
    }
  }
  template <class Set>
  void set(Set& values) {
    uint64_t count = values.size();
    word(count);
    if (!reads_) {
      for (auto value : values) field(value);
      return;
    }
    values.clear();
    for (uint64_t i = 0; i < count && !failed_; ++i) {
      typename Set::key_type value{};
      field(value);
      values.insert(std::move(value));
    }
  }

 private:
  void word(uint64_t& value) {
    if (!reads_) {
      bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
      return;
    }
    failed_ = failed_ || rest_.size() < sizeof value;
    value = 0;
    if (failed_) return;
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
  }
  void text(std::string& value) {
    uint64_t size = value.size();
    word(size);
    if (!reads_) {
      bytes_ += value;
      return;
    }
    failed_ = failed_ || rest_.size() < size;
    value.clear();
    if (failed_) return;
    value = rest_.substr(0, size);
    rest_.remove_prefix(size);
  }

  const bool reads_;
  bool failed_ = false;
  std::string bytes_;
  std::string_view rest_;
};

// Every member by name, so that a new one does not compile.
inline void hand_over(Handover& state, Instrument& instrument) {
  auto& [venue, symbol, kind, base, quote, settle, contract_size, expiry, strike, option_type, tick,
         step, funding_interval] = instrument;
  state.fields(venue, symbol, kind, base, quote, settle, contract_size, expiry, strike, option_type,
               tick, step, funding_interval);
}
inline void hand_over(Handover& state, Level& level) {
  auto& [price, qty, price_digits, qty_digits] = level;
  state.fields(price, qty, price_digits, qty_digits);
}
inline void hand_over(Handover& state, Quote& quote) {
  auto& [bid_price, ask_price, bid_qty, ask_qty, update_id] = quote;
  state.fields(bid_price, ask_price, bid_qty, ask_qty, update_id);
}
inline void hand_over(Handover& state, OpenInterest& interest) {
  auto& [contracts, coins, value_usd] = interest;
  state.fields(contracts, coins, value_usd);
}

}  // namespace delever::codec
