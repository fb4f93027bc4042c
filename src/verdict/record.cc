#include "verdict/record.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "base/check.h"
#include "base/random.h"

namespace delever::verdict {
namespace {

constexpr Duration kEpisodeGap = Duration::days(10);
constexpr size_t kReplicates = 2000;
constexpr uint64_t kSeed = 20260131;  // fixed: a record must come out the same twice

// In nats.
double loss(double p, bool happened) { return -std::log(happened ? p : 1 - p); }

// The middle 90 % of the mean gain when episodes are drawn anew: days of one episode share a fate.
Interval gain_interval(const std::vector<Scored>& rows) {
  std::map<size_t, std::pair<double, size_t>> by_episode;
  for (const Scored& row : rows) {
    auto& [sum, days] = by_episode[row.episode];
    sum += loss(row.base_rate, row.happened) - loss(row.probability, row.happened);
    ++days;
  }
  std::vector<std::pair<double, size_t>> episodes;
  for (const auto& entry : by_episode) episodes.push_back(entry.second);
  Random random(kSeed, {});
  std::vector<double> means;
  for (size_t replicate = 0; replicate < kReplicates; ++replicate) {
    double sum = 0;
    size_t days = 0;
    // As many episodes as there were, some of them twice. The mean is over days.
    for (size_t i = 0; i < episodes.size(); ++i) {
      const auto& drawn = episodes[random.below(episodes.size())];
      sum += drawn.first;
      days += drawn.second;
    }
    means.push_back(sum / static_cast<double>(days));
  }
  std::sort(means.begin(), means.end());
  const auto at = [&](double p) {
    return means[static_cast<size_t>(p * static_cast<double>(means.size() - 1) + 0.5)];
  };
  return {at(0.05), at(0.95)};
}

// Every day with a wave against every one without: quadratic in the scored days.
std::optional<double> area(const std::vector<Scored>& rows) {
  double wins = 0;
  size_t pairs = 0;
  for (const Scored& yes : rows) {
    for (const Scored& no : rows) {
      if (!yes.happened || no.happened) continue;
      ++pairs;
      wins += yes.probability > no.probability ? 1 : yes.probability == no.probability ? 0.5 : 0;
    }
  }
  if (pairs == 0) return std::nullopt;
  return wins / static_cast<double>(pairs);
}

// The surest days first: what would be left if only a share of them were answered.
std::vector<RiskAt> risk_of(std::vector<Scored> rows) {
  std::stable_sort(rows.begin(), rows.end(), [](const Scored& a, const Scored& b) {
    return std::fabs(a.probability - 0.5) > std::fabs(b.probability - 0.5);
  });
  std::vector<RiskAt> out;
  for (const double coverage : {0.1, 0.25, 0.5, 0.75, 1.0}) {
    RiskAt at{.coverage = coverage};
    at.days = static_cast<size_t>(std::ceil(coverage * static_cast<double>(rows.size())));
    for (size_t i = 0; i < at.days; ++i)
      at.wrong += (rows[i].probability >= 0.5) != rows[i].happened;
    out.push_back(at);
  }
  return out;
}

AnswerCount count_answers(const std::vector<const Judged*>& days,
                          const std::vector<size_t>& episode, Answer answer,
                          const std::string& asset) {
  AnswerCount out{.answer = answer, .asset = asset};
  std::set<size_t> seen;
  for (size_t i = 0; i < days.size(); ++i) {
    const Judged& one = *days[i];
    if (!one.scored() || one.answer != answer || (!asset.empty() && one.day.asset != asset))
      continue;
    ++out.days;
    seen.insert(episode[i]);
    out.waves += *one.day.wave;
    out.lower_known += one.day.lower.has_value();
    out.lower += one.day.lower.value_or(false);
  }
  out.episodes = seen.size();
  if (out.days > 0) out.interval = wilson(out.waves, out.days, 0.95);
  return out;
}

Record::Pool make_pool(std::string name, const std::vector<const Judged*>& days,
                       const std::vector<size_t>& episode, const VerdictRules& rules) {
  Record::Pool pool{.name = std::move(name), .flush_days = days.size()};
  std::vector<Scored> rows;
  std::set<std::string> assets;
  // The days are in order, so this is how far the record knows.
  const Instant last = days.back()->day.day;
  for (size_t i = 0; i < days.size(); ++i) {
    const Judged& one = *days[i];
    assets.insert(one.day.asset);
    if (!one.probability)
      ++pool.refused;
    else if (one.day.wave)
      rows.push_back({*one.probability, one.base_rate, *one.day.wave, episode[i]});
    else if (one.day.due() > last)
      ++pool.waiting;  // its 7 days are not over
    else
      ++pool.unknown;
  }
  pool.score = score(rows);
  for (const Answer answer : {Answer::cleared, Answer::cannot_tell, Answer::not_cleared}) {
    pool.answers.push_back(count_answers(days, episode, answer, ""));
    for (const std::string& asset : assets)
      pool.answers.push_back(count_answers(days, episode, answer, asset));
  }
  // The answers change at the edge of a bin, so that no bin holds two of them.
  const std::set<double> edges{0, 0.2, rules.cleared_below, 0.5, rules.not_cleared_from, 0.8, 1};
  pool.bins = reliability(rows, {edges.begin(), edges.end()});
  if (!rows.empty()) pool.risk = risk_of(rows);
  return pool;
}

// The reason without its particulars, so that days refused alike are counted together.
std::string kind_of(const std::string& refusal) {
  // The words are those of choose() in judge.cc.
  if (refusal.find("hole") != refusal.npos) return "hole in the price path";
  if (refusal.starts_with("open interest")) return "open interest missing";
  return "too few past flush days";
}

std::vector<Refusals> count_refusals(const std::vector<Judged>& days) {
  std::map<std::string, Refusals> by_reason;
  for (const Judged& one : days) {
    if (one.probability) continue;
    const std::string reason = kind_of(one.refusal);
    Refusals& r = by_reason[reason];
    r.reason = reason;
    ++r.by_year[std::stoi(one.day.day.date().substr(0, 4))];
    ++r.days;
  }
  std::vector<Refusals> out;
  for (auto& entry : by_reason) out.push_back(std::move(entry.second));
  return out;
}

// One item alone through the same expanding window, on the days that the verdict itself answered.
Variant one_item(std::string name, const std::vector<Judged>& days,
                 const std::vector<size_t>& episode, const VerdictRules& rules,
                 const std::function<std::optional<double>(const FlushDay&)>& item) {
  const auto terms = [&](const FlushDay& day) -> std::optional<Terms> {
    const auto value = item(day);
    if (!value) return std::nullopt;
    // The one item stands where open interest does; the place of funding stays empty.
    return Terms{1, day.asset == rules.fitted_coins[0] ? 1.0 : 0.0,
                 day.asset == rules.fitted_coins[1] ? 1.0 : 0.0, *value, 0};
  };
  const Terms precision{rules.constant_precision, rules.coin_precision, rules.coin_precision,
                        rules.weight_precision, rules.weight_precision};
  std::vector<Scored> rows;
  for (size_t i = 0; i < days.size(); ++i) {
    const Judged& one = days[i];
    const auto x = terms(one.day);
    if (!one.scored() || one.carried_over || one.given || !x) continue;
    std::vector<Outcome> past;
    for (const Judged& earlier : days) {
      // The days that the verdict's own fit learned from: due by then, with both of its items.
      if (earlier.carried_over || earlier.day.due() > one.day.day || !earlier.day.wave ||
          !earlier.day.interest_change.value || !earlier.day.funding_change.value)
        continue;
      if (const auto past_terms = terms(earlier.day))
        past.push_back({*past_terms, *earlier.day.wave});
    }
    if (past.size() < rules.past_days_min) continue;
    double waves = 0;
    for (const Outcome& row : past) waves += row.happened;
    const double base =
        (waves + rules.prior_days / 2) / (static_cast<double>(past.size()) + rules.prior_days);
    rows.push_back(
        {fit_logistic(past, precision).probability(*x), base, *one.day.wave, episode[i]});
  }
  return {std::move(name), score(rows)};
}

std::vector<Variant> make_variants(const std::vector<Judged>& days,
                                   const std::vector<size_t>& episode, const VerdictRules& rules) {
  std::vector<Variant> out;
  const auto add = [&](const char* name, auto item) {
    out.push_back(one_item(name, days, episode, rules, item));
  };
  const auto scaled = [](const Item& item, double unit) {
    return item.value ? std::optional(*item.value / unit) : std::nullopt;
  };
  add("change of open interest alone",
      [&](const FlushDay& day) { return scaled(day.interest_change, rules.interest_unit); });
  add("change of funding alone", [&](const FlushDay& day) {
    auto x = scaled(day.funding_change, rules.funding_unit);
    if (x) x = std::clamp(*x, -rules.funding_clip, rules.funding_clip);
    return x;
  });
  add("level of funding", [&](const FlushDay& day) {
    auto x = scaled(day.funding, rules.funding_unit);
    if (x) x = std::clamp(*x, -rules.funding_clip, rules.funding_clip);
    return x;
  });
  add("size of the flush, ln(L / median)", [](const FlushDay& day) { return day.size_ln; });
  add("dominance oscillator", [](const FlushDay& day) { return day.oscillator; });
  add("liquidated per unit of fall over depth, ln",
      [](const FlushDay& day) { return day.trigger_ln; });
  add("longs left within 2 %, over the flush's, ln",
      [](const FlushDay& day) { return day.left_ln; });
  return out;
}

void put_price(Record& record, const std::vector<size_t>& episode) {
  std::vector<Scored> rows;
  size_t past = 0, fell = 0;
  for (size_t i = 0; i < record.days.size(); ++i) {
    const FlushDay& day = record.days[i].day;
    if (!day.volatility || *day.volatility <= 0 || !day.lower) continue;
    past = fell = 0;
    for (const Judged& one : record.days) {
      if (one.day.due() > day.day || !one.day.lower) continue;
      ++past;
      fell += *one.day.lower;
    }
    // Towards one half, by a prior that is worth ten days.
    const double base = (static_cast<double>(fell) + 5) / (static_cast<double>(past) + 10);
    rows.push_back({price_risk(*day.volatility), base, *day.lower, episode[i]});
  }
  record.price = score(rows);
  record.price_bins = reliability(rows, {0, 0.3, 0.4, 0.5, 0.6, 1});
}

}  // namespace

std::vector<size_t> episodes_of(std::span<const Judged> record) {
  std::vector<size_t> out;
  size_t episode = 0;
  for (size_t i = 0; i < record.size(); ++i) {
    if (i > 0 && record[i].day.day - record[i - 1].day.day > kEpisodeGap) ++episode;
    out.push_back(episode);
  }
  return out;
}

std::optional<Score> score(const std::vector<Scored>& rows) {
  if (rows.empty()) return std::nullopt;
  Score out{.days = rows.size()};
  std::set<size_t> episodes;
  for (const Scored& row : rows) {
    const double y = row.happened ? 1 : 0;
    episodes.insert(row.episode);
    out.happened += row.happened;
    out.brier += (row.probability - y) * (row.probability - y);
    out.brier_base += (row.base_rate - y) * (row.base_rate - y);
    out.log_loss += loss(row.probability, row.happened);
    out.log_loss_base += loss(row.base_rate, row.happened);
  }
  out.episodes = episodes.size();
  const double n = static_cast<double>(rows.size());
  for (double* sum : {&out.brier, &out.brier_base, &out.log_loss, &out.log_loss_base}) *sum /= n;
  out.gain = out.log_loss_base - out.log_loss;
  out.gain_interval = gain_interval(rows);
  out.area = area(rows);
  return out;
}

std::vector<Bin> reliability(const std::vector<Scored>& rows, const std::vector<double>& edges) {
  CHECK(edges.size() >= 2);
  std::vector<Bin> out;
  for (size_t i = 0; i + 1 < edges.size(); ++i) {
    Bin bin{.from = edges[i], .to = edges[i + 1]};
    for (const Scored& row : rows) {
      // The last bin has its upper edge in it, so that a probability of 1 is counted.
      const bool last = i + 2 == edges.size();
      if (row.probability < bin.from ||
          (last ? row.probability > bin.to : row.probability >= bin.to))
        continue;
      ++bin.days;
      bin.happened += row.happened;
      bin.mean += row.probability;
    }
    if (bin.days > 0) {
      bin.mean /= static_cast<double>(bin.days);
      bin.interval = wilson(bin.happened, bin.days, 0.95);
    }
    out.push_back(bin);
  }
  return out;
}

Standing standing(std::span<const Judged> record, const VerdictRules& rules) {
  const std::vector<size_t> episode = episodes_of(record);
  std::vector<Scored> rows;
  for (size_t i = 0; i < record.size(); ++i) {
    const Judged& one = record[i];
    if (one.scored() && !one.carried_over)
      rows.push_back({*one.probability, one.base_rate, *one.day.wave, episode[i]});
  }
  Standing out;
  if (rows.size() < rules.switch_days) {
    out.words = fmt::format("on: {} scored days, the rule that switches it off looks at {}",
                            rows.size(), rules.switch_days);
    return out;
  }
  rows.erase(rows.begin(), rows.end() - static_cast<ptrdiff_t>(rules.switch_days));
  out.lately = score(rows);
  // A low mean alone may be chance: the whole interval must be below 0.
  out.switched_off = out.lately->gain_interval.high < 0;
  out.words = fmt::format(
      "{}: over the last {} scored days the log gain is {:+.3f}, 90 % interval {:+.3f} to {:+.3f}",
      out.switched_off ? "SWITCHED OFF" : "on", rules.switch_days, out.lately->gain,
      out.lately->gain_interval.low, out.lately->gain_interval.high);
  return out;
}

Record make_record(std::span<const FlushDay> days, const VerdictRules& rules) {
  Record record{.cleared_below = rules.cleared_below, .not_cleared_from = rules.not_cleared_from};
  record.days = judge(days, rules);
  const std::vector<size_t> episode = episodes_of(record.days);
  // Coins that are carried over have weights of other coins, and are scored apart.
  for (const bool carried : {false, true}) {
    std::vector<const Judged*> pool;
    std::vector<size_t> of_pool;
    for (size_t i = 0; i < record.days.size(); ++i) {
      if (record.days[i].carried_over != carried) continue;
      pool.push_back(&record.days[i]);
      of_pool.push_back(episode[i]);
    }
    if (!pool.empty())
      record.pools.push_back(make_pool(carried ? "other coins" : "BTC, ETH", pool, of_pool, rules));
  }
  record.refusals = count_refusals(record.days);
  record.variants = make_variants(record.days, episode, rules);
  put_price(record, episode);
  Standing stands = standing(record.days, rules);
  record.lately = std::move(stands.lately);
  record.switched_off = stands.switched_off;
  record.standing = std::move(stands.words);
  return record;
}

}  // namespace delever::verdict
