#include "memory/columns.h"

#include <zstd.h>

#include <algorithm>

namespace delever::memory {
namespace {

// Of a simulated tape's first bytes 3 leaves 6 % more than 6 for a third of the time. Further bytes
// are noise: there 1 leaves 0.6 % more for 37 %.
constexpr int kLevel = 6, kFurtherLevel = 1;
constexpr uint64_t kLargest = uint64_t{1} << 31;  // of one piece, unpacked
// What is shorter has no block of its own: the table of its codes would cost what it gains.
constexpr size_t kOwnBlock = 384;

void append_number(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

bool take_number(std::string_view raw, size_t& at, size_t end, uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && at < end; shift += 7) {
    const auto byte = static_cast<unsigned char>(raw[at++]);
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

Error broken(std::string what) { return Error{Fault::malformed, std::move(what), "a piece"}; }

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

// Its tables are megabytes: made once, for thousands of small pieces.
ZSTD_CCtx* context_of_thread() {
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
  CHECK(context != nullptr);
  CHECK(!ZSTD_isError(ZSTD_CCtx_reset(context.get(), ZSTD_reset_session_and_parameters)));
  return context.get();
}

// One frame of `raw`, in which a block ends at each of `ends`, the last one its own end.
std::string compress(std::string_view raw, const std::vector<size_t>& ends, int level) {
  ZSTD_CCtx* const context = context_of_thread();
  CHECK(!ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)));
  CHECK(!ZSTD_isError(ZSTD_CCtx_setPledgedSrcSize(context, raw.size())));
  constexpr size_t kBlockHeader = 4;
  std::string packed(ZSTD_compressBound(raw.size()) + ends.size() * kBlockHeader, '\0');
  ZSTD_outBuffer out{packed.data(), packed.size(), 0};
  size_t from = 0;
  for (const size_t end : ends) {
    ZSTD_inBuffer in{raw.data() + from, end - from, 0};
    const auto how = end == raw.size() ? ZSTD_e_end : ZSTD_e_flush;
    CHECK(ZSTD_compressStream2(context, &out, &in, how) == 0);
    from = end;
  }
  packed.resize(out.pos);
  return packed;
}

}  // namespace

bool ColumnWriter::empty() const {
  return std::all_of(columns_.begin(), columns_.end(), [](const Planes& planes) {
    return std::all_of(planes.begin(), planes.end(), [](const auto& c) { return c.empty(); });
  });
}

// First how many planes each column has and how long they are, then the first plane of each; in a
// frame of their own the others.
std::string ColumnWriter::pack() {
  std::string raw, further;
  append_number(raw, columns_.size());
  for (const Planes& planes : columns_) {
    size_t used = kPlanes;
    while (used > 0 && planes[used - 1].empty()) --used;
    append_number(raw, used);
    for (size_t plane = 0; plane < used; ++plane) append_number(raw, planes[plane].size());
  }
  std::vector<size_t> ends, further_ends;
  for (Planes& planes : columns_) {
    for (size_t n = 0; n < kPlanes; ++n) {
      std::string& to = n == 0 ? raw : further;
      std::vector<size_t>& cuts = n == 0 ? ends : further_ends;
      const size_t before = to.size();
      to += planes[n];
      planes[n].clear();
      if (to.size() - before < kOwnBlock) continue;
      if (before > 0 && (cuts.empty() || cuts.back() < before)) cuts.push_back(before);
      cuts.push_back(to.size());
    }
  }
  if (ends.empty() || ends.back() < raw.size()) ends.push_back(raw.size());
  if (further.empty()) return compress(raw, ends, kLevel);
  if (further_ends.empty() || further_ends.back() < further.size())
    further_ends.push_back(further.size());
  return compress(raw, ends, kLevel) + compress(further, further_ends, kFurtherLevel);
}

Result<ColumnReader> ColumnReader::unpack(std::string_view packed) {
  uint64_t size = 0;
  for (std::string_view rest = packed; size == 0 || !rest.empty();) {
    const unsigned long long more = ZSTD_getFrameContentSize(rest.data(), rest.size());
    const size_t length = ZSTD_findFrameCompressedSize(rest.data(), rest.size());
    if (more == ZSTD_CONTENTSIZE_UNKNOWN || more == ZSTD_CONTENTSIZE_ERROR || more == 0 ||
        more >= kLargest - size || ZSTD_isError(length) != 0)
      return broken("says no size that can be");
    size += more;
    rest.remove_prefix(length);
  }
  ColumnReader out;
  out.raw_ = std::make_unique_for_overwrite<char[]>(size);
  const size_t got = ZSTD_decompress(out.raw_.get(), size, packed.data(), packed.size());
  if (ZSTD_isError(got) != 0 || got != size) return broken("does not unpack");
  const std::string_view raw(out.raw_.get(), size);
  size_t at = 0;
  uint64_t count = 0;
  if (!take_number(raw, at, size, count) || count > size) return broken("has no list of columns");
  out.columns_.resize(count);
  for (auto& planes : out.columns_) {
    uint64_t used = 0, length = 0;
    if (!take_number(raw, at, size, used) || used > kPlanes)
      return broken("its list of columns ends");
    for (size_t plane = 0; plane < used; ++plane) {
      if (!take_number(raw, at, size, length) || length > kLargest)
        return broken("its list of columns ends");
      planes[plane].end = static_cast<uint32_t>(length);
    }
  }
  const auto place = [&](Range& plane) {
    if (plane.end > size - at) return false;
    plane = {static_cast<uint32_t>(at), static_cast<uint32_t>(at + plane.end)};
    at = plane.end;
    return true;
  };
  for (auto& planes : out.columns_) {
    if (!place(planes[0])) return broken("a column is longer than it");
  }
  for (auto& planes : out.columns_) {
    for (size_t n = 1; n < kPlanes; ++n) {
      if (!place(planes[n])) return broken("a column is longer than it");
    }
  }
  return out;
}

uint64_t ColumnReader::long_number(size_t column) {
  uint64_t value = 0;
  if (column < columns_.size()) {
    size_t plane = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      auto& [at, end] = columns_[column][plane];
      if (at == end) break;
      const auto byte = static_cast<unsigned char>(raw_[at++]);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
      if (plane + 1 < kPlanes) ++plane;
    }
  }
  failed_ = true;
  return 0;
}

std::string_view ColumnReader::bytes(size_t column, size_t count) {
  if (column >= columns_.size() || columns_[column][0].end - columns_[column][0].at < count) {
    failed_ = true;
    return {};
  }
  uint32_t& at = columns_[column][0].at;
  const std::string_view out(raw_.get() + at, count);
  at += static_cast<uint32_t>(count);
  return out;
}

}  // namespace delever::memory
