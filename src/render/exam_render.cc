#include "render/exam_render.h"

#include <fmt/format.h>

#include "render/json.h"

namespace delever::render {
namespace {

using reports::ClaimsExam;
using reports::ExamKind;
using reports::ExamQuestion;

Json question_json(const ExamQuestion& q) {
  const gauges::ClaimCheck& c = q.check;
  Json json;
  json["id"] = c.claim.id;
  json["metric"] = c.claim.metric;
  json["asset"] = c.claim.asset;
  json["value"] = c.claim.value_text;
  json["unit"] = c.claim.unit;
  json["window"] = c.claim.window;
  json["truth"] = q.figure.truth;
  json["mistake"] = q.figure.mistake.empty() ? Json() : Json(q.figure.mistake);
  json["named"] = c.mistake ? Json(*c.mistake) : Json();
  json["also"] = c.also_mistakes;
  json["state"] = gauges::state_name(c.state);
  json["holds_under"] = c.holds_under ? Json(*c.holds_under) : Json();
  json["good"] = q.good;
  json["note"] = c.note;
  return json;
}

std::string claim_text(const ExamQuestion& q) {
  const gauges::Claim& c = q.check.claim;
  return fmt::format("  {} {}: {} {} {}, {}\n      {}{}: {}\n", c.id, c.metric, c.asset,
                     c.value_text, c.unit, c.window, gauges::state_name(q.check.state),
                     q.figure.mistake.empty() ? "" : ", made by " + q.figure.mistake, q.check.note);
}

std::string csv_field(const std::string& text) {
  return text.find_first_of(",\"\n") == text.npos ? text : "\"" + text + "\"";
}

}  // namespace

std::string exam_text(const ClaimsExam& exam) {
  std::string out = fmt::format(
      "Examination of the claims check: {}, seed {}, {} to {}\nrules {}, claims by {}\n\n",
      fmt::join(exam.assets, ", "), exam.seed, exam.first.text(), exam.at.text(), exam.rules,
      exam.claim_rules);
  out += fmt::format("{:<24}{:>8}{:>8}{:>8}\n", "mistake", "figures", "drawn", "named");
  for (const ExamKind& kind : exam.kinds) {
    std::string words(kind.mistake.words);
    if (kind.drawn == 0) words += " (none on this tape)";
    out += fmt::format("{:<24}{:>8}{:>8}{:>8}  {}\n", kind.mistake.id, kind.figures, kind.drawn,
                       kind.named, words);
  }
  out += fmt::format("\n{} of {} wrong claims named by the right mistake", exam.named,
                     exam.wrong.size());
  if (exam.tied > 0)
    out += fmt::format(" ({} beside another that prints the same figure)", exam.tied);
  out += fmt::format("\n{} of {} true claims hold, {} pending, {} alarms\n", exam.held,
                     exam.right.size(), exam.pending, exam.alarms);
  if (exam.within_band > 0)
    out += fmt::format(
        "{} figures not drawn: the mistake changes them by less than twice what the check lets "
        "pass\n",
        exam.within_band);
  std::string misses;
  for (const ExamQuestion& q : exam.wrong) misses += q.good ? "" : claim_text(q);
  if (!misses.empty()) out += "\nNot named\n" + misses;
  misses.clear();
  for (const ExamQuestion& q : exam.right) misses += q.good ? "" : claim_text(q);
  if (!misses.empty()) out += "\nTrue, and not held\n" + misses;
  return out + fmt::format("\n{}\n", exam.passed() ? "passed" : "not passed");
}

std::string exam_json(const ClaimsExam& exam) {
  Json json;
  json["assets"] = exam.assets;
  json["seed"] = exam.seed;
  json["first"] = exam.first.text();
  json["at"] = exam.at.text();
  json["rules"] = exam.rules;
  json["claim_rules"] = exam.claim_rules;
  json["passed"] = exam.passed();
  json["wrong"] = {{"claims", exam.wrong.size()}, {"named", exam.named}, {"tied", exam.tied}};
  json["true"] = {{"claims", exam.right.size()},
                  {"hold", exam.held},
                  {"pending", exam.pending},
                  {"alarms", exam.alarms}};
  json["within_band"] = exam.within_band;
  json["kinds"] = Json::array();
  for (const ExamKind& kind : exam.kinds)
    json["kinds"].push_back({{"mistake", kind.mistake.id},
                             {"words", kind.mistake.words},
                             {"figures", kind.figures},
                             {"drawn", kind.drawn},
                             {"named", kind.named},
                             {"tied", kind.tied}});
  json["questions"] = Json::array();
  for (const auto* questions : {&exam.wrong, &exam.right}) {
    for (const ExamQuestion& q : *questions) json["questions"].push_back(question_json(q));
  }
  return written_json(json) + "\n";
}

std::string exam_claims_csv(const ClaimsExam& exam) {
  std::string out = "claim_id,metric,asset,value,unit,window,stated_by,published,url\n";
  for (const auto* questions : {&exam.wrong, &exam.right}) {
    for (const ExamQuestion& q : *questions) {
      const gauges::Claim& c = q.check.claim;
      out += fmt::format("{},{},{},{},{},{},{},,\n", c.id, csv_field(c.metric), c.asset,
                         c.value_text, c.unit, c.window, c.stated_by);
    }
  }
  return out;
}

}  // namespace delever::render
