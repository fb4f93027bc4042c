// The stress report as text and JSON.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "render/json.h"
#include "reports/stress.h"

namespace delever::render {

std::string stress_text(const reports::StressReport& report);
Json stress_json(const reports::StressReport& report);

}  // namespace delever::render
