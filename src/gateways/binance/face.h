// What every part of this folder works on: the desk, what is listed, and the few things that
// Binance remembers and a desk does not. And how a request is handed to the part that answers it.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_map>

#include "gateways/binance/aggregates.h"
#include "gateways/binance/asked.h"
#include "gateways/binance/listen_keys.h"
#include "gateways/binance/markets.h"
#include "gateways/binance/price_bars.h"
#include "gateways/binance/weights.h"
#include "gateways/gateway.h"
#include "gateways/recent.h"

namespace delever::gateways::binance {

// Orders that the venue takes away by itself: at a time (GTD), or when a client has not called
// again (countdownCancelAll).
struct Expiries {
  std::map<std::pair<AccountId, uint64_t>, Instant> orders;          // market time
  std::map<std::pair<AccountId, InstrumentId>, Instant> countdowns;  // of the client: wall time
};

// What a client changed of an order that rests.
struct Amended {
  uint64_t number = 0, order = 0;
  Price price_before, price_after;
  Qty qty_before, qty_after;
  Instant at;
  int count = 0;  // of this order, this one included
};

// Orders of spot that belong together: two of which one alone is carried out (OCO), or a first one
// and what is sent when it is filled (OTO), one order or two such.
struct OrderList {
  uint64_t number = 0;
  AccountId account = 0;
  const Market* market = nullptr;
  std::string name;  // the client's, or one that is made
  std::string_view contingency = "OCO";
  std::vector<uint64_t> orders;
  Instant at;
};

struct Face {
  Face(Desk& d, bool is_spot)
      : desk(d),
        spot(is_spot),
        markets(d, is_spot),
        aggregates(is_spot ? Duration() : Duration::ms(100)) {}

  Desk& desk;
  const bool spot;
  const Markets markets;
  Aggregates aggregates;
  PriceBars bars;
  ListenKeys keys;
  Expiries expiries;
  // What closing positions has realised, by account, instrument and side.
  std::map<std::tuple<AccountId, InstrumentId, PositionSide>, Amount> realised;
  uint64_t names_made = 0;  // of orders whose client gave none
  const Weights* weights = nullptr;
  std::map<AccountId, Recent<Amended>> amendments;
  uint64_t amendments_made = 0;
  std::map<uint64_t, OrderList> lists;  // by number
  uint64_t lists_made = 0;

  Instant now() const { return desk.door().market_now(); }
  Instant wall() const { return desk.door().wall_now(); }
  int64_t ms() const { return now().ms(); }
  // When an account was last paid or charged, in one coin or in any; 0: not as far as is kept.
  int64_t paid_ms(AccountId account, std::optional<CoinId> coin) const {
    const auto all = desk.money(account);
    const auto found = std::find_if(all.rbegin(), all.rend(),
                                    [&](const MoneyRecord& m) { return !coin || m.coin == *coin; });
    return found == all.rend() ? 0 : found->at.ms();
  }
  // When it last traded in a market, else when its money last moved.
  int64_t traded_ms(AccountId account, InstrumentId instrument) const {
    const auto all = desk.fills(account);
    const auto found = std::find_if(
        all.rbegin(), all.rend(), [&](const FillRecord& f) { return f.instrument == instrument; });
    return found == all.rend() ? paid_ms(account, {}) : found->at.ms();
  }
  const exchange::Exchange& exchange() const { return desk.door().exchange(); }
};

struct Call {
  const Parameters& p;
  const Credentials* who = nullptr;  // missing where the route needs no key
  AccountId account() const { return who->account; }
};

struct Outcome {
  Outcome(std::string json) : body(std::move(json)) {}
  Outcome(const Refusal& refusal)
      : status(refusal.status), code(refusal.code), body(refusal_json(refusal)) {}
  // A refusal with more in it than its code and text.
  Outcome(int http_status, int refused, std::string json)
      : status(http_status), code(refused), body(std::move(json)) {}
  int status = 200;
  int code = 0;
  std::string body;
};

// nothing: public. key: X-MBX-APIKEY alone. signature: signed, with a timestamp.
enum class Needs : uint8_t { nothing, key, signature };
using Handler = Outcome (*)(Face&, const Call&);

struct Route {
  Needs needs = Needs::nothing;
  Handler handler = nullptr;
  uint32_t weight = 1;
  uint32_t orders = 0;                             // counted against the order limits
  uint32_t (*weigh)(const Parameters&) = nullptr;  // in place of `weight`
};

// By "GET /fapi/v1/time".
using Routes = std::unordered_map<std::string, Route>;

// The symbol that is asked for; missing: it is refused.
const Market* asked_market(const Face& face, Asked& asked);
// Where a symbol is optional: missing and nothing refused where none is given.
const Market* maybe_market(const Face& face, Asked& asked);
// Those that `symbols`, a JSON list of names, asks for: ["BTCUSDT","ETHUSDT"]; all where it is not
// given, `only` alone where that is. None: it names no market.
std::optional<std::vector<const Market*>> named_markets(const Face& face, Asked& asked,
                                                        const Market* only = nullptr);

// Rows with a time of their own between startTime and endTime, at most `limit`: the first where a
// start is given, else the last.
struct Window {
  std::optional<Instant> from, to;
  size_t limit = 500;
  bool has(Instant at) const {
    return (!from || at.ms() >= from->ms()) && (!to || at.ms() <= to->ms());
  }
  template <class T>
  void cut(std::vector<T>& rows) const {
    if (rows.size() <= limit) return;
    const auto surplus = static_cast<std::ptrdiff_t>(rows.size() - limit);
    if (from)
      rows.erase(rows.end() - surplus, rows.end());
    else
      rows.erase(rows.begin(), rows.begin() + surplus);
  }
};
Window asked_window(Asked& asked, size_t usual, size_t most);

// The caller's fills of a symbol, of one order or from an id on where those are given.
std::vector<FillRecord> asked_fills(const Face& face, const Call& call, Asked& asked);

// The mean of five minutes, weighted by size. tickers.cc
double average_price(const Face& face, const Market& m);
std::string average_event(const Face& face, const Market& m);

void run_expiries(Face& face);  // futures_order_lists.cc

// Remembers that an order was changed: `was` is how it stood. amendments.cc
void keep_amendment(Face& face, const OrderRecord& order, const SubmitOrder& was);

// Whether an order of the list is still live; what the account's stream says of it. spot_lists.cc
bool is_executing(const Face& face, const OrderList& list);
std::string list_event(const Face& face, const OrderList& list);
void add_spot_lists(Routes& routes);
void add_spot_placing(Routes& routes);  // spot_list_entry.cc

// Of a coin that is collateral in multi-assets mode: BTCUSD, and its price. futures_data.cc
std::string collateral_symbol(const Face& face, CoinId coin);
std::optional<Price> collateral_index(const Face& face, CoinId coin);  // missing: no collateral
void append_collateral_index(std::string& out, const Face& face, CoinId coin, bool event);

// ---- the parts
void add_general(Routes& routes, bool spot);      // general.cc
void add_market_data(Routes& routes, bool spot);  // market_data.cc
void add_candles(Routes& routes, bool spot);      // candles.cc
void add_tickers(Routes& routes, bool spot);      // tickers.cc
void add_funding(Routes& routes);                 // funding.cc
void add_futures_orders(Routes& routes);          // futures_orders.cc
void add_futures_order_lists(Routes& routes);     // futures_order_lists.cc
void add_algo_orders(Routes& routes);             // algo_orders.cc
void add_futures_account(Routes& routes);         // futures_account.cc
void add_futures_terms(Routes& routes);           // futures_terms.cc
void add_futures_data(Routes& routes);            // futures_data.cc
void add_futures_settings(Routes& routes);        // futures_settings.cc
void add_amendments(Routes& routes, bool spot);   // amendments.cc
void add_listen_keys(Routes& routes, bool spot);  // listen_key_routes.cc
void add_futures_history(Routes& routes);         // futures_history.cc
void add_spot_orders(Routes& routes);             // spot_orders.cc
void add_spot_account(Routes& routes);            // spot_account.cc
void add_spot_wallet(Routes& routes);             // spot_wallet.cc

}  // namespace delever::gateways::binance
