// A damaged tape: whatever byte is changed, wherever the file ends, the reader serves true messages
// only, in order, and each message that it does not serve lies in a gap of its stream.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "base/text.h"
#include "tape/tape.h"
#include "tape/tape_testing.h"

namespace delever::tape {
namespace {

using namespace fixture;

struct Outcome {
  bool opened = false;
  size_t served = 0, lost = 0;
  std::string damage;  // the gaps that were not recorded, for a failing test to say
};

class TapeDamage : public testing::Test {
 protected:
  // Blocks of many sizes, out of order in places, with recorded gaps; every message is unlike all
  // others.
  static void SetUpTestSuite() {
    const TempTape tape("sound.tape");
    ManualClock clock(Instant::ns(0));
    Random random(11, {});
    messages = new std::vector<Message>();
    auto writer = must(TapeWriter::open(tape.path, clock, {.block_bytes = 6000}));
    int64_t time = 1'769'760'000'000'000'000;
    for (int i = 0; i < 4000; ++i) {
      const StreamNumber stream = must(writer->stream(stream_info(1 + random.below(4))));
      time += static_cast<int64_t>(random.below(1'000'000));
      const int64_t late =
          random.chance(0.01) ? static_cast<int64_t>(random.below(100'000'000)) : 0;
      const size_t size = random.below(random.chance(0.01) ? 9000 : 200);
      // One stream of a table, whose blocks are packed by column.
      const std::string text = stream == 4
                                   ? fmt::format("{},{}.{:02},BTCUSDT,{:032}", i, i % 7, i % 89, i)
                                   : std::to_string(i) + " " + random_bytes(random, size);
      messages->push_back({stream, Instant::ns(time - (stream == 4 ? 0 : late)), text});
      must(writer->append(stream, messages->back().received, messages->back().bytes));
      clock.advance(Duration::us(static_cast<int64_t>(random.below(2000))));
      if (i % 500 == 0)
        must(writer->gap({stream, Instant::ns(time), Instant::ns(time + 1), "no connection"}));
    }
    must(writer->close());
    sound = new std::string(tape.bytes());
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(tape.path.c_str(), &db), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(db, "DELETE FROM totals", nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(db);
    unclosed = new std::string(tape.bytes());
    put_in_order(*messages);
  }
  static void TearDownTestSuite() {
    delete messages;
    delete sound;
    delete unclosed;
  }

  // Reads a damaged copy and holds it to the promise.
  static Outcome examine(const std::string& content) {
    static const TempTape tape("damaged.tape");
    tape.write(content);
    Outcome outcome;
    auto opened = TapeReader::open(tape.path);
    if (!opened.has_value()) {
      EXPECT_EQ(opened.error().text().rfind(tape.path, 0), 0U) << opened.error().text();
      return outcome;
    }
    outcome.opened = true;
    TapeReader& reader = *opened.value();
    std::vector<bool> seen(messages->size());
    size_t at = 0;
    while (true) {
      const auto next = reader.next();
      if (!next.has_value()) {
        ADD_FAILURE() << next.error().text();
        break;
      }
      if (!next.value()) break;
      const Message got{next.value()->stream, next.value()->received,
                        std::string(next.value()->bytes)};
      while (at < messages->size() && !((*messages)[at] == got)) ++at;
      if (at == messages->size()) {
        ADD_FAILURE() << "served out of order, twice, or never recorded: "
                      << got.bytes.substr(0, 40);
        break;
      }
      seen[at++] = true;
      ++outcome.served;
    }
    for (const TapeGap& gap : reader.gaps()) {
      EXPECT_TRUE(gap.stream >= 1 && gap.stream <= reader.streams().size()) << gap.reason;
      if (gap.reason == "no connection") continue;
      outcome.damage += "\nstream " + std::to_string(gap.stream) + " from " +
                        std::to_string(gap.from.ns()) + " to " + std::to_string(gap.to.ns()) +
                        ": " + gap.reason;
    }
    for (size_t i = 0; i < messages->size(); ++i) {
      if (seen[i]) continue;
      ++outcome.lost;
      const Message& m = (*messages)[i];
      const bool told =
          std::any_of(reader.gaps().begin(), reader.gaps().end(), [&](const TapeGap& gap) {
            const bool covers =
                gap.stream == m.stream && gap.from <= m.received && m.received <= gap.to;
            return covers && gap.reason != "no connection";
          });
      if (m.stream > reader.streams().size())
        continue;  // a tape cut before its last streams were described
      EXPECT_TRUE(told) << "message " << i << " of stream " << m.stream << " at " << m.received.ns()
                        << " is lost and no gap says so" << outcome.damage;
      if (!told) break;
    }
    return outcome;
  }

  static std::vector<Message>* messages;
  static std::string* sound;
  static std::string* unclosed;  // the same, as a writer leaves it that was killed: without totals
};

std::vector<Message>* TapeDamage::messages = nullptr;
std::string* TapeDamage::sound = nullptr;
std::string* TapeDamage::unclosed = nullptr;

// DELEVER_DAMAGE_SEED gives other trials than those of every day.
uint64_t seed_of(uint64_t test) {
  const char* text = std::getenv("DELEVER_DAMAGE_SEED");
  return test + 1000 * static_cast<uint64_t>(text == nullptr ? 0 : read_int(text).value_or(0));
}

TEST_F(TapeDamage, ASoundTapeLosesNothing) {
  const Outcome outcome = examine(*sound);
  EXPECT_TRUE(outcome.opened);
  EXPECT_EQ(outcome.served, messages->size());
}

// One byte costs the block that it lies in, and nothing where it lies in the tables around the
// blocks.
TEST_F(TapeDamage, OneChangedByteCostsAtMostOneBlock) {
  Random random(seed_of(21), {});
  for (int trial = 0; trial < 400 && !HasFailure(); ++trial) {
    std::string content = random.chance(0.5) ? *sound : *unclosed;
    // The small tables and the trees' roots lie at the front: half of the trials go there.
    const size_t at = random.below(random.chance(0.5) ? 40 * 4096 : content.size());
    content[at] = static_cast<char>(content[at] ^ static_cast<char>(1 + random.below(255)));
    SCOPED_TRACE("byte " + std::to_string(at) + " of trial " + std::to_string(trial));
    const Outcome outcome = examine(content);
    EXPECT_TRUE(outcome.opened);
    EXPECT_LE(outcome.lost, 120U) << outcome.damage;
  }
}

TEST_F(TapeDamage, ManyChangedBytes) {
  Random random(seed_of(22), {});
  size_t served = 0, trials = 0;
  for (int trial = 0; trial < 200 && !HasFailure(); ++trial) {
    std::string content = random.chance(0.5) ? *sound : *unclosed;
    const size_t changes = 2 + random.below(20);
    for (size_t i = 0; i < changes; ++i) {
      const size_t at = random.below(content.size());
      content[at] = static_cast<char>(content[at] ^ static_cast<char>(1 + random.below(255)));
    }
    SCOPED_TRACE("trial " + std::to_string(trial));
    served += examine(content).served;
    ++trials;
  }
  EXPECT_GT(served, trials * messages->size() * 6 / 10);
}

TEST_F(TapeDamage, PagesOfNoiseOrNothing) {
  Random random(seed_of(23), {});
  for (int trial = 0; trial < 200 && !HasFailure(); ++trial) {
    std::string content = random.chance(0.5) ? *sound : *unclosed;
    const size_t page = 1 + random.below(content.size() / 4096 - 1);
    const bool noise = random.chance(0.5);
    for (size_t i = 0; i < 4096; ++i)
      content[page * 4096 + i] = static_cast<char>(noise ? random.below(256) : 0);
    SCOPED_TRACE("page " + std::to_string(page + 1) + " of trial " + std::to_string(trial));
    const Outcome outcome = examine(content);
    EXPECT_TRUE(outcome.opened);
  }
}

TEST_F(TapeDamage, FileCutShort) {
  Random random(seed_of(24), {});
  for (int trial = 0; trial < 150 && !HasFailure(); ++trial) {
    const size_t size = random.below(sound->size());
    SCOPED_TRACE("cut to " + std::to_string(size) + " bytes in trial " + std::to_string(trial));
    const Outcome outcome = examine((random.chance(0.5) ? *sound : *unclosed).substr(0, size));
    EXPECT_TRUE(outcome.opened || size < 40 * 4096);
  }
}

}  // namespace
}  // namespace delever::tape
