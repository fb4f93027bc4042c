#include <memory>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "render/exam_render.h"
#include "reports/claims_exam.h"

namespace delever::cli {

using namespace reports;
using namespace render;

namespace {

struct ExamArguments {
  ClaimsExamOptions options;
  std::string claims_out;
};

Result<void> run_exam(Session& session, const ExamArguments& a) {
  const ClaimsExam exam = TRY(claims_exam(a.options, session.context));
  if (!a.claims_out.empty()) TRY(write_output(session, a.claims_out, exam_claims_csv(exam)));
  return write_output(session, session.out,
                      session.format == "json" ? exam_json(exam) : for_people(exam_text(exam)));
}

}  // namespace

void add_claims_exam(Verb& app, Session& session) {
  auto a = std::make_shared<ExamArguments>();
  Verb* verb = app.add_subcommand(
      "claims-exam", "examine the claims check: figures of a tape, true and after known mistakes");
  verb->add_option("--tape", a->options.tapes, "tape to read; may be given several times")
      ->required()
      ->reads();
  verb->add_option("--seed", a->options.seed, "which claims are drawn")->capture_default_str();
  verb->add_option("--claims", a->options.claims, "how many wrong ones, and how many true ones")
      ->capture_default_str();
  verb->add_option("--asset", a->options.asset, "one coin (default: those of most messages)");
  verb->add_option("--at", a->options.at,
                   "what is known at this time, UTC (default: the tape's last message)");
  verb->add_option("--rules", a->options.rules, "rule file")->capture_default_str()->reads();
  verb->add_option("--claim-rules", a->options.claim_rules, "definitions of claims")
      ->capture_default_str()
      ->reads();
  verb->add_option("--claims-out", a->claims_out,
                   "file for the claims that were drawn, as brief --claims reads them")
      ->writes();
  add_output(verb, session);
  add_format(verb, session, {"text", "json"});
  verb->callback(
      [&session, a] { session.action = [&session, a] { return run_exam(session, *a); }; });
}

}  // namespace delever::cli
