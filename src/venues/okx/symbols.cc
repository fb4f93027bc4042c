#include <array>

#include "base/text.h"
#include "venues/okx/okx.h"

namespace delever::venues {
namespace {

constexpr Qty hundredths(int64_t n) { return Qty::raw(n * (Qty::scale / 100)); }

constexpr std::string_view kListing =
    "OKX GET /api/v5/public/instruments, instType SWAP and FUTURES";
constexpr std::array kContractSizes{
    OkxContractSize{
        .family = "BTC-USDT", .size = hundredths(1), .source = kListing, .as_of = "2022-05-13"},
    OkxContractSize{
        .family = "ETH-USDT", .size = hundredths(10), .source = kListing, .as_of = "2022-05-13"},
    OkxContractSize{
        .family = "BTC-USD", .size = hundredths(100'00), .source = kListing, .as_of = "2022-05-13"},
    OkxContractSize{
        .family = "ETH-USD", .size = hundredths(10'00), .source = kListing, .as_of = "2022-05-13"},
};

// YYMMDD, at 08:00 UTC.
std::optional<Instant> read_expiry(std::string_view text) {
  const auto number = read_int(text);
  if (text.size() != 6 || !number || *number < 0) return std::nullopt;
  const int n = static_cast<int>(*number);
  const auto day = Instant::from_date(2000 + n / 10000, n / 100 % 100, n % 100);
  if (!day.has_value()) return std::nullopt;
  return day.value() + Duration::hours(8);
}

}  // namespace

std::span<const OkxContractSize> okx_contract_sizes() { return kContractSizes; }

Instrument okx_instrument(std::string_view inst_id) {
  Instrument out{.venue = "okx", .symbol = std::string(inst_id)};
  const auto parts = split(inst_id, '-');
  out.base = upper(parts[0]);
  if (parts.size() < 2) {
    out.contract_size = Qty::raw(Qty::scale);
    return out;
  }
  // "USD_UM_XPERP": a dollar pair margined in dollars (UM), not in the coin.
  const bool dollar_margined = parts[1].find("_UM") != parts[1].npos;
  out.quote = upper(parts[1].substr(0, parts[1].find('_')));
  out.settle = out.quote;
  if (parts.size() == 2) {
    out.contract_size = Qty::raw(Qty::scale);
    return out;
  }
  const bool coin_margined = out.quote == "USD" && !dollar_margined;
  if (coin_margined) out.settle = out.base;
  const bool perpetual = parts[2] == "SWAP" || parts[1].find("_XPERP") != parts[1].npos;
  if (!perpetual) out.expiry = read_expiry(parts[2]);
  if (parts.size() == 5 && (parts[4] == "C" || parts[4] == "P")) {
    out.kind = InstrumentKind::option;
    out.option_type = parts[4] == "C" ? OptionType::call : OptionType::put;
    if (auto strike = Price::parse(parts[3]); strike.has_value()) out.strike = strike.value();
    return out;
  }
  out.kind = coin_margined ? InstrumentKind::inverse : InstrumentKind::linear;
  if (dollar_margined) return out;
  for (const OkxContractSize& row : kContractSizes) {
    if (inst_id.starts_with(row.family) && inst_id.substr(row.family.size()).starts_with('-'))
      out.contract_size = row.size;
  }
  return out;
}

bool is_okx_event_contract(std::string_view inst_id) {
  const auto parts = split(inst_id, '-');
  return parts.size() > 3 && !(parts.size() == 5 && (parts[4] == "C" || parts[4] == "P"));
}

Instrument okx_index(std::string_view inst_id) {
  Instrument out{.venue = "okx", .symbol = std::string(inst_id), .kind = InstrumentKind::index};
  const auto parts = split(inst_id, '-');
  out.base = upper(parts[0]);
  if (parts.size() > 1) out.quote = upper(parts[1]);
  out.settle = out.quote;
  return out;
}

}  // namespace delever::venues
