// Declaring verbs and their options. The argument parser (CLI11) is seen by options.cc alone: its
// header costs more to compile than the rest of a verb together.
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

class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}
  Option* required();
  Option* capture_default_str();  // the help shows the value that the variable has now
  Option* one_of(const std::vector<std::string>& values);
  Option* positive();
  Option* not_negative();
  Option* between(double low, double high);
  Option* between(int low, int high);
  Option* delimiter(char separator);
  Option* excludes(const Option* other);
  Option* type_name(const std::string& name);

 private:
  CLI::Option* option_;
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
  Option* add_flag(const std::string& name, bool& into, const std::string& what);
  void require_option(int count);
  void require_subcommand(int count);
  void callback(std::function<void()> done);

 private:
  template <class T>
  Option* add(const std::string& name, T& into, const std::string& what);
  Option* keep(CLI::Option* option);
  CLI::App* app_;
  std::vector<std::unique_ptr<Verb>> verbs_;
  std::vector<std::unique_ptr<Option>> options_;
};

// From a callback: the usage lacks these options.
[[noreturn]] void throw_required(const std::string& options);

// What reading the arguments came to.
struct Usage {
  enum class Kind { run, printed, wrong } kind = Kind::run;
  std::string text;  // printed: help or version; wrong: what is wrong
  std::string verb;  // wrong: "delever stress", whose help says more
};

class CommandLine {
 public:
  CommandLine(const std::string& what, const std::string& name, const std::string& version,
              const std::string& footer);
  ~CommandLine();
  Verb& root();
  Usage parse(int argc, const char* const* argv);
  // An empty text is a mistake, such as a variable that a script never set, and never "the
  // default". The parser would read it as 0 where a number is wanted, so it is refused, of every
  // option of every verb.
  Result<void> refuse_empty() const;

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace delever::cli
