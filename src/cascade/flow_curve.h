// FlowCurve: what is traded with a move of the price, as the price is displaced by y = |ln(P / P0)|
// >= 0. A density in coins per unit of log price (times 0.01: coins per 1 %), constant between
// breakpoints, so that its integral, the flow to be absorbed, is continuous and piecewise linear.
//
// Sign: positive trades with the move and drives it on (sells in a fall, buys in a squeeze:
// liquidations, stops, dealers short of gamma); negative leans against it (arbitrageurs, dip
// buyers, dealers long of gamma). A squeeze is the mirror: the same curves over rising prices.
// Valid on [0, end]; nothing is known beyond, and sums end where the shorter ends.
#pragma once

#include <span>
#include <vector>

#include "base/result.h"

namespace delever::cascade {

class FlowCurve {
 public:
  struct Piece {
    double to = 0, density = 0;
  };  // from where the piece before it ends; the first from 0
  struct Point {
    double y = 0, total = 0;
  };  // of the integral
  struct Mass {
    double y = 0, coins = 0;
  };  // one threshold: what trades once the price is there
  struct Grid {
    double width = 0.001, end = 0;
  };

  // Refused: no piece, breakpoints that do not rise from above 0, figures that are not finite.
  static Result<FlowCurve> of_pieces(std::vector<Piece> pieces);
  // The integral runs straight through (0, 0) and these points.
  static Result<FlowCurve> through(std::span<const Point> points);
  // Thresholds gathered in buckets of equal width, each spread evenly over its bucket; those at or
  // below 0 (due already) in the first one, those beyond the end left out. The last bucket is cut
  // at the end.
  static Result<FlowCurve> of_masses(std::span<const Mass> masses, const Grid& grid);
  static FlowCurve none(double end);  // zero on [0, end]; end > 0

  double end() const { return pieces_.back().to; }
  double density(
      double y) const;  // to the right of y, on [0, end); at the end that of the last piece
  double total(double y) const;  // on [0, end]; held at its last value beyond
  bool never_falls() const;      // the integral never decreases
  const std::vector<Piece>& pieces() const { return pieces_; }

  FlowCurve plus(const FlowCurve& other) const;
  FlowCurve times(double factor) const;

 private:
  explicit FlowCurve(std::vector<Piece> pieces);
  size_t piece_at(double y) const;
  std::vector<Piece> pieces_;
  std::vector<double> before_;  // the integral where each piece begins
};

}  // namespace delever::cascade
