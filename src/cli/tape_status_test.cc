#include "cli/tape_status.h"

#include <gtest/gtest.h>

#include "tape/tape_testing.h"

namespace delever::cli {
namespace {

TEST(TapeStatus, WhatAVenueSaysOfItselfIsNamed) {
  const tape::fixture::TempTape file("status.tape");
  const Instant at = Instant::parse("2026-11-30T08:00:00Z").value();
  {
    SystemClock clock;
    auto writer = tape::TapeWriter::open(file.path, clock).value();
    const auto add = [&](std::string name, std::string venue, std::string channel) {
      return writer->stream({std::move(name), std::move(venue), std::move(channel), "decoder", {}})
          .value();
    };
    const auto trades = add("bybit-linear:publicTrade.BTCUSDT", "bybit", "publicTrade");
    const auto bybit = add("bybit-linear:system.status", "bybit", "system.status");
    const auto deribit = add("deribit:platform_state", "deribit", "platform_state");
    const auto append = [&](tape::StreamNumber stream, int64_t second, std::string_view bytes) {
      ASSERT_TRUE(writer->append(stream, at + Duration::seconds(second), bytes).has_value());
    };
    append(trades, 0, R"({"topic":"publicTrade.BTCUSDT","data":[]})");
    append(bybit, 1,
           R"({"topic":"system.status","ts":1,"data":[{"title":"t","state":"ongoing"}]})");
    append(trades, 2, R"({"topic":"publicTrade.BTCUSDT","data":[]})");
    append(deribit, 3,
           R"({"jsonrpc":"2.0","method":"subscription","params":{"channel":"platform_state",)"
           R"("data":{"price_index":"btc_usd","locked":true}}})");
    ASSERT_TRUE(writer->close().has_value());
  }
  const auto info = tape::tape_info(file.path);
  ASSERT_TRUE(info.has_value());
  const auto words = status_words(file.path, info.value());
  ASSERT_TRUE(words.has_value()) << words.error().text();
  EXPECT_EQ(words.value().count, 2U);
  EXPECT_EQ(status_text(words.value()),
            "maintenance bybit-linear:system.status 2026-11-30T08:00:01Z: "
            "[{\"title\":\"t\",\"state\":\"ongoing\"}]\n"
            "maintenance deribit:platform_state 2026-11-30T08:00:03Z: "
            "{\"price_index\":\"btc_usd\",\"locked\":true}\n");
  EXPECT_NE(render::written_json(status_json(words.value())).find("ongoing"), std::string::npos);
}

}  // namespace
}  // namespace delever::cli
