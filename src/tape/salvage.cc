#include "tape/salvage.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <set>
#include <tuple>

namespace delever::tape {
namespace {

constexpr auto kPage = static_cast<size_t>(kTapePageBytes);
constexpr size_t kLocalMax = kPage - 35;  // payload of a table leaf that stays in the page
constexpr size_t kLocalMin = (kPage - 12) * 32 / 255 - 23;  // of one that does not, at least
constexpr size_t kRowMax =
    kPayloadMax + kPayloadMax / 8;                // more than zstd makes of the largest block
constexpr size_t kSmallRowMax = size_t{1} << 20;  // streams and gaps

uint32_t big_endian(const char* at, int bytes) {
  uint32_t value = 0;
  for (int i = 0; i < bytes; ++i) value = value << 8 | static_cast<unsigned char>(at[i]);
  return value;
}

// SQLite's varint: high bits first, the ninth byte whole.
std::optional<uint64_t> take_varint(std::string_view& bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < 9 && i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (i == 8)
      value = value << 8 | byte;
    else
      value = value << 7 | (byte & 0x7fU);
    if (i == 8 || byte < 0x80) {
      bytes.remove_prefix(i + 1);
      return value;
    }
  }
  return std::nullopt;
}

struct Cell {
  int64_t row = 0;
  size_t size = 0;         // of the whole payload
  std::string_view local;  // the part in the page
  uint32_t overflow = 0;   // page of the rest, 0 when there is none
};

std::optional<Cell> read_cell(const char* page, size_t at) {
  std::string_view bytes(page + at, kPage - at);
  const auto size = take_varint(bytes);
  const auto row = size ? take_varint(bytes) : std::nullopt;
  if (!row || *size > kRowMax) return std::nullopt;
  Cell cell{static_cast<int64_t>(*row), static_cast<size_t>(*size), {}, 0};
  size_t local = cell.size;
  if (cell.size > kLocalMax) {
    local = kLocalMin + (cell.size - kLocalMin) % (kPage - 4);
    if (local > kLocalMax) local = kLocalMin;
    if (bytes.size() < local + 4) return std::nullopt;
    cell.overflow = big_endian(bytes.data() + local, 4);
  }
  if (bytes.size() < local) return std::nullopt;
  cell.local = bytes.substr(0, local);
  return cell;
}

struct Column {
  enum class Kind { null, number, text, blob } kind = Kind::null;
  int64_t number = 0;
  size_t begin = 0, size = 0;  // of a text or blob, in the payload
};

// The columns of a record, as far as its start tells: numbers must lie in `start`, texts and blobs
// may go beyond.
bool read_record(std::string_view start, size_t size, std::vector<Column>& columns) {
  columns.clear();
  std::string_view rest = start;
  const auto header_bytes = take_varint(rest);
  if (!header_bytes || *header_bytes > start.size()) return false;
  size_t at = *header_bytes;
  while (start.size() - rest.size() < *header_bytes) {
    const auto type = take_varint(rest);
    if (!type || columns.size() >= 16) return false;
    Column column;
    constexpr std::array<size_t, 7> widths = {0, 1, 2, 3, 4, 6, 8};
    if (*type >= 12) {
      column = {*type % 2 == 0 ? Column::Kind::blob : Column::Kind::text, 0, at,
                static_cast<size_t>(*type - 12) / 2};
    } else if (*type == 8 || *type == 9) {
      column = {Column::Kind::number, static_cast<int64_t>(*type - 8), at, 0};
    } else if (*type >= 1 && *type <= 6) {
      column = {Column::Kind::number, 0, at, widths[*type]};
      if (at > start.size() || column.size > start.size() - at) return false;
      uint64_t value = (static_cast<unsigned char>(start[at]) & 0x80U) != 0 ? ~uint64_t{0} : 0;
      for (size_t i = 0; i < column.size; ++i)
        value = value << 8 | static_cast<unsigned char>(start[at + i]);
      column.number = static_cast<int64_t>(value);
    } else if (*type != 0) {
      return false;
    }
    if (column.size > size - std::min(size, at)) return false;
    at += column.size;
    columns.push_back(column);
  }
  return at == size;
}

bool shaped(const std::vector<Column>& columns, std::string_view shape) {
  if (columns.size() != shape.size()) return false;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (columns[i].kind != (shape[i] == '-'   ? Column::Kind::null
                            : shape[i] == 'n' ? Column::Kind::number
                            : shape[i] == 't' ? Column::Kind::text
                                              : Column::Kind::blob)) {
      return false;
    }
  }
  return true;
}

std::optional<BlockHeader> block_header(int64_t row, const std::vector<Column>& c) {
  if (c[1].number < 1 || c[1].number > int64_t{UINT32_MAX}) return std::nullopt;
  return BlockHeader{row,
                     static_cast<StreamNumber>(c[1].number),
                     c[2].number,
                     c[3].number,
                     Instant::ns(c[4].number),
                     Instant::ns(c[5].number),
                     c[6].number,
                     c[7].number};
}

bool whole_payload(const PageFile& file, const Cell& cell, std::string& out) {
  if (cell.size > uint64_t{file.pages()} * kPage) return false;
  out.assign(cell.local);
  std::array<char, kPage> page;
  uint32_t next = cell.overflow;
  while (out.size() < cell.size) {
    if (!file.read(next, page.data())) return false;
    const size_t part = std::min(cell.size - out.size(), kPage - 4);
    out.append(page.data() + 4, part);
    next = big_endian(page.data(), 4);
  }
  return true;
}

// One row of the small tables, when it is one and checks.
void read_small_row(int64_t row, const std::string& payload, const std::vector<Column>& c,
                    TapeDescription& tape, std::set<int64_t>& gaps_seen) {
  const auto text = [&](size_t i) {
    return std::string_view(payload).substr(c[i].begin, c[i].size);
  };
  if (shaped(c, "-tttttn") && row >= 1 && row <= int64_t{kStreamMax}) {
    StreamInfo info{
        std::string(text(1)), std::string(text(2)), std::string(text(3)), std::string(text(4)), {}};
    const auto settings = read_settings(text(5));
    const auto number = static_cast<StreamNumber>(row);
    if (!settings || c[6].number != int64_t{stream_checksum(number, info, text(5))}) return;
    info.settings = *settings;
    place_stream(tape, number, std::move(info));
  } else if (shaped(c, "-nnntn")) {
    TapeGap gap{static_cast<StreamNumber>(c[1].number), Instant::ns(c[2].number),
                Instant::ns(c[3].number), std::string(text(4))};
    gap.open = gap.to == kNoEnd;
    gap.id = row;
    if (c[5].number == int64_t{gap_checksum(row, gap)} && gaps_seen.insert(row).second)
      tape.gaps.push_back(gap);
  } else if (shaped(c, "-nnnnnn")) {
    const StreamTotals t{static_cast<StreamNumber>(row),
                         c[1].number,
                         c[2].number,
                         c[3].number,
                         c[4].number,
                         c[5].number};
    if (c[6].number == int64_t{totals_checksum(t)} && plausible(t)) tape.totals.push_back(t);
  }
}

}  // namespace

void PageFile::Close::operator()(const int* file) const {
  ::close(*file);
  delete file;
}

Result<PageFile> PageFile::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return Error{Fault::unavailable, std::strerror(errno), path};
  struct stat info {};
  const bool known = fstat(file, &info) == 0;
  const uint64_t pages = known ? (static_cast<uint64_t>(info.st_size) + kPage - 1) / kPage : 0;
  return PageFile(file, static_cast<uint32_t>(std::min<uint64_t>(pages, UINT32_MAX - 1)));
}

bool PageFile::read(uint32_t page, char* out) const {
  if (page < 1 || page > pages_) return false;
  size_t done = 0;
  while (done < kPage) {
    const auto at = static_cast<off_t>(uint64_t{page - 1} * kPage + done);
    const ssize_t got = pread(*file_, out + done, kPage - done, at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  std::memset(out + done, 0, kPage - done);
  return true;
}

Result<Salvaged> PageFile::search() const {
  constexpr char kTableLeaf = 0x0d;
  Salvaged found;
  std::set<int64_t> gaps_seen;
  std::array<char, kPage> page;
  std::vector<Column> columns;
  std::string payload;
  for (uint32_t number = 1; number <= pages_; ++number) {
    if (!read(number, page.data())) continue;
    const size_t start = number == 1 ? 100 : 0;  // the file header
    if (page[start] != kTableLeaf) continue;
    const size_t cells =
        std::min<size_t>(big_endian(page.data() + start + 3, 2), (kPage - start - 8) / 2);
    for (size_t i = 0; i < cells; ++i) {
      const size_t at = big_endian(page.data() + start + 8 + 2 * i, 2);
      if (at < start + 8 || at >= kPage) continue;
      const auto cell = read_cell(page.data(), at);
      if (!cell || !read_record(cell->local, cell->size, columns)) continue;
      if (shaped(columns, "-nnnnnnnnb")) {
        const auto header = block_header(cell->row, columns);
        if (!header || !plausible(*header)) continue;
        FoundBlock block{*header, number, static_cast<uint32_t>(at)};
        const auto data = packed(block);
        if (data && block_checksum(*header, *data) == columns[8].number)
          found.blocks.push_back(block);
      } else if (cell->size <= kSmallRowMax && whole_payload(*this, *cell, payload)) {
        read_small_row(cell->row, payload, columns, found.tape, gaps_seen);
      }
    }
  }
  const auto key = [](const FoundBlock& b) {
    return std::tuple(b.header.first, b.header.stream, b.header.run, b.header.seq, b.header.id);
  };
  std::sort(found.blocks.begin(), found.blocks.end(),
            [&](const auto& a, const auto& b) { return key(a) < key(b); });
  const auto same = [&](const FoundBlock& a, const FoundBlock& b) { return key(a) == key(b); };
  found.blocks.erase(std::unique(found.blocks.begin(), found.blocks.end(), same),
                     found.blocks.end());
  return found;
}

std::optional<std::string> PageFile::packed(const FoundBlock& block) const {
  std::array<char, kPage> page;
  std::vector<Column> columns;
  std::string payload;
  if (!read(block.page, page.data())) return std::nullopt;
  const auto cell = read_cell(page.data(), block.cell);
  if (!cell || !read_record(cell->local, cell->size, columns) || !shaped(columns, "-nnnnnnnnb"))
    return std::nullopt;
  if (!whole_payload(*this, *cell, payload)) return std::nullopt;
  return payload.substr(columns[9].begin, columns[9].size);
}

}  // namespace delever::tape
