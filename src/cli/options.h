// Declaring verbs and their options. The argument parser (CLI11) is seen by options.cc alone: its
// header costs more to compile than the rest of a verb together. It hands over texts; every number
// of the command line is read here, once, by one set of rules.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace delever::cli {

// What a file that an option names is to the run; OutputGuard holds one against the other.
enum class FileRole {
  none,
  reads,
  writes,       // replaced, when it is whole
  writes_tape,  // as writes; a recording that was simulated here may be replaced
  grows,        // added to: a tape that is imported to, a file of runs
};

class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}
  Option* required();
  Option* capture_default_str();  // the help shows the value that the variable has now
  Option* one_of(const std::vector<std::string>& values);
  // Of a number; said in the option's own words when it is not so.
  Option* positive(double high = 1e15);
  Option* not_negative();
  Option* between(double low, double high);
  Option* delimiter(char separator);
  Option* excludes(const Option* other);
  Option* type_name(const std::string& name);
  Option* reads() { return with_role(FileRole::reads); }
  Option* writes() { return with_role(FileRole::writes); }
  Option* writes_tape() { return with_role(FileRole::writes_tape); }
  Option* grows() { return with_role(FileRole::grows); }

 private:
  friend class Verb;
  struct Limits {
    double low = -1e15, high = 1e15;  // of a number that says nothing else
    bool low_excluded = false;
  };
  Option* with_role(FileRole role);
  CLI::Option* option_;
  std::shared_ptr<Limits> limits_ = std::make_shared<Limits>();
  FileRole role_ = FileRole::none;
  enum class Takes { text, number, flag } takes_ = Takes::text;
  std::vector<std::string> choices_;                 // of one_of()
  std::function<std::vector<std::string>()> texts_;  // what the variable holds, of a text
  std::function<void(std::vector<std::string>)> put_;
};

// What the program can be asked, for its own help and for tests over all of it.
struct OptionInfo {
  std::string name;  // "--at"; of a positional argument "tapes"
  std::string what;
  bool positional = false, required = false, number = false, flag = false;
  FileRole role = FileRole::none;
  std::string takes;     // "FILE", "NUMBER"; empty of a flag
  std::string standard;  // the value when it is not given, where the help shows one
  std::vector<std::string> choices{};
};
struct VerbInfo {
  std::string name;  // "tape cat"
  std::string what;
  std::vector<OptionInfo> options;
  bool runs = true;  // false: only its own verbs do
};

// A file that the arguments name, and what for.
struct NamedFile {
  std::string option, path;
  FileRole role;
};

// A verb, or a group of its options. What is declared lives as long as the whole command line.
class Verb {
 public:
  explicit Verb(CLI::App* app);
  ~Verb();
  Verb(const Verb&) = delete;
  Verb& operator=(const Verb&) = delete;

  Verb* add_subcommand(const std::string& name, const std::string& what);
  Verb* add_option_group(const std::string& name);
  // The variable must outlive the reading of the arguments.
  Option* add_option(const std::string& name, std::string& into, const std::string& what);
  Option* add_option(const std::string& name, std::vector<std::string>& into,
                     const std::string& what);
  Option* add_option(const std::string& name, double& into, const std::string& what);
  Option* add_option(const std::string& name, std::optional<double>& into, const std::string& what);
  Option* add_option(const std::string& name, uint64_t& into, const std::string& what);
  Option* add_option(const std::string& name, int64_t& into, const std::string& what);
  Option* add_option(const std::string& name, unsigned& into, const std::string& what);
  // A share of something: 0.05, or 5%.
  Option* add_share(const std::string& name, double& into, const std::string& what);
  Option* add_share(const std::string& name, std::optional<double>& into, const std::string& what);
  Option* add_flag(const std::string& name, bool& into, const std::string& what);
  void require_option(int count);
  void require_subcommand(int count);
  void callback(std::function<void()> done);

 private:
  friend class CommandLine;
  Option* add_texts(const std::string& name, std::vector<std::string>& into,
                    const std::string& what);
  template <class Read, class Show>
  Option* add_number(const std::string& name, const std::string& what, Read read, Show show);
  Option* keep(CLI::Option* option);
  void describe(const std::string& path, std::vector<VerbInfo>& verbs) const;
  void options_of(std::vector<OptionInfo>& options) const;
  void files_of(std::vector<NamedFile>& files) const;
  void find_reads(const std::function<std::string(const std::string&)>& find);
  CLI::App* app_;
  std::vector<std::unique_ptr<Verb>> verbs_;
  std::vector<std::unique_ptr<Option>> options_;
};

// From a callback: the usage lacks these options; the usage is wrong for this reason.
[[noreturn]] void throw_required(const std::string& options);

// What reading the arguments came to.
struct Usage {
  enum class Kind { run, printed, wrong, nothing } kind = Kind::run;
  std::string text;  // printed: help or version; wrong: what is wrong
  std::string verb;  // wrong: "delever stress", whose help says more
};

class CommandLine {
 public:
  CommandLine(const std::string& what, const std::string& name,
              std::function<std::string()> version, const std::string& footer);
  ~CommandLine();
  Verb& root();
  Usage parse(int argc, const char* const* argv);
  // An empty text is a mistake, such as a variable that a script never set, and never "the
  // default", so it is refused, of every option of every verb.
  Result<void> refuse_empty() const;
  // Every file to read that was named in the arguments is now what `find` says it is.
  void find_reads(const std::function<std::string(const std::string&)>& find);
  std::vector<NamedFile> files() const;  // of the verb that was given, defaults included
  std::vector<VerbInfo> verbs() const;
  std::string help_of(const std::string& verb) const;  // "" where there is no such verb

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace delever::cli
