#include <fmt/format.h>

#include <charconv>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>

#include "base/check.h"
#include "cli/cli.h"
#include "cli/follow.h"
#include "cli/output.h"
#include "cluster/cluster.h"
#include "render/readings_render.h"
#include "reports/gauge_ranks.h"
#include "reports/inputs.h"
#include "reports/readings.h"

namespace delever::cli {

using namespace reports;
using namespace render;

namespace {

// A row that was left out is missing from the readings: said beside them.
std::string undecoded_lines(const std::vector<SourceUse>& use) {
  constexpr size_t kTold = 8;
  size_t told = 0;
  std::string text;
  for (const SourceUse& s : use) {
    for (const auto& [reason, count] : s.undecoded_reasons) {
      if (++told <= kTold)
        text += fmt::format("delever: {} of {} left out: {}\n", count, s.name, reason);
    }
  }
  if (told > kTold) text += fmt::format("delever: and {} more reasons\n", told - kTold);
  return text;
}

Error nothing_known(const GaugesOptions& options) {
  const std::string coin = coin_named(options.asset);
  return {Fault::no_evidence,
          options.only.empty() ? "nothing is known of " + coin
                               : "nothing of what --only names is known of " + coin,
          "gauges"};
}

// What one stretch of the times gives, as a line of head, what is said beside it, and its rows.
Result<std::string> stretch_rows(const GaugesOptions& options, bool csv, Clock* clock) {
  Context context{.clock = clock};
  const auto put_reading = csv ? put_reading_csv : put_reading_json;
  TextBuffer lines;
  bool known = false;
  std::vector<SourceUse> use;
  TRY(sample_gauges(
      options, context,
      [&](Instant at, const std::vector<gauges::Reading>& readings) {
        for (const gauges::Reading& r : readings) {
          known = known || r.state != gauges::State::pending;
          put_reading(lines, at, r);
        }
      },
      &use));
  const std::string beside = undecoded_lines(use);
  return fmt::format("{} {}\n{}{}", known ? "known" : "pending", beside.size(), beside,
                     lines.view());
}

// Under mpirun: the same bytes, from rank 0 alone.
Result<void> run_gauges_over_ranks(Session& session, const GaugesOptions& options) {
  const bool csv = session.format == "csv";
  std::unique_ptr<Output> output;
  bool known = false;
  std::string beside;
  const auto rows = [&](const GaugesOptions& stretch) {
    return stretch_rows(stretch, csv, session.context.clock);
  };
  const auto take = [&](std::string_view result, bool last) -> Result<void> {
    if (!output) {
      output = TRY(Output::open(session, session.out));
      if (csv) output->text() = kReadingsCsvHeader;
    }
    const size_t head = result.find('\n');
    CHECK(head != result.npos);
    known = known || result.starts_with("known");
    size_t size = 0;
    std::from_chars(result.data() + result.find(' ') + 1, result.data() + head, size);
    if (last) beside = result.substr(head + 1, size);
    output->text() += result.substr(head + 1 + size);
    output->settle();
    return {};
  };
  const bool mine = TRY(gauges_over_ranks(options, session.context, rows, take));
  if (!mine) return {};
  write(session.io.err, beside);
  TRY(output->finish());
  if (!known) return nothing_known(options);
  return {};
}

Result<void> run_gauges(Session& session, const GaugesOptions& options) {
  if (cluster::Cluster::launched_rank()) return run_gauges_over_ranks(session, options);
  const bool csv = session.format == "csv";
  const auto put_reading = csv ? put_reading_csv : put_reading_json;
  const auto output = TRY(Output::open(session, session.out));
  if (csv) output->text() = kReadingsCsvHeader;
  TextBuffer lines;
  bool known = false;
  std::vector<SourceUse> use;
  TRY(sample_gauges(
      options, session.context,
      [&](Instant at, const std::vector<gauges::Reading>& readings) {
        for (const gauges::Reading& r : readings) {
          known = known || r.state != gauges::State::pending;
          put_reading(lines, at, r);
        }
        output->text() += lines.view();
        lines.clear();
        output->settle();
      },
      &use));
  write(session.io.err, undecoded_lines(use));
  TRY(output->finish());
  if (!known) return nothing_known(options);
  return {};
}

// Readings that have not changed are not printed again.
Result<void> follow_gauges(Session& session, const GaugesOptions& options,
                           const FollowArguments& following) {
  if (!options.from.empty() || !options.to.empty() || options.step != GaugesOptions().step)
    return Error{Fault::usage, "goes with --every, and without --from, --to and --step",
                 "--follow"};
  const std::set<std::string_view> only = TRY(gauges_named(options.only));
  const bool csv = session.format == "csv";
  const auto put_reading = csv ? put_reading_csv : put_reading_json;
  using Key = std::tuple<std::string, std::optional<std::string>, std::optional<Instant>>;
  std::map<Key, gauges::Reading> last;
  bool known = false;
  if (csv) write(session.io.out, kReadingsCsvHeader);
  const auto show = [&](FollowedTape& tape, Duration behind) -> Result<void> {
    TextBuffer out;
    for (const gauges::Reading& r : tape.readings()) {
      if (!only.empty() && !only.contains(r.name)) continue;
      const auto [before, is_new] = last.try_emplace({r.name, r.venue, r.expiry}, r);
      if (!is_new && same_reading(before->second, r)) continue;
      before->second = r;
      known = known || r.state != gauges::State::pending;
      put_reading(out, *tape.at(), r);
    }
    if (session.io.progress)
      write(session.io.err,
            fmt::format("delever: {:.1f} s behind the wire\n", behind.in_seconds()));
    return write_output(session, "", out.view());
  };
  const FollowedTape::Options tape{
      .tapes = options.tapes, .asset = options.asset, .rules = options.rules};
  if (TRY(follow(session, tape, following, show)) == FollowEnd::closed && !known)
    return nothing_known(options);
  return {};
}

}  // namespace

void add_gauges(Verb& app, Session& session) {
  auto options = std::make_shared<GaugesOptions>();
  Verb* verb =
      app.add_subcommand("gauges", "every gauge at one time or at many, as CSV or JSON lines");
  verb->add_option("--tape", options->tapes, "tape to read; may be given several times")
      ->required()
      ->reads();
  verb->add_option("--asset", options->asset, "coin")->capture_default_str();
  verb->add_option("--from", options->from, "first time (default: --to)");
  verb->add_option("--to", options->to, "last time (default: the tape's last message)");
  verb->add_option("--only", options->only, "these gauges alone, as funding_rate,oi_coins")
      ->delimiter(',');
  verb->add_option("--step", options->step, "time between readings")->capture_default_str();
  verb->add_option("--rules", options->rules, "rule file")->capture_default_str()->reads();
  add_output(verb, session);
  session.format = "csv";
  add_format(verb, session, {"csv", "json"});
  session.format = "text";
  auto following = std::make_shared<FollowArguments>();
  add_follow(verb, *following);
  verb->callback([&session, options, following] {
    if (session.format == "text") session.format = "csv";
    session.for_all_ranks = !following->follow;
    session.action = [&session, options, following] {
      return following->follow ? follow_gauges(session, *options, *following)
                               : run_gauges(session, *options);
    };
  });
}

}  // namespace delever::cli
