#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include "base/text.h"

#include "market/shown.h"
#include "render/brief_render.h"
#include "render/svg.h"
#include "render/verdict_render.h"

namespace delever::render {

using namespace reports;

namespace {

std::string interval_text(const gauges::Reading& r, std::string_view asset) {
  if (!r.low && !r.high) return "";
  if (r.low && r.high && *r.low == *r.high) return "";
  return fmt::format("[{}, {}]", r.low ? shown_value(*r.low, r.unit, asset) : "?",
                     r.high ? shown_value(*r.high, r.unit, asset) : "unbounded");
}

std::string label_of(const gauges::Reading& r) {
  std::string label = r.name;
  if (r.venue) label += " " + *r.venue;
  if (r.expiry) label += " " + expiry_name(*r.expiry);
  return label;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

// Readings by expiry as one table: a line for each would bury the rest.
std::string expiry_table(const Brief& brief) {
  struct Column {
    const char* gauge;
    const char* head;
  };
  constexpr Column columns[] = {
      {"options_oi", "open int."},           {"options_oi_calls", "calls"},
      {"options_oi_puts", "puts"},           {"options_put_call", "put/call"},
      {"options_max_pain", "max pain"},      {"options_max_pain_coin", "in coin"},
      {"hedge_flow_1pct_gross", "1 % gross"}};
  std::map<Instant, std::map<std::string, const gauges::Reading*>> rows;
  for (const gauges::Reading& r : brief.readings) {
    if (r.expiry && r.value) rows[*r.expiry][r.name] = &r;
  }
  if (rows.empty()) return "";
  std::string out = fmt::format("  {:<10}", "expiry");
  for (const Column& column : columns) out += fmt::format(" {:>10}", column.head);
  out += "  state, as of, sources\n";
  for (const auto& [expiry, row] : rows) {
    out += fmt::format("  {:<10}", expiry_name(expiry));
    for (const Column& column : columns) {
      const auto found = row.find(column.gauge);
      const std::string shown = found == row.end() ? "-" : short_number(*found->second->value, 5);
      out += fmt::format(" {:>10}", shown);
    }
    const gauges::Reading& first = *row.begin()->second;
    out += fmt::format("  {}, {}, {}\n", gauges::state_name(first.state),
                       first.as_of ? first.as_of->text() : "-", joined(first.sources));
  }
  return out;
}

}  // namespace

std::string shown_value(double value, std::string_view unit, std::string_view asset) {
  if (unit == "USD") return value < 0 ? "-$" + short_number(-value) : "$" + short_number(value);
  if (unit == "USD_per_coin") return "$" + shown_price(value, 2);
  if (unit == "coins") return fmt::format("{} {}", short_number(value), asset);
  if (unit == "fraction_per_year") return fmt::format("{:.2f} %/y", value * 100);
  if (unit == "fraction_per_interval") return fmt::format("{:.5f} %", value * 100);
  if (unit == "ratio") return fmt::format("{:.3f}", value);
  if (unit == "fraction") return fmt::format("{:.2f} %", value * 100);
  return short_number(value);
}

std::string brief_text(const Brief& brief) {
  std::string out = fmt::format("{}\n{} at {}   rules {}\n", brief.title, brief.asset,
                                brief.as_of.text(), brief.rules);
  for (const std::string& note : brief.notes) out += fmt::format("  {}\n", note);
  out += "\nMeasured\n";
  for (const gauges::Reading& r : brief.readings) {
    if ((r.state == gauges::State::pending && !r.value) || (r.expiry && r.value)) continue;
    out +=
        fmt::format("  {:<34} {:>14}  {:<13} as of {}  {}{}\n", label_of(r),
                    r.value ? shown_value(*r.value, r.unit, r.asset) : "-",
                    gauges::state_name(r.state), r.as_of ? r.as_of->text() : "-", joined(r.sources),
                    interval_text(r, r.asset).empty() ? "" : "  " + interval_text(r, r.asset));
    if (!r.reason.empty()) out += fmt::format("  {:<34} {:>14}  {}\n", "", "", r.reason);
  }
  out += expiry_table(brief);
  out += "\nPending\n";
  for (const gauges::Reading& r : brief.readings) {
    if (r.state != gauges::State::pending) continue;
    const std::string interval = interval_text(r, r.asset);
    out += fmt::format("  {:<34} {}{}{}\n", label_of(r), interval, interval.empty() ? "" : "  ",
                       r.reason);
  }
  if (!brief.claims.empty()) {
    out += "\nPublished claims\n";
    for (const gauges::ClaimCheck& c : brief.claims) {
      out += fmt::format("  {} {} {}: {} {}, {}\n", c.claim.id, c.claim.asset, c.claim.metric,
                         c.claim.value_text, c.claim.unit, c.claim.stated_by);
      out += fmt::format("      {:<13} {}{}\n", gauges::state_name(c.state),
                         c.holds_under ? fmt::format("[holds under {}] ", *c.holds_under) : "",
                         c.note);
    }
  }
  out += "\nVerdict: did the flush clear the leverage?\n";
  out += brief.verdict ? verdict_text(*brief.verdict)
                       : fmt::format("  cannot tell: no day of {} is over\n", brief.asset);
  if (!brief.coverage.empty()) {
    out += "\nWhat the tape holds\n";
    const std::string held = coverage_text(brief.coverage);
    for (const std::string_view line : split(held, '\n'))
      if (!line.empty()) out += fmt::format("  {}\n", line);
  }
  for (const SourceUse& s : brief.sources) {
    for (const auto& [reason, count] : s.undecoded_reasons)
      out += fmt::format("\nundecoded: {} messages of {}: {}\n", count, s.name, reason);
  }
  return out;
}

}  // namespace delever::render
