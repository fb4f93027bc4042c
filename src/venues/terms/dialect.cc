#include "venues/terms/dialect.h"

#include <fmt/format.h>

#include "base/text.h"
#include "venues/terms/scan.h"

namespace delever::venues {
namespace {

// The beginning of what came, for a note or a gap: without what moves a terminal's cursor.
std::string words(std::string_view text) { return unescaped(escaped(text.substr(0, 120))); }

}  // namespace

// A page of a proxy or of a firewall may come with 200 as well; a venue's own words are passed on.
std::string Dialect::refusal(const HttpResponse& response) const {
  const std::string_view body = trimmed(response.body);
  const std::string begin = words(body);
  if (response.status == 200)
    return is_json_text(body) ? std::string() : fmt::format("no JSON, but \"{}\"", begin);
  std::string out = fmt::format("HTTP {}", response.status);
  const std::string_view moved = response.header("location");
  if (response.status / 100 == 3 && !moved.empty())
    out += fmt::format(" to {}, which is not followed", words(moved));
  if (body.starts_with('{')) out += fmt::format(": {}", begin);
  return out;
}

std::string Dialect::next_page(std::string_view, std::string_view) const { return {}; }

}  // namespace delever::venues
