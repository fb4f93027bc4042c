#include "feeds/lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "codec/decoder.h"
#include "codec/row.h"

namespace delever::feeds {
namespace {

constexpr size_t kChunk = 256 * 1024;

}  // namespace

std::string LineReader::where() const { return fmt::format("{}:{}", place_, number_); }

Result<bool> LineReader::fill() {
  if (done_) return false;
  if (begin_ > 0 && (begin_ == end_ || begin_ >= buffer_.size() / 2)) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() < end_ + kChunk + codec::kPadding)
    buffer_.resize(std::max(buffer_.size() * 2, end_ + kChunk + codec::kPadding));
  const size_t n = TRY(source_.read(buffer_.data() + end_, kChunk));
  end_ += n;
  done_ = n == 0;
  return n > 0;
}

// `from` and the answer count from begin_, because the buffer moves.
Result<size_t> LineReader::find_line_end(size_t from) {
  for (;;) {
    const size_t have = end_ - begin_;
    if (from < have) {
      const char* const text = buffer_.data() + begin_;
      if (const void* found = std::memchr(text + from, '\n', have - from))
        return static_cast<size_t>(static_cast<const char*>(found) - text);
    }
    from = have;
    if (have > kLineMax) {
      return Error{Fault::out_of_range, fmt::format("a line of more than {} MiB", kLineMax >> 20),
                   fmt::format("{}:{}", place_, next_number_)};
    }
    if (!TRY(fill())) return end_ - begin_;
  }
}

std::string_view LineReader::take(size_t end, uint64_t lines) {
  std::string_view out(buffer_.data() + begin_, end);
  ended_ = begin_ + end < end_;
  begin_ += std::min(end + 1, end_ - begin_);
  number_ = next_number_;
  next_number_ += lines;
  if (out.ends_with('\r')) out.remove_suffix(1);
  return out;
}

Result<std::optional<std::string_view>> LineReader::line() {
  const size_t end = TRY(find_line_end(0));
  if (end == 0 && done_ && begin_ == end_) return std::optional<std::string_view>();
  return std::optional(take(end, 1));
}

Result<std::optional<std::string_view>> LineReader::record() {
  const size_t first = TRY(find_line_end(0));
  if (first == 0 && done_ && begin_ == end_) return std::optional<std::string_view>();
  size_t end = first;
  uint64_t lines = 1;
  bool open = codec::open_quote({buffer_.data() + begin_, end});
  while (open && begin_ + end < end_ && end < kRecordMax) {
    const size_t from = end + 1;
    end = TRY(find_line_end(from));
    ++lines;
    if (codec::open_quote({buffer_.data() + begin_ + from, end - from})) open = false;
  }
  return std::optional(open ? take(first, 1) : take(end, lines));
}

}  // namespace delever::feeds
