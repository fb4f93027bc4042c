#include "net/tcp_wire.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "net/url.h"

namespace delever::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr size_t kTurnBytes = size_t{32} << 10;     // of one connection, before others have theirs
constexpr size_t kSpare = 64;                       // readable bytes behind what is handed out
constexpr size_t kKept = size_t{1} << 20;           // beyond its first size, between messages
constexpr Duration kLinger = Duration::seconds(2);  // for the peer's own end after ours

std::string endpoint_text(const TcpWire::Socket& socket) {
  error_code error;
  const auto end = socket.remote_endpoint(error);
  if (error) return "(gone)";
  return HostPort{end.address().to_string(), end.port()}.text();
}

bool is_address(const std::string& name) {
  unsigned char bytes[16];
  return inet_pton(AF_INET, name.c_str(), bytes) == 1 ||
         inet_pton(AF_INET6, name.c_str(), bytes) == 1;
}

}  // namespace

TcpWire::TcpWire(Loop::Impl& loop, Socket socket, size_t read_bytes, Duration stall)
    : loop_(loop),
      socket_(std::move(socket)),
      fd_(socket_->native_handle()),
      peer_(endpoint_text(*socket_)),
      read_bytes_(std::max<size_t>(read_bytes, 4096) + kSpare),
      in_(read_bytes_),
      stall_(stall) {
  error_code ignored;
  socket_->non_blocking(true, ignored);
  socket_->set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_->set_option(asio::socket_base::keep_alive(true), ignored);
  // Within one machine nothing is gained by pacing: where the system's own choice is BBR, each of
  // its sends arms a timer. Where there is no cubic it stays as it is.
  const auto end = socket_->remote_endpoint(ignored);
  if (!ignored && end.address().is_loopback())
    setsockopt(fd_, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5);
  last_read_ = last_progress_ = loop_.clock.elapsed();
  loop_.add(this);
}

TcpWire::~TcpWire() { close_socket(); }

void TcpWire::release() {
  close_socket();
  owner_.reset();
}

// ---- TLS over our own reads and writes, so that a receive time is that of the read itself

BIO_METHOD* TcpWire::bio_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wire");
    CHECK(made != nullptr);
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_ctrl(made, bio_control);
    return made;
  }();
  return method;
}

int TcpWire::bio_read(BIO* bio, char* into, int size) {
  auto* const wire = static_cast<TcpWire*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const ssize_t got = recv(wire->fd_, into, static_cast<size_t>(size), 0);
  if (got > 0) {
    wire->received_ = wire->loop_.clock.now();
    wire->loop_.heard = true;
  }
  if (got < 0) {
    wire->last_errno_ = errno;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) BIO_set_retry_read(bio);
  }
  return static_cast<int>(got);
}

int TcpWire::bio_write(BIO* bio, const char* from, int size) {
  auto* const wire = static_cast<TcpWire*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const ssize_t put = send(wire->fd_, from, static_cast<size_t>(size), MSG_NOSIGNAL);
  if (put < 0) {
    wire->last_errno_ = errno;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) BIO_set_retry_write(bio);
  }
  return static_cast<int>(put);
}

long TcpWire::bio_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

Result<void> TcpWire::start_tls(const TlsContextPtr& context, const std::string& name,
                                std::function<void()> done) {
  ssl_.reset(SSL_new(context->get()));
  if (!ssl_) return Error{Fault::unavailable, ssl_error_text(), "OpenSSL"};
  BIO* const bio = BIO_new(bio_method());
  CHECK(bio != nullptr);
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  if (context->server()) {
    SSL_set_accept_state(ssl_.get());
  } else {
    SSL_set_connect_state(ssl_.get());
    const bool set = is_address(name) ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()),
                                                                      name.c_str()) == 1
                                      : SSL_set1_host(ssl_.get(), name.c_str()) == 1 &&
                                            SSL_set_tlsext_host_name(ssl_.get(), name.c_str()) == 1;
    if (!set) return Error{Fault::malformed, "not a name that a certificate can have", name};
  }
  shaken_ = std::move(done);
  const auto self = shared_from_this();
  asio::post(loop_.io, [self] { self->shake(); });
  return {};
}

// One step of the handshake, whenever the socket can do more of it.
void TcpWire::shake() {
  if (state_ != State::open || !shaken_) return;
  ERR_clear_error();
  last_errno_ = 0;
  const int result = SSL_do_handshake(ssl_.get());
  last_read_ = last_progress_ = loop_.clock.elapsed();
  if (result == 1) {
    const auto done = std::exchange(shaken_, nullptr);
    done();
    flush();
    turn_later();
    return;
  }
  switch (tls_outcome(result)) {
    case Io::read_later:
      return arm_read();
    case Io::write_later:
      return arm_write();
    default:
      break;
  }
  const long verified = SSL_get_verify_result(ssl_.get());
  shaken_ = nullptr;
  if (verified != X509_V_OK) {
    return fail({Fault::refused,
                 fmt::format("the server's certificate is not accepted: {}",
                             X509_verify_cert_error_string(verified)),
                 peer_});
  }
  fail({Fault::unavailable, "TLS handshake failed: " + trouble_, peer_});
}

// Why OpenSSL did not finish: it waits for the socket, or it is over.
TcpWire::Io TcpWire::tls_outcome(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Io::read_later;
    case SSL_ERROR_WANT_WRITE:
      return Io::write_later;
    case SSL_ERROR_ZERO_RETURN:
      trouble_ = "closed by the peer";
      return Io::ended;
    case SSL_ERROR_SYSCALL:
      ERR_clear_error();
      trouble_ = last_errno_ != 0 ? std::strerror(last_errno_) : "closed by the peer";
      return Io::ended;
    default:
      trouble_ = ssl_error_text();
      return Io::ended;
  }
}

// ---- reading

TcpWire::Io TcpWire::read_some(char* into, size_t size, size_t& got) {
  got = 0;
  if (ssl_) {
    ERR_clear_error();
    last_errno_ = 0;
    const int result = SSL_read_ex(ssl_.get(), into, size, &got);
    return result == 1 ? Io::done : tls_outcome(result);
  }
  const ssize_t n = recv(fd_, into, size, 0);
  if (n > 0) {
    received_ = loop_.clock.now();
    loop_.heard = true;
    got = static_cast<size_t>(n);
    return Io::done;
  }
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return Io::read_later;
  trouble_ = n == 0 ? "closed by the peer" : std::strerror(errno);
  return Io::ended;
}

// Behind the bytes that wait: by moving them to the front, or with more memory. What one huge
// message took is given back: many connections have one now and then.
void TcpWire::make_room() {
  if (in_begin_ == in_end_) {
    in_begin_ = in_end_ = 0;
    if (in_.size() > read_bytes_ + kKept) std::vector<char>(read_bytes_).swap(in_);
  }
  const size_t whole = in_.size() - kSpare;
  if (whole - in_end_ >= whole / 4) return;
  std::memmove(in_.data(), in_.data() + in_begin_, in_end_ - in_begin_);
  in_end_ -= std::exchange(in_begin_, 0);
  if (whole - in_end_ < whole / 4) in_.resize(whole * 2 + kSpare);
}

void TcpWire::deliver() {
  if (delivering_) return;
  delivering_ = true;
  while (in_begin_ < in_end_ && state_ == State::open && owner_ && !paused_ && !yielding_) {
    const auto owner = owner_;
    const size_t took = owner->on_bytes({in_.data() + in_begin_, in_end_ - in_begin_}, received_);
    in_begin_ += took;
    if (took == 0 && owner == owner_) break;
  }
  delivering_ = false;
  if (yielding_ && !paused_) go_on();
}

// Who has sent more waits with the others who have; who has not is heard as soon as there is more.
void TcpWire::go_on() {
  if (in_begin_ == in_end_ && !ssl_) return arm_read();
  turn_later();
}

// Reads until the socket has nothing more, so that the next wait is for new bytes.
bool TcpWire::read_turn() {
  for (size_t total = 0; total < kTurnBytes;) {
    if (state_ == State::closed || paused_ || yielding_) return false;
    if (state_ == State::open && !owner_) return false;
    make_room();
    size_t got = 0;
    switch (read_some(in_.data() + in_end_, in_.size() - kSpare - in_end_, got)) {
      case Io::done:
        break;
      case Io::read_later:
        arm_read();
        return false;
      case Io::write_later:
        arm_write();
        return false;
      case Io::ended:
        fail({Fault::unavailable, trouble_, peer_});
        return false;
    }
    last_read_ = loop_.clock.elapsed();
    total += got;
    if (state_ == State::ending) continue;  // what comes after our end is nobody's
    in_end_ += got;
    deliver();
  }
  return true;
}

void TcpWire::readable() {
  if (state_ == State::closed) return;
  const auto self = shared_from_this();
  yielding_ = false;
  if (shaken_) return shake();
  deliver();
  if (read_turn()) turn_later();
}

void TcpWire::turn_later() {
  if (state_ == State::closed || std::exchange(turn_posted_, true)) return;
  loop_.busy.push_back(shared_from_this());
  loop_.run_busy();
}

void TcpWire::take_turn() {
  turn_posted_ = false;
  readable();
}

void TcpWire::arm_read() {
  if (state_ == State::closed || std::exchange(read_armed_, true)) return;
  socket_->async_wait(Socket::wait_read, [self = shared_from_this()](const error_code& error) {
    self->read_armed_ = false;
    if (error) return;
    if (self->urgent_) return self->readable();
    self->turn_later();
  });
}

void TcpWire::pause(bool paused) {
  if (std::exchange(paused_, paused) && !paused) {
    last_read_ = loop_.clock.elapsed();  // what we did not read is not the peer's silence
    if (idle_limit_ > Duration()) watch_from(last_read_ + idle_limit_);
    if (delivering_)
      yielding_ = true;  // one request is done: others have their turn
    else
      go_on();
  }
}

void TcpWire::give_to(std::shared_ptr<Owner> owner) {
  owner_ = std::move(owner);
  if (!delivering_) turn_later();
}

// ---- writing

void TcpWire::write(std::string_view bytes) {
  if (state_ != State::open || bytes.empty()) return;
  begin_queue();
  out_.append(bytes);
  count_queued();
  drained_told_ = false;
  flush_later();
}

// From here on the peer must take something.
void TcpWire::begin_queue() {
  if (queued() > 0) return;
  last_progress_ = loop_.clock.elapsed();
  watch_from(last_progress_ + stall_);
}

void TcpWire::count_queued() {
  if (state_ == State::closed) return;
  loop_.queued += queued() - counted_;
  counted_ = queued();
}

// An error is left to the flush of what is queued then: whoever writes does not expect to be told.
void TcpWire::write_now(std::string_view bytes) {
  if (state_ == State::open && !ssl_ && queued() == 0 && !bytes.empty()) {
    const ssize_t put = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put > 0) bytes.remove_prefix(static_cast<size_t>(put));
  }
  write(bytes);
}

void TcpWire::write_beside(const std::shared_ptr<const std::string>& bytes) {
  if (!loop_.sender || state_ != State::open || ssl_ || queued() > 0 || bytes->empty())
    return write_now(*bytes);
  begin_queue();
  lent_ = bytes->size();
  count_queued();
  loop_.sender->lend({.wire = shared_from_this(), .fd = fd_, .text = bytes});
}

// What the kernel did not take goes out ahead of what was written since.
void TcpWire::take_back(const std::string& text, size_t taken) {
  lent_ = 0;
  if (state_ == State::closed) return close_socket();
  if (taken < text.size()) {
    out_.insert(0, text, taken);
    drained_told_ = false;
  }
  count_queued();
  if (queued() > 0 || state_ == State::ending) flush();
}

void TcpWire::forget_lent() {
  lent_ = 0;
  if (state_ == State::closed) close_socket();
}

void TcpWire::flush_later() {
  if (std::exchange(flush_posted_, true)) return;
  asio::post(loop_.io, [self = shared_from_this()] {
    self->flush_posted_ = false;
    self->flush();
  });
}

TcpWire::Io TcpWire::write_some(const char* from, size_t size, size_t& put) {
  put = 0;
  if (ssl_) {
    ERR_clear_error();
    last_errno_ = 0;
    const int result = SSL_write_ex(ssl_.get(), from, size, &put);
    return result == 1 ? Io::done : tls_outcome(result);
  }
  const ssize_t n = send(fd_, from, size, MSG_NOSIGNAL);
  if (n >= 0) {
    put = static_cast<size_t>(n);
    return Io::done;
  }
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return Io::write_later;
  trouble_ = std::strerror(errno);
  return Io::ended;
}

// Gives the kernel what it takes; the rest goes out when it can take more.
void TcpWire::flush() {
  if (state_ == State::closed || shaken_ || lent_ > 0) return;
  while (queued() > 0) {
    size_t put = 0;
    switch (write_some(out_.data() + out_at_, queued(), put)) {
      case Io::done:
        break;
      case Io::read_later:
        return arm_read();
      case Io::write_later:
        return arm_write();
      case Io::ended:
        return fail({Fault::unavailable, trouble_, peer_});
    }
    out_at_ += put;
    last_progress_ = loop_.clock.elapsed();
    if (out_at_ > out_.size() / 2) out_.erase(0, std::exchange(out_at_, 0));
    count_queued();
  }
  if (out_.capacity() > (size_t{256} << 10)) std::string().swap(out_);
  if (state_ == State::ending) return finish_end();
  if (std::exchange(drained_told_, true)) return;
  if (const auto owner = owner_) owner->on_drained();
}

void TcpWire::arm_write() {
  if (state_ == State::closed || std::exchange(write_armed_, true)) return;
  socket_->async_wait(Socket::wait_write, [self = shared_from_this()](const error_code& error) {
    self->write_armed_ = false;
    if (error || self->state_ == State::closed) return;
    if (self->shaken_) return self->shake();
    self->flush();
  });
}

// ---- the end

void TcpWire::end() {
  if (state_ != State::open) return;
  asio::post(loop_.io, [owner = std::move(owner_)] {});  // may stand further up the stack
  owner_.reset();
  if (shaken_) return close_socket();
  state_ = State::ending;
  paused_ = false;
  if (queued() == 0) {
    finish_end();
  } else {
    flush_later();
  }
}

// Our half is closed; the other half is read until the peer closes it too. A socket closed with
// unread bytes would reset the connection, and the peer might lose what we sent last.
void TcpWire::finish_end() {
  if (ssl_) (void)SSL_shutdown(ssl_.get());
  ::shutdown(fd_, SHUT_WR);
  deadline(kLinger, {Fault::unavailable, "the peer did not close", peer_});
  turn_later();
}

void TcpWire::drop() {
  if (state_ == State::closed) return;
  asio::post(loop_.io, [owner = std::move(owner_)] {});
  owner_.reset();
  close_socket();
}

void TcpWire::fail(Error error) {
  if (state_ == State::closed) return;
  const auto owner = std::move(owner_);
  owner_.reset();
  close_socket();
  if (owner) owner->on_end(error);
}

// After it nothing is called any more; handlers that wait find the wire closed. What is lent keeps
// its descriptor until it is back: another connection could have its number by then.
void TcpWire::close_socket() {
  if (!socket_) return;
  error_code ignored;
  if (state_ != State::closed) {
    loop_.queued -= std::exchange(counted_, 0);
    state_ = State::closed;
    shaken_ = nullptr;
    loop_.remove(this);
    if (lent_ > 0) {
      socket_->cancel(ignored);
      ::shutdown(fd_, SHUT_RDWR);
    }
  }
  if (lent_ > 0) return;
  socket_->close(ignored);
  socket_.reset();
}

void TcpWire::deadline(Duration wait, Error error) {
  deadline_ = {loop_.clock.elapsed() + wait, std::move(error)};
  watch_from(deadline_->at);
}

void TcpWire::idle_limit(Duration most) {
  idle_limit_ = most;
  last_read_ = loop_.clock.elapsed();
  if (most > Duration()) watch_from(last_read_ + most);
}

void TcpWire::watch_from(Duration at) {
  if (state_ == State::closed) return;
  Duration& look_at = loop_.wires[place_].look_at;
  look_at = std::min(look_at, at);
}

// The first moment at which one of its limits can be passed, as it stands.
Duration TcpWire::due_at() const {
  Duration at = kNever;
  if (deadline_) at = deadline_->at;
  if (queued() > 0) at = std::min(at, last_progress_ + stall_);
  if (idle_limit_ > Duration() && !paused_) at = std::min(at, last_read_ + idle_limit_);
  return at;
}

// From the loop, which looks twenty times a second for whom something may be due: whatever has a
// limit and has passed it.
void TcpWire::check_time(Duration now) {
  const auto self = shared_from_this();
  if (deadline_ && now >= deadline_->at) return fail(std::move(deadline_->error));
  if (queued() > 0 && now - last_progress_ > stall_) {
    return fail({Fault::unavailable,
                 fmt::format("took nothing of {} bytes in {}", queued(), stall_.text()), peer_});
  }
  if (idle_limit_ > Duration() && !paused_ && now - last_read_ > idle_limit_)
    return fail({Fault::unavailable, fmt::format("silent for {}", idle_limit_.text()), peer_});
  if (state_ != State::closed) loop_.wires[place_].look_at = due_at();
}

}  // namespace delever::net
