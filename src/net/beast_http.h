// What the two clients of Beast's HTTP parser share.
#pragma once

#include <cstddef>
#include <string>

#include "net/http.h"

namespace delever::net {

inline constexpr uint32_t kHeadMost = uint32_t{64} << 10;  // of an answer

// The headers of a message of Beast's.
template <class Fields>
Headers copied(const Fields& fields) {
  Headers out;
  for (const auto& field : fields)
    out.push_back({std::string(field.name_string()), std::string(field.value())});
  return out;
}

}  // namespace delever::net
