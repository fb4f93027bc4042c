#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/follow.h"
#include "cli/output.h"
#include "render/chain_render.h"
#include "reports/chain.h"
#include "reports/inputs.h"

namespace delever::cli {

using namespace reports;
using namespace render;

namespace {

Result<void> run_snapshots(Session& session, const ChainOptions& options) {
  if (!options.tapes.empty())
    return Error{Fault::usage, "give --tape or --snapshots, not both", "chain"};
  if (session.format != "text")
    return Error{Fault::usage, "--snapshots is Markdown: --format text", "chain"};
  const auto boards = TRY(read_snapshots(options));
  return write_output(session, session.out, snapshots_markdown(boards));
}

Result<void> run_chain(Session& session, const ChainOptions& options) {
  if (!options.snapshots.empty()) return run_snapshots(session, options);
  const ChainReport report = TRY(chain_report(options, session.context));
  if (session.format == "text")
    return write_output(session, session.out, for_people(chain_text(report)));
  if (session.format == "csv") return write_output(session, session.out, chain_csv(report));
  return write_output(session, session.out, written_json(chain_json(report)) + "\n");
}

std::string chain_page(const ChainReport& report, const std::string& format) {
  if (format == "text") return chain_text(report);
  if (format == "csv") return chain_csv(report);
  return written_json(chain_json(report)) + "\n";
}

// What was printed last. Another time alone is no news; that a board is no longer current is.
struct ShownChain {
  std::string text;
  Instant at;
  std::vector<bool> current;  // by board

  bool is_news(ChainReport& report, const std::string& format) {
    std::vector<bool> now;
    for (const options::OptionBoard& board : report.boards)
      now.push_back(report.at - board.as_of <= report.current_for);
    const Instant asked = std::exchange(report.at, at);
    const bool same = now == current && chain_page(report, format) == text;
    report.at = asked;
    if (same) return false;
    text = chain_page(report, format);
    at = asked;
    current = std::move(now);
    return true;
  }
};

Result<void> follow_chain(Session& session, const ChainOptions& options,
                          const FollowArguments& following) {
  if (options.tapes.empty() || !options.at.empty())
    return Error{Fault::usage, "goes with --tape, and without --at", "--follow"};
  ShownChain last;
  bool told = false;
  const auto show = [&](FollowedTape& tape, Duration behind) -> Result<void> {
    auto report = tape.chain(options.expiry);
    // A chain that is not yet known may still come; whoever waits for it is told so once.
    if (!report.has_value() && report.error().fault == Fault::no_evidence) {
      if (!std::exchange(told, true))
        write(session.io.err,
              fmt::format("delever: note: {} yet\n", printable(report.error().what)));
      return {};
    }
    if (!report.has_value()) return std::move(report.error());
    if (!last.is_news(report.value(), session.format)) return {};
    if (session.format == "text")
      write(session.io.out, fmt::format("{:.1f} s behind the wire\n", behind.in_seconds()));
    return write_output(session, "", last.text);
  };
  const FollowedTape::Options tape{
      .tapes = options.tapes, .asset = options.asset, .rules = options.rules};
  if (TRY(follow(session, tape, following, show)) == FollowEnd::closed && last.text.empty())
    return Error{Fault::no_evidence, "no options of " + coin_named(options.asset) + " are known",
                 "chain"};
  return {};
}

}  // namespace

void add_chain(Verb& app, Session& session) {
  auto options = std::make_shared<ChainOptions>();
  Verb* verb = app.add_subcommand(
      "chain", "options by expiry: open interest, surface, greeks, hedging flow");
  auto* source = verb->add_option_group("source");
  source->add_option("--tape", options->tapes, "tape to read; may be given several times")->reads();
  source
      ->add_option("--snapshots", options->snapshots,
                   "instead: a research file of whole boards (CSV, may be gz); a report against "
                   "its own figures")
      ->reads();
  source->require_option(1);
  verb->add_option("--asset", options->asset, "coin")->capture_default_str();
  verb->add_option("--at", options->at, "time, UTC (default: the tape's last message)");
  verb->add_option("--expiry", options->expiry,
                   "one expiry, as 30JAN26: adds its strikes and hedging curve");
  verb->add_option("--rules", options->rules, "rule file")->capture_default_str()->reads();
  add_output(verb, session);
  add_format(verb, session, {"text", "json", "csv"});
  auto following = std::make_shared<FollowArguments>();
  add_follow(verb, *following);
  verb->callback([&session, options, following] {
    session.action = [&session, options, following] {
      return following->follow ? follow_chain(session, *options, *following)
                               : run_chain(session, *options);
    };
  });
}

}  // namespace delever::cli
