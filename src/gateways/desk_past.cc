// What venues tell of the past beside trades: open interest, and how many accounts stood on which
// side.
#include <algorithm>

#include "gateways/desk_state.h"

namespace delever::gateways {
namespace {

constexpr Duration kEvery = Duration::minutes(5);
// Accounts looked at for one sample, for which an order may have to wait: 1.1 ms at most where a
// venue has 11,900 of them (scenarios/2026-01-30.toml, -O2).
constexpr uint32_t kLookedAt = 2'000;

struct Holder {
  double money = 0;
  std::vector<exchange::PositionView> positions;
};

void count(MarketSample::Crowd& crowd, const exchange::PositionView& position) {
  const double units = position.qty.approx();
  if (position.side == PositionSide::long_side) {
    ++crowd.longs;
    crowd.long_units += units;
  } else {
    ++crowd.shorts;
    crowd.short_units += units;
  }
}

std::vector<Holder> holders(const exchange::Exchange& exchange) {
  std::vector<Holder> out;
  const uint32_t all = exchange.accounts(), step = std::max<uint32_t>(1, all / kLookedAt);
  for (uint32_t a = kFirstUser; a < all; a += step) {
    Holder holder;
    holder.positions = exchange.positions(AccountId(a));
    if (holder.positions.empty()) continue;
    for (const exchange::PoolView& pool : exchange.pools(AccountId(a)))
      holder.money += pool.equity.approx();
    out.push_back(std::move(holder));
  }
  return out;
}

}  // namespace

void Desk::State::sample_markets() {
  const Instant at = Instant::ns(now().ns() / kEvery.ns() * kEvery.ns());
  // What a market stood at before it was first looked at is not known.
  const bool first = sampled == Instant::min() && at != now();
  if (at <= sampled) return;
  sampled = at;
  if (first) return;
  const exchange::Exchange& exchange = door.exchange();
  std::vector<Holder> all = holders(exchange);
  std::sort(all.begin(), all.end(),
            [](const Holder& a, const Holder& b) { return a.money > b.money; });
  std::vector<MarketSample> samples(instruments.size());
  for (size_t n = 0; n < all.size(); ++n) {
    for (const exchange::PositionView& position : all[n].positions) {
      MarketSample& sample = samples.at(position.instrument);
      count(sample.all, position);
      if (5 * n < all.size()) count(sample.top, position);
    }
  }
  for (InstrumentId i = 0; i < instruments.size(); ++i) {
    MarketSample& sample = samples[i];
    sample.at = at;
    sample.open_interest = exchange.open_interest(i);
    sample.mark = exchange.mark(i);
    sample.index = exchange.index(door.setup().listings[i].index);
    instruments[i].past.add(sample);
  }
}

// The exchange says the price of a settlement in words: "settled at 84123.5".
void Desk::State::listed(InstrumentId i, const InstrumentListed& event, Instant at) {
  constexpr std::string_view kSettled = "settled at ";
  const std::string_view status = event.status;
  if (!status.starts_with(kSettled)) return;
  const auto price = Price::parse(status.substr(kSettled.size()));
  if (!price.has_value()) return;
  const auto past = desk.past(i);
  instruments.at(i).delivery =
      Delivery{.price = price.value(),
               .open_interest = past.empty() ? Qty() : past.back().open_interest,
               .at = at};
}

std::optional<Delivery> Desk::delivery(InstrumentId i) const {
  return state_->instruments.at(i).delivery;
}

std::span<const MarketSample> Desk::past(InstrumentId i) const {
  return state_->instruments.at(i).past.all();
}

}  // namespace delever::gateways
