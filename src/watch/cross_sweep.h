// CrossSweep: at these prices, which pools (cross accounts, isolated positions) may be at or under
// maintenance, looking at all of them in one pass. The answer contains every pool that evaluate()
// would liquidate, and few others; evaluate() then decides in integers.
//
// Each pool is one row of a LineTable: a lower bound of its slack that is a sum of lines, one for
// each price. Over the band of an instrument's price (band_lowest to band_highest around where it
// stood) a position's slack lies on or above its chord, tiers included (slack_bound.h); the chord
// is exact unless a tier's edge lies inside the band. In USD pools the lines are in the product of
// price and coin price, so no bound is lost on coins that move:
//   X (w x + b) = w (X x) + b X,  with X the coin's price, x = P or 1/P.
// A price that leaves its band, or goes missing, makes all pools that depend on it due until they
// are set again; the band is then laid anew around it.
#pragma once

#include "watch/line_table.h"
#include "watch/slack_bound.h"

namespace delever::watch {

class CrossSweep {
 public:
  struct Options {
    double band = 1.125;  // prices from now / band to now * band; narrower bounds are tighter and
                          // laid more often
    std::optional<options::Lanes> lanes;
  };
  explicit CrossSweep(const margin::Rulebooks& books) : CrossSweep(books, Options()) {}
  CrossSweep(const margin::Rulebooks& books, Options options);

  // Lays the prices. Bands that were left are laid anew.
  void move(const margin::MarkPrices& marks);

  // `pool` as evaluate() answers it: only `coin` and `position` are read. Pools are numbered by the
  // caller, densely. Call after any change of the account's balance or positions. False: no bound
  // could be drawn (a price is missing or an end of a band lies beyond what the rulebook says), and
  // the pool is due at each sweep until it is set again.
  bool set(uint32_t id, const margin::Account& account, const margin::Pool& pool,
           const margin::MarkPrices& marks);
  void erase(uint32_t id) { table_.erase(id); }

  // Appends the pools that may be under water at the prices last laid, by number.
  void sweep(std::vector<uint32_t>& due, LineTable::Part part = {}) const {
    table_.find(due, part);
  }

  size_t size() const { return table_.size(); }
  size_t bytes() const { return table_.bytes(); }

 private:
  enum class Kind : uint8_t { mark, underlying, coin };
  struct Source {
    Kind kind;
    uint32_t index;
    PriceRange band;
    std::optional<Price> now;
    std::optional<uint32_t> alone, in_usd;  // its drivers
  };
  struct Driver {  // x of one source, or its product with a coin's price
    uint32_t source;
    bool inverse;
    std::optional<uint32_t> coin;  // a source
    LineTable::Value value;
  };
  static const std::optional<Price>* price_of(const margin::MarkPrices& marks, Kind kind,
                                              uint32_t index);
  PriceRange band_around(Price now) const;
  std::optional<uint32_t> source(Kind kind, uint32_t index, const margin::MarkPrices& marks);
  LineTable::Value driver(uint32_t source, bool inverse, std::optional<uint32_t> coin);
  double limit_of(const Driver& driver) const;
  void lay(const Driver& driver);
  void add(LineTable::Value value, double weight);
  bool draw(const margin::Account& account, const margin::Pool& pool,
            const margin::MarkPrices& marks, double* constant);
  bool draw_position(const margin::Position& position, const margin::MarkPrices& marks,
                     std::optional<uint32_t> coin, double* constant);

  const margin::Rulebooks& books_;
  Options options_;
  LineTable table_;
  std::vector<Source> sources_;
  std::vector<uint32_t> source_numbers_[3];  // by Kind and index; UINT32_MAX where there is none
  std::vector<Driver> drivers_;
  std::vector<LineTable::Term> terms_;
};

}  // namespace delever::watch
