#include "net/handshake.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/check.h"
#include "net/http.h"

namespace delever::net {

std::string new_socket_key() {
  unsigned char bytes[16];
  CHECK(RAND_bytes(bytes, sizeof(bytes)) == 1);
  return base64({reinterpret_cast<const char*>(bytes), sizeof(bytes)});
}

std::string socket_accept(std::string_view key) {
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  CHECK(EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr) == 1);
  return base64({reinterpret_cast<const char*>(digest), size});
}

bool is_socket_key(std::string_view key) {
  return key.size() == 24 && key.substr(22) == "==" &&
         key.substr(0, 22).find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
             "0123456789+/") == std::string_view::npos;
}

}  // namespace delever::net
