// Reports on tapes that grow: what came since the last time is fed to gauges that are kept, so that
// a reading costs what is new and not the whole day.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "feeds/replay.h"
#include "gauges/gauges.h"
#include "gauges/rules.h"
#include "reports/brief.h"
#include "reports/chain.h"
#include "reports/context.h"

namespace delever::reports {

class FollowedTape {
 public:
  struct Options {
    std::vector<std::string> tapes;
    std::string asset = "BTC";
    std::string rules = "rules/2026-01-30.toml", claim_rules = "rules/claims-2026-01-30.toml";
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
  // Without claims, and without a verdict, which is of whole days.
  Result<Brief> brief() const;
  // `expiry` as in ChainOptions.
  Result<ChainReport> chain(const std::string& expiry) const;

 private:
  class Sink;
  FollowedTape(Options options, gauges::Rules rules);

  const Options options_;
  const gauges::Rules rules_;
  std::unique_ptr<feeds::Replay> replay_;
  std::unique_ptr<gauges::Gauges> gauges_;
  std::unique_ptr<Sink> sink_;
};

// Whether two lists of readings say the same, whatever the time they are as of.
bool same_readings(const std::vector<gauges::Reading>& a, const std::vector<gauges::Reading>& b);

}  // namespace delever::reports
