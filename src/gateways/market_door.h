// Where a gateway's orders enter a venue that is running: the exchange, and its time.
#pragma once

#include "exchange/exchange.h"

namespace delever::gateways {

class MarketDoor {
 public:
  virtual ~MarketDoor() = default;
  // Of the simulated market: what trades, orders, marks and payments are stamped with.
  virtual Instant market_now() const = 0;
  // What signatures, expiries and "server time" are held against.
  virtual Instant wall_now() const = 0;
  // Applied at market_now(), behind everything that has arrived before it. Events and notices have
  // reached the desk when it returns; a refused command has changed nothing.
  virtual Reject enter(const CommandBody& command) = 0;
  virtual const exchange::Exchange& exchange() const = 0;
  virtual const exchange::ExchangeSetup& setup() const = 0;
};

}  // namespace delever::gateways
