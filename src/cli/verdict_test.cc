// Goal: the verdict through the command line. From the archives through import and gauges alone it
// is the record that was worked out apart from this program, and on a tape that ends at T it is the
// same as on one that goes on. Then tables, whatever is wrong with them, and the shipped fixture.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/csv.h"
#include "base/source_root.h"
#include "base/text.h"
#include "cli/archives_testing.h"
#include "cli/run_testing.h"
#include "tape/tape.h"

namespace delever::cli {
namespace {

const std::string kFixture = source_root() + "/fixtures/verdict/record.csv";

#define SKIP_WITHOUT_DATA()                         \
  if (!std::filesystem::exists(kData + "/verdict")) \
  GTEST_SKIP() << "absent: "                        \
                  "../shared/data/verdict"

// The archives that a verdict is made from, imported as tools/real_episode.sh does.
std::string make_liquidation_tape(const std::string& name) {
  const std::string tape = scratch(name);
  const Archives archives = {
      {"coinglass-liquidations-daily",
       {"liquidations/coinglass_liquidations_daily_BTC_ETH_20201223_20250908.csv.gz"}},
      {"coinglass-open-interest-daily", {"oi/coinglass_futures_oi_daily_BTC_ETH.csv.gz"}},
      {"coinalyze-binance-coinm-open-interest-daily",
       {"oi/coinalyze_binance_coinm_oi_daily_BTC_ETH_20210915_20251026.csv.gz"}},
      {"coinglass-funding-oi-weighted-daily",
       {"funding/coinglass_funding_oiweighted_daily_BTC_ETH.csv.gz"}},
      {"coinglass-funding-vol-weighted-daily",
       {"funding/coinglass_funding_volweighted_daily_BTC_ETH.csv.gz"}},
      {"binance-funding-8h", {"funding/binance_btcusdt_funding_8h_20251221_20260131.csv"}},
      {"binance-funding-daily-mean",
       {"funding/binance_btcusdt_funding_dailymean_20190910_20260131.csv"}},
      {"coinglass-binance-spot-daily",
       {"prices/coinglass_binance_spot_D1_BTC_ETH_20170817_20250908.csv.gz"}},
      {"binance-spot-candles",
       {"prices/binance_spot_BTCUSDT_1h_20251227_20260206.csv.gz",
        "prices/binance_spot_BTCUSDT_D1_20200831_20260219.csv.gz",
        "prices/binance_spot_ETHUSDT_D1_20200831_20260219.csv.gz"}}};
  import_archives(archives, kData, tape);
  return tape;
}
const std::string& long_tape() {
  static const std::string tape = make_liquidation_tape("verdict.tape");
  return tape;
}

CsvTable csv_of(const std::string& text, const std::string& name) {
  return read_csv(text, name).value();
}
using Key = std::pair<std::string, std::string>;
std::map<Key, const CsvRecord*> by_day(const CsvTable& table) {
  std::map<Key, const CsvRecord*> out;
  for (const CsvRecord& row : table.rows)
    out[{std::string(table.field(row, "date")), std::string(table.field(row, "symbol"))}] = &row;
  return out;
}

TEST(VerdictRecord, from_the_archives_row_by_row) {
  SKIP_WITHOUT_DATA();
  const Ran ran =
      run({"verdict", "--record", "--tape", long_tape(), "--at", "2026-02-19", "--format", "csv"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const CsvTable made = csv_of(ran.out, "made");
  const CsvTable known =
      csv_of(text_of(kData + "/verdict/flush_record_BTC_ETH_20200228_20260131.csv"), "known");
  const auto of_made = by_day(made), of_known = by_day(known);
  for (const auto& [key, row] : of_known)
    EXPECT_TRUE(of_made.contains(key)) << key.first << " " << key.second << " is not found";
  struct Column {
    const char *known, *made;
    double within;  // half a unit of the last digit of the file, and a little
  };
  const Column columns[] = {{"close", "close", 1e-6},
                            {"ret_1d", "ret_1d", 6e-5},
                            {"ewma94", "ewma94", 1e-5},
                            {"p_vol", "p_vol", 1e-4},
                            {"funding_annual", "funding_annual", 6e-5},
                            {"oi_coins_logchange_1d", "oi_coins_logchange_1d", 1e-6},
                            {"x4_unclipped", "x4_unclipped", 6e-4},
                            {"x1_ln_longliq_over_median", "x1_ln_longliq_over_median", 6e-4},
                            {"p_wave_x2_x4", "p_wave", 1e-4},
                            {"lowest_close_7d", "lowest_close_7d", 6e-5},
                            {"lower5_7d", "lower5_7d", 0},
                            {"second_wave_half_7d", "second_wave_half_7d", 0}};
  size_t compared = 0;
  for (const auto& [key, made_row] : of_made) {
    if (key.first > "2026-01-31") continue;
    const auto found = of_known.find(key);
    if (found == of_known.end()) {
      ADD_FAILURE() << key.first << " " << key.second << " is not in the record";
      continue;
    }
    EXPECT_EQ(made.field(*made_row, "definition"), known.field(*found->second, "definition"))
        << key.first << key.second;
    for (const Column& c : columns) {
      const auto want = read_double(known.field(*found->second, c.known)),
                 have = read_double(made.field(*made_row, c.made));
      EXPECT_EQ(want.has_value(), have.has_value()) << key.first << key.second << c.known;
      if (!want || !have) continue;
      EXPECT_NEAR(*have, *want, c.within) << key.first << key.second << c.known;
      ++compared;
    }
  }
  EXPECT_GT(compared, 1400u);
}

TEST(VerdictRecord, scores_from_the_archives) {
  SKIP_WITHOUT_DATA();
  const Ran ran =
      run({"verdict", "--record", "--tape", long_tape(), "--at", "2026-01-31", "--format", "json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto json = nlohmann::json::parse(ran.out);
  const auto& pool = json["pools"][0];
  EXPECT_EQ(pool["flush_days"], 149);
  EXPECT_EQ(pool["refused"], 50);
  EXPECT_EQ(pool["score"]["days"], 99);
  EXPECT_NEAR(pool["score"]["brier_base"].get<double>(), .2449, 5e-5);
  EXPECT_NEAR(pool["score"]["brier"].get<double>(), .1899, 5e-5);
  EXPECT_NEAR(pool["score"]["log_gain"].get<double>(), .130, 5e-4);
  // In units of each coin's own movement: the weights of the study.
  for (const auto& fit : json["next_fits"]) {
    if (fit["model"] != "own_movement") continue;
    EXPECT_NEAR(fit["weights"][0].get<double>(), 1.135, 2e-3);
    EXPECT_NEAR(fit["weights"][3].get<double>(), .495, 2e-3);
    EXPECT_NEAR(fit["weights"][4].get<double>(), .621, 2e-3);
  }
  EXPECT_FALSE(json["standing"]["switched_off"].get<bool>());
}

struct Named {
  const char *at, *asset, *answer;
  std::optional<double> p;
  double price;
};
const Named kNamed[] = {{"2021-05-19", "BTC", "cannot_tell", {}, .58},
                        {"2021-05-19", "ETH", "cannot_tell", {}, .68},
                        {"2022-11-08", "BTC", "not_cleared", .9497, .41},
                        {"2022-11-09", "BTC", "cleared", .1547, .54},
                        {"2023-08-17", "BTC", "cleared", .1468, .26},
                        {"2024-08-05T23:59:59Z", "BTC", "cleared", .2911, .40},
                        {"2024-08-05T23:59:59Z", "ETH", "cleared", .1975, .50},
                        {"2026-01-29", "BTC", "cannot_tell", {}, .2565}};

nlohmann::json verdict_of(const std::string& tape, const std::string& at,
                          const std::string& asset) {
  const Ran ran =
      run({"verdict", "--tape", tape, "--at", at, "--asset", asset, "--format", "json"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  return nlohmann::json::parse(ran.out)["verdicts"][0];
}

TEST(VerdictOfADay, named_days) {
  SKIP_WITHOUT_DATA();
  for (const Named& day : kNamed) {
    const auto json = verdict_of(long_tape(), day.at, day.asset);
    EXPECT_EQ(json["answer"], day.answer) << day.at;
    EXPECT_EQ(json["refused"], !day.p.has_value()) << day.at;
    if (day.p) { EXPECT_NEAR(json["probability"].get<double>(), *day.p, 1e-4) << day.at; }
    EXPECT_NEAR(json["price"]["lower_by_5_in_7_days"].get<double>(), day.price, 6e-3) << day.at;
    const auto& change = json["items"]["open_interest_change_ln"];
    EXPECT_EQ(change["value"].is_null(), std::string(day.at) == "2026-01-29") << day.at;
    EXPECT_EQ(change["source"], change["value"].is_null() ? "" : "coinglass") << day.at;
    if (std::string(day.at) == "2021-05-19") {
      EXPECT_NEAR(json["hindsight"].get<double>(), std::string(day.asset) == "BTC" ? .01 : .08,
                  5e-3);
    }
    EXPECT_TRUE(json["wave"].is_null()) << "what came is not known on the day itself";
  }
}

TEST(VerdictOfADay, weak_stand_in_of_10_october_2025) {
  SKIP_WITHOUT_DATA();
  const auto btc = verdict_of(long_tape(), "2025-10-10", "BTC"),
             eth = verdict_of(long_tape(), "2025-10-10", "ETH");
  EXPECT_TRUE(btc["refused"].get<bool>());
  EXPECT_NEAR(btc["by_a_part"]["probability"].get<double>(), .39, 6e-3);
  EXPECT_NEAR(eth["by_a_part"]["probability"].get<double>(), .16, 6e-3);
  EXPECT_NEAR(btc["by_a_part"]["open_interest_change"].get<double>(), -.060, 1e-3);
  EXPECT_NEAR(eth["by_a_part"]["open_interest_change"].get<double>(), -.117, 1e-3);
}

// On 30 January 2026 the flush is the day before; what would decide it, and what a misquoted
// funding of 43.2 % would have made of it.
TEST(VerdictOfADay, thirtieth_of_january_2026) {
  SKIP_WITHOUT_DATA();
  const Ran ran = run({"verdict", "--tape", long_tape(), "--at", "2026-01-30", "--asset", "BTC",
                       "--claims", kData + "/claims/claims_20260130.csv", "--format", "json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto json = nlohmann::json::parse(ran.out)["verdicts"][0];
  EXPECT_EQ(json["day"], "2026-01-29");
  EXPECT_EQ(json["asked_day"], "2026-01-30");
  EXPECT_TRUE(json["refused"].get<bool>());
  const double want[] = {.15, .31, .52, .65, .72};
  for (size_t i = 0; i < 5; ++i)
    EXPECT_NEAR(json["would_be"][i]["probability"].get<double>(), want[i], 5e-3);
  bool seen = false;
  for (const auto& one : json["supposed"]) {
    if (one["claim"].get<std::string>().find("C03") != 0) continue;
    seen = true;
    EXPECT_NEAR(one["would_be"][4]["probability"].get<double>(), .95, 5e-3);
    EXPECT_NEAR(one["would_be"][1]["probability"].get<double>(), .77, 5e-3);
  }
  EXPECT_TRUE(seen);
}

void cut_tape(const std::string& from, Instant end, const std::string& to) {
  std::filesystem::remove(to);
  SystemClock clock;
  auto reader = tape::TapeReader::open(from, {.to = end + Duration::ns(1)}).value();
  auto writer = tape::TapeWriter::open(to, clock).value();
  std::vector<tape::StreamNumber> streams;
  for (const tape::StreamInfo& info : reader->streams())
    streams.push_back(writer->stream(info).value());
  while (const auto message = reader->next().value())
    ASSERT_TRUE(writer->append(streams[message->stream - 1], message->received, message->bytes)
                    .has_value());
  ASSERT_TRUE(writer->close().has_value());
}

// A tape cut at the close of a day gives the answer that the whole one gives for it.
TEST(VerdictOfADay, nothing_of_later_is_seen) {
  SKIP_WITHOUT_DATA();
  for (const Named& day : kNamed) {
    const std::string date = std::string(day.at).substr(0, 10);
    const std::string cut = scratch("cut-" + date + day.asset + ".tape");
    const Instant end = Instant::parse(date).value() + Duration::days(1);
    cut_tape(long_tape(), end, cut);
    EXPECT_EQ(verdict_of(cut, day.at, day.asset), verdict_of(long_tape(), day.at, day.asset))
        << date;
  }
}

TEST(VerdictOfATable, fixture_of_the_repository) {
  const Ran record = run({"verdict", "--record", kFixture, "--format", "csv"});
  ASSERT_EQ(record.code, 0) << record.err;
  const CsvTable made = csv_of(record.out, "made");
  EXPECT_EQ(made.rows.size(), 60u);
  // What it wrote is a record that it reads again, to the same bytes.
  const std::string copy = scratch("record-copy.csv");
  std::ofstream(copy) << record.out;
  const Ran again = run({"verdict", "--record", copy, "--format", "csv"});
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(again.out, record.out);
  const Ran page = run({"verdict", "--record", kFixture, "--format", "html"});
  EXPECT_EQ(page.code, 0);
  for (const char* part : {"<svg", "Reliability", "how often it came", "cannot tell", "refused"})
    EXPECT_NE(page.out.find(part), std::string::npos) << part;
  const Ran text = run({"verdict", "--record", kFixture});
  EXPECT_NE(text.out.find("standing:"), std::string::npos);
  EXPECT_NE(text.out.find("risk against coverage"), std::string::npos);
  const Ran one = run({"verdict", kFixture, "--at", "2022-06-01", "--format", "json"});
  EXPECT_EQ(one.code, 0) << one.err;
}

TEST(VerdictOfATable, faults_are_named) {
  const std::string bad = scratch("bad.csv");
  std::ofstream(bad)
      << "symbol,date,oi_coins_logchange_1d,second_wave_half_7d\nBTC,2022-13-01,0,1\n";
  Ran ran = run({"verdict", "--record", bad});
  EXPECT_EQ(ran.code, 3);
  EXPECT_NE(ran.err.find("bad.csv:2: date"), std::string::npos) << ran.err;
  std::ofstream(bad) << "coin,day\nBTC,2022-01-01\n";
  ran = run({"verdict", "--record", bad});
  EXPECT_EQ(ran.code, 3);
  EXPECT_NE(ran.err.find("symbol, date"), std::string::npos) << ran.err;
  ran = run({"verdict", "--record", kFixture, kFixture});
  EXPECT_EQ(ran.code, 3);
  EXPECT_NE(ran.err.find("two of the tables"), std::string::npos) << ran.err;
  EXPECT_EQ(run({"verdict", "--record"}).code, 3);
  EXPECT_EQ(run({"verdict", kFixture, "--at", "2000-01-01"}).code, 4);
  EXPECT_EQ(run({"verdict", "--record", "no-such.csv"}).code, 3);
}

}  // namespace
}  // namespace delever::cli
