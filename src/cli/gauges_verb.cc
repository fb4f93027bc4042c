#include <memory>

#include "cli/cli.h"
#include "render/readings_render.h"
#include "reports/readings.h"

namespace delever::cli {

using namespace reports;
using namespace render;

namespace {

Result<void> run_gauges(Session& session, const GaugesOptions& options) {
  const bool csv = session.format == "csv";
  std::string out(csv ? kReadingsCsvHeader : "");
  TRY(sample_gauges(options, session.context,
                    [&](Instant at, const std::vector<gauges::Reading>& readings) {
                      for (const gauges::Reading& r : readings)
                        out += csv ? reading_csv(at, r) : reading_json_line(at, r);
                    }));
  return write_output(session, session.out, out);
}

}  // namespace

void add_gauges(Verb& app, Session& session) {
  auto options = std::make_shared<GaugesOptions>();
  Verb* verb =
      app.add_subcommand("gauges", "every gauge at one time or at many, as CSV or JSON lines");
  verb->add_option("--tape", options->tapes, "tape to read; may be given several times")
      ->required();
  verb->add_option("--asset", options->asset, "coin")->capture_default_str();
  verb->add_option("--from", options->from, "first time (default: --to)");
  verb->add_option("--to", options->to, "last time (default: the tape's last message)");
  verb->add_option("--step", options->step, "time between readings")->capture_default_str();
  verb->add_option("--rules", options->rules, "rule file")->capture_default_str();
  verb->add_option("--out", session.out, "file to write (default: standard output)");
  session.format = "csv";
  add_format(verb, session, {"csv", "json"});
  session.format = "text";
  verb->callback([&session, options] {
    if (session.format == "text") session.format = "csv";
    session.action = [&session, options] { return run_gauges(session, *options); };
  });
}

}  // namespace delever::cli
