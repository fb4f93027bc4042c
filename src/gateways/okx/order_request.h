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

// OKX names the margin mode with each order; here it is a setting of the contract, made before the
// order is sent and taken back where it was refused.
class TradeMode {
 public:
  TradeMode(Venue& venue, AccountId account, const Product& product)
      : venue_(venue), account_(account), product_(product) {}
  ~TradeMode();
  TradeMode(const TradeMode&) = delete;
  TradeMode& operator=(const TradeMode&) = delete;
  // To what tdMode names; refused where it is another and there are positions or orders.
  std::optional<Refusal> settle(std::string_view mode);
  void keep() { before_.reset(); }  // the order has been taken

 private:
  Venue& venue_;
  const AccountId account_;
  const Product& product_;
  std::optional<MarginMode> before_;
};

}  // namespace delever::gateways::okx
