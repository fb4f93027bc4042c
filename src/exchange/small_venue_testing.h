// A small venue for tests: one linear perpetual, an inverse one, a dated future, a call, a put and
// a spot pair on one index, under the rules of the venue asked for. Figures that a rulebook lacks
// are set here, for the tests alone.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/source_root.h"
#include "exchange/exchange.h"
#include "rulebooks/rulebook_file.h"

namespace delever::exchange::fixture {

inline const rulebooks::RulebookShelf& shelf() {
  static const rulebooks::RulebookShelf loaded =
      rulebooks::RulebookShelf::load(source_root() + "/rulebooks").value();
  return loaded;
}
inline Rulebook rules(std::string_view venue, std::string_view symbol) {
  const Rulebook* found = shelf().find(venue, symbol);
  CHECK(found);
  return *found;
}

inline constexpr CoinId kUsdt = 0, kBtc = 1;
inline constexpr InstrumentId kPerp = 0, kInverse = 1, kFuture = 2, kCall = 3, kPut = 4, kSpot = 5,
                              kListed = 6;
inline constexpr int64_t kSecond = 1'000'000'000;

inline Instant at(int64_t seconds) { return Instant::ns(seconds * kSecond); }
inline Price price(double x) { return Price::nearest(x).value(); }
inline Qty qty(double x) { return Qty::nearest(x).value(); }
inline Amount coins(double x) { return Amount::nearest(x).value(); }

// A linear perpetual by the venue's own rules; what its rulebook lacks comes from others.
inline Rulebook small_perpetual(std::string_view venue) {
  Rulebook perp;
  if (venue == "binance")
    perp = rules("binance", "BTCUSDT");
  else if (venue == "bybit")
    perp = rules("bybit", "BTCUSDT");
  else if (venue == "okx")
    perp = rules("okx", "BTC-USDT-SWAP");
  else if (venue == "deribit")
    perp = rules("deribit", "BTC_USDC-PERPETUAL");
  else
    perp = rules("hyperliquid", "BTC");
  ContractRule contract;
  contract.kind = InstrumentKind::linear;
  contract.base = "BTC";
  contract.quote = contract.settle = "USDT";
  contract.size = qty(1);
  contract.tick = price(1);
  contract.step = qty(0.001);
  perp.contract = contract;
  if (!perp.fees) perp.fees.emplace();
  perp.fees->maker = Rate::raw(200'000'000'000);
  perp.fees->taker = Rate::raw(500'000'000'000);
  if (!perp.funding || !perp.funding->interest) {
    perp.funding = FundingRule{.interval = Duration::hours(8),
                               .rate_period = Duration::hours(8),
                               .interest = Rate::raw(100'000'000'000),
                               .clamp = Rate::raw(500'000'000'000),
                               .cap = Rate::raw(20'000'000'000'000),
                               .cap_period = Duration::hours(8),
                               .impact_notional = coins(20'000),
                               .sample_every = Duration::seconds(5)};
  }
  if (!perp.mark)
    perp.mark =
        MarkRule{.formula = MarkFormula::median_basis_last, .basis_window = Duration::seconds(30)};
  if (!perp.ladder && !perp.size_margin) perp.ladder = rules("binance", "BTCUSDT").ladder;
  if (perp.ladder && perp.ladder->unit == TierUnit::contracts)
    perp.ladder = rules("binance", "BTCUSDT").ladder;
  if (!perp.liquidation) perp.liquidation = rules("deribit", "BTC_USDC-PERPETUAL").liquidation;
  return perp;
}

// The same for an inverse perpetual, with a short ladder of its own.
inline Rulebook small_inverse(const Rulebook& perp) {
  Rulebook inverse = perp;
  inverse.symbol = "BTCUSD";
  inverse.contract->kind = InstrumentKind::inverse;
  inverse.contract->quote = "USD";
  inverse.contract->settle = "BTC";
  inverse.contract->size = qty(100);
  inverse.contract->step = qty(1);
  inverse.contract->quote = "USDT";
  inverse.size_margin.reset();
  inverse.ladder.emplace();
  inverse.ladder->tiers = {
      {Amount(), coins(5), Leverage::raw(10'000), Rate::raw(4'000'000'000'000), Amount(), {}},
      {coins(5), coins(20), Leverage::raw(5'000), Rate::raw(10'000'000'000'000), coins(0.03), {}},
      {coins(20), {}, Leverage::raw(2'000), Rate::raw(25'000'000'000'000), coins(0.33), {}}};
  return inverse;
}

inline Rulebook small_option(const Rulebook& perp) {
  Rulebook option = rules("deribit", "BTC-OPTION");
  option.contract->kind = InstrumentKind::option;
  option.contract->base = option.contract->settle = "BTC";
  option.contract->quote = "USDT";
  option.contract->size = qty(1);
  option.contract->tick = price(0.0005);
  option.contract->step = qty(0.1);
  if (!option.fees) option.fees.emplace();
  option.fees->maker = option.fees->taker = Rate::raw(300'000'000'000);
  if (!option.liquidation) option.liquidation = perp.liquidation;
  return option;
}

// `expiry` in seconds after 1970.
inline ExchangeSetup small_venue(std::string_view venue = "binance", int64_t expiry = 40'000) {
  const Rulebook perp = small_perpetual(venue), inverse = small_inverse(perp),
                 option = small_option(perp);
  Rulebook future = perp;
  future.symbol = "BTCUSDT-F";
  future.funding.reset();
  Rulebook spot = perp;
  spot.symbol = "BTC-USDT";
  spot.contract->kind = InstrumentKind::spot;

  const Instant end = at(expiry);
  ExchangeSetup setup;
  setup.venue = venue;
  setup.coins = {{.name = "USDT", .haircut = Rate::raw(10'000'000'000'000)},
                 {.name = "BTC", .haircut = Rate::raw(50'000'000'000'000), .index = 0}};
  if (const Rulebook* portfolio = shelf().find("deribit", "BTC-PORTFOLIO"))
    setup.coins[kBtc].scenarios = portfolio->scenarios;
  setup.indices = {{.name = "BTC",
                    .rule = perp.index.value_or(IndexRule{}),
                    .sources = {"binance", "okx", "bybit"}}};
  const matching::MatchBook::Band band{1'000, 400'000};
  setup.listings = {
      {.symbol = "BTCUSDT", .rules = perp, .band = band},
      {.symbol = "BTCUSD", .rules = inverse, .band = band},
      {.symbol = "BTCUSDT-F", .rules = future, .band = band, .expiry = end},
      {.symbol = "C",
       .rules = option,
       .band = {1, 4'000},
       .expiry = end,
       .option = margin::OptionTerms{OptionType::call, price(85'000)}},
      {.symbol = "P",
       .rules = option,
       .band = {1, 4'000},
       .expiry = end,
       .option = margin::OptionTerms{OptionType::put, price(80'000)}},
      {.symbol = "BTC-USDT", .rules = spot, .band = band},
  };
  return setup;
}

// Keeps everything, and a plain book that follows the notices: price, then time, nothing clever.
struct Recorder : ExchangeSink {
  struct Resting {
    OrderId id;
    Side side;
    int64_t price;
    int64_t qty;
    AccountId account;
    uint64_t arrived;
  };
  std::vector<Event> events;
  std::vector<Notice> notices;  // of the last command, unless `keep`
  bool keep = false;
  std::map<InstrumentId, std::vector<Resting>> books;
  std::map<std::pair<AccountId, InstrumentId>, int64_t> net;  // signed qty from fills and transfers
  uint64_t arrivals = 0;
  std::string wrong;

  void on_event(const Event& e) override {
    if (keep) events.push_back(e);
  }
  void on_notice(const Notice& n) override {
    notices.push_back(n);
    if (const auto* rested = n.as<OrderRested>()) follow(n.account, *rested);
    if (const auto* fill = n.as<Fill>()) follow(*fill);
    if (const auto* finished = n.as<OrderFinished>(); finished && finished->order != 0) {
      auto& book = books[finished->instrument];
      if (const auto it = find(book, finished->order); it != book.end()) book.erase(it);
    }
    const PositionTransfer* transfer = n.as<PositionTakenOver>();
    if (!transfer) transfer = n.as<PositionDeleveraged>();
    if (const auto change = position_change(n, n.account)) {
      const int64_t bought = change->side == Side::buy ? change->qty.raw() : -change->qty.raw();
      net[{n.account, change->instrument}] += bought;
      if (transfer) net[{transfer->counterparty, change->instrument}] -= bought;
    }
  }
  static std::vector<Resting>::iterator find(std::vector<Resting>& book, OrderId id) {
    return std::find_if(book.begin(), book.end(), [id](auto& r) { return r.id == id; });
  }
  void follow(AccountId account, const OrderRested& n) {
    auto& book = books[n.instrument];
    if (const auto it = find(book, n.order); it != book.end())
      it->qty = n.qty.raw();
    else
      book.push_back({n.order, n.side, n.price.raw(), n.qty.raw(), account, ++arrivals});
  }
  void follow(const Fill& n) {
    if (!n.maker) return;
    auto& book = books[n.instrument];
    const auto it = find(book, n.order);
    if (it == book.end() || it->qty < n.qty.raw() || it->price != n.price.raw()) {
      wrong = "a fill against an order that does not stand so";
      return;
    }
    for (const Resting& r : book) {  // nobody better, nobody earlier
      const bool better =
          r.side == it->side && (r.side == Side::buy ? r.price > it->price : r.price < it->price);
      const bool earlier = r.side == it->side && r.price == it->price && r.arrived < it->arrived;
      if (better || earlier) wrong = "a fill out of turn";
    }
    it->qty -= n.qty.raw();
    if (it->qty == 0) book.erase(it);
  }
  size_t count(NoticeKind kind) const {
    return static_cast<size_t>(std::count_if(notices.begin(), notices.end(),
                                             [kind](auto& n) { return n.kind() == kind; }));
  }
};

}  // namespace delever::exchange::fixture
