#include "render/readings_render.h"

#include <fmt/format.h>

#include <optional>

#include "market/instrument.h"
#include "render/json.h"

namespace delever::render {

namespace {

std::string csv_number(const std::optional<double>& value) {
  return value ? fmt::format("{}", *value) : "";
}

std::string csv_text(std::string_view text) {
  if (text.find_first_of(",\"\n") == text.npos) return std::string(text);
  std::string out = "\"";
  for (char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

}  // namespace

std::string reading_csv(Instant at, const gauges::Reading& r) {
  std::string sources;
  for (const std::string& s : r.sources) sources += (sources.empty() ? "" : ";") + s;
  return fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", at.text(), r.asset,
                     r.name, r.venue.value_or(""), r.expiry ? expiry_name(*r.expiry) : "",
                     csv_number(r.value), csv_number(r.low), csv_number(r.high), r.unit,
                     gauges::state_name(r.state), r.as_of ? r.as_of->text() : "",
                     r.window.in_seconds(), csv_number(r.coverage), csv_text(sources),
                     csv_text(r.reason), csv_text(r.rule));
}

std::string reading_json_line(Instant at, const gauges::Reading& reading) {
  Json json = to_json(reading);
  json["at"] = at.text();
  return json_line(json) + "\n";
}

}  // namespace delever::render
