// The page of the control: what the market is doing, and buttons for what can be done to it.
#pragma once

#include <string_view>

namespace delever::rehearsal {

extern const std::string_view kControlPage;

}  // namespace delever::rehearsal
