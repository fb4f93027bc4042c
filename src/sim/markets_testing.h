// Small markets for the tests of this folder: a scenario as text, from pieces that a test may
// replace.
#pragma once

#include <string>

#include "base/source_root.h"
#include "sim/simulation.h"

namespace delever::sim::fixture {

inline const rulebooks::RulebookShelf& shelf() {
  static const rulebooks::RulebookShelf loaded =
      rulebooks::RulebookShelf::load(source_root() + "/rulebooks").value();
  return loaded;
}

// One of the scenarios that come with the program, cut to `hours`.
inline Scenario shipped(const std::string& name, int hours) {
  auto loaded = Scenario::load(source_root() + "/scenarios/" + name, shelf());
  CHECK(loaded.has_value());
  Scenario s = std::move(loaded).value();
  const Instant end = s.from + Duration::hours(hours);
  if (end < s.to) s.to = end;
  if (s.report_at > s.to) s.report_at = s.to;
  return s;
}

inline Outcome must_run(const Scenario& s, Simulation::Options options) {
  auto simulation = Simulation::open(s, std::move(options));
  CHECK(simulation.has_value());
  auto outcome = simulation.value()->run();  // checks that every book balances
  if (!outcome.has_value()) check_failed(outcome.error().text().c_str(), __FILE__, __LINE__);
  return std::move(outcome).value();
}

inline Switches without(Mechanism m) {
  Switches s;
  s.off[static_cast<size_t>(m)] = true;
  return s;
}

// Everything that was written, as one text.
struct Kept final : Output {
  std::string lines, positions, accounts, book;
  Result<void> on_lines(size_t stream, Instant received, std::string_view text) override {
    lines += std::to_string(stream) + " " + std::to_string(received.ns()) + "\n";
    lines += text;
    return {};
  }
  Result<void> on_positions(std::string_view rows) override {
    positions += rows;
    return {};
  }
  Result<void> on_accounts(std::string_view rows) override {
    accounts += rows;
    return {};
  }
  Result<void> on_book(std::string_view, std::string_view rows) override {
    book += rows;
    return {};
  }
};

}  // namespace delever::sim::fixture
