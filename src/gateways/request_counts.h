// What came of each account's requests, for its scorecard: how many, which of the venue's codes,
// how often a limit was met.
#pragma once

#include <map>
#include <string>

#include "gateways/gateway.h"

namespace delever::gateways {

class RequestCounts {
 public:
  // `code`: the venue's, 0 where it did as asked.
  void answered(AccountId account, int code) {
    ++counts_[account].requests;
    if (code != 0) refused(account, code);
  }
  // Of a request that is counted already: one row of several, say.
  void refused(AccountId account, int code) { ++counts_[account].refused[code]; }
  void limited(AccountId account) { ++counts_[account].limit_hits; }

  AccountCounts of(AccountId account) const {
    const auto found = counts_.find(account);
    if (found == counts_.end()) return {};
    AccountCounts out{.requests = found->second.requests, .limit_hits = found->second.limit_hits};
    for (const auto& [code, times] : found->second.refused)
      out.refused.emplace_back(std::to_string(code), times);
    return out;
  }

 private:
  struct Counts {
    uint64_t requests = 0, limit_hits = 0;
    std::map<int, uint64_t> refused;
  };
  std::map<AccountId, Counts> counts_;
};

}  // namespace delever::gateways
