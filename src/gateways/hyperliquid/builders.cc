#include "gateways/hyperliquid/builders.h"

#include "base/text.h"

namespace delever::gateways::hyperliquid {

std::optional<int64_t> Builders::share_of(std::string_view percentage) {
  if (!percentage.ends_with('%')) return std::nullopt;
  percentage.remove_suffix(1);
  const auto percent = Amount::parse(percentage);
  constexpr int64_t tenth = Amount::scale / 1'000;  // of a basis point, in percent
  if (!percent.has_value() || percent.value() < Amount() || percent.value().raw() % tenth != 0)
    return std::nullopt;
  return percent.value().raw() / tenth;
}

bool Builders::is_address(std::string_view address) {
  return address.size() == 42 && address.starts_with("0x") &&
         address.find_first_not_of("0123456789abcdefABCDEF", 2) == address.npos;
}

void Builders::approve(AccountId account, std::string_view builder, int64_t most) {
  approved_[account][lower(builder)] = most;
}

bool Builders::may(AccountId account, std::string_view builder, int64_t share, bool spot) const {
  if (share == 0) return approved_.contains(account);
  return share <= most(account, builder) && share <= (spot ? kMostOfSpot : kMostOfPerpetuals);
}

int64_t Builders::most(AccountId account, std::string_view builder) const {
  const auto of = approved_.find(account);
  if (of == approved_.end()) return 0;
  const auto it = of->second.find(lower(builder));
  return it == of->second.end() ? 0 : it->second;
}

std::vector<std::string> Builders::approved(AccountId account) const {
  std::vector<std::string> out;
  const auto of = approved_.find(account);
  if (of == approved_.end()) return out;
  for (const auto& [builder, most] : of->second)
    if (most > 0) out.push_back(builder);
  return out;
}

void Builders::earn(std::string_view builder, Amount fee) { earned_[lower(builder)] += fee; }

Amount Builders::earned(std::string_view builder) const {
  const auto it = earned_.find(lower(builder));
  return it == earned_.end() ? Amount() : it->second;
}

Amount Builders::claim(std::string_view builder) {
  const auto it = earned_.find(lower(builder));
  if (it == earned_.end()) return {};
  const Amount all = it->second;
  earned_.erase(it);
  return all;
}

}  // namespace delever::gateways::hyperliquid
