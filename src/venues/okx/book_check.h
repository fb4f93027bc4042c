// The checksum that OKX sent with its books until June 2026, and archives and stand-ins send still:
// a recorder that does not look at it keeps a book that nobody can use, and never asks for another.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "codec/book.h"
#include "venues/terms/crossing.h"
#include "venues/terms/dialect.h"

namespace delever::venues::okx {

class ChecksumCheck final : public BookCheck {
 public:
  explicit ChecksumCheck(uint32_t depth)
      : depth_(depth),
        crossing_([](std::string_view b) { return data_of(b); }, depth, CrossCheck::Base::among) {}
  // Of checksums, books of which neither the snapshot nor the first change has one, or 0, cost
  // nothing.
  BookFault fault_of(std::string_view bytes, const Place& place) override;
  void forget() override { crossing_.forget(); }

 private:
  static std::string_view data_of(std::string_view bytes);
  bool agrees(std::string_view bytes, bool snapshot);
  bool load(std::string_view data);

  const uint32_t depth_;
  CrossCheck crossing_;
  codec::Book book_;
  std::string snapshot_;  // without a checksum: its data, until a change says whether it is needed
  bool kept_ = false;     // the book follows, and all that came agreed
};

}  // namespace delever::venues::okx
