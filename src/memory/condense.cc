#include "memory/condense.h"

#include "market/first_market.h"

#include <algorithm>
#include <cmath>

namespace delever::memory {
namespace {

constexpr int64_t kMinute = 60'000'000'000;
constexpr Duration kDay = Duration::days(1);
constexpr Duration kHeardEvery = Duration::seconds(1);  // as gauges take signs of life

// As gauges/prices.cc has it.
int64_t closing_minute(Instant t) {
  const int64_t ns = t.ns();
  return ns / kMinute + (ns % kMinute > 0 ? 1 : 0);
}

int64_t floor_to(Instant t, Duration step) {
  const int64_t ns = t.ns();
  return ns / step.ns() - (ns % step.ns() < 0 ? 1 : 0);
}

// As gauges/liquidations.cc has it.
bool within_reason(WideQty qty, Price price) {
  return qty >= WideQty() && qty.approx() * std::fabs(price.approx()) <= 1e18;
}

template <class... Kinds>
bool is_any(const EventPayload& payload) {
  return (std::holds_alternative<Kinds>(payload) || ...);
}

// What gauges do not read when it is stamped too late.
bool is_clocked(const EventPayload& payload) {
  return is_any<Trade, Liquidation, MarkPrice, IndexPrice, FundingRate, OpenInterest, OptionQuote>(
      payload);
}

const Trade& trade_of(const Event& e) { return *std::get_if<Trade>(&e.payload); }
Price price_of(const Event& e) {
  if (const auto* trade = std::get_if<Trade>(&e.payload)) return trade->price;
  if (const auto* mark = std::get_if<MarkPrice>(&e.payload)) return mark->price;
  return std::get_if<IndexPrice>(&e.payload)->price;
}
bool is_later(const Event& a, const Event& b) {
  return std::pair(a.at, price_of(a)) > std::pair(b.at, price_of(b));
}

// As gauges/open_interest.cc has it.
bool usable(const std::optional<double>& value) {
  return value && std::isfinite(*value) && *value >= 0;
}

}  // namespace

Event sign_of(const Event& event) {
  Quote quote;
  if (!is_any<Quote, BookSnapshot>(event.payload)) quote.update_id = kSaidNoSize;
  return {event.instrument, event.source, event.at, event.received, quote};
}

// Epochs tell groups of one segment apart, and venues are found again.
void Condenser::hand_over(codec::Handover& state) {
  uint64_t count = known_.size();
  state.field(count);
  for (uint64_t id = 0; id < count && !state.failed(); ++id) {
    if (state.reads()) known_.emplace_back();
    Known& one = known_[id];
    state.fields(one.heard, one.seen, one.seen_anywhere, one.unsized_told);
  }
}

size_t Condenser::GroupHash::operator()(const Group& g) const {
  uint64_t h = static_cast<uint64_t>(g.what) << 56 ^ static_cast<uint64_t>(g.instrument) << 24 ^
               static_cast<uint64_t>(g.source) << 8 ^ g.epoch;
  for (const int64_t x : {g.a, g.b}) {
    h = (h ^ static_cast<uint64_t>(x)) * 0x9E3779B97F4A7C15ULL;
    h ^= h >> 29;
  }
  return h;
}

auto Condenser::known(InstrumentId id) -> Known& {
  if (known_.size() <= id) known_.resize(id + 1);
  Known& known = known_[id];
  if (known.venue != SIZE_MAX) return known;
  known.venue = venue_numbers_.try_emplace(instruments_[id].venue, lives_.size()).first->second;
  if (known.venue == lives_.size()) lives_.emplace_back();
  return known;
}

bool Condenser::misdated(const Event& event) const {
  // As the gauges have it, which count it and do not read it.
  const bool wrong_clock =
      event.at - event.received > ahead_max_ || stamped_before_markets(event.at, event.received);
  return wrong_clock && is_clocked(event.payload);
}

// The event at hand; its place is used again once nothing holds it.
auto Condenser::take(const Event& event) -> Kept* {
  if (newest_ != nullptr && newest_->uses > 0 && newest_->ordinal == ordinal_) {
    ++newest_->uses;
    return newest_;
  }
  if (free_.empty()) free_.push_back(&kept_.emplace_back());
  newest_ = free_.back();
  free_.pop_back();
  newest_->ordinal = ordinal_;
  newest_->event = event;
  newest_->uses = 1;
  newest_->before = {};
  if (event.instrument == kNoInstrument) return newest_;
  const Known& known = known_[event.instrument];
  if (known.accepted_here && known.accepted.ordinal != ordinal_) newest_->before = known.accepted;
  return newest_;
}

void Condenser::release(Kept* kept) {
  CHECK(kept->uses > 0);
  if (--kept->uses == 0) free_.push_back(kept);
}

// One event stands for the group: the first of the best.
template <class Better>
void Condenser::best(const Group& group, const Event& event, Better better) {
  Found& found = known_[event.instrument].found[static_cast<size_t>(group.what)];
  if (found.kept == nullptr || !(found.group == group))
    found = {group, &groups_.try_emplace(group, nullptr).first->second};
  Kept*& kept = *found.kept;
  if (kept != nullptr) {
    if (!better(event, kept->event)) return;
    release(kept);
  }
  kept = take(event);
}

// The newest; of one instant each that says another figure, for of two that differ neither is one.
template <class Figure>
void Condenser::newest(const Group& group, const Event& event, Figure figure) {
  const auto found = groups_.find(group);
  if (found != groups_.end() && found->second != nullptr && found->second->event.at == event.at &&
      figure(found->second->event) != figure(event))
    keep(event);
  best(group, event, [](const Event& a, const Event& b) { return a.at > b.at; });
}

void Condenser::sign(const Spoken& spoken) {
  if (spoken.ordinal != kNone) signs_.try_emplace(spoken.ordinal, spoken);
}

// The gauges take an instrument's sign of life at most once a second, each by the one before it. An
// event that is kept keeps the sign that was taken before it, so the same ones are taken again.
void Condenser::life(const Event& event, Known& known) {
  const Spoken spoken{ordinal_, event.instrument, event.source, event.at, event.received};
  if (known.heard != Instant::min() && event.received < known.heard + kHeardEvery) return;
  known.heard = event.received;
  known.accepted = spoken;
  known.accepted_here = true;
  Life& life = lives_[known.venue];
  if (life.first.ordinal == kNone) life.first = spoken;
  life.last = spoken;
  if (life.newest.ordinal == kNone || spoken.at > life.newest.at) life.newest = spoken;
}

auto Condenser::add(Event& event, uint64_t ordinal) -> Form {
  ordinal_ = ordinal;
  if (std::holds_alternative<Gap>(event.payload)) {
    keep(event);
    return Form::whole;
  }
  Known& one = known(event.instrument);
  if (!one.here) here_.push_back(event.instrument);
  one.here = true;
  life(event, one);
  one.last = last_ = {ordinal, event.instrument, event.source, event.at, event.received};
  if (misdated(event)) {
    if (auto* trade = std::get_if<Trade>(&event.payload)) trade->id = anywhere(event, *trade, one);
    keep(event);
    return Form::whole;
  }
  const bool accepted = one.accepted.ordinal == ordinal && one.accepted_here;
  const bool first = !one.spoke;
  if (first) sign(last_);
  one.spoke = true;
  if (std::holds_alternative<InstrumentListed>(event.payload)) {
    ++one.epoch;
    keep(event);
    return Form::whole;
  }
  const InstrumentKind kind = instruments_[event.instrument].kind;
  const bool unread = is_any<Quote, BookSnapshot, BookDelta, VolIndex>(event.payload) ||
                      (is_any<MarkPrice, IndexPrice>(event.payload) &&
                       (kind == InstrumentKind::option || kind == InstrumentKind::aggregate)) ||
                      (std::holds_alternative<Candle>(event.payload) &&
                       !std::get_if<Candle>(&event.payload)->closed);
  if (unread) {
    const bool unsized = !one.unsized_told && !instruments_[event.instrument].contract_size &&
                         is_any<Quote, BookSnapshot>(event.payload);
    one.unsized_told = one.unsized_told || unsized;
    return first || accepted || unsized ? Form::sign : Form::nothing;
  }
  if (auto* trade = std::get_if<Trade>(&event.payload))
    weigh(event, *trade, one);
  else
    weigh(event, one);
  return Form::whole;
}

void Condenser::weigh(const Event& event, Known& one) {
  const Group price{What::mark,   event.instrument,         one.epoch,
                    event.source, closing_minute(event.at), 0};
  if (const auto* mark = std::get_if<MarkPrice>(&event.payload)) {
    if (mark->price.raw() > 0) newest(price, event, price_of);
  } else if (const auto* index = std::get_if<IndexPrice>(&event.payload)) {
    Group group = price;
    group.what = What::index;
    if (index->price.raw() > 0) newest(group, event, price_of);
  } else if (const auto* funding = std::get_if<FundingRate>(&event.payload)) {
    weigh(event, *funding, one);
  } else if (const auto* interest = std::get_if<OpenInterest>(&event.payload)) {
    weigh(event, *interest, one);
  } else if (const auto* quote = std::get_if<OptionQuote>(&event.payload)) {
    weigh(event, *quote, one);
  } else {
    keep(event);
  }
}

// What TradesOnce decides of a perpetual's trade, whatever it is stamped with.
std::string_view Condenser::anywhere(const Event& event, const Trade& trade, Known& one) {
  if (trade.id.empty() || !instruments_[event.instrument].is_perpetual()) return {};
  return one.seen_anywhere.first(mark_of(event, trade, true), event.received) ? kUnseen
                                                                              : kElsewhere;
}

void Condenser::weigh(const Event& event, Trade& trade, Known& one) {
  const InstrumentKind kind = instruments_[event.instrument].kind;
  const bool future = kind == InstrumentKind::linear || kind == InstrumentKind::inverse;
  const bool counted = future && within_reason(trade.qty, trade.price) && trade.price.raw() > 0;
  // Options are counted by their numbers alone, whichever stream shows them.
  const bool option = kind == InstrumentKind::option;
  const bool doubled = (counted || option) && !trade.id.empty() &&
                       !one.seen.first(mark_of(event, trade, option), event.received);
  const std::string_view id = anywhere(event, trade, one);
  trade.id = !doubled ? id : id == kUnseen ? kDoubledUnseen : kDoubled;
  if (option) return keep(event);
  if (doubled) {
    keep(event);
  } else if (counted) {
    const SumKey key{event.instrument, event.source, trade.aggregated,
                     floor_to(event.at, Duration::minutes(1))};
    if (one.sum == nullptr || one.sum_key != key) {
      one.sum_key = key;
      one.sum = &sums_[key];
    }
    Sum& sum = *one.sum;
    const size_t side = trade.taker_side == Side::buy ? 0 : 1;
    sum.qty[side] += trade.qty.raw();
    sum.money[side] += trade.qty.raw() * trade.price.raw() / Price::scale;
  }
  if (trade.block || trade.price.raw() <= 0) return;
  // For its price alone: what it adds to a volume is in the sum.
  Event priced = event;
  if (counted && !doubled) std::get_if<Trade>(&priced.payload)->qty = WideQty();
  const auto group = [&](What what, int64_t slot) {
    return Group{what, event.instrument, one.epoch, event.source, slot, 0};
  };
  best(group(What::price, closing_minute(event.at)), priced, is_later);
  const int64_t hour = (closing_minute(event.at + Duration::ns(1)) - 1) / 60;
  best(group(What::bar_first, hour), priced,
       [](const Event& a, const Event& b) { return is_later(b, a); });
  best(group(What::bar_last, hour), priced, is_later);
  best(group(What::bar_high, hour), priced,
       [](const Event& a, const Event& b) { return price_of(a) > price_of(b); });
  best(group(What::bar_low, hour), priced,
       [](const Event& a, const Event& b) { return price_of(a) < price_of(b); });
}

// The last word on each settlement. What accrues without one is averaged over its messages, and
// what was paid is little.
void Condenser::weigh(const Event& event, const FundingRate& funding, Known& one) {
  const bool announced = (funding.kind == FundingKind::current && funding.settles_at) ||
                         funding.kind == FundingKind::predicted;
  if (!announced) return keep(event);
  const Instant settles = funding.settles_at.value_or(Instant::min());
  const int64_t sort = static_cast<int64_t>(funding.kind) * 2 + (event.at <= settles);
  newest({What::funding, event.instrument, one.epoch, event.source, settles.ns(), sort}, event,
         [](const Event& e) { return std::get_if<FundingRate>(&e.payload)->rate; });
}

// Of an option the newest; of a future that of each minute, where a day's close stamped on midnight
// belongs to the day before.
void Condenser::weigh(const Event& event, const OpenInterest& interest, Known& one) {
  const auto group = [&](What what, int64_t a, int64_t b) {
    return Group{what, event.instrument, one.epoch, event.source, a, b};
  };
  const InstrumentKind kind = instruments_[event.instrument].kind;
  if (kind == InstrumentKind::option) {
    if (!interest.contracts || interest.contracts->raw() < 0) return keep(event);
    best(group(What::option_interest_first, 0, 0), event,
         [](const Event&, const Event&) { return false; });
    const int64_t zero = interest.contracts->is_zero();  // that it was not counts all the same
    return newest(group(What::option_interest, zero, 0), event,
                  [](const Event& e) { return *std::get_if<OpenInterest>(&e.payload)->contracts; });
  }
  using Rank = std::tuple<Instant, WideQty, double, double>;
  const auto rank = [](const Event& e) {
    const auto& i = *std::get_if<OpenInterest>(&e.payload);
    const bool contracts = i.contracts && i.contracts->raw() >= 0;
    return Rank{e.at, contracts ? *i.contracts : WideQty(), usable(i.coins) ? *i.coins : 0,
                usable(i.value_usd) ? *i.value_usd : 0};
  };
  const Rank mine = rank(event);
  const bool zero = mine == Rank{event.at, WideQty(), 0, 0};
  const int64_t day = floor_to(event.at - Duration::ns(1), kDay);
  // A row that says nothing at all is no row of zero.
  const bool says = (interest.contracts && interest.contracts->raw() >= 0) ||
                    usable(interest.coins) || usable(interest.value_usd);
  if (!says) return;
  newest(group(What::interest, floor_to(event.at, Duration::minutes(1)), day * 2 + zero), event,
         rank);
}

// The newest; of several of one instant all, since how much each says decides.
void Condenser::weigh(const Event& event, const OptionQuote& quote, Known& one) {
  if (instruments_[event.instrument].kind != InstrumentKind::option) return;
  const auto group = [&](What what) {
    return Group{what, event.instrument, one.epoch, event.source, 0, 0};
  };
  const auto never = [](const Event&, const Event&) { return false; };
  best(group(What::quote_first), event, never);
  const auto newest = groups_.find(group(What::quote));
  if (newest != groups_.end() && newest->second->event.at == event.at) keep(event);
  best(group(What::quote), event, [](const Event& a, const Event& b) { return a.at > b.at; });
  if (!quote.open_interest) return;
  if (quote.open_interest->raw() < 0) return keep(event);
  best(group(What::quote_interest_first), event, never);
  // That it was not 0 counts even when it is by now.
  Group interest = group(What::quote_interest);
  interest.a = quote.open_interest->is_zero();
  best(interest, event, [](const Event& a, const Event& b) {
    const auto rank = [](const Event& e) {
      return std::pair(e.at, *std::get_if<OptionQuote>(&e.payload)->open_interest);
    };
    return rank(a) > rank(b);
  });
}

// A trade off the book, which no price is taken from, or two of them: of the sums asked for.
void Condenser::put_sum(std::vector<Event>& out, Event event, Side side, Wide qty, Wide money) {
  const auto put = [&](Wide units, Wide raw_price) {
    const bool fits = raw_price > 0 && raw_price <= INT64_MAX && units >= 0;
    const WideQty wide = WideQty::raw(units);
    failed_ = failed_ || !fits || wide.raw() != units;
    if (failed_) return;
    const Price price = Price::raw(static_cast<int64_t>(raw_price));
    failed_ = !within_reason(wide, price);
    Trade trade{.price = price, .qty = wide, .taker_side = side, .id = {}, .index_price = {}};
    trade.block = true;
    trade.aggregated = trade_of(event).aggregated;
    event.payload = std::move(trade);
    out.push_back(event);
  };
  constexpr Wide scale = Price::scale;
  const Wide most = static_cast<Wide>(1) << 92;  // times the scale it stays within 126 bits
  failed_ = failed_ || qty < 0 || money < 0 || qty > most || money > most;
  if (failed_) return;
  if (qty == 0) return put(0, 1);
  const Wide one = std::max<Wide>(1, (money * scale + qty - 1) / qty);
  if (one <= INT64_MAX && qty <= most && qty * one / scale == money) return put(qty, one);
  if (qty == 1) return put(-1, 0);
  const Wide first = std::max<Wide>(1, money * scale / (qty - 1));
  const Wide rest = first <= INT64_MAX ? money - (qty - 1) * first / scale : -1;
  if (rest < 0) return put(-1, 0);
  put(qty - 1, first);
  put(1, std::max<Wide>(1, rest * scale));
}

// Behind the last event of the instrument, and received with it: no sign of life of its own.
void Condenser::add_sums(std::vector<KeptEvent>& out) {
  for (const auto& [key, sum] : sums_) {
    const auto& [instrument, source, aggregated, minute] = key;
    const uint64_t last = known_[instrument].last.ordinal;
    const auto anchor = std::lower_bound(
        out.begin(), out.end(), last,
        [](const KeptEvent& kept, uint64_t ordinal) { return kept.ordinal < ordinal; });
    CHECK(anchor != out.end() && anchor->ordinal == last);
    Event event{instrument, source, Instant::ns(minute * kMinute), anchor->event.received,
                Trade{.price = {}, .qty = {}, .id = {}, .index_price = {}}};
    std::get_if<Trade>(&event.payload)->aggregated = aggregated;
    std::vector<Event> trades;
    if (sum.qty[0] != 0 || sum.money[0] != 0)
      put_sum(trades, event, Side::buy, sum.qty[0], sum.money[0]);
    if (sum.qty[1] != 0 || sum.money[1] != 0 || trades.empty())
      put_sum(trades, event, Side::sell, sum.qty[1], sum.money[1]);
    auto behind = anchor + 1;
    while (behind != out.end() && behind->ordinal == last) ++behind;
    std::vector<KeptEvent> more;
    for (Event& trade : trades) more.push_back({last, std::move(trade)});
    out.insert(behind, std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
}

std::vector<KeptEvent> Condenser::gather() {
  std::vector<Kept*> all;
  for (Kept& kept : kept_) {
    if (kept.uses == 0) continue;
    all.push_back(&kept);
    if (kept.before.ordinal != kNone) signs_.try_emplace(kept.before.ordinal, kept.before);
  }
  std::sort(all.begin(), all.end(),
            [](const Kept* a, const Kept* b) { return a->ordinal < b->ordinal; });
  std::vector<KeptEvent> out;
  out.reserve(all.size() + signs_.size());
  auto sign = signs_.begin();
  const auto add_signs = [&](uint64_t until) {
    for (; sign != signs_.end() && sign->first < until; ++sign) {
      const Spoken& s = sign->second;
      out.push_back({sign->first, Event{s.instrument, s.source, s.at, s.received, Quote{}}});
    }
  };
  for (Kept* const kept : all) {
    add_signs(kept->ordinal);
    if (sign != signs_.end() && sign->first == kept->ordinal) ++sign;
    out.push_back({kept->ordinal, std::move(kept->event)});
  }
  add_signs(kNone);
  return out;
}

std::vector<KeptEvent> Condenser::finish() {
  const auto ending = [this](const Spoken& last) {
    if (last.ordinal == kNone) return;
    sign(last);
    if (known_[last.instrument].accepted_here) sign(known_[last.instrument].accepted);
  };
  ending(last_);
  for (const auto& entry : sums_) ending(known_[std::get<0>(entry.first)].last);
  for (Life& life : lives_) {
    for (const Spoken* one : {&life.first, &life.last, &life.newest}) sign(*one);
    life = {};
  }
  // What was taken just before the end decides what the next segment takes first.
  const Instant end =
      Instant::ns((floor_to(last_.received - Duration::ns(1), length_) + 1) * length_.ns());
  for (const InstrumentId id : here_) {
    const Known& one = known_[id];
    if (one.accepted_here && one.accepted.received > end - kHeardEvery) sign(one.accepted);
  }
  std::vector<KeptEvent> out = gather();
  add_sums(out);
  for (const InstrumentId id : here_) {
    Known& one = known_[id];
    one.here = one.spoke = one.accepted_here = false;
    one.last = {};
    one.found = {};
    one.sum = nullptr;
  }
  here_.clear();
  kept_.clear();
  free_.clear();
  newest_ = nullptr;
  groups_.clear();
  signs_.clear();
  sums_.clear();
  last_ = {};
  return out;
}

}  // namespace delever::memory
