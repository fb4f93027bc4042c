// Facts about venue channels and contracts that no message states, as data: each row says where it
// was read and when. Decoders stamp them on events; gauges turn a throttle rule into an interval.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/time.h"
#include "market/event.h"
#include "market/units.h"

namespace delever::codec {

// A public channel that reports liquidations, and how it thins them.
struct LiquidationChannel {
  std::string_view venue, channel;
  LiquidationFeed feed;
  std::optional<Duration> period;  // one report a symbol (or one batch) in this time
  std::string_view price;          // what the price field means
  std::string_view from, until;    // dates the row holds for; empty: as far as is known
  std::string_view source, as_of;
};

std::span<const LiquidationChannel> liquidation_channels();
// The row that held at `at`; nullptr when the channel is not known to report liquidations.
const LiquidationChannel* liquidation_channel(std::string_view venue, std::string_view channel,
                                              Instant at);
inline LiquidationFeed liquidation_feed(std::string_view venue, std::string_view channel,
                                        Instant at) {
  const LiquidationChannel* row = liquidation_channel(venue, channel, at);
  return row ? row->feed : LiquidationFeed::unknown;
}

// What one unit of the quantity field is worth before the venue's own contract table was seen
// (Instrument: base coins, or quote money for inverse). An empty base is the row for every base
// that has none of its own.
struct ContractSize {
  std::string_view venue, base;
  InstrumentKind kind;
  Qty size;
  std::string_view source, as_of;
};

std::span<const ContractSize> contract_sizes();
std::optional<Qty> known_contract_size(std::string_view venue, InstrumentKind kind,
                                       std::string_view base);

}  // namespace delever::codec
