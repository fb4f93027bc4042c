// Who an address stands for, which numbers a wallet has used, and how often it has asked.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "gateways/gateway.h"

namespace delever::gateways::hyperliquid {

// A wallet's action numbers: none twice, none below the lowest of the hundred highest, none further
// from the wall clock than two days back and one ahead.
class Nonces {
 public:
  // The venue's text for a number that is refused; empty: taken.
  std::string take(std::string_view signer, uint64_t nonce, Instant now);

 private:
  static constexpr size_t kKept = 100;
  std::map<std::string, std::set<uint64_t>, std::less<>> used_;
};

// Requests of an account against what it has traded: 10,000 and one for each dollar.
struct Requests {
  uint64_t sent = 0, refused_for_limit = 0, reserved = 0;
  Amount traded;
  std::map<std::string, uint64_t, std::less<>> refused;
  uint64_t cap() const {
    return 10'000 + reserved + static_cast<uint64_t>(traded.raw() / Amount::scale);
  }
};

class Accounts {
 public:
  explicit Accounts(const Desk& desk) : desk_(desk) {}

  // "0x" and 40 digits in any case; of an account or of a wallet that it has named.
  std::optional<AccountId> of(std::string_view address) const;
  bool is_agent(std::string_view address) const;
  std::string address(AccountId account) const;
  void name_agent(std::string_view address, AccountId account, std::string_view name);
  struct Agent {
    std::string address, name;
    AccountId account = 0;
  };
  const std::vector<Agent>& agents() const { return agents_; }

  Nonces nonces;
  Requests& requests(AccountId account) { return requests_[account]; }
  const Requests* requests(AccountId account) const;

 private:
  const Desk& desk_;
  std::vector<Agent> agents_;
  std::map<AccountId, Requests> requests_;
};

// Weights of the last minute by the peer's address: 1,200 a minute. Bounded: peers without weight
// are forgotten.
class PeerLimits {
 public:
  bool take(std::string_view peer, int64_t weight, Instant now);

 private:
  struct Spent {
    Instant since;
    int64_t weight = 0;
  };
  std::map<std::string, Spent, std::less<>> spent_;
};

}  // namespace delever::gateways::hyperliquid
