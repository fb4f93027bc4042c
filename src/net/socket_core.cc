#include "net/socket_core.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <utility>

namespace delever::net {
namespace {

constexpr size_t kPackFrom = 256;  // shorter messages gain nothing

}  // namespace

const std::string& SharedMessage::frame(int window_bits, Deflater* deflater) const {
  if (deflater == nullptr || text_.size() < kPackFrom) window_bits = 0;
  std::string& frame = frames_[window_bits];
  if (frame.empty()) {
    std::string packed;
    if (window_bits != 0) deflater->pack(text_, window_bits, packed);
    append_frame(frame, {.opcode = Opcode::text, .is_packed = window_bits != 0},
                 window_bits != 0 ? packed : text_);
  }
  return frame;
}

const std::shared_ptr<const std::string>& SharedBatch::frames(int window_bits,
                                                              Deflater* deflater) const {
  if (deflater == nullptr) window_bits = 0;
  auto& joined = joined_[window_bits];
  if (!joined) {
    std::string all;
    for (const auto& message : messages_) all += message->frame(window_bits, deflater);
    joined = std::make_shared<const std::string>(std::move(all));
  }
  return joined;
}

SocketCore::SocketCore(SocketHandlers handlers, const SocketOptions& options)
    : handlers_(std::move(handlers)), options_(options) {}

void SocketCore::open(std::shared_ptr<Wire> wire, Role role) {
  CHECK(state_ == State::opening);
  wire_ = std::move(wire);
  role_ = std::move(role);
  cancel_ = nullptr;
  FrameReader::Options reading;
  reading.from_client = !role_.client;
  reading.check_utf8 = options_.check_utf8;
  reading.message_limit = options_.message_limit;
  if (role_.packed) {
    reading.packed =
        Inflater::Options{.keeps_context = role_.client ? role_.packed->server_keeps_context
                                                        : role_.packed->client_keeps_context};
  }
  reader_.emplace(reading);
  state_ = State::open;
  wire_->no_deadline();
  wire_->idle_limit(options_.idle);
  const auto self = shared_from_this();
  wire_->give_to(self);
  if (handlers_.on_open) handlers_.on_open(*this);
}

void SocketCore::fail(Closed closed) {
  if (state_ != State::opening) return;
  finish(std::move(closed));
}

// ---- reading

// A fault of the peer is answered with its close code, and ends the connection.
size_t SocketCore::on_bytes(std::span<char> bytes, Instant received) {
  if (state_ == State::closed) return bytes.size();
  const auto self = shared_from_this();
  received_ = received;
  reading_ = true;
  std::optional<FrameFault> fault;
  const size_t took = reader_->read(bytes, *this, fault);
  if (!fault || state_ == State::closed) return took;
  send_frame(Opcode::close, close_payload(fault->code, fault->what));
  wire_->end();
  finish({.code = fault->code,
          .by_peer = false,
          .error = {Fault::malformed, std::move(fault->what), wire_->peer()}});
  return took;
}

bool SocketCore::on_message(std::string_view bytes, bool text) {
  // A client hears what the server had said before it learned of our close.
  const bool heard = state_ == State::open || (state_ == State::closing && role_.client);
  if (heard && handlers_.on_message) handlers_.on_message(*this, {bytes, text, received_});
  return state_ != State::closed && reading_;
}

// Pings, pongs and closes, which may come between the pieces of a message.
bool SocketCore::on_control(Opcode opcode, std::string_view payload) {
  if (opcode == Opcode::ping) {
    if (options_.answer_pings && state_ == State::open) send_frame(Opcode::pong, payload);
    if (handlers_.on_ping) handlers_.on_ping(*this, payload, received_);
  } else if (opcode == Opcode::pong) {
    if (handlers_.on_pong) handlers_.on_pong(*this, payload, received_);
  } else {
    const auto word = read_close(payload);
    const uint16_t code = word ? word->code : 1002;
    if (state_ == State::open) {
      // What the peer sent is sent back; a close that says nothing is answered by one.
      send_frame(Opcode::close, code == 1005 ? "" : close_payload(code, ""));
    }
    wire_->end();
    if (our_close_) {
      finish(*std::exchange(our_close_, std::nullopt));
    } else {
      std::string what = fmt::format("closed by the peer, code {}", code);
      if (!word) what = "a close frame is malformed";
      if (word && !word->reason.empty()) what += ": " + word->reason;
      finish({.code = code,
              .by_peer = true,
              .error = {Fault::unavailable, std::move(what), wire_->peer()}});
    }
  }
  return state_ != State::closed && reading_;
}

void SocketCore::on_drained() {
  if (state_ == State::open && handlers_.on_drained) handlers_.on_drained(*this);
}

void SocketCore::on_end(const Error& error) {
  if (our_close_) return finish(*std::exchange(our_close_, std::nullopt));
  finish({.code = 1006, .by_peer = true, .error = error});
}

// ---- writing

// A client's masks must not be guessed by who chose the payload (RFC 6455, 5.3).
std::optional<uint32_t> SocketCore::next_key() {
  if (!role_.client) return {};
  if (keys_left_ == 0) {
    CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(keys_.data()), sizeof(keys_)) == 1);
    keys_left_ = keys_.size();
  }
  return keys_[--keys_left_];
}

bool SocketCore::send_frame(Opcode opcode, std::string_view payload) {
  if (state_ != State::open) return false;
  FrameShape shape{.opcode = opcode, .is_packed = false, .key = next_key()};
  if (role_.packed && role_.deflater && payload.size() >= kPackFrom &&
      static_cast<uint8_t>(opcode) < 8) {
    packed_.clear();
    role_.deflater->pack(payload, role_.packed->server_bits, packed_);
    payload = packed_;
    shape.is_packed = true;
  }
  const bool data = static_cast<uint8_t>(opcode) < 8;
  if (data && wire_->queued() + payload.size() > options_.queue_limit) return false;
  // Pongs to a peer that does not read them would grow without end.
  if (!data && opcode != Opcode::close && wire_->queued() > options_.queue_limit) return false;
  frame_.clear();
  append_frame(frame_, shape, payload);
  wire_->write(frame_);
  return true;
}

bool SocketCore::send(std::string_view text) { return send_frame(Opcode::text, text); }
bool SocketCore::send_binary(std::string_view bytes) { return send_frame(Opcode::binary, bytes); }

bool SocketCore::send(const SharedMessage& message) {
  if (state_ != State::open) return false;
  CHECK(!role_.client);
  const std::string& frame =
      message.frame(role_.packed ? role_.packed->server_bits : 0, role_.deflater.get());
  if (wire_->queued() + frame.size() > options_.queue_limit) return false;
  wire_->write(frame);
  return true;
}

bool SocketCore::send(const SharedBatch& batch) { return send_batch(batch, false); }
bool SocketCore::send_beside(const SharedBatch& batch) { return send_batch(batch, true); }

// Refused as a whole where it does not fit: half of a batch would be a gap that nobody was told of.
bool SocketCore::send_batch(const SharedBatch& batch, bool beside) {
  if (state_ != State::open) return false;
  CHECK(!role_.client);
  const auto& frames =
      batch.frames(role_.packed ? role_.packed->server_bits : 0, role_.deflater.get());
  if (wire_->queued() + frames->size() > options_.queue_limit) return false;
  if (beside)
    wire_->write_beside(frames);
  else
    wire_->write_now(*frames);
  return true;
}

bool SocketCore::ping(std::string_view payload) {
  return payload.size() <= 125 && send_frame(Opcode::ping, payload);
}

bool SocketCore::pong(std::string_view payload) {
  return payload.size() <= 125 && send_frame(Opcode::pong, payload);
}

// The peer's answer is waited for; on_closed tells when it came, or when it did not in time.
void SocketCore::close(uint16_t code, std::string_view reason) {
  if (state_ == State::opening) {
    const auto self = shared_from_this();
    if (const auto cancel = std::exchange(cancel_, nullptr)) cancel();
    return finish({.code = code, .error = {Fault::unavailable, "closed while connecting", ""}});
  }
  if (state_ != State::open) return;
  send_frame(Opcode::close, close_payload(code, reason));
  state_ = State::closing;
  our_close_ =
      Closed{.code = code,
             .by_peer = false,
             .error = {Fault::unavailable, "closed by us: " + std::string(reason), wire_->peer()}};
  wire_->pause(false);
  wire_->deadline(options_.close_wait, our_close_->error);
}

void SocketCore::drop() {
  if (state_ == State::closed) return;
  const auto self = shared_from_this();
  state_ = State::closed;
  if (const auto cancel = std::exchange(cancel_, nullptr)) cancel();
  if (wire_) wire_->drop();
}

void SocketCore::pause(bool paused) {
  if (state_ != State::open) return;
  reading_ = !paused;
  wire_->pause(paused);
}

const std::string& SocketCore::peer() const {
  static const std::string nobody;
  return wire_ ? wire_->peer() : nobody;
}

void SocketCore::finish(Closed closed) {
  if (state_ == State::closed) return;
  const auto self = shared_from_this();
  state_ = State::closed;
  if (handlers_.on_closed) handlers_.on_closed(*this, closed);
}

}  // namespace delever::net
