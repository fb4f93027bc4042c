// What `delever simulate` writes (encode.h): one JSON object a message, times in nanoseconds,
// prices and quantities as text. The setting "venue" names the simulated venue.
#pragma once

#include "codec/decoder.h"

namespace delever {

Result<std::unique_ptr<Decoder>> make_simulated_decoder(const StreamSettings& settings,
                                                        Instruments& instruments, SourceId source);

}  // namespace delever
