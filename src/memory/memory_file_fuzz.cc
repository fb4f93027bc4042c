// A memory of any contents and any pieces, with hashes that are right: what opens is told without a
// fault of ours, and no event is of a stream or an instrument that is not there.
#include <unistd.h>
#include <zstd.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>

#include "base/bytes_hasher.h"
#include "memory/condense.h"
#include "memory/recall.h"

namespace delever::memory {
namespace {

std::string packed(std::string_view raw) {
  std::string out(ZSTD_compressBound(raw.size()), '\0');
  const size_t size = ZSTD_compress(out.data(), out.size(), raw.data(), raw.size(), 1);
  CHECK(!ZSTD_isError(size));
  out.resize(size);
  return out;
}

// As memory_file.cc ends one: the contents, where they are and their hash, between two marks.
void write_around(const std::string& path, const std::string& contents) {
  constexpr std::string_view kMark = "delever memory 4";
  BytesHasher hasher;
  hasher.add(contents);
  const uint64_t ending[] = {kMark.size(), contents.size(), hasher.digest()};
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << kMark << contents;
  file.write(reinterpret_cast<const char*>(ending), sizeof ending);
  file << kMark;
}

class Checking final : public EventSink {
 public:
  explicit Checking(const Recollection& of) : of_(of) {}
  void on_event(const Event& event) override {
    CHECK(event.source < of_.contents().sources.size());
    CHECK(event.instrument == kNoInstrument || event.instrument < of_.instruments().size());
  }

 private:
  const Recollection& of_;
};

// The contents again, with a piece that can be read wherever they name one.
void read_back(const std::string& tape, Contents contents, std::string_view piece_bytes) {
  const std::string path = memory_path({tape});
  auto writer = MemoryWriter::create(path);
  if (!writer.has_value()) return;
  const Piece piece = writer.value().add(packed(piece_bytes)).value();
  for (Segment& segment : contents.segments) {
    segment.condensed = segment.order = segment.messages = piece;
    for (Shelf& shelf : segment.shelves) shelf.piece = shelf.minutes = shelf.forced = piece;
  }
  CHECK(writer.value().finish(contents).has_value());
  const auto every_other = [](const Instrument& i) { return i.symbol.size() % 2 == 0; };
  for (const int how : {0, 1, 2}) {  // for gauges, whole, and of some instruments
    auto opened =
        Recollection::open({.tapes = {tape},
                            .to = Instant::max(),
                            .moments = {},
                            .key = contents.key,
                            .whole = how > 0,
                            .asked = how == 2 ? codec::Asked(every_other) : codec::Asked(),
                            .just_made = true});
    if (!opened.has_value()) continue;
    Checking sink(*opened.value());
    (void)opened.value()->run(sink);
  }
}

void take_up(std::string_view bytes) {
  const Instruments none;
  Condenser condenser(none, Duration::minutes(1), kSegment);
  codec::Handover state(bytes);
  condenser.hand_over(state);
}

}  // namespace
}  // namespace delever::memory

// Two bytes of length part the contents from a piece; both unpacked.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace delever::memory;
  if (size < 2) return 0;
  static const std::string tape =
      (access("/dev/shm", W_OK) == 0 ? "/dev/shm/delever_memory_fuzz_" : "delever_memory_fuzz_") +
      std::to_string(getpid());
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const size_t length = std::min(bytes.size(), static_cast<size_t>(data[0] | data[1] << 8));
  write_around(memory_path({tape}), packed(bytes.substr(0, length)));
  const auto read = MemoryReader::open(memory_path({tape}));
  if (read.has_value()) read_back(tape, read.value().contents(), bytes.substr(length));
  take_up(bytes);
  std::remove(memory_path({tape}).c_str());
  return 0;
}
