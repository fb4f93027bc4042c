// Events of tapes as tables, one a kind. Every row has the two times, the instrument and the source
// of its event; prices and sizes are doubles with their exact integers beside them.
#pragma once

#include <pybind11/pybind11.h>

#include <array>
#include <set>
#include <string>
#include <vector>

#include "feeds/instrument_names.h"
#include "feeds/replay.h"
#include "python/columns.h"

namespace delever::python {

struct EventsWanted {
  std::vector<std::string> tapes;
  std::set<std::string, std::less<>> kinds;  // of payload_name(); empty: all
  std::set<std::string, std::less<>>
      instruments;  // "BTC-USDT-PERP", "BTCUSDT" or "binance:BTCUSDT"
  Instant from = Instant::min(), to = Instant::max();
  bool exact = true;  // with the columns of exact integers
};

class EventTables final : public feeds::ReplaySink {
 public:
  explicit EventTables(EventsWanted wanted);
  Result<void> read();  // without the interpreter's lock
  void on_event(const Event& event) override;
  void on_undecoded(const Source& stream, const codec::RawMessage&, const Error& why) override;
  // {"tables": {kind: columns}, "undecoded": {"stream: reason": messages}}; with the lock.
  pybind11::dict take();

 private:
  bool wants(InstrumentId id);
  EventsWanted wanted_;
  std::unique_ptr<feeds::Replay> replay_;
  std::array<Table, std::variant_size_v<EventPayload>> tables_;
  std::array<bool, std::variant_size_v<EventPayload>> wanted_kinds_{};
  feeds::InstrumentNames names_;
  std::vector<int8_t> wanted_ids_;  // by InstrumentId: 0 not looked at, 1 yes, -1 no
  std::map<std::string, uint64_t> undecoded_;
  std::optional<Error> failed_;
};

// The names of all kinds.
std::vector<std::string> event_kinds();

}  // namespace delever::python
