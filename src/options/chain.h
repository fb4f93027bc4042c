// Chain: all options of one asset, venue, settlement coin and expiry at one instant; what surfaces
// and exposures are made from. A plain value: ChainBuilder makes chains from market events,
// snapshot.h from a research file.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "market/event.h"
#include "market/instrument.h"

namespace delever::options {

// coin: pays (S-K)^+ / S coins and is quoted in coins. linear: pays and is quoted in quote money
// (USDC).
enum class OptionSettlement : uint8_t { coin, linear };

// Volatilities are fractions a year. Prices are in coins or in quote money, as the settlement says.
// Missing is missing; a bid of 0 on the wire is no bid.
struct ChainQuote {
  double strike = 0;
  OptionType type = OptionType::call;
  std::optional<double> bid, ask, mark;
  std::optional<double> bid_iv, ask_iv, mark_iv;
  std::optional<double> delta, gamma;  // as the venue publishes them
  std::optional<double> vega,
      theta;  // likewise, in the venue's units (Deribit: per vol point, per day)
  std::optional<double> open_interest;  // coins; each contract counted once
  std::optional<double> volume_24h;     // coins
};

struct Chain {
  std::string venue, asset, settle;
  Instant as_of, expiry;
  OptionSettlement settlement = OptionSettlement::coin;
  std::optional<double> forward;   // the venue's own underlying price for this expiry
  std::string forward_name;        // "SYN.BTC-30JAN26", "index_price"
  std::vector<ChainQuote> quotes;  // by strike, calls before puts

  double years() const { return (expiry - as_of).in_years(); }
  std::string name() const { return asset + " " + expiry_name(expiry) + "@" + settle; }
};

// Runs of chains of one asset, settlement coin and venue, out of chains in ChainBuilder's order:
// what a surface and an exposure take.
std::vector<std::span<const Chain>> boards_of(std::span<const Chain> chains);

// Why an expiry is refused. Each stands alone: the other expiries go on.
enum class ChainFault : uint8_t {
  expired,         // nothing left of it, or its settlement is done
  too_few_quotes,  // one quote is not a chain
  no_forward,      // neither the venue, nor parity, nor published deltas give one
  bad_price,       // a negative or non-finite price, vol or strike
  no_open_interest,
  not_arbitrage_free,
};

std::string_view chain_fault_name(ChainFault fault);

// An error whose text starts with the fault's name: "bad_price: 90000 C bid -0.01", at "BTC
// 30JAN26@BTC".
Error chain_error(const Chain& chain, ChainFault fault, std::string_view what);

// Expired, fewer than two quotes, or any number in it that cannot be.
Result<void> check_chain(const Chain& chain);

// A forward with the range within which the evidence cannot tell.
struct Forward {
  double value = 0;
  std::optional<double> low, high;
  size_t strikes = 0;  // how many spoke
};

// From C - P = F - K (undiscounted; coin prices: F = K / (1 - (c - p))) over the strikes where both
// sides of both are quoted: the median of the mid forwards of the nine strikes nearest to the
// money. low and high are the intersection of all bid-ask ranges (swapped ends when they do not
// intersect). Quotes that only have IVs are priced at `reference`, the forward to which those IVs
// refer; where prices exist it is not used.
std::optional<Forward> forward_from_parity(const Chain& chain, std::optional<double> reference);

// From published delta and mark IV: F = K exp(d1 s sqrt(T) - s^2 T / 2), median over the fourteen
// options nearest to a call delta of a half and within [0.05, 0.95]. For venues whose published
// delta is plain N(d1) (Deribit).
std::optional<Forward> forward_from_deltas(const Chain& chain);

// What callers should use: the venue's where given, else parity, else deltas.
struct ForwardChoice {
  Forward used;
  std::string source;  // "venue", "parity", "delta"
  std::optional<Forward> parity, delta;
};
Result<ForwardChoice> choose_forward(const Chain& chain);

// Keeps the latest OptionQuote and OpenInterest of each option, and hands out chains as they stood.
// Of two quotes of one instant the fuller counts, so that their order cannot matter.
class ChainBuilder {
 public:
  explicit ChainBuilder(const Instruments& instruments) : instruments_(instruments) {}

  void on_event(const Event& event);
  void forget_expired(Instant now);

  struct Wanted {
    Instant at;
    Duration age_max = Duration::minutes(10);  // older quotes are left out
    // Older than this a quote keeps its open interest and mark vol, but no bid, ask, published
    // greeks or forward.
    Duration price_age_max = age_max;
  };
  struct Chains {
    std::vector<Chain>
        chains;  // by asset, settlement coin, venue, expiry; expired ones are not among them
    std::vector<Error> refused;  // chains that check_chain refuses
    size_t stale = 0;            // quotes left out for their age
    size_t incomplete =
        0;  // options without strike, type, expiry or contract size in their description
  };
  Chains chains(const Wanted& wanted) const;

 private:
  struct Latest {
    Instant at;
    OptionQuote quote;
  };
  struct Interest {  // of venues that publish it in a message of its own
    Instant at;
    WideQty contracts;
    std::optional<double> coins{};  // where the venue says them
  };
  const Instruments& instruments_;
  std::map<InstrumentId, Latest> latest_;
  std::map<InstrumentId, Interest> interests_;
  std::set<InstrumentId> open_once_;  // said more than 0 some time
};

}  // namespace delever::options
