// An OKX gateway over the funded test market, and a client that signs as OKX's clients do.
#pragma once

#include <fmt/format.h>

#include "auth/digest.h"
#include "base/text.h"
#include "gateways/desk_testing.h"
#include "gateways/json_tree.h"

namespace delever::gateways::testing {

// Contracts of 0.01 BTC, by tenths of one.
inline exchange::ExchangeSetup okx_setup() {
  exchange::ExchangeSetup setup = face_venue("okx");
  exchange::Listing& perp = setup.listings[fixture::kPerp];
  perp.symbol = "BTC-USDT-SWAP";
  perp.rules.contract->size = fixture::qty(0.01);
  perp.rules.contract->step = fixture::qty(0.1);
  return setup;
}

class OkxClient {
 public:
  explicit OkxClient(GatewayOptions options = {}) : market(okx_setup()) {
    gateway = make_okx(*market.desk, out, options);
    market.desk->on_update([this](const DeskUpdate& u) { gateway->on_update(u); });
  }
  struct Signing {
    std::string key = "K", secret = "S", passphrase = "P";
    int64_t late_ms = 0;
    bool none = false;
    std::optional<int64_t> wanted_until_ms = {};  // expTime
  };
  JsonTree get(std::string_view path, std::string_view query = "") {
    return ask("GET", path, query, "", {});
  }
  JsonTree get(std::string_view path, std::string_view query, const Signing& how) {
    return ask("GET", path, query, "", how);
  }
  JsonTree post(std::string_view path, std::string_view body) {
    return ask("POST", path, "", body, {});
  }
  JsonTree post(std::string_view path, std::string_view body, const Signing& how) {
    return ask("POST", path, "", body, how);
  }
  static std::string code(const JsonTree& answer) { return std::string(answer.text("code")); }
  static const JsonTree& row(const JsonTree& answer, size_t n = 0) {
    static const JsonTree kNone;
    return n < answer["data"].items().size() ? answer["data"].items()[n] : kNone;
  }
  static size_t count(const JsonTree& answer) { return answer["data"].items().size(); }
  // sCode of the one row.
  static std::string row_code(const JsonTree& answer) {
    return std::string(row(answer).text("sCode"));
  }
  JsonTree order(std::string_view side, std::string_view type, std::string_view size,
                 std::string_view price = "", std::string_view more = "") {
    return post(
        "/api/v5/trade/order",
        fmt::format(R"({{"instId":"BTC-USDT-SWAP","tdMode":"cross","side":"{}","ordType":"{}",)"
                    R"("sz":"{}"{}{}}})",
                    side, type, size, price.empty() ? "" : fmt::format(R"(,"px":"{}")", price),
                    more));
  }
  JsonTree shown(const JsonTree& answer) {
    return row(get("/api/v5/trade/order",
                   fmt::format("instId=BTC-USDT-SWAP&ordId={}", row(answer).text("ordId"))));
  }
  JsonTree position() { return row(get("/api/v5/account/positions", "instId=BTC-USDT-SWAP")); }
  double cash() {
    const JsonTree found = get("/api/v5/account/balance", "ccy=USDT");
    return number(row(found)["details"].items().at(0), "cashBal");
  }
  static double number(const JsonTree& from, std::string_view name) {
    const auto value = read_double(from.text(name));
    CHECK(value.has_value());
    return *value;
  }
  SocketId open(std::string_view target) {
    const SocketId socket = ++sockets_;
    gateway->opened(socket, target);
    return socket;
  }
  void sign_in(SocketId socket, std::string_view secret = "S") {
    const std::string at = std::to_string(market.wall_now().ms() / 1'000);
    gateway->received(
        socket,
        fmt::format(R"({{"op":"login","args":[{{"apiKey":"K","passphrase":"P",)"
                    R"("timestamp":"{}","sign":"{}"}}]}})",
                    at, auth::base64(auth::hmac_sha256(secret, at + "GET/users/self/verify"))));
  }
  void subscribe(SocketId socket, std::string_view args) {
    gateway->received(socket, fmt::format(R"({{"op":"subscribe","args":[{}]}})", args));
  }
  // The last data of a channel; a null where none came.
  JsonTree last(std::string_view channel) const {
    for (auto f = out.frames.rbegin(); f != out.frames.rend(); ++f) {
      auto read = JsonTree::parse(f->text);
      if (read.has_value() && read.value()["arg"].text("channel") == channel &&
          !read.value()["data"].is_null())
        return read.value();
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
    const std::string at = (market.wall_now() - Duration::ms(how.late_ms)).text();
    std::string text = at + std::string(method) + std::string(path);
    if (!query.empty()) text += "?" + std::string(query);
    text += body;
    std::vector<std::pair<std::string, std::string>> headers{
        {"OK-ACCESS-KEY", how.key},
        {"OK-ACCESS-PASSPHRASE", how.passphrase},
        {"OK-ACCESS-TIMESTAMP", at},
        {"ok-access-sign", auth::base64(auth::hmac_sha256(how.secret, text))}};
    if (how.wanted_until_ms) headers.emplace_back("expTime", std::to_string(*how.wanted_until_ms));
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
