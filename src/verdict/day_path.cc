#include "verdict/day_path.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "statistics/statistics.h"

namespace delever::verdict {
namespace {

constexpr Duration kDay = Duration::days(1);

template <class List, class Match>
auto find_in(const List& list, Match match) -> decltype(&*list.begin()) {
  const auto found = std::find_if(list.begin(), list.end(), match);
  return found == list.end() ? nullptr : &*found;
}

// The same source on two days: the best of those that have both.
struct Pair {
  const gauges::DayClose *before, *now;
};
std::optional<Pair> common_close(const gauges::DayFigures& before, const gauges::DayFigures& now) {
  for (const gauges::DayClose& close : now.closes) {
    const auto* other = find_in(before.closes, [&](const gauges::DayClose& one) {
      return one.venue == close.venue && one.name == close.name && one.rank == close.rank;
    });
    if (other && other->price > 0 && close.price > 0) return Pair{other, &close};
  }
  return std::nullopt;
}

Item missing(std::string reason) { return {std::nullopt, "", std::move(reason)}; }

// A vendor's total over all venues, where one states it on both days.
std::optional<Item> whole_change(const gauges::DayFigures& before, const gauges::DayFigures& now) {
  for (const gauges::DayInterest& one : now.interest) {
    if (!one.published || one.part || one.coins.value_or(0) <= 0) continue;
    const auto* other = find_in(before.interest, [&](const gauges::DayInterest& o) {
      return o.published && o.venue == one.venue && o.scope == one.scope;
    });
    if (other && other->coins.value_or(0) > 0)
      return Item{std::log(*one.coins / *other->coins), one.venue, ""};
  }
  return std::nullopt;
}

// Over the contracts of all recorded venues. A dated contract comes and goes in the ordinary course
// and is left out where only one of the days has it; another contract on one day alone means that
// something else was recorded, and then the change says nothing.
Item recorded_change(const gauges::DayFigures& before, const gauges::DayFigures& now) {
  double sum = 0, sum_before = 0;
  std::string venues, changed;
  const auto differs = [&](const gauges::DayInterest& one) {
    if (!one.dated) changed += (changed.empty() ? "" : ", ") + one.venue + " " + one.scope;
  };
  const auto same = [](const gauges::DayInterest& a) {
    return [&a](const gauges::DayInterest& b) {
      return !b.published && b.venue == a.venue && b.scope == a.scope && b.coins;
    };
  };
  for (const gauges::DayInterest& one : now.interest) {
    if (one.published || !one.coins) continue;
    const auto* other = find_in(before.interest, same(one));
    if (!other) {
      differs(one);
      continue;
    }
    sum += *one.coins;
    sum_before += *other->coins;
    if (venues.find(one.venue) == venues.npos) venues += (venues.empty() ? "" : ", ") + one.venue;
  }
  for (const gauges::DayInterest& one : before.interest) {
    if (!one.published && one.coins && !find_in(now.interest, same(one))) differs(one);
  }
  if (!changed.empty()) return missing("its coverage changed over the day: " + changed);
  if (sum <= 0 || sum_before <= 0) return missing("");
  return {std::log(sum / sum_before), venues, ""};
}

Item interest_change(const gauges::DayFigures* before, const gauges::DayFigures& now) {
  if (!before) return missing("the day before is not on file");
  if (auto whole = whole_change(*before, now)) return *whole;
  const Item recorded = recorded_change(*before, now);
  if (recorded.value || !recorded.reason.empty()) return recorded;
  const auto any = [](const gauges::DayFigures& day) {
    return std::any_of(day.interest.begin(), day.interest.end(),
                       [](const auto& one) { return !one.part && one.coins; });
  };
  if (!any(now)) return missing("none of " + now.day.date());
  if (!any(*before)) return missing("none of " + before->day.date());
  return missing("no source states it for both days");
}

// Of some contracts alone: in contracts where they are stated, so that the price is not in it.
Item part_change(const gauges::DayFigures* before, const gauges::DayFigures& now) {
  if (!before) return {};
  for (const gauges::DayInterest& one : now.interest) {
    if (!one.part) continue;
    const auto* other = find_in(before->interest, [&](const gauges::DayInterest& o) {
      return o.part && o.venue == one.venue && o.scope == one.scope;
    });
    if (!other) continue;
    const auto figure = [](const gauges::DayInterest& of) {
      return of.contracts.value_or(of.coins.value_or(0));
    };
    if (figure(one) > 0 && figure(*other) > 0)
      return {std::log(figure(one) / figure(*other)), one.venue + " " + one.scope, ""};
  }
  return {};
}

}  // namespace

DayPath::DayPath(std::span<const gauges::DayFigures> days, const EventRules& rules)
    : rules_(rules) {
  if (days.empty()) return;
  first_ = days.front().day;
  const auto index = [&](Instant day) {
    return static_cast<size_t>((day - first_).in_days() + .5);
  };
  // A point a day without a hole, with or without figures: i - 1 is always the day before.
  points_.resize(index(days.back().day) + 1);
  for (size_t i = 0; i < days.size(); ++i) {
    CHECK(i == 0 || days[i - 1].day < days[i].day);
    points_[index(days[i].day)].figures = &days[i];
  }
  for (size_t i = 0; i < points_.size(); ++i) {
    add_prices(i);
    Point& point = points_[i];
    const gauges::DayFigures* before = i > 0 ? points_[i - 1].figures : nullptr;
    if (!point.figures) {
      point.interest_change = missing("the day is not on file");
      continue;
    }
    point.interest_change = interest_change(before, *point.figures);
    point.part_change = part_change(before, *point.figures);
  }
}

// v_t = decay v_{t-1} + (1 - decay) r_t^2, no mean, seeded with the first r^2.
void DayPath::add_prices(size_t i) {
  Point& point = points_[i];
  if (i > 0) point.rows = points_[i - 1].rows;
  // A day without a close leaves the variances as they were.
  if (!point.figures || point.figures->closes.empty()) return;
  ++point.rows;
  const gauges::DayClose* close = &point.figures->closes.front();
  if (i > 0 && points_[i - 1].figures) {
    if (const auto pair = common_close(*points_[i - 1].figures, *point.figures)) {
      close = pair->now;
      point.log_return = std::log(pair->now->price / pair->before->price);
      const double square = *point.log_return * *point.log_return;
      slow_ = seeded_ ? rules_.slow_decay * slow_ + (1 - rules_.slow_decay) * square : square;
      fast_ = seeded_ ? rules_.fast_decay * fast_ + (1 - rules_.fast_decay) * square : square;
      seeded_ = true;
    }
  }
  point.close = {close->price, close->source, ""};
  // Before that, the seed weighs too much.
  if (seeded_ && point.rows >= rules_.rows_min) {
    point.slow = slow_;
    point.fast = fast_;
  }
}

const gauges::DayLiquidations* DayPath::liquidations(size_t i, const std::string& series) const {
  if (i >= points_.size() || !points_[i].figures) return nullptr;
  return find_in(points_[i].figures->liquidations,
                 [&](const gauges::DayLiquidations& one) { return one.series == series; });
}

std::optional<double> DayPath::funding(size_t i, const gauges::DayFunding& source) const {
  if (!points_[i].figures) return std::nullopt;
  const auto* found = find_in(points_[i].figures->funding, [&](const gauges::DayFunding& one) {
    return one.venue == source.venue && one.name == source.name;
  });
  return found ? std::optional(found->annual) : std::nullopt;
}

// By the series that has most of the year before; its own days alone are compared with each other.
void DayPath::put_liquidations(FlushDay& day, size_t i) const {
  day.long_usd = missing("none of " + day.day.date());
  std::vector<double> year;
  const gauges::DayLiquidations* best = nullptr;
  for (const gauges::DayLiquidations& now : points_[i].figures->liquidations) {
    std::vector<double> before;
    for (size_t back = 1; back <= static_cast<size_t>(rules_.liquidation_days) && back <= i;
         ++back) {
      if (const auto* one = liquidations(i - back, now.series)) before.push_back(one->long_usd);
    }
    // Of equally long series the one listed first.
    if (best && before.size() <= year.size()) continue;
    best = &now;
    year = std::move(before);
  }
  if (!best) return;
  day.long_usd = {best->long_usd, best->series, ""};
  const double total = best->long_usd + best->short_usd;
  // 1: longs alone were liquidated, -1: shorts alone.
  if (total > 0) day.oscillator = (best->long_usd - best->short_usd) / total;
  if (year.size() < static_cast<size_t>(rules_.liquidation_days_min)) return;
  const double median = *statistics::median(year);
  if (median > 0 && best->long_usd > 0) day.size_ln = std::log(best->long_usd / median);
  day.by_liquidations = total > 0 && day.log_return && *day.log_return < 0 &&
                        best->long_usd / total > rules_.long_share &&
                        best->long_usd > *statistics::quantile(year, rules_.liquidation_quantile);
}

// By the first source that has the day and enough of the seven before.
void DayPath::put_funding(FlushDay& day, size_t i) const {
  day.funding = day.funding_change = missing("none of " + day.day.date());
  day.own_funding_change = day.funding_change;
  for (const gauges::DayFunding& source : points_[i].figures->funding) {
    double sum = 0;
    int known = 0;
    for (size_t back = 1; back <= static_cast<size_t>(rules_.funding_days) && back <= i; ++back) {
      if (const auto annual = funding(i - back, source)) {
        sum += *annual;
        ++known;
      }
    }
    const std::string name = source.venue + " " + source.name;
    if (!day.funding.value) day.funding = {source.annual, name, ""};
    if (known < rules_.funding_days_min) {
      day.funding_change = missing(
          fmt::format("{} of the {} days before, from {}", known, rules_.funding_days, name));
      continue;
    }
    day.funding = {source.annual, name, ""};
    day.funding_change = {source.annual - sum / known, name, ""};
    // Of days before this one: a move is not measured by itself.
    std::vector<double> moves;
    for (size_t back = 1; back <= static_cast<size_t>(rules_.own_days) && back + 1 <= i; ++back) {
      const auto now = funding(i - back, source), before = funding(i - back - 1, source);
      if (now && before) moves.push_back(*now - *before);
    }
    const auto deviation = statistics::deviation(moves);
    if (moves.size() < static_cast<size_t>(rules_.own_days_min) || !deviation || *deviation <= 0)
      day.own_funding_change = missing(fmt::format(
          "{} of the {} days before to measure its movement by", moves.size(), rules_.own_days));
    else
      day.own_funding_change = {*day.funding_change.value / *deviation, name, ""};
    return;
  }
}

void DayPath::put_own_interest(FlushDay& day, size_t i) const {
  day.own_interest_change = day.interest_change;
  if (!day.interest_change.value) return;
  std::vector<double> moves;
  for (size_t back = 1; back <= static_cast<size_t>(rules_.own_days) && back <= i; ++back) {
    const Item& one = points_[i - back].interest_change;
    // Of one source alone: each moves in its own way.
    if (one.value && one.source == day.interest_change.source) moves.push_back(*one.value);
  }
  const auto deviation = statistics::deviation(moves);
  if (moves.size() < static_cast<size_t>(rules_.own_days_min) || !deviation || *deviation <= 0)
    day.own_interest_change = missing(fmt::format(
        "{} of the {} days before to measure its movement by", moves.size(), rules_.own_days));
  else
    day.own_interest_change.value = *day.interest_change.value / *deviation;
}

void DayPath::put_outcome(FlushDay& day, size_t i) const {
  const size_t days = static_cast<size_t>(rules_.outcome_days);
  if (i + days >= points_.size()) return;
  bool every_total = true, every_close = day.close.has_value(), wave = false;
  double lowest = HUGE_VAL;
  for (size_t ahead = 1; ahead <= days; ++ahead) {
    const auto* total = liquidations(i + ahead, day.long_usd.source);
    every_total = every_total && total;
    wave = wave || (total && day.long_usd.value && *day.long_usd.value > 0 &&
                    total->long_usd >= rules_.wave_share * *day.long_usd.value);
    // The path of returns, so that a change of source on the way is no move of the price.
    every_close = every_close && points_[i + ahead].log_return;
  }
  // One day is enough for a wave; that there was none takes every day's total.
  if (day.long_usd.value && *day.long_usd.value > 0 && (wave || every_total)) day.wave = wave;
  if (!every_close) return;
  double path = 0;
  for (size_t ahead = 1; ahead <= days; ++ahead) {
    path += *points_[i + ahead].log_return;
    lowest = std::min(lowest, path);
  }
  day.lowest = std::expm1(lowest);
  day.lower = *day.lowest < -rules_.lower_by;
}

FlushDay DayPath::described(size_t i) const {
  const Point& point = points_[i];
  FlushDay day;
  day.day = first_ + Duration::days(static_cast<int64_t>(i));
  day.interest_change = point.interest_change;
  day.part_interest_change = point.part_change;
  day.hole_in_prices = true;
  if (!point.figures) {
    day.funding = day.funding_change = day.long_usd = missing("the day is not on file");
    day.own_interest_change = day.own_funding_change = day.funding;
    return day;
  }
  day.asset = point.figures->asset;
  day.close = point.close.value;
  day.close_source = point.close.source;
  day.log_return = point.log_return;
  if (point.fast) day.volatility = std::sqrt(*point.fast);
  size_t back = 0;
  const size_t path_days = static_cast<size_t>(rules_.path_days);
  while (back < path_days && back <= i && points_[i - back].log_return) ++back;
  day.hole_in_prices = back < path_days;
  if (day.log_return) {
    // Without a deviation of the day before only the fixed fall counts.
    const double slow = i > 0 ? points_[i - 1].slow.value_or(0) : 0;
    day.by_price = *day.log_return < std::log1p(-rules_.price_fall) ||
                   (slow > 0 && *day.log_return < -rules_.price_deviations * std::sqrt(slow));
    day.by_open_interest = *day.log_return < 0 && day.interest_change.value &&
                           *day.interest_change.value < std::log1p(-rules_.interest_fall);
  }
  put_liquidations(day, i);
  const auto& depth = point.figures->depth;
  if (!depth.empty() && day.log_return && *day.log_return < 0 && day.long_usd.value.value_or(0) > 0)
    // USD liquidated per unit of fall, over USD bid per unit within 1 % of the price.
    day.trigger_ln =
        std::log(*day.long_usd.value / -*day.log_return) - std::log(depth.front().bids_usd / 0.01);
  const auto& left = point.figures->longs_within_2pct_usd;
  if (left && *left > 0 && day.long_usd.value.value_or(0) > 0)
    day.left_ln = std::log(*left / *day.long_usd.value);
  put_funding(day, i);
  put_own_interest(day, i);
  put_outcome(day, i);
  return day;
}

std::vector<FlushDay> DayPath::flush_days() const {
  std::vector<FlushDay> out;
  bool begun = false;
  for (size_t i = 0; i < points_.size(); ++i) {
    if (!points_[i].figures) continue;
    // From the first day with open interest or liquidations: prices may reach back much further,
    // and a day of prices alone cannot be judged.
    begun =
        begun || !points_[i].figures->interest.empty() || !points_[i].figures->liquidations.empty();
    if (!begun) continue;
    FlushDay day = described(i);
    if (day.is_flush()) out.push_back(std::move(day));
  }
  return out;
}

std::optional<FlushDay> DayPath::day(Instant day) const {
  if (points_.empty() || day < first_ || day > *last()) return std::nullopt;
  return described(static_cast<size_t>((day - first_).in_days() + .5));
}

std::optional<Instant> DayPath::last() const {
  if (points_.empty()) return std::nullopt;
  return first_ + kDay * static_cast<int64_t>(points_.size() - 1);
}

std::map<std::string, std::vector<gauges::DayFigures>> by_asset(
    std::vector<gauges::DayFigures> days) {
  std::map<std::string, std::vector<gauges::DayFigures>> out;
  for (gauges::DayFigures& day : days) out[day.asset].push_back(std::move(day));
  for (auto& [asset, list] : out) {
    std::stable_sort(list.begin(), list.end(),
                     [](const auto& a, const auto& b) { return a.day < b.day; });
  }
  return out;
}

std::vector<FlushDay> find_flush_days(const std::vector<gauges::DayFigures>& days,
                                      const EventRules& rules) {
  std::vector<FlushDay> out;
  for (const auto& [asset, list] : by_asset(days)) {
    const DayPath path(list, rules);
    for (FlushDay& day : path.flush_days()) out.push_back(std::move(day));
  }
  std::sort(out.begin(), out.end(), before);
  return out;
}

}  // namespace delever::verdict
