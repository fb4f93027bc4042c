// The report of stylised facts as text and JSON.
#pragma once

#include <string>

#include "render/json.h"
#include "reports/facts.h"

namespace delever::render {

std::string facts_text(const reports::FactsReport& page);
Json facts_json(const reports::FactsReport& page);

}  // namespace delever::render
