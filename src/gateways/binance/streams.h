// Who follows which stream, and the control frames with which a client says so. What is sent on a
// stream is the business of feeds.h and account_stream.h.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "gateways/binance/face.h"
#include "gateways/binance/public_json.h"
#include "gateways/binance/stream_name.h"

namespace delever::gateways::binance {

struct Topic {
  std::string name;
  StreamName what;
  AccountId account = 0;                  // of a listen key
  // Who hears it as it is, who with {"stream":..,"data":..} around it; and in microseconds.
  struct Followers {
    std::vector<SocketId> plain, combined;
    bool any() const { return !plain.empty() || !combined.empty(); }
  };
  Followers in_ms, in_us;
  Instant due = Instant::min();           // nothing is sent before
  DepthNews news;                         // gathered since the last was sent
  bool has_news = false;
  uint64_t told = 0;  // the book's number that was sent last
  Instant candle = Instant::min();
  std::string last;  // what was sent last, where only changes are
  bool followed() const { return in_ms.any() || in_us.any(); }
};

class Streams {
 public:
  Streams(Face& face, Outward& out, bool limits) : face_(face), out_(out), limits_(limits) {}

  static bool accepts(std::string_view path, bool spot);
  void opened(SocketId socket, std::string_view target);
  void received(SocketId socket, std::string_view frame);
  void closed(SocketId socket);
  bool has(SocketId socket) const { return sockets_.contains(socket); }
  size_t size() const { return sockets_.size(); }

  // Topics of a kind, of one instrument or (kNoInstrument) of all.
  const std::vector<Topic*>& of(StreamKind kind, InstrumentId id) const;
  std::map<std::string, Topic>& all() { return topics_; }
  Topic* find(const std::string& name);
  void publish(const Topic& topic, const std::string& json);
  void send_to(const Topic::Followers& followers, const Topic& topic, const std::string& json);
  // Nobody follows it any more, and who followed nothing else is disconnected.
  void end(const std::string& name);

  // Called where a stream of book changes gets its first follower.
  std::function<void(Topic&)> on_first;
  // Pings, and connections that have lasted a day.
  void tick(Instant wall);

 private:
  struct Socket {
    bool combined = false, microseconds = false;
    Carries path = Carries::any;
    std::set<std::string> names;
    Instant opened, pinged;
    int64_t second = 0;  // of the last frame, and how many came in it
    uint32_t frames = 0;
  };
  void subscribe(SocketId id, Socket& socket, const std::string& name);
  void unsubscribe(SocketId id, Socket& socket, const std::string& name);
  void leave(SocketId id, const std::string& name);
  void refuse(SocketId id, int code, std::string_view text, std::string_view request);
  bool too_many_frames(SocketId id, Socket& socket);
  Duration ping_every() const;
  // Whether the socket is still there.
  bool carry_out(SocketId id, Socket& socket, const JsonTree& frame, const std::string& request);
  bool change(SocketId id, Socket& socket, const JsonTree& names, bool adds);
  void set_property(Socket& socket, SocketId id, const JsonTree& of, const std::string& request);

  Face& face_;
  Outward& out_;
  const bool limits_;
  std::map<SocketId, Socket> sockets_;
  Instant look_at_ = Instant::min();  // no ping is due before, and nobody's day is over
  std::map<std::string, Topic> topics_;
  std::map<std::pair<StreamKind, InstrumentId>, std::vector<Topic*>> by_kind_;
};

}  // namespace delever::gateways::binance
