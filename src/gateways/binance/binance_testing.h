// A client of the Binance gateways for tests: signs as the venue's own libraries do, and reads
// answers as JSON.
#pragma once

#include <fmt/format.h>

#include "auth/digest.h"
#include "base/check.h"
#include "gateways/desk_testing.h"
#include "gateways/json_tree.h"
#include "gateways/wire_text.h"

namespace delever::gateways::binance {
namespace fixture = exchange::fixture;
}
namespace delever::gateways::binance::testing {

using namespace gateways::testing;

struct Client {
  explicit Client(bool is_spot = false, GatewayOptions options = {},
                  exchange::ExchangeSetup setup = face_venue("binance"))
      : spot(is_spot), market(std::move(setup)) {
    gateway = spot ? make_binance_spot(*market.desk, frames, options)
                   : make_binance(*market.desk, frames, options);
    market.desk->on_update([this](const DeskUpdate& u) { gateway->on_update(u); });
  }

  Answer send(std::string_view method, std::string path, std::string query, std::string body = {}) {
    const std::vector<std::pair<std::string, std::string>> headers{{"x-mbx-apikey", key}};
    return gateway->request({.method = method,
                             .path = path,
                             .query = query,
                             .body = body,
                             .headers = &headers,
                             .peer = "127.0.0.1:4711"});
  }
  Answer get(std::string path, std::string query = {}) {
    return send("GET", std::move(path), std::move(query));
  }
  std::string sign(std::string text) const {
    const std::string stamp =
        fmt::format("{}timestamp={}", text.empty() ? "" : "&", market.wall_now().ms());
    text += stamp;
    return text + "&signature=" + auth::hex(auth::hmac_sha256(secret, text));
  }
  // Signed, with the parameters where the venue's libraries put them.
  Answer call(std::string_view method, std::string path, std::string parameters = {}) {
    const std::string text = sign(std::move(parameters));
    if (method == "GET" || method == "DELETE") return send(method, std::move(path), text);
    return send(method, std::move(path), {}, text);
  }
  JsonTree json(std::string_view method, std::string path, std::string parameters = {}) {
    const Answer a = call(method, std::move(path), std::move(parameters));
    if (a.status != 200) fmt::print(stderr, "{} {}\n", a.status, a.body);
    CHECK(a.status == 200);
    return tree(a.body);
  }
  static JsonTree tree(std::string_view text) { return json_of(text); }
  // The code that is answered; 0: not refused.
  int64_t code(const Answer& a) const {
    const JsonTree t = tree(a.body);
    return t.kind() == JsonTree::Kind::object ? t.integer("code").value_or(0) : 0;
  }
  SocketId open(std::string_view target) {
    const SocketId id = ++sockets_made;
    CHECK(gateway->accepts(target.substr(0, target.find('?'))));
    gateway->opened(id, target);
    return id;
  }
  // A tenth of a second of market time, as often as asked for.
  void run(int tenths = 1) {
    for (int k = 0; k < tenths; ++k) {
      market.pass(Duration::ms(100));
      gateway->tick();
    }
  }
  // What this socket was sent that holds `text`.
  std::vector<JsonTree> sent(SocketId socket, std::string_view text) const {
    std::vector<JsonTree> out;
    for (const Frames::Frame& f : frames.frames) {
      if (f.socket == socket && f.text.find(text) != std::string::npos) out.push_back(tree(f.text));
    }
    return out;
  }

  bool spot;
  std::string key = "K", secret = "S";
  TestMarket market;
  Frames frames;
  std::unique_ptr<Gateway> gateway;
  uint64_t sockets_made = 0;
};

}  // namespace delever::gateways::binance::testing
