#include "render/svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "base/text.h"

namespace delever::render {
namespace {

constexpr double kWidth = 860, kLeft = 64, kRight = 16, kTop = 34, kBottom = 26;

// Maps data to the drawing. A flat range is opened a little, so that a constant series is a line
// and not a crash.
struct Scale {
  double from = 0, to = 1, begin = 0, end = 1;
  double operator()(double x) const { return begin + (x - from) / (to - from) * (end - begin); }
};

Scale scale_over(double low, double high, double begin, double end) {
  if (!(high > low)) {
    const double pad = std::max(1e-12, std::fabs(low) * 0.05);
    low -= pad;
    high += pad;
  }
  return {low, high, begin, end};
}

// Of values: a range of a few thousandths is opened, or its noise would fill the drawing.
constexpr double kLeastSpan = 0.004;

Scale value_scale(double low, double high, double begin, double end) {
  if (!(std::max(std::fabs(low), std::fabs(high)) > 1e-9)) return scale_over(0, 1, begin, end);
  const double least = kLeastSpan * std::max(std::fabs(low), std::fabs(high));
  if (high - low < least) {
    const double middle = (low + high) / 2;
    low = low >= 0 ? std::max(0.0, middle - least / 2) : middle - least / 2;
    high = high <= 0 ? std::min(0.0, middle + least / 2) : middle + least / 2;
  }
  return scale_over(low, high, begin, end);
}

double seconds(Instant t) { return static_cast<double>(t.ns()) * 1e-9; }

struct Frame {
  Scale x, y;
  double height;
};

std::string open_svg(const std::string& title, double height) {
  return fmt::format(
      R"(<svg viewBox="0 0 {} {}" role="img" aria-label="{}"><text class="title" x="{}" y="18">{})"
      R"(</text>)",
      kWidth, height, html_escaped(title), kLeft, html_escaped(title));
}

std::string y_axis(const Frame& frame, const std::vector<double>& ticks, double shown_scale,
                   const std::string& unit) {
  std::string out;
  for (double tick : ticks) {
    const double y = frame.y(tick);
    out += fmt::format(R"(<line class="grid{}" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>)",
                       tick == 0 ? " zero" : "", kLeft, kWidth - kRight, y, y);
    out +=
        fmt::format(R"(<text class="tick" x="{}" y="{:.1f}" text-anchor="end">{}{}</text>)",
                    kLeft - 6, y + 3.5, short_number(tick * shown_scale), unit == "%" ? "%" : "");
  }
  return out;
}

std::string time_axis(const Frame& frame) {
  const double span = frame.x.to - frame.x.from;
  constexpr std::array<double, 14> steps{300,     900,     3600,     10800,   21600,
                                         43200,   86400,   172800,   432000,  864000,
                                         2592000, 7776000, 15552000, 31536000};
  double step = steps.back();
  // The first step that leaves eight labels or fewer.
  for (double s : steps) {
    if (span / s <= 8) {
      step = s;
      break;
    }
  }
  std::string out;
  for (double t = std::ceil(frame.x.from / step) * step; t <= frame.x.to; t += step) {
    const Instant at = Instant::ns(static_cast<int64_t>(t) * 1'000'000'000);
    const std::string text = at.text();
    const std::string label =
        step >= 86400 ? text.substr(0, 10) : text.substr(5, 5) + " " + text.substr(11, 5);
    const double half = 3.3 * static_cast<double>(label.size());  // of the 11 px type
    out += fmt::format(R"(<text class="tick" x="{:.1f}" y="{}" text-anchor="middle">{}</text>)",
                       std::min(frame.x(t), kWidth - half), frame.height - 8, label);
  }
  out += fmt::format(R"(<text class="tick" x="{}" y="{}" text-anchor="end">UTC</text>)", kLeft - 6,
                     frame.height - 8);
  return out;
}

// Nothing added: low is above high, and the chart is not drawn.
struct Range {
  double low = HUGE_VAL, high = -HUGE_VAL;
  void add(double v) {
    low = std::min(low, v);
    high = std::max(high, v);
  }
  bool empty() const { return !(low <= high); }
};

// Beside the title where there is room, else in a row of its own below it.
std::string legend(const std::vector<std::pair<std::string, std::string>>& entries,
                   const std::string& title) {
  const auto width = [](const std::string& label) {
    return 7.0 * static_cast<double>(label.size()) + 24;
  };
  double needed = 0;
  for (const auto& [label, colour] : entries) needed += width(label);
  const bool beside = kLeft + 7.6 * static_cast<double>(title.size()) + needed < kWidth - kRight;
  const int top = beside ? 10 : 23;
  std::string out;
  double x = kWidth - kRight - needed;
  for (const auto& [label, colour] : entries) {
    out += fmt::format(R"(<rect x="{:.1f}" y="{}" width="9" height="9" rx="2" style="fill:{}"/>)",
                       x, top, colour);
    out += fmt::format(R"(<text class="tick" x="{:.1f}" y="{}">{}</text>)", x + 13, top + 8,
                       html_escaped(label));
    x += width(label);
  }
  return out;
}

struct Mark {
  double x = 0;
  std::string label;
};

// Vertical lines with their labels: right of the line, or left of it where the drawing would end,
// and each on the first row down where it touches no other. A letter of the 11 px type is 6.5 px
// wide at most, on average over a label.
std::string vertical_marks(std::vector<Mark> marks, double height) {
  std::stable_sort(marks.begin(), marks.end(),
                   [](const Mark& a, const Mark& b) { return a.x < b.x; });
  std::vector<std::vector<std::pair<double, double>>> rows;  // what is taken on each, from and to
  std::string lines, labels;
  for (const Mark& mark : marks) {
    lines += fmt::format(R"(<line class="mark" x1="{0:.1f}" x2="{0:.1f}" y1="{1}" y2="{2}"/>)",
                         mark.x, kTop, height - kBottom);
    if (mark.label.empty()) continue;
    const double width = 6.5 * static_cast<double>(mark.label.size());
    const bool left = mark.x + 4 + width > kWidth - kRight && mark.x - 4 - width > kLeft;
    const double from = left ? mark.x - 4 - width : mark.x + 4, to = from + width;
    const auto is_free = [&](const auto& row) {
      return std::none_of(row.begin(), row.end(), [&](const auto& taken) {
        return from < taken.second + 4 && taken.first < to + 4;
      });
    };
    auto row = std::find_if(rows.begin(), rows.end(), is_free);
    if (row == rows.end()) row = rows.emplace(row);
    row->emplace_back(from, to);
    labels +=
        fmt::format(R"(<text class="tick label" x="{:.1f}" y="{}"{}>{}</text>)", left ? to : from,
                    kTop + 10 + 13 * static_cast<double>(row - rows.begin()),
                    left ? R"( text-anchor="end")" : "", html_escaped(mark.label));
  }
  return lines + labels;
}

std::string line_path(const TimeSeries& series, const Frame& frame, Duration join) {
  std::string path;
  const TimePoint* last = nullptr;
  for (const TimePoint& p : series.points) {
    const bool broken = !last || p.at - last->at > join;
    path += fmt::format("{}{:.1f} {:.1f}", broken ? "M" : "L", frame.x(seconds(p.at)),
                        frame.y(p.value));
    last = &p;
  }
  return fmt::format(R"(<path class="line{}" style="stroke:{}" d="{}"/>)",
                     series.dashed ? " dashed" : "", series.colour, path);
}

}  // namespace

std::vector<double> round_ticks(double low, double high, int count) {
  CHECK(count > 0);
  // A range of a few last bits holds no round number, and i + 1 would be i.
  if (!(high - low > 1e-9 * std::max(std::fabs(low), std::fabs(high)))) return {low};
  const double raw = (high - low) / count;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  // 1, 2, 2.5 or 5 times a power of ten; 10 where none of them is large enough.
  double step = 10 * power;
  for (double m : {1.0, 2.0, 2.5, 5.0}) {
    if (m * power >= raw) {
      step = m * power;
      break;
    }
  }
  std::vector<double> ticks;
  for (double i = std::ceil(low / step - 1e-9); i * step <= high + step * 1e-9; ++i)
    ticks.push_back(i == 0 ? 0 : i * step);
  return ticks;
}

std::string html_escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out.push_back(c);
    }
  }
  return out;
}

namespace {

// Where each bar stands: from zero, or on top of what the series before it put there.
class Stack {
 public:
  explicit Stack(bool stacked) : stacked_(stacked) {}
  std::pair<double, double> place(const TimePoint& p) {
    if (!stacked_) return {0, p.value};
    double& top = tops_[{p.at, p.value < 0}];
    const double from = top;
    top += p.value;
    return {from, top};
  }

 private:
  bool stacked_;
  std::map<std::pair<Instant, bool>, double> tops_;
};

}  // namespace

std::string svg_time_chart(const TimeChart& chart) {
  Range x, y;
  Stack measured(chart.stacked), drawn(chart.stacked);
  std::vector<std::pair<std::string, std::string>> entries;
  for (const auto* group : {&chart.bars, &chart.lines}) {
    for (const TimeSeries& series : *group) {
      if (series.points.empty()) continue;
      entries.emplace_back(series.label, series.colour);
      for (const TimePoint& p : series.points) {
        x.add(seconds(p.at));
        y.add(group == &chart.bars ? measured.place(p).second : p.value);
      }
      // Bars stand on zero, so it is in the range; a line need not come near it.
      if (group == &chart.bars) y.add(0);
    }
  }
  if (x.empty()) return "";
  for (const LevelMark& level : chart.levels) y.add(level.value);
  const double height = chart.height;
  const double pad = (y.high - y.low) * 0.06;
  const Frame frame{
      scale_over(x.low, x.high, kLeft + 6, kWidth - kRight - 6),
      // SVG counts downwards: low values have the larger y, so the scale runs from the bottom up.
      value_scale(y.low - (y.low == 0 ? 0 : pad), y.high + pad, height - kBottom, kTop), height};
  std::string out = open_svg(chart.title, height);
  out += y_axis(frame, round_ticks(frame.y.from, frame.y.to, 5), chart.scale, chart.unit) +
         time_axis(frame);
  for (const TimeSeries& series : chart.bars) {
    if (series.points.empty()) continue;
    // Points of one time stand on one place: what is left between places is what a bar may take.
    size_t places = 1;
    for (size_t i = 1; i < series.points.size(); ++i)
      places += series.points[i].at != series.points[i - 1].at;
    const double width =
        std::clamp((kWidth - kLeft - kRight) / static_cast<double>(places) * 0.75, 1.0, 14.0);
    for (const TimePoint& p : series.points) {
      const auto [from, to] = drawn.place(p);
      if (chart.stacked && from == to) continue;
      const double top = frame.y(std::max(from, to)), bottom = frame.y(std::min(from, to));
      out += fmt::format(
          R"(<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" style="fill:{}"/>)",
          frame.x(seconds(p.at)) - width / 2, top, width, std::max(0.5, bottom - top),
          series.colour);
    }
  }
  for (const TimeSeries& series : chart.lines) {
    if (series.points.size() == 1) {
      out += fmt::format(R"(<circle cx="{:.1f}" cy="{:.1f}" r="3" style="fill:{}"/>)",
                         frame.x(seconds(series.points[0].at)), frame.y(series.points[0].value),
                         series.colour);
    } else if (!series.points.empty()) {
      out += line_path(series, frame, chart.join);
    }
  }
  for (const LevelMark& level : chart.levels) {
    const double at = frame.y(level.value);
    out += fmt::format(R"(<line class="mark" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>)", kLeft,
                       kWidth - kRight, at, at);
    out += fmt::format(R"(<text class="tick" x="{}" y="{:.1f}" text-anchor="end">{}</text>)",
                       kWidth - kRight - 4, at - 4, html_escaped(level.label));
  }
  std::vector<Mark> marks;
  for (const TimeMark& mark : chart.marks) {
    const double at = seconds(mark.at);
    if (at >= frame.x.from && at <= frame.x.to) marks.push_back({frame.x(at), mark.label});
  }
  out += vertical_marks(std::move(marks), height);
  return out + legend(entries, chart.title) + "</svg>";
}

std::string svg_strike_chart(const StrikeChart& chart) {
  if (chart.bars.empty()) return "";
  Range y;
  y.add(0);
  for (const StrikeBar& bar : chart.bars) {
    y.add(bar.calls);
    y.add(bar.puts);
  }
  const double height = chart.height;
  // By strike, as on any axis; a bar is as wide as the narrowest distance leaves room for.
  const double first = chart.bars.front().strike, last = chart.bars.back().strike;
  double apart = last > first ? last - first : 1;
  for (size_t i = 1; i < chart.bars.size(); ++i)
    apart = std::min(apart, chart.bars[i].strike - chart.bars[i - 1].strike);
  const double room = kWidth - kLeft - kRight, margin = 20;
  const Scale across = scale_over(first, last, kLeft + margin, kWidth - kRight - margin);
  const auto x_of = [&](double strike) {
    return std::clamp(across(strike), kLeft + 2, kLeft + room - 2);
  };
  const Frame frame{across, scale_over(0, y.high * 1.08, height - kBottom, kTop), height};
  std::string out =
      open_svg(chart.title, height) + y_axis(frame, round_ticks(0, frame.y.to, 5), 1, chart.unit);
  // Calls to the left of the strike, puts to the right, in what the narrowest distance leaves.
  const double slot = across(first + apart) - across(first);
  const double width = std::clamp(slot * 0.42, 0.8, 14.0), base = frame.y(0);
  for (const StrikeBar& bar : chart.bars) {
    const double x = across(bar.strike);
    out += fmt::format(R"x(<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" )x"
                       R"x(style="fill:var(--short)"/>)x",
                       x - width, frame.y(bar.calls), width, base - frame.y(bar.calls));
    out += fmt::format(R"x(<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" )x"
                       R"x(style="fill:var(--long)"/>)x",
                       x, frame.y(bar.puts), width, base - frame.y(bar.puts));
  }
  for (const double strike : round_ticks(across.from, across.to, 10)) {
    if (strike < across.from || strike > across.to) continue;
    out += fmt::format(R"(<text class="tick" x="{:.1f}" y="{}" text-anchor="middle">{}</text>)",
                       x_of(strike), height - 8, short_number(strike));
  }
  std::vector<Mark> marks;
  for (const LevelMark& mark : chart.marks) marks.push_back({x_of(mark.value), mark.label});
  out += vertical_marks(std::move(marks), height);
  return out + legend({{"calls", "var(--short)"}, {"puts", "var(--long)"}}, chart.title) + "</svg>";
}

std::string svg_xy_chart(const XyChart& chart) {
  Range x, y;
  std::vector<std::pair<std::string, std::string>> entries;
  for (const XySeries& series : chart.series) {
    if (series.points.empty()) continue;
    entries.emplace_back(series.label, series.colour);
    for (const XyPoint& p : series.points) {
      x.add(p.x);
      y.add(p.low);
      y.add(p.high);
    }
  }
  if (x.empty()) return "";
  const double height = chart.height, pad = (y.high - y.low) * 0.06;
  const Frame frame{scale_over(x.low, x.high, kLeft + 6, kWidth - kRight - 6),
                    value_scale(y.low - pad, y.high + pad, height - kBottom, kTop), height};
  std::string out = open_svg(chart.title, height);
  out += y_axis(frame, round_ticks(frame.y.from, frame.y.to, 5), chart.y_scale, chart.y_unit);
  for (const double tick : round_ticks(frame.x.from, frame.x.to, 8)) {
    out += fmt::format(R"(<text class="tick" x="{:.1f}" y="{}" text-anchor="middle">{}{}</text>)",
                       frame.x(tick), height - 8, short_number(tick * chart.x_scale),
                       chart.x_unit == "%" ? "%" : "");
  }
  for (const XySeries& series : chart.series) {
    if (series.points.empty()) continue;
    std::string path;
    const auto to = [&](double px, double py) {
      path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", frame.x(px), frame.y(py));
    };
    switch (series.shape) {
      case XySeries::Shape::line:
        for (const XyPoint& p : series.points) to(p.x, (p.low + p.high) / 2);
        out += fmt::format(R"(<path class="line" style="stroke:{}" d="{}"/>)", series.colour, path);
        break;
      case XySeries::Shape::band:
        for (const XyPoint& p : series.points) to(p.x, p.high);
        for (auto p = series.points.rbegin(); p != series.points.rend(); ++p) to(p->x, p->low);
        out += fmt::format(R"(<path style="fill:{};fill-opacity:.18;stroke:none" d="{}Z"/>)",
                           series.colour, path);
        break;
      case XySeries::Shape::ticks:
        for (const XyPoint& p : series.points) {
          const double top = frame.y(p.high);
          out += fmt::format(
              R"(<rect x="{:.1f}" y="{:.1f}" width="2" height="{:.1f}" style="fill:{}"/>)",
              frame.x(p.x) - 1, top, std::max(1.5, frame.y(p.low) - top), series.colour);
        }
        break;
    }
  }
  std::vector<Mark> marks;
  for (const LevelMark& mark : chart.marks) {
    if (mark.value >= frame.x.from && mark.value <= frame.x.to)
      marks.push_back({frame.x(mark.value), mark.label});
  }
  out += vertical_marks(std::move(marks), height);
  return out + legend(entries, chart.title) + "</svg>";
}

}  // namespace delever::render
