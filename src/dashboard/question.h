// What is asked of the dashboard: one path under /api/v1 with its arguments, read strictly. An
// argument that a path does not take, or that stands there twice, is refused by name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace delever::dashboard {

struct Question {
  std::string what;   // "readings", "chain", ...
  std::string asset;  // upper case; empty: the dashboard's own
  std::string at;     // as Instant::text(); empty: the latest
  std::string expiry, step, only, from;
  bool unscored = false;

  std::string key() const;  // equal for questions that mean the same
};

struct QuestionKind {
  std::string_view what;
  bool of_frame;               // one pass over the tape answers all of these
  std::string_view arguments;  // separated by spaces
};
const std::vector<QuestionKind>& question_kinds();
const QuestionKind* kind_of(std::string_view what);

// `query`: what follows the "?" of the address, as it came.
Result<Question> read_question(std::string_view what, std::string_view query);

}  // namespace delever::dashboard
