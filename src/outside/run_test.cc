// The simulated outside itself: how a script is played. The first test of all is that it is played
// the same way twice.
#include "outside/run_testing.h"

#include <gtest/gtest.h>

namespace delever::outside {
namespace {


}  // namespace

std::string temp_tape(const Script& script, size_t number) {
  const bool memory = std::filesystem::is_directory("/dev/shm");
  return fmt::format("{}/outside_{}_{}_{}.tape",
                     memory ? "/dev/shm" : std::filesystem::temp_directory_path().string(),
                     getpid(), script.seed, number);
}

Trial::Trial(Script s) : script(std::move(s)), random(script.seed, {.stream = 3}) {
  end = seconds(script.hours * 3600);
  calm = std::max(end - Duration::minutes(25), end / 2);
}

Duration Trial::one_way() {
  const double jitter = script.knob("jitter");
  return seconds(script.knob("latency") + (jitter > 0 ? jitter * random.uniform() : 0)) +
         Duration::us(50);
}

// ---- what a recorder asks of the network

void Listener::connect(ConnectionId connection, const std::string& url) {
  run.connect(*this, connection, url);
}
void Listener::send(ConnectionId connection, std::string_view text) {
  run.to_twin(*this, connection, [this, text = std::string(text)](ConnectionId theirs) {
    run.twin->received(theirs, text, run.venue_moment());
  });
}
void Listener::ping(ConnectionId connection, std::string_view payload) {
  run.to_twin(*this, connection, [this, text = std::string(payload)](ConnectionId theirs) {
    run.twin->pinged(theirs, text, run.venue_moment());
  });
}
void Listener::pong(ConnectionId connection, std::string_view) {
  run.to_twin(*this, connection,
              [this](ConnectionId theirs) { run.twin->ponged(theirs, run.venue_moment()); });
}
void Listener::close(ConnectionId connection, uint16_t) { run.forget(*this, connection); }
void Listener::request(RequestId id, const HttpRequest& what) { run.request(*this, id, what); }

void Trial::connect(Listener& listener, ConnectionId ours, const std::string& url) {
  const uint64_t life = listener.life;
  const auto refuse = [&](Duration wait, const char* why) {
    world.after(wait, [this, &listener, ours, life, why] {
      if (listener.life != life || !listener.session) return;
      listener.session->closed(ours, why, listener.clock->moment());
      arm(listener);
    });
  };
  if (world.now() < cut_until_) return refuse(Duration::ms(1), "network is unreachable");
  if (chance("dns")) return refuse(Duration::ms(30), "no address for it");
  if (chance("hang")) return;
  if (chance("tls")) return refuse(one_way() * 3, "certificate not trusted");
  if (chance("refused") || world.now() < away_until_)
    return refuse(one_way() * 2, "connection refused");
  const ConnectionId theirs{++last_pipe_};
  auto pipe = std::make_unique<Pipe>();
  pipe->listener = &listener;
  pipe->ours = ours;
  pipe->theirs = theirs;
  const size_t scheme = url.find("://");
  const std::string target = url.substr(std::min(url.size(), url.find('/', scheme + 3)));
  pipe->target = target;
  pipes_[theirs] = std::move(pipe);
  world.after(one_way() * 3, [this, theirs, target] {
    const auto found = pipes_.find(theirs);
    if (found == pipes_.end()) return;
    found->second->up = true;
    twin->accepted(theirs, target, venue_moment());
    arm_twin();
    to_us(*found->second,
          [](Session& session, ConnectionId id, Moment now) { session.connected(id, now); });
  });
}

void Trial::to_twin(Listener& listener, ConnectionId ours, std::function<void(ConnectionId)> what) {
  if (world.now() < cut_until_) return;
  for (auto& [id, pipe] : pipes_) {
    if (pipe->listener != &listener || pipe->ours != ours || pipe->broken) continue;
    pipe->up_free = std::max(pipe->up_free, world.now() + one_way());
    world.at(pipe->up_free, [this, theirs = id, what = std::move(what)] {
      const auto found = pipes_.find(theirs);
      if (found == pipes_.end() || found->second->broken) return;
      what(theirs);
      arm_twin();
    });
    return;
  }
}

void Trial::to_us(Pipe& pipe, std::function<void(Session&, ConnectionId, Moment)> what,
                  bool is_data) {
  pipe.down_free =
      std::max({pipe.down_free, world.now() + one_way(), is_data ? pipe.held_until : Duration()});
  world.at(pipe.down_free, [this, theirs = pipe.theirs, what = std::move(what)] {
    const auto found = pipes_.find(theirs);
    if (found == pipes_.end()) return;
    const Pipe& p = *found->second;
    if (p.deaf || p.broken || !p.listener->session) return;
    Listener& listener = *p.listener;  // the pipe may be gone afterwards
    what(*listener.session, p.ours, listener.clock->moment());
    listener.heard.memory_most = std::max(listener.heard.memory_most, listener.session->memory());
    arm(listener);
  });
}

// We close: the other side learns of it a little later. What has no topic and is on its way then is
// not waited for; of topics the next connection tells.
void Trial::forget(Listener& listener, ConnectionId ours) {
  constexpr Duration kOnItsWay = Duration::seconds(32);  // a spike and a burst
  if (const auto sent = listener.heard.sent.find("unknown"); sent != listener.heard.sent.end())
    std::erase_if(sent->second, [&](const Sent& s) { return s.at + kOnItsWay > world.now(); });
  for (auto& [id, pipe] : pipes_) {
    if (pipe->listener != &listener || pipe->ours != ours) continue;
    pipe->deaf = pipe->left = true;
    world.after(one_way(), [this, theirs = id] {
      if (pipes_.erase(theirs) == 0) return;
      twin->closed(theirs, venue_moment());
      arm_twin();
    });
  }
}

// The connection breaks, with everything on its way.
void Trial::break_pipe(Pipe& pipe, std::string_view why) {
  if (pipe.broken) return;
  pipe.broken = true;
  const uint64_t life = pipe.listener->life;
  world.after(one_way(), [this, theirs = pipe.theirs, life, why = std::string(why)] {
    const auto found = pipes_.find(theirs);
    if (found == pipes_.end()) return;
    Listener& listener = *found->second->listener;
    const ConnectionId ours = found->second->ours;
    const bool deaf = found->second->deaf;
    pipes_.erase(found);
    twin->closed(theirs, venue_moment());
    arm_twin();
    if (deaf || listener.life != life || !listener.session) return;
    listener.session->closed(ours, why, listener.clock->moment());
    arm(listener);
  });
}

void Trial::request(Listener& listener, RequestId ours, const HttpRequest& what) {
  if (listener.banned_until && world.now() < *listener.banned_until)
    listener.heard.faults.push_back("asked by REST while banned: " + what.url);
  const size_t path = what.url.find('/', what.url.find("://") + 3);
  const std::string target = what.url.substr(path);
  const RequestId theirs{++last_request_};
  requests_[theirs] = {&listener, ours, target, listener.life};
  const bool error = chance("rest_error") || world.now() < away_until_;
  if (chance("rest_lost") || world.now() < cut_until_) return;
  world.after(one_way() * 2, [this, theirs, target, error, method = what.method, body = what.body] {
    if (error) return respond(theirs, {.status = 500, .body = "{}"});
    twin->requested(theirs, method, target, body, venue_moment());
    arm_twin();
  });
}

// ---- what the twin says

// After each change of a book, the whole of it: what the machine that answers by REST has seen.
void Trial::follow_replica(std::string_view key) {
  for (const venues::Topic& topic : plan_.topics) {
    if (topic.key != key || topic.cure != venues::Cure::rest_snapshot) continue;
    const RequestId id{++last_request_};
    replica_asks_[id] = topic.snapshot;
    world.after(Duration(), [this, id, url = topic.snapshot] {
      twin->requested(id, "GET", url, "", venue_moment());
      arm_twin();
    });
  }
}

// As of one or two changes ago: newer than what waits for it, or just older.
void Trial::answer_late(HttpResponse& answer, const std::string& url) {
  const auto seen = replica_.find(url);
  if (seen == replica_.end() || !chance("behind")) return;
  const size_t back = 1 + random.below(2);
  if (seen->second.size() > back) answer.body = seen->second[seen->second.size() - 1 - back];
}

void Trial::respond(RequestId request, const HttpResponse& response) {
  if (const auto ask = replica_asks_.find(request); ask != replica_asks_.end()) {
    std::deque<std::string>& seen = replica_[ask->second];
    replica_asks_.erase(ask);
    if (response.status == 200 && (seen.empty() || seen.back() != response.body))
      seen.push_back(response.body);
    if (seen.size() > 4) seen.pop_front();
    return;
  }
  const auto found = requests_.find(request);
  if (found == requests_.end()) return;
  const Waiting waiting = found->second;
  requests_.erase(found);
  HttpResponse answer = response;
  if (answer.status == 200) answer_late(answer, waiting.url);
  if (answer.status == 200) {
    auto& old = old_snapshots_[waiting.url];
    if (!old.empty() && chance("stale"))
      answer.body = old;
    else if (old.empty() || random.chance(0.2))
      old = answer.body;
  }
  const double slow = is_calm() ? 0 : script.knob("slow_rest");
  world.after(one_way() + seconds(slow > 0 ? slow * random.uniform() : 0), [this, waiting, answer] {
    Listener& listener = *waiting.listener;
    if (listener.life != waiting.life || !listener.session) return;
    if (answer.status == 418 || answer.status == 429) {
      const auto wait = read_int(answer.header("retry-after"));
      if (wait) listener.banned_until = world.now() + Duration::seconds(*wait);
    }
    listener.session->responded(waiting.ours, answer, listener.clock->moment());
    arm(listener);
  });
}

void Trial::ping(ConnectionId connection, std::string_view payload) {
  const auto found = pipes_.find(connection);
  if (found == pipes_.end()) return;
  to_us(*found->second,
        [text = std::string(payload)](Session& session, ConnectionId id, Moment now) {
          session.pinged(id, text, now);
        });
}

void Trial::pong(ConnectionId connection, std::string_view) {
  const auto found = pipes_.find(connection);
  if (found == pipes_.end()) return;
  to_us(*found->second,
        [](Session& session, ConnectionId id, Moment now) { session.ponged(id, now); });
}

// The venue closes: what was on its way arrives before.
void Trial::close(ConnectionId connection, uint16_t, std::string_view why) {
  const auto found = pipes_.find(connection);
  if (found == pipes_.end()) return;
  Pipe& pipe = *found->second;
  if (why == "Too many requests" || why == "Invalid request")
    pipe.listener->heard.faults.push_back(fmt::format("the venue closed: {}", why));
  to_us(pipe,
        [this, connection, why = std::string(why)](Session& session, ConnectionId id, Moment now) {
          pipes_.erase(connection);
          session.closed(id, why, now);
        });
}

void Trial::send(ConnectionId connection, std::string_view text) {
  const auto found = pipes_.find(connection);
  if (found != pipes_.end() && found->second->up) send_message(*found->second, std::string(text));
}

void Trial::send_message(Pipe& pipe, std::string text) {
  std::string scratch;
  const venues::Frame frame = dialect->read(text, scratch);
  using Kind = venues::Frame::Kind;
  if (frame.kind == Kind::accepted && chance("lost_ack")) return;
  if (frame.kind != Kind::data) {
    to_us(
        pipe,
        [text = std::move(text)](Session& session, ConnectionId id, Moment now) {
          session.received(id, text, now);
        },
        true);
    return;
  }
  const std::string key(frame.topic);
  bool numbered = false;
  for (const venues::Topic& topic : plan_.topics)
    numbered |= topic.key == key && topic.cure != venues::Cure::none;
  send_data(pipe, std::move(text), key, numbered);
}

// The venue's own mistake: every connection is told the same, so the text itself decides.
bool Trial::is_wrong(std::string_view text) const {
  constexpr uint64_t kParts = 100'000;
  const double share = script.knob("wrong");
  return share > 0 && script.market == "okx" && !is_calm() &&
         static_cast<double>(text_hash(text) % kParts) < share * kParts;
}

// The same of a change that crosses the book.
bool Trial::is_crossed(std::string_view text) const {
  constexpr uint64_t kParts = 100'000;
  const double share = script.knob("crossed");
  return share > 0 && !is_calm() &&
         static_cast<double>((text_hash(text) >> 20) % kParts) < share * kParts;
}

// A bid far above every ask, before the others.
void Trial::cross(std::string& text) const {
  size_t at = text.find(R"("bids":[)");
  if (at == std::string::npos) at = text.find(R"("b":[)");
  if (at == std::string::npos) return;
  text.insert(text.find('[', at) + 1, script.market == "okx" ? R"(["7000.5","0.001","0","1"],)"
                                      : script.market == "deribit" ? R"(["change",7000.5,0.001],)"
                                                                   : R"(["7000.5","0.001"],)");
}

// Another size in the first level that has one; false where none has.
bool Trial::spoil(std::string& text) {
  constexpr std::string_view kSize = R"(","0.)";
  const size_t at = text.find(kSize);
  if (at == std::string::npos) return false;
  char& digit = text[at + kSize.size()];
  digit = digit == '9' ? '1' : static_cast<char>(digit + 1);
  return true;
}

// A message of a topic: told to the judge, and then at the mercy of the network.
void Trial::send_data(Pipe& pipe, std::string text, std::string_view key, bool numbered) {
  const auto muted = muted_.find(key);
  if (muted != muted_.end() && world.now() < muted->second) return;
  if (world.now() < pipe.stalled_until && !numbered) return;
  const auto place = numbered ? dialect->place(text) : std::nullopt;
  const bool snapshot = place && place->snapshot;
  if (numbered && !snapshot && script.knob("behind") > 0) follow_replica(key);
  if (numbered && !snapshot && is_wrong(text)) (void)spoil(text);
  if (numbered && !snapshot && is_crossed(text)) cross(text);
  bool dropped = world.now() < pipe.stalled_until;
  if (numbered && !snapshot && !dropped) {
    const auto skip = skip_.find(key);
    if (skip != skip_.end() && skip->second > 0 && !is_calm()) {
      --skip->second;
      dropped = true;
    }
    dropped |= chance("drop");
  }
  auto& sent = pipe.listener->heard.sent[std::string(key)];
  // A snapshot answers one connection's subscription; what it must lead to is a book, which is
  // judged by its content.
  if (!snapshot) sent.push_back({text_hash(text), world.now(), dropped, pipe.deaf || pipe.broken});
  if (dropped) return;
  const auto deliver = [&](const std::string& bytes) {
    to_us(
        pipe,
        [this, bytes, numbered, &sent, at = sent.size() - 1](Session& session, ConnectionId id,
                                                             Moment now) {
          if (!numbered) sent[at].came = world.now();
          session.received(id, bytes, now);
        },
        true);
  };
  if (numbered && !snapshot && chance("truncate")) {
    sent.back().lost = true;
    return deliver(text.substr(0, text.size() / 2));
  }
  deliver(text);
  if (numbered && !snapshot && chance("twice")) deliver(text);
}

// ---- time

// One timer is under way, the earliest that was asked for. What was put off meanwhile is seen when
// it comes: then it is set again.
void Trial::arm(Listener& listener) {
  if (!listener.session) return;
  look_at_tape(listener);
  const auto wake = listener.session->wake_at();
  if (!wake || (listener.armed && *listener.armed <= *wake)) return;
  const Duration at = std::max(*wake, world.now());
  listener.armed = at;
  world.at(at, [this, &listener, life = listener.life, at] {
    if (listener.life != life || listener.armed != at || !listener.session) return;
    listener.armed.reset();
    const auto due = listener.session->wake_at();
    if (due && *due <= world.now()) listener.session->timer(listener.clock->moment());
    arm(listener);
  });
}

void Trial::arm_twin() {
  const auto wake = twin->wake_at();
  if (!wake || (twin_armed_ && *twin_armed_ <= *wake)) return;
  const Duration at = std::max(*wake, world.now());
  twin_armed_ = at;
  world.at(at, [this, at] {
    if (twin_armed_ != at) return;
    twin_armed_.reset();
    const auto due = twin->wake_at();
    if (due && *due <= world.now()) twin->timer(venue_moment());
    arm_twin();
  });
}

TEST(Trial, SameScriptSameBytes) {
  const Script script =
      *Script::parse("binance-usdm 7 hours 0.7 latency 0.02 jitter 0.2 reset 4 drop 0.01 disk 0");
  const auto digest = [&] {
    Trial trial(script);
    const Outcome outcome = trial.play();
    Hasher hash;
    const Heard& heard = outcome.recorders[0];
    auto reader = tape::TapeReader::open(heard.path);
    EXPECT_TRUE(reader.has_value());
    size_t count = 0;
    while (true) {
      auto next = reader.value()->next();
      if (!next.has_value() || !next.value()) break;
      hash.add(next.value()->bytes);
      hash.add(static_cast<uint64_t>(next.value()->received.ns()));
      ++count;
    }
    EXPECT_GT(count, 300U);
    std::filesystem::remove(heard.path);
    return hash.digest();
  };
  EXPECT_EQ(digest(), digest());
}

}  // namespace delever::outside
