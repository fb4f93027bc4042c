#include "market/event_names.h"

#include "base/check.h"

namespace delever {

std::string_view name_of(Side side) { return side == Side::buy ? "buy" : "sell"; }

std::string_view name_of(PositionSide side) {
  return side == PositionSide::long_side ? "long" : "short";
}

std::string_view name_of(LiquidationFeed feed) {
  switch (feed) {
    case LiquidationFeed::complete:
      return "complete";
    case LiquidationFeed::latest_per_second:
      return "latest_per_second";
    case LiquidationFeed::at_most_one_per_second:
      return "at_most_one_per_second";
    case LiquidationFeed::flagged_trades:
      return "flagged_trades";
    case LiquidationFeed::aggregated:
      return "aggregated";
    case LiquidationFeed::unknown:
      return "unknown";
  }
  check_failed("a LiquidationFeed has a name", __FILE__, __LINE__);
}

std::string_view name_of(FundingKind kind) {
  switch (kind) {
    case FundingKind::current:
      return "current";
    case FundingKind::predicted:
      return "predicted";
    case FundingKind::settled:
      return "settled";
    case FundingKind::mean:
      return "mean";
  }
  check_failed("a FundingKind has a name", __FILE__, __LINE__);
}

std::string_view name_of(PriceKind kind) {
  switch (kind) {
    case PriceKind::trade:
      return "trade";
    case PriceKind::mark:
      return "mark";
    case PriceKind::index:
      return "index";
  }
  check_failed("a PriceKind has a name", __FILE__, __LINE__);
}

std::string_view name_of(HolderKind kind) {
  switch (kind) {
    case HolderKind::etf:
      return "etf";
    case HolderKind::treasury:
      return "treasury";
    case HolderKind::foundation:
      return "foundation";
  }
  check_failed("a HolderKind has a name", __FILE__, __LINE__);
}

std::string_view name_of(GapKind kind) {
  switch (kind) {
    case GapKind::recorded:
      return "recorded";
    case GapKind::damage:
      return "damage";
    case GapKind::sequence:
      return "sequence";
  }
  check_failed("a GapKind has a name", __FILE__, __LINE__);
}

}  // namespace delever
