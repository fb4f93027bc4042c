// Goal: the unit types forbid nonsense at compile time and lose nothing at run time.
#include "market/units.h"

#include <gtest/gtest.h>

#include <array>

#include "base/random.h"

namespace delever {
namespace {

template <class A, class B>
concept Addable = requires(A a, B b) {
  a + b;
};
template <class A, class B>
concept Multipliable = requires(A a, B b) {
  a* b;
};
static_assert(Addable<Price, Price>);
static_assert(!Addable<Price, Qty> && !Addable<Price, Usd> && !Addable<Price, double>);
static_assert(!Multipliable<Price, Price> &&
              !Multipliable<Price, Qty>);  // notional() says how to round
static_assert(sizeof(Price) == 8);

Result<Usd> parsed_notional(std::string_view price, std::string_view qty) {
  return notional(TRY(Price::parse(price)), TRY(Qty::parse(qty)), Round::up);
}

TEST(Units, parse_is_exact) {
  EXPECT_EQ(Price::parse("84123.1").value().raw(), 841'231'000'000'000);
  EXPECT_EQ(Price::parse("-0.00000000001").error().fault, Fault::malformed);
  EXPECT_EQ(Price::parse("0.5000000000000").value(), Price::raw(5'000'000'000));
  EXPECT_EQ(Price::parse("999999999999999999").error().fault, Fault::out_of_range);
  EXPECT_EQ(Price::parse("2.8e-4").value(), Price::raw(2'800'000));
  EXPECT_EQ(Price::parse("1E5").value(), Price::parse("100000").value());
  for (const char* text :
       {"", "-", ".5", "5.", "1e", "1e5x", "0x10", " 1", "1,5", "nan", "--1", "1.2.3"})
    EXPECT_EQ(Price::parse(text).error().fault, Fault::malformed) << text;
}

TEST(Units, the_noise_of_a_double_is_no_digit) {
  EXPECT_EQ(Qty::parse("0.30000000000000004").value(), Qty::parse("0.3").value());
  EXPECT_EQ(Qty::parse("1.2999999999999998").value(), Qty::parse("1.3").value());
  EXPECT_EQ(Price::parse("-84083.99999999999").value(), Price::parse("-84084").value());
  EXPECT_EQ(Price::parse("3.0000000000000004e-9").value(), Price::parse("0.000000003").value());
  for (const char* text :
       {"0.30000000004", "0.1234567890123456", "84083.12345678912", "0.00000000012345678901"})
    EXPECT_EQ(Price::parse(text).error().fault, Fault::malformed) << text;
}

TEST(Units, nearest_rounds_half_away_from_zero) {
  EXPECT_EQ(Price::parse("9910.123456789012", Precision::nearest).value().text(), "9910.123456789");
  EXPECT_EQ(Qty::parse("0.000000005", Precision::nearest).value(), Qty::raw(1));
  EXPECT_EQ(Qty::parse("-0.000000005", Precision::nearest).value(), Qty::raw(-1));
  EXPECT_EQ(Qty::parse("0.0000000049999", Precision::nearest).value(), Qty::raw(0));
  EXPECT_EQ(Rate::parse("1.25e-05").value(), Rate::parse("0.0000125").value());
  EXPECT_EQ(Rate::parse("1e-400", Precision::nearest).value(), Rate());
}

// Extremes recorded on the five venues (2019 to 2026): the scales hold them all.
TEST(Units, hold_the_extreme_instruments) {
  for (const char* price : {"0.0000000001", "0.00000291", "0.00000009", "61715.70", "922000000"})
    EXPECT_TRUE(Price::parse(price).has_value()) << price;
  for (const char* qty : {"0.00000062", "18978825934.0", "7813086454.0", "92000000000"})
    EXPECT_TRUE(Qty::parse(qty).has_value()) << qty;
}

TEST(Units, notional_rounds_as_told) {
  EXPECT_EQ(parsed_notional("84123.1", "0.001").value(), Usd::raw(84'123'100));
  EXPECT_EQ(parsed_notional("0.0000000001", "0.00000001").value(), Usd::raw(1));
  EXPECT_EQ(notional(Price::raw(-1), Qty::raw(1), Round::down), Usd::raw(-1));
  EXPECT_EQ(notional(Price::raw(-1), Qty::raw(1), Round::up), Usd::raw(0));
  EXPECT_FALSE(parsed_notional("", "1").has_value());
  EXPECT_EQ(portion(Usd::parse("100000").value(), Rate::parse("0.0001").value(), Round::up).text(),
            "10");
}

TEST(Units, text_round_trips) {
  Random random(3, {});
  for (int i = 0; i < 20'000; ++i) {
    const int64_t units = static_cast<int64_t>(random.bits64()) >> random.below(63);
    const Price price = Price::raw(units);
    EXPECT_EQ(Price::parse(price.text()).value(), price);
  }
  EXPECT_EQ(write_decimal(Price::parse("30000.10").value().raw(), Price::digits, 2), "30000.10");
  EXPECT_EQ(write_decimal(Qty::parse("5").value().raw(), Qty::digits, 0), "5");
}

// The fast writer beside the plain one, at the scales that it knows and at others.
TEST(Units, shortest_text_is_the_plain_one_without_its_zeros) {
  Random random(1, Random::Stream{});
  for (int round = 0; round < 20'000; ++round) {
    const int scale =
        std::array{Price::digits, Qty::digits, Rate::digits, 0, 3, 18}[random.below(6)];
    auto units = static_cast<int64_t>(random.bits64() >> (1 + random.below(63)));
    int64_t zeros = 1;
    for (uint64_t n = random.below(12); n > 0; --n) zeros *= 10;
    units = (random.chance(0.3) ? -1 : 1) * (units / zeros * zeros);
    std::string plain = write_decimal(units, scale, scale);
    if (scale > 0) plain.erase(plain.find_last_not_of('0') + 1);
    if (plain.ends_with('.')) plain.pop_back();
    EXPECT_EQ(write_decimal(units, scale), plain) << units << " at " << scale;
  }
}

}  // namespace
}  // namespace delever
