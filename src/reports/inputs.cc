#include "reports/inputs.h"

#include <filesystem>

#include "base/source_root.h"

namespace delever::reports {

Result<Instant> parse_at(const std::string& text, const char* option, Context& context) {
  if (text == "now") {
    if (!context.now) context.now = context.clock->now();
    return *context.now;
  }
  return of_option(Instant::parse(text), option);
}

std::string find_shipped(const std::string& relative) {
  std::error_code ec;
  if (std::filesystem::exists(relative, ec)) return relative;
  const std::string beside_source = source_root() + "/" + relative;
  if (std::filesystem::exists(beside_source, ec)) return beside_source;
  return relative;  // the caller's open will say that it is not there
}

}  // namespace delever::reports
