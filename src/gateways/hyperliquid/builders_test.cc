#include <gtest/gtest.h>

#include "gateways/hyperliquid/hyperliquid_testing.h"

namespace delever::gateways {
namespace {

using testing::has;
using testing::HyperliquidClient;
using testing::kWallet;
using testing::wallet_key;

constexpr std::string_view kBuilder = "0x6530512A6c89C7cfCEbC3BA7fcD9aDa5f30827a6";
constexpr std::string_view kNotApproved = "Builder fee has not been approved.";

std::string ask(HyperliquidClient& c, std::string_view type, std::string_view more = "") {
  return c.info(fmt::format(R"({{"type":"{}","user":"{}"{}}})", type, kWallet, more));
}

// The builder is an account of the market, with what the venue asks of one.
void open_builder(HyperliquidClient& c, double money = 100) {
  Credentials who;
  who.account = c.market.open_account(money);
  who.address = "0x6530512a6c89c7cfcebc3ba7fcd9ada5f30827a6";
  c.market.desk->admit(who);
}

std::string max_fee(HyperliquidClient& c) {
  return ask(c, "maxBuilderFee", fmt::format(R"(,"builder":"{}")", kBuilder));
}

// Signed by its fields, as the venue asks of what names builders and moves money.
std::string approve(HyperliquidClient& c, std::string_view rate,
                    const std::string& key = wallet_key()) {
  const std::string nonce = std::to_string(++c.nonce);
  const std::vector<auth::TypedField> fields{{"string", "hyperliquidChain", "Mainnet"},
                                             {"string", "maxFeeRate", rate},
                                             {"address", "builder", kBuilder},
                                             {"uint64", "nonce", nonce}};
  const std::string digest = auth::user_signed_digest("ApproveBuilderFee", fields, 421'614).value();
  const std::string action = fmt::format(
      R"({{"hyperliquidChain":"Mainnet","signatureChainId":"0x66eee","maxFeeRate":"{}",)"
      R"("builder":"{}","nonce":{},"type":"approveBuilderFee"}})",
      rate, kBuilder, nonce);
  return c.ask("/exchange", c.body_of(action, c.nonce, auth::sign(digest, key).value())).body;
}

std::string order(HyperliquidClient& c, const std::string& order, int64_t share) {
  return c.act(fmt::format(
      R"({{"type":"order","orders":[{}],"grouping":"na","builder":{{"b":"{}","f":{}}}}})", order,
      kBuilder, share));
}

TEST(HyperliquidBuilders, ShareAsApprovedAndNoMore) {
  HyperliquidClient c;
  const std::string bid = c.limit(true, "83000", "0.01", "Gtc");
  const uint64_t before = c.market.exchange().hash();
  for (const int64_t share : {10, 0}) EXPECT_TRUE(has(order(c, bid, share), kNotApproved)) << share;
  EXPECT_EQ(max_fee(c), "0");
  EXPECT_TRUE(has(approve(c, "0.01%"), "Builder has insufficient balance to be approved."));
  EXPECT_EQ(c.market.exchange().hash(), before) << "what is refused changes nothing";
  open_builder(c);
  EXPECT_TRUE(has(approve(c, "0.01%"), R"("status":"ok")"));
  EXPECT_EQ(max_fee(c), "10");
  EXPECT_TRUE(has(ask(c, "approvedBuilders"), R"(["0x6530512a6c89c7cfcebc3ba7fcd9ada5f30827a6"])"));
  EXPECT_TRUE(has(order(c, bid, 11), kNotApproved));
  EXPECT_TRUE(has(order(c, bid, 10), "resting"));
  // What is approved for spot is still a tenth of a percent at most of a perpetual.
  EXPECT_TRUE(has(approve(c, "1%"), R"("status":"ok")"));
  EXPECT_TRUE(has(order(c, bid, 100), "resting"));
  EXPECT_TRUE(has(order(c, bid, 101), kNotApproved));
  EXPECT_TRUE(has(approve(c, "1.1%"), R"("status":"err")"));
  // Taken back, and with that whatever names a share; the name alone may be given.
  EXPECT_TRUE(has(approve(c, "0%"), R"("status":"ok")"));
  EXPECT_EQ(ask(c, "approvedBuilders"), "[]");
  EXPECT_TRUE(has(order(c, bid, 1), kNotApproved));
  EXPECT_TRUE(has(order(c, bid, 0), "resting"));
}

TEST(HyperliquidBuilders, FeeLeavesTheWalletAndIsShown) {
  HyperliquidClient c;
  const exchange::Exchange& exchange = c.market.exchange();
  open_builder(c);
  approve(c, "0.1%");
  const int64_t before = exchange.wallet(c.market.client, 0).raw();
  EXPECT_TRUE(has(order(c, c.limit(true, "88000", "0.02", "Ioc"), 10), R"("avgPx":"84002.0")"));
  // 1,680.04 traded: five hundredths of a percent are the venue's, one the builder's.
  const std::string fills = ask(c, "userFills");
  EXPECT_TRUE(has(fills, R"("fee":"1.008024")")) << fills;
  EXPECT_TRUE(has(fills, R"("builderFee":"0.168004")")) << fills;
  EXPECT_EQ(before - exchange.wallet(c.market.client, 0).raw(), 100'802'400);
  EXPECT_EQ(ask(c, "userNonFundingLedgerUpdates", ",\"startTime\":0").find("withdraw"),
            std::string::npos)
      << "it is a fee";
  const auto money = c.market.desk->money(c.market.client);
  EXPECT_EQ(money.back().kind, MoneyRecord::Kind::fee);
  EXPECT_EQ(money.back().amount.raw(), -16'800'400);
  EXPECT_EQ(money.back().instrument, testing::fixture::kPerp);
  EXPECT_TRUE(has(c.info(fmt::format(R"({{"type":"referral","user":"{}"}})", kBuilder)),
                  R"("builderRewards":"0.168004")"));
  // Without a builder there is none.
  c.order(c.limit(false, "80000", "0.02", "Ioc"));
  EXPECT_EQ(ask(c, "userFills").find("builderFee"), ask(c, "userFills").rfind("builderFee"));
}

TEST(HyperliquidBuilders, OrdersThatWaitAndThatAreModifiedAreStillTheirs) {
  HyperliquidClient c;
  open_builder(c);
  approve(c, "0.1%");
  const uint64_t oid = c.number(order(c, c.limit(true, "83000", "0.01", "Gtc"), 20), "oid");
  EXPECT_TRUE(has(c.act(fmt::format(R"({{"type":"modify","oid":{},"order":{}}})", oid,
                                    c.limit(true, "88000", "0.01", "Gtc"))),
                  R"("status":"ok")"));
  EXPECT_TRUE(has(ask(c, "userFills"), R"("builderFee":"0.168004")")) << ask(c, "userFills");
  EXPECT_TRUE(has(order(c, c.trigger(false, "83000", "0.01", "sl"), 20), "resting"));
  c.market.move(82'000);
  c.market.quote();
  c.pass(2);
  const std::string fills = ask(c, "userFills");
  EXPECT_TRUE(has(fills, R"("dir":"Close Long")")) << fills;
  EXPECT_NE(fills.find("builderFee"), fills.rfind("builderFee")) << fills;
}

// All of the margin is in use when the fill comes: the fee is owed until there is money for it.
TEST(HyperliquidBuilders, WhatCannotBePaidIsOwed) {
  HyperliquidClient c;
  const exchange::Exchange& exchange = c.market.exchange();
  open_builder(c);
  approve(c, "0.1%");
  order(c, c.limit(true, "88000", "0.02", "Ioc"), 100);
  const auto free = [&] { return std::string(ask(c, "clearinghouseState")); };
  EXPECT_TRUE(has(free(), "withdrawable"));
  const Amount wallet = exchange.wallet(c.market.client, 0);
  // Everything but what the position needs goes, then a fill comes whose fee is more than is left.
  Amount left = wallet;
  for (int64_t step = wallet.raw(); step > 1'000; step /= 2) {
    const Amount part = Amount::raw(step);
    while (left > part && c.market.enter(Withdraw{c.market.client, 0, part}) == Reject::none)
      left -= part;
  }
  const Amount poor = exchange.wallet(c.market.client, 0);
  order(c, c.limit(false, "80000", "0.01", "Ioc"), 100);
  c.market.desk->settle();
  const uint64_t still = exchange.hash();
  c.market.desk->settle();
  EXPECT_EQ(exchange.hash(), still) << "nothing is asked of the exchange in vain";
  EXPECT_LE(exchange.wallet(c.market.client, 0), poor);
  c.market.must(Deposit{c.market.client, 0, testing::fixture::coins(100)});
  c.pass(2);
  c.market.desk->settle();
  Amount paid;
  for (const MoneyRecord& m : c.market.desk->money(c.market.client))
    if (m.kind == MoneyRecord::Kind::fee) paid -= m.amount;
  Amount due;
  for (const FillRecord& f : c.market.desk->fills(c.market.client)) due += f.fee + f.added_fee;
  EXPECT_EQ(paid, due);
}

// An agent trades; it names nobody who is paid, and sends no money.
TEST(HyperliquidBuilders, WalletAloneApproves) {
  HyperliquidClient c;
  const std::string stranger =
      wallet_key("0000000000000000000000000000000000000000000000000000000000000007");
  const std::string answer = approve(c, "0.01%", stranger);
  EXPECT_TRUE(has(answer, "Must deposit before performing actions. User: 0x")) << answer;
  EXPECT_EQ(max_fee(c), "0");
}

// By its fields, and so refused for what it is and not for who a wrong digest says has sent it.
TEST(HyperliquidActions, StakingIsRefusedByName) {
  HyperliquidClient c;
  const std::string nonce = std::to_string(++c.nonce);
  const std::vector<auth::TypedField> fields{{"string", "hyperliquidChain", "Mainnet"},
                                             {"uint64", "wei", "1"},
                                             {"uint64", "nonce", nonce}};
  const std::string digest = auth::user_signed_digest("CDeposit", fields, 421'614).value();
  const std::string action = fmt::format(
      R"({{"type":"cDeposit","signatureChainId":"0x66eee","hyperliquidChain":"Mainnet","wei":1,)"
      R"("nonce":{}}})",
      nonce);
  const std::string answer =
      c.ask("/exchange", c.body_of(action, c.nonce, auth::sign(digest, wallet_key()).value())).body;
  EXPECT_TRUE(has(answer, "Action is not available: cDeposit.")) << answer;
}

TEST(HyperliquidActions, WhatLibrariesSendFirst) {
  HyperliquidClient c;
  const auto act = [&](std::string_view fields) { return c.act(fmt::format("{{{}}}", fields)); };
  for (const char* taken : {R"("type":"setReferrer","code":"ABC")", R"("type":"noop")",
                            R"("type":"evmUserModify","usingBigBlocks":true)",
                            R"("type":"setDisplayName","displayName":"me")",
                            R"("type":"agentSetAbstraction","abstraction":"i")",
                            R"("type":"spotUser","toggleSpotDusting":{"optOut":true})"})
    EXPECT_TRUE(has(act(taken), R"("status":"ok")")) << taken;
  for (const auto& [refused, why] : std::vector<std::pair<std::string, std::string>>{
           {R"("type":"createSubAccount","name":"two")", "until enough volume traded"},
           {R"("type":"vaultTransfer","vaultAddress":"0xAb","isDeposit":true,"usd":5000000)",
            "Vault not registered: 0xab"},
           {R"("type":"agentSetAbstraction","abstraction":"u")", "not available"},
           {R"("type":"claimRewards")", "No rewards to claim."},
           {R"("type":"registerReferrer","code":"ABC")", "not available"}}) {
    const std::string answer = act(refused);
    EXPECT_TRUE(has(answer, R"("status":"err")") && has(answer, why)) << refused << answer;
  }
  EXPECT_EQ(c.ask("/exchange", c.sign_l1(R"({"type":"nonsense"})", ++c.nonce, wallet_key())).status,
            422);
}

// The parent is filled at once: its stops wait for the market, and say so.
TEST(HyperliquidOrders, StopsOfAFilledParentWaitForTheirTriggers) {
  HyperliquidClient c;
  const std::string answer = c.act(
      fmt::format(R"({{"type":"order","orders":[{},{},{}],"grouping":"normalTpsl"}})",
                  c.limit(true, "88000", "0.01", "Ioc"), c.trigger(false, "90000", "0.01", "tp"),
                  c.trigger(false, "80000", "0.01", "sl")));
  EXPECT_TRUE(has(answer, R"(}},"waitingForTrigger","waitingForTrigger"])")) << answer;
  EXPECT_TRUE(has(ask(c, "frontendOpenOrders"), "Take Profit Market"));
}

}  // namespace
}  // namespace delever::gateways
