// Goal: on boards made from one known volatility the index finds it, the flows are those of
// Black-76 by hand, the sign of the net flow is told only with signed trades, and old or unpriced
// boards are refused by name.
#include "gauges/option_boards.h"

#include <cmath>

#include "gauges/scene_testing.h"
#include "options/black.h"

namespace delever::gauges {
namespace {

const Instant kBoardAt = time_of("2026-01-10T08:00:00Z");
const Instant kNear = time_of("2026-01-30T08:00:00Z"), kNext = time_of("2026-02-27T08:00:00Z");
constexpr double kForward = 90000, kVol = 0.5, kOpen = 10;

struct BoardScene : Scene {
  std::string asset = "BTC", quote = "USD", settle = "@BTC";
  double unit = 1;  // strikes are of BTC; an ETH board is one scaled down

  std::string name(const char* day, double strike, OptionType type) const {
    return fmt_name(day, strike * unit, type == OptionType::call ? "C" : "P");
  }
  std::string fmt_name(const char* day, double strike, const char* type) const {
    return asset + "-" + quote + "-" + day + "-" + std::to_string(std::lround(strike)) + "-" +
           type + settle;
  }
  // A board of flat volatility, bid and ask one vol point to each side.
  void board(Instant at, bool priced = true) {
    const double forward = kForward * unit;
    for (const auto& [day, expiry] : {std::pair{"260130", kNear}, {"260227", kNext}}) {
      const double years = (expiry - at).in_years();
      for (double strike = 30000; strike <= 250000; strike += 2500) {
        for (const OptionType type : {OptionType::call, OptionType::put}) {
          OptionQuote q;
          q.open_interest = Qty::nearest(kOpen).value();
          if (priced) {
            const double money = settle.empty() ? 1 : forward;
            const auto price = [&](double vol) {
              const double value =
                  options::black_price({forward, strike * unit, years, vol, type}) / money;
              return value > 1e-6 ? std::optional(Price::nearest(value).value()) : std::nullopt;
            };
            q.bid_price = price(kVol - 0.01), q.ask_price = price(kVol + 0.01);
            q.mark_iv = kVol;
            q.underlying_price = forward;
          }
          put(instrument("deribit", name(day, strike, type)), "deribit:chain", at, q);
        }
      }
    }
  }
  static double gross(double forward, Instant at, Instant expiry, double scale) {
    double sum = 0;
    for (double strike = 30000; strike <= 250000; strike += 2500) {
      for (const OptionType type : {OptionType::call, OptionType::put}) {
        const double years = (expiry - at).in_years();
        sum +=
            kOpen *
            std::fabs(options::black({forward * std::exp(0.01), strike * scale, years, kVol, type})
                          .delta -
                      options::black({forward, strike * scale, years, kVol, type}).delta);
      }
    }
    return sum;
  }
};

TEST(OptionBoards, the_index_finds_the_volatility_between_bid_and_ask) {
  BoardScene scene;
  scene.board(kBoardAt);
  const Reading r = pick(scene.readings(kBoardAt), "vol_index_30d");
  ASSERT_TRUE(r.value && r.low && r.high) << text_of(r);
  EXPECT_NEAR(*r.value, kVol, 0.003);
  EXPECT_NEAR(*r.low, kVol - 0.01, 0.004);
  EXPECT_NEAR(*r.high, kVol + 0.01, 0.004);
  EXPECT_EQ(r.state, State::single_source);
  EXPECT_NE(r.reason.find("forwards by venue"), std::string::npos) << r.reason;
  EXPECT_EQ(r.sources, std::vector<std::string>{"deribit:chain"});
  EXPECT_EQ(r.rule, "rules/2026-01-30.toml#options");
}

TEST(OptionBoards, the_flow_is_that_of_the_deltas_and_its_sign_is_not_told) {
  for (const bool linear : {false, true}) {
    BoardScene scene;
    if (linear) scene.asset = "ETH", scene.quote = "USDC", scene.settle = "", scene.unit = 1.0 / 25;
    scene.board(kBoardAt);
    const auto readings = scene.readings(kBoardAt, scene.asset);
    const double forward = kForward * scene.unit;
    const double near = BoardScene::gross(forward, kBoardAt, kNear, scene.unit);
    const double both = near + BoardScene::gross(forward, kBoardAt, kNext, scene.unit);
    EXPECT_NEAR(*pick(readings, "hedge_flow_1pct_gross", {}, kNear).value, near, 1e-9 * near);
    EXPECT_NEAR(*pick(readings, "hedge_flow_1pct_gross").value, both, 1e-9 * both);
    for (const auto& [r, gross] :
         {std::pair{pick(readings, "hedge_flow_1pct_net", {}, kNear), near},
          {pick(readings, "hedge_flow_1pct_net"), both}}) {
      EXPECT_FALSE(r.value.has_value()) << text_of(r);
      EXPECT_EQ(r.state, State::pending);
      ASSERT_TRUE(r.low && r.high) << text_of(r);
      EXPECT_NEAR(*r.low, -gross, 1e-9 * gross);
      EXPECT_NEAR(*r.high, gross, 1e-9 * gross);
      EXPECT_NE(r.reason.find("the sign is not known"), std::string::npos) << r.reason;
    }
  }
}

// Open interest in a message of its own, in contracts of a size that nobody said and in coins: the
// coins are enough. Without them the options are left out, and the flow has no upper end.
TEST(OptionBoards, coins_that_are_stated_need_no_contract_size) {
  BoardScene sized;
  sized.board(kBoardAt);
  const Reading plain = pick(sized.readings(kBoardAt), "hedge_flow_1pct_gross");
  for (const bool stated : {true, false}) {
    BoardScene scene;
    for (const Event& e : sized.events) {
      OptionQuote q = std::get<OptionQuote>(e.payload);
      q.open_interest.reset();
      const InstrumentId id = scene.instrument("okx", sized.instruments[e.instrument].symbol, 0);
      scene.put(id, "okx:quotes", e.at, q);
      OpenInterest open{.contracts = Qty::nearest(kOpen * 100).value()};
      if (stated) open.coins = kOpen;
      scene.put(id, "okx:interest", e.at, open);
    }
    const auto readings = scene.readings(kBoardAt);
    const Reading flow = pick(readings, "hedge_flow_1pct_gross");
    const Reading open = pick(readings, "options_oi");
    if (stated) {
      ASSERT_TRUE(flow.value && flow.high) << text_of(flow);
      EXPECT_NEAR(*flow.value, *plain.value, 1e-9 * *plain.value);
      EXPECT_DOUBLE_EQ(*open.value, *pick(sized.readings(kBoardAt), "options_oi").value);
    } else {
      EXPECT_FALSE(flow.value || flow.high) << text_of(flow);
      EXPECT_NE(flow.reason.find("options without a contract size"), std::string::npos);
      EXPECT_FALSE(open.value) << text_of(open);
    }
  }
}

TEST(OptionBoards, signed_trades_give_a_sign_only_when_there_are_enough) {
  const auto net = [](double coins_of_each) {
    BoardScene scene;
    scene.board(kBoardAt - Duration::minutes(1));
    for (const char* day : {"260130", "260227"}) {
      for (double strike = 30000; strike <= 250000; strike += 2500) {
        for (const OptionType type : {OptionType::call, OptionType::put}) {
          Trade t{.price = Price::nearest(0.01).value(),
                  .qty = Qty::nearest(coins_of_each).value()};
          t.taker_side =
              Side::buy;  // customers buy: hedgers are short gamma and must buy when it rises
          scene.put(scene.instrument("deribit", scene.name(day, strike, type)), "deribit:trades",
                    kBoardAt, t);
        }
      }
    }
    return pick(scene.readings(kBoardAt), "hedge_flow_1pct_net");
  };
  EXPECT_FALSE(net(kOpen / 2).value.has_value());
  const Reading r = net(2 * kOpen);
  ASSERT_TRUE(r.value && r.low && r.high) << text_of(r);
  EXPECT_GT(*r.value, 0);
  EXPECT_LE(*r.low, *r.value);
  EXPECT_NE(r.reason.find("signed trades"), std::string::npos) << r.reason;
}

// The trades of signed_trades_give_a_sign, 2 contracts for each that is open, on these streams.
BoardScene traded(const std::vector<std::string>& streams) {
  BoardScene scene;
  scene.board(kBoardAt - Duration::minutes(1));
  for (const Event& quoted : std::vector<Event>(scene.events)) {
    for (const std::string& stream : streams) {
      Trade t{.price = Price::nearest(0.01).value(), .qty = Qty::nearest(2 * kOpen).value()};
      t.id = std::to_string(quoted.instrument);
      scene.put(quoted.instrument, stream, kBoardAt - Duration::minutes(3), t);
    }
  }
  return scene;
}

TEST(OptionBoards, a_trade_of_two_recorders_is_one) {
  const Reading one = pick(traded({"deribit:trades"}).readings(kBoardAt), "hedge_flow_1pct_net");
  const Reading two = pick(traded({"deribit:trades", "deribit:trades 2"}).readings(kBoardAt),
                           "hedge_flow_1pct_net");
  ASSERT_TRUE(one.value && one.low && one.high) << text_of(one);
  EXPECT_EQ(one.value, two.value);
  EXPECT_EQ(one.low, two.low);
  EXPECT_EQ(one.high, two.high);
}

TEST(OptionBoards, a_listing_serves_the_trades_before_it) {
  const BoardScene scene = traded({"deribit:trades"});
  const Reading whole = pick(scene.readings(kBoardAt), "hedge_flow_1pct_net");
  Instruments table;
  for (size_t n = 0; n < scene.instruments.size(); ++n) {
    Instrument i = scene.instruments[InstrumentId(static_cast<uint32_t>(n))];
    i.contract_size.reset();
    table.add(i);
  }
  Gauges gauges("BTC", shipped_rules(), table, scene.sources);
  const auto feed = [&](bool trades) {
    for (const Event& e : scene.events) {
      if (std::holds_alternative<Trade>(e.payload) == trades) gauges.on_event(e);
    }
  };
  feed(true);
  for (size_t n = 0; n < scene.instruments.size(); ++n) {
    const InstrumentId id(static_cast<uint32_t>(n));
    ASSERT_EQ(table.add(scene.instruments[id]), id);
    const Instant at = kBoardAt - Duration::minutes(2);
    gauges.on_event({id, 0, at, at, InstrumentListed{"open"}});
  }
  feed(false);
  const Reading later = pick(gauges.readings(kBoardAt), "hedge_flow_1pct_net");
  ASSERT_TRUE(later.value && whole.value) << text_of(later);
  EXPECT_NEAR(*later.value, *whole.value, 1e-9 * std::fabs(*whole.value));
  EXPECT_NEAR(*later.high, *whole.high, 1e-9 * std::fabs(*whole.high));
}

TEST(OptionBoards, refusals_have_names) {
  BoardScene scene;
  scene.board(kBoardAt);
  const Reading old = pick(scene.readings(kBoardAt + Duration::hours(2)), "vol_index_30d");
  EXPECT_EQ(old.state, State::pending);
  EXPECT_NE(old.reason.find("2h 0m before (limit"), std::string::npos) << old.reason;
  BoardScene bare;
  bare.board(kBoardAt, false);
  for (const char* name : {"vol_index_30d", "hedge_flow_1pct_gross", "hedge_flow_1pct_net"}) {
    const Reading r = pick(bare.readings(kBoardAt), name);
    EXPECT_EQ(r.state, State::pending) << text_of(r);
    EXPECT_FALSE(r.low || r.high) << text_of(r);
    EXPECT_NE(r.reason.find("no_forward"), std::string::npos) << r.reason;
  }
}

TEST(OptionBoards, the_premium_is_implied_less_realised) {
  BoardScene scene;
  scene.board(kBoardAt);
  EXPECT_NE(pick(scene.readings(kBoardAt), "vol_premium").reason.find("realized_vol_24h: "),
            std::string::npos);
  const auto spot = scene.instrument("binance", "BTC-USDT");
  for (int i = 0; i <= 24 * 12; ++i) {
    const double price = kForward * (i % 2 == 0 ? 1 : 1.001);
    scene.put(spot, "binance:trades", kBoardAt - Duration::days(1) + Duration::minutes(5) * i,
              Trade{.price = Price::nearest(price).value(), .qty = Qty::nearest(1).value()});
  }
  const auto readings = scene.readings(kBoardAt);
  const Reading premium = pick(readings, "vol_premium");
  ASSERT_TRUE(premium.value.has_value()) << text_of(premium);
  EXPECT_DOUBLE_EQ(*premium.value, *pick(readings, "vol_index_30d").value -
                                       *pick(readings, "realized_vol_24h").value);
  EXPECT_LT(*premium.low, *premium.value);
  EXPECT_EQ(premium.sources, (std::vector<std::string>{"binance:trades", "deribit:chain"}));
}

TEST(OptionBoards, two_settlement_coins_of_one_venue_are_two_boards_and_one_source) {
  BoardScene scene;
  scene.board(kBoardAt);
  scene.quote = "USDC", scene.settle = "";
  scene.board(kBoardAt);
  const auto gauges = scene.gauges(kBoardAt);
  const std::vector<options::OptionBoard> boards = gauges->history(kBoardAt).boards;
  ASSERT_EQ(boards.size(), 2u);
  EXPECT_EQ(boards[0].name(), "deribit BTC");
  EXPECT_EQ(boards[1].name(), "deribit USDC");
  const auto readings = gauges->readings(kBoardAt);
  EXPECT_EQ(pick(readings, "vol_index_30d").state, State::single_source);
  EXPECT_NEAR(*pick(readings, "hedge_flow_1pct_gross", {}, kNear).value,
              2 * BoardScene::gross(kForward, kBoardAt, kNear, 1), 1e-6);
}

}  // namespace
}  // namespace delever::gauges
