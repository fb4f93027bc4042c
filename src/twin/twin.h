// Twin: a venue that plays a tape over the venue's own protocol, as a state machine: bytes and time
// in, bytes and the next timer out. It acknowledges (what does not exist too, where the venue
// does), pings, cuts, limits and bans as the venue states (venues/terms/dialect.h); a client that
// keeps the venue's rules hears every message of the tape once.
//
//   auto twin = TRY(Twin::open("binance-usdm", [] { return TapeReader::open("day.tape"); }, {},
//                              network));
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "tape/tape.h"
#include "venues/terms/dialect.h"
#include "venues/terms/network.h"

namespace delever::twin {

using venues::ConnectionId;
using venues::HttpResponse;
using venues::RequestId;

// What a twin sends. Calls may not call back into the twin.
class TwinNetwork {
 public:
  virtual ~TwinNetwork() = default;
  virtual void send(ConnectionId connection, std::string_view text) = 0;
  virtual void ping(ConnectionId connection, std::string_view payload) = 0;
  virtual void pong(ConnectionId connection, std::string_view payload) = 0;
  // Nothing of this connection is handed in afterwards.
  virtual void close(ConnectionId connection, uint16_t code, std::string_view why) = 0;
  virtual void respond(RequestId request, const HttpResponse& response) = 0;
};

// Opens the tape from its beginning: it is read twice, first for what it holds.
using OpenTape = std::function<Result<std::unique_ptr<tape::TapeReader>>()>;

class Twin {
 public:
  struct Options {
    double speed = 1;  // of the tape's time
    // Playing begins so long after the last new subscription, but not before the first.
    Duration settle = Duration::seconds(1);
    std::optional<Duration> lifetime = {};  // of a connection; missing: the venue's own
    std::optional<Duration> ping_every = {};
    // How far the tape is read ahead (of its time): a REST answer that is due by then is waited
    // for, so that a client gets the very answers of the tape.
    Duration ahead = Duration::seconds(5);
    // Topics, by key, that do not exist until so long after playing began: listed later.
    std::map<std::string, Duration, std::less<>> listed = {};
  };
  static Result<std::unique_ptr<Twin>> open(std::string_view market, const OpenTape& tape,
                                            Options options, TwinNetwork& network);
  virtual ~Twin() = default;

  // A WebSocket handshake for "/market/stream" is complete. Ids are the server's, from 1.
  virtual void accepted(ConnectionId connection, std::string_view target, Moment now) = 0;
  virtual void received(ConnectionId connection, std::string_view frame, Moment now) = 0;
  virtual void pinged(ConnectionId connection, std::string_view payload, Moment now) = 0;
  virtual void ponged(ConnectionId connection, Moment now) = 0;
  virtual void closed(ConnectionId connection, Moment now) = 0;
  // `target` is path and query.
  virtual void requested(RequestId request, std::string_view method, std::string_view target,
                         std::string_view body, Moment now) = 0;
  virtual void timer(Moment now) = 0;
  virtual std::optional<Duration> wake_at() const = 0;

  // Breaks what a real venue breaks: every connection at once, or REST for a while.
  virtual void restart(Moment now) = 0;
  virtual void ban(Duration length, Moment now) = 0;
  // Whoever stands between has said something in the venue's name: it counts as the venue's word.
  virtual void spoken_for(ConnectionId connection, Moment now) = 0;

  virtual bool finished() const = 0;             // the tape is played
  virtual const venues::Plan& plan() const = 0;  // what the tape holds, so that a client can ask it
};

}  // namespace delever::twin
