// Goal: the list of names follows the list of kinds.
#include "market/event.h"

#include <gtest/gtest.h>

namespace delever {
namespace {

TEST(Event, kinds_have_their_names) {
  EXPECT_EQ(payload_name(Trade{}), "trade");
  EXPECT_EQ(payload_name(BookDelta{}), "book_delta");
  EXPECT_EQ(payload_name(OptionQuote{}), "option_quote");
  EXPECT_EQ(payload_name(PublishedFigure{}), "published_figure");
  EXPECT_EQ(payload_name(Gap{}), "gap");
}

TEST(Liquidation, prefers_the_fill) {
  Liquidation l{.order_price = Price::raw(1), .order_qty = Qty::raw(5)};
  EXPECT_EQ(l.price(), Price::raw(1));
  l.average_price = Price::raw(2);
  l.filled_qty = Qty::raw(3);
  EXPECT_EQ(l.price(), Price::raw(2));
  EXPECT_EQ(l.qty(), Qty::raw(3));
}

}  // namespace
}  // namespace delever
