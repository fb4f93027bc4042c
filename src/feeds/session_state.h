// The inside of a Session. Its functions are in four files: session.cc (what comes in, and time),
// session_lines.cc (connections), session_topics.cc (what is heard: records, gaps, books, the
// change from one connection to the next) and session_rest.cc (snapshots and polls).
#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <unordered_map>

#include "base/random.h"
#include "feeds/session.h"

namespace delever::feeds {

using venues::Cure;
using venues::Frame;
using venues::Place;
using venues::Poll;
using venues::Topic;

inline constexpr ConnectionId kNoConnection{0};
inline constexpr std::string_view kNoRoom = "no room: the disk does not keep up";
inline constexpr std::string_view kNoReason = "no reason given";
inline constexpr std::string_view kNotRunning = "the recorder was not running";
inline constexpr Duration kTick = Duration::ns(1);

struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
using TopicsByKey = std::unordered_map<std::string, size_t, TextHash, std::equal_to<>>;

// Receive times that never go back, whatever the wall clock does: where it steps back, ours goes
// on at half speed until it is met.
class Stamps {
 public:
  Instant at(Moment now);
  // Nothing is stamped before it.
  void begin_after(Instant at) { last_ = std::max(last_, at); }

 private:
  Instant last_ = Instant::min();
  Duration seen_;
};

// Why a stream says nothing; what ends the gap follows from it.
enum class Silence : uint8_t {
  none,
  connection,  // until the topic is accepted again
  refused,     // the same
  silent,      // until it speaks
  no_room,     // until a message is taken
  hole,        // a book that is subscribed again: until its snapshot
  doubted,     // a second connection was lost that had told more: until the first tells it too, and
               // then there was no gap; or until that one tells later things, or another takes over
};

struct OpenGap {
  Silence cause = Silence::none;
  Instant from;
  std::string reason;
  bool told = false;  // that it is open: a tape whose recorder dies has it
};

struct BookState {
  bool in_step = false;
  std::optional<uint64_t> last;  // of the frame recorded last
  // Cure::rest_snapshot: frames that no snapshot has reached, and a snapshot that no frame has.
  std::deque<Place> waiting;
  std::optional<uint64_t> base;
  bool wanted = false, asked = false;  // a cure
  Duration try_at, healed_at;
  int tries = 0;
};

// While a second connection takes over: what the first has told since then, and what the second
// has told that the first has not.
struct Handover {
  struct Held {
    std::string bytes;
    Instant stamp;
    uint64_t hash = 0;
    bool snapshot = false;
    Duration at = {};
  };
  Instant began;                 // before anything that the second connection told
  Instant told_before;           // by the first, last before that; or `began`
  bool spoke = false;            // the first, before that
  Instant last_told;             // by the first, before what is in `written` and `held`
  std::optional<Instant> guard;  // an open gap of the tape, for what is in `held`: its beginning
  bool accepted = false;
  Instant accepted_at;
  struct Told {
    uint64_t hash = 0;
    Instant at;
  };
  std::deque<Told> told;
  std::deque<Held> held;
  std::deque<Told> written;  // of events: was in `held`, is recorded, and may come on the first yet
  bool overflown = false;
};

class RecentHashes {
 public:
  void add(uint64_t hash) { kept_[++count_ % kept_.size()] = hash; }
  uint64_t last() const { return kept_[count_ % kept_.size()]; }
  bool contains(uint64_t hash) const {
    return std::find(kept_.begin(), kept_.end(), hash) != kept_.end();
  }

 private:
  std::array<uint64_t, 32> kept_{};
  size_t count_ = 0;
};

struct TopicState {
  const Topic* topic = nullptr;
  tape::StreamNumber stream = 0, snapshot_stream = 0;
  size_t line = 0;
  ConnectionId heard_on = kNoConnection;
  bool refused = false;
  Duration ask_at;  // again, of one that was refused
  OpenGap gap;
  std::optional<Instant> resumed;  // an earlier recording ended there
  Instant last_stamp = Instant::min();
  Duration last_heard;
  bool spoke = false;  // on this connection
  RecentHashes recent;
  BookState book;
  std::unique_ptr<venues::BookCheck> check;
  std::unique_ptr<Handover> hand;
  std::deque<uint64_t> skip;  // told by the connection before, to come again on this one
  std::string last_value;     // of a topic of those: what was recorded last
  uint64_t doubted = 0;       // of Silence::doubted: what proves that nothing was missing
  Duration doubted_at;
  // Until the connection before is closed: told by this one, to come again on that one.
  std::deque<uint64_t> ahead;
};

struct Request {
  bool subscribe = true;
  std::vector<size_t> topics;
  uint64_t id = 0;
  Duration sent;
  bool again = false;  // the venue had its time once and said nothing
};

struct Connection {
  ConnectionId id = kNoConnection;
  size_t line = 0;
  bool open = false;
  Duration since;    // opened, or begun to open
  Duration last_in;  // anything at all
  Duration last_data;  // of any topic
  Instant last_data_stamp = Instant::min();
  struct Pause {
    Instant from, to;
  };
  std::optional<Pause> pause;  // the last one in which no topic was told of for ten seconds
  Instant last_in_stamp;
  std::deque<Request> queue;
  std::deque<Request> asked;  // in the order sent
  Duration send_at, ping_at;
  int put_off = 0;       // requests in a row that the venue would not take for now
  bool gave_up = false;  // on a topic: it is left for another, once
  std::optional<Duration> leave_at, overlap_by;  // well before the venue's cut
  std::optional<Duration> overlap_end;           // of a successor: once all of it is accepted
  std::deque<Duration> sent_this_hour;
};

// One connection's worth of topics.
struct Line {
  size_t endpoint = 0;
  std::vector<size_t> topics;
  TopicsByKey by_key;
  ConnectionId primary = kNoConnection, successor = kNoConnection;
  int failures = 0;
  std::optional<Duration> connect_at;
  bool leaving = false;  // the primary has to go: a successor is wanted
  bool unheard = false;  // it broke, and none is open again: see State::unknown_gap
  // In a change: the first message that the second told and the primary is known to have left out.
  std::optional<Instant> missed;
};

struct PollState {
  tape::StreamNumber stream = 0;
  Duration due;
  bool asked = false;
  std::string page;  // what is asked next, where the answer came in pages
  size_t pages = 0;
  int failures = 0;
  OpenGap gap;
  Instant last_stamp = Instant::min();
};

struct AskedRequest {
  bool is_poll = false;
  size_t index = 0;
  Duration until;
};

struct RestState {
  std::map<RequestId, AskedRequest> asked;
  std::deque<std::pair<Duration, int>> spent;
  Duration blocked_until;
  std::string blocked_why;
  size_t snapshots_asked = 0;
};

struct Session::State {
  State(const venues::Dialect& d, venues::Plan p, Options o, Network& n, Recording& r);

  // session.cc
  Result<void> start(Moment now);
  void sweep();
  void tell_gaps();
  void tell_gap(tape::StreamNumber stream, OpenGap& gap);
  bool due(Duration at);               // now, or else the session wakes then
  void soon() { wake = now.elapsed; }  // not when the next thing is due
  void note(std::string text);
  void note_of(std::string_view what, std::string_view why);
  Duration pause_of_close(std::string_view why) const;
  void enter(Moment now);
  std::string address(const std::string& url) const;
  Duration backoff(int failures);

  // session_lines.cc
  void make_lines();
  void open(size_t line, bool successor);
  void on_connected(Connection& c);
  void ask(Connection& c, const std::vector<size_t>& topics, bool subscribe);
  void send_queued(Connection& c);
  void on_frame(Connection& c, std::string_view bytes);
  void on_answer(Connection& c, const Frame& frame);
  void on_request_refused(Connection& c, Request request, const Frame& frame);
  void put_off(Connection& c, Request request, const std::string& why);
  bool on_unanswered(Connection& c);
  void lose(ConnectionId id, std::string_view why, bool tell_network, Duration wait = {});
  void sweep_line(size_t index);
  void sweep_connection(Connection& c);
  void retire(size_t line);
  void begin_unheard(Line& line, const Connection& lost, std::string_view why);
  void end_unheard(Line& line);
  void end_overlap(size_t line, bool healthy, std::string_view why);
  std::optional<Instant> told_alone(const Handover& hand) const;
  void missed_by_first(const TopicState& t, Instant at);
  bool name_hole(TopicState& t);
  void note_told_alone(const Line& line);
  Connection* find(ConnectionId id);
  Connection* heard(ConnectionId id, Moment at);  // session.cc
  bool is_successor(const Connection& c) const;

  // session_topics.cc
  void accept(Connection& c, size_t topic);
  void refuse(Connection& c, size_t topic, const std::string& why);
  void hear(Connection& c, size_t topic, std::string_view bytes);
  void hear_successor(TopicState& t, Connection& c, std::string_view bytes);
  void hear_predecessor(TopicState& t, std::string_view bytes);
  void keep(TopicState& t, std::string_view bytes, Instant stamp);
  void take_over(TopicState& t, ConnectionId next);
  void drop_hand(TopicState& t);
  void guard(TopicState& t);
  void write_held(TopicState& t);
  bool joins_written(TopicState& t, uint64_t hash);
  void widen_gap(TopicState& t, Instant from);
  bool is_repeat(TopicState& t, uint64_t hash);
  bool is_older(std::string_view value, std::string_view than) const;
  void doubt(TopicState& t, Instant from, uint64_t proof);
  void end_guard(TopicState& t, const Handover& hand);
  void begin_gap(TopicState& t, Silence cause, Instant from, std::string_view reason);
  void end_gap(TopicState& t, Instant to);
  bool is_copy(TopicState& t, const std::optional<Place>& place, uint64_t hash);
  void follow_numbered(TopicState& t, const Place& place, std::string_view bytes, Instant stamp);
  void follow_rest(TopicState& t, const Place& place, std::string_view bytes, Instant stamp);
  bool is_sound(TopicState& t, const Place& place, std::string_view bytes, Instant at);
  void hole(TopicState& t, const std::string& reason, Instant stamp);
  void want_cure(TopicState& t);
  void sweep_topic(TopicState& t);
  void stands_still(const Connection& c, std::string_view why);
  void stood_still(const TopicState& t);
  void ask_refused(TopicState& t);
  void keep_unknown(std::string_view bytes);

  // session_rest.cc
  void pump();
  bool spend(int weight);
  Duration pause_asked(const HttpResponse& response) const;
  void ask_rest(const std::string& request, bool is_poll, size_t index, int weight);
  void on_response(RequestId id, const HttpResponse& response);
  void on_failure(RequestId id, std::string_view why);
  void turn_page(PollState& poll, const Poll& what, std::string_view body);
  void on_snapshot(TopicState& t, std::string_view body);
  void fail_request(const AskedRequest& asked, std::string_view why);

  const venues::Dialect& dialect;
  const venues::Terms& terms;
  const venues::Plan plan;
  const Options options;
  Network& network;
  Recording& recording;
  Random random;

  Moment now{};
  Instant stamp;  // of now
  Instant began;  // the stamp of the start
  Stamps stamps;
  std::optional<Duration> wake;
  bool started = false, stopped = false;

  std::vector<TopicState> topics;
  std::vector<Line> lines;
  std::vector<PollState> polls;
  std::map<ConnectionId, Connection> connections;
  std::vector<Duration> endpoint_free;  // when the next connection to it may be opened
  RestState rest;
  std::optional<tape::StreamNumber> unknown;
  OpenGap unknown_gap;  // of `unknown`: while a line has no connection that it could have come on

  uint32_t last_connection = 0, last_request = 0;
  uint64_t last_id = 0;
  size_t held_bytes = 0;
  std::string scratch;
  SessionCounts counts;
  std::vector<SessionNote> notes;
};

}  // namespace delever::feeds
