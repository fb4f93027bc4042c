// Two million cross accounts of five positions over fifty instruments: one sweep over all, beside
// plain structs with a tier lookup and beside exact evaluate(); then the watch prices of the same
// accounts, and of ten million isolated positions: memory, moves, ticks, and the looks that a path
// of prices saved. Thread CPU time, best of several.
//   cross_bench [ACCOUNTS] [ISOLATED]
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "margin/rulebooks_testing.h"
#include "watch/cross_sweep.h"
#include "watch/watch_index.h"

namespace delever::watch {
namespace {

using namespace margin::fixture;

double seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

template <class F>
double best_of(int runs, F&& run) {
  double best = 1e9;
  for (int i = 0; i < runs; ++i) {
    const double start = seconds();
    run();
    best = std::min(best, seconds() - start);
  }
  return best;
}

constexpr size_t kInstruments = 50, kPositions = 5;

struct Market {
  margin::Rulebooks books;
  margin::MarkPrices marks;
  PriceIds ids;

  Market() {
    const Rulebook btc = book("binance", "BTCUSDT", "2024-10-24"),
                   eth = book("binance", "ETHUSDT", "2024-10-24");
    for (size_t i = 0; i < kInstruments; ++i) {
      CHECK(books.add(i % 2 ? eth : btc).has_value());
      marks.mark.push_back(price(i == 0 ? 84'000 : 3'000 / std::pow(1.3, static_cast<double>(i))));
      ids.mark.push_back(static_cast<PriceId>(i));
    }
  }

  // Of instruments like a real board: a third of all in the first, then by 1/rank. Slack 0.1 to 30
  // % of the value.
  margin::Account account(uint32_t id) const {
    Random random(1, {.entity = id});
    margin::Account made;
    double value = 0;
    for (size_t k = 0; k < kPositions; ++k) {
      const auto i =
          static_cast<InstrumentId>(std::pow(static_cast<double>(kInstruments), random.uniform())) -
          1;
      const double usd = log_uniform(random, 100, 100'000), at = marks.mark[i]->approx();
      made.positions.push_back(
          {.instrument = i,
           .book = i,
           .side = random.chance(0.5) ? PositionSide::long_side : PositionSide::short_side,
           .qty = qty(usd / at),
           .entry = price(at * log_uniform(random, 0.9, 1.1)),
           .leverage = times_leverage(10)});
      value += usd;
    }
    margin::AccountMargin margin;
    CHECK(margin::evaluate(made, marks, books, margin).has_value());
    const margin::Pool& pool = margin.pools[0];
    const double kept = value * log_uniform(random, 1e-3, 0.3);
    made.balances.push_back({0, coins(pool.maintenance.approx() - pool.profit.approx() + kept)});
    return made;
  }
};

struct PlainPosition {
  uint32_t instrument;
  double size, entry;  // signed
};
struct PlainAccount {
  double wallet;
  PlainPosition positions[kPositions];
};
struct PlainTier {
  double cap, rate, deduction;
};

size_t look_at_all(const std::vector<PlainAccount>& accounts, const std::vector<double>& marks,
                   const std::vector<std::vector<PlainTier>>& ladders) {
  size_t under = 0;
  for (const PlainAccount& account : accounts) {
    double equity = account.wallet, maintenance = 0;
    for (const PlainPosition& p : account.positions) {
      equity += p.size * (marks[p.instrument] - p.entry);
      const double value = std::abs(p.size) * marks[p.instrument];
      const PlainTier* tier = ladders[p.instrument].data();
      while (value > tier->cap) ++tier;
      maintenance += value * tier->rate - tier->deduction;
    }
    under += equity <= maintenance;
  }
  return under;
}

void sweep_all(const Market& market, uint32_t count) {
  std::vector<PlainAccount> plain(count);
  std::vector<std::vector<PlainTier>> ladders;
  for (size_t i = 0; i < kInstruments; ++i) {
    ladders.emplace_back();
    for (const MarginTier& tier : market.books[static_cast<margin::BookId>(i)].book.ladder->tiers)
      ladders.back().push_back({tier.cap ? tier.cap->approx() : 1e300, tier.maintenance.approx(),
                                tier.deduction.approx()});
  }
  std::vector<options::Lanes> widths;
  std::vector<CrossSweep> sweeps;
  for (const options::Lanes lanes :
       {options::Lanes::one, options::Lanes::avx2, options::Lanes::avx512}) {
    if (!options::lanes_supported(lanes)) continue;
    widths.push_back(lanes);
    sweeps.emplace_back(market.books, CrossSweep::Options{.lanes = lanes});
  }
  margin::AccountMargin margin;
  for (uint32_t id = 0; id < count; ++id) {
    const margin::Account account = market.account(id);
    plain[id].wallet = account.balances[0].amount.approx();
    for (size_t k = 0; k < kPositions; ++k) {
      const margin::Position& p = account.positions[k];
      const double sign = p.side == PositionSide::long_side ? 1 : -1;
      plain[id].positions[k] = {p.instrument, sign * p.qty.approx(), p.entry.approx()};
    }
    for (CrossSweep& sweep : sweeps)
      CHECK(sweep.set(id, account, margin::Pool{.coin = CoinId{0}}, market.marks));
  }
  std::vector<margin::Account> some;
  for (uint32_t id = 0; id < std::min(count, 20'000u); ++id) some.push_back(market.account(id));
  const double evaluated = best_of(3, [&] {
    for (const margin::Account& account : some)
      CHECK(margin::evaluate(account, market.marks, market.books, margin).has_value());
  });
  const double drawn = best_of(3, [&] {
    for (uint32_t id = 0; id < some.size(); ++id)
      CHECK(sweeps.back().set(id, some[id], margin::Pool{.coin = CoinId{0}}, market.marks));
  });
  std::printf("%u accounts of %zu positions over %zu instruments\n", count, kPositions,
              kInstruments);
  std::printf("  exact evaluate() %.2f M accounts/s; drawing a line anew %.0f ns an account\n",
              static_cast<double>(some.size()) / evaluated / 1e6,
              drawn / static_cast<double>(some.size()) * 1e9);

  const double n = static_cast<double>(count);
  for (const double move : {0.0007, 0.02}) {
    margin::MarkPrices moved = market.marks;
    std::vector<double> prices;
    for (size_t i = 0; i < kInstruments; ++i) {
      moved.mark[i] = price(market.marks.mark[i]->approx() * (i % 3 ? 1 - move : 1 + move / 2));
      prices.push_back(moved.mark[i]->approx());
    }
    size_t under = 0;
    const double looked = best_of(7, [&] { under = look_at_all(plain, prices, ladders); });
    std::printf(" marks moved by %.2f %%\n", move * 100);
    std::printf(
        "  plain structs    %7.2f ms %7.1f M accounts/s  under water %zu; %zu bytes an account\n",
        looked * 1e3, n / looked / 1e6, under, sizeof(PlainAccount));
    for (size_t w = 0; w < sweeps.size(); ++w) {
      sweeps[w].move(moved);
      std::vector<uint32_t> due;
      const double took = best_of(15, [&] {
        due.clear();
        sweeps[w].sweep(due);
      });
      size_t exact = 0;
      for (const uint32_t id : due) {
        CHECK(margin::evaluate(market.account(id), moved, market.books, margin).has_value());
        exact += margin.liquidated();
      }
      std::printf(
          "  sweep, %-8s  %7.2f ms %7.1f M accounts/s  named %zu, of them under water %zu; %.1f "
          "bytes an account\n",
          std::string(options::lanes_name(widths[w])).c_str(), took * 1e3, n / took / 1e6,
          due.size(), exact, static_cast<double>(sweeps[w].bytes()) / n);
    }
  }
}

void watch_cross(const Market& market, uint32_t count) {
  WatchIndex index;
  PoolBound bound;
  margin::AccountMargin margin;
  margin::MarkPrices marks = market.marks;
  const auto reevaluate = [&](uint32_t id) {
    const margin::Account account = market.account(id);
    CHECK(margin::evaluate(account, marks, market.books, margin).has_value());
    if (margin.liquidated()) return index.forget(id), true;
    CHECK(bound_pool(account, marks, market.books, margin, 0, market.ids, bound).has_value());
    index.watch(id, bound);
    return false;
  };
  for (uint32_t id = 0; id < count; ++id) reevaluate(id);
  std::printf("%u cross accounts watched: %zu watch prices, %.1f bytes an account\n", count,
              index.watched(), static_cast<double>(index.bytes()) / count);
  Random random(2, {});
  std::vector<std::pair<uint32_t, margin::Account>> some;
  for (int i = 0; i < 20'000; ++i) {
    const auto id = static_cast<uint32_t>(random.below(count));
    some.emplace_back(id, market.account(id));
  }
  std::vector<margin::AccountMargin> margins(some.size());
  std::vector<PoolBound> bounds(some.size());
  size_t thresholds = 0;
  for (size_t i = 0; i < some.size(); ++i)
    CHECK(margin::evaluate(some[i].second, marks, market.books, margins[i]).has_value());
  const auto bound_all = [&] {
    for (size_t i = 0; i < some.size(); ++i)
      CHECK(bound_pool(some[i].second, marks, market.books, margins[i], 0, market.ids, bounds[i])
                .has_value());
  };
  const double bounding = best_of(3, bound_all);
  for (auto& mark : marks.mark) mark = price(mark->approx() * 0.999);
  for (size_t i = 0; i < some.size(); ++i)
    CHECK(margin::evaluate(some[i].second, marks, market.books, margins[i]).has_value());
  bound_all();
  marks = market.marks;
  for (const PoolBound& one : bounds) thresholds += one.exposures.size();
  std::vector<uint32_t> pools;
  for (const auto& [id, account] : some) pools.push_back(id);
  const double watching = best_of(1, [&] {
    for (size_t i = 0; i < some.size(); ++i) {
      index.prefetch(std::span(pools).subspan(i + 1));
      index.watch(pools[i], bounds[i]);
    }
  });
  for (const auto& [id, account] : some) reevaluate(id);
  const auto n = static_cast<double>(some.size());
  std::printf("  bound %.0f ns a look; watch %.0f ns a look, %.0f ns a watch price\n",
              bounding / n * 1e9, watching / n * 1e9,
              watching / static_cast<double>(thresholds) * 1e9);
  uint64_t looks = 0, gone = 0, ticks = 0;
  double taking = 0;
  std::vector<uint32_t> due;
  for (int tick = 0; tick < 100; ++tick) {  // one second each: 1 bp together, 1 bp each
    const double together = 1e-4 * random.normal();
    for (size_t i = 0; i < kInstruments; ++i, ++ticks) {
      marks.mark[i] = price(marks.mark[i]->approx() * std::exp(together + 1e-4 * random.normal()));
    }
    due.clear();
    const double start = seconds();
    for (size_t i = 0; i < kInstruments; ++i)
      index.take_due(static_cast<PriceId>(i), *marks.mark[i], due);
    taking += seconds() - start;
    std::sort(due.begin(), due.end());
    due.erase(std::unique(due.begin(), due.end()), due.end());
    for (const uint32_t id : due) gone += reevaluate(id);
    looks += due.size();
  }
  std::printf(
      "  %llu marks of 1.4 bp: %.0f ns a mark, %.1f looks a mark; %.4f %% of accounts x rounds "
      "saved; %llu of %llu "
      "looks found one under water\n",
      static_cast<unsigned long long>(ticks), taking / static_cast<double>(ticks) * 1e9,
      static_cast<double>(looks) / static_cast<double>(ticks),
      100 * (1 - static_cast<double>(looks) / (100.0 * count)),
      static_cast<unsigned long long>(gone), static_cast<unsigned long long>(looks));
}

void watch_isolated(uint32_t count) {
  WatchIndex index;
  Random random(3, {});
  const double spot = 84'000;
  double mark = spot;
  const auto exposure = [&](double at) {
    const double leverage = 3 * std::exp(random.uniform() * 3.5);
    const double way = 1 / leverage;  // a loss of one unit at this distance
    return Exposure{.price = 0, .now = price(at), .fall = Exposure::Way{price(at / 2), 0.5 / way}};
  };
  const double building = best_of(1, [&] {
    for (uint32_t id = 0; id < count; ++id) {
      const Exposure one = exposure(spot * (1 + 0.1 * random.uniform()));
      index.watch(id, std::span(&one, 1), 1);
    }
  });
  std::printf("%u isolated positions on one instrument: built in %.2f s, %.1f bytes a position\n",
              count, building, static_cast<double>(index.bytes()) / count);
  std::vector<uint32_t> due;
  index.take_due(0, price(spot), due);
  for (const bool ahead : {false, true}) {
    std::vector<uint32_t> pools;
    std::vector<Exposure> moves;
    for (int i = 0; i < 1'000'000; ++i) {
      pools.push_back(static_cast<uint32_t>(random.below(count)));
      moves.push_back(exposure(mark));
    }
    const double moving = best_of(1, [&] {
      for (size_t i = 0; i < pools.size(); ++i) {
        if (ahead) index.prefetch(std::span(pools).subspan(i + 1));
        index.watch(pools[i], std::span(&moves[i], 1), 1);
      }
    });
    std::printf("  watch %.0f ns%s\n", moving / 1e6 * 1e9, ahead ? " with prefetch()" : "");
  }
  for (const auto& [name, step, ticks] :
       {std::tuple("0.05 bp", 5e-6, 100'000), std::tuple("1 bp", 1e-4, 2'000)}) {
    uint64_t triggers = 0;
    const double start = seconds();
    for (int i = 0; i < ticks; ++i) {
      mark *= i % 2 ? 1 + step * 0.9 : 1 - step;
      due.clear();
      index.take_due(0, price(mark), due);
      triggers += due.size();
    }
    const double took = seconds() - start;
    const double each = static_cast<double>(triggers) / ticks;
    std::printf("  tick of %-8s %8.0f ns with %.2f triggers (1,000 + 50 a trigger: %.0f)\n", name,
                took / ticks * 1e9, each, 1'000 + 50 * each);
  }
}

int bench_main(uint32_t accounts, uint32_t isolated) {
  const Market market;
  sweep_all(market, accounts);
  watch_cross(market, accounts);
  watch_isolated(isolated);
  return 0;
}

}  // namespace
}  // namespace delever::watch

int main(int argc, char** argv) {
  return delever::watch::bench_main(
      argc > 1 ? static_cast<uint32_t>(std::atol(argv[1])) : 2'000'000,
      argc > 2 ? static_cast<uint32_t>(std::atol(argv[2])) : 10'000'000);
}
