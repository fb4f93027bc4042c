#include <memory>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "render/readings_render.h"
#include "reports/readings.h"

namespace delever::cli {

using namespace reports;
using namespace render;

namespace {

Result<void> run_gauges(Session& session, const GaugesOptions& options) {
  const bool csv = session.format == "csv";
  const auto output = TRY(Output::open(session, session.out));
  if (csv) output->text() = kReadingsCsvHeader;
  bool known = false;
  TRY(sample_gauges(options, session.context,
                    [&](Instant at, const std::vector<gauges::Reading>& readings) {
                      for (const gauges::Reading& r : readings) {
                        known = known || r.state != gauges::State::pending;
                        output->text() += csv ? reading_csv(at, r) : reading_json_line(at, r);
                      }
                      output->settle();
                    }));
  TRY(output->finish());
  if (!known)
    return Error{Fault::no_evidence, "nothing is known of " + upper(options.asset), "gauges"};
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
  verb->callback([&session, options] {
    if (session.format == "text") session.format = "csv";
    session.action = [&session, options] { return run_gauges(session, *options); };
  });
}

}  // namespace delever::cli
