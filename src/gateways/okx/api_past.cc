// OKX's statistics of trading (/rubik/stat): open interest as it was, long-short ratios, the volume
// of takers. Rows are lists of texts, newest first.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "gateways/figures_text.h"
#include "gateways/okx/market_rows.h"
#include "gateways/okx/pages.h"

namespace delever::gateways::okx {
namespace {

// ["ts", "a", "b"]
void append_cells(std::string& to, Instant at, std::initializer_list<double> cells) {
  fmt::format_to(std::back_inserter(to), "[\"{}\"", at.ms());
  for (const double cell : cells) to += ",\"" + number_text(cell) + "\"";
  to += ']';
}

// "5m" where it is not named.
std::optional<Duration> asked_period(const Ask& ask) {
  const auto bar = bar_length(ask.fields.has("period") ? ask.fields["period"] : "5m");
  const auto period = bar ? bar->fixed() : std::nullopt;
  return period && *period >= Duration::minutes(5) ? period : std::nullopt;
}

bool is_whole(Instant at, Duration period) { return at.ns() % period.ns() == 0; }

// The newest samples at whole periods.
std::vector<const MarketSample*> samples_of(const Venue& venue, const Product& p, const Ask& ask,
                                            Duration period) {
  return page_of(
      venue.desk.past(p.instrument), ask, [](const MarketSample& s) { return s.at.ms(); },
      [](const MarketSample& s) { return s.at; },
      [&](const MarketSample& s) { return is_whole(s.at, period); });
}

}  // namespace

// The perpetual in dollars of a coin: what OKX tells by coin is mostly of it.
const Product* Api::perpetual_of(std::string_view coin) const {
  for (const Product& p : venue_.catalog.all()) {
    if (p.base == coin && p.type == InstType::swap && !p.inverse) return &p;
  }
  return nullptr;
}

// By coin, or by contract.
std::optional<Refusal> Api::read_subject(const Ask& ask, const Product*& out) const {
  if (!ask.fields.has("ccy")) return read_product(venue_, ask.fields, out);
  out = perpetual_of(ask.fields["ccy"]);
  return out ? std::nullopt : std::optional(parameter_error("ccy"));
}

Outcome Api::open_interest_past(const Ask& ask) {
  const Product* p = nullptr;
  if (const auto r = read_product(venue_, ask.fields, p)) return *r;
  const auto period = asked_period(ask);
  if (!period) return parameter_error("period");
  return rows_of(samples_of(venue_, *p, ask, *period), [&](std::string& to, const MarketSample* s) {
    const double contracts = s->open_interest.approx(), mark = s->mark.value_or(Price()).approx(),
                 coins = venue_.coins(*p, contracts, mark);
    append_cells(to, s->at, {contracts, coins, coins * mark});
  });
}

// Of all accounts, of those with the most money, or of what these hold: by the path.
Outcome Api::long_short(const Ask& ask) {
  const Product* p = nullptr;
  if (const auto r = read_subject(ask, p)) return *r;
  const auto period = asked_period(ask);
  if (!period) return parameter_error("period");
  const bool top = ask.path.ends_with("top-trader");
  const bool held = ask.path.find("position-ratio") != ask.path.npos;
  std::vector<const MarketSample*> rows = samples_of(venue_, *p, ask, *period);
  const auto crowd = [&](const MarketSample& s) { return top ? s.top : s.all; };
  // Where nobody is short there is no ratio.
  std::erase_if(rows, [&](const MarketSample* s) { return crowd(*s).shorts == 0; });
  return rows_of(rows, [&](std::string& to, const MarketSample* s) {
    const MarketSample::Crowd c = crowd(*s);
    const double accounts = static_cast<double>(c.longs) / c.shorts;
    append_cells(to, s->at, {held ? c.long_units / c.short_units : accounts});
  });
}

// Sold, bought: of one contract in its own unit (0 coins, 1 contracts, 2 dollars), or of a coin.
Outcome Api::taker_volume(const Ask& ask) {
  const Product* p = nullptr;
  const bool of_coin = ask.fields.has("ccy");
  if (const auto r = read_subject(ask, p)) return *r;
  const auto period = asked_period(ask);
  if (!period) return parameter_error("period");
  const std::string_view unit = of_coin ? "0" : ask.fields.has("unit") ? ask.fields["unit"] : "1";
  if (unit != "0" && unit != "1" && unit != "2") return parameter_error("unit");
  const auto all = venue_.desk.candles(p->instrument, *period, 10'000);
  const auto rows = page_of(
      all, ask, [](const Candle& c) { return c.start.ms(); },
      [](const Candle& c) { return c.start; }, [](const Candle&) { return true; });
  return rows_of(rows, [&](std::string& to, const Candle* c) {
    const double price = c->close.approx();
    const auto in_unit = [&](double contracts) {
      const double coins = venue_.coins(*p, contracts, price);
      return unit == "1" ? contracts : unit == "0" ? coins : coins * price;
    };
    append_cells(to, c->start,
                 {in_unit(c->volume - c->taker_buy_volume), in_unit(c->taker_buy_volume)});
  });
}

// Both in dollars.
Outcome Api::interest_and_volume(const Ask& ask) {
  const Product* p = perpetual_of(ask.fields["ccy"]);
  if (!p) return parameter_error("ccy");
  const auto period = asked_period(ask);
  if (!period) return parameter_error("period");
  const auto bars = venue_.desk.candles(p->instrument, *period, 10'000);
  return rows_of(samples_of(venue_, *p, ask, *period), [&](std::string& to, const MarketSample* s) {
    const double mark = s->mark.value_or(Price()).approx();
    double volume = 0;  // of the period that ended then
    for (const Candle& c : bars) {
      if (c.start + *period == s->at) volume = c.turnover;
    }
    append_cells(to, s->at, {venue_.coins(*p, s->open_interest.approx(), mark) * mark, volume});
  });
}

Outcome Api::supported_coins(const Ask&) {
  std::set<std::string> contracts, options, spot;
  for (const Product& p : venue_.catalog.all())
    (p.is_spot() ? spot : p.type == InstType::option ? options : contracts).insert(p.base);
  Outcome out;
  out.rows.clear();
  ObjectText row(out.rows);
  const auto list = [&](std::string_view name, const std::set<std::string>& coins) {
    append_list(row.member(name), coins, [&](const std::string& c) { append_text(out.rows, c); });
  };
  list("contract", contracts);
  list("option", options);
  list("spot", spot);
  row.end();
  return out;
}

// type 1: coins (of inverse contracts, dollars) to contracts; 2: the other way round.
Outcome Api::convert_contract(const Ask& ask) {
  const Product* p = nullptr;
  if (const auto r = read_product(venue_, ask.fields, p)) return *r;
  const std::string_view type = ask.fields.has("type") ? ask.fields["type"] : "1";
  const auto size = Qty::parse(ask.fields["sz"], Precision::nearest);
  const auto price = ask.fields.fixed<Price>("px");
  if (type != "1" && type != "2") return parameter_error("type");
  if (!size.has_value() || size.value() <= Qty()) return parameter_error("sz");
  if (!price.has_value()) return parameter_error("px");
  const Price at =
      price.value() ? *price.value() : venue_.exchange().mark(p->instrument).value_or(Price());
  const double one = venue_.coins(*p, 1, at.approx());
  if (p->is_spot() || one <= 0) return parameter_error("px");
  const double given = size.value().approx(), step = p->contract->step->approx();
  const double result = type == "2" ? given * one : std::floor(given / one / step + 1e-9) * step;
  Outcome out;
  out.rows = "[";
  ObjectText row(out.rows);
  row.text("instId", p->inst_id).text("px", price.value() ? at.text() : "");
  row.text("sz", number_text(result)).text("type", type).text("unit", "coin");
  row.end();
  out.rows += ']';
  return out;
}

// Of all markets, in dollars; what it is in others nobody here knows.
Outcome Api::platform_volume(const Ask&) {
  double dollars = 0;
  for (const Product& p : venue_.catalog.all()) {
    const DayStats day = venue_.desk.day(p.instrument);
    dollars += p.inverse ? day.volume * p.size.approx() : day.turnover;
  }
  Outcome out;
  out.rows = "[";
  ObjectText row(out.rows);
  row.text("volUsd", number_text(dollars)).text("volCny", "").text("ts", ms_text(venue_.market()));
  row.end();
  out.rows += ']';
  return out;
}

// Of the mark over the index, every five minutes.
Outcome Api::premiums(const Ask& ask) {
  const Product* p = nullptr;
  if (const auto r = read_product(venue_, ask.fields, p)) return *r;
  std::vector<const MarketSample*> rows = samples_of(venue_, *p, ask, Duration::minutes(5));
  std::erase_if(rows, [](const MarketSample* s) { return !s->mark || !s->index; });
  return rows_of(rows, [&](std::string& to, const MarketSample* s) {
    ObjectText row(to);
    row.text("instId", p->inst_id)
        .text("premium", number_text(s->mark->approx() / s->index->approx() - 1, 16))
        .text("ts", ms_text(s->at));
    row.end();
  });
}

}  // namespace delever::gateways::okx
