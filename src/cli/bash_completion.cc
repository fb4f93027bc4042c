#include <fmt/format.h>

#include "cli/pages.h"

namespace delever::cli {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

// The verbs one level below `path`.
std::string verbs_below(const std::vector<VerbInfo>& verbs, const std::string& path) {
  std::string out;
  const std::string before = path.empty() ? "" : path + " ";
  for (const VerbInfo& verb : verbs) {
    if (!verb.name.starts_with(before) || verb.name == path) continue;
    const std::string rest = verb.name.substr(before.size());
    if (rest.find(' ') == std::string::npos) out += (out.empty() ? "" : " ") + rest;
  }
  return out;
}

// One line a verb: what may come after it. One line an option that takes a value: which.
std::string tables(const std::vector<VerbInfo>& verbs) {
  std::string words, values;
  words += fmt::format("    [.]={}\n", quoted(verbs_below(verbs, "") + " --help --version"));
  for (const VerbInfo& verb : verbs) {
    std::string offered = verbs_below(verbs, verb.name);
    if (verb.name == "help") offered = verbs_below(verbs, "");
    for (const OptionInfo& o : verb.options) {
      if (!o.positional) offered += (offered.empty() ? "" : " ") + o.name;
      std::string choices;
      for (const std::string& choice : o.choices) choices += (choices.empty() ? "" : " ") + choice;
      const std::string value = !o.choices.empty()              ? choices
                                : o.role != FileRole::none      ? "FILE"
                                : o.positional || o.takes == "" ? ""
                                                                : "-";
      const std::string name = o.positional ? "" : o.name;
      if (!value.empty())
        values += fmt::format("    [{}]={}\n", quoted(verb.name + "," + name), quoted(value));
    }
    offered += (offered.empty() ? "" : " ") + std::string("--help");
    words += fmt::format("    [{}]={}\n", quoted(verb.name), quoted(offered));
  }
  return "_delever_words=(\n" + words + ")\n_delever_values=(\n" + values + ")\n";
}

// A value that is not a file and has no choices ("-") is left to whoever types.
constexpr std::string_view kFunction = R"(
_delever() {
  local at=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} verb= word value i
  for ((i = 1; i < COMP_CWORD; ++i)); do
    word=${COMP_WORDS[i]}
    [[ -v _delever_words[${verb:+$verb }$word] ]] || break
    verb=${verb:+$verb }$word
  done
  COMPREPLY=()
  compopt +o default 2>/dev/null
  value=${_delever_values[$verb,$before]-}
  if [[ -z $value || $before != -* ]]; then
    if [[ $at == -* || -z ${_delever_values[$verb,]-} ]]; then
      COMPREPLY=($(compgen -W "${_delever_words[${verb:-.}]-}" -- "$at"))
      return
    fi
    value=${_delever_values[$verb,]}
    [[ -n $at ]] || COMPREPLY=($(compgen -W "${_delever_words[$verb]-}" -- "$at"))
  fi
  case $value in
    -) ;;
    FILE)
      compopt -o filenames 2>/dev/null
      mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$at")
      ;;
    *) COMPREPLY+=($(compgen -W "$value" -- "$at")) ;;
  esac
}
complete -F _delever delever
)";

}  // namespace

std::string bash_completion(const std::vector<VerbInfo>& verbs) {
  return "# bash completion of delever, made from its command line\n"
         "declare -gA _delever_words _delever_values\n" +
         tables(verbs) + std::string(kFunction);
}

}  // namespace delever::cli
