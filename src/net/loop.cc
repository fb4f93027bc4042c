#include "net/loop.h"

#include <boost/asio/post.hpp>
#include <chrono>
#include <thread>
#include <utility>

#include "net/loop_impl.h"
#include "net/tcp_wire.h"

namespace delever::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// How exact time-outs of connections are.
constexpr auto kSweep = std::chrono::milliseconds(50);
constexpr size_t kBusyTurns = 8;
constexpr Duration kBusyTime = Duration::us(300);  // for them, before the urgent are asked again

}  // namespace

struct Timer::State {
  State(asio::io_context& io, std::function<void()> what) : timer(io), task(std::move(what)) {}
  asio::steady_timer timer;
  std::function<void()> task;
  bool waiting = true;
};

void Timer::cancel() {
  if (!state_) return;
  if (std::exchange(state_->waiting, false)) state_->timer.cancel();
  state_.reset();
}

bool Timer::waiting() const { return state_ && state_->waiting; }

void Loop::Impl::add(TcpWire* wire) {
  wire->place_ = wires.size();
  wires.push_back({wire, TcpWire::kNever});
  if (!sweeping) sweep_later();
}

// The last takes its place.
void Loop::Impl::remove(TcpWire* wire) {
  const size_t place = wire->place_;
  wires[place] = wires.back();
  wires[place].wire->place_ = place;
  wires.pop_back();
}

void Loop::Impl::sweep_later() {
  sweeping = true;
  sweep.expires_after(kSweep);
  sweep.async_wait([this](const error_code& error) {
    sweeping = false;
    if (error) return;
    const Duration now = clock.elapsed();
    // A wire that is found late may drop others.
    std::vector<std::weak_ptr<TcpWire>> due;
    for (const Watched& one : wires) {
      if (now >= one.look_at) due.push_back(one.wire->weak_from_this());
    }
    for (const auto& one : due) {
      if (const auto wire = one.lock()) wire->check_time(now);
    }
    if (!wires.empty() && !sweeping) sweep_later();
  });
}

void Loop::Impl::run_busy() {
  if (std::exchange(busy_posted, true)) return;
  asio::post(io, [this] {
    busy_posted = false;
    const Duration until = clock.elapsed() + kBusyTime;
    for (size_t k = 0; k < kBusyTurns && !busy.empty() && clock.elapsed() < until; ++k) {
      const auto wire = std::move(busy.front());
      busy.pop_front();
      wire->take_turn();
    }
    if (!busy.empty()) run_busy();
  });
}

// No yield where a turn finds nothing: whoever else waits for the core would keep it for a whole
// slice of the scheduler, and an order came back after 830 us instead of 84.
void Loop::Impl::run_awake() {
  Duration last = clock.elapsed() - awake;
  while (!io.stopped()) {
    if (clock.elapsed() - last >= awake)
      io.run_one();
    else
      io.poll();
    if (std::exchange(heard, false)) last = clock.elapsed();
  }
}

Loop::Loop(Clock& clock) : impl_(std::make_unique<Impl>(clock)) {}

Loop::~Loop() {
  impl_->sender.reset();
  while (!impl_->wires.empty()) impl_->wires.back().wire->release();
  impl_->busy.clear();
}

void Loop::run() {
  const auto work = asio::make_work_guard(impl_->io);
  impl_->io.restart();
  if (impl_->awake > Duration{}) return impl_->run_awake();
  impl_->io.run();
}

void Loop::run_for(Duration most) {
  const auto work = asio::make_work_guard(impl_->io);
  impl_->io.restart();
  impl_->io.run_for(std::chrono::nanoseconds(most.ns()));
}

void Loop::stay_awake(Duration after_bytes) {
  if (std::thread::hardware_concurrency() > 1) impl_->awake = after_bytes;
}

void Loop::send_beside() {
  if (std::thread::hardware_concurrency() > 1 && !impl_->sender)
    impl_->sender = std::make_unique<SenderThread>(impl_->io);
}

bool Loop::sends_beside() const { return impl_->sender != nullptr; }

void Loop::stop() { impl_->io.stop(); }

void Loop::post(std::function<void()> task) { asio::post(impl_->io, std::move(task)); }

Timer Loop::after(Duration wait, std::function<void()> task) {
  Timer timer;
  timer.state_ = std::make_shared<Timer::State>(impl_->io, std::move(task));
  timer.state_->timer.expires_after(std::chrono::nanoseconds(wait.ns()));
  timer.state_->timer.async_wait([state = timer.state_](const error_code& error) {
    if (error || !std::exchange(state->waiting, false)) return;
    state->task();
  });
  return timer;
}

Result<void> Loop::on_signals(const std::vector<int>& signals, std::function<void(int)> handler) {
  impl_->signals = std::make_unique<asio::signal_set>(impl_->io);
  for (const int signal : signals) {
    error_code error;
    if (impl_->signals->add(signal, error))
      return Error{Fault::unavailable, error.message(), "signal " + std::to_string(signal)};
  }
  struct Again {
    asio::signal_set* set;
    std::shared_ptr<std::function<void(int)>> handler;
    void operator()(const error_code& error, int signal) const {
      if (error) return;
      (*handler)(signal);
      set->async_wait(*this);
    }
  };
  impl_->signals->async_wait(
      Again{impl_->signals.get(), std::make_shared<std::function<void(int)>>(std::move(handler))});
  return {};
}

Clock& Loop::clock() { return impl_->clock; }

size_t Loop::queued() const { return impl_->queued; }

}  // namespace delever::net
