#include "tape/block.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace delever::tape {
namespace {

struct Packed {
  BlockHeader header;
  std::string data;
};

Packed pack(const BlockBuilder& builder) {
  const std::string payload = builder.payload();
  Packer packer;
  return {{1, 1, 0, 0, builder.first(), builder.last(), static_cast<int64_t>(builder.count()),
           static_cast<int64_t>(payload.size())},
          std::string(packer.pack(payload, 1).value())};
}

TEST(Block, PayloadIsWhatTheFormatSays) {
  BlockBuilder builder;
  builder.add(Instant::ns(1000), "ab");
  builder.add(Instant::ns(1300), "");
  builder.add(Instant::ns(1300), "c");
  // Differences 0, 300 = 0xac 0x02, 0; lengths 2, 0, 1; the bytes.
  EXPECT_EQ(builder.payload(), std::string("\x00\xac\x02\x00\x02\x00\x01"
                                           "abc",
                                           10));
}

TEST(Block, SortsByTimeAndKeepsArrivalAtEqualTimes) {
  BlockBuilder builder;
  builder.add(Instant::ns(5), "five");
  builder.add(Instant::ns(2), "two");
  builder.add(Instant::ns(5), "five again");
  const Packed packed = pack(builder);
  BlockMessages out;
  ASSERT_TRUE(Unpacker().unpack(packed.header, packed.data, out).has_value());
  ASSERT_EQ(out.count(), 3U);
  EXPECT_EQ(out.message(0), "two");
  EXPECT_EQ(out.message(1), "five");
  EXPECT_EQ(out.message(2), "five again");
  const BlockMessages part = slice(out, 1, 3, 1);
  ASSERT_EQ(part.count(), 1U);
  EXPECT_EQ(part.message(0), "five");
}

// The checksum is over every field and every byte: no bit of a row can change without it.
TEST(Block, ChecksumSeesEveryBit) {
  BlockBuilder builder;
  for (int i = 0; i < 20; ++i) builder.add(Instant::ns(i * 7), std::to_string(i));
  const Packed packed = pack(builder);
  const uint32_t sum = block_checksum(packed.header, packed.data);
  for (size_t bit = 0; bit < packed.data.size() * 8; ++bit) {
    std::string data = packed.data;
    data[bit / 8] = static_cast<char>(data[bit / 8] ^ (1 << bit % 8));
    EXPECT_NE(block_checksum(packed.header, data), sum);
  }
  for (int bit = 0; bit < 32; ++bit) {
    for (int field = 0; field < 8; ++field) {
      BlockHeader h = packed.header;
      const int64_t flip = int64_t{1} << bit;
      if (field == 0) h.id ^= flip;
      if (field == 1) h.stream ^= static_cast<StreamNumber>(flip);
      if (field == 2) h.run ^= flip;
      if (field == 3) h.seq ^= flip;
      if (field == 4) h.first = Instant::ns(h.first.ns() ^ flip);
      if (field == 5) h.last = Instant::ns(h.last.ns() ^ flip);
      if (field == 6) h.count ^= flip;
      if (field == 7) h.raw_bytes ^= flip;
      EXPECT_NE(block_checksum(h, packed.data), sum);
    }
  }
}

// Even with a checksum that somebody made to fit, a block that lies about itself is refused, not
// believed.
TEST(Block, RefusesHeadersThatDoNotFit) {
  BlockBuilder builder;
  for (int i = 0; i < 20; ++i) builder.add(Instant::ns(i * 7), std::to_string(i));
  const Packed packed = pack(builder);
  const auto refuses = [&](BlockHeader header) {
    BlockMessages out;
    return !Unpacker().unpack(header, packed.data, out).has_value();
  };
  EXPECT_FALSE(refuses(packed.header));
  for (const int64_t count :
       {int64_t{-1}, int64_t{0}, int64_t{19}, int64_t{21}, int64_t{1} << 60}) {
    BlockHeader header = packed.header;
    header.count = count;
    EXPECT_TRUE(refuses(header)) << count;
  }
  for (const int64_t size :
       {int64_t{-1}, int64_t{0}, packed.header.raw_bytes + 1, int64_t{1} << 40}) {
    BlockHeader header = packed.header;
    header.raw_bytes = size;
    EXPECT_TRUE(refuses(header)) << size;
  }
  BlockHeader header = packed.header;
  header.last = Instant::ns(5);
  EXPECT_TRUE(refuses(header));
  header = packed.header;
  header.first = Instant::ns(1);
  EXPECT_TRUE(refuses(header));
}

}  // namespace
}  // namespace delever::tape
