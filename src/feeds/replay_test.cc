// Replay: order, the end of what is known, gaps, and real captures against direct decoding.
#include "feeds/testing.h"

#include "base/text.h"
#include "feeds/bytes.h"
#include "feeds/guess.h"
#include "feeds/lines.h"
#include "venues/registry.h"

namespace delever::feeds {
namespace {

using namespace fixture;

std::string mark_price(int64_t ms, const std::string& price) {
  return "{\"e\":\"markPriceUpdate\",\"E\":" + std::to_string(ms) + ",\"s\":\"BTCUSDT\",\"p\":\"" +
         price + "\",\"i\":\"1\",\"P\":\"1\",\"r\":\"\",\"T\":0}";
}

struct TestTape {
  explicit TestTape(const std::string& path)
      : writer(std::move(tape::TapeWriter::open(path, clock)).value()) {}
  tape::StreamNumber stream(const std::string& name, const std::string& decoder) {
    return writer->stream({.name = name, .venue = "binance", .channel = "x", .decoder = decoder})
        .value();
  }
  ManualClock clock{Instant()};
  std::unique_ptr<tape::TapeWriter> writer;
};

TEST(Replay, SeveralTapesAreOneInOrderOfReceipt) {
  const Folder folder;
  {
    TestTape a(folder / "a.tape"), b(folder / "b.tape");
    const auto sa = a.stream("one", "binance-usdm"), sb = b.stream("two", "binance-usdm");
    for (int i = 0; i < 10; ++i) {
      const bool first = i % 3 == 0;
      const auto done =
          (first ? a : b)
              .writer->append(first ? sa : sb, Instant::ns(1000 + i), mark_price(1 + i, "9"));
      ASSERT_TRUE(done.has_value());
    }
    ASSERT_TRUE(a.writer->close().has_value());
    ASSERT_TRUE(b.writer->close().has_value());
  }
  auto replay = Replay::open({folder / "a.tape", folder / "b.tape"},
                             {.from = Instant::ns(1001), .to = Instant::ns(1007)});
  ASSERT_TRUE(replay.has_value()) << replay.error().text();
  Kept kept;
  ASSERT_TRUE(replay.value()->run(kept).has_value());
  std::vector<int64_t> received;
  for (const Event& e : kept.events) {
    if (!std::holds_alternative<MarkPrice>(e.payload)) continue;
    received.push_back(e.received.ns());
    EXPECT_EQ(replay.value()->sources()[e.source].name,
              (e.received.ns() - 1000) % 3 == 0 ? "one" : "two");
  }
  EXPECT_EQ(received, (std::vector<int64_t>{1001, 1002, 1003, 1004, 1005, 1006,
                                            1007}));  // both ends inclusive
  EXPECT_EQ(replay.value()->messages(), 7u);
  EXPECT_EQ(replay.value()->counts(0).messages, 2u);
  EXPECT_EQ(replay.value()->counts(1).messages, 5u);
}

TEST(Replay, AGapIsToldWhereItBeginsAndNeverBeyondWhatIsKnown) {
  const Folder folder;
  {
    TestTape tape(folder / "a.tape");
    const auto s = tape.stream("one", "binance-usdm");
    ASSERT_TRUE(tape.writer->append(s, Instant::ns(10), mark_price(1, "100")).has_value());
    ASSERT_TRUE(
        tape.writer->gap({s, Instant::ns(20), Instant::ns(40), "connection lost"}).has_value());
    ASSERT_TRUE(tape.writer->append(s, Instant::ns(50), mark_price(2, "101")).has_value());
    ASSERT_TRUE(tape.writer->close().has_value());
  }
  const auto gaps = [&](int64_t to) {
    return replay_all(folder / "a.tape", Instant::ns(to)).kept.all<Gap>();
  };
  EXPECT_TRUE(gaps(19).empty());
  ASSERT_EQ(gaps(30).size(), 1u);
  EXPECT_EQ(gaps(30)[0].to, Instant::ns(30));
  const Replayed whole = replay_all(folder / "a.tape");
  std::vector<std::string> order;
  for (const Event& e : whole.kept.events) order.emplace_back(payload_name(e.payload));
  const auto at = std::find(order.begin(), order.end(), "gap");
  ASSERT_NE(at, order.end());
  const Event& gap = whole.kept.events[static_cast<size_t>(at - order.begin())];
  EXPECT_EQ(gap.received, Instant::ns(20));
  EXPECT_EQ(std::get<Gap>(gap.payload).to, Instant::ns(40));
  EXPECT_EQ(std::get<Gap>(gap.payload).reason, "connection lost");
  for (size_t i = 1; i < whole.kept.events.size(); ++i)
    EXPECT_LE(whole.kept.events[i - 1].received, whole.kept.events[i].received);
}

TEST(Replay, AStreamWithoutADecoderDoesNotHideTheOthers) {
  const Folder folder;
  {
    TestTape tape(folder / "a.tape");
    const auto known = tape.stream("known", "binance-usdm"),
               strange = tape.stream("strange", "from-the-future");
    ASSERT_TRUE(tape.writer->append(known, Instant::ns(10), mark_price(1, "100")).has_value());
    ASSERT_TRUE(tape.writer->append(strange, Instant::ns(11), "bytes").has_value());
    ASSERT_TRUE(tape.writer->close().has_value());
  }
  const Replayed tape = replay_all(folder / "a.tape");
  EXPECT_FALSE(tape.kept.all<MarkPrice>().empty());
  ASSERT_EQ(tape.kept.undecoded.size(), 1u);
  EXPECT_EQ(tape.kept.undecoded[0].stream, "strange");
  EXPECT_NE(tape.kept.undecoded[0].why.find("from-the-future"), std::string::npos);
  EXPECT_EQ(tape.replay->counts(1).undecoded.at("no decoder"), 1u);
}

// One number for all that an event says, so that two long runs can be compared.
uint64_t digest(const Event& event, const Instruments& instruments) {
  uint64_t hash = 14695981039346656037u;
  const auto add = [&hash](uint64_t n) { hash = (hash ^ n) * 1099511628211u; };
  add(event.payload.index());
  add(static_cast<uint64_t>(event.at.ns()));
  add(static_cast<uint64_t>(event.received.ns()));
  for (const char c : instruments[event.instrument].symbol) add(static_cast<uint8_t>(c));
  const auto levels = [&](const std::vector<Level>& side) {
    for (const Level& level : side) {
      add(static_cast<uint64_t>(level.price.raw()));
      add(static_cast<uint64_t>(level.qty.raw()));
    }
  };
  if (const auto* trade = std::get_if<Trade>(&event.payload)) {
    add(static_cast<uint64_t>(trade->price.raw()));
    add(static_cast<uint64_t>(trade->qty.raw()));
    add(static_cast<uint64_t>(trade->taker_side));
  } else if (const auto* delta = std::get_if<BookDelta>(&event.payload)) {
    levels(delta->bids);
    levels(delta->asks);
    add(delta->sequence.last);
  } else if (const auto* snapshot = std::get_if<BookSnapshot>(&event.payload)) {
    levels(snapshot->bids);
    levels(snapshot->asks);
  } else if (const auto* quote = std::get_if<Quote>(&event.payload)) {
    add(static_cast<uint64_t>(quote->bid_price.value_or(Price()).raw()));
    add(static_cast<uint64_t>(quote->ask_qty.value_or(Qty()).raw()));
  }
  return hash;
}

class Digests final : public codec::MessageSink {
 public:
  explicit Digests(const Instruments& instruments) : instruments_(instruments) {}
  void on_event(const Event& event) override { all.push_back(digest(event, instruments_)); }
  void on_undecoded(const codec::RawMessage&, const Error& why) override { FAIL() << why.text(); }
  std::vector<uint64_t> all;

 private:
  const Instruments& instruments_;
};

TEST(Replay, ARealCaptureGivesWhatDirectDecodingGives) {
  SKIP_WITHOUT_DATA(path, "data/l2/binance_usdm_btcusdt_20240808.gz");
  const Folder folder;
  const auto report = import_to(folder / "out.tape", ImportFormat::raw, {path}, {});
  ASSERT_TRUE(report.has_value()) << report.error().text();
  EXPECT_EQ(report.value().messages, 93954u);
  EXPECT_TRUE(report.value().undecoded.empty());
  EXPECT_EQ(report.value().streams, std::vector<std::string>{"binance-usdm:BTCUSDT"});

  Instruments instruments;
  auto decoder = venues::make_decoder("binance-usdm", {{"symbol", "BTCUSDT"}}, instruments, 0);
  ASSERT_TRUE(decoder.has_value());
  Digests direct(instruments);
  auto file = InputFile::open(path).value()->next().value();
  LineReader lines(*file->source, path);
  std::vector<std::pair<int64_t, std::string>> messages;
  while (const auto line = lines.line().value()) {
    const size_t space = line->find(' ');
    messages.emplace_back(*read_int(line->substr(0, space)), line->substr(space + 1));
  }
  std::stable_sort(messages.begin(), messages.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [received, bytes] : messages) {
    const size_t size = bytes.size();
    bytes.resize(size + codec::kPadding);
    decoder.value()->decode({std::string_view(bytes).substr(0, size), Instant::ns(received)},
                            direct);
  }
  const Replayed tape = replay_all(folder / "out.tape");
  ASSERT_EQ(tape.kept.events.size(), direct.all.size());
  size_t snapshots = 0;
  for (size_t i = 0; i < direct.all.size(); ++i) {
    ASSERT_EQ(digest(tape.kept.events[i], tape.replay->instruments()), direct.all[i]) << i;
    snapshots += std::holds_alternative<BookSnapshot>(tape.kept.events[i].payload);
  }
  EXPECT_EQ(snapshots, 1u);  // the REST answer among the stream's messages
}

TEST(Guess, FromFoldersAndNames) {
  const auto guess = [](const char* path) { return guess_stream(path).value(); };
  EXPECT_EQ(guess("x/wire/binance-coinm/session-2021.jsonl").decoder, "binance-coinm");
  EXPECT_EQ(guess("bybit-spot/a.jsonl").decoder, "bybit");
  EXPECT_EQ(guess("bybit-spot/a.jsonl").settings.at("category"), "spot");
  EXPECT_EQ(guess("bybit/old-v2-inverse-session-20210417.jsonl").settings.at("category"),
            "inverse");
  EXPECT_EQ(guess("okx-spot/a.jsonl").decoder, "okx");
  EXPECT_EQ(guess("l2/binance_cm_btcusd_perp_20240808.gz").decoder, "binance-coinm");
  EXPECT_EQ(guess("l2/binance_cm_btcusd_perp_20240808.gz").settings.at("symbol"), "BTCUSD_PERP");
  EXPECT_EQ(guess("l2/binance_spot_btcusdt_20240808.gz").settings.at("symbol"), "BTCUSDT");
  EXPECT_EQ(guess("binance-usdm/gct-rest-futures_data_openInterestHist.jsonl").request_path,
            "/futures/data/openInterestHist");
  EXPECT_FALSE(guess_stream("somewhere/else.jsonl"));
  EXPECT_FALSE(guess_stream(""));
}

}  // namespace
}  // namespace delever::feeds
