// How an Error of the libraries becomes a Python exception. pybind11 carries C++ exceptions out of
// a bound function; this module is the edge at which a Result turns into one.
#pragma once

#include <pybind11/pybind11.h>

#include <utility>

#include "base/result.h"

namespace delever::python {

struct Failure {
  Error error;
};

// The value, or a delever.Error raised in Python.
template <class T>
T value_of(Result<T> result) {
  if (!result.has_value()) throw Failure{std::move(result.error())};
  return std::move(result).value();
}
inline void value_of(Result<void> result) {
  if (!result.has_value()) throw Failure{std::move(result.error())};
}

// Work without the interpreter's lock, its value or its error after it.
template <class Work>
auto unlocked(Work work) {
  auto result = [&] {
    pybind11::gil_scoped_release free;
    return work();
  }();
  return value_of(std::move(result));
}

// Classes of delever.errors, one a Fault.
void translate_failures();

}  // namespace delever::python
