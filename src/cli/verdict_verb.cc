// delever verdict: did the flush clear the leverage? And the record of all such answers.
#include <memory>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "render/verdict_render.h"
#include "reports/period_days.h"
#include "reports/verdict.h"

namespace delever::cli {

using namespace reports;
using namespace render;

namespace {

struct VerdictArguments {
  VerdictOptions options;
  bool record = false;
  std::string period;
};

// A simulated market has no days to wait for: its periods as a table, one of which stands for a
// day.
Result<void> run_periods(Session& session, const VerdictArguments& arguments) {
  const auto& from = arguments.options.from;
  if (from.tapes.size() != 1 || from.assets.size() > 1)
    return Error{Fault::usage, "wants one --tape and one --asset at most", "--period"};
  const Duration period = TRY(of_option(Duration::parse(arguments.period), "--period"));
  const std::string asset = from.assets.empty() ? "BTC" : upper(from.assets[0]);
  return write_output(session, session.out, TRY(period_table(from.tapes[0], asset, period)));
}

Result<void> run_verdict(Session& session, const VerdictArguments& arguments) {
  const std::string& format = session.format;
  if (!arguments.period.empty()) return run_periods(session, arguments);
  if (arguments.record) {
    const RecordReport report = TRY(record_report(arguments.options, session.context));
    return write_output(session, session.out,
                        format == "json"   ? record_json(report)
                        : format == "csv"  ? record_csv(report)
                        : format == "html" ? record_html(report)
                                           : for_people(record_text(report)));
  }
  if (format == "csv") return Error{Fault::usage, "csv is a form of --record", "--format"};
  const VerdictReport report = TRY(verdict_report(arguments.options, session.context));
  return write_output(session, session.out,
                      format == "json"   ? verdict_json(report)
                      : format == "html" ? verdict_html(report)
                                         : for_people(verdict_text(report)));
}

}  // namespace

void add_verdict(Verb& app, Session& session) {
  auto a = std::make_shared<VerdictArguments>();
  VerdictOptions& o = a->options;
  o.from.rules = "rules/2026-01-30.toml";
  Verb* verb = app.add_subcommand("verdict",
                                  "did the flush clear the leverage, or will a second wave follow? "
                                  "The answer, its record, and what would decide");
  verb->add_option("data", o.from.data,
                   "tables of flush days or of days (columns by name), or an episode folder "
                   "(default: episodes/2026-01-30, when no --tape)")
      ->reads();
  verb->add_option("--tape", o.from.tapes, "tape to read; may be given several times")->reads();
  verb->add_option("--asset", o.from.assets,
                   "coin; may be given several times (default: BTC, ETH and every coin that a "
                   "vendor publishes liquidations of, or those of the tables)")
      ->delimiter(',');
  verb->add_option(
      "--at", o.at,
      "a day, judged at its close; or a time, UTC: the last day that is over (default: "
      "the last on file)");
  verb->add_flag("--record", a->record,
                 "every flush day, what was said of it and what came, and how good that was");
  verb->add_option("--period", a->period,
                   "of a simulated tape: write each period of this length as if it were a day, as "
                   "a table that this verb reads");
  verb->add_option("--claims", o.claims, "CSV of published claims: what if they were true")
      ->reads();
  verb->add_option("--rules", o.rules, "rule file of the verdict")->capture_default_str()->reads();
  verb->add_option("--gauge-rules", o.from.rules, "rule file of the gauges")
      ->capture_default_str()
      ->reads();
  verb->add_option("--claim-rules", o.claim_rules, "definitions of claims")
      ->capture_default_str()
      ->reads();
  add_output(verb, session);
  add_format(verb, session, {"text", "json", "csv", "html"});
  verb->callback(
      [&session, a] { session.action = [&session, a] { return run_verdict(session, *a); }; });
}

}  // namespace delever::cli
