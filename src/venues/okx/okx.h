// OKX v5: public WebSocket channels and REST answers, to events. Facts about the wire are in
// src/venues/channels.h.
//
// Sizes are in contracts for derivatives and in base coins for spot; ctVal x ctMult becomes
// Instrument::contract_size. It is known for the few families of okx_contract_sizes() and, for
// everything else, once an instruments payload was seen. Greeks of options are the Black-Scholes
// ones (deltaBS, ...), in dollars as the venue states them; those in coins (delta, "PA") are left
// out.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"
#include "codec/decoder.h"
#include "market/instrument.h"

namespace delever::venues {

class Dialect;

// Settings: "request" (path and query of a REST call; a whole URL will do) and "symbol" (instId,
// for answers that do not name it). Without a request a REST answer is known by the shape of its
// rows.
Result<std::unique_ptr<codec::Decoder>> make_okx_decoder(const codec::StreamSettings& settings,
                                                         Instruments& instruments, SourceId source);

// Kind, coins, expiry and strike from an instId, best effort: BTC-USDT, BTC-USDT-SWAP, BTC-USD-SWAP
// (inverse), BTC-USDT-240329, BTC-USD-240329-60000-C (settled in BTC), BTC-USD_UM_XPERP-310404
// (listed as a future, and yet it pays funding: a perpetual). One that cannot be taken apart
// becomes the base coin, with an empty quote.
Instrument okx_instrument(std::string_view inst_id);
// Event contracts (instType EVENTS, since April 2026: BTC-ABOVE-DAILY-260224-1600-65000) are bets
// at a price between 0 and 1, and no instrument of the coin they are named after.
bool is_okx_event_contract(std::string_view inst_id);
// The price index of a pair: BTC-USD.
Instrument okx_index(std::string_view inst_id);

// What one contract of a family was worth where we looked: base coins, or dollars for the inverse
// ones (quote USD). Options are not here: their ctMult has changed over the years.
struct OkxContractSize {
  std::string_view family;  // "BTC-USDT": swaps and futures
  Qty size;
  std::string_view source, as_of;
};
std::span<const OkxContractSize> okx_contract_sizes();

// What it wants of a listener; venues/terms/dialect.h.
std::unique_ptr<Dialect> make_okx_dialect();

}  // namespace delever::venues
