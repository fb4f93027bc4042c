// OKX's face: requests to handlers, answers in its envelope, limits where they are on.
#include <fmt/format.h>

#include "gateways/allowance.h"
#include "gateways/okx/signing.h"
#include "gateways/okx/sockets.h"
#include "gateways/request_counts.h"

namespace delever::gateways {
namespace okx {
namespace {

class OkxGateway final : public Gateway, private Admission {
 public:
  OkxGateway(Desk& desk, Outward& out, GatewayOptions options)
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
    sockets_.on_update(update);
    api_.algos.on_update(update);
  }
  void tick() override {
    api_.tick();
    sockets_.tick();
  }
  std::string_view venue() const override { return "okx"; }
  size_t sockets() const override { return sockets_.size(); }
  AccountCounts counts(AccountId account) const override { return counts_.of(account); }

 private:
  std::optional<Refusal> admit(const Api::Route& route, AccountId account, size_t orders) override;
  void done(AccountId account, const Outcome& outcome) override;
  Outcome carry_out(const Request& request, const Api::Route& route);

  Venue venue_;
  Api api_;
  const GatewayOptions options_;
  Sockets sockets_;
  Allowances allowances_;
  RequestCounts counts_;
};

// Where rows were refused one by one, each of their codes counts.
void OkxGateway::done(AccountId account, const Outcome& outcome) {
  const int code = outcome.refusal.code;
  const bool of_rows = code == 1 || code == 2;
  counts_.answered(account, of_rows ? 0 : code);
  if (code == 50011) counts_.limited(account);
  if (!of_rows) return;
  constexpr std::string_view kCode = R"("sCode":")";
  for (size_t at = outcome.rows.find(kCode); at != std::string::npos;
       at = outcome.rows.find(kCode, at + 1)) {
    const size_t from = at + kCode.size();
    const auto row =
        read_int(std::string_view(outcome.rows).substr(from, outcome.rows.find('"', from) - from));
    if (row && *row != 0) counts_.refused(account, static_cast<int>(*row));
  }
}

std::optional<Refusal> OkxGateway::admit(const Api::Route& route, AccountId account,
                                         size_t orders) {
  if (!options_.limits) return std::nullopt;
  const auto left = allowances_.take(
      fmt::format("{} {} {}", account.raw(), route.method, route.path), route.per_two_seconds,
      Duration::seconds(2), venue_.wall(), static_cast<uint32_t>(std::max<size_t>(orders, 1)));
  if (left.granted) return std::nullopt;
  return Refusal{50011, "Too Many Requests"};
}

Outcome OkxGateway::carry_out(const Request& request, const Api::Route& route) {
  Ask ask{.path = route.path};
  if (route.is_signed) {
    const Signer signer = signer_of(venue_.desk, request);
    if (!signer.who) {
      Outcome refused = signer.refusal;
      refused.status = 401;
      return refused;
    }
    ask.account = signer.who->account;
  } else if (options_.limits &&
             !allowances_
                  .take(fmt::format("{} {}", request.peer.substr(0, request.peer.rfind(':')),
                                    route.path),
                        route.per_two_seconds, Duration::seconds(2), venue_.wall())
                  .granted) {
    Outcome refused = Refusal{50011, "Too Many Requests"};
    refused.status = 429;
    return refused;
  }
  Outcome outcome;
  if (request.method == "GET") {
    ask.fields = Parameters::of_query(request.query);
  } else {
    const auto body = JsonTree::parse(request.body);
    const bool shaped = body.has_value() && (body.value().kind() == JsonTree::Kind::object ||
                                             body.value().kind() == JsonTree::Kind::list);
    if (!shaped) {
      outcome = request.body.empty() ? Refusal{50000, "Body can not be empty"}
                                     : Refusal{50002, "JSON syntax error"};
      outcome.status = 400;
    } else {
      ask = ask_of(body.value(), std::move(ask));
      ask.good_until = good_until(request.header("expTime"));
    }
  }
  if (outcome.ok() && route.is_signed) {
    if (const auto over = admit(route, ask.account, ask.rows.size())) {
      outcome = *over;
      outcome.status = 429;
    }
  }
  if (outcome.ok()) outcome = api_.run(route, ask);
  if (route.is_signed) done(ask.account, outcome);
  return outcome;
}

Answer OkxGateway::request(const Request& request) {
  Answer answer;
  const Api::Route* route = Api::find(request.method, request.path);
  if (!route) {
    answer.status = 404;
    answer.body = R"({"code":"404","msg":"Not Found","data":[]})";
    return answer;
  }
  const int64_t began = venue_.wall().ns() / 1'000;
  const Outcome outcome = carry_out(request, *route);
  answer.status = outcome.status;
  ObjectText row(answer.body);
  row.digits("code", outcome.refusal.code)
      .text("msg", outcome.refusal.text)
      .raw("data", outcome.rows);
  if (request.path.starts_with("/api/v5/trade/"))
    row.digits("inTime", began).digits("outTime", venue_.wall().ns() / 1'000);
  row.end();
  api_.algos.run();
  return answer;
}

}  // namespace
}  // namespace okx

std::unique_ptr<Gateway> make_okx(Desk& desk, Outward& out, GatewayOptions options) {
  return std::make_unique<okx::OkxGateway>(desk, out, options);
}

}  // namespace delever::gateways
