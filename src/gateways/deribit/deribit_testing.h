// A market of Deribit's (an inverse perpetual and options settled in coins) with a client, and the
// client's side of the protocol.
#pragma once

#include <fmt/format.h>

#include "auth/digest.h"
#include "gateways/desk_testing.h"

namespace delever::gateways::testing {

inline exchange::ExchangeSetup deribit_venue() {
  exchange::ExchangeSetup setup = face_venue("deribit");
  const auto name = [&](InstrumentId i, const char* symbol) {
    setup.listings[i].symbol = symbol;
    ContractRule& rule = *setup.listings[i].rules.contract;
    rule.quote = rule.settle == "BTC" ? "USD" : "USDC";
    if (rule.settle != "BTC") rule.settle = "USDC";
  };
  setup.coins[fixture::kUsdt].name = "USDC";
  setup.coins.push_back({.name = "USD"});
  name(fixture::kPerp, "BTC_USDC-PERPETUAL");
  name(fixture::kInverse, "BTC-PERPETUAL");
  name(fixture::kFuture, "BTC_USDC-27MAR26");
  name(fixture::kCall, "BTC-27MAR26-85000-C");
  name(fixture::kPut, "BTC-27MAR26-80000-P");
  name(fixture::kSpot, "BTC_USDC");
  ContractRule& inverse = *setup.listings[fixture::kInverse].rules.contract;
  inverse.size = fixture::qty(1);
  inverse.step = fixture::qty(10);
  return setup;
}

struct DeribitClient {
  explicit DeribitClient(GatewayOptions options = {},
                         exchange::ExchangeSetup setup = deribit_venue())
      : market(std::move(setup)), gateway(make_deribit(*market.desk, frames, options)) {
    market.desk->on_update([this](const DeskUpdate& u) { gateway->on_update(u); });
  }

  Answer get(std::string_view method, std::string_view query = "",
             std::string_view authorization = "") {
    const std::string path = "/api/v2/" + std::string(method);
    const std::vector<std::pair<std::string, std::string>> headers{
        {"Authorization", std::string(authorization)}};
    Request request{.method = "GET", .path = path, .query = query, .peer = "127.0.0.1"};
    request.headers = &headers;
    return gateway->request(request);
  }
  // As ccxt signs a request.
  std::string signature(std::string_view method, std::string_view query, int64_t ts,
                        std::string_view once, std::string_view secret = "S") const {
    const std::string target =
        fmt::format("/api/v2/{}{}{}", method, query.empty() ? "" : "?", query);
    const std::string text = fmt::format("{}\n{}\nGET\n{}\n\n", ts, once, target);
    return fmt::format("deri-hmac-sha256 id=K,ts={},sig={},nonce={}", ts,
                       auth::hex(auth::hmac_sha256(secret, text)), once);
  }
  std::string mine(std::string_view method, std::string_view query = "") {
    const int64_t ts = market.wall_now().ms();
    return get(method, query, signature(method, query, ts, std::to_string(++nonce))).body;
  }
  void open(uint64_t socket) { gateway->opened(SocketId(socket), "/ws/api/v2"); }
  void send(uint64_t socket, std::string_view method, std::string_view params) {
    gateway->received(SocketId(socket),
                      fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"{}","params":{}}})", ++id,
                                  method, params));
  }
  void sign_in(uint64_t socket) {
    send(socket, "public/auth",
         R"({"grant_type":"client_credentials","client_id":"K","client_secret":"S"})");
  }
  void pass(int64_t seconds) {
    for (int64_t i = 0; i < seconds; ++i) {
      market.tick();
      gateway->tick();
    }
  }

  Frames frames;
  TestMarket market;
  std::unique_ptr<Gateway> gateway;
  uint64_t nonce = 0, id = 0;
};

// The text that follows `key":"` or `key":` up to where the value ends.
inline std::string value_of(std::string_view json, std::string_view key) {
  size_t at = json.find(fmt::format("\"{}\":", key));
  if (at == json.npos) return {};
  at += key.size() + 3;
  if (at < json.size() && json[at] == '"')
    return std::string(json.substr(at + 1, json.find('"', at + 1) - at - 1));
  return std::string(json.substr(at, json.find_first_of(",}]", at) - at));
}

}  // namespace delever::gateways::testing
