// OKX's WebSocket connections: public, private and business paths. Messages in, events out; the
// feeds do the rest, and order entry goes to the handlers of REST.
#pragma once

#include <map>
#include <set>
#include <string>

#include "gateways/okx/api.h"
#include "gateways/okx/private_feeds.h"
#include "gateways/okx/public_feeds.h"

namespace delever::gateways::okx {

// Who is asked whether a request may go on, and told what became of it.
class Admission {
 public:
  virtual ~Admission() = default;
  virtual std::optional<Refusal> admit(const Api::Route& route, AccountId account,
                                       size_t orders) = 0;
  virtual void done(AccountId account, const Outcome& outcome) = 0;
};

class Sockets {
 public:
  Sockets(Venue& venue, Api& api, Outward& out, Admission& admission)
      : venue_(venue),
        api_(api),
        out_(out),
        admission_(admission),
        public_(venue, out),
        private_(venue, out) {
    api.algos.on_change([this](const Algo& algo) { private_.on_algo(algo); });
  }
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
  struct Connection {
    Path path = Path::open_to_all;
    const Credentials* who = nullptr;
    std::string id;
    std::map<std::string, Channel> channels;  // by argument
    Instant heard;
  };
  struct Frame {
    std::string op, id;
    JsonTree root;
    const std::vector<JsonTree>& args() const { return root["args"].items(); }
  };
  void login(SocketId socket, Connection& c, const Frame& f);
  void subscribe(SocketId socket, Connection& c, const Frame& f, bool on);
  void subscribe_one(SocketId socket, Connection& c, const Frame& f, const Channel& channel,
                     bool on);
  void order_entry(SocketId socket, Connection& c, const Frame& f);
  void refuse(SocketId socket, const Connection& c, const Frame& f, const Refusal& refusal);
  void event(SocketId socket, const Connection& c, const Frame& f, std::string_view name,
             std::string_view argument);

  Venue& venue_;
  Api& api_;
  Outward& out_;
  Admission& admission_;
  PublicFeeds public_;
  PrivateFeeds private_;
  std::map<SocketId, Connection> connections_;
  uint64_t opened_ = 0;
};

}  // namespace delever::gateways::okx
