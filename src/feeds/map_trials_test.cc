// Which map a file is for, by trying; and that docs/data.md says of every map what it reads.
#include "feeds/map_trials.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/file.h"
#include "base/text.h"
#include "feeds/feeds_testing.h"
#include "venues/csv/csv.h"

namespace delever::feeds {
namespace {

using namespace fixture;

const std::vector<std::string>& all_maps() {
  static const std::vector<std::string> maps = maps_in(root("maps"));
  return maps;
}

std::vector<std::string> readers_of(const std::string& file) {
  std::vector<std::string> out;
  const auto head = csv_head(file);
  if (!head) return out;
  for (const MapTrial& trial : try_maps(*head, all_maps())) {
    if (trial.reads()) out.push_back(std::filesystem::path(trial.map).stem());
  }
  return out;
}

TEST(MapTrials, AFileIsFoundByItsColumnsItsNameAndItsFirstRow) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(readers_of(root("samples/funding.csv")), Names{"binance-funding-8h"});
  EXPECT_EQ(readers_of(root("samples/chain.csv")), Names{"deribit-option-chain"});
  // Liquidations have the columns of trades.
  EXPECT_EQ(readers_of(root("samples/trades.csv.gz")),
            (Names{"tardis-trades", "tardis-liquidations"}));
  // Rows of spot end with one field more than those of contracts.
  const Folder folder;
  EXPECT_EQ(readers_of(folder.write("BTCUSDT-aggTrades-2026-01-30.csv",
                                    "1,84250.10,0.5,1,2,1769760000123,true\n")),
            Names{"binance-archive-agg-trades-usdm"});
  EXPECT_EQ(readers_of(folder.write("ETHUSDT-aggTrades-2026-01-30.csv",
                                    "1,2750.10,0.5,1,2,1769760000123456,true,true\n")),
            Names{"binance-archive-agg-trades-spot"});
  EXPECT_EQ(readers_of(folder.write("BTCUSD_PERP-aggTrades-2026-01-30.csv",
                                    "1,84250.10,5,1,2,1769760000123,true\n")),
            (Names{"binance-archive-agg-trades-coinm"}));
  EXPECT_EQ(readers_of(folder.write("notes.csv", "apples,pears\n1,2\n")), Names{});
}

TEST(MapTrials, TheNearestSaysWhatIsMissing) {
  const Folder folder;
  const auto head = csv_head(folder.write("f.csv",
                                          "\xEF\xBB\xBF"
                                          "symbol;funding_time_ms;rate;mark_price\r\n"
                                          "BTCUSDT;1769760000000;0,0001;84250,5\r\n"));
  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(head->separator, ';');
  EXPECT_EQ(head->columns, 4u);
  const MapTrial nearest = try_maps(*head, all_maps())[0];
  EXPECT_EQ(std::filesystem::path(nearest.map).stem(), "binance-funding-8h");
  EXPECT_EQ(nearest.lacks, std::vector<std::string>{"funding_rate"});
  EXPECT_FALSE(nearest.reads());
}

TEST(MapTrials, WhatIsNoTableIsSaidToBeNone) {
  const Folder folder;
  EXPECT_FALSE(csv_head(folder.write("empty.csv", "")).has_value());
  EXPECT_FALSE(csv_head(folder.write("noise.csv", std::string("\0\1\2,\3", 5))).has_value());
  EXPECT_FALSE(csv_head(folder / "nowhere").has_value());
  EXPECT_FALSE(csv_head("/dev/null").has_value());
  EXPECT_FALSE(csv_head(folder.write("a.jsonl", "{\"a\":1,\"b\":2}\n"))->is_table());
  EXPECT_FALSE(csv_head(folder.write("word.csv", "word\n"))->is_table());
}

// docs/data.md: a command and the columns of every map. The columns are just those that it reads:
// with them it can be made, and without any one of them not.
TEST(DataPage, NamesEveryMapWithItsColumns) {
  const std::string page = read_file(root("docs/data.md")).value();
  for (const std::string& path : all_maps()) {
    const std::string name = std::filesystem::path(path).stem();
    const auto map = venues::CsvMap::load(path);
    ASSERT_TRUE(map.has_value()) << map.error().text();
    EXPECT_NE(page.find("--map maps/" + name + ".toml FILE"), page.npos) << name;
    const auto wanted = map.value().wanted_columns();
    ASSERT_TRUE(wanted.has_value()) << wanted.error().text();
    EXPECT_NE(page.find(fmt::format("| {} | `{}` |", name, fmt::join(wanted.value(), ","))),
              page.npos)
        << fmt::format("| {} | `{}` |", name, fmt::join(wanted.value(), ","));
    const auto makes = [&](const std::vector<std::string>& columns) {
      Instruments instruments;
      codec::StreamSettings settings{{"map", map.value().text},
                                     {"header", fmt::format("{}", fmt::join(columns, ","))}};
      for (const char* part : {"file.symbol", "file.interval", "file.coin", "file.date"})

        settings[part] = "BTC";
      return venues::CsvDecoder::make(settings, instruments, 0).has_value();
    };
    EXPECT_TRUE(makes(wanted.value())) << name;
    for (size_t i = 0; i < wanted.value().size(); ++i) {
      std::vector<std::string> fewer = wanted.value();
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      EXPECT_FALSE(makes(fewer)) << name << " without " << wanted.value()[i];
    }
  }
}

}  // namespace
}  // namespace delever::feeds
