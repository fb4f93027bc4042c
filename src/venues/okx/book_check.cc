#include "venues/okx/book_check.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "venues/terms/scan.h"

namespace delever::venues::okx {
namespace {

constexpr size_t kTextsOfLevel = 4;  // price, size, "0", orders

uint8_t digits_of(std::string_view number) {
  const size_t point = number.find('.');
  return point == number.npos ? 0 : static_cast<uint8_t>(number.size() - point - 1);
}

// Missing where a number cannot be read: then nothing is said of the book.
std::optional<std::vector<Level>> levels_of(std::string_view data, std::string_view side) {
  std::vector<Level> out;
  const std::vector<std::string> all = texts(member(data, side).value_or(""));
  for (size_t i = 0; i + 1 < all.size(); i += kTextsOfLevel) {
    const auto price = Price::parse(all[i]);
    const auto size = WideQty::parse(all[i + 1]);
    if (!price.has_value() || !size.has_value()) return std::nullopt;
    out.push_back({.price = price.value(),
                   .qty = size.value(),
                   .price_digits = digits_of(all[i]),
                   .qty_digits = digits_of(all[i + 1])});
  }
  return out;
}

}  // namespace

bool ChecksumCheck::load(std::string_view data) {
  auto bids = levels_of(data, "bids"), asks = levels_of(data, "asks");
  if (!bids || !asks) return false;
  book_.load({.bids = std::move(*bids), .asks = std::move(*asks), .depth = depth_}, {});
  return true;
}

std::string_view ChecksumCheck::data_of(std::string_view bytes) {
  std::string_view data = inside(bytes, "data");
  data.remove_prefix(std::min(data.size(), data.find('{')));
  return data;
}

BookFault ChecksumCheck::fault_of(std::string_view bytes, const Place& place) {
  const BookFault fault = crossing_.fault_of(bytes, place);
  return agrees(bytes, place.snapshot) ? fault : BookFault::checksum;
}

bool ChecksumCheck::agrees(std::string_view bytes, bool snapshot) {
  if (!snapshot && !kept_ && snapshot_.empty()) return true;
  const std::string_view data = data_of(bytes);
  const auto number = read_int(member(data, "checksum").value_or(""));
  const bool told = number && *number != 0;
  const std::string before = std::exchange(snapshot_, {});
  if (snapshot) {
    kept_ = told && load(data);
    if (!told) snapshot_ = data;
  } else {
    // The first change after a snapshot without one decides.
    if (!kept_) kept_ = told && load(before);
    if (!kept_) return true;
    auto bids = levels_of(data, "bids"), asks = levels_of(data, "asks");
    kept_ = bids && asks;
    if (kept_) book_.apply({.bids = std::move(*bids), .asks = std::move(*asks)}, {});
  }
  if (!kept_ || !told) return true;
  kept_ = codec::okx_checksum(book_) == *number;
  return kept_;
}

}  // namespace delever::venues::okx
