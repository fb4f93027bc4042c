// delever._core: what the package delever is made of.
#include <pybind11/pybind11.h>

#include "base/program_home.h"
#include "python/bindings.h"
#include "python/failure.h"
#include "reports/build_id.h"

PYBIND11_MODULE(_core, m) {
  using namespace delever::python;
  m.doc() = "The compiled part of delever; use the package instead.";
  translate_failures();
  m.def("version", &delever::reports::version);
  m.def("version_text", &delever::reports::version_text);
  m.def("home", &delever::program_home);
  bind_events(m);
  bind_readings(m);
  bind_documents(m);
  bind_options(m);
  bind_margin(m);
  bind_exchange(m);
  bind_charts(m);
}
