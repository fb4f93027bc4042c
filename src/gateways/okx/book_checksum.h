// The checksum of OKX's books: CRC-32 of the first 25 levels a side, bid and ask in turn, as
// "price:size" joined by colons, the digits as sent; as a signed number.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "market/event.h"

namespace delever::gateways::okx {

inline int32_t crc32(std::string_view text) {
  static const auto kTable = [] {
    std::array<uint32_t, 256> table{};
    for (uint32_t n = 0; n < table.size(); ++n) {
      uint32_t c = n;
      for (int bit = 0; bit < 8; ++bit) c = (c >> 1) ^ ((c & 1) ? 0xedb88320U : 0U);
      table[n] = c;
    }
    return table;
  }();
  uint32_t crc = ~0U;
  for (const char c : text) crc = (crc >> 8) ^ kTable[(crc ^ static_cast<uint8_t>(c)) & 0xff];
  return static_cast<int32_t>(~crc);
}

inline int32_t book_checksum(const std::vector<Level>& bids, const std::vector<Level>& asks) {
  constexpr size_t kLevels = 25;
  std::string text;
  for (size_t n = 0; n < kLevels; ++n) {
    for (const auto* side : {&bids, &asks}) {
      if (n >= side->size()) continue;
      if (!text.empty()) text += ':';
      text += (*side)[n].price.text() + ":" + (*side)[n].qty.text();
    }
  }
  return crc32(text);
}

}  // namespace delever::gateways::okx
