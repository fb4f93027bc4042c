// Two inflaters, one behaviour: what the fast one gives is what zlib gives, however the bytes come
// and wherever they are damaged.
#include "feeds/gzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "base/random.h"

namespace delever::feeds {
namespace {

// Bytes in pieces of random sizes.
class Pieces final : public ByteSource {
 public:
  Pieces(std::string bytes, uint64_t seed, size_t most)
      : bytes_(std::move(bytes)), random_(seed, {}), most_(most) {}
  Result<size_t> read(char* to, size_t size) override {
    const size_t n = std::min({size, bytes_.size() - at_, size_t{1} + random_.below(most_)});
    std::memcpy(to, bytes_.data() + at_, n);
    at_ += n;
    return n;
  }
  uint64_t consumed() const override { return at_; }

 private:
  std::string bytes_;
  Random random_;
  size_t most_, at_ = 0;
};

std::string packed(const std::string& text, int level, int strategy) {
  z_stream z{};
  EXPECT_EQ(deflateInit2(&z, level, Z_DEFLATED, 15 + 16, 8, strategy), Z_OK);
  std::string out(deflateBound(&z, text.size()) + 64, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

struct Read {
  std::string text, error;
};
Read read_all(ByteSource& source, uint64_t seed) {
  Random random(seed, {});
  Read out;
  std::string room(70'000, '\0');
  const size_t most = random.chance(0.5) ? 40 : room.size();
  while (true) {
    const auto n = source.read(room.data(), 1 + random.below(most));
    if (!n.has_value()) {
      out.error = n.error().text();
      return out;
    }
    if (n.value() == 0) return out;
    out.text.append(room, 0, n.value());
  }
}

std::string random_text(Random& random) {
  std::string out(random.below(random.chance(0.1) ? 200'000 : 3000), '\0');
  const uint64_t letters = random.chance(0.3) ? 256 : 1 + random.below(20);
  for (char& c : out) c = static_cast<char>('0' + random.below(letters));
  return out;
}

TEST(Gzip, TheFastInflaterIsZlib) {
  Random random(17, {});
  size_t damaged = 0;
  for (uint64_t trial = 0; trial < 600; ++trial) {
    std::string bytes, text;
    for (uint64_t members = 1 + random.below(4); members > 0; --members) {
      const std::string part = random_text(random);
      text += part;
      bytes += packed(part, static_cast<int>(random.below(10)), static_cast<int>(random.below(5)));
    }
    if (random.chance(0.2)) bytes.append(random.below(600), '\0');
    const bool sound = random.chance(0.4);
    if (!sound) {
      const size_t at = random.below(bytes.size());
      const double how = random.uniform();
      if (how < 0.3) bytes.resize(at);
      if (how >= 0.3 && how < 0.8) bytes[at] = static_cast<char>(random.below(256));
      if (how >= 0.8) bytes += "more";
    }
    const size_t most = random.chance(0.5) ? 12 : 100'000;
    const auto pieces = [&] { return std::make_unique<Pieces>(bytes, trial, most); };
    const auto slow = gzip_source(pieces(), "a.gz");
    const auto fast =
        fast_gzip_source(pieces(), "a.gz", [&]() -> Result<std::unique_ptr<ByteSource>> {
          return std::unique_ptr<ByteSource>(pieces());
        });
    const Read wanted = read_all(*slow, trial), got = read_all(*fast, trial);
    ASSERT_EQ(got.error, wanted.error) << trial;
    if (wanted.error.empty()) { ASSERT_EQ(got.text, wanted.text) << trial; }
    if (sound) {
      ASSERT_EQ(got.text, text) << trial;
      ASSERT_EQ(fast->consumed(), bytes.size()) << trial;
    }
    damaged += !got.error.empty();
  }
  EXPECT_GT(damaged, 200U);
}

}  // namespace
}  // namespace delever::feeds
