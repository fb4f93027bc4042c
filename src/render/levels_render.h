// The levels report as text, JSON and a page.
#pragma once

#include <string>

#include "render/json.h"
#include "reports/levels.h"

namespace delever::render {

std::string levels_text(const reports::LevelsReport& report);
Json levels_json(const reports::LevelsReport& report);
std::string levels_html(const reports::LevelsReport& report);

}  // namespace delever::render
