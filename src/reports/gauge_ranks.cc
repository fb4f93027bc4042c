#include "reports/gauge_ranks.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "cluster/cluster.h"
#include "reports/build_id.h"
#include "reports/feed.h"
#include "reports/inputs.h"
#include "tape/inspect.h"

namespace delever::reports {
namespace {

// Ranks that would read other tapes, rules or options, or read them otherwise.
Result<std::string> digest_of(const GaugesOptions& options) {
  Hasher hasher;
  hasher.add(build_id());
  for (const std::string* text : {&options.asset, &options.from, &options.to, &options.step})
    hasher.add(*text);
  for (const std::string& name : options.only) hasher.add(name);
  hasher.add(TRY(read_file(find_shipped(options.rules))));
  for (const std::string& path : options.tapes) {
    const tape::TapeInfo info = TRY(tape::tape_info(path));
    hasher.add(static_cast<uint64_t>(info.messages));
    hasher.add(static_cast<uint64_t>(info.last ? info.last->ns() : 0));
  }
  return fmt::format("{:016x}", hasher.digest());
}

}  // namespace

Result<std::vector<GaugesOptions>> gauge_stretches(const GaugesOptions& options, size_t parts,
                                                   Context& context) {
  const Instant to = TRY(time_or_last(options.to, "--to", options.tapes, context));
  const Instant from = options.from.empty() ? to : TRY(parse_at(options.from, "--from", context));
  const Duration step = TRY(of_option(Duration::parse(options.step), "--step"));
  GaugesOptions whole = options;
  whole.from = from.text(), whole.to = to.text();
  // What cannot be shared out is refused by the pass itself.
  if (step <= Duration() || from > to) return std::vector<GaugesOptions>{whole};
  const auto times = static_cast<size_t>((to - from).ns() / step.ns()) + 1;
  parts = std::min(std::max<size_t>(1, parts), times);
  std::vector<GaugesOptions> out;
  for (size_t part = 0; part < parts; ++part) {
    const auto at = [&](size_t i) {
      return Instant::ns(from.ns() + static_cast<int64_t>(i) * step.ns());
    };
    out.push_back(whole);
    out.back().from = at(part * times / parts).text();
    if (part + 1 < parts) out.back().to = at((part + 1) * times / parts - 1).text();
  }
  return out;
}

Result<bool> gauges_over_ranks(
    const GaugesOptions& options, Context& context, const GaugeStretch& work,
    const std::function<Result<void>(std::string_view, bool last)>& each) {
  const auto cluster = TRY(cluster::Cluster::join());
  // A task is the two ends of a stretch: all else is every rank's own, and the same.
  const cluster::Work task = [&](std::string_view ends) {
    GaugesOptions stretch = options;
    const std::vector<std::string_view> words = split(ends, ' ');
    stretch.from = words.at(0), stretch.to = words.at(1);
    return work(stretch);
  };
  const Result<std::string> same = digest_of(options);
  if (cluster->rank() > 0) {
    cluster->serve(same, 1, task);
    return false;
  }
  const auto stretches =
      TRY(gauge_stretches(options, static_cast<size_t>(cluster->ranks()), context));
  std::vector<std::string> tasks;
  for (const GaugesOptions& stretch : stretches)
    tasks.push_back(fmt::format("{} {}", stretch.from, stretch.to));
  std::map<size_t, std::string> early;  // come before one of an earlier time
  size_t next = 0;
  const auto come = [&](size_t number, std::string_view result) -> Result<void> {
    early.emplace(number, result);
    while (!early.empty() && early.begin()->first == next) {
      TRY(each(early.begin()->second, next + 1 == tasks.size()));
      early.erase(early.begin());
      ++next;
    }
    return {};
  };
  const auto known = TRY(same);
  TRY(cluster->run(known, 1, task, tasks, come));
  return true;
}

}  // namespace delever::reports
