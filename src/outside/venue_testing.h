// MadeTape: a day at a venue, made up as it is read: two books with their sequence numbers, trades,
// and the base of each book where the venue hands it out by REST. It remembers what each book was
// after each number.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "base/random.h"
#include "base/text.h"
#include "codec/book.h"
#include "codec/decoder.h"
#include "tape/tape.h"

namespace delever::outside {

// What a book is, by symbol and sequence number.
using BookTruth = std::map<std::string, std::unordered_map<uint64_t, uint64_t>, std::less<>>;

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
    // A book says something within it, however quiet the market, as the venues do.
    std::optional<Duration> silence = {};
    bool brief = false;  // ends once each topic has spoken: what there is to subscribe to
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
      if (at_ >= to_ || (options_.brief && all_spoke())) return std::optional<tape::TapeMessage>();
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
    Instant told;  // its last frame
    bool changed = false, traded = false;
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
    made.told = at_;
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

  static std::string price(int units) {
    const fmt::format_int whole(units / 10);
    std::string out(whole.data(), whole.size());
    out += '.';
    out += static_cast<char>('0' + units % 10);
    return out;
  }
  static std::string size(int units) {  // of thousandths
    std::string out = "0.000";
    for (size_t i = out.size() - 1; units > 0; --i, units /= 10)
      out[i] = static_cast<char>('0' + units % 10);
    return out;
  }

  // How this venue writes a level: what stands before, between and after its price and size.
  struct LevelForm {
    std::string_view before, between, after;
  };
  LevelForm level_form(bool gone) const {
    if (options_.market == "okx") return {"[\"", "\",\"", "\",\"0\",\"1\"]"};
    if (options_.market == "deribit") return {gone ? "[\"delete\"," : "[\"change\",", ",", "]"};
    if (options_.market == "hyperliquid") return {"{\"px\":\"", "\",\"sz\":\"", "\",\"n\":1}"};
    return {"[\"", "\",\"", "\"]"};
  }
  std::string levels(const std::vector<std::pair<int, int>>& rows) const {
    const LevelForm kept = level_form(false), gone = level_form(true);
    const std::string_view none = options_.market == "deribit" ? "0.0" : "0";
    std::string out = "[";
    out.reserve(rows.size() * 40 + 2);
    for (const auto& [p, q] : rows) {
      const LevelForm& form = q == 0 ? gone : kept;
      if (out.size() > 1) out += ',';
      out += form.before;
      out += price(p);
      out += form.between;
      q == 0 ? out += none : out += size(q);
      out += form.after;
    }
    out += ']';
    return out;
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

  static Price made_price(int units) { return Price::raw(units * (Price::scale / 10)); }
  static Qty made_qty(int units) { return Qty::raw(units * (Qty::scale / 1000)); }

  codec::Book book_of(const MadeBook& b) const {
    codec::Book book;
    BookSnapshot all;
    const auto fill = [](const Side& side, bool bid, std::vector<Level>& out) {
      for (const auto& [p, q] : rows(side, bid))
        out.push_back({.price = made_price(p),
                       .qty = made_qty(q),
                       .price_digits = 1,
                       .qty_digits = 3});  // as price() and size() write them
    };
    fill(b.bids, true, all.bids);
    fill(b.asks, false, all.asks);
    book.load(all, at_);
    return book;
  }
  // The same as book_hash(book_of(b)), without a book.
  void remember(const MadeBook& b) {
    if (truth_ == nullptr) return;
    Hasher hash;
    const auto add = [&](const auto& level) {
      hash.add(static_cast<uint64_t>(made_price(level.first).raw()));
      hash.add(static_cast<uint64_t>(WideQty(made_qty(level.second)).raw()));
    };
    hash.add(b.bids.levels.size());
    for (auto level = b.bids.levels.rbegin(); level != b.bids.levels.rend(); ++level) add(*level);
    hash.add(b.asks.levels.size());
    for (const auto& level : b.asks.levels) add(level);
    (*truth_)[b.symbol][b.last] = hash.digest();
  }

  void change(MadeBook& book) {
    book.told = at_;
    book.changed = true;
    waiting_.emplace_back(1, delta(book));
  }
  bool all_spoke() const {
    return std::all_of(books_.begin(), books_.end(),
                       [](const MadeBook& b) { return b.changed && b.traded; });
  }

  void step() {
    const double mean = options_.pace * 1e3;
    const Instant next =
        at_ +
        Duration::ms(1 + static_cast<int64_t>(std::min(random_.exponential(), 5.0) * mean / 3));
    if (options_.silence) {  // the one that has been silent for longest
      MadeBook& quiet =
          *std::min_element(books_.begin(), books_.end(),
                            [](const MadeBook& a, const MadeBook& b) { return a.told < b.told; });
      if (quiet.told + *options_.silence <= next) {
        at_ = std::max(at_, quiet.told + *options_.silence);
        return change(quiet);
      }
    }
    at_ = next;
    MadeBook& book = books_[random_.below(books_.size())];
    if (random_.chance(0.7)) return change(book);
    book.traded = true;
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
