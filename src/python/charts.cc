// A chart of time series as one SVG that stands alone: in a notebook, in a file.
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <cmath>

#include "python/bindings.h"
#include "python/failure.h"
#include "render/svg.h"

namespace delever::python {

namespace py = pybind11;

namespace {

using Times = py::array_t<int64_t, py::array::c_style | py::array::forcecast>;
using Values = py::array_t<double, py::array::c_style | py::array::forcecast>;
using Line = std::tuple<std::string, Times, Values>;

constexpr const char* kColours[] = {"#2f6fb3", "#cf5b4a", "#3f8f6b",
                                    "#b7791f", "#7a5ea8", "#59636e"};
constexpr std::string_view kHead =
    R"(<svg xmlns="http://www.w3.org/2000/svg" style="background:#fff;max-width:940px" )";
constexpr std::string_view kStyle =
    "<style>.title{font:600 13px sans-serif;fill:#1b1f24}.tick{font:11px sans-serif;fill:#59636e}"
    ".grid{stroke:#d8dee4}.zero{stroke:#8b949e}.line{fill:none;stroke-width:1.8}"
    ".mark{stroke:#b7791f;stroke-width:1.2;stroke-dasharray:3 3}</style>";

// Missing values are left out: a hole longer than `join_s` breaks the line.
std::string time_chart(const std::string& title, const std::string& unit,
                       const std::vector<Line>& lines, double join_s, int height) {
  render::TimeChart chart{.title = render::html_escaped(title), .unit = unit};
  chart.join = Duration::seconds(static_cast<int64_t>(join_s));
  chart.height = height;
  for (size_t i = 0; i < lines.size(); ++i) {
    const auto& [label, at, values] = lines[i];
    if (at.size() != values.size())
      throw Failure{{Fault::usage, "has not as many values as times", label}};
    render::TimeSeries series{.label = label, .colour = kColours[i % std::size(kColours)]};
    for (py::ssize_t k = 0; k < at.size(); ++k) {
      if (std::isfinite(values.data()[k]))
        series.points.push_back({Instant::ns(at.data()[k]), values.data()[k]});
    }
    chart.lines.push_back(std::move(series));
  }
  std::string svg = render::svg_time_chart(chart);
  const size_t open = svg.find("<svg "), end = svg.find('>', open);
  if (open == svg.npos || end == svg.npos)
    throw Failure{{Fault::no_evidence, "nothing to draw: no value is known", title}};
  svg.insert(end + 1, kStyle);
  return svg.replace(open, 5, kHead);
}

}  // namespace

void bind_charts(py::module_& m) {
  m.def("time_chart", &time_chart, py::arg("title"), py::arg("unit"), py::arg("lines"),
        py::arg("join_s"), py::arg("height"));
}

}  // namespace delever::python
