#include "gateways/deribit/credits.h"

#include <algorithm>
#include <array>

namespace delever::gateways::deribit {
namespace {

constexpr size_t kPoolsMost = 10'000;

bool reaches_the_engine(std::string_view method) {
  constexpr std::array<std::string_view, 6> engine{"private/buy",    "private/sell",
                                                   "private/edit",   "private/cancel",
                                                   "private/close_", "private/mass_quote"};
  return std::any_of(engine.begin(), engine.end(),
                     [&](std::string_view name) { return method.starts_with(name); });
}

}  // namespace

// Orders: 5 a second, 20 at once (the lowest tier). Subscriptions: 3,000 of 30,000, refilled by
// 10,000 a second. get_instruments: one a second, 50 at once. All else: 500 of 50,000, refilled by
// 10,000 a second.
Credits::Cost Credits::cost_of(std::string_view method) {
  if (reaches_the_engine(method)) return {"engine", 1, 20, 5};
  if (method.ends_with("/subscribe")) return {"subscribe", 3'000, 30'000, 10'000};
  if (method == "public/get_instruments") return {"instruments", 1, 50, 1};
  return {"calls", 500, 50'000, 10'000};
}

bool Credits::take(const std::string& who, std::string_view method, Instant now) {
  const Cost cost = cost_of(method);
  if (pools_.size() > kPoolsMost) pools_.clear();
  Pool& pool = pools_[who + "/" + std::string(cost.pool)];
  if (pool.at == Instant::min()) pool.left = cost.most;
  if (pool.at != Instant::min())
    pool.left = std::min(cost.most, pool.left + (now - pool.at).in_seconds() * cost.refill);
  pool.at = now;
  if (pool.left < cost.cost) return false;
  pool.left -= cost.cost;
  return true;
}

}  // namespace delever::gateways::deribit
