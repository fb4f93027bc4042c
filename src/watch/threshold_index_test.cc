// Goal: exactly those whose threshold is reached, each once, whatever the order of arrival.
#include "watch/threshold_index.h"

#include <gtest/gtest.h>

#include <map>

#include "base/random.h"

namespace delever::watch {
namespace {

Price price(int64_t cents) { return Price::raw(cents * (Price::scale / 100)); }

TEST(ThresholdIndex, equals_looking_at_everyone) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed, {});
    const bool longs = seed % 2 == 0;
    // Half of the seeds put many thresholds outside the range.
    ThresholdIndex index(longs ? PositionSide::long_side : PositionSide::short_side,
                         {price(5000), price(seed % 4 < 2 ? 15000 : 6000)}, 64);
    std::map<uint32_t, Price> plain;
    std::vector<ThresholdIndex::Due> due;
    for (int step = 0; step < 4000; ++step) {
      const uint32_t id = static_cast<uint32_t>(random.below(300));
      if (random.chance(0.7)) {
        const Price at = price(static_cast<int64_t>(random.below(20000)));
        index.set(id, at);
        plain[id] = at;
      } else if (random.chance(0.5)) {
        EXPECT_EQ(index.erase(id), plain.erase(id) == 1);
      } else {
        const Price mark = price(static_cast<int64_t>(random.below(20000)));
        due.clear();
        index.take_due(mark, due);
        size_t expected = 0;
        for (auto it = plain.begin(); it != plain.end();) {
          const bool is_due = longs ? mark <= it->second : mark >= it->second;
          expected += is_due;
          it = is_due ? plain.erase(it) : std::next(it);
        }
        ASSERT_EQ(due.size(), expected);
        for (size_t i = 1; i < due.size(); ++i) {
          const bool in_order = longs ? due[i - 1].threshold >= due[i].threshold
                                      : due[i - 1].threshold <= due[i].threshold;
          ASSERT_TRUE(in_order &&
                      (due[i - 1].threshold != due[i].threshold || due[i - 1].id < due[i].id));
        }
      }
      ASSERT_EQ(index.size(), plain.size());
    }
  }
}

}  // namespace
}  // namespace delever::watch
