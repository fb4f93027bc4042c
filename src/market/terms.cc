#include "market/terms.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.h"

namespace delever {
namespace {

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

// "1000PEPE": a one, at least three zeros, then letters. 1INCH and 1000X keep what is theirs: the
// first has no zeros, the second is 1000 of X.
std::optional<Coin> counted_before(std::string_view base) {
  size_t zeros = 0;
  if (!base.starts_with('1')) return std::nullopt;
  while (zeros + 1 < base.size() && base[zeros + 1] == '0') ++zeros;
  const std::string_view rest = base.substr(zeros + 1);
  if (zeros < 3 || rest.empty() || !is_letter(rest.front())) return std::nullopt;
  double units = 1;
  for (size_t n = 0; n < zeros; ++n) units *= 10;
  return Coin{std::string(rest), units, TermSource::symbol};
}

std::optional<Coin> counted_behind(std::string_view base) {
  const size_t zeros = base.size() - (base.find_last_not_of('0') + 1);
  if (zeros < 3 || base.size() < zeros + 2 || base[base.size() - zeros - 1] != '1')
    return std::nullopt;
  const std::string_view coin = base.substr(0, base.size() - zeros - 1);
  if (!is_letter(coin.back())) return std::nullopt;
  double units = 1;
  for (size_t n = 0; n < zeros; ++n) units *= 10;
  return Coin{std::string(coin), units, TermSource::symbol};
}

std::string_view behind_colon(std::string_view symbol) {
  const size_t colon = symbol.find(':');
  return colon == symbol.npos ? symbol : symbol.substr(colon + 1);
}

}  // namespace

Coin CoinNames::of(std::string_view venue, std::string_view symbol, std::string_view base) const {
  for (const CoinName& known : names_) {
    if (known.name == base && (known.venue == "*" || known.venue == venue))
      return {known.asset, known.units, TermSource::table};
  }
  std::optional<Coin> found = counted_before(base);
  if (!found && (venue == "bybit" || venue == "*")) found = counted_behind(base);
  const std::string_view coin = behind_colon(symbol);
  if (!found && (venue == "hyperliquid" || venue == "*") && coin.size() > 2 && coin[0] == 'k' &&
      std::isupper(static_cast<unsigned char>(coin[1])) != 0)
    found = Coin{upper(coin.substr(1)), 1000, TermSource::symbol};
  if (!found) return {std::string(base), 1, TermSource::symbol};
  // 1000 of a coin that was renamed.
  for (const CoinName& known : names_) {
    if (known.name == found->asset && (known.venue == "*" || known.venue == venue))
      return {known.asset, known.units * found->units, TermSource::table};
  }
  return *found;
}

Coin CoinNames::of(const Instrument& i) const { return of(i.venue, i.symbol, i.base); }

bool is_builder_market(const Instrument& i) {
  return i.venue == "hyperliquid" && i.symbol.find(':') != std::string::npos;
}

Terms terms_of(const Instrument& i, const CoinNames& names, bool listed) {
  const Coin coin = names.of(i);
  Terms out{.asset = coin.asset,
            .units = coin.units,
            .coin_from = coin.from,
            .kind = i.kind,
            .quote = i.quote,
            .expiry = i.expiry,
            .funding_interval = i.funding_interval};
  if (i.contract_size) {
    const bool in_money = i.kind == InstrumentKind::inverse;
    out.size = i.contract_size->approx() * (in_money ? 1 : coin.units);
    out.size_from = listed ? TermSource::listing : TermSource::table;
  }
  out.builder_market = is_builder_market(i);
  return out;
}

// Binance: SETTLING, CLOSE, DELIVERING, DELIVERED, BREAK; Bybit: Delivering, Closed; OKX: suspend,
// expired; Deribit: closed, delivered, inactive, terminated, archivized; Hyperliquid by isDelisted.
// A halt, an auction or a settlement of minutes is none of them.
bool says_closed(std::string_view status) {
  constexpr std::array<std::string_view, 13> kClosed{
      "closed",  "close",    "settling",   "delivering", "delivered", "break",  "suspend",
      "expired", "inactive", "terminated", "archivized", "delisted",  "offline"};
  return std::find(kClosed.begin(), kClosed.end(), lower(status)) != kClosed.end();
}

std::string_view term_source_name(TermSource source) {
  switch (source) {
    case TermSource::unknown:
      return "unknown";
    case TermSource::table:
      return "our dated table";
    case TermSource::symbol:
      return "the form of its symbol";
    case TermSource::inferred:
      return "the data";
    case TermSource::listing:
      return "the venue's listing";
    case TermSource::message:
      return "the message";
  }
  check_failed("a TermSource has a name", __FILE__, __LINE__);
}

std::optional<double> coins(const Terms& t, double qty, std::optional<double> price) {
  if (!t.size) return std::nullopt;
  if (t.kind != InstrumentKind::inverse) return qty * *t.size;
  if (!price || !(*price > 0)) return std::nullopt;
  return qty * *t.size / *price * t.units;
}

std::optional<double> quote_money(const Terms& t, double qty, std::optional<double> price) {
  if (!t.size) return std::nullopt;
  if (t.kind == InstrumentKind::inverse) return qty * *t.size;
  if (!price || !(*price > 0)) return std::nullopt;
  return qty * *t.size / t.units * *price;
}

}  // namespace delever
