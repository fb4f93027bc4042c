// Brief: everything that is said about one asset at one time, and its three faces: text, JSON, one
// HTML page.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gauges/claims.h"
#include "gauges/history.h"
#include "gauges/reading.h"
#include "verdict/verdict.h"

namespace delever::cli {

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
  verdict::Verdict verdict;
  std::vector<std::string> notes;  // of an episode: what is in it, where it ends
  gauges::History history;         // what the charts draw; every series ends at as_of
  std::vector<SourceUse> sources;
};

// What a brief is made from: rules, claims, and something that feeds the events received up to a
// time, in order.
struct BriefInputs {
  std::string title;
  std::string asset = "BTC";
  Instant at;
  std::string rules_path, claim_rules_path;
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
};

Result<Brief> make_brief(const BriefInputs& inputs, EventFeed& feed);

std::string brief_text(const Brief& brief);
std::string brief_json(const Brief& brief);
std::string brief_html(const Brief& brief);
std::string option_charts(
    const Brief& brief);  // of the page: strikes, hedging flow, smiles, term structure

// A reading's number with its unit, for people: "5.41 %/y", "96.7k BTC", "$1.59B".
std::string shown_value(double value, std::string_view unit, std::string_view asset);
// The gauges in the order a reader wants them; unknown names go last, alphabetically.
size_t reading_rank(std::string_view name);
// Readings of state pending, and claims likewise, as lines "what: why".
std::vector<std::string> pending_lines(const Brief& brief);

}  // namespace delever::cli
