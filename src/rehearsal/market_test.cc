// The market beside the clock: bots' orders and pushes at any moment, and the same again from the
// journal.
#include "rehearsal/market.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "base/random.h"
#include "base/source_root.h"
#include "gateways/statement.h"

namespace delever::rehearsal {
namespace {

const rulebooks::RulebookShelf& shelf() {
  static const rulebooks::RulebookShelf loaded =
      rulebooks::RulebookShelf::load(source_root() + "/rulebooks").value();
  return loaded;
}
sim::Scenario quiet() {
  auto loaded = sim::Scenario::load(source_root() + "/scenarios/rehearsal.toml", shelf());
  CHECK(loaded.has_value());
  return moved_to(std::move(loaded).value(), Instant::parse("2026-05-01T10:20:30Z").value());
}
Push push_of(std::string_view json) {
  return read_push(gateways::JsonTree::parse(json).value()).value();
}
std::string fresh_path(const std::string& name) {
  const auto path =
      std::filesystem::temp_directory_path() /
      (name + "-" + std::to_string(::testing::UnitTest::GetInstance()->random_seed()) + "-" +
       std::to_string(reinterpret_cast<uintptr_t>(&name)));
  std::filesystem::remove(path);
  return path.string();
}
void go(Market& market, Instant to) {
  for (;;) {
    const auto there = market.go_to(to, 100);
    ASSERT_TRUE(there.has_value()) << there.error().text();
    if (there.value()) return;
  }
}

TEST(Market, ABotsOrdersAndPushesAreReplayed) {
  const std::string path = fresh_path("rehearsal-journal");
  const Member member{.venue = "binance",
                      .deposits = {{"USDT", Amount::raw(1'000'000 * Amount::scale)}}};
  uint64_t expected = 0, commands = 0;
  size_t seconds = 0;
  {
    auto opened = Market::open(quiet(), {.seed = 3, .members = {member}, .journal = path});
    ASSERT_TRUE(opened.has_value()) << opened.error().text();
    Market& market = *opened.value();
    const auto [venue, account] = market.members()[0];
    gateways::Desk& desk = market.desk(venue);
    desk.admit({.account = account, .key = "K", .secret = "S", .passphrase = {}, .address = {}});
    const InstrumentId perp = *desk.find("BTCUSDT");
    const Instant from = market.now();
    Random random(11, {});
    for (int k = 0; k < 600; ++k) {
      const Instant at = from + Duration::ms(200 * k + static_cast<int64_t>(random.below(200)));
      if (k % 3 == 0)
        (void)market.go_to(at, 2);  // as far as two pieces of work reach
      else
        go(market, at);
      SubmitOrder o;
      o.account = account;
      o.instrument = perp;
      o.side = random.chance(0.5) ? Side::buy : Side::sell;
      o.type = OrderType::market;
      o.qty = Qty::nearest(0.01).value();
      if (k % 50 == 10) {
        o.type = OrderType::stop_market;
        o.side = Side::sell;
        o.trigger =
            Price::raw(market.desk(venue).door().exchange().mark(perp)->raw() / Price::scale *
                       Price::scale * 1'001 / 1'000 / 1'000'000'000 * 1'000'000'000);
        desk.submit(
            gateways::OrderRequest{.order = o, .client_id = {}, .tag = {}, .take_profit = true});
      } else {
        desk.submit(o, "");
      }
      static const std::map<int, const char*> pushes = {
          {100, R"({"push":"drop","asset":"BTC","percent":4,"seconds":30})"},
          {200, R"({"push":"withdraw","percent":90,"seconds":10})"},
          {300, R"({"push":"halt","venue":"binance","seconds":4})"}};
      const auto push = pushes.find(k);
      if (push != pushes.end()) { ASSERT_TRUE(market.push(push_of(push->second)).has_value()); }
    }
    go(market, from + Duration::seconds(125));
    EXPECT_EQ(market.desk(venue).door().exchange().imbalance(0).raw(), 0);
    commands = market.commands();
    EXPECT_GT(commands, 400U);
    EXPECT_GT(desk.fills(account).size(), 300U);
    const auto& world = market.simulation().world();
    EXPECT_LT(world.assets[0].price, 84'000 * 0.98);
    go(market, from + Duration::seconds(180) - Duration::ns(1));
    go(market, from + Duration::seconds(180));
    expected = market.simulation().state_hash();
    seconds = market.simulation().second();
    ASSERT_TRUE(market.flush().has_value());
  }
  const auto journal = read_journal(path);
  ASSERT_TRUE(journal.has_value()) << journal.error().text();
  EXPECT_EQ(journal.value().pushes.size(), 3U);
  const auto again = Market::replay(journal.value(), shelf());
  ASSERT_TRUE(again.has_value()) << again.error().text();
  EXPECT_EQ(again.value().commands, commands);
  EXPECT_EQ(again.value().seconds, seconds);
  EXPECT_EQ(again.value().hashes, 3U);
  EXPECT_EQ(again.value().hash, journal.value().hashes.back().second);
  (void)expected;

  Journal other = journal.value();
  other.commands.erase(other.commands.begin() + 5);
  EXPECT_FALSE(Market::replay(other, shelf()).has_value());
  EXPECT_FALSE(JournalWriter::create(path, other.head).has_value());  // written once
  std::filesystem::remove(path);
}

// A refused order changed nothing, and has to be refused again, for the same reason.
TEST(Market, RefusedOrdersAreReplayed) {
  const std::string path = fresh_path("rehearsal-refused");
  {
    const Member member{.venue = "binance",
                        .deposits = {{"USDT", Amount::raw(10'000 * Amount::scale)}}};
    auto opened = Market::open(quiet(), {.seed = 3, .members = {member}, .journal = path});
    ASSERT_TRUE(opened.has_value()) << opened.error().text();
    Market& market = *opened.value();
    const auto [venue, account] = market.members()[0];
    gateways::Desk& desk = market.desk(venue);
    desk.admit({.account = account, .key = "K", .secret = "S", .passphrase = {}, .address = {}});
    const Instant from = market.now();
    for (int k = 0; k < 20; ++k) {
      go(market, from + Duration::seconds(3 * k));
      SubmitOrder o;
      o.account = account;
      o.instrument = *desk.find("BTCUSDT");
      o.type = OrderType::market;
      o.qty = Qty::nearest(k % 2 == 0 ? 0.01 : 5).value();  // 5: more than there is margin for
      EXPECT_EQ(desk.submit(o, "").reject, k % 2 == 0 ? Reject::none : Reject::not_enough_margin);
    }
    go(market, from + Duration::seconds(61));
    ASSERT_TRUE(market.flush().has_value());
  }
  const auto journal = read_journal(path);
  ASSERT_TRUE(journal.has_value()) << journal.error().text();
  const auto again = Market::replay(journal.value(), shelf());
  ASSERT_TRUE(again.has_value()) << again.error().text();
  EXPECT_EQ(again.value().commands, 10U);
  EXPECT_EQ(again.value().refused, 10U);
  Journal changed = journal.value();
  for (Entered& e : changed.commands) {
    if (e.refused != Reject::none) e.refused = Reject::expired;
  }
  EXPECT_FALSE(Market::replay(changed, shelf()).has_value());
  std::filesystem::remove(path);
}

// Before: makers left at a move of 60 usual deviations, came back two minutes later at the new
// price, which was a move of its own, and left again: no book of the coin had an order for minutes.
TEST(Market, AFallThinsTheBooksAndDoesNotEmptyThem) {
  auto opened = Market::open(quiet(), {.seed = 3});
  ASSERT_TRUE(opened.has_value()) << opened.error().text();
  Market& market = *opened.value();
  const Instant from = market.now();
  go(market, from + Duration::seconds(30));
  ASSERT_TRUE(market.push(push_of(R"({"push":"drop","asset":"BTC","percent":10,"seconds":10})"))
                  .has_value());
  size_t asked = 0, one_sided = 0;
  for (int second = 31; second < 180; ++second) {
    go(market, from + Duration::seconds(second));
    for (const char* venue : {"binance", "bybit", "okx", "binance-spot"}) {
      const gateways::Desk& desk = market.desk(*market.find(venue));
      const std::string symbol = std::string(venue) == "okx" ? "BTC-USDT-SWAP" : "BTCUSDT";
      const BookSnapshot best = desk.door().exchange().depth(*desk.find(symbol), 1);
      ++asked;
      one_sided += best.bids.empty() || best.asks.empty();
    }
  }
  EXPECT_LT(one_sided * 50, asked) << one_sided << " of " << asked;
  EXPECT_LT(market.simulation().world().assets[0].price, 84'000 * 0.93);
}

// Who holds the coin as collateral loses margin by a depeg, whatever the position is of; who holds
// dollars does not.
TEST(Market, ADepegTakesCollateralAway) {
  const auto money = [](int64_t n) { return Amount::raw(n * Amount::scale); };
  const Member holds{.venue = "binance",
                     .collateral = CollateralMode::multi_asset,
                     .deposits = {{"ETH", money(20)}, {"USDT", money(10'000)}}};
  const Member plain{.venue = "binance", .deposits = {{"USDT", money(64'000)}}};
  auto opened = Market::open(quiet(), {.seed = 3, .members = {holds, plain}});
  ASSERT_TRUE(opened.has_value()) << opened.error().text();
  Market& market = *opened.value();
  gateways::Desk& desk = market.desk(market.members()[0].first);
  const AccountId rich = market.members()[0].second, poor = market.members()[1].second;
  for (const AccountId account : {rich, poor}) {
    desk.admit({.account = account,
                .key = std::to_string(static_cast<uint32_t>(account)),
                .secret = "S",
                .passphrase = {},
                .address = {}});
    SubmitOrder o;
    o.account = account;
    o.instrument = *desk.find("BTCUSDT");
    o.type = OrderType::market;
    o.qty = Qty::nearest(0.5).value();
    EXPECT_EQ(desk.submit(o, "").reject, Reject::none);
  }
  const auto equity = [&](AccountId account) {
    const gateways::Statement s = gateways::statement_of(desk, account);
    return s.equity - s.profit;
  };
  const double before = equity(rich), others = equity(poor);
  const double eth = market.simulation().world().assets[1].price;
  const Instant from = market.now();
  ASSERT_TRUE(market.push(push_of(R"({"push":"depeg","asset":"ETH","percent":30,"seconds":30})"))
                  .has_value());
  go(market, from + Duration::seconds(120));
  const double now = market.simulation().world().assets[1].price;
  EXPECT_LT(now, eth * 0.75);
  // By as much as the coins lost; the index follows within its venues' spreads.
  EXPECT_NEAR(before - equity(rich), 20 * (eth - now), 20 * eth * 0.02);
  EXPECT_NEAR(equity(poor), others, others * 1e-3);
  EXPECT_EQ(desk.door().exchange().imbalance(0).raw(), 0);
}

TEST(Market, PushesAreChecked) {
  auto opened = Market::open(quiet(), {});
  ASSERT_TRUE(opened.has_value()) << opened.error().text();
  Market& market = *opened.value();
  EXPECT_FALSE(market.push(push_of(R"({"push":"drop","asset":"XYZ"})")).has_value());
  EXPECT_FALSE(market.push(push_of(R"({"push":"halt","venue":"nowhere"})")).has_value());
  EXPECT_TRUE(market.push(push_of(R"({"push":"delay","venue":"bybit","ms":5})")).has_value());
  for (const char* json : {R"({"push":"fly"})", R"({"push":"drop"})", "[]",
                           R"({"push":"drop","asset":"BTC","percent":100})",
                           R"({"push":"drop","asset":"BTC","seconds":-1})"}) {
    EXPECT_FALSE(read_push(gateways::JsonTree::parse(json).value()).has_value()) << json;
  }
  const Push push = push_of(R"({"push":"drop","asset":"BTC","percent":2.5,"seconds":9})");
  EXPECT_EQ(push_json(push_of(push_json(push))), push_json(push));
}

TEST(Market, BrokenJournalsAreRefused) {
  for (const std::string text :
       {"", "nothing\n", "delever rehearsal 1\nseed x\n", "delever rehearsal 1\nc 1 2 3\n",
        "delever rehearsal 1\nscenario a zz\n", "delever rehearsal 1\nseed 1\n"}) {
    const std::string path = fresh_path("rehearsal-broken");
    {
      const FileHandle file = open_file(path, FileUse::append).value();
      std::fwrite(text.data(), 1, text.size(), file.get());
    }
    EXPECT_FALSE(read_journal(path).has_value()) << text;
    std::filesystem::remove(path);
  }
}

}  // namespace
}  // namespace delever::rehearsal
