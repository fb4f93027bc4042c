#include "tape/inspect.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "tape/tape_testing.h"

namespace delever::tape {
namespace {

using namespace fixture;

class Inspect : public testing::Test {
 protected:
  // Two streams in known blocks: ten messages of 100 bytes each, cut by flush.
  void SetUp() override {
    auto writer = must(TapeWriter::open(tape_.path, clock_));
    a_ = must(writer->stream(stream_info(1)));
    b_ = must(writer->stream(stream_info(2)));
    must(writer->gap({b_, Instant::ns(5), Instant::ns(6), "no connection"}));
    for (int block = 0; block < 3; ++block) {
      for (int i = 0; i < 10; ++i) {
        must(writer->append(a_, Instant::ns(1000 * block + i),
                            std::string(100, static_cast<char>('a' + block))));
      }
      must(writer->flush());
    }
    must(writer->append(b_, Instant::ns(7), "late stream"));
    must(writer->append(a_, Instant::ns(3), "out of order"));
    must(writer->close());
  }

  TempTape tape_{"inspect.tape"};
  SystemClock clock_;
  StreamNumber a_ = 0, b_ = 0;
};

TEST_F(Inspect, InfoCountsWhatIsThere) {
  const TapeInfo info = must(tape_info(tape_.path));
  EXPECT_TRUE(info.closed);
  EXPECT_EQ(info.file_bytes, static_cast<int64_t>(tape_.bytes().size()));
  EXPECT_EQ(info.messages, 32);
  EXPECT_EQ(info.blocks, 5);
  EXPECT_EQ(info.first, Instant::ns(0));
  EXPECT_EQ(info.last, Instant::ns(2009));
  ASSERT_EQ(info.streams.size(), 2U);
  EXPECT_EQ(info.streams[0].messages, 31);
  EXPECT_EQ(info.streams[0].blocks, 4);
  EXPECT_EQ(info.streams[0].runs, 2);  // the last message came before the end of what was there
  EXPECT_EQ(info.streams[1].messages, 1);
  EXPECT_EQ(info.streams[1].first, Instant::ns(7));
  EXPECT_EQ(info.streams[1].info.name, "stream 2");
  // 30 messages of 100 bytes and two of 11 and 12; for each a byte of length and a byte of time.
  EXPECT_EQ(info.raw_bytes, 3000 + 23 + 32 + 32);
  ASSERT_EQ(info.gaps.size(), 1U);
  EXPECT_TRUE(info.damage.empty());
  ASSERT_TRUE(info.ratio().has_value());
  EXPECT_GT(*info.ratio(), 0.0);
}

TEST_F(Inspect, VerifyPassesASoundTape) {
  const TapeCheck check = must(tape_verify(tape_.path));
  EXPECT_TRUE(check.sound());
  EXPECT_EQ(check.info.messages, 32);
  EXPECT_GT(check.packed_bytes, 0);
}

TEST_F(Inspect, VerifyNamesTheDamagedBlock) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(tape_.path.c_str(), &db), SQLITE_OK);
  sqlite3_stmt* row = nullptr;
  ASSERT_EQ(sqlite3_prepare_v2(db, "SELECT data FROM blocks WHERE id = 2", -1, &row, nullptr),
            SQLITE_OK);
  ASSERT_EQ(sqlite3_step(row), SQLITE_ROW);
  const std::string data(static_cast<const char*>(sqlite3_column_blob(row, 0)),
                         static_cast<size_t>(sqlite3_column_bytes(row, 0)));
  sqlite3_finalize(row);
  sqlite3_close(db);
  std::string content = tape_.bytes();
  const size_t at = content.find(data);
  ASSERT_NE(at, std::string::npos);
  content[at + 6] = static_cast<char>(content[at + 6] ^ 1);
  tape_.write(content);
  const TapeCheck check = must(tape_verify(tape_.path));
  EXPECT_FALSE(check.sound());
  ASSERT_EQ(check.damage.size(), 1U);
  EXPECT_EQ(check.damage[0].stream, a_);
  EXPECT_EQ(check.damage[0].from, Instant::ns(1000));
  EXPECT_EQ(check.damage[0].to, Instant::ns(1009));
  EXPECT_NE(check.damage[0].reason.find("block 2 (run 0, number 1, 10 messages)"),
            std::string::npos)
      << check.damage[0].reason;
  EXPECT_EQ(check.info.messages, 22);
}

TEST(InspectNothing, AnEmptyTapeHasNoRatio) {
  const TempTape tape("blank.tape");
  SystemClock clock;
  must(must(TapeWriter::open(tape.path, clock))->close());
  const TapeInfo info = must(tape_info(tape.path));
  EXPECT_EQ(info.messages, 0);
  EXPECT_FALSE(info.first.has_value());
  EXPECT_FALSE(info.ratio().has_value());
  EXPECT_TRUE(must(tape_verify(tape.path)).sound());
}

}  // namespace
}  // namespace delever::tape
