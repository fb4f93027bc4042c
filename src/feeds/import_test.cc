// The importer: what a bad row, a damaged archive, a shuffled file or a missing sidecar do.
#include <zip.h>

#include <array>
#include <set>
#include <tuple>

#include "base/source_root.h"
#include "feeds/feeds_testing.h"
#include "venues/registry.h"

namespace delever::feeds {
namespace {

using namespace fixture;

const char* const kMap = R"(
format = 1
name = "desk:liquidations"
venue = { value = "desk" }
channel = "liquidations"
[time]
column = "day"
unit = "iso"
period = "1d"
[instrument]
asset = "coin"
[[event]]
kind = "liquidation_total"
long_usd = "long"
short_usd = "short"
)";

std::string rows(int days) {
  std::string out = "day,coin,long,short\n";
  for (int i = 0; i < days; ++i) {
    const Instant day = time_of("2026-01-01") + Duration::days(i);
    out += day.date() + ",BTC," + std::to_string(1000 + i) + ",5.5\n";
  }
  return out;
}

Result<ImportReport> import_csv_text(const Folder& folder, const std::string& file,
                                     std::string_view text, ImportOptions options = {}) {
  options.map = folder.write("map.toml", kMap);
  return import_to(folder / "out.tape", ImportFormat::csv, {folder.write(file, text)}, options);
}

void zip_to(const std::string& path,
            const std::vector<std::pair<std::string, std::string>>& members) {
  int code = 0;
  zip_t* zip = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
  ASSERT_NE(zip, nullptr);
  for (const auto& [name, text] : members)
    zip_file_add(zip, name.c_str(), zip_source_buffer(zip, text.data(), text.size(), 0),
                 ZIP_FL_OVERWRITE);
  ASSERT_EQ(zip_close(zip), 0);
}

std::vector<double> longs(const std::string& tape) {
  std::vector<double> out;
  for (const auto& total : replay_all(tape).kept.all<LiquidationTotal>())
    out.push_back(total.long_usd);
  return out;
}

TEST(Import, PlainGzipAndZipGiveTheSameTape) {
  const Folder folder;
  const std::string map = folder.write("map.toml", kMap), text = rows(400);
  folder.write("a.csv", text);
  folder.write("b.csv.gz", gzip(text));
  // Members end to end, as `cat a.gz b.gz` and block gzip make them, and a tape drive's padding.
  folder.write("c.csv.gz",
               gzip(text.substr(0, 1000)) + gzip(text.substr(1000)) + std::string(512, '\0'));
  folder.write("named_wrongly.csv", gzip(text));
  zip_to(folder / "d.zip",
         {{"inner/d.csv", text}, {"d.csv.CHECKSUM", "not rows"}, {"__MACOSX/d.csv", "not rows"}});
  std::vector<double> first;
  for (const char* name : {"a.csv", "b.csv.gz", "c.csv.gz", "named_wrongly.csv", "d.zip"}) {
    const std::string tape = folder / (std::string(name) + ".tape");
    const auto report = import_to(tape, ImportFormat::csv, {folder / name}, {.map = map});
    ASSERT_TRUE(report.has_value()) << report.error().text();
    EXPECT_EQ(report.value().messages, 400u) << name;
    if (first.empty()) first = longs(tape);
    EXPECT_EQ(longs(tape), first) << name;
  }
  EXPECT_EQ(first.size(), 400u);
}

// The digest that a tape knows a file by is made as it is read, where the tape knows no other; that
// of a zip archive, and of any file later, by a reading of its own.
TEST(Import, AFileIsKnownAgainHoweverItsDigestWasMade) {
  const Folder folder;
  const std::string text = rows(400);
  const ImportOptions options{.map = folder.write("map.toml", kMap)};
  zip_to(folder / "d.zip", {{"d.csv", text}});
  std::vector<std::string> files{folder.write("a.csv", text), folder.write("b.csv.gz", gzip(text)),
                                 // Padding makes it large enough for a thread of its own.
                                 folder.write("c.csv.gz", gzip(text) + std::string(2 << 20, '\0')),
                                 folder / "d.zip"};
  for (const std::string& file : files) {
    const std::string tape = file + ".tape", twin = file + ".twin";
    std::filesystem::copy_file(file, twin);
    // Two alike in one command are two recordings; the same one again is one.
    const auto first = import_to(tape, ImportFormat::csv, {file, twin, file}, options);
    ASSERT_TRUE(first.has_value()) << first.error().text();
    EXPECT_EQ(first.value().messages, 800u) << file;
    ASSERT_EQ(first.value().already.size(), 1u) << file;
    EXPECT_EQ(first.value().already[0].second, 400u) << file;
    for (const std::string& again : {file, twin}) {
      const auto second = import_to(tape, ImportFormat::csv, {again}, options);
      ASSERT_TRUE(second.has_value()) << second.error().text();
      EXPECT_EQ(second.value().messages, 0u) << again;
      EXPECT_EQ(second.value().already.size(), 1u) << again;
    }
  }
  for (const std::string& file : files) {
    const auto known = import_to(folder / "all.tape", ImportFormat::csv, {file}, options);
    ASSERT_TRUE(known.has_value()) << known.error().text();
    EXPECT_EQ(known.value().messages, 400u) << file;
  }
}

TEST(Import, AByteOrderMarkIsNoPartOfTheFirstField) {
  const Folder folder;
  const std::string mark = "\xEF\xBB\xBF", text = rows(3), body = text.substr(text.find('\n') + 1);
  const std::string bare =
      std::string("header = \"absent\"\ncolumns = [\"day\", \"coin\", \"long\", \"short\"]\n") +
      kMap;
  const std::string map = folder.write("map.toml", kMap),
                    bare_map = folder.write("bare.toml", bare);
  for (const auto& [name, content, how] : std::vector<std::array<std::string, 3>>{
           {"named", mark + text, map}, {"bare", mark + body, bare_map}}) {
    const std::string tape = folder / (name + ".tape");
    const auto report =
        import_to(tape, ImportFormat::csv, {folder.write(name + ".csv", content)}, {.map = how});
    ASSERT_TRUE(report.has_value()) << report.error().text();
    EXPECT_EQ(longs(tape), (std::vector<double>{1000, 1001, 1002})) << name;
  }
}

// An order of which nothing was filled has an average of 0 in the archive, and none here.
TEST(Import, AnOrderWithoutAFillHasNoAverage) {
  const Folder folder;
  const std::string file = folder.write("BTCUSDT-liquidationSnapshot-2026-01-30.csv",
                                        "1769760000000,SELL,LIMIT,IOC,0.5,84000,0,NEW,0,0\n"
                                        "1769760001000,SELL,LIMIT,IOC,0.5,84000,83990.5,FILLED,"
                                        "0.5,0.5\n");
  const std::string tape = folder / "orders.tape";
  const auto report =
      import_to(tape, ImportFormat::csv, {file},
                {.map = source_root() + "/maps/binance-archive-liquidations-usdm.toml"});
  ASSERT_TRUE(report.has_value()) << report.error().text();
  const auto orders = replay_all(tape).kept.all<Liquidation>();
  ASSERT_EQ(orders.size(), 2u);
  EXPECT_FALSE(orders[0].average_price);
  EXPECT_EQ(orders[0].price()->text(), "84000");
  EXPECT_EQ(orders[1].price()->text(), "83990.5");
}

TEST(Import, AZipMayHoldSeveralFiles) {
  const Folder folder;
  const std::string text = rows(4);
  const std::string head = text.substr(0, text.find('\n') + 1);
  zip_to(folder / "two.zip",
         {{"a.csv", head + "2026-01-02,BTC,2,0\n"}, {"b.csv", head + "2026-01-01,BTC,1,0\n"}});
  const auto report = import_to(folder / "out.tape", ImportFormat::csv, {folder / "two.zip"},
                                {.map = folder.write("map.toml", kMap)});
  ASSERT_TRUE(report.has_value()) << report.error().text();
  EXPECT_EQ(longs(folder / "out.tape"), (std::vector<double>{1, 2}));
}

TEST(Import, DamagedArchivesAreErrorsThatSayWhere) {
  const Folder folder;
  const std::string map = folder.write("map.toml", kMap), text = rows(5000), packed = gzip(text);
  const auto fault = [&](const std::string& name, std::string_view bytes) {
    const auto report = import_to(folder / "out.tape", ImportFormat::csv,
                                  {folder.write(name, bytes)}, {.map = map});
    EXPECT_FALSE(report.has_value()) << name;
    return report.has_value() ? std::string() : report.error().text();
  };
  EXPECT_NE(fault("cut.csv.gz", packed.substr(0, packed.size() / 2))
                .find("cut.csv.gz: damaged gzip data near byte "),
            std::string::npos);
  std::string flipped = packed;
  flipped[packed.size() - 6] =
      static_cast<char>(flipped[packed.size() - 6] ^ 1);  // in the checksum
  EXPECT_NE(fault("flipped.csv.gz", flipped).find("incorrect data check"), std::string::npos);
  EXPECT_NE(fault("tail.csv.gz", packed + "more").find("damaged gzip data near byte"),
            std::string::npos);

  zip_to(folder / "good.zip", {{"a.csv", text}});
  std::ifstream in(folder / "good.zip", std::ios::binary);
  const std::string zipped{std::istreambuf_iterator<char>(in), {}};
  EXPECT_NE(
      fault("cut.zip", zipped.substr(0, zipped.size() / 2)).find("cut.zip: damaged zip archive"),
      std::string::npos);
  std::string bent = zipped;
  bent[200] = static_cast<char>(bent[200] ^ 0x55);
  EXPECT_NE(fault("bent.zip", bent).find("bent.zip:a.csv: damaged zip member after "),
            std::string::npos);
  zip_to(folder / "none.zip", {{"readme.txt", "hello"}});
  const auto none =
      import_to(folder / "out.tape", ImportFormat::csv, {folder / "none.zip"}, {.map = map});
  ASSERT_FALSE(none.has_value());
  EXPECT_NE(
      none.error().text().find("none.zip: a zip archive of 1 files, none of them to be imported"),
      std::string::npos);
}

TEST(Import, ABadRowIsNamedByFileAndLine) {
  const Folder folder;
  const auto why = [&](const std::string& row) {
    const auto report =
        import_csv_text(folder, "a.csv", "day,coin,long,short\r\n\r\n2026-01-01,BTC,1,2\r\n" + row);
    EXPECT_FALSE(report.has_value()) << row;
    const std::string text = report.has_value() ? "" : report.error().text();
    return text.substr(std::min(text.size(), text.rfind('/') + 1));
  };
  EXPECT_EQ(why("2026-01-02,BTC,much,2\n"), "a.csv:4:long: \"much\" is not a finite number");
  EXPECT_EQ(why("2026-01-02,BTC,,2\n"), "a.csv:4:long: missing");
  EXPECT_EQ(why("2026-01-02,BTC,nan,2\n"), "a.csv:4:long: \"nan\" is not a finite number");
  EXPECT_EQ(why("2026-01-02,BTC,-1,2\n"), "a.csv:4:long: negative");
  EXPECT_EQ(why("2026-01-02,BTC,1\n"), "a.csv:4: 3 fields, want 4");
  EXPECT_EQ(why("2026-02-30,BTC,1,2\n"),
            "a.csv:4:day: not a UTC time: \"2026-02-30\" (want 2026-01-30T08:00:00Z)");
  EXPECT_EQ(why("2026-01-02,,1,2\n"), "a.csv:4:coin: missing");
  EXPECT_EQ(why("2026-01-02,B\"T\"C,1,2\n"),
            "a.csv:4: field 2: a quote inside a field that does not begin with one");
  EXPECT_EQ(why("2026-01-02,\"BTC,1,2\n2026-01-03,BTC,1,2\n"),
            "a.csv:4: field 2: a quote that never closes");
  EXPECT_EQ(why("2026-01-02,\"B\nC\",1,2\n2026-01-03,\"BTC\"x,1,2\n"),
            "a.csv:6: field 2: text after the closing quote");
}

TEST(Import, LenientSkipsAndCounts) {
  const Folder folder;
  const auto report =
      import_csv_text(folder, "a.csv",
                      "day,coin,long,short\n2026-01-01,BTC,1,2\n2026-01-02,\"BTC,1,2\n"
                      "2026-01-03,BTC,3,2\nrubbish\n2026-01-05,BTC,5,2",
                      {.lenient = true});
  ASSERT_TRUE(report.has_value()) << report.error().text();
  EXPECT_EQ(report.value().messages, 3u);
  EXPECT_EQ(report.value().skipped, 2u);
  ASSERT_EQ(report.value().bad_rows.size(), 2u);
  EXPECT_NE(report.value().bad_rows[0].find("a.csv:3: field 2"), std::string::npos);
  EXPECT_NE(report.value().bad_rows[1].find("a.csv:5: 1 fields"), std::string::npos);
  EXPECT_EQ(longs(folder / "out.tape"),
            (std::vector<double>{1, 3, 5}));  // one stray quote spoils one row
}

TEST(Import, ALastRowWithoutALineEndIsNamed) {
  const Folder folder;
  const std::string rows = "day,coin,long,short\n2026-01-01,BTC,1,2\n2026-01-02,BTC,3,40000";
  const auto cut = import_csv_text(folder, "a.csv", rows.substr(0, rows.size() - 2));
  ASSERT_TRUE(cut.has_value()) << cut.error().text();
  EXPECT_EQ(cut.value().messages, 2u);
  ASSERT_EQ(cut.value().unended.size(), 1u);
  EXPECT_TRUE(cut.value().unended[0].ends_with("a.csv:3")) << cut.value().unended[0];
  const auto whole = import_csv_text(folder, "b.csv", rows + "\r\n");
  ASSERT_TRUE(whole.has_value()) << whole.error().text();
  EXPECT_TRUE(whole.value().unended.empty());
}

TEST(Import, OutOfOrderRowsEndInOrderOfTime) {
  const Folder folder;
  std::string text = "day,coin,long,short\n";
  for (int i = 0; i < 3000; ++i) {
    const int day = i * 1009 % 3000;
    text += (time_of("2015-01-01") + Duration::days(day)).date() + ",BTC," + std::to_string(day) +
            ",0\n";
  }
  for (const size_t chunk : {size_t{4096}, size_t{64} << 20}) {  // many sorted runs, and one
    const auto report = import_csv_text(folder, "a.csv", text, {.chunk_bytes = chunk});
    ASSERT_TRUE(report.has_value()) << report.error().text();
    const std::vector<double> got = longs(folder / "out.tape");
    ASSERT_EQ(got.size(), 3000u);
    for (size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i], static_cast<double>(i));
    std::filesystem::remove(folder / "out.tape");
  }
}

TEST(Import, AnotherHeaderIsAnotherStream) {
  const Folder folder;
  ASSERT_TRUE(
      import_csv_text(folder, "a.csv", "day,coin,long,short\n2026-01-01,BTC,1,2\n").has_value());
  const auto second = import_csv_text(folder, "b.csv",
                                      "\xEF\xBB\xBF"
                                      "coin,short,long,day,note\nBTC,2,9,2026-01-02,\n");
  ASSERT_TRUE(second.has_value()) << second.error().text();
  EXPECT_TRUE(second.value().streams[0].starts_with("desk:liquidations~"));
  EXPECT_EQ(longs(folder / "out.tape"), (std::vector<double>{1, 9}));
  const auto missing = import_csv_text(folder, "c.csv", "coin,long,day\nBTC,9,2026-01-02\n");
  ASSERT_FALSE(missing.has_value());
  EXPECT_NE(missing.error().text().find("c.csv:1:"), std::string::npos);
  EXPECT_NE(missing.error().text().find("event[0].short_usd: the file has no column \"short\""),
            std::string::npos);
}

TEST(Import, FilesThatAreNotThere) {
  const Folder folder;
  const auto absent = import_to(folder / "out.tape", ImportFormat::csv, {folder / "absent.csv"},
                                {.map = folder.write("map.toml", kMap)});
  ASSERT_FALSE(absent.has_value());
  EXPECT_EQ(absent.error().fault, Fault::unavailable);
  EXPECT_NE(absent.error().text().find("absent.csv: No such file"), std::string::npos);
  EXPECT_FALSE(import_csv_text(folder, "empty.csv", "").has_value());
}

const char* const kTrade =
    R"({"e":"aggTrade","E":1769760000003,"a":1,"s":"BTCUSDT","p":"84250.00","q":"0.5","f":1,)"
    R"("l":1,"T":1769760000001,"m":true})";

TEST(Import, JsonLinesTakeTheirTimesFromTheSidecar) {
  const Folder folder;
  const std::string two = std::string(kTrade) + "\n" + kTrade + "\n";
  const std::string ns = folder.write("binance-usdm/a.jsonl", two);
  folder.write("binance-usdm/a.recv", "1769760000002000001\n1769760000002000002\n");
  const std::string seconds = folder.write("binance-usdm/b.jsonl", two);
  folder.write("binance-usdm/b.recv", "1769760000.25\n1769760001.5000001\n");
  const auto report = import_to(folder / "out.tape", ImportFormat::jsonl, {ns, seconds}, {});
  ASSERT_TRUE(report.has_value()) << report.error().text();
  EXPECT_EQ(report.value().events, 4u);
  const Replayed tape = replay_all(folder / "out.tape");
  ASSERT_EQ(tape.kept.events.size(), 4u);
  EXPECT_EQ(tape.kept.events[0].received, Instant::ns(1769760000002000001));
  EXPECT_EQ(tape.kept.events[1].received, Instant::ns(1769760000002000002));
  EXPECT_EQ(tape.kept.events[2].received, Instant::ns(1769760000250000000));
  EXPECT_EQ(tape.kept.events[3].received, Instant::ns(1769760001500000100));
  EXPECT_EQ(tape.kept.events[3].at, Instant::from_ms(1769760000001).value());

  folder.write("binance-usdm/a.recv", "1769760000002000001\n");
  const auto shorter = import_to(folder / "short.tape", ImportFormat::jsonl, {ns}, {});
  ASSERT_FALSE(shorter.has_value());
  EXPECT_NE(shorter.error().text().find("a.recv:1: the sidecar is shorter than its file"),
            std::string::npos)
      << shorter.error().text();
}

TEST(Import, JsonLinesWithoutASidecar) {
  const Folder folder;
  const std::string acknowledged = std::string(R"({"result":null,"id":1})") + "\n" + kTrade + "\n";
  const std::string file = folder.write("a.jsonl", acknowledged);
  const auto unnamed = import_to(folder / "x.tape", ImportFormat::jsonl, {file}, {});
  ASSERT_FALSE(unnamed.has_value());
  EXPECT_NE(unnamed.error().text().find("name a decoder"), std::string::npos);

  // The message's own time, which the acknowledgement before it shares.
  ASSERT_TRUE(
      import_to(folder / "own.tape", ImportFormat::jsonl, {file}, {.decoder = "binance-usdm"})
          .has_value());
  const Replayed own = replay_all(folder / "own.tape");
  EXPECT_EQ(own.replay->messages(), 2u);
  ASSERT_EQ(own.kept.events.size(), 1u);
  EXPECT_EQ(own.kept.events[0].received, own.kept.events[0].at);

  const Instant given = time_of("2026-02-01T12:00:00Z");
  const auto report = import_to(folder / "given.tape", ImportFormat::jsonl, {file},
                                {.decoder = "binance-usdm", .received = given});
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report.value().first, given);
  EXPECT_EQ(replay_all(folder / "given.tape").kept.events[0].received, given);

  const std::string timeless = folder.write("b.jsonl", "{\"result\":null,\"id\":1}\n");
  const auto none =
      import_to(folder / "x.tape", ImportFormat::jsonl, {timeless}, {.decoder = "binance-usdm"});
  ASSERT_FALSE(none.has_value());
  EXPECT_NE(none.error().text().find("give a time of receipt"), std::string::npos);
}

TEST(Import, RequestsBecomeStreamsOfTheirOwn) {
  const Folder folder;
  const std::string depth =
      R"({"lastUpdateId":7,"E":1769760000003,"T":1769760000001,"bids":[["1.5","2"]],)"
      R"("asks":[["1.6","3"]]})";
  const std::string file = folder.write("binance-usdm/depth.jsonl", depth + "\n" + depth + "\n");
  folder.write("binance-usdm/depth.urls",
               "https://fapi.binance.com/fapi/v1/depth?symbol=SUSHIUSDT&limit=1000\n"
               "https://fapi.binance.com/fapi/v1/depth?symbol=AKROUSDT&limit=1000\n");
  const auto report = import_to(folder / "out.tape", ImportFormat::jsonl, {file}, {});
  ASSERT_TRUE(report.has_value()) << report.error().text();
  const Replayed tape = replay_all(folder / "out.tape");
  ASSERT_EQ(tape.replay->sources().size(), 2u);
  EXPECT_EQ(tape.replay->sources()[0].channel, "/fapi/v1/depth");
  ASSERT_EQ(tape.kept.events.size(), 2u);
  EXPECT_EQ(tape.instrument(tape.kept.events[0]).symbol, "SUSHIUSDT");
  EXPECT_EQ(tape.instrument(tape.kept.events[1]).symbol, "AKROUSDT");
}

// What is on a tape twice, found without the replay: each message of a stream that has had the same
// bytes at the same time before, and the events that it decodes to.
struct Repeated {
  uint64_t messages = 0, events = 0;
};
Repeated repeated_messages(const std::string& path) {
  struct Counting final : codec::MessageSink {
    void on_event(const Event&) override { ++events; }
    void on_undecoded(const codec::RawMessage&, const Error&) override {}
    uint64_t events = 0;
  };
  Repeated out;
  Instruments instruments;
  auto reader = tape::TapeReader::open(path).value();
  std::vector<std::unique_ptr<codec::Decoder>> decoders;
  for (const tape::StreamInfo& info : reader->streams())
    decoders.push_back(venues::make_decoder(info.decoder, info.settings, instruments, 0).value());
  std::set<std::tuple<tape::StreamNumber, Instant, std::string>> before;
  while (const auto message = reader->next().value()) {
    Counting counting;
    decoders[message->stream - 1]->decode({message->bytes, message->received}, counting);
    if (before.emplace(message->stream, message->received, message->bytes).second) continue;
    ++out.messages;
    out.events += counting.events;
  }
  return out;
}

TEST(Import, EveryRecordedFileOfTheVenuesComesThrough) {
  SKIP_WITHOUT_DATA(wire, "wire");
  const Folder folder;
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(wire)) {
    const std::string path = entry.path().string();
    if (path.ends_with(".jsonl") && !entry.path().filename().string().starts_with("expected"))
      files.push_back(path);
  }
  std::sort(files.begin(), files.end());
  ASSERT_GT(files.size(), 100u);
  uint64_t messages = 0;
  for (const std::string& path : files) {
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) messages += !line.empty();
  }
  const auto report = import_to(folder / "out.tape", ImportFormat::jsonl, files,
                                {.received = time_of("2026-11-22")});
  ASSERT_TRUE(report.has_value()) << report.error().text();
  EXPECT_EQ(report.value().messages, messages);
  EXPECT_EQ(report.value().first,
            time_of("2021-04-17T16:43:06.801375Z"));  // of the one session recorded in 2021-04
  const Replayed tape = replay_all(folder / "out.tape");
  EXPECT_EQ(tape.replay->messages(), messages);
  // The import counts what every message decodes to; a replay gives what is in two files once.
  const Repeated repeated = repeated_messages(folder / "out.tape");
  EXPECT_GT(repeated.messages, 0u);
  uint64_t told = 0;
  for (SourceId id = 0; id < tape.replay->sources().size(); ++id) told += tape.replay->repeated(id);
  EXPECT_EQ(told, repeated.messages);
  EXPECT_EQ(tape.kept.events.size() + repeated.events, report.value().events);
}

TEST(Import, UndecodedMessagesAreKeptAndCounted) {
  const Folder folder;
  const std::string broken = "1769760000000000000 {\"e\":\"aggTrade\",\"s\":\n";
  const std::string file =
      folder.write("a.txt", broken + "1769760000000000001 " + std::string(kTrade) + "\nno time\n");
  const auto strict =
      import_to(folder / "x.tape", ImportFormat::raw, {file}, {.decoder = "binance-usdm"});
  ASSERT_FALSE(strict.has_value());
  EXPECT_NE(strict.error().text().find("a.txt:3: want the receive time in nanoseconds"),
            std::string::npos);
  const auto report =
      import_to(folder / "out.tape", ImportFormat::raw, {file},
                {.decoder = "binance-usdm", .settings = {{"symbol", "BTCUSDT"}}, .lenient = true});
  ASSERT_TRUE(report.has_value()) << report.error().text();
  EXPECT_EQ(report.value().messages, 2u);
  EXPECT_EQ(report.value().skipped, 1u);
  EXPECT_EQ(report.value().undecoded.size(), 1u);
  const Replayed tape = replay_all(folder / "out.tape");
  ASSERT_EQ(tape.kept.undecoded.size(), 1u);
  EXPECT_EQ(tape.kept.undecoded[0].stream, "binance-usdm:BTCUSDT");
  EXPECT_EQ(tape.kept.undecoded[0].bytes, "{\"e\":\"aggTrade\",\"s\":");
  EXPECT_EQ(tape.kept.events.size(), 1u);
}

TEST(Import, WhatAVenueRefusedIsSaidInItsWords) {
  const Folder folder;
  const std::string line =
      "1769760000000000000 {\"event\":\"error\",\"code\":\"60018\",\"msg\":\"channel:bookz "
      "doesn't exist.\",\"connId\":\"a\"}\n";
  std::string many;
  for (int i = 0; i < 20; ++i) many += line;
  const auto report = import_to(folder / "out.tape", ImportFormat::raw,
                                {folder.write("a.txt", many)}, {.decoder = "okx"});
  ASSERT_TRUE(report.has_value()) << report.error().text();
  EXPECT_EQ(report.value().undecoded.at("refused by the venue"), 20u);
  ASSERT_EQ(report.value().refusals.size(), 1u);
  EXPECT_NE(report.value().refusals[0].find("60018 channel:bookz doesn't exist."),
            std::string::npos)
      << report.value().refusals[0];
}

}  // namespace
}  // namespace delever::feeds
