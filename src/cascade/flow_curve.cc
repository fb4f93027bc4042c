#include "cascade/flow_curve.h"

#include <algorithm>
#include <cmath>

namespace delever::cascade {

FlowCurve::FlowCurve(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {
  before_.reserve(pieces_.size());
  double from = 0, total = 0;
  for (const Piece& piece : pieces_) {
    before_.push_back(total);
    total += piece.density * (piece.to - from);
    from = piece.to;
  }
}

Result<FlowCurve> FlowCurve::of_pieces(std::vector<Piece> pieces) {
  if (pieces.empty()) return Error{Fault::malformed, "a flow curve has at least one piece"};
  double from = 0;
  for (const Piece& piece : pieces) {
    if (!(piece.to > from) || !std::isfinite(piece.to) || !std::isfinite(piece.density))
      return Error{Fault::malformed,
                   "breakpoints of a flow curve rise from above 0, and its densities are finite"};
    from = piece.to;
  }
  return FlowCurve(std::move(pieces));
}

Result<FlowCurve> FlowCurve::through(std::span<const Point> points) {
  std::vector<Piece> pieces;
  Point before;
  for (const Point& point : points) {
    if (!(point.y > before.y))
      return Error{Fault::malformed, "points of a flow curve rise from above 0"};
    pieces.push_back({point.y, (point.total - before.total) / (point.y - before.y)});
    before = point;
  }
  return of_pieces(std::move(pieces));
}

Result<FlowCurve> FlowCurve::of_masses(std::span<const Mass> masses, const Grid& grid) {
  if (!(grid.width > 0) || !(grid.end > 0) || !(grid.end / grid.width < 1e7))
    return Error{Fault::malformed, "a grid needs a positive width and end"};
  // An end that is a whole number of widths but for rounding makes no sliver of a bucket.
  const auto count = static_cast<size_t>(std::ceil(grid.end / grid.width * (1 - 1e-12)));
  std::vector<double> held(count, 0.0);
  for (const Mass& mass : masses) {
    if (!std::isfinite(mass.y) || !std::isfinite(mass.coins))
      return Error{Fault::malformed, "a threshold that is not finite"};
    if (mass.y >= grid.end) continue;
    const auto bucket = mass.y <= 0 ? size_t{0} : static_cast<size_t>(mass.y / grid.width);
    held[std::min(bucket, count - 1)] += mass.coins;
  }
  std::vector<Piece> pieces;
  double from = 0;
  for (size_t i = 0; i < count; ++i) {
    const double to = i + 1 == count ? grid.end : static_cast<double>(i + 1) * grid.width;
    pieces.push_back({to, held[i] / (to - from)});
    from = to;
  }
  return of_pieces(std::move(pieces));
}

FlowCurve FlowCurve::none(double end) {
  CHECK(end > 0 && std::isfinite(end));
  return FlowCurve({{end, 0.0}});
}

size_t FlowCurve::piece_at(double y) const {
  const auto after = std::upper_bound(pieces_.begin(), pieces_.end(), y,
                                      [](double at, const Piece& piece) { return at < piece.to; });
  return after == pieces_.end() ? pieces_.size() - 1 : static_cast<size_t>(after - pieces_.begin());
}

double FlowCurve::density(double y) const { return pieces_[piece_at(std::max(0.0, y))].density; }

double FlowCurve::total(double y) const {
  const double at = std::clamp(y, 0.0, end());
  const size_t i = piece_at(at);
  return before_[i] + pieces_[i].density * (at - (i == 0 ? 0 : pieces_[i - 1].to));
}

bool FlowCurve::never_falls() const {
  return std::all_of(pieces_.begin(), pieces_.end(),
                     [](const Piece& piece) { return piece.density >= 0; });
}

FlowCurve FlowCurve::plus(const FlowCurve& other) const {
  const double last = std::min(end(), other.end());
  std::vector<Piece> sum;
  size_t i = 0, j = 0;
  while (sum.empty() || sum.back().to < last) {
    const double to = std::min({pieces_[i].to, other.pieces_[j].to, last});
    sum.push_back({to, pieces_[i].density + other.pieces_[j].density});
    if (pieces_[i].to <= to && i + 1 < pieces_.size()) ++i;
    if (other.pieces_[j].to <= to && j + 1 < other.pieces_.size()) ++j;
  }
  return FlowCurve(std::move(sum));
}

FlowCurve FlowCurve::times(double factor) const {
  std::vector<Piece> scaled = pieces_;
  for (Piece& piece : scaled) piece.density *= factor;
  return FlowCurve(std::move(scaled));
}

}  // namespace delever::cascade
