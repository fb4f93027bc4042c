// Goal: the packer leaves the bytes that one thread would, segment behind segment; what it cannot
// write is said, and it can be left at any time.
#include "memory/segment_packer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "base/file.h"
#include "base/random.h"
#include "memory/event_codec.h"

namespace delever::memory {
namespace {

std::string place() {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  return (std::filesystem::temp_directory_path() /
          fmt::format("delever_{}_{}.memory", getpid(), test->name()))
      .string();
}

ColumnWriter columns(Random& random) {
  ColumnWriter out;
  const size_t count = random.below(6);
  for (size_t column = 0; column < count; ++column) {
    for (uint64_t n = random.below(3000); n > 0; --n)
      out.number(column, random.below(uint64_t{1} << (1 + random.below(40))));
  }
  return out;
}

SegmentColumns segment(Random& random, int64_t number) {
  SegmentColumns out;
  out.segment.number = number;
  out.segment.first = Instant::ns(number * kSegment.ns() + 1);
  out.segment.last = out.segment.first + Duration::seconds(1);
  uint64_t ordinal = 0;
  for (uint64_t n = random.below(200); n > 0; --n) {
    ordinal += random.below(9);
    const auto price = Price::raw(static_cast<int64_t>(random.below(1'000'000'000)) * 1000);
    const Instant at = out.segment.first + Duration::ms(static_cast<int64_t>(ordinal));
    out.condensed.push_back(
        {ordinal, Event{InstrumentId(static_cast<uint32_t>(random.below(4))),
                        static_cast<SourceId>(random.below(2)), at, at, MarkPrice{price}}});
  }
  out.order = columns(random);
  out.messages = columns(random);
  for (uint64_t n = random.below(4); n > 0; --n) {
    auto& shelf = out.shelves.emplace_back();
    shelf.events = columns(random);
    out.segment.shelves.emplace_back();
    for (uint64_t m = random.below(3); m > 0; --m) {
      auto& minutes = shelf.minutes.minutes.emplace_back();
      minutes.instrument = InstrumentId(static_cast<uint32_t>(m));
      minutes.changes.last_price = Price::raw(static_cast<int64_t>(random.below(1'000'000)));
      if (random.below(2) == 0) continue;
      shelf.minutes.forced.push_back(Event{minutes.instrument, 0, out.segment.first,
                                           out.segment.first, Liquidation{.id = "of it"}});
    }
  }
  return out;
}

// One thread, one piece after another: the same bytes, and where each begins.
std::string packed_plainly(SegmentColumns from, std::vector<uint64_t>& sizes) {
  std::string out;
  const auto put = [&](const std::string& piece) {
    out += piece;
    sizes.push_back(piece.size());
  };
  EventColumns<ColumnWriter> condensed{ColumnWriter()};
  Instant before = from.segment.first;
  for (KeptEvent& one : from.condensed) {
    condensed.event(one.ordinal, one.event);
    condensed.received(one.event, before);
    before = one.event.received;
  }
  put(condensed.io().pack());
  put(from.order.pack());
  for (auto& shelf : from.shelves) put(shelf.events.pack());
  for (auto& shelf : from.shelves) {
    const PackedMinutes packed = pack_minutes(shelf.minutes, from.segment.first);
    put(packed.minutes);
    put(packed.forced);
  }
  put(from.messages.pack());
  return out;
}

std::vector<uint64_t> sizes_of(const Segment& segment) {
  std::vector<uint64_t> out{segment.condensed.size, segment.order.size};
  for (const Shelf& shelf : segment.shelves) out.push_back(shelf.piece.size);
  for (const Shelf& shelf : segment.shelves)
    out.insert(out.end(), {shelf.minutes.size, shelf.forced.size});
  out.push_back(segment.messages.size);
  return out;
}

TEST(SegmentPacker, LeavesWhatOneThreadWould) {
  const std::string path = place();
  for (uint64_t seed = 0; seed < 6; ++seed) {
    Random random(seed, {.stream = 21});
    SegmentPacker packer(MemoryWriter::create(path).value());
    std::string plain;
    std::vector<std::vector<uint64_t>> sizes;
    const int64_t count = static_cast<int64_t>(random.below(30));
    for (int64_t n = 0; n < count; ++n) {
      SegmentColumns one = segment(random, n);
      plain += packed_plainly(one, sizes.emplace_back());
      ASSERT_TRUE(packer.add(std::move(one)));
    }
    auto packed = packer.finish();
    ASSERT_TRUE(packed.has_value());
    ASSERT_EQ(packed.value().segments.size(), static_cast<size_t>(count));
    for (size_t n = 0; n < sizes.size(); ++n) {
      EXPECT_EQ(packed.value().segments[n].number, static_cast<int64_t>(n));
      EXPECT_EQ(sizes_of(packed.value().segments[n]), sizes[n]) << seed << ", " << n;
    }
    ASSERT_TRUE(packed.value().writer.finish({}).has_value());
    const std::string file = read_file(path).value();
    const std::string_view magic = "delever memory 4";
    EXPECT_TRUE(std::string_view(file).substr(magic.size()).starts_with(plain)) << seed;
  }
  std::filesystem::remove(path);
}

// A file may not grow beyond some bytes: what is added behind that is refused, and why is told.
TEST(SegmentPacker, SaysWhatCouldNotBeWritten) {
  const std::string path = place();
  Random random(1, {.stream = 22});
  SegmentPacker packer(MemoryWriter::create(path).value());
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit little{20'000, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &little), 0);
  int64_t added = 0;
  while (added < 1000 && packer.add(segment(random, added))) ++added;
  const auto packed = packer.finish();
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_GT(added, 0);
  EXPECT_LT(added, 1000);
  ASSERT_FALSE(packed.has_value());
  EXPECT_NE(packed.error().text().find("File too large"), std::string::npos)
      << packed.error().text();
}

TEST(SegmentPacker, MayBeLeftInTheMiddle) {
  const std::string path = place();
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed, {.stream = 23});
    SegmentPacker packer(MemoryWriter::create(path).value());
    for (uint64_t n = random.below(5); n > 0; --n)
      ASSERT_TRUE(packer.add(segment(random, static_cast<int64_t>(n))));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace delever::memory
