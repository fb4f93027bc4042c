#include "gauges/reading.h"

namespace delever::gauges {

std::string_view state_name(State state) {
  switch (state) {
    case State::corroborated:
      return "corroborated";
    case State::single_source:
      return "single_source";
    case State::conflicting:
      return "conflicting";
    case State::pending:
      return "pending";
  }
  check_failed("a State has a name", __FILE__, __LINE__);
}

}  // namespace delever::gauges
