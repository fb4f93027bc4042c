#include "alerts/alert_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "reports/numbers.h"

namespace delever::alerts {
namespace {

const gauges::Reading* find(const Rule& rule, const Moment& moment) {
  if (!moment.readings) return nullptr;
  for (const gauges::Reading& r : *moment.readings) {
    if (r.name == rule.reading && r.venue.value_or("") == rule.venue && !r.expiry) return &r;
  }
  return nullptr;
}

bool among(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string subject_of(const Rule& rule) {
  if (rule.kind == Kind::gap) return rule.stream.empty() ? "any stream" : rule.stream;
  if (rule.kind == Kind::verdict) return "verdict";
  return rule.venue.empty() ? rule.reading : rule.reading + " " + rule.venue;
}

}  // namespace

AlertBook::AlertBook(std::vector<Rule> rules)
    : rules_(std::move(rules)), conditions_(rules_.size()) {}

// Past the bound it is so; back past `clear` it is not; between them it stays what it is.
AlertBook::Heard AlertBook::of_number(const Rule& rule, Condition& condition,
                                      const Moment& moment) const {
  const gauges::Reading* const r = find(rule, moment);
  if (!r) return {};
  condition.missing = r->reason;
  if (!r->value) return {};
  condition.met = true;
  double value = *r->value;
  if (rule.kind == Kind::change) {
    auto& past = condition.past;
    past.push_back({moment.at, value, r->sources, r->coverage});
    while (past.size() > 1 && past[1].at + rule.over <= moment.at) past.pop_front();
    if (past.front().at + rule.over > moment.at) return {};  // too young to tell
    // Of other sources it is another sum: the difference would be theirs and not the market's.
    if (past.front().sources != r->sources || past.front().coverage != r->coverage) return {};
    const double before = past.front().value;
    if (rule.relative && before == 0) return {};
    value = rule.relative ? (value - before) / std::abs(before) : value - before;
  }
  const double bound = rule.above ? *rule.above : *rule.below;
  const double back = rule.clear.value_or(bound);
  const auto beyond = [&](double limit) { return rule.above ? value > limit : value < limit; };
  Heard out{.so = condition.firing ? beyond(back) : beyond(bound), .value = value, .words = {}};
  out.words = fmt::format("{}{} is {} (bound: {} {})", subject_of(rule),
                          rule.kind == Kind::change ? " over " + rule.over.text() : "",
                          reports::short_number(value), rule.above ? "above" : "below",
                          reports::short_number(bound));
  return out;
}

AlertBook::Heard AlertBook::heard(const Rule& rule, Condition& condition,
                                  const Moment& moment) const {
  if (rule.kind == Kind::value || rule.kind == Kind::change)
    return of_number(rule, condition, moment);
  if (rule.kind == Kind::state) {
    const gauges::Reading* const r = find(rule, moment);
    if (!r) return {};
    condition.met = true;
    const std::string_view state = gauges::state_name(r->state);
    return {among(rule.is, state), r->value,
            fmt::format("{} is {}{}{}", subject_of(rule), state, r->reason.empty() ? "" : ": ",
                        r->reason)};
  }
  if (rule.kind == Kind::verdict) {
    if (!moment.verdict) return {};
    condition.met = true;
    return {among(rule.is, *moment.verdict), {}, "the verdict is " + *moment.verdict};
  }
  if (!moment.gaps) return {};
  for (const reports::GapSeen& gap : *moment.gaps) {
    const bool lately = gap.from <= moment.at && gap.to + rule.over >= moment.at;
    if (lately && gap.stream.find(rule.stream) != gap.stream.npos)
      return {true,
              {},
              fmt::format("{}: gap from {} to {}: {}", gap.stream, gap.from.text(), gap.to.text(),
                          gap.reason)};
  }
  return {false, {}, "no gap of " + subject_of(rule)};
}

std::vector<std::string> AlertBook::deaf() const {
  std::vector<std::string> out;
  for (size_t i = 0; i < rules_.size(); ++i) {
    const Rule& rule = rules_[i];
    // Streams without a gap are not told of, so nobody knows whether there is one of that name.
    if (conditions_[i].met || rule.kind == Kind::gap) continue;
    out.push_back(
        fmt::format("{}: alert {} decided nothing: {} of {} was never {}", rule.place, rule.name,
                    subject_of(rule), rule.asset,
                    conditions_[i].missing.empty() ? "there" : "known: " + conditions_[i].missing));
  }
  return out;
}

std::vector<Alert> AlertBook::hear(const Moment& moment) {
  std::vector<Alert> out;
  for (size_t i = 0; i < rules_.size(); ++i) {
    const Rule& rule = rules_[i];
    Condition& condition = conditions_[i];
    if (rule.kind != Kind::gap && rule.asset != moment.asset) continue;
    const Heard now = heard(rule, condition, moment);
    if (!now.so) continue;
    if (*now.so == condition.firing) {
      condition.since.reset();
      continue;
    }
    if (!condition.since) condition.since = moment.at;
    if (moment.at - *condition.since < (condition.firing ? rule.rest : rule.hold)) continue;
    condition.since.reset();
    condition.firing = !condition.firing;
    if (condition.firing) condition.fired = moment.at;
    out.push_back({rule.name, rule.severity, rule.kind == Kind::gap ? "" : rule.asset,
                   subject_of(rule), condition.firing, condition.fired, moment.at, now.value,
                   rule.summary.empty() ? now.words : rule.summary + ": " + now.words, rule.place});
  }
  return out;
}

}  // namespace delever::alerts
