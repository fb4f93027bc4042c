// Order entry by WebSocket: the handlers of REST, in another envelope.
// https://bybit-exchange.github.io/docs/v5/websocket/trade/guideline
#include <fmt/format.h>

#include "gateways/bybit/signing.h"
#include "gateways/bybit/sockets.h"
#include "gateways/json_text.h"

namespace delever::gateways::bybit {
namespace {

// "order.create-batch" is /v5/order/create-batch.
const Api::Route* route_of(std::string_view op) {
  constexpr std::string_view kFamily = "order.";
  if (!op.starts_with(kFamily)) return nullptr;
  const std::string path = "/v5/order/" + std::string(op.substr(kFamily.size()));
  constexpr std::string_view kOps[] = {"create",       "amend",       "cancel",
                                       "create-batch", "amend-batch", "cancel-batch"};
  for (const std::string_view known : kOps) {
    if (op.substr(kFamily.size()) == known) return Api::find("POST", path);
  }
  return nullptr;
}

}  // namespace

void Sockets::answer_trade(SocketId socket, const Connection& c, const Frame& f,
                           const Outcome& outcome, std::string_view headers) {
  std::string out;
  ObjectText row(out);
  if (f.has_id) row.text("reqId", f.request_id);
  row.number("retCode", outcome.refusal.code)
      .text("retMsg", outcome.refusal.text)
      .text("op", f.op)
      .raw("data", outcome.result)
      .raw("retExtInfo", outcome.more);
  ObjectText header(row.member("header"));
  out += headers;
  if (!headers.empty()) out += ',';
  header.text("Traceid", c.id).digits("Timenow", venue_.wall().ms());
  header.end();
  row.text("connId", c.id);
  row.end();
  out_.send(socket, out);
}

void Sockets::trade(SocketId socket, Connection& c, const Frame& f) {
  const Api::Route* route = route_of(f.op);
  if (!route) return answer_trade(socket, c, f, Refusal{10404, "op type is not found"}, "");
  if (!c.who) return answer_trade(socket, c, f, Refusal{10005, "Permission denied"}, "");
  const AccountId account = c.who->account;
  const Parameters headers = Parameters::of_object(f.root["header"]);
  Refusal refusal =
      check_time(venue_.wall(), headers["X-BAPI-TIMESTAMP"], headers["X-BAPI-RECV-WINDOW"]);
  std::string limit;
  if (refusal.code == 0) {
    if (auto over = admission_.admit(*route, account, limit)) refusal = *over;
  }
  Outcome outcome = refusal;
  if (outcome.ok()) {
    if (f.args().size() != 1 || f.args()[0].kind() != JsonTree::Kind::object)
      outcome = bad_parameter("args must hold one object");
    else
      outcome = api_.run(
          *route,
          ask_of(f.args()[0], {.account = account, .key = c.who->key, .path = route->path}));
  }
  admission_.done(account, outcome.refusal);
  answer_trade(socket, c, f, outcome, limit);
  api_.protections.run();
}

}  // namespace delever::gateways::bybit
