// A recording that is killed: children record and report each message through a pipe, and are
// killed at random moments. Whatever was appended more than a second before must be on the tape, in
// order, and nothing else. Each tape is recorded on by the next child after the crash, so it is
// killed several times.
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "tape/tape.h"
#include "tape/tape_testing.h"

namespace delever::tape {
namespace {

using namespace fixture;

constexpr uint64_t kStreams = 3;

struct Report {
  uint64_t number = 0;
  int64_t before_ns = 0;  // on the monotonic clock, before it was appended
};

struct Known {
  StreamNumber stream;
  Instant received;
  std::string bytes;
};

// Message `number` of a recording, the same for parent and child.
Known known(uint64_t seed, uint64_t number) {
  Random random(seed, {.step = static_cast<uint32_t>(number)});
  const auto stream = static_cast<StreamNumber>(1 + random.below(kStreams));
  const size_t size = random.below(random.chance(0.01) ? 50'000 : 400);
  const auto received = Instant::ns(static_cast<int64_t>(number) * 1000);
  return {stream, received, std::to_string(number) + " " + random_bytes(random, size)};
}

[[noreturn]] void record(const std::string& path, uint64_t seed, uint64_t from, int pipe) {
  SystemClock clock;
  auto writer = TapeWriter::open(path, clock, {.block_bytes = 40'000});
  if (!writer.has_value()) _exit(10);
  for (uint64_t n = 1; n <= kStreams; ++n) {
    if (!writer.value()->stream(stream_info(n)).has_value()) _exit(11);
  }
  Random pace(seed + from, {.stream = 1});
  for (uint64_t number = from;; ++number) {
    const Known message = known(seed, number);
    const Report report{number, clock.elapsed().ns()};
    if (!writer.value()->append(message.stream, message.received, message.bytes).has_value())
      _exit(12);
    if (write(pipe, &report, sizeof report) != sizeof report) _exit(13);
    if (pace.chance(0.03))
      usleep(static_cast<useconds_t>(pace.below(pace.chance(0.02) ? 400'000 : 4000)));
  }
}

struct Recording {
  TempTape tape;
  uint64_t seed;
  std::vector<Report> reports;
  uint64_t start = 0;  // number of the first message of this session
  pid_t child = -1;
  int pipe = -1;
  int64_t kill_at_ns = 0, killed_ns = 0;
  Recording(const std::string& name, uint64_t seed_) : tape(name), seed(seed_) {}
};

void start(Recording& r, int64_t kill_at_ns) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  r.reports.clear();
  r.child = fork();
  ASSERT_GE(r.child, 0);
  if (r.child == 0) {
    close(ends[0]);
    record(r.tape.path, r.seed, r.start, ends[1]);
  }
  close(ends[1]);
  r.pipe = ends[0];
  r.kill_at_ns = kill_at_ns;
}

// Takes what the child reports; false at the end of the pipe.
bool listen(Recording& r) {
  Report reports[512];
  const ssize_t got = read(r.pipe, reports, sizeof reports);
  if (got <= 0) return false;
  r.reports.insert(r.reports.end(), reports, reports + static_cast<size_t>(got) / sizeof(Report));
  return true;
}

void run_until_killed(std::vector<std::unique_ptr<Recording>>& all) {
  SystemClock clock;
  size_t alive = all.size();
  while (alive > 0) {
    for (auto& r : all) {
      if (r->child < 0) continue;
      pollfd waiting{r->pipe, POLLIN, 0};
      if (poll(&waiting, 1, 2) > 0 && !listen(*r)) FAIL() << "the child ended by itself";
      if (clock.elapsed().ns() < r->kill_at_ns) continue;
      r->killed_ns = clock.elapsed().ns();
      kill(r->child, SIGKILL);
      int status = 0;
      ASSERT_EQ(waitpid(r->child, &status, 0), r->child);
      ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself with " << WEXITSTATUS(status);
      while (listen(*r)) {}
      close(r->pipe);
      r->child = -1;
      --alive;
    }
  }
}

// The messages of the tape, and the number that the next session begins with: beyond what may ever
// have been appended.
void examine(Recording& r, std::vector<uint64_t>& on_tape, size_t& promised) {
  const auto reader = TapeReader::open(r.tape.path);
  std::vector<Message> got;
  if (reader.has_value()) {
    got = read_all(*reader.value());
    EXPECT_TRUE(reader.value()->gaps().empty());
  } else {
    EXPECT_TRUE(r.reports.empty() && on_tape.empty())
        << reader.error().text();  // killed before the tape was made
  }
  const uint64_t reported = r.reports.empty() ? r.start : r.reports.back().number + 1;
  std::vector<uint64_t> numbers;
  std::vector<bool> seen(reported + 1 - r.start);
  for (const Message& m : got) {
    const auto number = static_cast<uint64_t>(m.received.ns() / 1000);
    ASSERT_LE(number, reported)
        << "invented";  // the last one may have been appended but not reported
    const Known want = known(r.seed, number);
    ASSERT_EQ(m.stream, want.stream);
    ASSERT_EQ(m.bytes, want.bytes);
    ASSERT_TRUE(numbers.empty() || numbers.back() < number) << "out of order or twice";
    numbers.push_back(number);
    if (number >= r.start) seen[number - r.start] = true;
  }
  ASSERT_GE(numbers.size(), on_tape.size());
  ASSERT_TRUE(std::equal(on_tape.begin(), on_tape.end(), numbers.begin()))
      << "an earlier session lost something";
  std::vector<bool> ended(kStreams + 1);
  for (uint64_t number = r.start; number < reported; ++number) {
    const StreamNumber stream = known(r.seed, number).stream;
    const int64_t age_ns = r.killed_ns - r.reports[number - r.start].before_ns;
    if (seen[number - r.start]) {
      ASSERT_FALSE(ended[stream]) << "a hole before message " << number;
    } else {
      ended[stream] = true;
      ASSERT_LE(age_ns, 1'000'000'000) << "message " << number << " is lost";
    }
    if (age_ns > 1'000'000'000) ++promised;
  }
  on_tape = numbers;
  r.start = reported + 1;
}

TEST(TapeCrash, LosesAtMostTheLastSecond) {
  constexpr size_t kTogether = 5, kSessions = 3;
  const char* text = std::getenv("DELEVER_CRASH_RUNS");
  const auto runs = static_cast<size_t>(text == nullptr ? 30 : read_int(text).value_or(30));
  Random random(77, {});
  SystemClock clock;
  size_t kills = 0, promised = 0;
  for (size_t round = 0; kills < runs; ++round) {
    std::vector<std::unique_ptr<Recording>> all;
    for (size_t i = 0; i < kTogether; ++i) {
      all.push_back(std::make_unique<Recording>("crash" + std::to_string(i), 1000 * round + i));
    }
    std::vector<std::vector<uint64_t>> on_tape(kTogether);
    for (size_t session = 0; session < kSessions && kills < runs; ++session) {
      const int64_t now = clock.elapsed().ns();
      for (auto& r : all) start(*r, now + static_cast<int64_t>(random.below(2'200'000'000)));
      run_until_killed(all);
      if (HasFatalFailure()) return;
      kills += kTogether;
      for (size_t i = 0; i < kTogether; ++i) {
        examine(*all[i], on_tape[i], promised);
        if (HasFailure()) return;
      }
    }
    // And it goes on after the last crash.
    for (size_t i = 0; i < kTogether; ++i) {
      auto writer = must(TapeWriter::open(all[i]->tape.path, clock));
      must(writer->append(must(writer->stream(stream_info(1))), Instant::max(), "after"));
      must(writer->close());
      EXPECT_EQ(read_all(all[i]->tape.path).size(), on_tape[i].size() + 1);
    }
  }
  RecordProperty("kills", static_cast<int>(kills));
  RecordProperty("messages_that_had_to_survive", static_cast<int>(promised));
  EXPECT_GT(promised, runs * 100) << "the test asked too little";
}

}  // namespace
}  // namespace delever::tape
