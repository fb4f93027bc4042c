#include "options/snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.h"
#include "options/black.h"
#include "statistics/statistics.h"

namespace delever::options {
namespace {

constexpr std::array<std::string_view, 14> kColumns{
    "date",  "instrument_name", "expiry_date", "strike", "type",   "volume", "open_interest",
    "delta", "gamma",           "vega",        "theta",  "bid_iv", "ask_iv", "mark_iv"};
// In the order of kColumns: a column's number is its place there.
enum Column : size_t {
  kDate,
  kName,
  kExpiry,
  kStrike,
  kType,
  kVolume,
  kInterest,
  kDelta,
  kGamma,
  kVega,
  kTheta,
  kBid,
  kAsk,
  kMark
};

Error bad_line(size_t line, std::string what) {
  return Error{Fault::malformed, std::move(what), fmt::format("line {}", line)};
}

// Files write vols in percent, and 0 where nobody quotes.
std::optional<double> percent(std::optional<double> value) {
  return value && *value > 0 ? std::optional(*value / 100) : std::nullopt;
}

// Moves a board to the time at which its greeks were computed.
void set_clock(BoardSnapshot& board) {
  board.offset = clock_offset(board.chains);
  if (!board.offset) return;
  board.as_of = board.labelled + *board.offset;
  for (Chain& chain : board.chains) chain.as_of = board.as_of;
  // At the label they were still alive, at the time of their greeks they are not.
  std::erase_if(board.chains, [](const Chain& chain) { return chain.expiry <= chain.as_of; });
}

std::string text_or_dash(const std::optional<double>& value, int digits) {
  return value ? fmt::format("{:.{}f}", *value, digits) : "-";
}

}  // namespace

std::vector<double> clock_offsets_seconds(const Chain& chain) {
  std::vector<double> out;
  const double days = (chain.expiry - chain.as_of).in_days();
  if (!(days > 1.2 && days < 10)) return out;
  for (const ChainQuote& q : chain.quotes) {
    // Below these the rounding of the published figures to five decimals is more than seconds.
    if (!q.mark_iv || !q.vega || !q.theta || *q.vega < 2 || *q.theta > -5) continue;
    // T = 100 vol vega / (730 |theta|) years, in days: vega is per vol point, theta per day and
    // negative.
    const double days_left = 100 * *q.mark_iv * *q.vega / (2 * -*q.theta);
    out.push_back((days - days_left) * 86400);
  }
  return out;
}

std::optional<Duration> clock_offset(const std::vector<Chain>& chains) {
  std::vector<double> offsets;
  for (const Chain& chain : chains) {
    const std::vector<double> some = clock_offsets_seconds(chain);
    offsets.insert(offsets.end(), some.begin(), some.end());
  }
  if (offsets.size() < 20) return std::nullopt;
  const double seconds = statistics::middle_of(std::move(offsets));
  // Beyond two hours the greeks are not merely late: another unit or another model is at work.
  if (!(std::fabs(seconds) <= 7200)) return std::nullopt;
  return Duration::seconds(static_cast<int64_t>(std::lround(seconds)));
}

Result<std::vector<BoardSnapshot>> read_board_csv(std::string_view csv) {
  std::array<size_t, kColumns.size()> index{};
  std::map<Instant, std::map<Instant, Chain>> boards;
  std::vector<Instant> order;
  size_t line = 0, width = 0;
  while (!csv.empty()) {
    ++line;
    const size_t end = std::min(csv.find('\n'), csv.size());
    const std::string_view text = trimmed(csv.substr(0, end));
    csv.remove_prefix(std::min(end + 1, csv.size()));
    if (text.empty()) continue;
    const auto cells = split(text, ',');
    if (width == 0) {
      width = cells.size();
      for (size_t c = 0; c < kColumns.size(); ++c) {
        const auto found = std::find(cells.begin(), cells.end(), kColumns[c]);
        if (found == cells.end()) return bad_line(line, fmt::format("no column '{}'", kColumns[c]));
        index[c] = static_cast<size_t>(found - cells.begin());
      }
      continue;
    }
    if (cells.size() != width)
      return bad_line(line, fmt::format("{} cells, the header has {}", cells.size(), width));
    const auto cell = [&](Column c) { return trimmed(cells[index[c]]); };
    const auto number = [&](Column c) { return read_double(cell(c)); };
    auto date = Instant::parse(cell(kDate));
    if (!date.has_value()) return std::move(date.error()).at(fmt::format("line {}", line));
    auto day = Instant::parse(cell(kExpiry));
    if (!day.has_value()) return std::move(day.error()).at(fmt::format("line {}", line));
    const auto strike = number(kStrike);
    if (!strike || !(*strike > 0)) return bad_line(line, fmt::format("strike '{}'", cell(kStrike)));
    const bool call = cell(kType) == "call";
    if (!call && cell(kType) != "put") return bad_line(line, fmt::format("type '{}'", cell(kType)));
    // Deribit settles at 08:00 UTC of the day that the file names.
    const Instant as_of = date.value(), expiry = day.value() + Duration::hours(8);
    if (!boards.contains(as_of)) order.push_back(as_of);
    auto& board = boards[as_of];
    // The board is listed all the same: one of which everything has expired is empty, not absent.
    if (expiry <= as_of) continue;
    Chain& chain = board[expiry];
    const std::string_view name = cell(kName);
    chain.venue = "deribit";
    chain.asset = chain.settle = std::string(name.substr(0, std::min(name.find('-'), name.size())));
    chain.as_of = as_of, chain.expiry = expiry;
    ChainQuote q{.strike = *strike, .type = call ? OptionType::call : OptionType::put};
    q.bid_iv = percent(number(kBid)), q.ask_iv = percent(number(kAsk)),
    q.mark_iv = percent(number(kMark));
    q.delta = number(kDelta), q.gamma = number(kGamma), q.vega = number(kVega),
    q.theta = number(kTheta);
    q.open_interest = number(kInterest), q.volume_24h = number(kVolume);
    chain.quotes.push_back(q);
  }
  if (width == 0) return Error{Fault::malformed, "empty: no header line"};
  std::vector<BoardSnapshot> out;
  // The file's order and not that of time: a file may hold its newest board first.
  for (const Instant as_of : order) {
    BoardSnapshot board{.labelled = as_of, .as_of = as_of};
    for (auto& [expiry, chain] : boards[as_of]) {
      std::sort(chain.quotes.begin(), chain.quotes.end(),
                [](const ChainQuote& a, const ChainQuote& b) {
                  return std::pair(a.strike, a.type) < std::pair(b.strike, b.type);
                });
      board.chains.push_back(std::move(chain));
    }
    set_clock(board);
    out.push_back(std::move(board));
  }
  return out;
}

BoardReport report_board(const BoardSnapshot& board) {
  BoardReport report;
  const Surface surface = build_surface(board.chains);
  report.exposures = measure_exposures(board.chains, surface, nullptr);
  if (const auto index = vol_index_30d(board.chains); index.has_value()) {
    report.index = index.value();
  } else {
    report.index_refused = index.error().text();
  }
  for (const Chain& chain : board.chains) {
    BoardRow row{.as_of = board.as_of, .expiry = chain.expiry, .instruments = chain.quotes.size()};
    const std::vector<StrikeInterest> strikes = open_interest_by_strike(chain);
    double calls = 0, puts = 0;
    for (const StrikeInterest& s : strikes) calls += s.calls, puts += s.puts;
    row.open_interest = calls + puts;
    if (calls > 0) row.put_call = puts / calls;
    row.pain = max_pain(strikes);
    if (const Smile* smile = surface.at(chain.expiry)) row.smile = *smile;
    for (const Error& error : surface.refused) {
      if (error.where == chain.name()) row.refused = error.what;
    }
    const auto choice = choose_forward(chain);
    // Without a forward there is nothing to hold the venue's greeks against; the row says the rest.
    if (choice.has_value()) {
      row.forward_delta = choice.value().delta, row.forward_parity = choice.value().parity;
      std::vector<double> delta_gaps, gamma_gaps;
      size_t zeros = 0;
      for (const ChainQuote& q : chain.quotes) {
        if (!q.mark_iv || *q.mark_iv <= 0) continue;
        const BlackGreeks g =
            black({choice.value().used.value, q.strike, chain.years(), *q.mark_iv, q.type});
        if (q.delta) delta_gaps.push_back(std::fabs(g.delta - *q.delta));
        // Published gamma is rounded to five decimals, and for far options to 0: counted apart from
        // the gap.
        if (q.gamma && g.gamma > 0)
          gamma_gaps.push_back(std::fabs(*q.gamma / g.gamma - 1)), zeros += *q.gamma == 0;
      }
      if (!delta_gaps.empty()) {
        row.delta_gap_max = *std::max_element(delta_gaps.begin(), delta_gaps.end());
        row.delta_gap_median = statistics::middle_of(std::move(delta_gaps));
      }
      if (!gamma_gaps.empty()) {
        row.gamma_zero_share = static_cast<double>(zeros) / static_cast<double>(gamma_gaps.size());
        row.gamma_gap_median = statistics::middle_of(std::move(gamma_gaps));
      }
    }
    report.rows.push_back(std::move(row));
  }
  return report;
}

std::string board_table_header() {
  return "| expiry | options | OI, coins | put/call | max pain USD / coin | F by delta | F by "
         "parity | "
         "delta gap max / median | gamma: median gap, zero | model | rms / max, vol pts | inside | "
         "min g | calendar |\n"
         "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n";
}

std::string board_table_row(const BoardRow& row) {
  const auto value = [](const std::optional<Forward>& f) {
    return f ? std::optional(f->value) : std::nullopt;
  };
  std::string out = fmt::format(
      "| {} | {} | {:.0f} | {} | {} | {} | {} | {} / {} | {}, {:.0f} % |", expiry_name(row.expiry),
      row.instruments, row.open_interest, text_or_dash(row.put_call, 2),
      row.pain ? fmt::format("{:.0f} / {:.0f}", row.pain->strike_usd, row.pain->strike_coin) : "-",
      text_or_dash(value(row.forward_delta), 1), text_or_dash(value(row.forward_parity), 1),
      text_or_dash(row.delta_gap_max, 5), text_or_dash(row.delta_gap_median, 6),
      row.gamma_gap_median ? fmt::format("{:.1f} %", 100 * *row.gamma_gap_median) : "-",
      100 * row.gamma_zero_share);
  if (!row.smile) return out + fmt::format(" {} | | | | |\n", row.refused);
  const Smile& smile = *row.smile;
  return out + fmt::format(" {} | {:.2f} / {:.2f} | {:.0f} % | {:.3f} | {} |\n",
                           smile.model == SmileModel::raw_svi ? "SVI" : "SSVI", smile.residual_rms,
                           smile.residual_max, 100 * smile.inside, smile.fit.durrleman_min,
                           smile.fit.calendar_min >= 0
                               ? "holds"
                               : fmt::format("{:.2g}", smile.fit.calendar_min));
}

}  // namespace delever::options
