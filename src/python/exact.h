// Exact decimals in and out of Python: int, str and decimal.Decimal are taken from their text; a
// float by the shortest decimal that reads back to it, which is what its owner typed. Out they come
// as decimal.Decimal.
#pragma once

#include <fmt/format.h>
#include <pybind11/pybind11.h>

#include <optional>
#include <string>

#include "market/units.h"
#include "python/failure.h"

namespace delever::python {

inline std::string decimal_text(pybind11::handle value) {
  if (PyFloat_Check(value.ptr())) return fmt::format("{}", PyFloat_AsDouble(value.ptr()));
  if (PyUnicode_Check(value.ptr())) return value.cast<std::string>();
  return pybind11::str(value).cast<std::string>();
}

template <class T>
T exact_of(pybind11::handle value, const char* name) {
  auto read = T::parse(decimal_text(value));
  if (!read.has_value()) {
    Error error = std::move(read.error()).at(name);
    error.fault = Fault::usage;
    throw Failure{std::move(error)};
  }
  return read.value();
}
template <class T>
std::optional<T> maybe_exact(pybind11::handle value, const char* name) {
  if (value.is_none()) return std::nullopt;
  return exact_of<T>(value, name);
}

template <class T>
pybind11::object decimal(T value) {
  static PyObject* const made =  // as long as the process
      pybind11::object(pybind11::module_::import("decimal").attr("Decimal")).release().ptr();
  return pybind11::handle(made)(value.text());
}

}  // namespace delever::python
