// A market of Hyperliquid's with a client whose wallet is the test key of the signing vectors, and
// the client's side of the protocol: actions are signed as its libraries sign them.
#pragma once

#include <fmt/format.h>
#include <simdjson.h>

#include "auth/digest.h"
#include "auth/ethereum.h"
#include "auth/msgpack.h"
#include "gateways/desk_testing.h"

namespace delever::gateways::testing {

// Holds nothing and must never hold anything.
inline std::string wallet_key(
    std::string_view digits = "49755997c6e854f4b86797a6abc48ebf7407cdb99e3ed5c2216ece5778d5c0c0") {
  return auth::from_hex(digits).value();
}
inline const std::string kWallet = "0xb723e90c11ccd2217fcc8edd188f915e71b6a9e5";

inline exchange::ExchangeSetup hyperliquid_venue() {
  exchange::ExchangeSetup setup = face_venue("hyperliquid");
  setup.coins[fixture::kUsdt].name = "USDC";
  for (exchange::Listing& l : setup.listings) {
    if (l.rules.contract->quote == "USDT") l.rules.contract->quote = "USDC";
    if (l.rules.contract->settle == "USDT") l.rules.contract->settle = "USDC";
  }
  setup.listings[fixture::kPerp].symbol = "BTC";
  setup.listings[fixture::kSpot].symbol = "@1";
  return setup;
}

struct HyperliquidClient {
  explicit HyperliquidClient(GatewayOptions options = {})
      : market(hyperliquid_venue()), gateway(make_hyperliquid(*market.desk, frames, options)) {
    market.desk->on_update([this](const DeskUpdate& u) { gateway->on_update(u); });
    nonce = static_cast<uint64_t>(market.wall_now().ms());
  }

  Answer ask(std::string_view path, std::string_view body) {
    Request request{.method = "POST", .path = path, .body = body, .peer = "127.0.0.1"};
    return gateway->request(request);
  }
  std::string info(std::string_view body) { return ask("/info", body).body; }

  static std::string sign_l1(std::string_view action, uint64_t at, std::string_view key,
                             bool testnet = false) {
    const std::string packed = auth::msgpack_of_json(action).value();
    const std::string digest = auth::l1_digest({.action = packed, .nonce = at, .testnet = testnet});
    return body_of(action, at, auth::sign(digest, key).value());
  }
  static std::string body_of(std::string_view action, uint64_t at,
                             const auth::Signature& signature) {
    return fmt::format(R"({{"action":{},"nonce":{},"signature":{{"r":"{}","s":"{}","v":{}}}}})",
                       action, at, signature.r, signature.s, signature.v);
  }
  std::string act(std::string_view action) {
    return ask("/exchange", sign_l1(action, ++nonce, wallet_key())).body;
  }
  std::string order(std::string_view order, std::string_view grouping = "na") {
    return act(fmt::format(R"({{"type":"order","orders":[{}],"grouping":"{}"}})", order, grouping));
  }
  static std::string limit(bool buy, std::string_view price, std::string_view size,
                           std::string_view tif, bool reduce = false, std::string_view id = "") {
    return fmt::format(
        R"({{"a":0,"b":{},"p":"{}","s":"{}","r":{},"t":{{"limit":{{"tif":"{}"}}}}{}}})", buy, price,
        size, reduce, tif, id.empty() ? "" : fmt::format(R"(,"c":"{}")", id));
  }
  static std::string trigger(bool buy, std::string_view at, std::string_view size,
                             std::string_view kind, std::string_view limit = "80000") {
    return fmt::format(
        R"({{"a":0,"b":{},"p":"{}","s":"{}","r":true,"t":{{"trigger":{{"isMarket":true,)"
        R"("triggerPx":"{}","tpsl":"{}"}}}}}})",
        buy, limit, size, at, kind);
  }
  // The first number under a key of an answer, 0 where there is none.
  static uint64_t number(std::string_view json, std::string_view key) {
    const size_t at = json.find(fmt::format("\"{}\":", key));
    if (at == json.npos) return 0;
    uint64_t value = 0;
    for (size_t i = at + key.size() + 3; i < json.size() && json[i] >= '0' && json[i] <= '9'; ++i)
      value = value * 10 + static_cast<uint64_t>(json[i] - '0');
    return value;
  }
  void open(uint64_t socket) { gateway->opened(SocketId(socket), "/ws"); }
  void subscribe(uint64_t socket, std::string_view subscription) {
    gateway->received(SocketId(socket),
                      fmt::format(R"({{"method":"subscribe","subscription":{}}})", subscription));
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
  uint64_t nonce = 0;
};

}  // namespace delever::gateways::testing
