#include "cli/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "base/nearest.h"
#include "base/text.h"

namespace delever::cli {
namespace {

constexpr size_t kShownText = 40;  // of what was written, in an error

std::string shown(std::string_view text) {
  return text.size() <= kShownText ? std::string(text)
                                   : std::string(text.substr(0, kShownText)) + "...";
}

// Reading one number; the error says what is wanted.
struct NumberRules {
  bool whole = false, share = false;
  double low = 0, high = 0;
  bool low_excluded = false;
};

std::string wanted(const NumberRules& rules) {
  std::string what = rules.whole   ? "a whole number"
                     : rules.share ? "a share, as 0.05 or 5%,"
                                   : "a number";
  if (rules.low_excluded)
    what += fmt::format(" above {:.12g}", rules.low);
  else if (rules.low > -1e15)
    what += fmt::format(" from {:.12g}", rules.low);
  if (rules.high < 1e15)
    what += fmt::format("{} {:.12g}", rules.low_excluded ? " and at most" : " to", rules.high);
  if (what.ends_with(',')) what.pop_back();
  return what;
}

// The number in plain units, whatever its limits: "+5", "5%" of a share; nothing else around it.
std::optional<double> read_plain(std::string_view text, const NumberRules& rules) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double unit = 1;
  if (rules.share && text.ends_with('%')) {
    unit = 100;
    text.remove_suffix(1);
  }
  if (rules.whole) {
    const auto value = read_int(text);
    return value ? std::optional<double>(static_cast<double>(*value)) : std::nullopt;
  }
  const auto value = read_double(text);
  return value ? std::optional<double>(*value / unit) : std::nullopt;
}

std::optional<double> read_number(std::string_view text, const NumberRules& rules) {
  const auto value = read_plain(text, rules);
  if (!value || *value > rules.high || *value < rules.low ||
      (rules.low_excluded && *value == rules.low))
    return std::nullopt;
  return value;
}

}  // namespace

Option* Option::required() {
  option_->required();
  return this;
}
Option* Option::capture_default_str() {
  option_->capture_default_str();
  return this;
}
Option* Option::one_of(const std::vector<std::string>& values) {
  choices_ = values;
  std::string list;
  for (const std::string& v : values) list += (list.empty() ? "" : ", ") + v;
  // In any case: --side LONG is --side long.
  option_->transform(CLI::Validator(
      [values, list](std::string& text) {
        for (const std::string& value : values) {
          if (lower(text) != lower(value)) continue;
          text = value;
          return std::string();
        }
        return fmt::format("want one of {}: {}{}", list, shown(text), did_you_mean(text, values));
      },
      "{" + list + "}"));
  return this;
}
Option* Option::positive(double high) {
  limits_->low = 0;
  limits_->high = high;
  limits_->low_excluded = true;
  return this;
}
Option* Option::not_negative() {
  limits_->low = 0;
  return this;
}
Option* Option::between(double low, double high) {
  limits_->low = low;
  limits_->high = high;
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
Option* Option::with_role(FileRole role) {
  role_ = role;
  if (takes_ == Takes::text) option_->type_name(role == FileRole::none ? "TEXT" : "FILE");
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
Option* Verb::add_option(const std::string& name, std::string& into, const std::string& what) {
  Option* option = keep(app_->add_option(name, into, what));
  option->texts_ = [&into] {
    return into.empty() ? std::vector<std::string>() : std::vector<std::string>{into};
  };
  option->put_ = [&into](std::vector<std::string> texts) { into = texts.at(0); };
  return option;
}
Option* Verb::add_option(const std::string& name, std::vector<std::string>& into,
                         const std::string& what) {
  Option* option = keep(app_->add_option(name, into, what));
  option->texts_ = [&into] { return into; };
  option->put_ = [&into](std::vector<std::string> texts) { into = std::move(texts); };
  return option;
}

// `read` stores a number that keeps the limits; `show` gives the default.
template <class Read, class Show>
Option* Verb::add_number(const std::string& name, const std::string& what, Read read, Show show) {
  auto limits = std::make_shared<Option::Limits>();
  CLI::Option* made = app_->add_option(
      name,
      [name, limits, read](const CLI::results_t& texts) {
        NumberRules rules = read.rules;
        rules.low = std::max(rules.low, limits->low);
        rules.high = std::min(rules.high, limits->high);
        rules.low_excluded = limits->low_excluded;
        const auto value = read_number(texts.back(), rules);
        if (!value && !texts.back().empty())  // an empty one is told by refuse_empty()
          throw CLI::ValidationError(
              name, fmt::format("want {}: {}", wanted(rules), shown(texts.back())));
        if (value) read.store(*value);
        return true;
      },
      what, false, std::function<std::string()>(show));
  made->expected(1)->type_name(read.rules.whole ? "COUNT" : read.rules.share ? "SHARE" : "NUMBER");
  Option* option = keep(made);
  option->limits_ = limits;
  option->takes_ = Option::Takes::number;
  return option;
}

namespace {

// Where a number goes once it keeps the rules.
template <class T>
struct Reading {
  T* into;
  NumberRules rules;
  void store(double value) const { *into = static_cast<T>(value); }
};
template <class T>
struct Reading<std::optional<T>> {
  std::optional<T>* into;
  NumberRules rules;
  void store(double value) const { *into = static_cast<T>(value); }
};

// Whole numbers go through double: exact up to here.
constexpr double kWholeMax = 9007199254740992.0;
constexpr NumberRules kAny{.low = -1e15, .high = 1e15};
constexpr NumberRules kShare{.share = true, .low = -1e15, .high = 1e15};

std::string written(double value) { return fmt::format("{:g}", value); }

}  // namespace

Option* Verb::add_option(const std::string& name, double& into, const std::string& what) {
  return add_number(name, what, Reading<double>{&into, kAny}, [&into] { return written(into); });
}
Option* Verb::add_option(const std::string& name, std::optional<double>& into,
                         const std::string& what) {
  return add_number(name, what, Reading<std::optional<double>>{&into, kAny},
                    [] { return std::string(); });
}
Option* Verb::add_share(const std::string& name, double& into, const std::string& what) {
  return add_number(name, what, Reading<double>{&into, kShare}, [&into] { return written(into); });
}
Option* Verb::add_share(const std::string& name, std::optional<double>& into,
                        const std::string& what) {
  return add_number(name, what, Reading<std::optional<double>>{&into, kShare},
                    [] { return std::string(); });
}
Option* Verb::add_option(const std::string& name, uint64_t& into, const std::string& what) {
  return add_number(name, what,
                    Reading<uint64_t>{&into, {.whole = true, .low = 0, .high = kWholeMax}},
                    [&into] { return std::to_string(into); });
}
Option* Verb::add_option(const std::string& name, int64_t& into, const std::string& what) {
  return add_number(name, what,
                    Reading<int64_t>{&into, {.whole = true, .low = -kWholeMax, .high = kWholeMax}},
                    [&into] { return std::to_string(into); });
}
Option* Verb::add_option(const std::string& name, unsigned& into, const std::string& what) {
  return add_number(
      name, what,
      Reading<unsigned>{
          &into, {.whole = true, .low = 0, .high = double{std::numeric_limits<unsigned>::max()}}},
      [&into] { return std::to_string(into); });
}
Option* Verb::add_flag(const std::string& name, bool& into, const std::string& what) {
  Option* option = keep(app_->add_flag(name, into, what));
  option->takes_ = Option::Takes::flag;
  return option;
}
void Verb::require_option(int count) { app_->require_option(count); }
void Verb::require_subcommand(int count) { app_->require_subcommand(count); }
void Verb::callback(std::function<void()> done) { app_->callback(std::move(done)); }

namespace {

// Without the choices, which CLI11 puts behind it.
std::string type_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  return type.substr(0, type.find(':'));
}

}  // namespace

// Those of its groups of options as well: a group has no name of its own.
void Verb::options_of(std::vector<OptionInfo>& options) const {
  for (const auto& option : options_) {
    const CLI::Option& o = *option->option_;
    options.push_back({.name = o.get_name(),
                       .what = o.get_description(),
                       .positional = o.get_positional(),
                       .required = o.get_required(),
                       .number = option->takes_ == Option::Takes::number,
                       .flag = option->takes_ == Option::Takes::flag,
                       .role = option->role_,
                       .takes = option->takes_ == Option::Takes::flag ? "" : type_of(o),
                       .standard = o.get_default_str(),
                       .choices = option->choices_});
  }
  for (const auto& group : verbs_) {
    if (group->app_->get_name().empty()) group->options_of(options);
  }
}

// A verb, then its own verbs.
void Verb::describe(const std::string& path, std::vector<VerbInfo>& verbs) const {
  VerbInfo info{path, app_->get_description(), {}, app_->get_require_subcommand_min() == 0};
  options_of(info.options);
  if (!path.empty()) verbs.push_back(std::move(info));
  for (const auto& verb : verbs_) {
    const std::string name = verb->app_->get_name();
    if (!name.empty()) verb->describe(path.empty() ? name : path + " " + name, verbs);
  }
}

// Defaults included: the rules that nobody named are read all the same.
void Verb::files_of(std::vector<NamedFile>& files) const {
  for (const auto& option : options_) {
    if (option->role_ == FileRole::none || !option->texts_) continue;
    for (const std::string& path : option->texts_())
      files.push_back({option->option_->get_name(), path, option->role_});
  }
  for (const auto& verb : verbs_) {
    if (verb->app_->parsed() || verb->app_->get_name().empty()) verb->files_of(files);
  }
}

// Defaults are found where they are read, under the name that the help shows.
void Verb::find_reads(const std::function<std::string(const std::string&)>& find) {
  for (const auto& option : options_) {
    if (option->role_ != FileRole::reads || !option->texts_ || option->option_->count() == 0)
      continue;
    std::vector<std::string> texts = option->texts_();
    for (std::string& text : texts) text = find(text);
    if (!texts.empty()) option->put_(std::move(texts));
  }
  for (const auto& verb : verbs_) {
    if (verb->app_->parsed() || verb->app_->get_name().empty()) verb->find_reads(find);
  }
}

void throw_required(const std::string& options) { throw CLI::RequiredError(options); }

namespace {

std::vector<std::string> verb_names(const CLI::App& verb) {
  std::vector<std::string> names;
  for (const CLI::App* other : verb.get_subcommands(nullptr)) {
    if (!other->get_name().empty()) names.push_back(other->get_name());
  }
  return names;
}

void option_names(const CLI::App& verb, std::vector<std::string>& names) {
  for (const CLI::Option* option : verb.get_options()) {
    if (!option->get_positional()) names.push_back(option->get_name());
  }
  for (const CLI::App* group : verb.get_subcommands(nullptr)) {
    if (group->get_name().empty()) option_names(*group, names);
  }
}

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

// "scenario is required", with what a scenario is.
std::string missing_fault(const CLI::App& verb, std::string said) {
  if (verb.get_require_subcommand_min() > 0 && verb.get_subcommands().empty())
    return fmt::format("{} wants one of its verbs: {}", verb.get_name(), listed(verb_names(verb)));
  for (const CLI::Option* option : verb.get_options()) {
    if (said == option->get_name() + " is required")
      return fmt::format("{}: {}", said, option->get_description());
  }
  return said;
}

// A word that belongs to no option: where files may go.
std::string extra_fault(const CLI::App& verb, const std::string& word) {
  std::vector<std::string> files;
  bool takes_words = false;
  const std::function<void(const CLI::App&)> gather = [&](const CLI::App& app) {
    for (const CLI::Option* option : app.get_options()) {
      takes_words |= option->get_positional();
      if (!option->get_positional() && type_of(*option) == "FILE")
        files.push_back(option->get_name());
    }
    for (const CLI::App* group : app.get_subcommands(nullptr)) {
      if (group->get_name().empty()) gather(*group);
    }
  };
  gather(verb);
  return fmt::format("\"{}\" is not expected: {}", shown(word),
                     takes_words     ? "one word more than it takes"
                     : files.empty() ? "it takes no word that stands alone"
                                     : "a file goes behind its option: " + listed(files));
}

// What is wrong with the usage: CLI11's words, and a name for a verb or an option that is none.
std::string usage_fault(const CLI::App& verb, const CLI::ParseError& error) {
  const std::vector<std::string> unknown = verb.remaining();
  if (!unknown.empty() && unknown[0].starts_with("-")) {
    std::vector<std::string> names;
    option_names(verb, names);
    const std::string name = unknown[0].substr(0, unknown[0].find('='));
    return fmt::format("no option {}{}", shown(name), did_you_mean(name, names));
  }
  if (unknown.empty()) return missing_fault(verb, error.what());
  if (verb.get_require_subcommand_min() == 0) return extra_fault(verb, unknown[0]);
  const std::vector<std::string> names = verb_names(verb);
  const std::string known = listed(names);
  const std::string near = nearest_of(unknown[0], names);
  return fmt::format("no verb \"{}\"{} (there are {})", shown(unknown[0]),
                     near.empty() ? "" : fmt::format(": did you mean {}?", near), known);
}

Result<void> refuse_empty_of(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& value : option->results()) {
      if (value.empty()) return Error{Fault::usage, "is empty", option->get_name()};
    }
  }
  for (const CLI::App* verb : app.get_subcommands(nullptr))
    TRY(refuse_empty_of(*verb));  // groups of options as well
  return {};
}

// The texts that were written for an option, as they were written: behind its name, up to the next
// option ("-5%" is none).
std::vector<std::string> written_for(const std::string& name,
                                     const std::vector<std::string>& arguments) {
  std::vector<std::string> out;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i].starts_with(name + "=")) out.push_back(arguments[i].substr(name.size() + 1));
    if (arguments[i] != name) continue;
    for (; i + 1 < arguments.size() && !arguments[i + 1].starts_with("--"); ++i)
      out.push_back(arguments[i + 1]);
  }
  return out;
}

// CLI11 leaves empty elements of a list out without a word.
Result<void> refuse_holes_of(const CLI::App& app, const std::vector<std::string>& arguments) {
  for (const CLI::Option* option : app.get_options()) {
    const char separator = option->get_delimiter();
    if (separator == 0) continue;
    for (const std::string& text : written_for(option->get_name(), arguments)) {
      for (const std::string_view element : split(text, separator)) {
        if (trimmed(element).empty())
          return Error{Fault::usage, fmt::format("\"{}\" has an empty element", shown(text)),
                       option->get_name()};
      }
    }
  }
  for (const CLI::App* verb : app.get_subcommands(nullptr)) {
    if (verb->parsed() || verb->get_name().empty()) TRY(refuse_holes_of(*verb, arguments));
  }
  return {};
}

}  // namespace

struct CommandLine::Parser {
  CLI::App app;
  Verb root{&app};
  std::vector<std::string> arguments;  // as they were written
  Parser(const std::string& what, const std::string& name) : app(what, name) {}
};

CommandLine::CommandLine(const std::string& what, const std::string& name,
                         std::function<std::string()> version, const std::string& footer)
    : parser_(std::make_unique<Parser>(what, name)) {
  parser_->app.require_subcommand(1);
  parser_->app.set_version_flag("--version", std::move(version));
  parser_->app.footer(footer);
}
CommandLine::~CommandLine() = default;

Verb& CommandLine::root() { return parser_->root; }

Usage CommandLine::parse(int argc, const char* const* argv) {
  CLI::App& app = parser_->app;
  if (argc < 2) return {Usage::Kind::nothing, "", app.get_name()};
  parser_->arguments.assign(argv + 1, argv + argc);
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

Result<void> CommandLine::refuse_empty() const {
  TRY(refuse_empty_of(parser_->app));
  return refuse_holes_of(parser_->app, parser_->arguments);
}

void CommandLine::find_reads(const std::function<std::string(const std::string&)>& find) {
  parser_->root.find_reads(find);
}

std::vector<NamedFile> CommandLine::files() const {
  std::vector<NamedFile> files;
  parser_->root.files_of(files);
  return files;
}

std::vector<VerbInfo> CommandLine::verbs() const {
  std::vector<VerbInfo> verbs;
  parser_->root.describe("", verbs);
  return verbs;
}

std::string CommandLine::help_of(const std::string& verb) const {
  const CLI::App* at = &parser_->app;
  std::string path = at->get_name();
  for (const std::string_view part : split(verb, ' ')) {
    if (verb.empty()) break;
    const CLI::App* next = nullptr;
    for (const CLI::App* other : at->get_subcommands(nullptr)) {
      if (other->get_name() == part) next = other;
    }
    if (!next) return "";
    at = next;
    path += " " + at->get_name();
  }
  // App::help would hand on to the verb that is being run, which is `help`.
  return at->get_formatter()->make_help(at, path, CLI::AppFormatMode::Normal);
}

}  // namespace delever::cli
