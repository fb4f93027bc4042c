// The inside of a loop, for the files of this folder that hold sockets.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <vector>

#include "net/loop.h"
#include "net/sender_thread.h"

namespace delever::net {

class TcpWire;

struct Loop::Impl {
  explicit Impl(Clock& clock_given) : clock(clock_given), sweep(io) {}

  Clock& clock;
  boost::asio::io_context io{1};
  // Open wires, side by side: a sweep touches only those whose time may be up.
  struct Watched {
    TcpWire* wire = nullptr;
    Duration look_at;  // nothing of it can be due before
  };
  std::vector<Watched> wires;
  size_t queued = 0;  // bytes that wait in all of them
  boost::asio::steady_timer sweep;
  bool sweeping = false;
  std::unique_ptr<boost::asio::signal_set> signals;
  Duration awake;      // Loop::stay_awake
  bool heard = false;  // bytes came since it was last asked

  std::unique_ptr<SenderThread> sender;  // Loop::send_beside

  void run_awake();

  // Those with more at hand than one turn took, and those that are not urgent: a few at a time, so
  // that who asks one thing now and then does not wait for all of them.
  std::deque<std::shared_ptr<TcpWire>> busy;
  bool busy_posted = false;

  void run_busy();
  void add(TcpWire* wire);
  void remove(TcpWire* wire);
  void sweep_later();
};

}  // namespace delever::net
