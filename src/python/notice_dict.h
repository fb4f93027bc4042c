// A notice as a dict: every field under its name in market/notice.h, exact numbers as Decimal, what
// is missing as None.
#pragma once

#include <pybind11/pybind11.h>

#include <functional>
#include <string>

#include "market/notice.h"

namespace delever::python {

struct NoticeNames {
  std::function<std::string(InstrumentId)> instrument;
  std::function<std::string(CoinId)> coin;
};
pybind11::dict notice_dict(const Notice& notice, const NoticeNames& names);

}  // namespace delever::python
