// Control frames as measured on USD-M in October 2026: every SUBSCRIBE is acknowledged, whether or
// not there is such a stream.
#include "gateways/binance/streams.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "gateways/binance/time_unit.h"
#include "gateways/json_text.h"

namespace delever::gateways::binance {
namespace {

constexpr size_t kMostStreams = 1'024;
constexpr uint32_t kFuturesFrames = 10, kSpotFrames = 5;  // a second
constexpr Duration kDay = Duration::hours(24);
constexpr Duration kFuturesPing = Duration::minutes(3), kSpotPing = Duration::seconds(20);

// /public/ws/btcusdt@depth -> the part's meaning and what stands behind "ws" or "stream".
struct Target {
  bool known = false, combined = false;
  Carries carries = Carries::any;
  std::string_view names;  // "a/b", or "0"
};

Target read_path(std::string_view path, bool spot) {
  Target t;
  const auto take = [&](std::string_view head) {
    if (!path.starts_with(head) || (path.size() > head.size() && path[head.size()] != '/'))
      return false;
    path.remove_prefix(head.size());
    return true;
  };
  if (!spot) {
    if (take("/public"))
      t.carries = Carries::public_data;
    else if (take("/market"))
      t.carries = Carries::market_data;
    else if (take("/private"))
      t.carries = Carries::account;
  }
  if (take("/stream")) {
    t.known = t.combined = true;
    // A client whose address has to hold "/stream" to be known as spot: /stream/ws/0.
    if (take("/ws")) t.combined = false;
  } else {
    t.known = take("/ws");
  }
  if (path.starts_with('/')) path.remove_prefix(1);
  t.names = path;
  return t;
}

}  // namespace

bool Streams::accepts(std::string_view path, bool spot) { return read_path(path, spot).known; }

Topic* Streams::find(const std::string& name) {
  const auto it = topics_.find(name);
  return it == topics_.end() ? nullptr : &it->second;
}

const std::vector<Topic*>& Streams::of(StreamKind kind, InstrumentId id) const {
  static const std::vector<Topic*> none;
  const auto it = by_kind_.find({kind, id});
  return it == by_kind_.end() ? none : it->second;
}

void Streams::send_to(const Topic::Followers& followers, const Topic& topic,
                      const std::string& json) {
  if (!followers.plain.empty()) out_.send_all(followers.plain, json);
  if (followers.combined.empty()) return;
  std::string wrapped;
  ObjectText(wrapped).text("stream", topic.name).raw("data", json).end();
  out_.send_all(followers.combined, wrapped);
}

void Streams::publish(const Topic& topic, const std::string& json) {
  if (topic.in_ms.any()) send_to(topic.in_ms, topic, json);
  if (topic.in_us.any())
    send_to(topic.in_us, topic, in_microseconds(json, topic.what.kind == StreamKind::kline));
}

void Streams::end(const std::string& name) {
  const Topic* topic = find(name);
  if (!topic) return;
  std::vector<SocketId> all;
  for (const auto* of : {&topic->in_ms, &topic->in_us}) {
    all.insert(all.end(), of->plain.begin(), of->plain.end());
    all.insert(all.end(), of->combined.begin(), of->combined.end());
  }
  for (const SocketId id : all) {
    Socket& socket = sockets_[id];
    unsubscribe(id, socket, name);
    if (!socket.names.empty()) continue;
    out_.close(id, 1000, "");
    closed(id);
  }
}

// ---- sockets

// Streams may be named in the path, in `streams`, or by a listen key.
void Streams::opened(SocketId id, std::string_view target) {
  const size_t mark = target.find('?');
  const Target t = read_path(target.substr(0, mark), face_.spot);
  Socket& socket = sockets_[id];
  socket.combined = t.combined;
  socket.path = t.carries;
  socket.microseconds = face_.spot && asks_microseconds(target);
  socket.opened = socket.pinged = face_.wall();
  look_at_ = std::min(look_at_, socket.pinged + ping_every());
  for (const std::string_view name : split(t.names, '/')) {
    // ccxt numbers its connections; a number is no stream.
    if (!name.empty() && !read_int(name)) subscribe(id, socket, std::string(name));
  }
  if (mark == target.npos) return;
  const Parameters query = Parameters::of_query(target.substr(mark + 1));
  if (query.has("streams")) {
    // No name has a space: what a query means by one is the plus of kline_1d@+08:00.
    std::string names(query["streams"]);
    std::replace(names.begin(), names.end(), ' ', '+');
    for (const std::string_view name : split(names, '/')) subscribe(id, socket, std::string(name));
  }
  if (query.has("listenKey")) subscribe(id, socket, std::string(query["listenKey"]));
}

void Streams::closed(SocketId id) {
  const auto it = sockets_.find(id);
  if (it == sockets_.end()) return;
  for (const std::string& name : it->second.names) leave(id, name);
  sockets_.erase(it);
}

void Streams::subscribe(SocketId id, Socket& socket, const std::string& name) {
  if (!socket.names.insert(name).second) return;
  const auto account = face_.keys.find(name);
  std::optional<StreamName> what = stream_name(face_.markets, face_.spot, name);
  if (account) what = StreamName{.kind = StreamKind::account};
  if (!what || !carries(socket.path, what->kind)) return;
  const auto [it, fresh] = topics_.try_emplace(name);
  Topic& topic = it->second;
  if (fresh) {
    topic.name = name;
    topic.what = std::move(*what);
    topic.account = account.value_or(AccountId(0));
    const InstrumentId of = topic.what.market ? topic.what.market->id : kNoInstrument;
    if (on_first) on_first(topic);
    by_kind_[{topic.what.kind, of}].push_back(&topic);
  }
  Topic::Followers& of = socket.microseconds ? topic.in_us : topic.in_ms;
  (socket.combined ? of.combined : of.plain).push_back(id);
}

void Streams::unsubscribe(SocketId id, Socket& socket, const std::string& name) {
  if (socket.names.erase(name) != 0) leave(id, name);
}

// A topic ends with its last follower.
void Streams::leave(SocketId id, const std::string& name) {
  const auto it = topics_.find(name);
  if (it == topics_.end()) return;
  Topic& topic = it->second;
  for (auto* of : {&topic.in_ms, &topic.in_us}) {
    std::erase(of->plain, id);
    std::erase(of->combined, id);
  }
  if (topic.followed()) return;
  const InstrumentId of = topic.what.market ? topic.what.market->id : kNoInstrument;
  std::erase(by_kind_[{topic.what.kind, of}], &topic);
  topics_.erase(it);
}

// ---- control frames

void Streams::refuse(SocketId id, int code, std::string_view text, std::string_view request) {
  std::string out;
  ObjectText o(out);
  if (face_.spot) {
    o.number("code", code).text("msg", text);
  } else {
    std::string error;
    ObjectText(error).number("code", code).text("msg", text).end();
    o.raw("error", error);
  }
  if (!request.empty()) o.raw("id", request);
  o.end();
  out_.send(id, out);
}

bool Streams::too_many_frames(SocketId id, Socket& socket) {
  const int64_t second = face_.wall().ms() / 1'000;
  if (second != socket.second) socket.frames = 0;
  socket.second = second;
  if (++socket.frames <= (face_.spot ? kSpotFrames : kFuturesFrames) || !limits_) return false;
  out_.close(id, 1008, "Too many requests");
  return true;
}

void Streams::received(SocketId id, std::string_view frame) {
  const auto it = sockets_.find(id);
  if (it == sockets_.end()) return;
  if (too_many_frames(id, it->second)) return closed(id);
  const auto whole = JsonTree::parse(frame);
  if (!whole.has_value())
    return refuse(id, 3, "Invalid JSON: expected value at line 1 column 1", {});
  if (whole.value().kind() != JsonTree::Kind::object)
    return refuse(id, 2, "Invalid request: request must be an object", {});
  const std::string request = as_json(whole.value()["id"]);
  if (!carry_out(id, it->second, whole.value(), request)) closed(id);
}

bool Streams::carry_out(SocketId id, Socket& socket, const JsonTree& frame,
                        const std::string& request) {
  const std::string_view method = frame.text("method");
  if (method.empty()) {
    refuse(id, 2, "Invalid request: missing field `method`", request);
    return true;
  }
  const JsonTree& params = frame["params"];
  const bool has_params = params.kind() == JsonTree::Kind::list;
  std::string result = "null";
  if (method == "SUBSCRIBE" || method == "UNSUBSCRIBE") {
    if (!has_params) {
      refuse(id, 2, "Invalid request: missing field `params`", request);
      return true;
    }
    if (!change(id, socket, params, method == "SUBSCRIBE")) return false;
  } else if (method == "LIST_SUBSCRIPTIONS") {
    result.clear();
    append_list(result, socket.names, [&](const std::string& name) { append_text(result, name); });
  } else if (method == "SET_PROPERTY" && has_params) {
    set_property(socket, id, params, request);
    return true;
  } else if (method == "GET_PROPERTY" && has_params) {
    result = socket.combined ? "true" : "false";
  } else {
    refuse(id, 2,
           fmt::format("Invalid request: unknown variant {}, expected one of `SUBSCRIBE`, "
                       "`UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY`",
                       method),
           request);
    return true;
  }
  std::string out;
  ObjectText(out).raw("result", result).raw("id", request).end();
  out_.send(id, out);
  return true;
}

// False: one stream too many, which costs the connection with all that it had.
bool Streams::change(SocketId id, Socket& socket, const JsonTree& names, bool adds) {
  for (const JsonTree& each : names.items()) {
    const std::string name(each.text());
    if (name.empty()) continue;
    if (!adds) {
      unsubscribe(id, socket, name);
      continue;
    }
    subscribe(id, socket, name);
    if (socket.names.size() <= kMostStreams) continue;
    refuse(id, 4, "Too many subscriptions", {});
    out_.close(id, 1008, "Invalid request");
    return false;
  }
  return true;
}

// All that is followed moves to the other form.
void Streams::set_property(Socket& socket, SocketId id, const JsonTree& of,
                           const std::string& request) {
  const bool two = of.items().size() == 2;
  if (!two || of.items()[0].text() != "combined" || of.items()[1].kind() != JsonTree::Kind::boolean)
    return refuse(id, 0, "Unknown property", request);
  const bool value = of.items()[1].text() == "true";
  const std::set<std::string> names = socket.names;
  for (const std::string& each : names) unsubscribe(id, socket, each);
  socket.combined = value;
  for (const std::string& each : names) subscribe(id, socket, each);
  std::string out;
  ObjectText(out).raw("result", "null").raw("id", request).end();
  out_.send(id, out);
}

Duration Streams::ping_every() const { return face_.spot ? kSpotPing : kFuturesPing; }

// There may be thousands of them: they are looked at where the first of them is due, once a second
// at most.
void Streams::tick(Instant wall) {
  if (wall < look_at_) return;
  look_at_ = Instant::max();
  std::vector<SocketId> old;
  for (auto& [id, socket] : sockets_) {
    if (wall - socket.opened >= kDay) {
      old.push_back(id);
      continue;
    }
    if (wall - socket.pinged >= ping_every()) {
      socket.pinged = wall;
      out_.ping(id, std::to_string(wall.ms()));
    }
    look_at_ = std::min({look_at_, socket.pinged + ping_every(), socket.opened + kDay});
  }
  look_at_ = std::max(look_at_, wall + Duration::seconds(1));
  for (const SocketId id : old) {
    out_.close(id, 1001, "24 hours");
    closed(id);
  }
}

}  // namespace delever::gateways::binance
