// Where a verb writes what it answers: standard output, or a file that has its name once it is
// whole. A verb that writes any other way is a mistake: this is what keeps inputs and old files
// from harm, and says so when a disk is full.
//
//   add_output(verb, session);                      --out FILE and --force
//   write_output(session, session.out, text)        a whole text; "" or "-": standard output
//   auto output = TRY(Output::open(session, path))  piece by piece: text() +=, settle(), finish()
//
// A verb with outputs of other names marks them: add_option(...)->writes(), ->writes_tape() or
// ->grows(), its inputs ->reads(), and calls add_force(verb, session). run_cli asks the guard
// before the verb runs. Paths that are made up later: session.outputs.allow(path, kind).
#pragma once

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/partial_file.h"
#include "cli/cli.h"

namespace delever::cli {

// Lines of at most `width` columns: a longer one goes on under its own beginning, four columns in.
std::string folded(std::string_view text, size_t width);
// As `text` is to stand on standard output: folded where that is a terminal and the format is text.
std::string for_screen(const Session& session, std::string_view text);

// Collects text and hands it on in large pieces, so that a long answer needs no memory.
class Output {
 public:
  static Result<std::unique_ptr<Output>> open(Session& session, const std::string& path);

  std::string& text() { return text_; }
  void settle() {
    if (text_.size() > (size_t{1} << 18)) flush();
  }
  bool failed() const { return error_.has_value(); }  // no use in going on; finish() says why
  Result<void> finish();  // without it a file is not there, or as it was

 private:
  explicit Output(std::FILE* stream) : stream_(stream) {}
  void flush();
  std::FILE* stream_;
  std::optional<OutputFile> file_;
  std::optional<Error> error_;
  std::string text_;
};

void add_output(Verb* verb, Session& session);
void add_force(Verb* verb, Session& session);
Result<void> write_output(Session& session, const std::string& path, std::string_view text);

}  // namespace delever::cli
