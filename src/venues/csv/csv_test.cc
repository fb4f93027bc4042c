// The map language, row by row: what a field may do, what is refused, and where a mistyped map is
// said to be wrong.
#include "venues/csv/csv.h"

#include <gtest/gtest.h>

#include "venues/csv/symbols.h"

namespace delever::venues::csv {
namespace {

const char* const kTop = R"(
format = 1
name = "desk:test"
venue = { value = "desk" }
channel = "test"
[instrument]
asset = { value = "BTC" }
)";

class Kept final : public codec::MessageSink {
 public:
  void on_event(const Event& event) override { events.push_back(event); }
  void on_undecoded(const codec::RawMessage&, const Error& why) override {
    errors.push_back(why.text());
  }
  std::vector<Event> events;
  std::vector<std::string> errors;
};

struct Bench {
  Bench(const std::string& map, const std::string& header) {
    auto made = CsvDecoder::make(
        {{"map", map}, {"map_name", "m.toml"}, {"header", header}, {"file.day", "20260130"}},
        instruments, 3);
    if (made.has_value()) {
      decoder = std::move(made).value();
    } else {
      error = made.error().text();
    }
  }
  std::vector<Event> read(std::string_view row, Instant received = Instant::ns(7)) {
    Kept kept;
    decoder->decode({row, received}, kept);
    last_errors = kept.errors;
    return kept.events;
  }
  Instruments instruments;
  std::unique_ptr<CsvDecoder> decoder;
  std::string error;
  std::vector<std::string> last_errors;
};

std::string with_time(const std::string& events,
                      const std::string& time = "column = \"t\"\nunit = \"ms\"") {
  return std::string(kTop) + "[time]\n" + time + "\n" + events;
}
std::string interest(const std::string& field) {
  return with_time("[[event]]\nkind = \"open_interest\"\n" + field);
}

TEST(CsvRow, QuotesCommasAndLineEnds) {
  const auto fields = [](std::string_view record) {
    codec::CsvRow row;
    const auto split = row.split(record);
    EXPECT_TRUE(split.has_value()) << record;
    std::vector<std::string> out;
    for (const std::string_view field : row.fields()) out.emplace_back(field);
    return out;
  };
  using Fields = std::vector<std::string>;
  EXPECT_EQ(fields("a,b,c\r\n"), (Fields{"a", "b", "c"}));
  EXPECT_EQ(fields(""), (Fields{""}));
  EXPECT_EQ(fields(",,"), (Fields{"", "", ""}));
  EXPECT_EQ(fields("\"\""), (Fields{""}));
  EXPECT_EQ(fields("\"a,\"\"b\"\"\",c,"), (Fields{"a,\"b\"", "c", ""}));
  EXPECT_EQ(fields("\"two\nlines\",\"\"\"\",x"), (Fields{"two\nlines", "\"", "x"}));
  EXPECT_TRUE(codec::open_quote("a,\"b"));
  EXPECT_FALSE(codec::open_quote("a,\"b\"\"\""));
}

TEST(CsvField, PointsMoveInTheTextAndAreRoundedOnce) {
  Bench b(interest("coins = { column = \"x\", unit = \"percent\" }\n"
                   "value_usd = { column = \"x\", unit = \"million\" }\n"),
          "t,x");
  ASSERT_EQ(b.error, "");
  const auto value = [&](const std::string& text) {
    return std::get<OpenInterest>(b.read("1769760000000," + text).at(0).payload);
  };
  EXPECT_EQ(value("35.77").coins, 0.3577);  // 35.77 / 100 would be 0.35770000000000002
  EXPECT_EQ(value("2.801456e-2").coins, 0.0002801456);
  EXPECT_TRUE(b.read("1769760000000,-2.801456e-2").empty());  // nobody holds less than nothing
  EXPECT_NE(b.last_errors.at(0).find("a negative open interest"), std::string::npos);
  EXPECT_EQ(value("1E+2").coins, 1.0);
  EXPECT_EQ(value("64623").value_usd, 64623e6);
  EXPECT_EQ(value(" 7 ").coins, 0.07);
  EXPECT_TRUE(b.read("1769760000000,1e2e3").empty());
  EXPECT_EQ(b.last_errors.at(0), "x: \"1e2e3\" is not a number");
  EXPECT_TRUE(b.read("1769760000000,1e99999").empty());
}

TEST(CsvField, ExactTargetsStayExact) {
  Bench b(with_time(
              "[[event]]\nkind = \"funding_rate\"\nfunding_kind = \"settled\"\n"
              "rate = { column = \"x\", unit = \"percent\" }\n[[event]]\nkind = \"open_interest\"\n"
              "contracts = { column = \"y\", half = true, round = false }\n"),
          "t,x,y");
  ASSERT_EQ(b.error, "");
  const auto events = b.read("0,0.0099090000001,12345678901.00000003");
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(std::get<FundingRate>(events[0].payload).rate.raw(), 99090000001);  // of 1e-15
  EXPECT_EQ(std::get<OpenInterest>(events[1].payload).contracts->raw(),
            617283945050000002);  // the odd half rounds up
  EXPECT_TRUE(b.read("0,1,0.000000001").empty());
  EXPECT_EQ(b.last_errors.at(0), "y: \"0.000000001\" is finer than 1e-8");
  EXPECT_TRUE(b.read("0,1e30,1").empty());
  EXPECT_NE(b.last_errors.at(0).find("beyond the range"), std::string::npos);
}

TEST(CsvField, StripSuffixMissingAndValues) {
  Bench b(
      with_time(
          "[[event]]\nkind = \"holding\"\nholder = { column = \"who\", values = { x = \"X Corp\" } "
          "}\n"
          "holder_kind = \"treasury\"\n"
          "coins = { column = \"c\", strip = [\"₿\", \",\"], missing = [\"—\", \"n/a\"] }\n"
          "value_usd = { column = \"v\", strip = [\"$\", \",\"], suffix = { M = 6, B = 9 } }\n"),
      "t,who,c,v");
  ASSERT_EQ(b.error, "");
  const auto held = [&](const std::string& row) {
    return std::get<Holding>(b.read("0," + row).at(0).payload);
  };
  EXPECT_EQ(held("x,\"₿597,325\",\"$64,623M\"").coins, 597325.0);
  EXPECT_EQ(held("x,\"₿597,325\",\"$64,623M\"").value_usd, 64623e6);
  EXPECT_EQ(held("x,₿.2,$1.5B").coins, 0.2);
  EXPECT_EQ(held("x,₿.2,$1.5B").value_usd, 1.5e9);
  EXPECT_EQ(held("x,1,$-680M").value_usd, -680e6);
  EXPECT_FALSE(held("x,—,$1M").coins);
  EXPECT_EQ(held("x,n/a,$1M").holder, "X Corp");
  EXPECT_TRUE(b.read("0,x,n/a,").empty());
  EXPECT_EQ(b.decoder->counts().no_event.at("empty row"), 1u);
  EXPECT_TRUE(b.read("0,y,1,1").empty());
  EXPECT_EQ(b.last_errors.at(0), "who: \"y\" is not among the map's values");
}

TEST(CsvField, NumbersOfASpreadsheetInItsOwnMarks) {
  Bench b("separator = \";\"\ndecimal = \",\"\nthousands = \".\"\n" +
              interest("coins = \"x\"\nvalue_usd = { column = \"y\", strip = [\"€\"], suffix = { M "
                       "= 6 } }\n"),
          "t;x;y");
  ASSERT_EQ(b.error, "");
  const auto value = [&](const std::string& text) {
    const auto events = b.read("1769760000000;" + text);
    return events.empty() ? OpenInterest() : std::get<OpenInterest>(events[0].payload);
  };
  EXPECT_EQ(value("1.234,5;7").coins, 1234.5);
  EXPECT_EQ(value("\"1.234.567,25\";€1,5M").coins, 1234567.25);
  EXPECT_EQ(value("0,25;€1,5M").value_usd, 1.5e6);
  EXPECT_EQ(value("84250;7").coins, 84250.0);
  // A point that groups nothing is no decimal mark here.
  EXPECT_FALSE(value("1.5;7").coins);
  EXPECT_EQ(b.last_errors.at(0), "x: \"1.5\" is not a number in the map's marks");
  // Commas are no separators here.
  EXPECT_FALSE(value("1,7").coins);
  EXPECT_EQ(b.last_errors.at(0), "2 fields, want 3");
}

TEST(CsvMap, MarksThatCannotBeToldApartAreRefused) {
  const std::string events = interest("coins = \"x\"\n");
  for (const char* head : {"separator = \":\"\n", "decimal = \";\"\n", "thousands = \"0\"\n",
                           "decimal = \",\"\nthousands = \",\"\n", "separator = \"\"\n"})
    EXPECT_NE(Bench(head + events, "t,x").error, "") << head;
  EXPECT_NE(Bench(with_time("[[event]]\nkind = \"open_interest\"\ncoins = \"x\"\n",
                            "column = \"t\"\nunit = \"ms\"\nahead_of_utc = \"8h\""),
                  "t,x")
                .error,
            "");
}

TEST(CsvMap, AColumnThatIsMissingIsSaidWithWhatIsThere) {
  EXPECT_NE(Bench(interest("coins = \"coins\"\n"), "t,coin,x")
                .error.find("no column \"coins\" (did you mean coin?): it has t, coin, x"),
            std::string::npos);
  EXPECT_NE(Bench(interest("coins = \"x\"\n"), "t;x")
                .error.find("its first line is \"t;x\" (separator = \";\" in the map?)"),
            std::string::npos);
}

TEST(CsvTime, UnitsPeriodsAndWhenARowIsKnown) {
  const std::string event = "[[event]]\nkind = \"open_interest\"\ncoins = \"x\"\n";
  const auto times = [&](const std::string& time, const std::string& row) {
    Bench b(with_time(event, time), "t,x,e");
    EXPECT_EQ(b.error, "") << time;
    auto read = b.decoder->read(row, std::nullopt, nullptr);
    EXPECT_TRUE(read.has_value()) << (read.has_value() ? "" : read.error().text());
    return read.has_value() ? read.value().at.text() + " " + read.value().known.text() : "";
  };
  const std::string t = "column = \"t\"\n";
  EXPECT_EQ(times(t + "unit = \"s\"", "1769760000.25,1,"),
            "2026-01-30T08:00:00.25Z 2026-01-30T08:00:00.25Z");
  EXPECT_EQ(times(t + "unit = \"us\"", "1769760000000001,1,"),
            "2026-01-30T08:00:00.000001Z 2026-01-30T08:00:00.000001Z");
  EXPECT_EQ(times(t + "unit = \"ns\"", "1769760000000000001,1,"),
            "2026-01-30T08:00:00.000000001Z 2026-01-30T08:00:00.000000001Z");
  EXPECT_EQ(times(t + "unit = \"ms_or_us\"", "1769760000000,1,"),
            "2026-01-30T08:00:00Z 2026-01-30T08:00:00Z");
  EXPECT_EQ(times(t + "unit = \"ms_or_us\"", "1769760000000000,1,"),
            "2026-01-30T08:00:00Z 2026-01-30T08:00:00Z");
  EXPECT_EQ(times(t + "unit = \"iso\"\nperiod = \"1d\"", "2026-01-30 00:00:00+00,1,"),
            "2026-01-31T00:00:00Z 2026-01-31T00:00:00Z");
  EXPECT_EQ(times(t + "unit = \"iso\"\nperiod = \"1d\"\nknown_after = \"12h\"", "2026-01-30,1,"),
            "2026-01-31T00:00:00Z 2026-01-31T12:00:00Z");
  EXPECT_EQ(
      times(t + "unit = \"ms\"\nperiod_end = { column = \"e\", unit = \"ms\", inclusive = true }",
            "1769760000000,1,1769763599999"),
      "2026-01-30T09:00:00Z 2026-01-30T09:00:00Z");
  EXPECT_EQ(times(t + "unit = \"iso\"\nreceived = { column = \"e\", unit = \"us\" }",
                  "2026-01-30,1,1769760000000000"),
            "2026-01-30T00:00:00Z 2026-01-30T08:00:00Z");
  EXPECT_EQ(times(t + "unit = \"iso\"\nperiod = \"1d\"\nprevious_weekday = true", "2026-02-02,1,"),
            "2026-01-31T00:00:00Z 2026-02-03T00:00:00Z");  // a Monday speaks of Friday, and is
                                                           // printed on Monday
  EXPECT_EQ(times("file = \"day\"\nunit = \"yyyymmdd\"\nperiod = \"1d\"", ",1,"),
            "2026-01-31T00:00:00Z 2026-01-31T00:00:00Z");
}

TEST(CsvTime, TimesThatCannotBe) {
  Bench b(with_time("[[event]]\nkind = \"open_interest\"\ncoins = \"x\"\n",
                    "column = \"t\"\nunit = \"ms\"\nperiod_end = { column = \"e\", unit = \"ms\", "
                    "inclusive = true }"),
          "t,x,e");
  ASSERT_EQ(b.error, "");
  for (const char* row : {"1,1,0", ",1,5", "1,1,", "9223372036854775807,1,5", "1,1,9223372036854",
                          "x,1,5", "1.5.5,1,9"}) {
    EXPECT_TRUE(b.read(row).empty()) << row;
    EXPECT_EQ(b.last_errors.size(), 1u) << row;
  }
  Bench late(with_time("[[event]]\nkind = \"open_interest\"\ncoins = \"x\"\n",
                       "column = \"t\"\nunit = \"iso\"\nperiod = \"100000d\""),
             "t,x");
  EXPECT_TRUE(late.read("2200-01-01,1").empty());
  EXPECT_EQ(late.last_errors.at(0), "t: beyond the years 1677 to 2262");
}

TEST(CsvMap, OneRowSeveralEventsAllOrNothing) {
  Bench b(with_time("[[event]]\nkind = \"mark_price\"\nprice = \"m\"\n"
                    "[[event]]\nkind = \"index_price\"\nprice = \"i\"\n"
                    "[[event]]\nkind = \"open_interest\"\ncoins = \"o\"\n"
                    "where = [{ column = \"u\", is = [\"coins\"] }]\n"),
          "t,m,i,o,u");
  ASSERT_EQ(b.error, "");
  const auto events = b.read("5,1.5,2.5,3,coins", Instant::ns(99));
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].received, Instant::ns(99));
  EXPECT_EQ(events[0].at, Instant::ns(5'000'000));
  EXPECT_EQ(events[0].source, 3u);
  EXPECT_EQ(b.read("5,1.5,,3,usd").size(), 1u);
  EXPECT_TRUE(
      b.read("5,1.5,2.5,bad,coins").empty());  // the good half of a bad row is not given out
  EXPECT_EQ(b.decoder->counts().messages, 3u);
  EXPECT_EQ(b.decoder->counts().events, 4u);
  EXPECT_EQ(b.decoder->counts().undecoded.at("malformed: o"), 1u);
}

TEST(CsvMap, WhereLeavesRowsOut) {
  Bench b(
      with_time(
          "[[where]]\ncolumn = \"u\"\nnot = [\"test\", \"\"]\n[[event]]\nkind = \"open_interest\"\n"
          "coins = \"x\"\n"),
      "t,x,u");
  EXPECT_EQ(b.read("5,1,real").size(), 1u);
  EXPECT_TRUE(b.read("5,1,test").empty());
  EXPECT_TRUE(b.read("rubbish,,").empty());
  EXPECT_TRUE(b.last_errors.empty());
  EXPECT_EQ(b.decoder->counts().no_event.at("row left out by the map"), 2u);
}

TEST(CsvMap, MistakesAreNamedByLine) {
  const auto fault = [](const std::string& map, const std::string& header = "t,x") {
    return Bench(map, header).error;
  };
  EXPECT_EQ(fault(interest("coins = \"y\"\n")),
            "m.toml:13: event[0].coins: the file has no column \"y\": it has t, x");
  EXPECT_EQ(fault(interest("coins = \"x\"\n"), "t,x,x"),
            "m.toml:13: event[0].coins: the file has two columns \"x\"");
  EXPECT_EQ(fault(interest("coin = \"x\"\n")), "m.toml:13: event[0].coin: unknown key");
  EXPECT_EQ(fault(interest("coins = { column = \"x\", value = \"1\" }\n")),
            "m.toml:13: event[0].coins: want one of column, value, file");
  EXPECT_EQ(fault(interest("coins = { column = \"x\", unit = \"percents\" }\n")),
            "m.toml:13: event[0].coins.unit: want one, percent, basis_points, thousand or million");
  EXPECT_EQ(fault(interest("coins = { file = \"hour\" }\n")),
            "m.toml:13: event[0].coins.file: file_name has no part {hour}");
  EXPECT_EQ(fault(with_time("[[event]]\nkind = \"order\"\n")),
            "m.toml:12: event[0].kind: a row can become book_level, book_snapshot, candle, "
            "funding_rate, holding, index_price, liquidation, liquidation_total, mark_price, "
            "open_interest, option_quote, published_figure, quote, trade, vol_index");
  EXPECT_NE(
      fault(with_time(
                "[[event]]\nkind = \"liquidation_total\"\nlong_usd = \"x\"\nshort_usd = \"x\"\n"))
          .find("wants period or period_end"),
      std::string::npos);
  EXPECT_NE(fault(with_time("")).find("a map without [[event]] makes nothing"), std::string::npos);
  EXPECT_NE(fault(interest("coins = \"x\"\n") + "[[event]]\nkind = \"vol_index\"\n")
                .find("index: missing"),
            std::string::npos);
  EXPECT_NE(fault("x").find("m.toml:1"), std::string::npos);
}

TEST(CsvSymbols, EachVenuesOwnSpelling) {
  const auto name = [](const char* grammar, const char* symbol) {
    const auto made = native_instrument(grammar, symbol);
    return made.has_value() ? made.value().venue + " " + made.value().name() : made.error().text();
  };
  EXPECT_EQ(name("binance-usdm", "BTCUSDT"), "binance BTC-USDT-PERP");
  EXPECT_EQ(name("binance-coinm", "ETHUSD_PERP"), "binance ETH-USD-PERP@ETH");
  EXPECT_EQ(name("binance-spot", "BTCUSDT"), "binance BTC-USDT");
  EXPECT_EQ(name("binance-eoptions", "BTC-240927-25000-P"), "binance BTC-USDT-240927-25000-P");
  EXPECT_EQ(name("bybit", "BTCUSD"), "bybit BTC-USD-PERP@BTC");
  EXPECT_EQ(name("bybit-spot", "BTCUSDT"), "bybit BTC-USDT");
  EXPECT_EQ(name("okx", "BTC-USDT-SWAP"), "okx BTC-USDT-PERP");
  EXPECT_EQ(name("okx", "BTC-USD-220624"), "okx BTC-USD-220624@BTC");
  EXPECT_EQ(name("deribit", "BTC-13FEB26-100000-C"), "deribit BTC-USD-260213-100000-C@BTC");
  EXPECT_EQ(name("hyperliquid", "BTC").substr(0, 15), "hyperliquid BTC");
  EXPECT_EQ(name("deribit", "BTC-13FEB"), "\"BTC-13FEB\" is not a symbol of deribit");
  EXPECT_EQ(name("ftx", "BTC-PERP"), "no symbol grammar \"ftx\"");
}

}  // namespace
}  // namespace delever::venues::csv
