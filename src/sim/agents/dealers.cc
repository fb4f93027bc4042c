#include "sim/agents/dealers.h"

namespace delever::sim {
namespace {

constexpr uint32_t kHedgeSlice = 5;   // seconds
constexpr uint32_t kAccountBits = 3;  // of a dealer's number: 0 the options account, 1.. the hedges

}  // namespace

void Dealers::open(Field& field) {
  world_ = &field.world;
  stream_ = field.population << 22;
  const World& w = field.world;
  traded_.assign(w.assets.size(), 0);
  for (uint32_t d = 0; d < setup_.dealers; ++d) {
    Dealer dealer;
    const uint32_t first = d << kAccountBits;
    Venue& options = *field.venues[book_->venue];
    dealer.option_account =
        options.open_account(field.at, {field.population, first}, CollateralMode::portfolio);
    std::vector<double> coins(w.assets.size()), interest(w.assets.size());
    for (const OptionBook::Line& line : book_->lines) {
      dealer.options.push_back(0);  // they come with the fills
      interest[line.asset] += line.open_interest / setup_.dealers;
    }
    for (uint32_t a = 0; a < w.assets.size(); ++a) {
      options.deposit(field.at, dealer.option_account, field.coin(a), interest[a] * setup_.capital);
      Hedge h;
      for (const uint32_t b : w.perpetuals[a]) {
        if (field.venues[w.markets[b].venue]->setup().name != setup_.hedge_venue) continue;
        h.book = b;
        Venue& venue = *field.venues[w.markets[b].venue];
        h.account = venue.open_account(field.at, {field.population, first + 1 + a},
                                       CollateralMode::single_coin);
        venue.deposit(field.at, h.account, 0,
                      std::min(interest[a] * w.assets[a].start * 0.15 + 1e6, 2e9));
        venue.must(
            field.at,
            SetLeverage{h.account, w.markets[b].instrument, Leverage::raw(4 * Leverage::scale)},
            "leverage of the start");
      }
      dealer.hedges.push_back(h);
    }
    dealers_.push_back(std::move(dealer));
  }
}

void Dealers::hold(const World&, std::vector<Held>& out) {
  for (Dealer& dealer : dealers_) {
    for (uint32_t a = 0; a < dealer.hedges.size(); ++a) {
      double delta = 0;
      for (const OptionBook::Line& line : book_->lines) {
        if (line.asset == a) delta += line.dealer_net / setup_.dealers * line.delta;
      }
      if (dealer.hedges[a].account != 0 && delta != 0)
        out.push_back({dealer.hedges[a].book, dealer.hedges[a].account, -delta, 0});
    }
  }
}

void Dealers::decide(size_t, const World& w, Outbox& out) {
  if (w.switches.without(Mechanism::gamma) || w.step % kHedgeSlice != 0) return;
  const uint32_t every = static_cast<uint32_t>(
      std::max<int64_t>(kHedgeSlice, setup_.hedge_every.ns() / 1'000'000'000));
  const double slices = std::max(setup_.slice_over.in_seconds() / kHedgeSlice, 1.0);
  for (uint32_t d = 0; d < dealers_.size(); ++d) {
    Dealer& dealer = dealers_[d];
    for (uint32_t a = 0; a < dealer.hedges.size(); ++a) {
      Hedge& h = dealer.hedges[a];
      if (h.account == 0) continue;
      const MarketView& book = w.markets[h.book];
      double delta = 0, gross = 0;
      for (size_t i = 0; i < book_->lines.size(); ++i) {
        const OptionBook::Line& line = book_->lines[i];
        if (line.asset != a || line.expired) continue;
        delta += dealer.options[i] * line.delta;
        gross += std::abs(dealer.options[i]);
      }
      const double open = -delta - h.coins;  // to be bought
      const bool scheduled = w.step - h.looked >= every;
      if (scheduled || std::abs(open - h.work) > setup_.band * gross) {
        if (scheduled) h.looked = w.step;
        h.work = open;
        h.slice = std::abs(open) / slices;
      }
      const double slice = std::clamp(h.work, -h.slice, h.slice);
      if (const auto o = taking(book, h.account, slice, 0.01))
        out.send(w, setup_.latency, stream_ + d, book.venue, *o);
    }
  }
}

void Dealers::on_notice(uint32_t, uint32_t index, const Notice& n) {
  Dealer& dealer = dealers_[index >> kAccountBits];
  const uint32_t which = index & ((1U << kAccountBits) - 1);
  if (which == 0) {
    const auto change = position_change(n, dealer.option_account);
    for (size_t i = 0; change && i < book_->lines.size(); ++i) {
      if (book_->lines[i].instrument != change->instrument) continue;
      const double coins = static_cast<double>(change->qty.raw() / book_->step_raw) * book_->lot;
      dealer.options[i] += change->side == Side::buy ? coins : -coins;
    }
    return;
  }
  Hedge& h = dealer.hedges[which - 1];
  const auto traded = position_change(n, h.account);
  if (!traded || n.kind() == NoticeKind::settled) return;
  const double coins = coins_of(world_->markets[h.book], traded->qty);
  const double change = traded->side == Side::buy ? coins : -coins;
  h.coins += change;
  if (world_->step == 0) return;  // held at the start
  h.work -= change;
  traded_[which - 1] += change;
}

double Dealers::net_delta(uint32_t asset) const {
  double delta = 0;
  for (const Dealer& dealer : dealers_) {
    for (size_t i = 0; i < book_->lines.size(); ++i) {
      if (book_->lines[i].asset == asset) delta += dealer.options[i] * book_->lines[i].delta;
    }
  }
  return delta;
}

double Dealers::hedged(uint32_t asset) const {
  double coins = 0;
  for (const Dealer& dealer : dealers_) coins += dealer.hedges[asset].coins;
  return coins;
}

}  // namespace delever::sim
