#include "cli/cli.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "cli/progress.h"
#include "render/json.h"

namespace delever::cli {
namespace {

constexpr int kUsage = 2, kBadInput = 3, kNoEvidence = 4;

int exit_code(Fault fault) {
  switch (fault) {
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
    write(session.io.err, fmt::format("delever: {}\n", error.text()));
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

Result<void> write_output(Session& session, const std::string& path, std::string_view text) {
  if (path.empty() || path == "-") {
    write(session.io.out, text);
    if (std::fflush(session.io.out) != 0 || std::ferror(session.io.out))
      return Error{Fault::unavailable, "cannot be written", "standard output"};
    return {};
  }
  std::error_code ec;
  const auto parent = std::filesystem::path(path).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, ec);
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  if (!out) return Error{Fault::unavailable, "cannot be written", path};
  return {};
}

int run_cli(int argc, const char* const* argv, Io io) {
  CommandLine line(
      "delever: how much leverage the crypto market still carries, and what the next wave would "
      "look like",
      "delever", "delever 0.1.0",
      "Exit: 0 done, 2 usage, 3 bad input (what and where), 4 refused for lack of evidence.\n"
      "Start with: delever demo");
  Verb& app = line.root();
  ProgressBar bar(io);
  Session session;
  session.io = io;
  session.context.clock = io.clock;
  session.context.progress = &bar;
  session.context.remark = [io](std::string_view what) {
    write(io.err, fmt::format("delever: note: {}\n", what));
  };
  add_brief(app, session);
  add_verdict(app, session);
  add_gauges(app, session);
  add_claims_exam(app, session);
  add_chain(app, session);
  add_carry(app, session);
  add_import(app, session);
  add_tape(app, session);
  add_margin(app, session);
  add_conform(app, session);
  add_stress(app, session);
  add_levels(app, session);
  add_simulate(app, session);
  add_facts(app, session);
  add_demo(app, session);
  const Usage usage = line.parse(argc, argv);
  if (usage.kind == Usage::Kind::printed) {
    write(io.out, usage.text);
    return 0;
  }
  if (usage.kind == Usage::Kind::wrong) {
    if (io.other_rank)
      return 0;  // rank 0 will say it; an exit code from here might have it ended before it does
    report(session, {Fault::refused, usage.text});
    if (session.format != "json") write(io.err, fmt::format("see: {} --help\n", usage.verb));
    return kUsage;
  }
  CHECK(session.action);
  if (io.other_rank && !session.for_all_ranks) return 0;
  const auto done = [&]() -> Result<void> {
    TRY(line.refuse_empty());
    return session.action();
  }();
  if (done.has_value()) return 0;
  report(session, done.error());
  return exit_code(done.error().fault);
}

}  // namespace delever::cli
