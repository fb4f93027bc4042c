// DealerBook: what hedgers hold of each option, inferred from signed trades. The taker of a
// trade meets a dealer with probability p, by the kind of trade; each trade then moves the dealers'
// position against the taker by q p in the mean and adds 4 q^2 p (1 - p) to the variance. A
// position can never exceed the open interest. Where the option's history was not seen from its
// listing, the start is unknown: mean 0, variance OI^2 / 3 (uniform over +-OI). The probabilities
// are assumptions, to be configured: .9 on screen, .7 in blocks, .5 in combination legs.
#pragma once

#include <map>
#include <string>

#include "base/time.h"
#include "market/event.h"
#include "market/instrument.h"

namespace delever::options {

enum class TradeKind : uint8_t { screen, block, combo_leg };

struct DealerOdds {
  double screen = 0.9, block = 0.7, combo_leg = 0.5;
};

struct OptionKey {
  std::string venue, asset, settle;
  Instant expiry;
  double strike = 0;
  OptionType type = OptionType::call;
  friend auto operator<=>(const OptionKey&, const OptionKey&) = default;
};

struct DealerPosition {
  double mean = 0, variance = 0;
};  // coins, long positive

class DealerBook {
 public:
  explicit DealerBook(DealerOdds odds = {}) : odds_(odds) {}

  struct SignedTrade {
    Side taker_side = Side::buy;
    double coins = 0;
    TradeKind kind = TradeKind::screen;
  };
  void on_trade(const OptionKey& option, const SignedTrade& trade);
  void on_listed(const OptionKey& option);  // seen from its first trade: the start is known to be 0
  // Trades of options among market events; others are passed over. Block flags come from the trade.
  void on_event(const Event& event, const Instruments& instruments);
  void drop_expired(Instant now);

  // Within +-open_interest, the variance within that of the uniform over the range.
  DealerPosition position(const OptionKey& option, double open_interest) const;

 private:
  struct Inferred {
    double mean = 0, variance = 0;
    bool from_listing = false;
  };
  DealerOdds odds_;
  std::map<OptionKey, Inferred> inferred_;
};

}  // namespace delever::options
