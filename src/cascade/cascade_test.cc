#include "cascade/cascade.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/random.h"
#include "cascade/cascade_path.h"

namespace delever::cascade {
namespace {

constexpr double kForever = std::numeric_limits<double>::infinity();

// The market of the known answers: Y = 1, sigma = .03, V = 4e5, D = 4e5.
const ImpactMarket kMarket{.sigma_day = 0.03, .volume_day = 4e5, .depth = 4e5};

Impact impact_of(const ImpactMarket& market) { return Impact::of(market).value(); }
FlowCurve uniform(double density, double end = 1) {
  return FlowCurve::of_pieces({{end, density}}).value();
}

// Impact that is linear to fifteen digits over the flows of these tests: 1 / depth per coin.
Impact linear(double depth) {
  return impact_of({.sigma_day = 1e9, .volume_day = 1, .depth = depth});
}

Flow exact_flow(FlowKind kind, FlowCurve curve) {
  return {
      .kind = kind, .low = curve, .high = curve, .mid = curve, .prior_only = {}, .source = "test"};
}

TEST(Impact, HasTheKnownConstants) {
  const Impact impact = impact_of(kMarket);
  EXPECT_NEAR(impact.c(), 4.7434e-5, 1e-9);
  EXPECT_NEAR(impact.q0(), 90, 1e-9);
  EXPECT_NEAR(impact.slope(0), 1 / 4e5, 1e-18);
}

// Known answer 5: without the linear part, Y sigma sqrt(Q / V).
TEST(Impact, IsASquareRootOfLargeFlows) {
  const Impact impact = impact_of({.sigma_day = 0.03, .volume_day = 4e5});
  EXPECT_NEAR(1e4 * impact.at(1e3), 15.0, 0.05);
  EXPECT_NEAR(1e4 * impact.at(1e4), 47.4, 0.05);
  EXPECT_NEAR(1e4 * impact.at(4e4), 94.9, 0.05);
  EXPECT_EQ(impact.at(0), 0);
}

TEST(Impact, CountsReplenishedDepth) {
  ImpactMarket refilled = kMarket;
  refilled.depth = 1e5;
  refilled.replenished_per_s = 1e3;
  refilled.flow_s = 300;
  EXPECT_DOUBLE_EQ(impact_of(refilled).slope(0), impact_of(kMarket).slope(0));
}

TEST(Impact, RefusesAMarketThatCannotBe) {
  EXPECT_EQ(Impact::of({.sigma_day = 0, .volume_day = 1, .depth = 1}).error().fault,
            Fault::refused);
  EXPECT_EQ(Impact::of({.sigma_day = 1, .volume_day = 1, .depth = -1}).error().fault,
            Fault::refused);
  EXPECT_EQ(Impact::of({.sigma_day = NAN, .volume_day = 1, .depth = 1}).error().fault,
            Fault::refused);
}

// Known answer 1: linear impact, uniform liquidations: y* = shock / (1 - R).
TEST(Equilibrium, OfLinearImpactIsTheGeometricSeries) {
  const double depth = 1e5, shock = 0.01;
  for (const auto& [r, times] : {std::pair{0.3, 1.4286}, {0.5, 2.0}, {0.9, 10.0}}) {
    const Equilibrium e = equilibrium(linear(depth), uniform(r * depth), shock).value();
    EXPECT_NEAR(e.y / shock, times, 5e-5);
    EXPECT_NEAR(e.y / shock, 1 / (1 - r), 1e-9);
    EXPECT_NEAR(e.reproduction, r, 1e-9);
    EXPECT_NEAR(e.amplification, 1 / (1 - r), 1e-7);
    EXPECT_NEAR(e.reproduction_at_start, r, 1e-9);
  }
}

// Known answer 2: uniform liquidations under the full law; the closed form, the search, the rounds
// and the path agree.
TEST(Equilibrium, OfUniformLiquidationsHasTheKnownFigures) {
  const Impact impact = impact_of(kMarket);
  const double shock = 0.005;
  for (const auto& [l, y] :
       {std::pair{1e5, 0.00577556}, {2e5, 0.00629178}, {3.8e5, 0.00704523}, {6e5, 0.00783280}}) {
    const Equilibrium e = equilibrium(impact, uniform(l), shock).value();
    EXPECT_NEAR(e.y, y, 5e-9);
    const double c = impact.c(), q0 = impact.q0(), b = c * l,
                 root = q0 + l * shock - c * l * std::sqrt(q0);
    const double u = (b + std::sqrt(b * b + 4 * root)) / 2;
    EXPECT_NEAR(e.y, (u * u - q0) / l, 1e-14);
    EXPECT_NEAR(e.rounds.back(), e.y, 1e-13);
    const CascadePath path = cascade_path({.market = kMarket,
                                           .liquidations = uniform(l),
                                           .stops = FlowCurve::none(1),
                                           .dealers = FlowCurve::none(1),
                                           .dip_buyers = FlowCurve::none(1),
                                           .shock = shock},
                                          {.duration_s = 400,
                                           .resilience_half_life_s = kForever,
                                           .permanent_share = 0,
                                           .engine_share = kForever,
                                           .maker_withdrawal = 0})
                                 .value();
    EXPECT_NEAR(path.steps.back().y, e.y, 1e-12);
  }
}

// Known answer 3: without a shock the price stays where R_0 < 1; else it falls by a bounded c^2 l -
// 2 c sqrt(Q0).
TEST(Equilibrium, WithoutAShockDependsOnTheStart) {
  const Impact impact = impact_of(kMarket);
  const Equilibrium calm = equilibrium(impact, uniform(3.8e5), 0).value();
  EXPECT_EQ(calm.y, 0);
  EXPECT_NEAR(calm.reproduction_at_start, 0.95, 1e-12);
  const Equilibrium falls = equilibrium(impact, uniform(6e5), 0).value();
  EXPECT_NEAR(falls.y, 0.000450, 1e-12);
  EXPECT_NEAR(falls.y, impact.c() * impact.c() * 6e5 - 2 * impact.c() * std::sqrt(impact.q0()),
              1e-15);
  ASSERT_EQ(falls.roots.size(), 2u);
  EXPECT_FALSE(falls.roots[0].stable);
  EXPECT_EQ(falls.roots[0].y, 0);
  // Near its critical point the straight line is short: y reaches shock / (1 - R_0) only for the
  // smallest shocks.
  for (const double shock : {1e-9, 1e-11})
    EXPECT_NEAR(equilibrium(impact, uniform(3.8e5), shock).value().y / shock, 1 / (1 - 0.95),
                1e7 * shock);
}

// Known answer 4: a pure square root, y = ((a + sqrt(a^2 + 4 shock)) / 2)^2 with a = c sqrt(l).
TEST(Equilibrium, OfAPureSquareRoot) {
  const Impact impact = impact_of({.sigma_day = 0.03, .volume_day = 4e5});
  const double l = (0.05 / impact.c()) * (0.05 / impact.c());
  EXPECT_NEAR(equilibrium(impact, uniform(l), 0.02).value().y, 0.0284307, 5e-8);
}

// Known answer 6: dealers alone.
TEST(Equilibrium, OfDealersAloneScalesTheVolatility) {
  EXPECT_NEAR(*hedged_vol_ratio(0.5), 2.0 / 3, 1e-15);
  EXPECT_NEAR(*hedged_vol_ratio(0), 1, 0);
  EXPECT_NEAR(*hedged_vol_ratio(-0.3), 1.4286, 5e-5);
  EXPECT_NEAR(*hedged_vol_ratio(-0.5), 2, 1e-15);
  EXPECT_FALSE(hedged_vol_ratio(-1));
  EXPECT_FALSE(hedged_vol_ratio(NAN));
  // The same as the equilibrium under linear impact, where g does not change with the price.
  for (const double lambda_g : {-0.3, -0.5})
    EXPECT_NEAR(equilibrium(linear(1e5), uniform(-lambda_g * 1e5), 0.01).value().y / 0.01,
                *hedged_vol_ratio(lambda_g), 1e-9);
}

// Known answer 7: dealers who buy what liquidations sell leave the shock alone.
TEST(Equilibrium, OfOppositeFlowsIsTheShock) {
  const FlowCurve both = uniform(3e5).plus(uniform(3e5).times(-1));
  const Equilibrium e = equilibrium(impact_of(kMarket), both, 0.02).value();
  EXPECT_EQ(e.y, 0.02);
  EXPECT_EQ(e.amplification, 1);
}

TEST(Equilibrium, DoesNotMoveWherePriceIsHeldByBuyers) {
  const Equilibrium e = equilibrium(impact_of(kMarket), uniform(-1e5), 0.02).value();
  EXPECT_EQ(e.y, 0.02);
  EXPECT_LT(e.flow, 0);
  EXPECT_EQ(e.reproduction, 0);
}

// A cliff of liquidations behind a quiet stretch: two resting points, and a shock that falls from
// one to the next.
TEST(Equilibrium, KnowsTheFoldBeforeACliff) {
  const double depth = 1e5;
  const FlowCurve cliff =
      FlowCurve::of_pieces({{0.02, 0.5 * depth}, {0.03, 2 * depth}, {0.2, 0.1 * depth}}).value();
  const Impact impact = linear(depth);
  // Up to 2 % R = .5: shock .01 is lost exactly there. Beyond, y - I = .01 - (y - .02) down to 0 at
  // 3 %, then .9 (y
  // -.03).
  const Equilibrium e = equilibrium(impact, cliff, 0.009).value();
  EXPECT_NEAR(e.y, 0.018, 1e-12);
  ASSERT_EQ(e.roots.size(), 3u);
  EXPECT_NEAR(e.roots[1].y, 0.021, 1e-12);
  EXPECT_NEAR(e.roots[2].y, 0.04, 1e-12);
  EXPECT_TRUE(e.roots[0].stable && !e.roots[1].stable && e.roots[2].stable);
  ASSERT_TRUE(e.fold);
  EXPECT_NEAR(e.fold->shock, 0.01, 1e-12);
  EXPECT_NEAR(e.fold->y, 0.02, 1e-12);
  EXPECT_NEAR(*e.fold->lands_at, 0.03 + 0.01 / 0.9, 1e-11);
  const Equilibrium after = equilibrium(impact, cliff, 0.0100001).value();
  EXPECT_NEAR(after.y, 0.0411, 1e-4);
  EXPECT_FALSE(after.fold);
}

TEST(Equilibrium, RefusesBeyondTheEvidence) {
  const auto runaway = equilibrium(linear(1e5), uniform(2e5, 0.1), 0.01);
  ASSERT_FALSE(runaway.has_value());
  EXPECT_EQ(runaway.error().fault, Fault::no_evidence);
  EXPECT_NE(runaway.error().what.find("no resting point before 10.52 %"), std::string::npos)
      << runaway.error().what;
  EXPECT_EQ(equilibrium(linear(1e5), uniform(1, 0.1), 0.1).error().fault, Fault::no_evidence);
  EXPECT_EQ(equilibrium(linear(1e5), uniform(1, 0.1), -0.1).error().fault, Fault::refused);
}

FlowCurve random_curve(Random& random, bool may_fall) {
  std::vector<FlowCurve::Piece> pieces;
  const auto count = 1 + random.below(20);
  double to = 0;
  for (uint64_t i = 0; i < count; ++i) {
    to += 0.001 + 0.005 * random.uniform();
    double density = random.chance(0.2) ? 0 : 2e5 * random.exponential();
    if (random.chance(0.2)) density = 2e7 * random.uniform();  // a cliff
    if (may_fall && random.chance(0.3)) density = -density;
    pieces.push_back({to, density});
  }
  pieces.push_back({to + 0.3, may_fall ? -1e5 : 1e3});
  return FlowCurve::of_pieces(std::move(pieces)).value();
}

// Twin: walk the displacement in small steps and look for changes of sign.
TEST(Equilibrium, AgreesWithAPlainScanOnRandomCurves) {
  size_t several = 0, folds = 0;
  for (uint32_t run = 0; run < 1000; ++run) {
    Random random(7, {.entity = run});
    const FlowCurve curve = random_curve(random, run % 2 == 1);
    const Impact impact = impact_of({.sigma_day = 0.01 + 0.05 * random.uniform(),
                                     .volume_day = 4e5,
                                     .depth = 4e5 * random.uniform()});
    const double shock = 0.02 * random.uniform();
    const auto gap = [&](double y) { return y - shock - impact.at(std::max(0.0, curve.total(y))); };
    const double step = 4e-6;
    std::vector<double> plain;
    if (gap(shock) >= 0) plain.push_back(shock);
    for (double y = shock; y + step < curve.end(); y += step) {
      const double a = gap(y), b = gap(y + step);
      if ((a < 0 && b >= 0) || (a > 0 && b <= 0)) plain.push_back(y + step / 2);
    }
    const auto found = equilibrium(impact, curve, shock);
    if (!found.has_value()) {
      // The scan may see a root that touches or is unstable, but none that holds.
      for (const double y : plain) EXPECT_LE(gap(y + 2 * step), gap(y) + 1e-9);
      continue;
    }
    const Equilibrium& e = found.value();
    // Two roots closer than the step escape the scan together.
    if (e.roots.size() == plain.size()) {
      for (size_t i = 0; i < plain.size(); ++i)
        EXPECT_NEAR(e.roots[i].y, plain[i], 2 * step) << run;
    } else {
      EXPECT_EQ((e.roots.size() - plain.size()) % 2, 0u) << run;
      bool close = false;
      for (size_t i = 1; i < e.roots.size(); ++i)
        close |= e.roots[i].y - e.roots[i - 1].y < 2 * step;
      EXPECT_TRUE(close) << run << ": " << e.roots.size() << " roots, scan " << plain.size();
    }
    for (const CascadeRoot& root : e.roots) EXPECT_NEAR(gap(root.y), 0, 1e-12);
    several += e.roots.size() > 1;
    if (!e.rounds.empty() && e.rounds.size() < 200) {
      EXPECT_NEAR(e.rounds.back(), e.y, 1e-9) << run;
    }

    // Twin of the fold: raise the shock in small steps until the resting point jumps.
    if (!e.fold) continue;
    ++folds;
    const auto just = [&](double by) { return equilibrium(impact, curve, e.fold->shock + by); };
    const auto near = just(-1e-9);
    ASSERT_TRUE(near.has_value());
    EXPECT_NEAR(near.value().y, e.fold->y, 2e-4) << run;
    EXPECT_LE(near.value().y, e.fold->y + 1e-12);
    const auto past = just(1e-9);
    if (!e.fold->lands_at) {
      EXPECT_FALSE(past.has_value()) << run;
    } else if (past.has_value() && past.value().y >= e.fold->y) {
      EXPECT_NEAR(past.value().y, *e.fold->lands_at, 2e-3) << run;
      EXPECT_GT(past.value().y, e.fold->y);
    }
    double last = e.y;
    for (int i = 1; i < 20; ++i) {  // up to the fold the resting point moves without a jump
      const double s = shock + (e.fold->shock - shock) * i / 20;
      const double y = equilibrium(impact, curve, s).value().y;
      EXPECT_GE(y, last - 1e-12);
      EXPECT_LE(y, e.fold->y + 1e-9);
      last = y;
    }
  }
  EXPECT_GT(several, 50u);
  EXPECT_GT(folds, 50u);
}

TEST(FlowCurve, GathersThresholdsAndConservesThem) {
  const std::vector<FlowCurve::Mass> masses{
      {-0.01, 1}, {0.0005, 2}, {0.0015, 4}, {0.0099, 8}, {0.01, 16}};
  const FlowCurve curve = FlowCurve::of_masses(masses, {.width = 0.001, .end = 0.01}).value();
  EXPECT_EQ(curve.pieces().size(), 10u);
  EXPECT_DOUBLE_EQ(curve.total(0.001), 3);
  EXPECT_DOUBLE_EQ(curve.total(0.0015), 5);
  EXPECT_DOUBLE_EQ(curve.total(0.01), 15);
  EXPECT_DOUBLE_EQ(curve.total(5), 15);
}

TEST(FlowCurve, AddsWhereBothAreKnown) {
  const FlowCurve a = FlowCurve::of_pieces({{0.01, 1}, {0.05, 3}}).value();
  const FlowCurve b = FlowCurve::of_pieces({{0.02, 10}, {0.03, -10}}).value();
  const FlowCurve sum = a.plus(b);
  EXPECT_EQ(sum.end(), 0.03);
  for (const double y : {0.0, 0.004, 0.01, 0.016, 0.02, 0.025, 0.03})
    EXPECT_NEAR(sum.total(y), a.total(y) + b.total(y), 1e-15);
  EXPECT_FALSE(sum.never_falls());
}

TEST(FlowCurve, RefusesWhatIsNotACurve) {
  EXPECT_FALSE(FlowCurve::of_pieces({}).has_value());
  EXPECT_FALSE(FlowCurve::of_pieces({{0.02, 1}, {0.01, 1}}).has_value());
  EXPECT_FALSE(FlowCurve::of_pieces({{0.02, NAN}}).has_value());
  const std::vector<FlowCurve::Point> points{{0.0, 1}};
  EXPECT_FALSE(FlowCurve::through(points).has_value());
}

CascadeInput input_of(std::vector<Flow> flows) {
  return {.sigma_day = 0.03,
          .volume_day = 4e5,
          .depth = {{"binance", 250}, {"bybit", 150}},
          .flows = std::move(flows)};
}

TEST(CascadeReading, BoundsTheRestingPoint) {
  Flow dealers{.kind = FlowKind::dealers,
               .low = uniform(-5e4),
               .high = uniform(5e4),
               .mid = {},
               .prior_only = {},
               .source = "chain"};
  const CascadeReading reading =
      read_cascade(input_of({exact_flow(FlowKind::liquidations, uniform(2e5)), dealers}), 0.005)
          .value();
  EXPECT_EQ(reading.evidence, Evidence::undetermined);
  EXPECT_NE(reading.reason.find("dealers"), std::string::npos);
  EXPECT_NEAR(reading.value->y, 0.00629178,
              5e-9);  // without the dealers, and D = 400 / .001: the known answer
  EXPECT_NEAR(*reading.y_low, equilibrium(impact_of(kMarket), uniform(1.5e5), 0.005).value().y,
              1e-14);
  ImpactMarket thin = kMarket;
  thin.depth_multiplier = 0.25;
  EXPECT_NEAR(*reading.y_high, equilibrium(impact_of(thin), uniform(2.5e5), 0.005).value().y,
              1e-14);
  EXPECT_LT(*reading.y_low, reading.value->y);
  EXPECT_GT(*reading.y_high, reading.value->y);
  EXPECT_NEAR(*reading.amplification_high, *reading.y_high / 0.005, 1e-12);
}

TEST(CascadeReading, RefusesDepthOfOneVenue) {
  CascadeInput input = input_of({exact_flow(FlowKind::liquidations, uniform(2e5))});
  input.depth = {{"binance", 250}, {"binance", 150}};
  const CascadeReading one = read_cascade(input, 0.005).value();
  EXPECT_EQ(one.evidence, Evidence::refused);
  EXPECT_FALSE(one.value || one.y_low || one.y_high);
  EXPECT_NE(one.reason.find("binance alone"), std::string::npos);
  input.depth.clear();
  EXPECT_NE(read_cascade(input, 0.005).value().reason.find("no depth"), std::string::npos);
}

TEST(CascadeReading, RefusesLevelsThatAreAssumptions) {
  Flow levels = exact_flow(FlowKind::liquidations, uniform(2e5));
  levels.prior_only = {{0.5, 0.6}};
  EXPECT_EQ(read_cascade(input_of({levels}), 0.005).value().evidence, Evidence::ok);
  levels.prior_only = {{0.006, 0.02}};
  const CascadeReading reading = read_cascade(input_of({levels}), 0.005).value();
  EXPECT_EQ(reading.evidence, Evidence::prior_only);
  EXPECT_FALSE(reading.value || reading.y_low || reading.y_high);
}

TEST(CascadeReading, RefusesBeyondTheEvidence) {
  const CascadeReading reading =
      read_cascade(input_of({exact_flow(FlowKind::liquidations, uniform(1e7, 0.01))}), 0.005)
          .value();
  EXPECT_EQ(reading.evidence, Evidence::refused);
  EXPECT_FALSE(reading.value);
  EXPECT_NE(reading.reason.find("where the evidence ends"), std::string::npos);
}

// y* rises with the flow and falls with the depth, so the corners bound it whatever lies between.
TEST(CascadeReading, ItsBoundsHoldForWhateverLiesBetween) {
  size_t checked = 0;
  for (uint32_t run = 0; run < 100; ++run) {
    Random random(11, {.entity = run});
    const FlowCurve low = random_curve(random, true);
    std::vector<FlowCurve::Piece> more, mixed;
    for (const FlowCurve::Piece& piece : low.pieces()) {
      const double extra = 5e4 * random.exponential();
      more.push_back({piece.to, piece.density + extra});
      mixed.push_back({piece.to, piece.density + extra * random.uniform()});
    }
    const FlowCurve high = FlowCurve::of_pieces(more).value(),
                    mid = FlowCurve::of_pieces(mixed).value();
    const CascadeReading r = read_cascade(input_of({{.kind = FlowKind::liquidations,
                                                     .low = low,
                                                     .high = high,
                                                     .mid = mid,
                                                     .prior_only = {},
                                                     .source = "test"}}),
                                          0.01)
                                 .value();
    if (!r.value) continue;
    ++checked;
    ASSERT_TRUE(r.y_low) << run;
    EXPECT_LE(*r.y_low, r.value->y + 1e-12);
    EXPECT_GE(r.y_high.value_or(1e9), r.value->y - 1e-12);  // missing: beyond the curves
  }
  EXPECT_GT(checked, 30u);
}

TEST(OverlapReport, LabelsWhereDealersAmplifyOrOffset) {
  const FlowCurve liquidations = uniform(1e5, 0.0149);
  const auto curve = [](double a, double b, double c) {
    return FlowCurve::of_pieces({{0.005, a}, {0.01, b}, {0.0149, c}}).value();
  };
  Flow dealers{.kind = FlowKind::dealers,
               .low = curve(1e4, -3e4, -2e4),
               .high = curve(2e4, -1e4, 4e4),
               .mid = {},
               .prior_only = {},
               .source = "chain"};
  const Impact impact = impact_of(kMarket);
  const auto report =
      overlap_report(impact, {exact_flow(FlowKind::liquidations, liquidations), dealers}).value();
  ASSERT_EQ(report.size(), 3u);
  EXPECT_EQ(report[0].label, Overlap::amplify);
  EXPECT_EQ(report[1].label, Overlap::offset);
  EXPECT_EQ(report[2].label, Overlap::undetermined);
  EXPECT_DOUBLE_EQ(report[2].to, 0.0149);
  EXPECT_NEAR(report[0].liquidations.high, 1e5, 1e-6);
  EXPECT_NEAR(report[0].dealers->low, 1e4, 1e-6);
  // In the first bucket the flow so far is .0025 (1e5 + 1e4 or 2e4).
  EXPECT_NEAR(report[0].r_total.high, impact.slope(0.0025 * 1.1e5) * 1.2e5, 1e-9);
  EXPECT_NEAR(report[0].r_total.low, impact.slope(0.0025 * 1.2e5) * 1.1e5, 1e-9);
  const auto blind =
      overlap_report(impact, {exact_flow(FlowKind::liquidations, liquidations)}).value();
  EXPECT_EQ(blind[0].label, Overlap::undetermined);
  EXPECT_FALSE(blind[0].dealers);
}

PathInput path_input(FlowCurve liquidations, double shock) {
  const FlowCurve none = FlowCurve::none(liquidations.end());
  return {.market = kMarket,
          .liquidations = std::move(liquidations),
          .stops = none,
          .dealers = none,
          .dip_buyers = none,
          .shock = shock};
}

TEST(CascadePath, ReleasesNoFasterThanTheEngineAndLosesNothing) {
  const PathRules rules{.duration_s = 600, .engine_share = 0.1, .volume_pace = 1};
  const CascadePath path = cascade_path(path_input(uniform(2e5), 0.02), rules).value();
  const double most = 0.1 * 4e5 / 86400;
  double before = 0, furthest = 0.02;
  for (const PathStep& step : path.steps) {
    EXPECT_LE(step.liquidated - before, most * (1 + 1e-12));
    // What has become due is liquidated or waits.
    EXPECT_NEAR(step.liquidated + step.queue, uniform(2e5).total(furthest), 1e-6);
    furthest = std::max(furthest, step.y);
    before = step.liquidated;
  }
  EXPECT_GT(path.still_queued, 0);
  EXPECT_NEAR(*path.busiest_40_min, 1, 1e-12);
}

TEST(CascadePath, RefillsAndKeepsThePermanentPart) {
  PathRules rules{.duration_s = 20'000, .engine_share = kForever, .maker_withdrawal = 0};
  const CascadePath path = cascade_path(path_input(uniform(2e5), 0.005), rules).value();
  EXPECT_GT(path.y_peak, path.steps.back().y);
  EXPECT_NEAR(path.steps.back().excess, 0, 1e-3);
  EXPECT_NEAR(path.steps.back().y, 0.005 + 0.3 / 4e5 * path.liquidated, 1e-7);
  rules.permanent_share = 0;
  EXPECT_NEAR(cascade_path(path_input(uniform(2e5), 0.005), rules).value().steps.back().y, 0.005,
              1e-7);
}

TEST(CascadePath, GoesFurtherWhenMakersWithdraw) {
  PathRules rules{.duration_s = 300, .engine_share = kForever, .maker_withdrawal = 0};
  const double steady = cascade_path(path_input(uniform(2e5), 0.005), rules).value().y_peak;
  rules.maker_withdrawal = 0.05;
  const CascadePath thin = cascade_path(path_input(uniform(2e5), 0.005), rules).value();
  EXPECT_GT(thin.y_peak, steady);
  for (const PathStep& step : thin.steps) {
    EXPECT_GE(step.depth, 0.1 * 4e5 * (1 - 1e-12));
    EXPECT_LE(step.depth, 4e5);
  }
}

TEST(CascadePath, ArbitrageHoldsTheVenueAndHandsOnToTheIndex) {
  const PathRules rules{.duration_s = 600, .engine_share = kForever, .maker_withdrawal = 0};
  PathInput input = path_input(uniform(6e5), 0.01);
  const CascadePath alone = cascade_path(input, rules).value();
  EXPECT_EQ(alone.steps.back().y_index, 0.01);
  input.arbitrage = {.coins = 2000};
  const CascadePath held = cascade_path(input, rules).value();
  EXPECT_LT(held.liquidated, alone.liquidated);
  EXPECT_GT(held.steps.back().y_index, 0.01);
}

TEST(CascadePath, StopsWhereTheEvidenceEnds) {
  const CascadePath path =
      cascade_path(path_input(uniform(1e7, 0.02), 0.01), {.engine_share = kForever}).value();
  EXPECT_TRUE(path.reached_end);
  EXPECT_LT(path.steps.size(), 3600u);
  EXPECT_FALSE(cascade_path(path_input(uniform(1), 0.01), {.permanent_share = 2}).has_value());
}

}  // namespace
}  // namespace delever::cascade
