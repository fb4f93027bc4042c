#include <array>
#include <string>
#include <utility>

#include "base/text.h"
#include "codec/channels.h"
#include "venues/bybit/bybit.h"

namespace delever::venues {
namespace {

// Longer names before those they end with.
constexpr std::array<std::string_view, 18> kBybitQuotes{
    "USDT", "USDC", "USDE", "USDQ", "USD1", "USDR", "EUR", "GBP", "BRL",
    "BRZ",  "TRY",  "PLN",  "DAI",  "BTC",  "ETH",  "MNT", "SOL", "USD"};

std::pair<std::string, std::string> bybit_coins(std::string_view pair) {
  for (const std::string_view quote : kBybitQuotes) {
    if (pair.size() > quote.size() && pair.ends_with(quote))
      return {std::string(pair.substr(0, pair.size() - quote.size())), std::string(quote)};
  }
  return {std::string(pair), ""};
}

// Futures months by letter, as on every futures exchange; delivery is on the last Friday of the
// month, 08:00 UTC.
constexpr std::string_view kMonthLetters = "FGHJKMNQUVXZ";

// BTCUSDU23 -> the expiry of U23.
std::optional<Instant> quarterly_expiry(std::string_view symbol) {
  if (symbol.size() < 7 || symbol.substr(symbol.size() - 6, 3) != "USD") return std::nullopt;
  const std::string_view code = symbol.substr(symbol.size() - 3);
  const size_t month = kMonthLetters.find(code[0]);
  const auto year = read_int(code.substr(1));
  if (month == kMonthLetters.npos || !year || *year < 10) return std::nullopt;
  const int next_month = static_cast<int>(month) + 2;  // the month after, counted from 1
  const auto after = Instant::from_date(2000 + static_cast<int>(*year) + (next_month > 12 ? 1 : 0),
                                        next_month > 12 ? 1 : next_month, 1);
  if (!after.has_value()) return std::nullopt;
  const int64_t last_day =
      after.value().ns() / Duration::days(1).ns() - 1;  // days since 1970-01-01, a Thursday
  const int64_t past_friday = (last_day - 1) % 7;
  return Instant() + Duration::days(last_day - past_friday) + Duration::hours(8);
}

std::optional<Instant> dated(std::string_view text) {
  const auto expiry = parse_expiry_name(text);
  return expiry.has_value() ? std::optional(expiry.value()) : std::nullopt;
}

// BTC-30JUN23-45000-P settles in USDC and is quoted in USD; a fifth part names another coin for
// both.
bool read_option(Instrument& out, const std::vector<std::string_view>& parts) {
  if (parts.size() < 4 || parts.size() > 5 || parts[0].empty() ||
      (parts[3] != "C" && parts[3] != "P"))
    return false;
  const auto expiry = dated(parts[1]);
  const auto strike = Price::parse(parts[2]);
  if (!expiry || !strike.has_value()) return false;
  out.kind = InstrumentKind::option;
  out.base = parts[0];
  out.quote = parts.size() == 5 ? parts[4] : "USD";
  out.settle = parts.size() == 5 ? parts[4] : "USDC";
  out.expiry = expiry;
  out.strike = strike.value();
  out.option_type = parts[3] == "C" ? OptionType::call : OptionType::put;
  return true;
}

}  // namespace

std::optional<BybitCategory> read_bybit_category(std::string_view text) {
  if (text == "spot") return BybitCategory::spot;
  if (text == "linear") return BybitCategory::linear;
  if (text == "inverse") return BybitCategory::inverse;
  if (text == "option") return BybitCategory::option;
  return std::nullopt;
}

Instrument bybit_instrument(std::string_view symbol, std::optional<BybitCategory> category) {
  Instrument out{.venue = "bybit", .symbol = std::string(symbol)};
  const std::string name = upper(symbol);
  const std::vector<std::string_view> parts = split(name, '-');
  const std::string_view pair = parts[0];
  std::optional<Instant> quarter;
  if (read_option(out, parts)) {
    // done
  } else if (category == BybitCategory::spot) {
    out.kind = InstrumentKind::spot;
    std::tie(out.base, out.quote) = bybit_coins(name);
    out.settle = out.quote;
  } else if (pair.size() > 4 && pair.ends_with("PERP")) {
    out.kind = InstrumentKind::linear;
    out.base = pair.substr(0, pair.size() - 4);
    out.quote = out.settle = "USDC";
  } else if (parts.size() == 2 && dated(parts[1])) {
    out.kind = InstrumentKind::linear;
    std::tie(out.base, out.quote) = bybit_coins(pair);
    if (out.quote != "USDT") {  // BTC-29SEP23: the bare coin, against USDC
      out.base = pair;
      out.quote = "USDC";
    }
    out.settle = out.quote;
    out.expiry = dated(parts[1]);
  } else if ((quarter = quarterly_expiry(name))) {
    out.kind = InstrumentKind::inverse;
    out.base = name.substr(0, name.size() - 6);
    out.quote = "USD";
    out.settle = out.base;
    out.expiry = quarter;
  } else {
    std::tie(out.base, out.quote) = bybit_coins(name);
    if (category == BybitCategory::inverse || (!category && out.quote == "USD")) {
      out.kind = InstrumentKind::inverse;
      out.settle = out.base;
    } else {
      // Contracts against other coins than these two have never been listed: without a category it
      // is a spot pair.
      const bool contract =
          out.quote == "USDT" || out.quote == "USDC" || category == BybitCategory::linear;
      out.kind = contract ? InstrumentKind::linear : InstrumentKind::spot;
      out.settle = out.quote;
    }
  }
  out.contract_size = codec::known_contract_size("bybit", out.kind, out.base);
  return out;
}

}  // namespace delever::venues
