// Which alerts fire, as readings come in: a state machine of time and values, without a clock. A
// value that is not known decides nothing: what fires goes on, what does not stays silent; who
// wants to hear of it writes a rule on the state.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "alerts/rules.h"
#include "gauges/reading.h"
#include "reports/survey.h"

namespace delever::alerts {

// What is known of one coin at one time.
struct Moment {
  std::string asset;
  Instant at;
  const std::vector<gauges::Reading>* readings = nullptr;
  std::optional<std::string> verdict;                   // missing: not asked for, or no day is over
  const std::vector<reports::GapSeen>* gaps = nullptr;  // of all streams; null: not looked for
};

struct Alert {
  std::string name, severity, asset, subject;  // subject: the reading, its venue, or the stream
  bool firing = false;                         // false: it is over
  Instant since, at;                           // since when it fires
  std::optional<double> value;
  std::string text, place;
};

class AlertBook {
 public:
  explicit AlertBook(std::vector<Rule> rules);
  // What has changed. Times of one coin must not go back.
  std::vector<Alert> hear(const Moment& moment);
  const std::vector<Rule>& rules() const { return rules_; }
  // A sentence for each rule that could never decide, because what it asks for was at no moment
  // there or known: it may have a slip in it.
  std::vector<std::string> deaf() const;

 private:
  struct Past {
    Instant at;
    double value = 0;
    std::vector<std::string> sources;
    std::optional<double> coverage;
  };
  struct Condition {
    bool firing = false;
    std::optional<Instant> since;  // when what would turn it began
    Instant fired;
    bool met = false;       // what the rule asks for was known at some moment
    std::string missing;    // else why not, as of the last one
    std::deque<Past> past;  // of a change
  };
  struct Heard {
    std::optional<bool> so;  // missing: nothing is known
    std::optional<double> value;
    std::string words;
  };
  Heard heard(const Rule& rule, Condition& condition, const Moment& moment) const;
  Heard of_number(const Rule& rule, Condition& condition, const Moment& moment) const;

  std::vector<Rule> rules_;
  std::vector<Condition> conditions_;
};

}  // namespace delever::alerts
