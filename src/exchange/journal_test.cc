#include "exchange/journal.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "exchange/codec.h"
#include "exchange/timed_exchange_testing.h"

namespace delever::exchange {
namespace {

using namespace fixture;

class Journal : public testing::Test {
 protected:
  Journal() : path(testing::TempDir() + "delever_journal_test_" + std::to_string(::getpid())) {
    std::filesystem::remove(path);
  }
  ~Journal() override { std::filesystem::remove(path); }
  void write(const std::vector<Command>& commands) {
    auto writer = JournalWriter::open(path);
    ASSERT_TRUE(writer.has_value()) << writer.error().text();
    for (const Command& c : commands) ASSERT_TRUE(writer.value().append(c).has_value());
    ASSERT_TRUE(writer.value().flush().has_value());
  }
  std::string bytes() const {
    std::ostringstream out;
    out << std::ifstream(path, std::ios::binary).rdbuf();
    return out.str();
  }
  void set_bytes(std::string_view b) const {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << b;
  }
  struct Read {
    std::vector<std::string> commands;
    JournalEnd end;
  };
  Read read() const {
    Read r;
    auto end = read_journal(path, [&r](uint64_t n, const Command& c) {
      EXPECT_EQ(n, r.commands.size());
      r.commands.push_back(encode(c));
      return true;
    });
    EXPECT_TRUE(end.has_value());
    if (end.has_value()) r.end = end.value();
    return r;
  }
  const std::string path;
};

std::vector<Command> some_commands() {
  Venue v(still_venue());
  const AccountId a = v.open(10'000), b = v.open(10'000);
  v.buys(a, b, 84'000, 0.1);
  v.stands(Venue::limit(a, Side::sell, 90'000, 0.1));
  v.mark(kPerp, 84'100);
  return v.log;
}

TEST_F(Journal, GivesBackWhatWasWritten) {
  const std::vector<Command> log = some_commands();
  write({log.begin(), log.begin() + 3});
  write({log.begin() + 3, log.end()});  // opened again, it goes on
  const Read r = read();
  ASSERT_EQ(r.commands.size(), log.size());
  for (size_t n = 0; n < log.size(); ++n) EXPECT_EQ(r.commands[n], encode(log[n])) << n;
  EXPECT_EQ(r.end.commands, log.size());
  EXPECT_EQ(r.end.bytes, bytes().size());
  EXPECT_FALSE(r.end.cut);
  EXPECT_EQ(JournalWriter::open(path).value().commands(), log.size());
}

TEST_F(Journal, CutTailIsReportedAndWrittenOver) {
  const std::vector<Command> log = some_commands();
  write({log.begin(), log.end() - 1});
  const size_t before = bytes().size();
  write({log.back()});
  const std::string whole = bytes();
  for (size_t n = before + 1; n < whole.size(); ++n) {
    set_bytes(std::string_view(whole).substr(0, n));
    const Read r = read();
    EXPECT_TRUE(r.end.cut) << n;
    EXPECT_EQ(r.end.commands, log.size() - 1);
    EXPECT_EQ(r.end.bytes, before);
    write({log.back()});
    EXPECT_EQ(bytes(), whole) << n;
  }
  for (size_t n = 0; n < 18; ++n) {  // not even the first line: an empty journal
    set_bytes(std::string_view(whole).substr(0, n));
    EXPECT_TRUE(read().end.cut);
    write(log);
    EXPECT_EQ(bytes(), whole);
  }
}

// Wherever a byte is flipped, lengths among them, the error names where its record begins, and
// nothing is thrown away.
TEST_F(Journal, AFlippedByteIsNamed) {
  const std::vector<Command> log = some_commands();
  write(log);
  const std::string whole = bytes();
  std::vector<size_t> begins;
  for (size_t n = 18; n < whole.size(); n += 16 + encode(log[begins.size() - 1]).size())
    begins.push_back(n);
  ASSERT_EQ(begins.size(), log.size());
  for (size_t n = 0; n < whole.size(); ++n) {
    std::string damaged = whole;
    damaged[n] = static_cast<char>(damaged[n] ^ (1 << n % 8));
    set_bytes(damaged);
    const auto end = read_journal(path, [](uint64_t, const Command&) { return true; });
    ASSERT_FALSE(end.has_value()) << n;
    if (n < 18) {
      EXPECT_NE(end.error().what.find("not a journal"), std::string::npos);
    } else {
      const size_t begin = *std::prev(std::upper_bound(begins.begin(), begins.end(), n));
      EXPECT_TRUE(end.error().what.ends_with("at byte " + std::to_string(begin)))
          << end.error().what << " for " << n;
    }
    EXPECT_FALSE(JournalWriter::open(path).has_value());
    EXPECT_EQ(bytes(), damaged);
  }
}

TEST_F(Journal, RecordsThatChangedPlacesAreNamed) {
  const Command tick{at(1), TickClock{}}, mark{at(1), PublishMark{kPerp, price(84'000)}};
  write({tick, mark});
  const std::string whole = bytes();
  const size_t second = 18 + 16 + encode(tick).size();
  set_bytes(whole.substr(0, 18) + whole.substr(second) + whole.substr(18, second - 18));
  const auto end = read_journal(path, [](uint64_t, const Command&) { return true; });
  ASSERT_FALSE(end.has_value());
  EXPECT_TRUE(end.error().what.ends_with("at byte 18")) << end.error().what;
}

TEST_F(Journal, WhatCannotBeOpenedIsAnError) {
  EXPECT_FALSE(read_journal(path, [](uint64_t, const Command&) { return true; }).has_value());
  EXPECT_FALSE(JournalWriter::open(path + "/no/such/folder").has_value());
}

TEST_F(Journal, SnapshotAndTailAreTheWholeLog) {
  const ExchangeSetup setup = still_venue();
  const std::vector<Command> log = lively(setup, 11, 600);
  write(log);
  Teller teller;
  const auto exchange = std::move(Exchange::open(setup)).value();
  std::vector<JournalStart> starts;
  for (size_t n = 0; n < log.size(); ++n) {
    if (n % 150 == 0) starts.push_back({exchange->snapshot(), n});
    ASSERT_EQ(exchange->apply(log[n], teller), Reject::none);
  }
  const auto whole = replay_journal(setup, path);
  ASSERT_TRUE(whole.has_value()) << whole.error().text();
  EXPECT_EQ(whole.value()->hash(), exchange->hash());
  for (const JournalStart& start : starts) {
    const auto tail = replay_journal(setup, path, start);
    ASSERT_TRUE(tail.has_value()) << tail.error().text();
    EXPECT_EQ(tail.value()->hash(), exchange->hash()) << start.from;
  }
  const auto part = replay_journal(setup, path, {}, starts[2].from);
  ASSERT_TRUE(part.has_value());
  EXPECT_EQ(part.value()->snapshot(), starts[2].snapshot);
}

TEST_F(Journal, ReplayRefusesWhatDoesNotBelong) {
  const ExchangeSetup setup = still_venue();
  write(some_commands());
  const auto exchange = std::move(Exchange::open(setup)).value();
  EXPECT_EQ(replay_journal(setup, path, JournalStart{exchange->snapshot(), 1'000}).error().what,
            "the journal ends before the snapshot was taken");
  ExchangeSetup other = setup;
  other.unwind = Rate::raw(1);
  EXPECT_EQ(replay_journal(other, path, JournalStart{exchange->snapshot(), 0}).error().what,
            "a snapshot: it belongs to another setup");
  const uint64_t n = JournalWriter::open(path).value().commands();
  write({{at(0), TickClock{}}});
  EXPECT_EQ(replay_journal(setup, path).error().what,
            "command " + std::to_string(n) + " is refused: time_goes_back");
}

}  // namespace
}  // namespace delever::exchange
