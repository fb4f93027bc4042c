#include "market/notice.h"

#include <gtest/gtest.h>

namespace delever {
namespace {

Notice deleveraged(AccountId account, AccountId counterparty) {
  PositionDeleveraged closed;
  closed.counterparty = counterparty;
  closed.instrument = 3;
  closed.side = Side::sell;
  closed.price = Price::parse("84000").value();
  closed.qty = Qty::parse("0.5").value();
  return {.account = account, .at = Instant(), .body = closed};
}

TEST(PositionChange, ATransferIsTheOppositeForItsCounterparty) {
  const Notice notice = deleveraged(7, 9);
  EXPECT_EQ(position_change(notice, 7)->side, Side::sell);
  EXPECT_EQ(position_change(notice, 9)->side, Side::buy);
  EXPECT_EQ(position_change(notice, 9)->qty, Qty::parse("0.5").value());
}

TEST(PositionChange, AnAccountDeleveragedAgainstItsOwnOtherSideKeepsItsNetPosition) {
  EXPECT_EQ(position_change(deleveraged(7, 7), 7)->qty, Qty());
}

}  // namespace
}  // namespace delever
