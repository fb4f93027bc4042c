#include "venues/terms/dialect.h"

#include <fmt/format.h>

namespace delever::venues {

std::string Dialect::refusal(const HttpResponse& response) const {
  if (response.status == 200) return {};
  return fmt::format("HTTP {}", response.status);
}

}  // namespace delever::venues
