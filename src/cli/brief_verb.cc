#include <memory>

#include "cli/cli.h"
#include "render/brief_render.h"
#include "reports/brief.h"

namespace delever::cli {

using namespace reports;
using namespace render;

namespace {

std::string rendered(const Brief& brief, const std::string& format) {
  if (format == "json") return brief_json(brief);
  if (format == "html") return brief_html(brief);
  return brief_text(brief);
}

Result<void> run_brief(Session& session, const BriefOptions& options) {
  const Brief brief = TRY(brief_of(options, session.context));
  return write_output(session, session.out, rendered(brief, session.format));
}

}  // namespace

void add_brief(Verb& app, Session& session) {
  auto options = std::make_shared<BriefOptions>();
  Verb* verb = app.add_subcommand(
      "brief", "what is measured, what is claimed and what is pending, at one time");
  verb->add_option("episode", options->episode,
                   "episode folder (default: episodes/2026-01-30, when no --tape)");
  verb->add_option("--tape", options->tapes, "tape to read; may be given several times");
  verb->add_option("--claims", options->claims, "CSV of published claims to check");
  verb->add_option("--asset", options->asset, "coin (default BTC)");
  verb->add_option("--at", options->at,
                   "time of the brief, UTC (default: the episode's, or the tape's last message)");
  verb->add_option("--rules", options->rules, "rule file")->capture_default_str();
  verb->add_option("--claim-rules", options->claim_rules, "definitions of claims")
      ->capture_default_str();
  verb->add_option("--out", session.out, "file to write (default: standard output)");
  add_format(verb, session, {"text", "json", "html"});
  verb->callback([&session, options] {
    session.action = [&session, options] { return run_brief(session, *options); };
  });
}

}  // namespace delever::cli
