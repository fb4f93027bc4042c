#include "render/text_buffer.h"

#include <fmt/compile.h>

#include <algorithm>
#include <cmath>

#include "render/json.h"

namespace delever::render {

void TextBuffer::grow(size_t bytes) {
  const size_t wanted = std::max({size_ + bytes, 2 * capacity_, size_t{4096}});
  std::unique_ptr<char[]> larger(new char[wanted]);
  std::copy_n(block_.get(), size_, larger.get());
  block_ = std::move(larger);
  capacity_ = wanted;
}

void TextBuffer::put(double number) {
  constexpr size_t kLongest = 64;
  written(fmt::format_to(room(kLongest), FMT_COMPILE("{}"), number == 0 ? 0.0 : number));
}

void TextBuffer::put_json(double number) { written(put_json_number(room(kJsonNumberMax), number)); }

void TextBuffer::put_json(std::string_view text) {
  if (!is_plain_json(text)) {
    put(escaped_json(text));
    return;
  }
  char* const to = room(text.size() + 2);
  *to = '"';
  std::copy(text.begin(), text.end(), to + 1);
  to[text.size() + 1] = '"';
  size_ += text.size() + 2;
}

}  // namespace delever::render
