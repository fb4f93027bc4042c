#include "facts/observe.h"

#include <algorithm>
#include <cmath>

#include "market/candle_end.h"

namespace delever::facts {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

// Appends, or replaces the last point of the same second.
void put_second(Spilled<Point>& series, Instant second, double value) {
  if (!series.empty() && series.back().at == second)
    series.back().value = value;
  else
    series.push_back({second, value});
}

// The dollar and what counts as one. Sums of another money are no dollars.
bool in_dollars(const Instrument& instrument) {
  constexpr std::string_view kDollars[] = {"USD", "USDT", "USDC", "BUSD", "FDUSD"};
  return std::find(std::begin(kDollars), std::end(kDollars), instrument.quote) !=
         std::end(kDollars);
}

// USD of the levels within `share` of the middle, and whether the side goes that far.
std::optional<double> side_usd(const Instrument& instrument, std::span<const Level> side,
                               double mid, double share) {
  if (!in_dollars(instrument)) return std::nullopt;
  double total = 0;
  for (const Level& level : side) {
    if (std::abs(level.price.approx() - mid) > share * mid) return total;
    const auto value = usd(instrument, level.qty, level.price);
    if (!value) return std::nullopt;
    total += *value;
  }
  return std::nullopt;
}

}  // namespace

Instant second_of(Instant at) {
  const int64_t rest = at.ns() % kSecond;
  return rest > 0 ? at + Duration::ns(kSecond - rest) : at - Duration::ns(rest);
}

Observer::Observer(std::string asset, const Instruments& instruments, Window window,
                   CoinNames names)
    : asset_(std::move(asset)),
      instruments_(instruments),
      window_(window),
      names_(std::move(names)) {}

Track* Observer::track(InstrumentId instrument) {
  if (instrument >= of_instrument_.size()) of_instrument_.resize(instrument + 1, 0);
  size_t& known = of_instrument_[instrument];
  if (known == 0) {
    const Instrument& i = instruments_[instrument];
    const bool wanted = names_.of(i).asset == names_.plain(asset_) && !i.expiry &&
                        !is_builder_market(i) &&
                        (i.kind == InstrumentKind::spot || i.kind == InstrumentKind::linear ||
                         i.kind == InstrumentKind::inverse || i.kind == InstrumentKind::aggregate);
    known = wanted ? tracks_.size() + 2 : 1;
    if (wanted) {
      tracks_.emplace_back();
      tracks_.back().name = i.venue + " " + i.name();
      tracks_.back().kind = i.kind;
      tracks_.back().perpetual = i.is_perpetual();
      tracks_.back().quote = i.quote;
      tracks_.back().units = names_.of(i).units;
    }
  }
  return known == 1 ? nullptr : &tracks_[known - 2];
}

void Observer::on_trade(Track& t, const Instrument& instrument, Instant at, const Trade& trade) {
  if (trade.block) return;
  const auto own = coins(instrument, trade.qty, trade.price);
  if (!own || !(*own > 0)) return;
  const double size = *own * t.units, price = trade.price.approx() / t.units;
  const int sign = trade.taker_side == Side::buy ? 1 : -1;
  if (!t.orders.empty() && t.orders.back().at == at && t.orders.back().sign == sign) {
    t.orders.back().coins += size;
    t.orders.back().price = price;
  } else {
    t.orders.push_back({at, price, size, sign});
  }
}

void Observer::on_quote(Track& t, const Instrument& instrument, Instant at, const Quote& quote) {
  if (!quote.bid_price || !quote.ask_price || !quote.bid_qty || !quote.ask_qty) return;
  const auto bid_coins = coins(instrument, *quote.bid_qty, quote.bid_price);
  const auto ask_coins = coins(instrument, *quote.ask_qty, quote.ask_price);
  if (!bid_coins || !ask_coins || *quote.bid_price >= *quote.ask_price) return;
  const QuoteState state{second_of(at), quote.bid_price->approx() / t.units,
                         quote.ask_price->approx() / t.units, *bid_coins * t.units,
                         *ask_coins * t.units};
  if (!t.quotes.empty() && t.quotes.back().second == state.second)
    t.quotes.back() = state;
  else if (t.quotes.empty() || t.quotes.back().second < state.second)
    t.quotes.push_back(state);
}

void Observer::on_event(const Event& event) {
  if (event.at < window_.from || event.at > window_.to) return;
  if (std::holds_alternative<Gap>(event.payload)) return;  // of a stream, not of an instrument
  Track* const found = track(event.instrument);
  if (!found) return;
  Track& t = *found;
  ++events_;
  const Instrument& instrument = instruments_[event.instrument];
  if (const auto* trade = std::get_if<Trade>(&event.payload)) {
    if (trades_.counts(event, *trade)) on_trade(t, instrument, event.at, *trade);
  } else if (const auto* quote = std::get_if<Quote>(&event.payload)) {
    on_quote(t, instrument, event.at, *quote);
  } else if (const auto* candle = std::get_if<Candle>(&event.payload)) {
    if (!candle->closed || candle->price_kind != PriceKind::trade) return;
    // Periods are given with their last millisecond or with the one after it.
    const int64_t length = (candle->to - candle->from).ns();
    const Duration period = Duration::seconds((length + kSecond / 2) / kSecond);
    const double close = candle->close.approx() / t.units;
    if (period <= Duration() || close <= 0) return;
    std::vector<Point>& closes = t.closes[period];
    // The later word on one that was told at its very end; any other that is told again is kept as
    // well, and whether it is the same is seen when all are there.
    Instant& at_its_end = t.told_at_end[period];
    if (!closes.empty() && closes.back().at == candle->from && at_its_end == candle->from)
      closes.back().value = close;
    else
      closes.push_back({candle->from, close});
    at_its_end = told_at_its_end(*candle, event.received) ? candle->from : Instant::min();
  } else if (const auto* open = std::get_if<OpenInterest>(&event.payload)) {
    std::optional<double> amount;
    if (open->coins.value_or(0) > 0) amount = open->coins;  // 0: a field that was not filled
    if (!amount && open->contracts && t.kind == InstrumentKind::linear)
      amount = coins(instrument, *open->contracts, std::nullopt);
    if (!amount && open->contracts && t.kind == InstrumentKind::inverse && !t.quotes.empty())
      if (const auto price = Price::nearest(t.quotes.back().mid() * t.units); price.has_value())
        amount = coins(instrument, *open->contracts, price.value());
    const double plain = amount.value_or(0) * t.units;
    if (plain > 0) put_second(t.open_interest, second_of(event.at), plain);
  } else if (const auto* forced = std::get_if<Liquidation>(&event.payload)) {
    if (!forced->price() || !forced->qty() || !in_dollars(instrument) ||
        !liquidations_.counts(event, *forced))
      return;
    if (const auto value = usd(instrument, *forced->qty(), forced->price()); value && *value > 0)
      t.forced.push_back({event.at, forced->position_side == PositionSide::long_side, *value});
  } else if (const auto* total = std::get_if<LiquidationTotal>(&event.payload)) {
    if (first_told(t, 1, total->from, total->to - total->from))
      t.totals.push_back({total->from, total->to, total->long_usd, total->short_usd});
  } else if (const auto* funding = std::get_if<FundingRate>(&event.payload)) {
    if (funding->kind == FundingKind::settled && first_told(t, 2, event.at))
      t.funding_settled.push_back({event.at, funding->rate.approx()});
    if (funding->kind == FundingKind::mean && first_told(t, 3, event.at))
      t.funding_mean.push_back({event.at, funding->rate.approx()});
  }
}

std::vector<std::reference_wrapper<const Track>> Observer::tracks() const {
  constexpr std::string_view kMoney[] = {"USDT", "USD", "USDC"};
  std::vector<std::reference_wrapper<const Track>> out(tracks_.begin(), tracks_.end());
  const auto place = [&](const Track& t) {
    const auto money = std::find(std::begin(kMoney), std::end(kMoney), t.quote);
    return std::pair(money - std::begin(kMoney), std::string_view(t.name));
  };
  std::stable_sort(out.begin(), out.end(),
                   [&](const Track& a, const Track& b) { return place(a) < place(b); });
  return out;
}

bool Observer::wants_book(InstrumentId instrument, Instant at) const {
  if (at < window_.from || at > window_.to || instrument >= of_instrument_.size()) return false;
  const size_t known = of_instrument_[instrument];
  if (known < 2) return false;
  const Track& t = tracks_[known - 2];
  return t.depth.empty() || t.depth.back().second < second_of(at);
}

void Observer::on_book(InstrumentId instrument, Instant at, std::span<const Level> bids,
                       std::span<const Level> asks) {
  Track* const t = track(instrument);
  if (!t || bids.empty() || asks.empty() || bids.front().price >= asks.front().price) return;
  const Instrument& i = instruments_[instrument];
  const double mid = (bids.front().price.approx() + asks.front().price.approx()) / 2;
  DepthState state{.second = second_of(at)};
  state.reach = std::min(mid - bids.back().price.approx(), asks.back().price.approx() - mid) / mid;
  const auto within = [&](double share) -> std::optional<double> {
    const auto below = side_usd(i, bids, mid, share), above = side_usd(i, asks, mid, share);
    if (!below || !above) return std::nullopt;
    return *below + *above;
  };
  state.usd_5bp = within(0.0005);
  state.usd_10bp = within(0.001);
  state.usd_1pct = within(0.01);
  t->depth.push_back(state);
}

}  // namespace delever::facts
