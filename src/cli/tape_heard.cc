#include "cli/tape_heard.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace delever::cli {
namespace {

constexpr size_t kLinesMost = 1000;

// From the first to the last message of the stream, less the gaps between: gaps may overlap.
Duration connected(const tape::TapeInfo& info, const std::string& stream) {
  for (const tape::StreamSummary& s : info.streams) {
    if (s.info.name != stream || !s.first || !s.last) continue;
    std::vector<tape::TapeGap> gaps;
    for (const tape::TapeGap& gap : info.gaps) {
      if (gap.stream == s.number) gaps.push_back(gap);
    }
    std::sort(gaps.begin(), gaps.end(),
              [](const tape::TapeGap& a, const tape::TapeGap& b) { return a.from < b.from; });
    Duration sum = *s.last - *s.first;
    Instant seen = *s.first;
    for (const tape::TapeGap& gap : gaps) {
      const Instant from = std::max(gap.from, seen), to = std::min(gap.to, *s.last);
      if (to <= from) continue;
      sum = sum - (to - from);
      seen = to;
    }
    return sum;
  }
  return {};
}

std::string lag_text(Duration lag) {
  const double seconds = lag.in_seconds();
  const double size = std::abs(seconds);
  if (size == 0) return "0 s";
  if (size < 1e-6) return fmt::format("{} ns", lag.ns());
  if (size < 1e-3) return fmt::format("{:.3g} us", seconds * 1e6);
  if (size < 1) return fmt::format("{:.3g} ms", seconds * 1e3);
  if (size < 86'400) return fmt::format("{:.3g} s", seconds);
  return fmt::format("{:.3g} d", seconds / 86'400);
}

}  // namespace

std::string heard_text(const tape::TapeInfo& info, const feeds::SequenceHoles& found) {
  std::string out;
  const size_t lines = std::min(found.heard.size(), kLinesMost);
  for (size_t i = 0; i < lines; ++i) {
    const feeds::HeardSymbol& heard = found.heard[i];
    out += fmt::format(
        "heard {} {}: {} events, connected {:.1f} s, lag median {}, p99 {}, most {}\n",
        heard.stream, heard.symbol, heard.events, connected(info, heard.stream).in_seconds(),
        lag_text(heard.lag_median), lag_text(heard.lag_p99), lag_text(heard.lag_most));
    if (heard.ahead > 0)
      out += fmt::format(
          "  warning: {} of them are stamped up to {} later than they were received: the venue's "
          "clock or the recorder's is off by at least that\n",
          heard.ahead, lag_text(heard.ahead_most));
  }
  if (found.heard.size() > lines)
    out += fmt::format("heard: {} more symbols\n", found.heard.size() - lines);
  return out;
}

render::Json heard_json(const tape::TapeInfo& info, const feeds::SequenceHoles& found) {
  render::Json out = render::Json::array();
  for (const feeds::HeardSymbol& heard : found.heard) {
    out.push_back({{"stream", heard.stream},
                   {"venue", heard.venue},
                   {"symbol", heard.symbol},
                   {"events", heard.events},
                   {"first", heard.first.text()},
                   {"last", heard.last.text()},
                   {"connected_seconds", connected(info, heard.stream).in_seconds()},
                   {"lag_median_seconds", heard.lag_median.in_seconds()},
                   {"lag_p99_seconds", heard.lag_p99.in_seconds()},
                   {"lag_most_seconds", heard.lag_most.in_seconds()},
                   {"stamped_ahead", heard.ahead},
                   {"ahead_most_seconds", std::max(heard.ahead_most, Duration()).in_seconds()}});
  }
  return out;
}

}  // namespace delever::cli
