// Builders: whoever brings an order and takes a share of each of its fills. Which share an account
// has allowed whom, and what each has earned. Shares are in tenths of a basis point.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateways/records.h"

namespace delever::gateways::hyperliquid {

class Builders {
 public:
  static constexpr int64_t kMostOfPerpetuals = 100, kMostOfSpot = 1'000;

  // "0.01%" is 10; missing: no percentage of whole tenths of a basis point.
  static std::optional<int64_t> share_of(std::string_view percentage);
  static bool is_address(std::string_view address);

  void approve(AccountId account, std::string_view builder, int64_t most);
  // Whether an order may carry the share. One of nothing is for the name alone: it asks that the
  // account has approved any builder at all.
  bool may(AccountId account, std::string_view builder, int64_t share, bool spot) const;
  int64_t most(AccountId account, std::string_view builder) const;  // 0: not approved
  std::vector<std::string> approved(AccountId account) const;

  void earn(std::string_view builder, Amount fee);
  Amount earned(std::string_view builder) const;
  Amount claim(std::string_view builder);  // all of it, once

 private:
  std::map<AccountId, std::map<std::string, int64_t, std::less<>>> approved_;
  std::map<std::string, Amount, std::less<>> earned_;
};

}  // namespace delever::gateways::hyperliquid
