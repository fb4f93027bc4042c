#include "gateways/bybit/catalog.h"

#include <fmt/format.h>

#include "base/text.h"

namespace delever::gateways::bybit {
namespace {

Category category_of(const ContractRule& contract) {
  switch (contract.kind) {
    case InstrumentKind::spot:
      return Category::spot;
    case InstrumentKind::inverse:
      return Category::inverse;
    case InstrumentKind::option:
      return Category::option;
    default:
      return Category::linear;
  }
}

}  // namespace

std::optional<Category> read_category(std::string_view text) {
  for (const Category c : {Category::spot, Category::linear, Category::inverse, Category::option}) {
    if (category_name(c) == text) return c;
  }
  return std::nullopt;
}

std::string_view category_name(Category category) {
  constexpr std::string_view kNames[] = {"spot", "linear", "inverse", "option"};
  return kNames[static_cast<size_t>(category)];
}

Catalog::Catalog(const Desk& desk) : coins_(desk.door().setup().coins) {
  const auto& listings = desk.door().setup().listings;
  for (InstrumentId i = 0; i < listings.size(); ++i) {
    const exchange::Listing& listing = listings[i];
    const ContractRule& contract = *listing.rules.contract;
    Product p{.instrument = i,
              .category = category_of(contract),
              .symbol = listing.symbol,
              .base = contract.base,
              .quote = contract.quote,
              .settle = contract.settle,
              .contract = &contract,
              .listing = &listing};
    p.settle_coin = coin(contract.settle).value_or(CoinId{0});
    // A pair and its perpetual share a symbol here, and a scenario may have to tell them apart.
    if (p.category == Category::spot) std::erase(p.symbol, '-');
    by_symbol_.try_emplace({p.category, p.symbol}, i);
    products_.push_back(std::move(p));
  }
}

const Product* Catalog::find(Category category, std::string_view symbol) const {
  const auto found = by_symbol_.find(std::pair(category, std::string(symbol)));
  return found == by_symbol_.end() ? nullptr : &products_[found->second];
}

const Product* Catalog::find(std::string_view symbol) const {
  for (const Category c : {Category::linear, Category::inverse, Category::option, Category::spot}) {
    if (const Product* p = find(c, symbol)) return p;
  }
  return nullptr;
}

std::optional<CoinId> Catalog::coin(std::string_view name) const {
  for (CoinId c = 0; c < coins_.size(); ++c) {
    if (coins_[c].name == name) return c;
  }
  return std::nullopt;
}

std::string id_text(IdKind kind, uint64_t number, uint32_t group) {
  return fmt::format("{:08x}-{:04x}-4000-8000-{:012x}", group,
                     0xde00U + static_cast<unsigned>(kind), number & 0xffff'ffff'ffffU);
}

std::optional<uint64_t> order_number(std::string_view id) {
  constexpr size_t kHead = 24, kWhole = 36;
  if (id.size() != kWhole) return std::nullopt;
  uint64_t number = 0;
  for (const char c : id.substr(kHead)) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) return std::nullopt;
    number = number * 16 + static_cast<uint64_t>(digit);
  }
  if (number == 0 || id_text(IdKind::order, number) != id) return std::nullopt;
  return number;
}

}  // namespace delever::gateways::bybit
