#include "options/chain.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

#include "base/random.h"
#include "options/black.h"
#include "statistics/statistics.h"

namespace delever::options {
namespace {

bool bad(const std::optional<double>& value, double most) {
  return value && !(*value >= 0 && *value < most);
}

char type_mark(OptionType type) { return type == OptionType::call ? 'C' : 'P'; }

// Both sides of a quote in units of the forward's money, or as coin prices; `coin` says which.
struct TwoSided {
  double bid, ask;
  bool coin;
};

std::optional<TwoSided> two_sided(const Chain& chain, const ChainQuote& q,
                                  std::optional<double> reference) {
  if (q.bid && q.ask && *q.bid > 0 && *q.ask >= *q.bid) {
    return TwoSided{*q.bid, *q.ask, chain.settlement == OptionSettlement::coin};
  }
  // A quote with one price is one-sided in the market: its vols would invent the other side.
  if (q.bid || q.ask || !reference || !q.bid_iv || !q.ask_iv || *q.bid_iv <= 0 ||
      *q.ask_iv < *q.bid_iv) {
    return std::nullopt;
  }
  const auto price = [&](double vol) {
    return black_price({*reference, q.strike, chain.years(), vol, q.type});
  };
  return TwoSided{price(*q.bid_iv), price(*q.ask_iv), false};
}

// An order of quotes of one instant.
auto standing(const OptionQuote& q) {
  return std::tuple(q.mark_iv, q.open_interest, q.bid_price, q.ask_price, q.bid_iv, q.ask_iv,
                    q.underlying_price, q.mark_price, q.greeks.delta);
}

}  // namespace

std::vector<std::span<const Chain>> boards_of(std::span<const Chain> chains) {
  std::vector<std::span<const Chain>> boards;
  const auto board = [](const Chain& c) { return std::tie(c.asset, c.settle, c.venue); };
  // Chains of one board stand next to each other: that is ChainBuilder's order.
  for (size_t from = 0, to = 0; from < chains.size(); from = to) {
    while (to < chains.size() && board(chains[to]) == board(chains[from])) ++to;
    boards.push_back(chains.subspan(from, to - from));
  }
  return boards;
}

std::string_view chain_fault_name(ChainFault fault) {
  switch (fault) {
    case ChainFault::expired:
      return "expired";
    case ChainFault::too_few_quotes:
      return "too_few_quotes";
    case ChainFault::no_forward:
      return "no_forward";
    case ChainFault::bad_price:
      return "bad_price";
    case ChainFault::no_open_interest:
      return "no_open_interest";
    case ChainFault::not_arbitrage_free:
      return "not_arbitrage_free";
  }
  CHECK(false);
}

Error chain_error(const Chain& chain, ChainFault fault, std::string_view what) {
  const Fault kind = fault == ChainFault::bad_price ? Fault::malformed : Fault::no_evidence;
  return Error{kind, fmt::format("{}: {}", chain_fault_name(fault), what), chain.name()};
}

Result<void> check_chain(const Chain& chain) {
  if (chain.expiry <= chain.as_of) {
    return chain_error(chain, ChainFault::expired,
                       fmt::format("it settled at {}", chain.expiry.text()));
  }
  if (chain.quotes.size() < 2) {
    return chain_error(chain, ChainFault::too_few_quotes,
                       fmt::format("{} in the chain", chain.quotes.size()));
  }
  if (chain.forward && !(*chain.forward > 1e-90 && *chain.forward < 1e90)) {
    return chain_error(chain, ChainFault::bad_price, fmt::format("forward {}", *chain.forward));
  }
  for (const ChainQuote& q : chain.quotes) {
    const auto refuse = [&](std::string_view field, double value) {
      return chain_error(chain, ChainFault::bad_price,
                         fmt::format("{} {} {} {}", q.strike, type_mark(q.type), field, value));
    };
    if (!(q.strike > 1e-90 && q.strike < 1e90)) return refuse("strike", q.strike);
    for (const auto& [field, value] : {std::pair{"bid", q.bid}, {"ask", q.ask}, {"mark", q.mark}}) {
      if (bad(value, 1e90)) return refuse(field, *value);
    }
    for (const auto& [field, value] :
         {std::pair{"bid_iv", q.bid_iv}, {"ask_iv", q.ask_iv}, {"mark_iv", q.mark_iv}}) {
      if (bad(value, 1e4)) return refuse(field, *value);
    }
    if (bad(q.open_interest, 1e90)) return refuse("open_interest", *q.open_interest);
    if (q.delta && !(std::fabs(*q.delta) <= 1.0001)) return refuse("delta", *q.delta);
  }
  return {};
}

std::optional<Forward> forward_from_parity(const Chain& chain, std::optional<double> reference) {
  struct Implied {
    double strike, mid, low, high;
  };
  std::map<double, std::array<std::optional<TwoSided>, 2>> strikes;
  for (const ChainQuote& q : chain.quotes) {
    strikes[q.strike][q.type == OptionType::call ? 0 : 1] = two_sided(chain, q, reference);
  }
  std::vector<Implied> found;  // by strike
  for (const auto& [strike, sides] : strikes) {
    if (!sides[0] || !sides[1] || sides[0]->coin != sides[1]->coin) continue;
    const auto [call_bid, call_ask, coin] = *sides[0];
    // What a synthetic forward can be sold at and what it can be bought at: no arbitrage leaves F
    // between.
    const double low = call_bid - sides[1]->ask, high = call_ask - sides[1]->bid;
    if (!coin) {
      found.push_back({strike, strike + (low + high) / 2, strike + low, strike + high});
    } else if (high < 0.9) {  // F = K / (1 - (c - p)), and c < 1: a gap near 1 says nothing of F
      found.push_back(
          {strike, strike / (1 - (low + high) / 2), strike / (1 - low), strike / (1 - high)});
    }
  }
  if (found.empty()) return std::nullopt;
  Forward out{.low = found[0].low, .high = found[0].high, .strikes = found.size()};
  std::vector<double> mids;
  for (const Implied& f : found) {
    out.low = std::max(*out.low, f.low);
    out.high = std::min(*out.high, f.high);
    mids.push_back(f.mid);
  }
  if (*out.low > *out.high) std::swap(out.low, out.high);
  // Far from the money prices are a tick or two wide of nothing: the forward is read where options
  // trade.
  const double rough = statistics::middle_of(std::move(mids));
  if (!(rough > 0)) return std::nullopt;
  std::stable_sort(found.begin(), found.end(), [&](const Implied& a, const Implied& b) {
    return std::fabs(std::log(a.strike / rough)) < std::fabs(std::log(b.strike / rough));
  });
  found.resize(std::min<size_t>(found.size(), 9));
  mids.clear();
  for (const Implied& f : found) mids.push_back(f.mid);
  out.value = statistics::middle_of(std::move(mids));
  if (!(out.value > 0)) return std::nullopt;
  return out;
}

std::optional<Forward> forward_from_deltas(const Chain& chain) {
  const double years = chain.years();
  if (!(years > 0)) return std::nullopt;
  struct Implied {
    double off, forward;
  };
  std::vector<Implied> all;
  for (const ChainQuote& q : chain.quotes) {
    if (!q.delta || !q.mark_iv || *q.mark_iv <= 0) continue;
    // N(d1) of the call at the strike; the delta of the put is that less 1.
    const double call_delta = q.type == OptionType::call ? *q.delta : 1 + *q.delta;
    if (!(call_delta >= 0.05 && call_delta <= 0.95)) continue;
    const double v = *q.mark_iv * std::sqrt(years);
    all.push_back({std::fabs(call_delta - 0.5),
                   q.strike * std::exp(normal_quantile(call_delta) * v - 0.5 * v * v)});
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Implied& a, const Implied& b) { return a.off < b.off; });
  std::vector<double> found;
  for (size_t i = 0; i < std::min<size_t>(all.size(), 14); ++i) found.push_back(all[i].forward);
  if (found.empty()) return std::nullopt;
  const auto [low, high] = std::minmax_element(found.begin(), found.end());
  Forward out{.low = *low, .high = *high, .strikes = found.size()};
  out.value = statistics::middle_of(std::move(found));
  return out;
}

Result<ForwardChoice> choose_forward(const Chain& chain) {
  ForwardChoice choice;
  choice.delta = forward_from_deltas(chain);
  // Vols quoted without prices refer to the venue's forward, or to the one that its deltas hang on.
  std::optional<double> reference = chain.forward;
  if (!reference && choice.delta) reference = choice.delta->value;
  choice.parity = forward_from_parity(chain, reference);
  if (chain.forward) {
    choice.used = {.value = *chain.forward, .strikes = 0};
    choice.source = "venue";
  } else if (choice.parity && std::any_of(chain.quotes.begin(), chain.quotes.end(),
                                          [](const ChainQuote& q) { return q.bid && q.ask; })) {
    choice.used = *choice.parity;
    choice.source = "parity";
  } else if (choice.delta) {  // quotes in vols alone refer to the venue's forward: its deltas say
                              // which that is
    choice.used = *choice.delta;
    choice.source = "delta";
  } else {
    return chain_error(chain, ChainFault::no_forward,
                       "no underlying price, no strike quoted on both sides as call and "
                       "put, no published delta between 0.05 and 0.95");
  }
  if (!(choice.used.value > 1e-90 && choice.used.value < 1e90)) {
    return chain_error(chain, ChainFault::no_forward,
                       fmt::format("{} gives {}", choice.source, choice.used.value));
  }
  return choice;
}

void ChainBuilder::on_event(const Event& event) {
  if (const auto* interest = std::get_if<OpenInterest>(&event.payload);
      interest && interest->contracts) {
    // 0 coins beside contracts is a field that was not filled.
    Interest now{event.at, *interest->contracts, interest->coins};
    if (now.coins == 0.0 && !now.contracts.is_zero()) now.coins.reset();
    if (!now.contracts.is_zero()) open_once_.insert(event.instrument);
    Interest& last = interests_.try_emplace(event.instrument, now).first->second;
    // The larger of two of one instant, as with quotes: their order must not matter.
    if (std::pair(event.at, *interest->contracts) > std::pair(last.at, last.contracts)) last = now;
    return;
  }
  const auto* quote = std::get_if<OptionQuote>(&event.payload);
  if (!quote) return;
  if (quote->open_interest && !quote->open_interest->is_zero()) open_once_.insert(event.instrument);
  const auto [found, fresh] = latest_.try_emplace(event.instrument, Latest{event.at, *quote});
  Latest& last = found->second;
  if (fresh || event.at < last.at) return;
  if (event.at > last.at || standing(*quote) > standing(last.quote)) last = {event.at, *quote};
}

void ChainBuilder::forget_expired(Instant now) {
  std::erase_if(interests_, [&](const auto& entry) {
    const auto& expiry = instruments_[entry.first].expiry;
    return expiry && *expiry <= now;
  });
  std::erase_if(open_once_, [&](InstrumentId id) {
    const auto& expiry = instruments_[id].expiry;
    return expiry && *expiry <= now;
  });
  std::erase_if(latest_, [&](const auto& entry) {
    const auto& expiry = instruments_[entry.first].expiry;
    return expiry && *expiry <= now;
  });
}

// One option may be closed; all of an expiry at once, after they were open, are a snapshot that
// went wrong.
static void distrust_nothing(Chain& chain) {
  const bool nothing = std::all_of(chain.quotes.begin(), chain.quotes.end(),
                                   [](const auto& q) { return q.open_interest.value_or(0) == 0; });
  if (!nothing) return;
  for (ChainQuote& q : chain.quotes) q.open_interest.reset();
}

ChainBuilder::Chains ChainBuilder::chains(const Wanted& wanted) const {
  Chains out;
  struct Building {
    Chain chain;
    Instant forward_at = Instant::min();
    int open_once = 0;
  };
  std::map<std::tuple<std::string, std::string, std::string, Instant>, Building> expiries;
  for (const auto& [id, latest] : latest_) {
    const Instrument& option = instruments_[id];
    // A venue that says the coins beside its contracts needs no contract size.
    const auto own = interests_.find(id);
    const bool said = own != interests_.end() && own->second.at <= wanted.at &&
                      wanted.at - own->second.at <= wanted.age_max;
    const bool counted = option.contract_size || (said && own->second.coins);
    if (!option.expiry || !option.strike || !option.option_type || !counted) {
      ++out.incomplete;
      continue;
    }
    if (*option.expiry <= wanted.at) continue;
    if (latest.at > wanted.at || wanted.at - latest.at > wanted.age_max) {
      ++out.stale;
      continue;
    }
    Building& building = expiries[{option.base, option.settle, option.venue, *option.expiry}];
    Chain& chain = building.chain;
    building.open_once += open_once_.contains(id);
    chain.venue = option.venue, chain.asset = option.base, chain.settle = option.settle;
    chain.as_of = wanted.at, chain.expiry = *option.expiry;
    chain.settlement =
        option.settle == option.base ? OptionSettlement::coin : OptionSettlement::linear;
    const OptionQuote& q = latest.quote;
    // Open interest holds for hours, a price for minutes: an old quote keeps the one and loses the
    // other.
    const bool priced = wanted.at - latest.at <= wanted.price_age_max;
    if (priced && q.underlying_price && latest.at > building.forward_at) {
      building.forward_at = latest.at;
      chain.forward = q.underlying_price;
      chain.forward_name = q.underlying;
    }
    const auto price = [](const std::optional<Price>& p) {
      return p ? std::optional(p->approx()) : std::nullopt;
    };
    const auto present =
        [](std::optional<double> value) {  // a bid of 0, in price or vol, is no bid
          return value && *value == 0 ? std::nullopt : value;
        };
    ChainQuote quote{.strike = option.strike->approx(), .type = *option.option_type};
    auto open_interest = q.open_interest;
    if (!open_interest && said) open_interest = own->second.contracts;
    if (open_interest && option.contract_size)
      quote.open_interest = coins(option, *open_interest, std::nullopt);
    else if (said)
      quote.open_interest = own->second.coins;
    quote.mark_iv = present(q.mark_iv), quote.volume_24h = q.volume_24h;
    if (!priced) {
      chain.quotes.push_back(quote);
      continue;
    }
    quote.bid = present(price(q.bid_price)), quote.ask = present(price(q.ask_price)),
    quote.mark = price(q.mark_price);
    quote.bid_iv = present(q.bid_iv), quote.ask_iv = present(q.ask_iv);
    quote.delta = q.greeks.delta, quote.gamma = q.greeks.gamma;
    quote.vega = q.greeks.vega, quote.theta = q.greeks.theta;
    chain.quotes.push_back(quote);
  }
  for (auto& [key, building] : expiries) {
    Chain& chain = building.chain;
    if (building.open_once >= 2) distrust_nothing(chain);
    std::sort(chain.quotes.begin(), chain.quotes.end(),
              [](const ChainQuote& a, const ChainQuote& b) {
                return std::tie(a.strike, a.type) < std::tie(b.strike, b.type);
              });
    if (auto checked = check_chain(chain); !checked.has_value())
      out.refused.push_back(checked.error());
    else
      out.chains.push_back(std::move(chain));
  }
  return out;
}

}  // namespace delever::options
