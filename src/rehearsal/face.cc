#include "rehearsal/face.h"

#include <algorithm>
#include <utility>

namespace delever::rehearsal {
namespace {

constexpr size_t kLateMost = 200'000;  // frames held back
constexpr size_t kMessageMost = size_t{256} << 10, kBodyMost = size_t{256} << 10;
constexpr size_t kHandedOut = 16;  // sockets that get what many get, before others have their turn
constexpr size_t kLent = 64;       // the same, where another thread hands it to the kernel
constexpr uint64_t kLookEvery = 10;                   // ticks
constexpr size_t kQueueMost = size_t{2} << 20;        // bytes that wait for one socket,
constexpr size_t kQueuedTogether = size_t{64} << 20;  // and for all of a port

std::string target_of(const net::ServerRequest& request) {
  return request.query.empty() ? request.path : request.path + "?" + request.query;
}

bool of_spot(std::string_view path) {
  for (const std::string_view start : {"/api/", "/sapi/", "/dapi/", "/ws-api/"}) {
    if (path.starts_with(start)) return true;
  }
  return false;
}

}  // namespace

Face::Face(net::Loop& loop, std::string name, std::function<void()> before,
           std::function<uint64_t()> commands, std::shared_ptr<Turns> turns)
    : loop_(loop),
      name_(std::move(name)),
      before_(std::move(before)),
      commands_(std::move(commands)),
      turns_(std::move(turns)) {}

Face::~Face() {
  for (const auto& [id, open] : sockets_) open.socket->drop();
}

void Face::add(gateways::Desk& desk, std::string_view gateway, gateways::GatewayOptions options) {
  gateways_.push_back(make_gateway(gateway, desk, *this, options));
  gateways::Gateway* const made = gateways_.back().get();
  CHECK(made);
  desk.on_update([made](const gateways::DeskUpdate& update) { made->on_update(update); });
}

net::SocketOptions Face::socket_options() {
  net::SocketOptions options;
  options.message_limit = kMessageMost;
  options.queue_limit = kQueueMost;
  return options;
}

net::ServerOptions Face::bounded(net::ServerOptions serving) {
  serving.body_limit = kBodyMost;
  return serving;
}

Result<void> Face::listen(const net::ServerOptions& serving) {
  server_ = TRY(net::Server::listen(loop_, bounded(serving)));
  server_->socket("/*", socket_options(),
                  [this](const net::ServerRequest& request, const net::WebSocketPtr& socket) {
                    return accept(request, socket);
                  });
  server_->route("*", "/*", [this](const net::ServerRequest& request, const net::ReplyPtr& reply) {
    answer(request, reply);
  });
  return {};
}

void Face::close(Duration grace, std::function<void()> done) {
  server_->close(grace, std::move(done));
}

// The spot gateway takes its own paths; what it does not know may be the futures', and the other
// way round.
gateways::Gateway* Face::gateway_of(std::string_view path, bool socket) const {
  if (socket) {
    for (const auto& g : gateways_) {
      if (g->accepts(path)) return g.get();
    }
    return nullptr;
  }
  for (const auto& g : gateways_) {
    if ((g->venue() == "binance-spot") == of_spot(path)) return g.get();
  }
  return gateways_.front().get();
}

void Face::answer(const net::ServerRequest& request, const net::ReplyPtr& reply) {
  ++requests_;
  before_();
  const Duration began = loop_.clock().elapsed();
  std::vector<std::pair<std::string, std::string>> headers;
  for (const net::Header& h : request.headers) headers.emplace_back(h.name, h.value);
  gateways::Answer answer = gateway_of(request.path, false)
                                ->request({.method = request.method,
                                           .path = request.path,
                                           .query = request.query,
                                           .body = request.body,
                                           .headers = &headers,
                                           .peer = request.peer});
  net::Headers out{{"Content-Type", answer.content_type}};
  for (const auto& [name, value] : answer.headers) out.push_back({name, value});
  const Duration now = loop_.clock().elapsed(), wait = turns_->hold(now - began);
  if (wait <= Duration()) return reply->send(answer.status, out, answer.body);
  turns_->at(now + wait, [reply, status = answer.status, out = std::move(out),
                          body = std::move(answer.body)] { reply->send(status, out, body); });
}

net::Server::Accepted Face::accept(const net::ServerRequest& request,
                                   const net::WebSocketPtr& socket) {
  gateways::Gateway* const gateway = gateway_of(request.path, true);
  if (!gateway) return {404, {}};
  const gateways::SocketId id{++last_socket_};
  by_number_[static_cast<uint64_t>(id)] = &(sockets_[id] = {socket, gateway, {}, {}});
  net::SocketHandlers handlers;
  handlers.on_open = [this, id, gateway, target = target_of(request)](net::WebSocket&) {
    before_();
    gateway->opened(id, target);
  };
  handlers.on_message = [this, id](net::WebSocket&, const net::Message& message) {
    received(id, message.bytes);
  };
  handlers.on_closed = [this, id](net::WebSocket&, const net::Closed&) { gone(id); };
  return {0, std::move(handlers)};
}

void Face::received(gateways::SocketId id, std::string_view frame) {
  const Open* const open = open_of(id);
  if (!open) return;
  const net::WebSocketPtr socket = open->socket;
  before_();
  const uint64_t entered = commands_();
  const Duration began = loop_.clock().elapsed();
  open->gateway->received(id, frame);
  // Who trades is heard before who only asks, or is refused.
  if (commands_() != entered) socket->urgent(true);
  if (Open* const still = open_of(id))  // it may have been closed meanwhile
    turns_->taken(still->turn, loop_.clock().elapsed() - began, socket);
}

void Face::gone(gateways::SocketId id) {
  const Open* const open = open_of(id);
  if (!open) return;
  gateways::Gateway* const gateway = open->gateway;
  by_number_.erase(static_cast<uint64_t>(id));
  sockets_.erase(id);
  gateway->closed(id);
}

void Face::tick() {
  for (const auto& gateway : gateways_) gateway->tick();
  if (++ticks_ % kLookEvery == 0) cut_slowest();
  for (const gateways::SocketId id : std::exchange(cut_, {})) {
    const Open* const open = open_of(id);
    if (!open) continue;
    open->socket->drop();
    gone(id);
  }
}

// Who reads too slowly for what he asked for, the worst first, once all of them together hold too
// much.
void Face::cut_slowest() {
  if (loop_.queued() <= kQueuedTogether) return;  // of this port and all others
  size_t together = 0;
  for (const auto& [id, open] : sockets_) together += open.socket->queued();
  if (together <= kQueuedTogether) return;
  std::vector<std::pair<size_t, gateways::SocketId>> all;
  for (const auto& [id, open] : sockets_) all.emplace_back(open.socket->queued(), id);
  std::sort(all.rbegin(), all.rend());
  for (const auto& [queued, id] : all) {
    if (together <= kQueuedTogether / 2) return;
    together -= queued;
    cut_.push_back(id);
  }
}

// ---- outward

void Face::deliver(gateways::SocketId id, std::string_view text) {
  Open* const open = open_of(id);
  if (!open) return;
  hand_out(id, *open);
  if (!open->socket->send(text)) cut_.push_back(id);
}

// Most who follow one stream follow the others as well: one text for all of them.
void Face::hand_out(gateways::SocketId id, Open& open, bool beside) {
  if (open.pending.empty()) return;
  if (!batch_ || joined_ != open.pending) {
    net::SharedBatch::Messages messages;
    for (const uint64_t number : open.pending) {
      const Shared& shared = shared_[number - first_shared_];
      messages.insert(messages.end(), shared.begin(), shared.end());
    }
    last_followers_.clear();
    batch_ = std::make_unique<net::SharedBatch>(std::move(messages));
    joined_ = open.pending;
  }
  if (!(beside ? open.socket->send_beside(*batch_) : open.socket->send(*batch_)))
    cut_.push_back(id);
  open.pending.clear();
}

// Prices for a thousand go out a few sockets at a time, so that an order does not wait for all.
void Face::hand_out_later() {
  if (std::exchange(handing_out_, true)) return;
  loop_.post([this, alive = std::weak_ptr<int>(alive_)] {
    if (alive.expired()) return;
    handing_out_ = false;
    // Waking a thread for a few takes longer than they do.
    const bool beside = loop_.sends_beside() && behind_.size() > kHandedOut;
    for (size_t k = 0; k < (beside ? kLent : kHandedOut) && !behind_.empty(); ++k) {
      if (Open* const open = first_behind()) hand_out(behind_.front().socket, *open, beside);
      behind_.pop_front();
    }
    forget_shared();
    if (!behind_.empty()) hand_out_later();
  });
}

Face::Open* Face::open_of(gateways::SocketId id) const {
  const auto it = by_number_.find(static_cast<uint64_t>(id));
  return it == by_number_.end() ? nullptr : it->second;
}

// Null: he has had it, with what was sent to him alone, or is gone.
Face::Open* Face::first_behind() {
  const Behind& first = behind_.front();
  Open* const open = open_of(first.socket);
  if (!open || open->pending.empty()) return nullptr;
  return open->pending.front() == first.oldest ? open : nullptr;
}

// Who stands first in the line has the oldest that anybody still waits for.
void Face::forget_shared() {
  while (!behind_.empty() && !first_behind()) behind_.pop_front();
  const uint64_t oldest = behind_.empty() ? first_shared_ + shared_.size() : behind_.front().oldest;
  for (; first_shared_ < oldest; ++first_shared_) shared_.pop_front();
  if (behind_.empty()) batch_.reset();
  if (shared_.empty()) last_followers_.clear();
}

void Face::send(gateways::SocketId id, std::string_view text) {
  if (!late() && waiting_.empty()) return deliver(id, text);
  if (waiting_.size() >= kLateMost) return cut_.push_back(id);
  waiting_.push_back(
      {loop_.clock().elapsed() + (late() ? late_by_ : Duration()), id, std::string(text)});
}

void Face::send_all(const std::vector<gateways::SocketId>& ids, std::string_view text) {
  if (late() || !waiting_.empty()) {
    for (const gateways::SocketId id : ids) send(id, text);
    return;
  }
  if (ids.empty()) return;
  auto message = std::make_shared<const net::SharedMessage>(std::string(text));
  // Mostly the same follow the next stream that is due: one look at each for all of them.
  if (!last_followers_.empty() && last_followers_ == ids)
    return shared_.back().push_back(std::move(message));
  const uint64_t number = first_shared_ + shared_.size();
  shared_.push_back({std::move(message)});
  last_followers_ = ids;
  for (const gateways::SocketId id : ids) {
    Open* const open = open_of(id);
    if (!open) continue;
    if (open->pending.empty()) behind_.push_back({id, number});
    open->pending.push_back(number);
  }
  behind_.empty() ? forget_shared() : hand_out_later();
}

void Face::ping(gateways::SocketId id, std::string_view payload) {
  if (const Open* const open = open_of(id)) open->socket->ping(payload);
}

void Face::close(gateways::SocketId id, uint16_t code, std::string_view why) {
  Open* const open = open_of(id);
  if (!open) return;
  hand_out(id, *open);
  open->socket->close(code, why);
}

void Face::flush_due() {
  const Duration now = loop_.clock().elapsed();
  while (!waiting_.empty() && waiting_.front().due <= now) {
    const Late late = std::move(waiting_.front());
    waiting_.pop_front();
    deliver(late.socket, late.text);
  }
}

void Face::delay(Duration by, Duration how_long) {
  late_by_ = by;
  late_until_ = loop_.clock().elapsed() + how_long;
}

void Face::disconnect() {
  by_number_.clear();
  const auto open = std::exchange(sockets_, {});
  for (const auto& [id, one] : open) {
    one.socket->drop();
    one.gateway->closed(id);
  }
  waiting_.clear();
}

}  // namespace delever::rehearsal
