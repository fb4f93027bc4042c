#include "gateways/okx/catalog.h"

#include <fmt/format.h>

namespace delever::gateways::okx {
namespace {

// 2026-03-27 -> 260327
std::string short_date(Instant at) {
  const std::string date = at.date();
  return date.substr(2, 2) + date.substr(5, 2) + date.substr(8, 2);
}

InstType type_of(const exchange::Listing& listing) {
  switch (listing.rules.contract->kind) {
    case InstrumentKind::spot:
      return InstType::spot;
    case InstrumentKind::option:
      return InstType::option;
    default:
      return listing.expiry ? InstType::futures : InstType::swap;
  }
}

// As listed, where that is a name of OKX's; else made from the contract's terms.
std::string name_of(const exchange::Listing& listing, const Product& p) {
  if (listing.symbol.starts_with(p.base + "-")) return listing.symbol;
  switch (p.type) {
    case InstType::spot:
      return p.family;
    case InstType::swap:
      return p.family + "-SWAP";
    case InstType::futures:
      return p.family + "-" + short_date(*listing.expiry);
    default:
      return fmt::format("{}-{}-{}-{}", p.family, short_date(listing.expiry.value_or(Instant())),
                         listing.option ? listing.option->strike.text() : "0",
                         listing.option && listing.option->type == OptionType::put ? "P" : "C");
  }
}

}  // namespace

std::optional<InstType> read_inst_type(std::string_view text) {
  for (const InstType t : {InstType::spot, InstType::swap, InstType::futures, InstType::option}) {
    if (inst_type_name(t) == text) return t;
  }
  return std::nullopt;
}

std::string_view inst_type_name(InstType type) {
  constexpr std::string_view kNames[] = {"SPOT", "SWAP", "FUTURES", "OPTION"};
  return kNames[static_cast<size_t>(type)];
}

bool Wanted::takes(const Product& p) const {
  if (!type.empty() && type != "ANY" && type != inst_type_name(p.type)) return false;
  if (!family.empty() && family != p.family) return false;
  if (inst_id.empty()) return true;
  // Several may be named, with commas between.
  const std::string all = "," + std::string(inst_id) + ",";
  return all.find("," + p.inst_id + ",") != all.npos;
}

Catalog::Catalog(const Desk& desk) : coins_(desk.door().setup().coins) {
  const auto& listings = desk.door().setup().listings;
  for (InstrumentId i = 0; i < listings.size(); ++i) {
    const exchange::Listing& listing = listings[i];
    const ContractRule& contract = *listing.rules.contract;
    Product p{.instrument = i,
              .type = type_of(listing),
              .base = contract.base,
              .quote = contract.quote,
              .settle = contract.settle,
              .inverse = contract.kind == InstrumentKind::inverse,
              .size = contract.size.value_or(Qty::raw(Qty::scale)),
              .contract = &contract,
              .listing = &listing};
    if (p.type == InstType::option)
      p.base = std::string(coin_name(coin(p.settle).value_or(CoinId{0})));
    const bool in_usd = p.inverse || p.type == InstType::option;
    p.family = p.base + "-" + (in_usd ? "USD" : p.quote);
    p.settle_coin = coin(contract.settle).value_or(CoinId{0});
    p.inst_id = name_of(listing, p);
    by_id_.try_emplace(p.inst_id, i);
    products_.push_back(std::move(p));
  }
}

const Product* Catalog::find(std::string_view inst_id) const {
  const auto found = by_id_.find(inst_id);
  return found == by_id_.end() ? nullptr : &products_[found->second];
}

const Product* Catalog::by_code(int64_t code) const {
  const int64_t at = code - 10'000;
  return at >= 0 && at < static_cast<int64_t>(products_.size())
             ? &products_[static_cast<size_t>(at)]
             : nullptr;
}

std::vector<const Product*> Catalog::all(const Wanted& wanted) const {
  std::vector<const Product*> out;
  for (const Product& p : products_) {
    if (wanted.takes(p)) out.push_back(&p);
  }
  return out;
}

std::optional<CoinId> Catalog::coin(std::string_view name) const {
  for (CoinId c = 0; c < coins_.size(); ++c) {
    if (coins_[c].name == name) return c;
  }
  return std::nullopt;
}

}  // namespace delever::gateways::okx
