// Books and trades that anybody may ask for.
#include <algorithm>

#include "gateways/binance/face.h"
#include "gateways/binance/public_json.h"
#include "gateways/json_text.h"

namespace delever::gateways::binance {
namespace {

constexpr size_t kFuturesBook = 500, kSpotBook = 100, kSpotBookMost = 5'000;

bool is_depth_limit(int64_t n) {
  for (const int64_t known : {5, 10, 20, 50, 100, 500, 1'000}) {
    if (n == known) return true;
  }
  return false;
}

Outcome depth(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* m = asked_market(face, asked);
  size_t levels = face.spot ? kSpotBook : kFuturesBook;
  if (const auto given = asked.whole("limit")) {
    levels = static_cast<size_t>(std::min<int64_t>(*given, kSpotBookMost));
    if (!face.spot && !is_depth_limit(*given))
      asked.refuse({-4021, std::to_string(*given) + " is not valid depth limit."});
    if (levels == 0) asked.refuse(bad_parameter("limit"));
  }
  if (!asked.ok()) return asked.wrong();
  const BookSnapshot book = face.desk.book(m->id, levels);
  std::string out;
  ObjectText o(out);
  o.number("lastUpdateId", static_cast<int64_t>(book.sequence.last));
  if (!face.spot) o.number("E", face.ms()).number("T", face.ms());
  append_levels(o.member("bids"), *m, book.bids);
  append_levels(o.member("asks"), *m, book.asks);
  o.end();
  return out;
}

void trade_row(std::string& out, const Market& m, bool spot, const PublicTrade& t) {
  const Amount value = value_of(m, t.price, t.qty);
  ObjectText o(out);
  o.number("id", static_cast<int64_t>(t.number)).text("price", m.price(t.price));
  o.text("qty", m.qty(t.qty)).text("quoteQty", amount_text(value)).number("time", t.at.ms());
  o.flag("isBuyerMaker", t.taker == Side::sell);
  if (spot) o.flag("isBestMatch", true);
  o.end();
}

Outcome trades(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* m = asked_market(face, asked);
  const size_t most = asked.limit(500, 1'000);
  const auto from = asked.whole("fromId");  // historicalTrades
  if (!asked.ok()) return asked.wrong();
  std::span<const PublicTrade> all = face.desk.trades(m->id);
  if (from) {
    const auto begin = std::find_if(all.begin(), all.end(), [&](const PublicTrade& t) {
      return t.number >= static_cast<uint64_t>(*from);
    });
    all = all.subspan(static_cast<size_t>(begin - all.begin()));
    all = all.first(std::min(all.size(), most));
  }
  std::string out;
  append_list(out, all.last(std::min(all.size(), most)),
              [&](const PublicTrade& t) { trade_row(out, *m, face.spot, t); });
  return out;
}

Outcome aggregate_trades(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* m = asked_market(face, asked);
  const Window window = asked_window(asked, 500, 1'000);
  const auto from = asked.whole("fromId");
  if (!asked.ok()) return asked.wrong();
  std::vector<AggregateTrade> rows;
  for (const AggregateTrade& t : face.aggregates.of(m->id)) {
    if (window.has(t.at) && (!from || t.number >= static_cast<uint64_t>(*from))) rows.push_back(t);
  }
  if (from && rows.size() > window.limit) rows.resize(window.limit);
  window.cut(rows);
  std::string out;
  append_list(out, rows, [&](const AggregateTrade& t) { append_aggregate(out, *m, face.spot, t); });
  return out;
}

uint32_t weigh_depth(const Parameters& p) {
  const auto n = p.whole("limit");
  if (!n) return 1;
  return *n <= 50 ? 2 : *n <= 100 ? 5 : *n <= 500 ? 10 : 20;
}
uint32_t weigh_spot_depth(const Parameters& p) {
  const int64_t n = p.whole("limit").value_or(100);
  return n <= 100 ? 5 : n <= 500 ? 25 : n <= 1'000 ? 50 : 250;
}

}  // namespace

void add_market_data(Routes& routes, bool spot) {
  const std::string at = spot ? "GET /api/v3/" : "GET /fapi/v1/";
  routes[at + "depth"] = {Needs::nothing, depth, 1, 0, spot ? weigh_spot_depth : weigh_depth};
  // Orders that only the venue's own pages see are not given here: the book is the same.
  if (!spot) routes[at + "rpiDepth"] = {Needs::nothing, depth, 20};
  routes[at + "trades"] = {Needs::nothing, trades, spot ? 25u : 5u};
  routes[at + "historicalTrades"] = {spot ? Needs::nothing : Needs::key, trades, spot ? 25u : 20u};
  routes[at + "aggTrades"] = {Needs::nothing, aggregate_trades, spot ? 4u : 20u};
}

}  // namespace delever::gateways::binance
