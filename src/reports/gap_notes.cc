#include "reports/gap_notes.h"

#include <fmt/format.h>

#include <algorithm>

namespace delever::reports {

void GapNotes::on_event(const Event& event) {
  if (const auto* gap = std::get_if<Gap>(&event.payload)) {
    std::string name = event.source < sources_.size() ? sources_[event.source].name : "a stream";
    const bool sequence = gap->kind == GapKind::sequence;
    if (sequence && event.instrument != kNoInstrument)
      name += " " + instruments_[event.instrument].symbol;
    holes_[{std::move(name), sequence}].push_back({gap->from, gap->to, gap->reason});
  }
  next_.on_event(event);
}

std::vector<std::string> GapNotes::lines(Instant from, Instant to) const {
  std::vector<std::string> out;
  for (const auto& [key, holes] : holes_) {
    const auto& [name, sequence] = key;
    size_t count = 0;
    Instant first = to, last = from;
    const Hole* one = nullptr;
    for (const Hole& hole : holes) {
      if (hole.to < from || hole.from > to) continue;
      ++count;
      if (!one) one = &hole;
      first = std::min(first, std::max(hole.from, from));
      last = std::max(last, std::min(hole.to, to));
    }
    if (!one) continue;
    const std::string_view what = sequence ? "hole in its numbering" : "gap";
    const std::string when =
        first == last ? "at " + first.text() : fmt::format("{} to {}", first.text(), last.text());
    out.push_back(count == 1 ? fmt::format("{}: a {}, {}: {}", name, what, when, one->reason)
                             : fmt::format("{}: {} {}, {}, the first: {}", name, count,
                                           sequence ? "holes in its numbering" : "gaps", when,
                                           one->reason));
  }
  return out;
}

}  // namespace delever::reports
