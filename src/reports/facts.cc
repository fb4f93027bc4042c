#include "reports/facts.h"

#include <fmt/format.h>

#include <optional>

#include "facts/metaorder.h"
#include "gauges/rules.h"
#include "reports/facts_feed.h"
#include "reports/feed.h"
#include "reports/gap_notes.h"
#include "reports/inputs.h"
#include "reports/sizes_later.h"
#include "tape/inspect.h"

namespace delever::reports {
namespace {

constexpr const char* kCoinRules = "rules/2026-01-30.toml";  // for coins of several names

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
                                const facts::Window& window, std::vector<std::string>& notes) {
  const std::string rules = TRY(read_file(find_shipped(kCoinRules)));
  const CoinNames names = TRY(gauges::Rules::load(rules, kCoinRules)).coins;
  // Of dated contracts nothing is measured, but their sizes are asked for.
  const auto asked = [&](const Instrument& i) {
    return i.kind != InstrumentKind::option && names.of(i).asset == names.plain(asset);
  };
  const auto feed = TRY(open_tapes(tapes, Instant::max(), nullptr, asked));
  std::optional<FactsSink> sink;
  sink.emplace(asset, feed->instruments(), window, names);
  SizesLater sizes(*sink, feed->instruments());
  GapNotes gaps(sizes, feed->instruments(), feed->sources());
  if (auto ran = feed->run(gaps); !ran.has_value()) return std::move(ran.error());
  if (sizes.any(names, asset)) {
    const auto again = TRY(open_tapes(tapes, Instant::max(), nullptr, asked));
    sink.emplace(asset, feed->instruments(), window, names);
    KnownOnly known(*sink, feed->instruments());
    if (auto ran = again->run(known); !ran.has_value()) return std::move(ran.error());
  }
  for (std::string& line : sizes.lines(names, asset)) notes.push_back(std::move(line));
  for (std::string& line : gaps.lines(window.from, window.to)) notes.push_back(std::move(line));
  if (const uint64_t twice = sink->observer().trades_dropped(); twice > 0)
    notes.push_back(fmt::format("{} trades shown by more than one stream count once", twice));
  if (sink->observer().events() == 0) return facts::FactSet{};
  facts::FactSet set = facts::measure(sink->observer());
  for (facts::Fact& fact : facts::metaorder_facts({}, "")) set.push_back(std::move(fact));
  return set;
}

}  // namespace

Result<FactsReport> facts_report(const FactsOptions& options, Context& context) {
  facts::Window window;
  if (!options.from.empty()) window.from = TRY(parse_at(options.from, "--from", context));
  if (!options.to.empty()) window.to = TRY(parse_at(options.to, "--to", context));
  if (window.from > window.to) return Error{Fault::usage, "is after --to", "--from"};
  FactsReport page;
  page.asset = coin_named(options.asset);
  page.rules = options.rules;
  const std::string rules_text = TRY(read_file(find_shipped(options.rules)));
  const facts::Targets targets = TRY(facts::Targets::parse(rules_text, options.rules));
  for (const std::string& tape : options.tapes) {
    const bool simulated = TRY(is_simulated(tape));
    (simulated ? page.simulated : page.recorded).push_back(tape);
  }
  facts::FactSet recorded;
  if (!page.recorded.empty())
    recorded = TRY(facts_of(page.recorded, page.asset, window, page.notes));
  std::vector<facts::FactSet> runs;  // simulated tapes overlap in time: each is a market of its own
  for (const std::string& tape : page.simulated) {
    facts::FactSet one = TRY(facts_of({tape}, page.asset, window, page.notes));
    if (!one.empty()) runs.push_back(std::move(one));
  }
  if (recorded.empty() && runs.empty())
    return Error{Fault::no_evidence,
                 fmt::format("no events of {} between --from and --to", page.asset),
                 fmt::format("{}", fmt::join(options.tapes, ", "))};
  page.report = facts::judge(targets, recorded, facts::combined(runs));
  return page;
}

}  // namespace delever::reports
