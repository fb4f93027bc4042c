// Pieces of the scenario reader, private to this folder: checked figures, and venues with their
// rulebooks.
#pragma once

#include "sim/scenario/scenario.h"

namespace delever::sim {

Result<double> positive(const Config& c, std::string_view key);
Result<double> not_negative(const Config& c, std::string_view key);
Result<double> any_sign(const Config& c, std::string_view key);
Result<std::string> name(const Config& c, std::string_view key);  // letters, digits, - and _
Result<double> share(const Config& c, std::string_view key);      // 0 to 1
Result<double> number(const Config& c, std::string_view key);
Result<std::vector<double>> numbers(const Config& c, std::string_view key);
Result<std::string> text(const Config& c, std::string_view key);
Result<Instant> instant(const Config& c, std::string_view key);
Result<bool> flag(const Config& c, std::string_view key);
Result<OptionType> option_type(const Config& c, std::string_view key);
Result<ExternalFlowKind> external_flow_kind(const Config& c, std::string_view key);
Result<bool> is_perpetual(const Config& c, std::string_view key);  // "perpetual", or "spot"
Result<uint32_t> count(const Config& c, std::string_view key, int64_t most);  // from 1 up
template <int64_t most>
Result<uint32_t> up_to(const Config& c, std::string_view key) {
  return count(c, key, most);
}
Result<Duration> length(const Config& c, std::string_view key);  // longer than nothing
Result<uint32_t> asset(const Config& c, const Scenario& s, std::string_view key = "asset");
// `latency`, and `latency_extra` beside it.
Result<Latency> latency(const Config& c, std::string_view key);
Result<void> source(const Config& c);  // every table says where its figures come from

Result<VenueSetup> read_venue(const Config& c, const Scenario& s,
                              const rulebooks::RulebookShelf& shelf);

}  // namespace delever::sim
