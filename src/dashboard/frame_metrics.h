// What /metrics says of a frame: lines that are written where the frame is made, off the loop, so
// that a scrape only puts them together.
#pragma once

#include <array>
#include <string>

#include "reports/brief.h"
#include "reports/survey.h"

namespace delever::dashboard {

struct FrameMetrics {
  // By metric, in the order of readings_metrics(): a metric's lines stand together, whatever the
  // coin.
  std::array<std::string, 7> readings;
  std::string feeds;
};

FrameMetrics metrics_of(const reports::Brief& brief, const reports::Survey& survey);

}  // namespace delever::dashboard
