#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "render/chain_render.h"

namespace delever::render {

using namespace reports;

namespace {

// "median / 9 of 10 / worst" of what was collected over rows.
struct Spread {
  std::vector<double> values;
  void add(const std::optional<double>& v) {
    if (v) values.push_back(*v);
  }
  std::string text(double scale, const char* unit) const {
    if (values.empty()) return "-";
    std::vector<double> v = values;
    std::sort(v.begin(), v.end());
    const auto at = [&](double share) {
      return scale * v[static_cast<size_t>(share * static_cast<double>(v.size() - 1))];
    };
    return fmt::format("{:.3g} / {:.3g} / {:.3g}{}", at(0.5), at(0.9), at(1), unit);
  }
};

struct Summary {
  size_t boards = 0, rows = 0, instruments = 0, smiles = 0, ssvi = 0, butterfly = 0, calendar = 0;
  Spread delta_max, delta_median, gamma_gap, gamma_zero, forwards, rms, residual_max, inside;
  std::map<std::string, size_t> refused;
  std::vector<double> index;

  void add(const options::BoardReport& report) {
    ++boards;
    if (report.index) index.push_back(report.index->value);
    for (const options::BoardRow& row : report.rows) {
      ++rows;
      instruments += row.instruments;
      delta_max.add(row.delta_gap_max);
      delta_median.add(row.delta_gap_median);
      gamma_gap.add(row.gamma_gap_median);
      gamma_zero.add(row.gamma_zero_share);
      if (row.forward_delta && row.forward_parity)
        forwards.add(std::fabs(row.forward_parity->value / row.forward_delta->value - 1));
      if (!row.smile) {
        ++refused[row.refused.substr(0, row.refused.find(':'))];
        continue;
      }
      ++smiles;
      ssvi += row.smile->model == options::SmileModel::ssvi;
      butterfly += row.smile->fit.durrleman_min < 0;
      calendar += row.smile->fit.calendar_min < 0;
      rms.add(row.smile->residual_rms);
      residual_max.add(row.smile->residual_max);
      inside.add(row.smile->inside);
    }
  }

  std::string text() const {
    std::string out = fmt::format("{} boards, {} rows of an expiry each, {} option quotes.\n\n",
                                  boards, rows, instruments);
    out += "| over all rows | median / 9 of 10 / worst |\n|---|---|\n";
    const auto line = [&](const char* what, const std::string& value) {
      out += fmt::format("| {} | {} |\n", what, value);
    };
    line("our delta against the published one, median of a row", delta_median.text(1, ""));
    line("the same, largest of a row", delta_max.text(1, ""));
    line("published gamma against ours, median of a row", gamma_gap.text(100, " %"));
    line("share of a row whose published gamma is rounded to 0", gamma_zero.text(100, " %"));
    line("forward by parity against by delta", forwards.text(1, ""));
    line("smile residual, rms of a row, vol points", rms.text(1, ""));
    line("smile residual, largest of a row, vol points", residual_max.text(1, ""));
    out += "\n";
    if (!inside.values.empty()) {
      std::vector<double> v = inside.values;
      std::sort(v.begin(), v.end());
      out += fmt::format(
          "Share of quotes whose bid-ask holds the smile: {:.0f} % in the median row, "
          "{:.0f} % in the worst. ",
          100 * v[v.size() / 2], 100 * v.front());
    }
    out += fmt::format(
        "{} smiles, {} of them SSVI; butterfly condition broken in {}, calendar condition in {}.",
        smiles, ssvi, butterfly, calendar);
    for (const auto& [fault, count] : refused)
      out += fmt::format(" Refused as {}: {}.", fault, count);
    if (!index.empty()) {
      const auto [low, high] = std::minmax_element(index.begin(), index.end());
      out += fmt::format(" 30-day index {:.2f} to {:.2f} %.", 100 * *low, 100 * *high);
    }
    return out + "\n";
  }
};

}  // namespace

std::string snapshots_markdown(const std::vector<options::BoardSnapshot>& boards) {
  Summary summary;
  std::string tables;
  for (const options::BoardSnapshot& board : boards) {
    const options::BoardReport report = options::report_board(board);
    summary.add(report);
    tables += fmt::format("\n### Labelled {}", board.labelled.text());
    tables += board.offset ? fmt::format(", computed {}\n\n", board.as_of.text())
                           : std::string("; when it was computed is not told\n\n");
    tables += options::board_table_header();
    for (const options::BoardRow& row : report.rows) tables += options::board_table_row(row);
    const options::NetFlow& flow = report.exposures.sticky_strike.at(0.01);
    const std::string index =
        report.index ? fmt::format("{:.2f} %", 100 * report.index->value) : report.index_refused;
    tables += fmt::format(
        "\n30-day index: {}. All expiries, +1 %: gross {:.0f} coins, net {:.0f} to {:.0f}.\n",
        index, flow.gross, flow.low, flow.high);
  }
  return summary.text() + tables;
}

}  // namespace delever::render
