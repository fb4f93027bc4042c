#include "venues/simulated/simulated.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "venues/registry.h"
#include "venues/wire_testing.h"

namespace delever::venues::simulated {
namespace {

using venues::fixture::Collected;
using venues::fixture::decode_text;

constexpr std::string_view kPerpetual =
    R"({"channel":"instrument","symbol":"BTCUSDT","time":1769644800000000000,"kind":"linear",)"
    R"("base":"BTC",)"
    R"("quote":"USDT","settle":"USDT","size":"1","tick":"0.1","step":"0.001",)"
    R"("funding_interval":28800000000000})";

struct Simulated : testing::Test {
  Instruments instruments;
  std::unique_ptr<codec::Decoder> decoder =
      make_decoder("simulated", {{"venue", "binance"}}, instruments, 4).value();
  Collected seen;
  void decode(std::string_view text) {
    decode_text(*decoder, text, seen, Instant::ns(1769644801000000000));
  }
};

TEST_F(Simulated, ReadsEveryChannelThatIsWritten) {
  decode(kPerpetual);
  ASSERT_EQ(instruments.size(), 1U);
  EXPECT_EQ(instruments[0].name(), "BTC-USDT-PERP");
  EXPECT_EQ(instruments[0].venue, "binance");
  EXPECT_EQ(instruments[0].contract_size->text(), "1");
  EXPECT_EQ(instruments[0].funding_interval, Duration::hours(8));

  decode(
      R"({"channel":"trade","symbol":"BTCUSDT","data":[[1769644800200000000,"89300.1","0.5","buy",)"
      R"("1"],)"
      R"([1769644800300000000,"89300","0.25","sell","2"]]})");
  const auto trades = seen.all<Trade>();
  ASSERT_EQ(trades.size(), 2U);
  EXPECT_EQ(trades[0].price.text(), "89300.1");
  EXPECT_EQ(trades[1].taker_side, Side::sell);
  EXPECT_EQ(seen.events[2].at, Instant::ns(1769644800300000000));

  decode(
      R"({"channel":"quote","symbol":"BTCUSDT","time":1769644801000000000,"bid":["89299.9","1.5"],)"
      R"("ask":null})");
  ASSERT_EQ(seen.all<Quote>().size(), 1U);
  EXPECT_EQ(seen.all<Quote>()[0].bid_qty->text(), "1.5");
  EXPECT_FALSE(seen.all<Quote>()[0].ask_price.has_value());

  decode(R"({"channel":"ticker","symbol":"BTCUSDT","time":1769644801000000000,"mark":"89301",)"
         R"("index":"89302.5",)"
         R"("open_interest":"50000.125"})");
  EXPECT_EQ(seen.all<MarkPrice>()[0].price.text(), "89301");
  EXPECT_EQ(seen.all<IndexPrice>()[0].price.text(), "89302.5");
  EXPECT_EQ(seen.all<OpenInterest>()[0].contracts->text(), "50000.125");

  decode(R"({"channel":"book","symbol":"BTCUSDT","time":1769644860000000000,"bids":[["89299.9",)"
         R"("1.5"],["89299",)"
         R"("2"]],"asks":[]})");
  EXPECT_EQ(seen.all<BookSnapshot>()[0].bids.size(), 2U);

  decode(
      R"({"channel":"liquidation","symbol":"BTCUSDT","time":1769644861000000000,"position":"long",)"
      R"("price":"89000","qty":"3"})");
  EXPECT_EQ(seen.all<Liquidation>()[0].position_side, PositionSide::long_side);
  EXPECT_EQ(seen.all<Liquidation>()[0].feed, LiquidationFeed::complete);

  decode(R"({"channel":"funding","symbol":"BTCUSDT","time":1769673600000000000,"rate":"0.0001",)"
         R"("interval":28800000000000,"settles":1769673600000000000})");
  EXPECT_EQ(seen.all<FundingRate>()[0].rate.text(), "0.0001");
  EXPECT_EQ(seen.all<FundingRate>()[0].interval, Duration::hours(8));

  decode(R"({"channel":"instrument","symbol":"BTC-30JAN26-90000-C","time":1769644800000000000,)"
         R"("kind":"option",)"
         R"("base":"BTC","quote":"USD","settle":"BTC","size":"1","expiry":1769760000000000000,)"
         R"("strike":"90000","type":"call"})");
  decode(R"({"channel":"option","symbol":"BTC-30JAN26-90000-C","time":1769644860000000000,)"
         R"("mark":"0.0123",)"
         R"("mark_iv":0.4,"underlying":89300.5,"open_interest":"2818.5"})");
  EXPECT_EQ(instruments[1].name(), "BTC-USD-260130-90000-C@BTC");
  EXPECT_EQ(seen.all<OptionQuote>()[0].open_interest->text(), "2818.5");
  decode(R"({"channel":"status","symbol":"BTC-30JAN26-90000-C","time":1769760000000000000,)"
         R"("status":"settled at 82400"})");
  EXPECT_EQ(seen.all<InstrumentListed>().back().status, "settled at 82400");
  EXPECT_TRUE(seen.undecoded.empty());
}

TEST_F(Simulated, WhatIsWrongIsSaidAndGivesNoEvent) {
  decode(kPerpetual);
  const size_t before = seen.events.size();
  for (const std::string_view text :
       {R"({"channel":"trade","symbol":"ETHUSDT","data":[]})",
        R"({"channel":"trade","symbol":"BTCUSDT","data":[[1,"89300.1","0.5","bought","1"]]})",
        R"({"channel":"trade","symbol":"BTCUSDT","data":[[1,"89300.1","0.5","buy"]]})",
        R"({"channel":"quote","symbol":"BTCUSDT","time":1,"bid":["x","1"],"ask":null})",
        R"({"channel":"liquidation","symbol":"BTCUSDT","time":1,"position":"flat","price":"1",)"
        R"("qty":"1"})",
        R"({"channel":"instrument","symbol":"X","time":1,"kind":"option","base":"BTC",)"
        R"("quote":"USD",)"
        R"("settle":"BTC"})"}) {
    decode(text);
    EXPECT_EQ(seen.events.size(), before) << text;
  }
  EXPECT_EQ(seen.undecoded.size(), 6U);
  decode(R"({"channel":"weather","symbol":"BTCUSDT","time":1})");
  EXPECT_EQ(decoder->counts().unknown_channels.at("weather"), 1U);
}

std::string said(const Event& e) {
  const auto text = [](const auto& value) { return value ? value->text() : std::string("-"); };
  std::string out = fmt::format("{} {} {} {} ", e.payload.index(),
                                static_cast<uint32_t>(e.instrument), e.at.ns(), e.received.ns());
  if (const auto* t = std::get_if<Trade>(&e.payload))
    out += fmt::format("{} {} {} {} {}", t->price.text(), t->qty.text(), t->taker_side == Side::buy,
                       t->id, t->aggregated || t->block || t->index_price.has_value());
  if (const auto* q = std::get_if<Quote>(&e.payload))
    out += fmt::format("{} {} {} {}", text(q->bid_price), text(q->bid_qty), text(q->ask_price),
                       text(q->ask_qty));
  if (const auto* m = std::get_if<MarkPrice>(&e.payload)) out += m->price.text();
  if (const auto* i = std::get_if<IndexPrice>(&e.payload)) out += i->price.text();
  if (const auto* o = std::get_if<OpenInterest>(&e.payload)) out += text(o->contracts);
  return out + "\n";
}

// A blank behind a message sends it to the JSON reader.
struct Both {
  explicit Both(bool blank) : end(blank ? " " : "") { decode(kPerpetual); }
  std::string decode(std::string_view line) {
    Collected seen;
    decode_text(*decoder, std::string(line) + end, seen, Instant::ns(1769644801000000000));
    std::string out;
    for (const Event& event : seen.events) out += said(event);
    for (const auto& one : seen.undecoded) out += one.why.text() + "\n";
    return out;
  }
  std::string end;
  Instruments instruments;
  std::unique_ptr<codec::Decoder> decoder =
      make_decoder("simulated", {{"venue", "binance"}}, instruments, 4).value();
};

TEST(SimulatedDecoder, TheUsualSpellingSaysWhatAnyOtherDoes) {
  Random random(9, {});
  const auto digits = [&](uint64_t most) {
    std::string out = std::to_string(random.below(most));
    if (random.chance(0.6)) out += "." + std::to_string(1 + random.below(99'999));
    return out;
  };
  const auto time = [&] {
    return std::to_string(1'769'644'800'000'000'000 + random.below(1 << 30));
  };
  const auto side = [&] {
    return random.chance(0.1) ? std::string("null")
                              : "[\"" + digits(100'000) + "\",\"" + digits(900) + "\"]";
  };
  const auto line = [&]() -> std::string {
    const std::string symbol = R"(,"symbol":"BTCUSDT",)";
    switch (random.below(3)) {
      case 0:
        return R"({"channel":"quote")" + symbol + R"("time":)" + time() + R"(,"bid":)" + side() +
               R"(,"ask":)" + side() + "}";
      case 1: {
        std::string out = R"({"channel":"ticker")" + symbol + R"("time":)" + time();
        for (const char* name : {"mark", "index", "open_interest"}) {
          if (random.chance(0.7)) out += fmt::format(R"(,"{}":"{}")", name, digits(100'000));
        }
        return out + "}";
      }
      default: {
        std::string out = R"({"channel":"trade")" + symbol + R"("data":[)";
        for (uint64_t n = 0, all = random.below(4); n < all; ++n)
          out += fmt::format(R"({}[{},"{}","{}","{}","{}"])", n ? "," : "", time(), digits(100'000),
                             digits(50), random.chance(0.5) ? "buy" : "sell", random.below(10'000));
        return out + "]}";
      }
    }
  };
  Both plain(false), other(true);
  constexpr std::string_view kOdd = R"(0123456789.,:"[]{}-+eE\ nulbuyse)";
  int undecoded = 0, events = 0;
  for (int i = 0; i < 60'000; ++i) {
    std::string text = line();
    for (uint64_t changes = random.below(3); changes > 0 && i % 2 == 1; --changes) {
      const size_t at = random.below(text.size());
      const char odd = kOdd[random.below(kOdd.size())];
      switch (random.below(3)) {
        case 0:
          text[at] = odd;
          break;
        case 1:
          text.insert(at, 1, odd);
          break;
        default:
          text.erase(at, 1);
      }
    }
    const std::string found = plain.decode(text);
    ASSERT_EQ(found, other.decode(text)) << text;
    undecoded += found.find(": ") != found.npos;
    events += !found.empty();
  }
  EXPECT_GT(events, 40'000);
  EXPECT_GT(undecoded, 5'000);
  const codec::DecodeCounts &a = plain.decoder->counts(), &b = other.decoder->counts();
  EXPECT_EQ(a.messages, b.messages);
  EXPECT_EQ(a.events, b.events);
  EXPECT_TRUE(a.no_event == b.no_event && a.undecoded == b.undecoded);
  EXPECT_TRUE(a.unknown_channels == b.unknown_channels);
}

TEST(SimulatedDecoder, PassesOverWhatNobodyAskedFor) {
  Both all(false), asked(false);
  asked.decoder->ask_only([](const Instrument& i) { return i.base == "BTC"; });
  const auto listing = [](const char* symbol, const char* base) {
    return fmt::format(
        R"({{"channel":"instrument","symbol":"{}","kind":"linear","base":"{}","quote":"USDT",)"
        R"("settle":"USDT","time":1769644800000000000}})",
        symbol, base);
  };
  const auto trade = [](const char* symbol) {
    return fmt::format(
        R"({{"channel":"trade","symbol":"{}","data":[[1769644800000000000,"2","3","buy","4"]]}})",
        symbol);
  };
  const auto funding = [](const char* symbol) {
    return fmt::format(
        R"({{"channel":"funding","symbol":"{}","time":1769644800000000000,"rate":"0.0001",)"
        R"("interval":28800000000000,"settles":1769644800000000000}})",
        symbol);
  };
  // Described as another coin, it is asked for from then on; what was asked for stays so.
  const auto both = [&](const std::string& text, bool told) {
    const std::string whole = all.decode(text);
    EXPECT_FALSE(whole.empty()) << text;
    EXPECT_EQ(asked.decode(text), told ? whole : "") << text;
  };
  both(listing("BTCUSDT", "BTC"), true);
  both(listing("XETHUSDT", "ETH"), true);
  both(trade("BTCUSDT"), true);
  both(trade("XETHUSDT"), false);
  both(funding("XETHUSDT"), false);
  both(funding("BTCUSDT"), true);
  both(trade("UNKNOWN"), true);
  both(listing("XETHUSDT", "BTC"), true);
  both(trade("XETHUSDT"), true);
  both(listing("XETHUSDT", "ETH"), true);
  both(funding("XETHUSDT"), true);
  EXPECT_EQ(asked.decoder->counts().passed, 2u);
  EXPECT_EQ(asked.decoder->counts().messages, all.decoder->counts().messages);
}

TEST(SimulatedDecoder, NeedsTheVenuesName) {
  Instruments instruments;
  EXPECT_FALSE(make_decoder("simulated", {}, instruments, 1).has_value());
}

}  // namespace
}  // namespace delever::venues::simulated
