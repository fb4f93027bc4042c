#include "cli/output.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace delever::cli {

Result<std::unique_ptr<Output>> Output::open(Session& session, const std::string& path) {
  std::unique_ptr<Output> made(new Output(session.io.out));
  if (!path.empty() && path != "-") made->file_.emplace(TRY(OutputFile::create(path)));
  return made;
}

void Output::flush() {
  if (!error_ && file_) {
    if (auto written = file_->write(text_); !written.has_value()) error_ = written.error();
  } else if (!error_ && std::fwrite(text_.data(), 1, text_.size(), stream_) != text_.size()) {
    error_ = Error{Fault::unavailable, fmt::format("cannot be written: {}", std::strerror(errno)),
                   "standard output"};
  }
  text_.clear();
}

Result<void> Output::finish() {
  flush();
  if (error_) return *error_;
  if (file_) return file_->commit();
  if (std::fflush(stream_) != 0)
    return Error{Fault::unavailable, fmt::format("cannot be written: {}", std::strerror(errno)),
                 "standard output"};
  return {};
}

void add_output(Verb* verb, Session& session) {
  verb->add_option("--out", session.out, "file to write (default: standard output)")->writes();
  add_force(verb, session);
}

void add_force(Verb* verb, Session& session) {
  verb->add_flag("--force", session.force,
                 "replace a recording, or a file that delever did not write");
}

Result<void> write_output(Session& session, const std::string& path, std::string_view text) {
  const auto output = TRY(Output::open(session, path));
  output->text() = text;
  return output->finish();
}

}  // namespace delever::cli
