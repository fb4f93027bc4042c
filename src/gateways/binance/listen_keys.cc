#include "gateways/binance/listen_keys.h"

#include <fmt/format.h>

#include "auth/digest.h"

namespace delever::gateways::binance {
namespace {
constexpr Duration kLife = Duration::minutes(60);
}

const std::string& ListenKeys::start(AccountId account, std::string_view secret, Instant now) {
  Entry& entry = all_[account];
  if (entry.key.empty()) {
    entry.key = auth::hex(auth::hmac_sha256(
        secret, fmt::format("listen {} {} {}", static_cast<uint32_t>(account), ++made_, now.ns())));
    by_key_[entry.key] = account;
  }
  entry.until = now + kLife;
  return entry.key;
}

bool ListenKeys::keep(AccountId account, Instant now) {
  const auto it = all_.find(account);
  if (it == all_.end()) return false;
  it->second.until = now + kLife;
  return true;
}

void ListenKeys::forget(AccountId account) {
  const auto it = all_.find(account);
  if (it == all_.end()) return;
  by_key_.erase(it->second.key);
  all_.erase(it);
}

bool ListenKeys::stop(AccountId account) {
  const std::string* key = of(account);
  if (!key) return false;
  stopped_.push_back(*key);
  forget(account);
  return true;
}

std::optional<AccountId> ListenKeys::find(std::string_view key) const {
  const auto it = by_key_.find(key);
  return it == by_key_.end() ? std::nullopt : std::optional(it->second);
}
const std::string* ListenKeys::of(AccountId account) const {
  const auto it = all_.find(account);
  return it == all_.end() ? nullptr : &it->second.key;
}

std::map<std::string, AccountId> ListenKeys::expire(Instant now) {
  std::map<std::string, AccountId> gone;
  for (const auto& [account, entry] : all_) {
    if (entry.until <= now) gone.emplace(entry.key, account);
  }
  for (const auto& [key, account] : gone) forget(account);
  return gone;
}

}  // namespace delever::gateways::binance
