#include "base/result.h"

namespace delever {

std::string_view fault_name(Fault fault) {
  switch (fault) {
    case Fault::malformed:
      return "malformed";
    case Fault::unavailable:
      return "unavailable";
    case Fault::refused:
      return "refused";
    case Fault::out_of_range:
      return "out_of_range";
    case Fault::not_found:
      return "not_found";
    case Fault::no_evidence:
      return "no_evidence";
    case Fault::usage:
      return "usage";
  }
  check_failed("a Fault has a name", __FILE__, __LINE__);
}

}  // namespace delever
