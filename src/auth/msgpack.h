// JSON text as the msgpack bytes that Hyperliquid hashes: maps in the order of the text, whole
// numbers in their shortest form, strings as they are. https://github.com/msgpack/msgpack spec.md.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace delever::auth {

// Fractions are packed as 64-bit floats, as the venue's own libraries do; more than 64 levels of
// nesting are refused.
Result<std::string> msgpack_of_json(std::string_view json);

}  // namespace delever::auth
