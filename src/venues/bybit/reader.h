// The Bybit reader, private to this folder: v5 streams (stream.cc), tickers of all kinds
// (tickers.cc), REST answers (rest.cc), and the streams of before v5 (legacy.cc).
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "codec/book.h"
#include "codec/reader.h"
#include "codec/request.h"
#include "venues/bybit/bybit.h"

namespace delever::venues::bybit {

using namespace codec;

class BybitReader final : public FlatReader {
 public:
  BybitReader(const codec::StreamSettings& settings, std::optional<BybitCategory> category,
              Instruments& instruments);

 private:
  using Category = std::optional<BybitCategory>;
  using Parts = std::vector<std::string_view>;

  Ending read(codec::JsonObject& message, codec::FlatObject& top) override;
  bool hand_over(Handover& state) override {
    state.map(tickers_);
    state.map(best_);
    state.map(v2_sequence_);
    return true;
  }
  Ending read_acknowledgement(codec::JsonObject& message, codec::FlatObject& top);

  // stream.cc
  Ending read_topic(codec::JsonObject& message, codec::FlatObject& top);
  Ending read_trades(codec::JsonObject& message, const Parts& topic);
  void read_trade(InstrumentId id);
  Ending read_book(codec::JsonObject& message, codec::FlatObject& top, const Parts& topic);
  void read_best(InstrumentId id, Instant at, bool snapshot, uint64_t update,
                 const std::vector<Level>& bids, const std::vector<Level>& asks);
  Ending read_liquidations(codec::JsonObject& message, codec::FlatObject& top, bool complete);
  void read_liquidation(Instant at, LiquidationFeed feed);
  Ending read_klines(codec::JsonObject& message, codec::FlatObject& top, const Parts& topic);

  // tickers.cc
  Ending read_ticker(codec::JsonObject& message, codec::FlatObject& top);
  void read_contract_ticker(InstrumentId id, Instant at, bool snapshot, bool keep_state);
  void read_option_ticker(InstrumentId id, Instant at);
  InstrumentId index_of(const Instrument& option);

  // rest.cc
  Ending read_rest(codec::JsonObject& message, codec::FlatObject& top);
  Ending read_rest_list(codec::JsonObject& result, std::string_view endpoint, Category category,
                        std::string_view symbol, Instant at);
  Ending read_rest_klines(codec::JsonObject& result, std::string_view endpoint, Category category,
                          std::string_view symbol, Instant at);
  Ending read_rest_book(codec::JsonObject& result, Category category);
  void read_listing(codec::JsonObject& row, Category category, Instant at);
  void read_rest_trade(Category category);
  void read_open_interest(InstrumentId id);

  // legacy.cc
  Ending read_v2_book(codec::JsonObject& message, codec::FlatObject& top, const Parts& topic);
  void read_v2_level(BookDelta& book, bool taken_away);
  Ending read_v2_instrument(codec::JsonObject& message, codec::FlatObject& top);
  void read_v2_instrument_row(Instant at, bool snapshot);
  std::optional<Price> v2_price(std::string_view snake, std::string_view camel);
  std::optional<Rate> v2_rate(std::string_view snake, std::string_view camel);
  Instant v2_time(codec::FlatObject& top);
  Ending read_old_spot(codec::JsonObject& message, codec::FlatObject& top);
  Instant old_spot_time(std::string_view key);

  InstrumentId instrument(std::string_view symbol, Category category);
  static std::optional<Side> side_of(std::string_view text);
  Side side(std::string_view key);

  // What ticker deltas leave out is what came before.
  struct Ticker {
    bool bid_known = false, ask_known = false;
    std::optional<Price> bid, ask;
    std::optional<WideQty> bid_qty, ask_qty;
    std::optional<Rate> rate, predicted;
    std::optional<Instant> next_funding;
    std::optional<Duration> funding_interval;
    OpenInterest open_interest;  // one side
  };
  struct Best {
    bool bid_known = false, ask_known = false;
    std::optional<Level> bid, ask;
  };
  friend void hand_over(Handover& state, Ticker& ticker) {
    auto& [bid_known, ask_known, bid, ask, bid_qty, ask_qty, rate, predicted, next_funding,
           funding_interval, open_interest] = ticker;
    state.fields(bid_known, ask_known, bid, ask, bid_qty, ask_qty, rate, predicted, next_funding,
                 funding_interval, open_interest);
  }
  friend void hand_over(Handover& state, Best& best) {
    auto& [bid_known, ask_known, bid, ask] = best;
    state.fields(bid_known, ask_known, bid, ask);
  }
  void stage_funding(InstrumentId id, Instant at, const Ticker& ticker);

  const Category category_;
  const codec::RestRequest request_;
  codec::FlatObject row_{fields_};
  std::vector<Level> bids_, asks_;
  std::map<InstrumentId, Ticker> tickers_;
  std::map<InstrumentId, Best> best_;
  std::map<std::string, uint64_t, std::less<>> v2_sequence_;  // by topic
  std::array<std::map<std::string, InstrumentId, std::less<>>, 5>
      known_;  // by category, the last: none
};

}  // namespace delever::venues::bybit
