#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/follow.h"
#include "cli/output.h"
#include "render/brief_render.h"
#include "reports/brief.h"
#include "reports/inputs.h"

namespace delever::cli {

using namespace reports;
using namespace render;

namespace {

std::string rendered(const Brief& brief, const std::string& format) {
  if (format == "json") return brief_json(brief);
  if (format == "html") return brief_html(brief);
  return for_people(brief_text(brief));
}

// Whether anything at all that was asked for has an answer.
bool knows_nothing(const Brief& brief, bool claims_given) {
  const auto pending = [](const auto& one) { return one.state == gauges::State::pending; };
  return std::all_of(brief.readings.begin(), brief.readings.end(), pending) &&
         (!claims_given || std::all_of(brief.claims.begin(), brief.claims.end(), pending));
}

Error nothing_known(const std::string& asset, std::optional<Instant> at) {
  const std::string when = at ? " at " + at->text() : std::string();
  return {Fault::no_evidence, fmt::format("nothing is known of {}{}", asset, when), "brief"};
}

Result<void> run_brief(Session& session, const BriefOptions& options) {
  const Brief brief = TRY(brief_of(options, session.context));
  TRY(write_output(session, session.out, rendered(brief, session.format)));
  if (knows_nothing(brief, !options.claims.empty())) return nothing_known(brief.asset, brief.as_of);
  return {};
}

Result<void> follow_brief(Session& session, const BriefOptions& options,
                          const FollowArguments& following) {
  if (options.tapes.empty() || !options.at.empty())
    return Error{Fault::usage, "goes with --tape, and without --at", "--follow"};
  std::optional<Brief> last;
  const auto show = [&](FollowedTape& tape, Duration behind) -> Result<void> {
    Brief brief = TRY(tape.brief());
    if (last && same_answers(brief, *last)) return {};
    last = std::move(brief);
    if (session.format == "text")
      write(session.io.out, fmt::format("{:.1f} s behind the wire\n", behind.in_seconds()));
    const char* const between = session.format == "text" ? "\n" : "";
    return write_output(session, "", rendered(*last, session.format) + between);
  };
  FollowedTape::Options tape{.tapes = options.tapes,
                             .asset = options.asset.empty() ? "BTC" : options.asset,
                             .claims = options.claims,
                             .rules = options.rules,
                             .claim_rules = options.claim_rules,
                             .verdict = true};
  const FollowEnd end = TRY(follow(session, tape, following, show));
  if (end == FollowEnd::closed && (!last || knows_nothing(*last, !options.claims.empty())))
    return nothing_known(coin_named(tape.asset), last ? std::optional(last->as_of) : std::nullopt);
  return {};
}

}  // namespace

void add_brief(Verb& app, Session& session) {
  auto options = std::make_shared<BriefOptions>();
  Verb* verb = app.add_subcommand(
      "brief", "what is measured, what is claimed and what is pending, at one time");
  verb->add_option("episode", options->episode,
                   "episode folder (default: episodes/2026-01-30, when no --tape)")
      ->reads();
  verb->add_option("--tape", options->tapes, "tape to read; may be given several times")->reads();
  verb->add_option("--claims", options->claims, "CSV of published claims to check")->reads();
  verb->add_option("--asset", options->asset, "coin (default BTC)");
  verb->add_option("--at", options->at,
                   "time of the brief, UTC (default: the episode's, or the tape's last message)");
  verb->add_option("--rules", options->rules, "rule file")->capture_default_str()->reads();
  verb->add_option("--claim-rules", options->claim_rules, "definitions of claims")
      ->capture_default_str()
      ->reads();
  add_output(verb, session);
  add_format(verb, session, {"text", "json", "html"});
  auto following = std::make_shared<FollowArguments>();
  add_follow(verb, *following);
  verb->callback([&session, options, following] {
    if (options->episode.empty() && options->tapes.empty())
      session.outputs.add_input(find_shipped("episodes/2026-01-30"));
    session.action = [&session, options, following] {
      return following->follow ? follow_brief(session, *options, *following)
                               : run_brief(session, *options);
    };
  });
}

}  // namespace delever::cli
