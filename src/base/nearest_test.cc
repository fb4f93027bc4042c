#include "base/nearest.h"

#include <gtest/gtest.h>

namespace delever {
namespace {

TEST(Nearest, SlipsAreFoundAndStrangersAreNot) {
  const std::vector<std::string> known{"funding_rate", "funding_annual", "oi_coins", "price_usd"};
  EXPECT_EQ(nearest_of("fundng_rate", known), "funding_rate");
  EXPECT_EQ(nearest_of("OI_COIN", known), "oi_coins");
  EXPECT_EQ(nearest_of("price", known), "price_usd");  // the beginning of a name
  EXPECT_EQ(nearest_of("bananas", known), "");
  EXPECT_EQ(nearest_of("", known), "");
  EXPECT_EQ(nearest_of("y", {"t", "x"}), "");
  EXPECT_EQ(nearest_of(std::string(70, 'f'), known), "");
  EXPECT_EQ(did_you_mean("fundng_rate", known), " (did you mean funding_rate?)");
  EXPECT_EQ(did_you_mean("bananas", known), "");
}

}  // namespace
}  // namespace delever
