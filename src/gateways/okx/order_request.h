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
// `attached`: attachAlgoOrds, of which one may have a take-profit and one, or the same, a
// stop-loss.
std::optional<Refusal> read_order(const Venue& venue, AccountId account, const Parameters& ask,
                                  const std::vector<Parameters>& attached, AskedOrder& out);
// What comes with an order, changed as newTpTriggerPx and the like ask, in the row itself or in its
// attachAlgoOrds; `out` stays empty where they ask for nothing.
std::optional<Refusal> read_attached_change(const OrderRecord& order, const Algo* attached,
                                            const Parameters& row,
                                            const std::vector<Parameters>& stops,
                                            std::optional<Algo>& out);
std::shared_ptr<const AttachedStops> attached_stops(const Algo& algo);
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
