// Keys under which a client listens to its account: one an account, for 60 minutes from
// the last call.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "market/account.h"

namespace delever::gateways::binance {

class ListenKeys {
 public:
  // The same while it lives. `secret` is what nobody else could make it from.
  const std::string& start(AccountId account, std::string_view secret, Instant now);
  bool keep(AccountId account, Instant now);  // false: there is none
  bool stop(AccountId account);
  std::optional<AccountId> find(std::string_view key) const;
  const std::string* of(AccountId account) const;
  // Those that have run out at `now`, which are gone afterwards.
  std::map<std::string, AccountId> expire(Instant now);

 private:
  struct Entry {
    std::string key;
    Instant until;
  };
  std::map<AccountId, Entry> all_;
  std::map<std::string, AccountId, std::less<>> by_key_;
  uint64_t made_ = 0;
};

}  // namespace delever::gateways::binance
