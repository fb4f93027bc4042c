// Goal: a recorder sees that a book has crossed exactly when a reader of the tape would.
#include "venues/terms/crossing.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "base/random.h"
#include "venues/dialects.h"

namespace delever::venues {
namespace {

// The plain twin: all prices of both sides.
struct PlainBook {
  std::set<int64_t> bids, asks;
  bool crossed() const { return !bids.empty() && !asks.empty() && *bids.rbegin() >= *asks.begin(); }
};

struct Change {
  int64_t price = 0;
  bool bid = false, there = false;
};

// A walk of prices in which a removal is lost now and then, so that books cross.
std::vector<Change> changes(Random& random, int64_t middle, int64_t width) {
  std::vector<Change> out;
  for (uint64_t n = 1 + random.below(6); n > 0; --n) {
    const int64_t away = 1 + static_cast<int64_t>(random.below(static_cast<uint64_t>(width)));
    const bool bid = random.chance(0.5);
    out.push_back({bid ? middle - away : middle + away, bid, random.chance(0.6)});
  }
  if (random.chance(0.02)) out.push_back({middle + 2, true, true});
  return out;
}

std::string list(const std::vector<Change>& all, bool bid) {
  std::string out;
  for (const Change& c : all) {
    if (c.bid == bid)
      out += fmt::format("{}[\"{}.5\",\"{}\"]", out.empty() ? "" : ",", c.price,
                         c.there ? "1.20" : "0.000");
  }
  return "[" + out + "]";
}

std::string list(const std::set<int64_t>& prices) {
  std::string out;
  for (const int64_t price : prices)
    out += fmt::format("{}[\"{}.5\",\"3\"]", out.empty() ? "" : ",", price);
  return "[" + out + "]";
}

void apply(PlainBook& book, const std::vector<Change>& all) {
  for (const Change& c : all) {
    std::set<int64_t>& side = c.bid ? book.bids : book.asks;
    if (c.there) {
      side.insert(c.price);
    } else {
      side.erase(c.price);
    }
  }
}

// Changes over a snapshot that came by another road, older than some of what was heard.
void play(uint64_t seed, int64_t width, bool exact) {
  Random random(seed, {});
  const auto dialect = make_dialect("binance-usdm").value();
  const auto check = dialect->book_check(dialect->topic("btcusdt@depth").value());
  ASSERT_TRUE(check);
  PlainBook book, base;
  uint64_t last = 100, base_last = last;
  int64_t middle = 1000;
  bool kept = false;
  for (int step = 0; step < 400; ++step) {
    if (!kept && random.chance(0.1)) {
      kept = true;
      const std::string body = fmt::format(R"({{"lastUpdateId":{},"bids":{},"asks":{}}})",
                                           base_last, list(base.bids), list(base.asks));
      const bool crossed = check->fault_of(body, *dialect->place(body)) == BookFault::crossed;
      EXPECT_TRUE(exact ? crossed == book.crossed() : !crossed || book.crossed())
          << "seed " << seed << " step " << step;
    }
    middle += static_cast<int64_t>(random.below(3)) - 1;
    const std::vector<Change> all = changes(random, middle, width);
    const std::string frame = fmt::format(
        R"({{"stream":"btcusdt@depth","data":{{"U":{},"u":{},"pu":{},"b":{},"a":{}}}}})", last + 1,
        last + 1, last, list(all, true), list(all, false));
    apply(book, all);
    ++last;
    const bool crossed = check->fault_of(frame, *dialect->place(frame)) == BookFault::crossed;
    if (!kept && random.chance(0.3)) {  // what a machine that answers by REST has seen
      base = book;
      base_last = last;
    }
    if (!kept) {
      EXPECT_FALSE(crossed);
      continue;
    }
    EXPECT_TRUE(exact ? crossed == book.crossed() : !crossed || book.crossed())
        << "seed " << seed << " step " << step;
    if (!book.crossed() || !random.chance(0.5)) continue;
    check->forget();  // it heals by a new snapshot
    kept = false;
    book = {{middle - 3}, {middle + 3}};
    base = book;
    base_last = last;
  }
}

TEST(CrossCheck, SeesWhatAPlainBookSees) {
  for (uint64_t seed = 1; seed <= 300; ++seed) play(seed, 20, true);
}

// More levels than are kept: it may miss a crossing, and never sees one that is not there.
TEST(CrossCheck, NeverSeesOneThatIsNotThere) {
  for (uint64_t seed = 1; seed <= 60; ++seed) play(seed, 2000, false);
}

// Each venue's own levels: a change that crosses, one that does not, and a number that is none.
TEST(CrossCheck, ReadsTheLevelsOfEachVenue) {
  struct Form {
    const char *market, *topic;
    std::string snapshot, fine, crossed;
  };
  const auto bybit = [](const char* type, const char* levels) {
    return fmt::format(R"({{"topic":"t","type":"{}","data":{{{}}}}})", type, levels);
  };
  const auto okx = [](const char* action, const char* levels) {
    return fmt::format(R"({{"action":"{}","data":[{{{}}}]}})", action, levels);
  };
  const auto deribit = [](const char* type, const char* levels) {
    return fmt::format(R"({{"params":{{"channel":"c","data":{{"type":"{}",{}}}}}}})", type, levels);
  };
  for (const Form& f : {
           Form{"bybit:linear", "orderbook.50.BTCUSDT",
                bybit("snapshot", R"("b":[["10","1"]],"a":[["11","1"]],"u":5)"),
                bybit("delta", R"("b":[["11","1"]],"a":[["11","0"],["12","2"]],"u":6)"),
                bybit("delta", R"("a":[["11.0","3"]],"b":[],"u":7)")},
           Form{"okx", "books:BTC-USDT-SWAP",
                okx("snapshot", R"("asks":[["11","1","0","1"]],"bids":[["10","1","0","1"]],)"
                                R"("seqId":5,"prevSeqId":-1)"),
                okx("update", R"("asks":[],"bids":[["10.9","1","0","1"]],"seqId":6,"prevSeqId":5)"),
                okx("update",
                    R"("asks":[["10.8", "4", "0", "2"]],"bids":[],"seqId":7,"prevSeqId":6)")},
           Form{"deribit", "book.BTC-PERPETUAL.100ms",
                deribit("snapshot",
                        R"("change_id":5,"bids":[["new",10.0,4.0]],"asks":[["new",11.0,4.0]])"),
                deribit("change", R"("change_id":6,"prev_change_id":5,"bids":[["new",11.5,4.0]],)"
                                  R"("asks":[["delete",11.0,0.0],["new",12,1]])"),
                deribit("change", R"("change_id":7,"prev_change_id":6,)"
                                  R"("bids":[["change",12.0,1.0]],"asks":[])")},
       }) {
    const auto dialect = make_dialect(f.market).value();
    const auto check = dialect->book_check(dialect->topic(f.topic).value());
    ASSERT_TRUE(check) << f.market;
    const auto fault_of = [&](std::string_view bytes) {
      return check->fault_of(bytes, *dialect->place(bytes));
    };
    EXPECT_EQ(fault_of(f.crossed), BookFault::none) << f.market;  // nothing under it
    EXPECT_EQ(fault_of(f.snapshot), BookFault::none) << f.market;
    EXPECT_EQ(fault_of(f.fine), BookFault::none) << f.market;
    EXPECT_EQ(fault_of(f.crossed), BookFault::crossed) << f.market;
    EXPECT_EQ(fault_of(f.snapshot), BookFault::none) << f.market;
    std::string odd = f.snapshot;  // a price that is no number: nothing is said of what follows
    odd.replace(odd.find_first_of("0123456789", odd.find('[', odd.find("\"b"))), 1, "x");
    EXPECT_EQ(fault_of(odd), BookFault::none) << f.market;
    EXPECT_EQ(fault_of(f.crossed), BookFault::none) << f.market;
  }
}

}  // namespace
}  // namespace delever::venues
