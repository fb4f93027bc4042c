// Script: one run of the simulated outside as a line of text: market, hours, seed, and the knobs
// that are turned. Every knob is a number; 0 is off. A failing seed shrinks to the shortest script
// that still fails, and that line becomes a test.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/text.h"

namespace delever::outside {

struct Knob {
  std::string_view name;
  double least, most;  // of what is drawn when it is on
  std::string_view meaning;
};

inline constexpr std::array<Knob, 44> kKnobs{{
    {"latency", 0.001, 0.4, "seconds one way"},
    {"jitter", 0.001, 0.5, "seconds more, at random, in order within a connection"},
    {"spikes", 0.5, 20, "an hour: one connection is 2 to 20 s late"},
    {"dns", 0.05, 0.5, "share of connects that find no address"},
    {"tls", 0.05, 0.5, "share of connects whose certificate is refused"},
    {"refused", 0.05, 0.5, "share of connects that nobody answers with a yes"},
    {"hang", 0.05, 0.3, "share of connects that get no answer at all"},
    {"half_open", 0.2, 4, "an hour: our side hears nothing any more, theirs does not know"},
    {"reset", 0.2, 12, "an hour: a connection breaks with what was on its way"},
    {"stall", 0.2, 4, "an hour: data of a connection stops, pongs go on"},
    {"burst", 0.2, 12, "an hour: frames wait and come at once"},
    {"twice", 0.001, 0.05, "share of book frames that come twice"},
    {"drop", 0.0005, 0.02, "share of book frames that never come"},
    {"drop_many", 0.1, 4, "an hour: a row of book frames of one topic never comes"},
    {"truncate", 0.0005, 0.01, "share of book frames cut in the middle"},
    {"garbage", 0.2, 20, "an hour: a frame that is no message"},
    {"huge", 0.1, 1, "an hour: a frame of 2 MB that nobody asked for"},
    {"foreign", 0.2, 10, "an hour: a frame of a topic that nobody asked for"},
    {"stale", 0.2, 1, "share of snapshots that are an old one"},
    {"slow_rest", 0.1, 20, "seconds a REST answer takes at most"},
    {"rest_error", 0.05, 0.5, "share of REST answers that are 500"},
    {"rest_lost", 0.02, 0.3, "share of REST answers that never come"},
    {"ban", 0.2, 3, "an hour: REST says 418 for minutes"},
    {"restart", 0.1, 3, "an hour: the venue drops every connection"},
    {"maintenance", 0.1, 1, "an hour: the venue is away for minutes"},
    {"leaving", 0.1, 2, "an hour: the venue says that it is about to close"},
    {"mute", 0.1, 1, "an hour: one topic says nothing for minutes, as if delisted"},
    {"lost_ack", 0.02, 0.3, "share of acknowledgements that never come"},
    {"odd_topic", 1, 1, "one topic asked for does not exist"},
    {"lifetime", 0.2, 4, "hours until the venue cuts a connection"},
    {"wall_step", 0.1, 2, "an hour: our clock steps by up to a minute, either way"},
    {"wall_drift", 1e-6, 2e-4, "seconds a second that our clock is fast"},
    {"venue_leap", 0.05, 1, "an hour: the venue's clock steps by a second"},
    {"no_room", 0.1, 4, "an hour: the tape takes nothing for seconds"},
    {"disk", 1, 7, "which way the disk fails, once; 6 and 7 cut the power, and we start again"},
    {"two", 1, 1, "a second recorder listens too"},
    {"wrong", 0.001, 0.02, "share of OKX's book changes whose checksum says otherwise"},
    {"behind", 0.2, 1, "share of snapshots one or two changes old, each change of few numbers"},
    {"flurry", 0.05, 0.5, "share of trades that are a row of up to 30 at one moment"},
    {"crossed", 0.001, 0.02, "share of book changes that put a bid above the asks"},
    {"outage", 0.1, 2, "an hour: our network is gone for up to ten minutes"},
    {"rotate", 1, 1, "a recorder of its own for each UTC day"},
    {"listed", 0.01, 700, "hours until one of the books exists at the venue"},
    {"pace", 1, 600, "seconds between frames of a book, about; off: as usual"},
}};

// What came later is drawn last, so that a seed keeps what it drew before.
inline constexpr size_t kFirstKnobs = 37, kSecondKnobs = 41;

struct Script {
  std::string market = "binance-usdm";
  uint64_t seed = 1;
  double hours = 1;
  std::map<std::string, double, std::less<>> knobs;

  double knob(std::string_view name) const {
    const auto found = knobs.find(name);
    return found == knobs.end() ? 0 : found->second;
  }
  std::string text() const {
    std::string out = fmt::format("{} {} hours {}", market, seed, hours);
    for (const auto& [name, value] : knobs) out += fmt::format(" {} {}", name, value);
    return out;
  }
  // What text() wrote; a name that no knob has is left out.
  static std::optional<Script> parse(std::string_view line) {
    const auto words = split(line, ' ');
    if (words.size() < 4 || words.size() % 2 != 0) return std::nullopt;
    Script out;
    out.market = words[0];
    out.seed = static_cast<uint64_t>(read_int(words[1]).value_or(0));
    out.hours = read_double(words[3]).value_or(0);
    for (size_t i = 4; i + 1 < words.size(); i += 2)
      out.knobs[std::string(words[i])] = read_double(words[i + 1]).value_or(0);
    return out;
  }
};

inline constexpr std::array<std::string_view, 6> kMarkets{
    "binance-usdm", "binance-spot", "bybit:linear", "okx", "deribit", "hyperliquid"};

// Slow enough to play days, fast enough that nothing falls silent by chance.
inline double usual_pace(std::string_view market) { return market == "hyperliquid" ? 3 : 12; }
inline double pace_of(const Script& script) {
  const double drawn = script.knob("pace");
  return drawn > 0 ? drawn : usual_pace(script.market);
}

inline double three_digits(double value) {  // enough, and they read well
  return read_double(fmt::format("{:.3g}", value)).value_or(0);
}

// Quiet days instead of busy hours: as many messages in up to fifty times as many hours, and faults
// so much rarer that what takes a day to come (the cut after 24 h, the turn of the day, what grows)
// comes undisturbed. A quarter are busier than usual, and shorter.
inline void stretch(Script& script, double by) {
  constexpr double kHoursMost = 1000, kHoursLeast = 0.2;
  by = std::min(by, kHoursMost / script.hours);
  for (const Knob& knob : kKnobs) {
    const auto found = script.knobs.find(knob.name);
    if (by > 1 && found != script.knobs.end() && knob.meaning.starts_with("an hour"))
      found->second = three_digits(found->second / by);
  }
  script.knobs["pace"] = three_digits(usual_pace(script.market) * by);
  script.hours = std::max(three_digits(script.hours * by), kHoursLeast);
}

// Swarm: each seed turns some knobs and leaves the rest, so that faults meet in every company.
inline Script draw_script(uint64_t seed) {
  Random random(seed, {.stream = 1});
  Script out;
  out.seed = seed;
  out.market = kMarkets[random.below(kMarkets.size())];
  const double share = random.uniform() * 0.6;
  const auto turn = [&](const Knob& knob) {
    const bool on = random.chance(knob.name == "latency" ? 0.9 : share);
    const double u = random.uniform();
    if (!on) return;
    const double value = knob.least * std::pow(knob.most / knob.least, u);
    out.knobs[std::string(knob.name)] = three_digits(value);
  };
  for (size_t i = 0; i < kFirstKnobs; ++i) turn(kKnobs[i]);
  // From minutes to days; long ones are rare.
  out.hours = three_digits(0.6 * std::pow(60.0, std::pow(random.uniform(), 2)));
  for (size_t i = kFirstKnobs; i < kSecondKnobs; ++i) turn(kKnobs[i]);
  if (!random.chance(0.5)) return out;
  const double by =
      random.chance(0.25) ? std::pow(0.1, random.uniform()) : std::pow(50.0, random.uniform());
  stretch(out, by);
  if (random.chance(0.5)) out.knobs["rotate"] = 1;
  if (random.chance(0.3)) out.knobs["listed"] = three_digits(out.hours * 0.7 * random.uniform());
  return out;
}

}  // namespace delever::outside
