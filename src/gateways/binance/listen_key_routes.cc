// Listen keys. Those of spot ended on 2026-02-20 (its account stream is a subscription of the
// WebSocket API since); they are answered all the same, for clients of before.
#include "gateways/binance/face.h"
#include "gateways/json_text.h"

namespace delever::gateways::binance {
namespace {

Outcome start_key(Face& face, const Call& call) {
  std::string out;
  ObjectText(out)
      .text("listenKey", face.keys.start(call.account(), call.who->secret, face.wall()))
      .end();
  return out;
}

Outcome keep_key(Face& face, const Call& call) {
  const std::string* own = face.keys.of(call.account());
  const std::string_view named = call.p["listenKey"];
  if (!own || (!named.empty() && named != *own))
    return Refusal{-1125, "This listenKey does not exist."};
  face.keys.keep(call.account(), face.wall());
  if (face.spot) return std::string("{}");
  std::string out;
  ObjectText(out).text("listenKey", *own).end();
  return out;
}

Outcome stop_key(Face& face, const Call& call) {
  face.keys.stop(call.account());
  return std::string("{}");
}

}  // namespace

void add_listen_keys(Routes& routes, bool spot) {
  const std::string path = spot ? "/api/v3/userDataStream" : "/fapi/v1/listenKey";
  const uint32_t weight = spot ? 2 : 1;
  routes["POST " + path] = {Needs::key, start_key, weight};
  routes["PUT " + path] = {Needs::key, keep_key, weight};
  routes["DELETE " + path] = {Needs::key, stop_key, weight};
}

}  // namespace delever::gateways::binance
