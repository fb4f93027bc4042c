#include "cli/output.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/text.h"

namespace delever::cli {
namespace {

bool begins_letter(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }  // of UTF-8

size_t columns_of(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), begins_letter));
}

// The bytes that stand in the first so many columns.
size_t bytes_of(std::string_view text, size_t columns) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (begins_letter(text[i]) && columns-- == 0) return i;
  }
  return text.size();
}

}  // namespace

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

std::string folded(std::string_view text, size_t width) {
  constexpr size_t kFurther = 4, kLeast = 20;  // columns that a line keeps in any case
  std::string out;
  const auto lines = split(text, '\n');
  for (size_t n = 0; n < lines.size(); ++n) {
    std::string_view line = lines[n];
    const size_t indent = std::min(line.find_first_not_of(' '), line.size());
    const size_t further = indent + kFurther + kLeast < width ? indent + kFurther : 0;
    size_t before = 0;  // columns that stand before what is left of the line
    while (before + columns_of(line) > width) {
      const size_t most = bytes_of(line, width - before);
      const size_t space = line.rfind(' ', most);
      if (space == line.npos || line.find_first_not_of(' ') >= space) break;  // one long word
      std::string_view part = line.substr(0, space);
      while (part.ends_with(' ')) part.remove_suffix(1);
      out.append(part) += '\n';
      line.remove_prefix(space);
      while (line.starts_with(' ')) line.remove_prefix(1);
      out.append(further, ' ');
      before = further;
    }
    out += line;
    if (n + 1 < lines.size()) out += '\n';
  }
  return out;
}

std::string for_screen(const Session& session, std::string_view text) {
  if (!session.io.terminal || session.format != "text") return std::string(text);
  return folded(text, session.io.width);
}

Result<void> write_output(Session& session, const std::string& path, std::string_view text) {
  const auto output = TRY(Output::open(session, path));
  output->text() = path.empty() || path == "-" ? for_screen(session, text) : std::string(text);
  return output->finish();
}

}  // namespace delever::cli
