#include "gauges/recorded_times.h"

#include <algorithm>

namespace delever::gauges {
namespace {

Duration overlap(Span a, Span b) {
  const Instant from = std::max(a.from, b.from), to = std::min(a.to, b.to);
  return from < to ? to - from : Duration();
}

}  // namespace

void Spans::add(Span span) {
  if (span.to < span.from) return;
  if (!spans_.empty() && spans_.back().from <= span.from &&
      span.from <= spans_.back().to) {  // the usual: it grows
    spans_.back().to = std::max(spans_.back().to, span.to);
    return;
  }
  auto at = std::lower_bound(spans_.begin(), spans_.end(), span,
                             [](Span a, Span b) { return a.to < b.from; });
  auto end = at;
  for (; end != spans_.end() && end->from <= span.to; ++end) {
    span.from = std::min(span.from, end->from);
    span.to = std::max(span.to, end->to);
  }
  at = spans_.erase(at, end);
  spans_.insert(at, span);
}

Duration Spans::covered(Span window) const {
  Duration sum;
  auto at = std::lower_bound(spans_.begin(), spans_.end(), window,
                             [](Span a, Span b) { return a.to < b.from; });
  for (; at != spans_.end() && at->from < window.to; ++at) sum = sum + overlap(*at, window);
  return sum;
}

void RecordedTimes::heard(Voice& voice, Instant received, Instant stamped) const {
  voice.stamped = std::max(voice.stamped.value_or(stamped), stamped);
  if (!voice.last || received - *voice.last > quiet_max_) {
    voice.alive.add({received, received});
  } else if (received > *voice.last) {
    voice.alive.add({*voice.last, received});
  }
  voice.last = std::max(voice.last.value_or(received), received);
}

void RecordedTimes::liquidation(const std::string& venue, SourceId source, Instant received,
                                bool ours) {
  Carrier& carrier = carriers_[venue].try_emplace(source, Carrier{received}).first->second;
  carrier.first = std::min(carrier.first, received);
  carrier.ours = carrier.ours || ours;
}

void RecordedTimes::gap(SourceId source, const Gap& gap) { gaps_[source].add({gap.from, gap.to}); }

double RecordedTimes::liquidation_coverage(const std::string& venue, Span window) const {
  Instant to = window.to;
  const auto carriers = carriers_.find(venue);
  const auto voice = voices_.find(venue);
  if (carriers == carriers_.end() || voice == voices_.end() || window.to <= window.from) return 0;
  const Spans& alive = voice->second.alive;
  if (voice->second.stamped) to = std::min(to, *voice->second.stamped + quiet_max_);
  // The best of the venue's liquidation streams: they show the same liquidations.
  double best = 0;
  for (const auto& [source, carrier] : carriers->second) {
    if (!carrier.ours) continue;
    const Span seen{std::max(carrier.first, window.from), to};
    if (seen.to <= seen.from) continue;
    Duration covered = alive.covered(seen);
    if (const auto gaps = gaps_.find(source); gaps != gaps_.end()) {
      for (const Span& alive_span : alive.all()) {
        const Span both{std::max(alive_span.from, seen.from), std::min(alive_span.to, seen.to)};
        if (both.from < both.to) covered = covered - gaps->second.covered(both);
      }
    }
    best = std::max(best, covered.in_seconds() / (window.to - window.from).in_seconds());
  }
  return std::clamp(best, 0.0, 1.0);
}

}  // namespace delever::gauges
