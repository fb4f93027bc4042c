// Whole tapes: a small one is made once, then cut, flipped, filled and rewritten as the fuzzer
// says, in its bytes or in the rows of its tables with their checksums made right again. Whatever
// comes out, opening it gives an error or a tape, and reading it to the end gives messages in
// order.
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>

#include "base/check.h"
#include "base/file.h"
#include "tape/inspect.h"
#include "tape/mutate_testing.h"
#include "tape/tape.h"

namespace delever::tape {
namespace {

using namespace fixture;

std::string make_tape(const std::string& path) {
  ManualClock clock(Instant::ns(0));
  auto writer = std::move(TapeWriter::open_stepped(path, clock, {.block_bytes = 600})).value();
  // A table: its blocks are packed by column, and the rest by row.
  const auto table = writer->stream({"table", "binance", "c", "d", {}});
  for (int i = 0; i < 120; ++i) {
    const std::string row = std::to_string(i) + "," + std::to_string(i * i % 97) + ".5,BUY,note";
    CHECK(writer->append(table.value(), Instant::ns(1000 + i * 10), row).has_value());
  }
  for (int i = 0; i < 60; ++i) {
    const auto stream = writer->stream({"s" + std::to_string(i % 3), "binance", "c", "d", {}});
    const std::string text(static_cast<size_t>(i % 7) * 9, static_cast<char>('a' + i % 26));
    CHECK(writer->append(stream.value(), Instant::ns(1000 + i), text).has_value());
    CHECK(writer->step(clock.elapsed()).has_value());
    if (i % 20 == 5)
      CHECK(writer->gap({stream.value(), Instant::ns(i), Instant::ns(i + 9), "away"}).has_value());
  }
  CHECK(writer->close().has_value());
  return std::move(read_file(path)).value();
}

void read_whole(const std::string& path) {
  (void)tape_info(path);
  (void)tape_verify(path);
  auto opened = TapeReader::open(path);
  if (!opened.has_value()) return;
  TapeReader& reader = *opened.value();
  Instant before = Instant::min();
  while (true) {
    const auto next = reader.next();
    if (!next.has_value() || !next.value()) break;
    CHECK(next.value()->received >= before);
    CHECK(next.value()->stream >= 1 && next.value()->stream <= reader.streams().size());
    before = next.value()->received;
  }
  for (const TapeGap& gap : reader.gaps())
    CHECK(gap.stream >= 1 && gap.stream <= reader.streams().size());
}

}  // namespace
}  // namespace delever::tape

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace delever;
  using namespace delever::tape;
  using namespace delever::tape::fixture;
  static const std::string path = "/tmp/delever_whole_fuzz_" + std::to_string(getpid()) + ".tape";
  static const std::string sound = make_tape(path);
  Choices in{data, size};
  std::string bytes = sound;
  const bool rows = in.next(1) % 2 == 0;
  if (!rows) {
    for (int i = 0; i < 8 && in.left > 0; ++i) change_bytes(bytes, in);
  }
  for (const char* suffix : {"-wal", "-shm", "-journal"}) std::remove((path + suffix).c_str());
  if (std::FILE* file = std::fopen(path.c_str(), "wb")) {
    (void)std::fwrite(bytes.data(), 1, bytes.size(), file);
    std::fclose(file);
  }
  if (rows) {
    for (int i = 0; i < 8 && in.left > 0; ++i) change_rows(path, in);
  }
  read_whole(path);
  return 0;
}
