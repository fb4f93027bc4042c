// The face of Deribit: JSON-RPC over /api/v2 (GET and POST) and over the socket /ws/api/v2.
#include <fmt/format.h>

#include "base/text.h"
#include "gateways/deribit/channels.h"
#include "gateways/deribit/credits.h"
#include "gateways/deribit/methods.h"
#include "gateways/request_counts.h"

namespace delever::gateways {
namespace deribit {
namespace {

constexpr std::string_view kRoot = "/api/v2/";

// What a connection has asked for beside its channels.
struct Connection {
  std::optional<Duration> heartbeat;
  Instant beat_at;
  bool tested = false;  // a test_request is out
  bool cancels = false;
  std::vector<uint64_t> placed;  // its orders, while `cancels`
};

class Face final : public Gateway {
 public:
  Face(Desk& desk, Outward& out, GatewayOptions options)
      : desk_(desk),
        out_(out),
        limits_(options.limits),
        contracts_(desk.door().setup()),
        shapes_(desk, contracts_),
        past_(desk, contracts_, shapes_),
        sessions_(desk),
        methods_(desk, contracts_, shapes_, sessions_, past_),
        channels_(desk, contracts_, shapes_, past_, out) {
    methods_.on_placed = [this](SocketId socket, uint64_t number) {
      if (const auto found = connections_.find(socket);
          found != connections_.end() && found->second.cancels)
        found->second.placed.push_back(number);
    };
  }

  Answer request(const Request& request) override;
  bool accepts(std::string_view path) const override {
    return path == "/ws/api/v2" || path == "/ws/api/v2/";
  }
  void opened(SocketId socket, std::string_view) override {
    channels_.opened(socket);
    connections_[socket] = {};
  }
  void received(SocketId socket, std::string_view frame) override;
  void closed(SocketId socket) override;
  void on_update(const DeskUpdate& update) override {
    if (update.kind == DeskUpdate::Kind::second) past_.on_second();
    channels_.on_update(update);
  }
  void tick() override;
  std::string_view venue() const override { return "deribit"; }
  size_t sockets() const override { return channels_.sockets(); }
  AccountCounts counts(AccountId account) const override { return counts_.of(account); }

 private:
  Reply run(std::string_view method, Caller& caller, const Params& params, std::string_view peer,
            std::string_view refused = {});
  std::optional<Reply> of_connection(std::string_view method, const Caller& caller,
                                     const Params& params);
  Reply set_heartbeat(const Caller& caller, const Params& params, bool on);
  void count(const Caller& caller, const Reply& reply);

  Desk& desk_;
  Outward& out_;
  const bool limits_;
  const Contracts contracts_;
  const Shapes shapes_;
  IndexPast past_;
  Sessions sessions_;
  Methods methods_;
  Channels channels_;
  Credits credits_;
  std::map<SocketId, Connection> connections_;
  RequestCounts counts_;
};

// As it was sent: a number, a text, or nothing.
std::string id_of(const JsonTree& message) {
  const JsonTree& id = message["id"];
  if (id.kind() == JsonTree::Kind::number) return std::string(id.text());
  return id.kind() == JsonTree::Kind::text ? json_quoted(id.text()) : std::string();
}

// For the scorecard.
void Face::count(const Caller& caller, const Reply& reply) {
  if (!caller.account) return;
  counts_.answered(*caller.account, reply.code);
  if (reply.code == 10028) counts_.limited(*caller.account);
}

// At least ten seconds, as the venue asks.
Reply Face::set_heartbeat(const Caller& caller, const Params& params, bool on) {
  Connection& connection = connections_[*caller.socket];
  connection.heartbeat.reset();
  if (!on) return Reply::ok("\"ok\"");
  const auto interval = params.integer("interval");
  if (!interval || *interval < 10) return Reply::invalid("interval", "must be at least 10");
  connection.heartbeat = Duration::seconds(std::min<int64_t>(*interval, 3'600));
  connection.beat_at = desk_.door().wall_now() + *connection.heartbeat;
  connection.tested = false;
  return Reply::ok("\"ok\"");
}

// Methods that make sense on a socket alone.
std::optional<Reply> Face::of_connection(std::string_view method, const Caller& caller,
                                         const Params& params) {
  const bool of_private = method.starts_with("private/");
  const std::string_view name = method.substr(method.find('/') + 1);
  const bool subscribes = name == "subscribe" || name == "unsubscribe" || name == "unsubscribe_all";
  const bool beats = name == "set_heartbeat" || name == "disable_heartbeat";
  const bool cancels = name.ends_with("cancel_on_disconnect");
  if (!subscribes && !beats && !cancels) return std::nullopt;
  if (!caller.socket) return Reply::refused(10030, "must_be_websocket_request");
  if (name == "subscribe") return channels_.subscribe(caller, params, of_private);
  if (name == "unsubscribe") return channels_.unsubscribe(*caller.socket, params);
  if (name == "unsubscribe_all") return channels_.unsubscribe_all(*caller.socket);
  if (beats) return set_heartbeat(caller, params, name == "set_heartbeat");
  Connection& connection = connections_[*caller.socket];
  if (name == "get_cancel_on_disconnect")
    return Reply::ok(fmt::format(R"({{"scope":"connection","enabled":{}}})", connection.cancels));
  connection.cancels = name == "enable_cancel_on_disconnect";
  if (!connection.cancels) connection.placed.clear();
  return Reply::ok("\"ok\"");
}

// Refused in this order: the name, the credits, the login. `refused`: why a signature was not
// taken.
Reply Face::run(std::string_view method, Caller& caller, const Params& params,
                std::string_view peer, std::string_view refused) {
  const bool of_private = method.starts_with("private/");
  if (!of_private && !method.starts_with("public/"))
    return Reply::refused(-32601, "Method not found");
  if (!caller.account && params.maybe("access_token"))
    caller.account = sessions_.of_token(params.text("access_token"));
  const std::string who =
      caller.account ? std::to_string(caller.account->raw()) : std::string(peer);
  Reply reply;
  if (limits_ && !credits_.take(who, method, desk_.door().wall_now())) {
    reply = Reply::refused(10028, "too_many_requests");
  } else if (of_private && !caller.account) {
    const bool wrong_key = refused == "invalid_credentials";
    reply = wrong_key ? Reply::refused(13004, "invalid_credentials")
                      : Reply::refused(13009, "unauthorized");
    reply.reason = refused;
  } else {
    auto done = of_connection(method, caller, params);
    if (!done) done = methods_.call(method, caller, params);
    reply = done ? std::move(*done) : Reply::refused(-32601, "Method not found");
  }
  count(caller, reply);
  return reply;
}

// The method is in the path, or in the body of a POST; parameters in the query, or in the body.
Answer Face::request(const Request& request) {
  const Instant in = desk_.door().wall_now();
  const auto answer = [&](const Reply& reply, std::string_view id) {
    const int status = reply.code == 0 ? 200 : reply.code == 10028 ? 429 : 400;
    return Answer{.status = status, .body = reply.envelope(id, in, desk_.door().wall_now())};
  };
  if (!request.path.starts_with(kRoot.substr(0, 7)))
    return {.status = 404,
            .body = R"({"jsonrpc":"2.0","error":{"message":"Not Found","code":404}})"};
  if (request.method != "GET" && request.method != "POST")
    return {.status = 405,
            .body = R"({"jsonrpc":"2.0","error":{"message":"Method Not Allowed","code":405}})"};
  std::string method(request.path.size() > kRoot.size() ? request.path.substr(kRoot.size()) : "");
  JsonTree body;
  if (request.method == "POST" && !request.body.empty()) {
    auto read = JsonTree::parse(request.body);
    if (!read.has_value() || read.value().kind() != JsonTree::Kind::object)
      return answer(Reply::refused(-32700, "Parse error"), "");
    body = std::move(read.value());
    if (!body.text("method").empty()) method = body.text("method");
  }
  const bool changes = method.starts_with("private/") && !method.starts_with("private/get_");
  const Sessions::Found found = sessions_.of_header(request, changes);
  Caller caller{.account = found.account, .socket = std::nullopt};
  const bool rpc = body["params"].kind() == JsonTree::Kind::object;
  Reply reply;
  if (request.method == "POST" && body.kind() == JsonTree::Kind::object) {
    reply = run(method, caller, Params(rpc ? body["params"] : body), request.peer, found.refused);
  } else {
    reply = run(method, caller, Params(Parameters::of_query(request.query)), request.peer,
                found.refused);
  }
  channels_.flush();
  return answer(reply, id_of(body));
}

// Too many requests end the session, as the venue does.
void Face::received(SocketId socket, std::string_view frame) {
  const Instant in = desk_.door().wall_now();
  const auto found = connections_.find(socket);
  if (found == connections_.end()) return;
  const auto read = JsonTree::parse(frame);
  if (!read.has_value() || read.value().kind() != JsonTree::Kind::object)
    return out_.send(socket, Reply::refused(-32700, "Parse error").envelope("", in, in));
  const JsonTree& message = read.value();
  const std::string_view method = message.text("method");
  if (method == "public/test") found->second.tested = false;
  Caller caller{.account = sessions_.of_socket(socket), .socket = socket};
  const Reply reply =
      run(method, caller, Params(message["params"]), fmt::format("socket {}", socket.raw()));
  out_.send(socket, reply.envelope(id_of(message), in, desk_.door().wall_now()));
  channels_.send_first(socket);
  channels_.flush();
  if (reply.code == 10028) out_.close(socket, 1008, "too_many_requests");
}

void Face::closed(SocketId socket) {
  const auto found = connections_.find(socket);
  if (found == connections_.end()) return;
  const auto account = sessions_.of_socket(socket);
  const std::vector<uint64_t> placed = std::move(found->second.placed);
  connections_.erase(found);
  sessions_.forget(socket);
  channels_.closed(socket);
  for (const uint64_t number : placed)
    if (account) desk_.cancel(*account, number, OrderRecord::Ended::connection_lost);
}

// A test_request that is not answered by public/test until the next beat ends the connection.
void Face::tick() {
  methods_.end_session();
  channels_.tick();
  const Instant now = desk_.door().wall_now();
  std::vector<SocketId> dead;
  for (auto& [socket, connection] : connections_) {
    if (!connection.heartbeat || now < connection.beat_at) continue;
    if (connection.tested) {
      dead.push_back(socket);
      continue;
    }
    out_.send(socket, R"({"jsonrpc":"2.0","method":"heartbeat","params":{"type":"heartbeat"}})");
    out_.send(socket, R"({"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}})");
    connection.tested = true;
    connection.beat_at = now + *connection.heartbeat;
  }
  for (const SocketId socket : dead) {
    connections_[socket].heartbeat.reset();
    out_.close(socket, 1000, "heartbeat");
  }
}

}  // namespace
}  // namespace deribit

std::unique_ptr<Gateway> make_deribit(Desk& desk, Outward& out, GatewayOptions options) {
  return std::make_unique<deribit::Face>(desk, out, options);
}

}  // namespace delever::gateways
