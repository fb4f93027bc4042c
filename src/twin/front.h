// How a venue speaks to those who listen to it, seen from its own side: what a client's frame asks,
// how it is answered, what a book looks like as a snapshot, and its habits.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "codec/book.h"
#include "venues/terms/dialect.h"

namespace delever::twin {

struct Ask {
  enum class Kind : uint8_t { subscribe, unsubscribe, ping, heartbeat, alive, other };
  Kind kind = Kind::other;
  std::vector<std::string> names;  // of topics, as the client spells them
  std::string id;
  Duration interval;  // of `heartbeat`: how often the client wants to be asked
};

struct Habits {
  std::optional<Duration> ping_every = {};  // WebSocket pings, which must be answered
  Duration pong_within = Duration::minutes(10);
  std::optional<Duration> silent_close = {};  // closed when the client has said nothing so long
  std::optional<Duration> unsent_close = {};  // or when nothing was sent to it
  int requests_burst = 0;                     // in one second; beyond it the connection is closed
  size_t topics_max = 0;
  bool takes_anything = false;  // acknowledges what does not exist, and is silent on it
  bool whole_refused = false;   // one bad topic refuses its whole request
};

class Front {
 public:
  virtual ~Front() = default;
  virtual const Habits& habits() const = 0;
  virtual Ask read(std::string_view frame) const = 0;
  // `exists` beside Ask::names. What is not there is refused as the venue refuses.
  virtual std::vector<std::string> answer(const Ask& ask,
                                          const std::vector<bool>& exists) const = 0;
  virtual std::string pong(const Ask& ask) const = 0;
  virtual std::string heartbeat() const { return {}; }
  // What a subscription to a book begins with; empty: nothing.
  virtual std::string snapshot(const venues::Topic& topic, const codec::Book& book) const;
  virtual std::string rest_book(const venues::Topic& topic, const codec::Book& book) const;
};

Result<std::unique_ptr<Front>> make_front(std::string_view market);

// [["61000.10","0.5"],...], best first, at most `most`; `more` follows each size.
std::string levels_text(const codec::Ladder& side, size_t most, std::string_view more = "");

}  // namespace delever::twin
