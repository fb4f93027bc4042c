// Recorded Deribit messages against what is known of them: the books of the session, liquidation
// flags, the contract tables, and one live option.
#include <gtest/gtest.h>

#include <set>

#include "codec/book.h"
#include "market/exact_testing.h"
#include "venues/deribit/deribit.h"
#include "venues/wire_testing.h"

namespace delever::venues::deribit {
namespace {

using venues::fixture::Collected;

Collected decode(const venues::fixture::WireFile& file, Instruments& instruments) {
  const auto decoder = make_deribit_decoder({}, instruments, 1);
  Collected sink;
  venues::fixture::decode_all(*decoder.value(), file, sink);
  EXPECT_TRUE(sink.undecoded.empty());
  return sink;
}

std::vector<Event> books_of(const Collected& decoded) {
  std::vector<Event> out;
  for (const Event& event : decoded.events) {
    if (std::holds_alternative<BookSnapshot>(event.payload) ||
        std::holds_alternative<BookDelta>(event.payload))
      out.push_back(event);
  }
  return out;
}

TEST(DeribitWire, SessionBooksFollow) {
  SKIP_WITHOUT_WIRE(file, "deribit/session-options-book-ticker-20210722");
  Instruments instruments;
  const Collected decoded = decode(*file, instruments);
  Collected gaps;
  codec::BookBuilder books(instruments, gaps);
  std::set<InstrumentId> ids;
  for (const Event& event : books_of(decoded)) {
    books.on_event(event);
    ids.insert(event.instrument);
    ASSERT_NE(books.book(event.instrument), nullptr);
    EXPECT_FALSE(books.book(event.instrument)->crossed());
  }
  uint64_t applied = 0;
  for (const InstrumentId id : ids) applied += books.counts(id).applied;
  EXPECT_EQ(ids.size(), 10U);
  EXPECT_EQ(applied, 36U);
  EXPECT_TRUE(gaps.events.empty());
}

TEST(DeribitWire, EachMissingLineIsOneGapAndNoBookUntilASnapshot) {
  SKIP_WITHOUT_WIRE(file, "deribit/session-options-book-ticker-20210722");
  Instruments instruments;
  const std::vector<Event> all = books_of(decode(*file, instruments));
  size_t tried = 0;
  for (size_t missing = 0; missing < all.size(); ++missing) {
    const InstrumentId id = all[missing].instrument;
    size_t later = 0;
    for (size_t i = missing + 1; i < all.size(); ++i) later += all[i].instrument == id;
    if (later == 0) continue;  // nothing after it could show the hole
    ++tried;
    Collected gaps;
    codec::BookBuilder books(instruments, gaps);
    const Event* snapshot = nullptr;
    for (size_t i = 0; i < all.size(); ++i) {
      if (all[i].instrument == id && std::holds_alternative<BookSnapshot>(all[i].payload))
        snapshot = &all[i];
      if (i == missing) continue;
      books.on_event(all[i]);
      if (all[i].instrument == id) {
        ASSERT_EQ(books.book(id) != nullptr, i < missing)
            << "message " << i << " without " << missing;
      }
    }
    ASSERT_EQ(gaps.all<Gap>().size(), 1U) << "without message " << missing;
    EXPECT_EQ(gaps.events[0].instrument, id);
    books.on_event(*snapshot);
    EXPECT_NE(books.book(id), nullptr);
  }
  EXPECT_GE(tried, 35U);
}

TEST(DeribitWire, ForcedSideOfFlaggedTrades) {
  SKIP_WITHOUT_WIRE(file, "deribit/tardis-trades");
  Instruments instruments;
  const Collected decoded = decode(*file, instruments);
  const auto liquidations = decoded.all<Liquidation>();
  ASSERT_EQ(liquidations.size(), 2U);
  // A taker who sells, and a maker whom a buyer meets: both sold, both were long.
  EXPECT_EQ(liquidations[0].position_side, PositionSide::long_side);
  EXPECT_EQ(liquidations[0].filled_qty, qty("1120"));
  EXPECT_EQ(liquidations[0].average_price, price("4469.5"));
  EXPECT_EQ(liquidations[0].feed, LiquidationFeed::flagged_trades);
  EXPECT_EQ(liquidations[1].position_side, PositionSide::long_side);
  EXPECT_EQ(liquidations[1].filled_qty, qty("2500"));
  EXPECT_EQ(liquidations[1].average_price, price("4458.5"));
  const Instrument& perpetual = instruments[decoded.events[0].instrument];
  EXPECT_EQ(perpetual.name(), "BTC-USD-PERP@BTC");
  EXPECT_EQ(usd(perpetual, *liquidations[0].qty(), std::nullopt), 1120.0);  // amounts are dollars
  EXPECT_EQ(decoded.all<Trade>().at(0).index_price, price("9600.8"));
}

TEST(DeribitWire, ContractTables) {
  SKIP_WITHOUT_WIRE(file, "deribit/rest-get_instruments-20210722");
  Instruments instruments;
  const Collected decoded = decode(*file, instruments);
  EXPECT_EQ(decoded.events.size(), 1017U);
  const auto find = [&](std::string_view symbol) {
    return instruments[instruments.find("deribit", symbol).value()];
  };
  const Instrument perpetual = find("BTC-PERPETUAL");
  EXPECT_TRUE(perpetual.is_perpetual());  // the venue lets it expire in the year 3000
  EXPECT_EQ(perpetual.tick, price("0.5"));
  EXPECT_EQ(perpetual.step, qty("10"));
  EXPECT_EQ(perpetual.contract_size,
            qty("1"));  // a unit of amount is one dollar, a contract of ten is not asked
  const Instrument option = find("BTC-24SEP21-40000-P");
  EXPECT_EQ(option.name(), "BTC-USD-210924-40000-P@BTC");
  EXPECT_EQ(option.expiry->text(), "2021-09-24T08:00:00Z");
  EXPECT_EQ(option.tick, price("0.0005"));
  EXPECT_EQ(option.step, qty("0.1"));
  EXPECT_EQ(find("DOGE_USDC-PERPETUAL").tick, price("0.00001"));  // 1e-05 on the wire
  EXPECT_EQ(find("SOL_USDC-PERPETUAL").name(), "SOL-USDC-PERP");
  EXPECT_EQ(find("SOL-24JUN22").name(), "SOL-USD-220624@SOL");
  // The name alone says what the table says.
  for (InstrumentId id = 0; id < instruments.size(); ++id) {
    const Instrument& listed = instruments[id];
    const auto parsed = deribit_instrument(listed.symbol);
    ASSERT_TRUE(parsed) << listed.symbol;
    EXPECT_EQ(parsed->name(), listed.name());
    EXPECT_EQ(parsed->expiry, listed.expiry) << listed.symbol;
    EXPECT_EQ(parsed->strike, listed.strike) << listed.symbol;
  }
}

TEST(DeribitWire, LiveOption) {
  SKIP_WITHOUT_WIRE(file, "deribit/live2026-option-ticker-book");
  Instruments instruments;
  const Collected decoded = decode(*file, instruments);
  const OptionQuote quote = decoded.all<OptionQuote>().at(0);
  EXPECT_EQ(quote.bid_price, price("0.0065"));
  EXPECT_EQ(quote.ask_price, price("0.0075"));
  EXPECT_EQ(quote.bid_qty, qty("10"));
  EXPECT_DOUBLE_EQ(*quote.bid_iv, 0.2957);
  EXPECT_DOUBLE_EQ(*quote.ask_iv, 0.3374);
  EXPECT_DOUBLE_EQ(*quote.mark_iv, 0.312);
  EXPECT_DOUBLE_EQ(*quote.greeks.gamma, 2.8e-4);
  EXPECT_DOUBLE_EQ(*quote.greeks.delta, 0.47736);
  EXPECT_DOUBLE_EQ(*quote.greeks.rho, 1.31068);
  EXPECT_DOUBLE_EQ(*quote.underlying_price, 76904.4);
  EXPECT_EQ(quote.underlying, "BTC-15SEP26");
  EXPECT_EQ(quote.open_interest, qty("534.4"));
  EXPECT_DOUBLE_EQ(*quote.volume_24h, 1555.0);
  EXPECT_DOUBLE_EQ(*quote.interest_rate, 0.0);
  const Event& index = decoded.events.at(1);
  EXPECT_EQ(instruments[index.instrument].symbol, "btc_usd");
  EXPECT_EQ(instruments[index.instrument].name(), "BTC-USD-INDEX");
  EXPECT_EQ(std::get<IndexPrice>(index.payload).price, price("76900.24"));
}

}  // namespace
}  // namespace delever::venues::deribit
