// Session: one market of a venue listened to, as a state machine. Bytes and time come in; bytes,
// records and the next timer go out. It has no socket, no thread, no file and no clock, so that a
// simulated outside runs the very code that a desk runs.
//
// It obeys what the venue's Dialect states: subscribes in batches, waits for acknowledgements,
// pings, leaves before the venue's cut with an overlap that loses nothing and records nothing
// twice, follows each numbered book and heals its holes by the venue's rule, polls within the
// weights, backs off with jitter, obeys Retry-After and bans. Whatever it could not hear is a gap
// of the stream that names why.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "tape/tape.h"
#include "venues/terms/dialect.h"
#include "venues/terms/network.h"

namespace delever::feeds {

using venues::ConnectionId;
using venues::HttpRequest;
using venues::HttpResponse;
using venues::RequestId;

// What a session asks of the network. Calls may not call back into the session.
class Network {
 public:
  virtual ~Network() = default;
  // Answered by connected() or closed(), also when it fails.
  virtual void connect(ConnectionId connection, const std::string& url) = 0;
  virtual void send(ConnectionId connection, std::string_view text) = 0;
  virtual void ping(ConnectionId connection, std::string_view payload) = 0;
  virtual void pong(ConnectionId connection, std::string_view payload) = 0;
  // Nothing of this connection is handed in afterwards, closed() neither. Harmless after its end.
  virtual void close(ConnectionId connection, uint16_t code) = 0;
  // Answered by responded() or failed(); what takes longer than 30 s is no longer waited for.
  virtual void request(RequestId request, const HttpRequest& what) = 0;
};

// Where a session puts what it hears: a tape, or nothing but counts.
class Recording {
 public:
  virtual ~Recording() = default;
  virtual Result<tape::StreamNumber> stream(const tape::StreamInfo& info) = 0;
  // false: there is no room now. The session then opens a gap until there is.
  virtual bool record(tape::StreamNumber stream, Instant received, std::string_view bytes) = 0;
  virtual void gap(tape::StreamNumber stream, Instant from, Instant to,
                   std::string_view reason) = 0;
  // From there on something is missing, or may be: for whoever reads what a recorder that died has
  // left. Replaced by the next one of its stream, or by gap() with the same beginning; no_gap()
  // takes it back.
  virtual void gap_opens(tape::StreamNumber stream, Instant from, std::string_view reason) = 0;
  virtual void no_gap(tape::StreamNumber stream) = 0;
};

// What happened, for a status line; counted since the start.
struct SessionCounts {
  uint64_t messages = 0, bytes = 0;  // recorded
  uint64_t repeats = 0;              // heard on two connections, recorded once
  uint64_t unknown_frames = 0;       // recorded on the stream "<market>:unknown"
  uint64_t control_frames = 0;
  uint64_t no_room = 0;  // not recorded: see Recording::record
  uint64_t connects = 0, reconnects = 0, refusals = 0, gaps = 0, holes = 0, alarms = 0;
  uint64_t requests = 0, requests_failed = 0;
  size_t connections_open = 0, topics_live = 0, topics = 0, gaps_open = 0;
  std::optional<Instant> last_message;
};

// Something a person may want to read once: "wss://...: refused: no route".
struct SessionNote {
  Instant at;
  std::string text;
};

// The venue's address, with the host of `instead` in place of its own where that is not empty: ws
// for wss, http for https.
std::string address_of(const std::string& url, const std::string& instead);

class Session {
 public:
  struct Options {
    uint64_t seed = 1;  // of the jitter
    // Instead of the venue's hosts: "http://127.0.0.1:8080" (a local twin); paths stay.
    std::string url = {};
    // Overrides the venue's: a twin may cut earlier than after 24 h.
    std::optional<Duration> lifetime = {};
    // An earlier recording into the same tape: each stream's last receive time. What lies between
    // it and the first acceptance is a gap.
    std::map<std::string, Instant, std::less<>> resume = {};
    size_t buffer_bytes = size_t{4} << 20;  // of all overlaps together; beyond it a gap
  };
  // The dialect outlives the session; so do network and recording.
  Session(const venues::Dialect& dialect, venues::Plan plan, Options options, Network& network,
          Recording& recording);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Result<void> start(Moment now);
  void connected(ConnectionId connection, Moment now);
  void received(ConnectionId connection, std::string_view frame, Moment now);  // text or binary
  void pinged(ConnectionId connection, std::string_view payload, Moment now);
  void ponged(ConnectionId connection, Moment now);
  // The other side or the network ended it, or it could not be opened: `why` says which. With the
  // answer to a handshake that was refused, where there was one: its Retry-After is obeyed.
  void closed(ConnectionId connection, std::string_view why, Moment now,
              const HttpResponse* refusal = nullptr);
  void responded(RequestId request, const HttpResponse& response, Moment now);
  void failed(RequestId request, std::string_view why, Moment now);
  void timer(Moment now);  // due at wake_at(), harmless before
  // On Moment::elapsed. Ask after each call: any of them may bring it forward.
  std::optional<Duration> wake_at() const;

  // Ends what is open: gaps get their ends, connections are closed. Nothing may follow.
  void stop(Moment now);

  // Every topic is heard or refused, and every book has what it stands on.
  bool whole() const;
  const SessionCounts& counts() const;
  std::vector<SessionNote> take_notes();  // since the last call, at most 1000
  size_t memory() const;                  // bytes held in buffers, for the bound on it

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace delever::feeds
