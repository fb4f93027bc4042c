// The book on the workload that the peers of the field were measured on (60 % limit, 30 % cancel of
// a live order, 10 % market; three shapes of book), beside a textbook std::map book in the same
// run, with fills counted in both.
//   match_bench [MESSAGES]     prints millions of messages a second, median of five, and the ratio
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "matching/workload_testing.h"

namespace delever::matching {
namespace {

using namespace matching::workload;

double run_ours(const std::vector<Message>& sent, Totals& totals) {
  MatchBook book({90'000, 110'000});
  std::vector<OrderId> ids(sent.size() + 1);
  std::vector<BookEvent> out;
  totals = {};
  const double start = seconds();
  for (const Message& m : sent) {
    out.clear();
    if (m.type == Message::cancel) {
      book.cancel(ids[m.id], out);
    } else {
      // Accounts differ from order to order, so that self-trade prevention is checked and never
      // strikes.
      ids[m.id] = book.submit({.account = m.id,
                               .side = m.buy ? Side::buy : Side::sell,
                               .tick = m.tick,
                               .lots = m.lots,
                               .market = m.type == Message::market},
                              out);
    }
    for (const BookEvent& e : out) {
      if (e.kind != BookEvent::Kind::fill) continue;
      ++totals.fills;
      totals.lots += static_cast<uint64_t>(e.lots);
      totals.notional += static_cast<uint64_t>(e.lots * e.tick);
    }
  }
  const double took = seconds() - start;
  totals.resting = book.resting();
  return took;
}

double run_map(const std::vector<Message>& sent, Totals& totals) {
  MapBook book;
  const double start = seconds();
  for (const Message& m : sent) {
    if (m.type == Message::cancel)
      book.cancel(m.id);
    else if (m.type == Message::market)
      book.market(m.buy, m.lots);
    else
      book.limit(m.id, m.buy, m.tick, m.lots);
  }
  const double took = seconds() - start;
  totals = book.totals();
  return took;
}

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

int bench_main(size_t count) {
  const std::pair<const char*, Shape> shapes[] = {
      {"normal", Shape::normal}, {"shallow", Shape::shallow}, {"wide", Shape::wide}};
  for (const auto& [name, shape] : shapes) {
    const std::vector<Message> sent = messages(count, shape);
    std::vector<double> ours, map;
    Totals a, b;
    for (int i = 0; i < 5; ++i) {
      ours.push_back(run_ours(sent, a));
      map.push_back(run_map(sent, b));
    }
    const double rate = static_cast<double>(sent.size()) * 1e-6;
    std::printf(
        "%-8s ours %6.2f M/s  std::map %6.2f M/s  ratio %5.2f  fills %lu lots %lu resting %lu  "
        "%s\n",
        name, rate / median(ours), rate / median(map), median(map) / median(ours), a.fills, a.lots,
        a.resting, a == b ? "equal" : "DIFFERENT");
    if (!(a == b)) return 1;
  }
  return 0;
}

}  // namespace
}  // namespace delever::matching

int main(int argc, char** argv) {
  return delever::matching::bench_main(argc > 1 ? static_cast<size_t>(std::atol(argv[1]))
                                                : 1'000'000);
}
