// Goal: a tape that gives no time says what became of its messages.
#include "reports/feed.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/clock.h"
#include "tape/tape.h"

namespace delever::reports {
namespace {

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

TEST(Feed, DamageIsNamedWhereNoTimeIsLeft) {
  const std::string path =
      (std::filesystem::temp_directory_path() / fmt::format("feed_{}.tape", getpid())).string();
  std::filesystem::remove(path);
  const Instant at = Instant::parse("2026-02-03T04:05:06Z").value();
  {
    ManualClock clock(at);
    auto writer = tape::TapeWriter::open(path, clock);
    ASSERT_TRUE(writer.has_value()) << writer.error().text();
    const auto stream = writer.value()->stream({"okx", "okx", "trades", "okx", {}});
    ASSERT_TRUE(stream.has_value());
    ASSERT_TRUE(writer.value()->append(stream.value(), at, std::string(400, 'x')).has_value());
    ASSERT_TRUE(writer.value()->close().has_value());
  }
  EXPECT_EQ(last_time({path}).value(), at);
  std::string bytes = bytes_of(path);
  const size_t frame = bytes.find("\x28\xB5\x2F\xFD");
  ASSERT_NE(frame, bytes.npos);
  bytes[frame] ^= 1;
  std::ofstream(path, std::ios::binary) << bytes;
  const std::string why = no_time_in({path}, "event").what;
  EXPECT_NE(why.find("holds no event"), why.npos);
  EXPECT_NE(why.find("1 damaged, the first: "), why.npos) << why;
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace delever::reports
