// The accounts of one moment as a book for `delever stress` (docs/stress-book.md): the crowd,
// isolated and cross, and the carry desks with the coins that hedge them. Those who trade against
// them (makers, dealers, arbitrage, noise) are left out: what they hold is the other side of the
// market, not the leverage in it.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "sim/state.h"

namespace delever::sim {

std::string_view Simulation::book_header() {
  return "account,kind,venue,symbol,side,qty,entry,leverage,margin,stop,haircut,rulebook\n";
}

// The coins that hedge a desk's perpetual and lie elsewhere than the `held` at its venue: they back
// nothing there. What a desk holds beyond its hedge, to unwind or to grow, is left out.
double Simulation::State::coins_beside(uint32_t venue, AccountId account, uint32_t asset,
                                       double held) const {
  for (const Carry* desks : carry) {
    for (const Carry::Seat& s : desks->seats()) {
      if (s.account == account && world.markets[s.book].venue == venue &&
          world.markets[s.book].asset == asset)
        return std::max(-s.coins - s.spot_owed - held, 0.0);
    }
  }
  return 0;
}

// The wallet's money; coins of other assets that count as margin are money at their value.
std::string Simulation::State::money(const Venue& venue, AccountId account, uint32_t asset) const {
  const exchange::Exchange& x = venue.exchange();
  double others = 0;
  for (uint32_t a = 0; a < world.assets.size(); ++a) {
    const CoinId coin = static_cast<CoinId>(1 + a);
    if (a == asset || x.account(account).collateral != CollateralMode::multi_asset ||
        x.wallet(account, coin) == Amount())
      continue;
    others += x.wallet(account, coin).approx() * coin_price(venue, coin) *
              (1 - venue.setup().collateral_haircut->approx());
  }
  return others == 0 ? x.wallet(account, 0).text()
                     : fmt::format("{:.6f}", x.wallet(account, 0).approx() + others);
}

void Simulation::State::book_rows(uint32_t v, AccountId account, AccountKind kind,
                                  std::string& rows, uint32_t asset) const {
  const Venue& venue = *venues[v];
  const exchange::Exchange& x = venue.exchange();
  const Owner& owner = venue.owner(account);
  const bool backed = kind == AccountKind::portfolio &&
                      x.account(account).collateral == CollateralMode::multi_asset;
  auto out = std::back_inserter(rows);
  std::string id, shelf_venue;  // of the account's first position
  for (const exchange::PositionView& p : x.positions(account)) {
    const ListingSetup& listing = venue.setup().listings[p.instrument];
    const ContractRule& contract = *listing.rules.contract;
    if (p.qty == Qty() || listing.asset != asset || contract.kind != InstrumentKind::linear)
      continue;
    const double coins = p.qty.approx() * contract.size->approx();
    const auto entry = Price::nearest(p.cost.approx() / coins);
    if (!entry.has_value()) continue;
    if (id.empty()) {
      shelf_venue = listing.rules.venue;
      id = fmt::format("{}-{}", shelf_venue, account);
      if (kind != AccountKind::isolated)  // the wallet behind it
        fmt::format_to(out, "{},{},{},{},hold,{},,,,,{},\n", id, account_kind_name(kind),
                       shelf_venue, contract.settle, money(venue, account, asset),
                       kind == AccountKind::portfolio ? "0" : "");
      if (kind == AccountKind::portfolio) {
        const Amount held = x.wallet(account, static_cast<CoinId>(1 + asset));
        const double beside = coins_beside(v, account, asset, backed ? held.approx() : 0);
        if (backed && held != Amount())
          fmt::format_to(out, "{},portfolio,{},{},hold,{},,,,,{},\n", id, shelf_venue,
                         scenario.assets[asset].name, held.text(),
                         venue.setup().collateral_haircut->text());
        if (beside != 0)
          fmt::format_to(out, "{},portfolio,{},{},beside,{:.8f},,,,,,\n", id, shelf_venue,
                         scenario.assets[asset].name, beside);
      }
    }
    const bool isolated = kind == AccountKind::isolated;
    std::string stop;
    if (const auto at = populations[owner.population]->stop_price(owner.index); isolated && at) {
      if (const auto exact = Price::nearest(*at); exact.has_value()) stop = exact.value().text();
    }
    fmt::format_to(out, "{},{},{},{},{},{},{},{},{},{},,{}\n", id, account_kind_name(kind),
                   shelf_venue, listing.rules.symbol,
                   p.side == PositionSide::long_side ? "long" : "short", p.qty.text(),
                   entry.value().text(), p.leverage.text(), isolated ? p.margin.text() : "", stop,
                   listing.rules.as_of == "undated" ? "" : listing.rules.as_of);
  }
}

Result<void> Simulation::State::write_books() {
  if (!options.output) return {};
  for (uint32_t a = 0; a < world.assets.size(); ++a) {
    std::string rows;
    for (uint32_t v = 0; v < venues.size(); ++v) {
      if (venues[v]->setup().role != VenueRole::perpetual) continue;
      for (AccountId account = kFirstUser; account < venues[v]->exchange().accounts(); ++account) {
        const Owner& owner = venues[v]->owner(account);
        const AccountKind kind = populations[owner.population]->kind(owner.index);
        if (kind == AccountKind::isolated || kind == AccountKind::cross ||
            kind == AccountKind::portfolio)
          book_rows(v, account, kind, rows, a);
      }
    }
    TRY(options.output->on_book(scenario.assets[a].name, rows));
  }
  return {};
}

}  // namespace delever::sim
