// What has been: volatilities, marks of options, prices of delivery, settlements.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "gateways/deribit/methods.h"
#include "gateways/market_span.h"

namespace delever::gateways::deribit {
namespace {

// Of the volatility index, in seconds and one by its name.
std::optional<Duration> index_resolution(std::string_view name) {
  if (name == "1D") return Duration::days(1);
  for (const int64_t seconds : {1, 60, 3'600, 43'200})
    if (name == std::to_string(seconds)) return Duration::seconds(seconds);
  return std::nullopt;
}

std::optional<Duration> chart_span(std::string_view name) {
  constexpr std::pair<std::string_view, int64_t> kHours[] = {
      {"1h", 1}, {"1d", 24}, {"2d", 48}, {"1m", 720}, {"1y", 8'760}, {"all", 87'600}};
  for (const auto& [known, hours] : kHours)
    if (known == name) return Duration::hours(hours);
  return std::nullopt;
}

}  // namespace

// By coin, as volatilities are asked for; missing: `reply` says why not.
std::optional<uint32_t> Methods::index_of_coin(const Params& params, Reply& reply) const {
  const std::string coin = lower(params.text("currency"));
  const auto index = contracts_.index_of(coin + "_usd");
  if (!index) reply = Reply::invalid("currency", coin.empty() ? "is required" : "invalid currency");
  return index;
}

Reply Methods::historical_volatility(Caller&, const Params& params) {
  Reply reply;
  const auto index = index_of_coin(params, reply);
  return index ? Reply::ok(past_.realised(*index)) : reply;
}

Reply Methods::volatility_index(Caller&, const Params& params) {
  Reply reply;
  const auto index = index_of_coin(params, reply);
  if (!index) return reply;
  const auto length = index_resolution(params.text("resolution"));
  if (!length) return Reply::invalid("resolution", "wrong value");
  const auto window = whole_window(params, reply);
  if (!window) return reply;
  return Reply::ok(past_.volatility_candles(*index, *length, window->from, window->to));
}

Reply Methods::index_chart(Caller&, const Params& params) {
  const auto index = contracts_.index_of(params.text("index_name"));
  if (!index) return Reply::invalid("index_name", "wrong value");
  const auto span = chart_span(params.text("range"));
  if (!span) return Reply::invalid("range", "wrong value");
  return Reply::ok(past_.chart(*index, *span));
}

// Every five minutes; of options alone, as on the venue: others have an empty list.
Reply Methods::mark_history(Caller&, const Params& params) {
  Reply reply;
  const Contract* const c = contract(params, reply);
  if (!c) return reply;
  const Wanted wanted(params, desk_);
  JsonWriter w;
  w.open('[');
  for (const MarketSample& sample : desk_.past(c->instrument)) {
    if (!c->option || !sample.mark || !wanted.has(sample.at)) continue;
    w.open('[').raw_item(sample.at.ms()).raw_item(number(*sample.mark)).close();
  }
  return Reply::ok(w.close().take());
}

// A day and index have one price, the newest first.
Reply Methods::delivery_prices(Caller&, const Params& params) {
  const std::string_view index = params.text("index_name");
  if (!contracts_.index_of(index)) return Reply::invalid("index_name", "wrong value");
  std::map<std::string, Price, std::greater<>> by_date;
  for (const Contract& c : contracts_.all()) {
    const auto delivered = desk_.delivery(c.instrument);
    if (c.index == index && delivered) by_date[delivered->at.date()] = delivered->price;
  }
  const auto offset = std::max<int64_t>(params.integer("offset").value_or(0), 0);
  const size_t count = Wanted(params, desk_).count;
  JsonWriter w;
  w.open('{').raw("records_total", by_date.size()).open("data", '[');
  size_t row = 0;
  for (const auto& [date, price] : by_date) {
    const size_t at = row++;
    if (at < static_cast<size_t>(offset) || at >= static_cast<size_t>(offset) + count) continue;
    w.open('{').text("date", date).raw("delivery_price", number(price)).close();
  }
  return Reply::ok(w.close().close().take());
}

Reply settlement_list(const NewestFirst& rows, size_t count) {
  JsonWriter w;
  w.open('{').open("settlements", '[');
  size_t shown = 0;
  for (const auto& [at, row] : rows)
    if (shown++ < count) w.raw_item(row);
  return Reply::ok(w.close().null("continuation").close().take());
}

// Positions that the venue took over, and deliveries; what is settled by the day is told to its
// owners alone. The newest first.
Reply Methods::last_settlements(Caller&, const Params& params) {
  const Wanted wanted(params, desk_);
  if (!wanted.name.empty() && !contracts_.find(wanted.name))
    return Reply::invalid("instrument_name", "wrong format");
  if (wanted.name.empty() && !contracts_.is_coin(wanted.coin_name))
    return Reply::invalid("currency", "invalid currency");
  const std::string_view type = params.text("type");
  NewestFirst rows;
  for (const Contract& c : contracts_.all()) {
    if (!wanted.is(c)) continue;
    const auto delivered = desk_.delivery(c.instrument);
    if (delivered && (type.empty() || type == "delivery"))
      rows.emplace(delivered->at, shapes_.delivery(c, *delivered));
    if (!type.empty() && type != "bankruptcy") continue;
    for (const ForcedClose& row : desk_.forced_public(c.instrument))
      if (row.how != ForcedClose::How::order) rows.emplace(row.at, shapes_.settlement(c, row));
  }
  return settlement_list(rows, wanted.count);
}

}  // namespace delever::gateways::deribit
