#include "live/recorder.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "tape/inspect.h"

namespace delever::live {
namespace {

constexpr size_t kWaitingMost = size_t{24} << 20;  // bytes that the disk has not taken
constexpr uint32_t kLookEvery = 32;                // messages, or
constexpr size_t kLookEveryBytes = size_t{1} << 20;
constexpr Duration kRetireWithin = Duration::seconds(60);
constexpr Duration kCloseWithin = Duration::seconds(2);
constexpr Duration kLook = Duration::ms(50);
constexpr Duration kNames = Duration::seconds(1);  // names of files tell seconds apart

void add(feeds::SessionCounts& to, const feeds::SessionCounts& one) {
  to.messages += one.messages;
  to.bytes += one.bytes;
  to.repeats += one.repeats;
  to.unknown_frames += one.unknown_frames;
  to.control_frames += one.control_frames;
  to.no_room += one.no_room;
  to.connects += one.connects;
  to.reconnects += one.reconnects;
  to.refusals += one.refusals;
  to.gaps += one.gaps;
  to.holes += one.holes;
  to.alarms += one.alarms;
  to.requests += one.requests;
  to.requests_failed += one.requests_failed;
  if (one.last_message && (!to.last_message || *one.last_message > *to.last_message))
    to.last_message = one.last_message;
}

// What is so now, of the sessions that write the present file.
void add_present(feeds::SessionCounts& to, const feeds::SessionCounts& one) {
  to.connections_open += one.connections_open;
  to.topics_live += one.topics_live;
  to.topics += one.topics;
  to.gaps_open += one.gaps_open;
}

}  // namespace

bool BoundedRecording::record(tape::StreamNumber stream, Instant received, std::string_view bytes) {
  bytes_since_look_ += bytes.size();
  if (full_ || ++since_look_ >= kLookEvery || bytes_since_look_ >= kLookEveryBytes) {
    since_look_ = 0;
    bytes_since_look_ = 0;
    full_ = tape_.waiting_bytes() > kWaitingMost;
  }
  return !full_ && recording_.record(stream, received, bytes);
}

// One file and the sessions that fill it.
struct Recorder::Generation {
  std::string path;
  bool is_new = true;  // nothing stood there before
  std::unique_ptr<tape::TapeWriter> tape;
  std::unique_ptr<BoundedRecording> recording;
  std::vector<std::unique_ptr<MarketFeed>> feeds;  // destroyed before what they write to
  feeds::Session::Options session;
  std::set<std::string> heard;  // "market topic": each is heard by one session

  bool whole() const {
    return std::all_of(feeds.begin(), feeds.end(),
                       [](const auto& feed) { return feed->session().whole(); });
  }
  void finish() {
    for (const auto& feed : feeds) feed->finish();
  }
  bool quiet() const {
    return std::all_of(feeds.begin(), feeds.end(), [](const auto& feed) { return feed->quiet(); });
  }
};

Recorder::Recorder(net::Loop& loop, net::Client& client, Options options)
    : loop_(loop), client_(client), options_(std::move(options)) {}
Recorder::~Recorder() { *alive_ = false; }

Result<std::unique_ptr<Recorder::Generation>> Recorder::begin(const std::string& path) {
  auto out = std::make_unique<Generation>();
  out->path = path;
  feeds::Session::Options& session = out->session;
  session.seed = options_.seed + rotations_;
  session.lifetime = options_.lifetime;
  std::error_code ignored;
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, ignored);
  if (std::filesystem::exists(path, ignored) && std::filesystem::file_size(path, ignored) > 0) {
    // Another run wrote it: what lies between that run's last message and now is a gap.
    out->is_new = false;
    const tape::TapeInfo info = TRY(tape::tape_info(path));
    for (const tape::StreamSummary& stream : info.streams) {
      if (stream.last) session.resume[stream.info.name] = *stream.last;
    }
  }
  out->tape = TRY(tape::TapeWriter::open(path, loop_.clock()));
  out->recording = std::make_unique<BoundedRecording>(*out->tape);
  for (const MarketWant& want : options_.markets) TRY(listen(*out, want));
  for (const auto& feed : out->feeds) TRY(feed->start());
  return out;
}

// A feed of what is wanted and not heard yet: what is of the whole market is heard once.
Result<void> Recorder::listen(Generation& to, const MarketWant& want) {
  MarketFeed::What what;
  what.dialect = TRY(venues::make_dialect(want.market));
  what.plan = TRY(what.dialect->plan({.symbols = want.symbols, .channels = want.channels}));
  const auto known = [&](const std::string& name) {
    return !to.heard.insert(want.market + " " + name).second;
  };
  std::erase_if(what.plan.topics, [&](const venues::Topic& topic) { return known(topic.name); });
  std::erase_if(what.plan.polls, [&](const venues::Poll& poll) { return known(poll.request); });
  what.options = to.session;
  what.options.url = want.url;
  to.feeds.push_back(std::make_unique<MarketFeed>(loop_, client_, std::move(what), *to.recording));
  return {};
}

Result<void> Recorder::start() {
  now_ = TRY(begin(file_of(options_.out, loop_.clock().now(), false)));
  rotate_later();
  relist_later();
  return {};
}

void Recorder::rotate_later() {
  if (!options_.rotate) return;
  const int64_t every = options_.rotate->ns(), now = loop_.clock().now().ns();
  const Duration wait = Duration::ns(every - now % every);
  rotating_ = loop_.after(wait, [this] {
    if (auto done = rotate(); !done.has_value()) rotation_error_ = std::move(done.error());
    rotate_later();
  });
}

void Recorder::relist_later() {
  if (options_.patterns.empty()) return;
  relisting_ = loop_.after(options_.relist_every, [this] {
    relist(0);
    relist_later();
  });
}

// One market after the other, as at the start.
void Recorder::relist(size_t at) {
  if (stopped_ || at >= options_.patterns.size() || at >= options_.markets.size()) return;
  const auto done = [this, at, alive = alive_](Result<MarketWant> listed) {
    if (!*alive || stopped_) return;
    adopt(at, std::move(listed));
    relist(at + 1);
  };
  const MarketWant& want = options_.patterns[at];
  options_.expand ? options_.expand(want, done) : expand_want(client_, want, done);
}

// What is listed now and was not; what is listed no more is silent, and not asked for in later
// files.
void Recorder::adopt(size_t at, Result<MarketWant> listed) {
  MarketWant& known = options_.markets[at];
  if (!listed.has_value())
    return notes_.push_back(
        fmt::format("{} is not listed again: {}", known.market, listed.error().text()));
  const auto without = [](const std::vector<std::string>& a, const std::vector<std::string>& b) {
    std::vector<std::string> out;
    for (const std::string& one : a) {
      if (std::find(b.begin(), b.end(), one) == b.end()) out.push_back(one);
    }
    return out;
  };
  const std::vector<std::string> more = without(listed.value().symbols, known.symbols);
  const std::vector<std::string> gone = without(known.symbols, listed.value().symbols);
  known.symbols = std::move(listed.value().symbols);
  if (!gone.empty())
    notes_.push_back(fmt::format("{} no longer lists {}", known.market, fmt::join(gone, ", ")));
  if (more.empty()) return;
  notes_.push_back(
      fmt::format("{} lists {} now: recorded from here on", known.market, fmt::join(more, ", ")));
  MarketWant want = known;
  want.symbols = more;
  auto heard = listen(*now_, want);
  if (heard.has_value()) heard = now_->feeds.back()->start();
  if (!heard.has_value()) notes_.push_back(heard.error().text());
}

Result<void> Recorder::rotate() {
  if (!now_ || stopped_) return {};
  if (before_) {  // one at a time
    again_ = true;
    return {};
  }
  const Instant at = loop_.clock().now();
  std::string path = file_of(options_.out, at, false);
  std::error_code ignored;
  if (path == now_->path || std::filesystem::exists(path, ignored))
    path = file_of(options_.out, at, true);
  if (path == now_->path) return {};  // twice within a second
  ++rotations_;
  auto next = TRY(begin(path));
  notes_.push_back(fmt::format("{} begins", path));
  before_ = std::exchange(now_, std::move(next));
  retire_by_ = loop_.clock().elapsed() + kRetireWithin;
  retire();
  return {};
}

// The old file goes on until the new one hears everything.
void Recorder::retire() {
  const bool late = loop_.clock().elapsed() >= retire_by_;
  if (!now_->whole() && !late) {
    retiring_ = loop_.after(kLook, [this] { retire(); });
    return;
  }
  for (const auto& feed : before_->feeds) feed->stop();
  if (!before_->quiet() && loop_.clock().elapsed() < retire_by_ + kCloseWithin) {
    retire_by_ = std::min(retire_by_, loop_.clock().elapsed());
    retiring_ = loop_.after(kLook, [this] { retire(); });
    return;
  }
  before_->finish();
  for (const auto& feed : before_->feeds) add(past_, feed->session().counts());
  const auto old = std::exchange(before_, nullptr);
  old->feeds.clear();
  if (auto closed = old->tape->close(); !closed.has_value())
    rotation_error_ = std::move(closed.error());
  notes_.push_back(fmt::format("{} is closed", old->path));
  if (!std::exchange(again_, false)) return;
  retiring_ = loop_.after(kNames, [this] {
    if (auto done = rotate(); !done.has_value()) rotation_error_ = std::move(done.error());
  });
}

void Recorder::stop(std::function<void(Result<void>)> done) {
  if (stopped_) return;
  stopped_ = std::move(done);
  rotating_.cancel();
  retiring_.cancel();
  relisting_.cancel();
  stop_by_ = loop_.clock().elapsed() + kCloseWithin;
  for (const auto* generation : {now_.get(), before_.get()}) {
    if (generation == nullptr) continue;
    for (const auto& feed : generation->feeds) feed->stop();
  }
  finish_stop();
}

// Closing handshakes have their time; then the files are closed whatever came of them.
void Recorder::finish_stop() {
  const auto is_quiet = [](const std::unique_ptr<Generation>& g) { return !g || g->quiet(); };
  if ((!is_quiet(now_) || !is_quiet(before_)) && loop_.clock().elapsed() < stop_by_) {
    stopping_ = loop_.after(kLook, [this] { finish_stop(); });
    return;
  }
  Result<void> result;
  for (auto* generation : {&before_, &now_}) {
    if (!*generation) continue;
    (*generation)->finish();
    auto closed = (*generation)->tape->close();
    if (result.has_value() && !closed.has_value()) result = std::move(closed);
  }
  // A tape that says of each stream that it was not heard is no recording.
  std::error_code ignored;
  if (unreached() && now_->is_new) std::filesystem::remove(now_->path, ignored);
  if (const auto failed = trouble(); failed && result.has_value()) result = *failed;
  const auto done = stopped_;
  done(std::move(result));
}

Recorder::Counts Recorder::counts() const {
  Counts out;
  out.sum = past_;
  for (const auto* generation : {before_.get(), now_.get()}) {
    if (generation == nullptr) continue;
    for (const auto& feed : generation->feeds) add(out.sum, feed->session().counts());
  }
  if (now_) {
    for (const auto& feed : now_->feeds) add_present(out.sum, feed->session().counts());
    out.file = now_->path;
  }
  out.rotations = rotations_;
  return out;
}

std::vector<std::string> Recorder::take_notes() {
  std::vector<std::string> out = std::exchange(notes_, {});
  for (auto* generation : {before_.get(), now_.get()}) {
    if (generation == nullptr) continue;
    for (const auto& feed : generation->feeds) {
      for (feeds::SessionNote& note : feed->take_notes())
        out.push_back(fmt::format("{} {}: {}", note.at.text(), feed->market(), note.text));
    }
  }
  return out;
}

std::optional<Error> Recorder::trouble() const {
  if (rotation_error_) return rotation_error_;
  for (const auto* generation : {now_.get(), before_.get()}) {
    if (generation != nullptr && generation->recording->error())
      return generation->recording->error();
  }
  return {};
}

std::optional<Error> Recorder::unreached() const {
  if (rotations_ > 0 || !now_ || now_->feeds.empty()) return {};
  std::optional<Error> first;
  for (const auto& feed : now_->feeds) {
    if (feed->ever_connected()) return {};
    if (!first && feed->never_connected())
      first = Error{Fault::unavailable, *feed->never_connected(), feed->market()};
  }
  if (first) return first;
  return Error{Fault::unavailable, "had not answered when it ended", now_->feeds[0]->address()};
}

std::optional<Error> Recorder::unreachable() const {
  if (!now_ || now_->feeds.empty()) return {};
  std::optional<Error> first;
  for (const auto& feed : now_->feeds) {
    if (feed->ever_connected() || !feed->never_connected()) return {};
    if (!first) first = Error{Fault::unavailable, *feed->never_connected(), feed->market()};
  }
  return first;
}

}  // namespace delever::live
