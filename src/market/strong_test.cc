#include "market/strong.h"

#include <gtest/gtest.h>

#include <type_traits>

#include "market/account.h"
#include "market/instrument.h"
#include "market/order.h"

namespace delever {
namespace {

void account_then_instrument(AccountId, InstrumentId) {}
void lots_then_tick(Lots, Tick) {}

// What must not compile: the requires-expression is false exactly because the call is ill-formed.
template <class A, class B>
concept CallsAccountThenInstrument = requires(A a, B b) {
  account_then_instrument(a, b);
};
template <class A, class B>
concept CallsLotsThenTick = requires(A a, B b) {
  lots_then_tick(a, b);
};

static_assert(CallsAccountThenInstrument<AccountId, InstrumentId>);
static_assert(!CallsAccountThenInstrument<InstrumentId, AccountId>, "swapped ids compile");
static_assert(!CallsAccountThenInstrument<AccountId, AccountId>);
static_assert(!CallsAccountThenInstrument<CoinId, InstrumentId>);
static_assert(CallsLotsThenTick<Lots, Tick>);
static_assert(!CallsLotsThenTick<Tick, Lots>, "swapped lots and ticks compile");

template <class To, class From>
inline constexpr bool converts =
    std::is_convertible_v<From, To> || std::is_constructible_v<To, From>;
static_assert(!converts<AccountId, InstrumentId> && !converts<InstrumentId, AccountId>);
static_assert(!converts<CoinId, AccountId> && !converts<OrderId, AccountId>);
static_assert(!converts<Lots, Tick> && !converts<Tick, Lots>, "not even with a cast");
static_assert(!std::is_assignable_v<AccountId&, CoinId>);

static_assert(sizeof(CoinId) == 2 && sizeof(Tick) == 4 && sizeof(Lots) == 8);
static_assert(std::is_trivially_copyable_v<Lots>);

TEST(Strong, CountsAsItsRepresentation) {
  AccountId id = 3;
  EXPECT_EQ(id++, 3u);
  EXPECT_EQ(id, 4u);
  Lots lots = 5;
  lots += 2;
  EXPECT_EQ(lots - Lots(10), -3);
  EXPECT_EQ(-lots, -7);
  EXPECT_EQ(static_cast<Tick>(int64_t{7}), 7);
}

}  // namespace
}  // namespace delever
