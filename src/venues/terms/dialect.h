// What a venue wants of whoever listens to it, as data and a few functions of bytes: addresses,
// topics, limits, pings, what each frame is. Stated once a venue, in venues/<venue>/dialect.cc with
// its sources; obeyed by one loop, feeds/session.h. No sockets, no clock, no state.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "venues/terms/network.h"

namespace delever::venues {

// How a hole in what a topic sends is closed: not at all (each frame stands alone), by a REST
// snapshot that the deltas continue, or by subscribing again, which sends a snapshot.
enum class Cure : uint8_t { none, rest_snapshot, resubscribe };

// One thing to listen to. It fills one stream of the tape.
struct Topic {
  std::string name;     // as a subscription spells it: "btcusdt@depth@100ms"; for OKX and
                        // Hyperliquid the JSON object of the subscription
  std::string key;      // what Dialect::read finds in its frames; unique within an endpoint
  std::string channel;  // StreamInfo::channel: "depth", "orderbook.50"
  std::string symbol;   // native, as the venue writes it; empty: the whole market
  size_t endpoint = 0;  // which of Terms::endpoints serves it
  Cure cure = Cure::none;
  std::string snapshot =
      {};  // for Cure::rest_snapshot the request: "/fapi/v1/depth?symbol=BTCUSDT"
  int snapshot_weight = 1;
  std::optional<Duration> silence = {};  // an alarm after it; missing: may be silent for ever
  // Each frame says all that there is (a price, a quote, a whole book), so that the newest stands
  // for those before it; false: each is an event, or a part.
  bool last_value = false;
};

// Something to be asked for again and again.
struct Poll {
  std::string request;  // "/fapi/v1/openInterest?symbol=BTCUSDT", or the JSON body of a POST
  std::string channel;  // the path: "/fapi/v1/openInterest"
  std::string symbol;
  Duration every;
  int weight = 1;
};

struct Plan {
  std::vector<Topic> topics;
  std::vector<Poll> polls;
};

// What a user asks for. Channels are the venue's own names ("depth", "allLiquidation"); empty: all
// that the gauges read. Symbols are native ("BTCUSDT", "BTC-USDT-SWAP"); empty: only what is of the
// whole market.
struct Want {
  std::vector<std::string> symbols;
  std::vector<std::string> channels = {};
};

struct Endpoint {
  std::string url;        // "wss://fstream.binance.com/public/stream"
  size_t topics_max = 0;  // on one connection
  size_t bytes_max = 0;   // of topic names on one connection; 0: no limit
};

// Who pings, and what happens when nobody does.
struct PingTerms {
  std::optional<Duration> every = {};  // we ping: at this pace, or after this silence
  bool only_when_silent = false;
  std::string text = {};  // what we send; empty: a WebSocket ping frame
  // Nothing at all received for so long (data, pings, pongs): the connection is dead.
  Duration dead_after = Duration::seconds(60);
};

struct RestTerms {
  std::string base;       // "https://fapi.binance.com"
  std::string post_path;  // where JSON bodies go ("/info"); empty: GET only
  int weight_max = 0;     // of the window, of which the loop uses at most half
  Duration window = Duration::minutes(1);
  std::string used_header = {};            // where the venue says the weight used
  Duration ban = Duration::minutes(2);     // after 418 or 403 without Retry-After
  Duration pause = Duration::seconds(30);  // after 429 without Retry-After
};

struct Terms {
  std::string market;         // name for make_decoder: "binance-usdm"
  std::string venue;          // StreamInfo::venue: "binance"
  std::string category = {};  // setting of the decoder, where it needs one (Bybit)
  std::vector<Endpoint> endpoints;
  size_t topics_per_request = 1;
  size_t request_bytes = 4096;
  Duration request_every = Duration::ms(200);  // between requests on one connection
  Duration ack_within = Duration::seconds(10);
  // Subscriptions an hour on one connection that cures may use; beyond it a new connection.
  int requests_an_hour = 0;  // 0: no limit
  bool ack_required = true;  // a request that is not acknowledged in time ends the connection
  std::vector<std::string> greetings = {};  // sent first on each connection
  PingTerms ping;
  std::optional<Duration> lifetime = {};  // the venue cuts then; we leave before
  Duration leave_before = Duration::minutes(10);
  Duration overlap = Duration::seconds(30);  // both connections at most so long
  Duration connect_within = Duration::seconds(10);
  Duration connect_every = Duration::seconds(1);  // between connections of one address
  Duration backoff_first = Duration::seconds(1), backoff_most = Duration::minutes(1);
  RestTerms rest;
};

// One frame of a venue. Views point into the frame, or into the scratch of the caller.
struct Frame {
  enum class Kind : uint8_t {
    data,      // of `topic`
    accepted,  // the request `id`, or the topic, or of a request some topics (see `lists`)
    refused,   // the same, refused: `text` says why
    pong,      // or another frame that needs nothing
    answer,    // must be answered at once with `text`
    leaving,   // the venue closes soon: connect anew now
    fatal,     // the venue ends the session: back off
    unknown,
  };
  Kind kind = Kind::unknown;
  std::string_view topic = {};
  std::optional<uint64_t> id = {};
  std::string text = {};
  // Of `accepted`, where the venue lists topics: names taken and names refused; what was asked for
  // and is in neither was refused too.
  std::vector<std::string> taken = {}, failed = {};
  bool lists = false;
  // Of `refused`: asked again later, it may be taken; a topic is subscribed already.
  bool for_now = false, already = false;
};

// Where a frame of a topic with a cure stands in its sequence. BookBuilder (codec/book.h) has the
// same rules; a recorder must know them while it records, for what it missed it can only ask then.
struct Place {
  bool snapshot = false;
  uint64_t first = 0, last = 0;
  std::optional<uint64_t> previous = {};
};

// Why a book has to begin anew, though its numbers follow one another.
enum class BookFault : uint8_t { none, checksum, crossed };

// What a book is beside its numbers, looked at while it is recorded. One a book.
class BookCheck {
 public:
  virtual ~BookCheck() = default;
  // At each frame that continues the one before it, and each snapshot.
  virtual BookFault fault_of(std::string_view bytes, const Place& place) = 0;
  // A hole: what follows continues nothing before the next snapshot.
  virtual void forget() {}
};

class Dialect {
 public:
  virtual ~Dialect() = default;
  virtual const Terms& terms() const = 0;
  virtual Result<Plan> plan(const Want& want) const = 0;
  // The topic of that name ("btcusdt@depth@100ms"); an error says what is wrong with it.
  virtual Result<Topic> topic(std::string_view name) const = 0;
  virtual std::string subscribe(std::span<const Topic* const> topics, uint64_t id) const = 0;
  virtual std::string unsubscribe(std::span<const Topic* const> topics, uint64_t id) const = 0;
  // Never throws; reads as little as is needed to route. `scratch` may hold what Frame::topic
  // views.
  virtual Frame read(std::string_view bytes, std::string& scratch) const = 0;
  // The place of a frame or of a REST snapshot; missing where it cannot be read.
  virtual std::optional<Place> place(std::string_view bytes) const = 0;
  // Whether `delta` continues what ended at `last`, and whether it may stand first over a snapshot
  // that ended at `last`.
  virtual bool follows(const Place& delta, uint64_t last) const = 0;
  virtual bool bridges(const Place& delta, uint64_t last) const { return follows(delta, last); }
  // When what a frame of a topic of last values says was so, by the venue: a time or a number that
  // rises, of that topic alone. Missing: it does not say.
  virtual std::optional<uint64_t> value_time(std::string_view) const { return std::nullopt; }
  virtual std::unique_ptr<BookCheck> book_check(const Topic&) const { return nullptr; }
  // Why an answer is not what was asked for, though it may say 200; empty: it is.
  virtual std::string refusal(const HttpResponse& response) const;
  // The request of a GET's next page, where its answer says that there is one; empty: that was all.
  virtual std::string next_page(std::string_view request, std::string_view body) const;
};

}  // namespace delever::venues
