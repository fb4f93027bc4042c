// Accounts, pace, and the scorecard of a bot that dies.
#include "rehearsal/rehearsal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "base/source_root.h"
#include "rehearsal/named_ports.h"

namespace delever::rehearsal {
namespace {

const rulebooks::RulebookShelf& rules_shelf() {
  static const rulebooks::RulebookShelf loaded =
      rulebooks::RulebookShelf::load(source_root() + "/rulebooks").value();
  return loaded;
}
sim::Scenario shipped() {
  return sim::Scenario::load(source_root() + "/scenarios/rehearsal.toml", rules_shelf()).value();
}

TEST(Accounts, AreReadAndChecked) {
  const auto read = read_accounts(R"([[account]]
venue = "bybit"
key = "mine"
secret = "only"
collateral = "multi"
deposits = {USDT = "25000.5", BTC = 1}
[[account]]
venue = "hyperliquid"
address = "0xABC"
deposits = {USDC = "10"}
)",
                                  "a.toml");
  ASSERT_TRUE(read.has_value()) << read.error().text();
  ASSERT_EQ(read.value().size(), 2U);
  EXPECT_EQ(read.value()[0].member.collateral, CollateralMode::multi_asset);
  EXPECT_EQ(read.value()[0].member.deposits[0].second.text(), "25000.5");
  EXPECT_EQ(read.value()[1].who.address, "0xABC");
  for (const char* broken :
       {"", "[[account]]\nvenue = \"okx\"\n",
        "[[account]]\nvenue = \"okx\"\nkey = \"k\"\nsecret = \"s\"\ndeposits = {USDT = \"-1\"}\n",
        "[[account]]\nvenue = \"okx\"\nkey = \"k\"\nsecret = \"s\"\ncolour = 1\ndeposits = {}\n"}) {
    EXPECT_FALSE(read_accounts(broken, "b.toml").has_value()) << broken;
  }
  EXPECT_EQ(read_key("okx:a:b:c").value().who.passphrase, "c");
  EXPECT_EQ(read_key("hyperliquid:0x1").value().who.address, "0x1");
  EXPECT_FALSE(read_key("okx:a").has_value());
  EXPECT_FALSE(read_key("okx").has_value());
}

TEST(Pace, GoesStopsAndSteps) {
  const auto market = [](int64_t s) { return Instant::ns(s * 1'000'000'000); };
  Pace pace(market(100), Duration::seconds(5), 60);
  EXPECT_EQ(pace.target(Duration::seconds(6)), market(160));
  pace.pause(market(160), Duration::seconds(6));
  EXPECT_EQ(pace.target(Duration::seconds(50)), market(160));
  pace.step(Duration::seconds(3));
  EXPECT_EQ(pace.target(Duration::seconds(51)), market(163));
  pace.set_speed(2, market(163), Duration::seconds(51));
  EXPECT_EQ(pace.target(Duration::seconds(60)), market(163));
  pace.resume(Duration::seconds(60));
  EXPECT_EQ(pace.target(Duration::seconds(61)), market(165));
  pace.set_speed(0, market(165), Duration::seconds(61));
  EXPECT_EQ(pace.target(Duration::seconds(61)), Instant::max());
}

TEST(NamedPorts, EachNameStandsOnceBesideItsVenue) {
  std::map<std::string_view, std::string_view> played;
  for (const VenueHost& one : venue_hosts())
    EXPECT_TRUE(played.emplace(one.host, one.face).second) << one.host;
  for (const auto& [host, face] : {std::pair{"testnet.binancefuture.com", "binance"},
                                   {"testnet.binance.vision", "binance-spot"},
                                   {"data-api.binance.vision", "binance-spot"},
                                   {"api-testnet.bybit.com", "bybit"},
                                   {"wspap.okx.com", "okx"},
                                   {"test.deribit.com", "deribit"},
                                   {"api.hyperliquid-testnet.xyz", "hyperliquid"},
                                   {"papi.binance.com", ""}})
    EXPECT_EQ(played.at(host), face) << host;
  // A line a domain: each begins with the address, and every name stands in one.
  const std::string lines = hosts_lines("127.0.0.1");
  std::set<std::string> domains;
  for (const std::string& name : host_names()) {
    EXPECT_NE(lines.find(" " + name), lines.npos) << name;
    domains.insert(name.substr(name.rfind('.', name.rfind('.') - 1) + 1));
  }
  EXPECT_GE(domains.size(), 13u);
  EXPECT_EQ(static_cast<size_t>(std::count(lines.begin(), lines.end(), '\n')), domains.size())
      << lines;
}

TEST(Scenario, MovesToAnotherDay) {
  const sim::Scenario s = shipped();
  const Instant from = Instant::parse("2026-05-01T10:20:30Z").value();
  const sim::Scenario moved = moved_to(s, from);
  EXPECT_EQ(moved.from, from);
  EXPECT_EQ(moved.to - moved.from, s.to - s.from);
  EXPECT_EQ(moved.options[0].expiry.text().substr(10), "T08:00:00Z");
  EXPECT_GT(moved.options[0].expiry, moved.from);
}

// Who asks first finds a market that has traded; what was lived is in the journal's hashes too.
TEST(Rehearsal, HasLivedWhenItIsReady) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("lived-" + std::to_string(getpid()))).string();
  std::filesystem::remove(path);
  SystemClock clock;
  net::Loop loop(clock);
  {
    Rehearsal::Options options;
    options.scenario = shipped();
    options.accounts = test_accounts();
    options.journal = path;
    const Instant from = options.scenario.from;
    auto opened = Rehearsal::open(loop, std::move(options));
    ASSERT_TRUE(opened.has_value()) << opened.error().text();
    Market& market = opened.value()->market();
    EXPECT_GE(market.now() - from, Duration::minutes(10));
    for (size_t v = 0; v < market.venues(); ++v) {
      const gateways::Desk& desk = market.desk(v);
      for (InstrumentId i = 0; i < desk.door().setup().listings.size(); ++i) {
        const exchange::Listing& listing = desk.listing(i);
        const InstrumentKind kind = listing.rules.contract->kind;
        if (kind == InstrumentKind::option) continue;
        SCOPED_TRACE(market.name(v) + " " + listing.symbol);
        EXPECT_FALSE(desk.trades(i).empty());
        EXPECT_GE(desk.candles(i, Duration::minutes(1), 100).size(), 10U);
        EXPECT_GT(desk.day(i).volume, 0);
        const BookSnapshot book = desk.book(i, 5);
        EXPECT_GE(book.bids.size(), 5U);
        EXPECT_GE(book.asks.size(), 5U);
        EXPECT_TRUE(kind == InstrumentKind::spot || desk.next_funding(i));
      }
    }
    ASSERT_TRUE(market.flush().has_value());
  }
  const auto again = Market::replay(read_journal(path).value(), rules_shelf());
  ASSERT_TRUE(again.has_value()) << again.error().text();
  EXPECT_EQ(again.value().hashes, 10U);
  std::filesystem::remove(path);
}

// A leveraged long into a fall: the card says what it lost, how near it was, and what the venue
// did.
TEST(Scorecard, SaysWhatBecameOfABot) {
  const Member member{.venue = "binance",
                      .deposits = {{"USDT", Amount::raw(20'000 * Amount::scale)}}};
  const std::string path =
      (std::filesystem::temp_directory_path() / ("scored-" + std::to_string(getpid()))).string();
  std::filesystem::remove(path);
  auto opened = Market::open(shipped(), {.members = {member}, .journal = path});
  ASSERT_TRUE(opened.has_value()) << opened.error().text();
  Market& market = *opened.value();
  const auto [venue, account] = market.members()[0];
  gateways::Desk& desk = market.desk(venue);
  desk.admit({.account = account, .key = "bot", .secret = "s", .passphrase = {}, .address = {}});
  Scorecard card(market);
  market.on_second([&] { card.on_second(); });
  const auto go = [&](int64_t seconds) {
    const Instant to = market.now() + Duration::seconds(seconds);
    while (!market.go_to(to, 100).value()) {}
  };
  go(3);
  const InstrumentId perp = *desk.find("BTCUSDT");
  ASSERT_EQ(desk.set_leverage(account, perp, Leverage::raw(50 * Leverage::scale)), Reject::none);
  SubmitOrder o;
  o.account = account;
  o.instrument = perp;
  o.type = OrderType::market;
  o.qty = Qty::nearest(5).value();
  ASSERT_EQ(desk.submit(o, "").reject, Reject::none);
  ASSERT_TRUE(market
                  .push(read_push(gateways::JsonTree::parse(
                                      R"({"push":"drop","asset":"BTC","percent":9,"seconds":30})")
                                      .value())
                            .value())
                  .has_value());
  go(120);
  const AccountCard c = card.cards()[0];
  EXPECT_EQ(c.name, "bot");
  EXPECT_NEAR(c.start, 20'000, 1e-6);
  EXPECT_LT(c.now, 5'000);
  EXPECT_GT(c.forced_orders + c.takeovers, 0U);
  EXPECT_FALSE(c.steps.empty());
  EXPECT_GT(c.fees, 100);
  ASSERT_TRUE(c.nearest);
  EXPECT_LT(*c.nearest, 0.03);
  EXPECT_NE(card.json().find("\"account\":\"bot\""), std::string::npos);
  EXPECT_NE(card.text().find("closed"), std::string::npos);
  EXPECT_TRUE(gateways::JsonTree::parse(card.json()).has_value());
  EXPECT_FALSE(card.agents().empty());

  // The journal alone says the same, as far as its last command or hash reaches.
  ASSERT_TRUE(market.flush().has_value());
  const auto scored = score(read_journal(path).value(), rules_shelf());
  ASSERT_TRUE(scored.has_value()) << scored.error().text();
  const auto json = gateways::JsonTree::parse(scored.value().json).value();
  const gateways::JsonTree& again = json["accounts"].items().at(0);
  EXPECT_EQ(again.integer("orders"), 1);
  EXPECT_EQ(again.integer("fills"), static_cast<int64_t>(c.fills));
  EXPECT_EQ(again.integer("liquidation_orders"), static_cast<int64_t>(c.forced_orders));
  EXPECT_EQ(again["steps"].items().size(), c.steps.size());
  EXPECT_TRUE(again["requests"].is_null());
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace delever::rehearsal
