// Goal: whatever the network, the venue, the clock and the disk do, a recording is whole or says
// where it is not. Each seed is a run of hours in a company of faults of its own. By hand:
// OUTSIDE_FROM=1 OUTSIDE_SEEDS=100000 ./outside_test --gtest_filter='Outside.Seeds'
#include <gtest/gtest.h>

#include <cstdlib>

#include "outside/judge_testing.h"

namespace delever::outside {
namespace {

uint64_t setting(const char* name, uint64_t usual) {
  const char* text = std::getenv(name);
  return text == nullptr ? usual : static_cast<uint64_t>(read_int(text).value_or(0));
}

std::string text_of(const std::vector<std::string>& wrong) {
  std::string out;
  for (const std::string& one : wrong) out += "  " + one + "\n";
  return out;
}

TEST(Outside, Seeds) {
  const uint64_t from = setting("OUTSIDE_FROM", 1), count = setting("OUTSIDE_SEEDS", 200);
  const uint64_t stop_after = setting("OUTSIDE_STOP", 3);
  double hours = 0;
  uint64_t failed = 0;
  for (uint64_t seed = from; seed < from + count; ++seed) {
    const Script script = draw_script(seed);
    const auto wrong = verdict_of(script);
    hours += script.hours;
    if (wrong.empty()) continue;
    ADD_FAILURE() << "seed " << seed << ": " << script.text() << "\n" << text_of(wrong);
    if (++failed >= stop_after && setting("OUTSIDE_SHRINK", 1) == 0) break;
    const Script less = shrunk(script);
    ADD_FAILURE() << "shrinks to: " << less.text() << "\n" << text_of(verdict_of(less));
    if (failed >= stop_after) break;
  }
  std::printf("%.0f simulated hours\n", hours);
}

// Scripts that failed once.
TEST(Outside, Scripts) {
  if (const char* line = std::getenv("OUTSIDE_SCRIPT")) {
    const auto script = Script::parse(line);
    ASSERT_TRUE(script) << line;
    EXPECT_EQ(text_of(verdict_of(*script)), "") << line;
    return;
  }
  for (const char* line : {
           "binance-usdm 1 hours 0.7 latency 0.02",
           "binance-usdm 3 hours 1 latency 0.05 drop 0.02 stale 0.5",
           "bybit:linear 5 hours 1 latency 0.05 drop 0.02",
           "okx 6 hours 1 latency 0.05 reset 6 drop 0.01",
           "deribit 7 hours 1 latency 0.05 half_open 4",
           "hyperliquid 8 hours 1 latency 0.05 reset 6",
           "binance-spot 9 hours 2 latency 0.1 jitter 0.3 lifetime 0.4",
       }) {
    const auto script = Script::parse(line);
    ASSERT_TRUE(script) << line;
    EXPECT_EQ(text_of(verdict_of(*script)), "") << line;
  }
}

}  // namespace
}  // namespace delever::outside
