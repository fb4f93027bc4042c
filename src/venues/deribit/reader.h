// The Deribit reader, private to this folder: subscriptions (stream.cc), answers (rest.cc), and
// the tickers that both bring (tickers.cc).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "codec/reader.h"
#include "codec/request.h"
#include "venues/deribit/deribit.h"

namespace delever::venues::deribit {

using namespace codec;

class DeribitReader final : public FlatReader {
 public:
  DeribitReader(const codec::StreamSettings& settings, Instruments& instruments);

 private:
  using Parts = std::vector<std::string_view>;

  Ending read(codec::JsonObject& message, codec::FlatObject& top) override;
  bool hand_over(Handover& state) override {
    state.map(quotes_);
    return true;
  }

  // stream.cc
  Ending read_subscription(codec::JsonObject& message);
  Ending read_book(codec::JsonObject& data, const Parts& channel);
  Ending read_trades(codec::JsonObject& holder, std::string_view key);
  void read_trade();
  void stage_liquidations(InstrumentId id, Instant at, const Trade& trade, std::string_view flag);
  Ending read_quote();
  Ending read_perpetual(std::string_view instrument_name);
  Ending read_platform_state();
  Ending read_instrument_state();
  Ending read_index_price();
  Ending read_volatility_index();
  Ending read_option_marks(codec::JsonObject& params);

  // tickers.cc: row_ holds the fields of `data`.
  Ending read_ticker(codec::JsonObject& data);
  Ending read_incremental_ticker(codec::JsonObject& data);
  Ending read_summary_row();
  void read_option(codec::JsonObject* data, InstrumentId id, Instant at);
  void read_future(InstrumentId id, Instant at, bool summary);
  void read_future_prices(InstrumentId id, Instant at);
  void stage_funding(InstrumentId id, Instant at);

  // rest.cc
  Ending read_answer(codec::JsonObject& message, codec::FlatObject& top);
  Ending read_rows(codec::JsonObject& message, std::string_view endpoint, Instant at);
  Ending read_object(codec::JsonObject& result, std::string_view endpoint, Instant at);
  Ending read_order_book(codec::JsonObject& result);
  Ending read_volatility_candles(codec::JsonObject& result);
  void read_funding_row(InstrumentId id);
  bool read_listing(Instant at);

  // Missing, without a fault, for combinations of legs: they are no instruments of ours. What is
  // neither is a fault.
  std::optional<InstrumentId> instrument(std::string_view name, std::string_view key);
  std::optional<InstrumentId> index(std::string_view name, std::string_view key);
  InstrumentId index_of(const Instrument& option);
  // A side of the book that is empty is sent as null or as zeros.
  void read_side(std::string_view price_key, std::string_view qty_key, std::optional<Price>& price,
                 std::optional<WideQty>& qty);
  std::optional<double> percent(codec::FlatObject& object, std::string_view key);

  const codec::RestRequest request_;
  codec::FlatObject row_{fields_}, nested_{fields_};
  std::map<std::string, std::optional<InstrumentId>, std::less<>> known_;
  std::map<InstrumentId, Quote> quotes_;  // of incremental_ticker
};

}  // namespace delever::venues::deribit
