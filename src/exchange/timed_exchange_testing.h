// An exchange with a clock for hand-computed tests: commands in short, and after each of them the
// books must close and a refusal must have changed nothing.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "base/random.h"
#include "exchange/small_venue_testing.h"

namespace delever::exchange {
inline void PrintTo(Reject reject, std::ostream* out) { *out << reject_name(reject); }
}  // namespace delever::exchange

namespace delever::exchange::fixture {

// Coins in units of 1e-8.
constexpr int64_t units(double x) { return static_cast<int64_t>(x * 1e8 + (x < 0 ? -0.5 : 0.5)); }

// small_venue with marks that the test publishes and no funding, so that nothing moves but what a
// test moves.
inline ExchangeSetup still_venue(std::string_view venue = "binance") {
  ExchangeSetup setup = small_venue(venue);
  for (const InstrumentId i : {kPerp, kInverse, kFuture}) {
    setup.listings[i].outside_mark = true;
    setup.listings[i].rules.funding.reset();
  }
  return setup;
}

inline constexpr int64_t kCoin = Amount::scale;  // 1e-8 of a coin is one unit

class Venue {
 public:
  explicit Venue(ExchangeSetup setup, double start = 84'000)
      : setup_(setup), exchange_(opened(setup)) {
    recorder_.keep = true;
    if (start > 0) {
      index(start);
      for (const InstrumentId i : {kPerp, kInverse, kFuture}) {
        if (setup.listings[i].outside_mark) send(PublishMark{i, price(start)});
      }
      tick();
    }
  }
  Exchange& operator*() { return *exchange_; }
  Exchange* operator->() { return exchange_.get(); }
  const ExchangeSetup& setup() const { return setup_; }

  // Says it now. `notices` and `events` hold what came of it.
  Reject send(CommandBody body) {
    recorder_.notices.clear();
    recorder_.events.clear();
    const uint64_t before = exchange_->hash();
    log.push_back({Instant::ns(clock_), body});
    const Reject refused = exchange_->apply(log.back(), recorder_);
    if (refused != Reject::none) {
      log.pop_back();
      EXPECT_EQ(exchange_->hash(), before)
          << "a refused command changed the state: " << reject_name(refused);
    }
    for (CoinId c = 0; c < exchange_->coins(); ++c)
      EXPECT_EQ(exchange_->imbalance(c).raw(), 0) << "coin " << c;
    EXPECT_EQ(recorder_.wrong, "");
    return refused;
  }
  AccountId open(double usdt, double btc = 0, OpenAccount how = {}) {
    EXPECT_EQ(send(how), Reject::none);
    const AccountId a = exchange_->accounts() - 1;
    if (usdt > 0) give(a, kUsdt, usdt);
    if (btc > 0) give(a, kBtc, btc);
    return a;
  }
  void give(AccountId a, CoinId c, double amount) {
    EXPECT_EQ(send(Deposit{a, c, coins(amount)}), Reject::none);
  }

  static SubmitOrder limit(AccountId a, Side side, double at_price, double size,
                           InstrumentId i = kPerp) {
    SubmitOrder o;
    o.account = a;
    o.instrument = i;
    o.side = side;
    o.price = price(at_price);
    o.qty = qty(size);
    return o;
  }
  static SubmitOrder market(AccountId a, Side side, double size, InstrumentId i = kPerp) {
    SubmitOrder o = limit(a, side, 0, size, i);
    o.type = OrderType::market;
    return o;
  }
  static SubmitOrder stop(AccountId a, Side side, double trigger, double size,
                          TriggerBy by = TriggerBy::mark, InstrumentId i = kPerp) {
    SubmitOrder o = limit(a, side, 0, size, i);
    o.type = OrderType::stop_market;
    o.trigger = price(trigger);
    o.trigger_by = by;
    return o;
  }
  // The id of an order that is expected to stand (or to be armed) now.
  OrderId stands(const SubmitOrder& o) {
    EXPECT_EQ(send(o), Reject::none);
    for (const Notice& n : recorder_.notices) {
      if (n.account != o.account) continue;
      if (const auto* rested = n.as<OrderRested>()) return rested->order;
      if (const auto* armed = n.as<StopArmed>()) return armed->order;
    }
    ADD_FAILURE() << "the order does not stand";
    return 0;
  }
  // `seller` offers, `buyer` takes.
  void buys(AccountId buyer, AccountId seller, double at_price, double size,
            InstrumentId i = kPerp) {
    EXPECT_EQ(send(limit(seller, Side::sell, at_price, size, i)), Reject::none);
    EXPECT_EQ(send(limit(buyer, Side::buy, at_price, size, i)), Reject::none);
  }
  // `buyer` bids, `seller` hits.
  void sells(AccountId seller, AccountId buyer, double at_price, double size,
             InstrumentId i = kPerp) {
    EXPECT_EQ(send(limit(buyer, Side::buy, at_price, size, i)), Reject::none);
    EXPECT_EQ(send(limit(seller, Side::sell, at_price, size, i)), Reject::none);
  }

  void index(double at_price) {
    for (uint32_t s = 0; s < 3; ++s)
      EXPECT_EQ(send(PublishIndex{0, s, price(at_price)}), Reject::none);
  }
  void tick(int64_t seconds = 1) {
    clock_ += seconds * kSecond;
    EXPECT_EQ(send(TickClock{}), Reject::none);
  }
  // A mark from outside, and the tick that makes it count.
  void mark(InstrumentId i, double at_price, int64_t seconds = 1) {
    EXPECT_EQ(send(PublishMark{i, price(at_price)}), Reject::none);
    tick(seconds);
  }
  // The next command is at this second.
  void go_to(int64_t second) { clock_ = second * kSecond; }
  int64_t clock() const { return clock_; }

  // In units of 1e-8 coins.
  int64_t wallet(AccountId a, CoinId c = kUsdt) const { return exchange_->wallet(a, c).raw(); }
  int64_t fees(CoinId c = kUsdt) const { return exchange_->fees(c).raw(); }
  // Signed, in units of 1e-8 of the venue's quantity.
  int64_t position(AccountId a, InstrumentId i = kPerp) const {
    int64_t net = 0;
    for (const PositionView& p : exchange_->positions(a)) {
      if (p.instrument == i) net += p.side == PositionSide::long_side ? p.qty.raw() : -p.qty.raw();
    }
    return net;
  }
  PositionView held(AccountId a, InstrumentId i = kPerp) const {
    for (const PositionView& p : exchange_->positions(a)) {
      if (p.instrument == i) return p;
    }
    return {};
  }
  std::optional<PoolView> pool(AccountId a, std::optional<CoinId> coin,
                               bool isolated = false) const {
    for (const PoolView& p : exchange_->pools(a)) {
      if (p.coin == coin && p.isolated.has_value() == isolated) return p;
    }
    return std::nullopt;
  }
  // A notice's own fields, with its account.
  template <class Body>
  struct Noticed : Body {
    AccountId account;
  };
  template <class Body>
  std::vector<Noticed<Body>> notices() const {
    std::vector<Noticed<Body>> found;
    for (const Notice& n : recorder_.notices) {
      if (const auto* body = n.as<Body>()) found.push_back({*body, n.account});
    }
    return found;
  }
  const std::vector<Notice>& all_notices() const { return recorder_.notices; }
  template <class Payload>
  std::vector<Payload> events(InstrumentId i) const {
    std::vector<Payload> found;
    for (const Event& e : recorder_.events) {
      if (const auto* p = std::get_if<Payload>(&e.payload); p && e.instrument == i)
        found.push_back(*p);
    }
    return found;
  }
  // Price and quantity of the standing levels, best first, in whole units: {{84000, 1.5}, ...}
  using Levels = std::vector<std::pair<double, double>>;
  Levels levels(Side side, InstrumentId i = kPerp) const {
    const BookSnapshot depth = exchange_->depth(i, 100);
    Levels out;
    for (const Level& l : side == Side::buy ? depth.bids : depth.asks)
      out.emplace_back(l.price.approx(), l.qty.approx());
    return out;
  }

  std::vector<Command> log;  // what was accepted

 private:
  static std::unique_ptr<Exchange> opened(ExchangeSetup setup) {
    auto exchange = Exchange::open(std::move(setup));
    CHECK(exchange.has_value());
    return std::move(exchange).value();
  }
  ExchangeSetup setup_;
  std::unique_ptr<Exchange> exchange_;
  Recorder recorder_;
  int64_t clock_ = 0;
};

// What ten accounts of every kind do in `count` commands: orders, stops, options, spot, moving
// prices, some of them hard. The commands that were accepted.
inline std::vector<Command> lively(ExchangeSetup setup, uint64_t seed, int count) {
  Venue v(std::move(setup));
  Random random(seed, {});
  std::vector<AccountId> all;
  for (int n = 0; n < 10; ++n) {
    all.push_back(v.open(4'000, 0.05,
                         {.collateral = static_cast<CollateralMode>(n % 3), .hedge = n % 4 == 3}));
  }
  v.mark(kCall, 0.03);
  v.mark(kPut, 0.03);
  double level = 84'000;
  const auto around = [&](double spread) {
    return std::round(level * (1 + spread * random.normal()));
  };
  const auto some = [&] { return all[random.below(all.size())]; };
  for (int n = 0; n < count; ++n) {
    const uint64_t kind = random.below(100);
    const auto i =
        random.chance(0.5) ? InstrumentId{kPerp} : static_cast<InstrumentId>(random.below(kListed));
    const bool option = i == kCall || i == kPut;
    const Side side = random.chance(0.5) ? Side::buy : Side::sell;
    const double size = i == kInverse ? static_cast<double>(1 + random.below(30))
                        : option      ? 0.1 * static_cast<double>(1 + random.below(5))
                                      : 0.001 * static_cast<double>(1 + random.below(200));
    const double at_price =
        option ? 0.0005 * static_cast<double>(40 + random.below(40)) : around(0.004);
    if (kind < 60) {
      SubmitOrder o = Venue::limit(some(), side, at_price, size, i);
      o.reduce_only = random.chance(0.1);
      o.position = random.chance(0.5) ? PositionSide::long_side : PositionSide::short_side;
      o.self_trade = static_cast<SelfTrade>(random.below(4));
      v.send(o);
    } else if (kind < 66) {
      v.send(Venue::stop(some(), side, option ? at_price : around(0.02), size,
                         random.chance(0.5) ? TriggerBy::mark : TriggerBy::last, i));
    } else if (kind < 68) {
      v.send(CancelAll{some(), i});
    } else if (kind < 71) {
      v.send(
          SetMarginMode{some(), i, random.chance(0.5) ? MarginMode::cross : MarginMode::isolated});
    } else if (kind < 74) {
      v.send(
          SetLeverage{some(), i, Leverage::raw(static_cast<int64_t>(100 + random.below(9'900)))});
    } else {
      level *= 1 + (random.chance(0.05) ? 0.06 : 0.002) * random.normal();
      v.send(PublishIndex{0, static_cast<uint32_t>(random.below(3)), price(std::round(level))});
      v.send(PublishMark{kPerp, price(around(0.001))});
      v.send(PublishMark{kInverse, price(around(0.001))});
      v.tick(static_cast<int64_t>(1 + random.below(20)));
    }
  }
  return v.log;
}

// Everything that was said, as text.
class Teller : public ExchangeSink {
 public:
  void on_event(const Event& e) override {
    text += std::string(payload_name(e.payload)) + " " + std::to_string(e.instrument) + " " +
            std::to_string(e.at.ns());
    if (const auto* p = std::get_if<Trade>(&e.payload))
      text += " " + p->id + " " + p->price.text() + " " + p->qty.text();
    if (const auto* p = std::get_if<MarkPrice>(&e.payload)) text += " " + p->price.text();
    if (const auto* p = std::get_if<FundingRate>(&e.payload)) text += " " + p->rate.text();
    text += "\n";
  }
  void on_notice(const Notice& n) override { text += text_of(n) + "\n"; }
  std::string text;
};

}  // namespace delever::exchange::fixture
