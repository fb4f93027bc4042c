// Requests in frames: /ws-fapi/v1 and /ws-api/v3. {"id","method","params"} in, {"id","status",
// "result"} out; the methods are the REST endpoints under other names.
#pragma once

#include <map>

#include "gateways/binance/account_stream.h"
#include "gateways/binance/dispatch.h"

namespace delever::gateways::binance {

class SocketApi {
 public:
  SocketApi(Face& face, Dispatch& dispatch, AccountStream& accounts, Outward& out)
      : face_(face), dispatch_(dispatch), accounts_(accounts), out_(out) {}
  static bool accepts(std::string_view path, bool spot);
  void opened(SocketId socket, std::string_view target);
  void received(SocketId socket, std::string_view frame);
  void closed(SocketId socket);
  bool has(SocketId socket) const { return opened_.contains(socket); }
  size_t size() const { return opened_.size(); }

 private:
  Dispatch::Done carry_out(SocketId socket, std::string_view method, const Parameters& p);
  Dispatch::Done listen(SocketId socket, const Parameters& p);
  void answer(SocketId socket, std::string_view id, const Dispatch::Done& done,
              bool candles = false);

  Face& face_;
  Dispatch& dispatch_;
  AccountStream& accounts_;
  Outward& out_;
  struct Connection {
    Instant opened;  // by the wall
    bool microseconds = false;
  };
  std::map<SocketId, Connection> opened_;
};

}  // namespace delever::gateways::binance
