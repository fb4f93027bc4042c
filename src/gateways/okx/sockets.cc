#include "gateways/okx/sockets.h"

#include <fmt/format.h>

#include "gateways/okx/signing.h"

namespace delever::gateways::okx {
namespace {

constexpr Duration kSilenceMost = Duration::seconds(30);
constexpr size_t kChannelsMost = 1'000;

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

std::optional<Path> read_path(std::string_view target) {
  const std::string_view path = path_of(target);
  if (path == "/ws/v5/public") return Path::open_to_all;
  if (path == "/ws/v5/private") return Path::own;
  if (path == "/ws/v5/business") return Path::business;
  return std::nullopt;
}

}  // namespace

bool Sockets::accepts(std::string_view path) { return read_path(path).has_value(); }

void Sockets::opened(SocketId socket, std::string_view target) {
  Connection& c = connections_[socket];
  c.path = read_path(target).value_or(Path::open_to_all);
  c.id = fmt::format("{:08x}", ++opened_);
  c.heard = venue_.wall();
}

void Sockets::closed(SocketId socket) {
  const auto found = connections_.find(socket);
  if (found == connections_.end()) return;
  public_.leave_all(socket);
  if (found->second.who) private_.leave_all(socket, found->second.who->account);
  connections_.erase(found);
}

void Sockets::refuse(SocketId socket, const Connection& c, const Frame& f, const Refusal& refusal) {
  std::string out;
  ObjectText row(out);
  if (!f.id.empty()) row.text("id", f.id);
  row.text("event", "error")
      .digits("code", refusal.code)
      .text("msg", refusal.text)
      .text("connId", c.id);
  row.end();
  out_.send(socket, out);
}

void Sockets::event(SocketId socket, const Connection& c, const Frame& f, std::string_view name,
                    std::string_view argument) {
  std::string out;
  ObjectText row(out);
  if (!f.id.empty()) row.text("id", f.id);
  row.text("event", name);
  if (argument.empty())
    row.text("code", "0").text("msg", "");
  else
    row.raw("arg", argument);
  row.text("connId", c.id);
  row.end();
  out_.send(socket, out);
}

void Sockets::received(SocketId socket, std::string_view text) {
  const auto found = connections_.find(socket);
  if (found == connections_.end()) return;
  Connection& c = found->second;
  c.heard = venue_.wall();
  if (text == "ping") return out_.send(socket, "pong");
  Frame f;
  auto root = JsonTree::parse(text);
  if (!root.has_value() || root.value().kind() != JsonTree::Kind::object)
    return refuse(socket, c, f, {60012, "Invalid request: " + std::string(text.substr(0, 200))});
  f.root = std::move(root).value();
  f.op = f.root.text("op");
  f.id = f.root.text("id");
  if (f.op == "login") return login(socket, c, f);
  if (f.op == "subscribe" || f.op == "unsubscribe")
    return subscribe(socket, c, f, f.op == "subscribe");
  if (Api::route_of_op(f.op)) return order_entry(socket, c, f);
  refuse(socket, c, f, {60012, "Invalid request: " + std::string(text.substr(0, 200))});
}

// On the public path too: some books want it there, and clients with keys wait for its answer
// before they subscribe to anything.
void Sockets::login(SocketId socket, Connection& c, const Frame& f) {
  const Parameters fields =
      f.args().empty() ? Parameters() : Parameters::of_object(f.args().front());
  const Signer signer = signer_of(venue_.desk, fields);
  if (!signer.who) return refuse(socket, c, f, signer.refusal);
  if (c.who && c.who->account != signer.who->account) private_.leave_all(socket, c.who->account);
  c.who = signer.who;
  event(socket, c, f, "login", "");
}

// Each argument is answered by itself.
void Sockets::subscribe(SocketId socket, Connection& c, const Frame& f, bool on) {
  if (f.args().empty()) return refuse(socket, c, f, {60012, "Invalid request: no args"});
  for (const JsonTree& arg : f.args()) subscribe_one(socket, c, f, Channel::read(arg), on);
}

void Sockets::subscribe_one(SocketId socket, Connection& c, const Frame& f, const Channel& channel,
                            bool on) {
  const bool own = PrivateFeeds::knows(c.path, channel);
  if (own && !c.who) return refuse(socket, c, f, {60011, "Please log in"});
  if (!own && (c.path == Path::own || !public_.knows(c.path, channel)))
    return refuse(socket, c, f,
                  {60018, fmt::format("Wrong URL or channel:{},instId:{} doesn't exist. Please use "
                                      "the correct URL, channel and parameters referring to API "
                                      "document.",
                                      channel.name, channel.inst_id)});
  if (on && c.channels.size() >= kChannelsMost)
    return refuse(socket, c, f, {60014, "Requests too frequent"});
  event(socket, c, f, on ? "subscribe" : "unsubscribe", channel.argument);
  if (on)
    c.channels.emplace(channel.argument, channel);
  else
    c.channels.erase(channel.argument);
  if (own && on)
    private_.follow(socket, c.who->account, channel);
  else if (own)
    private_.leave(socket, c.who->account, channel);
  else if (on)
    public_.follow(socket, c.path, channel);
  else
    public_.leave(socket, channel);
}

void Sockets::order_entry(SocketId socket, Connection& c, const Frame& f) {
  if (c.path == Path::open_to_all || !c.who) return refuse(socket, c, f, {60011, "Please log in"});
  const Api::Route& route = *Api::route_of_op(f.op);
  const AccountId account = c.who->account;
  const int64_t began = venue_.wall().ns() / 1'000;
  Outcome outcome;
  if (const auto over = admission_.admit(route, account, f.args().size()))
    outcome = *over;
  else
    outcome =
        api_.run(route, ask_of(f.root["args"], {.account = account,
                                                .path = route.path,
                                                .good_until = good_until(f.root.text("expTime"))}));
  admission_.done(account, outcome);
  std::string out;
  ObjectText row(out);
  row.text("id", f.id)
      .text("op", f.op)
      .digits("code", outcome.refusal.code)
      .text("msg", outcome.refusal.text)
      .raw("data", outcome.rows)
      .digits("inTime", began)
      .digits("outTime", venue_.wall().ns() / 1'000);
  row.end();
  out_.send(socket, out);
  api_.algos.run();
}

// A connection to which nothing is pushed has to speak within thirty seconds.
void Sockets::tick() {
  public_.tick();
  private_.tick();
  const Instant wall = venue_.wall();
  std::vector<SocketId> silent;
  for (const auto& [socket, c] : connections_) {
    if (wall - c.heard > kSilenceMost && c.channels.empty()) silent.push_back(socket);
  }
  for (const SocketId socket : silent) {
    connections_[socket].heard = wall;
    out_.close(socket, 4004, "No data received in 30s.");
  }
}

}  // namespace delever::gateways::okx
