// Digests and codes that venues sign requests with. Bytes in, bytes out.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace delever::auth {

std::string hmac_sha256(std::string_view secret, std::string_view text);  // 32 bytes
std::string keccak256(std::string_view bytes);  // as Ethereum's, with the padding of before SHA-3

std::string hex(std::string_view bytes);                       // lower case
std::optional<std::string> from_hex(std::string_view digits);  // either case, no 0x; whole bytes
std::string base64(std::string_view bytes);

// Takes as long whether they differ early or late, so that a signature cannot be found out digit by
// digit.
bool same(std::string_view a, std::string_view b);

}  // namespace delever::auth
