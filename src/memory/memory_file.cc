#include "memory/memory_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstring>

#include "base/bytes_hasher.h"
#include "memory/columns.h"

namespace delever::memory {
namespace {

constexpr std::string_view kMagic = "delever memory 4";
constexpr std::string_view kAnyMagic = kMagic.substr(0, kMagic.size() - 1);  // an older build's too
constexpr uint64_t kLargestPiece = uint64_t{1} << 31;

Error damaged(std::string what) { return Error{Fault::malformed, std::move(what), "a memory"}; }

// Tells a piece that was cut or changed from a whole one.
uint64_t hash_of(std::string_view bytes) {
  BytesHasher hasher;
  hasher.add(bytes);
  return hasher.digest();
}

// The contents as one sequence of numbers and texts, the same list for writing and reading.
template <class Io>
struct Listing {
  Io& io;

  void number(uint64_t& value) {
    if constexpr (Io::kReads)
      value = io.number(0);
    else
      io.number(0, value);
  }
  // Enumerations and integers of any width.
  template <class T>
  void whole(T& value) {
    auto bits = static_cast<uint64_t>(value);
    number(bits);
    value = static_cast<T>(bits);
  }
  void time(Instant& t) {
    uint64_t bits = folded(t.ns());
    number(bits);
    t = Instant::ns(unfolded(bits));
  }
  void text(std::string& s) {
    uint64_t size = s.size();
    number(size);
    if constexpr (Io::kReads)
      s = io.bytes(1, size);
    else
      io.bytes(1, s);
  }
  // Its length first. A length that cannot be ends with the bytes.
  template <class T, class Each>
  void list(std::vector<T>& values, Each each) {
    uint64_t count = values.size();
    number(count);
    if constexpr (Io::kReads) values.clear();
    for (uint64_t i = 0; i < count; ++i) {
      if constexpr (Io::kReads) {
        if (io.failed()) return;
        values.emplace_back();
      }
      each(values[i]);
    }
  }
  template <class T, class Each>
  void maybe(std::optional<T>& value, Each each) {
    uint64_t there = value.has_value();
    number(there);
    if (there == 0) return value.reset();
    if (!value) value.emplace();
    each(*value);
  }
  template <class F>
  void fixed(std::optional<F>& value) {
    maybe(value, [&](F& f) {
      uint64_t bits = folded(f.raw());
      number(bits);
      f = F::raw(unfolded(bits));
    });
  }
  // Every member of the description; remember.cc compares by the same list.
  void instrument(Instrument& i) {
    for (std::string* s : {&i.venue, &i.symbol, &i.base, &i.quote, &i.settle}) text(*s);
    whole(i.kind);
    fixed(i.contract_size);
    maybe(i.expiry, [&](Instant& t) { time(t); });
    fixed(i.strike);
    maybe(i.option_type, [&](OptionType& t) { whole(t); });
    fixed(i.tick);
    fixed(i.step);
    maybe(i.funding_interval, [&](Duration& d) {
      uint64_t bits = folded(d.ns());
      number(bits);
      d = Duration::ns(unfolded(bits));
    });
  }
  void piece(Piece& p) {
    for (uint64_t* n : {&p.offset, &p.size, &p.hash}) number(*n);
  }
  // Times and counts, so that a whole segment can be passed over without reading its pieces.
  void segment(Segment& s) {
    whole(s.number);
    time(s.first);
    time(s.last);
    for (Piece* p : {&s.condensed, &s.order, &s.messages}) piece(*p);
    list(s.shelves, [&](Shelf& shelf) {
      for (Piece* p : {&shelf.piece, &shelf.minutes, &shelf.forced}) piece(*p);
      number(shelf.count);
      list(shelf.instruments, [&](InstrumentId& id) { whole(id); });
    });
    for (uint64_t* n : {&s.condensed_count, &s.event_count, &s.message_count}) number(*n);
    list(s.counts, [&](Counts& c) {
      number(c.messages);
      number(c.events);
    });
    std::vector<std::pair<std::pair<SourceId, std::string>, uint64_t>> rows(s.undecoded.begin(),
                                                                            s.undecoded.end());
    list(rows, [&](auto& row) {
      whole(row.first.first);
      text(row.first.second);
      number(row.second);
    });
    if constexpr (Io::kReads) s.undecoded = Undecoded(rows.begin(), rows.end());
  }
  void contents(Contents& c) {
    text(c.key);
    list(c.tapes, [&](TapeMark& m) {
      for (uint64_t* n : {&m.device, &m.inode, &m.size, &m.digest}) number(*n);
      whole(m.changed_ns);
      whole(m.written_ns);
    });
    list(c.sources, [&](Source& s) {
      for (std::string* one : {&s.name, &s.venue, &s.channel}) text(*one);
    });
    list(c.instruments, [&](Instrument& i) { instrument(i); });
    list(c.descriptions, [&](Description& d) {
      whole(d.segment);
      number(d.ordinal);
      time(d.received);
      instrument(d.instrument);
    });
    list(c.segments, [&](Segment& s) { segment(s); });
    list(c.seen, [&](KindSeen& k) {
      whole(k.kind);
      text(k.name);
      whole(k.source);
      number(k.events);
      time(k.first);
      time(k.last);
    });
    maybe(c.resume, [&](Resume& r) {
      time(r.after);
      number(r.segments);
      piece(r.state);
      list(r.streams, [&](uint64_t& digest) { number(digest); });
      list(r.tapes, [&](uint64_t& digest) { number(digest); });
    });
    text(c.coins);
    list(c.broken, [&](InstrumentId& id) { whole(id); });
  }
};

// Whether everything in it points at something that is there.
bool hangs_together(const Contents& c) {
  const auto known = [&](SourceId source) { return source < c.sources.size(); };
  for (const Segment& segment : c.segments) {
    if (segment.counts.size() > c.sources.size()) return false;
    for (const auto& row : segment.undecoded) {
      if (!known(row.first.first)) return false;
    }
  }
  return std::all_of(c.seen.begin(), c.seen.end(),
                     [&](const KindSeen& seen) { return known(seen.source); }) &&
         (!c.resume || c.resume->segments <= c.segments.size());
}

// The last bytes of the file: where the contents are, and their hash.
struct Ending {
  uint64_t offset = 0, size = 0, hash = 0;
};

}  // namespace

int64_t segment_of(Instant received) {
  const int64_t ns = (received - Duration::ns(1)).ns(), length = kSegment.ns();
  return ns / length - (ns % length < 0 ? 1 : 0);
}

// SQLite keeps what is not yet in the file in a log beside it: while there is one, the file is not
// the tape.
std::optional<TapeMark> mark_of_tape(const std::string& path) {
  struct stat log {};
  if (stat((path + "-wal").c_str(), &log) == 0 && log.st_size > 0) return std::nullopt;
  struct stat file {};
  if (stat(path.c_str(), &file) != 0 || !S_ISREG(file.st_mode)) return std::nullopt;
  const auto ns = [](const timespec& t) {
    return static_cast<int64_t>(t.tv_sec) * 1'000'000'000 + static_cast<int64_t>(t.tv_nsec);
  };
  return TapeMark{.device = file.st_dev,
                  .inode = file.st_ino,
                  .size = static_cast<uint64_t>(file.st_size),
                  .changed_ns = ns(file.st_ctim),
                  .written_ns = ns(file.st_mtim)};
}

Result<MemoryWriter> MemoryWriter::create(const std::string& path) {
  // Somebody's own file of that name is not ours to replace.
  if (struct stat there{}; stat(path.c_str(), &there) == 0 && there.st_size > 0) {
    const FileHandle file = TRY(open_file(path, FileUse::read));
    std::string mark(kMagic.size(), '\0');
    if (std::fread(mark.data(), 1, mark.size(), file.get()) != mark.size() ||
        !mark.starts_with(kAnyMagic))
      return Error{Fault::refused, "is there already, and is no memory of a tape", path};
  }
  MemoryWriter writer(TRY(OutputFile::create(path)));
  TRY(writer.file_.write(kMagic));
  writer.at_ = kMagic.size();
  return writer;
}

Result<Piece> MemoryWriter::add(std::string_view packed) {
  const Piece piece{at_, packed.size(), hash_of(packed)};
  TRY(file_.write(packed));
  at_ += packed.size();
  return piece;
}

Result<void> MemoryWriter::finish(const Contents& contents) {
  ColumnWriter columns;
  Contents copy = contents;
  Listing<ColumnWriter>{columns}.contents(copy);
  const Piece piece = TRY(add(columns.pack()));
  const Ending ending{piece.offset, piece.size, piece.hash};
  TRY(file_.write({reinterpret_cast<const char*>(&ending), sizeof ending}));
  TRY(file_.write(kMagic));
  return file_.commit();
}

Result<std::string> MemoryReader::read(const Piece& piece) const {
  if (piece.size > kLargestPiece) return damaged("a piece of it is too large");
  std::string bytes(piece.size, '\0');
  if (fseeko(file_.get(), static_cast<off_t>(piece.offset), SEEK_SET) != 0 ||
      std::fread(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size())
    return damaged("a piece of it is missing");
  return bytes;
}

Result<std::string> MemoryReader::read_checked(const Piece& piece) const {
  std::string bytes = TRY(read(piece));
  if (hash_of(bytes) != piece.hash) return damaged("a piece of it has changed");
  return bytes;
}

// A file that was cut lacks its ending, and one that was overwritten fails by a hash.
Result<MemoryReader> MemoryReader::open(const std::string& path) {
  MemoryReader reader(TRY(open_file(path, FileUse::read)));
  std::FILE* const file = reader.file_.get();
  std::string mark(kMagic.size(), '\0');
  Ending ending;
  const long back = static_cast<long>(sizeof ending + kMagic.size());
  if (std::fread(mark.data(), 1, mark.size(), file) != mark.size() || mark != kMagic ||
      std::fseek(file, -back, SEEK_END) != 0 || std::fread(&ending, sizeof ending, 1, file) != 1 ||
      std::fread(mark.data(), 1, mark.size(), file) != mark.size() || mark != kMagic)
    return damaged("does not begin and end as one");
  const std::string packed = TRY(reader.read_checked({ending.offset, ending.size, ending.hash}));
  ColumnReader columns = TRY(ColumnReader::unpack(packed));
  Listing<ColumnReader>{columns}.contents(reader.contents_);
  if (columns.failed()) return damaged("its list of contents ends early");
  if (!hangs_together(reader.contents_))
    return damaged("its list of contents names what is not there");
  return reader;
}

}  // namespace delever::memory
