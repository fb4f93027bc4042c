#include "conform/conform.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/csv.h"
#include "base/text.h"
#include "conform/conform_rows.h"
#include "conform/json_text.h"

namespace delever::conform {
namespace {

struct Tolerance {
  double size = 1e-6;
  bool relative = true;
};

// "1e-6 rel", "0.01 abs (published 1.26)", "price 0.05 abs; bankr 1e-5". A clause may name the
// figure that it is for; one without "rel" or a percent sign is absolute. Text without a usable
// clause
// ("docs say 11.6% = compounded") leaves 1e-6 relative.
Tolerance tolerance_for(std::string_view text, std::string_view figure) {
  Tolerance found;
  for (std::string_view clause : split(text, ';')) {
    const Facts facts(clause);
    const auto& tokens = facts.tokens();
    size_t at = 0;
    if (!tokens.empty() && tokens[0].kind == Token::Kind::word) {
      if (!figure.starts_with(tokens[0].text.substr(0, 3))) continue;
      at = 1;
    }
    if (at >= tokens.size() || tokens[at].kind != Token::Kind::number) continue;
    if (!(tokens[at].value >= 0) || tokens[at].value > 1e6) continue;
    found.size = tokens[at].value;
    const std::string_view unit =
        at + 1 < tokens.size() ? std::string_view(tokens[at + 1].text) : "";
    found.relative = unit.starts_with("rel") || (tokens[at].percent && !unit.starts_with("abs"));
    if (at == 1) return found;  // named: nothing else fits better
  }
  return found;
}

bool agrees(double expected, const Figure& got, const Tolerance& tolerance) {
  const double off = std::abs(expected - got.value);
  constexpr double ledger =
      2e-8;  // an exact amount is a multiple of 1e-8, rounded against the account
  if (got.is_amount && off <= ledger) return true;
  // The bound itself is a decimal, and so are both figures: half a unit of a double's 15th digit is
  // no disagreement.
  const double slack = 4e-15 * std::abs(expected);
  return off <= (tolerance.relative ? tolerance.size * std::abs(expected) : tolerance.size) + slack;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  if (trimmed(text).empty()) return parts;
  for (size_t at = 0;;) {
    const size_t next = text.find(" / ", at);
    parts.emplace_back(trimmed(text.substr(at, next == text.npos ? text.npos : next - at)));
    if (next == text.npos) return parts;
    at = next + 3;
  }
}

Example read_example(const CsvTable& table, const CsvRecord& row) {
  const auto text = [&](std::string_view column) {
    return std::string(trimmed(table.field(row, column)));
  };
  Example e{.id = text("id"),
            .venue = lower(text("venue")),
            .topic = lower(text("topic")),
            .mode = lower(text("mode")),
            .contract = text("contract"),
            .side = lower(text("side")),
            .tiers_text = text("tiers_used"),
            .other_text = text("other_inputs"),
            .entry_text = text("entry"),
            .qty_text = text("qty"),
            .leverage_text = text("leverage"),
            .wallet_text = text("wallet"),
            .mark_text = text("mark")};
  e.other_names = split_list(table.field(row, "exp_other_name"));
  e.tiers = Facts(e.tiers_text);
  e.other = Facts(e.other_text);
  e.topic_words = Facts(e.topic);
  e.entry = Facts(e.entry_text).first();
  e.qty = Facts(e.qty_text).first();
  e.leverage = Facts(e.leverage_text).first();
  e.wallet = Facts(e.wallet_text).first();
  e.mark = Facts(e.mark_text).first();
  return e;
}

// One expected figure and where its answer lies.
struct Expectation {
  std::string name, text;
  std::optional<Figure> got;
};

bool is_truth(std::string_view text) { return text == "true" || text == "false"; }

// Folds one figure into the row's outcome: a disagreement outweighs a gap, a gap outweighs
// agreement.
void judge(const Expectation& e, std::string_view tolerance, ConformRow& out) {
  const auto join = [](std::string& into, std::string_view text) {
    into += fmt::format("{}{}", into.empty() ? "" : ", ", text);
  };
  join(out.expected, e.name + " " + e.text);
  if (!e.got) {
    if (out.outcome == Outcome::pass) out.outcome = Outcome::not_covered;
    join(out.reason, "no rule computes " + e.name);
    return;
  }
  join(out.got, e.name + " " +
                    (e.got->is_truth ? (e.got->value != 0 ? "true" : "false")
                                     : fmt::format("{:.15g}", e.got->value)));
  bool same = false;
  if (is_truth(e.text) || e.got->is_truth) {
    same = is_truth(e.text) && e.got->is_truth && (e.text == "true") == (e.got->value != 0);
  } else {
    const auto expected = Facts(e.text).first();
    if (!expected) {
      if (out.outcome == Outcome::pass) out.outcome = Outcome::not_covered;
      join(out.reason, "the expected " + e.name + " is no number");
      return;
    }
    const Tolerance allowed = tolerance_for(tolerance, lower(e.name));
    same = agrees(*expected, *e.got, allowed);
    if (!same)
      join(out.reason, fmt::format("{} is off by {:.3g} where {:g} {} is allowed", e.name,
                                   std::abs(*expected - e.got->value), allowed.size,
                                   allowed.relative ? "relative" : "absolute"));
  }
  if (!same) out.outcome = Outcome::fail;
}

ConformRow run_row(const CsvTable& table, const CsvRecord& row, const ConformContext& context) {
  Example example = read_example(table, row);
  ConformRow out{.id = example.id,
                 .venue = example.venue,
                 .kind = std::string(trimmed(table.field(row, "kind")))};
  std::vector<Expectation> expected;
  const auto expect = [&](std::string_view column, std::string_view name) {
    const std::string_view text = trimmed(table.field(row, column));
    if (!text.empty()) expected.push_back({std::string(name), std::string(text), {}});
  };
  expect("exp_liq_price", "liquidation");
  expect("exp_bankruptcy_price", "bankruptcy");
  expect("exp_initial_margin", "initial");
  expect("exp_maint_margin", "maintenance");
  const size_t columns = expected.size();
  const std::vector<std::string> values = split_list(table.field(row, "exp_other_value"));
  // One name over several values is a formula that the row applies to several inputs, in their
  // order.
  if (example.other_names.size() == 1 && values.size() > 1) {
    const std::string formula = example.other_names[0];
    example.other_names.resize(values.size(), formula);
  }
  if (values.size() != example.other_names.size()) {
    out.reason = "exp_other_name and exp_other_value do not have the same number of entries";
    return out;
  }
  for (size_t i = 0; i < values.size(); ++i)
    expected.push_back({example.other_names[i], lower(values[i]), {}});
  if (expected.empty()) {
    out.reason = "the row expects nothing";
    return out;
  }
  Result<Answer> answer = [&]() -> Result<Answer> {
    if (auto formula = answer_formula(example, context)) return std::move(*formula);
    return answer_position(example, context);
  }();
  if (!answer.has_value()) {
    for (const Expectation& e : expected)
      out.expected += fmt::format("{}{} {}", out.expected.empty() ? "" : ", ", e.name, e.text);
    out.reason = answer.error().text();
    return out;
  }
  const Answer& a = answer.value();
  for (size_t i = 0; i < columns; ++i) {
    Expectation& e = expected[i];
    e.got = e.name == "liquidation"  ? a.liquidation
            : e.name == "bankruptcy" ? a.bankruptcy
            : e.name == "initial"    ? a.initial
                                     : a.maintenance;
  }
  for (size_t i = 0; i < values.size() && i < a.others.size(); ++i)
    expected[columns + i].got = a.others[i];
  out.outcome = Outcome::pass;
  for (const Expectation& e : expected) judge(e, table.field(row, "tolerance"), out);
  if (!a.note.empty() && out.outcome != Outcome::fail)
    out.reason += (out.reason.empty() ? "" : ": ") + a.note;
  return out;
}

void count(Tally& tally, Outcome outcome) {
  (outcome == Outcome::pass   ? tally.pass
   : outcome == Outcome::fail ? tally.fail
                              : tally.not_covered) += 1;
}

std::string json_tally(const Tally& tally) {
  return fmt::format("{{\"pass\":{},\"fail\":{},\"not_covered\":{}}}", tally.pass, tally.fail,
                     tally.not_covered);
}

std::string json_tallies(const std::map<std::string, Tally>& tallies) {
  std::string out = "{";
  for (const auto& [name, tally] : tallies)
    out += fmt::format("{}{}:{}", out.size() > 1 ? "," : "", json_text(name), json_tally(tally));
  return out + "}";
}

}  // namespace

std::string_view outcome_name(Outcome outcome) {
  return outcome == Outcome::pass ? "pass" : outcome == Outcome::fail ? "fail" : "not_covered";
}

Result<ConformReport> conform(std::string_view csv, std::string_view file_name,
                              const rulebooks::RulebookShelf& shelf, const LadderReader& ladders) {
  const CsvTable table = TRY(read_csv(csv, file_name));
  for (std::string_view column : {"id", "venue", "topic"}) {
    if (!table.column(column))
      return Error{Fault::malformed, fmt::format("worked examples have a column \"{}\"", column),
                   fmt::format("{}:1", file_name)};
  }
  const ConformContext context{&shelf, &ladders};
  ConformReport report;
  for (const CsvRecord& row : table.rows) {
    ConformRow done = run_row(table, row, context);
    count(report.total, done.outcome);
    count(report.venues[done.venue], done.outcome);
    count(report.kinds[done.kind], done.outcome);
    report.rows.push_back(std::move(done));
  }
  return report;
}

std::string conform_text(const ConformReport& report) {
  std::string out;
  const auto line = [&](std::string_view name, const Tally& t) {
    out += fmt::format("{:<40} {:>5} {:>5} {:>12}\n", name, t.pass, t.fail, t.not_covered);
  };
  for (const ConformRow& row : report.rows) {
    if (row.outcome == Outcome::pass) continue;
    out += fmt::format("{} {}: {}\n    expected {}\n", outcome_name(row.outcome), row.id,
                       row.reason, row.expected);
    if (!row.got.empty()) out += fmt::format("    got      {}\n", row.got);
  }
  out += fmt::format("{:<40} {:>5} {:>5} {:>12}\n", "", "pass", "fail", "not covered");
  for (const auto& [name, tally] : report.venues) line(name, tally);
  for (const auto& [name, tally] : report.kinds) line("evidence: " + name, tally);
  line("total", report.total);
  return out;
}

std::string conform_json(const ConformReport& report) {
  std::string rows;
  for (const ConformRow& row : report.rows) {
    rows += fmt::format(
        "{}{{\"id\":{},\"venue\":{},\"kind\":{},\"outcome\":\"{}\",\"expected\":{},\"got\":{},"
        "\"reason\":{}}}",
        rows.empty() ? "" : ",", json_text(row.id), json_text(row.venue), json_text(row.kind),
        outcome_name(row.outcome), json_text(row.expected), json_text(row.got),
        json_text(row.reason));
  }
  return fmt::format("{{\"total\":{},\"venues\":{},\"kinds\":{},\"rows\":[{}]}}",
                     json_tally(report.total), json_tallies(report.venues),
                     json_tallies(report.kinds), rows);
}

}  // namespace delever::conform
