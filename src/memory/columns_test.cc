// Columns: what was written is read back, however long the numbers and the columns; what was cut or
// changed fails and nothing worse.
#include "memory/columns.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/random.h"

namespace delever::memory {
namespace {

struct Written {
  std::vector<std::vector<uint64_t>> numbers;
  std::string bytes;
  std::string packed;
};

// A few columns of numbers of all lengths, some too short for a block of their own; the last one
// holds bytes.
Written written(Random& random) {
  Written out;
  ColumnWriter writer;
  out.numbers.resize(1 + random.below(6));
  for (size_t column = 0; column < out.numbers.size(); ++column) {
    const uint64_t shortest = random.below(64);
    for (uint64_t n = random.below(random.chance(0.5) ? 20 : 3000); n > 0; --n) {
      const uint64_t value = random.bits64() >> (shortest + random.below(64 - shortest));
      out.numbers[column].push_back(value);
      writer.number(column, value);
    }
  }
  for (uint64_t n = random.below(1000); n > 0; --n)
    out.bytes.push_back(static_cast<char>(random.bits32()));
  writer.bytes(out.numbers.size(), out.bytes);
  out.packed = writer.pack();
  EXPECT_TRUE(writer.empty());
  return out;
}

TEST(Columns, WhatWasWrittenIsReadBack) {
  Random random(1, Random::Stream{});
  for (int round = 0; round < 100; ++round) {
    const Written out = written(random);
    auto reader = ColumnReader::unpack(out.packed);
    ASSERT_TRUE(reader.has_value());
    for (size_t column = 0; column < out.numbers.size(); ++column) {
      for (const uint64_t value : out.numbers[column])
        ASSERT_EQ(reader.value().number(column), value);
    }
    EXPECT_EQ(reader.value().bytes(out.numbers.size(), out.bytes.size()), out.bytes);
    EXPECT_FALSE(reader.value().failed());
    EXPECT_EQ(reader.value().number(0), 0U);  // beyond the end
    EXPECT_TRUE(reader.value().failed());
  }
}

TEST(Columns, DamageFailsAndNothingWorse) {
  Random random(2, Random::Stream{});
  for (int round = 0; round < 300; ++round) {
    Written out = written(random);
    if (random.chance(0.5))
      out.packed.resize(random.below(out.packed.size()));
    else
      out.packed[random.below(out.packed.size())] ^= static_cast<char>(1 + random.below(255));
    auto reader = ColumnReader::unpack(out.packed);
    if (!reader.has_value()) continue;
    for (size_t column = 0; column <= out.numbers.size(); ++column) {
      for (int n = 0; n < 4000; ++n) (void)reader.value().number(column);
      (void)reader.value().bytes(column, 1000);
    }
  }
}

// Alike in one place, unlike in another: the low digits of a time cost what they are worth and do
// not spoil the high ones. Fifteen bits a number here; one code for all bytes took 2.18 bytes.
TEST(Columns, EachPlaneHasItsOwnCode) {
  Random random(3, Random::Stream{});
  ColumnWriter writer;
  constexpr size_t kCount = 20'000;
  for (size_t n = 0; n < kCount; ++n) writer.number(0, random.below(1 << 14) | (n % 2) << 14);
  const double bytes = static_cast<double>(writer.pack().size()) / kCount;
  EXPECT_LT(bytes, 15.0 / 8 + 0.05);
}

}  // namespace
}  // namespace delever::memory
