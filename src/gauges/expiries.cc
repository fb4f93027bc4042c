#include "gauges/expiries.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace delever::gauges {
namespace {

int number_left_out(const ExpiryInterest& e) {
  int sum = 0;
  for (const auto& [venue, left] : e.left_out)
    sum += left.unsized + left.old + left.emptied + left.disputed;
  return sum;
}

std::string words_of_left_out(const ExpiryInterest& e) {
  std::vector<std::string> parts;
  for (const auto& [venue, left] : e.left_out) {
    if (left.unsized > 0)
      parts.push_back(
          fmt::format("{}: {} instruments left out, without a contract size", venue, left.unsized));
    if (left.old > 0)
      parts.push_back(
          fmt::format("{}: {} instruments left out, older than the newest chain", venue, left.old));
    if (left.disputed > 0)
      parts.push_back(
          fmt::format("{}: {} instruments left out, of which one time is told in two ways", venue,
                      left.disputed));
    if (left.emptied > 0)
      parts.push_back(
          fmt::format("{}: all {} instruments say 0, which is not believed: they said "
                      "more before",
                      venue, left.emptied));
  }
  return join(parts, "; ");
}

void add_left_out(ExpiryInterest& to, const ExpiryInterest& from) {
  to.counted += from.counted;
  for (const auto& [venue, left] : from.left_out) {
    to.left_out[venue].unsized += left.unsized;
    to.left_out[venue].old += left.old;
    to.left_out[venue].emptied += left.emptied;
    to.left_out[venue].disputed += left.disputed;
  }
}

}  // namespace

void Expiries::add(const Event& event, const OptionQuote& quote) {
  if (quote.open_interest) put(event, *quote.open_interest, {});
}

void Expiries::add(const Event& event, const OpenInterest& interest) {
  if (!interest.contracts) return;
  // 0 coins beside contracts is a field that was not filled.
  const bool unfilled = interest.coins == 0.0 && interest.contracts->raw() > 0;
  put(event, *interest.contracts, unfilled ? std::nullopt : interest.coins);
}

void Expiries::put(const Event& event, WideQty open_interest, std::optional<double> stated_coins) {
  const Instrument& i = subject_.instruments[event.instrument];
  if (open_interest.raw() < 0) return;
  if (i.kind != InstrumentKind::option || !i.expiry || !i.strike || !i.option_type ||
      i.strike->raw() <= 0)
    return;
  Chain& chain = venues_[i.venue][*i.expiry];
  if (!open_interest.is_zero()) chain.open_once.insert(event.instrument);
  const Latest now{event.at, open_interest, event.source, stated_coins, open_interest};
  const auto [at, fresh] = chain.latest.try_emplace(event.instrument, now);
  Latest& last = at->second;
  // The later word stands. Of two of one instant the larger, so that their order cannot matter, and
  // neither where they differ by more than rounding.
  if (!fresh && now.at == last.at) {
    const WideQty least = std::min(last.least, open_interest);
    if (now.open_interest > last.open_interest) last = now;
    last.least = least;
  } else if (!fresh && now.at > last.at) {
    last = now;
  }
  if (fresh || chain.sources.size() < 8) chain.sources.insert(subject_.source_name(event));
}

void Expiries::forget_before(Instant known) {
  for (auto& [venue, expiries] : venues_)
    expiries.erase(expiries.begin(), expiries.upper_bound(known));
}

ExpiryInterest Expiries::sum_up(const std::string& venue, Instant expiry,
                                const Chain& chain) const {
  ExpiryInterest out{.venue = venue, .expiry = expiry, .as_of = Instant::min()};
  for (const auto& [id, latest] : chain.latest) out.as_of = std::max(out.as_of, latest.at);
  std::map<Price, std::pair<Wide, Wide>> strikes;  // exact sums in 1e-8 coins: calls, puts
  for (const auto& [id, latest] : chain.latest) {
    const Instrument& i = subject_.instruments[id];
    if (latest.open_interest.approx() - latest.least.approx() >
        0.01 * latest.open_interest.approx()) {
      ++out.left_out[venue].disputed;
      continue;
    }
    // Stated coins count the venue's own coin: units makes 1,000 PEPE of one 1000PEPE.
    const std::optional<double> amount =
        latest.stated_coins
            ? *latest.stated_coins * subject_.terms(id).units
            : coins(subject_.terms(id), latest.open_interest.approx(), std::nullopt);
    const auto exact = amount ? std::optional(Qty::nearest(*amount)) : std::nullopt;
    if (out.as_of - latest.at > subject_.rules.options.chain_span || !exact ||
        !exact->has_value()) {
      ++(amount ? out.left_out[venue].old : out.left_out[venue].unsized);
      continue;
    }
    ++out.counted;
    auto& [calls, puts] = strikes[*i.strike];
    (*i.option_type == OptionType::call ? calls : puts) += exact->value().raw();
  }
  // One option may be closed; all of an expiry at once are a snapshot that went wrong.
  const bool nothing = std::all_of(chain.latest.begin(), chain.latest.end(), [](const auto& one) {
    return one.second.open_interest.is_zero();
  });
  if (nothing && chain.open_once.size() >= 2) {
    out.left_out[venue].emptied = std::exchange(out.counted, 0);
    strikes.clear();
  }
  Wide calls = 0, puts = 0;
  const auto in_coins = [](Wide raw) {
    return static_cast<double>(raw) / static_cast<double>(Qty::scale);
  };
  for (const auto& [strike, sums] : strikes) {
    calls += sums.first;
    puts += sums.second;
    out.strikes.push_back({strike.approx(), in_coins(sums.first), in_coins(sums.second)});
  }
  out.calls = in_coins(calls);
  out.puts = in_coins(puts);
  // Without open calls the ratio is undefined, which is not the same as a ratio of 0.
  if (calls > 0) out.put_call = out.puts / out.calls;
  options::fill_pain(out.strikes);
  if (const auto pain = options::max_pain(out.strikes)) {
    out.max_pain = pain->strike_usd;
    out.max_pain_coin = pain->strike_coin;
  }
  return out;
}

std::vector<ExpiryInterest> Expiries::chain(Instant at) const {
  std::vector<ExpiryInterest> out;
  for (const auto& [venue, expiries] : venues_) {
    for (const auto& [expiry, chain] : expiries) {
      if (expiry > at) out.push_back(sum_up(venue, expiry, chain));
    }
  }
  return out;
}

namespace {

struct Gauge {
  std::string_view name, unit;
};
constexpr Gauge kGauges[] = {{"options_oi", "coins"},
                             {"options_oi_calls", "coins"},
                             {"options_oi_puts", "coins"},
                             {"options_put_call", "fraction"},
                             {"options_max_pain", "USD_per_coin"},
                             {"options_max_pain_coin", "USD_per_coin"}};

std::optional<double> value_of(std::string_view gauge, const ExpiryInterest& e) {
  if (gauge == "options_oi") return e.calls + e.puts;
  if (gauge == "options_oi_calls") return e.calls;
  if (gauge == "options_oi_puts") return e.puts;
  if (gauge == "options_put_call") return e.put_call;
  return gauge == "options_max_pain" ? e.max_pain : e.max_pain_coin;
}

// One expiry of one more venue: strike by strike, so that the pain is that of all holders.
void merge(ExpiryInterest& all, const ExpiryInterest& one) {
  all.as_of = std::min(all.as_of, one.as_of);
  all.calls += one.calls;
  all.puts += one.puts;
  add_left_out(all, one);
  std::map<double, options::StrikeInterest> strikes;
  for (const auto* list : {&std::as_const(all).strikes, &one.strikes}) {
    for (const options::StrikeInterest& s : *list) {
      options::StrikeInterest& sum = strikes[s.strike];
      sum.strike = s.strike;
      sum.calls += s.calls;
      sum.puts += s.puts;
    }
  }
  all.strikes.clear();
  for (const auto& entry : strikes) all.strikes.push_back(entry.second);
  options::fill_pain(all.strikes);
  const auto pain = options::max_pain(all.strikes);
  all.max_pain = pain ? std::optional(pain->strike_usd) : std::nullopt;
  all.max_pain_coin = pain ? std::optional(pain->strike_coin) : std::nullopt;
  all.put_call = all.calls > 0 ? std::optional(all.puts / all.calls) : std::nullopt;
}

}  // namespace

// One chain over all venues (named ""), and each venue's own.
struct Expiries::FreshChains {
  std::map<std::pair<std::string, Instant>, ExpiryInterest> chains;  // by venue and expiry
  std::map<std::string, std::set<std::string>> sources;              // by venue, as the next
  std::map<std::string, Origin> origins;
  std::set<std::string> venues;
  std::vector<ExpiryInterest> withheld;  // too old: what they held is left out of every sum
  std::string missing;                   // why there is none

  // Over all expiries. A max pain over several settlements would mean nothing, and has no value.
  ExpiryInterest total(const std::string& venue) const {
    ExpiryInterest total{.as_of = Instant::max()};
    for (const auto& [key, e] : chains) {
      if (key.first != venue) continue;
      total.calls += e.calls;
      total.puts += e.puts;
      add_left_out(total, e);
      total.strikes.insert(total.strikes.end(), e.strikes.begin(), e.strikes.end());
      total.as_of = std::min(total.as_of, e.as_of);
    }
    for (const ExpiryInterest& old : withheld) {
      // Where other venues have the expiry, it is counted with it already.
      const bool counted = chains.contains({venue, old.expiry});
      if (!counted && (venue.empty() || old.venue == venue)) add_left_out(total, old);
    }
    if (total.calls > 0) total.put_call = total.puts / total.calls;
    return total;
  }
};

Expiries::FreshChains Expiries::fresh_chains(Instant at) const {
  const auto& rules = subject_.rules.options;
  FreshChains out{.missing = "no option open interest of " + subject_.asset};
  for (ExpiryInterest& one : chain(at)) {
    if (at - one.as_of > rules.stale_after) {
      out.missing =
          fmt::format("{}: the newest chain is of {}, {} before (limit {})", one.venue,
                      one.as_of.text(), short_age(at - one.as_of), rules.stale_after.text());
      one.left_out[one.venue].old += std::exchange(one.counted, 0);
      out.withheld.push_back(std::move(one));
      continue;
    }
    out.venues.insert(one.venue);
    const auto& seen = venues_.at(one.venue).at(one.expiry).sources;
    for (const std::string& name : {one.venue, std::string()}) {
      out.sources[name].insert(seen.begin(), seen.end());
      out.origins[name].add(subject_.rules.origin_of(one.venue));
    }
    const auto [all, first] = out.chains.try_emplace({"", one.expiry}, one);
    if (!first) merge(all->second, one);
    out.chains.emplace(std::pair(one.venue, one.expiry), std::move(one));
  }
  for (const ExpiryInterest& old : out.withheld) {
    const auto all = out.chains.find({"", old.expiry});
    if (all != out.chains.end()) add_left_out(all->second, old);
  }
  return out;
}

void Expiries::settle(Panel& panel, const Panel::Name& name, const FreshChains& fresh,
                      const ExpiryInterest& e, std::string_view undefined) const {
  const auto& rules = subject_.rules.options;
  const int left_out = number_left_out(e);
  if (e.strikes.empty() && left_out > 0)  // not nothing: nothing that can be counted
    return panel.pending(name, words_of_left_out(e));
  std::vector<Estimate> estimates;
  if (const auto value = value_of(name.name, e)) {
    const std::string venue = name.venue.value_or("");
    Estimate one = Estimate::exact(venue.empty() ? "venues" : venue, *value, e.as_of);
    one.sources = fresh.sources.at(venue);
    one.origin = fresh.origins.at(venue);
    if (panel.at - e.as_of > rules.fresh_for)
      one.note = fmt::format("the newest chain is {} old, of {}", short_age(panel.at - e.as_of),
                             e.as_of.text());
    // What cannot be counted adds to a sum, and to a ratio of sums on either side.
    if (left_out > 0) {
      one.high.reset();
      if (!name.name.starts_with("options_oi")) one.low.reset();
      one.coverage = static_cast<double>(e.counted) / (e.counted + left_out);
      one.note += (one.note.empty() ? "" : "; ") + words_of_left_out(e);
    }
    estimates.push_back(std::move(one));
  }
  panel.settle(name, std::move(estimates), rules.band, undefined);
}

void Expiries::read(Panel& panel) const {
  const FreshChains fresh = fresh_chains(panel.at);
  std::vector<std::string> shown{""};
  if (fresh.venues.size() > 1) shown.insert(shown.end(), fresh.venues.begin(), fresh.venues.end());
  for (const Gauge& gauge : kGauges) {
    Panel::Name name{.name = gauge.name, .unit = gauge.unit, .section = "options"};
    if (fresh.chains.empty()) panel.pending(name, fresh.missing);
    for (const std::string& venue : shown) {
      if (fresh.chains.empty()) break;
      name.venue = venue.empty() ? std::nullopt : std::optional(venue);
      name.expiry.reset();
      if (!gauge.name.starts_with("options_max_pain"))
        settle(panel, name, fresh, fresh.total(venue), "no open calls");
      for (const auto& [key, e] : fresh.chains) {
        if (key.first != venue) continue;
        name.expiry = e.expiry;
        settle(panel, name, fresh, e, "no open interest to compute it from");
      }
    }
  }
}

}  // namespace delever::gauges
