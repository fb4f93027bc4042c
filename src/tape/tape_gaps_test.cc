// Gaps that have not ended: on the tape from their beginning, so that a writer that dies leaves
// them; a tape whose gaps have ended is the same as one that never heard of them before.
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "tape/database.h"
#include "tape/inspect.h"
#include "tape/tape_testing.h"

namespace delever::tape {
namespace {

using namespace fixture;

TapeGap open_gap(StreamNumber stream, int64_t from, std::string why) {
  return {.stream = stream,
          .from = Instant::ns(from),
          .to = Instant::max(),
          .reason = std::move(why),
          .open = true};
}

// The process is gone: nothing is closed.
void kill(std::unique_ptr<TapeWriter> writer, const TempTape& tape) {
  const TempTape aside(tape.path.substr(tape.path.rfind('_') + 1) + ".aside");
  for (const char* end : {"", "-wal"}) {
    std::ifstream in(tape.path + end, std::ios::binary);
    std::ofstream(aside.path + end, std::ios::binary) << in.rdbuf();
  }
  writer.reset();
  tape.remove();
  for (const char* end : {"", "-wal"}) {
    std::ifstream in(aside.path + end, std::ios::binary);
    std::ofstream(tape.path + end, std::ios::binary) << in.rdbuf();
  }
}

struct GapWriter {
  explicit GapWriter(const TempTape& tape) {
    writer = must(TapeWriter::open_stepped(tape.path, clock, {}));
    a = must(writer->stream(stream_info(1)));
    b = must(writer->stream(stream_info(2)));
  }
  void record(StreamNumber stream, int64_t at) {
    must(writer->append(stream, Instant::ns(at), "message " + std::to_string(at)));
    must(writer->flush());
  }
  ManualClock clock{Instant::ns(0)};
  std::unique_ptr<TapeWriter> writer;
  StreamNumber a = 0, b = 0;
};

TEST(TapeGaps, OneThatAWriterDiedInLastsAsLongAsTheTape) {
  const TempTape tape("open.tape");
  GapWriter recorder(tape);
  recorder.record(recorder.a, 100);
  must(recorder.writer->gap(open_gap(recorder.a, 101, "reset by peer")));
  must(recorder.writer->gap(open_gap(recorder.b, 1'000, "never came")));
  recorder.record(recorder.b, 900);
  kill(std::move(recorder.writer), tape);
  const auto reader = must(TapeReader::open(tape.path));
  ASSERT_EQ(reader->gaps().size(), 2U);
  EXPECT_TRUE(reader->gaps()[0].open);
  EXPECT_EQ(reader->gaps()[0].from, Instant::ns(101));
  EXPECT_EQ(reader->gaps()[0].to, Instant::ns(1'000));  // the last thing that is known
  EXPECT_EQ(reader->gaps()[0].reason, "reset by peer");
  EXPECT_EQ(reader->gaps()[1].to, Instant::ns(1'000));
  EXPECT_EQ(read_all(*reader).size(), 2U);
  EXPECT_TRUE(must(tape_verify(tape.path)).sound());
}

// Whoever goes on with the tape begins where the other's knowledge ended.
TEST(TapeGaps, TheNextWriterEndsWhatTheLastOneDiedIn) {
  const TempTape tape("left.tape");
  GapWriter first(tape);
  first.record(first.a, 100);
  must(first.writer->gap(open_gap(first.a, 101, "reset by peer")));
  first.record(first.b, 300);
  kill(std::move(first.writer), tape);
  GapWriter second(tape);
  must(second.writer->gap(
      {second.a, Instant::ns(101), Instant::ns(500), "the recorder was not running"}));
  second.record(second.a, 500);
  must(second.writer->close());
  const auto reader = must(TapeReader::open(tape.path));
  ASSERT_EQ(reader->gaps().size(), 2U);
  for (const TapeGap& gap : reader->gaps()) EXPECT_FALSE(gap.open);
  EXPECT_EQ(reader->gaps()[0].to, Instant::ns(300));
  EXPECT_EQ(reader->gaps()[1].to, Instant::ns(500));
  EXPECT_TRUE(must(tape_verify(tape.path)).sound());
}

TEST(TapeGaps, OneThatEndsIsAsIfItHadNeverBeenOpen) {
  const TempTape plain("plain.tape"), opened("opened.tape");
  for (const TempTape* tape : {&plain, &opened}) {
    const bool opens = tape == &opened;
    GapWriter recorder(*tape);
    TapeWriter& writer = *recorder.writer;
    recorder.record(recorder.a, 100);
    if (opens) {
      must(writer.gap(open_gap(recorder.a, 101, "reset")));
      must(writer.gap(open_gap(recorder.a, 101, "reset; refused")));  // more is known of it
      must(writer.gap(open_gap(recorder.b, 50, "taken back")));
    }
    // Another of its stream, within it.
    if (opens) must(writer.gap(open_gap(recorder.a, 90, "reset; refused")));
    must(writer.gap({recorder.a, Instant::ns(90), Instant::ns(200), "reset; refused"}));
    if (opens) must(writer.no_gap(recorder.b));
    must(writer.no_gap(recorder.b));  // none is open
    must(writer.gap({recorder.b, Instant::ns(250), Instant::ns(250), "no room"}));
    recorder.record(recorder.a, 300);
    must(writer.close());
  }
  const TapeInfo want = must(tape_info(plain.path)), got = must(tape_info(opened.path));
  ASSERT_EQ(got.gaps.size(), want.gaps.size());
  for (size_t i = 0; i < want.gaps.size(); ++i) {
    EXPECT_EQ(got.gaps[i].stream, want.gaps[i].stream);
    EXPECT_EQ(got.gaps[i].from, want.gaps[i].from);
    EXPECT_EQ(got.gaps[i].to, want.gaps[i].to);
    EXPECT_EQ(got.gaps[i].reason, want.gaps[i].reason);
    EXPECT_FALSE(got.gaps[i].open);
  }
  EXPECT_TRUE(got.closed);
  EXPECT_TRUE(must(tape_verify(opened.path)).sound());  // the totals agree
}

TEST(TapeGaps, AnotherGapOfTheStreamLeavesTheOpenOne) {
  const TempTape tape("another.tape");
  GapWriter recorder(tape);
  recorder.record(recorder.a, 100);
  must(recorder.writer->gap(open_gap(recorder.a, 101, "refused")));
  must(recorder.writer->gap({recorder.a, Instant::ns(150), Instant::ns(150), "no room"}));
  must(recorder.writer->close());
  const TapeInfo info = must(tape_info(tape.path));
  ASSERT_EQ(info.gaps.size(), 2U);
  EXPECT_TRUE(info.gaps[0].open);
  EXPECT_FALSE(info.gaps[1].open);
}

// What remembers a tape reads it again where an open gap has become longer.
TEST(TapeGaps, TheDigestChangesAsAnOpenGapLasts) {
  const TempTape tape("digest.tape");
  GapWriter recorder(tape);
  recorder.record(recorder.a, 100);
  const auto digest = [&](int64_t until) {
    return must(tape_digests(tape.path, {Instant::ns(until)}))[0];
  };
  const uint64_t whole = digest(150);
  must(recorder.writer->gap(open_gap(recorder.a, 120, "refused")));
  const uint64_t before = digest(150);
  EXPECT_NE(before, whole);
  EXPECT_EQ(digest(110), digest(119));
  recorder.record(recorder.b, 200);
  EXPECT_NE(digest(150), before);
  must(recorder.writer->no_gap(recorder.a));
  EXPECT_EQ(digest(150), whole);
}

// A reader that knows nothing of it finds a gap that lasts for ever: the row is an ordinary one.
TEST(TapeGaps, ItsRowIsAGapWithoutAnEndInTime) {
  const TempTape tape("row.tape");
  GapWriter recorder(tape);
  must(recorder.writer->gap(open_gap(recorder.a, 101, "refused")));
  kill(std::move(recorder.writer), tape);
  Database db = must(Database::open(tape.path, Database::Mode::read));
  EXPECT_EQ(must(db.integer("SELECT to_ns FROM gaps")), Instant::max().ns());
  EXPECT_EQ(must(db.integer("SELECT count(*) FROM gaps")), 1);
}

TEST(TapeGaps, AFollowerIsToldOnceItHasEnded) {
  const TempTape tape("followed.tape");
  GapWriter recorder(tape);
  recorder.record(recorder.a, 100);
  must(recorder.writer->gap(open_gap(recorder.b, 90, "refused")));
  const auto reader = must(TapeReader::open(tape.path, {.follow = true}));
  const auto wait_for_more = [&] {
    for (int i = 0; i < 40; ++i) {
      (void)must(reader->next());
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  };
  must(recorder.writer->gap(open_gap(recorder.a, 101, "reset")));
  wait_for_more();
  EXPECT_TRUE(reader->gaps().empty());
  must(recorder.writer->gap({recorder.a, Instant::ns(101), Instant::ns(200), "reset"}));
  wait_for_more();
  ASSERT_EQ(reader->gaps().size(), 1U);
  EXPECT_EQ(reader->gaps()[0].to, Instant::ns(200));
  must(recorder.writer->gap({recorder.b, Instant::ns(90), Instant::ns(210), "refused"}));
  must(recorder.writer->close());
  for (int i = 0; i < 1'000 && !reader->complete(); ++i) wait_for_more();
  ASSERT_EQ(reader->gaps().size(), 2U);
  EXPECT_EQ(reader->gaps()[1].to, Instant::ns(210));
}

}  // namespace
}  // namespace delever::tape
