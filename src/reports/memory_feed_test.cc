// Goal: what gauges read from a memory is what they read from the tapes, to the last bit: readings,
// history, figures of days, remarks, tables and counts, at any time and at several on the way, on
// tapes with late rows, rows from the future, doubled rows, gaps, several recorders and damage.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "reports/memory_testing.h"

namespace delever::reports {
namespace {

using namespace memory_fixture;

TEST(Memory, SaysWhatTheTapesSay) {
  const Folder folder;
  Comparison comparison;
  int remembered = 0, asked = 0;
  for (const auto& [name, seeds] : {std::pair("day.tape", 6), std::pair("chain.tape", 2)}) {
    const std::vector<Message> whole = messages_of(sample(name));
    for (int seed = 0; seed < seeds && !HasFailure(); ++seed) {
      SCOPED_TRACE(fmt::format("{} {}", name, seed));
      Random random(static_cast<uint64_t>(seed), {.stream = 1});
      const std::vector<Message> messages = seed == 0 ? whole : disturbed(whole, random);
      const auto tapes = make_tapes(folder, messages, random);
      remembered += comparison.check(tapes, messages, {"BTC", "ETH"}, random, 5);
      asked += 5;
      folder.clear();
    }
  }
  EXPECT_EQ(remembered, asked);
}

// Six hours of two perpetuals and a spot pair of a simulated venue, one of them described late.
std::vector<Message> perpetuals(Random& random) {
  const tape::StreamInfo stream{"perpetual", "bybit", "all", "simulated", {{"venue", "bybit"}}};
  std::vector<Message> out;
  const int64_t start = Instant::parse("2026-01-05T00:00:00Z").value().ns();
  const char* const kSymbols[] = {"BTCUSDT", "BTCUSD", "BTCSPOT", "ETHUSDT"};
  const char* const kKinds[] = {"linear", "inverse", "spot", "linear"};
  uint64_t id = 0;
  for (int64_t n = 0; n < 7000; ++n) {
    const int64_t ns = start + n * 3'000'000'000 + static_cast<int64_t>(random.below(900'000'000));
    const size_t which = random.below(4);
    const auto price = [&] {
      return fmt::format("{}.{}", 90'000 + random.below(300), random.below(10));
    };
    std::string text;
    const auto of = [&](const char* channel) {
      return fmt::format(R"({{"channel":"{}","symbol":"{}",)", channel, kSymbols[which]);
    };
    if (n < 4 || random.below(500) == 0) {
      // Without a size at first: what is counted without it is counted again.
      const size_t one = n < 4 ? static_cast<size_t>(n) : which;
      const char* const size = n < 4 && random.below(2) == 0 ? "" : R"("size":"1",)";
      text = fmt::format(R"({{"channel":"instrument","symbol":"{}","kind":"{}","base":"{:.3}",)"
                         R"("quote":"USDT","settle":"USDT",{}"time":{}}})",
                         kSymbols[one], kKinds[one], kSymbols[one], size, ns);
    } else if (random.below(3) == 0) {
      text =
          of("ticker") + fmt::format(R"("time":{},"mark":"{}","index":"{}","open_interest":"{}"}})",
                                     ns, price(), price(), 1000 + random.below(900));
    } else if (random.below(40) == 0) {
      text = of("liquidation") +
             fmt::format(R"("time":{},"position":"{}","price":"{}","qty":"{}"}})", ns,
                         random.below(2) ? "long" : "short", price(), 1 + random.below(3));
    } else if (random.below(4) == 0) {
      text = of("quote") +
             fmt::format(R"("time":{},"bid":["{}","1"],"ask":["99999","2"]}})", ns, price());
    } else {
      text = of("trade") +
             fmt::format(R"("data":[[{},"{}","{}","{}","{}"],[{},"{}","2","buy","{}"]]}})", ns,
                         price(), 1 + random.below(9), random.below(2) ? "buy" : "sell", id, ns,
                         price(), id + 1);
      id += 2;
    }
    out.push_back({stream, Instant::ns(ns + 50'000'000), text});
    // Shown again by another message, a liquidation is still one.
    if (text.find("liquidation") != text.npos && random.below(2) == 0)
      out.push_back({stream, Instant::ns(ns + 80'000'000), text});
    if (n < 4) {  // the second recorder of disturbed() hears it too
      out.push_back(out.back());
      out.back().stream.name += ":second";
    }
  }
  return out;
}

// Many figures with one stamp: of a minute's last instant each that differs has to be there still.
TEST(Memory, KeepsWhatOneTimeIsToldInTwoWays) {
  const Folder folder;
  Comparison comparison;
  for (int seed = 0; seed < 4 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Random random(static_cast<uint64_t>(seed), {.stream = 11});
    std::vector<Message> messages = perpetuals(random);
    for (Message& m : messages) {
      const int64_t minute = 60'000'000'000, ns = m.received.ns() - 50'000'000;
      const std::string stamp = fmt::format("\"time\":{}", ns);
      const size_t at = m.bytes.find(stamp);
      if (at == m.bytes.npos || m.bytes.find("ticker") == m.bytes.npos) continue;
      m.bytes.replace(at, stamp.size(), fmt::format("\"time\":{}", ns / minute * minute));
    }
    const auto tapes = make_tapes(folder, messages, random);
    EXPECT_EQ(comparison.check(tapes, messages, {"BTC", "ETH"}, random, 6), 6);
    folder.clear();
  }
}

TEST(Memory, SaysToLevelsWhatTheTapesSay) {
  const Folder folder;
  const gauges::Rules by = rules();
  Context context;
  size_t told = 0, by_minutes = 0;
  for (int seed = 0; seed < 12 && !HasFailure(); ++seed) {
    Random random(static_cast<uint64_t>(seed), {.stream = 7});
    const std::vector<Message> messages = disturbed(perpetuals(random), random);
    const auto tapes = make_tapes(folder, messages, random);
    const std::string path = memory::memory_path(tapes);
    // What comes days late leaves nothing but events, where minutes are not kept for as long.
    memory::RememberOptions options = shelved(by);
    if (seed % 4 != 0) options.minutes_kept = Duration::days(1000);
    if (seed % 4 != 3) (void)memory::remember(tapes, path, options).has_value();
    const int64_t third = memory::segment_of(messages[messages.size() / 3].received);
    for (const Instant to :
         {messages.back().received, messages[messages.size() / 3].received,
          messages[messages.size() / 3].received + levels::kReadingsKept,
          messages[random.below(messages.size())].received + levels::kReadingsKept,
          messages.back().received + Duration::hours(7),
          Instant::ns(third * memory::kSegment.ns()) + levels::kReadingsKept,
          Instant::ns(third * memory::kSegment.ns())}) {
      for (const std::string asset : {"BTC", "ETH", "SOL"}) {
        const std::string tape = levels_text(*open_tapes(tapes, to).value(), asset, by, to);
        const GaugeQuestion question{
            .tapes = tapes, .to = to, .rules = by, .remembered_from = 0, .whole = true};
        const auto all = open_for_gauges(question, context).value();
        const auto feed = open_for_levels(question, asset, context).value();
        for (EventFeed* const one : {all.get(), feed.get()}) {
          const std::string recalled = levels_text(*one, asset, by, to, &by_minutes);
          EXPECT_TRUE(tape == recalled) << seed << " at " << to.text() << "\n"
                                        << first_difference(tape, recalled);
        }
        told += tape.size();
      }
    }
    EXPECT_TRUE(
        memory::Recollection::open({tapes, Instant::max(), {}, memory_key(by)}).has_value());
    folder.clear();
  }
  EXPECT_GT(told, 100'000u);
  EXPECT_GT(by_minutes, 10'000u);
}

TEST(Memory, IsThrownAwayWhenTheTapeChanges) {
  const Folder folder;
  Comparison comparison;
  const std::vector<Message> messages = messages_of(sample("day.tape"));
  for (uint64_t seed = 0; seed < 3; ++seed) {
    Random random(seed, {.stream = 2});
    const std::string tape = folder / fmt::format("{}.tape", seed);
    write_tape(tape, messages, {});
    EXPECT_EQ(comparison.check({tape}, messages, {"BTC"}, random, 1), 1);
    flip_a_byte(tape, random);
    comparison.check({tape}, messages, {"BTC"}, random, 2);
  }
}

TEST(Memory, OfOtherRulesOrOfNobodysIsNotUsed) {
  const Folder folder;
  const std::string tape = folder / "a.tape";
  write_tape(tape, messages_of(sample("day.tape")), {});
  const memory::RememberOptions options{.key = "mine", .ahead_max = Duration::minutes(1)};
  const std::string path = memory::memory_path({tape});
  ASSERT_TRUE(memory::remember({tape}, path, options).has_value());
  const auto open = [&](const char* key) {
    return memory::Recollection::open({{tape}, Instant::max(), {}, key}).has_value();
  };
  EXPECT_TRUE(open("mine"));
  EXPECT_FALSE(open("another's"));
  const std::string whole = read_file(path).value();
  for (const size_t length : {size_t{0}, size_t{10}, whole.size() / 2, whole.size() - 1}) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << whole.substr(0, length);
    EXPECT_FALSE(open("mine")) << length;
  }
  // That of an older build gives way; anybody's own file stays.
  std::ofstream(path, std::ios::binary | std::ios::trunc) << "delever memory 1 and the rest of it";
  EXPECT_TRUE(memory::remember({tape}, path, options).has_value());
  EXPECT_TRUE(open("mine"));
  std::ofstream(path, std::ios::binary | std::ios::trunc) << "my diary, with sixteen bytes or more";
  EXPECT_FALSE(memory::remember({tape}, path, options).has_value());
  EXPECT_EQ(read_file(path).value(), "my diary, with sixteen bytes or more");
}

TEST(Memory, WorksWithoutWhereNothingMayBeWritten) {
  const Folder folder;
  const std::vector<std::string> tapes{folder / "a.tape"};
  write_tape(tapes[0], messages_of(sample("chain.tape")), {});
  std::filesystem::create_directory(memory::memory_path(tapes));  // its place is taken
  Context context;
  const gauges::Rules by = rules();
  EXPECT_TRUE(open_for_gauges({tapes, Instant::max(), by, {}, 0}, context).has_value());
}

}  // namespace
}  // namespace delever::reports
