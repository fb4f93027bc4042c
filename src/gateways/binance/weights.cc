#include "gateways/binance/weights.h"

#include <fmt/format.h>

#include <algorithm>

namespace delever::gateways::binance {
namespace {

constexpr uint32_t kPatience = 10;  // requests after a 429 before the ban
constexpr int64_t kFirstBan = 120, kLongestBan = 3 * 86'400;
constexpr size_t kMostAddresses = 10'000;

int64_t seconds(Instant t) { return t.ms() / 1'000; }

}  // namespace

std::optional<Weights::Refused> Weights::take(const std::string& address, uint32_t weight,
                                              Instant now) {
  if (addresses_.size() > kMostAddresses) addresses_.clear();
  Address& a = addresses_[address];
  const int64_t s = seconds(now);
  if (a.weight.period != s / 60) a.ignored = 0;
  a.weight.add(s / 60, weight);
  if (!enforced_) return std::nullopt;
  const auto banned = [&]() -> Refused {
    const int64_t until = a.banned_until.ms();
    return {{-1003,
             fmt::format("Way too much request weight used; IP banned until {}. Please use "
                         "WebSocket Streams for live updates to avoid bans.",
                         until),
             418},
            (until - now.ms() + 999) / 1'000};
  };
  if (now < a.banned_until) return banned();
  if (a.weight.used <= limit()) return std::nullopt;
  if (++a.ignored > kPatience) {
    a.ban_s = a.ban_s == 0 ? kFirstBan : std::min(2 * a.ban_s, kLongestBan);
    a.banned_until = now + Duration::seconds(a.ban_s);
    a.ignored = 0;
    return banned();
  }
  return Refused{{-1003,
                  fmt::format("Too many requests; current limit is {} requests per minute. Please "
                              "use the websocket for live updates to avoid polling the API.",
                              limit()),
                  429},
                 60 - s % 60};
}

std::optional<Weights::Refused> Weights::take_orders(AccountId account, uint32_t orders,
                                                     Instant now) {
  Orders& o = orders_[account];
  const int64_t s = seconds(now), longer = spot_ ? 86'400 : 60;
  o.ten_seconds.add(s / 10, orders);
  o.longer.add(s / longer, orders);
  if (!enforced_) return std::nullopt;
  const uint32_t short_limit = spot_ ? 100 : 300, long_limit = spot_ ? 200'000 : 1'200;
  if (o.ten_seconds.used > short_limit) {
    return Refused{{-1015,
                    fmt::format("Too many new orders; current limit is {} orders per 10 "
                                "SECOND.",
                                short_limit),
                    429},
                   10 - s % 10};
  }
  if (o.longer.used > long_limit) {
    return Refused{{-1015,
                    fmt::format("Too many new orders; current limit is {} orders per 1 {}.",
                                long_limit, spot_ ? "DAY" : "MINUTE"),
                    429},
                   longer - s % longer};
  }
  return std::nullopt;
}

std::array<Weights::OrderLimit, 2> Weights::order_limits(AccountId account, Instant now) const {
  const int64_t s = seconds(now), longer = spot_ ? 86'400 : 60;
  const auto it = orders_.find(account);
  const Orders none, &o = it == orders_.end() ? none : it->second;
  const auto used = [](const Count& count, int64_t period) {
    return count.period == period ? count.used : 0;
  };
  return {OrderLimit{"SECOND", 10, spot_ ? 100u : 300u, used(o.ten_seconds, s / 10)},
          OrderLimit{spot_ ? "DAY" : "MINUTE", 1, spot_ ? 200'000u : 1'200u,
                     used(o.longer, s / longer)}};
}

uint32_t Weights::used(const std::string& address) const {
  const auto it = addresses_.find(address);
  return it == addresses_.end() ? 0 : it->second.weight.used;
}

std::vector<std::pair<std::string, std::string>> Weights::headers(
    const std::string& address, std::optional<AccountId> account) const {
  std::vector<std::pair<std::string, std::string>> out;
  if (spot_) out.emplace_back("X-MBX-USED-WEIGHT", std::to_string(used(address)));
  out.emplace_back("X-MBX-USED-WEIGHT-1M", std::to_string(used(address)));
  const auto it = account ? orders_.find(*account) : orders_.end();
  if (it != orders_.end()) {
    out.emplace_back("X-MBX-ORDER-COUNT-10S", std::to_string(it->second.ten_seconds.used));
    out.emplace_back(spot_ ? "X-MBX-ORDER-COUNT-1D" : "X-MBX-ORDER-COUNT-1M",
                     std::to_string(it->second.longer.used));
  }
  return out;
}

}  // namespace delever::gateways::binance
