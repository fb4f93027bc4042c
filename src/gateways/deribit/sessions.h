// Who asks: tokens of public/auth with their time, and the signatures of single requests.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "gateways/deribit/rpc.h"

namespace delever::gateways::deribit {

class Sessions {
 public:
  explicit Sessions(const Desk& desk) : desk_(desk) {}

  // public/auth: client_credentials, client_signature, refresh_token. A connection that asks is
  // signed in from then on.
  Reply authenticate(const Params& params, Caller& caller);
  // Whose token this is; missing: nobody's, or its time is over.
  std::optional<AccountId> of_token(std::string_view token) const;
  // Authorization: "Bearer TOKEN", "Basic ...", "deri-hmac-sha256 id=,ts=,nonce=,sig=". The
  // account, or the reason why not. `changes`: the same signature is not taken twice.
  struct Found {
    std::optional<AccountId> account;
    std::string_view refused;
  };
  Found of_header(const Request& request, bool changes);
  void sign_in(SocketId socket, AccountId account) { signed_in_[socket] = account; }
  void forget(SocketId socket) { signed_in_.erase(socket); }
  std::optional<AccountId> of_socket(SocketId socket) const;
  void log_out(AccountId account, std::string_view token);

 private:
  struct Token {
    AccountId account = 0;
    Instant ends;
    std::string refresh;
  };
  Reply grant(AccountId account, std::string_view scope);
  bool fresh(int64_t ms) const;
  bool used_before(std::string signature);
  const Credentials* by_signature(std::string_view key, std::string_view text,
                                  std::string_view signature) const;

  const Desk& desk_;
  std::map<std::string, Token, std::less<>> tokens_, refreshes_;
  std::deque<std::string> order_;  // of the tokens, oldest first
  std::map<SocketId, AccountId> signed_in_;
  std::set<std::string> used_;
  std::deque<std::pair<Instant, std::string>> used_at_;
  uint64_t made_ = 0;
};

}  // namespace delever::gateways::deribit
