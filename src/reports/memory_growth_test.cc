// Goal: the memory of a tape that grew keeps its segments where the tape holds what it held, is
// made anew where it does not, and says in both cases what a reading from the first byte says:
// after random steps, closed or still written, with late rows, late gaps, new streams and damage.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "reports/memory_testing.h"

namespace delever::reports {
namespace {

using namespace memory_fixture;

// Segments that stayed.
uint64_t remembered_again(const std::vector<std::string>& tapes) {
  const gauges::Rules by = rules();
  const auto made = memory::remember(tapes, memory::memory_path(tapes),
                                     {.key = memory_key(by),
                                      .ahead_max = by.clock_ahead_max,
                                      .coins = by.coins,
                                      .minutes_kept = Duration::days(1000)});
  EXPECT_TRUE(made.has_value()) << made.error().text();
  return made.has_value() ? made.value().kept : 0;
}

// One tape that is written in steps. A writer that stays open is a recorder's.
class Growing {
 public:
  explicit Growing(std::string path) : path_(std::move(path)) {}
  void add(const std::vector<Message>& messages, bool close) {
    if (!writer_) writer_ = std::move(tape::TapeWriter::open(path_, clock_)).value();
    for (const Message& m : messages) {
      const auto stream = writer_->stream(m.stream).value();
      ASSERT_TRUE(writer_->append(stream, m.received, m.bytes).has_value());
    }
    ASSERT_TRUE(writer_->flush().has_value());
    if (close) finish();
  }
  void gap(Instant from, Instant to) {
    ASSERT_TRUE(writer_ != nullptr && writer_->gap({1, from, to, "the line was down"}).has_value());
  }
  void finish() {
    const bool good = writer_ == nullptr || writer_->close().has_value();
    EXPECT_TRUE(good);
    writer_.reset();
  }

 private:
  const std::string path_;
  ManualClock clock_{Instant()};
  std::unique_ptr<tape::TapeWriter> writer_;
};

TEST(MemoryGrowth, SaysWhatTheTapeSaysAfterEachStep) {
  const Folder folder;
  Comparison comparison;
  const gauges::Rules by = rules();
  Context context;
  size_t by_minutes = 0;
  uint64_t kept = 0, anew = 0;
  for (const auto& [name, seeds] : {std::pair("day.tape", 4), std::pair("chain.tape", 1)}) {
    const std::vector<Message> whole = messages_of(sample(name));
    for (int seed = 0; seed < seeds && !HasFailure(); ++seed) {
      SCOPED_TRACE(fmt::format("{} {}", name, seed));
      Random random(static_cast<uint64_t>(seed), {.stream = 3});
      const std::vector<Message> messages = seed == 0 ? whole : disturbed(whole, random);
      const std::string path = folder / fmt::format("{}_{}.tape", name, seed);
      Growing tape(path);
      size_t at = 0;
      for (uint64_t step = 0; at < messages.size() && !HasFailure(); ++step) {
        const size_t end =
            step == 5 ? messages.size()
                      : std::min(messages.size(), at + 1 + random.below(messages.size() / 4));
        std::vector<Message> more(messages.begin() + static_cast<long>(at),
                                  messages.begin() + static_cast<long>(end));
        // Seldom a row of long ago, as an import of an archive adds them.
        if (step > 0 && random.below(6) == 0) more.insert(more.begin(), messages[at / 2]);
        const bool close = random.below(2) == 0 || end == messages.size();
        const Instant then = messages[random.below(3) == 0 ? at / 2 : end - 1].received;
        tape.add(more, false);
        if (random.below(3) == 0) tape.gap(then, then + Duration::minutes(3));
        if (close) tape.finish();
        at = end;
        const uint64_t stayed = remembered_again({path});
        (stayed > 0 ? kept : anew) += 1;
        const std::vector<Message> there(messages.begin(),
                                         messages.begin() + static_cast<long>(at));
        comparison.check({path}, there, {"BTC", "ETH"}, random, 2);
        const std::vector<std::string> tapes{path};
        const Instant to = there.back().received + Duration::hours(7);
        const std::string told = levels_text(*open_tapes(tapes, to).value(), "BTC", by, to);
        const auto feed =
            open_for_levels({.tapes = tapes, .to = to, .rules = by, .remembered_from = 0}, "BTC",
                            context)
                .value();
        const std::string recalled = levels_text(*feed, "BTC", by, to, &by_minutes);
        EXPECT_TRUE(told == recalled) << first_difference(told, recalled);
      }
    }
  }
  EXPECT_GT(kept, 5u);
  EXPECT_GT(anew, 5u);  // the first of each among them
  EXPECT_GT(by_minutes, 1'000u);
}

TEST(MemoryGrowth, KeepsAllButTheLastSegments) {
  const Folder folder;
  const std::vector<Message> messages = messages_of(sample("day.tape"));
  const auto half = static_cast<long>(messages.size() / 2);
  const std::vector<std::string> tapes{folder / "a.tape", folder / "b.tape"};
  write_tape(tapes[0], {messages.begin(), messages.begin() + half}, {});
  write_tape(tapes[1], {messages.begin(), messages.begin() + half}, {});
  EXPECT_EQ(remembered_again(tapes), 0u);
  write_tape(tapes[1], {messages.begin() + half, messages.end()}, {});
  const uint64_t kept = remembered_again(tapes);
  EXPECT_GT(kept, 20u);
  EXPECT_GE(remembered_again(tapes), kept);
  const auto all = memory::Recollection::open({tapes, Instant::max(), {}, memory_key(rules())});
  ASSERT_TRUE(all.has_value());
  EXPECT_GT(all.value()->contents().segments.size(), kept);
  Comparison comparison;
  Random random(4, {.stream = 4});
  EXPECT_EQ(comparison.check(tapes, messages, {"BTC"}, random, 4), 4);
}

TEST(MemoryGrowth, OfATapeWhoseOldBlocksAreOthersIsMadeAnew) {
  const Folder folder;
  std::vector<Message> messages = messages_of(sample("day.tape"));
  const auto half = static_cast<long>(messages.size() / 2);
  const std::string path = folder / "a.tape";
  write_tape(path, {messages.begin(), messages.begin() + half}, {});
  EXPECT_EQ(remembered_again({path}), 0u);
  // The same tape, but for one digit of a message of the first hour.
  std::filesystem::remove(path);
  const size_t digit = messages[100].bytes.find_last_of("123456789");
  ASSERT_NE(digit, std::string::npos);
  messages[100].bytes[digit] = messages[100].bytes[digit] == '9' ? '8' : '9';
  write_tape(path, messages, {});
  EXPECT_EQ(remembered_again({path}), 0u);
  Comparison comparison;
  Random random(5, {.stream = 5});
  EXPECT_EQ(comparison.check({path}, messages, {"BTC"}, random, 3), 3);
  // Damage: read from the tape, and told as it tells it.
  flip_a_byte(path, random);
  write_tape(path, {messages.back()}, {});
  comparison.check({path}, messages, {"BTC"}, random, 3);
}

TEST(MemoryGrowth, OfAMemoryThatIsDamagedIsMadeAnew) {
  const Folder folder;
  Comparison comparison;
  const std::vector<Message> messages = messages_of(sample("day.tape"));
  const auto half = static_cast<long>(messages.size() / 2);
  for (uint64_t seed = 0; seed < 8 && !HasFailure(); ++seed) {
    Random random(seed, {.stream = 6});
    const std::string path = folder / fmt::format("{}.tape", seed);
    write_tape(path, {messages.begin(), messages.begin() + half}, {});
    remembered_again({path});
    const std::string memory = memory::memory_path({path});
    const auto size = std::filesystem::file_size(memory);
    {
      std::fstream file(memory, std::ios::in | std::ios::out | std::ios::binary);
      const auto at = static_cast<std::streamoff>(random.below(size));
      file.seekg(at);
      const char old = static_cast<char>(file.get());
      file.seekp(at);
      file.put(static_cast<char>(old ^ (1 << random.below(8))));
    }
    if (random.below(2) == 0) write_tape(path, {messages.begin() + half, messages.end()}, {});
    comparison.check({path}, messages, {"BTC"}, random, 1);
  }
}

}  // namespace
}  // namespace delever::reports
