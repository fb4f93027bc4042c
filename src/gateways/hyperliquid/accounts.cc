#include "gateways/hyperliquid/accounts.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace delever::gateways::hyperliquid {
namespace {

constexpr size_t kAgentsMost = 3;  // an account may name
constexpr int64_t kWeightMost = 1'200;

}  // namespace

std::string Nonces::take(std::string_view signer, uint64_t nonce, Instant now) {
  const int64_t ms = now.ms();
  const auto sent = static_cast<int64_t>(std::min<uint64_t>(nonce, INT64_MAX / 2));
  constexpr int64_t day = 86'400'000;
  if (sent <= ms - 2 * day || sent >= ms + day)
    return fmt::format("Invalid nonce: {} is not within two days before and one day after {}",
                       nonce, ms);
  auto it = used_.find(signer);
  if (it == used_.end()) it = used_.emplace(std::string(signer), std::set<uint64_t>()).first;
  std::set<uint64_t>& used = it->second;
  if (used.contains(nonce)) return fmt::format("Invalid nonce: duplicate nonce {}", nonce);
  if (used.size() >= kKept && nonce < *used.begin())
    return fmt::format("Invalid nonce: {} is too low, the lowest kept is {}", nonce, *used.begin());
  used.insert(nonce);
  if (used.size() > kKept) used.erase(used.begin());
  return {};
}

std::optional<AccountId> Accounts::of(std::string_view address) const {
  const std::string plain = lower(address);
  if (const Credentials* who = desk_.by_address(plain)) return who->account;
  for (const Agent& agent : agents_)
    if (agent.address == plain) return agent.account;
  return std::nullopt;
}

bool Accounts::is_agent(std::string_view address) const {
  const std::string plain = lower(address);
  return std::any_of(agents_.begin(), agents_.end(),
                     [&](const Agent& a) { return a.address == plain; });
}

std::string Accounts::address(AccountId account) const {
  for (const Credentials& who : desk_.admitted())
    if (who.account == account && !who.address.empty()) return who.address;
  return {};
}

void Accounts::name_agent(std::string_view address, AccountId account, std::string_view name) {
  const auto same = [&](const Agent& a) { return a.account == account && a.name == name; };
  agents_.erase(std::remove_if(agents_.begin(), agents_.end(), same), agents_.end());
  const auto mine = [&](const Agent& a) { return a.account == account; };
  if (static_cast<size_t>(std::count_if(agents_.begin(), agents_.end(), mine)) >= kAgentsMost)
    agents_.erase(std::find_if(agents_.begin(), agents_.end(), mine));
  agents_.push_back({lower(address), std::string(name), account});
}

const Requests* Accounts::requests(AccountId account) const {
  const auto it = requests_.find(account);
  return it == requests_.end() ? nullptr : &it->second;
}

bool PeerLimits::take(std::string_view peer, int64_t weight, Instant now) {
  if (spent_.size() > 10'000)
    std::erase_if(spent_,
                  [&](const auto& s) { return now - s.second.since > Duration::minutes(1); });
  Spent& spent = spent_[std::string(peer)];
  if (now - spent.since > Duration::minutes(1)) spent = {now, 0};
  if (spent.weight + weight > kWeightMost) return false;
  spent.weight += weight;
  return true;
}

}  // namespace delever::gateways::hyperliquid
