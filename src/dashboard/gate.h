// Who is answered at all: methods that change nothing, pages of our own origin, and, where a token
// is asked for, who brings it. And the headers that every answer carries.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/server.h"

namespace delever::dashboard {

struct Refusal {
  int status = 0;
  std::string_view what;
};

class Gate {
 public:
  explicit Gate(std::string token) : token_(std::move(token)) {}
  // `secret`: the path shows what is on the tapes, so the token is asked for.
  std::optional<Refusal> refuse(const net::ServerRequest& request, bool secret) const;
  // Of who asks alone, whatever the method: for routes of others that do change something.
  std::optional<Refusal> refuse_caller(const net::ServerRequest& request, bool secret) const;

 private:
  const std::string token_;
};

// `lasting`: the bytes under this name never change.
net::Headers answer_headers(std::string_view type, bool lasting = false);

}  // namespace delever::dashboard
