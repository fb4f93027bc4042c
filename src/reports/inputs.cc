#include "reports/inputs.h"

#include <filesystem>

#include "base/program_home.h"
#include "base/text.h"

namespace delever::reports {

Result<Instant> parse_at(const std::string& text, const char* option, Context& context) {
  if (text == "now") {
    if (!context.now) context.now = context.clock->now();
    return *context.now;
  }
  return of_option(Instant::parse(text), option);
}

std::string coin_named(std::string_view text) {
  const bool thousand = text.size() > 2 && text[0] == 'k' && text[1] >= 'A' && text[1] <= 'Z';
  return upper(thousand ? text.substr(1) : text);
}

std::string find_shipped(const std::string& relative) {
  std::error_code ec;
  if (relative.empty() || relative[0] == '/' || std::filesystem::exists(relative, ec))
    return relative;
  const std::string at_home = program_home() + "/" + relative;
  if (std::filesystem::exists(at_home, ec)) return at_home;
  return relative;  // the caller's open will say that it is not there
}

}  // namespace delever::reports
