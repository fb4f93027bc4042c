// delever explain NAME: what a word of the program means; delever help VERB: how it is called.
#include <fmt/format.h>

#include <memory>

#include "base/nearest.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/examples.h"
#include "cli/output.h"
#include "cli/pages.h"
#include "reports/explain.h"

namespace delever::cli {

using namespace reports;

namespace {

// A paragraph of at most `width` columns, every line but the first indented.
std::string wrapped(std::string_view text, size_t width, size_t indent) {
  std::string out;
  size_t column = indent;
  for (const std::string_view word : split(text, ' ')) {
    if (column > indent && column + 1 + word.size() > width) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

std::string list_text(const std::vector<Explained>& words, size_t width) {
  std::string out, kind;
  for (const Explained& word : words) {
    if (word.kind != kind) out += fmt::format("{}{}\n", kind.empty() ? "" : "\n", word.kind);
    kind = word.kind;
    out += fmt::format("  {:<32}  {}\n", word.name, wrapped(word.meaning, width, 36));
  }
  return out;
}

Result<void> run_explain(Session& session, const std::string& name) {
  const std::vector<Explained> words = TRY(explained_words());
  if (name.empty()) return write_output(session, "", list_text(words, session.io.width));
  std::vector<Explained> found;
  std::vector<std::string> names;
  for (const Explained& word : words) {
    if (lower(word.name) == lower(name) || lower(word.kind) == lower(name)) found.push_back(word);
    names.push_back(word.name);
  }
  if (found.empty()) {
    return Error{Fault::usage,
                 fmt::format("no word \"{}\"{}: delever explain lists them", name.substr(0, 40),
                             did_you_mean(name, names)),
                 "explain"};
  }
  std::string out;
  // A kind of words is a list; a word that is of several kinds is told of each.
  if (lower(found[0].name) != lower(name))
    return write_output(session, "", list_text(found, session.io.width));
  for (const Explained& word : found) {
    out += fmt::format("{}: {}\n  {}\n", word.name, word.kind,
                       wrapped(word.meaning, session.io.width, 2));
    for (const std::string& more : word.more)
      out += fmt::format("  {}\n", wrapped(more, session.io.width, 4));
  }
  return write_output(session, "", out);
}

Result<void> run_help(Session& session, const CommandLine& line,
                      const std::vector<std::string>& words) {
  std::string verb;
  for (const std::string& word : words) verb += (verb.empty() ? "" : " ") + word;
  std::vector<std::string> names;
  for (const VerbInfo& known : line.verbs()) names.push_back(known.name);
  const std::string help = verb.empty() ? line.help_of("") : line.help_of(verb);
  if (help.empty()) {
    const std::string near = nearest_of(verb, names);
    return Error{Fault::usage,
                 fmt::format("no verb \"{}\"{}", verb.substr(0, 40),
                             near.empty() ? "" : fmt::format(": did you mean {}?", near)),
                 "help"};
  }
  std::string out = fitted_help(help, session.io.width);
  for (const Example& example : examples_of(verb))
    out += fmt::format("\n{}\n  {}\n", wrapped(example.what, session.io.width, 0), example.line);
  return write_output(session, "", out);
}

}  // namespace

std::string fitted_help(std::string_view help, size_t width) {
  constexpr size_t kDescriptions = 30;  // the column at which CLI11 begins them
  std::string out;
  for (std::string_view line : split(help, '\n')) {
    const size_t indent = line.starts_with("  ") ? kDescriptions : 0;
    size_t column = 0;
    while (column + line.size() > width) {
      const size_t space = line.rfind(' ', width - column);
      if (space == line.npos || column + space <= indent) break;  // a word wider than its column
      out.append(line.substr(0, space)) += '\n';
      out.append(indent, ' ');
      line.remove_prefix(space + 1);
      column = indent;
    }
    out.append(line) += '\n';
  }
  if (!out.empty()) out.pop_back();
  return out;
}

void add_explain(Verb& app, Session& session) {
  auto name = std::make_shared<std::string>();
  Verb* verb = app.add_subcommand(
      "explain", "what a gauge, a state, a claim's metric, an exit code, a rule or a map means");
  verb->add_option("name", *name, "the word, or a kind of words (default: all of them)");
  verb->callback([&session, name] {
    session.action = [&session, name] { return run_explain(session, *name); };
  });
}

void add_help(Verb& app, Session& session, const CommandLine& line) {
  auto words = std::make_shared<std::vector<std::string>>();
  Verb* verb = app.add_subcommand("help", "a verb's options, with an example");
  verb->add_option("verb", *words, "as stress, or tape cat (default: all verbs)");
  verb->callback([&session, &line, words] {
    session.action = [&session, &line, words] { return run_help(session, line, *words); };
  });
}

}  // namespace delever::cli
