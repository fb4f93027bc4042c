#include "net/routes.h"

namespace delever::net {

void Routes::add(Route route) {
  CHECK(!route.path.empty() && route.path.front() == '/');
  if (route.path.back() == '*') {
    route.beginning = true;
    route.path.pop_back();
  }
  routes_.push_back(std::move(route));
}

const Routes::Route* Routes::find(std::string_view method, std::string_view path, bool socket,
                                  Miss& miss) const {
  miss = Miss::no_path;
  const Route* best = nullptr;
  for (const Route& route : routes_) {
    const bool fits = route.beginning ? path.starts_with(route.path) : path == route.path;
    if (!fits) continue;
    if (socket != static_cast<bool>(route.acceptor)) {
      if (miss == Miss::no_path) miss = socket ? Miss::not_socket : Miss::only_socket;
      continue;
    }
    const bool method_fits = socket || route.method == "*" || route.method == method ||
                             (method == "HEAD" && route.method == "GET");
    if (!method_fits) {
      miss = Miss::no_method;
      continue;
    }
    // An exact path goes before a beginning of the same length.
    if (best == nullptr || route.path.size() > best->path.size() ||
        (route.path.size() == best->path.size() && best->beginning && !route.beginning))
      best = &route;
  }
  if (best != nullptr) miss = Miss::none;
  return best;
}

}  // namespace delever::net
