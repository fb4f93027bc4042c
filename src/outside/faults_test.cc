// The faults of a script, drawn in time; recorders that die and come back; the beginning and the
// end of a run.
#include <gtest/gtest.h>

#include <algorithm>

#include "outside/run_testing.h"

namespace delever::outside {
namespace {

// One of the ways a disk fails, and when.
tape::fixture::DiskFault disk_fault(double knob) {
  using enum tape::fixture::DiskFault;
  switch (static_cast<int>(knob)) {
    case 1:
      return write_error;
    case 2:
      return short_write;
    case 3:
      return disk_full;
    case 4:
      return sync_error;
    case 5:
    case 6:
      return power_cut;
    case 7:
      return torn_power_cut;
    default:
      return none;
  }
}

}  // namespace

// Poisson, `rate` an hour, until the calm.
void Trial::every(std::string_view knob, std::function<void()> what) {
  const double rate = script.knob(knob);
  if (rate <= 0) return;
  const Duration next = world.now() + seconds(random.exponential() * 3600 / rate);
  if (next >= calm) return;
  world.at(next, [this, knob, what] {
    what();
    every(knob, what);
  });
}

// Deaf ones too: the venue does not know that nothing reaches us.
Pipe* Trial::any_pipe(bool also_deaf) {
  std::vector<Pipe*> up;
  for (auto& entry : pipes_) {
    if (entry.second->up && (also_deaf || !entry.second->deaf) && !entry.second->broken)
      up.push_back(entry.second.get());
  }
  return up.empty() ? nullptr : up[random.below(up.size())];
}

void Trial::fault_network() {
  every("spikes", [this] {
    if (Pipe* pipe = any_pipe()) pipe->down_free = world.now() + seconds(2 + 18 * random.uniform());
  });
  every("burst", [this] {
    if (Pipe* pipe = any_pipe()) pipe->held_until = world.now() + seconds(1 + 9 * random.uniform());
  });
  every("half_open", [this] {
    if (Pipe* pipe = any_pipe()) pipe->deaf = true;
  });
  every("reset", [this] {
    if (Pipe* pipe = any_pipe()) break_pipe(*pipe, "reset by peer");
  });
  every("stall", [this] {
    if (Pipe* pipe = any_pipe())
      pipe->stalled_until = world.now() + seconds(10 + 600 * random.uniform());
  });
  every("garbage", [this] {
    if (Pipe* pipe = any_pipe(true)) {
      if (pipe->left) return;
      const std::string text = fmt::format("{{\"what\":{} ", ++garbage_);
      pipe->listener->heard.sent["unknown"].push_back({text_hash(text), world.now(), false});
      to_us(*pipe, [text](Session& session, ConnectionId id, Moment now) {
        session.received(id, text, now);
      });
    }
  });
  every("huge", [this] {
    if (Pipe* pipe = any_pipe())
      to_us(*pipe, [](Session& session, ConnectionId id, Moment now) {
        session.received(id, std::string(size_t{2} << 20, 'x'), now);
      });
  });
}

void Trial::cut_network(Duration how_long) {
  cut_until_ = world.now() + how_long;
  for (auto& entry : pipes_) entry.second->deaf = true;
}

void Trial::fault_venue() {
  every("foreign", [this] {
    if (Pipe* pipe = any_pipe())
      to_us(*pipe, [](Session& session, ConnectionId id, Moment now) {
        session.received(id, R"({"stream":"nobody@asked","data":{}})", now);
        session.received(id, R"({"topic":"tickers.NOBODY","data":{}})", now);
      });
  });
  every("drop_many", [this] {
    if (!plan_.topics.empty())
      skip_[plan_.topics[random.below(plan_.topics.size())].key] =
          1 + static_cast<int>(random.below(20));
  });
  every("ban", [this] { twin->ban(seconds(30 + 300 * random.uniform()), venue_moment()); });
  every("restart", [this] {
    twin->restart(venue_moment());
    arm_twin();
  });
  every("maintenance", [this] {
    away_until_ = world.now() + seconds(60 + 540 * random.uniform());
    twin->restart(venue_moment());
    arm_twin();
  });
  every("leaving", [this] {
    if (Pipe* pipe = any_pipe()) {
      const std::string text =
          script.market == "okx" ? R"({"event":"notice","code":"64008","msg":"soon","connId":"a"})"
                                 : R"({"e":"serverShutdown","E":1791000002000})";
      to_us(*pipe, [text](Session& session, ConnectionId id, Moment now) {
        session.received(id, text, now);
      });
      if (script.market != "okx" && !script.market.starts_with("binance-")) return;
      world.after(Duration::seconds(60), [this, theirs = pipe->theirs] {
        twin->closed(theirs, venue_moment());
        close(theirs, venues::kCloseGoingAway, "service restart");
        arm_twin();
      });
    }
  });
  every("mute", [this] {
    if (!plan_.topics.empty())
      muted_[plan_.topics[random.below(plan_.topics.size())].key] =
          world.now() + seconds(60 + 1200 * random.uniform());
  });
  every("outage", [this] { cut_network(seconds(30 + 570 * random.uniform())); });
  every("venue_leap",
        [this] { venue_leap_ = venue_leap_ + Duration::seconds(random.chance(0.5) ? 1 : -1); });
}

void Trial::fault_machines() {
  for (auto& listener : listeners) {
    Listener* l = listener.get();
    every("wall_step", [this, l] { l->clock->step(seconds((random.uniform() * 2 - 1) * 60)); });
    every("no_room", [this, l] {
      if (!l->door) return;
      l->door->shut = true;
      world.after(seconds(1 + 9 * random.uniform()), [l] {
        if (l->door) l->door->shut = false;
      });
    });
  }
}

// A process that is gone: its connections break, its session is no more.
void Trial::die(Listener& listener) {
  listener.heard.died = true;
  listener.heard.died_at = world.now();
  listener.heard.disk_error = listener.recording->error();
  ++listener.life;
  for (auto& entry : pipes_) {
    if (entry.second->listener == &listener) {
      entry.second->deaf = true;
      break_pipe(*entry.second, "gone");
    }
  }
  listener.session.reset();
  listener.door.reset();
  listener.recording.reset();
  if (listener.writer) (void)listener.writer->close();
  listener.writer.reset();
  listener.disk.reset();
  const bool again = script.knob("disk") >= 6 && !listener.heard.resumed;
  if (!again) return;
  listener.heard.resumed = true;
  world.after(Duration::seconds(5), [this, &listener] { start(listener, true); });
}

void Trial::step_tape(Listener& listener) {
  const uint64_t life = listener.life;
  world.after(Duration::ms(250), [this, &listener, life] {
    if (listener.life != life || !listener.writer) return;
    const auto done = listener.writer->step(world.now());
    if (!done.has_value() || listener.recording->error()) return die(listener);
    step_tape(listener);
  });
}

void Trial::start(Listener& listener, bool again) {
  tape::TapeWriter::Options tape_options{.vfs = listener.memory.name()};
  if (script.knob("disk") > 0 && !again && listener.number == 0) {
    const auto operations = 40 + random.below(static_cast<uint64_t>(script.hours * 3000) + 1);
    listener.disk = std::make_unique<tape::fixture::FaultDisk>(
        disk_fault(script.knob("disk")), operations, script.seed, listener.memory.vfs());
    tape_options.vfs = listener.disk->name();
  }
  Session::Options options{.seed = script.seed + listener.number};
  if (script.knob("lifetime") > 0) options.lifetime = seconds(script.knob("lifetime") * 3600);
  if (again) {
    if (auto info = tape::tape_info(listener.heard.path); info.has_value()) {
      for (const tape::StreamSummary& stream : info.value().streams) {
        if (stream.last) options.resume[stream.info.name] = *stream.last;
      }
    }
  }
  auto writer = tape::TapeWriter::open_stepped(listener.heard.path, *listener.clock, tape_options);
  if (!writer.has_value()) {
    listener.heard.died = true;
    listener.heard.died_at = world.now();
    listener.heard.disk_error = writer.error();
    return;
  }
  listener.writer = std::move(writer).value();
  listener.recording = std::make_unique<feeds::TapeRecording>(*listener.writer);
  listener.door = std::make_unique<Doorkeeper>(*listener.recording);
  venues::Plan plan = plan_;
  if (script.knob("odd_topic") > 0) {
    const std::string odd = script.market == "deribit"             ? "trades.NOSUCH.100ms"
                            : script.market.starts_with("bybit")   ? "publicTrade.NOSUCH"
                            : script.market.starts_with("binance") ? "nosuch@aggTrade"
                                                                   : "trades:NOSUCH";
    if (auto topic = dialect->topic(odd); topic.has_value()) plan.topics.push_back(topic.value());
  }
  listener.session = std::make_unique<Session>(*dialect, plan, options, listener, *listener.door);
  if (!listener.session->start(listener.clock->moment()).has_value()) return die(listener);
  arm(listener);
  step_tape(listener);
}

void Trial::finish(Listener& listener) {
  Heard& heard = listener.heard;
  heard.ended_at = world.now();
  if (!listener.session) return;
  heard.whole = listener.session->whole();
  heard.counts = listener.session->counts();
  for (const auto& note : listener.session->take_notes()) heard.notes.push_back(note.text);
  listener.session->stop(listener.clock->moment());
  listener.session.reset();
  ++listener.life;
  const auto closed = listener.writer->close();
  if (!closed.has_value() && !heard.died) {
    heard.died = true;
    heard.died_at = world.now();
    heard.disk_error = closed.error();
  }
  listener.door.reset();
  listener.recording.reset();
  listener.writer.reset();
  listener.disk.reset();
}

Outcome Trial::play() {
  dialect = venues::make_dialect(script.market).value();
  // Slow enough to play days, fast enough that nothing falls silent by chance.
  const double pace = script.market == "hyperliquid" ? 3 : 12;
  MadeTape::Options made{.market = script.market,
                         .seed = script.seed,
                         .hours = script.hours + 1,
                         .pace = pace,
                         .from = day_one(),
                         .checksums = script.knob("wrong") > 0,
                         .small_steps = script.knob("behind") > 0,
                         .flurry = script.knob("flurry")};
  bool first = true;
  const auto open = [&]() -> Result<std::unique_ptr<tape::TapeReader>> {
    BookTruth* truth = first ? &outcome.books : nullptr;
    first = false;
    return std::unique_ptr<tape::TapeReader>(new MadeTape(made, truth));
  };
  auto opened =
      twin::Twin::open(script.market, open,
                       {.lifetime = script.knob("lifetime") > 0
                                        ? std::optional(seconds(script.knob("lifetime") * 3600))
                                        : std::nullopt},
                       *this);
  CHECK(opened.has_value());
  twin = std::move(opened).value();
  plan_ = twin->plan();
  const size_t count = script.knob("two") > 0 ? 2 : 1;
  for (size_t i = 0; i < count; ++i) {
    listeners.push_back(std::make_unique<Listener>(*this, i));
    Listener& listener = *listeners.back();
    const double drift = script.knob("wall_drift") * (i == 0 ? 1 : -1);
    listener.clock = std::make_unique<MachineClock>(world, day_one() + Duration::ms(3), drift);
    listener.heard.path = temp_tape(script, i);
    std::filesystem::remove(listener.heard.path);
    world.after(Duration::ms(7) * static_cast<int64_t>(i),
                [this, &listener] { start(listener, false); });
  }
  fault_network();
  fault_venue();
  fault_machines();
  world.run(end);
  // A planned change of connection may be under way at the end: it takes less than this.
  const auto whole = [this] {
    return std::all_of(listeners.begin(), listeners.end(), [](const auto& listener) {
      return !listener->session || listener->session->whole();
    });
  };
  for (int more = 1; more <= 12 && !whole(); ++more) world.run(end + Duration::seconds(5) * more);
  for (auto& listener : listeners) finish(*listener);
  for (auto& listener : listeners) outcome.recorders.push_back(std::move(listener->heard));
  return std::move(outcome);
}

}  // namespace delever::outside
