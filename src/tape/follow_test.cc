// Goal: a tape that is read while it is written gives every message once, in order, and says when
// it is closed.
#include <gtest/gtest.h>

#include <thread>

#include "base/random.h"
#include "tape/tape.h"

namespace delever::tape {
namespace {

std::string new_path(const char* name) {
  const std::string path = testing::TempDir() + name;
  for (const char* end : {"", "-wal", "-shm", "-lock"}) std::remove((path + end).c_str());
  return path;
}

TEST(TapeFollow, EveryMessageOnceWhileItIsWritten) {
  const std::string path = new_path("follow.tape");
  SystemClock clock;
  auto writer =
      TapeWriter::open(path, clock, {.flush_after = Duration::ms(40), .block_bytes = 4096}).value();
  const auto a = writer->stream({"a", "v", "c", "binance-usdm", {}}).value();
  const auto b = writer->stream({"b", "v", "c", "binance-usdm", {}}).value();
  std::vector<std::pair<StreamNumber, std::string>> sent;
  std::jthread recorder([&] {
    Random random(1, {});
    for (int i = 0; i < 3'000; ++i) {
      const StreamNumber stream = random.chance(0.9) ? a : b;
      const std::string text = std::to_string(i) + std::string(random.below(40), 'x');
      ASSERT_TRUE(writer->append(stream, clock.now(), text).has_value());
      sent.emplace_back(stream, text);
      if (i % 10 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ASSERT_TRUE(writer->close().has_value());
  });
  auto reader = TapeReader::open(path, {.follow = true}).value();
  std::vector<std::pair<StreamNumber, std::string>> heard;
  Instant last = Instant::min();
  for (int waits = 0; waits < 10'000;) {
    const auto next = reader->next();
    ASSERT_TRUE(next.has_value()) << next.error().text();
    if (next.value()) {
      EXPECT_GE(next.value()->received, last);
      last = next.value()->received;
      heard.emplace_back(next.value()->stream, next.value()->bytes);
    } else if (reader->complete()) {
      break;
    } else {
      ++waits;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  recorder.join();
  EXPECT_TRUE(reader->complete());
  ASSERT_EQ(heard.size(), sent.size());
  EXPECT_EQ(heard, sent);
  EXPECT_TRUE(reader->gaps().empty());
}

// A market at sixty times its pace, of which one stream speaks twenty seconds of it apart.
TEST(TapeFollow, ATapeWhoseClockRunsFastIsFollowedToItsEnd) {
  const std::string path = new_path("follow_fast.tape");
  SystemClock clock;
  auto writer =
      TapeWriter::open(path, clock, {.flush_after = Duration::ms(300), .block_bytes = 512}).value();
  const auto busy = writer->stream({"a", "v", "c", "binance-usdm", {}}).value();
  const auto calm = writer->stream({"b", "v", "c", "binance-usdm", {}}).value();
  const Duration begin = clock.elapsed();
  std::vector<std::string> sent;
  std::jthread recorder([&] {
    for (int i = 0; i < 900; ++i) {
      const Instant now = Instant::ns((clock.elapsed() - begin).ns() * 60);
      sent.push_back(std::to_string(i) + std::string(40, 'x'));
      ASSERT_TRUE(writer->append(i % 60 == 7 ? calm : busy, now, sent.back()).has_value());
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ASSERT_TRUE(writer->close().has_value());
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(700));
  auto reader = TapeReader::open(path, {.follow = true}).value();
  std::vector<std::string> heard;
  bool while_written = false;
  for (int waits = 0; waits < 10'000 && !reader->complete();) {
    const auto next = reader->next();
    ASSERT_TRUE(next.has_value()) << next.error().text();
    if (next.value()) {
      heard.emplace_back(next.value()->bytes);
      continue;
    }
    while_written = while_written || heard.size() > 200;
    ++waits;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  recorder.join();
  EXPECT_EQ(heard.size(), sent.size());
  EXPECT_TRUE(heard == sent);
  EXPECT_TRUE(while_written);
  EXPECT_TRUE(reader->gaps().empty());
}

// Whoever reads once what a recorder left unfinished has it at once, but for its last seconds.
TEST(TapeFollow, WhatIsOldEnoughIsThereAtOnce) {
  const std::string path = new_path("follow_once.tape");
  SystemClock clock;
  auto writer = TapeWriter::open(path, clock, {}).value();
  const auto a = writer->stream({"a", "v", "c", "binance-usdm", {}}).value();
  const Instant from = Instant::parse("2026-02-03T00:00:00Z").value();
  for (const int second : {0, 5, 9, 10}) {
    ASSERT_TRUE(writer->append(a, from + Duration::seconds(second), "x").has_value());
    ASSERT_TRUE(writer->flush().has_value());
  }
  auto reader = TapeReader::open(path, {.follow = true}).value();
  size_t count = 0;
  while (reader->next().value()) ++count;
  EXPECT_EQ(count, 2u);
}

TEST(TapeFollow, GapsThatComeLaterAreSeen) {
  const std::string path = new_path("follow_gaps.tape");
  SystemClock clock;
  auto writer = TapeWriter::open(path, clock, {.flush_after = Duration::ms(20)}).value();
  const auto a = writer->stream({"a", "v", "c", "binance-usdm", {}}).value();
  ASSERT_TRUE(writer->append(a, Instant::ns(1'000), "one").has_value());
  ASSERT_TRUE(writer->flush().has_value());
  auto reader = TapeReader::open(path, {.follow = true}).value();
  ASSERT_TRUE(
      writer
          ->gap(
              {.stream = a, .from = Instant::ns(2'000), .to = Instant::ns(3'000), .reason = "cut"})
          .has_value());
  ASSERT_TRUE(writer->close().has_value());
  size_t count = 0;
  for (int i = 0; i < 1'000 && !(reader->complete()); ++i) {
    const auto next = reader->next();
    ASSERT_TRUE(next.has_value());
    if (next.value())
      ++count;
    else
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  EXPECT_EQ(count, 1u);
  ASSERT_EQ(reader->gaps().size(), 1u);
  EXPECT_EQ(reader->gaps().front().reason, "cut");
}

}  // namespace
}  // namespace delever::tape
