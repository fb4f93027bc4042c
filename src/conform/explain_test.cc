// Goal: the steps lead to the very figures that the library uses.
#include "conform/explain.h"

#include <gtest/gtest.h>

#include "margin/rulebooks_testing.h"

namespace delever::conform {
namespace {

using namespace margin::fixture;

std::string value_of(const Explanation& e, std::string_view what) {
  for (const ExplainedStep& step : e.steps) {
    if (step.what == what) return step.value;
  }
  return "no such step";
}

TEST(Explain, binance_isolated_short_that_crosses_a_tier) {
  const MarginQuestion q{.venue = "binance",
                         .symbol = "BTCUSDT",
                         .as_of = "2024-10-24",
                         .side = PositionSide::short_side,
                         .entry = price(100'000),
                         .qty = qty(5.9),
                         .leverage = times_leverage(10)};
  const Explanation e = explain(q, shelf()).value();
  EXPECT_EQ(value_of(e, "initial margin"), "59000");
  EXPECT_EQ(value_of(e, "maintenance margin"), "2900");
  EXPECT_EQ(value_of(e, "tier of the position"), "0.005");
  EXPECT_EQ(value_of(e, "tier at the liquidation price"), "0.0065");  // 645,752 lies in tier 3
  EXPECT_EQ(value_of(e, "liquidation price"), "109449.5946");
  EXPECT_EQ(value_of(e, "bankruptcy price"), "110000");
  ASSERT_TRUE(e.trigger);
  EXPECT_NEAR(e.trigger->approx(), *e.liquidation, 1e-8);
  const std::string text = explain_text(e);
  EXPECT_NE(text.find("freqtrade"), std::string::npos);  // the source of the ladder
  EXPECT_NE(explain_json(e).find("\"initial\":\"59000\""), std::string::npos);
}

// As of a day: the newest at or before it; and of several the newest that reaches so far.
TEST(Explain, the_rulebook_is_the_newest_that_covers_the_size) {
  const auto rulebook_of = [](const char* symbol, const char* as_of, double coins_held) {
    const auto e = explain({.venue = "binance",
                            .symbol = symbol,
                            .as_of = as_of,
                            .entry = price(84'000),
                            .qty = qty(coins_held)},
                           shelf());
    return e.has_value() ? value_of(e.value(), "rulebook") : e.error().text();
  };
  EXPECT_EQ(rulebook_of("BTCUSDT", "", 1), "2025-08-19");
  EXPECT_EQ(rulebook_of("BTCUSDT", "", 150),
            "2024-10-24");  // 12.6 M: the newer table is cut at 12 M
  EXPECT_EQ(rulebook_of("btcusdt", "2025-08-18", 1), "2024-10-24");
  EXPECT_EQ(rulebook_of("BTC/USDT:USDT", "2024", 1), "2021-03-18");
  EXPECT_NE(rulebook_of("BTCUSDT", "2020-01-01", 1).find("those of 2021-03-18, 2024-10-24"),
            std::string::npos);
  EXPECT_NE(rulebook_of("DOGEUSDT", "", 1).find("of binance there are BTCUSD"), std::string::npos)
      << rulebook_of("DOGEUSDT", "", 1);
  // Of OKX's ladder the first tier alone was captured.
  const auto beyond = explain({.venue = "okx",
                               .symbol = "BTC-USDT-SWAP",
                               .as_of = "",
                               .entry = price(84'000),
                               .qty = qty(1e6)},
                              shelf());
  ASSERT_FALSE(beyond.has_value());
  EXPECT_NE(beyond.error().text().find("covers a position of 1000000 at 84000"), std::string::npos)
      << beyond.error().text();
}

// OKX counts the account's taker fee in the trigger: without it the price is none to rely on.
TEST(Explain, a_fee_that_is_not_known_is_not_taken_for_nothing_in_silence) {
  MarginQuestion asked{.venue = "okx",
                       .symbol = "BTC-USDT-SWAP",
                       .as_of = "",
                       .entry = price(80'000),
                       .qty = qty(100)};
  const auto words_of_fee = [&] {
    const auto found = explain(asked, shelf());
    if (!found.has_value()) return found.error().text();
    std::string words;
    for (const ExplainedStep& step : found.value().steps) {
      if (step.what == "liquidation fee in the trigger") words += step.formula + " " + step.value;
    }
    return words;
  };
  EXPECT_NE(words_of_fee().find("the liquidation comes sooner"), std::string::npos)
      << words_of_fee();
  asked.liquidation_fee = Rate::parse("0.0005").value();
  EXPECT_EQ(words_of_fee(), "value * fee = 80000 * 0.0005 40");
}

// The formula that is printed gives the price that is printed.
TEST(Explain, the_printed_formula_is_the_computation) {
  for (const PositionSide side : {PositionSide::long_side, PositionSide::short_side}) {
    margin::Rulebooks books;
    const margin::BookId id = books.add(inverse_book(100)).value();
    margin::Account account;
    account.positions = {{.book = id,
                          .side = side,
                          .mode = MarginMode::isolated,
                          .qty = qty(600),
                          .entry = price(50'000),
                          .leverage = times_leverage(10),
                          .margin = coins(0.12)}};
    const Explanation e =
        explain(account, 0, margin::MarkPrices{.mark = {price(50'000)}}, books).value();
    const double s = side == PositionSide::long_side ? 1 : -1, size = 60'000;
    const MarginTier tier = *margin::tier_of(
        *books[id].book.ladder, Amount::nearest(size / *e.liquidation).value().raw(), qty(1));
    const double by_hand = size * (1 + s * tier.maintenance.approx()) /
                           (size / 50'000 + s * (0.12 + tier.deduction.approx()));
    EXPECT_NEAR(*e.liquidation, by_hand, 1e-9 * by_hand);
  }
}

TEST(Explain, questions_without_an_answer) {
  MarginQuestion q{.venue = "binance", .symbol = "NOPE", .entry = price(1), .qty = qty(1)};
  EXPECT_EQ(explain(q, shelf()).error().fault, Fault::not_found);
  q.symbol = "BTCUSDT";
  q.mode = MarginMode::cross;
  EXPECT_EQ(explain(q, shelf()).error().text(), "cross margin needs a wallet");
  q.leverage = Leverage();
  EXPECT_EQ(explain(q, shelf()).error().fault, Fault::refused);
  q = {.venue = "binance",
       .symbol = "BTCUSDT",
       .entry = price(84'250),
       .qty = qty(2),
       .leverage = Leverage::raw(1'000 * Leverage::scale)};
  EXPECT_NE(explain(q, shelf()).error().text().find("above the venue's maximum of 150"),
            std::string::npos);
  q.leverage = Leverage::raw(100 * Leverage::scale);
  q.qty = qty(100);
  EXPECT_NE(explain(q, shelf()).error().text().find("for a position of this size"),
            std::string::npos)
      << explain(q, shelf()).error().text();
  q = {.venue = "deribit", .symbol = "BTC-PERPETUAL", .entry = price(1), .qty = qty(1)};
  EXPECT_EQ(explain(q, shelf()).error().fault, Fault::no_evidence);
}

// Several positions of one wallet: what the others gain and need is as if the wallet had it.
TEST(Explain, several_positions_share_a_wallet) {
  MarginQuestion q{.venue = "binance",
                   .symbol = "BTCUSDT",
                   .as_of = "2024-10-24",
                   .mode = MarginMode::cross,
                   .entry = price(100'000),
                   .qty = qty(1),
                   .leverage = times_leverage(10),
                   .wallet = coins(20'000)};
  q.others = {read_other_position("ETHUSDT:short:20@4000@3900").value()};
  const Explanation both = explain(q, shelf()).value();
  EXPECT_EQ(value_of(both, "ETHUSDT short 20, profit"), "2000");
  const double needed = std::stod(value_of(both, "ETHUSDT short 20, maintenance margin"));
  EXPECT_GT(needed, 0);
  q.others.clear();
  q.wallet = coins(22'000 - needed);
  const Explanation alone = explain(q, shelf()).value();
  EXPECT_NEAR(*both.liquidation, *alone.liquidation, 1e-6);

  q.mode = MarginMode::isolated;
  q.others = {read_other_position("ETHUSDT:SHORT:20@4000").value()};
  EXPECT_NE(explain(q, shelf()).error().text().find("cross"), std::string::npos);
  for (const char* bad :
       {"ETHUSDT", "ETHUSDT:up:1@2", "ETHUSDT:long:1", "ETHUSDT:long:0@2", ":long:1@2"})
    EXPECT_FALSE(read_other_position(bad).has_value()) << bad;
}

TEST(Explain, what_is_not_there_is_answered_by_what_is) {
  const auto why = [](MarginQuestion q) {
    q.entry = price(100);
    q.qty = qty(1);
    return explain(q, shelf()).error().text();
  };
  EXPECT_NE(why({.venue = "dydx", .symbol = "BTC-USD"}).find("Large-Cap"), std::string::npos);
  EXPECT_NE(why({.venue = "kraken", .symbol = "X"}).find("bybit"), std::string::npos);
  EXPECT_NE(
      why({.venue = "binance", .symbol = "BTCUSDT", .as_of = "1999-01-01"}).find("2024-10-24"),
      std::string::npos);
}

}  // namespace
}  // namespace delever::conform
