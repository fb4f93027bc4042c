#include "dashboard/frames.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tape/inspect.h"

namespace delever::dashboard {
namespace {

constexpr size_t kFrames = 12;        // kept, and their readings with them
constexpr uint64_t kSlice = 100'000;  // messages before another task has its turn
// How often the tapes are looked at, and how often one that grows gives a frame at most.
constexpr Duration kLook = Duration::ms(500), kFrameEvery = Duration::seconds(1);
constexpr size_t kFollowed = 6;                    // coins
constexpr Duration kAgain = Duration::seconds(5);  // after a follower has failed

std::vector<TapeState> look_at(const std::vector<std::string>& paths) {
  std::vector<TapeState> out;
  for (const std::string& path : paths) {
    TapeState one{.path = path, .first = {}, .last = {}};
    if (const auto info = tape::tape_info(path); info.has_value()) {
      one.there = true;
      one.closed = info.value().closed;
      one.messages = info.value().messages;
      one.first = info.value().first, one.last = info.value().last;
    }
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

Frames::Frames(net::Loop& loop, Workers& workers, const Subject& subject, Changed changed)
    : loop_(loop), workers_(workers), subject_(subject), changed_(std::move(changed)) {
  // The first look is taken here, so that the first question knows whether the tapes grow.
  examined(look_at(subject.tapes));
  looking_ = loop_.after(kLook, [this] { examine(); });
}

std::optional<Instant> Frames::last() const {
  std::optional<Instant> out;
  for (const TapeState& t : tapes_) {
    if (t.last && (!out || *t.last > *out)) out = t.last;
  }
  return out;
}

std::optional<Instant> Frames::first() const {
  std::optional<Instant> out;
  for (const TapeState& t : tapes_) {
    if (t.first && (!out || *t.first < *out)) out = t.first;
  }
  return out;
}

FramePtr Frames::latest(const std::string& asset) const {
  const auto found = latest_.find(asset);
  return found == latest_.end() ? nullptr : found->second;
}

std::optional<Trouble> Frames::trouble(const std::string& asset) const {
  const auto found = followed_.find(asset);
  return found == followed_.end() ? std::nullopt : found->second.trouble;
}

std::vector<FramePtr> Frames::all_latest() const {
  std::vector<FramePtr> out;
  for (const auto& [asset, frame] : latest_) out.push_back(frame);
  return out;
}

void Frames::examine() {
  // Another look is set when this one is back: on a slow disk they do not pile up.
  workers_.work<std::vector<TapeState>>([paths = subject_.tapes] { return look_at(paths); },
                                        [this](std::vector<TapeState> now) {
                                          examined(std::move(now));
                                          looking_ = loop_.after(kLook, [this] { examine(); });
                                        });
}

// A tape that is written is followed; one that was added to after it was closed is read anew.
void Frames::examined(std::vector<TapeState> now) {
  const bool changed = now != tapes_, first = !std::exchange(examined_, true);
  const bool grew = growing_;
  tapes_ = std::move(now);
  growing_ = std::any_of(tapes_.begin(), tapes_.end(),
                         // A tape that is not there yet grows: its recorder may not have begun.
                         [](const TapeState& t) { return !t.there || !t.closed; });
  if (changed && !growing_ && !first) {
    ++epoch_, ++version_;
    slots_.clear(), order_.clear(), latest_.clear();
    if (grew) {
      // Who waits for a follower is answered by a pass over the closed tapes.
      for (auto& [asset, f] : followed_) {
        for (Then& then : std::exchange(f.waiting, {})) want(asset, "", std::move(then));
      }
      followed_.clear();
    }
    changed_();
  }
  if (!growing_) return;
  for (auto& [asset, f] : followed_) {
    if (!f.busy) advance(asset);
  }
}

void Frames::want(const std::string& asset, const std::string& at, Then then) {
  if (at.empty() && growing_) {
    Followed& f = followed_[asset];
    if (f.frame) return then(f.frame);
    if (f.trouble && loop_.clock().elapsed() < f.again) return then(f.trouble->error);
    // A follower keeps gauges in memory and reads every tape on: hence a limit of its own.
    if (followed_.size() > kFollowed) {
      followed_.erase(asset);
      return then(Error{Fault::refused, "too many coins are followed already", "asset"});
    }
    f.waiting.push_back(std::move(then));
    if (!f.busy && !f.follower) follow(asset);
    return;
  }
  const std::string key = asset + " " + at;
  const auto [found, added] = slots_.try_emplace(key);
  Slot& slot = found->second;
  if (added) {
    order_.push_front(key);
    slot.place = order_.begin();
  } else {
    order_.splice(order_.begin(), order_, slot.place);
  }
  if (slot.frame) return then(*slot.frame);
  slot.waiting.push_back(std::move(then));
  if (!added) return;
  drop_old();
  make(key, asset, at);
}

void Frames::make(const std::string& key, const std::string& asset, const std::string& at) {
  const Duration begin = loop_.clock().elapsed();
  workers_.work<Result<FramePtr>>(
      [subject = subject_, asset, at, &clock = loop_.clock()] {
        return make_frame(subject, asset, at, clock);
      },
      [this, key, asset, at, begin, epoch = epoch_](Result<FramePtr> frame) {
        ++made_;
        seconds_ += (loop_.clock().elapsed() - begin).in_seconds();
        const auto found = slots_.find(key);
        // Made from the tapes as they were in another epoch: nobody may see it.
        if (found == slots_.end() || epoch != epoch_) return;
        const bool latest = at == subject_.at;
        if (latest && frame.has_value()) latest_[asset] = frame.value();
        found->second.frame = std::move(frame);
        const Result<FramePtr> known = *found->second.frame;
        for (const Then& then : std::exchange(found->second.waiting, {})) then(known);
        if (latest) changed_();
      });
}

void Frames::drop_old() {
  auto at = order_.end();
  while (order_.size() > kFrames && at != order_.begin()) {
    --at;
    const auto slot = slots_.find(*at);
    if (!slot->second.frame) continue;  // somebody waits for it
    slots_.erase(slot);
    at = order_.erase(at);
  }
}

void Frames::follow(const std::string& asset) {
  followed_[asset].busy = true;
  using Opened = Result<std::shared_ptr<Follower>>;
  workers_.work<Opened>(
      [subject = subject_, asset]() -> Opened {
        auto follower = TRY(Follower::open(subject, asset));
        return std::shared_ptr<Follower>(std::move(follower));
      },
      [this, asset](Opened opened) {
        const auto found = followed_.find(asset);
        if (found == followed_.end()) return;
        Followed& f = found->second;
        f.busy = false;
        if (opened.has_value()) {
          f.follower = std::move(opened).value();
          return advance(asset);
        }
        failed(f, opened.error());
      });
}

void Frames::advance(const std::string& asset) {
  Followed& f = followed_[asset];
  if (!f.follower) {
    const bool wanted = f.trouble || !f.waiting.empty();
    if (wanted && loop_.clock().elapsed() >= f.again) follow(asset);
    return;
  }
  f.busy = true;
  const bool due = loop_.clock().elapsed() - f.made >= kFrameEvery;
  const std::optional<Instant> shown = f.frame ? std::optional(f.frame->brief.as_of) : std::nullopt;
  workers_.work<Advanced>(
      [follower = f.follower, due, shown]() -> Advanced {
        Advanced done;
        auto more = follower->advance(kSlice);
        if (!more.has_value()) {
          done.error = std::move(more.error());
          return done;
        }
        done.more = more.value();
        done.complete = follower->complete();
        const bool news = follower->at() && follower->at() != shown;
        // No frame while there is more to read; then one a second, or at once when all is read.
        if (done.more || !news || !(due || done.complete)) return done;
        auto frame = follower->frame();
        if (frame.has_value())
          done.frame = frame.value();
        else
          done.error = std::move(frame.error());
        return done;
      },
      [this, asset](Advanced done) { advanced(asset, std::move(done)); });
}

void Frames::advanced(const std::string& asset, Advanced done) {
  const auto found = followed_.find(asset);
  if (found == followed_.end()) return;
  Followed& f = found->second;
  f.busy = false;
  if (done.error) return failed(f, *done.error);
  if (done.more) return advance(asset);
  // All is read that is there: what a failed follower left stale is not so any more.
  const bool mended = std::exchange(f.trouble, std::nullopt).has_value();
  if (!done.frame) return mended ? changed_() : void();
  f.frame = done.frame;
  f.made = loop_.clock().elapsed();
  latest_[asset] = done.frame;
  ++made_, ++version_;
  const Result<FramePtr> known = done.frame;
  for (const Then& then : std::exchange(f.waiting, {})) then(known);
  changed_();
}

// The frame that is there stays, and trouble() says that it is stale.
void Frames::failed(Followed& f, const Error& error) {
  f.follower.reset();
  f.again = loop_.clock().elapsed() + kAgain;
  const bool news = !f.trouble;
  const Instant since = news ? loop_.clock().now() : f.trouble->since;
  f.trouble = Trouble{error, since};
  const Result<FramePtr> known = error;
  for (const Then& then : std::exchange(f.waiting, {})) then(known);
  if (news) changed_();
}

}  // namespace delever::dashboard
