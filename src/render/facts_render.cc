#include "render/facts_render.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace delever::render {

using namespace reports;

namespace {

using facts::Fact;
using facts::Judged;
using facts::Row;
using facts::Target;

// Three or four digits that matter; large sums with K, M, B.
std::string fact_number(double value) {
  const double size = std::abs(value);
  if (size >= 1e9) return fmt::format("{:.3g}B", value / 1e9);
  if (size >= 1e6) return fmt::format("{:.3g}M", value / 1e6);
  if (size >= 1e4) return fmt::format("{:.3g}K", value / 1e3);
  if (size >= 100) return fmt::format("{:.0f}", value);
  if (size >= 10) return fmt::format("{:.1f}", value);
  if (size >= 1) return fmt::format("{:.2f}", value);
  return size >= 0.1 ? fmt::format("{:.3f}", value) : fmt::format("{:.3g}", value);
}

std::string range_text(const std::optional<double>& low, const std::optional<double>& high) {
  return low && high ? fmt::format("{}..{}", fact_number(*low), fact_number(*high)) : "";
}

std::string target_text(const std::optional<Target>& t) {
  if (!t) return "";
  std::string text = t->value ? fact_number(*t->value) : "";
  if (t->low) text += (text.empty() ? "" : " ") + range_text(t->low, t->high);
  if (text.empty() && t->real_low) text = "as recorded " + range_text(t->real_low, t->real_high);
  return text;
}

std::string side_text(const Fact& fact, Judged judged) {
  if (!fact.value) return fmt::format("{:>9} {:<17} {:>7} {:<5}", "-", "", "", "");
  const char* word = judged == Judged::pass ? "pass" : judged == Judged::fail ? "FAIL" : "";
  return fmt::format("{:>9} {:<17} {:>7} {:<5}", fact_number(*fact.value),
                     range_text(fact.low, fact.high), fact.n, word);
}

// Sources are long and few: numbered under the table.
class Notes {
 public:
  size_t number(const std::string& text) {
    const auto [at, added] = numbers_.try_emplace(text, texts_.size() + 1);
    if (added) texts_.push_back(text);
    return at->second;
  }
  std::string text() const {
    std::string out;
    for (size_t i = 0; i < texts_.size(); ++i) out += fmt::format("  [{}] {}\n", i + 1, texts_[i]);
    return out;
  }

 private:
  std::map<std::string, size_t> numbers_;
  std::vector<std::string> texts_;
};

// "key: fact, fact, fact", in order of first mention; `key` gives nothing for a fact that does not
// belong here.
template <class Key>
std::string grouped(const std::vector<Row>& rows, facts::Fact facts::Row::*side, Key key) {
  std::vector<std::pair<std::string, std::string>> lines;
  for (const Row& row : rows) {
    const Fact& fact = row.*side;
    const std::string name = key(fact);
    if (name.empty()) continue;
    const auto found =
        std::find_if(lines.begin(), lines.end(), [&](const auto& l) { return l.first == name; });
    if (found == lines.end())
      lines.emplace_back(name, fact.name);
    else
      found->second += ", " + fact.name;
  }
  std::string out;
  for (const auto& [name, names] : lines) out += fmt::format("  {}: {}\n", name, names);
  return out;
}
std::string reasons_text(const std::vector<Row>& rows, facts::Fact facts::Row::*side) {
  return grouped(rows, side, [](const Fact& f) { return f.value ? "" : f.reason; });
}
std::string sources_text(const std::vector<Row>& rows, facts::Fact facts::Row::*side) {
  return grouped(rows, side, [](const Fact& f) { return f.value ? f.source : ""; });
}

std::string listed(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

Json side_json(const Fact& fact, Judged judged) {
  return {{"value", json_or_null(fact.value)},
          {"low", json_or_null(fact.low)},
          {"high", json_or_null(fact.high)},
          {"n", fact.n},
          {"judged", facts::judged_name(judged)},
          {"source", fact.source},
          {"reason", fact.reason}};
}

Json target_json(const Target& t) {
  return {{"value", json_or_null(t.value)},       {"low", json_or_null(t.low)},
          {"high", json_or_null(t.high)},         {"source", t.source},
          {"real_low", json_or_null(t.real_low)}, {"real_high", json_or_null(t.real_high)},
          {"real_source", t.real_source},         {"held_out", t.held_out}};
}

}  // namespace

std::string facts_text(const FactsReport& page) {
  const facts::Report& r = page.report;
  std::string out = fmt::format("Stylised facts of {}   rules {}\n", page.asset, page.rules);
  if (r.has_real) out += "  recorded   " + listed(page.recorded) + "\n";
  if (r.has_simulated) out += "  simulated  " + listed(page.simulated) + "\n";
  for (const std::string& note : page.notes) out += "  note       " + note + "\n";
  out += fmt::format("\n{:<34} {:<31}", "fact", "target");
  const auto side_head = [](const char* name) {
    return fmt::format(" {:>9} {:<17} {:>7} {:<5}", name, "95 %", "n", "");
  };
  if (r.has_real) out += side_head("recorded");
  if (r.has_simulated) out += side_head("simulated") + " used";
  out += "\n";
  Notes notes;
  for (const Row& row : r.rows) {
    if (!row.target && !row.real.value && !row.simulated.value) continue;
    std::string target = target_text(row.target);
    if (row.target && !row.target->source.empty())
      target += fmt::format(" [{}]", notes.number(row.target->source));
    if (row.target && row.target->real_low && !row.real.value)
      target += fmt::format(" [{}]", notes.number("recorded band: " + row.target->real_source));
    std::string line = fmt::format("{:<34} {:<31}", row.real.name, target);
    if (r.has_real) line += " " + side_text(row.real, row.real_judged);
    if (r.has_simulated) {
      line += " " + side_text(row.simulated, row.simulated_judged);
      line += row.target && !row.target->held_out ? " calibrated" : " held out";
    }
    while (line.back() == ' ') line.pop_back();
    out += line + "\n";
  }
  if (const std::string sources = notes.text(); !sources.empty()) out += "\ntargets\n" + sources;
  if (r.has_real) out += "\nmeasured on, recorded\n" + sources_text(r.rows, &Row::real);
  if (r.has_simulated) out += "\nmeasured on, simulated\n" + sources_text(r.rows, &Row::simulated);
  if (r.has_real) out += "\nnot measurable, recorded\n" + reasons_text(r.rows, &Row::real);
  if (r.has_simulated) {
    out += "\nnot measurable, simulated\n" + reasons_text(r.rows, &Row::simulated);
    out += fmt::format("\n{}   (held out: {} pass, {} fail, {} not measurable)\n", r.label(),
                       r.held_out_pass, r.held_out_fail, r.held_out_not_measurable);
  }
  return out;
}

Json facts_json(const FactsReport& page) {
  const facts::Report& r = page.report;
  Json out;
  out["asset"] = page.asset;
  out["rules"] = page.rules;
  out["recorded"] = page.recorded;
  out["simulated"] = page.simulated;
  out["notes"] = page.notes;
  out["label"] = r.has_simulated ? Json(r.label()) : Json();
  out["held_out"] = {{"pass", r.held_out_pass},
                     {"fail", r.held_out_fail},
                     {"not_measurable", r.held_out_not_measurable}};
  Json rows = Json::array();
  for (const Row& row : r.rows) {
    Json one;
    one["name"] = row.real.name;
    one["unit"] = row.real.unit.empty() ? row.simulated.unit : row.real.unit;
    one["target"] = row.target ? target_json(*row.target) : Json();
    one["recorded"] = r.has_real ? side_json(row.real, row.real_judged) : Json();
    if (r.has_simulated) {
      one["simulated"] = side_json(row.simulated, row.simulated_judged);
      one["simulated"]["held_against"] = row.simulated_by;
      one["held_out"] = !row.target || row.target->held_out;
    }
    rows.push_back(std::move(one));
  }
  out["facts"] = std::move(rows);
  return out;
}

}  // namespace delever::render
