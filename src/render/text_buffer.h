// Text written straight into one growing block: events, readings and rows of tables by the million,
// without an object or an allocation for each. Whoever writes a line asks for room once per part.
#pragma once

#include <charconv>
#include <concepts>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

#include "base/time_text.h"
#include "market/decimal_text.h"

namespace delever::render {

class TextBuffer {
 public:
  std::string_view view() const { return {block_.get(), size_}; }
  void clear() { size_ = 0; }

  void put(char c) {
    *room(1) = c;
    ++size_;
  }
  void put(std::string_view text) {
    if (text.empty()) return;
    std::memcpy(room(text.size()), text.data(), text.size());
    size_ += text.size();
  }
  template <std::integral T>
  requires(!std::same_as<T, char> && !std::same_as<T, bool>) void put(T number) {
    char* const to = room(kDecimalTextMax);
    written(std::to_chars(to, to + kDecimalTextMax, number).ptr);
  }
  template <class Tag, int kDigits>
  void put(Fixed<Tag, kDigits> value) {
    written(put_decimal(room(kDecimalTextMax), value));
  }
  void put(WideQty qty) { written(put_decimal(room(kDecimalTextMax), qty)); }
  void put(Instant time) { written(put_time(room(kTimeTextMax), time)); }
  void put(double number);               // the shortest that reads back, as fmt writes it
  void put_json(double number);          // the same in JSON; null where it is not a number
  void put_json(std::string_view text);  // in quotes, escaped; bytes that are no UTF-8 as U+FFFD

  // Several parts at once: `write` is given room for `most` bytes and says where it stopped.
  template <class Write>
  void put_by(size_t most, Write write) {
    written(write(room(most)));
  }

  template <class T>
  void put(const std::optional<T>& value) {  // missing: nothing
    if (value) put(*value);
  }

 private:
  char* room(size_t bytes) {
    if (capacity_ - size_ < bytes) grow(bytes);
    return block_.get() + size_;
  }
  void written(const char* end) { size_ = static_cast<size_t>(end - block_.get()); }
  void grow(size_t bytes);

  std::unique_ptr<char[]> block_;
  size_t size_ = 0, capacity_ = 0;
};

}  // namespace delever::render
