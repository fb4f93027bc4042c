#include "reports/memory_feed.h"

#include <fmt/format.h>

#include <cstdlib>

#include "levels/bar_builder.h"
#include "memory/recall.h"
#include "memory/remember.h"
#include "reports/build_id.h"
#include "reports/coverage_join.h"
#include "reports/feed.h"
#include "tape/inspect.h"

namespace delever::reports {
namespace {

class MemoryFeed final : public EventFeed {
 public:
  explicit MemoryFeed(std::unique_ptr<memory::Recollection> recalled)
      : recalled_(std::move(recalled)) {}
  const Instruments& instruments() const override { return recalled_->instruments(); }
  const std::vector<Source>& sources() const override { return recalled_->contents().sources; }
  Result<void> run(EventSink& sink) override { return recalled_->run(sink); }
  void minutes_to(memory::MinutesSink& sink) override { recalled_->minutes_to(sink); }

  // Streams of one name are counted together where they could not be decoded, as from the tapes.
  std::vector<SourceUse> use() const override {
    std::map<std::string, std::map<std::string, uint64_t>> undecoded;
    for (const auto& [what, count] : recalled_->undecoded())
      undecoded[sources()[what.first].name][what.second] += count;
    std::vector<SourceUse> out;
    for (SourceId id = 0; id < sources().size(); ++id) {
      const memory::Counts& counts = recalled_->counts()[id];
      SourceUse use{sources()[id].name, counts.messages, counts.events, 0, {}};
      use.undecoded_reasons = undecoded[use.name];
      for (const auto& [reason, count] : use.undecoded_reasons) use.undecoded += count;
      out.push_back(std::move(use));
    }
    return out;
  }

 private:
  std::unique_ptr<memory::Recollection> recalled_;
};

// Segments end on every review, and no venue is quiet for as long as one of them within it.
bool fits(const gauges::Rules& rules) {
  return rules.review_every.ns() % memory::kSegment.ns() == 0 &&
         rules.liquidation.quiet_max >= memory::kSegment;
}

// nullptr: read the tapes.
std::unique_ptr<memory::Recollection> recalled(const GaugeQuestion& question, Context& context) {
  if (!fits(question.rules) || std::getenv("DELEVER_NO_MEMORY") != nullptr) return nullptr;
  const auto open = [&](bool just_made) -> std::unique_ptr<memory::Recollection> {
    auto found = memory::Recollection::open(
        {question.tapes, question.to, question.moments, memory_key(question.rules), question.whole,
         question.asked, just_made, question.minutes_until, question.rules.coins});
    return found.has_value() ? std::move(found).value() : nullptr;
  };
  if (auto found = open(false)) return found;
  uint64_t messages = 0;
  for (const std::string& tape : question.tapes) {
    const auto info = tape::tape_info(tape);
    if (!info.has_value()) return nullptr;
    messages += static_cast<uint64_t>(info.value().messages);
  }
  if (messages < question.remembered_from) return nullptr;
  const ProgressScope progress(context);
  memory::RememberOptions options{.key = memory_key(question.rules),
                                  .ahead_max = question.rules.clock_ahead_max,
                                  .coins = question.rules.coins};
  if (context.progress)
    options.told = [&](uint64_t done) { context.progress->show("remembering", done, messages); };
  const auto made = memory::remember(question.tapes, memory::memory_path(question.tapes), options);
  return made.has_value() ? open(true) : nullptr;
}

}  // namespace

std::string memory_key(const gauges::Rules& rules) {
  return fmt::format("{} {}", build_id(), rules.clock_ahead_max.ns());
}

Result<std::unique_ptr<EventFeed>> open_for_gauges(const GaugeQuestion& question,
                                                   Context& context) {
  if (auto found = recalled(question, context))
    return std::unique_ptr<EventFeed>(std::make_unique<MemoryFeed>(std::move(found)));
  return open_tapes(question.tapes, question.to, context.progress, question.asked);
}

// Dated contracts as well: where one has no size, that is said.
Result<std::unique_ptr<EventFeed>> open_for_levels(GaugeQuestion question, const std::string& asset,
                                                   Context& context) {
  question.whole = true;
  question.minutes_until = question.to - levels::kReadingsKept;
  const CoinNames& names = question.rules.coins;
  question.asked = [names, coin = names.plain(asset)](const Instrument& i) {
    return (i.kind == InstrumentKind::linear || i.kind == InstrumentKind::inverse) &&
           names.of(i).asset == coin;
  };
  return open_for_gauges(question, context);
}

Result<std::vector<Coverage>> coverage_asked(const std::vector<std::string>& tapes,
                                             const gauges::Rules& rules, Context& context) {
  const auto found = recalled({tapes, Instant::max(), rules}, context);
  if (!found) return coverage_of(tapes);
  CoverageBySource by_source;
  for (const memory::KindSeen& one : found->contents().seen) {
    const std::string& venue = found->contents().sources.at(one.source).venue;
    by_source.emplace_back(one.kind, Coverage{one.name, venue, one.events, one.first, one.last});
  }
  return joined_by_venue(by_source);
}

}  // namespace delever::reports
