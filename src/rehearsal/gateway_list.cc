// Which gateways there are.
#include "rehearsal/face.h"

namespace delever::rehearsal {
namespace {

using Make = std::unique_ptr<gateways::Gateway> (*)(gateways::Desk&, gateways::Outward&,
                                                    gateways::GatewayOptions);
struct Named {
  std::string_view name;
  Make make;
};
// A line each.
const std::vector<Named>& all() {
  static const std::vector<Named> list = {
      {"bybit", &gateways::make_bybit},
      {"okx", &gateways::make_okx},
      {"deribit", &gateways::make_deribit},
      {"hyperliquid", &gateways::make_hyperliquid},
      {"binance", &gateways::make_binance},
      {"binance-spot", &gateways::make_binance_spot},
  };
  return list;
}

}  // namespace

bool has_gateway(std::string_view name) {
  for (const Named& one : all()) {
    if (one.name == name) return true;
  }
  return false;
}

std::unique_ptr<gateways::Gateway> make_gateway(std::string_view name, gateways::Desk& desk,
                                                gateways::Outward& out,
                                                gateways::GatewayOptions options) {
  for (const Named& one : all()) {
    if (one.name == name) return one.make(desk, out, options);
  }
  return nullptr;
}

}  // namespace delever::rehearsal
