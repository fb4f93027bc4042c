#include "cascade/cascade.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace delever::cascade {
namespace {

// Rounds only show how the wave builds up; y* itself is found without them.
constexpr size_t kRounds = 200;

// y - I(max(Q(y), 0)) on a stretch where Q is linear: the shock that would leave the price at y.
// Between the two ends it only rises or only falls.
struct Stretch {
  double from = 0, to = 0;
  double at_from = 0, at_to = 0;
  double flow_from = 0, density = 0;

  double shock_at(double y, const Impact& impact) const {
    return y - impact.at(std::max(0.0, flow_from + density * (y - from)));
  }
};

// Cut at breakpoints, where Q changes sign, and where R = 1. On a stretch with Q > 0 the shock
// above is convex in y (I of a line is concave), so these cuts leave nothing that turns.
std::vector<Stretch> stretches(const Impact& impact, const FlowCurve& flow, double start) {
  std::vector<Stretch> out;
  double from = start;
  for (const FlowCurve::Piece& piece : flow.pieces()) {
    if (piece.to <= start) continue;
    const double q = piece.density, held = flow.total(from);
    std::array<double, 4> cuts{from, piece.to, from, from};
    if (q != 0) {
      const auto inside = [&](double y) { return std::clamp(y, from, piece.to); };
      // Where Q passes 0. A cut that falls outside the piece lands on one of its ends and is
      // dropped below.
      cuts[2] = inside(from - held / q);
      const double critical = impact.c() * q / 2;  // sqrt(Q + Q0) where I'(Q) q = 1
      if (q > 0) cuts[3] = inside(from + (critical * critical - impact.q0() - held) / q);
    }
    std::sort(cuts.begin(), cuts.end());
    for (size_t i = 0; i + 1 < cuts.size(); ++i) {
      if (!(cuts[i + 1] > cuts[i])) continue;
      Stretch s{.from = cuts[i],
                .to = cuts[i + 1],
                .flow_from = held + q * (cuts[i] - from),
                .density = q};
      s.at_from = s.shock_at(s.from, impact);
      s.at_to = s.shock_at(s.to, impact);
      out.push_back(s);
    }
    from = piece.to;
  }
  return out;
}

// Where a stretch reaches the shock, by halving: it is monotone, and its ends stand on both sides.
double crossing(const Stretch& s, const Impact& impact, double shock) {
  const bool rising = s.at_to > s.at_from;
  double low = s.from, high = s.to;
  for (int i = 0; i < 200; ++i) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    ((s.shock_at(middle, impact) >= shock) == rising ? high : low) = middle;
  }
  return high;
}

// R = I'(Q) Q'(y). Where more is bought than forced (Q < 0) the price is not driven, and R is 0.
double reproduction_at(const Impact& impact, const FlowCurve& flow, double y) {
  const double q = flow.total(y), density = flow.density(y);
  if (q < 0 || (q == 0 && density <= 0)) return 0;
  return impact.slope(q) * density;
}

std::vector<CascadeRoot> all_roots(const Impact& impact, const FlowCurve& flow, double shock,
                                   const std::vector<Stretch>& parts) {
  std::vector<CascadeRoot> roots;
  const auto add = [&](double y) {
    const double r = reproduction_at(impact, flow, y);
    roots.push_back({y, r, r < 1});
  };
  // Nothing is forced at the shock itself: the price may rest right there.
  if (!parts.empty() && parts.front().at_from >= shock) add(parts.front().from);
  for (const Stretch& s : parts) {
    if ((s.at_from < shock && s.at_to >= shock) || (s.at_from > shock && s.at_to <= shock))
      add(crossing(s, impact, shock));
  }
  return roots;
}

// The first falling stretch beyond y: its beginning is the largest shock that still rests before it
// (cascade.md: R = 1), and where a later stretch reaches that shock again is where the price lands.
std::optional<CascadeFold> next_fold(const Impact& impact, const std::vector<Stretch>& parts,
                                     double y) {
  for (size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].to <= y || parts[i].at_to >= parts[i].at_from) continue;
    CascadeFold fold{.shock = parts[i].at_from, .y = parts[i].from, .lands_at = {}};
    for (size_t j = i + 1; j < parts.size() && !fold.lands_at; ++j) {
      if (parts[j].at_to >= fold.shock) fold.lands_at = crossing(parts[j], impact, fold.shock);
    }
    return fold;
  }
  return std::nullopt;
}

std::vector<double> rounds_of(const Impact& impact, const FlowCurve& flow, double shock) {
  std::vector<double> rounds{shock};
  while (rounds.size() < kRounds && rounds.back() <= flow.end()) {
    const double next = shock + impact.at(std::max(0.0, flow.total(rounds.back())));
    // To rounding, the rounds have arrived.
    if (!(next > rounds.back() * (1 + 1e-14))) break;
    rounds.push_back(next);
  }
  return rounds;
}

bool is_finite_positive(double x) { return std::isfinite(x) && x > 0; }

}  // namespace

Result<Impact> Impact::of(const ImpactMarket& m) {
  if (!is_finite_positive(m.sigma_day) || !is_finite_positive(m.volume_day) ||
      !is_finite_positive(m.prefactor) || !is_finite_positive(m.depth_multiplier) ||
      !std::isfinite(m.depth) || m.depth < 0 || !std::isfinite(m.replenished_per_s * m.flow_s) ||
      m.replenished_per_s * m.flow_s < 0)
    return Error{Fault::refused,
                 "impact needs a positive daily volatility and volume, and no negative depth"};
  Impact impact;
  // The formulas at the head of cascade.h: c = Y sigma / sqrt(V), Q0 = (c D / 2)^2.
  impact.c_ = m.prefactor * m.sigma_day / std::sqrt(m.volume_day);
  impact.root_q0_ = impact.c_ * (m.depth * m.depth_multiplier + m.replenished_per_s * m.flow_s) / 2;
  impact.q0_ = impact.root_q0_ * impact.root_q0_;
  return impact;
}

double Impact::at(double flow) const {
  CHECK(flow >= 0);
  if (flow == 0) return 0;
  return c_ * flow /
         (std::sqrt(flow + q0_) + root_q0_);  // the difference of the roots, free of cancellation
}

double Impact::slope(double flow) const {
  CHECK(flow >= 0);
  return c_ / (2 * std::sqrt(flow + q0_));
}

Result<Equilibrium> equilibrium(const Impact& impact, const FlowCurve& flow, double shock) {
  if (!std::isfinite(shock) || shock < 0)
    return Error{Fault::refused, "a shock is a displacement of 0 or more"};
  const auto beyond = [&](std::string_view what) {
    return Error{Fault::no_evidence, fmt::format("{} before {:.4g} %, where the evidence ends",
                                                 what, 100 * std::expm1(flow.end()))};
  };
  if (shock >= flow.end()) return beyond("the shock is not");
  const std::vector<Stretch> parts = stretches(impact, flow, shock);
  Equilibrium e;
  e.shock = shock;
  e.roots = all_roots(impact, flow, shock, parts);
  const auto rest = std::find_if(e.roots.begin(), e.roots.end(),
                                 [](const CascadeRoot& root) { return root.stable; });
  if (rest == e.roots.end()) return beyond("no resting point");
  e.y = rest->y;
  e.flow = flow.total(e.y);
  e.reproduction = rest->reproduction;
  // Stable means R < 1, so the divisor is above 0.
  e.amplification = 1 / (1 - e.reproduction);
  e.reproduction_at_start = flow.density(0) == 0 ? 0 : impact.slope(0) * flow.density(0);
  e.fold = next_fold(impact, parts, e.y);
  // Against buyers a round may overshoot and come back: the sequence would be no story of a wave.
  if (flow.never_falls()) e.rounds = rounds_of(impact, flow, shock);
  return e;
}

std::optional<double> hedged_vol_ratio(double lambda_g) {
  if (!(lambda_g > -1)) return std::nullopt;
  return 1 / (1 + lambda_g);
}

std::string_view evidence_name(Evidence evidence) {
  switch (evidence) {
    case Evidence::ok:
      return "ok";
    case Evidence::prior_only:
      return "prior_only";
    case Evidence::undetermined:
      return "undetermined";
    case Evidence::refused:
      return "refused";
  }
  check_failed("an Evidence has a name", __FILE__, __LINE__);
}

std::string_view flow_name(FlowKind kind) {
  switch (kind) {
    case FlowKind::liquidations:
      return "liquidations";
    case FlowKind::stops:
      return "stops";
    case FlowKind::dealers:
      return "dealers";
    case FlowKind::arbitrage:
      return "arbitrage";
    case FlowKind::dip_buyers:
      return "dip_buyers";
  }
  check_failed("a FlowKind has a name", __FILE__, __LINE__);
}

std::string_view overlap_name(Overlap overlap) {
  switch (overlap) {
    case Overlap::amplify:
      return "amplify";
    case Overlap::offset:
      return "offset";
    case Overlap::undetermined:
      return "undetermined";
  }
  check_failed("an Overlap has a name", __FILE__, __LINE__);
}

namespace {

struct Sums {
  FlowCurve low, mid, high;
  bool complete = true;
};  // complete: every flow has an estimate

Result<Sums> sums_of(const std::vector<Flow>& flows) {
  if (flows.empty()) return Error{Fault::refused, "a cascade needs at least one flow"};
  double end = flows[0].low.end();
  for (const Flow& flow : flows) {
    if (flow.low.end() != flow.high.end() || (flow.mid && flow.mid->end() != flow.low.end()))
      return Error{Fault::malformed, "the ends of a flow's interval differ",
                   std::string(flow_name(flow.kind))};
    const FlowCurve both = flow.low.plus(flow.high);
    for (const FlowCurve::Piece& piece : both.pieces()) {
      if (flow.low.total(piece.to) >
          flow.high.total(piece.to) + 1e-9 * std::abs(flow.high.total(piece.to)))
        return Error{Fault::malformed, "the low end of a flow's interval is above its high end",
                     std::string(flow_name(flow.kind))};
    }
    end = std::min(end, flow.low.end());
  }
  // Sums end where the shortest flow ends: beyond it one of them is not known.
  Sums sums{FlowCurve::none(end), FlowCurve::none(end), FlowCurve::none(end)};
  for (const Flow& flow : flows) {
    sums.low = sums.low.plus(flow.low);
    sums.high = sums.high.plus(flow.high);
    if (flow.mid) sums.mid = sums.mid.plus(*flow.mid);
    sums.complete &= flow.mid.has_value();
  }
  return sums;
}

std::string missing_estimates(const std::vector<Flow>& flows) {
  std::string names;
  for (const Flow& flow : flows) {
    if (!flow.mid) names += (names.empty() ? "" : ", ") + std::string(flow_name(flow.kind));
  }
  return names;
}

}  // namespace

Result<CascadeReading> read_cascade(const CascadeInput& input, double shock) {
  const Sums sums = TRY(sums_of(input.flows));
  CascadeReading out;
  out.shock = shock;
  double depth = 0;
  std::vector<std::string> venues;
  for (const VenueDepth& venue : input.depth) {
    if (!is_finite_positive(venue.coins_10bp))
      return Error{Fault::malformed, "depth is positive", venue.venue};
    depth += venue.coins_10bp / 0.001;
    venues.push_back(venue.venue);
    out.inputs.push_back(fmt::format("{}: {:g} coins within 10 bp", venue.venue, venue.coins_10bp));
  }
  for (const Flow& flow : input.flows)
    out.inputs.push_back(fmt::format("{}: {}", flow_name(flow.kind), flow.source));
  std::sort(venues.begin(), venues.end());
  // One venue's book is too easily not the market's: of its quotes nobody knows what else is there.
  if (std::unique(venues.begin(), venues.end()) - venues.begin() < 2) {
    out.reason = depth > 0
                     ? fmt::format("depth is from {} alone: two venues are the least", venues[0])
                     : "no depth: the book of two venues is the least";
    return out;
  }
  ImpactMarket market{.sigma_day = input.sigma_day,
                      .volume_day = input.volume_day,
                      .depth = depth,
                      .prefactor = input.prefactor};
  const Impact full = TRY(Impact::of(market));
  market.depth_multiplier = input.depth_multiplier_low;
  const Impact worst = TRY(Impact::of(market));

  auto value = equilibrium(full, sums.mid, shock);
  if (!value.has_value()) {
    if (value.error().fault == Fault::refused) return std::move(value.error());
    out.reason = value.error().what;
    return out;
  }
  if (const auto low = equilibrium(full, sums.low, shock); low.has_value())
    out.y_low = low.value().y;
  if (const auto high = equilibrium(worst, sums.high, shock); high.has_value())
    out.y_high = high.value().y;
  const double reach = out.y_high.value_or(sums.high.end());
  for (const Flow& flow : input.flows) {
    for (const Flow::Stretch& stretch : flow.prior_only) {
      if (stretch.from >= reach || stretch.to <= 0) continue;
      out = CascadeReading{
          .shock = shock, .evidence = Evidence::prior_only, .inputs = std::move(out.inputs)};
      out.reason = fmt::format(
          "{} between {:.4g} % and {:.4g} % are prior only: nothing was learnt there",
          flow_name(flow.kind), 100 * std::expm1(stretch.from), 100 * std::expm1(stretch.to));
      return out;
    }
  }
  out.value = std::move(value).value();
  if (shock > 0) {
    if (out.y_low) out.amplification_low = *out.y_low / shock;
    if (out.y_high) out.amplification_high = *out.y_high / shock;
  }
  out.evidence = sums.complete ? Evidence::ok : Evidence::undetermined;
  if (!sums.complete)
    out.reason = fmt::format("no estimate of {}: left out of the value, inside the interval",
                             missing_estimates(input.flows));
  return out;
}

Result<std::vector<OverlapBucket>> overlap_report(const Impact& impact,
                                                  const std::vector<Flow>& flows, double width) {
  if (!is_finite_positive(width)) return Error{Fault::refused, "a bucket needs a width"};
  const Sums sums = TRY(sums_of(flows));
  const double end = sums.mid.end();
  const auto extremes = [](std::initializer_list<double> values) {
    return FlowBand{std::min(values), std::max(values)};
  };
  std::vector<OverlapBucket> out;
  for (size_t i = 0; static_cast<double>(i) * width < end * (1 - 1e-12); ++i) {
    OverlapBucket b{.from = static_cast<double>(i) * width};
    b.to = std::min(end, static_cast<double>(i + 1) * width);
    const auto mean = [&](const FlowCurve& curve) {
      return (curve.total(b.to) - curve.total(b.from)) / (b.to - b.from);
    };
    for (const Flow& flow : flows) {
      // The curves bound the totals; their densities may come in either order.
      const FlowBand band = extremes({mean(flow.low), mean(flow.high)});
      FlowBand* into = &b.buyers;
      if (flow.kind == FlowKind::liquidations || flow.kind == FlowKind::stops)
        into = &b.liquidations;
      if (flow.kind == FlowKind::dealers) into = &b.dealers.emplace(b.dealers.value_or(FlowBand{}));
      into->low += band.low;
      into->high += band.high;
    }
    const double middle = (b.from + b.to) / 2;
    // Impact is concave: with the least flow before it the slope is steepest, with the most it is
    // flattest. R of a band is the extremes of all four products, as densities may have either
    // sign.
    const double steep = impact.slope(std::max(0.0, sums.low.total(middle)));
    const double flat = impact.slope(std::max(0.0, sums.high.total(middle)));
    const auto reproduced = [&](const FlowBand& density) {
      return extremes(
          {steep * density.low, steep * density.high, flat * density.low, flat * density.high});
    };
    FlowBand total{b.liquidations.low + b.buyers.low, b.liquidations.high + b.buyers.high};
    if (b.dealers) {
      b.r_dealers = reproduced(*b.dealers);
      total = {total.low + b.dealers->low, total.high + b.dealers->high};
      if (b.dealers->low > 0) b.label = Overlap::amplify;
      if (b.dealers->high < 0) b.label = Overlap::offset;
    }
    b.r_liquidations = reproduced(b.liquidations);
    b.r_total = reproduced(total);
    out.push_back(b);
  }
  return out;
}

}  // namespace delever::cascade
