#include "python/event_tables.h"

#include <pybind11/stl.h>

#include "feeds/event_row.h"
#include "python/bindings.h"
#include "python/failure.h"

namespace delever::python {

namespace py = pybind11;

std::vector<std::string> event_kinds() {
  std::vector<std::string> names;
  feeds::each_event_kind(
      [&](size_t, const EventPayload& payload) { names.emplace_back(payload_name(payload)); });
  return names;
}

// Each table gets its columns from an empty event, so that a kind that never came has them as well.
EventTables::EventTables(EventsWanted wanted) : wanted_(std::move(wanted)) {
  feeds::each_event_kind([&](size_t i, const EventPayload& payload) {
    wanted_kinds_[i] = wanted_.kinds.empty() || wanted_.kinds.contains(payload_name(payload));
    const Event event;
    std::visit(feeds::EventRow<Table>{tables_[i], event, wanted_.exact, failed_}, payload);
    tables_[i].forget_rows();
  });
}

bool EventTables::wants(InstrumentId id) {
  if (wanted_.instruments.empty()) return true;
  if (id == kNoInstrument) return false;
  if (id >= wanted_ids_.size()) wanted_ids_.resize(id + size_t{1});
  int8_t& known = wanted_ids_[id];
  if (known == 0) {
    const Instrument& i = replay_->instruments()[id];
    known = wanted_.instruments.contains(i.symbol) || wanted_.instruments.contains(i.name()) ||
                    wanted_.instruments.contains(names_.of(id, replay_->instruments()))
                ? 1
                : -1;
  }
  return known > 0;
}

// Looks at Ctrl-C now and then: the lock is taken for it alone.
Result<void> EventTables::read() {
  constexpr uint64_t kLookEvery = 1 << 16;
  replay_ = TRY(feeds::Replay::open(wanted_.tapes, {.from = wanted_.from, .to = wanted_.to}));
  while (TRY(replay_->step(*this))) {
    if (failed_) return *failed_;
    if (replay_->messages() % kLookEvery != 0) continue;
    py::gil_scoped_acquire lock;
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
  }
  if (failed_) return *failed_;
  return {};
}

// The loop of every reading: two looks, then one row.
void EventTables::on_event(const Event& event) {
  const size_t kind = event.payload.index();
  if (!wanted_kinds_[kind] || !wants(event.instrument)) return;
  std::visit(feeds::EventRow<Table>{tables_[kind], event, wanted_.exact, failed_}, event.payload);
}

void EventTables::on_undecoded(const Source& stream, const codec::RawMessage&, const Error& why) {
  ++undecoded_[stream.name + ": " + why.text()];
}

// Tables are given away: a second call has none.
py::dict EventTables::take() {
  const std::vector<std::string> names = event_kinds();
  py::dict tables;
  for (size_t i = 0; i < names.size(); ++i) {
    if (wanted_kinds_[i]) tables[py::str(names[i])] = tables_[i].take();
  }
  py::list instruments, sources;
  for (InstrumentId id = 0; id < replay_->instruments().size(); ++id)
    instruments.append(names_.of(id, replay_->instruments()));
  for (const Source& source : replay_->sources()) sources.append(source.name);
  py::dict undecoded;
  for (const auto& [reason, count] : undecoded_) undecoded[py::str(reason)] = count;
  py::dict out;
  out["tables"] = tables;
  out["instruments"] = instruments;
  out["sources"] = sources;
  out["undecoded"] = undecoded;
  return out;
}

void bind_events(py::module_& m) {
  m.def("event_kinds", &event_kinds);
  m.def(
      "read_events",
      [](std::vector<std::string> tapes, const std::set<std::string>& kinds,
         const std::set<std::string>& instruments, int64_t since, int64_t until, bool exact) {
        EventTables tables({.tapes = std::move(tapes),
                            .kinds = {kinds.begin(), kinds.end()},
                            .instruments = {instruments.begin(), instruments.end()},
                            .from = Instant::ns(since),
                            .to = Instant::ns(until),
                            .exact = exact});
        unlocked([&] { return tables.read(); });
        return tables.take();
      },
      py::arg("tapes"), py::arg("kinds"), py::arg("instruments"), py::arg("since"),
      py::arg("until"), py::arg("exact"));
}

}  // namespace delever::python
