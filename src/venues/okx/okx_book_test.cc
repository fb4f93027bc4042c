// Books out of the recorded OKX session of 2022: three instruments, no sequence numbers, a checksum
// in every message.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "codec/book.h"
#include "venues/okx/okx.h"
#include "venues/wire_testing.h"

namespace delever::venues::okx {
namespace {

constexpr const char* kSession = "okx/session-books-trades-tickers-20220513";

struct Desk {
  Instruments instruments;
  venues::fixture::Collected gaps;
  codec::BookBuilder books{instruments, gaps};
};

// What a decoder says, into the books.
class IntoBooks final : public codec::MessageSink {
 public:
  explicit IntoBooks(codec::BookBuilder& books) : books_(books) {}
  void on_event(const Event& event) override { books_.on_event(event); }
  void on_undecoded(const codec::RawMessage&, const Error& why) override {
    ADD_FAILURE() << why.text();
  }

 private:
  codec::BookBuilder& books_;
};

// The book messages of the session, decoded.
std::vector<Event> book_events(const venues::fixture::WireFile& file, Instruments& instruments) {
  const auto decoder = std::move(make_okx_decoder({}, instruments, 1)).value();
  venues::fixture::Collected sink;
  venues::fixture::decode_all(*decoder, file, sink);
  EXPECT_TRUE(sink.undecoded.empty());
  std::vector<Event> books;
  for (Event& event : sink.events) {
    const std::string_view name = payload_name(event.payload);
    if (name == "book_snapshot" || name == "book_delta") books.push_back(std::move(event));
  }
  return books;
}

const BookSequence& sequence_of(const Event& event) {
  const auto* delta = std::get_if<BookDelta>(&event.payload);
  return delta ? delta->sequence : std::get<BookSnapshot>(event.payload).sequence;
}

TEST(OkxBook, EveryMessageReproducesItsChecksum) {
  SKIP_WITHOUT_WIRE(file, kSession);
  Desk desk;
  size_t agreed = 0;
  for (const Event& event : book_events(*file, desk.instruments)) {
    desk.books.on_event(event);
    const codec::Book* book = desk.books.book(event.instrument);
    ASSERT_NE(book, nullptr);
    ASSERT_TRUE(sequence_of(event).checksum);
    agreed += codec::okx_checksum(*book) == *sequence_of(event).checksum;
    EXPECT_FALSE(book->crossed());
  }
  EXPECT_EQ(agreed, 290u);
  EXPECT_TRUE(desk.gaps.events.empty());
}

bool same_top(const codec::Ladder& a, const codec::Ladder& b, size_t depth) {
  if (std::min(a.size(), depth) != std::min(b.size(), depth)) return false;
  for (size_t i = 0; i < a.size() && i < depth; ++i) {
    if (a[i].price != b[i].price || a[i].qty != b[i].qty) return false;
  }
  return true;
}
bool same_top(const codec::Book& a, const codec::Book& b, size_t depth) {
  return same_top(a.bids(), b.bids(), depth) && same_top(a.asks(), b.asks(), depth);
}

// A deleted message shows in the checksum of the next one unless the first 25 levels of both sides
// are then the same as if it had come. So three kinds cannot show: the last message of an
// instrument; one whose changes the next one overwrites; one that changed levels further down,
// which do not come up while the recording lasts.
TEST(OkxBook, AnyDeletedMessageIsOneGapUnlessTheChecksumCannotSeeIt) {
  SKIP_WITHOUT_WIRE(file, kSession);
  Instruments instruments;
  const std::vector<Event> events = book_events(*file, instruments);
  ASSERT_EQ(events.size(), 290u);
  std::map<InstrumentId, size_t> last;
  for (size_t i = 0; i < events.size(); ++i) last[events[i].instrument] = i;
  size_t seen = 0, unseen_last = 0, unseen_overwritten = 0, unseen_deep = 0;
  for (size_t deleted = 0; deleted < events.size(); ++deleted) {
    const InstrumentId of = events[deleted].instrument;
    venues::fixture::Collected gaps;
    codec::BookBuilder books(instruments, gaps), whole(instruments, gaps);
    bool top_differs = false, differs_at_last = false;
    for (size_t i = 0; i < events.size(); ++i) {
      if (events[i].instrument != of) continue;
      whole.on_event(events[i]);
      if (i == deleted) continue;
      books.on_event(events[i]);
      EXPECT_TRUE(gaps.events.empty() || !books.book(of));  // no snapshot mends it
      if (i < deleted || !books.book(of)) continue;
      top_differs = top_differs || !same_top(*books.book(of), *whole.book(of), 25);
      differs_at_last = !same_top(*books.book(of), *whole.book(of), 400);
    }
    ASSERT_LE(gaps.events.size(), 1u) << "message " << deleted;
    if (gaps.events.size() == 1) {
      ++seen;
      EXPECT_EQ(gaps.events[0].instrument, of);
      EXPECT_GE(gaps.events[0].at, events[deleted].at);
    } else if (deleted == last[of]) {
      ++unseen_last;
    } else {
      EXPECT_FALSE(top_differs) << "message "
                                << deleted;  // what the checksum covers was right all the time
      ++(differs_at_last ? unseen_deep : unseen_overwritten);
    }
  }
  EXPECT_EQ(unseen_last, 3u);
  EXPECT_EQ(seen + unseen_last + unseen_overwritten + unseen_deep, 290u);
  EXPECT_EQ(seen, 276u);
  EXPECT_EQ(unseen_overwritten, 11u);
  EXPECT_EQ(unseen_deep, 0u);
}

// As sent since 2026: sequence numbers, the checksum always 0.
std::string numbered(int64_t previous, int64_t id, size_t nth, std::string_view channel = "books") {
  return fmt::format(
      R"({{"arg":{{"channel":"{}","instId":"BTC-USDT-SWAP"}},"action":"{}","data":[{{"asks":[],)"
      R"("bids":[["{}","1","0","1"]],"ts":"{}","checksum":0,"seqId":{},"prevSeqId":{}}}]}})",
      channel, previous < 0 ? "snapshot" : "update", 100 + nth, 1'790'000'000'000 + nth, id,
      previous);
}

TEST(OkxBook, ChannelsOfOneSymbolDoNotDisturbOneAnother) {
  Desk desk;
  IntoBooks sink(desk.books);
  const auto decoder = std::move(make_okx_decoder({}, desk.instruments, 1)).value();
  size_t nth = 0;
  for (const auto& [channel, previous, id] :
       std::vector<std::tuple<const char*, int64_t, int64_t>>{{"books", -1, 10},
                                                              {"books-l2-tbt", -1, 11},
                                                              {"books50-l2-tbt", -1, 11},
                                                              {"books50-l2-tbt", 11, 12},
                                                              {"books-l2-tbt", 11, 14},
                                                              {"books", 10, 14},
                                                              {"books50-l2-tbt", 12, 14},
                                                              {"books", 14, 15}})
    venues::fixture::decode_text(*decoder, numbered(previous, id, ++nth, channel), sink);
  EXPECT_TRUE(desk.gaps.events.empty());
  ASSERT_NE(desk.books.book(0), nullptr);
  EXPECT_EQ(desk.books.book(0)->depth(), 400u);
  EXPECT_EQ(desk.books.counts(0).applied, 5u);
}

TEST(OkxBook, SequenceNumbersShowEveryHoleButTheLast) {
  // 14 to 14 is a heartbeat, 14 to 3 a reset after maintenance.
  const std::vector<std::pair<int64_t, int64_t>> chain{{-1, 10}, {10, 12}, {12, 14}, {14, 14},
                                                       {14, 3},  {3, 8},   {8, 9}};
  for (size_t deleted = 0; deleted <= chain.size(); ++deleted) {
    Desk desk;
    IntoBooks sink(desk.books);
    const auto decoder = std::move(make_okx_decoder({}, desk.instruments, 1)).value();
    for (size_t i = 0; i < chain.size(); ++i) {
      if (i != deleted) {
        const std::string text = numbered(chain[i].first, chain[i].second, i);
        venues::fixture::decode_text(*decoder, text, sink);
      }
    }
    const bool heartbeat = deleted == 3;  // says nothing new: its absence is no hole
    const bool seen = deleted + 1 < chain.size() && !heartbeat;
    EXPECT_EQ(desk.gaps.events.size(), seen ? 1u : 0u) << "without message " << deleted;
    EXPECT_EQ(desk.books.book(0) != nullptr, !seen) << "without message " << deleted;
    if (!seen) continue;
    venues::fixture::decode_text(*decoder, numbered(-1, 20, 50), sink);
    EXPECT_NE(desk.books.book(0), nullptr);  // the next snapshot mends it
    EXPECT_EQ(desk.gaps.events.size(), 1u);
  }
}

}  // namespace
}  // namespace delever::venues::okx
