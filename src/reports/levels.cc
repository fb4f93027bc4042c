#include "reports/levels.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/feed.h"
#include "reports/inputs.h"
#include "reports/level_bars.h"
#include "reports/level_truth_file.h"
#include "statistics/statistics.h"

namespace delever::reports {
namespace {

// |ln(level / price)| up to which buckets are shown: 10 % either way, ten buckets of 1 %.
constexpr double kReach = 0.1;
// A step of the open interest over a longer gap would be taken for one bar's opening.
constexpr Duration kGapMax = Duration::minutes(5);

// One contract on one tape.
struct History {
  LevelMarket market;
  levels::LevelRatios ratios;
  const std::map<Instant, levels::TrueMoment>* truth = nullptr;
  bool scored = true;  // false: of a --train tape
};

struct Levels {
  LevelsOptions options;
  rulebooks::RulebookShelf shelf;
  Duration period;
  std::optional<Duration> throttle;
  std::vector<LevelTruth> truths;
  std::map<std::string, std::vector<History>> by_market;
  std::map<std::string, std::string> without;  // by market, why it is left out
  std::vector<std::string> notes;              // what is missing of the tapes
};

Result<void> read_tape(Levels& l, const std::string& path, const LevelTruth* truth, bool scored,
                       Context& context) {
  const LevelsOptions& o = l.options;
  const Instant at = TRY(time_or_last(scored ? o.at : "", "--at", {path}, context));
  std::vector<LevelMarket> markets =
      TRY(read_level_markets(path, o.asset, at, l.throttle, l.notes, context));
  if (markets.empty())
    return Error{
        Fault::no_evidence,
        fmt::format("no perpetual of {} with both trades and open interest: levels need them",
                    o.asset),
        path};
  for (LevelMarket& market : markets) {
    const std::string name = market.name();
    const auto leave_out = [&](const std::string& why) {
      l.without.emplace(name, path + ": " + why);
    };
    const Rulebook* rules = rulebook_of(l.shelf, market.venue, market.symbol, o.rulebook_date);
    if (!rules) {
      leave_out("no rulebook");
      continue;
    }
    if (!market.lot) {
      leave_out("no reported liquidation");
      continue;
    }
    if (market.gap_max > kGapMax) {
      leave_out(fmt::format("the open interest was not seen for {} within the last 6 h",
                            market.gap_max.text()));
      continue;
    }
    margin::Rulebooks books;
    const margin::BookId id = TRY(books.add(*rules));
    // The geometric middle of the last bar. Ratios are of the first tier and hardly move with it.
    // The rulebook's prices are of the contract's own unit.
    const double reference =
        market.units * std::sqrt(market.bars.back().low * market.bars.back().high);
    History h{.market = std::move(market), .ratios = {}, .scored = scored};
    const Price near = TRY(Price::nearest(reference));
    h.ratios = TRY(levels::level_ratios(books[id], near));
    if (truth) {
      if (const auto found = truth->find(name); found != truth->end()) h.truth = &found->second;
    }
    l.by_market[name].push_back(std::move(h));
  }
  return {};
}

levels::LevelHistory plain(const History& h) {
  return {.bars = h.market.bars,
          .ratios = &h.ratios,
          .open_interest_start = h.market.open_interest_start};
}

// With --train, learnt there alone; of several tapes, each is scored by what the others taught; of
// one, its second half by its first.
std::vector<levels::LevelFold> folds_of(const std::vector<History>& histories,
                                        levels::LevelLabInput& input) {
  std::vector<size_t> train, scored;
  for (size_t i = 0; i < histories.size(); ++i) (histories[i].scored ? scored : train).push_back(i);
  if (!train.empty()) return {{.train = train, .scored = scored}};
  if (histories.size() > 1) return levels::leave_one_out(histories.size());
  input.histories[0].train_bars = histories[0].market.bars.size() / 2;
  return {{.train = {0}, .scored = {0}, .split = true}};
}

std::vector<LevelsBucket> buckets_of(const levels::LevelMap& map,
                                     const std::vector<History>& histories, double price,
                                     double menu_scale, double lot) {
  const History& h = histories[0];
  levels::MenuMap menu(h.ratios);
  for (const levels::LevelBar& bar : h.market.bars) menu.step(bar);
  const levels::TrueMoment* truth = nullptr;
  if (h.truth) {
    // The truth of the map's own moment: the last one written, at most 5 minutes before the last
    // bar's end, with a minute for the end of a bar that a snapshot shares.
    const auto after = h.truth->upper_bound(h.market.bars.back().end + Duration::minutes(1));
    if (after != h.truth->begin() &&
        h.market.bars.back().end - std::prev(after)->first <= Duration::minutes(5))
      truth = &std::prev(after)->second;
  }
  const int count = static_cast<int>(std::lround(kReach / 0.01));
  std::vector<LevelsBucket> all;
  for (const PositionSide side : {PositionSide::long_side, PositionSide::short_side}) {
    // Longs are liquidated below the price, shorts above: y is positive on the side's own way.
    const double sign = side == PositionSide::long_side ? -1 : 1;
    const levels::LevelFit& fit = map.model.at(side);
    std::vector<LevelsBucket> buckets(static_cast<size_t>(count));
    std::vector<double> prior(buckets.size(), 0.0), variance(buckets.size(), 0.0);
    std::vector<levels::ByLeverage> sd(buckets.size());
    for (int b = 0; b < count; ++b) {
      LevelsBucket& bucket = buckets[static_cast<size_t>(b)];
      bucket.side = side;
      bucket.from = price * std::exp(sign * 0.01 * b);
      bucket.to = price * std::exp(sign * 0.01 * (b + 1));
      if (truth) bucket.truth = 0;
    }
    const auto at = [&](double level) -> std::optional<size_t> {
      const double y = sign * std::log(level / price);
      if (y < 0 || y >= kReach) return std::nullopt;
      return std::min(buckets.size() - 1, static_cast<size_t>(y / 0.01));
    };
    for (const levels::LevelInventory::Level& level :
         side == PositionSide::long_side ? map.longs : map.shorts) {
      const auto b = at(level.price);
      if (!b) continue;
      buckets[*b].coins += level.coins;
      // One weight scales all coins of its leverage, so their errors add up within a leverage;
      // leverages are independent of one another, and below their variances add.
      if (fit.weight[level.leverage] > 0)
        sd[*b][level.leverage] += level.coins * fit.sd[level.leverage] / fit.weight[level.leverage];
      if (fit.prior_only[level.leverage]) prior[*b] += level.coins;
    }
    for (const levels::LevelInventory::Level& level : menu.levels(side)) {
      if (const auto b = at(level.price))
        buckets[*b].menu += map.model.rules.liquidated_share * menu_scale * level.coins;
    }
    if (truth) {
      for (const levels::TrueLevel& level : truth->levels) {
        if (level.side != side || !level.price) continue;
        if (const auto b = at(*level.price)) *buckets[*b].truth += level.coins;
      }
    }
    for (size_t b = 0; b < buckets.size(); ++b) {
      for (const double s : sd[b]) variance[b] += s * s;
      // Two parts: the weights' posterior, and that coins come in lots (compound Poisson: variance
      // = coins times the mean square of a lot over its mean).
      const double swing = statistics::kNormal95 * std::sqrt(variance[b] + buckets[b].coins * lot);
      buckets[b].low = std::max(0.0, buckets[b].coins - swing);
      buckets[b].high = buckets[b].coins + swing;
      buckets[b].prior_only = prior[b] > 0.5 * buckets[b].coins || buckets[b].coins == 0;
    }
    all.insert(all.end(), buckets.begin(), buckets.end());
  }
  return all;
}

// Lots over all tapes: the median and the weighted mean of the tapes' own.
std::pair<double, double> lots_of(const std::vector<History>& histories) {
  std::vector<double> medians;
  double weighted = 0;
  for (const History& h : histories) {
    medians.push_back(*h.market.lot);
    weighted += *h.market.lot_weighted / static_cast<double>(histories.size());
  }
  std::sort(medians.begin(), medians.end());
  return {medians[medians.size() / 2], weighted};
}

Result<LevelsMarket> read_market(const Levels& l, const std::string& name,
                                 const std::vector<History>& histories) {
  const LevelsOptions& o = l.options;
  LevelsMarket m{.name = name, .tapes = histories.size()};
  const auto [count_lot, fit_lot] = lots_of(histories);
  levels::LevelLabInput input{
      .histories = {}, .search = {}, .count_lot = count_lot, .period = l.period, .seed = o.seed};
  for (const History& h : histories) input.histories.push_back(plain(h));
  input.search.lot = fit_lot;
  const auto fix = [](const std::optional<double>& given, double& rule, std::vector<double>& grid) {
    if (!given) return;
    rule = *given;
    grid = {*given};
  };
  fix(o.half_life, input.search.rules.half_life_h, input.search.half_lives_h);
  fix(o.turnover, input.search.rules.turnover, input.search.turnovers);
  fix(o.before_spread, input.search.rules.before_spread, input.search.before_spreads);
  const std::vector<levels::LevelFold> folds = folds_of(histories, input);
  levels::LevelFitter fitter(input.histories, input.prior, input.search);
  auto trial = levels::try_levels(input, folds, fitter);
  double menu_scale = 0;
  if (trial.has_value()) {
    m.refused = trial.value().verdict.failed;
    menu_scale = trial.value().menu_scales[0];
    levels::DensityScores density;
    for (size_t f = 0; f < folds.size(); ++f) {
      for (const size_t i : folds[f].scored) {
        if (!histories[i].truth) continue;
        const auto& bars = histories[i].market.bars;
        density.add(levels::score_density(
            {.history = input.histories[i],
             .model = &trial.value().models[f],
             .menu_scale = trial.value().menu_scales[f],
             .lot = fit_lot,
             .from = folds[f].split ? bars[bars.size() / 2].end : bars[0].end},
            *histories[i].truth));
      }
    }
    if (!density.moments.empty()) {
      // Neighbouring moments look alike, so that blocks of four are drawn where there are enough of
      // them.
      const size_t block = density.moments.size() >= 12 ? 4 : 1;
      if (const auto gain = levels::shape_gain(density, block, o.seed); gain.has_value())
        m.shape_gain = gain.value();
      if (const auto gain = levels::flow_gain(density, block, o.seed); gain.has_value())
        m.flow_gain = gain.value();
      m.density = std::move(density);
    }
    m.trial = std::move(trial).value();
  } else {
    m.refused = {trial.error().what};
    m.trial_missing = trial.error().what;
  }
  // What is drawn has learnt from all bars but those that were to be scored by others.
  std::vector<size_t> use;
  for (size_t i = 0; i < histories.size(); ++i) {
    if (o.train.empty() || !histories[i].scored) use.push_back(i);
  }
  const levels::LevelModel model = TRY(fitter.fit(use, levels::LevelBars::all));
  m.map = levels::map_levels(input.histories[0], model, name);
  const levels::LevelBar& last = histories[0].market.bars.back();
  m.price = std::sqrt(last.low * last.high);
  m.as_of = last.end.text();
  m.buckets = buckets_of(*m.map, histories, m.price, menu_scale, fit_lot);
  // The scores are reported all the same; only what has not earned showing is withheld.
  if (!o.unscored && !m.refused.empty()) m.buckets.clear();
  return m;
}

}  // namespace

Result<LevelsReport> levels_report(const LevelsOptions& given, Context& context) {
  Levels l{.options = given,
           .shelf = TRY(rulebooks::RulebookShelf::load(find_shipped(given.rulebooks))),
           .period = {},
           .throttle = {},
           .truths = {},
           .by_market = {},
           .without = {},
           .notes = {}};
  l.options.asset = coin_named(given.asset);
  l.period = TRY(of_option(Duration::parse(given.period), "--period"));
  if (l.period < Duration::minutes(1) || l.period > Duration::days(1))
    return Error{Fault::usage, "wants one minute to one day", "--period"};
  if (!given.throttle.empty()) {
    l.throttle = TRY(of_option(Duration::parse(given.throttle), "--throttle"));
    if (!(*l.throttle > Duration()))
      return Error{Fault::usage, "wants a time above 0", "--throttle"};
  }
  if (!given.truth.empty() && given.truth.size() != given.tapes.size())
    return Error{Fault::usage, "wants one file for each --tape, in their order", "--truth"};
  for (const std::string& path : given.truth)
    l.truths.push_back(TRY(read_level_truth(path, l.shelf, given.rulebook_date)));
  for (size_t i = 0; i < given.tapes.size(); ++i)
    TRY(read_tape(l, given.tapes[i], l.truths.empty() ? nullptr : &l.truths[i], true, context));
  for (const std::string& path : given.train) TRY(read_tape(l, path, nullptr, false, context));
  LevelsReport report{.asset = l.options.asset,
                      .how = {},
                      .period_s = l.period.in_seconds(),
                      .unscored = given.unscored,
                      .markets = {},
                      .notes = {}};
  report.how = !given.train.empty()     ? "learnt from the --train tapes, scored on the others"
               : given.tapes.size() > 1 ? "each tape scored by what the others taught"
                                        : "the second half scored by what the first taught";
  report.notes = std::move(l.notes);
  std::string why;
  for (const auto& [name, histories] : l.by_market) {
    const bool any =
        std::any_of(histories.begin(), histories.end(), [](const History& h) { return h.scored; });
    if (!any) continue;
    auto market = read_market(l, name, histories);
    if (market.has_value())
      report.markets.push_back(std::move(market).value());
    else
      l.without[name] = market.error().what;
  }
  for (const auto& [name, reason] : l.without) {
    report.notes.push_back(name + " left out: " + reason);
    why += (why.empty() ? "" : "; ") + name + ": " + reason;
  }
  if (report.markets.empty()) return Error{Fault::no_evidence, why, "levels"};
  const bool shown = std::any_of(report.markets.begin(), report.markets.end(),
                                 [](const LevelsMarket& m) { return !m.buckets.empty(); });
  // With a truth, training tapes or several tapes the scores are what was asked for, map or no map.
  const bool lab = !given.truth.empty() || !given.train.empty() || given.tapes.size() > 1;
  if (!shown && !lab) {
    for (const LevelsMarket& m : report.markets) {
      why += (why.empty() ? "" : "; ") + m.name + ": levels have not earned showing:";
      why += fmt::format(" {}", fmt::join(m.refused, "; "));
    }
    return Error{Fault::no_evidence, why + "; --unscored shows them all the same", "levels"};
  }
  return report;
}

}  // namespace delever::reports
