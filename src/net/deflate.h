// permessage-deflate (RFC 7692): packing and unpacking of messages.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace delever::net {

class Inflater {
 public:
  struct Options {
    bool keeps_context = true;  // the sender may refer to earlier messages
  };
  explicit Inflater(const Options& options);
  ~Inflater();
  // Appends the message; nullopt: damaged; false: it is longer than `limit`.
  std::optional<bool> unpack(std::string_view packed, size_t limit, std::string& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
  const Options options_;
};

// Packs each message by itself, so that one packed message serves any number of receivers and no
// connection has a state.
class Deflater {
 public:
  Deflater();
  ~Deflater();
  void pack(std::string_view message, int window_bits, std::string& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// What a client offers and a server answers in Sec-WebSocket-Extensions.
struct DeflateTerms {
  bool server_keeps_context = true, client_keeps_context = true;
  int server_bits = 15, client_bits = 15;
};
inline constexpr std::string_view kDeflateOffer = "permessage-deflate; client_max_window_bits";
// Server: the terms for the first offer that we can meet and the header to answer; neither side
// keeps a context. None: no offer of it, or none that we can meet.
std::optional<DeflateTerms> accept_offer(std::string_view header, std::string& answer);
// Client: what the server agreed to. None: it agreed to what was not offered, or to nonsense.
std::optional<DeflateTerms> read_agreement(std::string_view header);

}  // namespace delever::net
