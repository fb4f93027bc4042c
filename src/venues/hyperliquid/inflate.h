// The text that fastAssetCtxs carries: base64 of raw DEFLATE (without the header of zlib).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace delever::venues::hyperliquid {

// With kPadding readable bytes after it, which are counted in its size. Missing: not base64, not
// DEFLATE, or more than 64 MiB.
std::optional<std::string> inflate_base64(std::string_view base64);

}  // namespace delever::venues::hyperliquid
