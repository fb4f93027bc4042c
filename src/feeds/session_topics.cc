// What a session hears of each topic: records, gaps, the sequence of books, and the change from one
// connection to the next without loss or double.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "feeds/session_state.h"

namespace delever::feeds {
namespace {

constexpr size_t kReasonMax = 240;
constexpr size_t kToldMax = 8192;     // hashes of one topic in an overlap
constexpr size_t kWaitingMax = 5000;  // frames that wait for a snapshot
constexpr Duration kRefusalHolds = Duration::hours(1);
constexpr Duration kCureHolds = Duration::minutes(1);
constexpr Duration kCureWithin = Duration::seconds(10);
constexpr Duration kGuardAfter = Duration::ms(500);
constexpr std::string_view kDoubted =
    "a second connection that was lost told what the first has not";
constexpr Duration kLate = Duration::seconds(40);  // no connection that lives is later
constexpr std::string_view kBroke = "its connection told of nothing, and a book broke meanwhile";
constexpr std::string_view kLeftOut =
    "the first of two connections left out what it should have begun with";
constexpr std::string_view kInMemory =
    "a change of connections: what only the new one had told was not written yet";

uint64_t hash_of(std::string_view bytes) { return std::hash<std::string_view>()(bytes); }

// Everything up to and with the first entry of that hash; false when there is none.
bool drop_through(std::deque<uint64_t>& hashes, uint64_t hash) {
  const auto found = std::find(hashes.begin(), hashes.end(), hash);
  if (found == hashes.end()) return false;
  hashes.erase(hashes.begin(), found + 1);
  return true;
}

void add_hash(std::deque<uint64_t>& hashes, uint64_t hash) {
  hashes.push_back(hash);
  if (hashes.size() > kToldMax) hashes.pop_front();
}

}  // namespace

void Session::State::begin_gap(TopicState& t, Silence cause, Instant from,
                               std::string_view reason) {
  if (reason.empty()) reason = kNoReason;
  if (t.gap.cause == Silence::none) {
    t.gap = {cause, std::max(from, t.last_stamp == Instant::min() ? from : t.last_stamp + kTick),
             std::string(reason.substr(0, kReasonMax))};
    ++counts.gaps;
  } else {
    if (t.gap.cause != Silence::doubted || cause != Silence::no_room) t.gap.cause = cause;
    if (t.gap.reason.find(reason) != std::string::npos) return;
    t.gap.reason = fmt::format("{}; {}", t.gap.reason, reason).substr(0, kReasonMax);
    t.gap.told = false;
  }
  soon();  // to be told
}

void Session::State::end_gap(TopicState& t, Instant to) {
  if (t.gap.cause == Silence::none) return;
  recording.gap(t.stream, t.gap.from, std::max(t.gap.from, to), t.gap.reason);
  if (t.hand) {
    if (t.hand->guard == t.gap.from) t.hand->guard.reset();
    soon();  // what is held is to be guarded again
  }
  t.gap = {};
}

void Session::State::accept(Connection& c, size_t index) {
  TopicState& t = topics[index];
  if (t.hand && is_successor(c)) {
    t.hand->accepted = true;
    t.hand->accepted_at = stamp;
    // Nothing to join: the old connection does not have it.
    if (t.heard_on == kNoConnection) take_over(t, c.id);
    return;
  }
  // Asked again on the same connection; or on the one before, which has handed it over since.
  if (find(t.heard_on) != nullptr) return;
  t.heard_on = c.id;
  t.refused = false;
  t.spoke = false;
  t.last_heard = now.elapsed;
  lines[c.line].failures = 0;
  t.book.in_step = false;
  t.book.wanted = t.book.asked = false;
  t.book.tries = 0;
  t.book.waiting.clear();
  t.book.base.reset();
  if (t.topic->cure == Cure::rest_snapshot) {
    t.book.last.reset();
    if (t.check) t.check->forget();
  }
  if (t.gap.cause != Silence::none) end_gap(t, stamp);
}

void Session::State::refuse(Connection& c, size_t index, const std::string& why) {
  TopicState& t = topics[index];
  if (t.hand && is_successor(c)) return;  // the overlap ends without it, and says so
  if (t.heard_on != c.id && find(t.heard_on) != nullptr) return;  // it has been handed over
  ++counts.refusals;
  t.ask_at = now.elapsed + kRefusalHolds;
  if (!std::exchange(t.refused, true)) note(fmt::format("{} is refused: {}", t.topic->name, why));
  begin_gap(t, Silence::refused, t.last_stamp == Instant::min() ? stamp : t.last_stamp + kTick,
            "refused: " + why);
  t.heard_on = kNoConnection;
}

void Session::State::hear(Connection& c, size_t index, std::string_view bytes) {
  TopicState& t = topics[index];
  if (t.hand && is_successor(c)) return hear_successor(t, c, bytes);
  if (t.heard_on != c.id) {
    if (find(t.heard_on) != nullptr) return hear_predecessor(t, bytes);
    accept(c, index);  // its data proves it
  }
  const bool telling = t.hand != nullptr;
  if (!telling && t.skip.empty() && !is_successor(c)) return keep(t, bytes, stamp);
  const uint64_t hash = hash_of(bytes);
  if (is_repeat(t, hash) || (telling && joins_written(t, hash))) return;
  if (t.gap.cause == Silence::doubted && now.elapsed >= t.doubted_at + kLate) {
    end_gap(t, stamp);
    t.skip.clear();
  }
  if (!telling && is_successor(c)) add_hash(t.ahead, hash);
  if (!telling) return keep(t, bytes, stamp);
  // In an overlap: whatever the new connection has told before this one, it told of the same
  // stream.
  auto& held = t.hand->held;
  const auto match = std::find_if(held.begin(), held.end(),
                                  [&](const Handover::Held& h) { return h.hash == hash; });
  if (match == held.end()) {
    // Its place is before what is newer.
    while (t.topic->last_value && !held.empty() && is_older(held.front().bytes, bytes)) {
      const Handover::Held first = std::move(held.front());
      held.pop_front();
      held_bytes -= first.bytes.size();
      keep(t, first.bytes, stamp);
    }
    t.hand->told.push_back({hash, stamp});
    if (t.hand->told.size() > kToldMax) t.hand->told.pop_front();
    return keep(t, bytes, stamp);
  }
  // Joined. What stands before the match was sent to the new one alone: a snapshot, which would
  // break a chain, or what the old one has missed.
  if (!t.hand->written.empty()) missed_by_first(t, t.hand->written.front().at);
  while (held.front().hash != hash) {
    const Handover::Held first = std::move(held.front());
    held.pop_front();
    held_bytes -= first.bytes.size();
    if (first.snapshot) {
      ++counts.repeats;
    } else {
      if (t.topic->cure == Cure::none) missed_by_first(t, first.stamp);
      keep(t, first.bytes, stamp);
    }
  }
  held_bytes -= held.front().bytes.size();
  held.pop_front();
  keep(t, bytes, stamp);
  t.hand->told.clear();  // the new one is ahead of all of it
  take_over(t, lines[t.line].successor);
}

// What the connection before has told, come again. Where that one was lost before it took over, it
// shows that this one was not silent, only late.
bool Session::State::is_repeat(TopicState& t, uint64_t hash) {
  if (!drop_through(t.skip, hash)) return false;
  ++counts.repeats;
  t.last_heard = now.elapsed;
  if (t.gap.cause != Silence::doubted) return true;
  if (hash != t.doubted) {  // it lacks what came before
    end_gap(t, stamp);
    return true;
  }
  if (t.gap.told) recording.no_gap(t.stream);
  t.gap = {};
  --counts.gaps;
  if (t.hand) soon();  // what it holds is to be guarded
  return true;
}

// What the second connection has told and is recorded comes on the first: it is only late.
bool Session::State::joins_written(TopicState& t, uint64_t hash) {
  auto& written = t.hand->written;
  const auto found = std::find_if(written.begin(), written.end(),
                                  [&](const Handover::Told& one) { return one.hash == hash; });
  if (found == written.end()) return false;
  ++counts.repeats;
  if (found != written.begin()) missed_by_first(t, written.front().at);
  written.erase(written.begin(), found + 1);
  t.hand->told.clear();
  take_over(t, lines[t.line].successor);
  return true;
}

bool Session::State::is_older(std::string_view value, std::string_view than) const {
  const auto a = dialect.value_time(value);
  const auto b = a ? dialect.value_time(than) : std::nullopt;
  return b && *a < *b;
}

// On the old connection, after the new one has taken over. Of a topic without numbers, what that
// one has not told is ours: it may have fallen silent since.
void Session::State::hear_predecessor(TopicState& t, std::string_view bytes) {
  const uint64_t hash = hash_of(bytes);
  if (t.topic->cure != Cure::none || drop_through(t.ahead, hash)) {
    ++counts.repeats;
    return;
  }
  keep(t, bytes, stamp);
  add_hash(t.skip, hash);
}

// On the connection that is to take over.
void Session::State::hear_successor(TopicState& t, Connection& c, std::string_view bytes) {
  Handover& hand = *t.hand;
  if (!hand.accepted) {
    hand.accepted = true;
    hand.accepted_at = stamp;
  }
  const uint64_t hash = hash_of(bytes);
  if (t.heard_on == kNoConnection) {
    take_over(t, c.id);
    add_hash(t.ahead, hash);
    return keep(t, bytes, stamp);
  }
  const auto told = std::find_if(hand.told.begin(), hand.told.end(),
                                 [&](const Handover::Told& one) { return one.hash == hash; });
  if (told != hand.told.end()) {  // the old one is ahead: what it told since comes again
    ++counts.repeats;
    const Instant began_telling = hand.told.front().at;
    hand.told.erase(hand.told.begin(), told + 1);
    // What came before the match was for the new one alone. Without numbers it may be what the old
    // one has missed; with them it is a snapshot, or lies in a hole that is known.
    const std::deque<Handover::Held> before = std::exchange(hand.held, {});
    if (!hand.written.empty())
      missed_by_first(t, hand.written.front().at);
    else if (!before.empty() && t.topic->cure == Cure::none)
      missed_by_first(t, before.front().stamp);
    // But before the first thing that the old one told there is no number to show a hole.
    const auto left_out = std::find_if(before.begin(), before.end(),
                                       [](const Handover::Held& held) { return !held.snapshot; });
    if (t.topic->cure != Cure::none && !hand.spoke && left_out != before.end()) {
      recording.gap(t.stream, std::min(left_out->stamp, began_telling), began_telling, kLeftOut);
      ++counts.gaps;
    }
    for (const Handover::Held& held : before) {
      held_bytes -= held.bytes.size();
      if (t.topic->cure == Cure::none) keep(t, held.bytes, stamp);
    }
    return take_over(t, c.id);
  }
  const auto place = t.topic->cure == Cure::none ? std::nullopt : dialect.place(bytes);
  if (held_bytes + bytes.size() > options.buffer_bytes) {
    hand.overflown = true;
    return;
  }
  if (hand.held.empty() && hand.written.empty())
    hand.last_told = t.last_stamp == Instant::min() ? began : t.last_stamp + kTick;
  hand.held.push_back({std::string(bytes), stamp, hash, place && place->snapshot, now.elapsed});
  held_bytes += bytes.size();
  (void)due(now.elapsed + kGuardAfter);
}

// Events need no place among others, so that they wait no longer than a death may cost.
void Session::State::write_held(TopicState& t) {
  if (t.topic->cure != Cure::none || t.topic->last_value) return;
  auto& held = t.hand->held;
  while (!held.empty() && due(held.front().at + kGuardAfter)) {
    const Handover::Held first = std::move(held.front());
    held.pop_front();
    held_bytes -= first.bytes.size();
    t.hand->written.push_back({first.hash, first.stamp});
    keep(t, first.bytes, stamp);
  }
}

// What the second connection alone has told: the first may have fallen silent before, and what
// needs its place among others is in memory until it has it. A recorder that dies takes both with
// it: until the two are joined the tape says that from the change on something may be missing.
void Session::State::guard(TopicState& t) {
  Handover& hand = *t.hand;
  if (t.gap.cause != Silence::none) return;
  const auto first = std::find_if(hand.held.begin(), hand.held.end(),
                                  [](const Handover::Held& held) { return !held.snapshot; });
  if (hand.guard) {
    if (first != hand.held.end() || !hand.written.empty()) return;
    hand.guard.reset();
    return recording.no_gap(t.stream);
  }
  if (hand.written.empty() && (first == hand.held.end() || !due(first->at + kGuardAfter))) return;
  const Instant after = t.last_stamp == Instant::min() ? hand.began : t.last_stamp + kTick;
  hand.guard = std::min({hand.began, hand.last_told, after});
  recording.gap_opens(t.stream, *hand.guard, kInMemory);
}

void Session::State::end_guard(TopicState& t, const Handover& hand) {
  if (!hand.guard) return;
  if (t.gap.cause == Silence::none) return recording.no_gap(t.stream);
  tell_gap(t.stream, t.gap);  // a gap that has begun meanwhile stands in its place
}

// From `from` on, unless the first connection proves by `proof` that it was late and not silent.
void Session::State::doubt(TopicState& t, Instant from, uint64_t proof) {
  if (t.gap.cause != Silence::none && t.gap.cause != Silence::silent) return;
  begin_gap(t, Silence::doubted, from, kDoubted);
  t.doubted = proof;
  t.doubted_at = now.elapsed;
  if (!t.topic->last_value) widen_gap(t, from);  // a value that was heard is whole
}

// Of events some may have been recorded since. What is told ends by its beginning.
void Session::State::widen_gap(TopicState& t, Instant from) {
  if (from >= t.gap.from) return;
  t.gap.from = from;
  if (t.gap.told) recording.gap_opens(t.stream, from, t.gap.reason);
}

// The second connection is gone before it was joined. What it alone has told is ours all the same;
// the first may yet tell it too. If it does not, it had fallen silent, who knows when: since it
// told something last.
void Session::State::drop_hand(TopicState& t) {
  const std::unique_ptr<Handover> hand = std::move(t.hand);
  if (!hand) return;
  const bool more = !hand->held.empty() || !hand->written.empty();
  const bool doubted = t.topic->cure == Cure::none && more && t.heard_on != kNoConnection;
  const uint64_t proof = !more                   ? 0
                         : hand->written.empty() ? hand->held.front().hash
                                                 : hand->written.front().hash;
  if (doubted) doubt(t, hand->last_told, proof);
  for (const Handover::Told& written : hand->written) t.skip.push_back(written.hash);
  for (const Handover::Held& held : hand->held) {
    held_bytes -= held.bytes.size();
    if (t.topic->cure != Cure::none) continue;  // numbers show what is missing
    keep(t, held.bytes, stamp);
    t.skip.push_back(held.hash);
  }
  if (doubted && t.gap.cause == Silence::none) doubt(t, stamp + kTick, proof);
  end_guard(t, *hand);
}

// From now on the topic is heard on `next`.
void Session::State::take_over(TopicState& t, ConnectionId next) {
  (void)name_hole(t);
  const std::unique_ptr<Handover> hand = std::move(t.hand);
  soon();  // the last topic to come lets the old connection go
  const bool gapped = t.gap.cause != Silence::none;
  t.heard_on = next;
  t.refused = false;
  t.last_heard = now.elapsed;
  if (t.gap.cause == Silence::connection || t.gap.cause == Silence::refused ||
      t.gap.cause == Silence::doubted)
    end_gap(t, stamp);
  if (t.topic->cure == Cure::resubscribe) {  // what was asked for, the old connection gets
    t.book.asked = false;
    t.book.try_at = now.elapsed;
  }
  if (!hand) return;
  t.skip.clear();
  t.ahead.clear();
  for (const Handover::Told& told : hand->told) t.skip.push_back(told.hash);
  for (const Handover::Told& written : hand->written) add_hash(t.ahead, written.hash);
  for (const Handover::Held& held : hand->held) {
    held_bytes -= held.bytes.size();
    // A snapshot is of use where a chain begins, and would break one that goes on.
    if (held.snapshot && t.book.in_step && !gapped) {
      ++counts.repeats;
      continue;
    }
    keep(t, held.bytes, stamp);
    add_hash(t.ahead, held.hash);
  }
  end_guard(t, *hand);
  if (hand->overflown) begin_gap(t, Silence::silent, stamp + kTick, "no room to hold an overlap");
}

// Numbered frames that came before, to the byte. One that follows is new unless it is the last
// again (a heartbeat follows itself); a snapshot may well say what was said.
bool Session::State::is_copy(TopicState& t, const std::optional<Place>& place, uint64_t hash) {
  RecentHashes& recent = t.recent;
  if (place && place->snapshot) return false;
  const bool follows = place && t.book.last && dialect.follows(*place, *t.book.last);
  if (follows ? recent.last() == hash : recent.contains(hash)) return true;
  recent.add(hash);
  return false;
}

void Session::State::keep(TopicState& t, std::string_view bytes, Instant at) {
  t.last_heard = now.elapsed;
  t.spoke = true;
  // With two connections, one may be late: the value that it tells was left behind.
  if (t.topic->last_value) {
    const bool two = lines[t.line].successor != kNoConnection || !t.skip.empty();
    if (two && is_older(bytes, t.last_value)) {
      ++counts.repeats;
      return;
    }
    t.last_value.assign(bytes);
  }
  // A frame that was cut short has a number and not what belongs to it: the next one shows a hole.
  std::optional<Place> place;
  if (t.topic->cure != Cure::none) {
    if (trimmed(bytes).ends_with('}')) place = dialect.place(bytes);
    if (is_copy(t, place, hash_of(bytes))) {
      ++counts.repeats;
      return;
    }
  }
  const bool heard = t.gap.cause == Silence::doubted && t.topic->last_value;
  if (t.gap.cause == Silence::silent || heard) end_gap(t, at);
  if (!recording.record(t.stream, at, bytes)) {
    ++counts.no_room;
    begin_gap(t, Silence::no_room, at, kNoRoom);
    if (t.topic->cure == Cure::rest_snapshot) {
      t.book.in_step = false;
      t.book.last.reset();
      t.book.waiting.clear();
      t.book.base.reset();
      if (t.check) t.check->forget();
    }
    return;
  }
  // Whether a book broke meanwhile its numbers say.
  if (t.gap.cause == Silence::no_room) end_gap(t, at);
  ++counts.messages;
  counts.bytes += bytes.size();
  counts.last_message = at;
  if (place)
    t.topic->cure == Cure::resubscribe ? follow_numbered(t, *place, bytes, at)
                                       : follow_rest(t, *place, bytes, at);
  if (place || t.topic->cure == Cure::none) t.last_stamp = std::max(t.last_stamp, at);
}

// Of a frame whose number is right: whether readers will serve the book after it.
bool Session::State::is_sound(TopicState& t, const Place& place, std::string_view bytes,
                              Instant at) {
  const venues::BookFault fault =
      t.check ? t.check->fault_of(bytes, place) : venues::BookFault::none;
  if (fault == venues::BookFault::none) return true;
  t.book.base.reset();
  hole(t,
       fault == venues::BookFault::checksum
           ? fmt::format("the checksum of {} does not agree", place.last)
           : fmt::format("bid at or above ask at {}", place.last),
       at);
  return false;
}

// A book that begins with a snapshot on its own stream.
void Session::State::follow_numbered(TopicState& t, const Place& place, std::string_view bytes,
                                     Instant at) {
  BookState& book = t.book;
  // Also after a change of connection: what follows by number shows that nothing was missed.
  const bool follows = !book.wanted && book.last && dialect.follows(place, *book.last);
  if ((place.snapshot || follows) && !is_sound(t, place, bytes, at)) {
    book.last = place.last;
    return want_cure(t);
  }
  if (place.snapshot) {
    book.in_step = true;
    book.last = place.last;
    book.wanted = false;
    book.healed_at = now.elapsed;
    if (t.gap.cause == Silence::hole) end_gap(t, at);
    return;
  }
  if (follows) {
    book.last = place.last;
    book.in_step = true;
    return;
  }
  if (!book.in_step && book.wanted) {
    book.last = place.last;
    return;
  }
  stood_still(t);
  hole(t,
       book.last ? fmt::format("sequence broken: {} came after {}", place.last, *book.last)
                 : fmt::format("sequence broken before {}", place.last),
       at);
  book.last = place.last;
  want_cure(t);
}

// A book whose changes continue a snapshot by REST.
void Session::State::follow_rest(TopicState& t, const Place& place, std::string_view bytes,
                                 Instant at) {
  BookState& book = t.book;
  const std::optional<uint64_t> before = std::exchange(book.last, place.last);
  const bool follows = !before || dialect.follows(place, *before);
  if (!follows) {
    stood_still(t);
    hole(t, fmt::format("sequence broken before {}", place.last), at);
    book.waiting.clear();
  }
  const bool bridges = book.base && dialect.bridges(place, *book.base);
  const bool older =
      book.base && (place.last < *book.base || (place.last == *book.base && !bridges));
  if (book.base && !older && !bridges) {  // that snapshot is of no use, to the check neither
    book.base.reset();
    if (t.check) t.check->forget();
  }
  // Crossed: the frame is not one that a snapshot may be continued by, so that a newer one is
  // asked.
  if (!is_sound(t, place, bytes, at)) {
    book.waiting.clear();
    return want_cure(t);
  }
  if (follows && book.in_step) return;
  book.in_step = bridges;
  if (older) return;
  if (bridges) {
    book.base.reset();
    book.healed_at = now.elapsed;
    return;
  }
  book.waiting.push_back(place);
  if (book.waiting.size() > kWaitingMax) book.waiting.pop_front();
  if (!book.wanted) want_cure(t);
}

void Session::State::hole(TopicState& t, const std::string& reason, Instant at) {
  ++counts.holes;
  t.book.in_step = false;
  if (t.check && !t.book.base) t.check->forget();  // a snapshot may yet be continued
  if (t.last_stamp == Instant::min()) return;  // nothing was recorded that could have a hole
  if (t.topic->cure == Cure::resubscribe) {
    begin_gap(t, Silence::hole, t.last_stamp + kTick, reason);
  } else if (t.gap.cause == Silence::none) {
    begin_gap(t, Silence::hole, t.last_stamp + kTick, reason);
    end_gap(t, at);
  }
}

// What breaks again within a minute of its last cure waits longer each time: a venue whose own book
// is crossed, or whose checksums are of another rule, is not asked without end.
void Session::State::want_cure(TopicState& t) {
  if (!t.book.wanted && now.elapsed - t.book.healed_at >= kCureHolds) t.book.tries = 0;
  t.book.wanted = true;
  t.book.asked = false;
  t.book.try_at = now.elapsed + (t.book.tries == 0 ? Duration() : backoff(t.book.tries));
  ++t.book.tries;
  (void)due(t.book.try_at);
  soon();
}

// What was refused may be taken later: an instrument that opens, a venue that was overburdened.
void Session::State::ask_refused(TopicState& t) {
  Connection* c = find(lines[t.line].primary);
  if (!t.refused || c == nullptr || !c->open || !due(t.ask_at)) return;
  t.ask_at = now.elapsed + kRefusalHolds;
  (void)due(t.ask_at);
  ask(*c, {static_cast<size_t>(&t - topics.data())}, true);
  send_queued(*c);
}

// A connection of which every topic is quiet, one that never is for so long among them: what has no
// numbers and may be quiet by itself is missing too, until it is told again.
void Session::State::stands_still(const Connection& c, std::string_view why) {
  for (const size_t i : lines[c.line].topics) {
    TopicState& t = topics[i];
    if (t.heard_on != c.id || t.topic->cure != Cure::none || t.topic->silence) continue;
    if (t.gap.cause != Silence::none || t.last_stamp == Instant::min()) continue;
    begin_gap(t, Silence::silent, t.last_stamp + kTick, why);
  }
}

// A book breaks over a pause in which its connection told of no topic: that stood still, and what
// has no numbers is missing as well.
void Session::State::stood_still(const TopicState& t) {
  Connection* c = find(t.heard_on);
  if (c == nullptr || !c->pause || t.last_stamp > c->pause->from) return;
  for (const size_t i : lines[c->line].topics) {
    const TopicState& other = topics[i];
    if (other.heard_on != c->id || other.topic->cure != Cure::none || other.topic->silence)
      continue;
    recording.gap(other.stream, c->pause->from + kTick, c->pause->to, kBroke);
    ++counts.gaps;
  }
  c->pause.reset();
}

void Session::State::sweep_topic(TopicState& t) {
  Connection* c = find(t.heard_on);
  if (c == nullptr) return ask_refused(t);
  BookState& book = t.book;
  if (t.topic->cure == Cure::resubscribe && book.wanted && due(book.try_at)) {
    if (book.asked) {  // no snapshot came
      want_cure(t);
    } else {
      const auto index = static_cast<size_t>(&t - topics.data());
      ask(*c, {index}, false);
      ask(*c, {index}, true);
      book.asked = true;
      book.try_at = now.elapsed + kCureWithin;
      send_queued(*c);
    }
    (void)due(book.try_at);
  }
  if (!t.topic->silence || t.gap.cause == Silence::silent) return;
  if (!due(t.last_heard + *t.topic->silence)) return;
  ++counts.alarms;
  const std::string reason = fmt::format("silent for {}", t.topic->silence->text());
  note(fmt::format("{} is {}", t.topic->name, reason));
  begin_gap(t, Silence::silent, t.last_stamp == Instant::min() ? stamp : t.last_stamp + kTick,
            reason);
  // One that had spoken is stuck, not dead: another connection may hear it.
  if (t.spoke && !t.hand) lines[t.line].leaving = true;
  const Duration quiet = *t.topic->silence - *t.topic->silence / 10;
  if (t.spoke && now.elapsed - c->last_data >= quiet)
    stands_still(
        *c, fmt::format("nothing of any topic on its connection: {} is {}", t.topic->name, reason));
}

void Session::State::keep_unknown(std::string_view bytes) {
  ++counts.unknown_frames;
  if (recording.record(*unknown, stamp, bytes)) return;
  ++counts.no_room;
  recording.gap(*unknown, stamp, stamp, kNoRoom);
}

}  // namespace delever::feeds
