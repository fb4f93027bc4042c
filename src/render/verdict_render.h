// The verdict on a flush day and the record of all of them: text, JSON, CSV and a page.
#pragma once

#include <string>

#include "render/json.h"
#include "reports/verdict.h"

namespace delever::render {

// A part of the brief, and the report of `delever verdict`.
std::string verdict_text(const reports::DayVerdict& verdict);
Json verdict_json(const reports::DayVerdict& verdict);
std::string verdict_block(const reports::DayVerdict& verdict);  // of a page

std::string verdict_text(const reports::VerdictReport& report);
std::string verdict_json(const reports::VerdictReport& report);
std::string verdict_html(const reports::VerdictReport& report);

std::string record_text(const reports::RecordReport& report);
std::string record_json(const reports::RecordReport& report);
std::string record_csv(const reports::RecordReport& report);
std::string record_html(const reports::RecordReport& report);

// Shared by these: "cannot tell", "18 %", "-8.1 %".
std::string answer_words(verdict::Answer answer);
std::string shown_chance(double probability);
std::string shown_change(double relative);

}  // namespace delever::render
