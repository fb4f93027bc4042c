// Goal: the plain words of newspapers are held against what they mean, true ones hold and false
// ones do not; a word of several meanings stays pending and is named.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/source_root.h"
#include "gauges/claims.h"
#include "gauges/reading_testing.h"

namespace delever::gauges {
namespace {

Instant moment(const char* text) { return Instant::parse(text).value(); }

Knowledge sol_at(const char* end, double scale) {
  const auto figure = [&](const char* name, double value, const char* venue = nullptr) {
    return known_reading(name, "SOL", value, venue, moment(end));
  };
  Knowledge known;
  known.at = moment(end);
  known.readings = {
      figure("liq_total_usd_24h", 6.0e6),  figure("liq_long_usd_24h", 4.5e6),
      figure("liq_short_usd_24h", 1.5e6),  figure("liq_long_share", 0.75),
      figure("liq_dominance_osc", 0.5),    figure("oi_coins", 9.0e6 * scale),
      figure("oi_usd", 1.08e9 * scale),    figure("oi_change_24h_coins", -3.0e5),
      figure("oi_change_24h_usd", -9.0e7), figure("funding_rate", -0.00008, "binance"),
      figure("price_usd", 121.5),          figure("price_low_24h", 118.4),
      figure("price_high_24h", 127.9),     figure("vol_index_30d", 0.82 * scale)};
  return known;
}

// 3 March 2026 is a Tuesday. A day before everything of `scale` was a tenth higher.
ClaimCheck of(const std::string& metric, const std::string& value, const std::string& unit,
              const std::string& window = "3 Mar 2026 day",
              const std::vector<ContractSort>& contracts = {}) {
  const std::string path = source_root() + "/rules/claims-2026-01-30.toml";
  static const ClaimRules rules = ClaimRules::load(Config::load(path).value(), path).value();
  const std::string text =
      "claim_id,metric,asset,value,unit,window,stated_by,published,url\nS1,\"" + metric +
      "\",SOL," + value + "," + unit + ",\"" + window + "\",somebody,2026-03-04,\n";
  std::vector<Knowledge> known{sol_at("2026-03-03T00:00:00Z", 1.1),
                               sol_at("2026-03-03T14:00:00Z", 1.05),
                               sol_at("2026-03-04T00:00:00Z", 1)};
  known.back().contracts = contracts;
  return check_claims({read_claims(text, "c.csv").value().at(0)}, rules, known,
                      moment("2026-03-05T00:00:00Z"))
      .at(0);
}

struct Said {
  const char *metric, *value, *unit, *window = "3 Mar 2026 day";
};

TEST(ClaimPlain, true_ones_hold) {
  for (const auto& [metric, value, unit, window] : std::vector<Said>{
           {"SOL closing price", "121.5", "USD"},
           {"price at the close", "121.5", "USD"},
           {"SOL price", "121.5", "USD", "3 Mar 2026 14:00 UTC"},
           {"spot price", "121.5", "USD", "3 Mar 2026 14:00 UTC"},
           {"price near", "122", "USD", "3 Mar 2026 14:00 UTC"},
           {"SOL traded around, price", "121", "USD", "3 Mar 2026 14:00 UTC"},
           {"daily low", "118.4", "USD"},
           {"intraday low", "118.4", "USD"},
           {"intraday low price", "118.4", "USD"},
           {"24h high", "127.9", "USD"},
           {"share of longs in liquidations", "75", "percent"},
           {"percentage of liquidations that were longs", "75", "percent"},
           {"short share of liquidations", "25", "percent"},
           {"long positions wiped out", "4.5", "million USD"},
           {"shorts wiped out", "1.5", "million USD"},
           {"leveraged positions wiped out", "6", "million USD"},
           {"open interest fell by", "300000", "SOL"},
           {"open interest drop", "300", "thousand SOL"},
           {"24h change of open interest", "-300000", "coins"},
           {"decline in open interest", "90", "million USD"},
           {"open interest fell to", "9", "million SOL"},
           {"open interest dropped to", "1.08", "billion USD"},
           {"negative funding rate", "0.008", "percent"},
           {"negative funding rate", "-0.008", "percent"},
           {"DVOL", "82", "percent"},
           {"DVOL fell to", "82", "percent"},
           {"Tuesday liquidations", "6", "million USD"},
           {"Tuesday's liquidations", "6", "million USD"},
           {"liquidations", "6", "million USD", "Tuesday 3 Mar 2026"},
           {"liquidations in the past 24 hours", "6", "million USD", "24h to 4 Mar 2026"}}) {
    const ClaimCheck c = of(metric, value, unit, window);
    EXPECT_EQ(c.state, State::single_source) << metric << ": " << c.note;
  }
}

TEST(ClaimPlain, false_ones_do_not) {
  for (const auto& [metric, value, unit, window] : std::vector<Said>{
           {"SOL closing price", "118.4", "USD"},
           {"SOL price", "131", "USD", "3 Mar 2026 14:00 UTC"},
           {"price near", "130", "USD", "3 Mar 2026 14:00 UTC"},
           {"daily low", "121.5", "USD"},
           {"intraday high", "118.4", "USD"},
           {"share of longs in liquidations", "50", "percent"},
           {"short share of liquidations", "75", "percent"},
           {"long positions wiped out", "1.5", "million USD"},
           {"open interest fell by", "900000", "SOL"},
           {"open interest rose by", "300000", "SOL"},
           {"increase in open interest", "90", "million USD"},
           {"open interest fell to", "7", "million SOL"},
           {"negative funding rate", "0.02", "percent"},
           {"positive funding rate", "0.008", "percent"},
           {"DVOL rose to", "60", "percent"},
           {"Tuesday liquidations", "60", "million USD"},
           {"liquidations in the past 24 hours", "60", "million USD", "24h to 4 Mar 2026"}}) {
    const ClaimCheck c = of(metric, value, unit, window);
    EXPECT_EQ(c.state, State::conflicting) << metric << ": " << c.note;
  }
}

TEST(ClaimPlain, words_of_several_meanings_are_named) {
  struct Named {
    const char *metric, *value, *unit, *note, *window = "3 Mar 2026 day";
  };
  for (const auto& [metric, value, unit, note, window] : std::vector<Named>{
           {"SOL price", "121.5", "USD", "which price of that day is not said"},
           {"price near", "121.5", "USD", "which price of that day is not said"},
           {"average price", "121.5", "USD", "it says \"average\""},
           {"high open interest", "9", "million SOL", "it says \"high\""},
           {"DVOL low", "82", "percent", "it says \"low\""},
           {"long/short share of liquidations", "75", "percent", "it says \"short\""},
           {"Binance share of liquidations of longs", "75", "percent", "share of binance"},
           {"open interest fell", "300000", "SOL", "it says \"fell\""},
           {"open interest fell by", "3", "percent", "stated in percent"},
           {"open interest rose to", "9", "million SOL", "that it rose is not confirmed"},
           {"funding rate turned negative", "-0.008", "percent", "it says \"turned\""},
           {"positive funding rate", "-0.008", "percent", "the sign of its number differ"},
           {"Thursday liquidations", "6", "million USD", "it says \"thursday\""},
           {"liquidations", "6", "million USD", "it says \"monday\"", "Monday 3 Mar 2026"},
           {"liquidations", "6", "million USD", "it says \"mon\"", "Mon 3 Mar 2026"},
           {"overnight liquidations", "6", "million USD", "it says \"overnight\""},
           {"liquidations in an hour", "6", "million USD", "it is of 1 h"},
           {"open interest wiped out", "90", "million USD", "it says \"wiped\""}}) {
    const ClaimCheck c = of(metric, value, unit, window);
    EXPECT_EQ(c.state, State::pending) << metric << ": " << c.note;
    EXPECT_NE(c.note.find(note), c.note.npos) << metric << ": " << c.note;
  }
}

// What is a part elsewhere is the whole where nothing else is open.
TEST(ClaimPlain, a_part_that_is_the_whole_is_decided_and_named) {
  const auto contract = [](const char* venue, const char* settle, bool perpetual, bool inverse) {
    ContractSort c{.asset = "SOL", .venue = venue, .symbol = "S", .settle = settle};
    c.perpetual = perpetual;
    c.inverse = inverse;
    c.interest = true;
    return c;
  };
  const ContractSort perpetual = contract("binance", "USDT", true, false);
  const ContractSort future = contract("binance", "USDT", false, false);
  const ContractSort coin = contract("binance", "SOL", true, true);
  ContractSort vendor = contract("coinglass", "USD", false, false);
  vendor.vendor = true;
  struct Case {
    const char* word;
    ContractSort whole, other;
  };
  for (const auto& [word, whole, other] : std::vector<Case>{{"perpetual", perpetual, future},
                                                            {"perp", coin, future},
                                                            {"perpetual swap", perpetual, future},
                                                            {"dated futures", future, perpetual},
                                                            {"linear", perpetual, coin},
                                                            {"inverse", coin, perpetual},
                                                            {"USDT-margined", future, coin}}) {
    const std::string metric = fmt::format("{} open interest", word);
    const ClaimCheck yes = of(metric, "9", "million SOL", "3 Mar 2026 day", {whole, whole});
    EXPECT_EQ(yes.state, State::single_source) << metric << ": " << yes.note;
    EXPECT_NE(yes.note.find("is the whole: each of the 2 contracts"), yes.note.npos) << yes.note;
    const ClaimCheck no = of(metric, "7", "million SOL", "3 Mar 2026 day", {whole});
    EXPECT_EQ(no.state, State::conflicting) << metric << ": " << no.note;
    EXPECT_NE(no.note.find("is the whole"), no.note.npos) << no.note;
    for (const std::vector<ContractSort>& mixed :
         {std::vector<ContractSort>{}, {whole, other}, {whole, vendor}}) {
      const ClaimCheck c = of(metric, "9", "million SOL", "3 Mar 2026 day", mixed);
      EXPECT_EQ(c.state, State::pending) << metric << " " << mixed.size() << ": " << c.note;
    }
  }
  const ClaimCheck dollars =
      of("USDT-margined open interest", "1.08", "billion USD", "3 Mar 2026 day", {perpetual});
  EXPECT_EQ(dollars.state, State::single_source) << dollars.note;
  const ClaimCheck liquidated =
      of("perpetual futures liquidations", "6", "million USD", "3 Mar 2026 day", {perpetual});
  EXPECT_EQ(liquidated.state, State::single_source) << liquidated.note;
}

}  // namespace
}  // namespace delever::gauges
