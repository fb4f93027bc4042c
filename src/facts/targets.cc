#include "facts/targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "base/config.h"
#include "facts/measure.h"
#include "facts/metaorder.h"

namespace delever::facts {
namespace {

using Range = std::pair<std::optional<double>, std::optional<double>>;

Result<std::optional<double>> maybe(const Config& c, std::string_view key) {
  if (!c.has(key)) return std::optional<double>();
  return std::optional<double>(TRY(c.number(key)));
}

Result<Range> range(const Config& c, std::string_view low, std::string_view high) {
  Range out{TRY(maybe(c, low)), TRY(maybe(c, high))};
  if (out.first.has_value() != out.second.has_value())
    return Error{Fault::malformed, fmt::format("{} and {} want one another", low, high),
                 c.place(low)};
  if (out.first && *out.first > *out.second)
    return Error{Fault::malformed, fmt::format("{} is above {}", low, high), c.place(low)};
  return out;
}

bool inside(double value, const std::optional<double>& low, const std::optional<double>& high) {
  return low && high && value >= *low && value <= *high;
}

Judged judge_real(const Fact& fact, const std::optional<Target>& target) {
  if (!fact.value) return Judged::not_measurable;
  if (!target || (!target->value && !target->low)) return Judged::not_judged;
  if (inside(*fact.value, target->low, target->high)) return Judged::pass;
  if (target->value && inside(*target->value, fact.low, fact.high)) return Judged::pass;
  return target->low || fact.low ? Judged::fail : Judged::not_judged;
}

void judge_simulated(Row& row) {
  const Fact& fact = row.simulated;
  if (!fact.value) return;
  std::vector<std::string> held_against;
  const auto against = [&](const char* what, double value, const std::optional<double>& low,
                           const std::optional<double>& high) {
    held_against.push_back(what);
    if (row.simulated_judged == Judged::pass || !inside(value, low, high)) return;
    row.simulated_judged = Judged::pass;
    row.simulated_by = what;
  };
  if (row.target && row.target->low)
    against("range", *fact.value, row.target->low, row.target->high);
  if (row.real.value && row.real.low)
    against("recorded band", *fact.value, row.real.low, row.real.high);
  else if (row.target && row.target->real_low)
    against("recorded band", *fact.value, row.target->real_low, row.target->real_high);
  if (held_against.empty() && row.target && row.target->value && fact.low)
    against("target in own interval", *row.target->value, fact.low, fact.high);
  if (held_against.empty()) {
    row.simulated_judged = Judged::not_judged;
  } else if (row.simulated_judged != Judged::pass) {
    row.simulated_judged = Judged::fail;
    row.simulated_by = fmt::format("{}", fmt::join(held_against, ", "));
  }
}

}  // namespace

std::vector<std::string> fact_names() {
  const Instruments none;
  const Observer nothing("", none, {});
  std::vector<std::string> names;
  for (Fact& fact : measure(nothing)) names.push_back(std::move(fact.name));
  for (Fact& fact : metaorder_facts({}, "")) names.push_back(std::move(fact.name));
  return names;
}

Result<Targets> Targets::parse(std::string_view toml, std::string_view file) {
  const Config config = TRY(Config::parse(toml, file));
  const std::vector<std::string> names = fact_names();
  Targets out{.file = std::string(file), .all = {}};
  for (const Config& c : TRY(config.tables("fact"))) {
    Target t;
    t.name = TRY(c.text("name"));
    if (std::find(names.begin(), names.end(), t.name) == names.end())
      return Error{Fault::malformed, fmt::format("\"{}\" is no fact of ours", t.name),
                   c.place("name")};
    if (std::any_of(out.all.begin(), out.all.end(),
                    [&](const Target& o) { return o.name == t.name; }))
      return Error{Fault::malformed, fmt::format("\"{}\" is there twice", t.name), c.place("name")};
    t.value = TRY(maybe(c, "value"));
    std::tie(t.low, t.high) = TRY(range(c, "low", "high"));
    std::tie(t.real_low, t.real_high) = TRY(range(c, "real_low", "real_high"));
    t.source = TRY(c.text("source", ""));
    t.real_source = TRY(c.text("real_source", ""));
    t.held_out = TRY(c.boolean("held_out", true));
    if ((t.value || t.low) && t.source.empty())
      return Error{Fault::malformed, "a target wants its source", c.place("source")};
    if (t.real_low && t.real_source.empty())
      return Error{Fault::malformed, "a recorded band wants its source", c.place("real_source")};
    if (!t.value && !t.low && !t.real_low && t.held_out)
      return Error{Fault::malformed,
                   "says nothing: want value, low and high, or real_low and real_high", c.place()};
    out.all.push_back(std::move(t));
  }
  if (auto finished = config.finish(); !finished.has_value()) return std::move(finished.error());
  return out;
}

std::string_view judged_name(Judged judged) {
  switch (judged) {
    case Judged::pass:
      return "pass";
    case Judged::fail:
      return "fail";
    case Judged::not_measurable:
      return "not measurable";
    case Judged::not_judged:
      return "not judged";
  }
  check_failed("a judgement has a name", __FILE__, __LINE__);
}

std::string Report::label() const {
  if (!has_simulated) return "";
  const size_t judged = held_out_pass + held_out_fail;
  if (judged == 0) return "not judged: no held-out fact could be measured";
  if (held_out_fail > 0)
    return fmt::format("illustrative: {} of {} held-out facts fail", held_out_fail, judged);
  return fmt::format("all {} held-out facts that could be measured pass", judged);
}

Report judge(const Targets& targets, const FactSet& real, const FactSet& simulated) {
  Report report;
  report.has_real = !real.empty();
  report.has_simulated = !simulated.empty();
  const auto found = [](const FactSet& set, const std::string& name) {
    const auto at =
        std::find_if(set.begin(), set.end(), [&](const Fact& f) { return f.name == name; });
    return at == set.end() ? Fact{.name = name, .reason = "not given"} : *at;
  };
  for (const std::string& name : fact_names()) {
    Row row{.real = found(real, name), .simulated = found(simulated, name)};
    for (const Target& t : targets.all)
      if (t.name == name) row.target = t;
    row.real_judged = judge_real(row.real, row.target);
    judge_simulated(row);
    if (!row.target || row.target->held_out) {
      report.held_out_pass += row.simulated_judged == Judged::pass;
      report.held_out_fail += row.simulated_judged == Judged::fail;
      report.held_out_not_measurable +=
          row.target && row.simulated_judged == Judged::not_measurable;
    }
    report.rows.push_back(std::move(row));
  }
  return report;
}

}  // namespace delever::facts
