#include "base/source_root.h"

namespace delever {

std::string source_root() { return DELEVER_ROOT; }

}  // namespace delever
