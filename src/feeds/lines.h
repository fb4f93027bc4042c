// Lines and CSV records of a byte source, with their line numbers, in constant memory.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "feeds/bytes.h"

namespace delever::feeds {

class LineReader {
 public:
  static constexpr size_t kLineMax = size_t{64} << 20;   // an exchangeInfo is 3 MiB
  static constexpr size_t kRecordMax = size_t{1} << 20;  // a CSV row with line ends inside quotes

  LineReader(ByteSource& source, std::string place) : source_(source), place_(std::move(place)) {}

  // The next line without its end ("\n" or "\r\n"); at least kPadding readable bytes follow. Valid
  // until the next call.
  Result<std::optional<std::string_view>> line();
  // The same, but a record goes on while a quote is open. Where none closes it within kRecordMax,
  // the record is the one line, so that one stray quote spoils one row and not the rest of the
  // file.
  Result<std::optional<std::string_view>> record();
  uint64_t number() const { return number_; }  // of the last line's (record's first line), from 1
  std::string where() const;                   // "FILE:LINE"
  // Whether the last line came with its end. The last of a file that was cut has none, and its last
  // number may be the beginning of a longer one.
  bool ended() const { return ended_; }

 private:
  Result<size_t> find_line_end(
      size_t from);  // position of '\n', or of the end of the file; npos: more than `max`
  Result<bool> fill();
  std::string_view take(size_t end, uint64_t lines);

  ByteSource& source_;
  std::string place_;
  std::vector<char> buffer_;
  size_t begin_ = 0, end_ = 0;  // what was read and not yet given out
  bool done_ = false, ended_ = true;
  uint64_t number_ = 0, next_number_ = 1;
};

}  // namespace delever::feeds
