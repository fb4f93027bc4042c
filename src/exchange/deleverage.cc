// Auto-deleveraging: who stands in the queue, and what each gives up.
#include <algorithm>

#include "exchange/liquidator.h"

namespace delever::exchange {

// A position's figures for the venue's ranking, in the unit of its pool.
margin::AdlInput Liquidator::adl_input(PositionId id, const PoolSums& s) const {
  const PositionState& pos = positions[id];
  const Market& m = markets[pos.instrument];
  const bool gains = gains_with_value(m, pos.lots);
  const int64_t at_mark = value(m, std::abs(pos.lots), m.mark, gains ? Round::down : Round::up);
  const auto amount = [](Wide units) {  // a rank only: what passes 64 bits is as large as can be
    return Amount::raw(
        static_cast<int64_t>(smaller(larger(units, -Wide{INT64_MAX}), Wide{INT64_MAX})));
  };
  const auto units = [&](int64_t coins) { return pools.in_pool_units(pos.pool, m.settle, coins); };
  return {.profit = amount(units(gains ? at_mark - pos.cost : pos.cost - at_mark)),
          .value = amount(units(at_mark)),
          .cost = amount(units(pos.cost)),
          .wallet = amount(s.wallet),
          .equity = amount(s.equity()),
          .maintenance = amount(s.maintenance),
          .is_long = pos.lots > 0,
          .inverse = m.inverse};
}

// The opposite positions, the first to give up lots first: by the venue's rank, then by account.
// The venue's own, and the other side of the same account, come only when nobody else is left.
std::vector<Liquidator::Candidate> Liquidator::adl_queue(PositionId id) {
  const Lots all = positions[id].lots;
  Market& m = markets[positions[id].instrument];
  const auto& rule = m.listing->rules.adl;
  const AdlRanking ranking = rule ? rule->ranking : AdlRanking::leverage_pnl;
  std::vector<Candidate> queue;
  for (const PositionId other : pools.in_order(m)) {
    const PositionState& pos = positions[other];
    if (pos.lots == 0 || (pos.lots > 0) == (all > 0)) continue;
    Candidate c{other, {.account = pos.account, .capacity = std::abs(pos.lots)}};
    const PoolSums s = pools.trigger_sums(pos.pool);
    c.adl.rank = margin::adl_score(ranking, adl_input(other, s));
    if (pos.account < kFirstUser) c.adl.rank = -1;
    if (pos.account == positions[id].account) c.adl.rank = -2;
    queue.push_back(c);
  }
  std::stable_sort(queue.begin(), queue.end(), [](const Candidate& a, const Candidate& b) {
    return a.adl.rank != b.adl.rank ? a.adl.rank > b.adl.rank : a.adl.account < b.adl.account;
  });
  return queue;
}

// Closes the position against others' opposite positions at one value for all, shared by the
// setup's policy.
void Liquidator::deleverage(PositionId id, AdlPrice price) {
  const int64_t position_value = adl_value(positions[id].pool, id, price);
  const InstrumentId i = positions[id].instrument;
  const Market& m = markets[i];
  std::optional<Price> at;  // at the bankruptcy value there is no round price
  if (price == AdlPrice::mark) at = Price::raw(m.mark);
  if (price == AdlPrice::previous_mark)
    at = Price::raw(m.previous_mark > 0 ? m.previous_mark : m.mark);
  const Lots all = positions[id].lots;
  const std::vector<Candidate> queue = adl_queue(id);
  Lots left = std::abs(all), given = 0;
  // Users by the policy; whatever its caps leave over, and then the venue's own, in turn.
  std::vector<AdlCandidate> users;
  for (const Candidate& c : queue) {
    if (c.adl.rank >= 0) users.push_back(c.adl);
  }
  std::vector<Lots> take(queue.size());
  const AdlShare share = share_deficit(setup.adl_policy, users, left);
  for (size_t k = 0; k < users.size(); ++k) take[k] = share.taken[k];
  left -= share.total;
  for (size_t k = 0; k < queue.size() && left > 0; ++k) {
    const Lots more = std::min<Lots>(left, queue[k].adl.capacity - take[k]);
    take[k] += more;
    left -= more;
  }
  CHECK(left == 0);  // longs and shorts are equal
  for (size_t k = 0; k < queue.size(); ++k) {
    if (take[k] == 0) continue;
    const Lots total = std::abs(all);
    const auto upto = [&](Lots n) { return narrow(static_cast<Wide>(position_value) * n / total); };
    const int64_t part = upto(given + take[k]) - upto(given);
    given += take[k];
    trading.transfer(id, queue[k].position, all > 0 ? take[k] : -take[k], part,
                     {.takeover = false, .at = at});
    trading.trim_reduce_only(queue[k].position);
  }
  trading.trim_reduce_only(id);
}

}  // namespace delever::exchange
