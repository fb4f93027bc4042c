#include "dashboard/gate.h"

#include "auth/digest.h"

namespace delever::dashboard {
namespace {

// A browser names the page that asks. Only a page that came from here may read an answer.
bool is_foreign(const net::ServerRequest& request) {
  const auto site = net::find_header(request.headers, "Sec-Fetch-Site");
  const auto mode = net::find_header(request.headers, "Sec-Fetch-Mode");
  if (site && *site != "same-origin" && *site != "none" && !(mode && *mode == "navigate"))
    return true;
  const auto origin = net::find_header(request.headers, "Origin");
  const auto host = net::find_header(request.headers, "Host");
  if (!origin) return false;
  const std::string own = (request.tls ? "https://" : "http://") + std::string(host.value_or(""));
  return *origin != own;
}

}  // namespace

std::optional<Refusal> Gate::refuse(const net::ServerRequest& request, bool secret) const {
  if (request.method != "GET" && request.method != "HEAD")
    return Refusal{405, "nothing here is changed by a request: GET and HEAD alone"};
  if (!request.body.empty()) return Refusal{400, "a question has no body"};
  if (request.path.size() + request.query.size() > 2048) return Refusal{414, "too long a path"};
  return refuse_caller(request, secret);
}

std::optional<Refusal> Gate::refuse_caller(const net::ServerRequest& request, bool secret) const {
  if (is_foreign(request)) return Refusal{403, "not for pages of another site"};
  if (token_.empty() || !secret) return std::nullopt;
  const auto given = net::find_header(request.headers, "Authorization");
  constexpr std::string_view bearer = "Bearer ";
  if (!given || !given->starts_with(bearer) || !auth::same(given->substr(bearer.size()), token_))
    return Refusal{401, "a bearer token is asked for"};
  return std::nullopt;
}

net::Headers answer_headers(std::string_view type, bool lasting) {
  return {{"Content-Type", std::string(type)},
          {"Cache-Control", lasting ? "public, max-age=31536000, immutable" : "no-cache"},
          {"X-Content-Type-Options", "nosniff"},
          {"X-Frame-Options", "DENY"},
          {"Referrer-Policy", "no-referrer"},
          {"Cross-Origin-Opener-Policy", "same-origin"},
          {"Cross-Origin-Resource-Policy", "same-origin"},
          {"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
          {"Content-Security-Policy",
           "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
           "img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
           "frame-ancestors 'none'"}};
}

}  // namespace delever::dashboard
