// A block: messages of one stream as one row of the tape. Its payload is three columns, one after
// another: the differences of the receive times, the lengths (both as LEB128 varints), the bytes;
// the whole compressed with zstd. Messages of one shape may be packed by their fields instead
// (columns.h). The checksum covers the header as well as the packed bytes, so that no field of the
// row can change unnoticed.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "tape/tape.h"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace delever::tape {

// Bounds that the writer keeps and the reader holds a file to, so that no file can ask for
// unbounded memory.
inline constexpr size_t kMessageMax = size_t{32} << 20;
inline constexpr size_t kBlockMax = size_t{16} << 20;  // the largest Options::block_bytes
inline constexpr size_t kPayloadMax =
    size_t{4} * kBlockMax + kMessageMax;  // its columns take the rest
inline constexpr size_t kPadding = 64;    // readable bytes behind every message

struct BlockHeader {
  int64_t id = 0;           // row number: 1, 2, 3 in order of arrival, over all streams
  StreamNumber stream = 0;  // from 1
  int64_t run = 0;          // 0, 1, 2; within a run no block begins before the one before it ended
  int64_t seq = 0;          // 0, 1, 2 within the run: a hole is a lost block
  Instant first, last;      // receive times of the first and the last message
  int64_t count = 0;        // messages, at least 1
  int64_t raw_bytes = 0;    // length of the payload before compression
};

// Whether the numbers are such as a writer makes. A checksum says only that they are those somebody
// wrote.
bool plausible(const BlockHeader& header);

// CRC-32 (that of zlib) over the fields above as little-endian 64-bit words, then `packed`.
uint32_t block_checksum(const BlockHeader& header, std::string_view packed);

// LEB128: seven bits a byte, lowest first, the top bit set on all but the last.
void write_varint(std::string& out, uint64_t value);
constexpr size_t varint_bytes(uint64_t value) {
  return (static_cast<size_t>(std::bit_width(value | 1)) + 6) / 7;
}

// What a block of columns begins with; a zstd frame begins with 0x28.
inline constexpr char kColumnsMark = 'C';

// The messages of one stream that wait to become a block.
class BlockBuilder {
 public:
  void add(Instant received, std::string_view bytes);
  bool empty() const { return times_.empty(); }
  size_t count() const { return times_.size(); }
  size_t bytes() const {
    return bytes_.size() + times_.size() * 8;
  }  // about what the payload will take
  Instant first() const { return first_; }
  Instant last() const { return last_; }
  bool in_order() const { return in_order_; }
  // As they arrived: receive times, lengths, and the messages end to end.
  const std::vector<int64_t>& times() const { return times_; }
  const std::vector<uint32_t>& sizes() const { return sizes_; }
  std::string_view text() const { return bytes_; }
  size_t payload_bytes() const;  // of messages in order
  // In order of time, equal times in order of arrival; in place of what `out` held, in its memory.
  void write_payload(std::string& out) const;
  std::string payload() const {
    std::string out;
    write_payload(out);
    return out;
  }
  void clear();

 private:
  void write_sorted(std::string& out) const;

  std::vector<int64_t> times_;
  std::vector<uint32_t> sizes_;
  std::string bytes_;
  Instant first_, last_;
  bool in_order_ = true;
};

class ColumnWriter;

// zstd with its working memory kept between blocks. Not for two threads at once.
class Packer {
 public:
  Packer();
  // What they give is valid until the next call of the same one.
  Result<std::string_view> pack(std::string_view payload, int level);
  Result<std::string_view> pack_columns(const ColumnWriter& columns, int level);

 private:
  struct Free {
    void operator()(ZSTD_CCtx_s* context) const;
  };
  Result<void> add_frame(std::string_view bytes, int level);
  std::unique_ptr<ZSTD_CCtx_s, Free> context_;
  std::string out_, columns_out_;
  size_t columns_size_ = 0;
};

// Messages of a block, ready to be read. Any part of a block may be held: see slice().
struct BlockMessages {
  std::unique_ptr<char[]> bytes;  // kPadding readable bytes behind the last message
  size_t capacity = 0;            // what `bytes` can hold, padding included
  std::vector<int64_t> times;
  std::vector<uint32_t>
      offsets;  // one more than messages: message i is [offsets[i], offsets[i + 1])

  size_t count() const { return times.size(); }
  std::string_view message(size_t i) const {
    return {bytes.get() + offsets[i], offsets[i + 1] - offsets[i]};
  }
  void reserve(size_t payload_bytes);  // room for that many and the padding, which it clears
};

// Messages from `begin` until about `bytes_max` bytes, at least one. For readers that cannot hold
// whole blocks.
BlockMessages slice(const BlockMessages& block, size_t begin, size_t end, size_t bytes_max);

class Unpacker {
 public:
  Unpacker();
  // The checksum is the caller's to check first. Any bytes are safe; what is not a block is an
  // error that says why.
  Result<void> unpack(const BlockHeader& header, std::string_view packed, BlockMessages& out);

 private:
  struct Free {
    void operator()(ZSTD_DCtx_s* context) const;
  };
  Result<void> unpack_columns(const BlockHeader& header, std::string_view packed,
                              BlockMessages& out);
  std::unique_ptr<ZSTD_DCtx_s, Free> context_;
  BlockMessages columns_;  // for its memory: what columns were before they are messages
};

// The second half of unpack: `out.bytes` holds a payload of header.raw_bytes bytes; finds the
// messages in it.
Result<void> read_payload(const BlockHeader& header, BlockMessages& out);

}  // namespace delever::tape
