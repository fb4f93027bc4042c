#include "rulebooks/rule_reader.h"

namespace delever::rulebooks {

Result<std::string> text(const Config& c, std::string_view key) { return c.text(key); }
Result<bool> flag(const Config& c, std::string_view key) { return c.boolean(key); }
Result<Duration> duration(const Config& c, std::string_view key) { return c.duration(key); }

Result<Rate> fraction(const Config& c, std::string_view key) {
  const Rate rate = TRY(figure<Rate>(c, key));
  if (rate < Rate() || rate > Rate::raw(Rate::scale))
    return Error{Fault::malformed, "want a fraction from 0 to 1", c.place(key)};
  return rate;
}

Result<Rate> fraction_leaving_a_price(const Config& c, std::string_view key) {
  const Rate rate = TRY(fraction(c, key));
  if (rate >= Rate::raw(Rate::scale))
    return Error{Fault::malformed, "a fall of 100 % leaves no price", c.place(key)};
  return rate;
}

Result<std::vector<Rate>> moves_leaving_a_price(const Config& c, std::string_view key) {
  std::vector<Rate> moves = TRY(figures<Rate>(c, key));
  for (const Rate move : moves) {
    if (move <= Rate::raw(-Rate::scale))
      return Error{Fault::malformed, "a fall of 100 % leaves no price", c.place(key)};
  }
  return moves;
}

Result<int> buckets(const Config& c, std::string_view key) {
  const int64_t n = TRY(c.integer(key));
  if (n < 1 || n > 100) return Error{Fault::malformed, "want 1 to 100 buckets", c.place(key)};
  return static_cast<int>(n);
}

Result<std::string> source_grade(const Config& c, std::string_view key) {
  std::string grade = TRY(c.text(key));
  constexpr std::string_view grades = "DACTX";
  if (grade.size() != 1 || grades.find(grade) == grades.npos)
    return Error{Fault::malformed, "a grade is one of D, A, C, T, X", c.place(key)};
  return grade;
}

Result<std::vector<LiquidationStep>> liquidation_steps(const Config& c, std::string_view key) {
  std::vector<LiquidationStep> steps;
  for (const std::string& name : TRY(c.texts(key))) {
    bool known = false;
    for (const auto& [step_name, step] : Words<LiquidationStep>::all) {
      if (step_name != name) continue;
      steps.push_back(step);
      known = true;
    }
    if (!known)
      return Error{Fault::malformed, fmt::format("\"{}\" is no step", name.substr(0, 40)),
                   c.place(key)};
  }
  return steps;
}

Result<std::vector<IndexWeight>> weights_by_venue(const Config& c, std::string_view key) {
  const Config table = TRY(c.table(key));
  std::vector<IndexWeight> weights;
  for (const std::string& venue : table.keys()) {
    const Rate weight = TRY(figure<Rate>(table, venue));
    weights.push_back({venue, weight});
  }
  return weights;
}

Result<std::vector<LoanToValue>> loans_to_value(const Config& c, std::string_view key) {
  const Config table = TRY(c.table(key));
  std::vector<LoanToValue> loans;
  for (const std::string& coin : table.keys()) {
    const Rate most = TRY(fraction(table, coin));
    loans.push_back({coin, most});
  }
  return loans;
}

}  // namespace delever::rulebooks
