#include "reports/exam_figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "base/text.h"

namespace delever::reports {
namespace {

using gauges::Reading;

// Ends of the day elsewhere: Hong Kong, Tokyo, New York in summer and winter; and the day after.
constexpr std::array<Duration, 5> kElsewhere{Duration::hours(-8), Duration::hours(-9),
                                             Duration::hours(4), Duration::hours(5),
                                             Duration::days(1)};
constexpr Duration kDayBefore = Duration::days(-1);

// What is printed of a gauge, and in which words; "{}" stands for the venue and a space, or for
// nothing.
struct Quantity {
  std::string_view name;
  enum class Unit : uint8_t { usd, coins, share, price } unit;
  std::vector<std::string_view> words;
};
const std::vector<Quantity>& quantities() {
  using Unit = Quantity::Unit;
  static const std::vector<Quantity> all{
      {"oi_coins", Unit::coins, {"{}open interest", "open interest on {}", "{}OI, open interest"}},
      {"oi_usd", Unit::usd, {"{}open interest", "open interest on {}", "{}notional open interest"}},
      {"liq_long_usd_24h", Unit::usd, {"{}long liquidations", "{}long liquidations of 24 h"}},
      {"liq_short_usd_24h", Unit::usd, {"{}short liquidations", "{}short liquidations of 24 h"}},
      {"liq_total_usd_24h", Unit::usd, {"{}liquidations", "{}liquidations of 24 h"}},
      {"liq_long_share",
       Unit::share,
       {"{}long share of liquidations", "{}liquidation dominance (long)"}},
      {"liq_dominance_osc", Unit::share, {"{}liquidation dominance oscillator"}},
      {"liq_long_share_ma30", Unit::share, {"liquidation dominance 30-day mean"}},
      {"funding_annual",
       Unit::share,
       {"{}perpetual funding annualised", "{}annual funding rate", "{}funding, annualized"}},
      {"funding_annual_oi_weighted",
       Unit::share,
       {"perpetual funding annualised", "annual funding rate of the market"}},
      {"funding_rate", Unit::share, {"{}funding rate", "{}perpetual funding"}},
      {"funding_rate_8h", Unit::share, {"{}funding rate (8h)", "{}8h funding"}},
      {"realized_vol_24h", Unit::share, {"realized volatility", "24 h realized vol"}},
      {"vol_index_30d", Unit::share, {"30-day volatility index", "vol index"}},
      {"price_low_24h", Unit::price, {"low price", "24 h price low"}},
      {"price_high_24h", Unit::price, {"high price", "24 h price high"}},
      {"options_oi", Unit::coins, {"options open interest", "open interest of all options"}}};
  return all;
}
const Quantity* find_quantity(std::string_view name) {
  for (const Quantity& q : quantities()) {
    if (q.name == name) return &q;
  }
  return nullptr;
}

// A figure that somebody could print: one value, which the evidence does not dispute.
bool stands(const Reading& r) {
  return r.value && std::isfinite(*r.value) && r.state != gauges::State::pending &&
         r.state != gauges::State::conflicting && !r.expiry;
}

const Reading* find(const ExamMoment& moment, std::string_view name,
                    const std::optional<std::string>& venue) {
  for (const Reading& r : moment.readings) {
    if (r.name == name && r.venue == venue && stands(r)) return &r;
  }
  return nullptr;
}

// Words of these are read as the sum's or as a venue's; of a venue's price or volatility there are
// none.
bool printable(const Reading& r) {
  const Quantity* q = find_quantity(r.name);
  if (q == nullptr || !stands(r)) return false;
  return !r.venue || q->words[0].starts_with("{}");
}

class Makers {
 public:
  Makers(const ExamMoments& moments, const std::vector<ExamTime>& times)
      : moments_(moments), times_(times) {}

  std::vector<ExamFigure> wrong() {
    each([&](const std::string& asset, const ExamTime& time, const ExamMoment& moment) {
      for (const Reading& r : moment.readings) {
        if (!printable(r)) continue;
        here_ = {.asset = asset, .venue = r.venue, .quantity = r.name, .time = time};
        here_.truth = *r.value;
        intervals(r);
        units(r, moment);
        parts(r, moment);
        if (r.name == "oi_coins" || r.name == "oi_usd") put("both_sides", *r.value * 2);
        oscillators(r, moment);
        venues(r, moment);
        other_times(r);
        if (r.name == "realized_vol_24h") put("252_days", *r.value * std::sqrt(252.0 / 365));
        if (r.name.starts_with("funding_annual")) put("252_days", *r.value * 252 / 365);
      }
    });
    return std::move(out_);
  }

  std::vector<ExamFigure> right() {
    each([&](const std::string& asset, const ExamTime& time, const ExamMoment& moment) {
      for (const Reading& r : moment.readings) {
        if (!printable(r)) continue;
        here_ = {.asset = asset, .venue = r.venue, .quantity = r.name, .time = time};
        here_.truth = *r.value;
        put("", *r.value);
        if (r.name != "funding_rate" || r.window <= Duration()) continue;
        here_.quantity = "funding_rate_8h";
        here_.truth = *r.value * 8 / hours(r);
        put("", here_.truth);
      }
    });
    return std::move(out_);
  }

 private:
  // Every coin at every time that was drawn.
  template <class Use>
  void each(Use use) {
    for (const auto& [asset, by_time] : moments_) {
      now_ = &by_time;
      for (const ExamTime& time : times_) {
        const auto found = by_time.find(time.end);
        if (found != by_time.end()) use(asset, time, found->second);
      }
    }
  }
  // 0 says nothing about how it came about.
  void put(const char* mistake, double printed) {
    if (!std::isfinite(printed) || printed == 0) return;
    out_.push_back(here_);
    out_.back().mistake = mistake;
    out_.back().printed = printed;
  }
  static double hours(const Reading& rate) { return rate.window.in_seconds() / 3600; }

  // An interval of 1 or 4 hours taken for 8, or one of several hours for 1.
  void intervals(const Reading& r) {
    if (r.name == "funding_annual") {
      const auto rate = find(now_->at(here_.time.end), "funding_rate", r.venue);
      if (rate == nullptr || rate->window <= Duration()) return;
      if (hours(*rate) < 8) put("8h_for_shorter", *r.value * hours(*rate) / 8);
      if (hours(*rate) > 1) put("1h_for_longer", *r.value * hours(*rate));
    }
    if (r.name != "funding_rate" || r.window <= Duration() || hours(r) >= 8) return;
    put("8h_for_shorter", *r.value * 8 / hours(r));
    here_.quantity = "funding_rate_8h";
    here_.truth = *r.value * 8 / hours(r);
    put("8h_for_shorter", *r.value);
    here_.quantity = r.name;
    here_.truth = *r.value;
  }
  // Liquidations in coins are worth what the coin costs at the end of their day.
  void units(const Reading& r, const ExamMoment& moment) {
    if (r.name == "oi_usd" || r.name == "oi_coins") {
      const Reading* other = find(moment, r.name == "oi_usd" ? "oi_coins" : "oi_usd", r.venue);
      if (other != nullptr) put("coins_for_dollars", *other->value);
    }
    const Reading* price = find(moment, "price_usd", std::nullopt);
    if (r.name.starts_with("liq_") && r.unit == "USD" && price != nullptr)
      put("coins_for_dollars", *r.value / *price->value);
  }
  // Counted from the contracts themselves; only where that count comes to the reading.
  void parts(const Reading& r, const ExamMoment& moment) {
    if (r.name != "oi_coins" || !r.venue) return;
    const auto held = moment.held.find(*r.venue);
    if (held == moment.held.end()) return;
    const HeldContracts& h = held->second;
    if (std::fabs(h.coins - *r.value) > 0.01 * *r.value) return;
    // Where a contract is about a coin the mistake could not be told from the truth.
    if (std::fabs(h.contracts - h.coins) > 0.1 * h.coins) put("contracts_for_coins", h.contracts);
    if (h.linear_coins > 0 && h.inverse_coins > 0) put("stablecoin_part", h.linear_coins);
  }
  void oscillators(const Reading& r, const ExamMoment& moment) {
    constexpr std::pair<std::string_view, std::string_view> kPairs[] = {
        {"liq_long_share", "liq_dominance_osc"},
        {"liq_dominance_osc", "liq_long_share"},
        {"liq_long_share_ma30", "liq_dominance_osc_ma30"}};
    for (const auto& [mine, other] : kPairs) {
      if (r.name != mine) continue;
      if (const Reading* o = find(moment, other, r.venue)) put("share_for_oscillator", *o->value);
    }
  }
  // Both ways: a venue's figure as the sum, and the sum as a venue's.
  void venues(const Reading& r, const ExamMoment& moment) {
    if (!r.name.starts_with("oi_") && !r.name.starts_with("liq_")) return;
    for (const Reading& other : moment.readings) {
      if (other.name != r.name || !stands(other) || other.venue.has_value() == r.venue.has_value())
        continue;
      put("one_venue_for_all", *other.value);
    }
  }
  void other_times(const Reading& r) {
    const auto at = [&](Duration shift) -> const Reading* {
      const auto moment = now_->find(here_.time.end + shift);
      return moment == now_->end() ? nullptr : find(moment->second, r.name, r.venue);
    };
    if (const Reading* before = at(kDayBefore)) put("stale_day", *before->value);
    if (!here_.time.whole_day) return;
    for (const Duration shift : kElsewhere) {
      if (const Reading* other = at(shift)) put("day_boundary", *other->value);
    }
  }

  const ExamMoments& moments_;
  const std::vector<ExamTime>& times_;
  const std::map<Instant, ExamMoment>* now_ = nullptr;
  ExamFigure here_;
  std::vector<ExamFigure> out_;
};

// So many significant digits, without an exponent.
std::string digits_of(double value, int digits) {
  const int head = value == 0 ? 0 : static_cast<int>(std::floor(std::log10(std::fabs(value))));
  return fmt::format("{:.{}f}", value, std::clamp(digits - 1 - head, 0, 12));
}

struct Printed {
  std::string value, unit;
};

// In thousands, millions or billions, or to the last dollar.
Printed print_amount(double value, const std::string& of, int digits, Random& random) {
  struct Scale {
    double by;
    const char* word;
  };
  constexpr Scale kScales[] = {{1e9, "billion "}, {1e6, "million "}, {1e3, "thousand "}};
  for (const Scale& scale : kScales) {
    if (std::fabs(value) >= scale.by && random.chance(0.5))
      return {digits_of(value / scale.by, digits), scale.word + of};
  }
  return {digits_of(value, digits), of};
}

// As percent, as a fraction, or in basis points where it is small.
Printed print_share(double value, bool of_year, int digits, Random& random) {
  const uint64_t form = random.below(3);
  if (form == 0 && !of_year) return {digits_of(value, digits), "fraction"};
  if (form == 1 && std::fabs(value) < 0.02) return {digits_of(value * 1e4, digits), "bp"};
  return {digits_of(value * 100, digits), of_year ? "percent per year" : "percent"};
}

std::string print_window(const ExamTime& time, Random& random) {
  if (!time.whole_day) return time.end.text();
  constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto words = [&](Instant day) {
    const std::string date = day.date();  // 2026-01-30
    const auto month = static_cast<size_t>(read_int(date.substr(5, 2)).value());
    return fmt::format("{} {} {}", read_int(date.substr(8)).value(), kMonths[month - 1],
                       date.substr(0, 4));
  };
  const Instant day = time.end - Duration::days(1);
  switch (random.below(4)) {
    case 0:
      return day.date();
    case 1:
      return "24h to " + words(time.end);
    case 2:
      return words(day) + " day";
    default:
      return words(day);
  }
}

}  // namespace

std::vector<Instant> exam_times(const std::vector<ExamTime>& times, Instant at) {
  std::set<Instant> out;
  for (const ExamTime& time : times) {
    out.insert(time.end);
    out.insert(time.end + kDayBefore);
    if (!time.whole_day) continue;
    for (const Duration shift : kElsewhere) out.insert(time.end + shift);
  }
  out.erase(out.upper_bound(at), out.end());
  return {out.begin(), out.end()};
}

std::vector<ExamFigure> true_figures(const ExamMoments& moments,
                                     const std::vector<ExamTime>& times) {
  return Makers(moments, times).right();
}

std::vector<ExamFigure> wrong_figures(const ExamMoments& moments,
                                      const std::vector<ExamTime>& times) {
  return Makers(moments, times).wrong();
}

gauges::Claim print_figure(const ExamFigure& figure, const std::string& id, Random& random) {
  const Quantity* quantity = find_quantity(figure.quantity);
  CHECK(quantity != nullptr);
  const int digits = 3 + static_cast<int>(random.below(4));
  gauges::Claim claim;
  claim.id = id;
  claim.asset = figure.asset;
  std::string words(quantity->words[random.below(quantity->words.size())]);
  if (words.find("{}") != words.npos) {
    std::string venue = figure.venue.value_or("");
    if (!venue.empty()) venue[0] = static_cast<char>(std::toupper(venue[0]));
    const bool last = words.ends_with("{}");
    if (venue.empty() && last) words = std::string(quantity->words[0]);
    words = std::string(trimmed(fmt::format(fmt::runtime(words), venue + (last ? "" : " "))));
  }
  claim.metric = words;
  Printed printed;
  switch (quantity->unit) {
    case Quantity::Unit::usd:
      printed = print_amount(figure.printed, "USD", digits, random);
      break;
    case Quantity::Unit::coins:
      printed =
          print_amount(figure.printed, random.chance(0.5) ? figure.asset : "coins", digits, random);
      break;
    case Quantity::Unit::price:
      printed = {digits_of(figure.printed, digits + 2), "USD"};
      break;
    case Quantity::Unit::share:
      printed = print_share(figure.printed, figure.quantity.starts_with("funding_annual"), digits,
                            random);
      break;
  }
  claim.value_text = printed.value;
  claim.unit = printed.unit;
  claim.value = read_double(claim.value_text).value();
  claim.window = print_window(figure.time, random);
  claim.stated_by = "an examiner";
  claim.place = id;
  return claim;
}

void ContractsHeld::on_event(const Event& event) {
  const auto* interest = std::get_if<OpenInterest>(&event.payload);
  if (interest == nullptr) return;
  const InstrumentKind kind = instruments_[event.instrument].kind;
  if (kind != InstrumentKind::linear && kind != InstrumentKind::inverse) return;
  Last now{.at = event.at};
  if (interest->contracts) now.contracts = interest->contracts->approx();
  now.coins = interest->coins;
  // A row of nothing is not believed (docs/terms.md): the count before it stands.
  if (now.contracts.value_or(now.coins.value_or(0)) <= 0) return;
  Last& last = last_[event.instrument];
  if (event.at >= last.at) last = now;
}

std::map<std::string, HeldContracts> ContractsHeld::of(const std::string& asset, Instant at,
                                                       std::optional<double> price) const {
  std::map<std::string, HeldContracts> out;
  std::set<std::string> unknown;  // venues with a contract that cannot be counted
  for (const auto& [id, last] : last_) {
    const Instrument& instrument = instruments_[id];
    const Terms terms = terms_of(instrument, rules_.coins, true);
    if (terms.asset != rules_.coins.plain(asset) || terms.builder_market) continue;
    if (instrument.expiry && *instrument.expiry <= at) continue;
    const bool inverse = instrument.kind == InstrumentKind::inverse;
    std::optional<double> coins;
    if (last.coins) coins = *last.coins * terms.units;
    if (!coins && last.contracts && terms.size && (!inverse || price))
      coins = *last.contracts * *terms.size / (inverse ? *price : 1.0);
    if (!coins) {
      unknown.insert(instrument.venue);
      continue;
    }
    HeldContracts& held = out[instrument.venue];
    held.contracts += last.contracts.value_or(*coins);
    held.coins += *coins;
    (inverse ? held.inverse_coins : held.linear_coins) += *coins;
  }
  for (const std::string& venue : unknown) out.erase(venue);
  return out;
}

}  // namespace delever::reports
