// Accounts: who is admitted, how they are set, what they are told of their money and positions.
#include "gateways/desk.h"

#include <algorithm>

#include "base/text.h"
#include "gateways/desk_state.h"
#include "margin/adl.h"
#include "margin/price.h"

namespace delever::gateways {
namespace {

constexpr size_t kFillsKept = 1'000, kMoneyKept = 2'000, kForcedKept = 200;
constexpr size_t kAdlSample = 4'000;  // accounts looked at for a table of ADL scores
constexpr Duration kAdlFresh = Duration::minutes(1);

}  // namespace

OwnAccount::OwnAccount() : fills(kFillsKept), money(kMoneyKept), forced(kForcedKept) {}

Desk::State::State(Desk& d, MarketDoor& o) : desk(d), door(o) {
  const auto& listings = door.setup().listings;
  instruments.resize(listings.size());
  for (InstrumentId i = 0; i < listings.size(); ++i) {
    symbols.emplace(listings[i].symbol, i);
    const ContractRule& contract = *listings[i].rules.contract;
    instruments[i].size = contract.size->approx();
    instruments[i].inverse = contract.kind == InstrumentKind::inverse;
  }
}

Desk::Desk(MarketDoor& door) : door_(door), state_(std::make_unique<State>(*this, door)) {}
Desk::~Desk() = default;

// What the account has already is the first line of its statement.
void Desk::admit(Credentials who) {
  CHECK(who.account >= kFirstUser && who.account < door_.exchange().accounts());
  State& s = *state_;
  CHECK(!s.own(who.account));
  who.address = lower(who.address);
  if (!who.key.empty()) s.keys[who.key] = s.admitted.size();
  if (!who.address.empty()) s.addresses[who.address] = s.admitted.size();
  if (s.accounts.size() <= who.account) s.accounts.resize(who.account + 1u);
  auto own = std::make_unique<OwnAccount>();
  own->who = who;
  own->coins.resize(door_.exchange().coins());
  for (CoinId c = 0; c < own->coins.size(); ++c) {
    own->coins[c] = s.coins_of(who.account, c);
    if (own->coins[c] == 0) continue;
    s.post(*own, {.kind = MoneyRecord::Kind::deposit,
                  .coin = c,
                  .instrument = {},
                  .amount = Amount::raw(own->coins[c])});
  }
  s.accounts[who.account] = std::move(own);
  s.admitted.push_back(std::move(who));
}

const Credentials* Desk::by_key(std::string_view key) const {
  const auto it = state_->keys.find(std::string(key));
  return it == state_->keys.end() ? nullptr : &state_->admitted[it->second];
}
const Credentials* Desk::by_address(std::string_view address) const {
  const auto it = state_->addresses.find(lower(address));
  return it == state_->addresses.end() ? nullptr : &state_->admitted[it->second];
}
const std::vector<Credentials>& Desk::admitted() const { return state_->admitted; }
bool Desk::knows(AccountId account) const { return state_->own(account) != nullptr; }

void Desk::on_update(std::function<void(const DeskUpdate&)> handler) {
  state_->handlers.push_back(std::move(handler));
}
void Desk::State::emit(const DeskUpdate& update) const {
  for (const auto& handler : handlers) handler(update);
}
void Desk::State::emit_order(const OrderRecord& order, DeskUpdate::Reason reason) const {
  emit({.kind = DeskUpdate::Kind::order,
        .reason = reason,
        .account = order.account,
        .instrument = order.asked.instrument,
        .order = &order});
}

std::optional<InstrumentId> Desk::find(std::string_view symbol) const {
  const auto it = state_->symbols.find(std::string(symbol));
  return it == state_->symbols.end() ? std::nullopt : std::optional(it->second);
}
const exchange::Listing& Desk::listing(InstrumentId i) const {
  CHECK(i < door_.setup().listings.size());
  return door_.setup().listings[i];
}

std::optional<Price> Desk::price_of(InstrumentId i, WatchedPrice which) const {
  const exchange::Exchange& exchange = door_.exchange();
  if (which == WatchedPrice::index) return exchange.index(listing(i).index);
  return which == WatchedPrice::mark ? exchange.mark(i) : exchange.last(i);
}

// ---- settings

namespace {
DeskUpdate settings_of(AccountId account, InstrumentId instrument) {
  return {.kind = DeskUpdate::Kind::settings, .account = account, .instrument = instrument};
}
}  // namespace

// The exchange does not say what is set where nothing is held, so it is kept here as well.
Reject Desk::set_leverage(AccountId account, InstrumentId instrument, Leverage to) {
  OwnAccount* own = state_->own(account);
  if (!own) return Reject::no_such_account;
  const Reject why = door_.enter(SetLeverage{account, instrument, to});
  if (why != Reject::none) return why;
  own->leverage[instrument] = to;
  state_->emit(settings_of(account, instrument));
  return why;
}
Reject Desk::set_margin_mode(AccountId account, InstrumentId instrument, MarginMode mode) {
  OwnAccount* own = state_->own(account);
  if (!own) return Reject::no_such_account;
  const Reject why = door_.enter(SetMarginMode{account, instrument, mode});
  if (why != Reject::none) return why;
  own->modes[instrument] = mode;
  state_->emit(settings_of(account, instrument));
  return why;
}
Reject Desk::set_position_mode(AccountId account, bool hedged) {
  OwnAccount* own = state_->own(account);
  if (!own) return Reject::no_such_account;
  const Reject why = door_.enter(SetPositionMode{account, hedged});
  if (why == Reject::none) own->hedge = hedged;
  return why;
}
Reject Desk::move_margin(const MoveMargin& move) {
  return knows(move.account) ? door_.enter(move) : Reject::no_such_account;
}

// A position knows its own, whoever set it.
Leverage Desk::leverage(AccountId account, InstrumentId instrument) const {
  const Leverage usual = listing(instrument).default_leverage;
  const OwnAccount* own = state_->own(account);
  if (!own) return usual;
  const auto it = own->leverage.find(instrument);
  return it == own->leverage.end() ? usual : it->second;
}
MarginMode Desk::margin_mode(AccountId account, InstrumentId instrument) const {
  const OwnAccount* own = state_->own(account);
  if (!own) return MarginMode::cross;
  const auto it = own->modes.find(instrument);
  return it == own->modes.end() ? MarginMode::cross : it->second;
}
bool Desk::hedge(AccountId account) const {
  const OwnAccount* own = state_->own(account);
  return own && own->hedge;
}
CollateralMode Desk::collateral(AccountId account) const {
  return door_.exchange().account(account).collateral;
}

// ---- money

// Wallet and isolated margins: what trading alone can change.
int64_t Desk::State::coins_of(AccountId account, CoinId coin) const {
  int64_t sum = door.exchange().wallet(account, coin).raw();
  for (const exchange::PositionView& p : door.exchange().positions(account)) {
    const ContractRule& contract = *door.setup().listings[p.instrument].rules.contract;
    if (door.setup().coins[coin].name == contract.settle) sum += p.margin.raw();
  }
  return sum;
}

Amount Desk::State::change_of(OwnAccount& own, CoinId coin) {
  const int64_t now = coins_of(own.who.account, coin);
  const int64_t change = now - own.coins[coin];
  own.coins[coin] = now;
  return Amount::raw(change);
}

void Desk::State::post(OwnAccount& own, MoneyRecord record) {
  record.number = ++money_made;
  record.account = own.who.account;
  record.balance = door.exchange().wallet(own.who.account, record.coin);
  record.at = now();
  const MoneyRecord& kept = own.money.add(std::move(record));
  emit({.kind = DeskUpdate::Kind::balance,
        .account = own.who.account,
        .instrument = kept.instrument.value_or(0),
        .money = &kept});
}

std::span<const FillRecord> Desk::fills(AccountId account) const {
  const OwnAccount* own = state_->own(account);
  return own ? own->fills.all() : std::span<const FillRecord>();
}
std::span<const MoneyRecord> Desk::money(AccountId account) const {
  const OwnAccount* own = state_->own(account);
  return own ? own->money.all() : std::span<const MoneyRecord>();
}
std::span<const ForcedClose> Desk::forced(AccountId account) const {
  const OwnAccount* own = state_->own(account);
  return own ? own->forced.all() : std::span<const ForcedClose>();
}

// ---- positions

std::vector<exchange::PositionView> Desk::positions(AccountId account) const {
  std::vector<exchange::PositionView> all = door_.exchange().positions(account);
  std::erase_if(all, [](const exchange::PositionView& p) { return p.qty == Qty(); });
  return all;
}

namespace {

// Where this position stands in the account as margin reads it.
std::optional<size_t> place_of(const margin::Account& account, InstrumentId instrument,
                               PositionSide side) {
  for (size_t k = 0; k < account.positions.size(); ++k) {
    const margin::Position& p = account.positions[k];
    if (p.instrument == instrument && p.side == side) return k;
  }
  return std::nullopt;
}

std::optional<margin::PositionMargin> margin_of(const exchange::Exchange& exchange,
                                                const margin::Position& p) {
  const Price* mark = margin::MarkPrices::at(exchange.prices().mark, p.instrument);
  if (!mark) return std::nullopt;
  const Price* under = margin::MarkPrices::at(exchange.prices().underlying, p.instrument);
  auto made = margin::position_margin(p, exchange.rulebooks()[p.book], *mark,
                                      under ? std::optional(*under) : std::nullopt);
  if (!made.has_value()) return std::nullopt;
  return made.value();
}

}  // namespace

// Value at the mark against cost, rounded against the holder.
Amount Desk::profit_of(const exchange::PositionView& position) const {
  const ContractRule& c = *listing(position.instrument).rules.contract;
  const auto mark = door_.exchange().mark(position.instrument);
  if (!mark || mark->raw() <= 0 || position.qty <= Qty()) return {};
  const bool inverse = c.kind == InstrumentKind::inverse;
  const bool gains = (position.side == PositionSide::long_side) != inverse;
  const Round round = gains ? Round::down : Round::up;
  const Wide size = static_cast<Wide>(position.qty.raw()) * c.size->raw() / Qty::scale;
  const Wide value = inverse ? divide(size * Price::scale, mark->raw(), round)
                             : divide(size * mark->raw(), Price::scale, round);
  const int64_t profit = narrow(gains ? value - position.cost.raw() : position.cost.raw() - value);
  return Amount::raw(profit);
}

std::optional<Price> Desk::entry_price(const exchange::PositionView& position) const {
  const exchange::Listing& listed = listing(position.instrument);
  const ContractRule& c = *listed.rules.contract;
  if (position.qty <= Qty()) return std::nullopt;
  const double size = position.qty.approx() * c.size->approx(), cost = position.cost.approx();
  if (!(cost > 0)) return std::nullopt;
  const auto price = Price::nearest(c.kind == InstrumentKind::inverse ? size / cost : cost / size);
  return price.has_value() ? std::optional(price.value()) : std::nullopt;
}

std::optional<Price> Desk::liquidation_price(AccountId account,
                                             const exchange::PositionView& position) const {
  const exchange::Exchange& x = door_.exchange();
  margin::Account whole = x.account(account);
  const auto at = place_of(whole, position.instrument, position.side);
  if (!at) return std::nullopt;
  for (margin::Position& p : whole.positions) {  // the exchange keeps costs; prices are of entries
    const exchange::PositionView view{
        .instrument = p.instrument, .qty = p.qty, .cost = p.cost.value_or(Amount())};
    p.entry = entry_price(view).value_or(p.entry);
  }
  const auto pool = margin::price_pool(whole, *at, x.prices(), x.rulebooks());
  if (!pool.has_value()) return std::nullopt;
  const auto safe = margin::liquidation_prices(pool.value());
  if (!safe.has_value()) return std::nullopt;
  const auto price = margin::adverse(safe.value(), pool.value());
  if (!price || !(*price > 0)) return std::nullopt;
  const auto exact = Price::nearest(*price);
  return exact.has_value() ? std::optional(exact.value()) : std::nullopt;
}

// ---- ADL

std::optional<double> Desk::State::adl_score(AccountId account, InstrumentId instrument,
                                             PositionSide side) const {
  const exchange::Exchange& x = door.exchange();
  const margin::Account whole = x.account(account);
  const auto at = place_of(whole, instrument, side);
  const auto& rule = door.setup().listings[instrument].rules.adl;
  if (!at) return std::nullopt;
  const margin::Position& p = whole.positions[*at];
  const auto figures = margin_of(x, p);
  if (!figures) return std::nullopt;
  margin::AdlInput in{.profit = figures->profit,
                      .value = figures->value,
                      .cost = p.cost.value_or(figures->value - figures->profit),
                      .wallet = p.margin,
                      .equity = p.margin + figures->profit,
                      .maintenance = figures->maintenance,
                      .is_long = side == PositionSide::long_side,
                      .inverse = instruments[instrument].inverse};
  if (p.mode == MarginMode::cross) {
    const CoinId settle = x.rulebooks()[p.book].settle;
    for (const exchange::PoolView& pool : x.pools(account)) {
      if (pool.isolated || (pool.coin && *pool.coin != settle)) continue;
      in.wallet = x.wallet(account, settle);
      in.equity = pool.equity;
      in.maintenance = pool.maintenance;
    }
  }
  return margin::adl_score(rule ? rule->ranking : AdlRanking::pnl_leverage, in);
}

const AdlTable& Desk::State::adl_table(InstrumentId instrument, PositionSide side) {
  AdlTable& table = adl[{instrument, side}];
  if (table.at != Instant::min() && now() - table.at < kAdlFresh) return table;
  table.at = now();
  table.scores.clear();
  const uint32_t all = door.exchange().accounts();
  const uint32_t step = std::max<uint32_t>(1, all / kAdlSample);
  for (uint32_t a = kFirstUser; a < all; a += step) {
    if (const auto score = adl_score(AccountId(a), instrument, side))
      table.scores.push_back(*score);
  }
  std::sort(table.scores.begin(), table.scores.end());
  return table;
}

int Desk::adl_rank(AccountId account, const exchange::PositionView& position) const {
  const auto score = state_->adl_score(account, position.instrument, position.side);
  if (!score) return 0;
  const std::vector<double>& all = state_->adl_table(position.instrument, position.side).scores;
  if (all.empty()) return 0;
  const auto below = std::lower_bound(all.begin(), all.end(), *score) - all.begin();
  return static_cast<int>(std::min<size_t>(4, static_cast<size_t>(below) * 5 / all.size()));
}

}  // namespace delever::gateways
