// Deribit against tardis-node 18.2.0 on the same messages: every field, and every difference
// accounted for.
#include <gtest/gtest.h>

#include "venues/peer_testing.h"

namespace delever::venues::deribit {
namespace {

using venues::fixture::AcceptedDifference;

constexpr AcceptedDifference kAccepted[] = {
    {"book_ticker extra", 1, "the quote channel, which the peer does not read"},
    {"book_ticker missing", 8,
     "5 of options, whose bid and ask are in our option quote; 3 of combinations"},
    {"derivative_ticker missing", 3,
     "combinations of legs are no instruments of ours, and counted as such"},
    {"derivative_ticker.lastPrice", 2, "trades say that, with their size"},
    {"option_summary.bestAskIV", 1,
     "500 per cent is sent where there is no ask; ours is then missing"},
    {"option_summary.symbol", 1,
     "the peer writes MATIC_USDC-9MAR24-1d02-C in capitals; ours is as on the wire"},
};

TEST(DeribitPeer, AllChannels) {
  SKIP_WITHOUT_WIRE(file, "deribit/expected-tardis");
  venues::fixture::expect_peer_agrees("deribit", {}, 100, kAccepted, *file);
}

}  // namespace
}  // namespace delever::venues::deribit
