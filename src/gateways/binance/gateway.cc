// USD-M and spot as two gateways of one make: what they answer differs in their routes alone.
#include "gateways/gateway.h"

#include <fmt/format.h>

#include "gateways/binance/dispatch.h"
#include "gateways/binance/feeds.h"
#include "gateways/binance/socket_api.h"
#include "gateways/binance/time_unit.h"

namespace delever::gateways {
namespace {

using namespace binance;

class BinanceGateway final : public Gateway {
 public:
  BinanceGateway(Desk& desk, Outward& out, GatewayOptions options, bool spot)
      : face_(desk, spot),
        dispatch_(face_, options.limits),
        streams_(face_, out, options.limits),
        feeds_(face_, streams_),
        accounts_(face_, streams_, out),
        api_(face_, dispatch_, accounts_, out) {}

  Answer request(const Request& request) override;

  bool accepts(std::string_view path) const override {
    return SocketApi::accepts(path, face_.spot) || Streams::accepts(path, face_.spot);
  }
  void opened(SocketId socket, std::string_view target) override {
    if (SocketApi::accepts(target.substr(0, target.find('?')), face_.spot))
      api_.opened(socket, target);
    else
      streams_.opened(socket, target);
  }
  void received(SocketId socket, std::string_view frame) override {
    if (api_.has(socket))
      api_.received(socket, frame);
    else
      streams_.received(socket, frame);
    accounts_.flush();
  }
  void closed(SocketId socket) override {
    if (api_.has(socket))
      api_.closed(socket);
    else
      streams_.closed(socket);
  }
  void on_update(const DeskUpdate& update) override {
    feeds_.on_update(update);
    accounts_.on_update(update);
  }
  void tick() override {
    if (!face_.spot) run_expiries(face_);
    feeds_.tick();
    accounts_.tick();
    streams_.tick(face_.wall());
  }
  std::string_view venue() const override { return face_.spot ? "binance-spot" : "binance"; }
  size_t sockets() const override { return streams_.size() + api_.size(); }
  AccountCounts counts(AccountId account) const override { return dispatch_.counts(account); }

 private:
  Face face_;
  Dispatch dispatch_;
  Streams streams_;
  Feeds feeds_;
  AccountStream accounts_;
  SocketApi api_;
};

// Without its port: limits are by address.
std::string address_of(std::string_view peer) {
  return std::string(peer.substr(0, peer.rfind(':')));
}

Answer BinanceGateway::request(const Request& request) {
  Answer answer;
  const Route* route = dispatch_.find(fmt::format("{} {}", request.method, request.path));
  // Market data of spot has kept its first address beside the present one.
  constexpr std::string_view kFirst = "/api/v1/";
  if (!route && face_.spot && request.path.starts_with(kFirst)) {
    route = dispatch_.find(
        fmt::format("{} /api/v3/{}", request.method, request.path.substr(kFirst.size())));
    if (route && route->needs != Needs::nothing) route = nullptr;
  }
  if (!route) {
    const Refusal none{
        -5000, fmt::format("Path {}, Method {} is invalid", request.path, request.method), 404};
    answer.status = none.status;
    answer.body = refusal_json(none);
    return answer;
  }
  std::string given(request.query);
  if (!request.body.empty()) {
    if (!given.empty()) given += '&';
    given += request.body;
  }
  const Parameters p = Parameters::of_query(given);
  const std::string address = address_of(request.peer);
  Dispatch::Done done = dispatch_.run(
      *route, p, address, [&] { return signer_of(face_.desk, request, p, route->needs); });
  accounts_.flush();
  answer.status = done.outcome.status;
  answer.body = std::move(done.outcome.body);
  if (face_.spot && is_microsecond(request.header("X-MBX-TIME-UNIT")))
    answer.body = in_microseconds(answer.body, request.path.ends_with("lines"));
  answer.headers = dispatch_.weights().headers(address, done.account);
  if (done.retry_after > 0)
    answer.headers.emplace_back("Retry-After", std::to_string(done.retry_after));
  return answer;
}

}  // namespace

std::unique_ptr<Gateway> make_binance(Desk& desk, Outward& out, GatewayOptions options) {
  return std::make_unique<BinanceGateway>(desk, out, options, false);
}
std::unique_ptr<Gateway> make_binance_spot(Desk& desk, Outward& out, GatewayOptions options) {
  return std::make_unique<BinanceGateway>(desk, out, options, true);
}

}  // namespace delever::gateways
