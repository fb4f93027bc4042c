#include <filesystem>
#include <memory>

#include "base/text.h"
#include "cli/brief_run.h"
#include "cli/feed.h"

namespace delever::cli {

Result<Brief> brief_of(Session& session, const BriefOptions& options) {
  BriefInputs inputs;
  inputs.rules_path = options.rules;
  inputs.claim_rules_path = options.claim_rules;
  std::unique_ptr<EventFeed> feed;
  std::string claims_path = options.claims;
  if (options.tapes.empty()) {
    const Episode episode = TRY(load_episode(
        find_shipped(options.episode.empty() ? "episodes/2026-01-30" : options.episode)));
    inputs.title = episode.title;
    inputs.asset = options.asset.empty() ? episode.asset : upper(options.asset);
    inputs.at = options.at.empty() ? episode.at : TRY(parse_at(options.at, "--at", session));
    inputs.notes = episode.notes;
    inputs.ranges = episode.ranges;
    if (claims_path.empty()) claims_path = episode.claims_path;
    feed = TRY(open_episode(episode, inputs.at));
  } else {
    if (!options.episode.empty())
      return Error{Fault::malformed, "give an episode folder or --tape, not both", "brief"};
    inputs.asset = options.asset.empty() ? "BTC" : upper(options.asset);
    inputs.at = TRY(time_or_last(options.at, "--at", options.tapes, session));
    inputs.title = "Leverage brief, " + inputs.asset;
    feed = TRY(open_tapes(options.tapes, inputs.at));
  }
  if (!claims_path.empty()) {
    const std::string text = TRY(read_file(claims_path));
    inputs.claims = TRY(gauges::read_claims(text, claims_path));
  }
  return make_brief(inputs, *feed);
}

namespace {

std::string face_of(const Brief& brief, const std::string& format) {
  if (format == "json") return brief_json(brief);
  if (format == "html") return brief_html(brief);
  return brief_text(brief);
}

Result<void> run_brief(Session& session, const BriefOptions& options) {
  const Brief brief = TRY(brief_of(session, options));
  return write_output(session, options.out, face_of(brief, session.format));
}

}  // namespace

void add_brief(CLI::App& app, Session& session) {
  auto options = std::make_shared<BriefOptions>();
  CLI::App* verb = app.add_subcommand(
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
  verb->add_option("--out", options->out, "file to write (default: standard output)");
  add_format(verb, session, {"text", "json", "html"});
  verb->callback([&session, options] {
    session.action = [&session, options] { return run_brief(session, *options); };
  });
}

}  // namespace delever::cli
