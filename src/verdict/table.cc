#include "verdict/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "base/text.h"

namespace delever::verdict {
namespace {

Error at_column(const CsvTable& table, const CsvRecord& row, std::string_view column,
                std::string what) {
  return Error{Fault::malformed, std::move(what), fmt::format("{}: {}", table.place(row), column)};
}

// Missing where the cell is empty: what came after that day is not known, which is not "no".
Result<std::optional<bool>> flag_of(const CsvTable& table, const CsvRecord& row,
                                    std::string_view column) {
  const auto number = TRY(number_of(table, row, column));
  if (!number) return std::optional<bool>();
  if (*number != 0 && *number != 1) return at_column(table, row, column, "want 0 or 1");
  return std::optional(*number == 1);
}

Result<std::optional<double>> positive_of(const CsvTable& table, const CsvRecord& row,
                                          std::string_view column) {
  const auto number = TRY(number_of(table, row, column));
  if (number && *number <= 0) return at_column(table, row, column, "want a number above 0");
  return number;
}

Result<void> read_definition(const CsvTable& table, const CsvRecord& row, FlushDay& day) {
  const std::string_view text = table.field(row, "definition");
  if (text.empty()) return {};
  for (const std::string_view part : split(text, '+')) {
    if (part == "price")
      day.by_price = true;
    else if (part == "liq")
      day.by_liquidations = true;
    else if (part == "oi")
      day.by_open_interest = true;
    else
      return at_column(table, row, "definition", fmt::format("{} is none of price, liq, oi", part));
  }
  return {};
}

// "s2", or the first column that begins with it and says more: "s2_oi_over_sd".
std::string_view column_named(const CsvTable& table, std::string_view name) {
  if (table.column(name)) return name;
  for (const std::string& column : table.header) {
    if (column.starts_with(std::string(name) + "_")) return column;
  }
  return name;
}

// An item without a value says why, in words that the refusal of its day can repeat.
Result<Item> item_of(const CsvTable& table, const CsvRecord& row, std::string_view column,
                     double unit = 1) {
  Item item;
  const auto value = TRY(number_of(table, row, column));
  if (!value) {
    item.reason = table.column(column) ? fmt::format("{} is empty", column)
                                       : fmt::format("no column {}", column);
    return item;
  }
  item.value = *value * unit;
  item.source = table.file;
  return item;
}

// A table in percent says so by its size: no market pays 100 % a year on most of its days.
Result<void> funding_in_fractions(const std::vector<gauges::DayFigures>& days,
                                  const std::string& file) {
  size_t given = 0, beyond = 0;
  for (const gauges::DayFigures& day : days) {
    for (const auto& funding : day.funding) {
      ++given;
      beyond += std::fabs(funding.annual) > 1;
    }
  }
  if (given == 0 || beyond * 2 <= given) return {};
  return Error{Fault::malformed,
               fmt::format("funding_annual: {} of {} are beyond 100 % a year: want fractions, 0.05 "
                           "for 5 %",
                           beyond, given),
               file};
}

}  // namespace

bool is_flush_table(const CsvTable& table) {
  return table.column("symbol") && table.column("date") &&
         (table.column("oi_coins_logchange_1d") || table.column("second_wave_half_7d"));
}

Result<std::optional<double>> number_of(const CsvTable& table, const CsvRecord& row,
                                        std::string_view column) {
  const std::string_view text = table.field(row, column);
  if (text.empty()) return std::optional<double>();
  const std::optional<double> value = read_double(text);
  if (!value)
    return at_column(table, row, column, fmt::format("\"{}\" is not a finite number", text));
  return value;
}

Result<Instant> day_of(const CsvTable& table, const CsvRecord& row, std::string_view column) {
  const std::string_view text = table.field(row, column);
  auto day = Instant::parse(text);
  if (!day.has_value() || day.value() != day.value().start_of_day())
    return at_column(table, row, column, fmt::format("\"{}\" is not a UTC day", text));
  return day;
}

Result<std::vector<FlushDay>> read_flush_days(const CsvTable& table) {
  for (const char* needed : {"symbol", "date"}) {
    if (!table.column(needed))
      return Error{Fault::malformed, fmt::format("no column {}", needed), table.file};
  }
  std::vector<FlushDay> out;
  for (const CsvRecord& row : table.rows) {
    FlushDay day;
    day.asset = upper(table.field(row, "symbol"));
    if (day.asset.empty()) return at_column(table, row, "symbol", "missing");
    day.day = TRY(day_of(table, row, "date"));
    TRY(read_definition(table, row, day));
    day.close = TRY(number_of(table, row, "close"));
    day.log_return = TRY(number_of(table, row, "ret_1d"));
    day.volatility = TRY(number_of(table, row, "ewma94"));
    day.funding = TRY(item_of(table, row, "funding_annual"));
    day.interest_change = TRY(item_of(table, row, "oi_coins_logchange_1d"));
    // The column counts in steps of 10 % a year; items are fractions a year.
    day.funding_change = TRY(item_of(table, row, "x4_unclipped", 0.1));
    // In units of the coin's own daily deviation.
    day.own_interest_change = TRY(item_of(table, row, column_named(table, "s2")));
    day.own_funding_change = TRY(item_of(table, row, column_named(table, "s4")));
    day.size_ln = TRY(number_of(table, row, "x1_ln_longliq_over_median"));
    day.oscillator = TRY(number_of(table, row, "oscillator"));
    day.wave = TRY(flag_of(table, row, "second_wave_half_7d"));
    day.lower = TRY(flag_of(table, row, "lower5_7d"));
    day.lowest = TRY(number_of(table, row, "lowest_close_7d"));
    if (day.volatility && *day.volatility <= 0)
      return at_column(table, row, "ewma94", "want a number above 0");
    out.push_back(std::move(day));
  }
  std::stable_sort(out.begin(), out.end(), before);
  const auto twice = std::adjacent_find(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return a.asset == b.asset && a.day == b.day;
  });
  if (twice != out.end())
    return Error{Fault::malformed,
                 fmt::format("{} {} stands twice", twice->asset, twice->day.date()), table.file};
  return out;
}

bool is_day_table(const CsvTable& table) {
  return !is_flush_table(table) && table.column("symbol") && table.column("date") &&
         table.column("close");
}

Result<std::vector<gauges::DayFigures>> read_days(const CsvTable& table) {
  std::vector<gauges::DayFigures> out;
  for (const CsvRecord& row : table.rows) {
    gauges::DayFigures day;
    day.asset = upper(table.field(row, "symbol"));
    if (day.asset.empty()) return at_column(table, row, "symbol", "missing");
    day.day = TRY(day_of(table, row, "date"));
    const auto close = TRY(positive_of(table, row, "close"));
    // 4: as a spot market's trade, the highest rank of Prices::rank.
    if (close) day.closes.push_back({table.file, "close", table.file, 4, *close});
    const auto longs = TRY(number_of(table, row, "liq_long_usd"));
    const auto shorts = TRY(number_of(table, row, "liq_short_usd"));
    // One side alone has no share and no oscillator, and reads as if the other were 0.
    if (longs.has_value() != shorts.has_value())
      return at_column(table, row, longs ? "liq_short_usd" : "liq_long_usd",
                       "missing, with the other side there");
    if (longs && (*longs < 0 || *shorts < 0))
      return at_column(table, row, "liq_long_usd", "want dollars of 0 or more on both sides");
    if (longs) day.liquidations.push_back({table.file, *longs, *shorts});
    auto coins = TRY(positive_of(table, row, "oi_coins"));
    const auto usd = TRY(positive_of(table, row, "oi_usd"));
    // Dollars are turned into coins at the day's own close, since the items are about coins.
    if (!coins && usd && close) coins = *usd / *close;
    if (coins)
      day.interest.push_back(
          {.venue = table.file, .scope = "open interest", .published = true, .coins = coins});
    if (const auto annual = TRY(number_of(table, row, "funding_annual")))
      day.funding.push_back({table.file, "funding", true, *annual});
    if (const auto bids = TRY(positive_of(table, row, "depth_bids_usd")))
      day.depth.push_back({table.file, *bids});
    day.longs_within_2pct_usd = TRY(positive_of(table, row, "longs_within_2pct_usd"));
    out.push_back(std::move(day));
  }
  // Over the whole table: one day beyond 100 % a year may be true.
  TRY(funding_in_fractions(out, table.file));
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return std::tie(a.day, a.asset) < std::tie(b.day, b.asset);
  });
  const auto twice = std::adjacent_find(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return a.asset == b.asset && a.day == b.day;
  });
  if (twice != out.end())
    return Error{Fault::malformed,
                 fmt::format("{} {} stands twice", twice->asset, twice->day.date()), table.file};
  return out;
}

}  // namespace delever::verdict
