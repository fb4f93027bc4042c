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

Duration Trial::lasting(double least, double more) {
  const Duration over = calm + (end - calm) * 21 / 25;
  return std::min(seconds(least + more * random.uniform()), over - world.now());
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

// What the venue says that is not on its tape. To its clocks too it has spoken: OKX cuts who has
// heard nothing for 30 s, and whoever has just heard something has no reason to ping.
void Trial::emit_frames(Pipe& pipe, std::vector<std::string> frames) {
  twin->spoken_for(pipe.theirs, venue_moment());
  to_us(pipe, [frames = std::move(frames)](Session& session, ConnectionId id, Moment now) {
    for (const std::string& frame : frames) session.received(id, frame, now);
  });
}

void Trial::fault_network() {
  every("spikes", [this] {  // what a burst holds already is not overtaken
    if (Pipe* pipe = any_pipe())
      pipe->down_free = std::max(pipe->down_free, world.now() + seconds(2 + 18 * random.uniform()));
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
    if (Pipe* pipe = any_pipe()) pipe->stalled_until = world.now() + lasting(10, 600);
  });
  every("garbage", [this] {
    if (Pipe* pipe = any_pipe(true)) {
      if (pipe->left) return;
      const std::string text = fmt::format("{{\"what\":{} ", ++garbage_);
      pipe->listener->heard.sent["unknown"].push_back({text_hash(text), world.now(), false});
      emit_frames(*pipe, {text});
    }
  });
  every("huge", [this] {
    if (Pipe* pipe = any_pipe()) emit_frames(*pipe, {std::string(size_t{2} << 20, 'x')});
  });
}

void Trial::cut_network(Duration how_long) {
  cut_until_ = world.now() + how_long;
  for (auto& entry : pipes_) entry.second->deaf = true;
}

void Trial::fault_venue() {
  every("foreign", [this] {
    if (Pipe* pipe = any_pipe())
      emit_frames(*pipe, {R"({"stream":"nobody@asked","data":{}})",
                          R"({"topic":"tickers.NOBODY","data":{}})"});
  });
  every("drop_many", [this] {
    if (!plan_.topics.empty())
      skip_[plan_.topics[random.below(plan_.topics.size())].key] =
          1 + static_cast<int>(random.below(20));
  });
  every("ban", [this] { twin->ban(lasting(30, 300), venue_moment()); });
  every("restart", [this] {
    twin->restart(venue_moment());
    arm_twin();
  });
  every("maintenance", [this] {
    away_until_ = world.now() + lasting(60, 540);
    twin->restart(venue_moment());
    arm_twin();
  });
  every("leaving", [this] {
    if (Pipe* pipe = any_pipe()) {
      const std::string text =
          script.market == "okx" ? R"({"event":"notice","code":"64008","msg":"soon","connId":"a"})"
                                 : R"({"e":"serverShutdown","E":1791000002000})";
      emit_frames(*pipe, {text});
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
      muted_[plan_.topics[random.below(plan_.topics.size())].key] = world.now() + lasting(60, 1200);
  });
  every("outage", [this] { cut_network(lasting(30, 570)); });
  every("venue_leap",
        [this] { venue_leap_ = venue_leap_ + Duration::seconds(random.chance(0.5) ? 1 : -1); });
}

void Trial::fault_machines() {
  for (auto& listener : listeners) {
    Listener* l = listener.get();
    every("wall_step", [this, l] { l->clock->step(seconds((random.uniform() * 2 - 1) * 60)); });
    every("no_room", [this, l] {
      const auto shut = [this, clock = l->clock](bool now) {  // every file of this machine
        for (auto& other : listeners) {
          if (other->door && other->clock == clock) other->door->shut = now;
        }
      };
      shut(true);
      world.after(seconds(1 + 9 * random.uniform()), [shut] { shut(false); });
    });
  }
}

// A process that is gone: its connections break, its session is no more.
void Trial::die(Listener& listener) {
  listener.heard.died = true;
  listener.heard.died_at = world.now();
  listener.heard.disk_error = listener.recording->error();
  listener.banned_until.reset();  // whoever comes next has not been told
  ++listener.life;
  for (auto& entry : pipes_) {
    if (entry.second->listener == &listener) {
      entry.second->deaf = true;
      break_pipe(*entry.second, "gone");
    }
  }
  listener.session.reset();
  listener.armed.reset();
  listener.stepping = false;
  listener.door.reset();
  listener.recording.reset();
  if (listener.writer) (void)listener.writer->close();
  listener.writer.reset();
  listener.disk.reset();
  const bool again = script.knob("disk") >= 6 && !listener.heard.resumed;
  if (!again) return end_with_the_last();
  listener.heard.resumed = true;
  world.after(Duration::seconds(5), [this, &listener] { start(listener, true); });
}

// When nobody records any more, nothing more can be seen.
void Trial::end_with_the_last() {
  const bool any = std::any_of(listeners.begin(), listeners.end(), [](const auto& listener) {
    return !listener->heard.died || listener->heard.resumed;
  });
  if (!any) world.end();
}

// A tape moves while it has something to do.
void Trial::look_at_tape(Listener& listener) {
  if (!listener.door || !std::exchange(listener.door->wrote, false)) return;
  listener.written = world.now();
  if (!std::exchange(listener.stepping, true)) step_tape(listener);
}

// At the times at which a writer that never rests is stepped; those that would find nothing to do
// are left out.
void Trial::step_tape(Listener& listener) {
  const int64_t every = listener.flush_after.ns() / 4;
  const int64_t since = (world.now() - listener.tape_since).ns();
  const Duration at = listener.tape_since + Duration::ns((since / every + 1) * every);
  world.at(at, [this, &listener, life = listener.life] {
    if (listener.life != life || !listener.writer) return;
    const auto done = listener.writer->step(world.now());
    if (!done.has_value() || listener.recording->error()) return die(listener);
    if (std::exchange(listener.door->wrote, false)) listener.written = world.now();
    listener.stepping = world.now() < listener.written + listener.flush_after * 2;
    if (listener.stepping) step_tape(listener);
  });
}

void Trial::start(Listener& listener, bool again) {
  // A disk that cannot fail shows nothing of when it was written.
  const bool fails = script.knob("disk") > 0 && !again && listener.number == 0;
  listener.flush_after = fails ? Duration::seconds(1) : Duration::minutes(30);
  listener.tape_since = world.now();
  tape::TapeWriter::Options tape_options{.flush_after = listener.flush_after,
                                         .vfs = listener.memory.name()};
  if (fails) {
    // As many as the market's pace lets there be.
    const double most = script.hours * 3000 * usual_pace(script.market) / pace_of(script);
    const auto operations = 40 + random.below(static_cast<uint64_t>(most) + 1);
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
    return end_with_the_last();
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
  listener.armed.reset();
  listener.session = std::make_unique<Session>(*dialect, plan, options, listener, *listener.door);
  if (!listener.session->start(listener.clock->moment()).has_value()) return die(listener);
  arm(listener);
}

Listener& Trial::add_listener(std::shared_ptr<MachineClock> clock) {
  const size_t number = listeners.size();
  listeners.push_back(std::make_unique<Listener>(*this, number));
  Listener& listener = *listeners.back();
  listener.clock = std::move(clock);
  listener.heard.path = temp_tape(script, number);
  std::filesystem::remove(listener.heard.path);
  for (const venues::Topic& topic : plan_.topics) {
    if (topic.last_value) listener.heard.last_values.insert(topic.key);
  }
  return listener;
}

// At the turn of the day, by the machine's own clock, a second recorder begins the next file, as
// live/recorder.cc has it: the first goes on until the second hears everything, a minute at most.
void Trial::rotate_later(Listener& listener) {
  const int64_t day = Duration::days(1).ns();
  const Duration wait = Duration::ns(day - listener.clock->now().ns() % day);
  world.after(wait, [this, &listener] {
    if (!listener.session || is_calm()) return;  // its books must have time to begin
    Listener& next = add_listener(listener.clock);
    next.heard.drift = listener.heard.drift;
    start(next, false);
    retire(listener, next, world.now() + Duration::minutes(1));
    rotate_later(next);
  });
}

void Trial::retire(Listener& old, Listener& next, Duration by) {
  if (!old.session) return;  // the run is over
  const bool late = world.now() >= by;
  if (next.session && !next.session->whole() && !late) {
    world.after(Duration::ms(100), [this, &old, &next, by] { retire(old, next, by); });
    return;
  }
  const bool refuses =
      script.knob("odd_topic") > 0 || script.knob("listed") > 0 || script.knob("lost_ack") > 0;
  if (next.session && !late && !refuses) {
    const feeds::SessionCounts& counts = next.session->counts();
    if (counts.topics_live < counts.topics)
      next.heard.faults.push_back(fmt::format("a file ended while the next heard {} of {} topics",
                                              counts.topics_live, counts.topics));
  }
  finish(old);
  old.heard.retired = true;
}

void Trial::finish(Listener& listener) {
  Heard& heard = listener.heard;
  if (!listener.session && listener.heard.retired) return;
  heard.ended_at = world.now();
  if (!listener.session) return;
  heard.whole = listener.session->whole();
  heard.counts = listener.session->counts();
  for (const auto& note : listener.session->take_notes())
    heard.notes.push_back(note.at.text() + " " + note.text);
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

namespace {

// One of the two books of the made market.
venues::Topic book_topic(const venues::Dialect& dialect, std::string_view market) {
  const std::string_view name = market == "okx"                  ? "books:BTC-USDT-SWAP"
                                : market == "deribit"            ? "book.BTC-PERPETUAL.100ms"
                                : market == "hyperliquid"        ? "l2Book:BTC"
                                : market.starts_with("binance-") ? "btcusdt@depth@100ms"
                                                                 : "orderbook.200.BTCUSDT";
  return dialect.topic(name).value();
}

}  // namespace

Outcome Trial::play() {
  dialect = venues::make_dialect(script.market).value();
  const venues::Topic book = book_topic(*dialect, script.market);
  MadeTape::Options made{.market = script.market,
                         .seed = script.seed,
                         .hours = script.hours + 1,
                         .pace = pace_of(script),
                         .from = day_one(),
                         .checksums = script.knob("wrong") > 0,
                         .small_steps = script.knob("behind") > 0,
                         .flurry = script.knob("flurry"),
                         .silence = book.silence ? std::optional(*book.silence / 2) : std::nullopt,
                         .brief = true};
  // The first reading is for what there is to hear.
  const auto open = [&]() -> Result<std::unique_ptr<tape::TapeReader>> {
    std::unique_ptr<tape::TapeReader> tape(
        new MadeTape(made, made.brief ? nullptr : &outcome.books));
    made.brief = false;
    return tape;
  };
  twin::Twin::Options options;
  if (script.knob("lifetime") > 0) options.lifetime = seconds(script.knob("lifetime") * 3600);
  if (script.knob("listed") > 0) {
    outcome.listed_late = book.key;
    options.listed[book.key] = seconds(script.knob("listed") * 3600);
  }
  auto opened = twin::Twin::open(script.market, open, options, *this);
  CHECK(opened.has_value());
  twin = std::move(opened).value();
  plan_ = twin->plan();
  const size_t count = script.knob("two") > 0 ? 2 : 1;
  for (size_t i = 0; i < count; ++i) {
    const double drift = script.knob("wall_drift") * (i == 0 ? 1 : -1);
    Listener& listener = add_listener(std::make_shared<MachineClock>(world, first_wall(), drift));
    listener.heard.drift = drift;
    world.after(Duration::ms(7) * static_cast<int64_t>(i),
                [this, &listener] { start(listener, false); });
    if (script.knob("rotate") > 0 && script.knob("disk") == 0) rotate_later(listener);
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
