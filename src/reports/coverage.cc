#include "reports/coverage.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "feeds/replay.h"
#include "reports/coverage_join.h"

namespace delever::reports {
namespace {

// What a brief lives on, and how long after its last word it still counts (rules/*.toml, the
// published series' own times where there are such).
struct CoreKind {
  const char* name;
  std::array<std::string_view, 5> kinds;
  Duration stale_after;
};
const std::array<CoreKind, 4> kCore{
    {{"prices", {"trade", "candle", "index_price", "mark_price", "quote"}, Duration::minutes(65)},
     {"funding", {"funding_rate"}, Duration::hours(10)},
     {"open interest", {"open_interest"}, Duration::hours(1)},
     {"liquidations", {"liquidation", "liquidation_total"}, Duration::hours(25)}}};

// A series of one word a day stays good for a day.
Duration lasting(const Coverage& one, Duration stale_after) {
  if (one.events < 2) return stale_after;
  const Duration apart =
      Duration::ns((one.last - one.first).ns() / static_cast<int64_t>(one.events - 1));
  return apart > Duration::hours(6) ? std::max(stale_after, Duration::hours(25)) : stale_after;
}

struct CoverageSink final : feeds::ReplaySink {
  explicit CoverageSink(const std::vector<Source>& sources) : counter(sources) {}
  void on_event(const Event& event) override { counter.on_event(event); }
  void on_undecoded(const Source&, const codec::RawMessage&, const Error&) override {}
  CoverageCounter counter;
};

}  // namespace

void CoverageCounter::on_event(const Event& event) {
  if (std::holds_alternative<Gap>(event.payload)) return;
  const std::pair key{event.payload.index(), event.source};
  auto found = seen_.find(key);
  if (found == seen_.end()) {
    const Coverage fresh{std::string(payload_name(event.payload)), sources_[event.source].venue, 0,
                         event.received, event.received};
    found = seen_.emplace(key, fresh).first;
  }
  ++found->second.events;
  found->second.last = event.received;
}

std::vector<Coverage> CoverageCounter::coverage() const {
  CoverageBySource by_source;
  for (const auto& [key, one] : seen_) by_source.emplace_back(key.first, one);
  return joined_by_venue(by_source);
}

std::vector<Coverage> joined_by_venue(const CoverageBySource& by_source) {
  std::map<std::pair<size_t, std::string>, Coverage> by_venue;
  for (const auto& [kind, one] : by_source) {
    const auto [there, added] = by_venue.emplace(std::pair{kind, one.venue}, one);
    if (added) continue;
    there->second.events += one.events;
    there->second.first = std::min(there->second.first, one.first);
    there->second.last = std::max(there->second.last, one.last);
  }
  std::vector<Coverage> out;
  for (auto& [key, one] : by_venue) out.push_back(std::move(one));
  return out;
}

Result<std::vector<Coverage>> coverage_of(const std::vector<std::string>& tapes, Instant to) {
  auto replay = TRY(feeds::Replay::open(tapes, {.to = to}));
  CoverageSink sink(replay->sources());
  TRY(replay->run(sink));
  return sink.counter.coverage();
}

std::string coverage_text(const std::vector<Coverage>& coverage) {
  std::string out =
      fmt::format("{:<18} {:<14} {:>10}  {:<24} {}\n", "what", "venue", "events", "first", "last");
  for (const Coverage& c : coverage)
    out += fmt::format("{:<18} {:<14} {:>10}  {:<24} {}\n", c.kind, c.venue, c.events,
                       c.first.text(), c.last.text());
  return out;
}

FreshTime fresh_time(const std::vector<Coverage>& coverage) {
  struct Heard {
    const char* name;
    Instant last = Instant::min(), good_until = Instant::min();
  };
  std::vector<Heard> core;
  Instant last = Instant::min();
  for (const Coverage& c : coverage) last = std::max(last, c.last);
  for (const CoreKind& kind : kCore) {
    Heard heard{kind.name};
    for (const Coverage& c : coverage) {
      if (std::find(kind.kinds.begin(), kind.kinds.end(), c.kind) == kind.kinds.end()) continue;
      heard.last = std::max(heard.last, c.last);
      heard.good_until = std::max(heard.good_until, c.last + lasting(c, kind.stale_after));
    }
    if (heard.last > Instant::min()) core.push_back(heard);
  }
  FreshTime fresh{last, last, {}};
  if (core.empty()) return fresh;
  Instant until = Instant::max();
  for (const Heard& heard : core) {
    until = std::min(until, heard.good_until);
    if (heard.good_until < last) fresh.stale.push_back(heard.name);
  }
  if (fresh.stale.empty()) return fresh;
  fresh.at = Instant::min();
  for (const Heard& heard : core) {
    if (heard.last <= until) fresh.at = std::max(fresh.at, heard.last);
  }
  return fresh;
}

}  // namespace delever::reports
