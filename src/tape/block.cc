#include "tape/block.h"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <numeric>

#include "tape/columns.h"

namespace delever::tape {
namespace {

Error malformed(std::string what) { return {Fault::malformed, std::move(what)}; }

uint32_t crc(uint32_t seed, std::string_view bytes) {
  return static_cast<uint32_t>(
      crc32_z(seed, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

// Reads one varint and moves `at`; false when the bytes end or the number has more than 64 bits.
bool read_varint(const unsigned char*& at, const unsigned char* end, uint64_t& value) {
  if (at < end && *at < 0x80) {
    value = *at++;
    return true;
  }
  value = 0;
  for (unsigned shift = 0; shift < 64 && at < end; shift += 7) {
    const uint64_t byte = *at++;
    if (shift == 63 && byte > 1) return false;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

}  // namespace

bool plausible(const BlockHeader& header) {
  // Far beyond any tape, and small enough that sums of such numbers stay within 64 bits.
  constexpr int64_t kMost = int64_t{1} << 48;
  const auto number = [](int64_t n, int64_t from) { return n >= from && n <= kMost; };
  return number(header.id, 1) && header.stream >= 1 && number(header.run, 0) &&
         number(header.seq, 0) && header.first <= header.last && header.raw_bytes >= 2 &&
         header.raw_bytes <= static_cast<int64_t>(kPayloadMax) && header.count >= 1 &&
         header.count <= header.raw_bytes / 2;  // two varints for each message
}

uint32_t block_checksum(const BlockHeader& header, std::string_view packed) {
  const int64_t fields[] = {header.id,         header.stream,    header.run,   header.seq,
                            header.first.ns(), header.last.ns(), header.count, header.raw_bytes};
  std::string bytes;
  for (const int64_t field : fields) {
    for (unsigned shift = 0; shift < 64; shift += 8) {
      bytes.push_back(static_cast<char>(static_cast<uint64_t>(field) >> shift & 0xff));
    }
  }
  return crc(crc(0, bytes), packed);
}

void write_varint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void BlockBuilder::add(Instant received, std::string_view bytes) {
  CHECK(bytes.size() <= kMessageMax);
  if (times_.empty()) {
    first_ = last_ = received;
  } else {
    in_order_ = in_order_ && received.ns() >= times_.back();
    first_ = std::min(first_, received);
    last_ = std::max(last_, received);
  }
  times_.push_back(received.ns());
  sizes_.push_back(static_cast<uint32_t>(bytes.size()));
  bytes_.append(bytes);
}

// The vectors keep their memory: the next block is about as large.
void BlockBuilder::clear() {
  times_.clear();
  sizes_.clear();
  bytes_.clear();
  in_order_ = true;
}

size_t BlockBuilder::payload_bytes() const {
  CHECK(in_order_);
  size_t bytes = bytes_.size();
  int64_t before = first_.ns();
  for (const int64_t time : times_) {
    bytes += varint_bytes(static_cast<uint64_t>(time) - static_cast<uint64_t>(before));
    before = time;
  }
  for (const uint32_t size : sizes_) bytes += varint_bytes(size);
  return bytes;
}

void BlockBuilder::write_payload(std::string& out) const {
  if (!in_order_) return write_sorted(out);
  out.clear();
  out.reserve(bytes_.size() + times_.size() * 8);
  int64_t before = first_.ns();
  for (const int64_t time : times_) {
    write_varint(out, static_cast<uint64_t>(time) -
                          static_cast<uint64_t>(before));  // exact for any two, modulo 2^64
    before = time;
  }
  for (const uint32_t size : sizes_) write_varint(out, size);
  out.append(bytes_);
}

void BlockBuilder::write_sorted(std::string& out) const {
  // Stable: messages of one time stay in the order of arrival, as docs/tape-format.md promises.
  std::vector<size_t> order(times_.size()), offsets(times_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return times_[a] < times_[b]; });
  std::exclusive_scan(sizes_.begin(), sizes_.end(), offsets.begin(), size_t{0});
  BlockBuilder sorted;
  for (const size_t i : order) {
    sorted.add(Instant::ns(times_[i]), std::string_view(bytes_).substr(offsets[i], sizes_[i]));
  }
  sorted.write_payload(out);
}

Packer::Packer() : context_(ZSTD_createCCtx()) { CHECK(context_ != nullptr); }
void Packer::Free::operator()(ZSTD_CCtx_s* context) const { ZSTD_freeCCtx(context); }

Result<std::string_view> Packer::pack(std::string_view payload, int level) {
  out_.resize(std::max(out_.size(), ZSTD_compressBound(payload.size())));
  const size_t size = ZSTD_compressCCtx(context_.get(), out_.data(), out_.size(), payload.data(),
                                        payload.size(), level);
  if (ZSTD_isError(size))
    return Error{Fault::unavailable, fmt::format("zstd: {}", ZSTD_getErrorName(size))};
  return std::string_view(out_.data(), size);
}

Result<void> Packer::add_frame(std::string_view bytes, int level) {
  columns_out_.resize(
      std::max(columns_out_.size(), columns_size_ + ZSTD_compressBound(bytes.size())));
  const size_t size =
      ZSTD_compressCCtx(context_.get(), columns_out_.data() + columns_size_,
                        columns_out_.size() - columns_size_, bytes.data(), bytes.size(), level);
  if (ZSTD_isError(size))
    return Error{Fault::unavailable, fmt::format("zstd: {}", ZSTD_getErrorName(size))};
  columns_size_ += size;
  return {};
}

Result<std::string_view> Packer::pack_columns(const ColumnWriter& columns, int level) {
  columns_out_.assign(1, kColumnsMark);
  write_varint(columns_out_, columns.head().size() + columns.body().size());
  columns_size_ = columns_out_.size();
  TRY(add_frame(columns.head(), level));
  size_t from = 0;
  for (const size_t to : columns.cuts()) {
    TRY(add_frame(columns.body().substr(from, to - from), level));
    from = to;
  }
  if (from < columns.body().size()) TRY(add_frame(columns.body().substr(from), level));
  return std::string_view(columns_out_.data(), columns_size_);
}

void BlockMessages::reserve(size_t payload_bytes) {
  if (capacity < payload_bytes + kPadding) {
    capacity = payload_bytes + kPadding;
    bytes.reset(new char[capacity]);  // not make_unique: clearing what zstd overwrites costs as
                                      // much as half its work
  }
  std::memset(bytes.get() + payload_bytes, 0, kPadding);
}

BlockMessages slice(const BlockMessages& block, size_t begin, size_t end, size_t bytes_max) {
  CHECK(begin < end && end <= block.count());
  size_t stop = begin + 1;
  while (stop < end &&
         block.offsets[stop + 1] - block.offsets[begin] + 12 * (stop + 1 - begin) <= bytes_max)
    ++stop;
  const uint32_t from = block.offsets[begin];
  BlockMessages out;
  out.reserve(block.offsets[stop] - from);
  std::memcpy(out.bytes.get(), block.bytes.get() + from, block.offsets[stop] - from);
  out.times.assign(block.times.data() + begin, block.times.data() + stop);
  out.offsets.reserve(stop - begin + 1);
  for (size_t i = begin; i <= stop; ++i) out.offsets.push_back(block.offsets[i] - from);
  return out;
}

Unpacker::Unpacker() : context_(ZSTD_createDCtx()) { CHECK(context_ != nullptr); }
void Unpacker::Free::operator()(ZSTD_DCtx_s* context) const { ZSTD_freeDCtx(context); }

Result<void> Unpacker::unpack(const BlockHeader& header, std::string_view packed,
                              BlockMessages& out) {
  if (header.raw_bytes < 0 || static_cast<uint64_t>(header.raw_bytes) > kPayloadMax) {
    return malformed(
        fmt::format("claims to hold {} bytes, more than a block may", header.raw_bytes));
  }
  if (packed.starts_with(kColumnsMark)) return unpack_columns(header, packed.substr(1), out);
  const auto raw_bytes = static_cast<size_t>(header.raw_bytes);
  // The frame's own length first: a header that asks for more than is packed must not get the
  // memory.
  if (ZSTD_getFrameContentSize(packed.data(), packed.size()) != raw_bytes) {
    return malformed("what is packed has not the length that its header says");
  }
  out.reserve(raw_bytes);
  const size_t size =
      ZSTD_decompressDCtx(context_.get(), out.bytes.get(), raw_bytes, packed.data(), packed.size());
  if (ZSTD_isError(size))
    return malformed(fmt::format("does not decompress: {}", ZSTD_getErrorName(size)));
  if (size != raw_bytes) return malformed("decompresses to another length than its header says");
  return read_payload(header, out);
}

// Columns are never longer than the rows would be: what claims to be is refused before it has the
// memory.
Result<void> Unpacker::unpack_columns(const BlockHeader& header, std::string_view packed,
                                      BlockMessages& out) {
  const auto* at = reinterpret_cast<const unsigned char*>(packed.data());
  const auto* const end = at + packed.size();
  uint64_t bytes = 0;
  if (!read_varint(at, end, bytes) || bytes > static_cast<uint64_t>(header.raw_bytes))
    return malformed("its columns have not the length that a block may have");
  columns_.reserve(bytes);
  const size_t size = ZSTD_decompressDCtx(context_.get(), columns_.bytes.get(), bytes, at,
                                          static_cast<size_t>(end - at));
  if (ZSTD_isError(size))
    return malformed(fmt::format("does not decompress: {}", ZSTD_getErrorName(size)));
  if (size != bytes) return malformed("decompresses to another length than it says");
  return read_columns(header, {columns_.bytes.get(), size}, out);
}

Result<void> read_payload(const BlockHeader& header, BlockMessages& out) {
  const auto raw_bytes = static_cast<size_t>(header.raw_bytes);
  if (header.count < 1 ||
      static_cast<uint64_t>(header.count) > raw_bytes / 2) {  // two varints for each message
    return malformed(fmt::format("claims {} messages in {} bytes", header.count, header.raw_bytes));
  }
  const auto count = static_cast<size_t>(header.count);
  const auto* const begin = reinterpret_cast<const unsigned char*>(out.bytes.get());
  const auto* const end = begin + raw_bytes;
  const auto* at = begin;
  out.times.resize(count);
  out.offsets.resize(count + 1);
  uint64_t value = 0;
  int64_t time = header.first.ns();
  for (int64_t& slot : out.times) {
    if (!read_varint(at, end, value)) return malformed("its receive times are cut short");
    // Modulo 2^64, as write_payload() has it: a difference beyond 63 bits wraps and shows as a step
    // back.
    const auto next = static_cast<int64_t>(static_cast<uint64_t>(time) + value);
    if (next < time) return malformed("its receive times are not in order");
    slot = time = next;
  }
  if (out.times.front() != header.first.ns() || time != header.last.ns()) {
    return malformed("its receive times are not those of its header");
  }
  uint64_t total = 0;
  for (size_t i = 0; i < count; ++i) {
    if (!read_varint(at, end, value)) return malformed("its lengths are cut short");
    if (value > raw_bytes - total) return malformed("its messages are longer than the block");
    out.offsets[i] = static_cast<uint32_t>(total);
    total += value;
  }
  const auto columns = static_cast<uint64_t>(at - begin);
  if (columns + total != raw_bytes) return malformed("its lengths do not add up to its size");
  out.offsets[count] = static_cast<uint32_t>(total);
  // Only now is it known where the bytes begin: behind both columns.
  for (uint32_t& offset : out.offsets) offset += static_cast<uint32_t>(columns);
  return {};
}

}  // namespace delever::tape
