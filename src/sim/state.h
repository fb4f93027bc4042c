// The inside of Simulation, private to this folder: building it (build.cc, opening.cc), running it
// (simulation.cc), summing it up (accounting.cc).
#pragma once

#include "base/hash.h"
#include "base/thread_pool.h"
#include "sim/agents/carry.h"
#include "sim/agents/coin_margined.h"
#include "sim/agents/dealers.h"
#include "sim/agents/holders.h"
#include "sim/agents/news.h"
#include "sim/simulation.h"

namespace delever::sim {

struct PriceMemory {            // of one asset
  std::vector<double> seconds;  // ring of 64
  std::vector<double> tens;     // ring of 90: every ten seconds, 15 minutes
  double variance = 0, mean_return = 0;
  News news;
};

struct Simulation::State {
  State(const Scenario& s, Options o) : scenario(s), options(std::move(o)), pool(options.threads) {}
  const Scenario scenario;
  Options options;
  World world;
  std::vector<std::unique_ptr<Venue>> venues;
  std::vector<std::unique_ptr<Population>> populations;
  std::vector<Carry*> carry;
  Dealers* dealers = nullptr;
  Holders* holders = nullptr;
  size_t retail_bytes = 0;
  OptionBook option_book;
  std::vector<CoinMarket> coin_markets;
  bool has_options = false;
  ThreadPool pool;
  struct Part {
    size_t population, part;
  };
  std::vector<Part> parts;
  std::vector<Outbox> outboxes;
  std::vector<PriceMemory> memory;
  struct Premium {
    double sum = 0;
    uint64_t samples = 3600;
  };
  std::vector<Premium> premiums;  // by book
  Outcome outcome;
  struct Minute {  // of one asset, USD
    double longs = 0, shorts = 0, adl = 0;
    std::array<std::array<double, 2>, kAccountKinds> by_kind{};
  };
  std::vector<Minute> minutes;  // the one at hand, by asset
  double shock_factor = 1;      // of the path's displacement, where the scenario has a [shock]
  double fund_at_start = 0;
  std::vector<std::vector<double>> equity_start;  // by venue and account
  std::vector<std::vector<double>> coins_start;  // by venue, account and asset: what lay in wallets
  Hasher hash;
  // Of a run in steps.
  size_t at_second = 0;
  size_t decided = 0;  // parts, of the second at hand
  std::vector<Drop> drops;
  std::optional<uint32_t> guests;  // the population that accounts opened from outside belong to
  double dropped(uint32_t asset, size_t second) const;  // log

  // build.cc
  Result<void> build();
  Result<void> build_venues();
  Result<void> list_pairs(uint32_t venue, const std::string& money, exchange::ExchangeSetup& x);
  void list_options(uint32_t venue, const std::string& money, exchange::ExchangeSetup& x);
  void list_coin_margined(uint32_t venue, const std::string& money, exchange::ExchangeSetup& x);
  void build_populations();
  // opening.cc
  void begin_positions(Instant at);
  void take_rest(uint32_t book, double price, Field& field);  // what the crowd left on it
  void publish_prices(Venue& venue, Instant at, const std::vector<double>& by_asset);
  // simulation.cc
  Result<Outcome> run();
  Result<void> start();
  void remember_start();
  void advance(size_t second);  // decisions, arrivals, clocks
  void begin_second(size_t second);
  void end_second();
  Result<Outcome> close();
  Result<void> record(size_t second);  // what is written of it
  void decide();
  void move_fundamental(size_t second);
  void publish(Venue& venue);
  void route();
  void view_markets();  // the world after a second
  void count_forced();
  // accounting.cc
  double equity(const Venue& venue, AccountId account) const;  // USD at the prices of the moment
  double held_gain(size_t venue,
                   AccountId account) const;  // what the coins of the start gained with their price
  double coin_price(const Venue& venue, CoinId coin) const;
  double funds() const;  // USD of all insurance funds and vaults
  void sample(Instant at);
  void finish();
  Result<void> write_truth(Instant at, bool last);
  // book_rows.cc
  double coins_beside(uint32_t venue, AccountId account, uint32_t asset, double held) const;
  std::string money(const Venue& venue, AccountId account, uint32_t asset) const;
  void book_rows(uint32_t venue, AccountId account, AccountKind kind, std::string& rows,
                 uint32_t asset) const;
  Result<void> write_books();
  Result<void> check_balance() const;
};

}  // namespace delever::sim
