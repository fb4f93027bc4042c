// Hyperliquid: public WebSocket channels and answers of POST /info, to events. Facts about the wire
// are in src/venues/channels.h.
//
// - A subscription to trades begins with a replay of recent ones: a (time, tid) seen before is left
// out, per coin, with
//   a memory of the last 512.
// - Contexts (activeAssetCtx, metaAndAssetCtxs, ...) carry no time: theirs is the time received.
// The oracle price is
//   the index price. Funding accrues by the hour.
// - allDexsAssetCtxs and assetCtxs name no coins: they follow from the universe of each dex, as the
// last meta answer gave it, on this stream or on another of the run. Contexts of a dex without one
// are reported as undecoded, and told when its first meta comes, as of when they were received.
// - allMids is no event: a mid is neither a quote nor a mark.
// - There is no public channel of liquidations. Fills of an account (userFills) carry a mark when
// they come from one;
//   those become Liquidation events where it is clear which side was closed.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "codec/decoder.h"
#include "market/instrument.h"

namespace delever::venues {

class Dialect;
struct HyperliquidLists;  // what the streams of a run know together: coins of the dexes, tokens
std::shared_ptr<HyperliquidLists> make_hyperliquid_lists();

// Settings: "request" (the POST body, {"type":"l2Book","coin":"BTC"}). Without it an answer is
// known by its shape. `lists`: missing, it has its own.
Result<std::unique_ptr<codec::Decoder>> make_hyperliquid_decoder(
    const codec::StreamSettings& settings, Instruments& instruments, SourceId source,
    std::shared_ptr<HyperliquidLists> lists = nullptr);

// From a coin's native name, best effort: BTC and xyz:TSLA (builder-deployed) are perpetuals,
// PURR/USDC and @107 spot pairs, #12 an outcome, taken for spot. Sizes are in base coins;
// collateral is USDC unless a meta answer says else.
Instrument hyperliquid_instrument(std::string_view coin);

// What it wants of a listener; venues/terms/dialect.h.
std::unique_ptr<Dialect> make_hyperliquid_dialect();

}  // namespace delever::venues
