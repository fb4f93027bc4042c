#include "render/series_render.h"

#include <fmt/format.h>

#include <algorithm>

#include "market/event_names.h"

namespace delever::render {
namespace {

// Seconds since 1970: what charts count in.
Json since_1970(Instant at) { return at.ns() / 1'000'000'000; }
Json time_or_null(const std::optional<Instant>& at) { return at ? Json(at->text()) : Json(); }
Json seconds_or_null(const std::optional<Duration>& d) {
  return d ? Json(d->in_seconds()) : Json();
}

// Columns instead of rows: what a chart takes, and a third of the bytes.
Json price_json(const reports::PriceSeries& p, Duration span) {
  // A series of hours cannot be shown by minutes: it keeps its own span, and says so.
  const Duration step = std::max(span, p.span);
  Json t = Json::array(), open = t, high = t, low = t, close = t, coins = t;
  for (const reports::PriceBar& bar : reports::by_step(p, span)) {
    t.push_back(since_1970(bar.from));
    open.push_back(bar.open), high.push_back(bar.high), low.push_back(bar.low);
    close.push_back(bar.close), coins.push_back(json_or_null(bar.coins));
  }
  return {{"venue", p.venue},
          {"symbol", p.symbol},
          {"name", p.name},
          {"kind", kind_name(p.kind)},
          {"from", p.from},
          {"span_s", step.in_seconds()},
          {"t", std::move(t)},
          {"open", std::move(open)},
          {"high", std::move(high)},
          {"low", std::move(low)},
          {"close", std::move(close)},
          {"coins", std::move(coins)}};
}

// Dollars of longs and shorts in each span. A span without liquidations has no entry.
Json forced_json(const reports::ForcedSeries& f, Duration span) {
  Json t = Json::array(), longs = t, shorts = t, count = t;
  for (const reports::ForcedSpan& one : reports::joined(f.minutes, span)) {
    t.push_back(since_1970(one.from));
    longs.push_back(one.long_usd), shorts.push_back(one.short_usd), count.push_back(one.count);
  }
  return {{"venue", f.venue},
          {"span_s", span.in_seconds()},
          {"t", std::move(t)},
          {"long_usd", std::move(longs)},
          {"short_usd", std::move(shorts)},
          {"count", std::move(count)}};
}

}  // namespace

Json waves_json(const reports::Series& series) {
  Json waves = Json::array();
  for (const reports::ForcedWave& w : series.waves)
    waves.push_back({{"from", w.from.text()},
                     {"to", w.to.text()},
                     {"long_usd", w.long_usd},
                     {"short_usd", w.short_usd},
                     // null: no price was known at that moment.
                     {"price_from", w.price_from > 0 ? Json(w.price_from) : Json()},
                     {"price_to", w.price_to > 0 ? Json(w.price_to) : Json()}});
  return waves;
}

Json series_json(const reports::Series& series, Duration span) {
  Json json{{"asset", series.asset}, {"span_s", span.in_seconds()}};
  json["prices"] = Json::array();
  for (const reports::PriceSeries& p : series.prices) json["prices"].push_back(price_json(p, span));
  json["liquidations"] = Json::array();
  for (const reports::ForcedSeries& f : series.forced)
    json["liquidations"].push_back(forced_json(f, span));
  json["waves"] = waves_json(series);
  json["left_out"] = series.left_out;
  return json;
}

Json history_json(const gauges::History& h) {
  Json json = Json::object();
  json["liquidation_days"] = Json::array();
  for (const gauges::LiquidationDay& d : h.liquidations)
    // A share or oscillator is null on a day below the floor or not covered; the sums stand all the
    // same.
    json["liquidation_days"].push_back(
        {{"series", d.series},
         {"day", d.day.date()},
         {"long_usd", d.long_usd},
         {"short_usd", d.short_usd},
         {"coverage", d.coverage},
         {"valid", d.valid},
         {"long_share", json_or_null(d.long_share)},
         {"oscillator", json_or_null(d.oscillator)},
         {"long_share_ma", json_or_null(d.long_share_ma)},
         {"oscillator_ma", json_or_null(d.oscillator_ma)},
         {"long_share_ma_weighted", json_or_null(d.long_share_ma_weighted)},
         {"oscillator_ma_weighted", json_or_null(d.oscillator_ma_weighted)}});
  json["funding"] = Json::array();
  for (const gauges::FundingPoint& f : h.funding)
    json["funding"].push_back({{"venue", f.venue},
                               {"symbol", f.symbol},
                               {"name", f.name},
                               {"at", f.at.text()},
                               {"rate", f.rate},
                               {"interval_s", f.interval.in_seconds()},
                               {"annual", f.annual},
                               {"kind", name_of(f.kind)},
                               {"main", f.main}});
  json["open_interest"] = Json::array();
  for (const gauges::OpenInterestPoint& p : h.open_interest)
    json["open_interest"].push_back({{"venue", p.venue},
                                     {"at", p.at.text()},
                                     {"coins", json_or_null(p.coins)},
                                     {"usd", json_or_null(p.usd)}});
  json["contracts"] = Json::array();
  for (const gauges::ContractInterest& c : h.contracts)
    json["contracts"].push_back({{"venue", c.venue},
                                 {"symbol", c.symbol},
                                 {"name", c.name},
                                 {"at", c.at.text()},
                                 {"contracts", c.contracts},
                                 {"coins", c.coins},
                                 {"usd", json_or_null(c.usd)},
                                 {"summed", c.summed}});
  json["etf_flows"] = Json::array();
  for (const gauges::EtfFlow& f : h.etf_flows)
    json["etf_flows"].push_back({{"holder", f.holder}, {"at", f.at.text()}, {"usd", f.flow_usd}});
  return json;
}

Json gaps_json(const reports::Survey& survey) {
  Json gaps = Json::array();
  for (const reports::GapSeen& g : survey.gaps)
    gaps.push_back({{"stream", g.stream},
                    {"symbol", g.symbol},
                    {"from", g.from.text()},
                    {"to", g.to.text()},
                    {"kind", name_of(g.kind)},
                    {"reason", g.reason}});
  return gaps;
}

Json streams_json(const reports::Survey& survey, Instant at) {
  Json streams = Json::array();
  for (const reports::StreamHealth& s : survey.streams) {
    Json reasons = Json::object();
    for (const auto& [reason, count] : s.undecoded_reasons) reasons[reason] = count;
    uint64_t gaps = 0;
    for (const reports::GapSeen& g : survey.gaps) gaps += g.stream == s.name;
    streams.push_back({{"name", s.name},
                       {"venue", s.venue},
                       {"channel", s.channel},
                       {"messages", s.messages},
                       {"events", s.events},
                       {"undecoded", s.undecoded},
                       {"undecoded_reasons", std::move(reasons)},
                       {"first", time_or_null(s.first)},
                       {"last", time_or_null(s.last)},
                       {"silent_s", s.last ? Json((at - *s.last).in_seconds()) : Json()},
                       {"lag_median_s", seconds_or_null(s.lag_median)},
                       {"lag_p99_s", seconds_or_null(s.lag_p99)},
                       {"lag_most_s", seconds_or_null(s.lag_most)},
                       {"gaps", gaps}});
  }
  return streams;
}

void Track::add(Instant at, const std::vector<gauges::Reading>& readings) {
  const size_t before = times_.size();
  times_.push_back(since_1970(at));
  for (const gauges::Reading& r : readings) {
    const std::string key =
        fmt::format("{}|{}|{}", r.name, r.venue.value_or(""), r.expiry ? r.expiry->text() : "");
    Column& column = columns_[key];
    const auto fill = [&](std::vector<Json>& cells, Json cell) {
      // A reading that was not there at earlier times gets nulls for them, so that all columns keep
      // step.
      cells.resize(before);
      cells.push_back(std::move(cell));
    };
    fill(column.value, json_or_null(r.value));
    fill(column.low, json_or_null(r.low));
    fill(column.high, json_or_null(r.high));
    fill(column.state, gauges::state_name(r.state));
    column.last = r;
  }
}

Json Track::json() const {
  Json series = Json::array();
  for (const auto& [key, column] : columns_) {
    const auto cells = [&](std::vector<Json> all) {
      // And nulls at the end for one that was not there any more.
      all.resize(times_.size());
      return Json(all);
    };
    Json one{{"name", column.last.name}, {"unit", column.last.unit}};
    one["venue"] = column.last.venue ? Json(*column.last.venue) : Json();
    one["expiry"] = column.last.expiry ? Json(expiry_name(*column.last.expiry)) : Json();
    one["value"] = cells(column.value), one["low"] = cells(column.low);
    one["high"] = cells(column.high), one["state"] = cells(column.state);
    series.push_back(std::move(one));
  }
  return {{"t", times_}, {"series", std::move(series)}};
}

}  // namespace delever::render
