// A funded market for tests of gateways: one exchange by a venue's rules with a maker's book on
// both sides of every market, a desk, a client's account with money, and clocks that the test
// moves.
#pragma once

#include <fmt/format.h>

#include <memory>

#include "base/check.h"
#include "exchange/small_venue_testing.h"
#include "gateways/desk.h"
#include "gateways/gateway.h"
#include "gateways/json_tree.h"

namespace delever::gateways::testing {

namespace fixture = exchange::fixture;

// What a gateway wrote, which must be JSON.
inline JsonTree json_of(std::string_view text) {
  auto read = JsonTree::parse(text);
  if (!read.has_value()) fmt::print(stderr, "no JSON: {}\n", text);
  CHECK(read.has_value());
  return std::move(read).value();
}

inline bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// The name of the test account everywhere.
inline Credentials test_credentials(AccountId account) {
  return {.account = account,
          .key = "K",
          .secret = "S",
          .passphrase = "P",
          .address = "0xb723e90c11ccd2217fcc8edd188f915e71b6a9e5"};
}

class TestMarket : public MarketDoor, public exchange::ExchangeSink {
 public:
  explicit TestMarket(exchange::ExchangeSetup setup, double middle = 84'000)
      : setup_(std::move(setup)),
        exchange_(std::move(exchange::Exchange::open(setup_)).value()),
        middle_(middle) {
    desk = std::make_unique<Desk>(*this);
    maker = open_account(1e8);
    const OpenAccount guest{.orders = exchange::order_margin_of(setup_)};
    client = open_account(1'000'000, 1, guest);
    other = open_account(1'000'000, 1, guest);
    move(middle);
    tick();
    desk->admit(test_credentials(client));
    quote();
  }

  Instant market_now() const override { return now_; }
  Instant wall_now() const override { return wall_; }
  const exchange::Exchange& exchange() const override { return *exchange_; }
  const exchange::ExchangeSetup& setup() const override { return setup_; }
  Reject enter(const CommandBody& command) override {
    return exchange_->apply({now_, command}, *this);
  }
  void on_event(const Event& event) override { desk->on_event(event); }
  void on_notice(const Notice& notice) override { desk->on_notice(notice); }

  AccountId open_account(double money, double coins = 1e5, OpenAccount how = {}) {
    must(how);
    const auto account = AccountId(exchange_->accounts() - 1);
    must(Deposit{account, fixture::kUsdt, fixture::coins(money)});
    if (coins > 0) must(Deposit{account, fixture::kBtc, fixture::coins(coins)});
    return account;
  }
  void must(const CommandBody& command) { CHECK(enter(command) == Reject::none); }
  // Prices from outside for the next tick.
  void move(double to) {
    middle_ = to;
    for (uint32_t s = 0; s < setup_.indices[0].sources.size(); ++s)
      must(PublishIndex{0, s, fixture::price(to)});
    for (InstrumentId i = 0; i < setup_.listings.size(); ++i) {
      const exchange::Listing& l = setup_.listings[i];
      if (l.option)
        must(PublishMark{i, fixture::price(0.03)});
      else if (l.outside_mark)
        must(PublishMark{i, fixture::price(to)});
    }
  }
  void tick(int64_t seconds = 1) {
    now_ = now_ + Duration::seconds(seconds);
    wall_ = wall_ + Duration::seconds(seconds);
    must(TickClock{});
    desk->on_second();
  }
  void wait(Duration wall) { wall_ = wall_ + wall; }
  void pass(Duration by) {  // without a second of the venue's clock
    now_ = now_ + by;
    wall_ = wall_ + by;
  }
  // The maker's ladder anew around the middle: ten levels a side, ten units each, one tick apart
  // from two ticks out.
  void quote() {
    must(CancelAll{maker, {}});
    for (InstrumentId i = 0; i < setup_.listings.size(); ++i) {
      const exchange::Listing& l = setup_.listings[i];
      const ContractRule& c = *l.rules.contract;
      const int64_t tick = c.tick->raw();
      const double value = l.option ? 0.03 : middle_;
      const int64_t centre = fixture::price(value).raw() / tick * tick;
      const int64_t lots =
          c.kind == InstrumentKind::inverse ? 10'000 : 10'000 / (l.option ? 100 : 1);
      for (int64_t k = 2; k < 12; ++k) {
        for (const Side side : {Side::buy, Side::sell}) {
          SubmitOrder o;
          o.account = maker;
          o.instrument = i;
          o.side = side;
          o.price = Price::raw(side == Side::buy ? centre - k * tick : centre + k * tick);
          o.qty = Qty::raw(lots * c.step->raw());
          must(o);
        }
      }
    }
  }
  double middle() const { return middle_; }

  std::unique_ptr<Desk> desk;
  AccountId maker = 0, client = 0, other = 0;

 private:
  exchange::ExchangeSetup setup_;
  std::unique_ptr<exchange::Exchange> exchange_;
  double middle_;
  // 30 January 2026, 12:00 UTC.
  Instant now_ = Instant::ns(1'769'774'400'000'000'000), wall_ = now_;
};

// The small venue with an expiry that lies ahead of the test's clock; marks come from outside.
inline exchange::ExchangeSetup face_venue(std::string_view venue) {
  exchange::ExchangeSetup setup = fixture::small_venue(venue, 1'774'598'400);  // 27 March 2026
  for (const InstrumentId i : {fixture::kPerp, fixture::kInverse, fixture::kFuture})
    setup.listings[i].outside_mark = true;
  return setup;
}

// A desk at that venue, and orders of its client; a limit of 0 is a market order.
struct DeskScene {
  TestMarket market{face_venue("binance")};
  Desk& desk = *market.desk;

  SubmitOrder order(Side side, double at, double size, InstrumentId i = fixture::kPerp) const {
    SubmitOrder o;
    o.account = market.client;
    o.instrument = i;
    o.side = side;
    o.price = fixture::price(at);
    o.qty = fixture::qty(size);
    if (at == 0) o.type = OrderType::market;
    return o;
  }
  SubmitOrder stop(Side side, double trigger, double size) const {
    SubmitOrder o = order(side, 0, size);
    o.type = OrderType::stop_market;
    o.trigger = fixture::price(trigger);
    o.reduce_only = true;
    return o;
  }
};

// What a gateway sent, by socket.
class Frames : public Outward {
 public:
  struct Frame {
    SocketId socket;
    std::string text;
  };
  void send(SocketId socket, std::string_view text) override {
    frames.push_back({socket, std::string(text)});
  }
  void send_all(const std::vector<SocketId>& sockets, std::string_view text) override {
    for (const SocketId s : sockets) send(s, text);
  }
  void ping(SocketId socket, std::string_view) override { pinged.push_back(socket); }
  void close(SocketId socket, uint16_t code, std::string_view why) override {
    closed.push_back({socket, std::to_string(code) + " " + std::string(why)});
  }
  // Frames that hold this text.
  size_t count(std::string_view text) const {
    size_t n = 0;
    for (const Frame& f : frames) n += f.text.find(text) != std::string::npos;
    return n;
  }
  std::vector<Frame> frames, closed;
  std::vector<SocketId> pinged;
};

}  // namespace delever::gateways::testing
