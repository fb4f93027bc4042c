// What somebody meets in the first hour: a name that is mistyped, a file that is not what it was
// taken for, a run that must not leave anything behind. Every line here was such a line.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "base/source_root.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/program_testing.h"
#include "cli/run_testing.h"

namespace delever::cli {
namespace {

namespace fs = std::filesystem;

std::string ours(const std::string& path) { return source_root() + "/" + path; }

std::string file(const std::string& name, std::string_view text) {
  const std::string path = scratch(name);
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

void expect_said(const Ran& ran, int code, std::initializer_list<const char*> parts) {
  EXPECT_EQ(ran.code, code) << ran.err;
  for (const char* part : parts)
    EXPECT_NE(ran.err.find(part), std::string::npos) << "not said: " << part << "\n" << ran.err;
}

TEST(FirstHour, ANameThatIsMistypedIsAnsweredWithTheOneThatWasMeant) {
  const std::string day = ours("samples/day.tape");
  expect_said(run({"gauges", "--tape", day, "--only", "fundng_rate"}), 2,
              {"did you mean funding_rate?"});
  expect_said(run({"explain", "oi_coin"}), 2, {"did you mean oi_coins?"});
  const std::string out = scratch("x.tape"), funding = ours("samples/funding.csv");
  expect_said(run({"import", "csv", "--map", "maps/binance-funding-8.toml", funding, "--out", out}),
              3, {"did you mean maps/binance-funding-8h.toml?"});
  expect_said(run({"import", "csv", "--map", "bananas.toml", funding, "--out", out}), 3,
              {"maps/binance-funding-8h.toml reads it"});
  EXPECT_FALSE(fs::exists(out));
}

TEST(FirstHour, AFileSaysWhichMapIsForIt) {
  const std::string out = scratch("x.tape");
  expect_said(run({"import", "csv", ours("samples/funding.csv"), "--out", out}), 2,
              {"csv wants --map FILE", "maps/binance-funding-8h.toml reads it"});
  // The wrong map: the error, and the right one.
  expect_said(run({"import", "csv", "--map", ours("maps/ibit-flows-daily.toml"),
                   ours("samples/funding.csv"), "--out", out}),
              3, {"the file has no column", "maps/binance-funding-8h.toml reads it"});
  const std::string semicolons = file(
      "semi.csv", "symbol;ts_utc;liq_long_usd;liq_short_usd\nBTC;2026-01-03 00:00:00+00;1;2\n");
  expect_said(run({"import", "csv", semicolons, "--out", out}), 2,
              {"maps/coinglass-liquidations-daily.toml has its columns", "separator = \";\""});
  expect_said(run({"import", "csv", file("own.csv", "when,what\n1,2\n"), "--out", out}), 2,
              {"none of the", "docs/column-maps.md"});
  expect_said(run({"import", "csv", "--map", ours("maps/binance-funding-8h.toml"),
                   file("wide.csv", "\xFF\xFE" + std::string("s\0,\0", 4)), "--out", out}),
              3, {"UTF-16"});
  EXPECT_FALSE(fs::exists(out));
}

TEST(FirstHour, ATableGivenAsACaptureIsSaidToBeOne) {
  const std::string out = scratch("x.tape");
  for (const char* format : {"raw", "jsonl"}) {
    expect_said(run({"import", format, ours("samples/funding.csv"), "--decoder", "binance-usdm",
                     "--out", out}),
                3, {"delever import csv --map", "maps/binance-funding-8h.toml reads it"});
    EXPECT_FALSE(fs::exists(out));
    // Nothing in it is no tape either.
    expect_said(run({"import", format, file("blank", "\n\n"), "--decoder", "okx", "--out", out}), 3,
                {"nothing to import"});
    EXPECT_FALSE(fs::exists(out));
  }
  for (const char* format : {"raw", "jsonl"}) {
    const Ran ran = run({"import", format, ours(fmt::format("samples/capture.{}", format)),
                         "--decoder", "binance-usdm", "--out", scratch("capture.tape")});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(ran.out.substr(0, 11), "81 messages") << ran.out;
  }
}

// The worked example of docs/column-maps.md.
TEST(FirstHour, ASpreadsheetInTheMarksOfItsCountryIsRead) {
  const std::string page = text_of(ours("docs/column-maps.md"));
  const size_t begin = page.find("```toml\n", page.find("## A spreadsheet")) + 8;
  const std::string map = file("desk.toml", page.substr(begin, page.find("```", begin) - begin));
  const std::string table =
      file("trades.csv",
           "\xEF\xBB\xBFMy trades of January;;;\r\nDatum;Menge;Kurs;Seite\r\n"
           "30.01.2026 09:15;0,25;84.250,50;Kauf\r\n30.01.2026 09:16;\"1,5\";84.251;Verkauf\r\n");
  const std::string tape = scratch("desk.tape");
  const Ran ran = run({"import", "csv", "--map", map, table, "--out", tape});
  EXPECT_EQ(ran.code, 0) << ran.err;
  const Ran events = run({"tape", "cat", "--events", tape});
  for (const char* part : {"\"at\":\"2026-01-30T08:15:00Z\"", "84250.5", "0.25", "\"buy\"",
                           "\"at\":\"2026-01-30T08:16:00Z\"", "84251", "1.5", "\"sell\""})
    EXPECT_NE(events.out.find(part), std::string::npos) << part << "\n" << events.out;
}

TEST(FirstHour, AWordOfSeveralKindsIsExplainedWithItsUnit) {
  for (const auto& [word, unit] : std::map<std::string, std::string>{
           {"funding_annual", "in fraction_per_year, a share a year"},
           {"price_usd", "in USD_per_coin, dollars a coin"},
           {"oi_coins", "in coins"}}) {
    const Ran ran = run({"explain", word});
    EXPECT_EQ(ran.code, 0);
    EXPECT_NE(ran.out.find(unit), std::string::npos) << ran.out;
  }
  const Ran map = run({"explain", "coinglass-liquidations-daily"});
  EXPECT_NE(map.out.find("symbol, liq_long_usd, liq_short_usd"), std::string::npos) << map.out;
  const Ran help = run({"help", "import"});
  for (const char* line : {"delever import raw ", "delever import jsonl ", "delever import csv "})
    EXPECT_NE(help.out.find(line), std::string::npos) << line;
}

TEST(FirstHour, AClockThatRunsAheadIsSaid) {
  const std::string tape = scratch("ahead.tape");
  // Stamped 3 s later than it was received.
  const std::string capture =
      file("ahead.raw",
           "1767571200100000000 {\"e\":\"aggTrade\",\"E\":1767571203101,\"s\":\"BTCUSDT\",\"a\":1,"
           "\"p\":\"90000.00\",\"q\":\"0.250\",\"f\":1,\"l\":1,\"T\":1767571203100,\"m\":false}\n");
  ASSERT_EQ(run({"import", "raw", capture, "--decoder", "binance-usdm", "--out", tape}).code, 0);
  const Ran info = run({"tape", "info", tape});
  EXPECT_NE(info.out.find("warning: 1 of them are stamped up to 3 s later"), std::string::npos)
      << info.out;
  EXPECT_EQ(run({"tape", "info", ours("samples/day.tape")}).out.find("warning"), std::string::npos);
}

TEST(FirstHour, WhoIsToldIsReadBeforeAnythingIsWritten) {
  const std::string out = scratch("alerts.txt"), day = ours("samples/day.tape");
  for (const auto& [option, value] : std::map<std::string, std::string>{
           {"--webhook", "ftp://nowhere"}, {"--secret-file", scratch("nowhere")}}) {
    const Ran ran = run({"alerts", "test", ours("rules/alerts.toml"), "--tape", day, "--step",
                         "12h", "--out", out, option, value});
    EXPECT_TRUE(ran.code == 2 || ran.code == 3) << ran.code;
    EXPECT_FALSE(fs::exists(out)) << option;
  }
  // Days that the tape does not have are not gone through one by one.
  EXPECT_EQ(run({"alerts", "test", ours("rules/alerts.toml"), "--tape", day, "--from",
                 "1900-01-01T00:00:00Z", "--step", "1000d"})
                .code,
            0);
  expect_said(
      run({"record", "binance:BTCUSDT", "--out", scratch("r.tape"), "--status-every", "1ns"}), 2,
      {"--status-every"});
  expect_said(run({"twin", "binance", "--tape", day, "--once", "--lifetime", "-5s"}), 2,
              {"--lifetime"});
}

// A file of somebody's own that has the name of one of ours is not touched.
TEST(FirstHour, FilesBesideATapeAreNotTakenForOurs) {
  const std::string tape = scratch("mine.tape");
  std::ofstream(tape + "-lock") << "my notes";
  expect_said(run({"import", "csv", "--map", ours("maps/binance-funding-8h.toml"),
                   ours("samples/funding.csv"), "--out", tape}),
              3, {"is no lock of a tape"});
  EXPECT_EQ(text_of(tape + "-lock"), "my notes");
  fs::remove(tape + "-lock");
}

TEST(FirstHour, LongLinesAreFoldedBetweenWords) {
  EXPECT_EQ(folded("  one two three four five\nsix\n", 40), "  one two three four five\nsix\n");
  EXPECT_EQ(folded("  gauge   a long reason that goes on", 30),
            "  gauge   a long reason that\n      goes on");
  EXPECT_EQ(folded("averyveryverylongwordthatcannotbefolded x", 30),
            "averyveryverylongwordthatcannotbefolded x");
  // A letter of two bytes is one column.
  EXPECT_EQ(folded("ääääääääääääääääääää äää", 24), "ääääääääääääääääääää äää");
  const std::string brief = run({"brief", "--tape", ours("samples/day.tape")}).out;
  for (const std::string_view line : split(folded(brief, 80), '\n'))
    EXPECT_LE(line.size(), 80u) << line;
}

// The number of a closed standard stream must not become that of a file.
TEST(FirstHour, WhatIsPrintedWithoutAStreamGoesIntoNoFile) {
  const std::string folder = scratch("closed");
  fs::create_directories(folder);
  const auto run_closed = [&](int stream, std::vector<std::string> words) {
    const pid_t child = fork();
    if (child == 0) {
      close(stream);
      exec_program(words);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  };
  // One message of it cannot be decoded, which is said on standard error.
  const std::string tape = scratch("odd.tape"), page = folder + "/trades.csv";
  const std::string capture = text_of(ours("samples/capture.raw"));
  ASSERT_EQ(run({"import", "raw", file("odd.raw", capture + "1767571300000000000 {\"e\":}\n"),
                 "--decoder", "binance-usdm", "--out", tape})
                .code,
            0);
  const std::vector<std::string> words{"tape", "export", "--table", "trades", "--format",
                                       "csv",  tape,     "--out",   page};
  const Ran plain = run(words);
  ASSERT_EQ(plain.code, 0);
  EXPECT_NE(plain.err.find("could not be decoded"), std::string::npos) << plain.err;
  const std::string right = text_of(page);
  for (const int stream : {0, 1, 2}) {
    fs::remove(page);
    EXPECT_EQ(run_closed(stream, words), 0) << stream;
    EXPECT_EQ(text_of(page), right) << stream;
  }
  // What should be printed and cannot be is said by the code.
  EXPECT_EQ(run_closed(1, {"tape", "verify", tape}), 3);
}

}  // namespace
}  // namespace delever::cli
