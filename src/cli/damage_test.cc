// Damaged tapes through every verb that reads one: bytes flipped, cut, zeroed and put in at random
// places, and rows with right checksums and absurd numbers, in a tape of a few hours and in one of
// every venue's messages. Each verb ends with 0, 3 or 4; a signal or a CHECK would end this
// program. DELEVER_DAMAGE_TAPES says how many tapes (40), DELEVER_DAMAGE_SEED which.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <map>

#include "base/file.h"
#include "base/partial_file.h"
#include "base/random.h"
#include "base/source_root.h"
#include "base/text.h"
#include "cli/cli.h"
#include "tape/mutate_testing.h"

namespace delever::cli {
namespace {

constexpr int64_t kStartMs = 1'769'700'000'000;  // ms

std::string mark(int64_t ms, int i) {
  return fmt::format(
      R"({{"e":"markPriceUpdate","E":{},"s":"BTCUSDT","p":"{}.5","i":"{}.1","P":"1","r":")"
      R"(0.0001","T":{}}})",
      ms, 84000 + i, 84000 + i, ms + 3'600'000);
}
std::string forced(int64_t ms, int i) {
  return fmt::format(
      R"({{"e":"forceOrder","E":{0},"o":{{"s":"BTCUSDT","S":"{1}","o":"LIMIT","f":"IOC",")"
      R"(q":"0.5","p":"{2}","ap":"{2}","X":"FILLED","l":"0.5","z":"0.5","T":{0}}}}})",
      ms, i % 2 == 0 ? "SELL" : "BUY", 84000 + i);
}
std::string trade(int64_t ms, int i) {
  return fmt::format(
      R"({{"e":"aggTrade","E":{0},"s":"BTCUSDT","a":{1},"p":"{2}","q":"0.25","f":{1},"l":)"
      R"({1},"T":{0},"m":{3}}})",
      ms, i, 84000 + i % 50, i % 3 == 0);
}
std::string book(int64_t ms, int i) {
  return fmt::format(
      R"({{"arg":{{"channel":"books","instId":"BTC-USDT-SWAP"}},"action":"{}","data":[{{")"
      R"(asks":[["84010.{}","4","0","1"]],"bids":[["84001.{}","7","0","2"]],"ts":"{}","ch)"
      R"(ecksum":0,"prevSeqId":{},"seqId":{}}}]}})",
      i == 0 ? "snapshot" : "update", i % 10, i % 10, ms, i == 0 ? -1 : 100 + i - 1, 100 + i);
}

std::string make_tape(const std::string& path) {
  ManualClock clock(Instant::ns(0));
  auto writer =
      std::move(tape::TapeWriter::open_stepped(path, clock, {.block_bytes = 1500})).value();
  const auto binance =
      writer->stream({"binance:all", "binance", "forceOrder", "binance-usdm", {}}).value();
  const auto okx = writer->stream({"okx:books", "okx", "books", "okx", {}}).value();
  CHECK(writer->gap({okx, Instant::ns(1), Instant::ns(2), "starting"}).has_value());
  for (int i = 0; i < 150; ++i) {
    const int64_t ms = kStartMs + int64_t{i} * 300'000;
    const Instant at = Instant::ns(ms * 1'000'000 + 7'000'000);
    CHECK(writer->append(binance, at, mark(ms, i)).has_value());
    CHECK(writer->append(binance, at + Duration::ns(1), trade(ms, i)).has_value());
    if (i % 4 == 0) CHECK(writer->append(binance, at, forced(ms, i)).has_value());
    if (i != 77) CHECK(writer->append(okx, at, book(ms, i)).has_value());
    CHECK(writer->step(clock.elapsed()).has_value());
  }
  CHECK(writer->close().has_value());
  return std::move(read_file(path)).value();
}

// The committed sessions of all venues, in blocks of their own streams.
std::string make_tape_of_venues(const std::string& path) {
  ManualClock clock(Instant::ns(0));
  auto writer =
      std::move(tape::TapeWriter::open_stepped(path, clock, {.block_bytes = 900})).value();
  tape::StreamInfo info;
  Instant received = Instant::parse("2026-01-29T23:00:00Z").value();
  size_t streams = 0;
  for (const char* venue :
       {"binance-usdm", "binance-other", "bybit", "okx", "deribit", "hyperliquid"}) {
    const std::string text =
        read_file(fmt::format("{}/fixtures/wire/{}.session", source_root(), venue)).value();
    for (const std::string_view line : split(text, '\n')) {
      if (line.empty() || line.starts_with('#')) continue;
      if (line.starts_with('@')) {  // "@ bybit category=spot" begins a stream
        const auto words = split(line.substr(2), ' ');
        const std::string decoder(words[0]);
        info = {fmt::format("{}:{}", decoder, ++streams),
                decoder.substr(0, decoder.find('-')),
                "",
                decoder,
                {}};
        for (size_t i = 1; i < words.size(); ++i) {
          const size_t equals = words[i].find('=');
          info.settings.emplace(words[i].substr(0, equals), words[i].substr(equals + 1));
        }
        continue;
      }
      received = received + Duration::seconds(30);
      CHECK(writer->append(writer->stream(info).value(), received, line).has_value());
      CHECK(writer->step(clock.elapsed()).has_value());
    }
  }
  CHECK(writer->close().has_value());
  return std::move(read_file(path)).value();
}

int exit_code_of(std::vector<std::string> arguments) {
  static std::FILE* const nowhere = std::fopen("/dev/null", "w");
  arguments.insert(arguments.begin(), "delever");
  std::vector<const char*> argv;
  for (const std::string& a : arguments) argv.push_back(a.c_str());
  SystemClock clock;
  return run_cli(static_cast<int>(argv.size()), argv.data(),
                 {.out = nowhere, .err = nowhere, .clock = &clock});
}

std::vector<std::vector<std::string>> verbs(const std::string& tape) {
  const std::string at = "2026-01-30T03:00:00Z";
  return {{"tape", "info", tape},
          {"tape", "verify", tape},
          {"tape", "cat", tape},
          {"tape", "cat", "--events", tape},
          {"tape", "export", "--table", "incremental_book_L2", tape},
          {"tape", "export", "--table", "derivative_ticker", tape},
          {"tape", "export", "--table", "options_chain", tape},
          {"gauges", "--tape", tape},
          {"gauges", "--tape", tape, "--to", at},
          {"brief", "--tape", tape},
          {"brief", "--tape", tape, "--at", at},
          {"claims-exam", "--tape", tape, "--claims", "5"},
          {"chain", "--tape", tape},
          {"facts", "--tape", tape},
          {"levels", "--tape", tape, "--at", at},
          // The tape has no spot market; the contract and its funding come from it.
          {"carry", "--tape", tape, "--spot", "BTC-USDT", "--contract", "BTC-USDT-PERP", "--venue",
           "binance", "--spot-entry", "84000", "--spot-exit", "84100", "--from",
           "2026-01-29T17:00:00Z", "--to", at},
          {"stress", "--book", source_root() + "/docs/stress-book.csv", "--tape", tape, "--shock",
           "-3%", "--daily-vol", "0.03"}};
}

int64_t setting(const char* name, int64_t standard) {
  const char* text = std::getenv(name);
  return text == nullptr ? standard : read_int(text).value_or(standard);
}

TEST(Damage, NoVerbEndsByASignal) {
  const auto folder =
      std::filesystem::temp_directory_path() / fmt::format("delever-damage-{}", getpid());
  std::filesystem::create_directories(folder);
  const std::string path = (folder / "t.tape").string();
  std::vector<std::string> sound;
  for (const auto& make : {make_tape, make_tape_of_venues}) {
    std::filesystem::remove(path);
    sound.push_back(make(path));
    for (const auto& verb : verbs(path)) {
      const int code = exit_code_of(verb);
      EXPECT_TRUE(code == 0 || code == 4)
          << verb[0] << " " << verb[1] << " of sound tape " << sound.size() << ": " << code;
    }
  }
  const int64_t tapes = setting("DELEVER_DAMAGE_TAPES", 40),
                seed = setting("DELEVER_DAMAGE_SEED", 0);
  std::map<int, int> codes;
  for (int64_t n = 0; n < tapes && !HasFailure(); ++n) {
    Random random(static_cast<uint64_t>(seed * 1'000'000 + n), {});
    std::vector<uint8_t> bytes(64);
    for (uint8_t& b : bytes) b = static_cast<uint8_t>(random.below(256));
    tape::fixture::Choices choices{bytes.data(), bytes.size()};
    std::string content = sound[static_cast<size_t>(n) % sound.size()];
    const bool rows = random.chance(0.3);
    const size_t changes = 1 + random.below(4);
    for (size_t i = 0; i < changes && !rows; ++i) tape::fixture::change_bytes(content, choices);
    for (const char* suffix : {"-wal", "-shm", "-journal"}) std::filesystem::remove(path + suffix);
    CHECK(write_file_atomically(path, content).has_value());
    for (size_t i = 0; i < changes && rows; ++i) tape::fixture::change_rows(path, choices);
    if (std::getenv("DELEVER_DAMAGE_KEEP") != nullptr)
      std::filesystem::copy_file(path, path + ".last",
                                 std::filesystem::copy_options::overwrite_existing);
    for (const auto& verb : verbs(path)) {
      const int code = exit_code_of(verb);
      ++codes[code];
      EXPECT_TRUE(code == 0 || code == 3 || code == 4)
          << verb[0] << " " << verb[1] << " of tape " << n << " of seed " << seed << ": " << code;
    }
  }
  for (const auto& [code, count] : codes) RecordProperty(fmt::format("exit_{}", code), count);
  if (tapes > 100) {
    for (const auto& [code, count] : codes) fmt::print(stderr, "exit {}: {} times\n", code, count);
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace delever::cli
