// What the market does, onto the public streams that are followed: at once, or at the stream's own
// speed. Speeds are of the market's time, and no faster than the gateway is ticked.
#pragma once

#include "gateways/binance/streams.h"

namespace delever::gateways::binance {

class Feeds {
 public:
  Feeds(Face& face, Streams& streams);
  void on_update(const DeskUpdate& update);
  void tick();

 private:
  void on_trade(const PublicTrade& trade);
  void on_aggregate(const AggregateTrade& trade);
  void on_second();
  void push_forced(InstrumentId id);
  void gather(InstrumentId id);
  void begin(Topic& topic);
  void push_due(Topic& topic);
  void push_depth(Topic& topic);
  void push_partial(Topic& topic);
  void push_kline(Topic& topic);
  void push_tickers(Topic& topic);
  void push_quotes(Topic& topic);
  void push_windows(Topic& topic);
  void push_collateral(Topic& topic);
  void to_all(StreamKind kind, InstrumentId id, const std::string& json);
  std::string mark_json(const Market& m) const;
  std::string quote_json(const Market& m) const;

  Face& face_;
  Streams& streams_;
  struct Forced {
    std::optional<ForcedClose> waiting;
    Instant pushed = Instant::min();
  };
  std::map<InstrumentId, Forced> forced_;
  int64_t seconds_ = 0;
};

}  // namespace delever::gateways::binance
