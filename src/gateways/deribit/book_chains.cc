#include "gateways/deribit/book_chains.h"

namespace delever::gateways::deribit {
namespace {

constexpr size_t kLevels = 10'000;

}  // namespace

void BookChain::begin(const Desk& desk, const Contract& c) {
  const BookSnapshot book = desk.book(c.instrument, kLevels);
  for (const Level& level : book.bids) bids_[level.price.raw()] = level.qty;
  for (const Level& level : book.asks) asks_[level.price.raw()] = level.qty;
  number_ = next_ = book.sequence.last;
  begun_ = true;
}

void BookChain::add(const BookChange& change) {
  if (!begun_ || change.last <= next_) return;
  for (const Level& level : change.bids) pending_bids_[level.price.raw()] = level.qty;
  for (const Level& level : change.asks) pending_asks_[level.price.raw()] = level.qty;
  next_ = change.last;
}

void BookChain::rows(JsonWriter& w, std::string_view name, const Contract& c, Side& shown,
                     const Side& pending) {
  w.open(name, '[');
  for (const auto& [price, qty] : pending) {
    const auto was = shown.find(price);
    if (qty.is_zero()) {
      if (was == shown.end()) continue;  // came and went between two messages
      shown.erase(was);
      w.open('[').item("delete").raw_item(number(Price::raw(price))).raw_item("0").close();
      continue;
    }
    if (was != shown.end() && was->second == qty) continue;
    w.open('[').item(was == shown.end() ? "new" : "change");
    w.raw_item(number(Price::raw(price))).raw_item(c.amount(qty)).close();
    shown[price] = qty;
  }
  w.close();
}

std::string BookChain::snapshot(const Contract& c, Instant at) const {
  JsonWriter w;
  w.open('{').text("type", "snapshot").raw("timestamp", at.ms());
  w.text("instrument_name", c.name).raw("change_id", number_);
  w.open("bids", '[');
  for (auto it = bids_.rbegin(); it != bids_.rend(); ++it)
    w.open('[')
        .item("new")
        .raw_item(number(Price::raw(it->first)))
        .raw_item(c.amount(it->second))
        .close();
  w.close().open("asks", '[');
  for (const auto& [price, qty] : asks_)
    w.open('[').item("new").raw_item(number(Price::raw(price))).raw_item(c.amount(qty)).close();
  return w.close().close().take();
}

std::string BookChain::change(const Contract& c, Instant at) {
  JsonWriter w;
  w.open('{').text("type", "change").raw("timestamp", at.ms()).raw("prev_change_id", number_);
  w.text("instrument_name", c.name).raw("change_id", next_);
  rows(w, "bids", c, bids_, pending_bids_);
  rows(w, "asks", c, asks_, pending_asks_);
  number_ = next_;
  pending_bids_.clear();
  pending_asks_.clear();
  return w.close().take();
}

}  // namespace delever::gateways::deribit
