// Who is on the tapes and how well it was heard: coins, streams with their lag and what could not
// be decoded, and every gap. It is fed with events beside a report, in the same pass.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "feeds/lag_histogram.h"
#include "market/event.h"
#include "market/instrument.h"
#include "market/terms.h"
#include "reports/brief.h"

namespace delever::reports {

struct AssetSeen {
  std::string asset;
  uint64_t events = 0;
};

struct StreamHealth {
  std::string name, venue, channel;
  uint64_t messages = 0, events = 0, undecoded = 0;
  std::map<std::string, uint64_t> undecoded_reasons;
  std::optional<Instant> first, last;                     // receive times of its events
  std::optional<Duration> lag_median, lag_p99, lag_most;  // ours less the venue's time
};

struct GapSeen {
  std::string stream, symbol;  // symbol: of a hole in a numbering
  Instant from, to;
  GapKind kind = GapKind::recorded;
  std::string reason;
};

struct Survey {
  std::optional<Instant> first, last;
  std::vector<AssetSeen> assets;  // BTC, ETH, then by events
  std::vector<StreamHealth> streams;
  std::vector<GapSeen> gaps;  // by time
};

// The tables must outlive the events, not the survey.
class Surveyor final : public EventSink {
 public:
  Surveyor(const Instruments& instruments, const std::vector<Source>& sources, CoinNames names)
      : instruments_(instruments), sources_(sources), names_(std::move(names)) {}
  void on_event(const Event& event) override;
  // `use`: what the feed counted, by stream.
  Survey survey(const std::vector<SourceUse>& use) const;

 private:
  struct Heard {
    uint64_t events = 0;
    Instant first, last;
    feeds::LagHistogram lag;
  };
  const Instruments& instruments_;
  const std::vector<Source>& sources_;
  const CoinNames names_;
  std::map<SourceId, Heard> heard_;
  std::map<InstrumentId, uint64_t> counted_;
  std::vector<GapSeen> gaps_;
};

}  // namespace delever::reports
