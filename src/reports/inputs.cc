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
  text = text.substr(0, text.find('/'));  // as ccxt has it: BTC/USDT:USDT
  // A builder's market of Hyperliquid goes by its own name, "xyz:NVDA".
  if (text.find(':') != text.npos) return upper(text);
  const auto quoted = [&text] {
    const std::string name = upper(text);
    return name.size() > 5 && (name.ends_with("USDT") || name.ends_with("USDC"));
  };
  while (quoted()) {  // all of them, so that a name that is read again stays the same
    text.remove_suffix(4);
    if (text.size() > 1 && text.ends_with('-')) text.remove_suffix(1);
  }
  const bool thousand = text.size() > 2 && text[0] == 'k' && text[1] >= 'A' && text[1] <= 'Z';
  return upper(thousand ? text.substr(1) : text);
}

std::string instrument_named(std::string_view text) {
  const std::string name = upper(text);
  const size_t slash = name.find('/');
  if (slash == name.npos) return name;
  const size_t colon = name.find(':', slash);
  const std::string base = name.substr(0, slash),
                    quote = name.substr(slash + 1, colon == name.npos ? colon : colon - slash - 1);
  if (colon == name.npos) return base + "-" + quote;
  const size_t dash = std::min(name.find('-', colon), name.size());
  const std::string settle = name.substr(colon + 1, dash - colon - 1);
  const std::string what = dash < name.size() ? name.substr(dash) : "-PERP";
  return base + "-" + quote + what + (settle == quote ? "" : "@" + settle);
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
