#include <array>
#include <string>
#include <utility>

#include "base/text.h"
#include "codec/channels.h"
#include "venues/binance/binance.h"

namespace delever::venues {
namespace {

// Longer names before those they end with: FDUSD before USD.
constexpr std::array<std::string_view, 45> kBinanceQuotes{
    "FDUSD", "RLUSD", "BFUSD", "USDSB", "USDT", "USDC", "BUSD", "TUSD", "USDP",
    "USD1",  "USDS",  "USDE",  "IDRT",  "BIDR", "BVND", "BKRW", "DOGE", "AEUR",
    "EURI",  "DAI",   "BTC",   "ETH",   "BNB",  "EUR",  "GBP",  "TRY",  "BRL",
    "AUD",   "RUB",   "UAH",   "NGN",   "ZAR",  "PLN",  "RON",  "CZK",  "COP",
    "ARS",   "MXN",   "JPY",   "IDR",   "PAX",  "XRP",  "TRX",  "SOL",  "USD"};

std::pair<std::string, std::string> binance_coins(std::string_view pair) {
  for (const std::string_view quote : kBinanceQuotes) {
    if (pair.size() > quote.size() && pair.ends_with(quote))
      return {std::string(pair.substr(0, pair.size() - quote.size())), std::string(quote)};
  }
  return {std::string(pair), ""};
}

// Everything on COIN-M is quoted in USD: BNBUSD is BNB against USD, not BN against BUSD.
std::pair<std::string, std::string> coinm_coins(std::string_view pair) {
  constexpr std::string_view usd = "USD";
  if (pair.size() <= usd.size() || !pair.ends_with(usd)) return binance_coins(pair);
  return {std::string(pair.substr(0, pair.size() - usd.size())), std::string(usd)};
}

// YYMMDD, delivered at 08:00 UTC.
std::optional<Instant> read_delivery(std::string_view text) {
  const auto number = read_int(text);
  if (text.size() != 6 || !number || *number < 0) return std::nullopt;
  const int n = static_cast<int>(*number);
  const auto day = Instant::from_date(2000 + n / 10000, n / 100 % 100, n % 100);
  if (!day.has_value()) return std::nullopt;
  return day.value() + Duration::hours(8);
}

}  // namespace

// USD-M perpetuals have no suffix, and what is dated there is quoted in a stablecoin.
BinanceMarket binance_market_of(BinanceMarket market, std::string_view symbol) {
  if (market != BinanceMarket::usdm) return market;
  const size_t bar = symbol.find('_');
  if (bar == symbol.npos) return market;
  const std::string_view pair = symbol.substr(0, bar), suffix = symbol.substr(bar + 1);
  const bool dollars = pair.ends_with("USD") && !pair.ends_with("BUSD");
  return suffix == "PERP" || dollars ? BinanceMarket::coinm : market;
}

Instrument binance_instrument(BinanceMarket market, std::string_view symbol) {
  Instrument out{.venue = "binance", .symbol = std::string(symbol)};
  const std::string name = upper(symbol);
  if (market == BinanceMarket::eoptions) {
    const auto parts = split(name, '-');
    out.kind = InstrumentKind::option;
    out.base = parts[0];
    out.quote = out.settle = "USDT";
    if (parts.size() == 4) {
      out.expiry = read_delivery(parts[1]);
      if (auto strike = Price::parse(parts[2]); strike.has_value()) out.strike = strike.value();
      if (parts[3] == "C" || parts[3] == "P")
        out.option_type = parts[3] == "C" ? OptionType::call : OptionType::put;
    }
  } else {
    const size_t bar = name.find('_');
    const std::string_view pair = std::string_view(name).substr(0, bar);
    market = binance_market_of(market, name);
    std::tie(out.base, out.quote) =
        market == BinanceMarket::coinm ? coinm_coins(pair) : binance_coins(pair);
    out.settle = out.quote;
    if (market == BinanceMarket::spot) {
      out.kind = InstrumentKind::spot;
    } else {
      const bool inverse = market == BinanceMarket::coinm && out.quote == "USD";
      out.kind = inverse ? InstrumentKind::inverse : InstrumentKind::linear;
      if (inverse) out.settle = out.base;
      if (bar != name.npos) out.expiry = read_delivery(std::string_view(name).substr(bar + 1));
    }
  }
  out.contract_size = codec::known_contract_size("binance", out.kind, out.base);
  return out;
}

Instrument binance_index(BinanceMarket market, std::string_view pair) {
  Instrument out{.venue = "binance", .symbol = std::string(pair), .kind = InstrumentKind::index};
  const std::string name = upper(pair);
  std::tie(out.base, out.quote) =
      market == BinanceMarket::coinm ? coinm_coins(name) : binance_coins(name);
  out.settle = out.quote;
  return out;
}

}  // namespace delever::venues
