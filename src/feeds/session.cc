#include "feeds/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "feeds/session_state.h"

namespace delever::feeds {
namespace {

constexpr size_t kNotesKept = 1000;

}  // namespace

// Tapes are read in the order of these times; a clock that steps back would shuffle a book.
Instant Stamps::at(Moment now) {
  const Duration passed = now.elapsed - seen_;
  seen_ = now.elapsed;
  if (last_ == Instant::min() || now.at >= last_) {
    last_ = now.at;
  } else {
    last_ = last_ + Duration::ns(std::max<int64_t>(passed.ns(), 0)) / 2;
  }
  return last_;
}

Session::State::State(const venues::Dialect& d, venues::Plan p, Options o, Network& n, Recording& r)
    : dialect(d),
      terms(d.terms()),
      plan(std::move(p)),
      options(std::move(o)),
      network(n),
      recording(r),
      random(options.seed, {}),
      endpoint_free(terms.endpoints.size()) {}

// Every input comes with its moment; nothing below asks a clock.
void Session::State::enter(Moment moment) {
  now = moment;
  stamp = stamps.at(moment);
}

// What is not due yet is what the session wants to be woken for.
bool Session::State::due(Duration at) {
  if (now.elapsed >= at) return true;
  if (!wake || at < *wake) wake = at;
  return false;
}

// Bounded: a session that nobody listens to keeps the first notes, which say how it began.
void Session::State::note(std::string text) {
  if (notes.size() < kNotesKept) notes.push_back({stamp, std::move(text)});
}

// An error of the network names the whole address itself.
void Session::State::note_of(std::string_view what, std::string_view why) {
  const bool named = why.find(what) != std::string_view::npos;
  note(named ? std::string(why) : fmt::format("{}: {}", what, why));
}

// A close that says "too many" is what 429 is to a request: who comes back at once is banned.
Duration Session::State::pause_of_close(std::string_view why) const {
  constexpr std::array<std::string_view, 4> kWords{"too many", "too frequent", "rate limit",
                                                   "code 1013"};
  const std::string words = lower(why);
  const bool asks = std::any_of(kWords.begin(), kWords.end(), [&](std::string_view word) {
    return words.find(word) != words.npos;
  });
  return asks ? terms.rest.pause : Duration();
}

std::string Session::State::address(const std::string& url) const {
  return address_of(url, options.url);
}

std::string address_of(const std::string& url, const std::string& instead) {
  if (instead.empty()) return url;
  const size_t scheme = url.find("://");
  const size_t path = url.find('/', scheme + 3);
  const size_t ours = instead.find("://");
  std::string host = instead.substr(ours == std::string::npos ? 0 : ours + 3);
  while (host.ends_with('/')) host.pop_back();
  const bool secure = instead.starts_with("https") || instead.starts_with("wss");
  const bool socket = url.starts_with("ws");
  return fmt::format("{}{}://{}{}", socket ? "ws" : "http", secure ? "s" : "", host,
                     path == std::string::npos ? "" : url.substr(path));
}

// Doubles up to the most, half of it by chance, so that many recorders do not come back at once.
Duration Session::State::backoff(int failures) {
  const int64_t first = terms.backoff_first.ns(), most = terms.backoff_most.ns();
  const int64_t whole = std::min(most, first << std::clamp(failures - 1, 0, 20));
  return Duration::ns(whole / 2 +
                      static_cast<int64_t>(random.below(static_cast<uint64_t>(whole / 2) + 1)));
}

// All streams exist on the tape before the first message: a topic that never speaks is there too.
Result<void> Session::State::start(Moment moment) {
  for (const auto& entry : options.resume) stamps.begin_after(entry.second);
  enter(moment);
  began = stamp;
  started = true;
  const auto info = [&](std::string_view name, std::string_view channel, std::string_view symbol,
                        std::string_view request) {
    tape::StreamInfo out{
        .name = fmt::format("{}{}{}:{}", terms.market, terms.category.empty() ? "" : "-",
                            terms.category, name),
        .venue = terms.venue,
        .channel = std::string(channel),
        .decoder = terms.market};
    if (!terms.category.empty()) out.settings["category"] = terms.category;
    if (!symbol.empty()) out.settings["symbol"] = symbol;
    if (!request.empty()) out.settings["request"] = request;
    return out;
  };
  topics.resize(plan.topics.size());
  for (size_t i = 0; i < topics.size(); ++i) {
    const Topic& topic = plan.topics[i];
    TopicState& t = topics[i];
    t.topic = &topic;
    const tape::StreamInfo stream = info(topic.key, topic.channel, topic.symbol, "");
    t.stream = TRY(recording.stream(stream));
    if (topic.cure != Cure::none) t.check = dialect.book_check(topic);
    if (const auto found = options.resume.find(stream.name); found != options.resume.end())
      begin_gap(t, Silence::connection, found->second + kTick, kNotRunning);
    if (topic.cure == Cure::rest_snapshot) {
      const std::string path = topic.snapshot.substr(0, topic.snapshot.find('?'));
      t.snapshot_stream =
          TRY(recording.stream(info(topic.snapshot, path, topic.symbol, topic.snapshot)));
    }
    t.last_heard = now.elapsed;
  }
  polls.resize(plan.polls.size());
  for (size_t i = 0; i < polls.size(); ++i) {
    const Poll& poll = plan.polls[i];
    polls[i].stream =
        TRY(recording.stream(info(poll.request, poll.channel, poll.symbol, poll.request)));
    polls[i].due = now.elapsed + Duration::ms(20) * static_cast<int64_t>(i);
  }
  unknown = TRY(recording.stream(info("unknown", "unknown", "", "")));
  counts.topics = topics.size();
  std::optional<Instant> ended;  // of an earlier recording
  for (const auto& [name, last] : options.resume) ended = std::max(ended.value_or(last), last);
  make_lines();
  if (ended && !lines.empty())
    unknown_gap = {Silence::connection, *ended + kTick, std::string(kNotRunning)};
  for (Line& line : lines) line.unheard = ended.has_value();
  sweep();
  return {};
}

// Everything that is due, and when to look again.
void Session::State::sweep() {
  if (stopped) return;
  wake.reset();
  for (size_t i = 0; i < lines.size(); ++i) sweep_line(i);
  std::vector<ConnectionId> ids;
  ids.reserve(connections.size());
  for (const auto& entry : connections) ids.push_back(entry.first);
  for (const ConnectionId id : ids) {
    if (Connection* c = find(id)) sweep_connection(*c);
  }
  for (TopicState& t : topics) sweep_topic(t);
  pump();
  for (size_t i = 0; i < lines.size(); ++i) sweep_line(i);  // what was just lost connects anew
  tell_gaps();
}

// At once, so that whoever reads the tape after a death knows from where on it is not whole; but
// not each step of a gap that has ended before anything else happens.
void Session::State::tell_gaps() {
  for (TopicState& t : topics) {
    if (t.hand && t.gap.cause != Silence::none && !t.gap.told) t.hand->guard.reset();
    tell_gap(t.stream, t.gap);
    if (!t.hand) continue;
    guard(t);
    write_held(t);
  }
  for (PollState& poll : polls) tell_gap(poll.stream, poll.gap);
  if (unknown) tell_gap(*unknown, unknown_gap);
}

void Session::State::tell_gap(tape::StreamNumber stream, OpenGap& gap) {
  if (gap.cause == Silence::none || std::exchange(gap.told, true)) return;
  recording.gap_opens(stream, gap.from, gap.reason);
}

// Something came in on a connection; nullptr: it is not ours any more.
Connection* Session::State::heard(ConnectionId id, Moment at) {
  Connection* c = find(id);
  if (c == nullptr || stopped) return nullptr;
  enter(at);
  c->last_in = at.elapsed;
  c->last_in_stamp = stamp;
  return c;
}

Session::Session(const venues::Dialect& dialect, venues::Plan plan, Options options,
                 Network& network, Recording& recording)
    : state_(std::make_unique<State>(dialect, std::move(plan), std::move(options), network,
                                     recording)) {}
Session::~Session() = default;

Result<void> Session::start(Moment now) { return state_->start(now); }

void Session::connected(ConnectionId connection, Moment now) {
  State& s = *state_;
  Connection* c = s.find(connection);
  if (c == nullptr || s.stopped) return;
  s.enter(now);
  s.on_connected(*c);
  s.sweep();
}

// The one that is called often: it looks at no timer. What it brings forward is in wake_at().
void Session::received(ConnectionId connection, std::string_view frame, Moment now) {
  if (Connection* c = state_->heard(connection, now)) state_->on_frame(*c, frame);
}

// A pong has the payload of its ping: Binance compares them.
void Session::pinged(ConnectionId connection, std::string_view payload, Moment now) {
  if (state_->heard(connection, now)) state_->network.pong(connection, payload);
}

void Session::ponged(ConnectionId connection, Moment now) { state_->heard(connection, now); }

void Session::closed(ConnectionId connection, std::string_view why, Moment now,
                     const HttpResponse* refusal) {
  State& s = *state_;
  if (s.stopped) return;
  s.enter(now);
  const Duration wait = refusal == nullptr ? s.pause_of_close(why) : s.pause_asked(*refusal);
  if (wait > Duration()) {  // the venue counts by address: no other connection either
    for (Duration& free : s.endpoint_free) free = std::max(free, now.elapsed + wait);
  }
  s.lose(connection, why, false, wait);
  s.sweep();
}

void Session::responded(RequestId request, const HttpResponse& response, Moment now) {
  State& s = *state_;
  if (s.stopped) return;
  s.enter(now);
  s.on_response(request, response);
  s.sweep();
}

void Session::failed(RequestId request, std::string_view why, Moment now) {
  State& s = *state_;
  if (s.stopped) return;
  s.enter(now);
  s.on_failure(request, why);
  s.sweep();
}

void Session::timer(Moment now) {
  State& s = *state_;
  if (s.stopped || !s.started) return;
  s.enter(now);
  s.sweep();
}

std::optional<Duration> Session::wake_at() const {
  return state_->stopped ? std::nullopt : state_->wake;
}

void Session::stop(Moment now) {
  State& s = *state_;
  if (s.stopped) return;
  s.enter(now);
  for (TopicState& t : s.topics) {
    if (t.hand) {  // what only the second connection told is ours too
      std::unique_ptr<Handover> hand = std::move(t.hand);
      for (const Handover::Held& held : hand->held) {
        const bool fits = t.heard_on == kNoConnection || t.topic->cure == Cure::none;
        if (!held.snapshot && fits) s.keep(t, held.bytes, s.stamp);
      }
      s.end_guard(t, *hand);
    }
    s.end_gap(t, s.stamp);
  }
  for (PollState& poll : s.polls) {
    if (poll.gap.cause == Silence::none) continue;
    s.recording.gap(poll.stream, poll.gap.from, std::max(poll.gap.from, s.stamp), poll.gap.reason);
  }
  for (Line& line : s.lines) s.end_unheard(line);
  for (const auto& entry : s.connections) s.network.close(entry.first, venues::kCloseNormal);
  s.connections.clear();
  s.stopped = true;
}

// For a rotation: the old recorder may go when the new one is whole.
bool Session::whole() const {
  const State& s = *state_;
  for (const Line& line : s.lines) {
    if (line.successor != kNoConnection) return false;
  }
  return s.started && std::all_of(s.topics.begin(), s.topics.end(), [](const TopicState& t) {
           if (t.refused) return true;
           const bool sound = t.topic->cure == Cure::none || !t.spoke || t.book.in_step;
           return t.heard_on != kNoConnection && t.gap.cause == Silence::none && sound;
         });
}

const SessionCounts& Session::counts() const {
  SessionCounts& c = state_->counts;
  c.connections_open = c.topics_live = c.gaps_open = 0;
  for (const auto& entry : state_->connections) c.connections_open += entry.second.open ? 1 : 0;
  for (const TopicState& t : state_->topics) {
    c.topics_live += t.heard_on != kNoConnection ? 1 : 0;
    c.gaps_open += t.gap.cause != Silence::none ? 1 : 0;
  }
  return c;
}

std::vector<SessionNote> Session::take_notes() { return std::exchange(state_->notes, {}); }

size_t Session::memory() const {
  size_t bytes = state_->held_bytes;
  for (const TopicState& t : state_->topics) {
    bytes +=
        t.book.waiting.size() * sizeof(Place) + (t.skip.size() + t.ahead.size()) * sizeof(uint64_t);
    if (t.hand) bytes += (t.hand->told.size() + t.hand->written.size()) * sizeof(Handover::Told);
  }
  return bytes;
}

}  // namespace delever::feeds
