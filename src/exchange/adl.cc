#include "exchange/adl.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace delever::exchange {
namespace {

using Order = std::vector<size_t>;

// Candidates in the order of `before`; equal ones by account, so that the order they came in does
// not matter.
template <class Before>
Order ordered(std::span<const AdlCandidate> c, Before before) {
  Order order(c.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    if (before(c[a], c[b])) return true;
    if (before(c[b], c[a])) return false;
    return c[a].account < c[b].account;
  });
  return order;
}

int64_t capped(const AdlCandidate& c) {
  return narrow(static_cast<Wide>(c.capacity) * c.cap.raw() / Rate::scale);
}

AdlShare in_turn(std::span<const AdlCandidate> c, const Order& order, int64_t budget) {
  AdlShare share{std::vector<int64_t>(c.size()), 0, {}};
  for (size_t i : order) {
    share.taken[i] = std::min(c[i].capacity, budget - share.total);
    share.total += share.taken[i];
  }
  return share;
}

// Splits `budget` in proportion to `parts` (which sum to `whole` >= budget): floors first, then one
// unit each to the largest remainders.
void split_by_largest_remainder(const std::vector<Wide>& parts, Wide whole, int64_t budget,
                                std::span<const AdlCandidate> c, std::vector<int64_t>& taken) {
  std::vector<Wide> remainder(parts.size());
  int64_t given = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    const Wide product = parts[i] * budget;
    taken[i] += narrow(product / whole);
    given += narrow(product / whole);
    remainder[i] = product % whole;
  }
  Order order(parts.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return remainder[a] != remainder[b] ? remainder[a] > remainder[b] : c[a].account < c[b].account;
  });
  for (size_t n = 0; given < budget; ++n, ++given) ++taken[order[n]];
}

// Shares min(cap_i, level * part_i / ...) with one level for all: those that the level would push
// over their cap are filled to it and leave; the rest share what is left in proportion to their
// parts. At most n rounds.
AdlShare water_filled(std::span<const AdlCandidate> c, const std::vector<Wide>& parts,
                      int64_t budget) {
  AdlShare share{std::vector<int64_t>(c.size()), 0, {}};
  std::vector<char> full(c.size());
  int64_t possible = 0;
  for (size_t i = 0; i < c.size(); ++i) possible += parts[i] > 0 ? capped(c[i]) : 0;
  const int64_t wanted = std::min(budget, possible);
  int64_t left = wanted;
  for (;;) {
    Wide whole = 0;
    for (size_t i = 0; i < c.size(); ++i) whole += full[i] ? 0 : parts[i];
    if (whole == 0 || left == 0) break;
    bool filled = false;
    int64_t next = left;
    for (size_t i = 0; i < c.size(); ++i) {
      // level * part = left / whole * part; over the cap?
      if (full[i] || parts[i] == 0 ||
          static_cast<Wide>(left) * parts[i] < static_cast<Wide>(capped(c[i])) * whole)
        continue;
      full[i] = 1;
      filled = true;
      share.taken[i] = capped(c[i]);
      next -= share.taken[i];
    }
    if (filled) {
      left = std::max<int64_t>(0, next);
      continue;
    }
    std::vector<Wide> open(c.size());
    for (size_t i = 0; i < c.size(); ++i) open[i] = full[i] ? 0 : parts[i];
    share.water_level = static_cast<double>(left) / static_cast<double>(whole);
    split_by_largest_remainder(open, whole, left, c, share.taken);
    break;
  }
  share.total = std::accumulate(share.taken.begin(), share.taken.end(), int64_t{0});
  CHECK(share.total == wanted);
  return share;
}

// Weights as integers of 2^-20, so that sums are exact whatever the order.
Wide weight_units(double weight) {
  CHECK(weight >= 0 && weight < 1e12);
  return static_cast<Wide>(std::llround(weight * 0x1p20));
}

}  // namespace

AdlShare share_deficit(AdlPolicy policy, std::span<const AdlCandidate> candidates, int64_t budget) {
  CHECK(budget >= 0);
  for (const AdlCandidate& c : candidates)
    CHECK(c.capacity >= 0 && c.cap.raw() >= 0 && c.cap.raw() <= Rate::scale);
  std::vector<Wide> parts;
  switch (policy) {
    case AdlPolicy::queue:
      return in_turn(
          candidates,
          ordered(candidates, [](const auto& a, const auto& b) { return a.rank > b.rank; }),
          budget);
    case AdlPolicy::greedy:
      return in_turn(
          candidates,
          ordered(candidates, [](const auto& a, const auto& b) { return a.weight > b.weight; }),
          budget);
    case AdlPolicy::pro_rata: {
      std::vector<AdlCandidate> uncapped(candidates.begin(), candidates.end());
      for (AdlCandidate& c : uncapped) {
        c.cap = Rate::raw(Rate::scale);
        parts.push_back(c.capacity);
      }
      return water_filled(uncapped, parts, budget);
    }
    case AdlPolicy::capped_pro_rata:
      for (const AdlCandidate& c : candidates) parts.push_back(c.capacity);
      return water_filled(candidates, parts, budget);
    case AdlPolicy::risk_weighted:
      for (const AdlCandidate& c : candidates)
        parts.push_back(c.capacity > 0 ? weight_units(c.weight) : 0);
      return water_filled(candidates, parts, budget);
  }
  check_failed("an AdlPolicy shares", __FILE__, __LINE__);
}

}  // namespace delever::exchange
