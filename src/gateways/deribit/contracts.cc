#include "gateways/deribit/contracts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace delever::gateways::deribit {
namespace {

// raw quantity x size, both of scale 1e-8, as text.
std::string scaled(Wide qty, Qty size) {
  const Wide product = qty * size.raw() / Qty::scale;
  return WideQty::raw(product).text();
}

}  // namespace

bool Contract::is(std::string_view of_coin, std::string_view of_kind) const {
  const bool coin_fits = of_coin.empty() || lower(of_coin) == "any" || upper(of_coin) == coin_name;
  return coin_fits && (of_kind.empty() || of_kind == "any" || of_kind == kind);
}

std::string Contract::amount(Qty qty) const { return scaled(qty.raw(), unit); }
std::string Contract::amount(WideQty qty) const { return scaled(qty.raw(), unit); }

std::optional<Qty> Contract::quantity(std::string_view amount) const {
  const auto read = Qty::parse(amount);
  if (!read.has_value() || read.value() <= Qty()) return std::nullopt;
  const Wide qty = static_cast<Wide>(read.value().raw()) * Qty::scale;
  if (qty % unit.raw() != 0) return std::nullopt;
  const Wide whole = qty / unit.raw();
  if (whole > INT64_MAX || whole % step.raw() != 0) return std::nullopt;
  return Qty::raw(static_cast<int64_t>(whole));
}

Qty Contract::contract_size() const {
  if (!inverse) return unit;
  return Qty::raw(narrow(static_cast<Wide>(unit.raw()) * step.raw() / Qty::scale));
}

Contracts::Contracts(const exchange::ExchangeSetup& setup) {
  for (const exchange::CoinSetup& coin : setup.coins) coins_.push_back(upper(coin.name));
  for (size_t i = 0; i < setup.listings.size(); ++i) {
    const exchange::Listing& listing = setup.listings[i];
    const ContractRule& rule = *listing.rules.contract;
    Contract c;
    c.instrument = static_cast<InstrumentId>(static_cast<uint32_t>(i));
    c.name = listing.symbol;
    c.option = rule.kind == InstrumentKind::option;
    c.inverse = rule.kind == InstrumentKind::inverse;
    const bool spot = rule.kind == InstrumentKind::spot;
    c.kind = c.option ? "option" : spot ? "spot" : "future";
    c.perpetual = !spot && !c.option && !listing.expiry;
    c.coin_name = upper(rule.settle.empty() ? rule.quote : rule.settle);
    c.index = lower(rule.base) + "_" + lower(rule.quote);
    c.unit = rule.size.value_or(Qty::raw(Qty::scale));
    c.tick = rule.tick.value_or(Price::raw(1));
    c.step = rule.step.value_or(Qty::raw(1));
    c.settle = coin(c.coin_name);
    c.listing = &listing;
    if (std::find(coin_names_.begin(), coin_names_.end(), c.coin_name) == coin_names_.end())
      coin_names_.push_back(c.coin_name);
    all_.push_back(std::move(c));
  }
}

const Contract* Contracts::find(std::string_view name) const {
  for (const Contract& c : all_)
    if (c.name == name) return &c;
  return nullptr;
}

const Contract* Contracts::of(InstrumentId instrument) const {
  return instrument < all_.size() ? &all_[instrument] : nullptr;
}

bool Contracts::is_coin(std::string_view name) const {
  const std::string wanted = upper(name);
  return wanted == "ANY" ||
         std::find(coin_names_.begin(), coin_names_.end(), wanted) != coin_names_.end();
}

std::optional<uint32_t> Contracts::index_of(std::string_view index) const {
  for (const Contract& c : all_)
    if (c.index == index) return c.listing->index;
  return std::nullopt;
}

CoinId Contracts::coin(std::string_view coin_name) const {
  const auto it = std::find(coins_.begin(), coins_.end(), upper(coin_name));
  return static_cast<uint16_t>(it == coins_.end() ? 0 : it - coins_.begin());
}

bool is_trigger(const OrderRecord& order) {
  return order.asked.type == OrderType::stop_market || order.asked.type == OrderType::stop_limit;
}

std::string Contracts::order_id(const OrderRecord& order) const {
  if (is_trigger(order)) {
    const bool market = order.asked.type == OrderType::stop_market;
    const char* const kind = order.take_profit ? (market ? "TPMS" : "TPLS")
                             : market          ? "SLMS"
                                               : "SLLS";
    return fmt::format("{}-{}", kind, order.number);
  }
  const Contract* const c = of(order.asked.instrument);
  return fmt::format("{}-{}", c ? c->coin_name : "ANY", order.number);
}

std::optional<uint64_t> Contracts::order_number(std::string_view id) {
  const size_t dash = id.rfind('-');
  if (dash == id.npos) return std::nullopt;
  const auto number = read_int(id.substr(dash + 1));
  if (!number || *number <= 0) return std::nullopt;
  return static_cast<uint64_t>(*number);
}

// Numbers are the venue's over all instruments, ours begin anew at each.
std::string Contracts::trade_id(InstrumentId instrument, uint64_t number) {
  return std::to_string((uint64_t{instrument} + 1) * 10'000'000'000 + number);
}

std::string list_of(const std::vector<std::string>& rows) {
  std::string out = "[";
  for (const std::string& row : rows) {
    if (out.size() > 1) out += ',';
    out += row;
  }
  return out + "]";
}

std::string number(double value, int digits_most) {
  if (!std::isfinite(value)) return "0";
  std::string text = fmt::format("{:.{}f}", value, digits_most);
  if (text.find('.') != text.npos) {
    while (text.ends_with('0')) text.pop_back();
    if (text.ends_with('.')) text.pop_back();
  }
  return text == "-0" ? "0" : text;
}

}  // namespace delever::gateways::deribit
