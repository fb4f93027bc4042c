#include "memory/decode_ahead.h"

#include <type_traits>
#include <utility>
#include <variant>

namespace delever::memory {
namespace {

// A batch of events is some 200 KB: it goes from one core's cache to the other's.
constexpr size_t kBatchEvents = 512, kBatchMessages = 1024;
constexpr size_t kBatchesAhead = 4;

// Into the memory of another event, mostly of the same kind. Nobody reads the levels of books.
void copy(const Event& from, Event& to) {
  to.instrument = from.instrument;
  to.source = from.source;
  to.at = from.at;
  to.received = from.received;
  std::visit(
      [&](const auto& payload) {
        using T = std::decay_t<decltype(payload)>;
        T* const there = std::get_if<T>(&to.payload);
        if constexpr (std::is_same_v<T, BookSnapshot> || std::is_same_v<T, BookDelta>) {
          if (there == nullptr) to.payload.template emplace<T>();
        } else if (there != nullptr) {
          *there = payload;
        } else {
          to.payload.template emplace<T>(payload);
        }
      },
      from.payload);
}

}  // namespace

// Every member by name, so that a new one does not compile.
bool same(const Instrument& a, const Instrument& b) {
  const auto& [venue, symbol, kind, base, quote, settle, contract_size, expiry, strike, option_type,
               tick, step, funding_interval] = a;
  return venue == b.venue && symbol == b.symbol && kind == b.kind && base == b.base &&
         quote == b.quote && settle == b.settle && contract_size == b.contract_size &&
         expiry == b.expiry && strike == b.strike && option_type == b.option_type &&
         tick == b.tick && step == b.step && funding_interval == b.funding_interval;
}

// The thread's side: fills one batch after another.
class DecodeAhead::Sink final : public feeds::ReplaySink {
 public:
  explicit Sink(DecodeAhead& ahead) : ahead_(ahead), replay_(ahead.replay_) {
    for (size_t id = 0; id < replay_.instruments().size(); ++id)
      known_.push_back(replay_.instruments()[InstrumentId(id)]);
  }

  // False: nothing follows.
  bool fill(DecodedBatch& batch) {
    batch_ = &batch;
    while (batch.used < kBatchEvents && batch.messages.size() < kBatchMessages) {
      message_ = {};
      first_ = batch.used;
      const size_t undecoded = batch.undecoded.size(), described = batch.described.size();
      const auto more = replay_.step(*this);
      if (!more.has_value()) batch.error = more.error();
      message_.is_message = more.has_value() && more.value();
      if (!message_.is_message || listed_ || replay_.messages() % kLookEvery == 0)
        note_descriptions();
      note_new();
      listed_ = false;
      if (message_.is_message) {
        message_.source = replay_.last().source;
        message_.received = replay_.last().received;
        const codec::DecodeCounts& counts = replay_.counts(message_.source);
        message_.counts = {counts.messages, counts.events};
        message_.events = batch.used - first_ - message_.gaps;
      } else {
        message_.gaps = batch.used - first_;
      }
      message_.undecoded = batch.undecoded.size() - undecoded;
      message_.described = batch.described.size() - described;
      batch.messages.push_back(message_);
      if (!message_.is_message) return false;
    }
    return true;
  }

  void on_received(Instant received) override {
    reach(received);
    message_.gaps = batch_->used - first_;
  }
  void on_event(const Event& event) override {
    reach(event.received);
    // The table was changed before the first event of the message.
    if (std::holds_alternative<InstrumentListed>(event.payload) && !std::exchange(listed_, true))
      note_descriptions();
    note_new();
    if (batch_->used == batch_->events.size()) batch_->events.emplace_back();
    copy(event, batch_->events[batch_->used++]);
  }
  void on_undecoded(const Source&, const codec::RawMessage&, const Error& why) override {
    batch_->undecoded.push_back(why.text());
  }

 private:
  void reach(Instant received) {
    if (reached_ || received <= ahead_.hand_over_after_) return;
    reached_ = true;
    codec::Handover state;
    if (replay_.hand_over(state)) batch_->handed = state.bytes();
  }
  void note_descriptions() {
    for (size_t n = 0; n < known_.size(); ++n) {
      const Instrument& now = replay_.instruments()[InstrumentId(static_cast<uint32_t>(n))];
      if (same(known_[n], now)) continue;
      known_[n] = now;
      note(n);
    }
  }
  void note_new() {
    while (known_.size() < replay_.instruments().size()) {
      known_.push_back(replay_.instruments()[InstrumentId(static_cast<uint32_t>(known_.size()))]);
      note(known_.size() - 1);
    }
  }
  void note(size_t id) {
    batch_->described.push_back(
        {batch_->used, InstrumentId(static_cast<uint32_t>(id)), known_[id]});
  }

  DecodeAhead& ahead_;
  feeds::Replay& replay_;
  std::vector<Instrument> known_;  // as they were told
  bool listed_ = false;            // the message told of a description
  bool reached_ = false;
  DecodedBatch* batch_ = nullptr;
  DecodedMessage message_;
  size_t first_ = 0;  // of its events and gaps
};

DecodeAhead::DecodeAhead(feeds::Replay& replay, Instant hand_over_after)
    : replay_(replay),
      hand_over_after_(hand_over_after),
      ready_(kBatchesAhead),
      spares_(kBatchesAhead + 1) {
  worker_ = std::jthread([this] { work(); });
}

DecodeAhead::~DecodeAhead() { ready_.stop(); }

void DecodeAhead::give_back(DecodedBatch batch) {
  batch.messages.clear();
  batch.undecoded.clear();
  batch.described.clear();
  batch.handed.reset();
  // One message may have had thousands of events.
  if (batch.events.size() > 2 * kBatchEvents) batch.events.clear();
  batch.used = 0;
  spares_.give_if_room(std::move(batch));
}

void DecodeAhead::work() {
  Sink sink(*this);
  for (bool more = true; more;) {
    DecodedBatch batch = spares_.take_if_any().value_or(DecodedBatch{});
    more = sink.fill(batch);
    if (!ready_.give(std::move(batch))) return;
  }
  ready_.end();
}

}  // namespace delever::memory
