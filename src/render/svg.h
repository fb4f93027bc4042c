// Charts as SVG text for a self-contained page: time series, signed bars, bars by strike. No
// scripts, no fonts to fetch; colours come from CSS variables of the page, so that one page serves
// light and dark.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "reports/numbers.h"

namespace delever::render {

struct TimePoint {
  Instant at;
  double value = 0;
};

struct TimeSeries {
  std::string label;
  std::string colour;             // a CSS colour, e.g. "var(--long)"
  std::vector<TimePoint> points;  // in time order; a hole longer than `join` breaks the line
  bool dashed = false;
};

struct TimeMark {
  Instant at;
  std::string label;
};  // a vertical line
struct LevelMark {
  double value = 0;
  std::string label;
};  // a horizontal line

struct TimeChart {
  std::string title;
  std::string unit;  // printed with the ticks' numbers: "%", "USD", "BTC"
  double scale = 1;  // numbers are multiplied by it before printing (100 for percent)
  std::vector<TimeSeries> lines;
  std::vector<TimeSeries> bars;  // drawn from zero; negative values downwards
  bool stacked = false;          // bars of one time on top of one another, upwards and downwards
  std::vector<TimeMark> marks;
  std::vector<LevelMark> levels;
  Duration join = Duration::days(3);
  int height = 240;
};
std::string svg_time_chart(const TimeChart& chart);

struct StrikeBar {
  double strike = 0, calls = 0, puts = 0;
};

struct StrikeChart {
  std::string title;
  std::string unit;
  std::vector<StrikeBar> bars;   // by strike
  std::vector<LevelMark> marks;  // vertical lines at a strike or price
  int height = 260;
};
std::string svg_strike_chart(const StrikeChart& chart);

struct XyPoint {
  double x = 0, low = 0, high = 0;  // low == high: a point; else an interval
};
struct XySeries {
  std::string label, colour;
  std::vector<XyPoint> points;  // by x
  enum class Shape {
    line,
    band,
    ticks
  } shape = Shape::line;  // band: filled between low and high; ticks: one bar each
};
struct XyChart {
  std::string title;
  std::string x_unit, y_unit;       // printed with the ticks when "%"
  double x_scale = 1, y_scale = 1;  // numbers are multiplied by it before printing
  std::vector<XySeries> series;
  std::vector<LevelMark> marks;  // vertical lines
  int height = 240;
};
std::string svg_xy_chart(const XyChart& chart);

std::string html_escaped(std::string_view text);
using reports::short_number;
// About `count` round numbers that cover [low, high].
std::vector<double> round_ticks(double low, double high, int count);

}  // namespace delever::render
