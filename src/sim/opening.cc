// What was held at the start, entered through the venues.
#include <algorithm>

#include "sim/state.h"

namespace delever::sim {

void Simulation::State::publish_prices(Venue& venue, Instant at,
                                       const std::vector<double>& by_asset) {
  size_t sources = 0;
  for (const auto& v : venues) sources += v->setup().role == VenueRole::spot;
  for (uint32_t a = 0; a < by_asset.size(); ++a) {
    const auto price = Price::nearest(by_asset[a]);
    CHECK(price.has_value());
    for (uint32_t source = 0; source < sources; ++source)
      venue.now(at, PublishIndex{a, source, price.value()});
  }
  for (const MarketView& b : world.markets) {
    if (venues[b.venue].get() != &venue || b.spot) continue;
    const auto& mark = venue.setup().listings[b.instrument].rules.mark;
    if (mark && mark->formula == MarkFormula::median_oracle)
      venue.now(at, PublishMark{b.instrument, Price::nearest(by_asset[b.asset]).value()});
  }
}

// What the crowd's orders left on a book, taken by those who stand there: makers and value traders
// with their shares, carry desks with the rest in equal parts.
void Simulation::State::take_rest(uint32_t b, double price, Field& field) {
  const MarketView& book = world.markets[b];
  Venue& venue = *venues[book.venue];
  const BookSnapshot depth = venue.exchange().depth(book.instrument, 1);
  const bool bids = !depth.bids.empty();
  if (!bids && depth.asks.empty()) return;
  const auto best = (bids ? depth.bids : depth.asks)[0].qty.narrowed();
  CHECK(best.has_value());  // our own exchange rests what its orders brought
  const double size = coins_of(book, *best);
  std::vector<std::pair<Population*, Counterparty>> others;
  double shares = 0;
  size_t equal = 0;
  for (const auto& p : populations) {
    std::vector<Counterparty> standing;
    p->stand(world, b, standing);
    for (const Counterparty& c : standing) {
      shares += c.share;
      equal += c.share == 0;
      others.push_back({p.get(), c});
    }
  }
  std::stable_partition(others.begin(), others.end(),
                        [](const auto& o) { return o.second.share > 0; });
  double left = size;
  for (size_t i = 0; i < others.size(); ++i) {
    const auto& [population, c] = others[i];
    const double share = c.share > 0 ? c.share : (1 - shares) / static_cast<double>(equal);
    double part = i + 1 == others.size() && equal > 0 ? left : size * share;
    population->back(field, c.seat, bids ? -part : part);
    while (part > book.lot / 2) {
      const auto o = order(book, {.account = c.account,
                                  .side = bids ? Side::sell : Side::buy,
                                  .price = price,
                                  .coins = part + book.lot * 1e-3});
      if (!o || venue.now(field.at, *o) != Reject::none) break;
      const double done = coins_of(book, o->qty);
      part -= done;
      left -= done;
    }
  }
}

// The crowd's positions, entered at the prices of the past against one another; others take what is
// left over.
void Simulation::State::begin_positions(Instant at) {
  Field field{world, venues, at, 0};
  if (has_options) {
    for (uint32_t a = 0; a < world.assets.size(); ++a)
      world.assets[a].price = scenario.assets[a].start;
    world.now = scenario.from;
    option_book.revalue(world, scenario.dealers->settlement_window);
  }
  std::vector<Held> held;
  for (const auto& p : populations) p->hold(world, held);
  size_t pasts = 1;
  for (const AssetSetup& a : scenario.assets) pasts = std::max(pasts, a.past.size());
  for (size_t past = 0; past < pasts; ++past) {
    at = at + Duration::seconds(60);
    field.at = at;
    std::vector<double> prices;
    for (const AssetSetup& a : scenario.assets)
      prices.push_back(a.past[std::min(past, a.past.size() - 1)]);
    for (const auto& v : venues) {
      publish_prices(*v, at, prices);
      for (int tick = 0; tick < 3; ++tick) v->now(at + Duration::seconds(tick), TickClock{});
    }
    const Instant trading = at + Duration::seconds(5);
    field.at = trading;
    for (uint32_t b = 0; b < world.markets.size(); ++b) {
      const MarketView& book = world.markets[b];
      if (book.spot) continue;
      Venue& venue = *venues[book.venue];
      const double price = std::floor(prices[book.asset] / book.tick) * book.tick;
      const size_t own = std::min(past, scenario.assets[book.asset].past.size() - 1);
      if (past > own) continue;
      std::vector<AccountId> traders;
      for (const Held& h : held) {
        if (h.book != b || h.past % scenario.assets[book.asset].past.size() != own) continue;
        double left = std::abs(h.coins);
        while (left > book.lot / 2) {
          const auto o = order(book, {.account = h.account,
                                      .side = h.coins > 0 ? Side::buy : Side::sell,
                                      .price = price,
                                      .coins = left,
                                      .time_in_force = TimeInForce::good_till_cancelled,
                                      .self_trade = SelfTrade::allow});
          if (!o) break;
          venue.now(trading, *o);  // a refusal leaves the account without a position
          left -= coins_of(book, o->qty);
        }
        traders.push_back(h.account);
      }
      take_rest(b, price, field);
      for (const AccountId a : traders) venue.now(trading, CancelAll{a, book.instrument});
    }
    route();
    for (const auto& v : venues) v->forget();
  }
  // The price of the start, before anybody trades at it.
  std::vector<double> prices;
  for (const AssetSetup& a : scenario.assets) prices.push_back(a.start);
  at = scenario.from - Duration::seconds(30);
  for (const auto& v : venues) {
    publish_prices(*v, at, prices);
    for (int tick = 0; tick < 5; ++tick) v->now(at + Duration::seconds(tick), TickClock{});
  }
  field.at = at + Duration::seconds(5);
  if (holders) {
    for (const OptionBook::Line& line : option_book.lines) {
      const auto mark = option_book.mark_price(line);
      if (mark) venues[option_book.venue]->now(field.at, PublishMark{line.instrument, *mark});
    }
    venues[option_book.venue]->now(field.at, TickClock{});
    holders->trade_start(field);
  }
  route();
  for (const auto& v : venues) v->forget();
}

}  // namespace delever::sim
