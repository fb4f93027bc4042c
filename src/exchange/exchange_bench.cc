// The whole exchange on the workload of match_bench: a thousand accounts, every order checked for
// margin, every fill with fees, positions and events out; beside the bare book in the same run.
//   exchange_bench [MESSAGES]     prints millions of commands a second, median of five
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "exchange/exchange.h"
#include "matching/workload_testing.h"

namespace delever::exchange {
namespace {

using namespace matching::workload;

struct Counter : ExchangeSink {
  uint64_t events = 0, fills = 0, rested = 0;
  OrderId last_rested = 0;
  void on_event(const Event&) override { ++events; }
  void on_notice(const Notice& n) override {
    if (n.kind() == NoticeKind::fill) ++fills;
    if (const auto* order = n.as<OrderRested>()) last_rested = order->order;
  }
};

ExchangeSetup venue() {
  Rulebook rules;
  rules.venue = "bench";
  rules.symbol = "PERP";
  rules.contract = ContractRule{.kind = InstrumentKind::linear,
                                .base = "BTC",
                                .quote = "USDT",
                                .settle = "USDT",
                                .size = Qty::raw(Qty::scale),
                                .tick = Price::raw(Price::scale / 10),
                                .step = Qty::raw(Qty::scale / 1000)};
  rules.ladder = LadderRule{};
  Amount deduction;
  const int64_t floors[] = {0, 50'000, 250'000, 3'000'000}, rates[] = {4, 5, 10, 25},
                leverages[] = {125, 100, 50, 20};
  for (int i = 0; i < 4; ++i) {
    if (i > 0)
      deduction = Amount::raw(deduction.raw() +
                              floors[i] * Amount::scale / 1000 * (rates[i] - rates[i - 1]));
    rules.ladder->tiers.push_back(
        {Amount::raw(floors[i] * Amount::scale),
         i < 3 ? std::optional(Amount::raw(floors[i + 1] * Amount::scale)) : std::nullopt,
         Leverage::raw(leverages[i] * Leverage::scale),
         Rate::raw(rates[i] * Rate::scale / 1000),
         deduction,
         {}});
  }
  rules.margin = MarginRule{};
  rules.fees =
      FeeRule{.maker = Rate::raw(Rate::scale / 5000), .taker = Rate::raw(Rate::scale / 2000)};
  rules.mark =
      MarkRule{.formula = MarkFormula::median_basis_last, .basis_window = Duration::seconds(30)};
  rules.liquidation =
      LiquidationRule{.steps = {LiquidationStep::close_all, LiquidationStep::takeover_bankruptcy}};
  ExchangeSetup setup;
  setup.venue = "bench";
  setup.coins = {{.name = "USDT"}, {.name = "BTC", .index = 0}};
  setup.indices = {{.name = "BTC", .rule = {}, .sources = {"a"}}};
  setup.listings = {{.symbol = "PERP", .rules = rules, .band = {90'000, 110'000}}};
  return setup;
}

constexpr uint32_t kAccounts = 1'000;

double run(const std::vector<Message>& sent, int ticks_every, Counter& counter) {
  auto opened = Exchange::open(venue());
  CHECK(opened.has_value());
  Exchange& x = *opened.value();
  Instant now = Instant::ns(0);
  const auto must = [&](CommandBody body) {
    CHECK(x.apply({now, std::move(body)}, counter) == Reject::none);
  };
  for (uint32_t a = 0; a < kAccounts; ++a) {
    must(OpenAccount{});
    must(Deposit{kFirstUser + a, 0, Amount::raw(10'000'000 * Amount::scale)});
  }
  must(PublishIndex{0, 0, Price::raw(10'000 * Price::scale)});
  must(TickClock{});
  std::vector<OrderId> ids(sent.size() + 1);
  counter = {};
  uint64_t refused = 0;
  const double start = seconds();
  Command c;
  for (size_t n = 0; n < sent.size(); ++n) {
    const Message& m = sent[n];
    c.at = now;
    const AccountId account = kFirstUser + m.id % kAccounts;
    if (m.type == Message::cancel) {
      c.body = CancelOrder{account, 0, ids[m.id]};
    } else {
      SubmitOrder order;
      order.account = account;
      order.side = m.buy ? Side::buy : Side::sell;
      order.type = m.type == Message::market ? OrderType::market : OrderType::limit;
      order.price = Price::raw(m.tick * (Price::scale / 10));
      order.qty = Qty::raw(m.lots * (Qty::scale / 1000));
      order.self_trade = SelfTrade::allow;
      c.body = order;
    }
    counter.last_rested = 0;
    refused += x.apply(c, counter) != Reject::none;
    if (m.type != Message::cancel) ids[m.id] = counter.last_rested;
    if (ticks_every > 0 && n % static_cast<size_t>(ticks_every) == 0) {
      now = now + Duration::seconds(1);
      must(TickClock{});
    }
  }
  const double took = seconds() - start;
  CHECK(refused == 0);
  CHECK(x.imbalance(0) == Amount());
  return took;
}

// The bare book on the same messages: what matching alone costs.
double run_book(const std::vector<Message>& sent) {
  matching::MatchBook book({90'000, 110'000});
  std::vector<OrderId> ids(sent.size() + 1);
  std::vector<matching::BookEvent> out;
  const double start = seconds();
  for (const Message& m : sent) {
    out.clear();
    if (m.type == Message::cancel) {
      book.cancel(ids[m.id], out);
      continue;
    }
    ids[m.id] = book.submit({.account = m.id,
                             .side = m.buy ? Side::buy : Side::sell,
                             .tick = m.tick,
                             .lots = m.lots,
                             .market = m.type == Message::market},
                            out);
  }
  return seconds() - start;
}

size_t resident_bytes() {
  std::FILE* f = std::fopen("/proc/self/statm", "r");
  size_t pages = 0, resident = 0;
  if (f && std::fscanf(f, "%zu %zu", &pages, &resident) != 2) resident = 0;
  if (f) std::fclose(f);
  return resident * 4096;
}

// Ten million funded accounts, a tenth of them with a position, on one exchange; then a tick that
// reaches none.
void many_accounts(uint32_t accounts) {
  auto opened = Exchange::open(venue());
  Exchange& x = *opened.value();
  Counter counter;
  Instant now = Instant::ns(0);
  const auto must = [&](CommandBody body) {
    CHECK(x.apply({now, std::move(body)}, counter) == Reject::none);
  };
  must(PublishIndex{0, 0, Price::raw(10'000 * Price::scale)});
  must(TickClock{});
  const size_t before = resident_bytes();
  const double start = seconds();
  for (uint32_t a = 0; a < accounts; ++a) {
    must(OpenAccount{});
    must(Deposit{kFirstUser + a, 0, Amount::raw(1'000 * Amount::scale)});
  }
  const double opened_in = seconds() - start;
  const size_t idle = resident_bytes() - before;
  for (uint32_t a = 0; a + 1 < accounts / 10; a += 2) {
    SubmitOrder order;
    order.account = kFirstUser + a;
    order.side = Side::sell;
    order.price = Price::raw(10'000 * Price::scale);
    order.qty = Qty::raw(Qty::scale / 100);
    must(order);
    order.account = kFirstUser + a + 1;
    order.side = Side::buy;
    must(order);
  }
  double ticks = seconds();
  now = now + Duration::seconds(1);
  must(TickClock{});  // the first look at each of them
  const double first = seconds() - ticks;
  ticks = seconds();
  now = now + Duration::seconds(1);
  must(TickClock{});  // those that have not changed since are bounded
  const double bounded = seconds() - ticks;
  ticks = seconds();
  for (int i = 1; i <= 100; ++i) {
    now = now + Duration::seconds(1);
    must(PublishIndex{0, 0, Price::raw(10'000 * Price::scale + i * Price::scale / 100)});
    must(TickClock{});
  }
  std::printf(
      "%u accounts: opened and funded in %.1f s, %zu bytes each; %u positions: %.2f s for the "
      "first look at "
      "all, %.2f s to bound them, then %.1f us a tick; %zu bytes a position\n",
      accounts, opened_in, idle / accounts, accounts / 10, first, bounded,
      (seconds() - ticks) / 100 * 1e6, (resident_bytes() - before - idle) / (accounts / 10));
}

int bench_main(size_t count) {
  for (const auto& [name, shape] :
       {std::pair("normal", Shape::normal), std::pair("wide", Shape::wide)}) {
    const std::vector<Message> sent = messages(count, shape);
    std::vector<double> bare, ticked, book;
    Counter counter;
    for (int i = 0; i < 5; ++i) {
      bare.push_back(run(sent, 0, counter));
      ticked.push_back(run(sent, 1'000, counter));
      book.push_back(run_book(sent));
    }
    std::sort(bare.begin(), bare.end());
    std::sort(ticked.begin(), ticked.end());
    std::sort(book.begin(), book.end());
    const double rate = static_cast<double>(sent.size()) * 1e-6;
    std::printf(
        "%-8s %5.2f M commands/s (%.1f times the bare book's time), %5.2f with a tick of the clock "
        "every 1,000; fills "
        "%lu, "
        "events %lu\n",
        name, rate / bare[2], bare[2] / book[2], rate / ticked[2], counter.fills / 2,
        counter.events);
  }
  many_accounts(10'000'000);
  auto opened = Exchange::open(venue());
  std::printf("idle account: %zu bytes\n", opened.value()->bytes_per_idle_account());
  return 0;
}

}  // namespace
}  // namespace delever::exchange

int main(int argc, char** argv) {
  return delever::exchange::bench_main(argc > 1 ? static_cast<size_t>(std::atol(argv[1]))
                                                : 1'000'000);
}
