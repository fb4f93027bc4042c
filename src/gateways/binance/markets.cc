#include "gateways/binance/markets.h"

#include "base/text.h"

namespace delever::gateways::binance {
namespace {

constexpr int kSpotDigits = 8;  // spot answers print all of them, whatever the step

std::string dated(const std::string& pair, Instant expiry) {
  const std::string day = expiry.date();  // 2026-03-27
  return pair + "_" + day.substr(2, 2) + day.substr(5, 2) + day.substr(8, 2);
}

}  // namespace

Markets::Markets(const Desk& desk, bool spot) {
  const exchange::ExchangeSetup& setup = desk.door().setup();
  for (const exchange::CoinSetup& coin : setup.coins) coins_.push_back(coin.name);
  const auto id_of = [&](std::string_view name) { return coin(name).value_or(CoinId(0)); };
  for (InstrumentId i = 0; i < setup.listings.size(); ++i) {
    const exchange::Listing& listing = setup.listings[i];
    const ContractRule& c = *listing.rules.contract;
    if (c.kind != (spot ? InstrumentKind::spot : InstrumentKind::linear)) continue;
    Market m{.id = i, .listing = &listing, .pair = c.base + c.quote};
    m.symbol = listing.expiry ? dated(m.pair, *listing.expiry) : m.pair;
    m.stream = lower(m.symbol);
    m.base = id_of(c.base);
    m.quote = id_of(c.quote);
    m.settle = spot ? m.quote : id_of(c.settle);
    m.price_digits = spot ? kSpotDigits : digits_of(*c.tick);
    m.qty_digits = spot ? kSpotDigits : digits_of(*c.step);
    by_symbol_.emplace(m.symbol, all_.size());
    by_stream_.emplace(m.stream, all_.size());
    all_.push_back(std::move(m));
  }
  by_id_.assign(setup.listings.size(), all_.size());
  for (size_t k = 0; k < all_.size(); ++k) by_id_[all_[k].id] = k;
}

const Market* Markets::find(std::string_view symbol) const {
  const auto it = by_symbol_.find(symbol);
  return it == by_symbol_.end() ? nullptr : &all_[it->second];
}
const Market* Markets::by_stream(std::string_view name) const {
  const auto it = by_stream_.find(name);
  return it == by_stream_.end() ? nullptr : &all_[it->second];
}
const Market* Markets::by_pair(std::string_view pair) const {
  const Market* m = find(pair);
  return m && !m->is_dated() ? m : nullptr;
}
const Market* Markets::of(InstrumentId id) const {
  return id < by_id_.size() && by_id_[id] < all_.size() ? &all_[by_id_[id]] : nullptr;
}
std::optional<CoinId> Markets::coin(std::string_view name) const {
  for (CoinId c = 0; c < coins_.size(); ++c) {
    if (coins_[c] == name) return c;
  }
  return std::nullopt;
}

}  // namespace delever::gateways::binance
