#include "rehearsal/turns.h"

#include <algorithm>
#include <utility>

namespace delever::rehearsal {
namespace {

constexpr Duration kRound = Duration::ms(2);
constexpr Duration kHeavy = Duration::us(300);  // from here on a message counts as heavy

}  // namespace

void Turns::taken(Turn& turn, Duration used, const net::WebSocketPtr& socket) {
  if (turn.round != round_) {
    turn = {round_, {}};
    ++active_;
  }
  if (!std::exchange(posted_, true))
    loop_.post([self = shared_from_this()] { self->next_round(); });
  turn.used = turn.used + used;
  if (const Duration wait = hold(used); wait > Duration()) {
    socket->pause(true);
    at(loop_.clock().elapsed() + wait, [socket] { socket->pause(false); });
  } else if (turn.used >= part_) {
    socket->pause(true);
    paused_.push_back(socket);
  }
}

// The fewer there are, the more each may hand in.
void Turns::next_round() {
  posted_ = false;
  ++round_;
  part_ = Duration::ns(kRound.ns() / static_cast<int64_t>(std::max<size_t>(active_, 1)));
  active_ = 0;
  for (const net::WebSocketPtr& socket : std::exchange(paused_, {})) socket->pause(false);
}

// As much time again is left to the others.
Duration Turns::hold(Duration used) {
  if (used < kHeavy) return {};
  const Duration now = loop_.clock().elapsed();
  const Duration begin = std::max(now, heavy_until_);
  heavy_until_ = begin + used + used;
  return begin - now;
}

void Turns::at(Duration when, std::function<void()> answer) {
  kept_.push_back({when, std::move(answer)});
}

void Turns::run_due() {
  const Duration now = loop_.clock().elapsed();
  while (!kept_.empty() && kept_.front().due <= now) {
    const Kept kept = std::move(kept_.front());
    kept_.pop_front();
    kept.answer();
  }
}

}  // namespace delever::rehearsal
