#include <filesystem>
#include <memory>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/feed.h"

namespace delever {
namespace {

constexpr const char* kRules = "rules/2026-01-30.toml";
constexpr const char* kClaimRules = "rules/claims-2026-01-30.toml";
constexpr const char* kEmbeddedEpisode = "episodes/2026-01-30";

struct BriefOptions {
  std::string episode;
  std::vector<std::string> tapes;
  std::string claims, asset, at, out, rules = kRules, claim_rules = kClaimRules;
};

std::string face_of(const Brief& brief, const std::string& format) {
  if (format == "json") return brief_json(brief);
  if (format == "html") return brief_html(brief);
  return brief_text(brief);
}

Result<Brief> brief_of(Session& session, const BriefOptions& options) {
  BriefInputs inputs;
  inputs.rules_path = options.rules;
  inputs.claim_rules_path = options.claim_rules;
  std::unique_ptr<EventFeed> feed;
  std::string claims_path = options.claims;
  if (options.tapes.empty()) {
    const Episode episode =
        TRY(load_episode(find_shipped(options.episode.empty() ? kEmbeddedEpisode : options.episode)));
    inputs.title = episode.title;
    inputs.asset = options.asset.empty() ? episode.asset : upper(options.asset);
    inputs.at = options.at.empty() ? episode.at : TRY(parse_at(options.at, "--at", session));
    inputs.notes = episode.notes;
    inputs.ranges = episode.ranges;
    if (claims_path.empty()) claims_path = episode.claims_path;
    feed = TRY(open_episode(episode, inputs.at));
  } else {
    if (!options.episode.empty()) return Error{Fault::malformed, "give an episode folder or --tape, not both", "brief"};
    inputs.asset = options.asset.empty() ? "BTC" : upper(options.asset);
    inputs.at = TRY(time_or_last(options.at, "--at", options.tapes, session));
    inputs.title = "Leverage brief, " + inputs.asset;
    feed = TRY(open_tapes(options.tapes, inputs.at));
  }
  if (!claims_path.empty()) {
    const std::string text = TRY(read_file(claims_path));
    inputs.claims = TRY(read_claims(text, claims_path));
  }
  return make_brief(inputs, *feed);
}

Result<void> run_brief(Session& session, const BriefOptions& options) {
  const Brief brief = TRY(brief_of(session, options));
  return write_output(session, options.out, face_of(brief, session.format));
}

// The main job on what the repository itself carries: published facts, no recordings needed.
Result<void> run_demo(Session& session, const std::string& out) {
  const Brief brief = TRY(brief_of(session, {}));
  if (auto written = write_output(session, out, brief_html(brief)); !written.has_value()) return written;
  write(session.io.out, brief_text(brief));
  write(session.io.out, "\nHTML report: " + out + "\n");
  return {};
}

}  // namespace

void add_brief(CLI::App& app, Session& session) {
  auto options = std::make_shared<BriefOptions>();
  CLI::App* verb = app.add_subcommand("brief", "what is measured, what is claimed and what is pending, at one time");
  verb->add_option("episode", options->episode, "episode folder (default: episodes/2026-01-30, when no --tape)");
  verb->add_option("--tape", options->tapes, "tape to read; may be given several times");
  verb->add_option("--claims", options->claims, "CSV of published claims to check");
  verb->add_option("--asset", options->asset, "coin (default BTC)");
  verb->add_option("--at", options->at, "time of the brief, UTC (default: the episode's, or the tape's last message)");
  verb->add_option("--rules", options->rules, "rule file")->capture_default_str();
  verb->add_option("--claim-rules", options->claim_rules, "definitions of claims")->capture_default_str();
  verb->add_option("--out", options->out, "file to write (default: standard output)");
  add_format(verb, session, {"text", "json", "html"});
  verb->callback(
      [&session, options] { session.action = [&session, options] { return run_brief(session, *options); }; });
}

void add_demo(CLI::App& app, Session& session) {
  auto out = std::make_shared<std::string>("out/brief-2026-01-30.html");
  CLI::App* verb =
      app.add_subcommand("demo", "the brief of 30 January 2026 from the published facts in this repository");
  verb->add_option("--out", *out, "HTML report")->capture_default_str();
  verb->callback([&session, out] { session.action = [&session, out] { return run_demo(session, *out); }; });
}

}  // namespace delever
