// MadeTape: a day at a venue, made up as it is read: two books with their sequence numbers, trades,
// and the base of each book where the venue hands it out by REST. It remembers what each book was
// after each number.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/random.h"
#include "base/text.h"
#include "codec/book.h"
#include "codec/decoder.h"
#include "tape/tape.h"

namespace delever::outside {

// What a book is, by symbol and sequence number.
using BookTruth = std::map<std::pair<std::string, uint64_t>, uint64_t>;

inline uint64_t book_hash(const codec::Book& book) {
  Hasher hash;
  for (const codec::Ladder* side : {&book.bids(), &book.asks()}) {
    hash.add(side->size());
    for (size_t i = 0; i < side->size(); ++i) {
      hash.add(static_cast<uint64_t>((*side)[i].price.raw()));
      hash.add(static_cast<uint64_t>((*side)[i].qty.raw()));
    }
  }
  return hash.digest();
}

inline uint64_t text_hash(std::string_view text) {
  Hasher hash;
  hash.add(text);
  return hash.digest();
}

class MadeTape final : public tape::TapeReader {
 public:
  struct Options {
    std::string market;
    uint64_t seed = 1;
    double hours = 1;
    double pace = 4;  // seconds between frames of a book
    Instant from;
    bool checksums = false;    // OKX's books, as until June 2026
    bool small_steps = false;  // a change has one number or two
    double flurry = 0;         // share of trades that are a row
  };
  MadeTape(Options options, BookTruth* truth)
      : options_(std::move(options)), random_(options_.seed, {.stream = 2}), truth_(truth) {
    const std::string decoder = options_.market.substr(0, options_.market.find(':'));
    tape::StreamInfo all{.name = "made", .venue = "made", .channel = "made", .decoder = decoder};
    if (decoder == "bybit") all.settings["category"] = "linear";
    streams_.push_back(all);
    at_ = options_.from;
    to_ = at_ + Duration::seconds(static_cast<int64_t>(options_.hours * 3600));
    for (const char* coin : {"BTC", "ETH"}) begin_book(coin);
  }

  const std::vector<tape::StreamInfo>& streams() const override { return streams_; }
  const std::vector<tape::TapeGap>& gaps() const override { return gaps_; }
  Result<std::optional<tape::TapeMessage>> next() override {
    while (waiting_.empty()) {
      if (at_ >= to_) return std::optional<tape::TapeMessage>();
      step();
    }
    current_ = std::move(waiting_.front().second);
    const tape::StreamNumber stream = waiting_.front().first;
    waiting_.pop_front();
    const size_t size = current_.size();
    current_.append(codec::kPadding, '\0');
    return std::optional(tape::TapeMessage{
        .stream = stream, .received = at_, .bytes = std::string_view(current_).substr(0, size)});
  }

 private:
  struct Side {
    std::map<int, int> levels;  // price and size in small units
  };
  struct MadeBook {
    std::string coin, symbol;
    codec::Book book;
    Side bids, asks;
    uint64_t last = 0;
    tape::StreamNumber rest = 0;
  };

  std::string symbol_of(std::string_view coin) const {
    if (options_.market == "okx") return fmt::format("{}-USDT-SWAP", coin);
    if (options_.market == "deribit") return fmt::format("{}-PERPETUAL", coin);
    if (options_.market == "hyperliquid") return std::string(coin);
    return fmt::format("{}USDT", coin);
  }

  void begin_book(const char* coin) {
    MadeBook made{.coin = coin, .symbol = symbol_of(coin)};
    made.last = 1000 + random_.below(1000);
    for (int i = 0; i < 12; ++i) {
      made.bids.levels[60'000 - i * 3] = 1 + static_cast<int>(random_.below(900));
      made.asks.levels[60'010 + i * 3] = 1 + static_cast<int>(random_.below(900));
    }
    const bool rest = options_.market.starts_with("binance-");
    if (rest) {
      const std::string path =
          options_.market == "binance-spot" ? "/api/v3/depth" : "/fapi/v1/depth";
      const std::string more = options_.market == "binance-spot" ? "&limit=1000" : "";
      tape::StreamInfo info = streams_[0];
      info.name = "made " + made.symbol;
      info.settings["request"] = fmt::format("{}?symbol={}{}", path, made.symbol, more);
      streams_.push_back(info);
      made.rest = static_cast<tape::StreamNumber>(streams_.size());
    }
    books_.push_back(std::move(made));
    MadeBook& book = books_.back();
    remember(book);
    waiting_.emplace_back(rest ? book.rest : 1, whole(book));
  }

  // Of the book as it is after the change.
  std::string checksum(const MadeBook& b) const {
    return options_.checksums ? fmt::format(R"("checksum":{},)", codec::okx_checksum(book_of(b)))
                              : std::string();
  }

  static std::string price(int units) { return fmt::format("{}.{}", units / 10, units % 10); }
  static std::string size(int units) { return fmt::format("0.{:03}", units); }

  // Levels as this venue writes them.
  std::string levels(const std::vector<std::pair<int, int>>& rows) const {
    std::string out;
    for (const auto& [p, q] : rows) {
      if (!out.empty()) out += ",";
      const std::string s = q == 0 ? "0" : size(q);
      if (options_.market == "okx") {
        out += fmt::format(R"(["{}","{}","0","1"])", price(p), s);
      } else if (options_.market == "deribit") {
        out += fmt::format(R"(["{}",{},{}])", q == 0 ? "delete" : "change", price(p),
                           q == 0 ? "0.0" : s);
      } else if (options_.market == "hyperliquid") {
        out += fmt::format(R"({{"px":"{}","sz":"{}","n":1}})", price(p), s);
      } else {
        out += fmt::format(R"(["{}","{}"])", price(p), s);
      }
    }
    return "[" + out + "]";
  }
  static std::vector<std::pair<int, int>> rows(const Side& side, bool bid) {
    std::vector<std::pair<int, int>> out(side.levels.begin(), side.levels.end());
    if (bid) std::reverse(out.begin(), out.end());
    return out;
  }

  std::string whole(const MadeBook& b) const {
    const std::string bids = levels(rows(b.bids, true)), asks = levels(rows(b.asks, false));
    const int64_t ms = at_.ms();
    if (options_.market.starts_with("binance-"))
      return fmt::format(R"({{"lastUpdateId":{},"E":{},"T":{},"bids":{},"asks":{}}})", b.last, ms,
                         ms, bids, asks);
    if (options_.market == "okx")
      return fmt::format(
          R"({{"arg":{{"channel":"books","instId":"{}"}},"action":"snapshot","data":[{{"asks":{},)"
          R"("bids":{},"ts":"{}",{}"seqId":{},"prevSeqId":-1}}]}})",
          b.symbol, asks, bids, ms, checksum(b), b.last);
    if (options_.market == "deribit") return deribit(b, "snapshot", bids, asks, "");
    if (options_.market == "hyperliquid")
      return fmt::format(
          R"({{"channel":"l2Book","data":{{"coin":"{}","time":{},"levels":[{},{}]}}}})", b.symbol,
          ms, bids, asks);
    return bybit(b, "snapshot", bids, asks);
  }
  std::string bybit(const MadeBook& b, std::string_view type, std::string_view bids,
                    std::string_view asks) const {
    return fmt::format(
        R"({{"topic":"orderbook.200.{}","type":"{}","ts":{},"data":{{"s":"{}","b":{},"a")"
        R"(:{},"u":{},)"
        R"("seq":{}}},"cts":{}}})",
        b.symbol, type, at_.ms(), b.symbol, bids, asks, b.last, b.last * 7, at_.ms());
  }
  std::string deribit(const MadeBook& b, std::string_view type, std::string_view bids,
                      std::string_view asks, std::string_view previous) const {
    return fmt::format(
        R"({{"jsonrpc":"2.0","method":"subscription","params":{{"channel":"book.{}.100ms)"
        R"(","data":{{)"
        R"("type":"{}","timestamp":{},"instrument_name":"{}",{}"change_id":{},"bids":{},)"
        R"("asks":{}}}}}}})",
        b.symbol, type, at_.ms(), b.symbol, previous, b.last, bids, asks);
  }

  std::string delta(MadeBook& b) {
    std::vector<std::pair<int, int>> bids, asks;
    const auto change = [&](Side& side, std::vector<std::pair<int, int>>& out, int base, int step) {
      const int p = base + step * static_cast<int>(random_.below(12));
      const bool gone = side.levels.size() > 4 && random_.chance(0.3) && side.levels.contains(p);
      const int q = gone ? 0 : 1 + static_cast<int>(random_.below(998));
      if (gone)
        side.levels.erase(p);
      else
        side.levels[p] = q;
      out.emplace_back(p, q);
    };
    change(b.bids, bids, 60'000, -3);
    if (random_.chance(0.5)) change(b.asks, asks, 60'010, 3);
    const uint64_t before = b.last;
    const bool by_one = options_.market == "bybit:linear" || options_.market == "hyperliquid";
    const uint64_t step = by_one ? 1 : 1 + random_.below(options_.small_steps ? 2 : 5);
    // At futures the first number of a frame need not follow the last of the one before.
    const uint64_t skipped = options_.market == "binance-usdm" ? random_.below(3) : 0;
    b.last += step + skipped;
    remember(b);
    if (options_.market == "hyperliquid") return whole(b);
    const std::string bid_text = levels(bids), ask_text = levels(asks);
    const int64_t ms = at_.ms();
    if (options_.market == "okx")
      return fmt::format(
          R"({{"arg":{{"channel":"books","instId":"{}"}},"action":"update","data":[{{"asks":{},)"
          R"("bids":{},"ts":"{}",{}"seqId":{},"prevSeqId":{}}}]}})",
          b.symbol, ask_text, bid_text, ms, checksum(b), b.last, before);
    if (options_.market == "deribit")
      return deribit(b, "change", bid_text, ask_text,
                     fmt::format("\"prev_change_id\":{},", before));
    if (options_.market == "bybit:linear") return bybit(b, "delta", bid_text, ask_text);
    const std::string previous =
        options_.market == "binance-spot" ? "" : fmt::format("\"pu\":{},", before);
    return fmt::format(
        R"({{"stream":"{}@depth@100ms","data":{{"e":"depthUpdate","E":{},"T":{},"s":"{}","U":{},)"
        R"("u":{},{}"b":{},"a":{}}}}})",
        lower(b.symbol), ms, ms, b.symbol, before + 1 + skipped, b.last, previous, bid_text,
        ask_text);
  }

  std::string trade(const MadeBook& b) {
    const uint64_t id = ++trades_;
    const std::string p = price(60'000 + static_cast<int>(random_.below(10)));
    const int64_t ms = at_.ms();
    if (options_.market == "okx")
      return fmt::format(
          R"({{"arg":{{"channel":"trades","instId":"{}"}},"data":[{{"instId":"{}","tradeId":"{}",)"
          R"("px":"{}","sz":"1","side":"buy","ts":"{}"}}]}})",
          b.symbol, b.symbol, id, p, ms);
    if (options_.market == "deribit")
      return fmt::format(
          R"({{"jsonrpc":"2.0","method":"subscription","params":{{"channel":"trades.{}.100ms",)"
          R"("data":[{{"trade_seq":{},"trade_id":"{}","timestamp":{},"tick_direction":0,)"
          R"("price":{},)"
          R"("mark_price":{},"instrument_name":"{}","index_price":{},"direction":"buy",)"
          R"("amount":10.0}}]}}}})",
          b.symbol, id, id, ms, p, p, b.symbol, p);
    if (options_.market == "hyperliquid")
      return fmt::format(
          R"({{"channel":"trades","data":[{{"coin":"{}","side":"A","px":"{}","sz":"0.1","time":{},)"
          R"("hash":"0x0","tid":{}}}]}})",
          b.symbol, p, ms, id);
    if (options_.market == "bybit:linear")
      return fmt::format(
          R"({{"topic":"publicTrade.{}","type":"snapshot","ts":{},"data":[{{"T":{},"s":)"
          R"("{}","S":"Buy",)"
          R"("v":"0.1","p":"{}","L":"PlusTick","i":"{}","BT":false}}]}})",
          b.symbol, ms, ms, b.symbol, p, id);
    const bool spot = options_.market == "binance-spot";
    return fmt::format(
        R"({{"stream":"{}@{}","data":{{"e":"{}","E":{},"s":"{}","{}":{},"p":"{}","q":"0.1","f":1,)"
        R"("l":1,"T":{},"m":true}}}})",
        lower(b.symbol), spot ? "trade" : "aggTrade", spot ? "trade" : "aggTrade", ms, b.symbol,
        spot ? "t" : "a", id, p, ms);
  }

  codec::Book book_of(const MadeBook& b) const {
    codec::Book book;
    BookSnapshot all;
    const auto fill = [](const Side& side, bool bid, std::vector<Level>& out) {
      for (const auto& [p, q] : rows(side, bid))
        out.push_back({.price = Price::parse(price(p)).value(),
                       .qty = Qty::parse(size(q)).value(),
                       .price_digits = 1,
                       .qty_digits = 3});  // as price() and size() write them
    };
    fill(b.bids, true, all.bids);
    fill(b.asks, false, all.asks);
    book.load(all, at_);
    return book;
  }
  void remember(const MadeBook& b) {
    if (truth_ != nullptr) (*truth_)[{b.symbol, b.last}] = book_hash(book_of(b));
  }

  void step() {
    const double mean = options_.pace * 1e3;
    at_ = at_ +
          Duration::ms(1 + static_cast<int64_t>(std::min(random_.exponential(), 5.0) * mean / 3));
    MadeBook& book = books_[random_.below(books_.size())];
    if (random_.chance(0.7)) {
      waiting_.emplace_back(1, delta(book));
      return;
    }
    waiting_.emplace_back(1, trade(book));
    if (options_.flurry <= 0 || !random_.chance(options_.flurry)) return;
    for (uint64_t more = 1 + random_.below(29); more > 0; --more)
      waiting_.emplace_back(1, trade(book));
  }

  const Options options_;
  Random random_;
  BookTruth* truth_;
  std::vector<tape::StreamInfo> streams_;
  std::vector<tape::TapeGap> gaps_;
  std::vector<MadeBook> books_;
  std::deque<std::pair<tape::StreamNumber, std::string>> waiting_;
  std::string current_;
  Instant at_, to_;
  uint64_t trades_ = 0;
};

}  // namespace delever::outside
