#include <gtest/gtest.h>

#include "gateways/deribit/deribit_testing.h"

namespace delever::gateways {
namespace {

using testing::deribit_venue;
using testing::DeribitClient;
namespace fixture = exchange::fixture;
using testing::has;
using testing::value_of;

TEST(DeribitOrders, RestsIsEditedAndLeaves) {
  DeribitClient c;
  const std::string placed =
      c.mine("private/buy",
             "instrument_name=BTC-PERPETUAL&amount=100&type=limit&price=83000&post_only=true"
             "&reject_post_only=true&label=mine");
  EXPECT_TRUE(has(placed, R"("result":{"trades":[],"order":{"order_id":"BTC-)")) << placed;
  EXPECT_TRUE(has(placed, R"("order_state":"open")"));
  EXPECT_TRUE(has(placed, R"("label":"mine")"));
  const std::string id = value_of(placed, "order_id");
  EXPECT_TRUE(
      has(c.mine("private/get_open_orders_by_instrument", "instrument_name=BTC-PERPETUAL"), id));
  const std::string edited = c.mine("private/edit", "order_id=" + id + "&amount=200&price=82000");
  EXPECT_EQ(value_of(edited, "order_id"), id);
  EXPECT_EQ(value_of(edited, "amount"), "200");
  EXPECT_EQ(value_of(placed, "replaced"), "false");
  EXPECT_EQ(value_of(edited, "replaced"), "true");
  EXPECT_EQ(value_of(c.mine("private/get_order_state", "order_id=" + id), "price"), "82000");
  EXPECT_EQ(value_of(c.mine("private/cancel", "order_id=" + id), "order_state"), "cancelled");
  EXPECT_EQ(value_of(c.mine("private/cancel", "order_id=" + id), "code"), "11044");
  EXPECT_EQ(value_of(c.mine("private/get_order_state", "order_id=BTC-999"), "code"), "10004");
}

TEST(DeribitOrders, FillsInDollarsMoveCoins) {
  DeribitClient c;
  const auto equity = [&] {
    const std::string all = c.mine("private/get_account_summary", "currency=BTC");
    return Amount::parse(value_of(all, "balance")).value();
  };
  const Amount before = equity();
  const std::string bought =
      c.mine("private/buy", "instrument_name=BTC-PERPETUAL&amount=8400&type=market");
  EXPECT_EQ(value_of(bought, "order_state"), "filled");
  EXPECT_EQ(value_of(bought, "filled_amount"), "8400");
  EXPECT_EQ(value_of(bought, "liquidity"), "T");
  EXPECT_EQ(value_of(bought, "fee_currency"), "BTC");
  const Amount fee = Amount::parse(value_of(bought, "commission")).value();
  EXPECT_EQ(fee, Amount::parse(value_of(bought, "fee")).value());
  EXPECT_EQ(before - equity(), fee);
  const std::string positions = c.mine("private/get_positions", "currency=BTC");
  EXPECT_EQ(value_of(positions, "size"), "8400");
  EXPECT_EQ(value_of(positions, "direction"), "buy");
  EXPECT_EQ(value_of(positions, "size_currency"), "0.1") << positions;
  EXPECT_TRUE(
      has(c.mine("private/get_user_trades_by_instrument", "instrument_name=BTC-PERPETUAL&count=50"),
          value_of(bought, "trade_id")));
  const std::string closed =
      c.mine("private/close_position", "instrument_name=BTC-PERPETUAL&type=market");
  EXPECT_EQ(value_of(closed, "order_state"), "filled");
  EXPECT_EQ(value_of(c.mine("private/close_position", "instrument_name=BTC-PERPETUAL&type=market"),
                     "code"),
            "10010");
  EXPECT_EQ(value_of(c.mine("private/get_position", "instrument_name=BTC-PERPETUAL"), "size"), "0");
  EXPECT_TRUE(has(c.mine("private/get_transaction_log", "currency=BTC"), R"("type":"trade")"));
  EXPECT_TRUE(
      has(c.mine("private/get_order_history_by_instrument", "instrument_name=BTC-PERPETUAL"),
          value_of(closed, "order_id")));
}

// What rests goes first where the rules say so, and says why.
TEST(DeribitOrders, ALiquidationTakesRestingOrders) {
  exchange::ExchangeSetup setup = deribit_venue();
  for (auto& listing : setup.listings) {
    if (auto& rule = listing.rules.liquidation)
      rule->steps.insert(rule->steps.begin(), LiquidationStep::cancel_orders);
  }
  DeribitClient c({}, std::move(setup));
  const std::string all = "instrument_name=BTC-PERPETUAL&amount=800000&type=market";
  ASSERT_EQ(value_of(c.mine("private/buy", all), "order_state"), "filled");
  const std::string rests =
      c.mine("private/buy", "instrument_name=BTC-PERPETUAL&amount=100&type=limit&price=70000");
  ASSERT_EQ(value_of(rests, "order_state"), "open") << rests;
  c.market.move(76'300);
  c.market.quote();
  c.pass(2);
  const std::string gone =
      c.mine("private/get_order_state", "order_id=" + value_of(rests, "order_id"));
  EXPECT_EQ(value_of(gone, "order_state"), "cancelled") << gone;
  EXPECT_EQ(value_of(gone, "cancel_reason"), "autoliquidation");
  EXPECT_TRUE(c.market.desk->live(c.market.client).empty());
  EXPECT_TRUE(
      has(c.mine("private/get_order_history_by_instrument", "instrument_name=BTC-PERPETUAL"),
          R"("is_liquidation":true)"));
}

TEST(DeribitOrders, LinkedOrders) {
  DeribitClient c;
  const std::string legs =
      "&otoco_config=%5B%7B%22direction%22%3A%22sell%22%2C%22type%22%3A%22take_limit%22%2C"
      "%22price%22%3A86000%2C%22trigger_price%22%3A85500%2C%22trigger%22%3A%22mark_price%22%7D%2C"
      "%7B%22direction%22%3A%22sell%22%2C%22type%22%3A%22stop_market%22%2C%22amount%22%3A50%2C"
      "%22trigger_price%22%3A82000%2C%22trigger%22%3A%22mark_price%22%7D%5D";
  const std::string first =
      c.mine("private/buy",
             "instrument_name=BTC-PERPETUAL&amount=100&type=limit&price=83000&"
             "linked_order_type=one_triggers_one_cancels_other" +
                 legs);
  constexpr std::string_view kIds = R"("oto_order_ids":[")";
  const size_t ids = first.find(kIds);
  ASSERT_NE(ids, first.npos) << first;
  const size_t begin = ids + kIds.size();
  const std::string taking = first.substr(begin, first.find('"', begin) - begin);
  const auto waiting = [&] {
    std::vector<const OrderRecord*> out;
    for (const OrderRecord* o : c.market.desk->live(c.market.client)) {
      if (o->state == OrderState::waiting && o->after == 0) out.push_back(o);
    }
    return out;
  };
  EXPECT_TRUE(waiting().empty());  // they come with the fill
  c.market.move(82'900);
  c.market.quote();
  c.pass(2);
  ASSERT_EQ(waiting().size(), 2u);
  EXPECT_EQ(waiting()[0]->asked.qty, waiting()[1]->asked.qty + waiting()[1]->asked.qty);
  c.market.move(81'000);  // the stop is due, and the other goes
  c.market.quote();
  c.pass(2);
  EXPECT_TRUE(waiting().empty());
  const std::string gone = c.mine("private/get_order_state", "order_id=" + taking);
  EXPECT_EQ(value_of(gone, "cancel_reason"), "oco_other_closed") << gone;
  EXPECT_EQ(value_of(c.mine("private/get_position", "instrument_name=BTC-PERPETUAL"), "size"),
            "50");
  const auto refused = [&](std::string_view more) {
    return value_of(
        c.mine("private/buy", "instrument_name=BTC-PERPETUAL&amount=100&type=limit&price=80000&" +
                                  std::string(more)),
        "code");
  };
  EXPECT_EQ(refused("linked_order_type=one_follows_other" + legs), "-32602");
  EXPECT_EQ(refused("linked_order_type=one_triggers_other" + legs), "-32602");  // two for one
  EXPECT_EQ(refused("linked_order_type=one_triggers_one_cancels_other"), "-32602");
}

// Before, what was linked waited for the whole fill whatever was asked for, and by default.
TEST(DeribitOrders, LinkedOrdersActByTheirFillCondition) {
  const std::string leg =
      "&linked_order_type=one_triggers_other&otoco_config=%5B%7B%22direction%22%3A%22sell%22%2C"
      "%22type%22%3A%22limit%22%2C%22price%22%3A86000%7D%5D";
  const auto after_a_fill = [&](std::string_view condition) {
    DeribitClient c;
    c.mine("private/buy", "instrument_name=BTC-PERPETUAL&amount=1000&type=limit&price=83000" +
                              std::string(condition) + leg);
    c.market.must(CancelAll{c.market.maker, {}});
    SubmitOrder sell;
    sell.account = c.market.other;
    sell.instrument = fixture::kInverse;
    sell.side = Side::sell;
    sell.type = OrderType::market;
    sell.qty = fixture::qty(400);  // of 1,000
    c.market.must(sell);
    c.market.desk->settle();
    for (const OrderRecord* o : c.market.desk->live(c.market.client)) {
      if (o->asked.side == Side::sell)
        return o->state == OrderState::open ? o->asked.qty.approx() : 0.0;
    }
    return -1.0;
  };
  EXPECT_EQ(after_a_fill(""), 1'000);
  EXPECT_EQ(after_a_fill("&trigger_fill_condition=first_hit"), 1'000);
  EXPECT_EQ(after_a_fill("&trigger_fill_condition=complete_fill"), 0);
  EXPECT_EQ(after_a_fill("&trigger_fill_condition=incremental"), 400);
}

// Both are limit orders that rest: a fill of one takes the other back. Where the first is filled as
// it comes, there is nothing to place.
TEST(DeribitOrders, OneCancelsOther) {
  DeribitClient c;
  const std::string leg =
      "&linked_order_type=one_cancels_other&otoco_config=%5B%7B%22direction%22%3A%22sell%22%2C"
      "%22type%22%3A%22limit%22%2C%22price%22%3A86000%7D%5D";
  c.mine("private/buy", "instrument_name=BTC-PERPETUAL&amount=1000&type=limit&price=83000" + leg);
  ASSERT_EQ(c.market.desk->live(c.market.client).size(), 2u);
  c.mine("private/buy", "instrument_name=BTC-PERPETUAL&amount=10&type=market" + leg);
  EXPECT_EQ(c.market.desk->live(c.market.client).size(), 2u);
  c.market.must(CancelAll{c.market.maker, {}});
  SubmitOrder sell;
  sell.account = c.market.other;
  sell.instrument = fixture::kInverse;
  sell.side = Side::sell;
  sell.type = OrderType::market;
  sell.qty = fixture::qty(100);
  c.market.must(sell);
  c.market.desk->settle();
  ASSERT_EQ(c.market.desk->live(c.market.client).size(), 1u);
  EXPECT_EQ(c.market.desk->live(c.market.client)[0]->asked.side, Side::buy);
}

TEST(DeribitOrders, EveryRefusalWithItsCode) {
  DeribitClient c;
  const auto refused = [&](std::string_view query, std::string_view code,
                           std::string_view reason = "", std::string_view method = "private/buy") {
    const uint64_t before = c.market.exchange().hash();
    const std::string answer = c.mine(method, query);
    EXPECT_EQ(value_of(answer, "code"), code) << answer;
    EXPECT_EQ(value_of(answer, "reason"), reason) << answer;
    EXPECT_EQ(c.market.exchange().hash(), before) << query;
  };
  const std::string perp = "instrument_name=BTC-PERPETUAL&";
  refused(perp + "amount=100&price=85000&post_only=true&reject_post_only=true", "11054");
  refused(perp + "amount=1000000000&price=83000", "10009");
  refused(perp + "amount=100&price=83000&reduce_only=true", "11030");
  refused(perp + "amount=100&price=900000", "10007");
  refused(perp + "amount=15&price=83000", "-32602", "must be a multiple of the minimum order size");
  refused(perp + "amount=100&price=83000.3", "-32602", "must conform to tick size");
  refused(perp + "price=83000", "-32602", "is required");
  refused("instrument_name=NONE&amount=10&price=1", "-32602", "wrong format");
  refused(perp + "amount=100&type=stop_market&trigger=mark_price&trigger_price=80000", "11036");
  refused(perp + "amount=100&type=strange&price=1", "-32602", "wrong value");
  refused(perp + "amount=100&price=83000&valid_until=1", "13888");
  refused("order_id=BTC-1", "11044", "", "private/cancel");
  refused("", "-32601", "", "private/nonsense");
  refused("currency=BTC", "13021", "not available to this account", "private/simulate_portfolio");
  refused("", "13021", "not available to this account", "private/execute_block_trade");
  EXPECT_EQ(c.gateway->counts(c.market.client).requests, 15u);
  EXPECT_EQ(value_of(c.get("public/nonsense").body, "code"), "-32601");
  EXPECT_EQ(c.get("public/ticker").status, 400);
}

TEST(DeribitOrders, PostOnlyMovesBehindTheOtherSide) {
  DeribitClient c;
  const std::string placed =
      c.mine("private/buy", "instrument_name=BTC-PERPETUAL&amount=100&price=90000&post_only=true");
  EXPECT_EQ(value_of(placed, "order_state"), "open");
  EXPECT_EQ(value_of(placed, "price"), "84001");
}

TEST(DeribitOrders, FillOrKillIsTakenAndCancelled) {
  DeribitClient c;
  const std::string placed =
      c.mine("private/buy",
             "instrument_name=BTC-PERPETUAL&amount=100&price=83000&time_in_force=fill_or_kill");
  EXPECT_EQ(value_of(placed, "order_state"), "cancelled") << placed;
}

TEST(DeribitOrders, TriggersWaitFireAndAreCancelledByType) {
  DeribitClient c;
  c.mine("private/buy", "instrument_name=BTC-PERPETUAL&amount=1000&type=market");
  const std::string stop =
      c.mine("private/sell",
             "instrument_name=BTC-PERPETUAL&amount=500&type=stop_market&trigger=mark_price"
             "&trigger_price=80000&reduce_only=true");
  EXPECT_TRUE(value_of(stop, "order_id").starts_with("SLMS-")) << stop;
  EXPECT_EQ(value_of(stop, "order_state"), "untriggered");
  EXPECT_EQ(value_of(stop, "trigger_price"), "80000");
  const std::string take =
      c.mine("private/sell",
             "instrument_name=BTC-PERPETUAL&amount=500&type=take_market&trigger=mark_price"
             "&trigger_price=90000&reduce_only=true");
  EXPECT_TRUE(value_of(take, "order_id").starts_with("TPMS-")) << take;
  EXPECT_TRUE(has(c.mine("private/get_open_orders_by_instrument",
                         "instrument_name=BTC-PERPETUAL&type=trigger_all"),
                  "SLMS-"));
  c.market.move(91'000);
  c.market.quote();
  c.pass(2);
  EXPECT_EQ(value_of(c.mine("private/get_order_state", "order_id=" + value_of(take, "order_id")),
                     "order_state"),
            "filled");
  EXPECT_EQ(value_of(c.mine("private/cancel_all_by_instrument",
                            "instrument_name=BTC-PERPETUAL&type=trigger_all"),
                     "result"),
            "1");
}

TEST(DeribitOrders, ATrailingStopFollowsTheMark) {
  DeribitClient c;
  c.mine("private/buy", "instrument_name=BTC-PERPETUAL&amount=1000&type=market");
  const std::string stop =
      c.mine("private/sell",
             "instrument_name=BTC-PERPETUAL&amount=1000&type=trailing_stop&trigger=mark_price"
             "&trigger_offset=1000&reduce_only=true");
  EXPECT_EQ(value_of(stop, "order_type"), "trailing_stop") << stop;
  EXPECT_EQ(value_of(stop, "trigger_price"), "83000");
  for (const double at : {86'000.0, 84'900.0}) {
    c.market.move(at);
    c.market.quote();
    c.pass(2);
  }
  const std::string now =
      c.mine("private/get_order_state", "order_id=" + value_of(stop, "order_id"));
  EXPECT_EQ(value_of(now, "order_state"), "filled") << now;
  EXPECT_EQ(value_of(now, "trigger_price"), "85000");
}

TEST(DeribitOrders, LabelsNameOrders) {
  DeribitClient c;
  for (const char* label : {"a", "a", "b"})
    c.mine("private/buy",
           fmt::format("instrument_name=BTC-PERPETUAL&amount=10&price=83000&label={}", label));
  EXPECT_EQ(value_of(c.mine("private/cancel_by_label", "label=a"), "result"), "2");
  EXPECT_TRUE(has(c.mine("private/get_order_state_by_label", "currency=BTC&label=b"), R"("open")"));
  EXPECT_EQ(value_of(c.mine("private/edit_by_label",
                            "label=b&instrument_name=BTC-PERPETUAL&amount=20&price=82000"),
                     "amount"),
            "20");
  EXPECT_EQ(value_of(c.mine("private/cancel_all"), "result"), "1");
}

TEST(DeribitSigning, WrongKeysOldTimesAndReplaysChangeNothing) {
  DeribitClient c;
  const std::string query = "instrument_name=BTC-PERPETUAL&amount=100&type=limit&price=83000";
  const int64_t now = c.market.wall_now().ms();
  const uint64_t before = c.market.exchange().hash();
  const auto send = [&](const std::string& header) { return c.get("private/buy", query, header); };
  const Answer wrong = send(c.signature("private/buy", query, now, "n", "wrong"));
  EXPECT_EQ(value_of(wrong.body, "code"), "13004");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(value_of(send(c.signature("private/buy", query, now - 61'000, "n")).body, "code"),
            "13009");
  EXPECT_EQ(value_of(send(c.signature("private/sell", query, now, "n")).body, "code"), "13004");
  EXPECT_EQ(value_of(send("").body, "code"), "13009");
  EXPECT_EQ(value_of(send("Bearer nonsense").body, "code"), "13009");
  EXPECT_EQ(c.market.exchange().hash(), before);
  const std::string good = c.signature("private/buy", query, now, "n");
  EXPECT_TRUE(has(send(good).body, R"("order_state":"open")"));
  const uint64_t placed = c.market.exchange().hash();
  EXPECT_EQ(value_of(send(good).body, "code"), "13009") << "a replay";
  EXPECT_EQ(c.market.exchange().hash(), placed);
  EXPECT_TRUE(has(c.get("private/get_positions", "", "Basic " + auth::base64("K:S")).body,
                  R"("result":[])"));
}

TEST(DeribitSigning, TokensAreRefreshedAndEnd) {
  DeribitClient c;
  const std::string granted =
      c.get("public/auth", "grant_type=client_credentials&client_id=K&client_secret=S").body;
  const std::string access = value_of(granted, "access_token"),
                    refresh = value_of(granted, "refresh_token");
  ASSERT_FALSE(access.empty());
  EXPECT_EQ(c.get("private/get_positions", "", "Bearer " + access).status, 200);
  const std::string again =
      c.get("public/auth", "grant_type=refresh_token&refresh_token=" + refresh).body;
  const std::string renewed = value_of(again, "access_token");
  EXPECT_NE(renewed, access);
  EXPECT_EQ(value_of(c.get("private/get_positions", "", "Bearer " + access).body, "code"), "13009")
      << "the old one is gone";
  EXPECT_EQ(c.get("private/get_positions", "", "Bearer " + renewed).status, 200);
  c.market.wait(Duration::days(366));
  EXPECT_EQ(value_of(c.get("private/get_positions", "", "Bearer " + renewed).body, "code"),
            "13009");
  EXPECT_EQ(
      value_of(
          c.get("public/auth", "grant_type=client_credentials&client_id=K&client_secret=X").body,
          "code"),
      "13004");
}

TEST(DeribitMarket, CandlesByTheClientsOwnClock) {
  DeribitClient c;
  c.mine("private/buy", "instrument_name=BTC-PERPETUAL&amount=100&type=market");
  c.pass(60);
  c.market.wait(Duration::days(300));
  const int64_t now = c.market.wall_now().ms();
  const std::string chart = c.get("public/get_tradingview_chart_data",
                                  fmt::format("instrument_name=BTC-PERPETUAL&resolution=1"
                                              "&start_timestamp={}&end_timestamp={}",
                                              now - 600'000, now))
                                .body;
  EXPECT_EQ(value_of(chart, "status"), "ok") << chart;
}

TEST(DeribitMarket, InstrumentsAndTheirFigures) {
  DeribitClient c;
  const std::string all = c.get("public/get_instruments", "currency=BTC&kind=option").body;
  EXPECT_TRUE(has(all, R"("instrument_name":"BTC-27MAR26-85000-C")"));
  EXPECT_TRUE(has(all, R"("strike":85000,"option_type":"call")"));
  EXPECT_FALSE(has(all, "PERPETUAL"));
  const std::string perp = c.get("public/get_instrument", "instrument_name=BTC-PERPETUAL").body;
  EXPECT_EQ(value_of(perp, "contract_size"), "10");
  EXPECT_EQ(value_of(perp, "min_trade_amount"), "10");
  EXPECT_EQ(value_of(perp, "settlement_period"), "perpetual");
  const std::string book =
      c.get("public/get_order_book", "instrument_name=BTC-PERPETUAL&depth=3").body;
  EXPECT_TRUE(has(book, R"("bids":[[83998,)")) << book;
  const std::string option = c.get("public/ticker", "instrument_name=BTC-27MAR26-85000-C").body;
  EXPECT_GT(Price::parse(value_of(option, "mark_iv")).value(), testing::fixture::price(1))
      << option;
  EXPECT_TRUE(has(option, R"("greeks":{"delta":0.)"));
  EXPECT_EQ(value_of(c.get("public/get_index_price", "index_name=btc_usd").body, "index_price"),
            "84000");
  EXPECT_TRUE(has(c.get("public/get_currencies").body, R"("currency":"BTC")"));
  EXPECT_EQ(value_of(c.get("public/get_instruments", "currency=XXX").body, "reason"),
            "invalid currency");
}

}  // namespace
}  // namespace delever::gateways
