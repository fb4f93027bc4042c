// A wire of memory: what is put in is delivered as a socket would, what is written is kept.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "net/wire.h"

namespace delever::net {

class MemoryWire final : public Wire {
 public:
  void give_to(std::shared_ptr<Owner> owner) override { owner_ = std::move(owner); }
  void write(std::string_view bytes) override {
    if (open_) written += bytes;
  }
  size_t queued() const override { return 0; }
  bool open() const override { return open_; }
  void end() override { drop(); }
  void drop() override {
    open_ = false;
    gone_ = std::exchange(owner_, nullptr);  // it may stand further up the stack
  }
  void pause(bool paused) override { paused_ = paused; }
  void urgent(bool) override {}
  void deadline(Duration, Error) override {}
  void no_deadline() override {}
  void idle_limit(Duration) override {}
  const std::string& peer() const override { return peer_; }
  bool tls() const override { return false; }

  // Delivers the bytes; what the owner leaves comes again with the next.
  void put(std::string_view bytes) {
    waiting_ += bytes;
    while (open_ && owner_ && !paused_ && !waiting_.empty()) {
      const auto owner = owner_;
      const size_t took = owner->on_bytes({waiting_.data(), waiting_.size()}, Instant());
      CHECK(took <= waiting_.size());
      waiting_.erase(0, took);
      if (took == 0 && owner == owner_) break;
    }
    gone_.reset();
  }
  void finish() {
    if (!std::exchange(open_, false)) return;
    if (const auto owner = std::exchange(owner_, nullptr))
      owner->on_end({Fault::unavailable, "closed by the peer", peer_});
    gone_.reset();
  }

  std::string written;

 private:
  std::shared_ptr<Owner> owner_, gone_;
  bool open_ = true, paused_ = false;
  std::string waiting_;
  const std::string peer_ = "memory:1";
};

}  // namespace delever::net
