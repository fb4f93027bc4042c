// Goal: whatever tape it is, changes of its form leave the readings alone and losses are said. The
// committed sessions and tables, a made recording, and the recordings beside the repository where
// they are there. By hand: DELEVER_TRUTH_TAPES=a.tape:b.tape for others, DELEVER_TRUTH_TAPE_CHAINS
// for more chains a tape, DELEVER_TRUTH_SEED to begin elsewhere; a failing chain is printed with
// its seed, as short as it can be made.
#include "truth/tape_truth.h"
#include "truth/setting_testing.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "base/source_root.h"
#include "base/text.h"
#include "feeds/import.h"

namespace delever::truth {
namespace {

constexpr size_t kMostMessages = 4000;

const gauges::Rules& shipped() {
  static const gauges::Rules loaded = [] {
    const std::string path = source_root() + "/rules/2026-01-30.toml";
    return gauges::Rules::load(read_file(path).value(), "rules/2026-01-30.toml").value();
  }();
  return loaded;
}

std::string names_of_changes(const std::vector<size_t>& chain) {
  std::string out;
  for (const size_t n : chain) out += (out.empty() ? "" : ", ") + tape_changes()[n].name;
  return out;
}

std::vector<size_t> random_chain(uint64_t seed) {
  Random random(seed, {.stream = 4});
  std::vector<size_t> chain;
  const size_t length = 1 + random.below(5);
  while (chain.size() < length) {
    chain.push_back(random.below(tape_changes().size()));
    if (tape_changes()[chain.back()].last) break;
  }
  return chain;
}

std::vector<size_t> shrink_chain(const Case& one, const ReadTape& before, uint64_t seed,
                                 std::vector<size_t> chain) {
  for (size_t n = 0; n < chain.size();) {
    std::vector<size_t> shorter = chain;
    shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(n));
    if (!shorter.empty() && !check_tape(one, before, seed, shorter, shipped()).empty())
      chain = std::move(shorter), n = 0;
    else
      ++n;
  }
  return chain;
}

// A tape is done with its first failing chain: the others would say the same.
void expect_chains(const Case& one, uint64_t chains) {
  const ReadTape before = read_case(one, shipped());
  const uint64_t first = setting("DELEVER_TRUTH_SEED", 1);
  if (std::getenv("DELEVER_TRUTH_TAPE_CHAINS") != nullptr)
    fmt::print(stderr, "{} {}: {} chains from seed {}\n", one.name, one.asset, chains, first);
  for (uint64_t seed = first; seed < first + chains; ++seed) {
    const std::vector<size_t> chain = random_chain(seed);
    if (check_tape(one, before, seed, chain, shipped()).empty()) continue;
    const auto least = shrink_chain(one, before, seed, chain);
    ADD_FAILURE() << one.name << " " << one.asset << ", seed " << seed << ", "
                  << names_of_changes(chain) << "; least: " << names_of_changes(least) << ":\n"
                  << check_tape(one, before, seed, least, shipped());
    return;
  }
}

// Every single change once, then chains.
void expect_true(const std::string& name, const Recorded& tape, uint64_t chains) {
  chains = setting("DELEVER_TRUTH_TAPE_CHAINS", chains);
  for (const std::string& asset : assets_of(tape, shipped())) {
    const Case one = make_case(name, asset, tape);
    const ReadTape before = read_case(one, shipped());
    for (size_t n = 0; n < tape_changes().size(); ++n) {
      const std::string wrong = check_tape(one, before, 7, {n}, shipped());
      if (!wrong.empty())
        ADD_FAILURE() << name << " " << asset << ", " << tape_changes()[n].name << ":\n" << wrong;
    }
    if (!::testing::Test::HasFailure()) expect_chains(one, chains);
  }
}

TEST(TapeTruth, of_a_made_recording) {
  for (const uint64_t seed : {1, 2})
    expect_true(fmt::format("recording {}", seed), messages_of(make_recording(seed)), 20);
}

// "@ bybit category=spot" begins a stream; a second passes between messages.
Recorded read_session(const std::string& path) {
  Recorded out;
  const std::string text = read_file(path).value();
  Instant received = Instant::parse("2026-01-05T01:00:00Z").value();
  for (const std::string_view line : split(text, '\n')) {
    if (line.empty() || line.starts_with('#')) continue;
    if (line.starts_with('@')) {
      const auto words = split(line.substr(2), ' ');
      tape::StreamInfo info{fmt::format("{}:{}", words[0], out.streams.size()),
                            std::string(words[0].substr(0, words[0].find('-'))),
                            "",
                            std::string(words[0]),
                            {}};
      for (size_t i = 1; i < words.size(); ++i) {
        const size_t equals = words[i].find('=');
        info.settings.emplace(words[i].substr(0, equals), words[i].substr(equals + 1));
      }
      out.streams.push_back(std::move(info));
      continue;
    }
    received = received + Duration::seconds(1);
    out.messages.push_back(
        {.stream = out.streams.size() - 1, .received = received, .bytes = std::string(line)});
  }
  return out;
}

TEST(TapeTruth, of_the_wire_sessions) {
  Recorded all;
  for (const char* venue :
       {"binance-usdm", "binance-other", "bybit", "okx", "deribit", "hyperliquid"}) {
    const Recorded one =
        read_session(fmt::format("{}/fixtures/wire/{}.session", source_root(), venue));
    ASSERT_FALSE(one.messages.empty()) << venue;
    expect_true(venue, one, 20);
    for (Message m : one.messages) {
      m.stream += all.streams.size();
      all.messages.push_back(std::move(m));
    }
    all.streams.insert(all.streams.end(), one.streams.begin(), one.streams.end());
  }
  expect_true("all venues", all, 10);
}

// Files onto a tape by the importer, and back into memory.
Recorded import_all(const std::vector<std::pair<feeds::ImportFormat, std::string>>& files,
                    const std::function<feeds::ImportOptions(const std::string&)>& options) {
  const std::string path = fmt::format("{}/delever-truth-import-{}.tape",
                                       std::filesystem::temp_directory_path().string(), getpid());
  std::filesystem::remove(path);
  SystemClock clock;
  auto writer = std::move(tape::TapeWriter::open(path, clock)).value();
  for (const auto& [format, file] : files) {
    const auto report = feeds::import_files(format, {file}, options(file), *writer);
    if (!report.has_value()) ADD_FAILURE() << file << ": " << report.error().text();
  }
  EXPECT_TRUE(writer->close().has_value());
  writer.reset();
  auto loaded = load_tape(path, kMostMessages);
  EXPECT_TRUE(loaded.has_value()) << loaded.error().text();
  for (const char* suffix : {"", "-wal", "-shm", "-lock"}) std::filesystem::remove(path + suffix);
  return std::move(loaded).value();
}

TEST(TapeTruth, of_tables) {
  const std::string folder = source_root() + "/fixtures/episode/";
  std::vector<std::pair<feeds::ImportFormat, std::string>> files;
  for (const char* table : {"liquidations", "funding", "open_interest", "prices", "options"})
    files.emplace_back(feeds::ImportFormat::csv, folder + table + ".csv");
  const Recorded tape = import_all(files, [](const std::string& file) {
    return feeds::ImportOptions{.map = file.substr(0, file.size() - 3) + "toml"};
  });
  ASSERT_GT(tape.messages.size(), 100u);
  expect_true("fixtures/episode", tape, 20);
}

TEST(TapeTruth, of_recorded_sessions) {
  const std::string folder = source_root() + "/../shared/wire";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "absent: ../shared/wire";
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string path = entry.path().string();
    if (path.ends_with(".recv")) files.push_back(path.substr(0, path.size() - 4) + "jsonl");
  }
  std::sort(files.begin(), files.end());
  ASSERT_FALSE(files.empty());
  for (const std::string& file : files) {
    if (!std::filesystem::exists(file)) continue;
    const Recorded tape = import_all({{feeds::ImportFormat::jsonl, file}}, [](const std::string&) {
      return feeds::ImportOptions{.lenient = true};
    });
    if (tape.messages.empty()) continue;
    expect_true(file.substr(folder.size() + 1), tape, 2);
  }
}

TEST(TapeTruth, of_tapes_named_by_hand) {
  const char* list = std::getenv("DELEVER_TRUTH_TAPES");
  if (list == nullptr) GTEST_SKIP() << "DELEVER_TRUTH_TAPES names_of_changes no tapes";
  for (const std::string_view path : split(list, ':')) {
    const auto tape = load_tape(std::string(path), kMostMessages);
    ASSERT_TRUE(tape.has_value()) << tape.error().text();
    ASSERT_FALSE(tape.value().messages.empty()) << path;
    expect_true(std::string(path), tape.value(), 20);
  }
}

}  // namespace
}  // namespace delever::truth
