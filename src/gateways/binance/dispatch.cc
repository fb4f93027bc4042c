#include "gateways/binance/dispatch.h"

namespace delever::gateways::binance {

Dispatch::Dispatch(Face& face, bool limits) : face_(face), weights_(face.spot, limits) {
  face.weights = &weights_;
  const bool spot = face.spot;
  add_general(routes_, spot);
  add_market_data(routes_, spot);
  add_candles(routes_, spot);
  add_tickers(routes_, spot);
  add_listen_keys(routes_, spot);
  add_amendments(routes_, spot);
  if (spot) {
    add_spot_orders(routes_);
    add_spot_account(routes_);
    add_spot_wallet(routes_);
    add_spot_lists(routes_);
    add_spot_placing(routes_);
    return;
  }
  add_funding(routes_);
  add_futures_orders(routes_);
  add_futures_order_lists(routes_);
  add_algo_orders(routes_);
  add_futures_account(routes_);
  add_futures_terms(routes_);
  add_futures_data(routes_);
  add_futures_settings(routes_);
  add_futures_history(routes_);
}

const Route* Dispatch::find(const std::string& what) const {
  const auto it = routes_.find(what);
  return it == routes_.end() ? nullptr : &it->second;
}

Dispatch::Done Dispatch::limited(Weights::Refused over, const Credentials* who) {
  Done done{over.refusal, std::nullopt, over.retry_after};
  if (who) {
    done.account = who->account;
    counts_.limited(who->account);
  }
  return done;
}

Dispatch::Done Dispatch::refused(const Signer& signer) {
  Done done{*signer.refused, std::nullopt, 0};
  if (!signer.who) return done;
  done.account = signer.who->account;
  counts_.answered(signer.who->account, signer.refused->code);
  return done;
}

Dispatch::Done Dispatch::answered(const Route& route, const Call& call) {
  Done done{route.handler(face_, call), std::nullopt, 0};
  if (!call.who) return done;
  done.account = call.who->account;
  counts_.answered(call.who->account, done.outcome.code);
  return done;
}

}  // namespace delever::gateways::binance
