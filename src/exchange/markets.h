// Markets: order books with their stops, marks and indices, funding premiums. It knows prices and
// orders, no account's money.
#pragma once

#include "exchange/exchange.h"
#include "exchange/records.h"
#include "exchange/reporting.h"
#include "market/exact.h"

namespace delever::exchange {

struct Market {
  const Listing* listing = nullptr;
  const margin::Rulebooks::Compiled* rules = nullptr;  // null for spot
  margin::BookId book_id = 0;
  bool spot = false, inverse = false, option = false;
  CoinId base = 0, quote = 0, settle = 0;
  int64_t tick = 1, step = 1;            // raw Price and Qty
  int64_t size = 0;                      // contract size, raw Qty
  int64_t price_min = 1, price_max = 1;  // marks and settlement stay within these
  int64_t unit = 0;  // linear: value of one lot at one tick, where that is an integer; else 0
  // By know_values(), from the fields above.
  int64_t lot_size = 0;   // linear: units of 1e-8 of the base, where that is an integer; else 0
  Lots lots_fit = 0;      // so many are within kValueMax at any price from price_min to price_max
  Units dearest_lot = 0;  // the most that one lot is worth at such a price, where one fits
  struct Share {
    int64_t part = 0, whole = 1;
  } maker, taker, liquidation_fee;  // fee rates in lowest terms
  matching::MatchBook book{{0, 0}};
  std::vector<OrderInfo> orders;
  uint64_t stops_made = 0;
  StopQueue stops[2][2];  // [TriggerBy][Side]
  std::map<uint64_t, std::pair<int, std::pair<int64_t, uint64_t>>>
      stop_places;  // by id: queue and key
  std::vector<PositionId> positions;
  Lots open_lots = 0;  // of the longs
  bool settled = false, has_outside = false;
  bool moved = false;  // the mark, since pools were last looked at
  int64_t mark = 0, previous_mark = 0, last = 0, outside = 0;  // raw prices; 0: not known
  int64_t published_bid = -1, published_ask = -1;              // ticks of the last Quote
  Lots published_open = -1;
  std::optional<InstrumentId> forward;  // options: the future of the same expiry
  uint64_t trades = 0;
  // Mark rule: mean or EMA of (mid - index), and of the mid where the rule wants it.
  std::deque<std::pair<Instant, int64_t>> basis;
  Wide basis_sum = 0;
  int64_t ema = 0, mid_ema = 0;
  Instant mid_ema_at = Instant::min(), basis_at = Instant::min();  // of their last samples
  // Funding.
  Wide premium_sum = 0;
  int64_t premium_samples = 0;
  Instant premium_at = Instant::min(), funding_at = Instant::min();
  int64_t rate = 0;  // the last estimate, raw Rate per interval
};

struct SettlementWindow {
  Instant ends;
  Wide sum = 0;
  int64_t samples = 0;
};

struct IndexState {
  std::vector<int64_t> sources;                  // raw prices, 0: not yet
  int64_t price_min = 1, price_max = kValueMax;  // what the books on it can hold
  int64_t price = 0;
  bool moved = false;                     // since pools were last looked at
  std::vector<SettlementWindow> windows;  // those that are open, by their ends
};

// How often continuous funding is booked.
inline constexpr Duration kContinuousPayment = Duration::minutes(1);

// What lots are worth at a price, in units of 1e-8 settlement coins; lots >= 0.
Wide wide_value(const Market& m, Lots lots, int64_t price,
                Round round);  // before it is known to fit
bool value_fits(const Market& m, Lots lots, int64_t price);
int64_t dearest_price(const Market& m);  // of price_min and price_max
// What value() and value_fits() need not work out each time; they say the same before it.
void know_values(Market& m);
Units value(const Market& m, Lots lots, int64_t price, Round round);
Units value_at(const Market& m, Lots lots, Tick tick);
Wide ticks_value(const Market& m, Wide lots_ticks);  // linear: of lots at the tick of each
Units share(Units units, Market::Share share, Round round);
// Whether a position gains when the value of its lots rises: longs, and shorts of inverse
// contracts.
inline bool gains_with_value(const Market& m, Lots lots) { return (lots > 0) != m.inverse; }
std::optional<int64_t> middle(const Market& m);  // of the book, raw

class Markets {
 public:
  Markets(const ExchangeSetup& s, Reporting& o) : setup(s), out(o), now(o.now) {}

  Market& operator[](InstrumentId i) { return all[i]; }
  const Market& operator[](InstrumentId i) const { return all[i]; }
  size_t size() const { return all.size(); }
  auto begin() { return all.begin(); }
  auto end() { return all.end(); }
  auto begin() const { return all.begin(); }
  auto end() const { return all.end(); }

  void move_index(uint32_t i);
  std::vector<IndexPart> index_parts(uint32_t i) const;
  void move_mark(InstrumentId i);
  void move_coins();
  void move_forwards();  // of options, and their time to expiry
  void sample_premium(InstrumentId i);
  void publish_quote(InstrumentId i);
  void publish_open_interest(InstrumentId i);

  std::vector<Market> all;
  std::vector<IndexState> indices;
  margin::MarkPrices prices;
  bool has_spot = false;  // some pair's orders hold coins

 private:
  int64_t computed_mark(Market& m, int64_t index) const;
  int64_t median_basis_mark(Market& m, int64_t index, bool sampled, Duration window) const;
  int64_t median_oracle_mark(Market& m, int64_t index, Duration every) const;
  std::optional<Rate> premium_of(const Market& m, int64_t index) const;
  void sample_settlements(uint32_t i);

  const ExchangeSetup& setup;
  Reporting& out;
  const Instant& now;
};

}  // namespace delever::exchange
