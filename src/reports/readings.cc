#include "reports/readings.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/nearest.h"
#include "base/text.h"
#include "gauges/gauges.h"
#include "reports/feed.h"
#include "reports/inputs.h"
#include "reports/memory_feed.h"

namespace delever::reports {

Result<std::set<std::string_view>> gauges_named(const std::vector<std::string>& names) {
  std::set<std::string_view> out;
  std::vector<std::string> known;
  for (const auto& gauge : gauges::gauge_names()) known.emplace_back(gauge.name);
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      return Error{Fault::usage,
                   fmt::format("no gauge \"{}\"{}: delever explain gauges lists them",
                               name.substr(0, 40), did_you_mean(name, known)),
                   "--only"};
    out.insert(name);
  }
  return out;
}

Result<void> sample_gauges(const GaugesOptions& options, Context& context, const ReadingsSink& each,
                           std::vector<SourceUse>* use) {
  const Instant to = TRY(time_or_last(options.to, "--to", options.tapes, context));
  const Instant from = options.from.empty() ? to : TRY(parse_at(options.from, "--from", context));
  const Duration step = TRY(of_option(Duration::parse(options.step), "--step"));
  if (step <= Duration()) return Error{Fault::usage, "must be longer than nothing", "--step"};
  if (from > to) return Error{Fault::usage, "is after --to", "--from"};
  constexpr int64_t most = 1'000'000;  // some 50 lines a time
  if ((to - from).ns() / step.ns() >= most)
    return Error{Fault::usage,
                 fmt::format("gives more than {} times between --from and --to", most), "--step"};
  const std::set<std::string_view> only = TRY(gauges_named(options.only));
  const std::string rules_text = TRY(read_file(find_shipped(options.rules)));
  const gauges::Rules rules = TRY(gauges::Rules::load(rules_text, options.rules));
  std::vector<Instant> times;
  for (Instant at = from; at < to; at = at + step) times.push_back(at);
  const auto feed = TRY(open_for_gauges({options.tapes, to, rules, std::move(times)}, context));
  gauges::Gauges gauges(coin_named(options.asset), rules, feed->instruments(), feed->sources());
  gauges::Sampler sampler(gauges, {from, to, step},
                          [&](Instant at, const std::vector<gauges::Reading>& readings) {
                            if (only.empty()) return each(at, readings);
                            std::vector<gauges::Reading> wanted;
                            for (const gauges::Reading& r : readings) {
                              if (only.contains(r.name)) wanted.push_back(r);
                            }
                            each(at, wanted);
                          });
  if (auto ran = feed->run(sampler); !ran.has_value()) return ran;
  sampler.finish();
  if (use != nullptr) *use = feed->use();
  return {};
}

}  // namespace delever::reports
