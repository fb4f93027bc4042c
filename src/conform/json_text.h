// A string as JSON writes it. Bytes that are no UTF-8 become U+FFFD, so that what we print is JSON
// whatever we were fed.
#pragma once

#include <string>
#include <string_view>

namespace delever::conform {

std::string json_text(std::string_view text);

}  // namespace delever::conform
