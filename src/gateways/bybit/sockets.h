// Bybit's WebSocket connections: public ones of a category, private ones, and order entry.
// Messages in, acknowledgements out; the feeds do the rest.
#pragma once

#include <map>
#include <set>
#include <string>

#include "gateways/bybit/api.h"
#include "gateways/bybit/private_feeds.h"
#include "gateways/bybit/public_feeds.h"

namespace delever::gateways::bybit {

// Who is asked whether a request may go on, and told what became of it.
class Admission {
 public:
  virtual ~Admission() = default;
  // Missing: go on. `headers` get what the venue says of the limit, as JSON members.
  virtual std::optional<Refusal> admit(const Api::Route& route, AccountId account,
                                       std::string& headers) = 0;
  virtual void done(AccountId account, const Refusal& refusal) = 0;
};

class Sockets {
 public:
  Sockets(Venue& venue, Api& api, Outward& out, Admission& admission)
      : venue_(venue),
        api_(api),
        out_(out),
        admission_(admission),
        public_(venue, out),
        private_(venue, out) {}
  static bool accepts(std::string_view path);
  void opened(SocketId socket, std::string_view target);
  void received(SocketId socket, std::string_view frame);
  void closed(SocketId socket);
  void on_update(const DeskUpdate& update) {
    public_.on_update(update);
    private_.on_update(update);
  }
  void tick();
  size_t size() const { return connections_.size(); }

 private:
  enum class Kind : uint8_t { open_to_all, own, trade };
  struct Connection {
    Kind kind = Kind::open_to_all;
    Category category = Category::linear;
    bool status = false;  // of the platform: one topic, and nothing ever happens on it here
    const Credentials* who = nullptr;
    std::string id;
    std::set<std::string, std::less<>> topics;
    size_t characters = 0;  // of all its topics
    Instant heard;
  };
  struct Frame {
    std::string op, request_id;
    bool has_id = false;
    JsonTree root;
    const std::vector<JsonTree>& args() const { return root["args"].items(); }
  };
  void pong(SocketId socket, const Connection& c, const Frame& f);
  void authenticate(SocketId socket, Connection& c, const Frame& f);
  void subscribe(SocketId socket, Connection& c, const Frame& f, bool on);
  std::string refused_topic(const Connection& c, const std::vector<std::string>& topics,
                            bool on) const;
  void acknowledge(SocketId socket, const Connection& c, const Frame& f, bool success,
                   std::string_view text);
  // trade_socket.cc
  void trade(SocketId socket, Connection& c, const Frame& f);
  void answer_trade(SocketId socket, const Connection& c, const Frame& f, const Outcome& outcome,
                    std::string_view headers);

  Venue& venue_;
  Api& api_;
  Outward& out_;
  Admission& admission_;
  PublicFeeds public_;
  PrivateFeeds private_;
  std::map<SocketId, Connection> connections_;
  uint64_t opened_ = 0;
};

}  // namespace delever::gateways::bybit
