#include "reports/chain.h"

#include <fmt/format.h>

#include <algorithm>

#include "feeds/bytes.h"
#include "gauges/gauges.h"
#include "reports/expiry.h"
#include "reports/feed.h"
#include "reports/inputs.h"
#include "reports/memory_feed.h"

namespace delever::reports {
namespace {

// The whole of a file, unpacked. Research files are some MB; more than this is not one.
Result<std::string> read_unpacked(const std::string& path) {
  constexpr size_t most = size_t{1} << 28;
  const auto file = TRY(feeds::InputFile::open(path));
  auto member = TRY(file->next());
  if (!member) return Error{Fault::malformed, "holds no file", path};
  std::string text;
  char buffer[1 << 16];
  while (true) {
    const size_t got = TRY(member->source->read(buffer, sizeof buffer));
    if (got == 0) return text;
    text.append(buffer, got);
    if (text.size() > most) return Error{Fault::out_of_range, "larger than 256 MB unpacked", path};
  }
}

}  // namespace

std::vector<ChainRow> chain_rows(const std::vector<options::OptionBoard>& boards,
                                 std::optional<Instant> only) {
  std::vector<ChainRow> rows;
  for (const options::OptionBoard& board : boards) {
    for (const options::Chain& chain : board.chains) {
      if (only && chain.expiry.start_of_day() != only->start_of_day()) continue;
      ChainRow row{.board = &board,
                   .chain = &chain,
                   .exposure = board.exposure(chain.expiry),
                   .smile = board.surface.at(chain.expiry)};
      if (auto choice = options::choose_forward(chain); choice.has_value())
        row.forwards = std::move(choice).value();
      row.strikes = options::open_interest_by_strike(chain);
      options::fill_pain(row.strikes);
      for (const options::StrikeInterest& s : row.strikes) row.calls += s.calls, row.puts += s.puts;
      row.told = std::any_of(chain.quotes.begin(), chain.quotes.end(),
                             [](const auto& q) { return q.open_interest.has_value(); });
      row.pain = options::max_pain(row.strikes);
      for (const auto* errors : {&board.surface.refused, &board.exposures.refused}) {
        for (const Error& e : *errors) {
          const bool said = std::any_of(row.refused.begin(), row.refused.end(),
                                        [&](const Error& before) { return before.what == e.what; });
          if (e.where == chain.name() && !said) row.refused.push_back(e);
        }
      }
      rows.push_back(std::move(row));
    }
  }
  std::stable_sort(rows.begin(), rows.end(), [](const ChainRow& a, const ChainRow& b) {
    return a.chain->expiry < b.chain->expiry;
  });
  return rows;
}

Result<std::vector<options::BoardSnapshot>> read_snapshots(const ChainOptions& chosen) {
  const std::string csv = TRY(read_unpacked(chosen.snapshots));
  auto boards = options::read_board_csv(csv);
  if (!boards.has_value()) return std::move(boards.error()).at(chosen.snapshots);
  return boards;
}

Result<ChainReport> chain_report(const ChainOptions& chosen, Context& context) {
  const Instant at = TRY(time_or_last(chosen.at, "--at", chosen.tapes, context));
  const std::string rules_text = TRY(read_file(find_shipped(chosen.rules)));
  const gauges::Rules rules = TRY(gauges::Rules::load(rules_text, chosen.rules));
  const auto feed = TRY(open_for_gauges({chosen.tapes, at, rules}, context));
  const std::string asset = coin_named(chosen.asset);
  gauges::Gauges gauges(asset, rules, feed->instruments(), feed->sources());
  if (auto ran = feed->run(gauges); !ran.has_value()) return std::move(ran.error());
  ChainReport report{.asset = asset,
                     .rules = chosen.rules,
                     .at = at,
                     .current_for = rules.options.board_stale_after,
                     .boards = gauges.history(at).boards,
                     .rows = {},
                     .note = gauges.remarks(at)};
  std::optional<Instant> only;
  if (!chosen.expiry.empty()) only = TRY(of_option(read_expiry(chosen.expiry), "--expiry"));
  report.rows = chain_rows(report.boards, only);
  if (report.rows.empty()) {
    std::string why =
        fmt::format("no options of {}{} are known at {}", asset,
                    chosen.expiry.empty() ? "" : " expiring " + chosen.expiry, at.text());
    for (const options::OptionBoard& board : report.boards) {
      for (const Error& e : board.refused) why += "; refused: " + e.text();
    }
    if (!report.note.empty()) why += "; " + report.note;
    return Error{Fault::no_evidence, std::move(why), "chain"};
  }
  return report;
}

}  // namespace delever::reports
