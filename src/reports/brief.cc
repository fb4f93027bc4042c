#include "reports/brief.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <memory>

#include "reports/brief_builder.h"
#include "reports/feed.h"
#include "reports/inputs.h"
#include "reports/memory_feed.h"

namespace delever::reports {
namespace {

std::string label_of(const gauges::Reading& r) {
  std::string label = r.name;
  if (r.venue) label += " " + *r.venue;
  if (r.expiry) label += " " + expiry_name(*r.expiry);
  return label;
}

// A feed that a second sink hears as well.
class SharedFeed final : public EventFeed {
 public:
  SharedFeed(EventFeed& feed, EventSink& beside) : feed_(feed), beside_(beside) {}
  const Instruments& instruments() const override { return feed_.instruments(); }
  const std::vector<Source>& sources() const override { return feed_.sources(); }
  std::vector<SourceUse> use() const override { return feed_.use(); }
  Result<void> run(EventSink& sink) override {
    Both both(sink, beside_);
    return feed_.run(both);
  }

 private:
  struct Both final : EventSink {
    Both(EventSink& a, EventSink& b) : one(a), other(b) {}
    void on_event(const Event& event) override {
      one.on_event(event);
      other.on_event(event);
    }
    EventSink &one, &other;
  };
  EventFeed& feed_;
  EventSink& beside_;
};

}  // namespace

Result<Brief> make_brief(const BriefInputs& inputs, EventFeed& feed) {
  const auto builder = TRY(BriefBuilder::make(inputs, feed.instruments(), feed.sources()));
  if (auto ran = feed.run(*builder); !ran.has_value()) return std::move(ran.error());
  Brief brief = builder->brief(inputs.at);
  brief.sources = feed.use();
  return brief;
}

Result<Brief> brief_of(const BriefOptions& options, Context& context, const Beside& beside) {
  BriefInputs inputs;
  inputs.rules_path = options.rules;
  inputs.claim_rules_path = options.claim_rules;
  std::unique_ptr<EventFeed> feed;
  std::string claims_path = options.claims;
  std::vector<Coverage> coverage;
  std::optional<gauges::Rules> rules;
  if (options.tapes.empty()) {
    const Episode episode = TRY(load_episode(
        find_shipped(options.episode.empty() ? "episodes/2026-01-30" : options.episode)));
    inputs.title = episode.title;
    inputs.asset = options.asset.empty() ? episode.asset : coin_named(options.asset);
    inputs.at = options.at.empty() ? episode.at : TRY(parse_at(options.at, "--at", context));
    inputs.notes = episode.notes;
    inputs.ranges = episode.ranges;
    if (claims_path.empty()) claims_path = episode.claims_path;
    feed = TRY(open_episode(episode, inputs.at));
  } else {
    if (!options.episode.empty())
      return Error{Fault::usage, "give an episode folder or --tape, not both", "brief"};
    inputs.asset = options.asset.empty() ? "BTC" : coin_named(options.asset);
    const std::string text = TRY(read_file(find_shipped(options.rules)));
    rules = TRY(gauges::Rules::load(text, options.rules));
    // Streams of a tape end at different times. The newest moment would find half of them stale, so
    // without --at the brief is of the last one at which they were fresh together.
    if (options.at.empty()) {
      coverage = TRY(coverage_asked(options.tapes, *rules, context));
      if (coverage.empty()) return no_time_in(options.tapes, "event");
      const FreshTime fresh = fresh_time(coverage);
      inputs.at = fresh.at;
      if (!fresh.stale.empty())
        inputs.notes.push_back(fmt::format(
            "no --at: this is {}, the last time at which what the tape holds was fresh together; "
            "{} ended before the tape does (at {})",
            fresh.at.text(), fmt::join(fresh.stale, " and "), fresh.last.text()));
    } else {
      inputs.at = TRY(parse_at(options.at, "--at", context));
    }
    inputs.title = "Leverage brief, " + inputs.asset;
  }
  if (!claims_path.empty()) {
    const std::string text = TRY(read_file(claims_path));
    inputs.claims = TRY(gauges::read_claims(text, claims_path));
  }
  if (!feed && beside.sink)  // it hears what gauges do not read
    feed = TRY(open_tapes(options.tapes, inputs.at, context.progress));
  if (!feed)
    feed = TRY(open_for_gauges(
        {options.tapes, inputs.at, *rules, gauges::claim_times(inputs.claims, inputs.at)},
        context));
  EventSink* const other = beside.sink ? beside.sink(*feed) : nullptr;
  std::optional<SharedFeed> shared;
  if (other) shared.emplace(*feed, *other);
  EventFeed& whole = shared ? static_cast<EventFeed&>(*shared) : *feed;
  Brief brief = TRY(make_brief(inputs, whole));
  if (beside.heard) beside.heard(*feed);
  // What the tape holds, where a reader must wonder why so little is said.
  const bool little = says_little(brief);
  if (little && coverage.empty() && !options.tapes.empty())
    coverage = TRY(coverage_asked(options.tapes, *rules, context));
  if (little) brief.coverage = std::move(coverage);
  return brief;
}

bool says_little(const Brief& brief) {
  const auto pending =
      std::count_if(brief.readings.begin(), brief.readings.end(),
                    [](const gauges::Reading& r) { return r.state == gauges::State::pending; });
  return 2 * static_cast<size_t>(pending) > brief.readings.size();
}

// A name that is not in the list ranks behind all that are, and keeps its place among such.
size_t reading_rank(std::string_view name) {
  constexpr std::array<std::string_view, 33> order{"liq_total_usd_24h",
                                                   "liq_long_usd_24h",
                                                   "liq_short_usd_24h",
                                                   "liq_long_share",
                                                   "liq_dominance_osc",
                                                   "liq_long_share_ma30",
                                                   "liq_dominance_osc_ma30",
                                                   "liq_dominance_osc_ma30_weighted",
                                                   "liq_dominance_osc_percentile",
                                                   "liq_concentration_1m",
                                                   "liq_concentration_1h",
                                                   "funding_annual_oi_weighted",
                                                   "funding_annual",
                                                   "funding_rate",
                                                   "oi_coins",
                                                   "oi_usd",
                                                   "oi_change_24h_coins",
                                                   "oi_change_24h_usd",
                                                   "basis_annual",
                                                   "realized_vol_24h",
                                                   "vol_index_30d",
                                                   "vol_premium",
                                                   "price_low_24h",
                                                   "price_high_24h",
                                                   "options_oi",
                                                   "options_oi_calls",
                                                   "options_oi_puts",
                                                   "options_put_call",
                                                   "options_max_pain",
                                                   "options_max_pain_coin",
                                                   "hedge_flow_1pct_gross",
                                                   "hedge_flow_1pct_net",
                                                   "etf_flow_usd_1d"};
  return static_cast<size_t>(std::find(order.begin(), order.end(), name) - order.begin());
}

std::vector<std::string> pending_lines(const Brief& brief) {
  std::vector<std::string> lines;
  for (const gauges::Reading& r : brief.readings) {
    if (r.state == gauges::State::pending)
      lines.push_back(fmt::format("{}: {}", label_of(r), r.reason));
  }
  for (const gauges::ClaimCheck& c : brief.claims) {
    if (c.state == gauges::State::pending)
      lines.push_back(fmt::format("claim {} ({}): {}", c.claim.id, c.claim.metric, c.note));
  }
  return lines;
}

}  // namespace delever::reports
