#include "feeds/instrument_names.h"

#include <fmt/format.h>

#include <algorithm>

namespace delever::feeds {

const std::string& InstrumentNames::of(InstrumentId id, const Instruments& instruments) {
  while (names_.size() <= id) {
    const Instrument& i = instruments[static_cast<InstrumentId>(names_.size())];
    std::string name = i.venue + ":" + i.symbol;
    const auto taken = [&] {
      return std::find(names_.begin(), names_.end(), name) != names_.end();
    };
    if (taken()) name += fmt::format(" {}", kind_name(i.kind));
    if (taken()) name += fmt::format(" {}", names_.size());
    names_.push_back(std::move(name));
  }
  return names_[id];
}

}  // namespace delever::feeds
