// What stands at a tape's name while it is made, and beside it: whoever stops a writer on the way
// leaves what was there, or a tape.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "tape/fault_vfs_testing.h"
#include "tape/inspect.h"
#include "tape/memory_vfs_testing.h"
#include "tape/tape_testing.h"

namespace delever::tape {
namespace {

namespace fs = std::filesystem;
using namespace fixture;

// A tape with one message of that text.
void write_one(const std::string& path, const std::string& text, TapeWriter::Options options = {}) {
  ManualClock clock(Instant::ns(0));
  auto writer = must(TapeWriter::open_stepped(path, clock, options));
  must(writer->append(must(writer->stream(stream_info(1))), Instant::ns(1), text));
  must(writer->close());
}

// What a writer leaves that was killed: its -wal holds messages that the file does not.
void leave_killed(const TempTape& tape) {
  const TempTape live("killed.tape");
  ManualClock clock(Instant::ns(0));
  auto writer = must(TapeWriter::open_stepped(live.path, clock, {}));
  const StreamNumber stream = must(writer->stream(stream_info(1)));
  for (int i = 0; i < 500; ++i) must(writer->append(stream, Instant::ns(i), std::string(900, 'k')));
  must(writer->flush());
  for (const char* end : {"", "-wal"}) {
    fs::copy_file(live.path + end, tape.path + end, fs::copy_options::overwrite_existing);
    ASSERT_GT(fs::file_size(tape.path + end), 0U);
  }
}

TEST(TapePlace, ADiskThatFailsWhileATapeIsMadeLeavesNoneOrATape) {
  size_t none = 0, made = 0;
  for (const DiskFault fault :
       {DiskFault::write_error, DiskFault::short_write, DiskFault::disk_full}) {
    for (uint64_t n = 1; n <= 40; ++n) {
      const TempTape tape("making.tape");
      ManualClock clock(Instant::ns(0));
      FaultDisk disk(fault, n, n);
      const auto writer = TapeWriter::open_stepped(tape.path, clock, {.vfs = disk.name()});
      if (writer.has_value()) continue;
      EXPECT_EQ(writer.error().text().rfind(tape.path + ":", 0), 0U) << writer.error().text();
      const bool there = fs::exists(tape.path);
      there ? ++made : ++none;
      if (there) { EXPECT_TRUE(must(tape_verify(tape.path)).sound()) << n; }
      for (const auto& entry : fs::directory_iterator(temp_place()))
        EXPECT_FALSE(entry.path().string().starts_with(tape.path + ".part")) << entry.path();
    }
  }
  EXPECT_GT(none, 0U);
  EXPECT_GT(made, 0U) << "no fault struck after it had its name";
}

// SQLite would play the -wal onto whatever file has the name.
TEST(TapePlace, WhatAKilledWriterLeftIsNotPlayedOntoAnotherTape) {
  for (const bool whole : {true, false}) {
    for (const bool removed : {true, false}) {
      SCOPED_TRACE(std::string(whole ? "whole" : "growing") + (removed ? ", removed" : ""));
      const TempTape tape("another.tape");
      leave_killed(tape);
      if (removed) fs::remove(tape.path);
      write_one(tape.path, "new", {.whole = whole, .replace = true});
      EXPECT_TRUE(must(tape_verify(tape.path)).sound());
      const auto got = read_all(tape.path);
      ASSERT_EQ(got.size(), 1U);
      EXPECT_EQ(got[0].bytes, "new");
    }
  }
}

TEST(TapePlace, WhatIsAddedToAKilledTapeFollowsWhatTheKilledWriterWrote) {
  const TempTape tape("added.tape");
  leave_killed(tape);
  write_one(tape.path, "new");
  EXPECT_EQ(read_all(tape.path).size(), 501U);
}

TEST(TapePlace, AnEmptyFileBecomesATapeWithItsMode) {
  const TempTape tape("mode.tape"), link("link.tape");
  tape.write("");
  ASSERT_EQ(chmod(tape.path.c_str(), 0600), 0);
  fs::create_symlink(tape.path, link.path);
  write_one(link.path, "one");
  EXPECT_TRUE(fs::is_symlink(link.path));
  struct stat info {};
  ASSERT_EQ(stat(tape.path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0600U);
  EXPECT_EQ(read_all(tape.path).size(), 1U);
}

TEST(TapePlace, WhatIsNoFileIsNeverReplaced) {
  ManualClock clock(Instant::ns(0));
  for (const bool whole : {true, false}) {
    const TempTape fifo("fifo.tape");
    ASSERT_EQ(mkfifo(fifo.path.c_str(), 0600), 0);
    const auto writer =
        TapeWriter::open_stepped(fifo.path, clock, {.whole = whole, .replace = true});
    ASSERT_FALSE(writer.has_value());
    EXPECT_NE(writer.error().text().find("not a regular file"), std::string::npos);
    EXPECT_TRUE(fs::is_fifo(fifo.path));
  }
}

// A lock of the file that stood there before would let a second writer in by a hard link.
TEST(TapePlace, TheLockIsOfTheTapeThatWasMade) {
  const TempTape tape("locked.tape"), other("hard.tape");
  write_one(tape.path, "old");
  ManualClock clock(Instant::ns(0));
  const auto writer = must(TapeWriter::open_stepped(tape.path, clock, {.replace = true}));
  fs::create_hard_link(tape.path, other.path);
  const auto second = TapeWriter::open_stepped(other.path, clock, {});
  ASSERT_FALSE(second.has_value());
  EXPECT_NE(second.error().text().find("another process is writing"), std::string::npos);
}

// The disk of the simulated outside leaves what the machine's own would have left.
TEST(TapePlace, ADiskInMemoryWritesTheSameFile) {
  const auto file = [](const std::string& vfs) {
    const TempTape tape("memory.tape");
    ManualClock clock(Instant::ns(0));
    for (int session = 0; session < 2; ++session) {  // the second adds to what it finds
      auto writer =
          must(TapeWriter::open_stepped(tape.path, clock, {.block_bytes = 3000, .vfs = vfs}));
      const StreamNumber stream = must(writer->stream(stream_info(1)));
      for (int i = 0; i < 200; ++i) {
        must(writer->append(stream, Instant::ns(session * 1000 + i),
                            std::string(700, static_cast<char>('a' + i % 7))));
        clock.advance(Duration::ms(40));
        must(writer->step(clock.elapsed()));
      }
      must(writer->close());
    }
    EXPECT_EQ(read_all(tape.path).size(), 400U);
    return tape.bytes();
  };
  MemoryDisk memory;
  EXPECT_TRUE(file(memory.name()) == file(""));
}

}  // namespace
}  // namespace delever::tape
