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
Result<uint32_t> count(const Config& c, std::string_view key, int64_t most);  // from 1 up
Result<Duration> length(const Config& c, std::string_view key);               // longer than nothing
Result<uint32_t> asset(const Config& c, const Scenario& s, std::string_view key = "asset");
Result<Latency> latency(const Config& c);
Result<void> source(const Config& c);  // every table says where its figures come from

Result<VenueSetup> read_venue(const Config& c, const Scenario& s,
                              const rulebooks::RulebookShelf& shelf);

}  // namespace delever::sim
