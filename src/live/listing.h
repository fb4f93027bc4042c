// What a venue lists, asked over REST, so that patterns and whole option chains become symbols.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "live/record_plan.h"
#include "net/client.h"
#include "net/loop.h"

namespace delever::live {

// The want with its patterns and chains replaced by symbols, sorted. Nothing is asked where there
// are none. An error when a pattern or a chain fits nothing.
using Expanded = std::function<void(Result<MarketWant>)>;
void expand_want(net::Client& client, const MarketWant& want, Expanded done);

}  // namespace delever::live
