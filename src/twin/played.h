// The inside of a Twin.
#pragma once

#include <deque>
#include <map>
#include <set>

#include "codec/book.h"
#include "codec/decoder.h"
#include "twin/front.h"
#include "twin/twin.h"
#include "venues/registry.h"
#include "venues/dialects.h"

namespace delever::twin {

class PlayedTwin final : public Twin {
 public:
  PlayedTwin(std::string market, OpenTape tape, Options options, TwinNetwork& network)
      : market_(std::move(market)),
        open_(std::move(tape)),
        options_(options),
        network_(network),
        books_(instruments_, nothing_),
        sink_(books_) {}
  Result<void> begin();

  void accepted(ConnectionId connection, std::string_view target, Moment now) override;
  void received(ConnectionId connection, std::string_view frame, Moment now) override;
  void pinged(ConnectionId connection, std::string_view payload, Moment now) override;
  void ponged(ConnectionId connection, Moment now) override;
  void closed(ConnectionId connection, Moment now) override;
  void requested(RequestId request, std::string_view method, std::string_view target,
                 std::string_view body, Moment now) override;
  void timer(Moment now) override;
  std::optional<Duration> wake_at() const override;
  void restart(Moment now) override;
  void ban(Duration length, Moment now) override;
  void spoken_for(ConnectionId connection, Moment now) override;
  bool finished() const override { return playing_since_ && at_end_ && ahead_.empty(); }
  const venues::Plan& plan() const override { return plan_; }

 private:
  struct StreamSide {  // of the tape
    bool ours = false;
    std::string request, symbol;
  };
  struct TopicSide {
    venues::Topic topic;
    std::optional<InstrumentId> instrument;  // of its book
    uint32_t chain = 0;
  };
  struct Due {
    Instant at;
    size_t stream = 0;
    std::string bytes;
    std::string request = {};  // the answer to it; empty: sent to whoever listens
  };
  struct Answers {
    std::vector<RequestId> waiting;
    std::string latest;
    // Of polls: what nobody asked for in time, so that whoever asks late gets it all the same.
    std::deque<std::string> unserved;
    bool served = false;
    bool snapshot = false;
    size_t ahead = 0;
  };
  struct Client {
    ConnectionId id{};
    std::string target;
    std::set<std::string, std::less<>> topics;  // keys
    Duration since, sent, heard, ping_at, heartbeat, heartbeat_at;
    std::optional<Duration> pinged, asked_alive;
    std::deque<Duration> asked;
  };
  class Nothing final : public EventSink {
    void on_event(const Event&) override {}
  };
  // Events into books, and which book a topic's messages make.
  class BookSink final : public codec::MessageSink {
   public:
    explicit BookSink(codec::BookBuilder& to) : books(to) {}
    void on_event(const Event& event) override {
      const auto of = [&](const BookSequence& sequence) {
        if (side == nullptr) return;
        side->instrument = event.instrument;
        side->chain = sequence.chain;
      };
      if (const auto* delta = std::get_if<BookDelta>(&event.payload)) of(delta->sequence);
      if (const auto* whole = std::get_if<BookSnapshot>(&event.payload)) of(whole->sequence);
      books.on_event(event);
    }
    void on_undecoded(const codec::RawMessage&, const Error&) override {}
    codec::BookBuilder& books;
    TopicSide* side = nullptr;
  };

  Result<void> scan_tape(tape::TapeReader& tape);
  void add_topic(std::string_view key);
  bool fill();  // reads ahead; false: nothing is left
  std::string request_of(const StreamSide& side, std::string_view bytes) const;
  Instant position() const;
  Duration clock_of(Instant at) const;
  void play();
  void send_message(const Due& due);
  void play_answer(const Due& due);
  void decode(const Due& due, TopicSide* side);
  const codec::Book* book_of(const TopicSide& side) const;
  bool exists(std::string_view key) const;
  void send(Client& client, std::string_view text);
  bool within_limits(Client& client);
  bool within_weight(RequestId request);
  void subscribe(Client& client, const Ask& ask);
  void drop(ConnectionId id, uint16_t code, std::string_view why);
  void sweep(Client& client);
  std::vector<std::pair<std::string, std::string>> headers() const;

  const std::string market_;
  const OpenTape open_;
  const Options options_;
  TwinNetwork& network_;
  std::unique_ptr<venues::Dialect> dialect_;
  std::unique_ptr<Front> front_;
  std::unique_ptr<tape::TapeReader> tape_;
  venues::Plan plan_;

  std::vector<StreamSide> streams_;
  std::map<std::string, TopicSide, std::less<>> topics_;  // by key
  std::map<std::string, Answers, std::less<>> answers_;   // by request
  std::map<ConnectionId, Client> clients_;
  std::deque<Due> ahead_;
  size_t ahead_bytes_ = 0;
  bool at_end_ = false;
  std::optional<Instant> first_;
  std::optional<Duration> play_at_, playing_since_;
  Moment now_{};

  Instruments instruments_;
  std::vector<std::unique_ptr<codec::Decoder>> decoders_;
  Nothing nothing_;
  codec::BookBuilder books_;
  BookSink sink_;
  std::string padded_, scratch_;

  int weight_used_ = 0, refused_ = 0;
  Duration weight_since_, banned_until_;
};

}  // namespace delever::twin
