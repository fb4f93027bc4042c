// A request to the part that answers it, whether it came by HTTP or in a frame: what it weighs, who
// signed it, what came of it.
#pragma once

#include "gateways/binance/signing.h"
#include "gateways/binance/weights.h"
#include "gateways/request_counts.h"

namespace delever::gateways::binance {

class Dispatch {
 public:
  Dispatch(Face& face, bool limits);
  struct Done {
    Outcome outcome;
    std::optional<AccountId> account;
    int64_t retry_after = 0;  // seconds; 0: within the limits
  };
  const Route* find(const std::string& what) const;  // "GET /fapi/v1/time"
  // `sign` is asked only where the route needs to know who asks.
  template <class Sign>
  Done run(const Route& route, const Parameters& p, const std::string& address, Sign sign) {
    if (auto over = weights_.take(address, weight_of(route, p), face_.wall()))
      return limited(std::move(*over), nullptr);
    const Signer signer = route.needs == Needs::nothing ? Signer() : sign();
    if (signer.refused) return refused(signer);
    if (route.orders > 0) {
      if (auto over = weights_.take_orders(signer.who->account, route.orders, face_.wall()))
        return limited(std::move(*over), signer.who);
    }
    return answered(route, Call{p, signer.who});
  }
  const Weights& weights() const { return weights_; }
  AccountCounts counts(AccountId account) const { return counts_.of(account); }

 private:
  static uint32_t weight_of(const Route& route, const Parameters& p) {
    return route.weigh ? route.weigh(p) : route.weight;
  }
  Done limited(Weights::Refused over, const Credentials* who);
  Done refused(const Signer& signer);
  Done answered(const Route& route, const Call& call);

  Face& face_;
  Routes routes_;
  Weights weights_;
  RequestCounts counts_;
};

}  // namespace delever::gateways::binance
