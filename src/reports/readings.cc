#include "reports/readings.h"

#include <fmt/format.h>

#include "base/text.h"
#include "gauges/gauges.h"
#include "reports/feed.h"
#include "reports/inputs.h"

namespace delever::reports {

Result<void> sample_gauges(const GaugesOptions& options, Context& context,
                           const ReadingsSink& each) {
  const Instant to = TRY(time_or_last(options.to, "--to", options.tapes, context));
  const Instant from = options.from.empty() ? to : TRY(parse_at(options.from, "--from", context));
  const Duration step = TRY(of_option(Duration::parse(options.step), "--step"));
  if (step <= Duration()) return Error{Fault::malformed, "must be longer than nothing", "--step"};
  if (from > to) return Error{Fault::malformed, "is after --to", "--from"};
  constexpr int64_t most = 1'000'000;  // some 50 lines a time
  if ((to - from).ns() / step.ns() >= most)
    return Error{Fault::out_of_range,
                 fmt::format("gives more than {} times between --from and --to", most), "--step"};
  const std::string rules_text = TRY(read_file(find_shipped(options.rules)));
  const gauges::Rules rules = TRY(gauges::Rules::load(rules_text, options.rules));
  const auto feed = TRY(open_tapes(options.tapes, to));
  gauges::Gauges gauges(upper(options.asset), rules, feed->instruments(), feed->sources());
  gauges::Sampler sampler(gauges, {from, to, step}, each);
  if (auto ran = feed->run(sampler); !ran.has_value()) return ran;
  sampler.finish();
  return {};
}

}  // namespace delever::reports
