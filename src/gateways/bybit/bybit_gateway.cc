// Bybit's face: requests to handlers, answers in its envelope, limits where they are on.
#include <fmt/format.h>

#include "gateways/allowance.h"
#include "gateways/bybit/signing.h"
#include "gateways/bybit/sockets.h"
#include "gateways/json_text.h"
#include "gateways/request_counts.h"

namespace delever::gateways {
namespace bybit {
namespace {

constexpr uint32_t kAddressLimit = 600;  // requests of one address in five seconds

class BybitGateway final : public Gateway, private Admission {
 public:
  BybitGateway(Desk& desk, Outward& out, GatewayOptions options)
      : venue_(desk), api_(venue_), options_(options), sockets_(venue_, api_, out, *this) {}

  Answer request(const Request& request) override;
  bool accepts(std::string_view path) const override { return Sockets::accepts(path); }
  void opened(SocketId socket, std::string_view target) override {
    sockets_.opened(socket, target);
  }
  void received(SocketId socket, std::string_view frame) override {
    sockets_.received(socket, frame);
  }
  void closed(SocketId socket) override { sockets_.closed(socket); }
  void on_update(const DeskUpdate& update) override {
    venue_.on_update(update);
    api_.protections.on_update(update);
    sockets_.on_update(update);
  }
  void tick() override {
    api_.protections.run();
    sockets_.tick();
  }
  std::string_view venue() const override { return "bybit"; }
  size_t sockets() const override { return sockets_.size(); }
  AccountCounts counts(AccountId account) const override { return counts_.of(account); }

 private:
  std::optional<Refusal> admit(const Api::Route& route, AccountId account,
                               std::string& headers) override;
  void done(AccountId account, const Refusal& refusal) override;
  std::optional<Refusal> read_ask(const Request& request, Ask& ask);
  Outcome carry_out(const Request& request, const Api::Route& route, Answer& answer);

  Venue venue_;
  Api api_;
  const GatewayOptions options_;
  Sockets sockets_;
  Allowances allowances_;
  RequestCounts counts_;
};

void BybitGateway::done(AccountId account, const Refusal& refusal) {
  counts_.answered(account, refusal.code);
  if (refusal.code == 10006) counts_.limited(account);
}

std::optional<Refusal> BybitGateway::admit(const Api::Route& route, AccountId account,
                                           std::string& headers) {
  if (!options_.limits) return std::nullopt;
  const auto left = allowances_.take(fmt::format("{} {}", account.raw(), route.path),
                                     route.per_second, Duration::seconds(1), venue_.wall());
  headers = fmt::format(
      R"("X-Bapi-Limit":"{}","X-Bapi-Limit-Status":"{}","X-Bapi-Limit-Reset-Timestamp":"{}")",
      left.limit, left.left, left.resets.ms());
  if (left.granted) return std::nullopt;
  return Refusal{10006, "Too many visits. Exceeded the API Rate Limit."};
}

std::optional<Refusal> BybitGateway::read_ask(const Request& request, Ask& ask) {
  if (request.method == "GET") {
    ask.fields = Parameters::of_query(request.query);
    return std::nullopt;
  }
  if (request.body.empty()) return std::nullopt;
  const auto body = JsonTree::parse(request.body);
  if (!body.has_value() || body.value().kind() != JsonTree::Kind::object)
    return Refusal{10001, "params error: body is not a JSON object"};
  ask = ask_of(body.value(), std::move(ask));
  return std::nullopt;
}

// "A":"1","B":"2" as headers.
void add_headers(Answer& answer, std::string_view members) {
  while (!members.empty()) {
    const size_t name = members.find('"'), name_end = members.find('"', name + 1);
    const size_t value = members.find('"', name_end + 1), end = members.find('"', value + 1);
    if (end == members.npos) return;
    answer.headers.emplace_back(members.substr(name + 1, name_end - name - 1),
                                members.substr(value + 1, end - value - 1));
    members.remove_prefix(end + 1);
  }
}

Outcome BybitGateway::carry_out(const Request& request, const Api::Route& route, Answer& answer) {
  Ask ask{.path = route.path};
  if (route.is_signed) {
    const Signer signer = signer_of(venue_.desk, request);
    if (!signer.who) return signer.refusal;
    ask.account = signer.who->account;
    ask.key = signer.who->key;
    std::string limit;
    const auto over = admit(route, ask.account, limit);
    add_headers(answer, limit);
    if (over) {
      done(ask.account, *over);
      return *over;
    }
  }
  Outcome outcome;
  if (auto r = read_ask(request, ask))
    outcome = *r;
  else
    outcome = api_.run(route, ask);
  if (route.is_signed) done(ask.account, outcome.refusal);
  return outcome;
}

Answer BybitGateway::request(const Request& request) {
  Answer answer;
  if (options_.limits &&
      !allowances_
           .take("address " + std::string(request.peer.substr(0, request.peer.rfind(':'))),
                 kAddressLimit, Duration::seconds(5), venue_.wall())
           .granted) {
    answer.status = 403;
    answer.body = R"({"retCode":10403,"retMsg":"access too frequent","result":{}})";
    return answer;
  }
  const Api::Route* route = Api::find(request.method, request.path);
  if (!route) {
    answer.status = 404;
    answer.body = R"({"retCode":10404,"retMsg":"no such path or method","result":{}})";
    return answer;
  }
  const Outcome outcome = carry_out(request, *route, answer);
  // What is dated by the market is answered with its time; what is signed, with that of the wall.
  const bool of_market =
      request.path.starts_with("/v5/market/") && route->path != "/v5/market/time";
  ObjectText row(answer.body);
  row.number("retCode", outcome.refusal.code)
      .text("retMsg", outcome.refusal.text)
      .raw("result", outcome.result)
      .raw("retExtInfo", outcome.more)
      .number("time", (of_market ? venue_.market() : venue_.wall()).ms());
  row.end();
  api_.protections.run();
  return answer;
}

}  // namespace
}  // namespace bybit

std::unique_ptr<Gateway> make_bybit(Desk& desk, Outward& out, GatewayOptions options) {
  return std::make_unique<bybit::BybitGateway>(desk, out, options);
}

}  // namespace delever::gateways
