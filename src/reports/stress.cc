#include "reports/stress.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>

#include "base/text.h"
#include "levels/level_lab.h"
#include "levels/level_map.h"
#include "reports/inputs.h"
#include "reports/numbers.h"
#include "reports/stress_book.h"
#include "reports/stress_market.h"
#include "rulebooks/trigger_fee.h"

namespace delever::reports {
namespace {

constexpr double kReachMin = 0.3;  // displacement up to which accounts are searched

Result<std::vector<double>> read_moves(const std::vector<std::string>& texts) {
  std::vector<double> moves;
  for (const std::string& text : texts) {
    std::string_view figure = trimmed(text);
    const bool percent = !figure.empty() && figure.back() == '%';
    if (percent) figure.remove_suffix(1);
    if (!figure.empty() && figure.front() == '+') figure.remove_prefix(1);
    const auto value = read_double(figure);
    const double move = value.value_or(0) / (percent ? 100 : 1);
    if (value && !percent && std::abs(move) >= 1)  // 5 for 5 % is meant far more often than 500 %
      return Error{
          Fault::usage,
          fmt::format("{} is {} times the price: write {}% for per cent, or {}% if you mean it",
                      text.substr(0, 40), text.substr(0, 40), text.substr(0, 40),
                      write_double(move * 100)),
          "--shock"};
    if (!value || move == 0 || move <= -0.95 || move > 10)
      return Error{
          Fault::usage,
          "wants moves as -5% or -0.05, not 0, from -95 % to 1000 %: " + text.substr(0, 40),
          "--shock"};
    moves.push_back(move);
  }
  return moves;
}

// VENUE=COINS, resting within 10 bp on either side.
Result<std::vector<cascade::VenueDepth>> read_depth(const std::vector<std::string>& texts,
                                                    const rulebooks::RulebookShelf& shelf) {
  constexpr double kCoinsMax = 1e9;  // of any coin; what is beyond is a slip
  std::vector<cascade::VenueDepth> depth;
  std::set<std::string> venues;
  for (const auto& book : shelf.all()) venues.insert(book->venue);
  for (const std::string& text : texts) {
    const auto parts = split(text, '=');
    const auto coins = parts.size() == 2 ? read_double(parts[1]) : std::nullopt;
    if (!coins || !(*coins > 0) || *coins > kCoinsMax || parts[0].empty())
      return Error{Fault::usage,
                   fmt::format("wants VENUE=COINS, as binance=120, up to {:g}: {}", kCoinsMax,
                               text.substr(0, 40)),
                   "--depth"};
    const std::string venue = lower(parts[0]);
    if (!venues.contains(venue))
      return Error{Fault::usage,
                   fmt::format("no venue \"{}\" (there are {})", venue.substr(0, 40),
                               fmt::join(venues, ", ")),
                   "--depth"};
    for (const cascade::VenueDepth& other : depth) {
      if (other.venue == venue) return Error{Fault::usage, "gives " + venue + " twice", "--depth"};
    }
    depth.push_back({venue, *coins});
  }
  return depth;
}

// COIN=PRICE:BETA, or COIN=PRICE:-8% beside the one --shock: how far it moves when the asset does.
Result<std::vector<cascade::StressCoin>> read_coins(const std::vector<std::string>& texts,
                                                    const std::string& asset,
                                                    const std::vector<double>& moves) {
  std::vector<cascade::StressCoin> coins;
  for (const std::string& text : texts) {
    const auto bad = [&](std::string_view why) {
      return Error{Fault::usage,
                   fmt::format("{}: wants COIN=PRICE:BETA, as ETH=2900:1.3, or COIN=PRICE:MOVE% "
                               "beside one --shock, as ETH=2900:-8%: {}",
                               why, text),
                   "--coin"};
    };
    const auto parts = split(text, '=');
    const auto figures = parts.size() == 2 ? split(parts[1], ':') : decltype(split(text, ':')){};
    if (figures.size() != 2 || parts[0].empty()) return bad("not a coin with a price");
    cascade::StressCoin coin{.name = upper(parts[0])};
    const auto price = read_double(figures[0]);
    if (!price || !(*price > 0)) return bad("the price is not above 0");
    coin.price = *price;
    const bool known =
        std::any_of(coins.begin(), coins.end(), [&](const auto& c) { return c.name == coin.name; });
    if (coin.name == asset) return bad("the asset itself, whose price --price gives");
    if (known) return bad("given twice");
    if (figures[1].ends_with('%')) {
      if (moves.size() != 1) return bad("a move of its own goes with one --shock");
      const double move = TRY(read_moves({std::string(figures[1])}))[0];
      // Moves are added in logarithms: the coin stands at price * exp(beta y) where the asset moves
      // by y.
      coin.beta = std::log1p(move) / std::log1p(moves[0]);
    } else {
      const auto beta = read_double(figures[1]);
      if (!beta || !(std::abs(*beta) <= 10)) return bad("the beta is not a number up to 10");
      coin.beta = *beta;
    }
    coins.push_back(std::move(coin));
  }
  return coins;
}

// The market of one direction, with what the command line gives before what the tape knows.
struct Market {
  std::optional<double> sigma_day, volume_day;
  std::vector<cascade::VenueDepth> depth;
  std::optional<cascade::Flow> dealers;
};

struct Stress {
  StressOptions options;
  std::vector<double> moves;
  double reach = kReachMin;
  std::optional<StressTape> tape;
  Market falling, rising;
  StressReport report;
};

Result<void> set_market(Stress& s, const rulebooks::RulebookShelf& shelf) {
  const StressOptions& o = s.options;
  const std::vector<cascade::VenueDepth> given = TRY(read_depth(o.depth, shelf));
  for (Market* market : {&s.falling, &s.rising}) {
    market->sigma_day = o.daily_vol;
    market->volume_day = o.daily_volume;
    market->depth = given;
    if (!s.tape) continue;
    if (!market->sigma_day) market->sigma_day = s.tape->sigma_day;
    if (!market->volume_day) market->volume_day = s.tape->volume_day;
    // Bids absorb a fall, asks a rise; a depth given by hand stands for both sides.
    if (given.empty()) market->depth = market == &s.falling ? s.tape->bids : s.tape->asks;
    market->dealers = market == &s.falling ? s.tape->dealers.falls : s.tape->dealers.rises;
  }
  std::vector<std::string>& missing = s.report.missing;
  if (s.tape) missing = s.tape->missing;
  // By the words that stress_market.cc begins these lines with.
  std::erase_if(missing, [&](const std::string& what) {  // given by hand
    return (o.price && what.starts_with("no price")) ||
           (o.daily_vol && what.starts_with("no realised")) ||
           (o.daily_volume && what.starts_with("no traded")) ||
           (!given.empty() &&
            (what.starts_with("no order book") || what.starts_with("the book of")));
  });
  if (s.tape) return {};
  if (!o.daily_vol) missing.push_back("no --daily-vol, and no tape to measure it");
  if (!o.daily_volume) missing.push_back("no --daily-volume, and no tape to measure it");
  if (given.empty()) missing.push_back("no --depth, and no tape with order books");
  missing.push_back("no tape with an option chain: what dealers add or absorb is not known");
  return {};
}

// Why there is no impact; empty when there is.
std::string no_impact(const Market& m) {
  std::string why;
  const auto lacks = [&](bool here, const char* what) {
    if (!here) why += (why.empty() ? "" : ", ") + std::string(what);
  };
  lacks(m.sigma_day.has_value(), "daily volatility");
  lacks(m.volume_day.has_value(), "daily volume");
  lacks(!m.depth.empty(), "depth");
  return why.empty() ? why : "not given and not on a tape: " + why;
}

Result<void> absorb(Stress& s, StressMove& move, std::vector<cascade::Flow> flows) {
  const bool rising = move.wave.move > 0;
  const Market& market = rising ? s.rising : s.falling;
  if (market.dealers) {
    flows.push_back(*market.dealers);
    const double y = move.wave.y;
    move.dealers = cascade::FlowBand{market.dealers->low.total(y), market.dealers->high.total(y)};
    const auto gross = TRY(cascade::FlowCurve::through(rising ? s.tape->dealers.gross_rises
                                                              : s.tape->dealers.gross_falls));
    move.dealers_gross = gross.total(y);
  }
  // The wave is known without the market that absorbs it, so only the cascade is refused.
  if (std::string why = no_impact(market); !why.empty()) {
    move.cascade.shock = move.wave.y;
    move.cascade.reason = std::move(why);
    return {};
  }
  const cascade::CascadeInput input{.sigma_day = *market.sigma_day,
                                    .volume_day = *market.volume_day,
                                    .prefactor = s.options.impact,
                                    .depth = market.depth,
                                    .flows = std::move(flows)};
  move.cascade = TRY(cascade::read_cascade(input, move.wave.y));
  if (!move.cascade.value) return {};
  // As in read_cascade: flows without an estimate are not in the sum, and the reading is then
  // called undetermined.
  cascade::FlowCurve sum = cascade::FlowCurve::none(input.flows[0].low.end());
  for (const cascade::Flow& flow : input.flows) {
    if (flow.mid) sum = sum.plus(*flow.mid);
  }
  cascade::ImpactMarket impact{
      .sigma_day = input.sigma_day, .volume_day = input.volume_day, .prefactor = input.prefactor};
  // D of cascade.h, coins per unit of log price: what rests within 10 bp over 10 bp.
  for (const cascade::VenueDepth& venue : input.depth) impact.depth += venue.coins_10bp / 0.001;
  for (const double left : {1.0, 0.7, 0.25, 0.1}) {
    impact.depth_multiplier = left;
    const cascade::Impact stressed = TRY(cascade::Impact::of(impact));
    const auto rest = cascade::equilibrium(stressed, sum, move.wave.y);
    move.by_depth.emplace_back(
        left, rest.has_value() ? std::optional<double>(rest.value().y) : std::nullopt);
  }
  std::vector<cascade::OverlapBucket>& overlap =
      rising ? s.report.overlap_rises : s.report.overlap_falls;
  // The overlap is a table over displacements and the same for every move of one direction.
  if (!overlap.empty() || !market.dealers) return {};
  impact.depth_multiplier = 1;
  const cascade::Impact full = TRY(cascade::Impact::of(impact));
  overlap = TRY(cascade::overlap_report(full, input.flows));
  double furthest = 0;
  for (const double m : s.moves) {
    if ((m > 0) == rising) furthest = std::max(furthest, std::abs(std::log1p(m)));
  }
  // Up to the furthest move that was asked for; beyond it nobody reads the table.
  std::erase_if(overlap, [&](const cascade::OverlapBucket& b) { return b.from >= furthest; });
  return {};
}

Result<void> stress_book(Stress& s, const rulebooks::RulebookShelf& shelf, Context& context) {
  const StressOptions& o = s.options;
  const std::string csv = TRY(read_file(o.book));
  std::optional<double> price = o.price;
  if (!price && s.tape) price = s.tape->price;
  if (!price) return Error{Fault::no_evidence, "no --price, and no tape that knows one", "stress"};
  const Instant at =
      s.tape ? s.tape->at : TRY(parse_at(o.at.empty() ? "now" : o.at, "--at", context));
  const StressMarket market{.asset = o.asset, .price = *price, .at = at, .others = s.report.coins};
  const cascade::StressBook book = TRY(read_stress_book(csv, o.book, shelf, market));
  std::vector<cascade::StressLeftOut> left_out;
  auto units = cascade::stress_units(book, s.reach, &left_out);
  if (!units.has_value()) return std::move(units.error()).at(o.book);
  if (!left_out.empty()) {
    // Nothing is left to stress: the first reason is the answer, not a wave of 0.
    if (units.value().empty()) return std::move(left_out[0].why).at(o.book);
    double usd = 0;
    size_t count = 0;
    for (const cascade::StressLeftOut& l : left_out) {
      usd += l.unit.value_usd;
      count += l.unit.count;
    }
    s.report.missing.push_back(fmt::format("{} of the book's units, value {}, are left out: {}",
                                           count, "$" + short_number(usd), left_out[0].why.text()));
  }
  StressReport& r = s.report;
  r.price = *price;
  r.source = o.book;
  for (const cascade::StressAccount& account : book.accounts) r.accounts += account.count;
  for (const cascade::StressUnit& unit : units.value()) {
    r.units += unit.count;
    r.due += unit.due ? unit.count : 0;
    r.value_usd += unit.value_usd;
    r.equity_usd += unit.equity_usd;
  }
  r.notes.push_back(
      "liquidations are taken whole at their first trigger, and a liquidated unit as losing its "
      "equity: "
      "upper bounds");
  std::set<std::string> without_fee;
  for (const auto& venue : book.venues) {
    for (margin::BookId id = 0; id < venue->books.size(); ++id) {
      if (rulebooks::trigger_fee_unknown(venue->books[id].book))
        without_fee.insert(venue->books[id].book.name());
    }
  }
  for (const std::string& name : without_fee)
    r.notes.push_back(fmt::format(
        "{} counts a fee in its trigger that is not known: liquidations come sooner", name));
  if (!book.of_other.empty())
    r.notes.push_back(
        "contracts of other coins are liquidated with their pools; what that sells of "
        "them is in no flow here");
  for (const double m : s.moves) {
    StressMove move;
    move.wave = TRY(cascade::stress_wave(book, units.value(), m));
    std::vector<cascade::Flow> flows;
    flows.push_back(TRY(cascade::liquidation_flow(book, units.value(), m > 0, s.reach)));
    flows.push_back(TRY(cascade::stop_flow(book, units.value(), m > 0, s.reach)));
    TRY(absorb(s, move, std::move(flows)));
    r.moves.push_back(std::move(move));
  }
  return {};
}

// One perpetual's levels, or the reason that it has none.
Result<levels::LevelMap> infer(const Stress& s, const LevelMarket& market,
                               const rulebooks::RulebookShelf& shelf, double price,
                               std::vector<std::string>& notes) {
  const std::string name = market.venue + " " + market.symbol;
  const auto refuse = [&](std::string why) {
    return Error{Fault::no_evidence, std::move(why), name};
  };
  const Rulebook* rules = shelf.find(market.venue, market.symbol);
  if (!rules) return refuse("no rulebook");
  // The lot counts reports; without one there is nothing to fit weights on.
  if (!market.lot || !(*market.lot > 0)) return refuse("no reported liquidation");
  if (market.gap_max > Duration::minutes(5))
    return refuse(fmt::format("the open interest was not seen for {} within the last 6 h",
                              market.gap_max.text()));
  margin::Rulebooks books;
  const margin::BookId id = TRY(books.add(*rules));
  // The rulebook's prices are of the contract's own unit.
  const Price reference = TRY(Price::nearest(price * market.units));
  const levels::LevelRatios ratios = TRY(levels::level_ratios(books[id], reference));
  levels::LevelLabInput input{.histories = {{.bars = market.bars,
                                             .ratios = &ratios,
                                             .open_interest_start = market.open_interest_start}},
                              .search = {},
                              .count_lot = *market.lot,
                              .seed = s.options.seed};
  input.search.lot = *market.lot_weighted;
  std::vector<std::string> failed;
  if (auto trial = levels::try_levels(input); trial.has_value())
    failed = trial.value().verdict.failed;
  else
    failed = {trial.error().what};
  if (!failed.empty() && !s.options.unscored) {
    std::string why = "levels have not earned showing:";
    for (const std::string& reason : failed) why += " " + reason + ";";
    return refuse(why + " --unscored shows them all the same");
  }
  levels::LevelFitter fitter(input.histories, input.prior,
                             input.search);  // what is shown has learnt from all bars
  const levels::LevelModel model = TRY(fitter.fit({0}));
  if (!failed.empty()) notes.push_back(fmt::format("{}: unscored ({})", name, failed[0]));
  levels::LevelMap map = levels::map_levels(input.histories[0], model, name);
  notes.push_back(fmt::format(
      "{}: half-life {:g} h, {:.0f} % of the open interest was opened in sight; what the feed "
      "leaves out is not known, so coins are a lower bound",
      name, model.rules.half_life_h, 100 * map.seen));
  return map;
}

Result<void> stress_levels(Stress& s, const rulebooks::RulebookShelf& shelf) {
  const StressTape& tape = *s.tape;
  StressReport& r = s.report;
  std::optional<double> price = s.options.price;
  if (!price) price = tape.price;
  if (!price)
    return Error{Fault::no_evidence, "the tape knows no price, and none was given (--price)",
                 "stress"};
  if (tape.markets.empty())
    return Error{
        Fault::no_evidence,
        fmt::format(
            "no perpetual of {} with both trades and open interest on the tape: levels need them, "
            "or give --book",
            s.options.asset),
        "stress"};
  std::vector<levels::LevelMap> maps;
  std::string why;
  for (const LevelMarket& market : tape.markets) {
    auto map = infer(s, market, shelf, *price, r.notes);
    if (map.has_value())
      maps.push_back(std::move(map).value());
    else
      why += (why.empty() ? "" : "; ") + map.error().text();
    if (!map.has_value()) r.missing.push_back(map.error().text());
  }
  if (maps.empty()) return Error{Fault::no_evidence, why, "stress"};
  r.from_levels = true;
  r.price = *price;
  r.source = "levels inferred from the tape";
  for (const levels::LevelMap& map : maps) {
    for (const auto* side : {&map.longs, &map.shorts}) {
      for (const levels::LevelInventory::Level& level : *side) r.value_usd += level.coins * *price;
    }
  }
  for (const double m : s.moves) {
    StressMove move{.wave = levels::level_wave(maps, *price, m)};
    std::vector<cascade::Flow> flows;
    flows.push_back(TRY(levels::level_flow(maps, *price, m > 0, s.reach)));
    TRY(absorb(s, move, std::move(flows)));
    // Levels without proven skill may be looked at, but no amplification rests on them.
    if (s.options.unscored && move.cascade.value) {
      move.cascade = {.shock = move.wave.y,
                      .evidence = cascade::Evidence::refused,
                      .reason = "the levels are unscored",
                      .inputs = std::move(move.cascade.inputs)};
      move.by_depth.clear();
    }
    r.moves.push_back(std::move(move));
  }
  if (s.options.unscored) r.overlap_falls = r.overlap_rises = {};
  return {};
}

}  // namespace

Result<StressReport> stress_of(const StressOptions& given, Context& context) {
  Stress s{.options = given};
  s.options.asset = coin_named(given.asset);
  s.moves = TRY(read_moves(given.moves));
  if (given.price && !(*given.price > 0))
    return Error{Fault::usage, "wants a price above 0", "--price"};
  // A cascade rests beyond its shock: curves that end at the move could not show where.
  for (const double m : s.moves) s.reach = std::max(s.reach, 1.5 * std::abs(std::log1p(m)));
  const rulebooks::RulebookShelf shelf =
      TRY(rulebooks::RulebookShelf::load(find_shipped(given.rulebooks)));
  if (!given.tapes.empty()) {
    const std::string rules_text = TRY(read_file(find_shipped(given.rules)));
    const gauges::Rules rules = TRY(gauges::Rules::load(rules_text, given.rules));
    StressTapeQuery query{.asset = s.options.asset, .reach = s.reach, .levels = given.book.empty()};
    query.at = TRY(time_or_last(given.at, "--at", given.tapes, context));
    s.tape = TRY(read_stress_tape(given.tapes, rules, query));
    s.report.as_of = query.at.text();
  }
  s.report.asset = s.options.asset;
  s.report.coins = TRY(read_coins(given.coins, s.options.asset, s.moves));
  if (!given.coins.empty() && given.book.empty())
    return Error{Fault::usage, "is of the coins in a --book", "--coin"};
  TRY(set_market(s, shelf));
  if (given.book.empty())
    TRY(stress_levels(s, shelf));
  else
    TRY(stress_book(s, shelf, context));
  return std::move(s.report);
}

}  // namespace delever::reports
