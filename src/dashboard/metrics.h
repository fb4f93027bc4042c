// What a Prometheus server scrapes, as text: readings with their state, feeds, the server itself.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "dashboard/answers.h"

namespace delever::dashboard {

// Of answers by how long they took, from the request to the first byte handed to the socket.
class LatencyCounts {
 public:
  static constexpr std::array<double, 10> kBounds{0.0005, 0.001, 0.0025, 0.005, 0.01,
                                                  0.02,   0.05,  0.25,   1,     10};
  void add(Duration took);
  void write(std::string& out, const std::string& name) const;

 private:
  std::array<uint64_t, kBounds.size() + 1> counts_{};
  uint64_t total_ = 0;
  double sum_ = 0;
};

struct ServerCounts {
  std::map<std::pair<std::string, int>, uint64_t> requests;  // by path kind and status
  LatencyCounts latency;
  uint64_t cache_hits = 0, cache_misses = 0, refused = 0, frames = 0;
  double frame_seconds = 0;
  size_t waiting = 0, listeners = 0, cache_bytes = 0, connections = 0;
  uint64_t version = 0;
  Duration behind;                      // of the clock, where a tape grows
  bool growing = false, stale = false;  // stale: the tapes grow and cannot be followed
};

std::string server_metrics(const ServerCounts& counts);
std::string readings_metrics(const std::vector<FramePtr>& frames);  // one a coin

}  // namespace delever::dashboard
