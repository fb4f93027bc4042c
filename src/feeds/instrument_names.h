// What an instrument is called where rows name it: "binance:BTCUSDT". A venue may use one symbol
// for a pair, a contract and an index: the later ones have their kind behind it.
#pragma once

#include <string>
#include <vector>

#include "market/instrument.h"

namespace delever::feeds {

class InstrumentNames {
 public:
  const std::string& of(InstrumentId id, const Instruments& instruments);

 private:
  std::vector<std::string> names_;  // by InstrumentId
};

}  // namespace delever::feeds
