// A wire over a TCP socket, with or without TLS.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include "net/loop_impl.h"
#include "net/tls_context.h"
#include "net/wire.h"

namespace delever::net {

class TcpWire final : public Wire, public std::enable_shared_from_this<TcpWire> {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  // A peer that takes nothing of what is queued for `stall` is given up.
  TcpWire(Loop::Impl& loop, Socket socket, size_t read_bytes, Duration stall);
  ~TcpWire() override;

  // The name is checked against the certificate (client side). Then `done`, or on_end of the owner.
  Result<void> start_tls(const TlsContextPtr& context, const std::string& name,
                         std::function<void()> done);
  void take_turn();
  void release();  // the loop is going: closes the socket, calls nobody
  void check_time(Duration now);
  void take_back(const std::string& text, size_t taken);  // from the sender's thread
  void forget_lent();                                     // nothing of it is sent any more

  void give_to(std::shared_ptr<Owner> owner) override;
  void write(std::string_view bytes) override;
  void write_now(std::string_view bytes) override;
  void write_beside(const std::shared_ptr<const std::string>& bytes) override;
  size_t queued() const override { return lent_ + out_.size() - out_at_; }
  bool open() const override { return state_ == State::open; }
  void end() override;
  void drop() override;
  void pause(bool paused) override;
  void urgent(bool urgent) override { urgent_ = urgent; }
  void deadline(Duration wait, Error error) override;
  void no_deadline() override { deadline_.reset(); }
  void idle_limit(Duration most) override;
  const std::string& peer() const override { return peer_; }
  bool tls() const override { return ssl_ != nullptr; }

 private:
  friend struct Loop::Impl;  // place_
  static constexpr Duration kNever = Duration::ns(std::numeric_limits<int64_t>::max());
  enum class State { open, ending, closed };
  enum class Io { done, read_later, write_later, ended };

  void arm_read();
  void arm_write();
  void readable();
  void turn_later();  // more is at hand than one turn should read
  void shake();
  bool read_turn();  // false: the socket has nothing for now, or the wire is closed
  void deliver();
  void go_on();
  void flush();
  void flush_later();
  void finish_end();
  Io read_some(char* into, size_t size, size_t& got);
  Io write_some(const char* from, size_t size, size_t& put);
  Io tls_outcome(int result);
  void make_room();
  void watch_from(Duration at);
  Duration due_at() const;
  void begin_queue();
  void count_queued();
  void fail(Error error);
  void close_socket();
  static BIO_METHOD* bio_method();
  static int bio_read(BIO* bio, char* into, int size);
  static int bio_write(BIO* bio, const char* from, int size);
  static long bio_control(BIO* bio, int command, long number, void* pointer);

  Loop::Impl& loop_;
  std::optional<Socket> socket_;
  int fd_;
  std::string peer_;
  std::shared_ptr<Owner> owner_;
  State state_ = State::open;
  bool read_armed_ = false, write_armed_ = false, paused_ = false, flush_posted_ = false;
  bool turn_posted_ = false, drained_told_ = true, delivering_ = false, yielding_ = false;
  bool urgent_ = true;
  size_t place_ = 0;    // in the loop's wires
  size_t counted_ = 0;  // of what is queued, in the loop's sum

  const size_t read_bytes_;  // the first size of what is read into
  std::vector<char> in_;
  size_t in_begin_ = 0, in_end_ = 0;
  std::string out_;
  size_t out_at_ = 0;
  size_t lent_ = 0;   // bytes that the sender's thread has, before those: only it sends until then
  Instant received_;  // of the latest read from the kernel
  int last_errno_ = 0;
  std::string trouble_;  // why a read or write ended

  SslPtr ssl_;
  std::function<void()> shaken_;  // set while hands are shaken

  struct Deadline {
    Duration at;
    Error error;
  };
  std::optional<Deadline> deadline_;
  Duration idle_limit_, stall_, last_read_, last_progress_;
};

}  // namespace delever::net
