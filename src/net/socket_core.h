// The WebSocket protocol over a wire, either side.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "net/deflate.h"
#include "net/frame.h"
#include "net/socket.h"
#include "net/wire.h"

namespace delever::net {

class SocketCore final : public WebSocket,
                         public Wire::Owner,
                         private FrameReader::Sink,
                         public std::enable_shared_from_this<SocketCore> {
 public:
  struct Role {
    bool client = true;
    std::optional<DeflateTerms> packed;       // what was agreed
    std::shared_ptr<Deflater> deflater = {};  // server: packs what it sends
  };
  SocketCore(SocketHandlers handlers, const SocketOptions& options);

  // After the handshake: the wire is ours from here on.
  void open(std::shared_ptr<Wire> wire, Role role);
  // The handshake failed; tells on_closed.
  void fail(Closed closed);
  void set_handlers(SocketHandlers handlers) { handlers_ = std::move(handlers); }
  // What drop() does before open().
  void on_drop(std::function<void()> cancel) { cancel_ = std::move(cancel); }
  bool gone() const { return state_ == State::closed; }

  bool send(std::string_view text) override;
  bool send_binary(std::string_view bytes) override;
  bool send(const SharedMessage& message) override;
  bool send(const SharedBatch& batch) override;
  bool send_beside(const SharedBatch& batch) override;
  bool ping(std::string_view payload) override;
  bool pong(std::string_view payload) override;
  void close(uint16_t code, std::string_view reason) override;
  void drop() override;
  void pause(bool paused) override;
  void urgent(bool urgent) override {
    if (wire_) wire_->urgent(urgent);
  }
  bool is_open() const override { return state_ == State::open; }
  size_t queued() const override { return wire_ ? wire_->queued() : 0; }
  const std::string& peer() const override;

  size_t on_bytes(std::span<char> bytes, Instant received) override;
  void on_drained() override;
  void on_end(const Error& error) override;

 private:
  enum class State { opening, open, closing, closed };
  bool on_message(std::string_view bytes, bool text) override;
  bool on_control(Opcode opcode, std::string_view payload) override;
  bool send_batch(const SharedBatch& batch, bool beside);
  bool send_frame(Opcode opcode, std::string_view payload);
  std::optional<uint32_t> next_key();
  void finish(Closed closed);

  SocketHandlers handlers_;
  const SocketOptions options_;
  State state_ = State::opening;
  std::shared_ptr<Wire> wire_;
  Role role_;
  std::optional<FrameReader> reader_;
  Instant received_;
  bool reading_ = true;
  std::string frame_, packed_;  // memory to write into
  std::array<uint32_t, 64> keys_{};
  size_t keys_left_ = 0;
  std::optional<Closed> our_close_;
  std::function<void()> cancel_;
};

}  // namespace delever::net
