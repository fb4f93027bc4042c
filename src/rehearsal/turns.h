// Whose turn it is. One thread serves everybody, so nobody may keep it: in a round each socket
// hands in what fits into its part of two milliseconds, one message at least, and then the others
// have theirs. What takes long to answer has half of the thread at most, all askers together.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "net/loop.h"
#include "net/socket.h"

namespace delever::rehearsal {

class Turns : public std::enable_shared_from_this<Turns> {
 public:
  explicit Turns(net::Loop& loop) : loop_(loop) {}
  struct Turn {  // of one socket
    uint64_t round = 0;
    Duration used;
  };
  // Behind a message of the socket that took so long: where its part is used up, nothing more is
  // read from it until its next turn.
  void taken(Turn& turn, Duration used, const net::WebSocketPtr& socket);
  // How long an answer that took so long to make is kept back; zero unless others ask as much.
  Duration hold(Duration used);
  void at(Duration when, std::function<void()> answer);  // in the order of `when`
  void run_due();

 private:
  void next_round();

  net::Loop& loop_;
  uint64_t round_ = 1;
  size_t active_ = 0;  // sockets that handed something in, this round
  Duration part_;      // of each
  bool posted_ = false;
  std::vector<net::WebSocketPtr> paused_;
  Duration heavy_until_;
  struct Kept {
    Duration due;
    std::function<void()> answer;
  };
  std::deque<Kept> kept_;
};

}  // namespace delever::rehearsal
