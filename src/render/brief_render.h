// The brief as text, JSON and one HTML page.
#pragma once

#include <string>
#include <string_view>

#include "render/json.h"
#include "reports/brief.h"

namespace delever::render {

std::string brief_text(const reports::Brief& brief);
std::string brief_json(const reports::Brief& brief);
// Parts of it.
Json readings_json(const reports::Brief& brief);
Json claims_json(const reports::Brief& brief);
std::string brief_html(const reports::Brief& brief);
// Of the page: strikes, hedging flow, smiles, term structure.
std::string option_charts(const reports::Brief& brief);

// A reading's number with its unit, for people: "5.41 %/y", "96.7k BTC", "$1.59B".
std::string shown_value(double value, std::string_view unit, std::string_view asset);

}  // namespace delever::render
