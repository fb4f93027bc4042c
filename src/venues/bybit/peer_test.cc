// Bybit against tardis-node 18.2.0 on the same messages: every field, and every difference
// accounted for.
#include <gtest/gtest.h>

#include <array>

#include "venues/peer_testing.h"

namespace delever::venues::bybit {
namespace {

using venues::fixture::AcceptedDifference;

constexpr AcceptedDifference kDerivatives[] = {
    {"book_change extra", 3,
     "orderBook_200 is a book as well; the peer reads orderBookL2_25 alone"},
    {"book_ticker extra", 5,
     "tickers carry the best bid and ask; the peer takes them from orderbook.1 alone"},
    {"derivative_ticker missing", 2,
     "messages with a last price and nothing else: trades say that, with their size"},
    {"derivative_ticker.lastPrice", 8, "the same"},
    {"derivative_ticker.openInterest", 8,
     "openInterest counts both sides of the market; ours is half of it"},
    {"derivative_ticker.predictedFundingRate", 1,
     "a prediction of 2020 (v2) for BTCUSDT, remembered by this test's view; the peer reads v5 "
     "with another mapper"},
    {"derivative_ticker.timestamp", 1,
     "a message 16 minutes older than the one before it: the peer's merged ticker keeps the later "
     "time"},
    {"liquidation extra", 1,
     "one message twice; the peer takes allLiquidation only after a date of receipt"},
};

TEST(BybitPeer, DerivativesAndOptions) {
  SKIP_WITHOUT_WIRE(file, "bybit/expected-tardis");
  venues::fixture::expect_peer_agrees("bybit", {}, 1, kDerivatives, *file);
}

TEST(BybitPeer, Spot) {
  SKIP_WITHOUT_WIRE(file, "bybit-spot/expected-tardis");
  const std::array<AcceptedDifference, 0> none{};
  venues::fixture::expect_peer_agrees("bybit", {{"category", "spot"}}, 1, none, *file);
}

}  // namespace
}  // namespace delever::venues::bybit
