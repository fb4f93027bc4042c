// Keys under which a client listens to its account: one an account, for 60 minutes from
// the last call.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "market/account.h"

namespace delever::gateways::binance {

class ListenKeys {
 public:
  // The same while it lives. `secret` is what nobody else could make it from.
  const std::string& start(AccountId account, std::string_view secret, Instant now);
  bool keep(AccountId account, Instant now);  // false: there is none
  bool stop(AccountId account);
  // Those that were stopped since it was asked last: their streams are to be closed.
  std::vector<std::string> take_stopped() { return std::exchange(stopped_, {}); }
  std::optional<AccountId> find(std::string_view key) const;
  const std::string* of(AccountId account) const;
  // Those that have run out at `now`, which are gone afterwards.
  std::map<std::string, AccountId> expire(Instant now);

 private:
  void forget(AccountId account);
  struct Entry {
    std::string key;
    Instant until;
  };
  std::map<AccountId, Entry> all_;
  std::map<std::string, AccountId, std::less<>> by_key_;
  std::vector<std::string> stopped_;
  uint64_t made_ = 0;
};

}  // namespace delever::gateways::binance
