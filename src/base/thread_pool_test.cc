#include "base/thread_pool.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <vector>

namespace delever {
namespace {

// What a part leaves behind depends on its number, its round and what the round before left there,
// so that a part done twice, not at all, or in the wrong round shows.
uint64_t next_of(uint64_t before, uint64_t round, uint64_t part) {
  uint64_t x = before ^ (round * 0x9e3779b97f4a7c15 + part);
  x ^= x >> 31;
  return x * 0xbf58476d1ce4e5b9;
}

struct Rounds {
  unsigned threads = 1;
  uint64_t rounds = 0;
  size_t parts_max = 1;
  int work_max = 0;  // turns of a loop
};

std::vector<uint64_t> left_behind(const Rounds& r, bool by_pool) {
  ThreadPool pool(by_pool ? r.threads : 1);
  std::vector<uint64_t> places(r.parts_max, 1);
  for (uint64_t round = 0; round < r.rounds; ++round) {
    // Each round has a function of its own, gone when the round is over: a sanitizer finds whoever
    // calls it later.
    const auto words = std::make_unique<uint64_t>(round);
    const std::function<void(size_t)> part = [&, words = words.get()](size_t p) {
      const auto turns =
          r.work_max == 0 ? 0 : (*words * 7 + p * 13) % static_cast<uint64_t>(r.work_max);
      for (uint64_t t = 0; t <= turns; ++t) places[p] = next_of(places[p], *words + t, p);
    };
    const size_t parts = round % (r.parts_max + 1);
    if (by_pool) {
      pool.run(parts, part);
    } else {
      for (size_t p = 0; p < parts; ++p) part(p);
    }
  }
  return places;
}

TEST(ThreadPool, ManyShortRoundsLeaveWhatAPlainLoopLeaves) {
  for (const unsigned threads : {2U, 3U, 16U}) {
    for (const Rounds& r :
         {Rounds{.threads = threads, .rounds = 10'000, .parts_max = 7},
          Rounds{.threads = threads, .rounds = 2'000, .parts_max = 3, .work_max = 2'000},
          Rounds{.threads = threads, .rounds = 300, .parts_max = 100, .work_max = 200}})
      EXPECT_EQ(left_behind(r, true), left_behind(r, false))
          << threads << " threads, " << r.parts_max << " parts";
  }
}

TEST(ThreadPool, HelpersThatFellAsleepComeAgain) {
  ThreadPool pool(4);
  std::vector<int> done(8);
  for (int round = 0; round < 20; ++round) {
    pool.run(done.size(), [&](size_t p) { ++done[p]; });
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  EXPECT_EQ(done, std::vector<int>(8, 20));
}

// Two parts that each wait for the other: the helper was called. A pool of its own each time,
// because in a later round it may be passed over.
TEST(ThreadPool, PartsAreDoneAtTheSameTime) {
  for (int pools = 0; pools < 20; ++pools) {
    ThreadPool pool(2);
    std::atomic<int> here{0};
    pool.run(2, [&](size_t) {
      ++here;
      while (here.load() != 2) std::this_thread::yield();
    });
    EXPECT_EQ(here.load(), 2);
  }
}

TEST(ThreadPool, OneThreadAndNoPartsNeedNobody) {
  std::vector<size_t> order;
  ThreadPool(1).run(3, [&](size_t p) { order.push_back(p); });
  EXPECT_EQ(order, (std::vector<size_t>{0, 1, 2}));
  ThreadPool(3).run(0, [&](size_t) { FAIL(); });
}

TEST(ThreadPool, EverySubmittedTaskIsDoneOnceBesideRounds) {
  std::vector<std::atomic<int>> done(200);
  std::atomic<size_t> over{0};
  ThreadPool pool(3);
  std::vector<int> parts(5);
  for (size_t i = 0; i < done.size(); ++i) {
    pool.submit([&, i] {
      ++done[i];
      ++over;
    });
    if (i % 20 == 0) pool.run(parts.size(), [&](size_t p) { ++parts[p]; });
  }
  while (over.load() < done.size()) std::this_thread::yield();
  for (const auto& one : done) EXPECT_EQ(one.load(), 1);
  EXPECT_EQ(parts, std::vector<int>(5, 10));
}

TEST(ThreadPool, TheEndFinishesWhatHasBegunAndDropsTheRest) {
  std::atomic<int> begun{0}, ended{0};
  {
    ThreadPool pool(2);
    for (int i = 0; i < 50; ++i) {
      pool.submit([&] {
        ++begun;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        ++ended;
      });
    }
    while (begun.load() == 0) std::this_thread::yield();
  }
  EXPECT_EQ(begun.load(), ended.load());
  EXPECT_LT(ended.load(), 50);
}

}  // namespace
}  // namespace delever
