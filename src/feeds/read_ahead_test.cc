// Goal: a source that is read ahead gives the same bytes, the same errors and the same place.
#include "feeds/read_ahead.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

namespace delever::feeds {
namespace {

constexpr size_t kBytes = size_t{3} << 20;  // more than is read ahead

char byte_at(size_t place) { return static_cast<char>(place * 31 + place / 251); }

// So many bytes in uneven pieces; then the end, or an error.
class Uneven final : public ByteSource {
 public:
  Uneven(size_t bytes, bool fails, std::atomic<size_t>& given)
      : bytes_(bytes), fails_(fails), given_(given) {}
  Result<size_t> read(char* to, size_t size) override {
    if (at_ == bytes_ && fails_) return Error{Fault::malformed, "damaged", "a.gz"};
    const size_t n = std::min({size, bytes_ - at_, 1 + at_ % 70'001});
    for (size_t i = 0; i < n; ++i) to[i] = byte_at(at_ + i);
    at_ += n;
    given_ = at_;
    return n;
  }
  uint64_t consumed() const override { return at_ / 2; }

 private:
  const size_t bytes_;
  const bool fails_;
  size_t at_ = 0;
  std::atomic<size_t>& given_;
};

TEST(ReadAhead, GivesTheSameBytesAndThenTheEndOrTheError) {
  for (const bool fails : {false, true}) {
    std::atomic<size_t> given = 0;
    ReadAhead ahead(std::make_unique<Uneven>(kBytes, fails, given));
    std::string buffer(10'007, '\0');
    size_t got = 0;
    uint64_t place = 0;
    for (;;) {
      const auto n = ahead.read(buffer.data(), buffer.size());
      if (!n.has_value()) {
        EXPECT_TRUE(fails);
        EXPECT_EQ(n.error().text(), "a.gz: damaged");
        EXPECT_FALSE(ahead.read(buffer.data(), buffer.size()).has_value());
        break;
      }
      if (n.value() == 0) {
        EXPECT_FALSE(fails);
        EXPECT_EQ(ahead.read(buffer.data(), buffer.size()).value(), 0u);
        break;
      }
      for (size_t i = 0; i < n.value(); ++i) ASSERT_EQ(buffer[i], byte_at(got + i)) << got + i;
      got += n.value();
      EXPECT_GE(ahead.consumed(), std::max<uint64_t>(place, got / 2));  // of the file, never back
      place = ahead.consumed();
    }
    EXPECT_EQ(got, kBytes);
    EXPECT_EQ(place, kBytes / 2);
  }
}

TEST(ReadAhead, MayBeLeftInTheMiddle) {
  std::atomic<size_t> given = 0;
  {
    ReadAhead ahead(std::make_unique<Uneven>(kBytes, false, given));
    char byte = 0;
    ASSERT_EQ(ahead.read(&byte, 1).value(), 1u);
    EXPECT_EQ(byte, byte_at(0));
  }
  EXPECT_LT(given, kBytes);
}

}  // namespace
}  // namespace delever::feeds
