#include "gateways/position_history.h"

namespace delever::gateways {
namespace {

constexpr size_t kClosedMost = 2'000;

}  // namespace

// One-way: the position that stood before the fill, or the one that it opens. Hedge mode: the side
// that its order names.
std::pair<PositionHistory::Entry*, PositionSide> PositionHistory::entry_of_fill(
    const DeskUpdate& update) {
  const FillRecord& fill = *update.fill;
  PositionSide side = fill.side == Side::buy ? PositionSide::long_side : PositionSide::short_side;
  if (desk_.hedge(update.account) && update.order) {
    side = update.order->asked.position;
  } else {
    for (const PositionSide s : {PositionSide::long_side, PositionSide::short_side}) {
      const auto found = entries_.find({update.account, fill.instrument, s});
      if (found != entries_.end() && found->second.open) side = s;
    }
  }
  return {&entries_[{update.account, fill.instrument, side}], side};
}

// Fees are shared out by size, rounded down; what is left of them goes with the last that closes.
void PositionHistory::add_closing(Entry& entry, const FillRecord& fill, PositionSide side) {
  const bool closes = entry.open && (side == PositionSide::long_side) == (fill.side == Side::sell);
  const Qty closed = closes ? std::min(fill.qty, entry.last.qty) : Qty();
  const auto share = [](Amount of, Qty part, Qty whole) {
    if (whole <= Qty()) return Amount();
    return Amount::raw(
        narrow(divide(static_cast<Wide>(of.raw()) * part.raw(), whole.raw(), Round::down)));
  };
  const Amount close_fee = closed == fill.qty ? fill.fee : share(fill.fee, closed, fill.qty);
  const Amount open_fee = share(entry.open_fee, closed, entry.last.qty);
  entry.open_fee += fill.fee - close_fee - open_fee;
  if (closed == Qty()) return;
  const bool goes_on = !closings_.empty() && closings_.back().order == fill.order &&
                       closings_.back().account == fill.account && closings_.back().side == side;
  if (!goes_on) {
    if (closings_.size() >= kClosedMost) closings_.erase(closings_.begin());
    closings_.push_back({.number = ++closings_made_,
                         .order = fill.order,
                         .account = fill.account,
                         .instrument = fill.instrument,
                         .side = side,
                         .closed = {},
                         .entry = entry.entry,
                         .profit = {},
                         .open_fee = {},
                         .close_fee = {},
                         .leverage = entry.last.leverage,
                         .created = fill.at,
                         .updated = {}});
  }
  Closing& c = closings_.back();
  c.closed += closed;
  c.value += closed.approx() * fill.price.approx();
  c.profit += fill.profit;
  c.open_fee += open_fee;
  c.close_fee += close_fee;
  c.fills += 1;
  c.updated = fill.at;
}

void PositionHistory::on_update(const DeskUpdate& update) {
  if (update.kind == DeskUpdate::Kind::fill && update.fill) {
    if (desk_.listing(update.fill->instrument).rules.contract->kind == InstrumentKind::spot) return;
    const auto [entry, side] = entry_of_fill(update);
    Entry& e = *entry;
    add_closing(e, *update.fill, side);
    if (!e.open) {
      const Amount cumulative = e.past.cumulative;
      e.past = {.opened = update.fill->at, .cumulative = cumulative};
      e.open = true;
    }
    e.past.updated = update.fill->at;
    e.past.profit += update.fill->profit;
    e.past.fees += update.fill->fee;
    e.past.cumulative += update.fill->profit - update.fill->fee;
    if (update.fill->profit != Amount()) e.past.closed += update.fill->qty;
    last_fill_[{update.account, update.fill->instrument}] = update.fill->price;
  } else if (update.kind == DeskUpdate::Kind::balance && update.money &&
             update.money->kind == MoneyRecord::Kind::funding && update.money->instrument) {
    for (const PositionSide s : {PositionSide::long_side, PositionSide::short_side}) {
      const auto found = entries_.find({update.account, *update.money->instrument, s});
      if (found == entries_.end() || !found->second.open) continue;
      found->second.past.funding += update.money->amount;
      found->second.past.cumulative += update.money->amount;
      break;
    }
  } else if (update.kind == DeskUpdate::Kind::position) {
    const auto price = last_fill_.find({update.account, update.instrument});
    refresh(update.account, update.instrument, price == last_fill_.end() ? Price() : price->second);
  }
}

// Which sides stand now: one that is gone goes to the closed ones.
void PositionHistory::refresh(AccountId account, InstrumentId instrument, Price price) {
  const auto positions = desk_.positions(account);
  for (const PositionSide s : {PositionSide::long_side, PositionSide::short_side}) {
    const exchange::PositionView* stands = nullptr;
    for (const auto& p : positions) {
      if (p.instrument == instrument && p.side == s && p.qty != Qty()) stands = &p;
    }
    const auto found = entries_.find({account, instrument, s});
    if (stands) {
      Entry& e = entries_[{account, instrument, s}];
      if (!e.open) {
        const Amount cumulative = e.past.cumulative;
        e.past = {.opened = desk_.door().market_now(), .cumulative = cumulative};
        e.open = true;
      }
      e.past.updated = desk_.door().market_now();
      e.past.largest = std::max(e.past.largest, stands->qty);
      e.last = *stands;
      e.entry = desk_.entry_price(*stands).value_or(Price());
    } else if (found != entries_.end() && found->second.open) {
      Entry& e = found->second;
      e.open = false;
      e.past.updated = desk_.door().market_now();
      if (closed_.size() >= kClosedMost) closed_.erase(closed_.begin());
      closed_.push_back({.number = ++made_,
                         .account = account,
                         .instrument = instrument,
                         .side = s,
                         .past = e.past,
                         .entry = e.entry,
                         .exit = price,
                         .leverage = e.last.leverage,
                         .mode = e.last.mode});
    }
  }
}

const PositionPast& PositionHistory::of(AccountId account, InstrumentId instrument,
                                        PositionSide side) const {
  static const PositionPast kNone;
  const auto found = entries_.find({account, instrument, side});
  return found == entries_.end() ? kNone : found->second.past;
}

}  // namespace delever::gateways
