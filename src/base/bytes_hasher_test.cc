// Digests: how bytes are cut makes no difference, each byte does, and the values are the same for
// ever, for they stand on tapes and files.
#include "base/bytes_hasher.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "base/random.h"

namespace delever {
namespace {

uint64_t digest(std::string_view bytes) {
  BytesHasher hasher;
  hasher.add(bytes);
  return hasher.digest();
}

std::string random_bytes(Random& random, size_t size) {
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random.bits64());
  return bytes;
}

TEST(BytesHasher, HowBytesAreCutMakesNoDifference) {
  Random random(2, Random::Stream{});
  for (int round = 0; round < 300; ++round) {
    const std::string bytes = random_bytes(random, random.below(400));
    BytesHasher hasher;
    for (std::string_view left = bytes; !left.empty();) {
      const size_t cut = std::min<size_t>(left.size(), 1 + random.below(70));
      hasher.add(left.substr(0, cut));
      left.remove_prefix(cut);
    }
    EXPECT_EQ(hasher.digest(), digest(bytes)) << bytes.size();
  }
}

TEST(BytesHasher, EachByteCounts) {
  std::set<uint64_t> all;
  for (size_t size = 0; size <= 130; ++size) {
    std::string bytes(size, '\0');
    all.insert(digest(bytes));
    for (char& c : bytes) {
      c = 1;
      all.insert(digest(bytes));
      c = 0;
    }
  }
  EXPECT_EQ(all.size(), 131U + 130U * 131U / 2);
}

TEST(BytesHasher, ValuesStay) {
  EXPECT_EQ(digest(""), 0x1be224ffb0b62d8fULL);
  EXPECT_EQ(digest("delever"), 0x3371260409382e84ULL);
  EXPECT_EQ(digest(std::string(1000, 'x')), 0xb51cac338dfdc4a1ULL);
}

}  // namespace
}  // namespace delever
