#include "venues/csv/levels.h"

#include <algorithm>
#include <utility>

namespace delever::venues {
namespace {

template <class Payload>
void append(Payload& to, const Payload& from) {
  to.bids.insert(to.bids.end(), from.bids.begin(), from.bids.end());
  to.asks.insert(to.asks.end(), from.asks.begin(), from.asks.end());
}

bool one_message(const Event& a, const Event& b) {
  return a.instrument == b.instrument && a.at == b.at && a.received == b.received &&
         a.payload.index() == b.payload.index();
}

}  // namespace

std::optional<Event> LevelGroups::add(const Event& level) {
  if (pending_ && one_message(*pending_, level)) {
    if (auto* book = std::get_if<BookSnapshot>(&pending_->payload)) {
      append(*book, *std::get_if<BookSnapshot>(&level.payload));
    } else if (auto* delta = std::get_if<BookDelta>(&pending_->payload)) {
      append(*delta, *std::get_if<BookDelta>(&level.payload));
    }
    return std::nullopt;
  }
  std::optional<Event> done = std::exchange(pending_, level);
  uint64_t& number = numbers_[level.instrument];
  if (auto* book = std::get_if<BookSnapshot>(&pending_->payload)) {
    // Another snapshot follows a reconnection: a hole in the numbers, as there is one in the book.
    number += number == 0 ? 1 : 2;
    book->sequence.last = number;
  } else if (auto* delta = std::get_if<BookDelta>(&pending_->payload)) {
    if (number > 0) delta->sequence.previous = number;
    delta->sequence.first = delta->sequence.last = ++number;
  }
  if (!done) return done;
  if (auto* book = std::get_if<BookSnapshot>(&done->payload)) {
    std::sort(book->bids.begin(), book->bids.end(),
              [](const Level& a, const Level& b) { return a.price > b.price; });
    std::sort(book->asks.begin(), book->asks.end(),
              [](const Level& a, const Level& b) { return a.price < b.price; });
  }
  return done;
}

}  // namespace delever::venues
