#include "python/failure.h"

#include <string>

namespace delever::python {

namespace py = pybind11;

void translate_failures() {
  py::register_exception_translator([](std::exception_ptr thrown) {
    try {
      if (thrown) std::rethrow_exception(thrown);
    } catch (const Failure& failure) {
      const Error& e = failure.error;
      const py::object made = py::module_::import("delever.errors")
                                  .attr("of")(std::string(fault_name(e.fault)), e.what, e.where);
      PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(made.ptr())), made.ptr());
    }
  });
}

}  // namespace delever::python
