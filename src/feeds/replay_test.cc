// Replay: order, the end of what is known, gaps, and real captures against direct decoding.
#include "feeds/feeds_testing.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "base/partial_file.h"
#include "base/text.h"
#include "feeds/bytes.h"
#include "feeds/guess.h"
#include "feeds/holes.h"
#include "feeds/lines.h"
#include "feeds/repeats.h"
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

// A gap is of its stream: before the first message no instrument is known that it could be of.
TEST(Replay, AGapBeforeTheFirstMessageHasNoInstrument) {
  const Folder folder;
  {
    TestTape tape(folder / "a.tape");
    const auto s = tape.stream("one", "binance-usdm");
    ASSERT_TRUE(tape.writer->gap({s, Instant::ns(5), Instant::ns(8), "starting"}).has_value());
    ASSERT_TRUE(tape.writer->append(s, Instant::ns(10), mark_price(1, "100")).has_value());
    ASSERT_TRUE(tape.writer->close().has_value());
  }
  const Replayed tape = replay_all(folder / "a.tape");
  ASSERT_FALSE(tape.kept.events.empty());
  const Event& first = tape.kept.events.front();
  const Gap* gap = std::get_if<Gap>(&first.payload);
  ASSERT_NE(gap, nullptr);
  EXPECT_EQ(first.instrument, kNoInstrument);
  EXPECT_EQ(gap->kind, GapKind::recorded);
  EXPECT_EQ(tape.replay->sources()[first.source].name, "one");
}

TEST(Replay, ALostBlockIsAGapOfDamageAndTheRestIsServed) {
  const Folder folder;
  const std::string path = folder / "a.tape";
  {
    TestTape tape(path);
    const auto s = tape.stream("one", "binance-usdm");
    for (int i = 0; i < 4; ++i) {
      ASSERT_TRUE(
          tape.writer->append(s, Instant::ns(10 + i), mark_price(1 + i, "10" + std::to_string(i)))
              .has_value());
      ASSERT_TRUE(tape.writer->flush().has_value());
    }
    ASSERT_TRUE(tape.writer->close().has_value());
  }
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const size_t zstd = bytes.find("\x28\xb5\x2f\xfd");  // the frame of one of the blocks
  ASSERT_NE(zstd, std::string::npos);
  file.seekp(static_cast<std::streamoff>(zstd + 20));
  file.put(static_cast<char>(bytes[zstd + 20] ^ 1));
  file.close();
  const Replayed tape = replay_all(path);
  EXPECT_EQ(tape.replay->messages(), 3u);
  const auto gaps = tape.kept.all<Gap>();
  ASSERT_EQ(gaps.size(), 1u);
  EXPECT_EQ(gaps[0].kind, GapKind::damage);
  EXPECT_NE(gaps[0].reason.find("checksum"), std::string::npos) << gaps[0].reason;
}

std::string okx_book(const char* action, int64_t previous, int64_t sequence) {
  return "{\"arg\":{\"channel\":\"books\",\"instId\":\"ETH-USDT-SWAP\"},\"action\":\"" +
         std::string(action) +
         "\",\"data\":[{\"asks\":[[\"2801.5\",\"4\",\"0\",\"1\"]],\"bids\":[[\"2801.1\",\"7\","
         "\"0\"," +
         "\"2\"]],\"ts\":\"" + std::to_string(1769760000000 + sequence) +
         "\",\"checksum\":0,\"prevSeqId\":" + std::to_string(previous) +
         ",\"seqId\":" + std::to_string(sequence) + "}]}";
}

TEST(Replay, AHoleInAVenuesSequenceIsNamed) {
  const Folder folder;
  const std::string path = folder / "a.tape";
  {
    TestTape tape(path);
    const auto s = tape.stream("okx:books", "okx");
    for (int i = 0; i < 6; ++i) {
      if (i == 3) continue;  // the update that is missing
      ASSERT_TRUE(
          tape.writer
              ->append(s, Instant::ns(1769760000000000000 + i * 1000000),
                       okx_book(i == 0 ? "snapshot" : "update", i == 0 ? -1 : 40 + i - 1, 40 + i))
              .has_value());
    }
    ASSERT_TRUE(tape.writer->close().has_value());
  }
  EXPECT_TRUE(replay_all(path).kept.all<Gap>().empty());  // not asked for
  auto replay = std::move(Replay::open({path}, {.sequences = true})).value();
  Kept kept;
  ASSERT_TRUE(replay->run(kept).has_value());
  const auto gaps = kept.all<Gap>();
  ASSERT_EQ(gaps.size(), 1u);
  EXPECT_EQ(gaps[0].kind, GapKind::sequence);
  const auto holes = sequence_holes(path);
  ASSERT_TRUE(holes.has_value()) << holes.error().text();
  ASSERT_EQ(holes.value().count, 1u);
  EXPECT_EQ(holes.value().named.at(0).symbol, "ETH-USDT-SWAP");
  EXPECT_EQ(holes.value().named.at(0).stream, "okx:books");
  EXPECT_EQ(holes.value().named.at(0).gap.expected, std::optional<uint64_t>(42));
  EXPECT_EQ(holes.value().named.at(0).gap.received, std::optional<uint64_t>(43));
}

std::string agg_trades(std::initializer_list<const char*> rows) {
  std::string out;
  for (const char* row : rows) out += std::string(row) + "\n";
  return out;
}

// A doubled archive, the same file given twice, files that overlap, an import of yesterday: each
// trade counts once. Two trades under one id stay two.
TEST(Replay, WhatIsOnATapeTwiceCountsOnce) {
  const char* const a = "901,2801.5,0.4,1,1,1769760000100,true";
  const char* const b = "902,2801.6,0.2,2,3,1769760000100,false";
  const char* const c = "903,2801.7,1.5,4,4,1769760000900,false";
  const char* const other_b = "902,2801.4,0.9,5,5,1769760000100,true";  // another under b's id
  const Folder folder;
  const std::string once =
      folder.write("x/ETHUSDT-aggTrades-2026-01-30.csv", agg_trades({a, b, c}));
  const std::string twice =
      folder.write("y/ETHUSDT-aggTrades-2026-01-30.csv", agg_trades({a, b, c, a, b, c}));
  const std::string more =
      folder.write("z/ETHUSDT-aggTrades-2026-01.csv", agg_trades({b, other_b, c}));
  const ImportOptions options{.map = map_path("binance-archive-agg-trades-usdm")};
  const auto trades = [&](const std::string& name, const std::vector<std::string>& files) {
    for (const std::string& file : files)
      EXPECT_TRUE(import_to(folder / name, ImportFormat::csv, {file}, options).has_value());
    return replay_all(folder / name);
  };
  EXPECT_EQ(trades("once.tape", {once}).kept.all<Trade>().size(), 3u);
  const Replayed doubled = trades("twice.tape", {twice});
  EXPECT_EQ(doubled.kept.all<Trade>().size(), 3u);
  EXPECT_EQ(doubled.replay->repeated(0), 3u);
  EXPECT_EQ(doubled.replay->messages(), 6u);  // the bytes stay on the tape
  EXPECT_EQ(trades("again.tape", {once, once, once}).kept.all<Trade>().size(), 3u);
  const Replayed overlap = trades("overlap.tape", {once, more});
  EXPECT_EQ(overlap.kept.all<Trade>().size(), 4u);
  EXPECT_EQ(overlap.replay->repeated(0), 2u);
  EXPECT_EQ(sequence_holes(folder / "overlap.tape").value().repeated.size(), 1u);
}

// Liquidations of an archive have no id: two alike in one file may be two.
TEST(Replay, RowsWithoutAnIdThatAreAlikeStayTwo) {
  const Folder folder;
  const char* const row = "1769760000100,SELL,LIMIT,IOC,0.5,2790.1,2791,FILLED,0.5,0.5";
  const std::string file =
      folder.write("ETHUSDT-liquidationSnapshot-2026-01-30.csv", agg_trades({row, row}));
  ASSERT_TRUE(import_to(folder / "a.tape", ImportFormat::csv, {file},
                        {.map = map_path("binance-archive-liquidations-usdm")})
                  .has_value());
  const Replayed tape = replay_all(folder / "a.tape");
  EXPECT_EQ(tape.kept.all<Liquidation>().size(), 2u);
  EXPECT_EQ(tape.replay->repeated(0), 1u);
}

// A capture that was imported twice is one capture: the second import adds nothing.
TEST(Replay, ACaptureImportedTwiceCountsOnce) {
  const Folder folder;
  const std::string file = folder.write(
      "a.raw", "1769760000000000001 " + mark_price(1769760000000, "2801.1") +
                   "\n1769760000000000002 " + mark_price(1769760000000, "2801.1") + "\n");
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(import_to(folder / "a.tape", ImportFormat::raw, {file}, {.decoder = "binance-usdm"})
                    .has_value());
  }
  const Replayed tape = replay_all(folder / "a.tape");
  EXPECT_EQ(tape.replay->messages(), 2u);
  EXPECT_EQ(tape.kept.all<MarkPrice>().size(), 2u);  // two receipts, each once
}

// A tape of before December 2026 knows its files by another digest.
TEST(Replay, AFileOnAnOlderTapeIsKnownByItsOlderDigest) {
  const Folder folder;
  const std::string file =
      folder.write("a.raw", "1769760000000000001 " + mark_price(1769760000000, "2801.1") + "\n");
  Hasher older;
  older.add(file_digest_fnv(file).value());
  older.add("raw binance-usdm  ");
  TestTape tape(folder / "a.tape");
  ASSERT_TRUE(tape.writer->remember(fmt::format("{:016x}", older.digest()), 7).has_value());
  ASSERT_TRUE(tape.writer->close().has_value());
  const auto report =
      import_to(folder / "a.tape", ImportFormat::raw, {file}, {.decoder = "binance-usdm"});
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report.value().messages, 0u);
  ASSERT_EQ(report.value().already.size(), 1u);
  EXPECT_EQ(report.value().already[0].second, 7u);
}

TEST(Repeats, ManyAtOneInstant) {
  Repeats repeats;
  for (int pass = 0; pass < 2; ++pass) {
    for (int i = 0; i < 100; ++i)
      EXPECT_EQ(repeats.seen(Instant::ns(5), "row " + std::to_string(i), 0),
                pass == 1 ? Repeat::in_run : Repeat::none)
          << i;
  }
  EXPECT_EQ(repeats.seen(Instant::ns(6), "row 1", 0), Repeat::none);
  EXPECT_EQ(repeats.seen(Instant::ns(6), "row 1", 0), Repeat::in_run);
}

TEST(Repeats, ASecondImportShowsAsManyAndNoMore) {
  for (const int beside : {0, 40}) {  // rows of the same instant: few are listed, many are mapped
    Repeats repeats;
    for (int i = 0; i < beside; ++i) repeats.seen(Instant::ns(5), "other " + std::to_string(i), 0);
    // One run shows the row twice, the next three times: three things that are alike.
    EXPECT_EQ(repeats.seen(Instant::ns(5), "row", 0), Repeat::none);
    EXPECT_EQ(repeats.seen(Instant::ns(5), "row", 0), Repeat::in_run);
    EXPECT_EQ(repeats.seen(Instant::ns(5), "row", 1), Repeat::by_runs);
    EXPECT_EQ(repeats.seen(Instant::ns(5), "row", 1), Repeat::by_runs);
    EXPECT_EQ(repeats.seen(Instant::ns(5), "row", 1), Repeat::in_run);
    EXPECT_EQ(repeats.seen(Instant::ns(5), "row", 2), Repeat::by_runs);
  }
}

// Two liquidations that are alike and have no number are two; the file imported twice adds nothing.
TEST(Replay, AnArchiveWithoutNumbersImportedTwiceIsTheArchive) {
  const Folder folder;
  const std::string header = "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n";
  const auto row = [](int64_t second, const char* amount) {
    const int64_t us = 1769731200000000 + second * 1000000;
    return "bybit,SOLUSDT," + std::to_string(us) + "," + std::to_string(us + 900) +
           ",,sell,120.5," + amount + "\n";
  };
  for (const std::string& text : {header + row(1, "3") + row(1, "3") + row(7, "4"),
                                  header + row(7, "4")}) {  // the second: rows of one instant alone
    const std::string file = folder.write("liquidations.csv", text);
    const std::string tape_path = folder / (std::to_string(text.size()) + ".tape");
    size_t once = 0;
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(
          import_to(tape_path, ImportFormat::csv, {file}, {.map = map_path("tardis-liquidations")})
              .has_value());
      const size_t found = replay_all(tape_path).kept.all<Liquidation>().size();
      if (i == 0) once = found;
      EXPECT_EQ(found, once);
    }
    EXPECT_EQ(once, text.size() > 200 ? 3u : 1u);
  }
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
