// Connections of a session: opened within the venue's pace, greeted, subscribed in batches, pinged,
// left before the venue's cut, and lost.
#include <fmt/format.h>

#include <algorithm>

#include "feeds/session_state.h"

namespace delever::feeds {
namespace {

constexpr std::string_view kStoodStill =
    "the first of two connections left out what the second told";
constexpr Duration kUnheard = Duration::seconds(10);
constexpr Duration kPause = Duration::seconds(10);
constexpr Duration kFirstWords = Duration::seconds(2);
constexpr size_t kReasonMost = 200;
constexpr Duration kHour = Duration::hours(1);

bool take(std::vector<size_t>& topics, size_t topic) {
  const auto found = std::find(topics.begin(), topics.end(), topic);
  if (found == topics.end()) return false;
  topics.erase(found);
  return true;
}

bool awaits(const Connection& c, size_t topic) {
  const auto has = [topic](const Request& r) {
    return r.subscribe && std::find(r.topics.begin(), r.topics.end(), topic) != r.topics.end();
  };
  return std::any_of(c.queue.begin(), c.queue.end(), has) ||
         std::any_of(c.asked.begin(), c.asked.end(), has);
}

}  // namespace

// Ids are never used again, so that a late event of a dead connection finds nothing.
Connection* Session::State::find(ConnectionId id) {
  const auto found = connections.find(id);
  return found == connections.end() ? nullptr : &found->second;
}

bool Session::State::is_successor(const Connection& c) const {
  return lines[c.line].successor == c.id;
}

// Topics of an endpoint in connections of at most so many.
void Session::State::make_lines() {
  for (size_t e = 0; e < terms.endpoints.size(); ++e) {
    const venues::Endpoint& endpoint = terms.endpoints[e];
    size_t bytes = 0;
    bool begun = false;
    for (size_t i = 0; i < topics.size(); ++i) {
      if (topics[i].topic->endpoint != e) continue;
      const size_t size = topics[i].topic->name.size() + 3;
      const bool full = begun && (lines.back().topics.size() >= endpoint.topics_max ||
                                  (endpoint.bytes_max != 0 && bytes + size > endpoint.bytes_max));
      if (!begun || full) {
        lines.push_back({.endpoint = e});
        lines.back().connect_at = now.elapsed;
        bytes = 0;
        begun = true;
      }
      bytes += size;
      topics[i].line = lines.size() - 1;
      lines.back().topics.push_back(i);
      lines.back().by_key.emplace(topics[i].topic->key, i);
    }
  }
}

// A topic in change has a Handover from the first byte of the second connection on.
void Session::State::open(size_t index, bool successor) {
  Line& line = lines[index];
  const ConnectionId id{++last_connection};
  (successor ? line.successor : line.primary) = id;
  Connection& c = connections[id];
  c.id = id;
  c.line = index;
  c.since = c.last_in = now.elapsed;
  c.last_in_stamp = stamp;
  endpoint_free[line.endpoint] = now.elapsed + terms.connect_every;
  ++counts.connects;
  if (successor) {
    line.missed.reset();
    for (const size_t t : line.topics) {
      TopicState& topic = topics[t];
      topic.hand = std::make_unique<Handover>();
      topic.hand->began = stamp;
      topic.hand->spoke = topic.spoke && topic.heard_on == line.primary;
      topic.hand->told_before = topic.last_stamp == Instant::min() ? began : topic.last_stamp;
    }
  }
  network.connect(id, address(terms.endpoints[line.endpoint].url));
}

// Leaves before the cut, each connection at a time of its own, so that not all change at once.
void Session::State::on_connected(Connection& c) {
  c.open = true;
  c.since = c.last_in = now.elapsed;
  c.last_in_stamp = stamp;
  c.send_at = now.elapsed;
  end_unheard(lines[c.line]);
  if (terms.ping.every) c.ping_at = now.elapsed + *terms.ping.every;
  const std::optional<Duration> lifetime = options.lifetime ? options.lifetime : terms.lifetime;
  if (lifetime) {
    const Duration margin = std::min(terms.leave_before, *lifetime / 4);
    const auto spread = static_cast<uint64_t>(std::max<int64_t>(margin.ns() / 2, 1));
    c.leave_at =
        now.elapsed + *lifetime - margin - Duration::ns(static_cast<int64_t>(random.below(spread)));
    c.overlap_by = now.elapsed + *lifetime - margin / 4;
  }
  for (const std::string& greeting : terms.greetings) network.send(c.id, greeting);
  ask(c, lines[c.line].topics, true);
}

// Queues requests for these topics, as many in each as the venue takes.
void Session::State::ask(Connection& c, const std::vector<size_t>& which, bool subscribe) {
  Request request{.subscribe = subscribe};
  size_t bytes = 0;
  for (const size_t t : which) {
    const size_t size = topics[t].topic->name.size() + 3;
    if (!request.topics.empty() && (request.topics.size() >= terms.topics_per_request ||
                                    bytes + size + 100 > terms.request_bytes)) {
      c.queue.push_back(std::exchange(request, {.subscribe = subscribe}));
      bytes = 0;
    }
    request.topics.push_back(t);
    bytes += size;
  }
  if (!request.topics.empty()) c.queue.push_back(std::move(request));
}

void Session::State::send_queued(Connection& c) {
  while (!c.queue.empty() && due(c.send_at)) {
    while (!c.sent_this_hour.empty() && c.sent_this_hour.front() + kHour <= now.elapsed)
      c.sent_this_hour.pop_front();
    const auto hourly = static_cast<size_t>(terms.requests_an_hour);
    if (hourly != 0 && c.sent_this_hour.size() >= hourly) {
      // A fresh connection has a fresh budget.
      if (!is_successor(c)) lines[c.line].leaving = true;
      return;
    }
    Request request = std::move(c.queue.front());
    c.queue.pop_front();
    request.id = ++last_id;
    request.sent = now.elapsed;
    std::vector<const Topic*> names;
    for (const size_t t : request.topics) names.push_back(topics[t].topic);
    network.send(c.id, request.subscribe ? dialect.subscribe(names, request.id)
                                         : dialect.unsubscribe(names, request.id));
    ++counts.control_frames;
    if (hourly != 0) c.sent_this_hour.push_back(now.elapsed);
    c.send_at = now.elapsed + terms.request_every;
    c.asked.push_back(std::move(request));
  }
}

void Session::State::on_frame(Connection& c, std::string_view bytes) {
  const Frame frame = dialect.read(bytes, scratch);
  switch (frame.kind) {
    case Frame::Kind::data: {
      if (c.last_data_stamp != Instant::min() && now.elapsed - c.last_data >= kPause)
        c.pause = {c.last_data_stamp, stamp};
      c.last_data = now.elapsed;
      c.last_data_stamp = stamp;
      const Line& line = lines[c.line];
      const auto found = line.by_key.find(frame.topic);
      if (found == line.by_key.end()) return keep_unknown(bytes);
      return hear(c, found->second, bytes);
    }
    case Frame::Kind::accepted:
    case Frame::Kind::refused:
      ++counts.control_frames;
      on_answer(c, frame);
      return sweep();
    case Frame::Kind::pong:
      ++counts.control_frames;
      return;
    case Frame::Kind::answer:
      ++counts.control_frames;
      return network.send(c.id, frame.text);
    case Frame::Kind::leaving:
      ++counts.control_frames;
      if (is_successor(c) || std::exchange(lines[c.line].leaving, true)) return;
      note(fmt::format("{}: the venue is about to close it: {}",
                       address(terms.endpoints[lines[c.line].endpoint].url), bytes.substr(0, 200)));
      return sweep();
    case Frame::Kind::fatal:
      ++counts.control_frames;
      lose(c.id, "the venue ends it: " + frame.text, true);
      return sweep();
    case Frame::Kind::unknown:
      return keep_unknown(bytes);
  }
}

// An answer names the request, or the topic, or neither: then it is of the oldest request.
void Session::State::on_answer(Connection& c, const Frame& frame) {
  const bool refused = frame.kind == Frame::Kind::refused;
  if (c.asked.empty()) return;
  auto which = c.asked.begin();
  std::optional<size_t> topic;
  if (!frame.topic.empty()) {
    const Line& line = lines[c.line];
    const auto found = line.by_key.find(frame.topic);
    if (found == line.by_key.end()) return;
    topic = found->second;
  }
  if (frame.id) {
    which = std::find_if(c.asked.begin(), c.asked.end(),
                         [&](const Request& r) { return r.id == *frame.id; });
  } else if (topic) {
    which = std::find_if(c.asked.begin(), c.asked.end(), [&](const Request& r) {
      return std::find(r.topics.begin(), r.topics.end(), *topic) != r.topics.end();
    });
  }
  if (which == c.asked.end()) return;
  if (topic) {
    if (!take(which->topics, *topic)) return;
    const bool subscribe = which->subscribe;
    if (which->topics.empty()) c.asked.erase(which);
    if (subscribe) refused ? refuse(c, *topic, frame.text) : accept(c, *topic);
    return;
  }
  Request request = std::move(*which);
  c.asked.erase(which);
  if (!request.subscribe) return;  // refused or not: a cure that brings nothing is tried again
  if (refused && frame.for_now) return put_off(c, std::move(request), frame.text);
  c.put_off = 0;
  if (refused) return on_request_refused(c, std::move(request), frame);
  for (const size_t t : request.topics) {
    const std::string& name = topics[t].topic->name;
    const bool taken = !frame.lists ||
                       std::find(frame.taken.begin(), frame.taken.end(), name) != frame.taken.end();
    taken ? accept(c, t) : refuse(c, t, "not among the topics that the venue took");
  }
}

// One bad topic refuses all of its request: they are asked for again one by one.
void Session::State::on_request_refused(Connection& c, Request request, const Frame& frame) {
  if (request.topics.size() == 1)
    return frame.already ? accept(c, request.topics[0]) : refuse(c, request.topics[0], frame.text);
  for (const size_t t : request.topics) c.queue.push_back({.subscribe = true, .topics = {t}});
}

// "Too frequent", "try again": the same request once more, before those that wait behind it.
void Session::State::put_off(Connection& c, Request request, const std::string& why) {
  if (++c.put_off == 1) note("a subscription is put off: " + why);
  c.queue.push_front(std::move(request));
  c.send_at = std::max(c.send_at, now.elapsed + backoff(c.put_off));
}

// The venue's time for an answer is over. What speaks needs none; the rest is asked for again, and
// if that is not answered either, another connection may be: until then the others are heard here.
// False: the connection is lost.
bool Session::State::on_unanswered(Connection& c) {
  Request request = std::move(c.asked.front());
  c.asked.pop_front();
  if (!request.subscribe) return true;
  const auto is_heard = [&](size_t t) {
    const TopicState& topic = topics[t];
    return topic.heard_on == c.id || (topic.hand && is_successor(c) && topic.hand->accepted);
  };
  std::erase_if(request.topics, is_heard);
  if (request.topics.empty()) return true;
  const std::string why = fmt::format("no acknowledgement within {}", terms.ack_within.text());
  Line& line = lines[c.line];
  const bool any = std::any_of(line.topics.begin(), line.topics.end(), is_heard);
  if (!any && !is_successor(c)) {
    lose(c.id, why, true);
    return false;
  }
  if (!std::exchange(request.again, true)) {
    c.queue.push_front(std::move(request));
    return true;
  }
  for (const size_t t : request.topics) refuse(c, t, why);
  if (!is_successor(c) && !std::exchange(c.gave_up, true)) line.leaving = true;
  return true;
}

// What was heard on it is missing from the last thing it said on.
void Session::State::lose(ConnectionId id, std::string_view why, bool tell_network, Duration wait) {
  Connection* c = find(id);
  if (c == nullptr) return;
  const size_t index = c->line;
  Line& line = lines[index];
  const std::string& url = terms.endpoints[line.endpoint].url;
  note_of(address(url), why);
  if (tell_network) network.close(id, venues::kCloseNormal);
  ++counts.reconnects;
  if (line.successor == id) {
    begin_unheard(line, *c, why);
    note_told_alone(line);
    for (const size_t t : line.topics) {
      TopicState& topic = topics[t];
      const bool named = name_hole(topic);
      drop_hand(topic);
      if (!named && topic.gap.cause == Silence::none && topic.last_stamp != Instant::min())
        begin_gap(topic, Silence::silent, topic.last_stamp + kTick, kStoodStill);
      if (topic.heard_on == id) {  // it had already taken over
        begin_gap(topic, Silence::connection, c->last_in_stamp + kTick, why);
        topic.heard_on = kNoConnection;
        topic.skip = std::exchange(topic.ahead, {});  // the old one goes on
      }
    }
    line.successor = kNoConnection;
    line.leaving = true;  // again, after a while
  } else {
    const Instant from = c->last_in_stamp + kTick;
    if (line.successor != kNoConnection) {
      end_overlap(index, false, why);
      return;
    }
    begin_unheard(line, *c, why);
    for (const size_t t : line.topics) {
      TopicState& topic = topics[t];
      if (topic.heard_on == id || topic.gap.cause == Silence::none)
        begin_gap(topic, Silence::connection, from, why);
      topic.heard_on = kNoConnection;
      topic.skip.clear();
    }
    line.primary = kNoConnection;
    line.leaving = false;
  }
  ++line.failures;
  line.connect_at = now.elapsed + std::max(wait, backoff(line.failures));
  connections.erase(id);
}

// The first thing that the new connection has told and the old one, well before now, should have
// told. What comes first is for the new one alone, and so is a snapshot.
std::optional<Instant> Session::State::told_alone(const Handover& hand) const {
  const auto unheard = [&](Instant at) {
    return at - kFirstWords > hand.accepted_at && at - kFirstWords + kUnheard < stamp;
  };
  for (const Handover::Told& told : hand.written) {
    if (unheard(told.at)) return told.at;
  }
  for (const Handover::Held& held : hand.held) {
    if (!held.snapshot && unheard(held.stamp)) return held.stamp;
  }
  return std::nullopt;
}

void Session::State::missed_by_first(const TopicState& t, Instant at) {
  if (at - kFirstWords <= t.hand->accepted_at) return;  // for the second one alone
  std::optional<Instant>& missed = lines[t.line].missed;
  missed = std::min(missed.value_or(at), at);
}

// The first connection stood still, by what the second told of whatever topic, and has spoken of
// this one again: in between neither may have told of it. False: it has not spoken of it since.
bool Session::State::name_hole(TopicState& t) {
  const std::optional<Instant> missed = lines[t.line].missed;
  if (!missed || !t.hand || t.topic->cure != Cure::none) return true;
  Instant before = t.hand->told_before;
  for (const Handover::Told& told : t.hand->told) {
    if (told.at >= *missed) {
      recording.gap(t.stream, std::min(before + kTick, told.at), told.at, kStoodStill);
      ++counts.gaps;
      return true;
    }
    before = told.at;
  }
  return false;
}

void Session::State::note_told_alone(const Line& line) {
  for (const size_t i : line.topics) {
    const auto alone = topics[i].hand ? told_alone(*topics[i].hand) : std::nullopt;
    if (alone) missed_by_first(topics[i], *alone);
  }
}

// The change of connections is over, whether or not every topic was seen on both.
void Session::State::end_overlap(size_t index, bool healthy, std::string_view why) {
  Line& line = lines[index];
  const Connection* old = find(line.primary);
  Connection* next = find(line.successor);
  CHECK(next != nullptr);
  if (old != nullptr && !healthy) begin_unheard(line, *old, why);
  // What fell silent is a connection: its quiet topics too, from the last that they told.
  note_told_alone(line);
  for (const size_t i : line.topics) {
    TopicState& t = topics[i];
    if (!t.hand) continue;
    const Handover& hand = *t.hand;
    // What one of them told well before now, and well after the new one was accepted, the other
    // should have told too.
    const auto unheard = [&](Instant at) { return at > hand.accepted_at && at + kUnheard < stamp; };
    const bool quiet = t.topic->cure == Cure::none && hand.told.empty();
    const bool lost = !healthy || !hand.accepted || hand.overflown || (line.missed && quiet) ||
                      told_alone(hand) ||
                      std::any_of(hand.told.begin(), hand.told.end(),
                                  [&](const Handover::Told& told) { return unheard(told.at); });
    if (lost && t.gap.cause == Silence::none) {
      // With the old one in health what it told is whole; what it did not tell, the new one did. Of
      // a topic that never spoke nothing is known since the start.
      const Instant after = t.last_stamp == Instant::min() ? began : t.last_stamp + kTick;
      const Instant from = old != nullptr && !healthy ? old->last_in_stamp + kTick : after;
      begin_gap(t, Silence::connection, std::max(from, after), why);
      if (!hand.written.empty()) widen_gap(t, hand.last_told);
    }
    if (t.heard_on == line.primary) t.heard_on = kNoConnection;
    if (t.hand->accepted) {
      take_over(t, next->id);
    } else {
      const std::deque<Handover::Told> told = hand.told;
      drop_hand(t);
      for (const Handover::Told& one : told) t.skip.push_back(one.hash);  // it may be on its way
      if (t.heard_on == kNoConnection && !t.refused && !awaits(*next, i)) {
        t.refused = true;  // by the new one alone, or not answered there: asked again at once
        t.ask_at = now.elapsed;
      }
    }
  }
  retire(index);
  soon();
}

// What the venue says of no topic (a notice, what nobody knows yet) is of a connection too: from
// the last that was heard on the one that broke until another is open.
void Session::State::begin_unheard(Line& line, const Connection& lost, std::string_view why) {
  if (!lost.open || line.unheard) return;
  line.unheard = true;
  const Instant from = lost.last_in_stamp + kTick;
  if (unknown_gap.cause == Silence::none) {
    unknown_gap = {Silence::connection, from,
                   std::string(why.empty() ? kNoReason : why.substr(0, kReasonMost))};
  }
  if (from < unknown_gap.from) {
    unknown_gap.from = from;
    if (unknown_gap.told) recording.gap_opens(*unknown, from, unknown_gap.reason);
  }
  for (const ConnectionId other : {line.primary, line.successor}) {
    const Connection* c = find(other);
    if (c != nullptr && c->id != lost.id && c->open) return end_unheard(line);
  }
}

void Session::State::end_unheard(Line& line) {
  line.unheard = false;
  const bool any = std::any_of(lines.begin(), lines.end(), [](const Line& l) { return l.unheard; });
  if (any || unknown_gap.cause == Silence::none) return;
  recording.gap(*unknown, unknown_gap.from, std::max(unknown_gap.from, stamp), unknown_gap.reason);
  unknown_gap = {};
}

// The successor is the connection from now on.
void Session::State::retire(size_t index) {
  Line& line = lines[index];
  if (find(line.primary) != nullptr) {
    network.close(line.primary, venues::kCloseNormal);
    connections.erase(line.primary);
  }
  line.primary = std::exchange(line.successor, kNoConnection);
  line.leaving = false;
  line.failures = 0;
  for (const size_t t : line.topics) topics[t].ahead.clear();
  if (Connection* c = find(line.primary)) c->overlap_end.reset();
}

void Session::State::sweep_line(size_t index) {
  Line& line = lines[index];
  if (line.topics.empty()) return;
  if (line.primary == kNoConnection) {
    if (line.connect_at && due(*line.connect_at) && due(endpoint_free[line.endpoint]))
      open(index, false);
    return;
  }
  if (line.leaving && line.successor == kNoConnection) {
    const Connection* old = find(line.primary);
    if (old == nullptr || !old->open) {
      line.leaving = false;
      return;
    }
    const bool waited = line.failures == 0 || !line.connect_at || due(*line.connect_at);
    if (waited && due(endpoint_free[line.endpoint])) open(index, true);
  }
}

void Session::State::sweep_connection(Connection& c) {
  if (!c.open) {
    if (due(c.since + terms.connect_within))
      lose(c.id, fmt::format("no connection within {}", terms.connect_within.text()), true);
    return;
  }
  const venues::PingTerms& ping = terms.ping;
  if (due(c.last_in + ping.dead_after))
    return lose(c.id, fmt::format("nothing heard for {}", ping.dead_after.text()), true);
  while (terms.ack_required && !c.asked.empty() && due(c.asked.front().sent + terms.ack_within)) {
    if (!on_unanswered(c)) return;
  }
  if (ping.every) {
    if (ping.only_when_silent) c.ping_at = std::max(c.ping_at, c.last_in + *ping.every);
    if (due(c.ping_at)) {
      ping.text.empty() ? network.ping(c.id, "") : network.send(c.id, ping.text);
      c.ping_at = now.elapsed + *ping.every;
      (void)due(c.ping_at);
    }
  }
  send_queued(c);
  if (terms.ack_required && !c.asked.empty()) (void)due(c.asked.front().sent + terms.ack_within);
  Line& line = lines[c.line];
  if (c.leave_at && !is_successor(c) && due(*c.leave_at)) {
    c.leave_at.reset();
    line.leaving = true;
  }
  if (!is_successor(c)) return;
  if (!c.overlap_end && c.queue.empty() && c.asked.empty()) {
    c.overlap_end = now.elapsed + terms.overlap;
    // A topic that says nothing is not waited for until the venue cuts the old one.
    const Connection* old = find(line.primary);
    if (old != nullptr && old->overlap_by)
      c.overlap_end = std::min(*c.overlap_end, *old->overlap_by);
  }
  const bool done = std::none_of(line.topics.begin(), line.topics.end(),
                                 [&](size_t t) { return topics[t].hand != nullptr; });
  if (done) return retire(c.line);
  if (c.overlap_end && due(*c.overlap_end)) {
    const Connection* old = find(line.primary);
    const bool healthy = old != nullptr && old->last_in > c.since;
    end_overlap(c.line, healthy, "the old connection fell silent before the new one took over");
  }
}

}  // namespace delever::feeds
