#include <fmt/format.h>

#include "base/partial_file.h"
#include "cli/examples.h"
#include "cli/pages.h"
#include "reports/build_id.h"

namespace delever::cli {
namespace {

// Text as troff wants it: no backslash and no hyphen of its own, no line that begins with a dot.
std::string troff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  if (out.starts_with('.') || out.starts_with('\'')) out.insert(0, "\\&");
  return out;
}

std::string bold(std::string_view text) { return "\\fB" + troff(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + troff(text) + "\\fR"; }

std::string option_text(const OptionInfo& o) {
  std::string out = ".TP\n" + (o.positional ? italic(o.name) : bold(o.name));
  if (!o.positional && !o.takes.empty()) out += " " + italic(o.takes);
  out += "\n" + troff(o.what.empty() ? o.name : o.what);
  if (!o.choices.empty()) {
    out += "; one of";
    for (const std::string& choice : o.choices) out += " " + bold(choice);
  }
  if (o.required) out += " (required)";
  if (!o.standard.empty()) out += " (default: " + troff(o.standard) + ")";
  return out + "\n";
}

std::string verb_text(const VerbInfo& verb) {
  std::string out = fmt::format(".SS \"delever {}\"\n{}\n", troff(verb.name), troff(verb.what));
  for (const OptionInfo& o : verb.options) {
    if (o.name != "--help") out += option_text(o);
  }
  for (const Example& example : examples_of(verb.name))
    out += fmt::format(".PP\n{}\n.PP\n.RS 4\n.EX\n{}\n.EE\n.RE\n", troff(example.what),
                       troff(example.line));
  return out;
}

constexpr std::string_view kEnd = R"(.SH FILES
Rules, rulebooks, maps, scenarios, episodes and samples come with the program. A name such as
.I rules/2026\-01\-30.toml
or
.I samples/day.tape
is looked for as it stands, then there:
.TP
.I ../share/delever
beside the folder of the program.
.SH ENVIRONMENT
.TP
.B DELEVER_HOME
a folder to look for these files in, and no other.
.SH EXIT STATUS
.TP
.B 0
done
.TP
.B 2
the command line is wrong
.TP
.B 3
an input is missing or damaged, or an output cannot be written; which, and where, on standard error
.TP
.B 4
nothing that was asked for is known
)";

}  // namespace

std::string manual_page(const std::vector<VerbInfo>& verbs) {
  std::string out = fmt::format(
      ".TH DELEVER 1 \"{}\" \"delever {}\" \"User Commands\"\n.SH NAME\ndelever \\- how much "
      "leverage the crypto market still carries, and what the next wave would look like\n"
      ".SH SYNOPSIS\n.B delever\n.I VERB\n.RI [ OPTIONS ]\n.br\n.B delever help\n.I VERB\n.br\n"
      ".B delever explain\n.I NAME\n.SH DESCRIPTION\nRecordings of crypto derivatives markets "
      "become readings with sources, time, interval, definition and state; published claims are "
      "checked against them; the next wave is rehearsed on a whole exchange.\n"
      "Times are ISO\\-8601 in UTC.\n.SH VERBS\n",
      reports::commit().substr(0, 10), reports::version());
  for (const VerbInfo& verb : verbs) {
    if (verb.runs) out += verb_text(verb);
  }
  return out + std::string(kEnd);
}

Result<void> write_pages(const std::vector<VerbInfo>& verbs, const std::string& folder) {
  TRY(write_file_atomically(folder + "/delever.1", manual_page(verbs)));
  return write_file_atomically(folder + "/delever.bash", bash_completion(verbs));
}

}  // namespace delever::cli
