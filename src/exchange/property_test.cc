// Random markets, hostile input among them: after every command the books close, longs equal
// shorts, the book equals a plain one, every account's margin equals margin::evaluate, and a
// refused command has changed nothing. DELEVER_EXCHANGE_FIRST, _SEEDS and _COMMANDS ask for other
// seeds, or more, than CI runs.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "base/random.h"
#include "exchange/small_venue_testing.h"
#include "options/black.h"

namespace delever::exchange {
namespace {

using namespace fixture;

int64_t setting(const char* name, int64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::atoll(text) : otherwise;
}

// What happened over a run, so that a test that never liquidates anyone does not pass for one that
// does.
struct Tally {
  std::map<NoticeKind, int64_t> notices;
  std::map<Reject, int64_t> rejects;
  int64_t commands = 0;
};

// Options on portfolio margin: on the future of their expiry, on the index, near and far; two
// coins, each with a matrix, an inverse perpetual and a linear one beside.
ExchangeSetup portfolio_venue(uint64_t seed) {
  const bool soon = seed % 2 == 0;
  ExchangeSetup setup = small_venue("deribit", soon ? 6'000 : 60'000);
  setup.coins.push_back({.name = "ETH", .haircut = Rate::raw(60'000'000'000'000), .index = 1});
  setup.coins.back().scenarios = rules("deribit", "ETH-PORTFOLIO").scenarios;
  setup.indices.push_back(
      {.name = "ETH", .rule = setup.indices[0].rule, .sources = setup.indices[0].sources});
  const auto add = [&setup](InstrumentId like, const char* symbol, std::optional<int64_t> expiry,
                            double strike, bool ether) {
    Listing l = setup.listings[like];
    l.symbol = l.rules.symbol = symbol;
    if (expiry) l.expiry = at(*expiry);
    if (l.option) l.option->strike = price(strike);
    if (ether) {
      l.index = 1;
      l.rules.contract->base = l.rules.contract->settle = "ETH";
    }
    setup.listings.push_back(l);
  };
  add(kCall, "C-SOON", 3'000, 84'000, false);
  add(kPut, "P-FAR", 9'000'000, 90'000, false);
  add(kCall, "C-FAR", 2'000'000, 60'000, false);
  add(kInverse, "ETHUSD", std::nullopt, 0, true);
  add(kCall, "ETH-C", soon ? 20'000 : 300'000, 86'000, true);
  add(kPut, "ETH-P", 20'000, 84'000, true);
  return setup;
}

class RandomVenue {
 public:
  RandomVenue(uint64_t seed, std::string_view venue)
      : random_(seed, {}), venue_(venue), portfolio_(venue == "portfolio") {
    setup_ = portfolio_ ? portfolio_venue(seed) : small_venue(venue);
    setup_.bound_at_once = seed / 2 % 2 == 1;
    exchange_ = std::move(Exchange::open(setup_).value());
    ExchangeSetup plain = setup_;
    plain.look_at_all = true;
    twin_ = std::move(Exchange::open(std::move(plain)).value());
    listed_ = exchange_->instruments();
    coins_ = exchange_->coins();
    hash_ = exchange_->hash();
  }

  Command next() {
    const uint64_t kind = random_.below(1000);
    clock_ += static_cast<int64_t>(random_.below(3)) * kSecond / 2;
    if (made_ < 8) {
      ++made_;
      const auto mode = static_cast<CollateralMode>(random_.below(3));
      return send(
          OpenAccount{.collateral = portfolio_ && made_ > 2 ? CollateralMode::portfolio : mode,
                      .hedge = random_.chance(0.3),
                      .orders = made_ % 2 == 0 ? OrderMargin::order_price : OrderMargin::mark});
    }
    if (made_ < 30) {
      ++made_;
      return send(Deposit{some_account(), some_coin(),
                          coins(made_ % 2 ? 20'000 * random_.uniform() : random_.uniform())});
    }
    if (made_ < 33)
      return send(PublishIndex{0, static_cast<uint32_t>(made_++ - 30), price(84'000)});
    if (made_ < 36) {
      ++made_;
      if (portfolio_)
        return send(PublishIndex{1, static_cast<uint32_t>(made_ - 34), price(84'000)});
    }
    if (portfolio_ && kind < 200) return send(PublishMark{some_option(), fair()});
    if (kind < 500) return send(order());
    if (kind < 560) return send(CancelOrder{some_account(), some_instrument(), some_order()});
    if (kind < 575)
      return send(ReduceOrder{some_account(), some_instrument(), some_order(), some_qty()});
    if (kind < 582) return send(CancelAll{some_account(), some_instrument()});
    if (kind < 600)
      return send(Deposit{
          random_.chance(0.1) ? static_cast<AccountId>(random_.below(3)) : some_account(),
          some_coin(), coins(random_.chance(0.5) ? 5000 * random_.uniform() : random_.uniform())});
    if (kind < 612)
      return send(
          Withdraw{some_account(), some_coin(),
                   coins(random_.chance(0.5) ? 3000 * random_.uniform() : random_.uniform())});
    if (kind < 630)
      return send(SetLeverage{some_account(), some_instrument(),
                              Leverage::raw(static_cast<int64_t>(random_.below(13'000)))});
    if (kind < 650)
      return send(SetMarginMode{some_account(), some_instrument(),
                                random_.chance(0.5) ? MarginMode::cross : MarginMode::isolated});
    if (kind < 655) return send(SetPositionMode{some_account(), random_.chance(0.5)});
    if (kind < 660 && (!portfolio_ || random_.chance(0.1)))
      return send(SetCollateralMode{some_account(), static_cast<CollateralMode>(random_.below(3))});
    if (kind < 675)
      return send(MoveMargin{some_account(), some_instrument(), some_side(),
                             coins(2000 * (random_.uniform() - 0.4))});
    if (kind < 690) return send(hostile());
    if (kind < 760) {
      level_ *= std::exp(random_.normal() * (random_.chance(0.03) ? 0.12 : 0.004));
      level_ = std::clamp(level_, 20'000.0, 300'000.0);
      const uint32_t index = portfolio_ ? static_cast<uint32_t>(random_.below(2)) : 0;
      return send(PublishIndex{index, static_cast<uint32_t>(random_.below(3)),
                               price(level_ * (1 + 0.0003 * random_.normal()))});
    }
    if (kind < 780) {
      const InstrumentId i = random_.chance(0.5) ? kCall : kPut;
      return send(PublishMark{
          i, price(std::max(0.0, (i == kCall ? level_ - 85'000 : 80'000 - level_) / level_) +
                   0.02 * random_.uniform())});
    }
    if (random_.chance(0.02)) clock_ += 3600 * kSecond;
    return send(TickClock{});
  }

  // The reason why something does not hold, or nothing.
  std::string step(Tally& tally) {
    const Command command = next();
    const uint64_t before = hash_;
    recorder_.notices.clear();
    const Reject refused = exchange_->apply(command, recorder_);
    ++tally.commands;
    ++tally.rejects[refused];
    for (const Notice& n : recorder_.notices) ++tally.notices[n.kind()];
    for (const Notice& n : recorder_.notices) {
      if (const auto* rested = n.as<OrderRested>())
        orders_.push_back({rested->instrument, rested->order, n.account});
      if (const auto* armed = n.as<StopArmed>())
        orders_.push_back({armed->instrument, armed->order, n.account});
    }
    if (orders_.size() > 64) orders_.erase(orders_.begin(), orders_.end() - 64);
    if (refused != Reject::none) {
      if (hash_ = exchange_->hash(); hash_ != before)
        return "a refused command changed the state: " + std::string(reject_name(refused));
      if (!recorder_.notices.empty()) return "a refused command said something";
      return "";
    }
    remember(command.body);
    unheard_.notices.clear();
    hash_ = exchange_->hash();
    if (twin_->apply(command, unheard_) != refused || twin_->hash() != hash_)
      return "an exchange that looks at every pool came to something else: " + difference();
    if (!recorder_.wrong.empty()) return recorder_.wrong;
    for (CoinId c = 0; c < exchange_->coins(); ++c) {
      if (exchange_->imbalance(c) != Amount())
        return "the books of coin " + std::to_string(c) + " are open by " +
               exchange_->imbalance(c).text();
    }
    return check(std::holds_alternative<TickClock>(command.body));
  }

  const Exchange& exchange() const { return *exchange_; }
  const Exchange& twin() const { return *twin_; }
  int64_t order_margins() const { return order_margins_; }  // compared with the plain sum

 private:
  struct Settings {
    bool hedge = false;
    OrderMargin orders = OrderMargin::mark;
    std::map<InstrumentId, bool> isolated;
    std::map<InstrumentId, Leverage> leverage;
  };
  struct Known {
    InstrumentId instrument;
    OrderId order;
    AccountId account;
  };

  // The settings that views do not show of who holds nothing.
  void remember(const CommandBody& body) {
    if (const auto* open = std::get_if<OpenAccount>(&body)) {
      settings_[exchange_->accounts() - 1].hedge = open->hedge;
      settings_[exchange_->accounts() - 1].orders = open->orders;
    } else if (const auto* position = std::get_if<SetPositionMode>(&body)) {
      settings_[position->account].hedge = position->hedge;
    } else if (const auto* mode = std::get_if<SetMarginMode>(&body)) {
      settings_[mode->account].isolated[mode->instrument] = mode->mode == MarginMode::isolated;
    } else if (const auto* leverage = std::get_if<SetLeverage>(&body)) {
      settings_[leverage->account].leverage[leverage->instrument] = leverage->leverage;
    }
  }

  template <class Body>
  Command send(Body body) {
    return {Instant::ns(clock_), body};
  }
  AccountId some_account() { return static_cast<AccountId>(kFirstUser + random_.below(8)); }
  CoinId some_coin() { return static_cast<CoinId>(random_.below(coins_)); }
  InstrumentId some_instrument() {
    return last_instrument_ = static_cast<InstrumentId>(random_.below(listed_));
  }
  PositionSide some_side() {
    return random_.chance(0.5) ? PositionSide::long_side : PositionSide::short_side;
  }
  OrderId some_order() {
    return orders_.empty() ? OrderId(1) : orders_[random_.below(orders_.size())].order;
  }
  Qty some_qty() {
    if (inverse(last_instrument_)) return qty(static_cast<double>(1 + random_.below(60)));
    if (option(last_instrument_)) return qty(0.1 * static_cast<double>(1 + random_.below(20)));
    return qty(0.001 * static_cast<double>(1 + random_.below(random_.chance(0.1) ? 4000 : 300)));
  }
  bool option(InstrumentId i) const { return setup_.listings[i].option.has_value(); }
  bool spot(InstrumentId i) const { return i == kSpot; }
  bool inverse(InstrumentId i) const {
    return setup_.listings[i].rules.contract->kind == InstrumentKind::inverse;
  }
  InstrumentId some_option() {
    InstrumentId i = some_instrument();
    while (!option(i)) i = some_instrument();
    return i;
  }
  // A mark of the option last named that a wandering volatility gives, or now and then of no
  // volatility at all.
  Price fair() {
    const Listing& l = setup_.listings[last_instrument_];
    const double years = std::max((*l.expiry - Instant::ns(clock_)).in_years(), 0.0);
    vol_ = std::clamp(vol_ * std::exp(0.03 * random_.normal()), 0.1, 3.0);
    if (random_.chance(0.03)) return price(random_.chance(0.5) ? 0 : 0.3 * random_.uniform());
    const double off = random_.chance(0.5) ? 1 : 1 + 0.001 * random_.normal();
    return price(options::black_price(
                     {level_ * off, l.option->strike.approx(), years, vol_, l.option->type}) /
                 level_ / off);
  }
  SubmitOrder order() {
    SubmitOrder o;
    o.account = some_account();
    o.instrument =
        random_.chance(portfolio_ ? 0.1 : 0.5) ? (last_instrument_ = kPerp) : some_instrument();
    o.side = random_.chance(0.5) ? Side::buy : Side::sell;
    const uint64_t type = random_.below(20);
    o.type = type < 13   ? OrderType::limit
             : type < 17 ? OrderType::market
             : type < 19 ? OrderType::stop_market
                         : OrderType::stop_limit;
    o.qty = some_qty();
    const bool is_option = option(o.instrument);
    const double away = 1 + 0.01 * random_.normal();
    o.price = is_option ? price(0.0005 * static_cast<double>(1 + random_.below(100)))
                        : price(std::round(level_ * away));
    o.trigger = is_option ? price(0.0005 * static_cast<double>(1 + random_.below(100)))
                          : price(std::round(level_ * (1 + 0.02 * random_.normal())));
    o.trigger_by = random_.chance(0.5) ? TriggerBy::mark : TriggerBy::last;
    const uint64_t tif = random_.below(12);
    o.time_in_force =
        tif < 9 ? TimeInForce::good_till_cancelled : static_cast<TimeInForce>(tif - 8);
    o.self_trade = static_cast<SelfTrade>(random_.below(4));
    o.reduce_only = random_.chance(0.2);
    o.position = some_side();
    o.client = random_.bits32();
    return o;
  }
  CommandBody hostile() {
    const int64_t extremes[] = {
        0, -1, 1, INT64_MAX, INT64_MIN, INT64_MAX / 2, 1'000'000'000'000'000};
    const auto extreme = [&] { return extremes[random_.below(std::size(extremes))]; };
    switch (random_.below(8)) {
      case 0:
        return Deposit{static_cast<AccountId>(random_.bits32()),
                       static_cast<CoinId>(random_.below(5)), Amount::raw(extreme())};
      case 1:
        return Withdraw{some_account(), static_cast<CoinId>(random_.below(5)),
                        Amount::raw(extreme())};
      case 2:
        return PublishIndex{static_cast<uint32_t>(random_.below(3)),
                            static_cast<uint32_t>(random_.below(5)),
                            Price::raw(random_.chance(0.9) ? extreme() : 1)};
      case 3: {
        SubmitOrder o = order();
        o.qty = Qty::raw(extreme());
        o.price = Price::raw(extreme());
        o.trigger = Price::raw(extreme());
        return o;
      }
      case 4: {
        SubmitOrder o = order();
        o.instrument = random_.bits32();
        return o;
      }
      case 5: {
        SubmitOrder o = order();
        o.qty = Qty::raw(o.qty.raw() * 1'000'000);
        return o;
      }
      case 6:
        return SetLeverage{some_account(), some_instrument(), Leverage::raw(extreme())};
      default:
        return MoveMargin{some_account(), some_instrument(), some_side(), Amount::raw(extreme())};
    }
  }

  std::string check(bool ticked) {
    const Exchange& x = *exchange_;
    std::map<InstrumentId, int64_t> longs, shorts;
    for (AccountId a = 0; a < x.accounts(); ++a) {
      std::map<InstrumentId, int64_t> net;
      bool positions = false;
      for (const PositionView& p : x.positions(a)) {
        (p.side == PositionSide::long_side ? longs : shorts)[p.instrument] += p.qty.raw();
        net[p.instrument] += p.side == PositionSide::long_side ? p.qty.raw() : -p.qty.raw();
        positions |= p.qty.raw() > 0;
        if (p.qty.raw() == 0 && p.margin < Amount() && ticked)
          return "an isolated debt was left standing";
      }
      for (InstrumentId i = 0; i < listed_; ++i) {
        if (spot(i)) continue;
        const auto kept = recorder_.net.find({a, i});
        if ((kept == recorder_.net.end() ? 0 : kept->second) != (net.contains(i) ? net[i] : 0))
          return "a position is not the sum of its fills: account " + std::to_string(a);
      }
      for (CoinId c = 0; c < x.coins(); ++c) {
        if (ticked && !positions && x.wallet(a, c) < Amount() &&
            x.account(a).collateral != CollateralMode::multi_asset)
          return "a wallet without positions is below zero: account " + std::to_string(a);
      }
      if (const std::string why = margins(a); !why.empty()) return why;
      if (const std::string why = order_margin(a); !why.empty()) return why;
    }
    for (InstrumentId i = 0; i < listed_; ++i) {
      if (spot(i)) continue;
      if (longs[i] != shorts[i]) return "longs and shorts differ";
      if (Qty::raw(longs[i]) != x.open_interest(i))
        return "open interest is not the sum of the longs";
    }
    for (InstrumentId i = 0; i < listed_; ++i) {
      size_t standing = 0;
      for (const auto& r : recorder_.books[i]) standing += r.qty > 0;
      if (standing != x.book(i).resting()) return "the book is not the plain book";
      for (const Side side : {Side::buy, Side::sell}) {
        std::vector<Recorder::Resting> plain;
        for (const auto& r : recorder_.books[i]) {
          if (r.side == side) plain.push_back(r);
        }
        std::stable_sort(plain.begin(), plain.end(), [side](const auto& p, const auto& q) {
          return p.price != q.price ? (side == Side::buy ? p.price > q.price : p.price < q.price)
                                    : p.arrived < q.arrived;
        });
        size_t k = 0;
        bool same = true;
        x.book(i).orders(side, [&](OrderId id, const matching::MatchBook::Resting& r) {
          same = k < plain.size() && plain[k].id == id && plain[k].account == r.account;
          ++k;
          return same;
        });
        if (!same || k != plain.size()) return "the book's queue is not the plain book's";
      }
    }
    return "";
  }

  std::string difference() const {
    const auto &mine = recorder_.notices, &plain = unheard_.notices;
    for (size_t k = 0; k < std::max(mine.size(), plain.size()); ++k) {
      const auto text_at = [k](const std::vector<Notice>& all) {
        if (k >= all.size()) return std::string("nothing");
        return text_of(all[k]);
      };
      if (text_at(mine) != text_at(plain)) return text_at(mine) + " against " + text_at(plain);
    }
    return "the notices agree";
  }

  std::string margins(AccountId a) {
    const auto plain =
        margin::evaluate(exchange_->account(a), exchange_->prices(), exchange_->rulebooks());
    if (!plain.has_value()) return "";  // a price is missing; the exchange then says nothing either
    const margin::Account account = exchange_->account(a);
    for (const PoolView& pool : exchange_->pools(a)) {
      const auto& all = plain.value().pools;
      const auto twin = std::find_if(all.begin(), all.end(), [&](const margin::Pool& p) {
        if (p.position.has_value() != pool.isolated.has_value()) return false;
        if (p.position)
          return account.positions[*p.position].instrument == *pool.isolated && matches(p, pool);
        return p.coin == pool.coin;
      });
      if (twin == all.end()) {
        if (!pool.isolated && pool.equity == Amount() && pool.maintenance == Amount()) continue;
        std::string what = "a pool without a twin: account " + std::to_string(a) + ", equity " +
                           pool.equity.text() + ", maintenance " + pool.maintenance.text() +
                           (pool.isolated ? ", isolated; twins:" : ", cross; twins:");
        for (const margin::Pool& p : all)
          what += " " + p.equity().text() + "/" + p.maintenance.text() +
                  (p.position ? " isolated" : "");
        return what;
      }
      if (!matches(*twin, pool))
        return "margin differs: account " + std::to_string(a) + ": " + pool.equity.text() + " / " +
               pool.maintenance.text() + " against " + twin->equity().text() + " / " +
               twin->maintenance.text();
    }
    return "";
  }
  // What orders at their own prices hold, from the book's orders one by one: initial margin of the
  // cross USDT pool, in which only the perpetual and the future stand.
  std::string order_margin(AccountId a) {
    const Exchange& x = *exchange_;
    const Settings& own = settings_[a];
    if (a < kFirstUser || own.hedge || own.orders != OrderMargin::order_price ||
        !setup_.listings[kPerp].rules.ladder ||
        x.account(a).collateral != CollateralMode::single_coin)
      return "";
    Wide plain = 0;
    for (const InstrumentId i : {kPerp, kFuture}) {
      const auto isolated = own.isolated.find(i);
      if (!x.mark(i) || (isolated != own.isolated.end() && isolated->second)) return "";
      plain += plain_initial(a, i);
    }
    for (const PoolView& pool : x.pools(a)) {
      if (pool.isolated || pool.coin != kUsdt) continue;
      order_margins_ += plain > 0 ? 1 : 0;
      if (pool.initial.raw() == plain) continue;
      return "orders hold " + pool.initial.text() + " against " +
             Amount::raw(static_cast<int64_t>(plain)).text() + ": account " + std::to_string(a);
    }
    return "";
  }
  // Units of 1e-8 USDT: a quantity and a price have 1e-8 each, a lot is 0.001, a tick is 1.
  Wide plain_initial(AccountId a, InstrumentId i) {
    const Exchange& x = *exchange_;
    const auto up = [](Wide n, Wide by) { return (n + by - 1) / by; };
    Wide held = 0, buys = 0, sells = 0;
    for (const PositionView& p : x.positions(a)) {
      if (p.instrument != i) continue;
      const Wide value = up(static_cast<Wide>(p.qty.raw()) * x.mark(i)->raw(), Price::scale);
      held += p.side == PositionSide::long_side ? value : -value;
    }
    for (const Side side : {Side::buy, Side::sell}) {
      x.book(i).orders(side, [&](OrderId, const matching::MatchBook::Resting& r) {
        if (r.account == a)
          (side == Side::buy ? buys : sells) += static_cast<Wide>(r.lots) * r.tick * 100'000;
        return true;
      });
    }
    const auto size = [](Wide v) { return v < 0 ? -v : v; };
    const auto set = settings_[a].leverage.find(i);
    const Leverage leverage =
        set == settings_[a].leverage.end() ? setup_.listings[i].default_leverage : set->second;
    const Wide most = std::max({size(held), size(held + buys), size(held - sells)});
    return up(most * Leverage::scale, leverage.raw());
  }
  static bool matches(const margin::Pool& plain, const PoolView& pool) {
    return plain.equity() == pool.equity && plain.maintenance == pool.maintenance &&
           plain.liquidated == pool.liquidated;
  }

  Random random_;
  std::string venue_;
  bool portfolio_;
  ExchangeSetup setup_;
  InstrumentId listed_ = 0;
  CoinId coins_ = 0;
  uint64_t hash_ = 0;  // after the last command
  double vol_ = 0.5;
  std::unique_ptr<Exchange> exchange_, twin_;  // the twin looks at every pool at every tick
  Recorder unheard_;
  Recorder recorder_;
  std::vector<Known> orders_;
  std::map<AccountId, Settings> settings_;
  int64_t clock_ = 0;
  int made_ = 0;
  int64_t order_margins_ = 0;
  double level_ = 84'000;
  InstrumentId last_instrument_ = kPerp;
};

class ExchangeProperties : public testing::TestWithParam<const char*> {};

TEST_P(ExchangeProperties, HoldAfterEveryCommand) {
  const int64_t seeds = setting("DELEVER_EXCHANGE_SEEDS", 20),
                commands = setting("DELEVER_EXCHANGE_COMMANDS", 10'000);
  Tally tally;
  uint64_t looks = 0, all_looks = 0;
  int64_t order_margins = 0;
  const int64_t first = setting("DELEVER_EXCHANGE_FIRST", 1);
  for (int64_t seed = first; seed < first + seeds; ++seed) {
    RandomVenue market(static_cast<uint64_t>(seed), GetParam());
    for (int64_t n = 0; n < commands; ++n) {
      const std::string wrong = market.step(tally);
      ASSERT_EQ(wrong, "") << GetParam() << ", seed " << seed << ", command " << n;
    }
    looks += market.exchange().looks();
    all_looks += market.twin().looks();
    order_margins += market.order_margins();
  }
  std::string seen;
  for (const auto& [kind, count] : tally.notices)
    seen += std::string(notice_name(kind)) + " " + std::to_string(count) + ", ";
  for (const auto& [why, count] : tally.rejects)
    seen += std::string(reject_name(why)) + " " + std::to_string(count) + ", ";
  seen += "looks " + std::to_string(looks) + " for " + std::to_string(all_looks);
  RecordProperty("seen", seen);
  if (std::getenv("DELEVER_EXCHANGE_TALLY")) std::printf("%s: %s\n", GetParam(), seen.c_str());
  for (const NoticeKind kind :
       {NoticeKind::fill, NoticeKind::liquidation, NoticeKind::funding, NoticeKind::settled,
        NoticeKind::stop_triggered, NoticeKind::margin_call}) {
    EXPECT_GT(tally.notices[kind], 0) << notice_name(kind) << " never happened";
  }
  const std::string_view venue = GetParam();
  if (venue != "deribit" && venue != "portfolio") { EXPECT_GT(order_margins, seeds * 100); }
}

INSTANTIATE_TEST_SUITE_P(Venues, ExchangeProperties,
                         testing::Values("binance", "bybit", "okx", "deribit", "hyperliquid",
                                         "portfolio"));

}  // namespace
}  // namespace delever::exchange
