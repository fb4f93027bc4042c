// One connection as its protocol sees it: bytes in, bytes out, nothing of sockets or TLS. The
// protocols over it (HTTP, WebSocket) are tested and fuzzed on wires that are made of memory.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace delever::net {

class Wire {
 public:
  // The protocol. A wire keeps its owner alive for as long as it may call it.
  class Owner {
   public:
    virtual ~Owner() = default;
    // Takes what it can of the bytes from their beginning and says how many. What it leaves comes
    // again, with more behind it. It may change the bytes.
    virtual size_t on_bytes(std::span<char> bytes, Instant received) = 0;
    virtual void on_drained() {}  // all that was to be sent has been given to the kernel
    virtual void on_end(const Error& error) = 0;  // nothing comes any more; called once
  };

  virtual ~Wire() = default;
  virtual void give_to(std::shared_ptr<Owner> owner) = 0;
  virtual void write(std::string_view bytes) = 0;  // queues; sent when the loop turns
  // The same, but what can go out at once does, without being copied. Calls nobody.
  virtual void write_now(std::string_view bytes) { write(bytes); }
  // The same, by the loop's second thread where it has one (Loop::send_beside).
  virtual void write_beside(const std::shared_ptr<const std::string>& bytes) { write_now(*bytes); }
  virtual size_t queued() const = 0;
  virtual bool open() const = 0;
  // After either, the owner is not called again.
  virtual void end() = 0;               // once what is queued has gone out
  virtual void drop() = 0;              // at once
  virtual void pause(bool paused) = 0;  // reads nothing more until it is false again
  // Read as soon as it has something, before those that are not urgent. A wire is urgent until it
  // is told otherwise.
  virtual void urgent(bool urgent) = 0;
  // Ends the wire with this error when the time is up. One at a time; without time: none.
  virtual void deadline(Duration wait, Error error) = 0;
  virtual void no_deadline() = 0;
  // Ends the wire when nothing was read for so long. Zero: never.
  virtual void idle_limit(Duration most) = 0;
  virtual const std::string& peer() const = 0;  // "127.0.0.1:53222"
  virtual bool tls() const = 0;
};

}  // namespace delever::net
