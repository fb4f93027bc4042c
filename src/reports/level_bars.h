// One perpetual's minutes from a tape: what levels are inferred from (margin/levels.h).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "levels/levels.h"
#include "market/event.h"
#include "market/instrument.h"
#include "market/seen.h"
#include "market/terms.h"
#include "reports/context.h"

namespace delever::reports {

// In plain coins: a contract of 1000PEPE is 1,000 of them, at a thousandth of its price.
struct LevelMarket {
  std::string venue, symbol;
  double units = 1;  // plain coins in one of the contract's own
  std::vector<levels::LevelBar> bars;
  double open_interest_start = 0;  // coins
  std::optional<double> lot;       // median reported liquidation, coins
  std::optional<double>
      lot_weighted;  // mean square over mean: in its counts compound sizes are near Poisson
  Duration gap_max;  // between two readings of the open interest in the last 6 h

  std::string name() const { return venue + " " + symbol; }
};

// Trades, marks, open interest and liquidations come in, minutes come out.
class BarBuilder {
 public:
  // `throttle`: of the liquidations of one such stretch only the last is kept, as Binance's feed
  // does with a second.
  explicit BarBuilder(const Instrument& instrument, double units = 1,
                      std::optional<Duration> throttle = {})
      : instrument_(instrument), units_(units), throttle_(throttle) {}

  void on_event(const Event& event);
  std::optional<LevelMarket> market(Instant now) const;  // missing: no open interest, no trades

 private:
  // What was last, by the time of it: a list that comes later tells of what was before.
  struct Range {
    double low = 0, high = 0, last = 0;
    Instant last_at;
    bool seen = false;
    void add(Instant at, double price);
  };
  struct Interest {
    Instant at;
    double coins = 0;
  };
  struct Minute {
    double buys = 0, sells = 0;
    Range marks, trades;
    std::vector<std::pair<double, double>> traded;  // entry bucket and coins, in order
    std::optional<Interest> open_interest;
    void add_traded(double bucket, double coins);
  };
  struct Report {
    Instant at;
    PositionSide side;
    double coins;
  };
  Minute& at(Instant t) {
    const int64_t number = t.ns() / 60'000'000'000;
    if (last_minute_ == nullptr || number != last_number_) {
      last_minute_ = &minutes_[number];
      last_number_ = number;
    }
    return *last_minute_;
  }
  std::vector<Report> kept_reports() const;

  const Instrument instrument_;
  const double units_;
  std::optional<Duration> throttle_;
  std::map<int64_t, Minute> minutes_;
  Minute* last_minute_ = nullptr;  // the one asked for last
  int64_t last_number_ = 0;
  std::optional<Interest> first_;
  std::optional<Price> last_price_;
  double bucket_ = 0;  // of that price
  std::vector<Report> reports_;
  std::optional<Instant> first_reading_;  // of the open interest
  std::set<Instant> readings_;            // those that may be asked for
};

// A builder for each perpetual of the asset. Trades and liquidations that several streams show
// count once. A builder counts by what is known of its contract at its first event: where a size
// came later, read again (sizes_later.h).
class LevelBars final : public EventSink {
 public:
  LevelBars(const Instruments& instruments, const std::string& asset, CoinNames names,
            std::optional<Duration> throttle = {})
      : instruments_(instruments),
        names_(std::move(names)),
        asset_(names_.plain(asset)),
        throttle_(throttle) {}

  void on_event(const Event& event) override;
  std::vector<LevelMarket> markets(Instant now) const;

 private:
  struct Named {
    bool known = false, asked = false;
    std::string base;
  };
  bool is_asked(InstrumentId id);

  const Instruments& instruments_;
  const CoinNames names_;
  const std::string asset_;
  std::vector<Named> named_;  // by instrument
  std::optional<Duration> throttle_;
  std::map<InstrumentId, BarBuilder> builders_;
  TradesOnce trades_;
  LiquidationsOnce liquidations_;
};

// Every perpetual of the asset on one tape, up to `at`; what is missing of the tape is added to
// `notes`. Errors: as open_tapes.
Result<std::vector<LevelMarket>> read_level_markets(const std::string& tape,
                                                    const std::string& asset, Instant at,
                                                    std::optional<Duration> throttle,
                                                    std::vector<std::string>& notes,
                                                    Context& context);

}  // namespace delever::reports
