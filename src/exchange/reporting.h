// What a command reports: events of the market and notices to accounts, at the command's time.
#pragma once

#include <utility>

#include "exchange/exchange.h"

namespace delever::exchange {

struct Reporting {
  ExchangeSink* sink = nullptr;  // of the command in hand
  Instant now = Instant::min();

  void emit(AccountId account, NoticeBody body) {
    sink->on_notice({account, now, std::move(body)});
  }
  template <class Payload>
  void publish(InstrumentId i, Payload payload) {
    sink->on_event({i, 0, now, now, std::move(payload)});
  }
};

}  // namespace delever::exchange
