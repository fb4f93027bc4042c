// Goal: a script can trust the exit code, and no file of the user's comes to harm: every verb,
// taken from the program itself, through every abuse. Each verb's example (cli/examples.cc) is the
// sound line that is then spoilt in one place. The table is printed.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>

#include "base/partial_file.h"
#include "base/source_root.h"
#include "base/text.h"
#include "cli/examples.h"
#include "cli/program_testing.h"
#include "cli/run_testing.h"

namespace delever::cli {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

// The sound line of a verb: its last example's words, files of the clone by their whole path,
// outputs in a scratch folder.
struct Line {
  Words words;  // without "delever"
  const VerbInfo* verb = nullptr;
  std::map<std::string, size_t> reads;  // option or positional -> its place in words
};

const std::vector<VerbInfo>& verbs() {
  static const std::vector<VerbInfo> all = all_verbs();
  return all;
}

const OptionInfo* option_of(const VerbInfo& verb, const std::string& name) {
  for (const OptionInfo& option : verb.options) {
    if (option.name == name) return &option;
  }
  return nullptr;
}

Line line_of(const VerbInfo& verb, const Example& example) {
  Line line;
  line.verb = &verb;
  const auto parts = split(example.line, ' ');
  std::string option;
  std::vector<const OptionInfo*> positional;
  for (const OptionInfo& o : verb.options) {
    if (o.positional) positional.push_back(&o);
  }
  size_t place = 0, skip = 1 + split(verb.name, ' ').size();
  for (size_t i = 1; i < parts.size(); ++i) {
    std::string word(parts[i]);
    if (i < skip || word.starts_with("--")) {
      option = i < skip ? "" : word;
      if (const OptionInfo* o = option_of(verb, option); o && o->flag) option = "";
      line.words.push_back(word);
      continue;
    }
    const OptionInfo* o = option.empty() ? positional[std::min(place++, positional.size() - 1)]
                                         : option_of(verb, option);
    option = "";
    if (o && o->role == FileRole::reads) {
      line.reads[o->name] = line.words.size();
      word = source_root() + "/" + word;
    } else if (o && o->role != FileRole::none) {
      word = scratch(word);
    }
    line.words.push_back(word);
  }
  return line;
}

// Of each verb that can be run to its end here; demo takes minutes.
std::vector<Line> sound_lines() {
  std::vector<Line> lines;
  for (const VerbInfo& verb : verbs()) {
    if (!verb.runs) continue;
    const std::vector<Example> examples = examples_of(verb.name);
    EXPECT_FALSE(examples.empty()) << verb.name << " has no example in cli/examples.cc";
    if (!examples.empty()) lines.push_back(line_of(verb, examples.back()));
  }
  return lines;
}

// What runs for long, or needs what such a run leaves, is only asked what it refuses before it
// begins.
bool runs_long(const Line& line) {
  static const std::set<std::string> kLong{
      "demo",  "record",          "twin",             "follow",
      "serve", "rehearsal serve", "rehearsal replay", "rehearsal score",
      "tape push"};
  return kLong.contains(line.verb->name);
}

std::string shown(const Words& words) {
  std::string text = "delever";
  for (const std::string& w : words) text += " " + (w.size() > 90 ? w.substr(0, 90) + "..." : w);
  return text;
}

class Table {
 public:
  explicit Table(std::vector<std::string> columns) : columns_(std::move(columns)) {}
  // `code`: what came; `wanted`: what may.
  void cell(const std::string& verb, const std::string& column, int code,
            const std::set<int>& wanted, const Words& words, const std::string& err) {
    cells_[verb][column] = code;
    EXPECT_TRUE(wanted.contains(code)) << column << ": " << code << " from " << shown(words) << "\n"
                                       << err.substr(0, 300);
    if (code >= 2 && code <= 4) {
      EXPECT_TRUE(err.find("delever:") != err.npos) << column << " says nothing: " << shown(words);
    }
  }
  ~Table() {
    std::string text = fmt::format("{:<13}", "");
    for (const std::string& c : columns_) text += fmt::format("{:>9}", c);
    for (const auto& [verb, row] : cells_) {
      text += fmt::format("\n{:<13}", verb);
      for (const std::string& c : columns_) {
        const auto found = row.find(c);
        text += fmt::format("{:>9}", found == row.end() ? "-" : std::to_string(found->second));
      }
    }
    std::fputs((text + "\n").c_str(), stdout);
  }

 private:
  std::vector<std::string> columns_;
  std::map<std::string, std::map<std::string, int>> cells_;
};

std::string bytes_of(const std::string& path) { return text_of(path); }

TEST(Abuse, of_the_command_line_is_two) {
  Table table(
      {"unknown", "nothing", "number", "huge", "negative", "empty", "time", "out=in", "foreign"});
  const std::string foreign = scratch("notes.txt");
  for (const Line& line : sound_lines()) {
    const std::string& verb = line.verb->name;
    const auto check = [&](const char* column, const Words& words, std::set<int> wanted) {
      const Ran ran = run(words);
      table.cell(verb, column, ran.code, wanted, words, ran.err);
    };
    const auto with = [&](const Words& more) {
      Words words = line.words;
      words.insert(words.end(), more.begin(), more.end());
      return words;
    };
    check("unknown", with({"--bananas"}), {2});
    bool requires_more = false;
    for (const OptionInfo& o : line.verb->options) {
      requires_more = requires_more || o.required;
      if (o.flag || o.positional) continue;
      if (o.number) {
        check("number", with({o.name, "lots"}), {2});
        check("huge", with({o.name, "1" + std::string(300, '0')}), {2});
        check("negative", with({o.name + "=-1e300"}), {2});
      }
      check("empty", with({o.name, ""}), {2});
      for (const char* time : {"--at", "--from", "--to", "--step", "--as-of"}) {
        if (o.name == time) check("time", with({o.name, "yesterday"}), {2, 3});
      }
      if (o.role != FileRole::writes && o.role != FileRole::writes_tape) continue;
      save(foreign, "my notes");
      for (const auto& [name, at] : line.reads) {
        const std::string& input = line.words[at];
        if (fs::is_directory(input)) continue;
        const std::string before = bytes_of(input);
        check("out=in", with({o.name, input}), {2});
        EXPECT_TRUE(bytes_of(input) == before) << input << " was changed by " << verb;
      }
      if (runs_long(line)) continue;  // its output is a folder
      check("foreign", with({o.name, foreign}), {2});
      EXPECT_EQ(bytes_of(foreign), "my notes") << verb;
    }
    if (requires_more) {
      Words bare;
      for (const std::string_view word : split(verb, ' ')) bare.emplace_back(word);
      check("nothing", bare, {2});
    }
  }
}

// Bad inputs of the kinds that come by accident, by name.
std::map<std::string, std::string> bad_files() {
  std::map<std::string, std::string> files;
  files["missing"] = scratch("nowhere");
  files["folder"] = scratch("folder");
  fs::create_directories(files["folder"]);
  save(files["none"] = scratch("none"), "");
  save(files["text"] = scratch("text"), "these are\nno data, \x1b[31mred\n");
  std::mt19937 random(7);
  std::string noise(20'000, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  save(files["binary"] = scratch("binary"), noise);
  return files;
}

TEST(Abuse, of_the_input_is_three) {
  Table table({"missing", "folder", "none", "text", "binary", "cut", "damaged"});
  const std::map<std::string, std::string> bad = bad_files();
  for (const Line& line : sound_lines()) {
    if (runs_long(line) && line.reads.empty()) continue;
    for (const auto& [name, at] : line.reads) {
      const std::string input = line.words[at];
      const auto check = [&](const std::string& column, const std::string& path,
                             std::set<int> wanted) {
        Words words = line.words;
        words[at] = path;
        const Ran ran = run(words);
        table.cell(line.verb->name, column, ran.code, wanted, words, ran.err);
        EXPECT_EQ(ran.err.find('\x1b'), ran.err.npos) << shown(words);
      };
      for (const auto& [kind, path] : bad) {
        if (kind == "folder" && fs::is_directory(input)) continue;
        check(kind, path, {3});
      }
      if (fs::is_directory(input) || runs_long(line)) continue;
      const std::string whole = bytes_of(input), damaged = scratch(fs::path(input).filename());
      // Half a file may still be a whole smaller one, or a tape whose rest is served.
      save(damaged, std::string_view(whole).substr(0, whole.size() / 2));
      check("cut", damaged, {0, 3, 4});
      std::string hit = whole;
      for (size_t i = hit.size() / 3; i < hit.size() / 3 + 40 && i < hit.size(); ++i)
        hit[i] = static_cast<char>(hit[i] ^ 0x5a);
      save(damaged, hit);
      check("damaged", damaged, {0, 3, 4});
    }
  }
}

// ---- the program itself, as a process

struct Child {
  int code = -1;  // 128 + signal where one ended it
  std::string err;
};

// Standard output goes to `out`; `prepare` runs in the child before the program does.
template <class Prepare>
Child run_program(const Words& words, const std::string& out, Prepare prepare,
                  int kill_after_ms = 0, int signal = SIGINT) {
  const std::string errors = scratch("child.err");
  const pid_t child = fork();
  if (child == 0) {
    std::FILE* to = std::freopen(out.c_str(), "w", stdout);
    std::FILE* err = std::freopen(errors.c_str(), "w", stderr);
    if (!to || !err) _exit(99);
    prepare();
    exec_program(words);
  }
  if (kill_after_ms > 0) {
    usleep(static_cast<unsigned>(kill_after_ms) * 1000);
    kill(child, signal);
  }
  int status = 0;
  waitpid(child, &status, 0);
  Child ran;
  ran.code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  ran.err = bytes_of(errors);
  return ran;
}

// A folder for outputs, and what is left in it.
std::set<std::string> names_in(const std::string& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    names.insert(entry.path().filename().string());
  return names;
}

TEST(Abuse, of_the_outside_world) {
  Table table({"full", "fulldisk", "nofolder", "pipe", "again"});
  for (const Line& line : sound_lines()) {
    if (runs_long(line)) continue;
    const std::string& verb = line.verb->name;
    const auto nothing = [] {};
    Words plain = line.words;  // to standard output, where it can
    for (const OptionInfo& o : line.verb->options) {
      const auto there = std::find(plain.begin(), plain.end(), o.name);
      if ((o.role == FileRole::writes || o.role == FileRole::writes_tape) && there != plain.end())
        plain.erase(there, there + 2);
    }
    // What is refused for lack of evidence is so whatever the disk says.
    const int sound = run(plain).code;
    const std::set<int> failed{sound == 4 ? 4 : 3};
    const Child full = run_program(plain, "/dev/full", nothing);
    table.cell(verb, "full", full.code, failed, plain, full.err);
    for (const OptionInfo& o : line.verb->options) {
      if (o.role == FileRole::none || o.role == FileRole::reads) continue;
      if (o.name == "--runs-file") continue;  // wants --runs beside it
      const std::string folder = scratch("outputs");
      fs::create_directories(folder);
      const std::string out = folder + "/out", file = scratch("a-file");
      save(file, "x");
      Words words = plain;
      const auto there = std::find(words.begin(), words.end(), o.name);
      if (there != words.end())
        words[static_cast<size_t>(there - words.begin()) + 1] = out;
      else
        words.insert(words.end(), {o.name, out});
      // No file may grow beyond nothing, as on a full disk.
      const Child small = run_program(words, "/dev/null", [] {
        const rlimit none{0, 0};
        setrlimit(RLIMIT_FSIZE, &none);
      });
      table.cell(verb, "fulldisk", small.code, failed, words, "delever:");
      EXPECT_EQ(names_in(folder), std::set<std::string>()) << shown(words);
      words[static_cast<size_t>(std::find(words.begin(), words.end(), o.name) - words.begin()) +
            1] = file + "/out";
      const Ran no_folder = run(words);
      table.cell(verb, "nofolder", no_folder.code, {3}, words, no_folder.err);
      // Twice into one file is no harm where the file is ours.
      if (o.role != FileRole::writes || verb == "simulate") continue;
      words[static_cast<size_t>(std::find(words.begin(), words.end(), o.name) - words.begin()) +
            1] = out;
      const Ran first = run(words), again = run(words);
      table.cell(verb, "again", again.code, {first.code}, words, "delever:");
      if (sound == 0) { EXPECT_EQ(names_in(folder), std::set<std::string>{"out"}) << shown(words); }
    }
    const Child closed = run_program(plain, "/dev/null", [] {
      int ends[2];
      if (pipe(ends) != 0 || dup2(ends[1], 1) != 1) _exit(97);
      close(ends[0]);
      close(ends[1]);
    });
    table.cell(verb, "pipe", closed.code, {*failed.begin(), 128 + SIGPIPE}, plain, "delever:");
  }
}

// A file that was there stands as it was, whenever Ctrl-C comes.
TEST(Abuse, interrupted_runs_leave_nothing) {
  const std::string folder = scratch("interrupted");
  fs::create_directories(folder);
  const Words words{"simulate", source_root() + "/scenarios/2026-01-30.toml",
                    "--seed",   "1",
                    "--out",    folder + "/run.tape",
                    "--html",   folder + "/page.html"};
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    for (const int ms : {30, 150, 400}) {
      const Child ran = run_program(
          words, "/dev/null", [] {}, ms, signal);
      if (ran.code == 0) {  // a fast machine
        fs::remove_all(folder);
        fs::create_directories(folder);
        continue;
      }
      EXPECT_EQ(ran.code, 128 + signal);
      EXPECT_EQ(names_in(folder), std::set<std::string>()) << signal << " after " << ms << " ms";
    }
  }
}

// A hundred thousand bytes of random lines, made of the program's own words and of noise.
TEST(Abuse, random_lines_end_with_a_code_of_the_table) {
  std::vector<std::string> words{"-",
                                 "--",
                                 "-5%",
                                 "5",
                                 "1e999",
                                 "nan",
                                 "%",
                                 "=",
                                 "\xff",
                                 "--=",
                                 "a=b",
                                 "-x",
                                 "0x10",
                                 "/dev/null",
                                 "text",
                                 "json",
                                 "true",
                                 "..",
                                 "2026-01-30T00:00:00Z"};
  for (const VerbInfo& verb : verbs()) {
    for (const std::string_view part : split(verb.name, ' ')) words.emplace_back(part);
    for (const OptionInfo& o : verb.options) {
      if (!o.positional) words.push_back(o.name);
    }
  }
  std::mt19937_64 random(20260130);
  size_t bytes = 0, lines = 0;
  const fs::path before = fs::current_path();
  const std::string folder = scratch("random");
  fs::create_directories(folder);
  fs::current_path(folder);  // where a line that names an output puts it
  std::map<int, size_t> codes;
  // What would do much work, or wait for somebody, is left to the tests of those verbs.
  const std::set<std::string> heavy{"--follow", "demo",   "simulate", "record",
                                    "twin",     "follow", "serve"};
  while (bytes < 100'000) {
    Words line;
    for (size_t n = 1 + random() % 7; n-- > 0;) {
      std::string word = words[random() % words.size()];
      if (random() % 8 == 0) {
        for (size_t i = random() % 6; i-- > 0;) word += static_cast<char>(1 + random() % 255);
      }
      if (random() % 16 == 0) word += "=" + words[random() % words.size()];
      line.push_back(word);
    }
    if (std::any_of(line.begin(), line.end(), [&](const auto& w) { return heavy.contains(w); }) ||
        line == Words{"brief"})
      continue;
    for (const std::string& word : line) bytes += word.size() + 1;
    ++lines;
    const Ran ran = run(line);
    ++codes[ran.code];
    EXPECT_TRUE(ran.code == 0 || ran.code == 2 || ran.code == 3 || ran.code == 4)
        << ran.code << " from " << shown(line);
  }
  fs::current_path(before);
  for (const auto& [code, count] : codes)
    std::fputs(fmt::format("{} of {} random lines ended with {}\n", count, lines, code).c_str(),
               stdout);
}

}  // namespace
}  // namespace delever::cli
