// Trial: one script played: a twin of the venue, the network between, and one or two recorders with
// their disks. What was sent is remembered for the judge (judge_testing.h).
#pragma once

#include <unistd.h>

#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "feeds/tape_recording.h"
#include "outside/script_testing.h"
#include "outside/venue_testing.h"
#include "outside/world_testing.h"
#include "tape/fault_vfs_testing.h"
#include "tape/inspect.h"
#include "tape/memory_vfs_testing.h"
#include "twin/twin.h"
#include "venues/dialects.h"
#include "venues/terms/scan.h"

namespace delever::outside {

inline Duration seconds(double s) { return Duration::ns(static_cast<int64_t>(s * 1e9)); }

using feeds::Session;
using venues::ConnectionId;
using venues::HttpRequest;
using venues::HttpResponse;
using venues::RequestId;

// One message of a topic that the venue sent to a recorder.
struct Sent {
  uint64_t hash = 0;
  Duration at;
  bool lost = false;  // on its way, by a knob: it must be in a gap
  bool deaf = false;  // on a connection that brings us nothing any more
  std::optional<Duration> came = {};  // to us, of a topic without numbers
};

struct Listener;

// What became of a recorder: for the judge.
struct Heard {
  std::string path;
  std::vector<std::string> topics;                        // keys, in the order of `streams`
  std::map<std::string, std::string, std::less<>> names;  // topic key -> stream name
  std::map<std::string, std::vector<Sent>, std::less<>> sent;
  std::set<std::string, std::less<>> last_values;  // topics of which the newest frame says all
  feeds::SessionCounts counts;
  std::vector<std::string> faults;  // of the recorder against the venue's rules
  std::vector<std::string> notes;
  size_t memory_most = 0;
  bool whole = false, died = false, resumed = false;
  bool retired = false;  // another recorder of the same machine went on in the next file
  std::optional<Error> disk_error;
  double drift = 0;  // of its clock, which begins at first_wall()
  Duration died_at, ended_at;
};

struct Outcome {
  std::vector<Heard> recorders;
  BookTruth books;
  std::string listed_late;  // the topic of the knob "listed", by key
  // For how long somebody recorded: what comes after the death of the last one tries nothing.
  Duration lived() const {
    Duration most;
    for (const Heard& heard : recorders)
      most = std::max(most, heard.died && !heard.resumed ? heard.died_at : heard.ended_at);
    return most;
  }
};

inline Instant day_one() { return Instant::ns(1'791'000'000'000'000'000); }
inline Instant first_wall() { return day_one() + Duration::ms(3); }  // of our machines

// Says no where the knob says that there is no room.
class Doorkeeper final : public feeds::Recording {
 public:
  explicit Doorkeeper(feeds::Recording& behind) : behind_(behind) {}
  Result<tape::StreamNumber> stream(const tape::StreamInfo& info) override {
    wrote = true;
    return behind_.stream(info);
  }
  bool record(tape::StreamNumber stream, Instant received, std::string_view bytes) override {
    if (shut) return false;
    wrote = true;
    return behind_.record(stream, received, bytes);
  }
  void gap(tape::StreamNumber stream, Instant from, Instant to, std::string_view why) override {
    wrote = true;
    behind_.gap(stream, from, to, why);
  }
  void gap_opens(tape::StreamNumber stream, Instant from, std::string_view why) override {
    wrote = true;
    behind_.gap_opens(stream, from, why);
  }
  void no_gap(tape::StreamNumber stream) override {
    wrote = true;
    behind_.no_gap(stream);
  }
  bool shut = false;
  bool wrote = false;  // since it was last looked at

 private:
  feeds::Recording& behind_;
};

// One connection between a recorder and the twin.
struct Pipe {
  Listener* listener = nullptr;
  ConnectionId ours{}, theirs{};
  std::string target;
  bool up = false;              // the handshake is done
  bool deaf = false;            // half-open: nothing reaches us any more
  bool broken = false;          // both ends are to learn of it, or have
  bool left = false;            // we have closed it
  Duration down_free, up_free;  // in order within a direction
  Duration held_until, stalled_until;
};

struct Listener final : feeds::Network {
  Listener(class Trial& r, size_t n) : run(r), number(n) {}
  void connect(ConnectionId connection, const std::string& url) override;
  void send(ConnectionId connection, std::string_view text) override;
  void ping(ConnectionId connection, std::string_view payload) override;
  void pong(ConnectionId connection, std::string_view payload) override;
  void close(ConnectionId connection, uint16_t code) override;
  void request(RequestId request, const HttpRequest& what) override;

  class Trial& run;
  const size_t number;
  std::shared_ptr<MachineClock> clock;  // the machine's: those of a rotation share it
  tape::fixture::MemoryDisk memory;
  std::unique_ptr<tape::fixture::FaultDisk> disk;
  std::unique_ptr<tape::TapeWriter> writer;
  std::unique_ptr<feeds::TapeRecording> recording;
  std::unique_ptr<Doorkeeper> door;
  std::unique_ptr<Session> session;
  std::optional<Duration> armed;  // the next timer; one that comes too early is set again
  uint64_t life = 0;              // of a recorder that was started again
  Duration flush_after, tape_since, written;
  bool stepping = false;  // the tape has something to do
  std::optional<Duration> banned_until;
  Heard heard;
};

class Trial final : public twin::TwinNetwork {
 public:
  explicit Trial(Script script);
  Outcome play();

  // From the twin.
  void send(ConnectionId connection, std::string_view text) override;
  void ping(ConnectionId connection, std::string_view payload) override;
  void pong(ConnectionId connection, std::string_view payload) override;
  void close(ConnectionId connection, uint16_t code, std::string_view why) override;
  void respond(RequestId request, const HttpResponse& response) override;

  const Script script;
  World world;
  Random random;
  std::unique_ptr<venues::Dialect> dialect;
  std::unique_ptr<twin::Twin> twin;
  Outcome outcome;
  std::vector<std::unique_ptr<Listener>> listeners;
  Duration end, calm;  // faults stop at `calm`

  bool is_calm() const { return world.now() >= calm; }
  bool chance(std::string_view knob) {
    const double p = script.knob(knob);
    return p > 0 && !is_calm() && random.chance(p);
  }
  Moment venue_moment() { return {day_one() + world.now() + venue_leap_, world.now()}; }
  // So long by chance, and over well before the end, when everything is to be heard again.
  Duration lasting(double least, double more);
  Duration one_way();
  void connect(Listener& listener, ConnectionId ours, const std::string& url);
  void to_twin(Listener& listener, ConnectionId ours, std::function<void(ConnectionId)> what);
  void to_us(Pipe& pipe, std::function<void(Session&, ConnectionId, Moment)> what,
             bool is_data = false);
  void request(Listener& listener, RequestId ours, const HttpRequest& what);
  void forget(Listener& listener, ConnectionId ours);
  void break_pipe(Pipe& pipe, std::string_view why);
  void arm(Listener& listener);
  void arm_twin();
  void end_with_the_last();
  void look_at_tape(Listener& listener);
  void step_tape(Listener& listener);
  void start(Listener& listener, bool again);
  Listener& add_listener(std::shared_ptr<MachineClock> clock);
  void rotate_later(Listener& listener);
  void retire(Listener& old, Listener& next, Duration by);
  // Nothing passes in either direction, and nobody is reached.
  void cut_network(Duration how_long);

 private:
  struct Waiting {
    Listener* listener;
    RequestId ours{};
    std::string url;
    uint64_t life;
  };
  void script_faults();
  void every(std::string_view knob, std::function<void()> what);
  Pipe* any_pipe(bool also_deaf = false);
  void emit_frames(Pipe& pipe, std::vector<std::string> frames);
  void fault_network();
  void fault_venue();
  void fault_machines();
  void send_message(Pipe& pipe, std::string text);
  bool is_wrong(std::string_view text) const;
  bool is_crossed(std::string_view text) const;
  void cross(std::string& text) const;
  static bool spoil(std::string& text);
  void send_data(Pipe& pipe, std::string text, std::string_view key, bool numbered);
  void follow_replica(std::string_view key);
  void answer_late(HttpResponse& answer, const std::string& url);
  void die(Listener& listener);
  void finish(Listener& listener);

  std::map<ConnectionId, std::unique_ptr<Pipe>> pipes_;  // by the twin's id
  std::map<RequestId, Waiting> requests_;
  std::map<std::string, std::string> old_snapshots_;
  // What a machine of the venue that lags behind the stream still has, oldest first, by address.
  std::map<std::string, std::deque<std::string>> replica_;
  std::map<RequestId, std::string> replica_asks_;
  std::map<std::string, int, std::less<>> skip_;        // frames of a topic still to be dropped
  std::map<std::string, Duration, std::less<>> muted_;  // topics, until
  uint32_t last_pipe_ = 0, last_request_ = 0;
  Duration venue_leap_;
  Duration away_until_, cut_until_;
  std::optional<Duration> twin_armed_;
  uint64_t garbage_ = 0;
  venues::Plan plan_;
};

std::string temp_tape(const Script& script, size_t number);

}  // namespace delever::outside
