#include <fmt/format.h>

#include <algorithm>

#include "market/shown.h"
#include "render/brief_render.h"
#include "render/chain_render.h"
#include "render/svg.h"

namespace delever::render {

using namespace reports;

namespace {

constexpr size_t kShown = 3;  // expiries, the largest first: what a desk has to trade around

std::string title_of(const ChainRow& row, std::string_view what) {
  return fmt::format("{} {}: {}, as of {}", row.board->name(), expiry_name(row.chain->expiry), what,
                     row.chain->as_of.text());
}

std::string strike_picture(const ChainRow& row, const std::string& asset) {
  StrikeChart chart{.title = title_of(row, "open interest by strike, " + asset)};
  for (const options::StrikeInterest& s : row.strikes)
    chart.bars.push_back({s.strike, s.calls, s.puts});
  if (row.pain)
    chart.marks.push_back(
        {row.pain->strike_usd, "max pain " + shown_price(row.pain->strike_usd, 0)});
  if (row.forwards)
    chart.marks.push_back(
        {row.forwards->used.value, "forward " + shown_price(row.forwards->used.value, 0)});
  return svg_strike_chart(chart);
}

std::string flow_picture(const std::string& title, const options::HedgeCurve& curve) {
  XyChart chart{.title = title, .x_unit = "%", .x_scale = 100};
  XySeries band{"band", "var(--blue)", {}, XySeries::Shape::band},
      mean{"from signed trades", "var(--blue)", {}};
  std::vector<XySeries> assumed;
  constexpr const char* colours[] = {"var(--short)", "var(--long)", "var(--grey)", "var(--gold)"};
  for (size_t a = 0; a < options::kDealerAssumptions.size(); ++a) {
    std::string name(options::assumption_name(options::kDealerAssumptions[a]));
    std::replace(name.begin(), name.end(), '_', ' ');
    assumed.push_back({name.substr(name.find(' ') + 1), colours[a], {}});
  }
  bool zero_done = false;
  for (size_t m = 0; m < options::kMoves.size(); ++m) {
    if (options::kMoves[m] > 0 && !zero_done) {  // no move, no flow
      zero_done = true;
      for (XySeries* s : {&band, &mean}) s->points.push_back({0, 0, 0});
      for (XySeries& s : assumed) s.points.push_back({0, 0, 0});
    }
    const options::NetFlow& f = curve.flow[m];
    band.points.push_back({options::kMoves[m], f.low, f.high});
    if (f.mean) mean.points.push_back({options::kMoves[m], *f.mean, *f.mean});
    for (size_t a = 0; a < assumed.size(); ++a)
      assumed[a].points.push_back({options::kMoves[m], f.assumed[a], f.assumed[a]});
  }
  chart.series.push_back(std::move(band));
  if (curve.flow[0].mean) chart.series.push_back(std::move(mean));
  for (XySeries& s : assumed) chart.series.push_back(std::move(s));
  return svg_xy_chart(chart);
}

std::string smile_picture(const ChainRow& row) {
  if (!row.smile) return "";
  const options::Smile& smile = *row.smile;
  XyChart chart{.title = title_of(
                    row, fmt::format("implied volatility, {} rms {:.2f} points",
                                     smile.model == options::SmileModel::raw_svi ? "SVI" : "SSVI",
                                     smile.residual_rms)),
                .y_unit = "%",
                .y_scale = 100,
                .marks = {{smile.forward, "forward"}}};
  XySeries line{"smile", "var(--blue)", {}},
      quotes{"bid to ask", "var(--grey)", {}, XySeries::Shape::ticks};
  constexpr int steps = 80;
  for (int i = 0; i <= steps; ++i) {
    const double strike = smile.strike_low + (smile.strike_high - smile.strike_low) * i / steps;
    const double vol = smile.vol_held(strike);
    line.points.push_back({strike, vol, vol});
  }
  for (const options::ChainQuote& q : row.chain->quotes) {
    if ((q.type == OptionType::call) != (q.strike >= smile.forward)) continue;
    const options::QuoteVols vols = options::quote_vols(*row.chain, q, smile.forward);
    if (vols.bid && vols.ask && *vols.bid <= *vols.ask)
      quotes.points.push_back({q.strike, *vols.bid, *vols.ask});
  }
  chart.series = {std::move(quotes), std::move(line)};
  return svg_xy_chart(chart);
}

std::string term_picture(const options::OptionBoard& board) {
  XySeries line{"at the money", "var(--blue)", {}};
  for (const options::Smile& smile : board.surface.smiles) {
    const auto vol = smile.vol(smile.forward);
    if (vol) line.points.push_back({smile.years * 365, *vol, *vol});
  }
  if (line.points.size() < 2) return "";
  XyChart chart{.title = fmt::format("{}: at-the-money volatility by days to expiry, as of {}",
                                     board.name(), board.as_of.text()),
                .y_unit = "%",
                .y_scale = 100,
                .series = {std::move(line)},
                .height = 200};
  if (board.index)
    chart.marks.push_back({30, fmt::format("30-day index {:.2f} %", 100 * board.index->value)});
  return svg_xy_chart(chart);
}

}  // namespace

std::string option_charts(const Brief& brief) {
  const std::vector<options::OptionBoard>& boards = brief.history.boards;
  std::vector<ChainRow> rows = chain_rows(boards, std::nullopt);
  std::erase_if(rows, [](const ChainRow& row) { return !(row.calls + row.puts > 0); });
  std::stable_sort(rows.begin(), rows.end(), [](const ChainRow& a, const ChainRow& b) {
    return a.calls + a.puts > b.calls + b.puts;
  });
  rows.resize(std::min(rows.size(), kShown));
  std::string out;
  for (const ChainRow& row : rows) {
    out += strike_picture(row, brief.asset);
    if (row.exposure) {
      out += flow_picture(title_of(row, "hedging flow over a move, " + brief.asset + " bought"),
                          row.exposure->sticky_strike);
    }
    out += smile_picture(row);
  }
  for (const options::OptionBoard& board : boards) {
    if (!board.exposures.expiries.empty()) {
      const std::string title = fmt::format("{}: hedging flow over a move, all expiries, {} bought",
                                            board.name(), brief.asset);
      out += flow_picture(title, board.exposures.sticky_strike);
    }
    out += term_picture(board);
  }
  return out;
}

}  // namespace delever::render
