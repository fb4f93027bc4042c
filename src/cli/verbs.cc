// Every verb of the program, in the order of its help.
#include "cli/cli.h"
#include "cli/pages.h"

namespace delever::cli {
namespace {

void add_all(Verb& app, Session& session) {
  add_brief(app, session);
  add_verdict(app, session);
  add_gauges(app, session);
  add_claims_exam(app, session);
  add_chain(app, session);
  add_carry(app, session);
  add_record(app, session);
  add_twin(app, session);
  add_serve(app, session);
  add_alerts(app, session);
  add_rehearsal(app, session);
  add_import(app, session);
  add_tape(app, session);
  add_margin(app, session);
  add_conform(app, session);
  add_stress(app, session);
  add_levels(app, session);
  add_simulate(app, session);
  add_facts(app, session);
  add_demo(app, session);
  add_explain(app, session);
}

}  // namespace

std::vector<VerbInfo> all_verbs() { return verbs_of(add_all); }

int run_cli(int argc, const char* const* argv, Io io) {
  // What the build asks for, of nobody else's concern: cmake/install.cmake.
  if (argc == 3 && std::string_view(argv[1]) == "--write-pages")
    return write_pages(all_verbs(), argv[2]).has_value() ? 0 : 3;
  return run_verbs(add_all, argc, argv, io);
}

}  // namespace delever::cli
