#include "sim/outcome.h"

#include "base/text.h"

namespace delever::sim {

std::map<std::string, double> Outcome::named() const {
  std::map<std::string, double> out;
  for (const AssetOutcome& a : assets) {
    const std::string p = lower(a.name) + "_";
    out[p + "low"] = a.low;
    out[p + "end"] = a.end;
    out[p + "fall"] = a.start > 0 ? 1 - a.low / a.start : 0;
    const double total = a.long_24h + a.short_24h;
    out[p + "liquidated_usd_24h"] = total;
    if (total > 0) out[p + "long_share_24h"] = a.long_24h / total;
    if (a.open_high > 0) out[p + "open_interest_fall"] = 1 - a.open_low / a.open_high;
    if (a.open_low > 0) out[p + "open_interest_rebuilt"] = a.open_end / a.open_low - 1;
    if (a.funding_settled_min) out[p + "funding_annual_min"] = *a.funding_settled_min;
    out[p + "funding_annual_mean"] = a.funding_mean;
    out[p + "adl_usd"] = a.adl_usd;
    out[p + "accounts_liquidated"] = static_cast<double>(a.accounts_liquidated);
    if (!a.samples.empty()) out[p + "dealer_flow"] = a.samples.back().dealer_flow;
    for (const AccountKind k :
         {AccountKind::isolated, AccountKind::cross, AccountKind::portfolio}) {
      const auto& sides = a.liquidated[static_cast<size_t>(k)];
      out[p + "liquidated_usd_" + std::string(account_kind_name(k))] = sides[0] + sides[1];
    }
  }
  out["fund_change_usd"] = fund_end - fund_start;
  out["shortfall_usd"] = shortfall;
  out["deficit_usd"] = deficit;
  out["options_settled_coins"] = options_settled_coins;
  return out;
}

}  // namespace delever::sim
