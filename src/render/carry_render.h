// The carry report as text and JSON.
#pragma once

#include <string>

#include "render/json.h"
#include "reports/carry.h"

namespace delever::render {

std::string carry_text(const reports::CarryReport& report);
Json carry_json(const reports::CarryReport& report);

}  // namespace delever::render
