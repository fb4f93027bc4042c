#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "base/text.h"
#include "gateways/deribit/methods.h"
#include "gateways/market_span.h"

namespace delever::gateways::deribit {
namespace {

constexpr size_t kRowsMost = 1'000;

}  // namespace

Wanted::Wanted(const Params& params, const Desk& desk)
    : name(params.text("instrument_name")),
      coin_name(params.text("currency")),
      kind(params.text("kind")) {
  from = in_market_time(desk, params.integer("start_timestamp").value_or(0));
  to = in_market_time(desk, params.integer("end_timestamp").value_or(INT64_MAX));
  count =
      static_cast<size_t>(std::clamp<int64_t>(params.integer("count").value_or(10), 1, kRowsMost));
}

bool Wanted::is(const Contract& c) const {
  return name.empty() ? c.is(coin_name, kind) : c.name == name;
}

std::optional<Duration> resolution(std::string_view name) {
  if (name == "1D") return Duration::days(1);
  for (const int64_t minutes : {1, 3, 5, 10, 15, 30, 60, 120, 180, 360, 720})
    if (name == std::to_string(minutes)) return Duration::minutes(minutes);
  return std::nullopt;
}

const Methods::Row Methods::kPublic[] = {
    {"auth", &Methods::auth},
    {"get_time", &Methods::time},
    {"test", &Methods::test},
    {"hello", &Methods::test},
    {"status", &Methods::status},
    {"get_currencies", &Methods::coin_names},
    {"get_instruments", &Methods::instruments},
    {"get_instrument", &Methods::instrument},
    {"get_contract_size", &Methods::contract_size},
    {"ticker", &Methods::ticker},
    {"get_order_book", &Methods::order_book},
    {"get_order_book_by_instrument_id", &Methods::order_book},
    {"get_book_summary_by_currency", &Methods::summaries},
    {"get_book_summary_by_instrument", &Methods::summaries},
    {"get_last_trades_by_currency", &Methods::last_trades},
    {"get_last_trades_by_currency_and_time", &Methods::last_trades},
    {"get_last_trades_by_instrument", &Methods::last_trades},
    {"get_last_trades_by_instrument_and_time", &Methods::last_trades},
    {"get_tradingview_chart_data", &Methods::chart},
    {"get_funding_rate_value", &Methods::funding_value},
    {"get_funding_rate_history", &Methods::funding_history},
    {"get_funding_chart_data", &Methods::funding_chart},
    {"get_index_price", &Methods::index_price},
    {"get_index", &Methods::index_price},
    {"get_index_price_names", &Methods::index_names},
    {"get_supported_index_names", &Methods::index_names},
    {"get_expirations", &Methods::expirations},
    {"get_last_settlements_by_currency", &Methods::last_settlements},
    {"get_last_settlements_by_instrument", &Methods::last_settlements},
    {"get_trade_volumes", &Methods::volumes},
    {"get_announcements", &Methods::nothing},
    {"get_historical_volatility", &Methods::historical_volatility},
    {"get_volatility_index_data", &Methods::volatility_index},
    {"get_index_chart_data", &Methods::index_chart},
    {"get_mark_price_history", &Methods::mark_history},
    {"get_delivery_prices", &Methods::delivery_prices},
    // Nothing is traded in combinations or blocks.
    {"get_combos", &Methods::nothing},
    {"get_combo_ids", &Methods::nothing},
    {"get_rfqs", &Methods::nothing},
};

// A name that is in neither list is no method.
std::optional<Reply> Methods::call(std::string_view method, Caller& caller, const Params& params) {
  if (method.starts_with("public/")) {
    for (const Row& row : kPublic)
      if (row.name == method.substr(7)) return (this->*row.handler)(caller, params);
  } else if (method.starts_with("private/")) {
    CHECK(caller.account);
    for (const Row& row : private_rows())
      if (row.name == method.substr(8)) return (this->*row.handler)(caller, params);
  }
  if (is_for_others(method)) {
    Reply reply = Reply::refused(13021, "forbidden");
    reply.reason = "not available to this account";
    return reply;
  }
  return std::nullopt;
}

// "wrong format": the venue's word for an instrument that it does not know.
const Contract* Methods::contract(const Params& params, Reply& reply) const {
  const std::string_view name = params.text("instrument_name");
  if (name.empty()) {
    reply = Reply::invalid("instrument_name", "is required");
    return nullptr;
  }
  const Contract* const found = contracts_.find(name);
  if (!found) reply = Reply::invalid("instrument_name", "wrong format");
  return found;
}

Reply Methods::auth(Caller& caller, const Params& params) {
  return sessions_.authenticate(params, caller);
}
Reply Methods::time(Caller&, const Params&) {
  return Reply::ok(std::to_string(desk_.door().market_now().ms()));
}
// expected_result=exception asks for an error, to see what one looks like.
Reply Methods::test(Caller&, const Params& params) {
  if (params.text("expected_result") == "exception") return Reply::refused(11050, "bad_request");
  return Reply::ok(R"({"version":"1.2.26"})");
}
Reply Methods::status(Caller&, const Params&) {
  return Reply::ok(R"({"locked":"false","locked_indices":[]})");
}
Reply Methods::nothing(Caller&, const Params&) { return Reply::ok("[]"); }
Reply Methods::coin_names(Caller&, const Params&) { return Reply::ok(shapes_.coin_names()); }

// Those that have settled are shown where `expired` asks for them.
Reply Methods::instruments(Caller&, const Params& params) {
  const std::string_view coin_name = params.text("currency"), kind = params.text("kind");
  if (!coin_name.empty() && !contracts_.is_coin(coin_name))
    return Reply::invalid("currency", "invalid currency");
  const Instant now = desk_.door().market_now();
  std::vector<std::string> rows;
  for (const Contract& c : contracts_.all()) {
    const bool expired = c.listing->expiry && *c.listing->expiry <= now;
    if (c.is(coin_name, kind) && expired == params.flag("expired"))
      rows.push_back(shapes_.instrument(c));
  }
  return Reply::ok(list_of(rows));
}

Reply Methods::instrument(Caller&, const Params& params) {
  Reply reply;
  const Contract* const c = contract(params, reply);
  return c ? Reply::ok(shapes_.instrument(*c)) : reply;
}

Reply Methods::contract_size(Caller&, const Params& params) {
  Reply reply;
  const Contract* const c = contract(params, reply);
  if (!c) return reply;
  return Reply::ok(fmt::format(R"({{"contract_size":{}}})", number(c->contract_size())));
}

Reply Methods::ticker(Caller&, const Params& params) {
  Reply reply;
  const Contract* const c = contract(params, reply);
  return c ? Reply::ok(shapes_.ticker(*c)) : reply;
}

// By name or by number.
Reply Methods::order_book(Caller&, const Params& params) {
  Reply reply;
  const auto id = params.integer("instrument_id");
  const Contract* const c =
      id ? contracts_.of(InstrumentId(static_cast<uint32_t>(*id - 1))) : contract(params, reply);
  if (!c) return id ? Reply::invalid("instrument_id", "wrong value") : reply;
  const int64_t depth = params.integer("depth").value_or(5);
  if (depth < 1 || depth > 10'000) return Reply::invalid("depth", "must be between 1 and 10000");
  return Reply::ok(shapes_.order_book(*c, static_cast<size_t>(depth)));
}

// Of one instrument, or of all of a coin and kind.
Reply Methods::summaries(Caller&, const Params& params) {
  const Wanted wanted(params, desk_);
  if (wanted.name.empty() && !contracts_.is_coin(wanted.coin_name))
    return Reply::invalid("currency", "invalid currency");
  if (!wanted.name.empty() && !contracts_.find(wanted.name))
    return Reply::invalid("instrument_name", "wrong format");
  std::vector<std::string> rows;
  for (const Contract& c : contracts_.all())
    if (wanted.is(c)) rows.push_back(shapes_.summary(c));
  return Reply::ok(list_of(rows));
}

// Newest first unless "asc"; the newest `count` of the span, the oldest with "asc".
Reply Methods::last_trades(Caller&, const Params& params) {
  const Wanted wanted(params, desk_);
  if (!wanted.name.empty() && !contracts_.find(wanted.name))
    return Reply::invalid("instrument_name", "wrong format");
  if (wanted.name.empty() && !contracts_.is_coin(wanted.coin_name))
    return Reply::invalid("currency", "invalid currency");
  const int64_t first = params.integer("start_seq").value_or(0);
  const int64_t last = params.integer("end_seq").value_or(INT64_MAX);
  std::vector<std::pair<const Contract*, const PublicTrade*>> found;
  for (const Contract& c : contracts_.all()) {
    if (!wanted.is(c)) continue;
    for (const PublicTrade& trade : desk_.trades(c.instrument)) {
      const auto seq = static_cast<int64_t>(trade.number);
      if (wanted.has(trade.at) && seq >= first && seq <= last) found.emplace_back(&c, &trade);
    }
  }
  const bool ascending = params.text("sorting") == "asc";
  std::sort(found.begin(), found.end(), [&](const auto& a, const auto& b) {
    const auto key = [](const auto& row) {
      return std::tuple(row.second->at, row.first->instrument, row.second->number);
    };
    return ascending ? key(a) < key(b) : key(b) < key(a);
  });
  JsonWriter w;
  w.open('{').open("trades", '[');
  for (size_t i = 0; i < std::min(found.size(), wanted.count); ++i)
    w.raw_item(shapes_.trade(*found[i].first, *found[i].second));
  w.close().raw("has_more", found.size() > wanted.count);
  return Reply::ok(w.close().take());
}

// Others take what is missing for no limit; candles are asked for between two times.
std::optional<Methods::Window> Methods::whole_window(const Params& params, Reply& reply) const {
  const auto from = params.integer("start_timestamp"), to = params.integer("end_timestamp");
  if (from && to) return Window{in_market_time(desk_, *from), in_market_time(desk_, *to)};
  reply = Reply::invalid(from ? "end_timestamp" : "start_timestamp", "is required");
  return std::nullopt;
}

Reply Methods::chart(Caller&, const Params& params) {
  Reply reply;
  const Contract* const c = contract(params, reply);
  if (!c) return reply;
  const auto length = resolution(params.text("resolution"));
  if (!length) return Reply::invalid("resolution", "wrong value");
  const auto window = whole_window(params, reply);
  if (!window) return reply;
  return Reply::ok(shapes_.chart(*c, *length, window->from, window->to));
}

// A bare number: the sum over the span.
Reply Methods::funding_value(Caller&, const Params& params) {
  Reply reply;
  const Contract* const c = contract(params, reply);
  if (!c) return reply;
  const Wanted wanted(params, desk_);
  return Reply::ok(number(shapes_.funding_over(*c, wanted.from, wanted.to), 15));
}

// By the hour.
Reply Methods::funding_history(Caller&, const Params& params) {
  Reply reply;
  const Contract* const c = contract(params, reply);
  if (!c) return reply;
  const Wanted wanted(params, desk_);
  return Reply::ok(shapes_.funding_hours(*c, wanted.from, wanted.to));
}

// Each payment of 8h, 24h or a month, as far as the desk remembers.
Reply Methods::funding_chart(Caller&, const Params& params) {
  Reply reply;
  const Contract* const c = contract(params, reply);
  if (!c) return reply;
  const std::string_view length = params.text("length");
  const int64_t hours = length == "8h" ? 8 : length == "24h" ? 24 : length == "1m" ? 720 : 0;
  if (hours == 0) return Reply::invalid("length", "wrong value");
  const int64_t now = desk_.door().market_now().ms(), hour = 3'600'000;
  JsonWriter w;
  w.open('{').raw("current_interest", number(shapes_.funding_over(*c, now - hour, now), 15));
  w.raw("interest_8h", number(shapes_.funding_over(*c, now - 8 * hour, now), 15));
  w.open("data", '[');
  for (const FundingRecord& row : desk_.funding(c->instrument)) {
    if (row.at.ms() < now - hours * hour) continue;
    w.open('{').raw("index_price", number(row.mark)).raw("timestamp", row.at.ms());
    w.raw("interest_8h", number(shapes_.funding_over(*c, row.at.ms() - 8 * hour, row.at.ms()), 15));
    w.close();
  }
  return Reply::ok(w.close().close().take());
}

// get_index asks by coin, get_index_price by name.
Reply Methods::index_price(Caller&, const Params& params) {
  std::string name(params.text("index_name"));
  if (name.empty() && params.maybe("currency")) name = lower(params.text("currency")) + "_usd";
  const auto index = contracts_.index_of(name);
  if (!index) return Reply::invalid("index_name", "wrong value");
  const auto price = desk_.door().exchange().index(*index);
  if (!price) return refusal(Reject::no_mark);
  JsonWriter w;
  w.open('{').raw("index_price", number(*price)).raw("estimated_delivery_price", number(*price));
  return Reply::ok(w.close().take());
}

Reply Methods::index_names(Caller&, const Params&) {
  std::set<std::string> names;
  for (const Contract& c : contracts_.all()) names.insert(c.index);
  JsonWriter w;
  w.open('[');
  for (const std::string& name : names) w.item(name);
  return Reply::ok(w.close().take());
}

// In the order of time.
Reply Methods::expirations(Caller&, const Params& params) {
  const Wanted wanted(params, desk_);
  std::set<std::pair<Instant, std::string>> found;
  for (const Contract& c : contracts_.all())
    if (wanted.is(c) && c.listing->expiry)
      found.emplace(*c.listing->expiry, expiry_name(*c.listing->expiry));
  JsonWriter w;
  w.open('{').open(wanted.kind.empty() ? "any" : wanted.kind, '[');
  for (const auto& [at, name] : found) w.item(name);
  return Reply::ok(w.close().close().take());
}

// Of the last day, in coins.
Reply Methods::volumes(Caller&, const Params&) {
  JsonWriter w;
  w.open('[');
  for (const std::string& coin_name : contracts_.coin_names()) {
    double futures = 0, calls = 0, puts = 0, spot = 0;
    for (const Contract& c : contracts_.all()) {
      if (c.coin_name != coin_name) continue;
      const DayStats day = desk_.day(c.instrument);
      const double coins = c.inverse ? day.turnover : day.volume * c.unit.approx();
      const bool call = c.option && c.listing->option->type == OptionType::call;
      (call ? calls : c.option ? puts : c.kind == "spot" ? spot : futures) += coins;
    }
    w.open('{').text("currency", coin_name).raw("futures_volume", number(futures, 8));
    w.raw("calls_volume", number(calls, 8)).raw("puts_volume", number(puts, 8));
    w.raw("spot_volume", number(spot, 8)).close();
  }
  return Reply::ok(w.close().take());
}

}  // namespace delever::gateways::deribit
