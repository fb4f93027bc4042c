#include "reports/period_days.h"

#include <fmt/format.h>

#include <map>
#include <optional>

#include "base/text.h"
#include "reports/feed.h"

namespace delever::reports {
namespace {

constexpr double kYearHours = 365.0 * 24;

class Periods final : public EventSink {
 public:
  Periods(const Instruments& instruments, std::string asset, Duration period)
      : instruments_(instruments), asset_(std::move(asset)), period_(period) {}

  void on_event(const Event& event) override {
    if (event.instrument == kNoInstrument) return;
    const Instrument& i = instruments_[event.instrument];
    if (!i.is_perpetual() || i.kind != InstrumentKind::linear || i.base != asset_) return;
    if (!next_) next_ = event.received + period_;
    while (event.received > *next_) close_period();
    Market& market = markets_[event.instrument];
    if (!i.contract_size || i.contract_size->raw() <= 0) {
      if (!unsized_) unsized_ = i.venue + " " + i.symbol;
      return;
    }
    const double size = i.contract_size->approx();
    if (const auto* trade = std::get_if<Trade>(&event.payload)) {
      if (!first_) first_ = event.instrument;
      market.price = trade->price.approx();
    } else if (const auto* forced = std::get_if<Liquidation>(&event.payload)) {
      if (forced->price() && forced->qty())
        (forced->position_side == PositionSide::long_side ? longs_ : shorts_) +=
            forced->price()->approx() * forced->qty()->approx() * size;
    } else if (const auto* open = std::get_if<OpenInterest>(&event.payload)) {
      if (open->contracts) market.coins = open->contracts->approx() * size;
    } else if (const auto* funding = std::get_if<FundingRate>(&event.payload)) {
      // Without its interval a rate says nothing of a year.
      const double hours = funding->interval ? funding->interval->in_seconds() / 3600 : 0;
      if (hours > 0) market.annual = funding->rate.approx() * kYearHours / hours;
    } else if (const auto* book = std::get_if<BookSnapshot>(&event.payload)) {
      if (book->bids.empty()) return;
      market.bids = 0;
      for (const Level& level : book->bids) {
        if (level.price.approx() < 0.99 * book->bids.front().price.approx()) break;
        market.bids = *market.bids + level.price.approx() * level.qty.approx() * size;
      }
    }
  }

  Result<std::string> table() && {
    if (unsized_)
      return Error{Fault::no_evidence, "nothing on the tape says how many coins a contract is",
                   *unsized_};
    return std::move(rows_);
  }

 private:
  struct Market {
    std::optional<double> price, coins, annual, bids;
  };
  void close_period() {
    double coins = 0, weighted = 0, weight = 0, bids = 0;
    // A sum without one of the markets is not theirs.
    bool all_coins = true, all_bids = true;
    for (const auto& [id, market] : markets_) {
      all_coins = all_coins && market.coins;
      all_bids = all_bids && market.bids;
      coins += market.coins.value_or(0);
      bids += market.bids.value_or(0);
      if (!market.annual || !market.coins) continue;
      weighted += *market.annual * *market.coins;
      weight += *market.coins;
    }
    const auto field = [](bool known, double value) { return known ? write_double(value) : ""; };
    const double close = first_ ? markets_[*first_].price.value_or(0) : 0;
    rows_ += fmt::format(
        "{},{},{},{},{},{},{},{}\n", asset_, day_.date(), field(close > 0, close),
        write_double(longs_), write_double(shorts_), field(all_coins && coins > 0, coins),
        field(weight > 0, weight > 0 ? weighted / weight : 0), field(all_bids && bids > 0, bids));
    longs_ = shorts_ = 0;
    day_ = day_ + Duration::days(1);
    next_ = *next_ + period_;
  }

  const Instruments& instruments_;
  std::string asset_;
  Duration period_;
  std::optional<Instant> next_;
  std::optional<InstrumentId> first_;
  std::optional<std::string> unsized_;
  std::map<InstrumentId, Market> markets_;
  double longs_ = 0, shorts_ = 0;
  Instant day_ = Instant::from_date(2000, 1, 1).value();
  std::string rows_ =
      "symbol,date,close,liq_long_usd,liq_short_usd,oi_coins,funding_annual,depth_bids_usd\n";
};

}  // namespace

Result<std::string> period_table(const std::string& tape, const std::string& asset,
                                 Duration period) {
  if (period < Duration::minutes(1))
    return Error{Fault::out_of_range, "want a minute or more", "--period"};
  const auto feed = TRY(open_tapes({tape}, Instant::max()));
  Periods periods(feed->instruments(), asset, period);
  if (auto ran = feed->run(periods); !ran.has_value()) return std::move(ran.error());
  return std::move(periods).table();
}

}  // namespace delever::reports
