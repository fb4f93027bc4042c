#include "gateways/hyperliquid/universe.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace delever::gateways::hyperliquid {
namespace {

constexpr uint32_t kFirstPair = 10'000;
constexpr int kFigures = 5;

int digits_of(Qty step) {
  const std::string text = step.text();
  const size_t point = text.find('.');
  return point == text.npos ? 0 : static_cast<int>(text.size() - point - 1);
}

int64_t most_leverage(const exchange::Listing& listing) {
  if (listing.rules.ladder && !listing.rules.ladder->tiers.empty())
    return listing.rules.ladder->tiers.front().max_leverage.raw() / Leverage::scale;
  return std::max<int64_t>(listing.default_leverage.raw() / Leverage::scale, 1);
}

}  // namespace

Universe::Universe(const exchange::ExchangeSetup& setup) {
  for (size_t i = 0; i < setup.listings.size(); ++i) {
    const exchange::Listing& listing = setup.listings[i];
    const ContractRule& contract = *listing.rules.contract;
    Asset asset{.instrument = static_cast<InstrumentId>(static_cast<uint32_t>(i)),
                .coin = listing.symbol,
                .size_digits = contract.step ? digits_of(*contract.step) : 0,
                .leverage_most = most_leverage(listing)};
    if (contract.kind == InstrumentKind::spot) {
      asset.spot = true;
      asset.number = kFirstPair + static_cast<uint32_t>(pairs_.size());
      pairs_.push_back(std::move(asset));
    } else if (contract.kind == InstrumentKind::linear && !listing.expiry) {
      asset.number = static_cast<uint32_t>(perpetuals_.size());
      if (perpetuals_.empty()) {
        for (size_t c = 0; c < setup.coins.size(); ++c)
          if (setup.coins[c].name == contract.settle) collateral_ = static_cast<uint16_t>(c);
      }
      perpetuals_.push_back(std::move(asset));
    }
  }
}

const Asset* Universe::by_coin(std::string_view coin) const {
  for (const auto* list : {&perpetuals_, &pairs_})
    for (const Asset& a : *list)
      if (a.coin == coin) return &a;
  return nullptr;
}

const Asset* Universe::by_number(uint64_t number) const {
  if (number < perpetuals_.size()) return &perpetuals_[number];
  if (number >= kFirstPair && number - kFirstPair < pairs_.size())
    return &pairs_[number - kFirstPair];
  return nullptr;
}

const Asset* Universe::by_instrument(InstrumentId instrument) const {
  for (const auto* list : {&perpetuals_, &pairs_})
    for (const Asset& a : *list)
      if (a.instrument == instrument) return &a;
  return nullptr;
}

bool Universe::price_allowed(const Asset& asset, Price price) {
  if (price.raw() <= 0) return false;
  if (price.raw() % Price::scale == 0) return true;
  const std::string text = price.text();
  const size_t point = text.find('.');
  const int decimals = static_cast<int>(text.size() - point - 1);
  const size_t first = text.find_first_not_of("0.");
  const int figures = static_cast<int>(text.size() - first) - (first < point ? 1 : 0);
  return figures <= kFigures && decimals <= (asset.spot ? 8 : 6) - asset.size_digits;
}

std::string decimal(std::string text) {
  if (text.find('.') == text.npos) text += ".0";
  return text;
}

std::string decimal(double value, int digits_most) {
  if (!std::isfinite(value)) return "0.0";
  std::string text = fmt::format("{:.{}f}", value, digits_most);
  while (text.ends_with('0') && !text.ends_with(".0")) text.pop_back();
  return text == "-0.0" ? "0.0" : text;
}

std::string signed_size(const exchange::PositionView& position) {
  const Qty qty = position.qty;
  return decimal(position.side == PositionSide::long_side ? qty : -qty);
}

std::string hash_of(uint64_t number) { return fmt::format("0x{:064x}", number); }

}  // namespace delever::gateways::hyperliquid
