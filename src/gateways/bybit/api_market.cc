// Market data by REST. Lists are newest first, as Bybit's are.
#include <fmt/format.h>

#include <algorithm>

#include "gateways/bybit/api.h"
#include "gateways/bybit/market_rows.h"
#include "gateways/figures_text.h"
#include "gateways/json_text.h"

namespace delever::gateways::bybit {
namespace {

// A list from its newest end: at most `most` of those between startTime and endTime.
template <class Range, class TimeOf>
auto newest(const Range& range, const Ask& ask, size_t most, TimeOf time_of,
            std::string_view from_name = "startTime", std::string_view to_name = "endTime") {
  std::vector<const typename Range::value_type*> out;
  const auto from = ask.fields.whole(from_name), to = ask.fields.whole(to_name);
  for (auto it = range.rbegin(); it != range.rend() && out.size() < most; ++it) {
    const int64_t at = time_of(*it).ms();
    if ((from && at < *from) || (to && at > *to)) continue;
    out.push_back(&*it);
  }
  return out;
}

// The answer echoes the category; where it may be left out, it is linear.
std::string category_of(const Ask& ask) {
  const std::string_view text = ask.fields["category"];
  return std::string(read_category(text) ? text : "linear");
}

// Price, size, and size that only the venue's own pages see: there is none of that here.
void append_retail_book(std::string& out, const Product& p, const BookSnapshot& book, int64_t ms) {
  ObjectText row(out);
  row.text("s", p.symbol);
  for (const bool bids : {true, false}) {
    append_list(row.member(bids ? "b" : "a"), bids ? book.bids : book.asks, [&](const Level& l) {
      fmt::format_to(std::back_inserter(out), R"(["{}","{}","0"])", l.price.text(), l.qty.text());
    });
  }
  const auto number = static_cast<int64_t>(book.sequence.last);
  row.number("u", number).number("seq", number).number("ts", ms).number("cts", ms).end();
}

// As Bybit names them, which is not how its candles are named.
std::optional<Duration> statistics_period(std::string_view name) {
  constexpr std::pair<std::string_view, int> kPeriods[] = {
      {"5min", 5}, {"15min", 15}, {"30min", 30}, {"1h", 60}, {"4h", 240}, {"1d", 1'440}};
  for (const auto& [known, minutes] : kPeriods) {
    if (known == name) return Duration::minutes(minutes);
  }
  return std::nullopt;
}

// The desk keeps one sample each five minutes; longer periods take those at their ends.
std::vector<MarketSample> samples_of(const Venue& venue, const Product& p, Duration period) {
  std::vector<MarketSample> out;
  for (const MarketSample& s : venue.desk.past(p.instrument)) {
    if (s.at.ns() % period.ns() == 0) out.push_back(s);
  }
  return out;
}

}  // namespace

Outcome Api::time(const Ask&) {
  Outcome out;
  const int64_t ns = venue_.wall().ns();
  out.result = fmt::format(R"({{"timeSecond":"{}","timeNano":"{}"}})", ns / 1'000'000'000, ns);
  return out;
}

Outcome Api::nothing_listed(const Ask& ask) {
  Outcome out;
  out.result =
      fmt::format(R"({{"category":"{}","list":[],"nextPageCursor":""}})", category_of(ask));
  return out;
}

// By symbol, or all of a category (of a base coin).
std::vector<const Product*> Api::asked_products(const Ask& ask, Refusal& refusal) const {
  std::vector<const Product*> out;
  const auto category = read_category(ask.fields["category"]);
  if (!category) {
    refusal = {10001, "Illegal category"};
    return out;
  }
  if (ask.fields.has("symbol")) {
    const Product* p = venue_.catalog.find(*category, ask.fields["symbol"]);
    if (p)
      out.push_back(p);
    else
      refusal = {10001, "params error: symbol invalid " + std::string(ask.fields["symbol"])};
    return out;
  }
  for (const Product& p : venue_.catalog.all()) {
    const bool coin = !ask.fields.has("baseCoin") || ask.fields["baseCoin"] == p.base;
    if (p.category == *category && coin) out.push_back(&p);
  }
  return out;
}

Outcome Api::instruments(const Ask& ask) {
  Outcome out;
  auto products = asked_products(ask, out.refusal);
  if (!out.ok()) return out;
  // ccxt asks for status=PreLaunch too: an empty list is the answer, not an error.
  if (ask.fields.has("status") && ask.fields["status"] != "Trading") products.clear();
  out.result.clear();
  ObjectText row(out.result);
  row.text("category", category_of(ask));
  append_list(row.member("list"), products,
              [&](const Product* p) { append_instrument(out.result, venue_, *p); });
  row.text("nextPageCursor", "");
  row.end();
  return out;
}

Outcome Api::tickers(const Ask& ask) {
  Outcome out;
  const auto products = asked_products(ask, out.refusal);
  if (!out.ok()) return out;
  out.result.clear();
  ObjectText row(out.result);
  row.text("category", category_of(ask));
  append_list(row.member("list"), products,
              [&](const Product* p) { append_fields(out.result, ticker_fields(venue_, *p)); });
  row.end();
  return out;
}

Outcome Api::book(const Ask& ask) {
  const Product* p = nullptr;
  if (const auto r = read_product(venue_, ask.fields, p)) return *r;
  // Levels when no limit is named, as Bybit's: 1 for spot, 25 otherwise.
  const size_t usual = p->category == Category::spot ? 1 : 25;
  const BookSnapshot book =
      venue_.desk.book(p->instrument, ask.fields.count("limit", usual, 1'000));
  const int64_t ms = venue_.market().ms();
  Outcome out;
  out.result.clear();
  if (ask.path.find("rpi") != ask.path.npos) {
    append_retail_book(out.result, *p, book, ms);
    return out;
  }
  append_book(out.result, p->symbol, book, book.sequence.last, book.sequence.last,
              fmt::format(R"(,"ts":{},"cts":{})", ms, ms));
  return out;
}

Outcome Api::recent_trades(const Ask& ask) {
  const Product* p = nullptr;
  if (const auto r = read_product(venue_, ask.fields, p)) return *r;
  const size_t most = p->category == Category::spot ? 60 : 1'000;
  const auto trades = newest(venue_.desk.trades(p->instrument), ask,
                             ask.fields.count("limit", std::min<size_t>(most, 500), most),
                             [](const PublicTrade& t) { return t.at; });
  Outcome out;
  out.result.clear();
  ObjectText row(out.result);
  row.text("category", category_of(ask));
  append_list(row.member("list"), trades,
              [&](const PublicTrade* t) { append_rest_trade(out.result, venue_, *p, *t); });
  row.end();
  return out;
}

Outcome Api::candles(const Ask& ask) {
  const Product* p = nullptr;
  Parameters fields = ask.fields;
  if (!fields.has("category")) fields.set("category", "linear");
  if (const auto r = read_product(venue_, fields, p)) return *r;
  const auto length = candle_length(fields["interval"]);
  if (!length) return Refusal{10001, "Invalid period!"};
  constexpr size_t kMost = 1'000;
  const size_t limit = fields.count("limit", 200, kMost);
  // With a start or end the range may lie further back than `limit` bars.
  const bool ranged = fields.has("start") || fields.has("end");
  const size_t most_back = ranged ? 10 * kMost : limit;
  const bool of_trades = ask.path == "/v5/market/kline" || ask.path.empty();
  const auto& prices = ask.path.find("premium") != ask.path.npos   ? venue_.premiums
                       : ask.path == "/v5/market/mark-price-kline" ? venue_.marks
                                                                   : venue_.indices;
  std::vector<Candle> all;
  if (of_trades)
    all = venue_.desk.candles(p->instrument, *length, most_back);
  else if (const auto found = prices.find(p->instrument); found != prices.end())
    all = found->second.candles(*length, most_back);
  const auto rows = newest(
      all, ask, limit, [](const Candle& c) { return c.start; }, "start", "end");
  Outcome out;
  out.result.clear();
  ObjectText row(out.result);
  row.text("symbol", p->symbol).text("category", category_of(ask));
  append_list(row.member("list"), rows, [&](const Candle* c) {
    // Candles of mark and index have no volume and turnover: five cells, not seven.
    if (of_trades) return append_rest_candle(out.result, *c);
    out.result += fmt::format(R"(["{}","{}","{}","{}","{}"])", c->start.ms(), c->open.text(),
                              c->high.text(), c->low.text(), c->close.text());
  });
  row.end();
  return out;
}

Outcome Api::funding_history(const Ask& ask) {
  const Product* p = nullptr;
  if (const auto r = read_product(venue_, ask.fields, p)) return *r;
  const auto rows =
      newest(venue_.desk.funding(p->instrument), ask, ask.fields.count("limit", 200, 200),
             [](const FundingRecord& f) { return f.at; });
  Outcome out;
  out.result.clear();
  ObjectText row(out.result);
  row.text("category", category_of(ask));
  append_list(row.member("list"), rows, [&](const FundingRecord* f) {
    ObjectText each(out.result);
    each.text("symbol", p->symbol)
        .text("fundingRate", f->rate.text())
        .text("fundingRateTimestamp", ms_text(f->at));
    each.end();
  });
  row.end();
  return out;
}

// At whole periods; before the first of them is over, the figure as it stands.
Outcome Api::open_interest(const Ask& ask) {
  const Product* p = nullptr;
  if (const auto r = read_product(venue_, ask.fields, p)) return *r;
  const auto period = statistics_period(ask.fields["intervalTime"]);
  if (!period) return Refusal{10001, "Invalid intervalTime"};
  std::vector<MarketSample> all = samples_of(venue_, *p, *period);
  if (all.empty()) {
    all.push_back(
        {.at = venue_.market(), .open_interest = venue_.exchange().open_interest(p->instrument)});
  }
  const auto rows = newest(all, ask, ask.fields.count("limit", 50, 200),
                           [](const MarketSample& s) { return s.at; });
  Outcome out;
  out.result.clear();
  ObjectText row(out.result);
  row.text("symbol", p->symbol).text("category", category_of(ask));
  // openInterest counts both sides, singleOpenInterest one.
  append_list(row.member("list"), rows, [&](const MarketSample* s) {
    ObjectText(out.result)
        .text("openInterest", WideQty::raw(Wide{s->open_interest.raw()} * 2).text())
        .text("timestamp", ms_text(s->at))
        .text("singleOpenInterest", s->open_interest.text())
        .end();
  });
  row.text("nextPageCursor", "");
  row.end();
  return out;
}

// The share of the accounts with a position that is long, and short.
Outcome Api::account_ratio(const Ask& ask) {
  const Product* p = nullptr;
  if (const auto r = read_product(venue_, ask.fields, p)) return *r;
  const auto period = statistics_period(ask.fields["period"]);
  if (!period) return Refusal{10001, "Invalid period"};
  std::vector<MarketSample> all = samples_of(venue_, *p, *period);
  std::erase_if(all, [](const MarketSample& s) { return s.all.longs + s.all.shorts == 0; });
  const auto rows = newest(all, ask, ask.fields.count("limit", 50, 500),
                           [](const MarketSample& s) { return s.at; });
  Outcome out;
  out.result.clear();
  ObjectText row(out.result);
  append_list(row.member("list"), rows, [&](const MarketSample* s) {
    const double longs = s->all.longs, shorts = s->all.shorts;
    ObjectText(out.result)
        .text("symbol", p->symbol)
        .text("buyRatio", number_text(longs / (longs + shorts), 4))
        .text("sellRatio", number_text(shorts / (longs + shorts), 4))
        .text("timestamp", ms_text(s->at))
        .end();
  });
  row.text("nextPageCursor", "");
  row.end();
  return out;
}

Outcome Api::risk_limits(const Ask& ask) {
  Outcome out;
  const auto products = asked_products(ask, out.refusal);
  if (!out.ok()) return out;
  std::string rows;
  for (const Product* p : products) {
    std::string some;
    append_risk_limits(some, *p);
    // "[]": the instrument has no tiers. Otherwise its [ ] come off, to join the lists.
    if (some.size() <= 2) continue;
    if (!rows.empty()) rows += ',';
    rows.append(some, 1, some.size() - 2);
  }
  out.result =
      fmt::format(R"({{"category":"{}","list":[{}],"nextPageCursor":""}})", category_of(ask), rows);
  return out;
}

Outcome Api::insurance(const Ask& ask) {
  Outcome out;
  std::vector<CoinId> coins;
  for (CoinId c = 0; c < venue_.exchange().coins(); ++c) {
    const bool asked = !ask.fields.has("coin") || ask.fields["coin"] == venue_.catalog.coin_name(c);
    if (asked && venue_.exchange().wallet(kFund, c) != Amount()) coins.push_back(c);
  }
  out.result.clear();
  ObjectText row(out.result);
  row.text("updatedTime", ms_text(venue_.market()));
  append_list(row.member("list"), coins, [&](CoinId c) {
    const Amount fund = venue_.exchange().wallet(kFund, c);
    ObjectText each(out.result);
    each.text("coin", venue_.catalog.coin_name(c))
        .text("symbols", "")
        .text("balance", fund.text())
        .text("value", fund.text());
    each.end();
  });
  row.end();
  return out;
}

// The spot markets of the scenario that the index is made of; all are quoted in one coin.
Outcome Api::index_components(const Ask& ask) {
  const Product* p = venue_.catalog.find(ask.fields["indexName"]);
  if (!p) return Refusal{10001, "params error: indexName invalid"};
  const uint32_t index = p->listing->index;
  Outcome out;
  out.result.clear();
  ObjectText row(out.result);
  row.text("indexName", p->symbol)
      .text("lastPrice", venue_.exchange().index(index).value_or(Price()).text())
      .text("updateTime", ms_text(venue_.market()));
  append_list(row.member("components"), venue_.exchange().index_parts(index),
              [&](const exchange::IndexPart& part) {
                ObjectText(out.result)
                    .text("exchange", part.source)
                    .text("spotPair", p->symbol)
                    .text("equivalentPrice", part.price.text())
                    .text("multiplier", "1")
                    .text("price", part.price.text())
                    .text("weight", part.share.text())
                    .end();
              });
  row.end();
  return out;
}

Outcome Api::price_limit(const Ask& ask) {
  const Product* p = nullptr;
  Parameters fields = ask.fields;
  if (!fields.has("category")) fields.set("category", "linear");
  if (const auto r = read_product(venue_, fields, p)) return *r;
  const int64_t tick = p->contract->tick->raw();
  int64_t low = p->listing->band.lowest.raw() * tick, high = p->listing->band.highest.raw() * tick;
  const auto mark = venue_.exchange().mark(p->instrument);
  // The band is a share of the mark, cut to whole ticks and to the prices that are listed.
  if (p->contract->price_band && mark) {
    const auto away = static_cast<int64_t>(mark->approx() * p->contract->price_band->approx() *
                                           static_cast<double>(Price::scale));
    low = std::max(low, (mark->raw() - away) / tick * tick);
    high = std::min(high, (mark->raw() + away) / tick * tick);
  }
  Outcome out;
  out.result = fmt::format(R"({{"symbol":"{}","buyLmt":"{}","sellLmt":"{}","ts":"{}"}})", p->symbol,
                           Price::raw(high).text(), Price::raw(low).text(), venue_.market().ms());
  return out;
}

}  // namespace delever::gateways::bybit
