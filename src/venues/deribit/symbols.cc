#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "codec/channels.h"
#include "venues/deribit/deribit.h"

namespace delever::venues {
namespace {

bool is_coin(std::string_view text) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  return !text.empty() && text.size() <= 20 && text.find_first_not_of(letters) == text.npos;
}

// "BTC" is margined and settled in itself against the dollar, "BTC_USDC" in the coin behind the
// bar.
bool read_coins(Instrument& out, std::string_view text) {
  const size_t bar = text.find('_');
  out.base = text.substr(0, bar);
  out.quote = bar == text.npos ? std::string("USD") : std::string(text.substr(bar + 1));
  out.settle = bar == text.npos ? out.base : out.quote;
  out.kind = bar == text.npos ? InstrumentKind::inverse : InstrumentKind::linear;
  return is_coin(out.base) && is_coin(out.quote);
}

// 0d5 is 0.5.
std::optional<Price> read_strike(std::string_view text) {
  std::string plain(text);
  if (const size_t d = plain.find('D'); d != plain.npos) plain[d] = '.';
  const auto strike = Price::parse(plain);
  return strike.has_value() && strike.value() > Price() ? std::optional(strike.value())
                                                        : std::nullopt;
}

}  // namespace

std::optional<Instrument> deribit_instrument(std::string_view name) {
  Instrument out{.venue = "deribit", .symbol = std::string(name)};
  const std::string text = upper(name);
  const std::vector<std::string_view> parts = split(text, '-');
  if (!read_coins(out, parts[0])) return std::nullopt;
  if (parts.size() == 1) {
    if (text.find('_') == text.npos) return std::nullopt;
    out.kind = InstrumentKind::spot;
  } else if (parts.size() != 2 || parts[1] != "PERPETUAL") {
    const auto expiry = parse_expiry_name(parts[1]);
    if (!expiry.has_value()) return std::nullopt;
    out.expiry = expiry.value();
    if (parts.size() == 4) {
      out.kind = InstrumentKind::option;
      out.strike = read_strike(parts[2]);
      if (!out.strike || (parts[3] != "C" && parts[3] != "P")) return std::nullopt;
      out.option_type = parts[3] == "C" ? OptionType::call : OptionType::put;
    } else if (parts.size() != 2) {
      return std::nullopt;
    }
  }
  out.contract_size = codec::known_contract_size("deribit", out.kind, out.base);
  return out;
}

std::optional<Instrument> deribit_index(std::string_view name) {
  const std::string text = upper(name);
  const size_t bar = text.find('_');
  if (bar == text.npos) return std::nullopt;
  Instrument out{.venue = "deribit", .symbol = std::string(name), .kind = InstrumentKind::index};
  out.base = text.substr(0, bar);
  out.quote = out.settle = text.substr(bar + 1);
  if (!is_coin(out.base) || !is_coin(out.quote)) return std::nullopt;
  return out;
}

}  // namespace delever::venues
