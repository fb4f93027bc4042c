#include "render/readings_render.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "market/instrument.h"
#include "render/reading_fields.h"

namespace delever::render {

namespace {

void put_csv(TextBuffer& out, std::string_view text) {
  if (text.find_first_of(",\"\n") == text.npos) return out.put(text);
  out.put('"');
  for (const char c : text) out.put(c == '"' ? std::string_view("\"\"") : std::string_view(&c, 1));
  out.put('"');
}

// Names of sources are words; one with a comma is quoted with the rest of the list.
void put_sources(TextBuffer& out, const std::vector<std::string>& sources) {
  const auto plain = [](const std::string& s) { return s.find_first_of(",\"\n") == s.npos; };
  if (!std::all_of(sources.begin(), sources.end(), plain))
    return put_csv(out, fmt::format("{}", fmt::join(sources, ";")));
  for (const std::string& s : sources) {
    if (&s != sources.data()) out.put(';');
    out.put(std::string_view(s));
  }
}

void put_json(TextBuffer& out, std::string_view text) { out.put_json(text); }
void put_json(TextBuffer& out, double number) { out.put_json(number); }
void put_json(TextBuffer& out, Instant time) {
  out.put('"');
  out.put(time);
  out.put('"');
}
void put_json(TextBuffer& out, const std::vector<std::string>& texts) {
  out.put('[');
  for (const std::string& text : texts) {
    if (&text != texts.data()) out.put(',');
    out.put_json(std::string_view(text));
  }
  out.put(']');
}
template <class T>
void put_json(TextBuffer& out, const std::optional<T>& value) {
  if (value)
    put_json(out, *value);
  else
    out.put("null");
}

}  // namespace

void put_reading_csv(TextBuffer& out, Instant at, const gauges::Reading& r) {
  const auto comma = [&out] { out.put(','); };
  const auto field = [&out](const auto& value) {
    out.put(value);
    out.put(',');
  };
  const auto text = [&](std::string_view value) { field(value); };
  field(at);
  text(r.asset);
  text(r.name);
  if (r.venue) out.put(std::string_view(*r.venue));
  comma();
  text(r.expiry ? expiry_name(*r.expiry) : std::string());
  field(r.value);
  field(r.low);
  field(r.high);
  text(r.unit);
  text(gauges::state_name(r.state));
  field(r.as_of);
  field(r.window.in_seconds());
  field(r.coverage);
  put_sources(out, r.sources);
  comma();
  put_csv(out, r.reason);
  comma();
  put_csv(out, r.rule);
  out.put('\n');
}

// Without a tree: a line takes a dozen members, and a table of readings a million lines.
void put_reading_json(TextBuffer& out, Instant at, const gauges::Reading& reading) {
  char before = '{';
  put_reading_fields(reading, [&](std::string_view name, const auto& value) {
    out.put(before);
    out.put('"');
    out.put(name);
    out.put("\":");
    put_json(out, value);
    before = ',';
  });
  out.put(",\"at\":");
  put_json(out, at);
  out.put("}\n");
}

}  // namespace delever::render
