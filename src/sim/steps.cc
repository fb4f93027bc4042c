// A run in steps: the same seconds as run(), with room for others between the arrivals.
#include <algorithm>
#include <cmath>

#include "sim/agents/guests.h"
#include "sim/state.h"

namespace delever::sim {

double Simulation::State::dropped(uint32_t asset, size_t at) const {
  double log = 0;
  for (const Drop& d : drops) {
    if (d.asset != asset || at < d.second) continue;
    const double done =
        static_cast<double>(at - d.second) / static_cast<double>(std::max<size_t>(d.over, 1));
    log += std::log1p(d.fraction) * std::min(done, 1.0);
  }
  return log;
}

// A guest's resting orders hold what the venue's rule says. The agents' count at the mark: what
// they are refused is part of every published hash.
AccountId Simulation::open_guest(size_t number, CollateralMode collateral) {
  State& s = *state_;
  CHECK(s.at_second == 0 && number < s.venues.size());
  if (!s.guests) {
    s.guests = static_cast<uint32_t>(s.populations.size());
    s.populations.push_back(std::make_unique<Guests>());
  }
  Venue& v = *s.venues[number];
  return v.open_account(v.exchange().now(), {*s.guests, v.exchange().accounts()}, collateral,
                        exchange::order_margin_of(v.exchange_setup()));
}

Result<void> Simulation::start() { return state_->start(); }

void Simulation::begin() {
  State& s = *state_;
  s.begin_second(s.at_second);
  s.decided = 0;
}

bool Simulation::decide(size_t count) {
  State& s = *state_;
  if (s.decided > s.parts.size()) return true;
  const size_t end = std::min(s.parts.size(), s.decided + count);
  for (; s.decided < end; ++s.decided) {
    const State::Part& part = s.parts[s.decided];
    s.populations[part.population]->decide(part.part, s.world, s.outboxes[s.decided]);
  }
  if (s.decided < s.parts.size()) return false;
  ++s.decided;  // said once
  for (Outbox& out : s.outboxes) {
    for (const Message& m : out.messages) s.venues[m.venue]->schedule(m);
    out.messages.clear();
  }
  for (const auto& v : s.venues) v->begin_second(s.world.now);
  return true;
}

Result<void> Simulation::end() {
  State& s = *state_;
  while (!decide(s.parts.size())) {}
  for (const auto& v : s.venues) v->end_second();
  s.end_second();
  TRY(s.record(s.at_second));
  ++s.at_second;
  return {};
}

Result<Outcome> Simulation::close() { return state_->close(); }
size_t Simulation::second() const { return state_->at_second; }
size_t Simulation::venues() const { return state_->venues.size(); }
Venue& Simulation::venue(size_t number) { return *state_->venues.at(number); }
const Venue& Simulation::venue(size_t number) const { return *state_->venues.at(number); }
const Scenario& Simulation::scenario() const { return state_->scenario; }
const World& Simulation::world() const { return state_->world; }
const Outcome& Simulation::so_far() const { return state_->outcome; }

uint64_t Simulation::state_hash() const {
  Hasher hash;
  for (const auto& v : state_->venues) hash.add(v->exchange().hash());
  return hash.digest();
}

void Simulation::drop(const Drop& drop) { state_->drops.push_back(drop); }
void Simulation::show_depth(double share) { state_->world.quoted = std::clamp(share, 0.0, 1.0); }
void Simulation::halt(size_t venue, bool on) { state_->venues.at(venue)->halt(on); }

}  // namespace delever::sim
