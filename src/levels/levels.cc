#include "levels/levels.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace delever::levels {

Result<LevelRatios> level_ratios(const margin::Rulebooks::Compiled& book, Price price) {
  if (price.raw() <= 0) return Error{Fault::refused, "levels need a positive price"};
  if (book.option)
    return Error{Fault::refused, "levels are of perpetuals and futures, not options"};
  const Qty qty = book.book.contract->step.value_or(Qty::raw(Qty::scale / 1000));
  const double size = qty.approx() * book.size.approx();
  const double value = book.inverse ? size / price.approx() : size * price.approx();
  const auto& ladder = book.book.ladder;
  LevelRatios ratios;
  for (const PositionSide side : {PositionSide::long_side, PositionSide::short_side}) {
    for (size_t j = 0; j < kLeverages.size(); ++j) {
      if (ladder && !ladder->tiers.empty() &&
          ladder->tiers[0].max_leverage.approx() < kLeverages[j])
        continue;
      const margin::PricePool pool{
          .equity_elsewhere = value / kLeverages[j],
          .legs = {{.book = &book,
                    .side = side,
                    .qty = qty.approx(),
                    .entry = price.approx(),
                    .frozen_maintenance = book.isolated_maintenance == MaintenanceAt::entry}}};
      const margin::SafePrices prices = TRY(margin::liquidation_prices(pool));
      const std::optional<double> level = margin::adverse(prices, pool);
      if (prices.never_safe || !level) continue;
      const double ratio = *level / price.approx();
      if (side == PositionSide::long_side ? ratio >= 1 : ratio <= 1) continue;
      (side == PositionSide::long_side ? ratios.of_long : ratios.of_short)[j] = ratio;
    }
  }
  return ratios;
}

LevelTrack::LevelTrack(PositionSide side, double ratio, double step)
    : side_(side), log_ratio_(std::log(ratio)), step_(step) {
  CHECK(ratio > 0 && step > 0);
}

double LevelTrack::price_of(int64_t bucket) const {
  return std::exp((static_cast<double>(bucket) + 0.5) * step_ + log_ratio_);
}

double LevelTrack::edge_price(int64_t bucket) {
  if (edge_ != bucket) {
    edge_ = bucket;
    edge_price_ = price_of(bucket);
  }
  return edge_price_;
}

int64_t LevelTrack::bucket_of(double price, double step) {
  CHECK(price > 0);
  return static_cast<int64_t>(std::floor(std::log(price) / step));
}

void LevelTrack::add(double price, double coins) { add_at(bucket_of(price, step_), coins); }

void LevelTrack::add_at(int64_t bucket, double coins) {
  CHECK(coins >= 0);
  if (coins == 0) return;
  reach(bucket, bucket);
  cells_[static_cast<size_t>(bucket - first_)] += coins / factor_;
  total_ += coins;
}

void LevelTrack::add_all(std::span<const Entry> entries, double coins) {
  CHECK(coins >= 0);
  if (coins == 0 || entries.empty()) return;
  const auto [low, high] = std::minmax_element(entries.begin(), entries.end());
  reach(low->first, high->first);
  double* const cells = cells_.data();
  for (const auto& [bucket, share] : entries) {
    cells[bucket - first_] += coins * share / factor_;
    total_ += coins * share;
  }
}

// Cells from `low` to `high` at least: a track holds one stretch of buckets without holes.
void LevelTrack::reach(int64_t low, int64_t high) {
  if (cells_.empty()) {
    first_ = low;
    factor_ = 1;
  }
  if (low < first_) {
    cells_.insert(cells_.begin(), static_cast<size_t>(first_ - low), 0.0);
    first_ = low;
  }
  const auto size = static_cast<size_t>(high - first_ + 1);
  if (size > cells_.size()) cells_.resize(size, 0.0);
}

// A level is where its bucket's middle stands. Longs entered highest go first, shorts entered
// lowest.
double LevelTrack::cross(double low, double high) {
  double crossed = 0;
  if (side_ == PositionSide::long_side) {
    while (!cells_.empty() && edge_price(first_ + static_cast<int64_t>(cells_.size()) - 1) >= low) {
      crossed += cells_.back();
      cells_.pop_back();
    }
  } else {
    size_t gone = 0;
    while (gone < cells_.size() && edge_price(first_ + static_cast<int64_t>(gone)) <= high)
      crossed += cells_[gone++];
    if (gone > 0) cells_.erase(cells_.begin(), cells_.begin() + static_cast<std::ptrdiff_t>(gone));
    first_ += static_cast<int64_t>(gone);
  }
  crossed *= factor_;
  total_ = cells_.empty() ? 0 : std::max(0.0, total_ - crossed);
  return crossed;
}

// All cells at once by one factor, written into them only before it would vanish.
void LevelTrack::scale(double factor) {
  factor_ *= factor;
  total_ *= factor;
  if (factor_ > 1e-100) return;
  for (double& cell : cells_) cell *= factor_;
  factor_ = 1;
}

void place_before(LevelTrack& track, const LevelRules& rules, double price, double coins) {
  CHECK(rules.before_spread > 0);
  const int64_t middle = LevelTrack::bucket_of(price, rules.entry_step);
  const auto reach = static_cast<int64_t>(std::ceil(8 * rules.before_spread / rules.entry_step));
  std::vector<std::pair<int64_t, double>> standing;
  double sum = 0;
  for (int64_t offset = -reach; offset <= reach; ++offset) {
    if (track.passed(middle + offset, price)) continue;
    const double share =
        std::exp(-std::abs(static_cast<double>(offset)) * rules.entry_step / rules.before_spread);
    standing.emplace_back(middle + offset, share);
    sum += share;
  }
  for (const auto& [bucket, share] : standing) track.add_at(bucket, coins * share / sum);
}

std::vector<LevelBar::Traded> entry_shares(const LevelBar& bar) {
  std::vector<LevelBar::Traded> shares;
  double sum = 0;
  for (const LevelBar::Traded& traded : bar.traded) sum += traded.coins;
  if (sum > 0) {
    for (const LevelBar::Traded& traded : bar.traded)
      shares.push_back({traded.price, traded.coins / sum});
    return shares;
  }
  constexpr int points = 10;
  for (int i = 0; i < points; ++i)
    shares.push_back({bar.low * std::pow(bar.high / bar.low, (i + 0.5) / points), 1.0 / points});
  return shares;
}

double LevelInventory::Side::leveraged() const {
  double sum = 0;
  for (const auto& track : tracks) sum += track ? track->total() : 0;
  return sum;
}

LevelInventory::LevelInventory(const LevelRatios& ratios, const LevelRules& rules,
                               const SideWeights& weights, double open_interest)
    : rules_(rules), weights_(weights) {
  CHECK(open_interest >= 0 && rules.half_life_h > 0 && rules.entry_step > 0 &&
        rules.before_spread >= 0);
  CHECK(rules.liquidated_share >= 0 && rules.liquidated_share <= 1 && rules.turnover >= 0);
  for (const PositionSide s : {PositionSide::long_side, PositionSide::short_side}) {
    Side& into = s == PositionSide::long_side ? long_ : short_;
    into.unseen = open_interest;
    for (size_t j = 0; j < kLeverages.size(); ++j) {
      if (ratios.at(s, j)) into.tracks[j].emplace(s, *ratios.at(s, j), rules.entry_step);
    }
  }
}

// By takers' and makers' weights alike: who opened it is not known.
void LevelInventory::place(Side& side, const LevelWeights& weights, double price) const {
  const double coins = side.unseen;
  for (size_t j = 0; j < kLeverages.size(); ++j) {
    if (!side.tracks[j]) continue;
    const double before = coins * (weights.taker[j] + weights.maker[j]) / 2;
    place_before(*side.tracks[j], rules_, price, before);
    side.unseen -= side.tracks[j]->total();
    side.before += side.tracks[j]->total();
  }
  side.unseen = std::max(0.0, side.unseen);
}

// Coins whose level the bar has crossed: a share is liquidated, the others had been topped up.
double LevelInventory::crossed(Side& side, const LevelBar& bar) const {
  double sum = 0;
  for (auto& track : side.tracks) sum += track ? track->cross(bar.low, bar.high) : 0;
  side.unleveraged += (1 - rules_.liquidated_share) * sum;  // topped up
  return rules_.liquidated_share * sum;
}

// Leveraged positions close at their own rate, the others make up the balance; who runs out is made
// up for by the rest.
void LevelInventory::close(Side& side, double coins, double wanted_share) const {
  const double leveraged = side.leveraged(), others = side.unleveraged + side.unseen;
  double from_leveraged = std::min(coins, wanted_share * leveraged);
  from_leveraged = std::min(leveraged, std::max(from_leveraged, coins - others));
  const double from_others = std::min(others, coins - from_leveraged);
  if (leveraged > 0) {
    for (auto& track : side.tracks) {
      if (track) track->scale(1 - from_leveraged / leveraged);
    }
    side.before *= 1 - from_leveraged / leveraged;
  }
  if (others > 0) {
    const double kept = 1 - from_others / others;
    side.unleveraged *= kept;
    side.unseen *= kept;
  }
}

// What was opened in a bar, by its prices and the leverages of takers and makers; what no leverage
// claims is unleveraged.
void LevelInventory::deposit(Side& side, const LevelWeights& weights,
                             std::span<const LevelTrack::Entry> entries, double coins,
                             double taker_share) const {
  if (coins <= 0) return;
  double placed = 0;
  for (size_t j = 0; j < kLeverages.size(); ++j) {
    if (!side.tracks[j]) continue;
    const double share = taker_share * weights.taker[j] + (1 - taker_share) * weights.maker[j];
    for (const auto& [bucket, part] : entries) side.tracks[j]->add_at(bucket, share * coins * part);
    placed += share;
  }
  side.unleveraged += std::max(0.0, 1 - placed) * coins;
}

LevelInventory::Flows LevelInventory::step(const LevelBar& bar) {
  CHECK(bar.low > 0 && bar.high >= bar.low && bar.seconds > 0);
  if (!placed_ && rules_.before_spread > 0) {
    place(long_, weights_.longs, std::sqrt(bar.low * bar.high));
    place(short_, weights_.shorts, std::sqrt(bar.low * bar.high));
  }
  placed_ = true;
  Flows flows;
  // Open interest cannot fall below nothing; a change that says so is an error of the feed and is
  // cut.
  const double change = std::max(bar.open_interest_change, -std::min(long_.all(), short_.all()));
  flows.liquidated_long = crossed(long_, bar);
  flows.liquidated_short = crossed(short_, bar);
  const double demanded =
      std::max(0.0, change + std::max(flows.liquidated_long, flows.liquidated_short));
  // Opens and closes together cannot exceed the volume, nor what opens the open interest after the
  // bar.
  const double room = std::min(
      (bar.volume() + change) / 2,
      std::min(long_.all() + flows.liquidated_long, short_.all() + flows.liquidated_short) +
          change);
  flows.opened =
      demanded + std::clamp(rules_.turnover * bar.volume(), 0.0, std::max(0.0, room - demanded));
  flows.closed_long = std::max(0.0, flows.opened - change - flows.liquidated_long);
  flows.closed_short = std::max(0.0, flows.opened - change - flows.liquidated_short);
  const double closing = 1 - std::exp2(-bar.seconds / 3600 / rules_.half_life_h);
  close(long_, flows.closed_long, closing);
  close(short_, flows.closed_short, closing);
  const double buys = bar.volume() > 0 ? bar.taker_buy / bar.volume() : 0.5;
  std::vector<LevelTrack::Entry> entries;
  if (flows.opened > 0) {
    for (const LevelBar::Traded& entry : entry_shares(bar))
      entries.emplace_back(LevelTrack::bucket_of(entry.price, rules_.entry_step), entry.coins);
  }
  deposit(long_, weights_.longs, entries, flows.opened, buys);
  deposit(short_, weights_.shorts, entries, flows.opened, 1 - buys);
  return flows;
}

std::vector<LevelInventory::Level> LevelInventory::levels(PositionSide s) const {
  std::vector<Level> out;
  for (size_t j = 0; j < kLeverages.size(); ++j) {
    if (const auto& track = side(s).tracks[j])
      track->each([&](double price, double coins) { out.push_back({price, coins, j}); });
  }
  return out;
}

double LevelInventory::open_interest(PositionSide s) const { return side(s).all(); }
double LevelInventory::leveraged(PositionSide s) const { return side(s).leveraged(); }

double LevelInventory::seen(PositionSide s) const {
  const double all = side(s).all();
  const double before = side(s).unseen + std::min(side(s).before, side(s).leveraged());
  return all > 0 ? std::max(0.0, 1 - before / all) : 0;
}

}  // namespace delever::levels
