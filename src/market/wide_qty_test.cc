// Goal: WideQty reads and writes what Qty does, and the quantities beyond it, exactly.
#include "market/wide_qty.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace delever {
namespace {

TEST(WideQty, ReadsWhatAQtyReadsAndBeyond) {
  for (const char* text :
       {"0", "1", "0.00000001", "-0.5", "92233720368.54775807", "-92233720368",
        "92233720368.54775808", "150000000000", "310000000000.5", "-150000000000.00000001",
        "123456789012345678.12345678", "9000000000000000000"}) {
    const auto read = WideQty::parse(text);
    ASSERT_TRUE(read.has_value()) << text << ": " << read.error().text();
    EXPECT_EQ(read.value().text(), text);
    EXPECT_NEAR(read.value().approx() / std::stod(text == std::string("0") ? "1" : text),
                text == std::string("0") ? 0 : 1, 1e-15);
    const auto narrow = Qty::parse(text);
    EXPECT_EQ(narrow.has_value(), read.value().narrowed().has_value()) << text;
    if (narrow.has_value()) { EXPECT_EQ(read.value(), WideQty(narrow.value())); }
  }
  EXPECT_EQ(WideQty::parse("1.5e11").value().text(), "150000000000");
  EXPECT_EQ(WideQty::parse("150000000000.123456789", Precision::nearest).value().text(),
            "150000000000.12345679");
}

TEST(WideQty, RefusesWhatIsNoQuantity) {
  for (const char* text : {"", "-", "1.", "1e999", "150000000000.123456789", "15000000000x",
                           "10000000000000000000", "1e30", "99999999999999999999999999"})
    EXPECT_FALSE(WideQty::parse(text).has_value()) << text;
}

TEST(WideQty, OrdersHalvesAndKeepsSigns) {
  Random random(7, {});
  for (int n = 0; n < 2000; ++n) {
    const auto draw = [&] {
      const Wide high = static_cast<int32_t>(random.bits64() >> 40);
      return (high << 48) + static_cast<int64_t>(random.bits64() >> 20);
    };
    const Wide a = draw(), b = draw();
    const WideQty x = WideQty::raw(a), y = WideQty::raw(b);
    EXPECT_TRUE(x.raw() == a);
    EXPECT_EQ(x < y, a < b);
    EXPECT_EQ(x == y, a == b);
    EXPECT_TRUE(x.half().raw() == a / 2);
    EXPECT_TRUE(WideQty::parse(x.text()).value() == x) << x.text();
  }
  EXPECT_TRUE(WideQty().is_zero());
  EXPECT_FALSE(WideQty::raw(Wide{1} << 64).is_zero());
}

}  // namespace
}  // namespace delever
