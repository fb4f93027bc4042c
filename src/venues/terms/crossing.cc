#include "venues/terms/crossing.h"

#include <algorithm>
#include <array>
#include <optional>

#include "market/units.h"
#include "venues/terms/scan.h"

namespace delever::venues {
namespace {

constexpr size_t kPricesMost = 256;

std::string_view unquoted(std::string_view text) {
  while (!text.empty() && (text.front() == '"' || text.front() == ' ')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == '"' || text.back() == ' ')) text.remove_suffix(1);
  return text;
}

// Price and size of the next [..] of a list; false at its end.
bool next_level(std::string_view& list, std::string_view& price, std::string_view& size) {
  const size_t begin = list.find_first_of("[]");
  if (begin == list.npos || list[begin] == ']') return false;
  const size_t end = list.find(']', begin);
  if (end == list.npos) return false;
  std::string_view level = list.substr(begin + 1, end - begin - 1);
  list.remove_prefix(end + 1);
  std::array<std::string_view, 3> parts{};
  for (std::string_view& part : parts) {
    const size_t comma = level.find(',');
    part = unquoted(level.substr(0, comma));
    level.remove_prefix(comma == level.npos ? level.size() : comma + 1);
  }
  const bool word = !parts[0].empty() && parts[0][0] >= 'a' && parts[0][0] <= 'z';
  price = parts[word ? 1 : 0];
  size = parts[word ? 2 : 1];
  return true;
}

}  // namespace

void CrossCheck::Side::set(int64_t price, bool there) {
  const auto at = std::lower_bound(worst_first.begin(), worst_first.end(), price);
  const bool known = at != worst_first.end() && *at == price;
  if (known && !there) worst_first.erase(at);
  if (!known && there) worst_first.insert(at, price);
}

void CrossCheck::Side::cut(size_t most) {
  if (worst_first.size() > most)
    worst_first.erase(worst_first.begin(),
                      worst_first.begin() + static_cast<long>(worst_first.size() - most));
}

void CrossCheck::Side::wait(int64_t price, Change change) {
  waiting[price] = change;
  if (waiting.size() <= kPricesMost) return;
  unknown_to = std::max(unknown_to.value_or(waiting.begin()->first), waiting.begin()->first);
  waiting.erase(waiting.begin());
}

// What was heard before the snapshot and continues it.
void CrossCheck::Side::catch_up(const Side& before, uint64_t first) {
  for (const auto& [price, change] : before.waiting) {
    if (change.last >= first) set(price, change.there);
  }
  if (!before.unknown_to) return;
  std::erase_if(worst_first, [&](int64_t price) { return price <= *before.unknown_to; });
}

void CrossCheck::forget() {
  kept_ = false;
  bids_ = {};
  asks_ = {};
}

bool CrossCheck::read(std::string_view list, bool bid, const Place& place) {
  if (!list.starts_with('[')) return true;  // nothing of this side
  list.remove_prefix(1);
  Side& side = bid ? bids_ : asks_;
  std::string_view price, size;
  while (next_level(list, price, size)) {
    const auto read = Price::parse(price);
    if (!read.has_value()) return false;
    const int64_t units = bid ? read.value().raw() : -read.value().raw();
    const bool there = size.find_first_of("123456789") != size.npos;
    if (kept_) {
      side.set(units, there);
    } else {
      side.wait(units, {there, place.last});
    }
  }
  const size_t most = depth_ == 0 ? kPricesMost : std::min<size_t>(depth_, kPricesMost);
  side.cut(most);
  return true;
}

BookFault CrossCheck::fault_of(std::string_view bytes, const Place& place) {
  if (!place.snapshot && !kept_ && from_ == Base::among) return BookFault::none;
  if (!place.snapshot && kept_ && from_ != Base::among && place.last < first_)
    return BookFault::none;
  Side bids_before, asks_before;
  if (place.snapshot) {
    bids_before = std::move(bids_);
    asks_before = std::move(asks_);
    forget();
    kept_ = true;
    first_ = place.last + (from_ == Base::apart_and_repeated ? 0 : 1);
  }
  std::optional<std::string_view> bids, asks;
  for (Members members(levels_(bytes)); members.next();) {
    if (members.key() == "b" || members.key() == "bids") bids = members.rest();
    if (members.key() == "a" || members.key() == "asks") asks = members.rest();
    if (bids && asks) break;
  }
  if (!read(bids.value_or(""), true, place) || !read(asks.value_or(""), false, place)) {
    forget();  // a number that cannot be read: then nothing is said of the book
    return BookFault::none;
  }
  bids_.catch_up(bids_before, first_);
  asks_.catch_up(asks_before, first_);
  const bool crossed = kept_ && !bids_.worst_first.empty() && !asks_.worst_first.empty() &&
                       bids_.worst_first.back() >= -asks_.worst_first.back();
  return crossed ? BookFault::crossed : BookFault::none;
}

}  // namespace delever::venues
