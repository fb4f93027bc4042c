// Reports on tapes that grow: what came since the last time is fed to gauges that are kept, so that
// a reading costs what is new and not the whole day.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "feeds/replay.h"
#include "reports/brief_builder.h"
#include "reports/chain.h"
#include "reports/coverage.h"

namespace delever::reports {

class FollowedTape {
 public:
  struct Options {
    std::vector<std::string> tapes;
    std::string asset = "BTC", claims;  // a CSV of published claims; empty: none
    std::string rules = "rules/2026-01-30.toml", claim_rules = "rules/claims-2026-01-30.toml";
    // For the briefs: a verdict too, which costs feeding the coins that its weights are fitted on.
    bool verdict = false;
    // Who else hears the events; it must outlive the followed tape.
    std::function<EventSink*(const Instruments&, const std::vector<Source>&)> beside = {};
  };
  static Result<std::unique_ptr<FollowedTape>> open(const Options& options);
  ~FollowedTape();

  // Feeds what is there, `most` messages of it; false: no more for now.
  Result<bool> advance(uint64_t most);
  bool complete() const { return replay_->complete(); }  // closed, and all of it was fed
  // The receive time of the last message fed: what the reports are as of. None before the first.
  std::optional<Instant> at() const;

  std::vector<gauges::Reading> readings() const;
  // What a brief of these tapes as of now says.
  Result<Brief> brief();
  // `expiry` as in ChainOptions.
  Result<ChainReport> chain(const std::string& expiry) const;

 private:
  class Sink;
  explicit FollowedTape(Options options);

  const Options options_;
  std::unique_ptr<feeds::Replay> replay_;
  std::unique_ptr<BriefBuilder> builder_;
  std::unique_ptr<CoverageCounter> coverage_;
  std::unique_ptr<Sink> sink_;
};

// Whether two readings say the same, whatever the time they are as of; and two briefs, their claims
// and verdicts with them.
bool same_reading(const gauges::Reading& a, const gauges::Reading& b);
bool same_answers(const Brief& a, const Brief& b);

}  // namespace delever::reports
