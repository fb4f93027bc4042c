// The face of Hyperliquid: POST /info, POST /exchange and the socket /ws, joined.
#include <fmt/format.h>

#include "gateways/hyperliquid/actions.h"
#include "gateways/hyperliquid/info.h"
#include "gateways/hyperliquid/streams.h"

namespace delever::gateways {
namespace hyperliquid {
namespace {

constexpr uint64_t kMessagesMost = 2'000;  // of a connection in a minute
constexpr std::string_view kNotRead = "Failed to deserialize the JSON body into the target type";

class Face final : public Gateway {
 public:
  Face(Desk& desk, Outward& out, GatewayOptions options)
      : desk_(desk),
        out_(out),
        limits_(options.limits),
        universe_(desk.door().setup()),
        shapes_(desk, universe_),
        accounts_(desk),
        twaps_(desk, shapes_),
        info_(shapes_, accounts_, builders_, spot_wallets_, twaps_),
        actions_(desk, shapes_, accounts_, builders_, spot_wallets_, twaps_, options.limits),
        streams_(shapes_, info_, accounts_, out) {}

  Answer request(const Request& request) override;
  bool accepts(std::string_view path) const override { return path == "/ws"; }
  void opened(SocketId socket, std::string_view) override {
    streams_.opened(socket);
    messages_[socket] = {};
  }
  void received(SocketId socket, std::string_view frame) override;
  void closed(SocketId socket) override {
    streams_.closed(socket);
    messages_.erase(socket);
  }
  void on_update(const DeskUpdate& update) override;
  void tick() override {
    actions_.tick();
    streams_.tick();
  }
  std::string_view venue() const override { return "hyperliquid"; }
  size_t sockets() const override { return streams_.sockets(); }
  AccountCounts counts(AccountId account) const override;

 private:
  struct Messages {
    Instant since;
    uint64_t count = 0;
  };
  struct Told {
    int status = 200;
    std::string body;
  };
  Told told(std::string_view path, Json body);
  bool within_limit(const Request& request, Json body);
  bool too_many(SocketId socket);
  void post(SocketId socket, Json message);
  void say_error(SocketId socket, std::string_view why);

  Desk& desk_;
  Outward& out_;
  const bool limits_;
  const Universe universe_;
  const Shapes shapes_;
  Accounts accounts_;
  Builders builders_;
  SpotWallets spot_wallets_;
  Twaps twaps_;
  const Info info_;
  Actions actions_;
  Streams streams_;
  PeerLimits peers_;
  std::map<SocketId, Messages> messages_;
  simdjson::dom::parser parser_;
};

Face::Told Face::told(std::string_view path, Json body) {
  auto answer = path == "/info" ? info_.answer(body) : actions_.perform(body);
  if (!answer) return {422, std::string(kNotRead)};
  return {200, std::move(*answer)};
}

bool Face::within_limit(const Request& request, Json body) {
  if (!limits_) return true;
  const int64_t weight = request.path == "/info"
                             ? Info::weight(text_in(body, "type").value_or(""))
                             : 1 + static_cast<int64_t>(Actions::weight(body)) / 40;
  return peers_.take(request.peer, weight, desk_.door().wall_now());
}

Answer Face::request(const Request& request) {
  const auto plain = [](int status, std::string_view text) {
    return Answer{.status = status, .body = std::string(text), .content_type = "text/plain"};
  };
  if (request.path != "/info" && request.path != "/exchange") return plain(404, "");
  if (request.method != "POST") return plain(405, "");
  Json body;
  const simdjson::padded_string padded(request.body);
  if (parser_.parse(padded).get(body) != simdjson::SUCCESS)
    return plain(400, "Failed to parse the request body as JSON");
  if (!body.is_object()) return plain(422, kNotRead);
  if (!within_limit(request, body))
    return {.status = 429, .body = "null", .content_type = "application/json"};
  Told answer = told(request.path, body);
  streams_.flush();
  if (answer.status != 200) return plain(answer.status, answer.body);
  return {.body = std::move(answer.body)};
}

void Face::say_error(SocketId socket, std::string_view why) {
  JsonWriter w;
  w.open('{').text("channel", "error").text("data", why).close();
  out_.send(socket, w.take());
}

bool Face::too_many(SocketId socket) {
  if (!limits_) return false;
  Messages& sent = messages_[socket];
  const Instant now = desk_.door().wall_now();
  if (now - sent.since > Duration::minutes(1)) sent = {now, 0};
  if (++sent.count <= kMessagesMost) return false;
  out_.close(socket, 1008, "too many messages");
  return true;
}

void Face::post(SocketId socket, Json message) {
  const auto id = whole_in(message, "id");
  const auto request = object_in(message, "request");
  const auto type = request ? text_in(*request, "type") : std::nullopt;
  const auto payload = request ? object_in(*request, "payload") : std::nullopt;
  if (!id || !type || !payload || (*type != "info" && *type != "action"))
    return say_error(socket, "Error parsing JSON into valid websocket request");
  const bool info = *type == "info";
  Told answer = told(info ? "/info" : "/exchange", *payload);
  JsonWriter w;
  w.open('{').text("channel", "post").open("data", '{').raw("id", *id).open("response", '{');
  if (answer.status != 200) {
    w.text("type", "error").text("payload", fmt::format("{}: {}", answer.status, answer.body));
  } else if (info) {
    w.text("type", "info").open("payload", '{');
    w.text("type", text_in(*payload, "type").value_or("")).raw("data", answer.body).close();
  } else {
    w.text("type", "action").raw("payload", answer.body);
  }
  out_.send(socket, w.close().close().close().take());
}

void Face::received(SocketId socket, std::string_view frame) {
  if (too_many(socket)) return;
  Json message;
  const simdjson::padded_string padded(frame);
  std::optional<std::string_view> method;
  if (parser_.parse(padded).get(message) == simdjson::SUCCESS && message.is_object())
    method = text_in(message, "method");
  if (!method) return say_error(socket, "Error parsing JSON into valid websocket request");
  if (*method == "ping") return out_.send(socket, R"({"channel":"pong"})");
  if (*method == "post") {
    post(socket, message);
    return streams_.flush();
  }
  const auto subscription = object_in(message, "subscription");
  if (!subscription || (*method != "subscribe" && *method != "unsubscribe"))
    return say_error(socket, "Error parsing JSON into valid websocket request");
  streams_.subscribe(socket, *subscription, *method == "subscribe");
}

void Face::on_update(const DeskUpdate& update) {
  if (update.kind == DeskUpdate::Kind::fill && update.fill)
    accounts_.requests(update.fill->account).traded += update.fill->value;
  actions_.on_update(update);
  streams_.on_update(update);
}

AccountCounts Face::counts(AccountId account) const {
  AccountCounts out;
  if (const Requests* r = accounts_.requests(account)) {
    out.requests = r->sent;
    out.limit_hits = r->refused_for_limit;
    out.refused.assign(r->refused.begin(), r->refused.end());
  }
  return out;
}

}  // namespace
}  // namespace hyperliquid

std::unique_ptr<Gateway> make_hyperliquid(Desk& desk, Outward& out, GatewayOptions options) {
  return std::make_unique<hyperliquid::Face>(desk, out, options);
}

}  // namespace delever::gateways
