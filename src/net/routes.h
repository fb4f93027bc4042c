// Which handler a path has.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/server.h"

namespace delever::net {

class Routes {
 public:
  struct Route {
    std::string method, path;  // path without the "*"
    bool beginning = false;
    Server::Handler handler;  // one of these two
    Server::Acceptor acceptor;
    SocketOptions options;
  };
  enum class Miss { none, no_path, no_method, not_socket, only_socket };

  void add(Route route);
  // Of several that fit, the longest path. `miss` says why there is none.
  const Route* find(std::string_view method, std::string_view path, bool socket, Miss& miss) const;

 private:
  std::vector<Route> routes_;
};

}  // namespace delever::net
