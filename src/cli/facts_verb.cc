// delever facts: the stylised facts of recorded and simulated tapes, by the same code, against
// their targets.
#include <memory>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "render/facts_render.h"
#include "reports/facts.h"

namespace delever::cli {

using namespace reports;
using namespace render;

namespace {

Result<void> run_facts(Session& session, const FactsOptions& options) {
  const FactsReport report = TRY(facts_report(options, session.context));
  return write_output(session, session.out,
                      session.format == "json" ? written_json(facts_json(report)) + "\n"
                                               : for_people(facts_text(report)));
}

}  // namespace

void add_facts(Verb& app, Session& session) {
  auto a = std::make_shared<FactsOptions>();
  Verb* verb = app.add_subcommand(
      "facts", "stylised facts of tapes, recorded beside simulated, and their targets");
  verb->add_option("--tape", a->tapes,
                   "tape to read, recorded or simulated; may be given several times")
      ->required()
      ->reads();
  verb->add_option("--asset", a->asset, "coin")->capture_default_str();
  verb->add_option("--from", a->from, "first time (default: all)");
  verb->add_option("--to", a->to, "last time (default: all)");
  verb->add_option("--rules", a->rules, "targets, and what was held out")
      ->capture_default_str()
      ->reads();
  add_output(verb, session);
  add_format(verb, session, {"text", "json"});
  verb->callback(
      [&session, a] { session.action = [&session, a] { return run_facts(session, *a); }; });
}

}  // namespace delever::cli
