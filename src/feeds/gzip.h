// What a gzip file holds: members end to end, with the padding that tape drives leave behind them.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "feeds/bytes.h"

namespace delever::feeds {

// `from`: the packed bytes; `path` for errors.
std::unique_ptr<ByteSource> gzip_source(std::unique_ptr<ByteSource> from, std::string path);

// The same bytes and errors in a third of the time. `again` gives the packed bytes from their start
// once more: damage is met by a fast inflater and named by zlib, which says more of it.
using ReadAgain = std::function<Result<std::unique_ptr<ByteSource>>()>;
std::unique_ptr<ByteSource> fast_gzip_source(std::unique_ptr<ByteSource> from, std::string path,
                                             ReadAgain again);

}  // namespace delever::feeds
