// Commands as bytes, for the journal: a tag, then the fields, little-endian. decode() accepts
// exactly what encode() writes; enumerations and flags outside their range, missing and surplus
// bytes are refused.
#pragma once

#include <string>
#include <string_view>

#include "market/command.h"

namespace delever::exchange {

std::string encode(const Command& command);
Result<Command> decode(std::string_view bytes);

}  // namespace delever::exchange
