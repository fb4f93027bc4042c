// WebSocket frames (RFC 6455) between bytes and messages, without sockets. One reader serves one
// direction of one connection. A whole, plain message is handed out where it lies; only what comes
// in pieces or packed is copied.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "net/deflate.h"

namespace delever::net {

enum class Opcode : uint8_t { more = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

// Why a connection must end: the close code to send, and what was wrong.
struct FrameFault {
  uint16_t code = 1002;
  std::string what;
};

class FrameReader {
 public:
  struct Options {
    bool from_client = false;  // its frames are masked
    bool check_utf8 = true;    // of text; a recorder keeps what came, whatever it is
    size_t message_limit = size_t{16} << 20;
    std::optional<Inflater::Options> packed;  // permessage-deflate was agreed
  };
  struct Sink {
    virtual ~Sink() = default;
    // The bytes are valid during the call. False: read no further.
    virtual bool on_message(std::string_view bytes, bool text) = 0;
    virtual bool on_control(Opcode opcode, std::string_view payload) = 0;
  };

  explicit FrameReader(const Options& options);

  // Handles the whole frames at the beginning of `bytes` and says how many bytes those were;
  // unmasks them in place. After a fault, nothing more may be read.
  size_t read(std::span<char> bytes, Sink& sink, std::optional<FrameFault>& fault);

 private:
  struct Head;
  bool check(const Head& head, std::optional<FrameFault>& fault) const;
  bool data_frame(const Head& head, std::span<char> payload, Sink& sink,
                  std::optional<FrameFault>& fault);
  bool whole_message(std::string_view bytes, bool is_packed, bool text, Sink& sink,
                     std::optional<FrameFault>& fault);

  Options options_;
  std::unique_ptr<Inflater> inflater_;  // made when the first packed message comes
  std::string pieces_;                  // of a message in several frames
  bool in_pieces_ = false, pieces_text_ = false, pieces_packed_ = false;
  std::string unpacked_;
};

// Appends a frame; with a key, masked by it (client side). The payload of a control frame has at
// most 125 bytes.
struct FrameShape {
  Opcode opcode = Opcode::text;
  bool is_packed = false;
  std::optional<uint32_t> key;
};
void append_frame(std::string& out, const FrameShape& shape, std::string_view payload);

// The payload of a close frame, and what one says. 1005: it said nothing; none: it is malformed.
std::string close_payload(uint16_t code, std::string_view reason);
struct CloseWord {
  uint16_t code = 1005;
  std::string reason;
};
std::optional<CloseWord> read_close(std::string_view payload);

bool is_utf8(std::string_view text);

}  // namespace delever::net
