// What requests weigh: by address and clock minute, orders by account, as the headers of each
// answer say. Over the limit: 429 until the minute is over; who goes on is banned (418) for two
// minutes, and twice as long each time after, up to three days.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateways/binance/refusal.h"
#include "market/account.h"

namespace delever::gateways::binance {

class Weights {
 public:
  Weights(bool spot, bool enforced) : spot_(spot), enforced_(enforced) {}
  struct Refused {
    Refusal refusal;
    int64_t retry_after = 0;  // seconds
  };
  // Counted whether or not it is refused.
  std::optional<Refused> take(const std::string& address, uint32_t weight, Instant now);
  std::optional<Refused> take_orders(AccountId account, uint32_t orders, Instant now);
  uint32_t used(const std::string& address) const;
  uint32_t limit() const { return spot_ ? 6'000 : 2'400; }
  // Of orders: the two limits that exchangeInfo names, with what the account has used of them.
  struct OrderLimit {
    std::string_view interval;
    uint32_t intervals = 1, limit = 0, used = 0;
  };
  std::array<OrderLimit, 2> order_limits(AccountId account, Instant now) const;
  std::vector<std::pair<std::string, std::string>> headers(const std::string& address,
                                                           std::optional<AccountId> account) const;

 private:
  struct Count {
    int64_t period = -1;  // the number of the minute, of the ten seconds
    uint32_t used = 0;
    void add(int64_t in, uint32_t n) {
      if (in != period) used = 0;
      period = in;
      used += n;
    }
  };
  struct Address {
    Count weight;
    uint32_t ignored = 0;  // requests over the limit since the first 429
    int64_t ban_s = 0;
    Instant banned_until = Instant::min();
  };
  struct Orders {
    Count ten_seconds, longer;  // a minute; of spot a day
  };
  const bool spot_, enforced_;
  std::map<std::string, Address> addresses_;
  std::map<AccountId, Orders> orders_;
};

}  // namespace delever::gateways::binance
