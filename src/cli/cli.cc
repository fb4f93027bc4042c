#include "cli/cli.h"

#include <fmt/format.h>

#include <memory>

#include "base/text.h"
#include "cli/pages.h"
#include "cli/progress.h"
#include "render/json.h"
#include "reports/build_id.h"

namespace delever::cli {
namespace {

constexpr int kUsage = 2, kBadInput = 3, kNoEvidence = 4;

int exit_code(Fault fault) {
  switch (fault) {
    case Fault::usage:
      return kUsage;
    case Fault::no_evidence:
      return kNoEvidence;
    case Fault::refused:
    case Fault::malformed:
    case Fault::unavailable:
    case Fault::out_of_range:
    case Fault::not_found:
      return kBadInput;
  }
  check_failed("a Fault has an exit code", __FILE__, __LINE__);
}

void report(const Session& session, const Error& error) {
  if (session.format == "json") {
    render::Json json;
    json["error"] = {
        {"kind", fault_name(error.fault)}, {"where", error.where}, {"what", error.what}};
    write(session.io.err, render::json_line(json) + "\n");
  } else {
    write(session.io.err, fmt::format("delever: {}\n", printable(error.text())));
  }
}

}  // namespace

void write(std::FILE* file, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), file);
}

void add_format(Verb* verb, Session& session, const std::vector<std::string>& formats) {
  verb->add_option("--format", session.format, "output format")
      ->one_of(formats)
      ->capture_default_str()
      ->type_name("FORMAT");
}

namespace {

// The program's command line, ready to be read.
std::unique_ptr<CommandLine> make_line(Session& session, AddVerbs* add_verbs) {
  auto line = std::make_unique<CommandLine>(
      "delever: how much leverage the crypto market still carries, and what the next wave would "
      "look like",
      "delever", reports::version_text,
      "Exit: 0 done, 2 usage, 3 bad input (what and where), 4 nothing asked for is known; more in "
      "docs/exit-codes.md.\nStart with: delever demo. An example of each verb: delever help VERB. "
      "What a name means: delever explain NAME.");
  add_verbs(line->root(), session);
  add_help(line->root(), session, *line);
  return line;
}

constexpr std::string_view kFirstScreen =
    R"(delever: how much leverage the crypto market still carries

What people do with it:
  delever brief fixtures/episode                       what one day's published facts say
  delever gauges --tape samples/day.tape               every reading of a recording
  delever import csv --map maps/... FILE --out my.tape    your own files onto a tape (docs/data.md)
  delever margin --venue binance --symbol BTCUSDT --entry 84250 --qty 2 --leverage 20
                                                       one position, step by step
  delever simulate scenarios/stop-run.toml             a market of agents, by a scenario

  delever help VERB      a verb with an example;  delever explain NAME   what a word means
  delever demo           all of it for one day;   delever --help         every verb
)";

// Everything the arguments name, held against each other before anything is touched.
Result<void> check_files(const CommandLine& line, Session& session) {
  session.outputs.set_force(session.force);
  const std::vector<NamedFile> files = line.files();
  for (const NamedFile& file : files) {
    if (file.role == FileRole::reads) session.outputs.add_input(reports::find_shipped(file.path));
  }
  for (const NamedFile& file : files) {
    if (file.role == FileRole::none || file.role == FileRole::reads || file.path == "-") continue;
    const auto kind = file.role == FileRole::grows         ? OutputGuard::Kind::grows
                      : file.role == FileRole::writes_tape ? OutputGuard::Kind::own_tape
                                                           : OutputGuard::Kind::file;
    TRY(session.outputs.allow(file.path, kind));
  }
  return {};
}

}  // namespace

std::vector<VerbInfo> verbs_of(AddVerbs* add_verbs) {
  Session session;
  return make_line(session, add_verbs)->verbs();
}

int run_verbs(AddVerbs* add_verbs, int argc, const char* const* argv, Io io) {
  ProgressBar bar(io);
  Session session;
  session.io = io;
  session.context.clock = io.clock;
  session.context.progress = &bar;
  session.context.remark = [&](std::string_view what) {
    bar.clear();
    write(io.err, fmt::format("delever: note: {}\n", printable(what)));
  };
  const std::unique_ptr<CommandLine> made = make_line(session, add_verbs);
  const CommandLine& line = *made;
  const Usage usage = made->parse(argc, argv);
  if (usage.kind == Usage::Kind::run) made->find_reads(reports::find_shipped);
  if (io.other_rank && usage.kind != Usage::Kind::run)
    return 0;  // rank 0 will say it; an exit code from here might have it ended before it does
  if (usage.kind == Usage::Kind::nothing) {
    write(io.err, kFirstScreen);
    return kUsage;
  }
  if (usage.kind == Usage::Kind::wrong) {
    report(session, {Fault::usage, usage.text});
    if (session.format != "json") write(io.err, fmt::format("see: {} --help\n", usage.verb));
    return kUsage;
  }
  if (usage.kind == Usage::Kind::printed) write(io.out, fitted_help(usage.text, io.width));
  CHECK(session.action || usage.kind == Usage::Kind::printed);
  if (io.other_rank && !session.for_all_ranks) return 0;
  const auto done = [&]() -> Result<void> {
    if (usage.kind == Usage::Kind::run) {
      TRY(line.refuse_empty());
      if (!io.other_rank) TRY(check_files(line, session));
      TRY(session.action());
    }
    // Whatever a verb printed, it is only done when it has arrived.
    if (std::fflush(io.out) != 0 || std::ferror(io.out))
      return Error{Fault::unavailable, "cannot be written", "standard output"};
    return {};
  }();
  bar.clear();
  if (done.has_value()) return 0;
  report(session, done.error());
  return exit_code(done.error().fault);
}

}  // namespace delever::cli
