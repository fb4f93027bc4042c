// delever facts: the stylised facts of recorded and simulated tapes, by the same code, against
// their targets.
#include <fmt/format.h>

#include <memory>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/facts_faces.h"
#include "cli/facts_feed.h"
#include "cli/feed.h"
#include "facts/metaorder.h"
#include "tape/inspect.h"

namespace delever::cli {
namespace {

struct FactsArguments {
  std::vector<std::string> tapes;
  std::string asset = "BTC", from, to, rules = "rules/facts-2026-01-30.toml", out;
};

Result<bool> is_simulated(const std::string& path) {
  const tape::TapeInfo info = TRY(tape::tape_info(path));
  size_t simulated = 0;
  for (const tape::StreamSummary& s : info.streams) simulated += s.info.decoder == "simulated";
  if (simulated > 0 && simulated < info.streams.size())
    return Error{Fault::malformed,
                 "has recorded and simulated streams: each wants a tape of its own", path};
  return simulated > 0;
}

// Nothing when the tapes hold nothing of the asset in the window.
Result<facts::FactSet> facts_of(const std::vector<std::string>& tapes, const std::string& asset,
                                const facts::Window& window) {
  const auto feed = TRY(open_tapes(tapes, Instant::max()));
  FactsSink sink(asset, feed->instruments(), window);
  if (auto ran = feed->run(sink); !ran.has_value()) return std::move(ran.error());
  if (sink.observer().events() == 0) return facts::FactSet{};
  facts::FactSet set = facts::measure(sink.observer());
  for (facts::Fact& fact : facts::metaorder_facts({}, "")) set.push_back(std::move(fact));
  return set;
}

Result<void> run_facts(Session& session, const FactsArguments& arguments) {
  facts::Window window;
  if (!arguments.from.empty()) window.from = TRY(parse_at(arguments.from, "--from", session));
  if (!arguments.to.empty()) window.to = TRY(parse_at(arguments.to, "--to", session));
  if (window.from > window.to) return Error{Fault::malformed, "is after --to", "--from"};
  FactsPage page;
  page.asset = upper(arguments.asset);
  page.rules = arguments.rules;
  const std::string rules_text = TRY(read_file(find_shipped(arguments.rules)));
  const facts::Targets targets = TRY(facts::Targets::parse(rules_text, arguments.rules));
  for (const std::string& tape : arguments.tapes) {
    const bool simulated = TRY(is_simulated(tape));
    (simulated ? page.simulated : page.recorded).push_back(tape);
  }
  facts::FactSet recorded;
  if (!page.recorded.empty()) recorded = TRY(facts_of(page.recorded, page.asset, window));
  std::vector<facts::FactSet> runs;  // simulated tapes overlap in time: each is a market of its own
  for (const std::string& tape : page.simulated) {
    facts::FactSet one = TRY(facts_of({tape}, page.asset, window));
    if (!one.empty()) runs.push_back(std::move(one));
  }
  if (recorded.empty() && runs.empty())
    return Error{Fault::no_evidence,
                 fmt::format("no events of {} between --from and --to", page.asset),
                 fmt::format("{}", fmt::join(arguments.tapes, ", "))};
  page.report = facts::judge(targets, recorded, facts::combined(runs));
  return write_output(
      session, arguments.out,
      session.format == "json" ? written_json(facts_json(page)) + "\n" : facts_text(page));
}

}  // namespace

void add_facts(CLI::App& app, Session& session) {
  auto a = std::make_shared<FactsArguments>();
  CLI::App* verb = app.add_subcommand(
      "facts", "stylised facts of tapes, recorded beside simulated, and their targets");
  verb->add_option("--tape", a->tapes,
                   "tape to read, recorded or simulated; may be given several times")
      ->required();
  verb->add_option("--asset", a->asset, "coin")->capture_default_str();
  verb->add_option("--from", a->from, "first time (default: all)");
  verb->add_option("--to", a->to, "last time (default: all)");
  verb->add_option("--rules", a->rules, "targets, and what was held out")->capture_default_str();
  verb->add_option("--out", a->out, "file to write (default: standard output)");
  add_format(verb, session, {"text", "json"});
  verb->callback(
      [&session, a] { session.action = [&session, a] { return run_facts(session, *a); }; });
}

}  // namespace delever::cli
