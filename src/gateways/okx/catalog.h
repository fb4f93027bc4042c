// Names of OKX: instrument ids (BTC-USDT-SWAP), families, and what one contract is.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateways/desk.h"

namespace delever::gateways::okx {

enum class InstType : uint8_t { spot, swap, futures, option };
std::optional<InstType> read_inst_type(std::string_view text);
std::string_view inst_type_name(InstType type);

struct Product {
  InstrumentId instrument = 0;
  InstType type = InstType::swap;
  std::string inst_id, family, base, quote, settle;
  CoinId settle_coin = 0;
  bool inverse = false;
  Qty size;  // of one contract: coins, or money where inverse
  const ContractRule* contract = nullptr;
  const exchange::Listing* listing = nullptr;
  bool is_spot() const { return type == InstType::spot; }
};

// Which instruments a request means: by type, id, family and underlying, each where given.
struct Wanted {
  std::string_view type, inst_id, family;
  bool takes(const Product& product) const;
};

class Catalog {
 public:
  explicit Catalog(const Desk& desk);
  const Product* find(std::string_view inst_id) const;
  const Product* by_code(int64_t code) const;  // instIdCode
  static int64_t code_of(const Product& product) { return 10'000 + product.instrument.raw(); }
  const Product& operator[](InstrumentId instrument) const { return products_[instrument]; }
  const std::vector<Product>& all() const { return products_; }
  std::vector<const Product*> all(const Wanted& wanted) const;
  std::string_view coin_name(CoinId coin) const { return coins_[coin].name; }
  std::optional<CoinId> coin(std::string_view name) const;
  size_t coin_count() const { return coins_.size(); }

 private:
  std::vector<Product> products_;
  std::map<std::string, InstrumentId, std::less<>> by_id_;
  const std::vector<exchange::CoinSetup>& coins_;
};

}  // namespace delever::gateways::okx
