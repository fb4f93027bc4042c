#include "options/board.h"

#include <algorithm>

#include "options/implied.h"

namespace delever::options {
namespace {

// The board as if every two-sided quote stood at one of its sides. The forward stays that of the
// mids.
std::vector<Chain> at_one_side(const std::vector<Chain>& chains, bool at_bid) {
  std::vector<Chain> out = chains;
  for (Chain& chain : out) {
    if (const auto choice = choose_forward(chain); choice.has_value())
      chain.forward = choice.value().used.value;
    for (ChainQuote& q : chain.quotes) {
      if (q.bid && q.ask && *q.bid <= *q.ask) (at_bid ? q.ask : q.bid) = at_bid ? q.bid : q.ask;
      if (q.bid_iv && q.ask_iv && *q.bid_iv <= *q.ask_iv)
        (at_bid ? q.ask_iv : q.bid_iv) = at_bid ? q.bid_iv : q.ask_iv;
    }
  }
  return out;
}

std::optional<double> index_at(const std::vector<Chain>& chains, bool at_bid) {
  const auto index = vol_index_30d(at_one_side(chains, at_bid));
  return index.has_value() ? std::optional(index.value().value) : std::nullopt;
}

}  // namespace

const Exposure* OptionBoard::exposure(Instant expiry) const {
  const auto found = std::find_if(exposures.expiries.begin(), exposures.expiries.end(),
                                  [&](const Exposure& e) { return e.expiry == expiry; });
  return found == exposures.expiries.end() ? nullptr : &*found;
}

OptionBoard measure_board(ChainBuilder::Chains read, const DealerBook* dealers) {
  OptionBoard board{.chains = std::move(read.chains),
                    .refused = std::move(read.refused),
                    .stale = read.stale,
                    .incomplete = read.incomplete,
                    .signed_trades = dealers != nullptr};
  std::stable_sort(board.chains.begin(), board.chains.end(),
                   [](const Chain& a, const Chain& b) { return a.expiry < b.expiry; });
  board.surface = build_surface(board.chains);
  board.exposures = measure_exposures(board.chains, board.surface, dealers);
  if (auto index = vol_index_30d(board.chains); index.has_value()) {
    board.index = index.value();
    board.index_low = index_at(board.chains, true);
    board.index_high = index_at(board.chains, false);
  } else {
    board.index_refused = index.error().text();
  }
  return board;
}

QuoteVols quote_vols(const Chain& chain, const ChainQuote& quote, double forward) {
  if (!quote.bid && !quote.ask) return {quote.bid_iv, quote.ask_iv};
  const double money = chain.settlement == OptionSettlement::coin ? forward : 1;
  const auto vol = [&](const std::optional<double>& price) -> std::optional<double> {
    if (!price || *price <= 0) return std::nullopt;
    const ImpliedVol found =
        implied_vol({forward, quote.strike, chain.years(), *price * money, quote.type});
    return found.status == IvStatus::ok ? std::optional(found.vol) : std::nullopt;
  };
  return {vol(quote.bid), vol(quote.ask)};
}

}  // namespace delever::options
