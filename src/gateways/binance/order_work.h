// What is done with one order of USD-M, whether it comes alone or in a batch.
#pragma once

#include "gateways/binance/face.h"

namespace delever::gateways::binance {

Outcome place_futures(Face& face, const Parameters& p, AccountId account);
Outcome amend_futures(Face& face, const Parameters& p, AccountId account);
Outcome cancel_futures(Face& face, const Parameters& p, AccountId account);

}  // namespace delever::gateways::binance
