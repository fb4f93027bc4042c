// Goal: every worked example of the venues agrees, what we cannot compute is said, and a wrong
// figure fails.
#include "conform/conform.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/csv.h"
#include "base/source_root.h"
#include "base/text.h"
#include "conform/notes.h"
#include "margin/rulebooks_testing.h"

namespace delever::conform {
namespace {

using margin::fixture::shelf;

std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream all;
  all << in.rdbuf();
  return all.str();
}

std::string write_csv(const CsvTable& table) {
  const auto line = [](const std::vector<std::string>& fields) {
    std::string out;
    for (const std::string& field : fields) {
      out += out.empty() && &field == &fields[0] ? "\"" : ",\"";
      for (char c : field) out += c == '"' ? std::string("\"\"") : std::string(1, c);
      out += "\"";
    }
    return out + "\n";
  };
  std::string out = line(table.header);
  for (const CsvRecord& row : table.rows) out += line(row.fields);
  return out;
}

// The examples of our own in fixtures/, and the published ones where they lie beside the
// repository.
struct ExampleFile {
  const char *name, *path;
  size_t rows, venues, figures;  // at least
};

class Examples : public ::testing::TestWithParam<ExampleFile> {
 protected:
  void SetUp() override {
    csv = slurp(source_root() + "/" + GetParam().path);
    if (csv.empty()) GTEST_SKIP() << "absent: " << GetParam().path;
  }
  std::string csv;
};

INSTANTIATE_TEST_SUITE_P(
    Conform, Examples,
    ::testing::Values(ExampleFile{"own", "fixtures/conform/examples.csv", 60, 7, 104},
                      ExampleFile{"published", "../shared/venues/examples.csv", 82, 7, 121}),
    [](const auto& file) { return std::string(file.param.name); });

TEST(Conform, our_own_examples_are_there) {
  EXPECT_FALSE(slurp(source_root() + "/fixtures/conform/examples.csv").empty());
}

TEST_P(Examples, all_pass) {
  const ConformReport report = conform(csv, "examples.csv", shelf()).value();
  EXPECT_EQ(report.total.pass, report.rows.size()) << conform_text(report);
  EXPECT_GE(report.rows.size(), GetParam().rows);
  EXPECT_EQ(report.venues.size(), GetParam().venues);
  size_t by_kind = 0;
  for (const auto& [kind, tally] : report.kinds)
    by_kind += tally.pass + tally.fail + tally.not_covered;
  EXPECT_EQ(by_kind, report.rows.size());
}

// A runner that cannot fail proves nothing: with any expected figure off by 0.1 % and a bit, its
// row must fail.
TEST_P(Examples, every_figure_that_is_changed_fails) {
  const CsvTable table = read_csv(csv, "examples").value();
  size_t changed = 0;
  for (size_t column = 0; column < table.header.size(); ++column) {
    if (!table.header[column].starts_with("exp_") || table.header[column] == "exp_other_name")
      continue;
    for (const CsvRecord& row : table.rows) {
      if (row.fields[column].empty()) continue;
      CsvTable one{.header = table.header, .rows = {row}};
      std::string& field = one.rows[0].fields[column];
      const Facts facts(field);
      if (facts.first()) {
        const size_t at = field.find_first_of("-.0123456789");
        const size_t end = field.find_first_not_of("-.0123456789e", at);
        field.replace(at, end == field.npos ? field.npos : end - at,
                      write_double(*facts.first() * 1.001 + 0.02));
      } else {
        field = field == "true" ? "false" : "true";
      }
      const ConformReport report = conform(write_csv(one), "one", shelf()).value();
      EXPECT_EQ(report.total.fail, 1u)
          << row.fields[0] << " " << table.header[column] << " " << field;
      ++changed;
    }
  }
  EXPECT_GE(changed, GetParam().figures);
}

TEST_P(Examples, ids_columns_and_order_do_not_matter) {
  CsvTable table = read_csv(csv, "examples").value();
  std::reverse(table.rows.begin(), table.rows.end());
  std::swap(table.header[0], table.header[5]);
  for (CsvRecord& row : table.rows) {
    std::swap(row.fields[0], row.fields[5]);
    row.fields[5] = "x";
  }
  EXPECT_EQ(conform(write_csv(table), "mixed", shelf()).value().total.pass, table.rows.size());
}

constexpr const char* kHead =
    "id,venue,topic,mode,contract,side,entry,qty,leverage,wallet,mark,tiers_used,other_inputs,exp_"
    "liq_price,"
    "exp_bankruptcy_price,exp_initial_margin,exp_maint_margin,exp_other_name,exp_other_value,"
    "tolerance,kind,source\n";

ConformRow run(const std::string& row) {
  const auto report = conform(kHead + row, "rows.csv", shelf());
  return report.has_value() ? report.value().rows.at(0)
                            : ConformRow{.reason = report.error().text()};
}

// Rows of the same format that are not among the published ones; the answers are worked by hand.
TEST(Conform, other_rows_of_the_format) {
  for (const char* row :
       {"a,okx,liquidation price,isolated,BTC-USDT-SWAP,short,100000,1 BTC = 100 "
        "contracts,10,10000,,tier 1,taker fee "
        "0.0005,109507.21752115,110000,10000,400,,,1e-6 rel,derived,",
        "b,binance,liquidation price,isolated,BTCUSD COIN-M,short,50000,60000 USD,10,0.12,,MMR "
        "0.4%,,"
        "55333.333333333,55555.5555555555,,,,,1e-6 rel,derived,",
        "c,hyperliquid,liquidation price,cross,BTC,short,100000,1,,20000,100000,\"BTC t1, ETH "
        "t1\",other leg long 10 "
        "ETH mark 4000,117728.3950617,,,2050,,,1e-6 rel,derived,",
        // hedge mode: long 2 and short 1 move together; both in tier 2 there
        "d,binance,liquidation "
        "price,cross,BTCUSDT,long,100000,2,,20000,100000,tiers/binance_BTCUSDT_2024-10-24.csv,"
        "other leg short 1 BTC entry=mark 100000,81116.751269,,,,,,1e-6 rel,derived,",
        "e,bybit,account "
        "MMR,cross,BTCUSDT,long,100000,1,10,,100000,tiers/bybit_BTCUSDT_undated.csv,margin balance "
        "2000,,,,500,MMR,0.25,1e-6 rel,derived,",
        "f,deribit,inverse put settlement,,BTC put K=100000,long,.05 BTC,1,,,,,delivery price "
        "80000,,,,,payoff BTC / "
        "net BTC,0.25 / 0.2,0.01%,derived,",
        "g,dydx,funding cap,,,,,,,,,,IMF 2% MMF 1.2%,,,,,cap 8h / cap 1h,0.048 / 0.006,1e-6 "
        "rel,derived,",
        "h,dydx,initial and maintenance margin,cross,BTC,long,100000,1,,5000,100000,IMF 2% MMF "
        "1.2%,,96153.84615,95000,2000,1200,,,1e-6 rel,derived,",
        "i,metrics,oscillator,,,,,,,,,,share 98.5%,,,,,oscillator,0.97,1e-9 abs,derived,"}) {
    const ConformRow result = run(row);
    EXPECT_EQ(result.outcome, Outcome::pass) << row << "\n" << result.got << "\n" << result.reason;
  }
}

TEST(Conform, what_is_not_covered_says_why) {
  EXPECT_EQ(run("a,binance,tide tables,,,,,,,,,,,1,,,,,,,d,").reason,
            "no rule for the topic \"tide tables\"");
  EXPECT_EQ(run("a,binance,funding,,,,,,,,,,,,,,,F,1,,d,").reason,
            "the row does not state a premium");
  EXPECT_EQ(run("a,nowhere,liquidation price,isolated,XUSDT,long,1,1,2,,,,,1,,,,,,,d,").reason,
            "no rule computes liquidation: no rulebook for nowhere XUSDT");
  EXPECT_EQ(
      run("a,binance,liquidation price,isolated,BTCUSDT,long,,1,2,,,MMR 1%,,1,,,,,,,d,").outcome,
      Outcome::not_covered);
  EXPECT_EQ(run("a,binance,margin,,,,,,,,,,,,,,,,,,d,").reason, "the row expects nothing");
  EXPECT_EQ(run("a,binance,margin,,,,,,,,,,,,,,,x / y,1,,d,").outcome, Outcome::not_covered);
  // beyond a ladder that the source cuts off
  EXPECT_NE(run("a,binance,maintenance "
                "margin,,BTCUSDT,,,50000000,,,,tiers/binance_BTCUSDT_2025-08-19_partial.csv,"
                "qty=notional,,,,1,,,,d,")
                .reason.find("cut to four tiers"),
            std::string::npos);
  EXPECT_EQ(
      run("a,binance,liquidation price,isolated,X,long,1e300,1,2,,,MMR 1%,,1,,,,,,,d,").outcome,
      Outcome::not_covered);
}

TEST(Conform, ladders_beside_the_file_serve_where_no_rulebook_does) {
  const std::string row = std::string(kHead) +
                          "a,binance,liquidation price,isolated,XRPUSDT,long,2,1000,10,200,,"
                          "tiers/binance_XRPUSDT_2030-01-01.csv,,1.8181818182,,,,,,1e-6 rel,d,\n";
  const LadderReader reader = [](std::string_view path) -> std::optional<std::string> {
    if (path != "tiers/binance_XRPUSDT_2030-01-01.csv") return std::nullopt;
    return "notional_floor,notional_cap,max_leverage,mmr,maint_amount\n0,inf,50,0.01,0\n";
  };
  EXPECT_EQ(conform(row, "r", shelf(), reader).value().total.pass, 1u)
      << conform_text(conform(row, "r", shelf(), reader).value());
  EXPECT_EQ(conform(row, "r", shelf()).value().total.not_covered, 1u);
}

TEST(Conform, a_file_that_is_no_such_csv_is_an_error) {
  EXPECT_EQ(conform("", "f", shelf()).error().text(), "f: empty, no header line");
  EXPECT_EQ(conform("a,b\n1,2\n", "f", shelf()).error().text(),
            "f:1: worked examples have a column \"id\"");
  EXPECT_EQ(conform("id,venue,topic\n1,2\n", "f", shelf()).error().text(),
            "f:2: 2 fields where the header has 3");
  EXPECT_EQ(conform("id,venue,topic\n\"1,2,3\n", "f", shelf()).error().text(),
            "f:line 2: a quote is not closed");
}

TEST(Conform, json_is_json_whatever_the_row_holds) {
  const auto report = conform("id,venue,topic\n\"a\"\"\\\x01\xff\",v,t\n", "f", shelf()).value();
  EXPECT_NE(conform_json(report).find("\"id\":\"a\\\"\\\\\\u0001\xEF\xBF\xBD\""), std::string::npos)
      << conform_json(report);
}

TEST(Facts, numbers_words_and_signs) {
  const Facts facts(
      "MMR_n-1=2.5%, cum 1,135.5 + 10M@0.75% floor -0.3 (x) .5 5,000,000 8/N P/C 1e-3 "
      "avg[b+a]/i=0.2");
  EXPECT_EQ(facts.after("mmr_n-1"), 0.025);
  EXPECT_EQ(facts.after("cum"), 1135.5);
  EXPECT_EQ(facts.after("floor"), -0.3);
  EXPECT_TRUE(facts.says("p/c"));
  EXPECT_EQ(facts.after("i"), 0.2);
  const std::vector<double> want = {0.025, 1135.5, 1e7, 0.0075, -0.3, 0.5, 5e6, 8, 1e-3, 0.2};
  EXPECT_EQ(facts.numbers(), want);
  EXPECT_FALSE(facts.after("nothing"));
  EXPECT_FALSE(Facts("1e999 - . % ,").first());
}

}  // namespace
}  // namespace delever::conform
