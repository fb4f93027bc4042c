// Which frames there are, and who waits for one: each is made once, however many questions want it.
// It also watches the tapes: whether they grow, and what they hold by now. On the loop, but for the
// work itself.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dashboard/answers.h"
#include "dashboard/workers.h"
#include "net/loop.h"

namespace delever::dashboard {

// What is known of the tapes without reading them through.
struct TapeState {
  std::string path;
  bool there = false, closed = false;
  int64_t messages = 0;
  std::optional<Instant> first, last;
  friend bool operator==(const TapeState&, const TapeState&) = default;
};

// Why the newest frame of a coin stays as it is.
struct Trouble {
  Error error;
  Instant since;
};

class Frames {
 public:
  using Then = std::function<void(const Result<FramePtr>&)>;
  using Changed = std::function<void()>;
  Frames(net::Loop& loop, Workers& workers, const Subject& subject, Changed changed);

  // `at` empty: the latest.
  void want(const std::string& asset, const std::string& at, Then then);
  // The latest that is ready; null: none yet.
  FramePtr latest(const std::string& asset) const;
  std::vector<FramePtr> all_latest() const;
  // Of a coin that is followed: it failed, and is tried again every few seconds.
  std::optional<Trouble> trouble(const std::string& asset) const;

  bool growing() const { return growing_; }
  uint64_t version() const { return version_; }  // of what a question without a time is answered by
  uint64_t epoch() const { return epoch_; }      // of the past: tapes that were added to afterwards
  const std::vector<TapeState>& tapes() const { return tapes_; }
  std::optional<Instant> last() const;
  std::optional<Instant> first() const;
  uint64_t made() const { return made_; }
  double seconds() const { return seconds_; }

 private:
  struct Slot {
    std::optional<Result<FramePtr>> frame;
    std::vector<Then> waiting;
    std::list<std::string>::iterator place;
  };
  struct Followed {
    std::shared_ptr<Follower> follower;
    FramePtr frame;
    std::vector<Then> waiting;
    bool busy = false;
    Duration made;  // when, by the loop's clock
    std::optional<Trouble> trouble;
    Duration again;  // not tried before, by the loop's clock
  };
  struct Advanced {
    bool more = false, complete = false;
    std::optional<Error> error;
    FramePtr frame;  // where there is news, and it is time for it
  };
  void examine();
  void examined(std::vector<TapeState> now);
  void make(const std::string& key, const std::string& asset, const std::string& at);
  void follow(const std::string& asset);
  void advance(const std::string& asset);
  void advanced(const std::string& asset, Advanced done);
  void failed(Followed& followed, const Error& error);
  void drop_old();

  net::Loop& loop_;
  Workers& workers_;
  const Subject& subject_;
  const Changed changed_;
  std::map<std::string, Slot> slots_;
  std::list<std::string> order_;  // of slots, the latest used first
  std::map<std::string, Followed> followed_;
  std::map<std::string, FramePtr> latest_;
  std::vector<TapeState> tapes_;
  bool growing_ = false, examined_ = false;
  uint64_t version_ = 1, epoch_ = 1, made_ = 0;
  double seconds_ = 0;
  net::Timer looking_;
};

}  // namespace delever::dashboard
