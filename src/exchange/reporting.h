// What a command reports: events of the market and notices to accounts, at the command's time.
#pragma once

#include <utility>

#include "exchange/exchange.h"

namespace delever::exchange {

struct Reporting {
  ExchangeSink* sink = nullptr;  // of the command in hand
  Instant now = Instant::min();
  // What the sink is shown by the two below: kept, so that nothing is cleared for each.
  Notice notice;
  Event event;

  void emit(AccountId account, NoticeBody body) {
    sink->on_notice({account, now, std::move(body)});
  }
  // What every order reports is written where the sink reads it: a body made first and then moved
  // into the variant is read back, in wider pieces, before its stores have left the core.
  template <class Body, class Write>
  void emit(AccountId account, const Write& write) {
    notice.account = account;
    notice.at = now;
    write(notice.body.emplace<Body>());
    sink->on_notice(notice);
  }
  template <class Payload, class Write>
  void publish(InstrumentId i, const Write& write) {
    event.instrument = i;
    event.at = event.received = now;
    write(event.payload.emplace<Payload>());
    sink->on_event(event);
  }
  template <class Payload>
  void publish(InstrumentId i, Payload payload) {
    sink->on_event({i, 0, now, now, std::move(payload)});
  }
};

}  // namespace delever::exchange
