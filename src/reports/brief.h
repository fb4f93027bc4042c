// Brief: all readings of one asset at one time, the checked claims and the verdict.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gauges/claims.h"
#include "gauges/history.h"
#include "gauges/reading.h"
#include "reports/context.h"
#include "reports/coverage.h"
#include "reports/verdict.h"

namespace delever::memory {
class MinutesSink;
}

namespace delever::reports {

struct SourceUse {
  std::string name;  // tape stream, or file of an episode
  uint64_t messages = 0, events = 0, undecoded = 0;
  std::map<std::string, uint64_t> undecoded_reasons;
};

struct Brief {
  std::string title;
  std::string asset;
  Instant as_of;
  std::string rules;        // "rules/2026-01-30.toml"
  std::string claim_rules;  // "rules/claims-2026-01-30.toml"
  std::vector<gauges::Reading> readings;
  std::vector<gauges::ClaimCheck> claims;
  std::optional<DayVerdict> verdict;  // missing when no day of the coin is over
  std::vector<std::string> notes;     // of an episode: what is in it, where it ends
  gauges::History history;            // what the charts draw; every series ends at as_of
  std::vector<SourceUse> sources;
  std::vector<Coverage> coverage;  // of tapes, where little can be said: what they hold
  std::string remarks;             // gaps, clocks and left out markets, as gauges::Gauges says them
};

// What a brief is made from: rules, claims, and something that feeds the events received up to a
// time, in order.
struct BriefInputs {
  std::string title;
  std::string asset = "BTC";
  Instant at;
  std::string rules_path, claim_rules_path;
  std::string verdict_rules_path = "rules/verdict-2026-01-31.toml";  // empty: no verdict
  std::vector<gauges::Claim> claims;
  std::vector<std::string> notes;
  std::vector<gauges::GaugeRange>
      ranges;  // what is known of a gauge's past beyond the events at hand
};

class EventFeed {
 public:
  virtual ~EventFeed() = default;
  virtual const Instruments& instruments() const = 0;
  virtual const std::vector<Source>& sources() const = 0;
  virtual Result<void> run(
      EventSink& sink) = 0;  // events received up to and including the time it was opened for
  virtual std::vector<SourceUse> use() const = 0;
  // Before run(), of what open_for_levels gave: who is told minutes where they stand for events.
  virtual void minutes_to(memory::MinutesSink&) {}
};

Result<Brief> make_brief(const BriefInputs& inputs, EventFeed& feed);

// Whether most of its readings are pending: then a reader must wonder what the tape holds.
bool says_little(const Brief& brief);
// Readings of state pending, and claims likewise, as lines "what: why".
std::vector<std::string> pending_lines(const Brief& brief);
// The gauges in the order a reader wants them; unknown names go last, alphabetically.
size_t reading_rank(std::string_view name);

struct BriefOptions {
  std::string episode;
  std::vector<std::string> tapes;
  std::string claims, asset, at;
  std::string rules = "rules/2026-01-30.toml", claim_rules = "rules/claims-2026-01-30.toml";
};
// Who else hears the events of a brief, in the same pass, and is told when all were heard, while
// the feed and its tables are still there.
struct Beside {
  std::function<EventSink*(const EventFeed& feed)> sink;
  std::function<void(const EventFeed& feed)> heard;
};
// The brief of an episode or of tapes.
Result<Brief> brief_of(const BriefOptions& options, Context& context, const Beside& beside = {});

}  // namespace delever::reports
