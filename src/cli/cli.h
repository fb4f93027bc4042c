// The command line: one file per verb, all wired here. Exit codes are those of
// docs/exit-codes.md: 0 done, 2 usage, 3 bad input (what and where), 4 nothing that was asked for
// is known.
#pragma once

#include <cstdio>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/file.h"
#include "base/output_guard.h"
#include "base/result.h"
#include "cli/options.h"
#include "reports/inputs.h"

namespace delever::cli {

struct Io {
  std::FILE* out = stdout;
  std::FILE* err = stderr;
  Clock* clock = nullptr;
  bool progress = false;  // err is a terminal
  size_t width = 100;     // columns of the terminal
  bool terminal = false;  // out is one: long lines are folded, not cut in the middle of a word
  bool other_rank =
      false;  // of an mpirun run, above 0: prints nothing, and does nothing that rank 0 does alone
};

// What a verb fills in while the arguments are read; run_verbs runs `action` once they are.
struct Session {
  Io io;
  std::string format = "text";
  std::function<Result<void>()> action;
  bool for_all_ranks = false;  // `action` shares its work out over the ranks of an mpirun run
  std::string out;             // --out: a file to write instead of standard output
  bool force = false;          // --force
  OutputGuard outputs;         // what the run reads and writes
  reports::Context context;
};

// The program: every verb.
int run_cli(int argc, const char* const* argv, Io io);
std::vector<VerbInfo> all_verbs();  // with their options

// A command line of the verbs that `add_verbs` adds, and `help`.
using AddVerbs = void(Verb& app, Session& session);
int run_verbs(AddVerbs* add_verbs, int argc, const char* const* argv, Io io);
std::vector<VerbInfo> verbs_of(AddVerbs* add_verbs);

void add_brief(Verb& app, Session& session);
void add_gauges(Verb& app, Session& session);
void add_claims_exam(Verb& app, Session& session);
void add_verdict(Verb& app, Session& session);
void add_chain(Verb& app, Session& session);
void add_carry(Verb& app, Session& session);
void add_import(Verb& app, Session& session);
void add_tape(Verb& app, Session& session);
void add_tape_push(Verb& tape, Session& session);
void add_margin(Verb& app, Session& session);
void add_conform(Verb& app, Session& session);
void add_stress(Verb& app, Session& session);
void add_levels(Verb& app, Session& session);
void add_simulate(Verb& app, Session& session);
void add_facts(Verb& app, Session& session);
void add_demo(Verb& app, Session& session);
void add_explain(Verb& app, Session& session);
void add_help(Verb& app, Session& session, const CommandLine& line);
void add_record(Verb& app, Session& session);
void add_twin(Verb& app, Session& session);
void add_serve(Verb& app, Session& session);
void add_alerts(Verb& app, Session& session);
void add_rehearsal(Verb& app, Session& session);

// Shared by verbs.
void add_format(Verb* verb, Session& session, const std::vector<std::string>& formats);
void write(std::FILE* file, std::string_view text);

}  // namespace delever::cli
