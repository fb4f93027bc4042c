#include "python/columns.h"

#include <algorithm>
#include <new>

namespace delever::python {

namespace py = pybind11;

int32_t Names::code(std::string_view name) {
  if (const auto found = codes_.find(name); found != codes_.end()) return found->second;
  const auto code = static_cast<int32_t>(names_.size());
  codes_.emplace(name, code);
  names_.emplace_back(name);
  return code;
}

size_t Column::width_of(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::number:
    case ColumnKind::exact:
    case ColumnKind::time:
    case ColumnKind::whole:
      return 8;
    case ColumnKind::code:
      return 4;
    case ColumnKind::flag:
      return 1;
  }
  check_failed("a ColumnKind has a width", __FILE__, __LINE__);
}

// Pages of the new half are not there until rows are put on them.
void Column::grow() {
  capacity_ = std::max<size_t>(1024, capacity_ * 2);
  void* const grown = std::realloc(data_, capacity_ * width_);
  if (!grown) throw std::bad_alloc();
  data_ = static_cast<char*>(grown);
}

py::array Column::take() {
  static const auto dtype = [](ColumnKind kind) {
    switch (kind) {
      case ColumnKind::number:
        return py::dtype::of<double>();
      case ColumnKind::code:
        return py::dtype::of<int32_t>();
      case ColumnKind::flag:
        return py::dtype::of<bool>();
      default:
        return py::dtype::of<int64_t>();
    }
  };
  const size_t rows = size_;
  if (void* const shrunk = std::realloc(data_, std::max<size_t>(1, rows) * width_))
    data_ = static_cast<char*>(shrunk);
  char* const given = std::exchange(data_, nullptr);
  size_ = capacity_ = 0;
  const py::capsule owner(given, [](void* memory) { std::free(memory); });
  return py::array(dtype(kind_), {static_cast<py::ssize_t>(rows)}, {}, given, owner);
}

py::list Table::take() {
  static constexpr const char* kinds[] = {"number", "exact", "time", "code", "flag", "whole"};
  py::list out;
  for (Column& column : columns_) {
    py::list names;
    for (const std::string& name : column.names().all())
      names.append(py::str(py::bytes(name).attr("decode")("utf-8", "replace")));
    out.append(py::make_tuple(column.name(), kinds[static_cast<size_t>(column.kind())],
                              column.take(), names));
  }
  columns_.clear();
  return out;
}

}  // namespace delever::python
