// The verdict on a flush day and the record of all verdicts: what is asked of the days at hand, for
// the pages that show it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gauges/claims.h"
#include "reports/context.h"
#include "reports/day_book.h"
#include "verdict/judge.h"
#include "verdict/record.h"
#include "verdict/setup.h"

namespace delever::reports {

// What the verdict would be if a published figure were true.
struct SupposedVerdict {
  std::string claim;  // "C03: 43.2 percent per year, Axel Adler Jr"
  std::string note;   // where it decides nothing: why
  std::optional<verdict::Judged> judged;
};

// One coin's verdict at one time: of its latest flush day whose 7 days are not over, else of the
// last day that is over, as if it were one.
struct DayVerdict {
  std::string asset;
  Instant at;
  std::string rules;
  verdict::Judged judged;
  std::optional<Instant> asked;  // the day asked about, where another one is judged
  std::string event;             // why it is a flush day; or what is short of one, or missing
  verdict::Standing standing;    // of the verdict, by its record before that day
  // How answers like this one fared before, and all of them.
  std::optional<verdict::AnswerCount> such_answers;
  std::optional<verdict::Score> score;
  std::optional<double> price_risk;  // P(lower by 5 % in 7 days) from volatility alone
  std::optional<verdict::Bin> price_bin;
  std::vector<SupposedVerdict> supposed;
  std::vector<verdict::Unweighted> unweighted;
  size_t flush_days = 0;  // of BTC and ETH on file before the day
};

// Nothing when the book has no day of the coin.
std::optional<DayVerdict> day_verdict(const DayBook& book, const verdict::Setup& setup,
                                      const std::string& asset, Instant at);
// Puts beside the verdict what it would be with each claim that it could hang on.
void suppose_claims(DayVerdict& verdict, const DayBook& book, const verdict::Setup& setup,
                    const std::vector<gauges::ClaimCheck>& claims,
                    const gauges::ClaimRules& claim_rules);

struct VerdictOptions {
  DayBookOptions from;
  std::string at, claims;
  std::string rules = "rules/verdict-2026-01-31.toml", claim_rules = "rules/claims-2026-01-30.toml";
};

struct VerdictReport {
  std::vector<DayVerdict> verdicts;  // one a coin
  std::vector<std::string> inputs;
};
Result<VerdictReport> verdict_report(const VerdictOptions& options, Context& context);

struct RecordReport {
  verdict::Record record;
  std::vector<std::string> inputs, tried;
  std::vector<verdict::Unweighted> unweighted;
  std::string rules;
  Instant until;
  // The fit that a flush day after the last would be judged by.
  std::vector<verdict::Judged> next;  // one a model
};
Result<RecordReport> record_report(const VerdictOptions& options, Context& context);

}  // namespace delever::reports
