#include "cli/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <sstream>

namespace delever::cli {

Option* Option::required() {
  option_->required();
  return this;
}
Option* Option::capture_default_str() {
  option_->capture_default_str();
  return this;
}
Option* Option::one_of(const std::vector<std::string>& values) {
  option_->check(CLI::IsMember(values));
  return this;
}
Option* Option::positive() {
  option_->check(CLI::PositiveNumber);
  return this;
}
Option* Option::not_negative() {
  option_->check(CLI::NonNegativeNumber);
  return this;
}
Option* Option::between(double low, double high) {
  option_->check(CLI::Range(low, high));
  return this;
}
Option* Option::between(int low, int high) {
  option_->check(CLI::Range(low, high));
  return this;
}
Option* Option::delimiter(char separator) {
  option_->delimiter(separator);
  return this;
}
Option* Option::excludes(const Option* other) {
  option_->excludes(other->option_);
  return this;
}
Option* Option::type_name(const std::string& name) {
  option_->type_name(name);
  return this;
}

Verb::Verb(CLI::App* app) : app_(app) {}
Verb::~Verb() = default;

Verb* Verb::add_subcommand(const std::string& name, const std::string& what) {
  return verbs_.emplace_back(std::make_unique<Verb>(app_->add_subcommand(name, what))).get();
}
Verb* Verb::add_option_group(const std::string& name) {
  return verbs_.emplace_back(std::make_unique<Verb>(app_->add_option_group(name))).get();
}
Option* Verb::keep(CLI::Option* option) {
  return options_.emplace_back(std::make_unique<Option>(option)).get();
}
template <class T>
Option* Verb::add(const std::string& name, T& into, const std::string& what) {
  return keep(app_->add_option(name, into, what));
}
Option* Verb::add_option(const std::string& name, std::string& into, const std::string& what) {
  return add(name, into, what);
}
Option* Verb::add_option(const std::string& name, std::vector<std::string>& into,
                         const std::string& what) {
  return add(name, into, what);
}
Option* Verb::add_option(const std::string& name, double& into, const std::string& what) {
  return add(name, into, what);
}
Option* Verb::add_option(const std::string& name, std::optional<double>& into,
                         const std::string& what) {
  return add(name, into, what);
}
Option* Verb::add_option(const std::string& name, uint64_t& into, const std::string& what) {
  return add(name, into, what);
}
Option* Verb::add_option(const std::string& name, int64_t& into, const std::string& what) {
  return add(name, into, what);
}
Option* Verb::add_option(const std::string& name, unsigned& into, const std::string& what) {
  return add(name, into, what);
}
Option* Verb::add_flag(const std::string& name, bool& into, const std::string& what) {
  return keep(app_->add_flag(name, into, what));
}
void Verb::require_option(int count) { app_->require_option(count); }
void Verb::require_subcommand(int count) { app_->require_subcommand(count); }
void Verb::callback(std::function<void()> done) { app_->callback(std::move(done)); }

void throw_required(const std::string& options) { throw CLI::RequiredError(options); }

namespace {

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

Result<void> refuse_empty_of(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& value : option->results()) {
      if (value.empty()) return Error{Fault::malformed, "is empty", option->get_name()};
    }
  }
  for (const CLI::App* verb : app.get_subcommands(nullptr))
    TRY(refuse_empty_of(*verb));  // groups of options as well
  return {};
}

}  // namespace

struct CommandLine::Parser {
  CLI::App app;
  Verb root{&app};
  Parser(const std::string& what, const std::string& name) : app(what, name) {}
};

CommandLine::CommandLine(const std::string& what, const std::string& name,
                         const std::string& version, const std::string& footer)
    : parser_(std::make_unique<Parser>(what, name)) {
  parser_->app.require_subcommand(1);
  parser_->app.set_version_flag("--version", version);
  parser_->app.footer(footer);
}
CommandLine::~CommandLine() = default;

Verb& CommandLine::root() { return parser_->root; }

Usage CommandLine::parse(int argc, const char* const* argv) {
  CLI::App& app = parser_->app;
  try {  // CLI11 reports through exceptions; they stop here
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    std::ostringstream out, err;
    app.exit(success, out, err);
    return {Usage::Kind::printed, out.str(), ""};
  } catch (const CLI::ParseError& error) {
    const CLI::App* verb = &app;
    std::string path = app.get_name();
    while (!verb->get_subcommands().empty()) {
      verb = verb->get_subcommands().back();
      if (!verb->get_name().empty()) path += " " + verb->get_name();  // a group of options has none
    }
    return {Usage::Kind::wrong, usage_fault(*verb, error), path};
  }
  return {};
}

Result<void> CommandLine::refuse_empty() const { return refuse_empty_of(parser_->app); }

}  // namespace delever::cli
