// A Bybit gateway over the funded test market, and a client that signs as Bybit's clients do.
#pragma once

#include <fmt/format.h>

#include "auth/digest.h"
#include "base/text.h"
#include "gateways/desk_testing.h"
#include "gateways/json_tree.h"

namespace delever::gateways::testing {

inline exchange::ExchangeSetup bybit_setup() {
  exchange::ExchangeSetup setup = face_venue("bybit");
  setup.listings[fixture::kFuture].symbol = "BTCUSDT-27MAR26";
  setup.listings[fixture::kCall].symbol = "BTC-27MAR26-85000-C-USDT";
  setup.listings[fixture::kPut].symbol = "BTC-27MAR26-80000-P-USDT";
  return setup;
}

class BybitClient {
 public:
  explicit BybitClient(GatewayOptions options = {}, exchange::ExchangeSetup setup = bybit_setup())
      : market(std::move(setup)) {
    gateway = make_bybit(*market.desk, out, options);
    market.desk->on_update([this](const DeskUpdate& u) { gateway->on_update(u); });
  }
  struct Signing {
    std::string key = "K", secret = "S";
    int64_t late_ms = 0;
    bool none = false;
  };
  JsonTree get(std::string_view path, std::string_view query, const Signing& how) {
    return ask("GET", path, query, "", how);
  }
  JsonTree get(std::string_view path, std::string_view query = "") {
    return ask("GET", path, query, "", {});
  }
  JsonTree post(std::string_view path, std::string_view body) {
    return ask("POST", path, "", body, {});
  }
  JsonTree post(std::string_view path, std::string_view body, const Signing& how) {
    return ask("POST", path, "", body, how);
  }
  int64_t code(const JsonTree& answer) const { return answer.integer("retCode").value_or(-1); }
  const JsonTree& rows(const JsonTree& answer) const { return answer["result"]["list"]; }
  // Of a linear order; more members of the body as JSON.
  JsonTree order(std::string_view side, std::string_view type, std::string_view qty,
                 std::string_view price = "", std::string_view more = "") {
    return post(
        "/v5/order/create",
        fmt::format(R"({{"category":"linear","symbol":"BTCUSDT","side":"{}","orderType":"{}",)"
                    R"("qty":"{}"{}{}}})",
                    side, type, qty, price.empty() ? "" : fmt::format(R"(,"price":"{}")", price),
                    more));
  }
  // The order as order/realtime shows it.
  JsonTree shown(const JsonTree& answer) {
    const JsonTree found = get("/v5/order/realtime", fmt::format("category=linear&orderId={}",
                                                                 answer["result"].text("orderId")));
    return rows(found).items().empty() ? JsonTree() : rows(found).items()[0];
  }
  JsonTree position() {
    const JsonTree found = get("/v5/position/list", "category=linear&symbol=BTCUSDT");
    return rows(found).items().at(0);
  }
  double wallet() {
    const JsonTree found = get("/v5/account/wallet-balance", "accountType=UNIFIED&coin=USDT");
    return number(rows(found).items().at(0)["coin"].items().at(0), "walletBalance");
  }
  static double number(const JsonTree& row, std::string_view name) {
    const auto value = read_double(row.text(name));
    CHECK(value.has_value());
    return *value;
  }
  SocketId open(std::string_view target) {
    const SocketId socket = ++sockets_;
    gateway->opened(socket, target);
    return socket;
  }
  void sign_in(SocketId socket, std::string_view secret = "S") {
    const int64_t expires = market.wall_now().ms() + 10'000;
    gateway->received(
        socket,
        fmt::format(R"({{"op":"auth","args":["K","{}","{}"]}})", expires,
                    auth::hex(auth::hmac_sha256(secret, fmt::format("GET/realtime{}", expires)))));
  }
  void subscribe(SocketId socket, std::string_view topics) {
    gateway->received(socket,
                      fmt::format(R"({{"op":"subscribe","req_id":"7","args":[{}]}})", topics));
  }
  // The last frame of a topic; a null where none came.
  JsonTree last(std::string_view topic) const {
    for (auto f = out.frames.rbegin(); f != out.frames.rend(); ++f) {
      JsonTree read = json_of(f->text);
      if (read.text("topic") == topic) return read;
    }
    return {};
  }
  void pass(Duration wall) {
    market.wait(wall);
    gateway->tick();
  }

  TestMarket market;
  Frames out;
  std::unique_ptr<Gateway> gateway;

 private:
  JsonTree ask(std::string_view method, std::string_view path, std::string_view query,
               std::string_view body, const Signing& how) {
    const std::string at = std::to_string(market.wall_now().ms() - how.late_ms);
    const std::string payload = at + how.key + "5000" + std::string(method == "GET" ? query : body);
    std::vector<std::pair<std::string, std::string>> headers{
        {"x-bapi-api-key", how.key},
        {"X-BAPI-TIMESTAMP", at},
        {"X-BAPI-RECV-WINDOW", "5000"},
        {"X-BAPI-SIGN", auth::hex(auth::hmac_sha256(how.secret, payload))}};
    if (how.none) headers.clear();
    const Answer answer = gateway->request({.method = method,
                                            .path = path,
                                            .query = query,
                                            .body = body,
                                            .headers = &headers,
                                            .peer = "127.0.0.1:5"});
    return json_of(answer.body);
  }
  uint64_t sockets_ = 0;
};

}  // namespace delever::gateways::testing
