#include "market/instrument.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"

namespace delever {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                   "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};

Error bad_name(std::string_view name) {
  return {
      Fault::malformed,
      fmt::format("not an instrument name: \"{}\" (want BTC-USDT-PERP, BTC-USD-260130-90000-C@BTC "
                  "or a ccxt symbol)",
                  name.substr(0, 60))};
}

// Dated contracts of the venues here end at 08:00 UTC of the day in their name.
Result<Instant> parse_yymmdd(std::string_view text) {
  const auto number = read_int(text);
  if (text.size() != 6 || !number || *number < 0)
    return Error{Fault::malformed, "not a YYMMDD date"};
  const int n = static_cast<int>(*number);
  return TRY(Instant::from_date(2000 + n / 10000, n / 100 % 100, n % 100)) + Duration::hours(8);
}

std::string yymmdd(Instant t) {
  const std::string date = t.date();
  return date.substr(2, 2) + date.substr(5, 2) + date.substr(8, 2);
}

// Expiry, strike and C or P from the parts that follow the coins.
Result<void> read_terms(Instrument& out, const std::vector<std::string_view>& parts, size_t at) {
  const size_t count = parts.size() - at;
  if (count != 1 && count != 3) return Error{Fault::malformed, "unexpected parts"};
  out.expiry = TRY(parse_yymmdd(parts[at]));
  if (count == 1) return {};
  out.strike = TRY(Price::parse(parts[at + 1]));
  if (parts[at + 2] != "C" && parts[at + 2] != "P") return Error{Fault::malformed, "want C or P"};
  out.option_type = parts[at + 2] == "C" ? OptionType::call : OptionType::put;
  out.kind = InstrumentKind::option;
  return {};
}

// Kinds that can share a symbol without being the same thing.
size_t shelf(InstrumentKind kind) {
  if (kind == InstrumentKind::spot) return 1;
  return kind == InstrumentKind::index ? 2 : 0;
}

}  // namespace

std::string_view kind_name(InstrumentKind kind) {
  switch (kind) {
    case InstrumentKind::spot:
      return "spot";
    case InstrumentKind::linear:
      return "linear";
    case InstrumentKind::inverse:
      return "inverse";
    case InstrumentKind::option:
      return "option";
    case InstrumentKind::index:
      return "index";
    case InstrumentKind::aggregate:
      return "aggregate";
  }
  check_failed("an InstrumentKind has a name", __FILE__, __LINE__);
}

std::string Instrument::name() const {
  if (kind == InstrumentKind::aggregate) return base + "-ALL";
  if (kind == InstrumentKind::index) return base + "-" + quote + "-INDEX";
  std::string out = base + "-" + quote;
  if (kind == InstrumentKind::spot) return out;
  out += expiry ? fmt::format("-{}", yymmdd(*expiry)) : std::string("-PERP");
  if (kind == InstrumentKind::option && strike && option_type)
    out += fmt::format("-{}-{}", strike->text(), *option_type == OptionType::call ? 'C' : 'P');
  // Only where it is not the quote: a contract that settles in its coin is BTC-USD-PERP@BTC.
  if (settle != quote) out += "@" + settle;
  return out;
}

Result<Instrument> parse_name(std::string_view name) {
  Instrument out;
  const auto fail = [&] { return bad_name(name); };
  if (const size_t slash = name.find('/');
      slash != name.npos) {  // ccxt: BASE/QUOTE[:SETTLE[-YYMMDD[-STRIKE-C]]]
    out.base = name.substr(0, slash);
    std::string_view rest = name.substr(slash + 1);
    const size_t colon = rest.find(':');
    out.quote = rest.substr(0, colon);
    out.settle = out.quote;
    if (colon != rest.npos) {
      const auto parts = split(rest.substr(colon + 1), '-');
      out.settle = parts[0];
      out.kind = out.settle == out.base ? InstrumentKind::inverse : InstrumentKind::linear;
      if (parts.size() > 1 && !read_terms(out, parts, 1).has_value()) return fail();
    }
  } else {
    const size_t at = name.find('@');
    const auto parts = split(name.substr(0, at), '-');
    if (parts.size() < 2) return fail();
    out.base = parts[0];
    out.quote = parts[1];
    out.settle = at == name.npos ? out.quote : std::string(name.substr(at + 1));
    if (parts.size() > 2) {
      out.kind = out.settle == out.base ? InstrumentKind::inverse : InstrumentKind::linear;
      if (!(parts.size() == 3 && parts[2] == "PERP") && !read_terms(out, parts, 2).has_value())
        return fail();
    }
  }
  for (const std::string* coin : {&out.base, &out.quote, &out.settle}) {
    if (coin->empty() || coin->find_first_of(" /:@") != coin->npos) return fail();
  }
  return out;
}

std::string expiry_name(Instant expiry) {
  const std::string date = expiry.date();
  const auto month = static_cast<size_t>(
      *read_int(date.substr(5, 1) == "0" ? date.substr(6, 1) : date.substr(5, 2)));
  return fmt::format("{}{}{}",
                     *read_int(date.substr(8, 1) == "0" ? date.substr(9, 1) : date.substr(8, 2)),
                     kMonths[month - 1], date.substr(2, 2));
}

Result<Instant> parse_expiry_name(std::string_view text) {
  const Error bad{Fault::malformed,
                  fmt::format("not an expiry: \"{}\" (want 30JAN26)", text.substr(0, 40))};
  if (text.size() < 6 || text.size() > 7) return bad;
  const auto day = read_int(text.substr(0, text.size() - 5));
  const auto year = read_int(text.substr(text.size() - 2));
  const std::string month = upper(text.substr(text.size() - 5, 3));
  for (size_t m = 0; m < kMonths.size(); ++m) {
    if (kMonths[m] != month || !day || !year) continue;
    auto date = Instant::from_date(2000 + static_cast<int>(*year), static_cast<int>(m) + 1,
                                   static_cast<int>(*day));
    if (date.has_value()) return date.value() + Duration::hours(8);
  }
  return bad;
}

std::optional<double> coins(const Instrument& instrument, WideQty qty, std::optional<Price> price) {
  if (!instrument.contract_size) return std::nullopt;
  const double units = qty.approx() * instrument.contract_size->approx();
  if (instrument.kind != InstrumentKind::inverse) return units;
  if (!price || price->raw() <= 0) return std::nullopt;
  return units / price->approx();
}

std::optional<double> usd(const Instrument& instrument, WideQty qty, std::optional<Price> price) {
  if (!instrument.contract_size) return std::nullopt;
  const double units = qty.approx() * instrument.contract_size->approx();
  if (instrument.kind == InstrumentKind::inverse) return units;
  if (!price || price->raw() <= 0) return std::nullopt;
  return units * price->approx();
}

// Inverse: a contract is worth its size in dollars at any price. Others: base coins times the
// price.
std::optional<Usd> exact_notional(const Instrument& instrument, Qty qty, std::optional<Price> price,
                                  Round round) {
  if (!instrument.contract_size) return std::nullopt;
  const Wide units = static_cast<Wide>(qty.raw()) * instrument.contract_size->raw();  // scale 1e-16
  constexpr Wide qty_scale = Qty::scale;
  if (instrument.kind == InstrumentKind::inverse)
    return Usd::raw(narrow(divide(units, qty_scale * qty_scale / Usd::scale, round)));
  if (!price || price->raw() <= 0) return std::nullopt;
  const Wide base = divide(units, qty_scale,
                           round);  // exact for every contract size that is a whole power of ten
  return notional(*price, Qty::raw(narrow(base)), round);
}

std::optional<InstrumentId> Instruments::find(std::string_view venue,
                                              std::string_view symbol) const {
  for (const InstrumentKind kind :
       {InstrumentKind::linear, InstrumentKind::spot, InstrumentKind::index}) {
    if (const auto found = find(venue, symbol, kind)) return found;
  }
  return std::nullopt;
}

std::optional<InstrumentId> Instruments::find(std::string_view venue, std::string_view symbol,
                                              InstrumentKind kind) const {
  const auto of_venue = by_symbol_.find(venue);
  if (of_venue == by_symbol_.end()) return std::nullopt;
  const BySymbol& symbols = of_venue->second[shelf(kind)];
  const auto found = symbols.find(symbol);
  if (found == symbols.end()) return std::nullopt;
  return found->second;
}

InstrumentId Instruments::add(Instrument instrument) {
  const auto [at, added] = by_symbol_[instrument.venue][shelf(instrument.kind)].try_emplace(
      instrument.symbol, static_cast<InstrumentId>(all_.size()));
  if (added) {
    all_.push_back(std::move(instrument));
  } else {
    // What another message said of it (an interval of funding that comes in a table of its own)
    // outlives a description that is silent about it, whichever came first.
    Instrument& known = all_[at->second];
    if (!instrument.funding_interval) instrument.funding_interval = known.funding_interval;
    if (!instrument.tick) instrument.tick = known.tick;
    if (!instrument.step) instrument.step = known.step;
    known = std::move(instrument);
  }
  return at->second;
}

}  // namespace delever
