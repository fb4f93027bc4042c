// A scenario is data that somebody typed. Whatever the bytes, reading it ends with a scenario or
// with an error that names the file; what is read has figures that a kernel can work with.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/source_root.h"
#include "sim/scenario/scenario.h"

using namespace delever;
using namespace delever::sim;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const rulebooks::RulebookShelf shelf =
      rulebooks::RulebookShelf::load(source_root() + "/rulebooks").value();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto read = sim::Scenario::parse(text, "fuzz.toml", shelf);
  if (!read.has_value()) {
    CHECK(read.error().text().find("fuzz.toml") != std::string::npos);
    return 0;
  }
  const sim::Scenario& s = read.value();
  CHECK(s.steps() > 0 && s.report_at > s.from && s.report_at <= s.to);
  CHECK(!s.assets.empty() && !s.venues.empty());
  for (const sim::AssetSetup& a : s.assets)
    CHECK(std::isfinite(a.start) && a.start > 0 && !a.past.empty());
  for (const sim::VenueSetup& v : s.venues) CHECK(!v.listings.empty());
  return 0;
}
