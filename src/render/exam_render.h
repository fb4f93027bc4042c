// An examination of the claims check as text, JSON or the claims file that it put to the check.
#pragma once

#include <string>

#include "reports/claims_exam.h"

namespace delever::render {

std::string exam_text(const reports::ClaimsExam& exam);
std::string exam_json(const reports::ClaimsExam& exam);
// In the form that brief --claims reads, without the answers.
std::string exam_claims_csv(const reports::ClaimsExam& exam);

}  // namespace delever::render
