// Goal: whatever the network, the venue, the clock and the disk do, a recording is whole or says
// where it is not. Each seed is a run of hours in a company of faults of its own. By hand:
// OUTSIDE_FROM=1 OUTSIDE_SEEDS=100000 ./outside_test --gtest_filter='Outside.Seeds'
#include <gtest/gtest.h>

#include <cstdlib>

#include "outside/judge_testing.h"

namespace delever::outside {
namespace {

uint64_t setting(const char* name, uint64_t usual) {
  const char* text = std::getenv(name);
  return text == nullptr ? usual : static_cast<uint64_t>(read_int(text).value_or(0));
}

std::string text_of(const std::vector<std::string>& wrong) {
  std::string out;
  for (const std::string& one : wrong) out += "  " + one + "\n";
  return out;
}

TEST(Outside, Seeds) {
  const uint64_t from = setting("OUTSIDE_FROM", 1), count = setting("OUTSIDE_SEEDS", 200);
  const uint64_t stop_after = setting("OUTSIDE_STOP", 3);
  double hours = 0, days = 0;  // days: hours of runs longer than one
  uint64_t failed = 0;
  for (uint64_t seed = from; seed < from + count; ++seed) {
    const Script script = draw_script(seed);
    Duration lived;
    const auto wrong = verdict_of(script, &lived);
    hours += lived.in_seconds() / 3600;
    if (lived > Duration::days(1)) days += lived.in_seconds() / 3600;
    if (wrong.empty()) continue;
    ADD_FAILURE() << "seed " << seed << ": " << script.text() << "\n" << text_of(wrong);
    ++failed;
    if (setting("OUTSIDE_SHRINK", 1) == 0) {
      if (failed >= stop_after) break;
      continue;
    }
    const Script less = shrunk(script);
    ADD_FAILURE() << "shrinks to: " << less.text() << "\n" << text_of(verdict_of(less));
    if (failed >= stop_after) break;
  }
  std::printf("%.0f simulated hours, %.0f of them in runs longer than a day\n", hours, days);
}

// The network stops for ten minutes and comes back: one gap a stream, and everything is heard again
// as soon as the venue's rule for trying again allows, books whole.
TEST(Outside, ANetworkThatIsGoneForTenMinutes) {
  for (const std::string_view market : kMarkets) {
    const Duration from = Duration::minutes(20), gone = Duration::minutes(10);
    // The knob at next to nothing: gaps have a cause, and the only outage is this one.
    Trial trial({.market = std::string(market),
                 .seed = 1,
                 .hours = 1,
                 .knobs = {{"latency", 0.02}, {"outage", 1e-4}}});
    trial.world.at(from, [&] { trial.cut_network(gone); });
    const auto dialect = venues::make_dialect(market).value();
    const Duration most = dialect->terms().backoff_most + Duration::seconds(5);
    const Outcome outcome = trial.play();
    EXPECT_EQ(text_of(judge(trial.script, outcome)), "") << market;
    const Heard& heard = outcome.recorders[0];
    EXPECT_TRUE(heard.whole) << market;
    auto reader = tape::TapeReader::open(heard.path);
    ASSERT_TRUE(reader.has_value());
    std::map<std::string, size_t> gaps;
    for (const tape::TapeGap& gap : reader.value()->gaps()) {
      ASSERT_NE(gap.stream, 0U);
      const std::string& name = reader.value()->streams()[gap.stream - 1].name;
      ++gaps[name];
      EXPECT_LE(gap.from, day_one() + from + Duration::seconds(1)) << name;
      EXPECT_GE(gap.to, day_one() + from + gone) << name;
      EXPECT_LE(gap.to, day_one() + from + gone + most) << name << " " << gap.to.text();
    }
    for (const tape::StreamInfo& stream : reader.value()->streams()) {
      if (stream.settings.contains("request")) continue;  // asked, not heard
      EXPECT_EQ(gaps[stream.name], 1U) << stream.name;
    }
    for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(heard.path + end);
  }
}

// Scripts that failed once.
TEST(Outside, Scripts) {
  if (const char* line = std::getenv("OUTSIDE_SCRIPT")) {
    const auto script = Script::parse(line);
    ASSERT_TRUE(script) << line;
    EXPECT_EQ(text_of(verdict_of(*script)), "") << line;
    return;
  }
  for (const char* line : {
           "binance-usdm 1 hours 0.7 latency 0.02",
           "binance-usdm 3 hours 1 latency 0.05 drop 0.02 stale 0.5",
           "bybit:linear 5 hours 1 latency 0.05 drop 0.02",
           "okx 6 hours 1 latency 0.05 reset 6 drop 0.01",
           "deribit 7 hours 1 latency 0.05 half_open 4",
           "hyperliquid 8 hours 1 latency 0.05 reset 6",
           "binance-spot 9 hours 2 latency 0.1 jitter 0.3 lifetime 0.4",
           // In an overlap: what the old connection missed while it stood still.
           "hyperliquid 4 hours 4.14 stall 3.39",
           // A frame cut short has a number and no levels.
           "binance-spot 5 hours 7.97 burst 8.16 huge 0.178 truncate 0.00935 venue_leap 0.0774",
           // A snapshot that says what the last one said, after a new subscription, is no copy.
           "okx 23 hours 14.6 reset 4.47 venue_leap 0.156",
           "deribit 31 hours 2.0825 lost_ack 0.0498 spikes 12.9",
           // An overlap in which a quiet book says nothing is no gap.
           "bybit:linear 26 hours 13.85 lifetime 0.88",
           // A frame that comes twice around a change of connection.
           "binance-spot 39 hours 27.6 jitter 0.0842 latency 0.178 lifetime 0.29 twice 0.0436",
           // The second connection is lost before it is joined to a first that stands still.
           "hyperliquid 41 hours 3.34 leaving 0.206 lifetime 0.723 lost_ack 0.285 spikes 14.5 "
           "stall 0.856 tls 0.386",
           // A first gap of which the book has a snapshot and nothing more.
           "okx 124 hours 0.180625 garbage 3.41 half_open 0.224 hang 0.128 lost_ack 0.175 "
           "tls 0.0966 venue_leap 0.18 wall_step 1.6",
           // No room for a frame that nobody knows.
           "binance-spot 65 hours 2.47 garbage 2.65 no_room 1.75 wall_step 0.204",
           // Checksums over texts: with other digits than the messages' none agreed, and a venue
           // without a book answered no subscription.
           "okx 53 hours 1.86 truncate 0.00141 wrong 0.00821",
           "okx 85 hours 0.14140625 tls 0.36 two 1 wrong 0.00461",
           // The end comes while one connection takes over from another.
           "deribit 152 hours 6.18 lifetime 0.215 restart 1.41",
           // Rows of trades while connections change: the old one is ahead of the new one by many.
           "okx 1 hours 3 latency 0.05 jitter 0.4 flurry 0.5 lifetime 0.3",
           // Snapshots of a machine that lags: one is older than what waits for it by one number.
           "binance-spot 2 hours 3 latency 0.05 behind 0.7 reset 1",
           // A cure is asked for on the old connection, which hands its topic over before the
           // answer.
           "okx 91 hours 18.3 ban 0.414 behind 0.721 crossed 0.00425 flurry 0.071 foreign 1.69 "
           "garbage 6.15 half_open 1.84 hang 0.0813 huge 0.263 jitter 0.00918 leaving 0.101 "
           "lifetime 1.88 lost_ack 0.0313 maintenance 0.965 mute 0.366 no_room 0.235 restart "
           "1.09 stall 1.23 venue_leap 0.223 wrong 0.005",
           // What there was no room for was nothing of the book.
           "okx 23 hours 12.1 behind 0.233 flurry 0.199 latency 0.0496 leaving 1.66 lost_ack "
           "0.0266 maintenance 0.465 no_room 2 outage 0.889 refused 0.203 reset 4.47 rest_lost "
           "0.136 slow_rest 0.503 stale 0.258 truncate 0.00883 venue_leap 0.156",
           // Killed in the middle of an outage.
           "bybit:linear 136 hours 8.25 behind 0.217 burst 11.1 disk 2.82 dns 0.12 drop "
           "0.000502 foreign 0.263 garbage 0.426 hang 0.0771 jitter 0.0272 leaving 0.617 "
           "lifetime 1.05 maintenance 0.131 odd_topic 1 refused 0.0526 rest_error 0.234 "
           "rest_lost 0.189 slow_rest 2.24 spikes 4.63 stale 0.393 stall 1.09 twice 0.0346 two "
           "1 wall_drift 1.07e-06 wall_step 1.29 wrong 0.0154",
       }) {
    const auto script = Script::parse(line);
    ASSERT_TRUE(script) << line;
    EXPECT_EQ(text_of(verdict_of(*script)), "") << line;
  }
}

TEST(Outside, ScriptsOfQuietDays) {
  for (const char* line : {
           // Quiet days: the venue's own cut, the turn of the day, a book that is listed later, a
           // clock that drifts by minutes.
           "binance-usdm 11 hours 60 latency 0.05 pace 120",
           "okx 12 hours 46 jitter 0.1 latency 0.05 pace 60 rotate 1",
           "binance-spot 15 hours 46 latency 0.05 pace 60 rotate 1 two 1",
           "deribit 13 hours 30 latency 0.05 listed 6.5 pace 60",
           "bybit:linear 14 hours 400 latency 0.05 pace 600 wall_drift 0.0002",
           "binance-spot 1838 hours 188 latency 0.211 pace 145 rotate 1",
           // A frame that nobody asked for keeps a quiet connection from pinging.
           "okx 14307 hours 7 foreign 0.336 pace 270",
           // A connection that is late while a burst holds it keeps its order.
           "bybit:linear 16782 hours 0.153 burst 0.347 disk 4.33 flurry 0.399 half_open 0.202 hang "
           "0.0549 pace 10.2 reset 1.61 spikes 18.4 tls 0.165 two 1",
           // The new connection falls silent once it has taken over, while the old one goes on.
           "okx 15832 hours 2.25 behind 0.962 drop_many 2.34 flurry 0.126 leaving 0.535 lifetime "
           "0.349 lost_ack 0.0489 no_room 0.116 odd_topic 1 restart 0.631 stall 0.542 twice "
           "0.00319 "
           "two 1 wrong 0.0111",
           // A topic that the old connection tells only once the new one has it.
           "binance-spot 11035 hours 9.37 burst 1.34 half_open 0.387 huge 0.141 jitter 0.00261 "
           "latency 0.00577 leaving 0.593 lost_ack 0.237 outage 1.76 rest_error 0.138 rest_lost "
           "0.104 spikes 0.813 twice 0.0052",
           // The first connection stands still, and what the second tells dies with the recorder.
           "okx 13535 hours 1.21 ban 0.269 disk 3.07 dns 0.125 jitter 0.306 latency 0.032 "
           "maintenance 0.118 mute 0.743 outage 0.857 stall 1.11 tls 0.109 truncate 0.00914 twice "
           "0.00873 venue_leap 0.647 wall_step 0.486",
           // Killed where there was no room, and where the second connection alone had told: the
           // gap, and what came, are on the tape.
           "okx 14564 hours 4.21 ban 0.925 behind 0.791 burst 4.66 disk 4.19 dns 0.459 drop 0.0121 "
           "drop_many 0.799 flurry 0.076 foreign 1.1 garbage 0.455 half_open 0.257 hang 0.0593 "
           "huge "
           "0.452 latency 0.0193 no_room 3.41 odd_topic 1 outage 0.28 reset 10.2 restart 1.38 "
           "wall_drift 1.38e-06 wall_step 0.458 wrong 0.00349",
           "okx 13535 hours 1.21 ban 0.269 disk 3.07 dns 0.125 drop 0.000699 hang 0.158 jitter "
           "0.306 "
           "latency 0.032 lifetime 3.12 maintenance 0.118 mute 0.743 outage 0.857 rest_error 0.128 "
           "rest_lost 0.0858 stale 0.272 stall 1.11 tls 0.109 truncate 0.00914 twice 0.00873 "
           "venue_leap 0.647 wall_step 0.486 wrong 0.0168",
           // Of two connections the first stands still, and the second, which alone tells, is lost.
           "hyperliquid 20700 hours 34.4 burst 0.702 flurry 0.0558 garbage 0.2 latency 0.092 "
           "leaving 0.38 lost_ack 0.145 no_room 0.138 outage 0.175 pace 5.56 refused 0.243 reset "
           "0.394 spikes 0.567 stall 0.718",
           // A topic that was mute until the end of a short run.
           "okx 41847 hours 0.2 ban 0.799 burst 2.17 disk 4.64 drop 0.00208 drop_many 1.92 leaving "
           "0.99 maintenance 0.545 mute 0.722 no_room 0.734 pace 1.63 refused 0.0623 reset 2.78 "
           "tls "
           "0.0525 twice 0.0147 venue_leap 0.274 wall_step 0.158",
           // A recorder that comes back does not know of the ban that the one before was told.
           "binance-spot 22537 hours 0.4375 ban 0.371 disk 6.07 garbage 0.322 half_open 0.964 huge "
           "0.209 maintenance 0.572 mute 0.148 no_room 1.41 outage 0.154 two 1",
           // A change that crosses is the first of a file, and the snapshot ends with it.
           "binance-usdm 14909 hours 39.7 crossed 0.00756 flurry 0.191 pace 47.2 rotate 1",
           // A subscription that an overlap ended without was not asked for again before the next
           // connection, and its gap began in 1677.
           "binance-spot 99 hours 88.7 crossed 0.00556 dns 0.0693 flurry 0.355 huge 0.017 latency "
           "0.0875 leaving 0.00805 lost_ack 0.24 mute 0.0101 no_room 0.089 odd_topic 1 outage 0.05 "
           "pace 155 refused 0.0533 rotate 1 spikes 0.0575 stall 0.164 truncate 0.00247 venue_leap "
           "0.0115 wall_drift 8.03e-06 wall_step 0.0175 wrong 0.00399",
       }) {
    const auto script = Script::parse(line);
    ASSERT_TRUE(script) << line;
    EXPECT_EQ(text_of(verdict_of(*script)), "") << line;
  }
}

TEST(Outside, ScriptsOfTheMillion) {
  for (const char* line : {
           // The first connection stands still and the second, half-open, tells nothing: the first
           // speaks again before the change is over.
           "hyperliquid 104591 hours 18.9 ban 0.248 burst 1.33 garbage 0.527 half_open 0.288 hang "
           "0.133 jitter 0.00111 latency 0.0385 lifetime 2.51 lost_ack 0.0714 maintenance 0.297 "
           "no_room 0.736 outage 0.14 restart 0.25 spikes 1.08 stall 0.494 venue_leap 0.0588 "
           "wall_step 1.61",
           "okx 18 hours 20 half_open 3 latency 0.04 lifetime 1 reset 1 stall 2",
           // The second connection has not accepted a topic, and tells again what the first told
           // last.
           "bybit:linear 211353 hours 27.3 ban 0.454 crossed 0.00247 drop 0.00118 flurry 0.0957 "
           "foreign 9.09 garbage 4.78 hang 0.178 jitter 0.105 latency 0.0125 lifetime 0.925 "
           "lost_ack 0.261 no_room 1.09 outage 0.808 reset 0.243 spikes 0.95 stall 1.31 two 1",
           // The first connection leaves out what a book begins with, and the second told it.
           "binance-spot 231747 hours 0.15175 behind 0.977 burst 0.714 dns 0.134 drop 0.0175 "
           "garbage 11.9 leaving 1.78 spikes 1.12 twice 0.0341 wall_step 1.21",
           // The second connection takes over, and stands still until its books show a hole.
           "okx 236653 hours 25.7 burst 5.79 foreign 9.91 half_open 0.588 huge 0.306 latency "
           "0.0985 leaving 0.234 restart 0.14 spikes 2.88 stall 3.13 tls 0.413 venue_leap 0.116",
           // Messages of a quiet book that the venue leaves out, until the faults stop.
           "binance-spot 242731 hours 70.1 drop_many 0.161 flurry 0.0532 foreign 0.026 half_open "
           "0.0141 huge 0.0327 latency 0.221 lifetime 1.13 listed 41.4 pace 213 rotate 1 spikes "
           "0.162 truncate 0.00395",
       }) {
    const auto script = Script::parse(line);
    ASSERT_TRUE(script) << line;
    EXPECT_EQ(text_of(verdict_of(*script)), "") << line;
  }
}

}  // namespace
}  // namespace delever::outside
