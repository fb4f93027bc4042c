// Black-76 over numpy arrays: options/batch.h on the arrays' own memory.
#include <fmt/format.h>
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <array>
#include <cmath>
#include <initializer_list>
#include <span>

#include "options/batch.h"
#include "python/bindings.h"
#include "python/failure.h"

namespace delever::python {

namespace py = pybind11;

namespace {

using In = py::array_t<double, py::array::c_style>;
using Out = py::array_t<double, py::array::c_style>;

std::span<const double> view(const In& array) {
  return {array.data(), static_cast<size_t>(array.size())};
}
std::span<double> view(Out& array) {
  return {array.mutable_data(), static_cast<size_t>(array.size())};
}

using Column = std::pair<const char*, std::span<const double>>;

Result<void> of_one_length(std::initializer_list<Column> columns) {
  const size_t wanted = columns.begin()->second.size();
  for (const auto& [name, values] : columns) {
    if (values.size() != wanted)
      return Error{Fault::usage,
                   fmt::format("has {} values where {} has {}", values.size(),
                               columns.begin()->first, wanted),
                   name};
  }
  return {};
}

// Which price black_batch does not take, and where.
Result<void> within_range(Column column) {
  const auto& [name, values] = column;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!options::is_priceable(values[i]))
      return Error{Fault::usage, fmt::format("must be positive and finite: {}", values[i]),
                   fmt::format("{}[{}]", name, i)};
  }
  return {};
}

Result<void> are_kinds(std::span<const double> signs) {
  size_t outside = 0;
  for (const double x : signs) outside += std::abs(x) != 1;
  if (outside == 0) return {};
  return Error{Fault::usage, "want +1 for a call, -1 for a put", "kind"};
}

// Doubles in a row, one after the other, as they stand; missing: numpy has to make such of it.
std::optional<std::span<const double>> as_column(py::handle given) {
  constexpr int contiguous_and_aligned = 0x101;
  if (!py::isinstance<py::array>(given)) return std::nullopt;
  const auto array = py::reinterpret_borrow<py::array>(given);
  if (array.ndim() != 1 || (array.flags() & contiguous_and_aligned) != contiguous_and_aligned)
    return std::nullopt;
  const py::dtype wanted = py::dtype::of<double>(), its = array.dtype();
  if (!its.is(wanted) && !its.equal(wanted)) return std::nullopt;
  return std::span(static_cast<const double*>(array.data()), static_cast<size_t>(array.size()));
}

// A block of rows. The last small one is used again once nobody holds an array of it: fresh pages
// would cost half as much as the greeks that are written on them.
Out block_of(size_t rows, size_t n) {
  constexpr size_t kSpareBytes = size_t{1} << 20;
  static auto* const spare = new Out();  // goes with the process, after the interpreter
  const bool fits = spare->ndim() == 2 && spare->shape(0) == static_cast<py::ssize_t>(rows) &&
                    spare->shape(1) == static_cast<py::ssize_t>(n);
  if (fits && spare->ref_count() == 1) return *spare;
  Out block(std::array<size_t, 2>{rows, n});
  if (rows * n * sizeof(double) <= kSpareBytes) *spare = block;
  return block;
}

// None where the arguments are not columns as they stand. The columns of the answer are rows of one
// block: of a large one numpy asks for large pages, and the kernel's work on many small ones would
// cost more than the greeks.
py::object black(const py::object& forward, const py::object& strike, const py::object& years,
                 const py::object& vol, const py::object& sign, bool second) {
  static constexpr std::array names{"price", "delta", "gamma", "vega",
                                    "theta", "vanna", "volga", "charm"};
  const auto f = as_column(forward), k = as_column(strike), t = as_column(years),
             v = as_column(vol), s = as_column(sign);
  if (!f || !k || !t || !v || !s) return py::none();
  const options::OptionArrays in{*f, *k, *t, *v, *s};
  const size_t n = f->size();
  const size_t rows = second ? names.size() : names.size() - 3;
  Out block = block_of(rows, n);
  double* const data = block.mutable_data();
  const auto row = [&](size_t i) {
    return i < rows ? std::span(data + i * n, n) : std::span<double>();
  };
  unlocked([&]() -> Result<void> {
    TRY(of_one_length({{"forward", in.forward},
                       {"strike", in.strike},
                       {"years", in.years},
                       {"vol", in.vol},
                       {"kind", in.sign}}));
    TRY(are_kinds(in.sign));
    if (options::try_black_batch(in,
                                 {row(0), row(1), row(2), row(3), row(4), row(5), row(6), row(7)}))
      return {};
    TRY(within_range({"forward", in.forward}));
    return within_range({"strike", in.strike});
  });
  py::dict all;
  for (size_t i = 0; i < rows; ++i)
    all[names[i]] = Out(std::array<size_t, 1>{n}, data + i * n, block);
  return all;
}

// (vol, status): NaN where the status is not 0, which is ok.
std::pair<Out, py::array_t<uint8_t>> implied_vol(const In& forward, const In& strike,
                                                 const In& years, const In& price, const In& sign) {
  const options::PriceArrays in{view(forward), view(strike), view(years), view(price), view(sign)};
  Out vol(forward.size());
  py::array_t<uint8_t> status(forward.size());
  const std::span<double> vols = view(vol);
  const std::span<options::IvStatus> statuses{
      reinterpret_cast<options::IvStatus*>(status.mutable_data()), vols.size()};
  unlocked([&]() -> Result<void> {
    TRY(of_one_length({{"forward", in.forward},
                       {"strike", in.strike},
                       {"years", in.years},
                       {"price", in.price},
                       {"kind", in.sign}}));
    TRY(are_kinds(in.sign));
    options::implied_vol_batch(in, vols, statuses);
    for (size_t i = 0; i < vols.size(); ++i) {
      if (statuses[i] != options::IvStatus::ok) vols[i] = std::nan("");
    }
    return {};
  });
  return {vol, status};
}

std::vector<std::string> status_names() {
  std::vector<std::string> names;
  for (int i = 0; i <= static_cast<int>(options::IvStatus::not_converged); ++i)
    names.emplace_back(options::iv_status_name(static_cast<options::IvStatus>(i)));
  return names;
}

}  // namespace

void bind_options(py::module_& m) {
  m.def("black", &black, py::arg("forward"), py::arg("strike"), py::arg("years"), py::arg("vol"),
        py::arg("sign"), py::arg("second"));
  m.def("implied_vol", &implied_vol, py::arg("forward"), py::arg("strike"), py::arg("years"),
        py::arg("price"), py::arg("sign"));
  m.def("iv_status_names", &status_names);
  m.def("lanes", [] { return std::string(options::lanes_name(options::widest_lanes())); });
}

}  // namespace delever::python
