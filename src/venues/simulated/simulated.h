// What `delever simulate` writes (encode.h): one JSON object a message, times in nanoseconds,
// prices and quantities as text. The setting "venue" names the simulated venue.
#pragma once

#include "codec/decoder.h"

namespace delever::venues {

Result<std::unique_ptr<codec::Decoder>> make_simulated_decoder(
    const codec::StreamSettings& settings, Instruments& instruments, SourceId source);

}  // namespace delever::venues
