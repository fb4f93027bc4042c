// Goal: of figures printed by known mistakes the claims check names the right mistake in 45 of 50,
// and no true figure raises an alarm, on a market with every mistake's matter in it: intervals of
// 1, 4 and 8 hours, contracts of 0.01 coins and of 100 dollars, three days, three venues.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "base/source_root.h"
#include "cli/run_testing.h"
#include "tape/tape.h"

namespace delever::cli {
namespace {

constexpr int64_t kMinute = 60'000, kHour = 60 * kMinute;

// Streams of one tape, each with its decoder.
class Recorder {
 public:
  explicit Recorder(const std::string& path)
      : writer_(std::move(tape::TapeWriter::open_stepped(path, clock_, {})).value()) {}
  void put(const std::string& name, const std::string& decoder, int64_t ms,
           const std::string& bytes, const std::string& request = "") {
    tape::StreamInfo info{name, decoder.substr(0, decoder.find('-')), name, decoder, {}};
    if (!request.empty()) info.settings["request"] = request;
    const auto stream = writer_->stream(info).value();
    CHECK(writer_->append(stream, Instant::ns(ms * 1'000'000), bytes).has_value());
  }
  void close() { CHECK(writer_->close().has_value()); }

 private:
  ManualClock clock_{Instant::ns(0)};
  std::unique_ptr<tape::TapeWriter> writer_;
};

void list_contracts(Recorder& tape, int64_t ms) {
  tape.put("binance:funding_info", "binance-usdm", ms,
           R"([{"symbol":"BTCUSDT","adjustedFundingRateCap":"0.02","adjustedFundingRateFloor":")"
           R"(-0.02","fundingIntervalHours":4,"disclaimer":false}])",
           "/fapi/v1/fundingInfo");
  tape.put("binance:coinm_info", "binance-coinm", ms,
           fmt::format(
               R"({{"timezone":"UTC","serverTime":{},"symbols":[{{"symbol":"BTCUSD_PERP","pair":)"
               R"("BTCUSD","contractType":"PERPETUAL","deliveryDate":4133404800000,)"
               R"("contractStatus":"TRADING","contractSize":100,"marginAsset":"BTC",)"
               R"("baseAsset":"BTC","quoteAsset":"USD","filters":[]}}]}})",
               ms),
           "/dapi/v1/exchangeInfo");
  tape.put("okx:instruments", "okx", ms,
           R"({"code":"0","msg":"","data":[{"instType":"SWAP","instId":"BTC-USDT-SWAP","uly":)"
           R"("BTC-USDT","ctVal":"0.01","ctMult":"1","ctValCcy":"BTC","ctType":"linear",)"
           R"("settleCcy":"USDT","state":"live","tickSz":"0.1","lotSz":"0.01"}]})",
           "/api/v5/public/instruments?instType=SWAP");
}

struct Moment {
  int64_t ms;
  double price, usdm, coinm, okx, hyperliquid, rate;  // open interest in coins
};

void open_interest(Recorder& tape, const Moment& m) {
  tape.put("binance:oi", "binance-usdm", m.ms,
           fmt::format(R"({{"symbol":"BTCUSDT","openInterest":"{:.3f}","time":{}}})", m.usdm, m.ms),
           "/fapi/v1/openInterest?symbol=BTCUSDT");
  tape.put("binance:coinm_oi", "binance-coinm", m.ms,
           fmt::format(R"({{"symbol":"BTCUSD_PERP","pair":"BTCUSD","openInterest":"{:.0f}",)"
                       R"("contractType":"PERPETUAL","time":{}}})",
                       m.coinm * m.price / 100, m.ms),
           "/dapi/v1/openInterest?symbol=BTCUSD_PERP");
  tape.put("okx:oi", "okx", m.ms,
           fmt::format(R"({{"arg":{{"channel":"open-interest","instId":"BTC-USDT-SWAP"}},"data":)"
                       R"([{{"instId":"BTC-USDT-SWAP","instType":"SWAP","oi":"{:.0f}","ts":"{}"}})"
                       R"(]}})",
                       m.okx * 100, m.ms));
}

void marks(Recorder& tape, const Moment& m) {
  tape.put("binance:mark", "binance-usdm", m.ms,
           fmt::format(R"({{"e":"markPriceUpdate","E":{0},"s":"BTCUSDT","p":"{1:.1f}","P":)"
                       R"("{1:.1f}","i":"{1:.1f}","r":"{2:.8f}","T":{3}}})",
                       m.ms, m.price, m.rate, (m.ms / (4 * kHour) + 1) * 4 * kHour));
  tape.put("hyperliquid:ctx", "hyperliquid", m.ms,
           fmt::format(R"({{"channel":"activeAssetCtx","data":{{"coin":"BTC","ctx":{{"funding":)"
                       R"("{0:.8f}","openInterest":"{1:.2f}","prevDayPx":"{2:.1f}","dayNtlVlm":)"
                       R"("1","premium":"0","oraclePx":"{2:.1f}","markPx":"{2:.1f}","midPx":)"
                       R"("{2:.1f}"}}}}}})",
                       m.rate / 5, m.hyperliquid, m.price));
  tape.put("okx:mark", "okx", m.ms,
           fmt::format(R"({{"arg":{{"channel":"mark-price","instId":"BTC-USDT-SWAP"}},"data":)"
                       R"([{{"instId":"BTC-USDT-SWAP","instType":"SWAP","markPx":"{:.1f}","ts":)"
                       R"("{}"}}]}})",
                       m.price, m.ms));
  tape.put("binance:trades", "binance-usdm", m.ms,
           fmt::format(R"({{"e":"aggTrade","E":{0},"s":"BTCUSDT","a":{0},"p":"{1:.1f}","q":"60",)"
                       R"("f":{0},"l":{0},"T":{0},"m":true}})",
                       m.ms, m.price));
}

void liquidations(Recorder& tape, const Moment& m, Random& random) {
  const bool is_long = random.chance(0.7);
  const double coins = 1 + 9 * random.uniform();
  if (random.chance(0.5)) {
    tape.put("binance:forced", "binance-usdm", m.ms,
             fmt::format(R"({{"e":"forceOrder","E":{0},"o":{{"s":"BTCUSDT","S":"{1}","o":"LIMIT",)"
                         R"("f":"IOC","q":"{2:.3f}","p":"{3:.1f}","ap":"{3:.1f}","X":"FILLED",)"
                         R"("l":"{2:.3f}","z":"{2:.3f}","T":{0}}}}})",
                         m.ms, is_long ? "SELL" : "BUY", coins, m.price));
    return;
  }
  tape.put("okx:forced", "okx", m.ms,
           fmt::format(
               R"({{"arg":{{"channel":"liquidation-orders","instType":"SWAP"}},"data":[{{)"
               R"("details":[{{"bkLoss":"0","bkPx":"{0:.1f}","ccy":"","posSide":"{1}","side":)"
               R"("{2}","sz":"{3:.0f}","ts":"{4}"}}],"instFamily":"BTC-USDT","instId":)"
               R"("BTC-USDT-SWAP","instType":"SWAP","uly":"BTC-USDT"}}]}})",
               m.price, is_long ? "long" : "short", is_long ? "sell" : "buy", coins * 100, m.ms));
}

// Three days and some hours of 5 minutes each.
std::string make_market(const std::string& name, uint64_t seed) {
  const std::string path = scratch(name);
  Recorder tape(path);
  Random random(seed, {});
  const int64_t start = Instant::parse("2026-01-26T20:00:00Z").value().ns() / 1'000'000;
  Moment m{start, 84'000, 90'000, 40'000, 30'000, 25'000, 0.00012};
  list_contracts(tape, start);
  for (int step = 0; step < 78 * 12; ++step, m.ms += 5 * kMinute) {
    m.price *= 1 + 0.002 * random.normal();
    for (double* held : {&m.usdm, &m.coinm, &m.okx, &m.hyperliquid})
      *held *= 1 + 0.004 * random.normal();
    m.rate = 0.00012 + 0.00004 * random.uniform();
    marks(tape, m);
    open_interest(tape, m);
    for (int n = 0; n < 2; ++n) {
      Moment then = m;
      then.ms += 60'000 + 20'000 * n;
      liquidations(tape, then, random);
    }
  }
  tape.close();
  return path;
}

nlohmann::json examine(const std::vector<std::string>& tapes, uint64_t seed) {
  std::vector<std::string> arguments{"claims-exam", "--format", "json", "--seed",
                                     std::to_string(seed)};
  for (const std::string& tape : tapes) {
    arguments.push_back("--tape");
    arguments.push_back(tape);
  }
  const Ran ran = run(arguments);
  EXPECT_EQ(ran.code, 0) << ran.err;
  return nlohmann::json::parse(ran.out);
}

void expect_passed(const nlohmann::json& exam, const std::string& what) {
  EXPECT_EQ(exam["wrong"]["claims"], 50) << what;
  EXPECT_EQ(exam["true"]["claims"], 50) << what;
  EXPECT_GE(exam["wrong"]["named"].get<int>(), 45) << what;
  EXPECT_EQ(exam["true"]["alarms"], 0) << what;
  EXPECT_GE(exam["true"]["hold"].get<int>(), 45) << what;
  EXPECT_EQ(exam["passed"], true) << what;
  for (const auto& q : exam["questions"]) {
    if (!q["good"].get<bool>()) ADD_FAILURE_AT(__FILE__, __LINE__) << what << ": " << q.dump(1);
  }
}

TEST(ClaimsExam, every_mistake_is_named) {
  for (const uint64_t market : {1, 2}) {
    const std::string tape = make_market("exam.tape", market);
    for (const uint64_t seed : {1, 2, 3}) {
      const auto exam = examine({tape}, seed);
      expect_passed(exam, fmt::format("market {}, seed {}", market, seed));
      for (const auto& kind : exam["kinds"])
        EXPECT_GE(kind["drawn"].get<int>(), 4) << kind.dump() << " seed " << seed;
    }
  }
}

TEST(ClaimsExam, the_same_seed_draws_the_same_and_another_draws_others) {
  const std::string tape = make_market("exam-again.tape", 3);
  EXPECT_EQ(examine({tape}, 7), examine({tape}, 7));
  EXPECT_NE(examine({tape}, 7)["questions"], examine({tape}, 8)["questions"]);
}

// The claims alone, as a stranger would bring them, come to the same verdicts in a brief; and a
// check that names nothing does not pass.
TEST(ClaimsExam, the_claims_file_says_nothing_of_the_answers) {
  const std::string tape = make_market("exam-file.tape", 4), claims = scratch("exam.csv");
  const Ran ran = run({"claims-exam", "--tape", tape, "--format", "json", "--claims-out", claims,
                       "--claims", "20"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto exam = nlohmann::json::parse(ran.out);
  const Ran brief = run({"brief", "--tape", tape, "--claims", claims, "--format", "json"});
  ASSERT_EQ(brief.code, 0) << brief.err;
  std::map<std::string, nlohmann::json> checked;
  const auto page = nlohmann::json::parse(brief.out);
  for (const auto& c : page["claims"]) checked[c["id"]] = c;
  ASSERT_EQ(checked.size(), 40u);
  for (const auto& q : exam["questions"]) {
    EXPECT_EQ(checked[q["id"]]["state"], q["state"]) << q.dump(1);
    EXPECT_EQ(checked[q["id"]]["mistake"], q["named"]) << q.dump(1);
  }
  const std::string rules = scratch("literal.toml");
  std::ofstream(rules) << "as_of = 2026-01-30\n[[metric]]\nid = \"oi\"\nwords = [\"open "
                          "interest\"]\nunit = \"coins\"\nabsolute = 0.0\nrelative = 0.03\n"
                          "window = \"24h\"\n  [[metric.definition]]\n  gauge = \"oi_coins\"\n"
                          "  reads = \"coins\"\n";
  const Ran literal =
      run({"claims-exam", "--tape", tape, "--format", "json", "--claim-rules", rules});
  ASSERT_EQ(literal.code, 0) << literal.err;
  EXPECT_EQ(nlohmann::json::parse(literal.out)["passed"], false);
  EXPECT_EQ(nlohmann::json::parse(literal.out)["wrong"]["named"], 0);
}

TEST(ClaimsExam, tables_of_a_vendor) {
  std::vector<std::string> tapes;
  const std::string folder = source_root() + "/fixtures/episode";
  for (const std::string table : {"liquidations", "funding", "open_interest", "prices"}) {
    tapes.push_back(scratch("exam-" + table + ".tape"));
    const Ran ran = run({"import", "csv", "--map", folder + "/" + table + ".toml",
                         folder + "/" + table + ".csv", "--out", tapes.back()});
    ASSERT_EQ(ran.code, 0) << ran.err;
  }
  for (const uint64_t seed : {1, 2, 3}) expect_passed(examine(tapes, seed), "fixtures/episode");
}

TEST(ClaimsExam, refuses_a_tape_without_figures) {
  const std::string path = scratch("exam-empty.tape");
  Recorder tape(path);
  tape.put("binance:trades", "binance-usdm", 1'769'700'000'000,
           R"({"e":"aggTrade","E":1769700000000,"s":"BTCUSDT","a":1,"p":"84000","q":"1","f":1,)"
           R"("l":1,"T":1769700000000,"m":true})");
  tape.close();
  const Ran ran = run({"claims-exam", "--tape", path});
  EXPECT_EQ(ran.code, 4) << ran.out;
  EXPECT_NE(ran.err.find("no figure"), std::string::npos) << ran.err;
}

}  // namespace
}  // namespace delever::cli
