#include "reports/readings.h"

#include <pybind11/stl.h>

#include "python/bindings.h"
#include "python/columns.h"
#include "python/failure.h"

namespace delever::python {

namespace py = pybind11;

namespace {

void put(Table& table, Instant at, const gauges::Reading& r) {
  table.begin();
  table.time("at", at);
  table.text("asset", std::string_view(r.asset));
  table.text("name", std::string_view(r.name));
  table.text("venue", r.venue);
  table.time("expiry", r.expiry);
  table.number("value", r.value);
  table.number("low", r.low);
  table.number("high", r.high);
  table.text("unit", std::string_view(r.unit));
  table.text("state", gauges::state_name(r.state));
  table.time("as_of", r.as_of);
  table.number("window_s", r.window.in_seconds());
  table.number("coverage", r.coverage);
  std::string sources;
  for (const std::string& s : r.sources) sources += (sources.empty() ? "" : ";") + s;
  table.text("sources", std::string_view(sources));
  table.text("reason", std::string_view(r.reason));
  table.text("rule", std::string_view(r.rule));
}

py::list read_gauges(const reports::GaugesOptions& options) {
  Table table;
  put(table, {}, {});
  table.forget_rows();
  unlocked([&] {
    SystemClock clock;
    reports::Context context{.clock = &clock};
    return reports::sample_gauges(options, context,
                                  [&](Instant at, const std::vector<gauges::Reading>& readings) {
                                    for (const gauges::Reading& r : readings) put(table, at, r);
                                  });
  });
  return table.take();
}

}  // namespace

void bind_readings(py::module_& m) {
  m.def(
      "read_gauges",
      [](std::vector<std::string> tapes, std::string asset, std::string from, std::string to,
         std::string step, std::vector<std::string> only, std::string rules) {
        return read_gauges({.tapes = std::move(tapes),
                            .only = std::move(only),
                            .asset = std::move(asset),
                            .from = std::move(from),
                            .to = std::move(to),
                            .step = std::move(step),
                            .rules = std::move(rules)});
      },
      py::arg("tapes"), py::arg("asset"), py::arg("since"), py::arg("until"), py::arg("step"),
      py::arg("only"), py::arg("rules"));
}

}  // namespace delever::python
