// Names of Bybit: categories and symbols of what the venue lists, and ids that look as Bybit's do
// (UUIDs) and carry our numbers.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateways/desk.h"

namespace delever::gateways::bybit {

enum class Category : uint8_t { spot, linear, inverse, option };
std::optional<Category> read_category(std::string_view text);
std::string_view category_name(Category category);

struct Product {
  InstrumentId instrument = 0;
  Category category = Category::linear;
  std::string symbol, base, quote, settle;
  CoinId settle_coin = 0;
  const ContractRule* contract = nullptr;
  const exchange::Listing* listing = nullptr;
  bool perpetual() const { return !listing->expiry && category != Category::spot; }
};

class Catalog {
 public:
  explicit Catalog(const Desk& desk);
  const Product* find(Category category, std::string_view symbol) const;
  // The contract of that symbol before the pair.
  const Product* find(std::string_view symbol) const;
  const Product& operator[](InstrumentId instrument) const { return products_[instrument]; }
  const std::vector<Product>& all() const { return products_; }
  std::string_view coin_name(CoinId coin) const { return coins_[coin].name; }
  std::optional<CoinId> coin(std::string_view name) const;

 private:
  std::vector<Product> products_;  // by instrument
  std::map<std::pair<Category, std::string>, InstrumentId, std::less<>> by_symbol_;
  const std::vector<exchange::CoinSetup>& coins_;
};

// What a number is of: kinds of ids do not meet.
enum class IdKind : uint8_t { order = 1, fill = 2, money = 3, other = 4 };
std::string id_text(IdKind kind, uint64_t number, uint32_t group = 0);
// The number of an order id; missing: not one of ours.
std::optional<uint64_t> order_number(std::string_view id);

}  // namespace delever::gateways::bybit
