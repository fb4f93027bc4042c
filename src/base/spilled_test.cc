#include "base/spilled.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <string>

namespace delever {
namespace {

struct Value {
  int64_t number = 0;
  double half = 0;
};

void expect_all(const Spilled<Value>& row, size_t count) {
  ASSERT_EQ(row.size(), count);
  int64_t next = 0;
  for (const Value v : row) {
    ASSERT_EQ(v.number, next);
    ASSERT_EQ(v.half, 0.5 * static_cast<double>(next));
    ++next;
  }
  EXPECT_EQ(next, static_cast<int64_t>(count));
}

Spilled<Value> row_of(size_t count) {
  Spilled<Value> row;
  for (size_t i = 0; i < count; ++i)
    row.push_back({static_cast<int64_t>(i), 0.5 * static_cast<double>(i)});
  return row;
}

TEST(Spilled, IsTheRowThatWasGivenWhateverItsLength) {
  for (const size_t count : {0, 1, 511, 512, 8191, 8192, 8193, 100'000})
    expect_all(row_of(count), count);
}

TEST(Spilled, IsReadAtTwoPlacesAndSearched) {
  const Spilled<Value> row = row_of(50'000);
  for (size_t i = 0; i + 700 < row.size(); ++i)
    ASSERT_EQ(row[i + 700].number - row[i].number, 700) << i;
  for (const int64_t wanted : {0, 1, 4095, 4096, 33'333, 49'999}) {
    const auto found =
        std::lower_bound(row.begin(), row.end(), wanted,
                         [](const Value& v, int64_t number) { return v.number < number; });
    EXPECT_EQ((*found).number, wanted);
  }
}

TEST(Spilled, TheLastValueMayBeChangedAndAllMoves) {
  Spilled<Value> row = row_of(20'000);
  row.back().number = -1;
  const Spilled<Value> moved = std::move(row);
  EXPECT_EQ(moved[19'999].number, -1);
  EXPECT_EQ(moved[3].number, 3);
}

// Without a folder for temporary files it stays in memory.
TEST(Spilled, NeedsNoDisk) {
  const char* const before = getenv("TMPDIR");
  const std::string kept = before ? before : "";
  setenv("TMPDIR", "/no/such/folder", 1);
  const Spilled<Value> row = row_of(30'000);
  before ? setenv("TMPDIR", kept.c_str(), 1) : unsetenv("TMPDIR");
  expect_all(row, 30'000);
}

}  // namespace
}  // namespace delever
