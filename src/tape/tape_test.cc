#include "tape/tape.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <thread>

#include "tape/inspect.h"
#include "tape/tape_testing.h"

namespace delever::tape {
namespace {

using namespace fixture;

// Appends what a random recorder might see: streams that come and go, bursts at one instant, steps
// back in time.
struct Recorder {
  Random random;
  int64_t time = 1'769'760'000'000'000'000;
  std::vector<Message> all;  // in order of arrival

  explicit Recorder(uint32_t seed) : random(seed, {}) {}

  void record(TapeWriter& writer, ManualClock& clock, size_t streams, size_t messages,
              bool disorder) {
    for (size_t i = 0; i < messages; ++i) {
      const auto n = 1 + random.below(streams);
      const StreamNumber stream = must(writer.stream(stream_info(n)));
      if (random.chance(0.7)) time += static_cast<int64_t>(random.below(1'000'000));
      int64_t at = time;
      if (disorder && random.chance(0.05)) at -= static_cast<int64_t>(random.below(200'000'000));
      if (disorder && random.chance(0.001)) at = static_cast<int64_t>(random.bits64());
      const size_t size = random.chance(0.1) ? 0 : random.below(random.chance(0.02) ? 20'000 : 300);
      all.push_back({stream, Instant::ns(at), random_bytes(random, size)});
      must(writer.append(stream, all.back().received, all.back().bytes));
      clock.advance(Duration::us(static_cast<int64_t>(random.below(3000))));
    }
  }
};

void expect_same(const std::vector<Message>& got, const std::vector<Message>& want) {
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(got[i].received.ns(), want[i].received.ns()) << "message " << i;
    ASSERT_EQ(got[i].stream, want[i].stream) << "message " << i;
    ASSERT_EQ(got[i].bytes, want[i].bytes) << "message " << i;
  }
}

TEST(Tape, GivesBackWhatWasAppendedInOrderOfTime) {
  for (uint32_t seed = 1; seed <= 16; ++seed) {
    SCOPED_TRACE(seed);
    const TempTape tape("round.tape");
    Recorder recorder(seed);
    ManualClock clock(Instant::ns(0));
    const size_t streams = 1 + seed % 7;
    const size_t sessions = 1 + seed % 3;  // each opens the tape again and continues it
    for (size_t session = 0; session < sessions; ++session) {
      const size_t block_bytes = size_t{1} << (6 + recorder.random.below(13));
      auto writer = must(TapeWriter::open(tape.path, clock, {.block_bytes = block_bytes}));
      recorder.record(*writer, clock, streams + session, 1500, seed % 2 == 0);
      must(writer->close());
    }
    std::vector<Message> want = recorder.all;
    put_in_order(want);
    auto reader = must(TapeReader::open(tape.path));
    expect_same(read_all(*reader), want);
    EXPECT_TRUE(reader->gaps().empty());
    for (const StreamInfo& stream : reader->streams()) {
      const auto n = static_cast<size_t>(std::stoi(stream.name.substr(7)));
      EXPECT_EQ(stream.settings, stream_info(n).settings);
      EXPECT_EQ(stream.venue, "venue");
      EXPECT_EQ(stream.channel, "channel");
      EXPECT_EQ(stream.decoder, "decoder");
    }
    for (int trial = 0; trial < 8; ++trial) {  // ranges, their ends often on a message
      const Instant a = want[recorder.random.below(want.size())].received;
      const Instant b = want[recorder.random.below(want.size())].received;
      const TapeReader::Options range{std::min(a, b), std::max(a, b)};
      std::vector<Message> part;
      for (const Message& m : want) {
        if (m.received >= range.from && m.received < range.to) part.push_back(m);
      }
      auto some = must(TapeReader::open(tape.path, range));
      expect_same(read_all(*some), part);
      EXPECT_TRUE(some->gaps().empty());
    }
  }
}

TEST(Tape, TakesLargeMessagesAndRefusesMonsters) {
  const TempTape tape("large.tape");
  SystemClock clock;
  auto writer = must(TapeWriter::open(tape.path, clock));
  const StreamNumber stream = must(writer->stream(stream_info(1)));
  Random random(3, {});
  std::vector<Message> want;
  for (const size_t size :
       {size_t{10} << 20, size_t{0}, size_t{1}, size_t{10} << 20, size_t{32} << 20}) {
    want.push_back(
        {stream, Instant::ns(static_cast<int64_t>(want.size())), random_bytes(random, size)});
    must(writer->append(stream, want.back().received, want.back().bytes));
  }
  const auto refused =
      writer->append(stream, Instant::ns(9), std::string((size_t{32} << 20) + 1, 'x'));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().fault, Fault::refused);
  must(writer->close());
  expect_same(read_all(tape.path), want);
}

TEST(Tape, KeepsTheEndsOfTime) {
  const TempTape tape("ends.tape");
  SystemClock clock;
  auto writer = must(TapeWriter::open(tape.path, clock));
  const StreamNumber stream = must(writer->stream(stream_info(1)));
  for (const Instant t : {Instant::max(), Instant::min(), Instant::ns(0)})
    must(writer->append(stream, t, "x"));
  must(writer->close());
  const auto got = read_all(tape.path);
  ASSERT_EQ(got.size(), 3U);
  EXPECT_EQ(got[0].received, Instant::min());
  EXPECT_EQ(got[2].received, Instant::max());
}

// More blocks overlap than may be held whole: they are read in slices, and order and memory hold.
TEST(Tape, MergesThousandsOfOverlappingBlocks) {
  const TempTape tape("overlap.tape");
  ManualClock clock(Instant::ns(0));
  auto writer = must(TapeWriter::open(tape.path, clock));
  std::vector<Message> want;
  const std::string text(2000, 'x');
  for (size_t n = 1; n <= 700; ++n) {
    const StreamNumber stream = must(writer->stream(stream_info(n)));
    for (int i = 0; i < 100; ++i) {
      const int64_t time = 1000 * i + static_cast<int64_t>(n * 7 % 1000);
      want.push_back(
          {stream, Instant::ns(time), text + std::to_string(time) + " of " + std::to_string(n)});
      must(writer->append(stream, want.back().received, want.back().bytes));
    }
  }
  must(writer->close());
  put_in_order(want);
  expect_same(read_all(tape.path), want);
}

TEST(Tape, KeepsGapsAndStreamsAcrossSessions) {
  const TempTape tape("gaps.tape");
  SystemClock clock;
  for (int session = 0; session < 2; ++session) {
    auto writer = must(TapeWriter::open(tape.path, clock));
    const StreamNumber a = must(writer->stream(stream_info(1))),
                       b = must(writer->stream(stream_info(2)));
    EXPECT_EQ(a, 1U);
    EXPECT_EQ(b, 2U);
    must(writer->gap({b, Instant::ns(session), Instant::ns(10), "disconnected"}));
    StreamInfo other = stream_info(1);
    other.decoder = "another";
    EXPECT_EQ(writer->stream(other).error().fault, Fault::refused);
    EXPECT_EQ(writer->gap({a, Instant::ns(2), Instant::ns(1), "backwards"}).error().fault,
              Fault::refused);
    must(writer->close());
  }
  const auto reader = must(TapeReader::open(tape.path));
  ASSERT_EQ(reader->gaps().size(), 2U);
  EXPECT_EQ(reader->gaps()[1].stream, 2U);
  EXPECT_EQ(reader->gaps()[1].from, Instant::ns(1));
  EXPECT_EQ(reader->gaps()[1].reason, "disconnected");
  EXPECT_EQ(reader->streams().size(), 2U);
}

TEST(Tape, TwoWritersRefuseEachOther) {
  const TempTape tape("lock.tape");
  SystemClock clock;
  auto first = must(TapeWriter::open(tape.path, clock));
  const auto second = TapeWriter::open(tape.path, clock);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().fault, Fault::refused);
  EXPECT_NE(second.error().text().find(tape.path), std::string::npos);
  EXPECT_NE(second.error().text().find("writing this tape"), std::string::npos);
  must(first->close());
  first.reset();
  must(must(TapeWriter::open(tape.path, clock))->close());
}

// The lock belongs to the file, not to its spelling.
TEST(Tape, TwoWritersRefuseEachOtherThroughLinks) {
  const TempTape file("linked"), soft("soft"), hard("hard");
  SystemClock clock;
  auto first = must(TapeWriter::open(file.path, clock));
  ASSERT_EQ(symlink(file.path.c_str(), soft.path.c_str()), 0);
  ASSERT_EQ(link(file.path.c_str(), hard.path.c_str()), 0);
  for (const TempTape* name : {&file, &soft, &hard}) {
    const auto second = TapeWriter::open(name->path, clock);
    ASSERT_FALSE(second.has_value()) << name->path;
    EXPECT_EQ(second.error().fault, Fault::refused);
  }
  const StreamNumber stream = must(first->stream(stream_info(1)));
  must(first->append(stream, Instant::ns(1), "message"));
  must(first->close());
  must(must(TapeWriter::open(hard.path, clock))->close());
  EXPECT_EQ(read_all(file.path).size(), 1U);
}

// Written whole: until close() has succeeded nothing is there, or what was there before.
TEST(Tape, WholeIsAllOrNothing) {
  const TempTape file("whole");
  SystemClock clock;
  const auto add = [&](const char* message, bool close) {
    auto writer = must(TapeWriter::open(file.path, clock, {.whole = true}));
    const StreamNumber stream = must(writer->stream(stream_info(1)));
    must(writer->append(stream, Instant::ns(1), message));
    must(writer->remember(message, 1));
    must(writer->flush());
    if (close) must(writer->close());
  };
  add("given up", false);
  EXPECT_NE(access(file.path.c_str(), F_OK), 0);
  add("kept", true);
  EXPECT_EQ(read_all(file.path).size(), 1U);
  const std::string before = file.bytes();
  add("given up", false);
  EXPECT_EQ(read_all(file.path).size(), 1U);
  EXPECT_EQ(file.bytes().size(), before.size());
  add("kept too", true);
  EXPECT_EQ(read_all(file.path).size(), 2U);
  auto writer = must(TapeWriter::open(file.path, clock, {.whole = true}));
  EXPECT_EQ(must(writer->remembered("kept")), 1);
  EXPECT_EQ(must(writer->remembered("given up")), std::nullopt);
  EXPECT_TRUE(must(writer->remembers_any("ke??")));
  EXPECT_FALSE(must(writer->remembers_any("ke???")));
  writer = nullptr;
  writer = must(TapeWriter::open(file.path, clock, {.whole = true, .replace = true}));
  EXPECT_EQ(read_all(file.path).size(), 2U);
  must(writer->close());
  EXPECT_EQ(read_all(file.path).size(), 0U);
}

TEST(Tape, IsReadWhileItIsWritten) {
  const TempTape tape("live.tape");
  SystemClock clock;
  auto writer = must(TapeWriter::open(tape.path, clock, {.block_bytes = 2000}));
  const StreamNumber stream = must(writer->stream(stream_info(1)));
  size_t written = 0;
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 200; ++i, ++written) {
      must(writer->append(stream, Instant::ns(static_cast<int64_t>(written)),
                          std::to_string(written)));
    }
    must(writer->flush());
    const auto reader = must(TapeReader::open(tape.path));
    must(writer->append(stream, Instant::ns(static_cast<int64_t>(written)),
                        std::to_string(written)));
    ++written;
    const auto got = read_all(*reader);
    ASSERT_EQ(got.size(), written - 1);  // what was committed when it was opened
    EXPECT_TRUE(reader->gaps().empty());
    EXPECT_EQ(got.back().bytes, std::to_string(written - 2));
  }
}

// No append follows, and yet the message reaches the file.
TEST(Tape, CommitsWithoutBeingAsked) {
  const TempTape tape("idle.tape");
  SystemClock clock;
  auto writer = must(TapeWriter::open(tape.path, clock, {.flush_after = Duration::ms(100)}));
  const StreamNumber stream = must(writer->stream(stream_info(1)));
  must(writer->append(stream, Instant::ns(1), "alone"));
  size_t got = 0;
  for (int i = 0; i < 200 && got == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    got = read_all(tape.path).size();
  }
  EXPECT_EQ(got, 1U);
}

TEST(Tape, PaddingCanBeRead) {
  const TempTape tape("padding.tape");
  SystemClock clock;
  auto writer = must(TapeWriter::open(tape.path, clock));
  const StreamNumber stream = must(writer->stream(stream_info(1)));
  for (int i = 0; i < 1000; ++i) must(writer->append(stream, Instant::ns(i), "x"));
  must(writer->close());
  const auto reader = must(TapeReader::open(tape.path));
  unsigned sum = 0;
  while (const auto message = must(reader->next())) {
    for (size_t i = 0; i < 64; ++i)
      sum += static_cast<unsigned char>(message->bytes.data()[message->bytes.size() + i]);
  }
  EXPECT_GT(sum, 0U);
}

TEST(Tape, ReadsFromAPlaceThatCannotBeWritten) {
  const TempTape tape("readonly.tape");
  SystemClock clock;
  auto writer = must(TapeWriter::open(tape.path, clock));
  must(writer->append(must(writer->stream(stream_info(1))), Instant::ns(1), "x"));
  must(writer->close());
  for (const char* beside : {"-wal", "-shm", "-lock"}) {
    EXPECT_NE(access((tape.path + beside).c_str(), F_OK), 0) << beside;
  }
  ASSERT_EQ(chmod(tape.path.c_str(), 0444), 0);
  EXPECT_EQ(read_all(tape.path).size(), 1U);
}

// What is no tape is refused with its name and the reason, and is left as it was.
struct NoTape {
  const char* name;
  std::string content;
  const char* reason;
};

TEST(Tape, RefusesWhatIsNoTape) {
  SystemClock clock;
  std::string header = "SQLite format 3";
  header.resize(100, '\0');
  const NoTape cases[] = {{"empty", "", "the file is empty"},
                          {"text", "time,price\n1,2\n", "not an SQLite file"},
                          {"truncated", header, "not a database"}};
  for (const auto& [name, content, reason] : cases) {
    SCOPED_TRACE(name);
    const TempTape file(name);
    file.write(content);
    const auto reader = TapeReader::open(file.path);
    ASSERT_FALSE(reader.has_value());
    EXPECT_EQ(reader.error().fault, Fault::malformed);
    EXPECT_EQ(reader.error().text().rfind(file.path, 0), 0U) << reader.error().text();
    EXPECT_NE(reader.error().text().find(reason), std::string::npos) << reader.error().text();
    if (content.empty()) continue;
    const auto writer = TapeWriter::open(file.path, clock);
    ASSERT_FALSE(writer.has_value());
    EXPECT_NE(writer.error().text().find(reason), std::string::npos) << writer.error().text();
    EXPECT_EQ(file.bytes(), content);
  }
  for (const std::string& path : {testing::TempDir(), std::string("/nonexistent/x.tape")}) {
    EXPECT_EQ(TapeReader::open(path).error().text().rfind(path, 0), 0U);
    EXPECT_EQ(TapeWriter::open(path, clock).error().text().rfind(path, 0), 0U);
  }
}

void run_sql(const std::string& path, const char* sql) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
  sqlite3_close(db);
}

TEST(Tape, RefusesOtherDatabasesAndLeavesThemAlone) {
  SystemClock clock;
  const TempTape file("other.db");
  run_sql(file.path, "CREATE TABLE totals(stream INTEGER); INSERT INTO totals VALUES(1)");
  const std::string before = file.bytes();
  EXPECT_NE(TapeReader::open(file.path).error().text().find("something else"), std::string::npos);
  EXPECT_NE(TapeWriter::open(file.path, clock).error().text().find("something else"),
            std::string::npos);
  EXPECT_EQ(file.bytes(), before);
}

// Both copies of a stream's row are gone: its blocks cannot be decoded, and a gap says so, whether
// it was the only stream or one of several, and whether or not the totals still speak of it.
TEST(Tape, NamesAStreamWhoseRowsAreLost) {
  for (const bool only : {true, false}) {
    for (const bool closed : {true, false}) {
      SCOPED_TRACE((only ? "only, " : "second, ") + std::string(closed ? "closed" : "not closed"));
      SystemClock clock;
      const TempTape tape("lost_stream.tape");
      {
        auto writer = must(TapeWriter::open(tape.path, clock));
        if (!only) must(writer->append(must(writer->stream(stream_info(1))), Instant::ns(1), "a"));
        must(writer->append(must(writer->stream(stream_info(2))), Instant::ns(2), "b"));
        must(writer->close());
      }
      const std::string id = only ? "1" : "2";
      run_sql(tape.path, ("DELETE FROM streams WHERE id = " + id +
                          "; DELETE FROM streams_copy WHERE id = " + id +
                          (closed ? "" : "; DELETE FROM totals"))
                             .c_str());
      auto reader = must(TapeReader::open(tape.path));
      EXPECT_EQ(read_all(*reader).size(), only ? 0U : 1U);
      ASSERT_EQ(reader->streams().size(), only ? 1U : 2U);
      ASSERT_FALSE(reader->gaps().empty());
      EXPECT_TRUE(reader->gaps()[0].damage);
      EXPECT_EQ(reader->gaps()[0].stream, only ? 1U : 2U);
      EXPECT_FALSE(must(tape_verify(tape.path)).sound());
      must(tape_info(tape.path));
    }
  }
}

// A writer that is killed in the last step of close() leaves a journal of SQLite's beside the tape.
TEST(Tape, ReadsWhatAJournalMustRollBack) {
  const TempTape tape("hot.tape");
  SystemClock clock;
  {
    auto writer = must(TapeWriter::open(tape.path, clock));
    must(writer->append(must(writer->stream(stream_info(1))), Instant::ns(1), "kept"));
    must(writer->close());
  }
  if (const pid_t child = fork(); child == 0) {
    sqlite3* db = nullptr;
    (void)sqlite3_open(tape.path.c_str(), &db);
    (void)sqlite3_exec(db,
                       "PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN EXCLUSIVE;"
                       "DELETE FROM totals; UPDATE streams SET channel = zeroblob(900000)",
                       nullptr, nullptr, nullptr);
    _exit(0);
  } else {
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
  }
  ASSERT_EQ(access((tape.path + "-journal").c_str(), F_OK), 0);
  const auto check = must(tape_verify(tape.path));
  EXPECT_TRUE(check.sound()) << check.trouble.value_or("");
  EXPECT_EQ(read_all(tape.path).size(), 1U);
}

TEST(Tape, RefusesANewerFormat) {
  SystemClock clock;
  const TempTape tape("newer.tape");
  must(must(TapeWriter::open(tape.path, clock))->close());
  // The row of a later version: ('format', 3) and its CRC-32, as docs/tape-format.md defines it.
  run_sql(tape.path, "UPDATE tape SET value = 3, checksum = 3974233508 WHERE key = 'format'");
  const std::string texts[] = {TapeReader::open(tape.path).error().text(),
                               TapeWriter::open(tape.path, clock).error().text()};
  for (const std::string& text : texts) {
    EXPECT_NE(text.find("format 3"), std::string::npos) << text;
    EXPECT_NE(text.find("newer"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace delever::tape
