#include "tape/merge.h"

#include <gtest/gtest.h>

#include "tape/tape_testing.h"

namespace delever::tape {
namespace {

using namespace fixture;

TEST(TapeMerge, GivesTheMessagesOfAllTapesInOrderOfTime) {
  Random random(5, {});
  const TempTape a("merge_a"), b("merge_b"), c("merge_c");
  SystemClock clock;
  struct Expected {
    Instant received;
    size_t tape;
    std::string bytes;
  };
  std::vector<Expected> want;
  std::vector<std::unique_ptr<TapeReader>> readers;
  size_t index = 0;
  for (const TempTape* tape : {&a, &b, &c}) {
    auto writer = must(TapeWriter::open(tape->path, clock, {.block_bytes = 500}));
    const StreamNumber stream = must(writer->stream(stream_info(1)));
    int64_t time = 0;
    for (int i = 0; i < (index == 1 ? 0 : 2000); ++i) {  // the second tape is empty
      time += static_cast<int64_t>(random.below(3));     // so that many times are equal
      want.push_back({Instant::ns(time), index, std::to_string(index) + ":" + std::to_string(i)});
      must(writer->append(stream, want.back().received, want.back().bytes));
    }
    must(writer->close());
    readers.push_back(must(TapeReader::open(tape->path)));
    ++index;
  }
  std::stable_sort(want.begin(), want.end(), [](const Expected& x, const Expected& y) {
    return x.received != y.received ? x.received < y.received : x.tape < y.tape;
  });
  TapeMerge merge(std::move(readers));
  for (const Expected& expected : want) {
    const auto got = must(merge.next());
    ASSERT_TRUE(got.has_value());
    ASSERT_EQ(got->message.received, expected.received);
    ASSERT_EQ(got->tape, expected.tape);
    ASSERT_EQ(got->message.bytes, expected.bytes);
  }
  EXPECT_FALSE(must(merge.next()).has_value());
  EXPECT_FALSE(must(merge.next()).has_value());
  EXPECT_EQ(merge.tapes(), 3U);
  EXPECT_EQ(merge.tape(2).streams().size(), 1U);
}

TEST(TapeMerge, OfNothingIsNothing) {
  TapeMerge merge({});
  EXPECT_FALSE(must(merge.next()).has_value());
}

}  // namespace
}  // namespace delever::tape
