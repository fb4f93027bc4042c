// Goal: the record of BTC and ETH, 2020 to January 2026, comes out as docs/models/verdict.md states
// it: every probability to the digits of the file, every count and score.
#include "verdict/record.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/source_root.h"
#include "verdict/setup.h"
#include "verdict/table.h"

namespace delever::verdict {
namespace {

const std::string kRecord =
    source_root() + "/../shared/data/verdict/flush_record_BTC_ETH_20200228_20260131.csv";

#define SKIP_WITHOUT_RECORD() \
  if (!std::filesystem::exists(kRecord)) GTEST_SKIP() << "absent: ../shared/data/verdict"

CsvTable table_of(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return read_csv(text.str(), path).value();
}

const std::vector<FlushDay>& known_days() {
  static const std::vector<FlushDay> days = read_flush_days(table_of(kRecord)).value();
  return days;
}
const Record& known_record() {
  static const Record record = make_record(known_days(), {});
  return record;
}
const Judged& judged(const std::string& asset, const std::string& day) {
  for (const Judged& one : known_record().days) {
    if (one.day.asset == asset && one.day.day.date() == day) return one;
  }
  ADD_FAILURE() << asset << " " << day;
  return known_record().days.front();
}

TEST(KnownRecord, flush_days_are_counted) {
  SKIP_WITHOUT_RECORD();
  size_t btc = 0, eth = 0, price_btc = 0, price_eth = 0;
  for (const FlushDay& day : known_days()) {
    (day.asset == "BTC" ? btc : eth) += 1;
    (day.asset == "BTC" ? price_btc : price_eth) += day.by_price;
  }
  EXPECT_EQ(btc, 70u);
  EXPECT_EQ(eth, 79u);
  EXPECT_EQ(price_btc, 41u);
  EXPECT_EQ(price_eth, 43u);
}

// The file gives x4 to three digits, which moves a probability by up to 1e-4.
TEST(KnownRecord, every_probability) {
  SKIP_WITHOUT_RECORD();
  const CsvTable table = table_of(kRecord);
  size_t compared = 0;
  for (const CsvRecord& row : table.rows) {
    const std::string asset(table.field(row, "symbol")), day(table.field(row, "date"));
    const Judged& one = judged(asset, day);
    const auto want = number_of(table, row, "p_wave_x2_x4").value();
    ASSERT_EQ(want.has_value(), one.probability.has_value()) << asset << " " << day << one.refusal;
    if (!want) continue;
    EXPECT_NEAR(*one.probability, *want, 1.5e-4) << asset << " " << day;
    ++compared;
  }
  EXPECT_EQ(compared, 99u);
  EXPECT_NEAR(*judged("BTC", "2023-08-17").probability, 0.1468, 1e-4);
  EXPECT_NEAR(*judged("BTC", "2024-08-05").probability, 0.2911, 1e-4);
  EXPECT_NEAR(*judged("ETH", "2024-08-05").probability, 0.1975, 1e-4);
}

TEST(KnownRecord, open_interest_alone) {
  SKIP_WITHOUT_RECORD();
  std::vector<FlushDay> days = known_days();
  const CsvTable table = table_of(kRecord);
  size_t compared = 0;
  for (const FlushDay& day : days) {
    if (!day.interest_change.value) continue;
    FlushDay without = day;
    without.funding_change.value.reset();
    const Judged one = judge_day(without, days, {});
    if (!one.probability) continue;
    EXPECT_EQ(one.model, Model::interest);
    ASSERT_FALSE(one.remarks.empty());
    for (const CsvRecord& row : table.rows) {
      if (table.field(row, "symbol") != day.asset || table.field(row, "date") != day.day.date())
        continue;
      if (const auto want = number_of(table, row, "p_wave_x2").value()) {
        EXPECT_NEAR(*one.probability, *want, 1.5e-4) << day.asset << day.day.date();
        ++compared;
      }
    }
  }
  EXPECT_EQ(compared, 99u);
}

TEST(KnownRecord, scores) {
  SKIP_WITHOUT_RECORD();
  const Record& record = known_record();
  ASSERT_EQ(record.pools.size(), 1u);
  const Record::Pool& pool = record.pools[0];
  EXPECT_EQ(pool.flush_days, 149u);
  EXPECT_EQ(pool.refused, 50u);
  EXPECT_EQ(pool.score->days, 99u);
  EXPECT_EQ(pool.score->happened, 62u);  // 63 %
  EXPECT_NEAR(pool.score->brier_base, 0.2449, 5e-5);
  EXPECT_NEAR(pool.score->brier, 0.1899, 5e-5);
  EXPECT_NEAR(pool.score->gain, 0.130, 5e-4);
  EXPECT_NEAR(pool.score->gain_interval.low, 0.028, 0.012);  // other draws of the same bootstrap
  EXPECT_NEAR(pool.score->gain_interval.high, 0.226, 0.012);
  EXPECT_NEAR(*pool.score->area, 0.74, 5e-3);
}

TEST(KnownRecord, variants) {
  SKIP_WITHOUT_RECORD();
  struct Want {
    const char* name;
    size_t days;
    double base, brier, gain, area;
  };
  for (const Want& want :
       {Want{"change of open interest alone", 99, .2449, .1999, .104, .72},
        Want{"change of funding alone", 99, .2449, .2133, .067, .63},
        Want{"level of funding", 99, .2449, .2411, .007, .48},
        Want{"size of the flush, ln(L / median)", 93, .2386, .2354, .007, .64}}) {
    for (const Variant& v : known_record().variants) {
      if (v.name != want.name) continue;
      ASSERT_TRUE(v.score) << want.name;
      EXPECT_EQ(v.score->days, want.days) << want.name;
      EXPECT_NEAR(v.score->brier_base, want.base, 5e-5) << want.name;
      EXPECT_NEAR(v.score->brier, want.brier, 6e-5) << want.name;
      EXPECT_NEAR(v.score->gain, want.gain, 6e-4) << want.name;
      EXPECT_NEAR(*v.score->area, want.area, 6e-3) << want.name;
    }
  }
}

TEST(KnownRecord, answers_and_what_came) {
  SKIP_WITHOUT_RECORD();
  struct Want {
    Answer answer;
    const char* asset;
    size_t days, waves;
  };
  const auto& answers = known_record().pools[0].answers;
  for (const Want& want :
       {Want{Answer::cleared, "", 11, 1}, Want{Answer::cannot_tell, "", 30, 18},
        Want{Answer::not_cleared, "", 58, 43}, Want{Answer::cleared, "BTC", 5, 0},
        Want{Answer::cannot_tell, "BTC", 14, 9}, Want{Answer::not_cleared, "BTC", 28, 20},
        Want{Answer::cleared, "ETH", 6, 1}, Want{Answer::cannot_tell, "ETH", 16, 9},
        Want{Answer::not_cleared, "ETH", 30, 23}}) {
    for (const AnswerCount& count : answers) {
      if (count.answer != want.answer || count.asset != want.asset) continue;
      EXPECT_EQ(count.days, want.days) << answer_name(want.answer) << want.asset;
      EXPECT_EQ(count.waves, want.waves) << answer_name(want.answer) << want.asset;
    }
  }
  EXPECT_EQ(answers[0].episodes, 6u);
  EXPECT_NEAR(answers[0].interval.low, 0.02, 5e-3);
  EXPECT_NEAR(answers[0].interval.high, 0.38, 5e-3);
  size_t right = 0, answered = 0;
  for (const Judged& one : known_record().days) {
    if (!one.scored() || one.answer == Answer::cannot_tell) continue;
    ++answered;
    right += (one.answer == Answer::not_cleared) == *one.day.wave;
  }
  EXPECT_EQ(answered, 69u);
  EXPECT_EQ(right, 53u);  // 77 %
  // Price beside it.
  EXPECT_EQ(answers[0].lower, 1u);
  EXPECT_EQ(answers[3].lower, 7u);
  EXPECT_EQ(answers[6].lower, 28u);
}

TEST(KnownRecord, reliability_and_refusals) {
  SKIP_WITHOUT_RECORD();
  const auto& bins = known_record().pools[0].bins;
  const std::pair<size_t, size_t> want[] = {{1, 7}, {0, 4}, {2, 5}, {16, 25}, {18, 30}, {25, 28}};
  ASSERT_EQ(bins.size(), 6u);
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(bins[i].happened, want[i].first) << i;
    EXPECT_EQ(bins[i].days, want[i].second) << i;
  }
  EXPECT_NEAR(bins[0].mean, .14, 5e-3);
  EXPECT_NEAR(bins[5].mean, .87, 5e-3);
  std::map<int, size_t> years;
  for (const Refusals& r : known_record().refusals) {
    for (const auto& [year, n] : r.by_year) years[year] += n;
  }
  EXPECT_EQ(years, (std::map<int, size_t>{{2020, 18}, {2021, 20}, {2025, 7}, {2026, 5}}));
}

TEST(KnownRecord, price_risk_and_what_came) {
  SKIP_WITHOUT_RECORD();
  EXPECT_NEAR(price_risk(0.02), 0.2342, 5e-5);
  EXPECT_NEAR(price_risk(0.03116), 0.3995, 1e-4);
  EXPECT_NEAR(price_risk(0.0212), 0.2565, 1e-4);
  EXPECT_NEAR(price_risk(0.0585), 0.5812, 1e-4);
  const CsvTable table = table_of(kRecord);
  std::vector<FlushDay> from_2021;
  for (const FlushDay& day : known_days()) {
    if (day.day.date() >= "2021") from_2021.push_back(day);
  }
  const Record record = make_record(from_2021, {});
  const std::pair<size_t, size_t> want[] = {{2, 20}, {8, 31}, {21, 43}, {18, 28}, {5, 9}};
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(record.price_bins[i].happened, want[i].first) << i;
    EXPECT_EQ(record.price_bins[i].days, want[i].second) << i;
  }
  EXPECT_NEAR(record.price->brier, .2127, 1e-4);
}

TEST(KnownRecord, bins_end_where_the_answers_change) {
  SKIP_WITHOUT_RECORD();
  const Record record = make_record(known_days(), {.cleared_below = 0.3, .not_cleared_from = 0.7});
  EXPECT_EQ(record.cleared_below, 0.3);
  for (const Bin& bin : record.pools.at(0).bins) {
    for (const double edge : {0.3, 0.7})
      EXPECT_FALSE(bin.from < edge && edge < bin.to) << bin.from << " to " << bin.to;
  }
}

// Weights of all the days, as the study prints them.
TEST(KnownRecord, weights_of_all_days) {
  SKIP_WITHOUT_RECORD();
  FlushDay day;
  day.asset = "BTC";
  day.day = known_days().back().day + Duration::days(30);
  day.interest_change.value = 0;
  day.funding_change.value = 0;
  const Judged both = judge_day(day, known_days(), {});
  const double want[] = {1.028, -.099, .099, 1.666, .546};
  for (size_t i = 0; i < 5; ++i) EXPECT_NEAR(both.fit->weights[i], want[i], 6e-4) << i;
  EXPECT_NEAR(std::sqrt(both.fit->covariance[3][3]), .42, 5e-3);
  EXPECT_NEAR(std::sqrt(both.fit->covariance[4][4]), .19, 5e-3);
  day.funding_change.value.reset();
  const Judged alone = judge_day(day, known_days(), {});
  const double want_alone[] = {.621, -.063, .063, 1.873};
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(alone.fit->weights[i], want_alone[i], 6e-4) << i;
  EXPECT_NEAR(std::sqrt(alone.fit->covariance[3][3]), .40, 5e-3);
  EXPECT_EQ(both.past_days, 119u);
  EXPECT_EQ(both.past_waves, 72u);
}

// The rule file carries the weights that this program fits to the record.
TEST(KnownRecord, given_weights_are_those_of_the_record) {
  SKIP_WITHOUT_RECORD();
  const Config config = Config::load(source_root() + "/rules/verdict-2026-01-31.toml").value();
  const VerdictRules rules = Setup::load(config, "rules").value().verdict;
  ASSERT_TRUE(rules.given);
  FlushDay day;
  day.asset = "BTC";
  day.day = known_days().back().day + Duration::days(30);
  day.interest_change.value = -0.05;
  for (const bool funding : {true, false}) {
    day.funding_change.value = funding ? std::optional(0.1) : std::nullopt;
    const Judged refit = judge_day(day, known_days(), rules), given = judge_day(day, {}, rules);
    EXPECT_FALSE(refit.given);
    EXPECT_TRUE(given.given);
    EXPECT_NEAR(*given.probability, *refit.probability, 2e-4);  // x4 has three digits in the file
    EXPECT_NEAR(given.interval.low, refit.interval.low, 5e-4);
    EXPECT_EQ(given.past_days, refit.past_days);
    EXPECT_EQ(given.past_waves, refit.past_waves);
  }
  const auto& answers = known_record().pools[0].answers;
  for (const GivenWeights::OfBand& band : rules.given->bands) {
    for (const AnswerCount& count : answers) {
      if (count.answer != band.answer || !count.asset.empty()) continue;
      EXPECT_EQ(count.days, band.days);
      EXPECT_EQ(count.waves, band.waves);
    }
  }
}

TEST(KnownRecord, what_would_decide_on_30_january_2026) {
  SKIP_WITHOUT_RECORD();
  const Judged& one = judged("BTC", "2026-01-29");
  EXPECT_FALSE(one.probability);
  EXPECT_NE(one.refusal.find("open interest"), one.refusal.npos);
  const double want[] = {.15, .31, .52, .65, .72};
  ASSERT_EQ(one.would_be.size(), 5u);
  for (size_t i = 0; i < 5; ++i) EXPECT_NEAR(one.would_be[i].probability, want[i], 5e-3) << i;
  EXPECT_EQ(one.would_be[0].answer, Answer::cleared);
  EXPECT_EQ(one.would_be[4].answer, Answer::not_cleared);
  // 43.2 % a year in place of 6.24 %: the misquoted figure moves the answer.
  const auto flat = suppose(one.day, {.funding = .432, .interest_change = 0.0}, known_days(), {});
  const auto down = suppose(one.day, {.funding = .432, .interest_change = -.10}, known_days(), {});
  EXPECT_NEAR(*flat->probability, .95, 5e-3);
  EXPECT_NEAR(*down->probability, .77, 5e-3);
}

// Nothing of a later day touches an earlier verdict.
TEST(KnownRecord, a_row_given_is_never_rewritten) {
  SKIP_WITHOUT_RECORD();
  const std::vector<Judged>& all = known_record().days;
  for (size_t n = 1; n < all.size(); n += 7) {
    const std::vector<Judged> shorter = judge(std::span(known_days()).first(n), {});
    for (size_t i = 0; i < n; ++i) {
      EXPECT_EQ(shorter[i].probability, all[i].probability);
      EXPECT_EQ(shorter[i].refusal, all[i].refusal);
      EXPECT_EQ(shorter[i].provisional, all[i].provisional);
    }
  }
}

}  // namespace
}  // namespace delever::verdict
