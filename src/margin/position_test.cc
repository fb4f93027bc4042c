// Goal: one position's margins are exact, rounded against the account, continuous over tiers and
// monotone.
#include "margin/position.h"

#include <gtest/gtest.h>

#include "margin/rulebooks_testing.h"

namespace delever::margin {
namespace {

using namespace fixture;

struct Books {
  Rulebooks all;
  BookId add(const Rulebook& b) { return all.add(b).value(); }
};

Position linear(BookId id, double entry, double size, double leverage) {
  return {.book = id,
          .mode = MarginMode::isolated,
          .qty = qty(size),
          .entry = price(entry),
          .leverage = times_leverage(leverage)};
}

TEST(Position, linear_is_exact_to_the_last_unit) {
  Books books;
  const BookId id = books.add(book("binance", "BTCUSDT", "2024-10-24"));
  Position p = linear(id, 100'000.1, 0.123, 20);
  const PositionMargin m = position_margin(p, books.all[id], price(99'999.9)).value();
  EXPECT_EQ(m.value.text(), "12299.9877");
  EXPECT_EQ(m.profit.text(), "-0.0246");
  EXPECT_EQ(m.initial.text(), "614.999385");
  EXPECT_EQ(m.maintenance.text(), "49.1999508");
  p.side = PositionSide::short_side;
  EXPECT_EQ(position_margin(p, books.all[id], price(99'999.9)).value().profit.text(), "0.0246");
}

TEST(Position, roundings_are_against_the_account) {
  Books books;
  const BookId id = books.add(inverse_book(100));
  Random random(11, {});
  for (int i = 0; i < 2'000; ++i) {
    Position p = linear(id, std::round(log_uniform(random, 1e3, 2e5)),
                        1 + static_cast<double>(random.below(10'000)), 3);
    const Price mark = price(std::round(log_uniform(random, 1e3, 2e5)));
    PositionMargin both[2];
    for (const PositionSide side : {PositionSide::long_side, PositionSide::short_side}) {
      p.side = side;
      both[static_cast<int>(side)] = position_margin(p, books.all[id], mark).value();
      const double face = p.qty.approx() * 100;
      const double exact = (side == PositionSide::long_side ? 1 : -1) * face *
                           (1 / p.entry.approx() - 1 / mark.approx());
      const double got = both[static_cast<int>(side)].profit.approx(),
                   slack = 1e-15 * face / std::min(p.entry, mark).approx();
      EXPECT_LE(got, exact + slack);
      EXPECT_GE(got, exact - 2e-8 - slack);
    }
    // What one side wins the other loses, less at most two units each: money is never created.
    EXPECT_LE(both[0].profit + both[1].profit, Amount());
    EXPECT_GE((both[0].profit + both[1].profit).raw(), -4);
  }
}

// Every ladder by value in the tree: at a boundary both tiers give the same margin to a unit; in
// between it only rises.
TEST(Position, maintenance_is_continuous_and_monotone_over_tiers) {
  int boundaries = 0;
  for (const auto& b : shelf().all()) {
    if (!b->ladder || !b->contract || b->ladder->unit != TierUnit::value) continue;
    Books books;
    const BookId id = books.add(*b);
    for (const MarginTier& tier : b->ladder->tiers) {
      if (!tier.cap || (&tier == &b->ladder->tiers.back() && !b->ladder->complete)) continue;
      const auto at = [&](int64_t units) {
        return static_cast<int64_t>(
            maintenance_of(books.all[id], tier.cap->raw() + units, Qty(), Price::raw(1)).value());
      };
      EXPECT_LE(std::abs(at(1) - at(0)), 2 + 2) << b->name() << " " << tier.cap->text();
      EXPECT_LE(at(-1), at(0));
      EXPECT_LE(at(0), at(1) + 1) << b->name();  // rates held to 1e-15 may cost a unit
      ++boundaries;
    }
    Random random(5, {});
    Wide value = 0, before = 0;
    for (int i = 0; i < 500; ++i) {
      value += static_cast<Wide>(random.below(2'000'000'000'000));
      const auto now = maintenance_of(books.all[id], value, Qty(), Price::raw(1));
      if (!now.has_value()) break;
      EXPECT_GE(now.value() + 2, before);
      before = now.value();
    }
  }
  EXPECT_GT(boundaries, 80);
}

TEST(Position, above_an_incomplete_ladder_there_is_no_margin) {
  Books books;
  const BookId id = books.add(book("binance", "BTCUSDT", "2025-08-19"));  // four tiers, to 12 M
  EXPECT_TRUE(
      position_margin(linear(id, 100'000, 120, 10), books.all[id], price(100'000)).has_value());
  const auto beyond = position_margin(linear(id, 100'000, 121, 10), books.all[id], price(100'000));
  ASSERT_FALSE(beyond.has_value());
  EXPECT_EQ(beyond.error().fault, Fault::no_evidence);
}

TEST(Position, frozen_margins_do_not_move_with_the_mark) {
  Books books;
  const BookId id = books.add(book("bybit", "BTCUSDT"));
  const Position p = linear(id, 100'000, 50, 50);
  for (double mark : {90'000.0, 100'000.0, 130'000.0}) {
    const PositionMargin m = position_margin(p, books.all[id], price(mark)).value();
    EXPECT_EQ(m.maintenance.text(), "30040");  // tier 6 of 5 M: 5,000,000 * 0.0077 - 8,460
    EXPECT_EQ(m.initial.text(), "100000");
  }
}

TEST(Position, size_rule_is_quadratic) {
  Books books;
  const BookId id = books.add(book("deribit", "BTC_USDC-PERPETUAL"));
  Position p = linear(id, 100'000, 25, 1);
  p.mode = MarginMode::cross;
  EXPECT_EQ(position_margin(p, books.all[id], price(100'000)).value().initial.text(), "53125");
  EXPECT_EQ(position_margin(p, books.all[id], price(100'000)).value().maintenance.text(), "28125");
}

TEST(Position, options_by_the_standard_rule) {
  Books books;
  const BookId id = books.add(book("deribit", "BTC-OPTION"));
  const auto margin = [&](OptionType type, double strike, double mark, PositionSide side) {
    const Position p{.book = id,
                     .side = side,
                     .qty = qty(1),
                     .entry = price(mark),
                     .option = OptionTerms{type, price(strike)}};
    return position_margin(p, books.all[id], price(mark), price(90'000)).value();
  };
  EXPECT_EQ(margin(OptionType::call, 100'000, 0.02, PositionSide::short_side).initial.text(),
            "0.12");
  EXPECT_EQ(margin(OptionType::call, 93'000, 0.05, PositionSide::short_side).initial.text(),
            "0.16666667");  // up
  EXPECT_EQ(margin(OptionType::put, 80'000, 0.015, PositionSide::short_side).maintenance.text(),
            "0.09");
  EXPECT_EQ(margin(OptionType::put, 100'000, 2, PositionSide::short_side).maintenance.text(),
            "2.15");  // 0.075 * mark
  EXPECT_EQ(margin(OptionType::put, 100'000, 0.13, PositionSide::long_side).initial, Amount());
}

TEST(Position, options_in_quote_money_scale_with_the_underlying) {
  Books books;
  Rulebook b = book("deribit", "BTC-OPTION");
  b.contract->settle = b.contract->quote = "USDC";
  const BookId id = books.add(b);
  const Position p{.book = id,
                   .side = PositionSide::short_side,
                   .qty = qty(1),
                   .entry = price(1'800),
                   .option = OptionTerms{OptionType::call, price(100'000)}};
  const PositionMargin m = position_margin(p, books.all[id], price(1'800), price(90'000)).value();
  EXPECT_EQ(m.initial.text(), "10800");     // 0.12 * 90,000
  EXPECT_EQ(m.maintenance.text(), "8550");  // 0.095 * 90,000
}

TEST(Position, hostile_sizes_are_refused_and_nothing_stops) {
  Books books;
  const BookId ids[] = {
      books.add(book("binance", "BTCUSDT", "2024-10-24")), books.add(inverse_book(100)),
      books.add(book("deribit", "BTC_USDC-PERPETUAL")), books.add(book("deribit", "BTC-OPTION"))};
  const int64_t extremes[] = {INT64_MIN, -1, 0, 1, 2, 99'999'999, INT64_MAX - 1, INT64_MAX};
  int refused = 0;
  for (const BookId id : ids) {
    for (const int64_t q : extremes) {
      for (const int64_t e : extremes) {
        for (const int64_t m : extremes) {
          for (const int64_t l : {int64_t{INT64_MIN}, int64_t{0}, int64_t{1}, int64_t{INT64_MAX}}) {
            const Position p{.book = id,
                             .side = PositionSide::short_side,
                             .qty = Qty::raw(q),
                             .entry = Price::raw(e),
                             .leverage = Leverage::raw(l),
                             .option = OptionTerms{OptionType::put, Price::raw(e)}};
            refused += !position_margin(p, books.all[id], Price::raw(m), Price::raw(m)).has_value();
          }
        }
      }
    }
  }
  EXPECT_GT(refused, 1'000);
}

}  // namespace
}  // namespace delever::margin
