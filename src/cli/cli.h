// The command line: one file per verb, all wired here. Exit: 0 done, 2 usage, 3 bad input (what and
// where), 4 refused for lack of evidence.
#pragma once

#include <cstdio>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"
#include "cli/options.h"
#include "reports/inputs.h"

namespace delever::cli {

struct Io {
  std::FILE* out = stdout;
  std::FILE* err = stderr;
  Clock* clock = nullptr;
  bool progress = false;  // err is a terminal
  bool other_rank =
      false;  // of an mpirun job, above 0: prints nothing, and does nothing that rank 0 does alone
};

// What a verb fills in while the arguments are read; run_cli runs `action` once they are.
struct Session {
  Io io;
  std::string format = "text";
  std::function<Result<void>()> action;
  bool for_all_ranks = false;  // `action` shares its work out over the ranks of an mpirun job
  std::string out;             // --out: a file to write instead of standard output
  reports::Context context;
};

int run_cli(int argc, const char* const* argv, Io io);

void add_brief(Verb& app, Session& session);
void add_gauges(Verb& app, Session& session);
void add_claims_exam(Verb& app, Session& session);
void add_verdict(Verb& app, Session& session);
void add_chain(Verb& app, Session& session);
void add_carry(Verb& app, Session& session);
void add_import(Verb& app, Session& session);
void add_tape(Verb& app, Session& session);
void add_margin(Verb& app, Session& session);
void add_conform(Verb& app, Session& session);
void add_stress(Verb& app, Session& session);
void add_levels(Verb& app, Session& session);
void add_simulate(Verb& app, Session& session);
void add_facts(Verb& app, Session& session);
void add_demo(Verb& app, Session& session);

// Shared by verbs.
void add_format(Verb* verb, Session& session, const std::vector<std::string>& formats);
// To `path`, or to io.out when it is empty or "-".
Result<void> write_output(Session& session, const std::string& path, std::string_view text);
void write(std::FILE* file, std::string_view text);

}  // namespace delever::cli
