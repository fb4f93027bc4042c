// An examination of the claims check on a tape: figures of the tape printed as they are, and after
// known mistakes, are put to the same check that a brief makes. It must name the mistakes and leave
// the true figures alone. What is drawn depends on the tape and the seed alone.
#pragma once

#include <string>
#include <vector>

#include "gauges/claims.h"
#include "reports/context.h"
#include "reports/exam_figures.h"

namespace delever::reports {

struct ClaimsExamOptions {
  std::vector<std::string> tapes;
  std::string asset;  // empty: the coins that the tape says most about
  std::string at;     // empty: the last message
  uint64_t seed = 1;
  int64_t claims = 50;  // of each sort
  std::string rules = "rules/2026-01-30.toml", claim_rules = "rules/claims-2026-01-30.toml";
};

struct ExamQuestion {
  ExamFigure figure;
  gauges::ClaimCheck check;
  bool good = false;  // wrong: the right mistake is named; true: it holds
  bool tied = false;  // named beside another mistake that prints the same figure
};

struct ExamKind {
  gauges::Mistake mistake;
  size_t figures = 0;  // of the tape that it would change
  size_t drawn = 0, named = 0, tied = 0;
};

struct ClaimsExam {
  std::vector<std::string> assets;
  Instant first, at;
  uint64_t seed = 0;
  std::string rules, claim_rules;
  std::vector<ExamKind> kinds;  // every known mistake
  std::vector<ExamQuestion> wrong, right;
  size_t named = 0, tied = 0;
  size_t held = 0, pending = 0, alarms = 0;  // of the true ones
  size_t within_band = 0;  // figures not drawn: the mistake changes less than the band allows
  bool passed() const;     // nine wrong ones of ten named, and no alarm
};

Result<ClaimsExam> claims_exam(const ClaimsExamOptions& options, Context& context);

}  // namespace delever::reports
