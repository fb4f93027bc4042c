#include "options/dealer.h"

#include <algorithm>
#include <cmath>

namespace delever::options {

void DealerBook::on_trade(const OptionKey& option, const SignedTrade& trade) {
  CHECK(trade.coins >= 0);
  const double p = trade.kind == TradeKind::screen  ? odds_.screen
                   : trade.kind == TradeKind::block ? odds_.block
                                                    : odds_.combo_leg;
  CHECK(p >= 0 && p <= 1);
  Inferred& at = inferred_[option];
  const double sign = trade.taker_side == Side::buy ? 1 : -1;
  at.mean -= sign * trade.coins * p;
  at.variance += 4 * trade.coins * trade.coins * p * (1 - p);
}

void DealerBook::on_listed(const OptionKey& option) { inferred_[option].from_listing = true; }

void DealerBook::on_event(const Event& event, const Instruments& instruments) {
  const auto* trade = std::get_if<Trade>(&event.payload);
  if (!trade) return;
  const Instrument& option = instruments[event.instrument];
  if (option.kind != InstrumentKind::option || !option.expiry || !option.strike ||
      !option.option_type)
    return;
  const auto size = coins(option, trade->qty, trade->price);
  if (!size || *size < 0) return;
  on_trade({option.venue, option.base, option.settle, *option.expiry, option.strike->approx(),
            *option.option_type},
           {trade->taker_side, *size, trade->block ? TradeKind::block : TradeKind::screen});
}

void DealerBook::drop_expired(Instant now) {
  std::erase_if(inferred_, [&](const auto& entry) { return entry.first.expiry <= now; });
}

DealerPosition DealerBook::position(const OptionKey& option, double open_interest) const {
  CHECK(open_interest >= 0);
  const double unknown = open_interest * open_interest / 3;
  const auto found = inferred_.find(option);
  if (found == inferred_.end()) return {0, unknown};
  const Inferred& seen = found->second;
  const double variance = seen.variance + (seen.from_listing ? 0 : unknown);
  return {std::clamp(seen.mean, -open_interest, open_interest), std::min(variance, unknown)};
}

}  // namespace delever::options
