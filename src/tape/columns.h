// The second form of a block: its messages by column. Rows of an archive, or messages of one shape,
// split at a delimiter into the same number of fields; a column of numbers is kept as differences,
// a column of few words as numbers of a list, anything else as its text. Every byte comes back, or
// the block stays in rows. docs/tape-format.md has the layout.
//
// The columns of a block are `head`, which says what they are, and `body`, the planes and texts one
// after another. Each plane holds one byte of each number, lowest first, so that bytes of a kind
// lie together; each is packed by itself, since zstd has one table of frequencies for all it sees.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tape/block.h"

namespace delever::tape {

inline constexpr size_t kFieldsMax = 256;  // of a message: a reader holds so many columns at most
inline constexpr size_t kWordsMax = 255;   // of a list
inline constexpr size_t kColumnRowsMin = 16;
inline constexpr unsigned kDigitsMax = 18;  // of a number: 64 bits hold any
inline constexpr size_t kAffixMax = 128;    // what stands before or behind the number of a field

enum class ColumnKind : uint8_t {
  words,    // a list, and for each message its place in it
  text,     // lengths, and the texts end to end
  number,   // all with as many digits after the point
  varying,  // with a plane of how many each has
  product,  // what it differs from the product of two columns before it
};
enum class TimesKind : uint8_t {
  alone,  // a series
  column  // what they differ from a column's number times a power of ten
};
enum class SeriesMode : uint8_t { plain, difference };

constexpr uint64_t zigzag(uint64_t value) {
  return value << 1 ^ (value >> 63 != 0 ? ~uint64_t{0} : 0);
}
constexpr uint64_t unzigzag(uint64_t value) {
  return value >> 1 ^ ((value & 1) != 0 ? ~uint64_t{0} : 0);
}
uint64_t power_of_ten(unsigned exponent);  // up to 18

// A number as it stands in a text, if it is spelled as we would spell it.
struct Spelled {
  int64_t digits = 0;     // without the point, with the sign
  unsigned decimals = 0;  // after the point
};
// False for anything that write_number() would not give back: "007", "-0", "+1", "1e5", ".5", "5.".
bool read_number(std::string_view text, Spelled& out);
// At least kNumberRoom bytes lie at `to`; returns the end.
inline constexpr size_t kNumberRoom = 24;
char* write_number(char* to, int64_t digits, unsigned decimals);

// Makes columns of blocks, with its memory kept between them.
class ColumnWriter {
 public:
  // False where the messages are not of one shape, too few, or out of order.
  bool write(const BlockBuilder& messages);
  std::string_view head() const { return head_; }
  std::string_view body() const { return body_; }
  const std::vector<size_t>& cuts() const { return cuts_; }  // where in the body a piece ends

 private:
  struct Column {
    bool number = false, varying = false;
    unsigned scale = 0;
    std::string_view prefix, suffix;
    std::vector<int64_t> values;    // at `scale`
    std::vector<uint8_t> decimals;  // of each, where they vary
  };
  bool split(const BlockBuilder& messages);
  bool split_at(const BlockBuilder& messages, char delimiter, size_t fields);
  std::string_view field(size_t row, size_t column) const;
  bool read_column(size_t column, Column& out) const;
  bool rescale(Column& column) const;
  void write_column(size_t column);
  bool write_product(size_t column);
  bool is_product(size_t a, size_t b, size_t column, unsigned shift) const;
  void write_affixes(const Column& column);
  bool write_words(size_t column);
  void write_text(size_t column);
  void write_times(const BlockBuilder& messages);
  void write_series(const std::vector<uint64_t>& values);
  void cut();

  size_t rows_ = 0, fields_ = 0;
  char delimiter_ = 0;
  std::string_view text_;
  std::vector<uint32_t>
      ends_;  // of each field, row by row: its delimiter or the end of the message
  std::vector<Column> columns_;
  std::vector<uint64_t> series_, differences_;
  std::string head_, body_;
  std::vector<size_t> cuts_;
};

// The messages of a block from its columns: head and body, end to end. Any bytes are safe; nothing
// beyond header.raw_bytes and two megabytes for the head is allocated.
Result<void> read_columns(const BlockHeader& header, std::string_view columns, BlockMessages& out);

}  // namespace delever::tape
