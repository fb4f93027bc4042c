// Rows as ClickHouse reads them: the columns that an event has, and its bytes one by one.
#include "warehouse/binary_rows.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "feeds/event_row.h"
#include "warehouse/clickhouse.h"
#include "warehouse/push.h"

namespace delever::warehouse {
namespace {

const Instant kAt = Instant::ns(1'769'760'000'123'456'789);  // 2026-01-30T08:00:00

// A table of trades, its columns known.
struct Trades {
  RowPlace place{.tape = "t", .batch = 7, .message = 9, .received = kAt};
  BinaryRows rows{place, [](std::string_view column, int32_t code) -> std::string_view {
                    return column == "source" ? "s" : code == 3 ? "binance:BTCUSDT" : "?";
                  }};
  std::vector<ColumnInfo> columns;
  Trades() {
    put({.payload = Trade{}});
    columns = rows.take_columns();
  }
  void put(const Event& event) {
    std::optional<Error> failed;
    std::visit(feeds::EventRow<BinaryRows>{rows, event, true, failed}, event.payload);
  }
  static Event trade(const char* price, const char* qty) {
    Trade t;
    t.price = Price::parse(price).value();
    t.qty = WideQty::parse(qty).value();
    t.id = "42";
    return {.instrument = InstrumentId{3}, .source = 0, .at = kAt, .received = kAt, .payload = t};
  }
};

template <class T>
T at(const std::string& bytes, size_t place) {
  T out;
  std::memcpy(&out, bytes.data() + place, sizeof out);
  return out;
}

TEST(BinaryRows, ColumnsSayWhatMayBeMissing) {
  const Trades trades;
  const auto has = [&](const char* name, const char* type) {
    return std::find(trades.columns.begin(), trades.columns.end(), ColumnInfo{name, type}) !=
           trades.columns.end();
  };
  EXPECT_TRUE(has("tape", "String"));
  EXPECT_TRUE(has("day", "Date"));
  EXPECT_TRUE(has("received", "Int64"));
  EXPECT_TRUE(has("instrument", "String"));
  EXPECT_TRUE(has("price", "Float64"));
  EXPECT_TRUE(has("price_exact", "Nullable(Int64)"));
  EXPECT_TRUE(has("index_price", "Nullable(Float64)"));
  EXPECT_TRUE(has("block", "UInt8"));
}

TEST(BinaryRows, BytesOfATrade) {
  Trades trades;
  trades.put(Trades::trade("84250.5", "0.25"));
  const std::string& b = trades.rows.bytes();
  EXPECT_EQ(b.substr(0, 2), std::string("\1t"));
  EXPECT_EQ(at<uint32_t>(b, 2), 7U);
  EXPECT_EQ(at<uint64_t>(b, 6), 9U);
  EXPECT_EQ(at<uint16_t>(b, 14), 20'483);  // days from 1970 to 30 January 2026
  EXPECT_EQ(at<int64_t>(b, 16), kAt.ns());
  EXPECT_EQ(at<int64_t>(b, 24), kAt.ns());
  EXPECT_EQ(b.substr(32, 18), std::string("\x0f"
                                          "binance:BTCUSDT"
                                          "\1s"));
  EXPECT_EQ(at<double>(b, 50), 84250.5);
  EXPECT_EQ(b[58], 0);
  EXPECT_EQ(at<int64_t>(b, 59), 842'505'000'000'000);  // of 1e-10
}

TEST(BinaryRows, AQuantityBeyond64BitsHasNoExactInteger) {
  Trades small, large;
  small.put(Trades::trade("1", "1"));
  large.put(Trades::trade("1", "999999999999999"));
  EXPECT_EQ(small.rows.bytes().size(), large.rows.bytes().size() + 8);
}

TEST(BinaryRows, GivesFromARowOn) {
  Trades trades;
  for (const char* price : {"1", "2", "3"}) trades.put(Trades::trade(price, "1"));
  const size_t all = trades.rows.bytes().size();
  EXPECT_EQ(trades.rows.rows(), 3U);
  EXPECT_EQ(trades.rows.take_bytes(2).size(), all / 3);
  EXPECT_EQ(trades.rows.rows(), 0U);
}

TEST(BinaryRows, ALongTextHasItsLengthInSevens) {
  Trades trades;
  trades.place.tape = std::string(300, 'x');
  trades.put(Trades::trade("1", "1"));
  EXPECT_EQ(trades.rows.bytes().substr(0, 3), std::string("\xac\x02x"));
}

TEST(ClickHouse, WhatIsNoAddressIsRefused) {
  EXPECT_FALSE(ClickHouse::open("localhost").has_value());
  EXPECT_FALSE(ClickHouse::open("ws://localhost:8123/").has_value());
  EXPECT_FALSE(ClickHouse::open("http://localhost:8123/a;drop").has_value());
  const auto plain = ClickHouse::open("http://localhost:8123");
  ASSERT_TRUE(plain.has_value());
  EXPECT_EQ(plain.value()->database(), "delever");
  EXPECT_EQ(quoted("it's \\"), "'it\\'s \\\\'");
}

TEST(Push, NobodyListens) {
  const auto report = push({.tapes = {"samples/none.tape"}, .url = "http://127.0.0.1:1/"});
  EXPECT_FALSE(report.has_value());
}

}  // namespace
}  // namespace delever::warehouse
