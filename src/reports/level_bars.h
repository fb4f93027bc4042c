// The minutes of perpetuals from a tape: what levels are inferred from (levels/bar_builder.h).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "levels/bar_builder.h"
#include "market/event.h"
#include "market/instrument.h"
#include "market/seen.h"
#include "market/terms.h"
#include "memory/minutes.h"
#include "reports/context.h"

namespace delever::reports {

using levels::BarBuilder;
using levels::LevelMarket;

// A builder for each perpetual of the asset. Trades and liquidations that several streams show
// count once. A builder counts by what is known of its contract at its first event: where a size
// came later, read again (sizes_later.h).
class LevelBars final : public EventSink, public memory::MinutesSink {
 public:
  LevelBars(const Instruments& instruments, const std::string& asset, CoinNames names,
            std::optional<Duration> throttle = {})
      : instruments_(instruments),
        names_(std::move(names)),
        asset_(names_.plain(asset)),
        throttle_(throttle) {}

  void on_event(const Event& event) override;
  void on_minutes(memory::MinutesOf& minutes) override;
  std::vector<LevelMarket> markets(Instant now) const;

 private:
  struct Named {
    bool known = false, asked = false;
    std::string base;
  };
  bool is_asked(InstrumentId id);
  BarBuilder& builder(InstrumentId id);

  const Instruments& instruments_;
  const CoinNames names_;
  const std::string asset_;
  std::vector<Named> named_;  // by instrument
  std::optional<Duration> throttle_;
  std::map<InstrumentId, BarBuilder> builders_;
  TradesOnce trades_;
  LiquidationsOnce liquidations_;
};

// Every perpetual of the asset on one tape, up to `at`; what is missing of the tape is added to
// `notes`. Errors: as open_tapes.
Result<std::vector<LevelMarket>> read_level_markets(const std::string& tape,
                                                    const std::string& asset, Instant at,
                                                    std::optional<Duration> throttle,
                                                    std::vector<std::string>& notes,
                                                    Context& context);

}  // namespace delever::reports
