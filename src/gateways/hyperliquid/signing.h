// Whose wallet an action of POST /exchange is signed with: by the hash of the action for what a
// trader does, by its fields for what moves money or names agents.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "base/result.h"

namespace delever::gateways::hyperliquid {

using Json = simdjson::dom::element;

// Members of an object; missing where there is none of the name and type.
std::optional<std::string_view> text_in(Json object, std::string_view key);
std::optional<int64_t> whole_in(Json object, std::string_view key);
std::optional<bool> flag_in(Json object, std::string_view key);
std::optional<Json> object_in(Json object, std::string_view key);
std::optional<simdjson::dom::array> list_in(Json object, std::string_view key);

// The body of POST /exchange, and of a "post" on the socket.
struct SignedRequest {
  Json action;
  std::string_view type;  // of the action
  uint64_t nonce = 0;
  std::string vault;  // as sent, lower case; empty: none
  std::optional<uint64_t> expires;
  std::string r, s;
  uint64_t v = 0;
};
Result<SignedRequest> read_signed(Json body);

// The addresses that may have signed: of the main network first, then, where it is another, of the
// test network, since clients choose the network by the host's name.
struct Signers {
  std::string main, test;
};
Result<Signers> signers_of(const SignedRequest& request);
bool signed_by_fields(std::string_view type);

}  // namespace delever::gateways::hyperliquid
