#include "sim/scenario/scenario_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace delever::sim {

namespace {
constexpr double kMost =
    1e15;  // no figure of a market is larger, and products of two of them stay finite
constexpr double kWalletMost = 2e9;  // USD, the largest that a wallet is sure to hold
}  // namespace

Result<double> positive(const Config& c, std::string_view key) {
  const double x = TRY(c.number(key));
  if (!(x > 0)) return Error{Fault::out_of_range, "must be greater than 0", c.place(key)};
  if (x > kMost) return Error{Fault::out_of_range, "greater than any market", c.place(key)};
  return x;
}

Result<double> not_negative(const Config& c, std::string_view key) {
  const double x = TRY(c.number(key));
  if (!(x >= 0)) return Error{Fault::out_of_range, "must not be negative", c.place(key)};
  if (x > kMost) return Error{Fault::out_of_range, "greater than any market", c.place(key)};
  return x;
}

Result<double> any_sign(const Config& c, std::string_view key) {
  const double x = TRY(c.number(key));
  if (std::abs(x) > kMost)
    return Error{Fault::out_of_range, "greater than any market", c.place(key)};
  return x;
}

// Names go into file names, CSV and JSON as they are.
Result<std::string> name(const Config& c, std::string_view key) {
  const std::string text = TRY(c.text(key));
  const auto plain = [](char x) {
    return (x >= 'a' && x <= 'z') || (x >= 'A' && x <= 'Z') || (x >= '0' && x <= '9') || x == '-' ||
           x == '_';
  };
  if (text.empty() || text.size() > 40 || !std::all_of(text.begin(), text.end(), plain))
    return Error{Fault::malformed, "a name of 1 to 40 letters, digits, - and _", c.place(key)};
  return text;
}

Result<double> share(const Config& c, std::string_view key) {
  const double x = TRY(c.number(key));
  if (!(x >= 0 && x <= 1)) return Error{Fault::out_of_range, "a share from 0 to 1", c.place(key)};
  return x;
}

Result<double> number(const Config& c, std::string_view key) { return c.number(key); }
Result<std::vector<double>> numbers(const Config& c, std::string_view key) {
  return c.numbers(key);
}
Result<std::string> text(const Config& c, std::string_view key) { return c.text(key); }
Result<Instant> instant(const Config& c, std::string_view key) { return c.instant(key); }
Result<bool> flag(const Config& c, std::string_view key) { return c.boolean(key, false); }

Result<OptionType> option_type(const Config& c, std::string_view key) {
  const std::string type = TRY(c.text(key));
  if (type == "call") return OptionType::call;
  if (type == "put") return OptionType::put;
  return Error{Fault::malformed, "call or put", c.place(key)};
}

Result<ExternalFlowKind> external_flow_kind(const Config& c, std::string_view key) {
  const std::string kind = TRY(c.text(key));
  if (kind == "treasury") return ExternalFlowKind::treasury;
  if (kind == "etf") return ExternalFlowKind::etf;
  if (kind == "foundation") return ExternalFlowKind::foundation;
  return Error{Fault::malformed, "treasury, etf or foundation", c.place(key)};
}

Result<bool> is_perpetual(const Config& c, std::string_view key) {
  const std::string market = TRY(c.text(key));
  if (market == "perpetual") return true;
  if (market == "spot") return false;
  return Error{Fault::malformed, "spot or perpetual", c.place(key)};
}

Result<VenueRole> venue_role(const Config& c, std::string_view key) {
  const auto text = c.text(key);
  if (!text.has_value()) return Error(text.error());
  const std::string_view role = text.value();
  if (role == "perpetual") return VenueRole::perpetual;
  if (role == "spot") return VenueRole::spot;
  if (role == "options") return VenueRole::options;
  return Error{Fault::malformed, "perpetual, spot or options", c.place(key)};
}

Result<double> start_price(const Config& c, std::string_view key) {
  const double x = TRY(positive(c, key));
  if (!(x >= 1e-6 && x <= 1e8))
    return Error{Fault::out_of_range, "from 0.000001 to 100 million USD", c.place(key)};
  return x;
}

// Books hold prices from half to 1.4 times the start (build.cc), to whole ticks.
bool in_book(double level) { return level > 0.51 && level < 1.39; }

Result<double> level_in_book(const Config& c, std::string_view key) {
  const double x = TRY(positive(c, key));
  if (!in_book(x))
    return Error{Fault::out_of_range, "from 0.51 to 1.39: what the books hold", c.place(key)};
  return x;
}

Result<double> wallet_usd(const Config& c, std::string_view key) {
  const double x = TRY(not_negative(c, key));
  if (x > kWalletMost) return Error{Fault::out_of_range, "2e9 USD at most", c.place(key)};
  return x;
}

Result<Duration> whole_seconds(const Config& c, std::string_view key) {
  const Duration d = TRY(length(c, key));
  if (d.ns() % 1'000'000'000 != 0) return Error{Fault::out_of_range, "whole seconds", c.place(key)};
  return d;
}

Result<uint32_t> count(const Config& c, std::string_view key, int64_t most) {
  const int64_t n = TRY(c.integer(key));
  if (n < 1 || n > most)
    return Error{Fault::out_of_range, fmt::format("from 1 to {}", most), c.place(key)};
  return static_cast<uint32_t>(n);
}

Result<Duration> length(const Config& c, std::string_view key) {
  const Duration d = TRY(c.duration(key));
  if (d <= Duration())
    return Error{Fault::out_of_range, "must be longer than nothing", c.place(key)};
  return d;
}

Result<uint32_t> asset(const Config& c, const Scenario& s, std::string_view key) {
  const std::string name = TRY(c.text(key));
  for (size_t i = 0; i < s.assets.size(); ++i) {
    if (s.assets[i].name == name) return static_cast<uint32_t>(i);
  }
  return Error{Fault::malformed, "no [[asset]] of this name", c.place(key)};
}

Result<Latency> latency(const Config& c, std::string_view key) {
  Latency l;
  l.fixed = TRY(c.duration(key));
  l.mean_extra = TRY(c.duration("latency_extra"));
  if (l.fixed < Duration() || l.fixed > Duration::hours(1) || l.mean_extra < Duration() ||
      l.mean_extra > Duration::hours(1))
    return Error{Fault::out_of_range, "from 0 to 1h", c.place(key)};
  return l;
}

Result<void> check_last(const std::vector<PathPoint>& path, const Config& c, const Scenario& s) {
  const Instant at = path.back().at;
  if (at < s.from || at > s.to)
    return Error{Fault::out_of_range, "outside of the scenario's time", c.place("at")};
  if (path.size() > 1 && at <= path[path.size() - 2].at)
    return Error{Fault::out_of_range, "not after the point before it", c.place("at")};
  return {};
}

Result<void> source(const Config& c) {
  const std::string text = TRY(c.text("source"));
  if (text.empty())
    return Error{Fault::malformed, "say where the figures come from, or \"assumption\"",
                 c.place("source")};
  return {};
}

}  // namespace delever::sim
