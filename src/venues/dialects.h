// What each market wants of a listener, by name: the roof over venues/<venue>/dialect.cc.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"
#include "venues/terms/dialect.h"

namespace delever::venues {

// `market` as in make_decoder, Bybit's categories written behind it: "bybit:linear". The names of
// all are in dialect_names().
Result<std::unique_ptr<Dialect>> make_dialect(std::string_view market);
std::span<const std::string_view> dialect_names();

}  // namespace delever::venues
