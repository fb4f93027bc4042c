// The inside of a loop, for the files of this folder that hold sockets.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <unordered_set>

#include "net/loop.h"

namespace delever::net {

class TcpWire;

struct Loop::Impl {
  explicit Impl(Clock& clock_given) : clock(clock_given), sweep(io) {}

  Clock& clock;
  boost::asio::io_context io{1};
  std::unordered_set<TcpWire*> wires;  // open ones: their time-outs are looked after in sweeps
  boost::asio::steady_timer sweep;
  bool sweeping = false;
  std::unique_ptr<boost::asio::signal_set> signals;
  Duration awake;      // Loop::stay_awake
  bool heard = false;  // bytes came since it was last asked

  void run_awake();

  // Those with more at hand than one turn took, and those that are not urgent: a few at a time, so
  // that who asks one thing now and then does not wait for all of them.
  std::deque<std::shared_ptr<TcpWire>> busy;
  bool busy_posted = false;

  void run_busy();
  void add(TcpWire* wire);
  void remove(TcpWire* wire) { wires.erase(wire); }
  void sweep_later();
};

}  // namespace delever::net
