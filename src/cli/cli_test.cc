// Goal: the program as somebody meets it: its exit codes, its errors, and a brief on what the
// repository carries.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/source_root.h"
#include "cli/run_testing.h"

namespace delever::cli {
namespace {

const std::string kFundingMap = source_root() + "/maps/binance-funding-8h.toml";

// A tape of one funding rate.
std::string funding_tape() {
  const std::string csv = scratch("f.csv"), tape = scratch("f.tape");
  save(csv,
       "symbol,funding_time_ms,funding_time_utc,funding_rate,mark_price\n"
       "BTCUSDT,1769702400000,2026-01-29T16:00:00Z,0.00004023,84898.2\n");
  EXPECT_EQ(run({"import", "csv", "--map", kFundingMap, csv, "--out", tape}).code, 0);
  return tape;
}

// That the program answers `line` with the code, and with the words on its error output.
void expect_refused(const std::vector<std::string>& line, int code, const std::string& words) {
  std::string shown;
  for (const std::string& word : line) shown += " '" + word + "'";
  const Ran ran = run(line);
  EXPECT_EQ(ran.code, code) << shown;
  EXPECT_TRUE(ran.out.empty()) << shown << "\n" << ran.out.substr(0, 200);
  EXPECT_NE(ran.err.find(words), std::string::npos) << shown << "\n" << ran.err;
}

TEST(Cli, usage_is_two_and_says_where_to_look) {
  EXPECT_EQ(run({}).code, 2);
  EXPECT_EQ(run({"nonsense"}).code, 2);
  EXPECT_EQ(run({"chain"}).code, 2);
  EXPECT_EQ(run({"brief", "--format", "pdf"}).code, 2);
  EXPECT_NE(run({"chain"}).err.find("see: delever chain --help"), std::string::npos);
  EXPECT_EQ(run({"--help"}).code, 0);
  EXPECT_NE(run({"brief", "--help"}).out.find("--claims"), std::string::npos);
}

TEST(Cli, a_row_that_was_left_out_is_named_beside_the_gauges) {
  const std::string raw = scratch("bad.raw"), tape = scratch("bad.tape");
  std::string lines;
  for (const char* mark : {"84000.5", "0", "-84000.5"})
    lines += fmt::format(
        "1769702400000000000 {{\"e\":\"markPriceUpdate\",\"E\":1769702400000,\"s\":\"BTCUSDT\","
        "\"p\":\"{}\",\"i\":\"84000\",\"r\":\"0.0001\",\"T\":1769702400000}}\n",
        mark);
  save(raw, lines);
  ASSERT_EQ(run({"import", "raw", raw, "--decoder", "binance-usdm", "--out", tape}).code, 0);
  const Ran ran = run({"gauges", "--tape", tape, "--only", "price_usd"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.err.find("2 of binance-usdm left out: markPriceUpdate:mark_price: a price that is "
                         "not positive"),
            std::string::npos)
      << ran.err;
}

TEST(Cli, words_to_choose_from_are_read_in_any_case) {
  const auto margin = [](const std::string& side, const std::string& mode) {
    return run({"margin", "--venue", "binance", "--symbol", "BTCUSDT", "--entry", "84000", "--qty",
                "1", "--leverage", "10", "--side", side, "--mode", mode});
  };
  const Ran small = margin("short", "isolated");
  ASSERT_EQ(small.code, 0) << small.err;
  EXPECT_EQ(margin("SHORT", "Isolated").out, small.out);
  EXPECT_NE(margin("Long", "isolated").out, small.out);
  EXPECT_EQ(margin("sideways", "isolated").code, 2);
}

TEST(Cli, bad_input_is_three_and_says_file_line_and_what) {
  const Ran no_tape = run({"brief", "--tape", "/nowhere.tape", "--at", "2026-01-30T00:00:00Z"});
  EXPECT_EQ(no_tape.code, 3);
  EXPECT_NE(no_tape.err.find("/nowhere.tape"), std::string::npos) << no_tape.err;
  const Ran bad_time = run({"brief", kEpisode, "--at", "yesterday"});
  EXPECT_EQ(bad_time.code, 2);
  EXPECT_NE(bad_time.err.find("--at"), std::string::npos) << bad_time.err;
  const std::string claims = scratch("claims.csv");
  save(claims,
       "claim_id,metric,asset,value,unit,window,stated_by,published,url\nC1,funding,BTC,lots,"
       "percent,,,,\n");
  const Ran bad_claim = run({"brief", kEpisode, "--claims", claims, "--format", "json"});
  EXPECT_EQ(bad_claim.code, 3);
  const auto error = nlohmann::json::parse(bad_claim.err)["error"];
  EXPECT_EQ(error["where"], claims + ":2");
  EXPECT_EQ(error["kind"], "malformed");
  EXPECT_TRUE(bad_claim.out.empty());
  const std::string text = scratch("text.tape");
  save(text, "this is not a tape");
  EXPECT_EQ(run({"tape", "info", text}).code, 3);
}

// A script's unset variable must not mean "the default" to any verb, nor 0 to an option that wants
// a number.
TEST(Cli, an_empty_value_is_refused_by_name) {
  const std::string tape = funding_tape();
  const std::vector<std::vector<std::string>> lines{
      {"brief", "--at", ""},
      {"brief", "--tape", ""},
      {"brief", "--claims", ""},
      {"brief", "--out", ""},
      {"chain", "--tape", tape, "--at", ""},
      {"chain", "--tape", ""},
      {"chain", "--snapshots", ""},
      {"chain", "--tape", tape, "--expiry", ""},
      {"gauges", "--tape", tape, "--from", ""},
      {"gauges", "--tape", tape, "--step", ""},
      {"carry", "--from", ""},
      {"demo", "--out", ""},
      {"carry", "--from", "2026-01-01", "--expiry", "27MAR26", "--spot-entry", "1",
       "--contract-entry", "2", "--spot-fee", ""},
      {"tape", "cat", tape, "--to", ""},
      {"tape", "cat", tape, "--limit", ""},
      {"tape", "export", tape, "--stream", ""},
      {"import", "csv", tape, "--map", kFundingMap, "--out", ""},
      {"conform", tape, "--rulebooks", ""},
      {"margin", "--venue", "binance", "--symbol", "BTCUSDT", "--entry", "1", "--qty", "1",
       "--mark", ""}};
  for (const auto& line : lines) expect_refused(line, 2, line[line.size() - 2] + ": is empty");
  // An element of a list as well: a move that nobody gave is not "no move".
  const auto stress = [](const std::vector<std::string>& moves) {
    std::vector<std::string> line{"stress", "--book", "nowhere.csv", "--price", "84000"};
    line.insert(line.end(), moves.begin(), moves.end());
    return line;
  };
  for (const auto& moves : std::vector<std::vector<std::string>>{
           {"--shock", "-5%,,-3%"}, {"--shock=-5%,"}, {"--shock", ",-3%"}})
    expect_refused(stress(moves), 2, "has an empty element");
  expect_refused(stress({"--shock", ","}), 2, "--shock: 1 required TEXT missing");
  EXPECT_EQ(run(stress({"--shock", "-5%", "-3%"})).err.find("element"), std::string::npos);
  expect_refused({"gauges", "--tape", tape, "--only", "oi_coins,,price_usd"}, 2, "--only");
  expect_refused({"tape", "info", ""}, 2, "tapes: is empty");
  expect_refused({"brief", ""}, 2, "episode: is empty");
  const Ran json = run({"chain", "--tape", tape, "--at", "", "--format", "json"});
  EXPECT_EQ(nlohmann::json::parse(json.err)["error"]["where"], "--at");
}

TEST(Cli, nonsense_is_named) {
  const std::string tape = funding_tape();
  expect_refused({"simulat"}, 2,
                 "no verb \"simulat\": did you mean simulate? (there are brief, verdict, gauges");
  expect_refused({"tape", "pull"}, 2,
                 "no verb \"pull\": did you mean push? (there are info, verify, cat, export, "
                 "push)");
  const auto narrow = run({"gauges", "--tape", tape, "--only", "oi_usd"});
  EXPECT_EQ(narrow.code, 4);
  EXPECT_NE(narrow.err.find("nothing of what --only names is known of BTC"), std::string::npos);
  expect_refused({"brief", tape}, 3, "not an episode folder (a tape is given by --tape)");
  EXPECT_EQ(run({"help"}).code, 0);
  EXPECT_NE(run({"help"}).out.find("simulate"), std::string::npos);
  EXPECT_NE(run({"help"}).out.find("Usage: delever [OPTIONS] SUBCOMMAND"), std::string::npos);
  EXPECT_NE(run({"help", "tape", "cat"}).out.find("Usage: delever tape cat ["), std::string::npos);
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"help", "verdict"}, {"record", "--help"}, {"--help"}}) {
    std::string out = run(words).out, line;
    for (std::istringstream lines(out); std::getline(lines, line);)
      EXPECT_LE(line.size(), Io().width) << line;
  }
  expect_refused({"tape", "info"}, 2, "see: delever tape info --help");
  expect_refused({"tape", "info"}, 2, "tapes is required: ");
  expect_refused({"tape"}, 2, "tape wants one of its verbs: info, verify, cat, export, push");
  expect_refused({"gauges"}, 2, "--tape is required: tape to read");
  expect_refused({"stress", "x.csv"}, 2,
                 "\"x.csv\" is not expected: a file goes behind its option: ");
  expect_refused({"simulate", "a.toml", "b.toml"}, 2, "\"b.toml\" is not expected: one word more");
  expect_refused({"tape", "cat", tape, "--stream", "nope"}, 3,
                 "no stream \"nope\" (there are binance:");
  expect_refused({"tape", "export", tape, "--stream", "nope"}, 3, "--stream: no stream");
  expect_refused({"tape", "cat", tape, "--limit", "-1"}, 2,
                 "--limit: want a whole number from 0: -1");
  expect_refused({"tape", "cat", tape, "--from", "soon"}, 2, "--from: not a UTC time");
  expect_refused({"chain", "--tape", tape, "--expiry", "31FEB26"}, 2, "--expiry: not an expiry");
  expect_refused({"gauges", "--tape", tape, "--to", "soon"}, 2, "--to: not a UTC time");
  expect_refused({"gauges", "--tape", tape, "--step", "1y"}, 2, "--step: not a duration");
  expect_refused({"gauges", "--tape", tape, "--from", "2026-01-01", "--step", "1ms"}, 2,
                 "--step: gives more than");
  expect_refused(
      {"gauges", "--tape", tape, "--from", "1678-01-01", "--to", "2261-12-31", "--step", "1ns"}, 2,
      "--step: gives more than");
  expect_refused(
      {"margin", "--venue", "binance", "--symbol", "BTCUSDT", "--entry", "-1", "--qty", "1"}, 2,
      "positive");
  expect_refused(
      {"margin", "--venue", "binance", "--symbol", "BTCUSDT", "--entry", "x", "--qty", "1"}, 2,
      "--entry");
  const std::string nothing = scratch("no-rulebooks");
  std::filesystem::create_directories(nothing);
  expect_refused({"conform", tape, "--rulebooks", nothing}, 3, nothing + ": holds no rulebook");
  EXPECT_EQ(run({"gauges", "--tape", tape, "--from", "now", "--to", "now"}).code,
            4);  // one moment, not two
}

// The ends of the range of times: what lies before or after them is nothing, and no overflow.
TEST(Cli, the_first_and_the_last_moment_can_be_asked_for) {
  const std::string tape = funding_tape();
  for (const char* at : {"1678-01-01", "2261-12-31T23:59:59Z"}) {
    EXPECT_EQ(run({"brief", kEpisode, "--at", at}).code, 4) << at;
    EXPECT_EQ(run({"brief", "--tape", tape, "--at", at}).code, 4) << at;
    EXPECT_EQ(run({"gauges", "--tape", tape, "--from", at, "--to", at}).code, 4) << at;
    EXPECT_EQ(run({"tape", "cat", tape, "--from", at}).code, 0) << at;
    EXPECT_EQ(run({"chain", "--tape", tape, "--at", at}).code, 4) << at;
  }
}

TEST(Cli, bad_rows_are_named_and_skipped_only_when_told) {
  const std::string csv = scratch("funding.csv"), tape = scratch("rows.tape"),
                    lenient = scratch("lenient.tape");
  save(csv,
       "symbol,funding_time_ms,funding_time_utc,funding_rate,mark_price\n"
       "BTCUSDT,1769702400000,2026-01-29T16:00:00Z,0.00004023,84898.2\n"
       "BTCUSDT,1769731200008,2026-01-30T00:00:00Z,plenty,84617.1\n");
  const Ran strict = run({"import", "csv", "--map", kFundingMap, csv, "--out", tape});
  EXPECT_EQ(strict.code, 3);
  EXPECT_NE(strict.err.find("funding.csv:3"), std::string::npos) << strict.err;
  const Ran easy = run({"import", "csv", "--map", kFundingMap, csv, "--out", lenient, "--lenient"});
  EXPECT_EQ(easy.code, 0) << easy.err;
  EXPECT_NE(easy.out.find("funding.csv:3"), std::string::npos) << easy.out;
}

TEST(Cli, a_tape_can_be_looked_into_and_exported) {
  const std::string tape = funding_tape();
  const auto info = nlohmann::json::parse(run({"tape", "info", tape, "--format", "json"}).out);
  EXPECT_EQ(info["messages"], 1);
  EXPECT_EQ(run({"tape", "verify", tape}).code, 0);
  EXPECT_NE(run({"tape", "cat", tape}).out.find("1769702400000"), std::string::npos);
  const Ran events = run({"tape", "cat", tape, "--events"});
  const auto first = nlohmann::json::parse(events.out.substr(0, events.out.find('\n')));
  EXPECT_EQ(first["event"], "funding_rate");
  EXPECT_EQ(first["rate"], "0.00004023");
  const Ran csv_out = run({"tape", "export", tape, "--table", "derivative_ticker"});
  EXPECT_TRUE(
      csv_out.out.starts_with("exchange,symbol,timestamp,local_timestamp,funding_timestamp"))
      << csv_out.out;
  EXPECT_NE(csv_out.out.find("binance-futures,BTCUSDT,1769702400000000"), std::string::npos)
      << csv_out.out;
  const Ran gauges = run({"gauges", "--tape", tape});
  EXPECT_EQ(gauges.code, 0) << gauges.err;
  EXPECT_NE(gauges.out.find("funding_rate,binance"), std::string::npos);
  EXPECT_EQ(run({"chain", "--tape", tape}).code, 4);  // no options there: refused, not zero
}

TEST(Cli, a_damaged_tape_hides_none_of_those_behind_it) {
  const std::string sound = funding_tape(), damaged = scratch("damaged.tape");
  std::string bytes = text_of(sound);
  const size_t frame = bytes.find("\x28\xb5\x2f\xfd");  // the mark of zstd
  ASSERT_NE(frame, bytes.npos);
  bytes[frame + 12] = static_cast<char>(bytes[frame + 12] ^ 0x55);
  save(damaged, bytes);
  const Ran both = run({"tape", "verify", damaged, sound});
  EXPECT_EQ(both.code, 3);
  EXPECT_NE(both.err.find("damaged.tape"), std::string::npos) << both.err;
  EXPECT_NE(both.out.find(sound + ": 1 blocks, 1 messages sound"), std::string::npos) << both.out;
}

TEST(Brief, of_the_embedded_episode) {
  const Ran ran = run({"brief", kEpisode, "--format", "json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto json = nlohmann::json::parse(ran.out);
  EXPECT_EQ(json["asset"], "BTC");
  EXPECT_NEAR(json["readings"]["liq_long_share"]["value"].get<double>(), 0.9696, 1e-4);
  EXPECT_NEAR(json["readings"]["liq_dominance_osc"]["value"].get<double>(), 0.9391, 1e-4);
  EXPECT_EQ(json["readings"]["oi_coins"]["state"], "pending");
  EXPECT_TRUE(json["readings"]["oi_coins"]["value"].is_null());
  EXPECT_EQ(json["verdict"]["answer"], "cannot_tell");
  std::map<std::string, nlohmann::json> held;
  for (const auto& claim : json["claims"]) held[claim["id"]] = claim["holds_under"];
  EXPECT_EQ(held["A01"], "liq_long_share:latest");
  EXPECT_EQ(held["A02"], "liq_dominance_osc_ma30");
  EXPECT_EQ(held["A03"], "funding_annual_day:as_hourly");
  EXPECT_EQ(run({"brief", kEpisode, "--format", "json"}).out, ran.out);  // the same bytes again
}

TEST(Brief, before_and_after_the_evidence_is_pending_not_a_number) {
  for (const char* at : {"2019-01-01T00:00:00Z", "2031-01-01T00:00:00Z"}) {
    const Ran ran = run({"brief", kEpisode, "--format", "json", "--at", at});
    ASSERT_EQ(ran.code, 4) << ran.err;  // with what is not known, and why
    const auto json = nlohmann::json::parse(ran.out);
    for (const auto& [name, reading] : json["readings"].items()) {
      for (const auto& one : reading.is_array() ? reading : nlohmann::json::array({reading})) {
        EXPECT_EQ(one["state"], "pending") << name;
        EXPECT_TRUE(one["value"].is_null()) << name << " " << one.dump();
        EXPECT_FALSE(one["reason"].get<std::string>().empty()) << name;
      }
    }
  }
}

TEST(Brief, html_is_one_file_without_holes) {
  const std::string page = scratch("brief.html");
  ASSERT_EQ(run({"brief", kEpisode, "--format", "html", "--out", page}).code, 0);
  std::ifstream in(page);
  const std::string html((std::istreambuf_iterator<char>(in)), {});
  EXPECT_NE(html.find("<svg"), html.npos);
  EXPECT_NE(html.find("holds under"), html.npos);
  for (const char* never : {">nan", "\"nan", " nan", "src=\"http", "<script", "{}"})
    EXPECT_EQ(html.find(never), html.npos) << never;
}

}  // namespace
}  // namespace delever::cli
