#include "cli/cli.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include "base/source_root.h"

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
    nlohmann::ordered_json json;
    json["error"] = {
        {"kind", fault_name(error.fault)}, {"where", error.where}, {"what", error.what}};
    write(session.io.err,
          json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  } else {
    write(session.io.err, fmt::format("delever: {}\n", error.text()));
  }
}

// What is wrong with the usage: CLI11's words, and a name for a verb that is none.
std::string usage_fault(const CLI::App& verb, const CLI::ParseError& error) {
  const std::vector<std::string> unknown = verb.remaining();
  if (verb.get_require_subcommand_min() == 0 || unknown.empty() || unknown[0].starts_with('-'))
    return error.what();
  std::string known;
  for (const CLI::App* other : verb.get_subcommands(nullptr))
    known += (known.empty() ? "" : ", ") + other->get_name();
  return fmt::format("no verb \"{}\" (there are {})", unknown[0], known);
}

// An empty text is a mistake, such as a variable that a script never set, and never "the default".
// CLI11 would read it as 0 where a number is wanted, so it is refused here, of every option of
// every verb.
Result<void> refuse_empty(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& value : option->results()) {
      if (value.empty()) return Error{Fault::malformed, "is empty", option->get_name()};
    }
  }
  for (const CLI::App* verb : app.get_subcommands(nullptr))
    TRY(refuse_empty(*verb));  // groups of options as well
  return {};
}

}  // namespace

void write(std::FILE* file, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), file);
}

void add_format(CLI::App* verb, Session& session, const std::vector<std::string>& formats) {
  verb->add_option("--format", session.format, "output format")
      ->check(CLI::IsMember(formats))
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
  CLI::App app{
      "delever: how much leverage the crypto market still carries, and what the next wave would "
      "look like",
      "delever"};
  app.require_subcommand(1);
  app.set_version_flag("--version", "delever 0.1.0");
  app.footer(
      "Exit: 0 done, 2 usage, 3 bad input (what and where), 4 refused for lack of evidence.\n"
      "Start with: delever demo");
  Session session;
  session.io = io;
  add_brief(app, session);
  add_gauges(app, session);
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
  try {  // CLI11 reports through exceptions; they stop here
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    std::ostringstream out, err;
    app.exit(success, out, err);
    write(io.out, out.str());
    return 0;
  } catch (const CLI::ParseError& error) {
    if (io.other_rank)
      return 0;  // rank 0 will say it; an exit code from here might have it ended before it does
    const CLI::App* verb = &app;
    std::string path = app.get_name();
    while (!verb->get_subcommands().empty()) {
      verb = verb->get_subcommands().back();
      if (!verb->get_name().empty()) path += " " + verb->get_name();  // a group of options has none
    }
    report(session, {Fault::refused, usage_fault(*verb, error)});
    if (session.format != "json") write(io.err, fmt::format("see: {} --help\n", path));
    return kUsage;
  }
  CHECK(session.action);
  if (io.other_rank && !session.for_all_ranks) return 0;
  const auto done = [&]() -> Result<void> {
    TRY(refuse_empty(app));
    return session.action();
  }();
  if (done.has_value()) return 0;
  report(session, done.error());
  return exit_code(done.error().fault);
}

}  // namespace delever::cli
