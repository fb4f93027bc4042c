#include "gateways/bybit/sockets.h"

#include <fmt/format.h>

#include "gateways/bybit/signing.h"
#include "gateways/json_text.h"

namespace delever::gateways::bybit {
namespace {

constexpr std::string_view kPublic = "/v5/public/", kStatus = "/v5/public/misc/status";
constexpr size_t kCharactersMost = 21'000, kSpotArgsMost = 10;
constexpr Duration kSilenceMost = Duration::minutes(10);

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

}  // namespace

bool Sockets::accepts(std::string_view path) {
  path = path_of(path);
  if (path == "/v5/private" || path == "/v5/trade" || path == kStatus) return true;
  return path.starts_with(kPublic) && read_category(path.substr(kPublic.size())).has_value();
}

void Sockets::opened(SocketId socket, std::string_view target) {
  const std::string_view path = path_of(target);
  Connection& c = connections_[socket];
  c.kind = path == "/v5/private" ? Kind::own
           : path == "/v5/trade" ? Kind::trade
                                 : Kind::open_to_all;
  if (c.kind == Kind::open_to_all)
    c.category = read_category(path.substr(std::min(kPublic.size(), path.size())))
                     .value_or(Category::linear);
  c.status = path == kStatus;
  c.id = id_text(IdKind::other, ++opened_, 0xc0de);
  c.heard = venue_.wall();
}

void Sockets::closed(SocketId socket) {
  const auto found = connections_.find(socket);
  if (found == connections_.end()) return;
  public_.leave_all(socket);
  if (found->second.who) private_.leave_all(socket, found->second.who->account);
  connections_.erase(found);
}

void Sockets::received(SocketId socket, std::string_view text) {
  const auto found = connections_.find(socket);
  if (found == connections_.end()) return;
  Connection& c = found->second;
  c.heard = venue_.wall();
  Frame f;
  auto root = JsonTree::parse(text);
  if (!root.has_value() || root.value().kind() != JsonTree::Kind::object)
    return acknowledge(socket, c, f, false, "error:invalid request, not a JSON object");
  f.root = std::move(root).value();
  f.op = f.root.text("op");
  for (const std::string_view name : {"req_id", "reqId"}) {
    if (const auto id = f.root.maybe(name)) {
      f.request_id = *id;
      f.has_id = true;
    }
  }
  const bool listed = f.root["args"].kind() == JsonTree::Kind::list;
  if (f.op == "ping") return pong(socket, c, f);
  if (f.op == "auth" && listed && c.kind != Kind::open_to_all) return authenticate(socket, c, f);
  if (c.kind == Kind::trade) return trade(socket, c, f);
  if ((f.op == "subscribe" || f.op == "unsubscribe") && listed)
    return subscribe(socket, c, f, f.op == "subscribe");
  acknowledge(socket, c, f, false, fmt::format("error:unknown op {}", f.op));
}

void Sockets::pong(SocketId socket, const Connection& c, const Frame& f) {
  std::string out;
  ObjectText row(out);
  if (c.kind == Kind::open_to_all && c.category != Category::option) {
    row.flag("success", true).text("ret_msg", "pong").text("conn_id", c.id);
    row.text("req_id", f.request_id).text("op", "ping");
  } else if (c.kind == Kind::trade) {
    row.number("retCode", 0).text("op", "pong");
    row.raw("data", fmt::format(R"(["{}"])", venue_.wall().ms())).text("connId", c.id);
  } else {
    row.text("req_id", f.request_id).text("op", "pong");
    row.raw("args", fmt::format(R"(["{}"])", venue_.wall().ms())).text("conn_id", c.id);
  }
  row.end();
  out_.send(socket, out);
}

void Sockets::acknowledge(SocketId socket, const Connection& c, const Frame& f, bool success,
                          std::string_view text) {
  std::string out;
  ObjectText row(out);
  row.flag("success", success)
      .text("ret_msg", success && f.op == "subscribe" && c.category == Category::spot
                           ? std::string_view("subscribe")
                           : text)
      .text("conn_id", c.id)
      .text("req_id", f.request_id)
      .text("op", f.op);
  row.end();
  out_.send(socket, out);
}

void Sockets::authenticate(SocketId socket, Connection& c, const Frame& f) {
  std::vector<std::string> args;
  for (const JsonTree& arg : f.args()) args.emplace_back(arg.text());
  args.resize(3);
  const Signer signer = signer_of(venue_.desk, args[0], args[1], args[2]);
  const bool changed = c.who && signer.who && c.who->account != signer.who->account;
  if (signer.who && changed) private_.leave_all(socket, c.who->account);
  if (signer.who) c.who = signer.who;
  if (c.kind == Kind::trade) {
    std::string out;
    ObjectText row(out);
    row.number("retCode", signer.refusal.code)
        .text("retMsg", signer.refusal.text)
        .text("op", "auth")
        .text("connId", c.id);
    row.end();
    out_.send(socket, out);
  } else {
    acknowledge(socket, c, f, signer.who != nullptr, signer.who ? "" : signer.refusal.text);
  }
  if (!signer.who) out_.close(socket, 1000, signer.refusal.text);
}

// Empty: all may be had.
std::string Sockets::refused_topic(const Connection& c, const std::vector<std::string>& topics,
                                   bool on) const {
  size_t characters = c.characters;
  for (const std::string& topic : topics) {
    characters += topic.size();
    const bool known = c.kind == Kind::own ? PrivateFeeds::knows(topic)
                       : c.status          ? topic == "system.status"
                                           : public_.knows(c.category, topic);
    if (!known) return fmt::format("error:handler not found,topic:{}", topic);
    if (on && c.topics.contains(topic))
      return fmt::format("error:already subscribed,topic:{}", topic);
  }
  if (on && c.kind == Kind::open_to_all && characters > kCharactersMost)
    return fmt::format("args size > {}", kCharactersMost);
  if (on && c.kind == Kind::open_to_all && c.category == Category::spot &&
      topics.size() > kSpotArgsMost)
    return fmt::format("args size >{}", kSpotArgsMost);
  return {};
}

void Sockets::subscribe(SocketId socket, Connection& c, const Frame& f, bool on) {
  std::vector<std::string> topics;
  for (const JsonTree& arg : f.args()) topics.emplace_back(arg.text());
  if (c.kind == Kind::own && !c.who)
    return acknowledge(socket, c, f, false, "Request not authorized");
  if (const std::string why = refused_topic(c, topics, on); !why.empty())
    return acknowledge(socket, c, f, false, why);
  acknowledge(socket, c, f, true, "");
  for (const std::string& topic : topics) {
    if (on && c.topics.insert(topic).second) c.characters += topic.size();
    if (!on && c.topics.erase(topic) > 0) c.characters -= topic.size();
    if (c.kind == Kind::own) {
      if (on)
        private_.follow(socket, c.who->account, topic);
      else
        private_.leave(socket, c.who->account, topic);
    } else if (on && !c.status) {
      public_.follow(socket, c.category, topic);
    } else {
      public_.leave(socket, c.category, topic);
    }
  }
}

void Sockets::tick() {
  public_.tick();
  private_.tick();
  const Instant wall = venue_.wall();
  std::vector<SocketId> silent;
  for (const auto& [socket, c] : connections_) {
    if (wall - c.heard > kSilenceMost) silent.push_back(socket);
  }
  for (const SocketId socket : silent) {
    connections_[socket].heard = wall;
    out_.close(socket, 1000, "no ping for ten minutes");
  }
}

}  // namespace delever::gateways::bybit
