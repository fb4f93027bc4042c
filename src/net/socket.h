// One end of a WebSocket, a client's or a server's. It lives as long as its connection does; who
// keeps the pointer may use it longer. The handlers are called on the loop.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "net/http.h"

namespace delever::net {

class Deflater;
class WebSocket;
using WebSocketPtr = std::shared_ptr<WebSocket>;

struct Message {
  std::string_view bytes;  // valid during the call
  bool text = true;
  Instant received;  // when the read that completed it returned
};

struct Closed {
  uint16_t code = 1006;               // of the close frame that ended it; 1006: there was none
  bool by_peer = false;               // the peer began to close, or broke off
  Error error;                        // what happened, in words; the peer's address
  std::optional<HttpAnswer> refusal;  // the server's answer, where it was no WebSocket
};

struct SocketHandlers {
  std::function<void(WebSocket&)> on_open;
  std::function<void(WebSocket&, const Message&)> on_message;
  std::function<void(WebSocket&, std::string_view payload, Instant)> on_ping, on_pong;
  std::function<void(WebSocket&)> on_drained;                // the queue has become empty
  std::function<void(WebSocket&, const Closed&)> on_closed;  // once, unless it was dropped
};

struct SocketOptions {
  size_t message_limit = size_t{16} << 20;
  size_t queue_limit = size_t{4} << 20;        // bytes that wait to be sent
  Duration idle;                               // nothing read for so long ends it; zero: never
  Duration close_wait = Duration::seconds(2);  // for the peer's answer to our close
  bool answer_pings = true;
  bool check_utf8 = true;
  bool deflate = true;  // offer or accept permessage-deflate
};

// A message for many receivers: made into a frame, and packed, once.
class SharedMessage {
 public:
  explicit SharedMessage(std::string text) : text_(std::move(text)) {}
  const std::string& text() const { return text_; }
  // The frame; window bits 0: plain.
  const std::string& frame(int window_bits, Deflater* deflater) const;

 private:
  std::string text_;
  mutable std::map<int, std::string> frames_;
};

// Several of them that many get at once: their frames, joined once.
class SharedBatch {
 public:
  using Messages = std::vector<std::shared_ptr<const SharedMessage>>;
  explicit SharedBatch(Messages messages) : messages_(std::move(messages)) {}
  const std::shared_ptr<const std::string>& frames(int window_bits, Deflater* deflater) const;

 private:
  Messages messages_;
  mutable std::map<int, std::shared_ptr<const std::string>> joined_;
};

class WebSocket {
 public:
  virtual ~WebSocket() = default;
  // False, and nothing is sent: not open, or the queue would pass its limit.
  virtual bool send(std::string_view text) = 0;
  virtual bool send_binary(std::string_view bytes) = 0;
  virtual bool send(const SharedMessage& message) = 0;  // a server's
  virtual bool send(const SharedBatch& batch) = 0;      // a server's; at once where it can
  virtual bool send_beside(const SharedBatch& batch) = 0;  // as Loop::send_beside says
  virtual bool ping(std::string_view payload) = 0;
  virtual bool pong(std::string_view payload) = 0;
  virtual void close(uint16_t code, std::string_view reason) = 0;  // hears until on_closed
  virtual void drop() = 0;                                         // no handler is called again
  virtual void pause(bool paused) = 0;  // reads nothing, so that the peer has to wait
  virtual void urgent(bool urgent) = 0;  // as of a wire (net/wire.h)
  virtual bool is_open() const = 0;
  virtual size_t queued() const = 0;
  virtual const std::string& peer() const = 0;
};

}  // namespace delever::net
