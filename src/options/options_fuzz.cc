// Any bytes as a chain and as prices: forwards, surface, exposure, index and implied vols never
// crash, hang or give a number that is not one; a vol that is said to be ok prices back to the
// price.
#include <cmath>
#include <cstring>
#include <string_view>

#include "options/batch.h"
#include "options/black.h"
#include "options/exposure.h"
#include "options/snapshot.h"

namespace {

using namespace delever;
using namespace delever::options;

struct Bytes {
  const uint8_t* at;
  size_t left;
  double number() {  // raw bits now and then, else something that looks like a price or a vol
    uint64_t bits = 0;
    const size_t n = left < 8 ? left : 8;
    if (n) std::memcpy(&bits, at, n);
    at += n, left -= n;
    if (bits % 8 == 0) {
      double raw = 0;
      std::memcpy(&raw, &bits, sizeof raw);
      return raw;
    }
    return static_cast<double>(bits >> 40) / (bits % 8 < 4 ? 100.0 : 1e7);
  }
  std::optional<double> maybe() {
    const double value = number();
    return std::fmod(value, 3) < 1 ? std::nullopt : std::optional(value);
  }
};

void price_and_back(Bytes& bytes) {
  const PricedOption o{bytes.number(), bytes.number(), bytes.number(), bytes.number(),
                       bytes.left % 2 ? OptionType::call : OptionType::put};
  const ImpliedVol iv = implied_vol(o);
  CHECK(iv.status != IvStatus::not_converged);
  if (iv.status != IvStatus::ok) return;
  CHECK(std::isfinite(iv.vol) && iv.vol >= 0);
  const double back = black_price({o.forward, o.strike, o.years, iv.vol, o.type});
  CHECK(std::fabs(back - o.price) <= 1e-9 * (o.price + std::min(o.forward, o.strike)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (size && data[0] % 4 == 0) {
    if (const auto boards = read_board_csv(text.substr(1)); boards.has_value()) {
      for (const BoardSnapshot& board : boards.value()) (void)report_board(board);
    }
    return 0;
  }
  Bytes bytes{data, size};
  for (int i = 0; i < 4; ++i) price_and_back(bytes);
  std::vector<Chain> chains;
  while (bytes.left > 16 && chains.size() < 3) {
    Chain chain{.venue = "v", .asset = "A", .settle = "A", .as_of = Instant::ns(0)};
    const double days = bytes.number();
    chain.expiry =
        Instant::ns(static_cast<int64_t>((days >= 0 && days < 4000 ? days : 30) * 86'400e9));
    chain.settlement = bytes.left % 2 ? OptionSettlement::coin : OptionSettlement::linear;
    chain.forward = bytes.maybe();
    for (int i = 0; i < 24 && bytes.left > 0; ++i) {
      ChainQuote q{.strike = bytes.number(), .type = i % 2 ? OptionType::call : OptionType::put};
      q.bid = bytes.maybe(), q.ask = bytes.maybe(), q.bid_iv = bytes.maybe(),
      q.ask_iv = bytes.maybe();
      q.mark_iv = bytes.maybe(), q.delta = bytes.maybe(), q.open_interest = bytes.maybe();
      chain.quotes.push_back(q);
    }
    chains.push_back(chain);
  }
  const Surface surface = build_surface(chains);
  for (const Smile& smile : surface.smiles) CHECK(std::isfinite(smile.vol_held(smile.forward)));
  const DealerBook dealers;
  const Exposures all = measure_exposures(chains, surface, &dealers);
  for (const NetFlow& flow : all.sticky_strike.flow)
    CHECK(std::isfinite(flow.gross) && flow.low <= flow.high);
  (void)gamma_flip(chains, surface, &dealers);
  (void)vol_index_30d(chains);
  return 0;
}
