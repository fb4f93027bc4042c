// What a client asks of an order at OKX, as what a desk is asked.
#pragma once

#include <optional>

#include "gateways/okx/algos.h"
#include "gateways/parameters.h"

namespace delever::gateways::okx {

struct AskedOrder {
  OrderRequest request;
  std::optional<Algo> protection;  // take-profit and stop-loss that come with it
};

std::optional<Refusal> read_product(const Venue& venue, const Parameters& ask, const Product*& out);
// `attached`: the first of attachAlgoOrds, or nothing.
std::optional<Refusal> read_order(const Venue& venue, AccountId account, const Parameters& ask,
                                  const Parameters& attached, AskedOrder& out);
std::optional<Refusal> read_algo(const Venue& venue, AccountId account, const Parameters& ask,
                                 Algo& out);
// The margin mode that tdMode names, of a contract; refused where it is another and there are
// positions or orders.
std::optional<Refusal> settle_trade_mode(Venue& venue, AccountId account, const Product& product,
                                         std::string_view mode);

}  // namespace delever::gateways::okx
