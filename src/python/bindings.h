// The parts of the module; each binds its own functions. delever/*.py gives them their names,
// defaults and explanations.
#pragma once

#include <pybind11/pybind11.h>

namespace delever::python {

void bind_events(pybind11::module_& module);     // tapes as columns
void bind_readings(pybind11::module_& module);   // gauges at many times
void bind_documents(pybind11::module_& module);  // reports, each the JSON of its verb
void bind_options(pybind11::module_& module);    // Black-76 on arrays
void bind_margin(pybind11::module_& module);
void bind_exchange(pybind11::module_& module);
void bind_charts(pybind11::module_& module);

}  // namespace delever::python
