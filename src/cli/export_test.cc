// Goal: what tape export writes is in the units of the format it names and comes back by the column
// maps: every venue's session through every table, and the gauges say the same after it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/file.h"
#include "base/source_root.h"
#include "base/text.h"
#include "cli/run_testing.h"
#include "render/tardis_csv.h"
#include "tape/tape.h"

namespace delever::cli {
namespace {

struct ExportedTable {
  const char *name, *map;
};
constexpr ExportedTable kTables[] = {{"trades", "tardis-trades"},
                                     {"quotes", "tardis-quotes"},
                                     {"incremental_book_L2", "tardis-incremental-book-l2"},
                                     {"liquidations", "tardis-liquidations"},
                                     {"derivative_ticker", "tardis-derivative-ticker"},
                                     {"options_chain", "tardis-options-chain"}};

// "@ bybit category=spot" begins a stream; a second passes between messages. What describes
// instruments is put on `listings` too: the archives keep it apart from their tables.
struct Session {
  std::string tape, listings;
  Instant end;
};
bool is_listing(std::string_view line) {
  for (const char* word :
       {"\"ctVal\"", "\"contractType\"", "\"szDecimals\"", "\"min_trade_amount\"", "\"tick_size\"",
        "\"contractSize\"", "\"lotSizeFilter\"", "\"fundingIntervalHours\""}) {
    if (line.find(word) != line.npos) return true;
  }
  return false;
}
Session play(const std::string& venue) {
  Session out{scratch(venue + ".tape"), scratch(venue + "-listings.tape"),
              Instant::parse("2026-01-05T01:00:00Z").value()};
  ManualClock clock(Instant::ns(0));
  auto tape = std::move(tape::TapeWriter::open_stepped(out.tape, clock, {})).value();
  auto listings = std::move(tape::TapeWriter::open_stepped(out.listings, clock, {})).value();
  tape::StreamInfo info;
  size_t streams = 0;
  const std::string text =
      read_file(source_root() + "/fixtures/wire/" + venue + ".session").value();
  for (const std::string_view line : split(text, '\n')) {
    if (line.empty() || line.starts_with('#')) continue;
    if (line.starts_with('@')) {
      const auto words = split(line.substr(2), ' ');
      info = {fmt::format("{}:{}", words[0], ++streams),
              std::string(words[0].substr(0, words[0].find('-'))),
              "",
              std::string(words[0]),
              {}};
      for (size_t i = 1; i < words.size(); ++i) {
        const size_t equals = words[i].find('=');
        info.settings.emplace(words[i].substr(0, equals), words[i].substr(equals + 1));
      }
      continue;
    }
    out.end = out.end + Duration::seconds(1);
    EXPECT_TRUE(tape->append(tape->stream(info).value(), out.end, line).has_value());
    if (is_listing(line)) {
      EXPECT_TRUE(listings->append(listings->stream(info).value(), out.end, line).has_value());
    }
  }
  EXPECT_TRUE(tape->close().has_value());
  EXPECT_TRUE(listings->close().has_value());
  return out;
}

// The tables, and the tape that they come back as; the number of rows by table.
std::string round_trip(const std::string& tape, std::map<std::string, size_t>& rows) {
  const std::string back = scratch("back.tape");
  for (const ExportedTable& table : kTables) {
    const std::string csv = scratch(std::string(table.name) + ".csv");
    const Ran written =
        run({"tape", "export", "--table", table.name, "--format", "csv", "--out", csv, tape});
    EXPECT_EQ(written.code, 0) << table.name << ": " << written.err;
    const std::string text = text_of(csv);
    rows[table.name] = static_cast<size_t>(std::count(text.begin(), text.end(), '\n')) - 1;
    if (rows[table.name] == 0) continue;
    const Ran read =
        run({"import", "csv", "--map", fmt::format("{}/maps/{}.toml", source_root(), table.map),
             csv, "--out", back});
    EXPECT_EQ(read.code, 0) << table.name << ": " << read.err << text.substr(0, 400);
  }
  return back;
}

using Readings = std::map<std::string, nlohmann::json>;
Readings gauges_of(const std::vector<std::string>& tapes, const std::string& asset, Instant at) {
  std::vector<std::string> arguments{"gauges", "--format", "json",   "--asset",
                                     asset,    "--to",     at.text()};
  for (const std::string& tape : tapes) {
    arguments.push_back("--tape");
    arguments.push_back(tape);
  }
  const Ran ran = run(arguments);
  Readings out;
  bool known = false;
  for (const std::string_view line : split(ran.out, '\n')) {
    if (line.empty()) continue;
    const auto json = nlohmann::json::parse(line);
    known = known || json["state"] != "pending";
    out[json["name"].dump() + json.value("venue", nlohmann::json()).dump() +
        json.value("expiry", nlohmann::json()).dump()] = json;
  }
  EXPECT_EQ(ran.code, known ? 0 : 4) << ran.err;
  return out;
}

// What the tables have no place for: the interval of a rate and rates that were paid, so nothing
// annual.
bool carried(const std::string& gauge) {
  for (const char* word : {"annual", "carry", "neutral"}) {
    if (gauge.starts_with("\"funding_") && gauge.find(word) != gauge.npos) return false;
  }
  return true;
}

// Venues and coins with a rate that accrues now: the only one that a ticker has.
std::set<std::string> current_rates(const std::string& tape) {
  std::set<std::string> out;
  const Ran ran = run({"tape", "cat", "--events", tape});
  EXPECT_EQ(ran.code, 0) << ran.err;
  for (const std::string_view line : split(ran.out, '\n')) {
    if (line.find("\"event\":\"funding_rate\"") == line.npos) continue;
    const auto json = nlohmann::json::parse(line);
    const std::string name = json["instrument"];
    if (json["funding_kind"] == "current")
      out.insert(json["venue"].get<std::string>() + name.substr(0, name.find('-')));
  }
  return out;
}

bool alike(const nlohmann::json& a, const nlohmann::json& b) {
  if (a.is_number() && b.is_number()) {
    const double x = a.get<double>(), y = b.get<double>();
    return std::abs(x - y) <= 1e-9 * std::max(std::abs(x), std::abs(y));
  }
  return a == b;
}

class RoundTrip : public ::testing::TestWithParam<const char*> {};

TEST_P(RoundTrip, the_gauges_say_the_same) {
  const Session session = play(GetParam());
  std::map<std::string, size_t> rows;
  const std::string back = round_trip(session.tape, rows);
  const std::set<std::string> rates = current_rates(session.tape);
  size_t compared = 0;
  for (const char* asset : {"BTC", "ETH", "SOL", "BNB", "PEPE"}) {
    const Readings before = gauges_of({session.tape}, asset, session.end);
    const Readings after = gauges_of({back, session.listings}, asset, session.end);
    for (const auto& [key, was] : before) {
      if (was["value"].is_null() || !carried(key)) continue;
      if (was["name"] == "funding_rate" && !rates.contains(was.value("venue", "") + asset))
        continue;
      ++compared;
      const auto found = after.find(key);
      if (found == after.end()) {
        ADD_FAILURE() << asset << " " << key << " is gone; was " << was.dump();
        continue;
      }
      for (const char* field : {"value", "low", "high", "state", "unit"})
        EXPECT_TRUE(alike(was[field], found->second[field]))
            << asset << " " << key << " " << field << "\n was " << was.dump() << "\n is  "
            << found->second.dump();
    }
    for (const auto& [key, is] : after) {
      if (!is["value"].is_null() && carried(key)) {
        EXPECT_TRUE(before.contains(key) && !before.at(key)["value"].is_null())
            << asset << " " << key << " came from nowhere: " << is.dump();
      }
    }
  }
  EXPECT_GT(compared, 0u);
}

// Whether the last message of a stream of book rows was whole cannot be known: rows may follow. So
// it stays behind.
std::multiset<std::string> without_last_books(const std::vector<std::string>& rows) {
  const auto part = [](const std::string& row, size_t n) {
    return std::string(split(row, ',')[n]);
  };
  std::map<std::string, std::string> last;  // by exchange, the latest time of receipt
  for (const std::string& row : rows)
    last[part(row, 0)] = std::max(last[part(row, 0)], part(row, 3));
  std::multiset<std::string> out;
  for (const std::string& row : rows) {
    if (part(row, 3) != last[part(row, 0)]) out.insert(row);
  }
  return out;
}

// A second trip writes the same rows.
TEST_P(RoundTrip, the_tables_come_back_as_they_were) {
  const Session session = play(GetParam());
  std::map<std::string, size_t> rows;
  const std::string back = round_trip(session.tape, rows);
  for (const ExportedTable& table : kTables) {
    if (rows[table.name] == 0) continue;
    const auto rows_of = [&](const std::string& tape) {
      const Ran ran = run({"tape", "export", "--table", table.name, "--format", "csv", tape});
      EXPECT_EQ(ran.code, 0) << ran.err;
      std::vector<std::string> lines;
      for (const std::string_view line : split(ran.out, '\n')) {
        if (!line.empty() && !line.starts_with("exchange,")) lines.emplace_back(line);
      }
      return lines;
    };
    const std::vector<std::string> first = rows_of(session.tape), second = rows_of(back);
    const bool books = std::string_view(table.name) == "incremental_book_L2";
    const std::multiset<std::string> want =
        books ? without_last_books(first) : std::multiset<std::string>(first.begin(), first.end());
    EXPECT_EQ(want, std::multiset<std::string>(second.begin(), second.end())) << table.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Venues, RoundTrip,
                         ::testing::Values("binance-usdm", "binance-other", "bybit", "okx",
                                           "deribit", "hyperliquid"),
                         [](const auto& one) {
                           std::string name = one.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// Units by venue, as the archives have them.
TEST(Export, units_of_the_format) {
  const std::string path = scratch("units.tape");
  ManualClock clock(Instant::ns(0));
  auto tape = std::move(tape::TapeWriter::open_stepped(path, clock, {})).value();
  const auto put = [&](const char* decoder, const char* bytes) {
    const auto stream =
        tape->stream({decoder, std::string(decoder).substr(0, 7), "", decoder, {}}).value();
    ASSERT_TRUE(tape->append(stream, Instant::ns(1'767'571'201'000'000'000), bytes).has_value());
  };
  put("okx", R"({"arg":{"channel":"opt-summary","uly":"BTC-USD"},"data":[{"instType":"OPTION",)"
             R"("instId":"BTC-USD-260130-90000-C","uly":"BTC-USD","delta":"0.31","gamma":"2.5",)"
             R"("vega":"0.0009","theta":"-0.0011","markVol":"0.45","bidVol":"0.44","askVol":)"
             R"("0.46","deltaBS":"0.33","gammaBS":"0.00003","thetaBS":"-90","vegaBS":"75",)"
             R"("ts":"1767571200500"}]})");
  put("bybit", R"({"topic":"tickers.BTCUSDT","type":"snapshot","data":{"symbol":"BTCUSDT",)"
               R"("markPrice":"70000","indexPrice":"70010","openInterest":"5000.5",)"
               R"("fundingRate":"0.0001","nextFundingTime":"1767600000000"},"cs":1,)"
               R"("ts":1767571200400})");
  put("binance-usdm", R"({"e":"markPriceUpdate","E":1767571200600,"s":"BTCUSDT","p":"70001",)"
                      R"("P":"1","i":"70011","r":"0.0002","T":1767600000000})");
  ASSERT_TRUE(tape->close().has_value());
  const auto rows = [&](const char* table) {
    const Ran ran = run({"tape", "export", "--table", table, "--format", "csv", path});
    EXPECT_EQ(ran.code, 0) << ran.err;
    return ran.out.substr(ran.out.find('\n') + 1);
  };
  // Fractions and coin greeks at OKX; one row.
  EXPECT_EQ(rows("options_chain"),
            "okex-options,BTC-USD-260130-90000-C,1767571200500000,1767571201000000,call,90000,"
            "1769760000000000,,,,,0.44,,,0.46,,0.45,BTC-USD,,0.31,2.5,0.0009,-0.0011,\n");
  // One whole row a message; both sides at Bybit, as the venue sends it.
  EXPECT_EQ(rows("derivative_ticker"),
            "bybit,BTCUSDT,1767571200400000,1767571201000000,1767600000000000,0.0001,,5000.5,,"
            "70010,70000\n"
            "binance-futures,BTCUSDT,1767571200600000,1767571201000000,1767600000000000,0.0002,,,"
            ",70011,70001\n");
}

// A message of an index alone has a row that no market has, and comes back.
TEST(Export, an_index_alone) {
  const std::string path = scratch("index.tape"), csv = scratch("index.csv");
  ManualClock clock(Instant::ns(0));
  auto tape = std::move(tape::TapeWriter::open_stepped(path, clock, {})).value();
  const auto stream = tape->stream({"i", "binance", "", "binance-coinm", {}}).value();
  ASSERT_TRUE(tape->append(stream, Instant::ns(1'767'571'201'000'000'000),
                           R"({"e":"indexPriceUpdate","E":1767571200600,"i":"BTCUSD","p":"70011"})")
                  .has_value());
  ASSERT_TRUE(tape->close().has_value());
  ASSERT_EQ(
      run({"tape", "export", "--table", "derivative_ticker", "--format", "csv", "--out", csv, path})
          .code,
      0);
  EXPECT_NE(
      text_of(csv).find("binance-delivery-index,BTCUSD,1767571200600000,1767571201000000,,,,,,"
                        "70011,\n"),
      std::string::npos)
      << text_of(csv);
  const std::string back = scratch("index-back.tape");
  const Ran read = run({"import", "csv", "--map",
                        source_root() + "/maps/tardis-derivative-ticker.toml", csv, "--out", back});
  ASSERT_EQ(read.code, 0) << read.err;
  const Ran events = run({"tape", "cat", "--events", back});
  EXPECT_NE(events.out.find("\"index_price\""), std::string::npos) << events.out;
  EXPECT_NE(events.out.find("\"70011\""), std::string::npos) << events.out;
}

// Open interest told in coins is written as contracts only where their size is known.
TEST(Export, open_interest_of_a_contract_of_unknown_size_is_named) {
  Instruments instruments;
  const auto listed = [&](const char* symbol, std::optional<Qty> size) {
    Instrument i = parse_name("SOL-USDT-PERP").value();
    i.venue = "okx", i.symbol = symbol, i.contract_size = size;
    return instruments.add(i);
  };
  const auto known = listed("SOL-USDT-SWAP", Qty::nearest(0.1).value());
  const auto unknown = listed("NEW-USDT-SWAP", std::nullopt);
  render::TardisCsv csv(render::TardisKind::derivative_ticker, instruments);
  render::TextBuffer out;
  for (const InstrumentId id : {known, unknown}) {
    const Instant at = Instant::ns(1'767'571'201'000'000'000);
    csv.write({id, 0, at, at, OpenInterest{.coins = 50}}, out);
  }
  csv.finish(out);
  EXPECT_EQ(std::string(out.view()),
            "okex-swap,SOL-USDT-SWAP,1767571201000000,1767571201000000,,,,500,,,\n");
  EXPECT_EQ(csv.unsized(), std::vector<std::string>{"okx NEW-USDT-SWAP"});
}

}  // namespace
}  // namespace delever::cli
