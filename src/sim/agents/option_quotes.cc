#include "sim/agents/option_quotes.h"

#include "options/black.h"

namespace delever::sim {
namespace {

constexpr double kSkewPerSize = 0.002;  // of volatility, for each quote's size that is held
constexpr double kSkewMost = 0.05;
constexpr double kOptionReach = 4;   // half spreads from the middle that a taker pays at most
constexpr double kOptionsFull = 50;  // times taker_coins: who holds that much only goes back
constexpr double kVolLeast = 0.02;

}  // namespace

void OptionQuotes::open(Field& field) {
  stream_ = field.population << 22;
  period_ = static_cast<uint32_t>(std::max<int64_t>(1, setup_.quote_every.ns() / 1'000'000'000));
  for (size_t i = 0; i < book_->lines.size(); ++i) {
    if (book_->lines[i].asset != setup_.asset) continue;
    quoted_.push_back({.line = i,
                       .bids = std::vector<Rung>(setup_.levels),
                       .asks = std::vector<Rung>(setup_.levels)});
  }
  Venue& venue = *field.venues[book_->venue];
  const CoinId coin = field.coin(setup_.asset);
  maker_ = venue.open_account(field.at, {field.population, 0}, CollateralMode::single_coin);
  venue.deposit(field.at, maker_, coin, setup_.capital_coins);
  for (uint32_t t = 0; t < setup_.takers; ++t) {
    takers_.push_back(
        {venue.open_account(field.at, {field.population, 1 + t}, CollateralMode::single_coin)});
    venue.deposit(field.at, takers_.back().account, coin, 4 * kOptionsFull * setup_.taker_coins);
  }
}

double OptionQuotes::value(const OptionBook::Line& line, double vol, const World& w) const {
  const double price = w.assets[setup_.asset].price;
  return options::black({.forward = price,
                         .strike = line.strike,
                         .years = (line.expiry - w.now).in_years(),
                         .vol = std::max(vol, kVolLeast),
                         .type = line.type})
             .price /
         price;
}

std::optional<SubmitOrder> OptionQuotes::order(AccountId account, const OptionBook::Line& line,
                                               Side side, int64_t ticks, double coins) const {
  const double lots = std::floor(coins / book_->lot + 0.5);
  if (ticks < 1 || !(lots >= 1) || lots > 1e9) return std::nullopt;
  SubmitOrder o;
  o.account = account;
  o.instrument = line.instrument;
  o.side = side;
  o.price = Price::raw(ticks * book_->tick_raw);
  o.qty = Qty::raw(static_cast<int64_t>(lots) * book_->step_raw);
  o.self_trade = SelfTrade::expire_maker;
  return o;
}

// Lines take turns, so that no second has them all.
void OptionQuotes::decide(size_t part, const World& w, Outbox& out) {
  if (!(w.assets[setup_.asset].price > 0) || quoted_.empty()) return;
  if (part > 0) return take(part - 1, w, out);
  for (size_t i = 0; i < quoted_.size(); ++i) {
    if ((w.step + i) % period_ == 0) quote(i, w, out);
  }
}

void OptionQuotes::quote(size_t number, const World& w, Outbox& out) {
  if (w.now >= book_->lines[quoted_[number].line].expiry) return;
  quote_side(number, Side::buy, w, out);
  quote_side(number, Side::sell, w, out);
}

// What has to move leaves first; then what is wanted comes. Bids are rounded down and asks up, and
// no bid stands below a tick: what is worth less has no buyer.
void OptionQuotes::quote_side(size_t number, Side side, const World& w, Outbox& out) {
  Quoted& q = quoted_[number];
  const OptionBook::Line& line = book_->lines[q.line];
  const bool buys = side == Side::buy;
  const double skew =
      std::clamp(q.inventory / setup_.size_coins * kSkewPerSize, -kSkewMost, kSkewMost);
  std::vector<Rung>& rungs = buys ? q.bids : q.asks;
  const double coins = setup_.size_coins * w.quoted;
  std::vector<int64_t> wanted;
  for (size_t l = 0; l < rungs.size(); ++l) {
    const double apart = setup_.spread_vol * static_cast<double>(l + 1);
    const double at = value(line, line.vol - skew + (buys ? -apart : apart), w) / book_->tick;
    const auto ticks = static_cast<int64_t>(buys ? std::floor(at) : std::floor(at) + 1);
    // Far from the money several levels come to one price: each a tick behind the one before.
    wanted.push_back(l == 0 ? ticks
                     : buys ? std::min(ticks, wanted.back() - 1)
                            : std::max(ticks, wanted.back() + 1));
    Rung& rung = rungs[l];
    const bool stays = rung.ticks == wanted[l] && rung.coins >= 0.6 * coins;
    if (rung.id == 0 || stays) continue;
    out.send(w, setup_.latency, stream_, book_->venue,
             CancelOrder{maker_, line.instrument, rung.id});
    rung.id = 0;
  }
  for (size_t l = 0; l < rungs.size(); ++l) {
    if (rungs[l].id != 0) continue;
    auto o = order(maker_, line, side, wanted[l], coins);
    if (!o) continue;
    o->time_in_force = TimeInForce::post_only;
    o->client = (number * rungs.size() + l) * 2 + (buys ? 0 : 1);
    rungs[l].ticks = wanted[l];
    rungs[l].coins = coins;
    out.send(w, setup_.latency, stream_, book_->venue, *o);
  }
}

void OptionQuotes::take(size_t number, const World& w, Outbox& out) {
  const Taker& taker = takers_[number];
  const auto entity = static_cast<uint32_t>(stream_ + 1 + number);
  Random random = random_at(w, Stream::option_quotes, entity);
  if (!random.chance(setup_.takes_hour / 3600 / static_cast<double>(takers_.size()))) return;
  const size_t which = random.below(quoted_.size());
  const OptionBook::Line& line = book_->lines[quoted_[which].line];
  const double full = taker.coins / (kOptionsFull * setup_.taker_coins);
  const bool buys = random.chance(std::clamp(0.5 - full / 2, 0.0, 1.0));
  const double coins = std::max(setup_.taker_coins * std::exp(random.normal()), book_->lot);
  if (w.now >= line.expiry) return;
  const double reach = kOptionReach * setup_.spread_vol;
  const double at = value(line, line.vol + (buys ? reach : -reach), w) / book_->tick;
  auto o = order(taker.account, line, buys ? Side::buy : Side::sell,
                 static_cast<int64_t>(buys ? std::floor(at) + 1 : std::floor(at)), coins);
  if (!o) return;
  o->time_in_force = TimeInForce::immediate_or_cancel;
  out.send(w, setup_.latency, entity, book_->venue, *o);
}

OptionQuotes::Quoted* OptionQuotes::quoted(InstrumentId instrument) {
  for (Quoted& q : quoted_) {
    if (book_->lines[q.line].instrument == instrument) return &q;
  }
  return nullptr;
}

void OptionQuotes::on_notice(uint32_t, uint32_t index, const Notice& notice) {
  const auto coins_of = [&](Qty qty) {
    return static_cast<double>(qty.raw() / book_->step_raw) * book_->lot;
  };
  const AccountId account = index > 0 ? takers_[index - 1].account : maker_;
  if (const auto change = position_change(notice, account)) {
    const double coins = change->side == Side::buy ? coins_of(change->qty) : -coins_of(change->qty);
    if (index > 0)
      takers_[index - 1].coins += coins;
    else if (Quoted* q = quoted(change->instrument))
      q->inventory += coins;
  }
  if (index > 0) return;
  const auto rung = [&](uint64_t client) -> Rung& {
    Quoted& q = quoted_[client / 2 / setup_.levels];
    return (client % 2 == 0 ? q.bids : q.asks)[client / 2 % setup_.levels];
  };
  if (const auto* rested = notice.as<OrderRested>()) {
    rung(rested->client).id = rested->order;
    rung(rested->client).coins = coins_of(rested->qty);
  } else if (const auto* finished = notice.as<OrderFinished>()) {
    if (rung(finished->client).id == finished->order) rung(finished->client).id = 0;
  } else if (const auto* fill = notice.as<Fill>(); fill && fill->maker) {
    Rung& r = rung(fill->client);
    if (r.id != fill->order) return;
    r.coins -= coins_of(fill->qty);
    if (r.coins < book_->lot / 2) r.id = 0;
  }
}

}  // namespace delever::sim
