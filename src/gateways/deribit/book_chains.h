// Books as changes: one chain of change ids for each pace at which a book is sent. A follower who
// has the snapshot and every later change has the book.
#pragma once

#include <map>
#include <string>

#include "gateways/deribit/shapes.h"

namespace delever::gateways::deribit {

class BookChain {
 public:
  // What the followers have now; the change that comes next refers to its number.
  void begin(const Desk& desk, const Contract& c);
  bool begun() const { return begun_; }
  void add(const BookChange& change);
  bool changed() const { return !pending_bids_.empty() || !pending_asks_.empty(); }
  // JSON of the channel's data.
  std::string snapshot(const Contract& c, Instant at) const;
  std::string change(const Contract& c, Instant at);  // what is pending, which is over with this

 private:
  using Side = std::map<int64_t, WideQty>;  // raw price
  static void rows(JsonWriter& w, std::string_view name, const Contract& c, Side& shown,
                   const Side& pending);

  Side bids_, asks_, pending_bids_, pending_asks_;
  uint64_t number_ = 0, next_ = 0;
  bool begun_ = false;
};

}  // namespace delever::gateways::deribit
