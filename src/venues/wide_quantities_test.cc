// Goal: quantities beyond 64 bits of 1e-8, as the cheapest coins have them, at every venue.
#include <gtest/gtest.h>

#include "codec/book.h"
#include "venues/registry.h"
#include "venues/wire_testing.h"

namespace delever::venues {
namespace {

using venues::fixture::Collected;

constexpr std::string_view kWide = "310000000000.5";

struct Heard {
  const char *decoder, *category, *text;
};

struct Read {
  explicit Read(const Heard& heard) {
    codec::StreamSettings settings;
    if (heard.category[0] != 0) settings["category"] = heard.category;
    auto decoder = make_decoder(heard.decoder, settings, instruments, 3).value();
    venues::fixture::decode_text(*decoder, heard.text, sink,
                                 Instant::ns(1'772'409'601'000'000'000));
    EXPECT_TRUE(sink.undecoded.empty())
        << heard.text << (sink.undecoded.empty() ? "" : sink.undecoded[0].why.text());
  }
  Instruments instruments;
  Collected sink;
};

TEST(WideQuantities, InBooks) {
  for (const Heard& heard : {
           Heard{"binance-spot", "",
                 R"({"e":"depthUpdate","E":1772409600000,"s":"BTTCUSDT","U":1,"u":2,)"
                 R"("b":[["0.0000004","310000000000.5"]],"a":[["0.0000005","2"]]})"},
           Heard{"bybit", "spot",
                 R"({"topic":"orderbook.50.BTTUSDT","type":"snapshot","ts":1772409600000,)"
                 R"("data":{"s":"BTTUSDT","b":[["0.0000004","310000000000.5"]],)"
                 R"("a":[["0.0000005","2"]],"u":5,"seq":7},"cts":1772409600000})"},
           Heard{"okx", "",
                 R"({"arg":{"channel":"books","instId":"SATS-USDT"},"action":"snapshot","data":[)"
                 R"({"asks":[["0.0000005","2","0","1"]],"bids":[["0.0000004","310000000000.5",)"
                 R"("0","1"]],"ts":"1772409600000","checksum":1384189853,"seqId":5,)"
                 R"("prevSeqId":-1}]})"},
           Heard{"hyperliquid", "",
                 R"({"channel":"l2Book","data":{"coin":"kBONK","time":1772409600000,"levels":[[)"
                 R"({"px":"0.0000004","sz":"310000000000.5","n":1}],[{"px":"0.0000005","sz":"2",)"
                 R"("n":1}]]}})"},
       }) {
    Read read(heard);
    ASSERT_EQ(read.sink.events.size(), 1u) << heard.decoder;
    const auto* delta = std::get_if<BookDelta>(&read.sink.events[0].payload);
    const auto* snapshot = std::get_if<BookSnapshot>(&read.sink.events[0].payload);
    ASSERT_TRUE(delta || snapshot) << heard.decoder;
    const Level& best = (delta ? delta->bids : snapshot->bids).at(0);
    EXPECT_EQ(best.qty.text(), kWide) << heard.decoder;
    EXPECT_EQ(best.qty_digits, 1) << heard.decoder;
    if (!snapshot) continue;
    Collected gaps;  // OKX: the checksum is over the very text
    codec::BookBuilder books(read.instruments, gaps);
    books.on_event(read.sink.events[0]);
    EXPECT_TRUE(gaps.events.empty()) << heard.decoder;
    const codec::Book* book = books.book(read.sink.events[0].instrument);
    ASSERT_TRUE(book) << heard.decoder;
    EXPECT_EQ(book->bids().best().qty.text(), kWide) << heard.decoder;
  }
}

TEST(WideQuantities, InTradesAndOpenInterest) {
  for (const Heard& heard :
       {Heard{"binance-usdm", "",
              R"({"e":"aggTrade","E":1772409600000,"s":"1000SATSUSDT","a":5,"p":"0.0000004",)"
              R"("q":"310000000000.5","f":1,"l":2,"T":1772409600000,"m":true})"},
        Heard{"bybit", "linear",
              R"({"topic":"publicTrade.10000SATSUSDT","type":"snapshot","ts":1772409600000,)"
              R"("data":[{"T":1772409600000,"s":"10000SATSUSDT","S":"Buy","v":"310000000000.5",)"
              R"("p":"0.0000004","L":"PlusTick","i":"a","BT":false}]})"},
        Heard{"okx", "",
              R"({"arg":{"channel":"trades","instId":"SATS-USDT"},"data":[{"instId":"SATS-USDT",)"
              R"("tradeId":"7","px":"0.0000004","sz":"310000000000.5","side":"sell","ts":)"
              R"("1772409600000","count":"1"}]})"},
        Heard{"hyperliquid", "",
              R"({"channel":"trades","data":[{"coin":"kBONK","side":"A","px":"0.0000004","sz":)"
              R"("310000000000.5","hash":"0x0","time":1772409600000,"tid":9,"users":["0x1","0x2"])"
              R"(}]})"}}) {
    Read read(heard);
    ASSERT_EQ(read.sink.events.size(), 1u) << heard.decoder;
    EXPECT_EQ(std::get<Trade>(read.sink.events[0].payload).qty.text(), kWide) << heard.decoder;
  }
  Read open({"okx", "",
             R"({"arg":{"channel":"open-interest","instId":"PEPE-USDT-SWAP"},"data":[{"instType":)"
             R"("SWAP","instId":"PEPE-USDT-SWAP","oi":"310000000000.5","oiCcy":"1","oiUsd":"1",)"
             R"("ts":"1772409600000"}]})"});
  EXPECT_EQ(open.sink.all<OpenInterest>().at(0).contracts->text(), kWide);
  Read forced({"bybit", "linear",
               R"({"topic":"allLiquidation.10000SATSUSDT","type":"snapshot","ts":1772409600000,)"
               R"("data":[{"T":1772409600000,"s":"10000SATSUSDT","S":"Buy","v":"310000000000.5",)"
               R"("p":"0.0000004"}]})"});
  EXPECT_EQ(forced.sink.all<Liquidation>().at(0).filled_qty->text(), kWide);
}

}  // namespace
}  // namespace delever::venues
