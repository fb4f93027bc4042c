// Scene: a small stage for gauge tests. Events are put on it in any order and played in order of
// receive time.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "base/source_root.h"
#include "gauges/gauges.h"

namespace delever::gauges {

inline Instant time_of(std::string_view text) {
  const auto t = Instant::parse(text);
  CHECK(t.has_value());
  return t.value();
}

inline const Instant kAt = time_of("2026-01-30T00:00:00Z");
inline constexpr Duration kHour = Duration::hours(1);

inline const Rules& shipped_rules() {
  static const Rules rules = [] {
    std::ifstream in(source_root() + "/rules/2026-01-30.toml");
    std::stringstream text;
    text << in.rdbuf();
    auto loaded = Rules::load(text.str(), "rules/2026-01-30.toml");
    if (!loaded.has_value()) ADD_FAILURE() << loaded.error().text();
    return std::move(loaded).value();
  }();
  return rules;
}

struct Scene {
  Instruments instruments;
  std::vector<Source> sources;
  std::vector<Event> events;

  InstrumentId instrument(const std::string& venue, const std::string& name,
                          double contract_size = 1) {
    auto parsed = parse_name(name);
    CHECK(parsed.has_value());
    Instrument i = std::move(parsed).value();
    i.venue = venue;
    i.symbol = name;
    if (contract_size > 0) i.contract_size = Qty::nearest(contract_size).value();
    return instruments.intern(venue, name, [&] { return i; });
  }
  InstrumentId aggregate(const std::string& publisher, const std::string& symbol,
                         const std::string& asset = "BTC") {
    return instruments.intern(publisher, symbol, [&] {
      return Instrument{.venue = publisher,
                        .symbol = symbol,
                        .kind = InstrumentKind::aggregate,
                        .base = asset,
                        .quote = "USD",
                        .settle = "USD"};
    });
  }
  SourceId source(const std::string& name) {
    for (size_t i = 0; i < sources.size(); ++i) {
      if (sources[i].name == name) return static_cast<SourceId>(i);
    }
    sources.push_back({name, "", ""});
    return static_cast<SourceId>(sources.size() - 1);
  }
  void put(InstrumentId instrument, const std::string& source_name, Instant at,
           EventPayload payload, std::optional<Instant> received = {}) {
    events.push_back(
        {instrument, source(source_name), at, received.value_or(at), std::move(payload)});
  }
  // A published day, known at its end.
  void total(InstrumentId id, Instant day, double longs, double shorts) {
    const Instant end = day + Duration::days(1);
    put(id, "vendor:liquidations", end, LiquidationTotal{day, end, longs, shorts});
  }
  void liquidation(InstrumentId id, const std::string& source_name, Instant at, PositionSide side,
                   double qty, double price, LiquidationFeed feed) {
    Liquidation l{.position_side = side, .feed = feed};
    l.average_price = Price::nearest(price).value();
    l.filled_qty = Qty::nearest(qty).value();
    put(id, source_name, at, l);
  }
  // Signs of life, so that the window counts as recorded.
  void alive(InstrumentId id, const std::string& source_name, Instant from, Instant to) {
    for (Instant t = from; t <= to; t = t + Duration::minutes(30)) put(id, source_name, t, Quote{});
  }

  std::vector<Event> ordered() const {
    std::vector<Event> out = events;
    std::stable_sort(out.begin(), out.end(),
                     [](const Event& a, const Event& b) { return a.received < b.received; });
    return out;
  }
  std::unique_ptr<Gauges> gauges(Instant at, const std::string& asset = "BTC") const {
    auto out = std::make_unique<Gauges>(asset, shipped_rules(), instruments, sources);
    for (const Event& e : ordered()) {
      if (e.received <= at) out->on_event(e);
    }
    return out;
  }
  std::vector<Reading> readings(Instant at, const std::string& asset = "BTC") const {
    return gauges(at, asset)->readings(at);
  }
};

// The reading of that name; venue and expiry as given.
inline Reading pick(const std::vector<Reading>& readings, std::string_view name,
                    std::optional<std::string> venue = {}, std::optional<Instant> expiry = {}) {
  for (const Reading& r : readings) {
    if (r.name == name && r.venue == venue && r.expiry == expiry) return r;
  }
  ADD_FAILURE() << "no reading " << name << " " << venue.value_or("");
  return {};
}

inline std::string text_of(const Reading& r) {
  std::ostringstream out;
  out.precision(17);
  const auto number = [&](const std::optional<double>& v) {
    if (v)
      out << *v;
    else
      out << "-";
    out << ' ';
  };
  out << r.name << ' ' << r.venue.value_or("-") << ' ' << (r.expiry ? r.expiry->text() : "-")
      << ' ';
  number(r.value);
  number(r.low);
  number(r.high);
  number(r.coverage);
  out << r.unit << ' ' << state_name(r.state) << ' ' << (r.as_of ? r.as_of->text() : "-") << ' '
      << r.window.text();
  for (const std::string& s : r.sources) out << ' ' << s;
  out << " | " << r.reason << " | " << r.rule;
  return out.str();
}

inline std::string text_of(const std::vector<Reading>& readings) {
  std::string out;
  for (const Reading& r : readings) out += text_of(r) + "\n";
  return out;
}

}  // namespace delever::gauges
