// Any sequence of commands: the books close after each, a refused one has changed nothing, what is
// written decodes to the same, and an exchange restored from a snapshot at any moment is the one
// that was saved.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "exchange/codec.h"
#include "exchange/small_venue_testing.h"

namespace {

using namespace delever;
using namespace delever::exchange;
using namespace delever::exchange::fixture;

class Silent final : public ExchangeSink {
 public:
  void on_event(const Event&) override {}
  void on_notice(const Notice&) override {}
};

class Bytes {
 public:
  Bytes(const uint8_t* data, size_t size) : at_(data), end_(data + size) {}
  bool empty() const { return at_ == end_; }
  uint8_t next() { return empty() ? 0 : *at_++; }
  uint64_t below(uint64_t n) { return next() % n; }
  bool flag() { return next() & 1; }
  int64_t wide() {
    uint64_t x = 0;
    for (int i = 0; i < 8; ++i) x = x << 8 | next();
    return static_cast<int64_t>(x);
  }
  std::string_view take(size_t n) {
    const std::string_view out(reinterpret_cast<const char*>(at_),
                               std::min(n, static_cast<size_t>(end_ - at_)));
    at_ += out.size();
    return out;
  }

 private:
  const uint8_t *at_, *end_;
};

const ExchangeSetup& setup(size_t venue) {
  static const std::vector<ExchangeSetup> all = [] {
    std::vector<ExchangeSetup> made;
    for (const char* name : {"binance", "bybit", "okx", "deribit", "hyperliquid"}) {
      made.push_back(small_venue(name));
      for (Listing& l : made.back().listings) {
        // A book has a level for each tick of its band, and making books was nine tenths of an
        // input's time: with ticks of 10, of which all prices below are multiples, and bands that
        // these prices leave now and then, an exchange is made in 0.1 ms.
        if (l.option) {
          l.band = {1, 250};
        } else {
          l.rules.contract->tick = price(10);
          l.band = {7'500, 9'800};
        }
      }
      made.back().listings[kInverse].outside_mark = true;
      made.back().listings[kFuture].outside_mark = true;
    }
    return made;
  }();
  return all[venue];
}

// Values near what makes sense, and now and then any at all.
class Speaker {
 public:
  Speaker(Bytes& bytes, int64_t& clock) : b_(bytes), clock_(clock) {}

  std::optional<Command> next() {
    const uint8_t kind = b_.next();
    if (kind >= 250) {  // the codec's own bytes
      const auto decoded = decode(b_.take(b_.next()));
      if (!decoded.has_value()) return std::nullopt;
      return decoded.value();
    }
    clock_ += static_cast<int64_t>(b_.below(4)) * kSecond / 2;
    if (kind % 32 == 31) clock_ += 3'600 * kSecond;
    return Command{Instant::ns(clock_), body(kind % 25)};
  }

 private:
  AccountId account() { return static_cast<AccountId>(b_.below(8)); }
  InstrumentId instrument() { return static_cast<InstrumentId>(b_.below(kListed + 1)); }
  CoinId coin() { return static_cast<CoinId>(b_.below(3)); }
  PositionSide side() { return static_cast<PositionSide>(b_.below(2)); }
  Price price_of(InstrumentId i) {
    const uint8_t x = b_.next();
    if (x == 255) return Price::raw(b_.wide());
    if (i == kCall || i == kPut) return price(0.0005 * x);
    return price(84'000 + 10.0 * (x - 128.0) +
                 static_cast<double>(b_.next()) * (x % 16 == 0 ? 50 : 0));
  }
  Qty qty_of(InstrumentId i) {
    const uint8_t x = b_.next();
    if (x == 255) return Qty::raw(b_.wide());
    const double step = i == kInverse ? 1 : i == kCall || i == kPut ? 0.1 : 0.001;
    return qty(step * x * (x % 8 == 0 ? 20 : 1));
  }
  Amount amount() {
    const uint8_t x = b_.next();
    if (x == 255) return Amount::raw(b_.wide());
    return coins(x < 128 ? 100.0 * x : 0.01 * (x - 128.0));
  }
  CommandBody body(unsigned kind) {
    switch (kind) {
      case 0:
        return OpenAccount{static_cast<CollateralMode>(b_.below(3)), b_.flag()};
      case 1:
        return Deposit{account(), coin(), amount()};
      case 2:
        return Withdraw{account(), coin(), amount()};
      case 3:
        return SetLeverage{account(), instrument(), Leverage::raw(b_.next() * 50 - 50)};
      case 4:
        return SetMarginMode{account(), instrument(), static_cast<MarginMode>(b_.below(2))};
      case 5:
        return SetPositionMode{account(), b_.flag()};
      case 6:
        return SetCollateralMode{account(), static_cast<CollateralMode>(b_.below(3))};
      case 7: {
        const Amount moved = amount();
        return MoveMargin{account(), instrument(), side(),
                          b_.flag() ? moved : Amount::raw(0) - Amount::raw(moved.raw() / 2)};
      }
      case 8:
        return CancelOrder{account(), instrument(),
                           uint64_t{b_.next()} | uint64_t{b_.next()} << 32};
      case 9:
        return CancelOrder{account(), instrument(), uint64_t{1} << 63 | b_.next()};
      case 10: {
        const InstrumentId i = instrument();
        return ReduceOrder{account(), i, uint64_t{b_.next()} | uint64_t{1 + 2 * b_.below(4)} << 32,
                           qty_of(i)};
      }
      case 11:
        return CancelAll{account(), b_.flag() ? std::optional(instrument()) : std::nullopt};
      case 12:
      case 13:
        return PublishIndex{static_cast<uint32_t>(b_.below(8) == 0),
                            static_cast<uint32_t>(b_.below(4)), price_of(kPerp)};
      case 14:
      case 15: {
        const InstrumentId i = instrument();
        return PublishMark{i, price_of(i)};
      }
      case 16:
      case 17:
        return TickClock{};
      default:
        break;
    }
    SubmitOrder o;
    const uint8_t flags = b_.next(), more = b_.next();
    o.account = account();
    o.instrument = instrument();
    o.side = static_cast<Side>(flags & 1);
    o.type = flags & 2 ? static_cast<OrderType>(flags >> 2 & 3) : OrderType::limit;
    o.reduce_only = (flags & 0x30) == 0x30;
    o.position = static_cast<PositionSide>(flags >> 6 & 1);
    o.trigger_by = static_cast<TriggerBy>(flags >> 7);
    o.time_in_force =
        more & 1 ? static_cast<TimeInForce>(more >> 1 & 3) : TimeInForce::good_till_cancelled;
    o.self_trade = static_cast<SelfTrade>(more >> 3 & 3);
    o.price = price_of(o.instrument);
    o.qty = qty_of(o.instrument);
    if (o.type == OrderType::stop_market || o.type == OrderType::stop_limit)
      o.trigger = price_of(o.instrument);
    return o;
  }

  Bytes& b_;
  int64_t& clock_;
};

void check(const Exchange& exchange) {
  for (CoinId c = 0; c < exchange.coins(); ++c) CHECK(exchange.imbalance(c) == Amount());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Bytes bytes(data, size);
  const ExchangeSetup& venue = setup(bytes.below(5));
  auto opened = Exchange::open(venue);
  CHECK(opened.has_value());
  std::unique_ptr<Exchange> exchange = std::move(opened).value();
  Silent silent;
  // Something to start from, so that the first byte of the input may already trade.
  for (int n = 0; n < 4; ++n) {
    exchange->apply({Instant(), OpenAccount{static_cast<CollateralMode>(n % 3), n == 3}}, silent);
    const AccountId a = exchange->accounts() - 1;
    exchange->apply({Instant(), Deposit{a, kUsdt, coins(5'000)}}, silent);
    exchange->apply({Instant(), Deposit{a, kBtc, coins(0.1)}}, silent);
  }
  exchange->apply({Instant(), PublishIndex{0, 0, price(84'000)}}, silent);
  for (const InstrumentId i : {kInverse, kFuture})
    exchange->apply({Instant(), PublishMark{i, price(84'000)}}, silent);
  for (const InstrumentId i : {kCall, kPut})
    exchange->apply({Instant(), PublishMark{i, price(0.02)}}, silent);
  exchange->apply({Instant(), TickClock{}}, silent);
  check(*exchange);

  int64_t clock = 0;
  Speaker speaker(bytes, clock);
  // A digest reads the whole state, and costs more than the command: whether a refused command left
  // it alone is asked of one command in kAsked, which ones being a matter of the input. Short
  // inputs by the thousand find more than long ones by the dozen.
  constexpr uint64_t kAsked = 4;
  constexpr size_t kCommands = 96;
  const uint64_t first_asked = bytes.below(kAsked);
  for (size_t n = 0; n < kCommands && !bytes.empty(); ++n) {
    if (bytes.next() == 77) {
      const std::string snapshot = exchange->snapshot();
      const uint64_t hash = exchange->hash();
      auto restored = Exchange::restore(venue, snapshot);
      CHECK(restored.has_value());
      exchange = std::move(restored).value();
      CHECK(exchange->hash() == hash);
      CHECK(exchange->snapshot() == snapshot);
    }
    const std::optional<Command> command = speaker.next();
    if (!command) continue;
    const std::string written = encode(*command);
    const auto read = decode(written);
    CHECK(read.has_value() && encode(read.value()) == written);
    const bool asked = n % kAsked == first_asked;
    const uint64_t hash = asked ? exchange->hash() : 0;
    const Reject refused = exchange->apply(read.value(), silent);
    if (refused != Reject::none) {
      if (asked) CHECK(exchange->hash() == hash);
    } else {
      clock = std::max(clock, exchange->now().ns());
    }
    check(*exchange);
  }
  for (AccountId a = 0; a < exchange->accounts(); ++a) {
    (void)exchange->pools(a);
    (void)exchange->positions(a);
    (void)exchange->account(a);
  }
  return 0;
}
