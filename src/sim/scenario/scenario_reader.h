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
Result<VenueRole> venue_role(const Config& c, std::string_view key);
Result<double> start_price(const Config& c, std::string_view key);    // 1e-6 to 1e8 USD
bool in_book(double level);                                           // of the start price
Result<double> level_in_book(const Config& c, std::string_view key);  // of the start price
Result<double> wallet_usd(const Config& c, std::string_view key);     // what a wallet can hold
template <class T>
Result<T> exact(const Config& c, std::string_view key) {
  auto read = T::parse(TRY(c.decimal(key)));
  if (!read.has_value()) return std::move(read.error()).at(c.place(key));
  return read;
}
Result<Duration> whole_seconds(const Config& c, std::string_view key);
Result<uint32_t> count(const Config& c, std::string_view key, int64_t most);  // from 1 up
template <int64_t most>
Result<uint32_t> up_to(const Config& c, std::string_view key) {
  return count(c, key, most);
}
Result<Duration> length(const Config& c, std::string_view key);  // longer than nothing
Result<uint32_t> asset(const Config& c, const Scenario& s, std::string_view key = "asset");
// `latency`, and `latency_extra` beside it.
Result<Latency> latency(const Config& c, std::string_view key);
// The last point of a path: within the scenario, after the one before it.
Result<void> check_last(const std::vector<PathPoint>& path, const Config& c, const Scenario& s);
Result<void> source(const Config& c);  // every table says where its figures come from

Result<VenueSetup> read_venue(const Config& c, const Scenario& s,
                              const rulebooks::RulebookShelf& shelf);

}  // namespace delever::sim
