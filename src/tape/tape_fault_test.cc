// A recording on a disk that fails at its n-th operation, for every n. Afterwards the tape opens;
// what it serves was appended, in order, once; at most the last second is missing; what an earlier
// session committed is all there; verify finds it sound; and the error has reached the caller.
#include <gtest/gtest.h>

#include "tape/fault_vfs_testing.h"
#include "tape/inspect.h"
#include "tape/tape_testing.h"

namespace delever::tape {
namespace {

using namespace fixture;

constexpr int kEarlier = 40;  // messages of the session before, which ended well
constexpr int kMessages = 120;

struct Session {
  int appended = 0;    // without an error
  Duration failed_at;  // when the first error came
  std::optional<Error> error;
  bool closed = false;
};

Instant time_of(int number) { return Instant::ns(1'769'760'000'000'000'000 + number * 1'000'000); }
std::string text_of(int number) {
  Random random(5, {.step = static_cast<uint32_t>(number)});
  return std::to_string(number) + " " + random_bytes(random, random.below(900));
}
Duration offset_of(int number) { return Duration::ms(30 * (number - kEarlier)); }

// Messages of two streams, 30 ms apart on the clock, by a writer that is stepped after each.
Result<void> record(TapeWriter& writer, ManualClock& clock, int from, int to, Session& session) {
  const StreamNumber a = TRY(writer.stream(stream_info(1)));
  const StreamNumber b = TRY(writer.stream(stream_info(2)));
  for (int i = from; i < to; ++i) {
    TRY(writer.append(i % 3 == 0 ? b : a, time_of(i), text_of(i)));
    ++session.appended;
    if (i % 50 == 17) TRY(writer.gap({a, time_of(i), time_of(i), "no connection"}));
    clock.advance(Duration::ms(30));
    TRY(writer.step(clock.elapsed()));
  }
  return writer.close();
}

Session run(const std::string& path, const std::string& vfs) {
  Session session;
  ManualClock clock(Instant::ns(0));
  auto writer = TapeWriter::open_stepped(path, clock, {.block_bytes = 4000, .vfs = vfs});
  Result<void> done;
  if (writer.has_value()) {
    done = record(*writer.value(), clock, kEarlier, kEarlier + kMessages, session);
    if (!done.has_value()) {
      // It stays: whatever is asked next gives the same error, and closing does not hide it.
      EXPECT_FALSE(writer.value()->append(1, time_of(0), "x").has_value());
      (void)writer.value()->close();
    }
  } else {
    done = std::move(writer.error());
  }
  session.failed_at = clock.elapsed();
  session.closed = done.has_value();
  if (!done.has_value()) session.error = std::move(done.error());
  return session;
}

// What an earlier session left, made once.
void earlier_session(const TempTape& tape) {
  static const std::string content = [] {
    const TempTape made("earlier.tape");
    ManualClock clock(Instant::ns(0));
    Session session;
    FaultDisk disk(DiskFault::none, 0);
    auto writer =
        must(TapeWriter::open_stepped(made.path, clock, {.block_bytes = 4000, .vfs = disk.name()}));
    must(record(*writer, clock, 0, kEarlier, session));
    return made.bytes();
  }();
  tape.write(content);
}

void examine(const std::string& path, const Session& session) {
  auto opened = TapeReader::open(path);
  ASSERT_TRUE(opened.has_value()) << opened.error().text();
  const std::vector<Message> got = read_all(*opened.value());
  for (const TapeGap& gap : opened.value()->gaps()) EXPECT_FALSE(gap.damage) << gap.reason;
  const auto check = must(tape_verify(path));
  EXPECT_TRUE(check.sound()) << check.trouble.value_or("");
  if (check.info.closed) {
    EXPECT_TRUE(session.closed || session.appended == 0 || session.appended == kMessages);
  }
  std::vector<bool> seen(kEarlier + kMessages);
  int before = -1;
  for (const Message& m : got) {
    const auto number = static_cast<int>((m.received - time_of(0)).ns() / 1'000'000);
    ASSERT_TRUE(number >= 0 && number < kEarlier + kMessages);
    ASSERT_GT(number, before) << "twice, or out of order";
    before = number;
    ASSERT_EQ(m.bytes, text_of(number));
    seen[static_cast<size_t>(number)] = true;
  }
  for (int i = 0; i < kEarlier; ++i) ASSERT_TRUE(seen[static_cast<size_t>(i)]) << i;
  for (int i = kEarlier; i < kEarlier + session.appended; ++i) {
    if (seen[static_cast<size_t>(i)]) continue;
    ASSERT_FALSE(session.closed) << i;
    ASSERT_LE((session.failed_at - offset_of(i)).ns(), Duration::seconds(1).ns())
        << "message " << i << " of " << session.appended << " is lost";
  }
}

class TapeFault : public testing::TestWithParam<DiskFault> {};

TEST_P(TapeFault, AtEveryOperation) {
  uint64_t operations = 0;
  {
    const TempTape tape("count.tape");
    earlier_session(tape);
    FaultDisk disk(DiskFault::none, 0);
    const Session session = run(tape.path, disk.name());
    ASSERT_TRUE(session.closed) << session.error->text();
    operations = disk.operations();
    examine(tape.path, session);
  }
  EXPECT_GT(operations, 100U);
  size_t errors = 0;
  for (uint64_t n = 1; n <= operations && !HasFailure(); ++n) {
    SCOPED_TRACE("operation " + std::to_string(n) + " of " + std::to_string(operations));
    const TempTape tape("fault.tape");
    earlier_session(tape);
    FaultDisk disk(GetParam(), n, n);
    const Session session = run(tape.path, disk.name());
    if (session.error) {
      ++errors;
      EXPECT_EQ(session.error->fault, Fault::unavailable) << session.error->text();
      EXPECT_EQ(session.error->text().rfind(tape.path, 0), 0U) << session.error->text();
      EXPECT_NE(session.error->text().find("disk"), std::string::npos) << session.error->text();
    }
    examine(tape.path, session);
    // And it goes on.
    ManualClock clock(Instant::ns(0));
    const size_t before = read_all(tape.path).size();
    FaultDisk sound(DiskFault::none, 0);  // for its speed: it asks the machine for no fsync
    auto writer = must(TapeWriter::open_stepped(tape.path, clock, {.vfs = sound.name()}));
    must(writer->append(must(writer->stream(stream_info(1))), Instant::max(), "after"));
    must(writer->close());
    EXPECT_EQ(read_all(tape.path).size(), before + 1);
  }
  RecordProperty("operations", static_cast<int>(operations));
  // Some faults are harmless to what is asked: a journal's header that is zeroed, a file deleted.
  EXPECT_GT(errors, operations / 2);
}

std::string fault_name(const testing::TestParamInfo<DiskFault>& info) {
  const char* const names[] = {"None",      "WriteError", "ShortWrite",  "DiskFull",
                               "SyncError", "PowerCut",   "TornPowerCut"};
  return names[static_cast<size_t>(info.param)];
}
INSTANTIATE_TEST_SUITE_P(Disk, TapeFault,
                         testing::Values(DiskFault::write_error, DiskFault::short_write,
                                         DiskFault::disk_full, DiskFault::sync_error,
                                         DiskFault::power_cut, DiskFault::torn_power_cut),
                         fault_name);

}  // namespace
}  // namespace delever::tape
