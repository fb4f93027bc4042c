// What the demo shows of a simulated market beside the published facts, as text and as pages.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "render/stress_render.h"
#include "reports/brief.h"
#include "sim/outcome.h"
#include "sim/scenario/scenario.h"

namespace delever::render {

struct DemoPage {
  std::string file, title, what;  // what: one sentence for somebody who has not seen it
};

// Gauges and claims of two briefs side by side: the real day's and the simulated one's.
std::string beside_text(const reports::Brief& published, const reports::Brief& simulated);
std::string beside_html(const reports::Brief& published, const reports::Brief& simulated);

// The same moves on the accounts of the simulated market, by kind of book.
std::string stress_demo_text(const reports::StressReport& report);
std::string stress_demo_html(const std::string& title, const reports::StressReport& report);

std::string demo_index(const reports::Brief& published, const sim::Outcome& outcome,
                       const std::vector<DemoPage>& pages, const std::string& beside);

}  // namespace delever::render
