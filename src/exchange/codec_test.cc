#include "exchange/codec.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace delever::exchange {
namespace {

// Every field of a command as numbers, written here a second time.
struct Fields {
  std::vector<int64_t> all;
  template <class... T>
  void put(T... x) {
    (all.push_back(static_cast<int64_t>(x)), ...);
  }
  void operator()(const OpenAccount& c) { put(c.collateral, c.hedge, c.orders); }
  void operator()(const Deposit& c) { put(c.account, c.coin, c.amount.raw()); }
  void operator()(const Withdraw& c) { put(c.account, c.coin, c.amount.raw()); }
  void operator()(const SetLeverage& c) { put(c.account, c.instrument, c.leverage.raw()); }
  void operator()(const SetMarginMode& c) { put(c.account, c.instrument, c.mode); }
  void operator()(const SetPositionMode& c) { put(c.account, c.hedge); }
  void operator()(const SetCollateralMode& c) { put(c.account, c.collateral); }
  void operator()(const MoveMargin& c) { put(c.account, c.instrument, c.side, c.amount.raw()); }
  void operator()(const SubmitOrder& c) {
    put(c.account, c.instrument, c.side, c.type, c.price.raw(), c.qty.raw(), c.time_in_force,
        c.self_trade, c.reduce_only, c.position, c.trigger.raw(), c.trigger_by, c.client);
  }
  void operator()(const CancelOrder& c) { put(c.account, c.instrument, c.order); }
  void operator()(const ReduceOrder& c) { put(c.account, c.instrument, c.order, c.qty.raw()); }
  void operator()(const CancelAll& c) {
    put(c.account, c.instrument.has_value(), c.instrument.value_or(0));
  }
  void operator()(const PublishIndex& c) { put(c.index, c.source, c.price.raw()); }
  void operator()(const PublishMark& c) { put(c.instrument, c.price.raw()); }
  void operator()(const TickClock&) {}
};

std::vector<int64_t> fields(const Command& c) {
  Fields f;
  f.put(c.at.ns(), c.body.index());
  std::visit(f, c.body);
  return f.all;
}

Command some_command(Random& random, size_t kind) {
  const auto wide = [&] { return static_cast<int64_t>(random.bits64()); };
  const auto a = static_cast<AccountId>(random.bits32());
  const auto i = static_cast<InstrumentId>(random.bits32());
  const auto coin = static_cast<CoinId>(random.bits32());
  const auto flag = [&] { return random.chance(0.5); };
  const auto mode = static_cast<CollateralMode>(random.below(3));
  const auto side = static_cast<PositionSide>(random.below(2));
  Command c;
  c.at = Instant::ns(wide());
  switch (kind) {
    case 0:
      c.body = OpenAccount{mode, flag()};
      break;
    case 1:
      c.body = Deposit{a, coin, Amount::raw(wide())};
      break;
    case 2:
      c.body = Withdraw{a, coin, Amount::raw(wide())};
      break;
    case 3:
      c.body = SetLeverage{a, i, Leverage::raw(wide())};
      break;
    case 4:
      c.body = SetMarginMode{a, i, static_cast<MarginMode>(random.below(2))};
      break;
    case 5:
      c.body = SetPositionMode{a, flag()};
      break;
    case 6:
      c.body = SetCollateralMode{a, mode};
      break;
    case 7:
      c.body = MoveMargin{a, i, side, Amount::raw(wide())};
      break;
    case 8:
      c.body = SubmitOrder{.account = a,
                           .instrument = i,
                           .side = static_cast<Side>(random.below(2)),
                           .type = static_cast<OrderType>(random.below(4)),
                           .price = Price::raw(wide()),
                           .qty = Qty::raw(wide()),
                           .time_in_force = static_cast<TimeInForce>(random.below(4)),
                           .self_trade = static_cast<SelfTrade>(random.below(4)),
                           .reduce_only = flag(),
                           .position = side,
                           .trigger = Price::raw(wide()),
                           .trigger_by = static_cast<TriggerBy>(random.below(2)),
                           .client = random.bits64()};
      break;
    case 9:
      c.body = CancelOrder{a, i, random.bits64()};
      break;
    case 10:
      c.body = ReduceOrder{a, i, random.bits64(), Qty::raw(wide())};
      break;
    case 11:
      c.body = CancelAll{a, flag() ? std::optional(i) : std::nullopt};
      break;
    case 12:
      c.body = PublishIndex{i, a, Price::raw(wide())};
      break;
    case 13:
      c.body = PublishMark{i, Price::raw(wide())};
      break;
    default:
      c.body = TickClock{};
      break;
  }
  return c;
}

TEST(Codec, DecodesWhatItEncodes) {
  Random random(3, {});
  for (int n = 0; n < 20'000; ++n) {
    const size_t kind = static_cast<size_t>(n) % std::variant_size_v<CommandBody>;
    const Command command = some_command(random, kind);
    ASSERT_EQ(command.body.index(), kind);
    const std::string bytes = encode(command);
    const auto decoded = decode(bytes);
    ASSERT_TRUE(decoded.has_value()) << decoded.error().text();
    ASSERT_EQ(fields(decoded.value()), fields(command)) << "kind " << kind;
    ASSERT_EQ(encode(decoded.value()), bytes);
  }
}

TEST(Codec, RefusesEveryTruncationAndSurplus) {
  Random random(4, {});
  for (size_t kind = 0; kind < std::variant_size_v<CommandBody>; ++kind) {
    const std::string bytes = encode(some_command(random, kind));
    for (size_t n = 0; n < bytes.size(); ++n)
      EXPECT_FALSE(decode(std::string_view(bytes).substr(0, n)).has_value());
    EXPECT_FALSE(decode(bytes + '\0').has_value());
  }
}

// Whatever is accepted is written the same way again: no two byte strings mean one command.
TEST(Codec, AcceptsOneSpellingOnly) {
  Random random(5, {});
  int accepted = 0;
  for (int n = 0; n < 20'000; ++n) {
    std::string bytes =
        encode(some_command(random, static_cast<size_t>(n) % std::variant_size_v<CommandBody>));
    bytes[random.below(bytes.size())] ^= static_cast<char>(1 << random.below(8));
    const auto decoded = decode(bytes);
    if (!decoded.has_value()) continue;
    ++accepted;
    ASSERT_EQ(encode(decoded.value()), bytes);
  }
  EXPECT_GT(accepted, 1'000);
  EXPECT_LT(accepted, 20'000);
}

TEST(Codec, RefusesWhatIsOutOfRange) {
  std::string tick = encode({Instant::ns(1), TickClock{}});
  tick[8] = static_cast<char>(std::variant_size_v<CommandBody>);
  EXPECT_EQ(decode(tick).error().text(), "a command: no command has this tag");
  std::string open = encode({Instant::ns(1), OpenAccount{}});
  open[9] = 3;
  EXPECT_EQ(decode(open).error().text(), "a command: an enumeration is out of range");
  open[9] = 0;
  open[10] = 2;
  EXPECT_EQ(decode(open).error().text(), "a command: a flag is neither 0 nor 1");
}

}  // namespace
}  // namespace delever::exchange
