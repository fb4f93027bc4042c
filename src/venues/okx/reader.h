// The reader of OKX: rows of channels (rows.cc), envelopes and REST answers (decoder.cc). Private
// to this folder.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "codec/reader.h"
#include "codec/request.h"
#include "venues/okx/okx.h"

namespace delever::venues::okx {

using namespace codec;

// What the rows of a channel or endpoint are.
enum class Feed : uint8_t {
  trades,
  block_trades,
  books,
  best_level,
  tickers,
  funding,
  funding_history,
  open_interest,
  mark_price,
  index_price,
  liquidations,
  flat_liquidations,
  option_summary,
  candles,
  listings,
  silent,
  control,
};

struct Channel {
  Feed feed = Feed::silent;
  std::optional<uint32_t> depth;  // books: levels a side that the channel promises
  uint32_t chain = 0;             // books with updates: BookSequence::chain
  bool partial = false;           // books: every message is a snapshot
  PriceKind price_kind = PriceKind::trade;
};
std::optional<Channel> channel_of(std::string_view name);
std::optional<Channel> endpoint_of(std::string_view path);  // "/api/v5/market/books"
// By the keys of the first row of a REST answer.
std::optional<Channel> channel_of_shape(const std::vector<std::string_view>& keys);

// The end of a candle of `bar` ("1m", "4H", "1Dutc", "1M"). Bars of a day and more begin at 00:00
// UTC+8 unless they say utc. Missing: not a bar.
std::optional<Instant> bar_end(Instant from, std::string_view bar);

class OkxReader final : public Reader {
 public:
  OkxReader(const codec::StreamSettings& settings, Instruments& instruments);

 private:
  Ending read(codec::JsonObject& object) override;
  Ending read(codec::JsonArray& array) override;
  std::optional<Ending> read_text(std::string_view text) override;
  void finish(bool accepted) override;
  bool hand_over(Handover& state) override {
    state.map(settled_);
    state.set(resized_);
    return true;
  }

  // What stands around the rows.
  struct Envelope {
    std::string_view channel, inst_id, bar, action;
    bool has_action = false;
  };
  Ending read_answer(codec::JsonObject& object, std::string_view code);
  void read_argument(codec::JsonValue& value, Envelope& envelope);
  Ending read_data(codec::JsonValue& value, const Channel& channel, const Envelope& envelope);
  void read_row(codec::JsonObject& row, const Channel& channel, const Envelope& envelope);
  std::vector<std::string_view> first_row_keys(codec::JsonValue& data);

  void read_trade(codec::JsonObject& row, const Envelope& envelope, bool block);
  void read_book(codec::JsonObject& row, const Channel& channel, const Envelope& envelope);
  void read_best_level(codec::JsonObject& row, const Envelope& envelope);
  void read_ticker(codec::JsonObject& row, const Envelope& envelope);
  void read_funding(codec::JsonObject& row, const Envelope& envelope);
  void read_funding_history(codec::JsonObject& row, const Envelope& envelope);
  void read_open_interest(codec::JsonObject& row, const Envelope& envelope);
  void read_mark_price(codec::JsonObject& row, const Envelope& envelope);
  void read_index_price(codec::JsonObject& row, const Envelope& envelope);
  void read_liquidations(codec::JsonObject& row, const Envelope& envelope);
  void read_liquidation(codec::JsonObject& detail, InstrumentId instrument,
                        std::string_view channel);
  void read_option_summary(codec::JsonObject& row, const Envelope& envelope);
  void read_candle(codec::JsonArray& row, const Channel& channel, const Envelope& envelope);
  bool changed_size(const Instrument& listed);
  void read_listing(codec::JsonObject& row);

  Instant time_of(codec::JsonObject& row);  // "ts", else when the message was received

  // The instId of the row, else of the envelope, else of the settings.
  InstrumentId instrument(std::string_view of_row, const Envelope& envelope);
  InstrumentId index(std::string_view of_row, const Envelope& envelope);
  std::string_view name_of(std::string_view of_row, const Envelope& envelope);

  const codec::RestRequest request_;
  const std::string symbol_;
  SymbolCache known_;
  // Settled rates are repeated with every message of funding-rate; each goes out once.
  std::unordered_map<InstrumentId, Instant> settled_;
  std::vector<std::pair<InstrumentId, Instant>> settled_now_;
  std::set<std::string> resized_;  // listed with two sizes
  BookSnapshot scratch_;
  bool is_event_contract_ = false;  // of the row at hand: it is left out
};

}  // namespace delever::venues::okx
