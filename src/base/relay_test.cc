// Goal: what is taken is what was given, in its order and no more of it than there is room for;
// whoever waits is let go when the other side ends or stops.
#include "base/relay.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

namespace delever {
namespace {

TEST(Relay, TakesWhatWasGivenInItsOrder) {
  for (const size_t most : {size_t{1}, size_t{3}}) {
    Relay<std::unique_ptr<int>> relay(most);
    std::atomic<int> given = 0;
    std::jthread giver([&] {
      for (int i = 0; i < 10'000; ++i) {
        EXPECT_TRUE(relay.give(std::make_unique<int>(i)));
        given = i + 1;
      }
      relay.end();
    });
    for (int i = 0; i < 10'000; ++i) {
      EXPECT_LE(given, i + static_cast<int>(most));
      const auto one = relay.take();
      ASSERT_TRUE(one);
      EXPECT_EQ(**one, i);
    }
    EXPECT_FALSE(relay.take());
    EXPECT_FALSE(relay.take());
  }
}

TEST(Relay, LetsGoOfWhoeverWaitsWhenItStops) {
  Relay<int> full(1), empty(1);
  ASSERT_TRUE(full.give(1));
  std::jthread giver([&] { EXPECT_FALSE(full.give(2)); });
  std::jthread taker([&] { EXPECT_FALSE(empty.take()); });
  full.stop();
  empty.stop();
  giver.join();
  taker.join();
  EXPECT_FALSE(full.give(3));
  EXPECT_FALSE(full.take());  // what waited is dropped
}

TEST(Relay, NeverWaitsWhereItIsAskedNotTo) {
  Relay<int> relay(1);
  EXPECT_FALSE(relay.take_if_any());
  relay.give_if_room(1);
  relay.give_if_room(2);
  EXPECT_EQ(relay.take_if_any(), 1);
  EXPECT_FALSE(relay.take_if_any());
}

}  // namespace
}  // namespace delever
