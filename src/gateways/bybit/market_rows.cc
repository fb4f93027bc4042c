#include "gateways/bybit/market_rows.h"

#include <algorithm>
#include <iterator>

#include "gateways/figures_text.h"
#include "gateways/json_text.h"

namespace delever::gateways::bybit {

Fields ticker_fields(const Venue& venue, const Product& product) {
  const InstrumentId i = product.instrument;
  const exchange::Exchange& x = venue.exchange();
  const DayStats day = venue.desk.day(i);
  const BookSnapshot best = x.depth(i, 1);
  const auto last = x.last(i) ? x.last(i) : day.last;
  const double change =
      day.open && last ? (last->approx() - day.open->approx()) / day.open->approx() : 0;
  const auto price = [](const std::vector<Level>& side) {
    return side.empty() ? std::string() : side[0].price.text();
  };
  const auto size = [](const std::vector<Level>& side) {
    return side.empty() ? std::string("0") : side[0].qty.text();
  };
  Fields f{{"symbol", product.symbol},
           {"lastPrice", text_or(last, "0")},
           {"prevPrice24h", text_or(day.open, "0")},
           {"price24hPcnt", number_text(change, 6)},
           {"highPrice24h", text_or(day.high, "0")},
           {"lowPrice24h", text_or(day.low, "0")},
           {"turnover24h", number_text(day.turnover, 4)},
           {"volume24h", number_text(day.volume)},
           {"bid1Price", price(best.bids)},
           {"bid1Size", size(best.bids)},
           {"ask1Price", price(best.asks)},
           {"ask1Size", size(best.asks)}};
  if (product.category == Category::spot) {
    f.emplace_back("usdIndexPrice", text_or(x.index(product.listing->index)));
    return f;
  }
  const auto mark = x.mark(i);
  const Qty open = x.open_interest(i);
  const double per = product.category == Category::inverse
                         ? (mark && mark->raw() > 0 ? 1 / mark->approx() : 0)
                         : (mark ? mark->approx() : 0);
  const double value = open.approx() * product.contract->size.value_or(Qty()).approx() * per;
  f.emplace_back("prevPrice1h", text_or(venue.desk.day(i, Duration::hours(1)).open, "0"));
  f.emplace_back("markPrice", text_or(mark, "0"));
  f.emplace_back("indexPrice", text_or(x.index(product.listing->index), "0"));
  f.emplace_back("openInterest", WideQty::raw(Wide{open.raw()} * 2).text());
  f.emplace_back("openInterestValue", number_text(2 * value, 4));
  f.emplace_back("singleOpenInterest", open.text());
  f.emplace_back("singleOpenInterestValue", number_text(value, 4));
  if (const auto next = venue.desk.next_funding(i); next && product.perpetual()) {
    f.emplace_back("nextFundingTime", ms_text(next->at));
    f.emplace_back("fundingRate", next->rate.text());
    f.emplace_back("fundingIntervalHour", std::to_string(std::max<int64_t>(
                                              next->interval.ns() / Duration::hours(1).ns(), 1)));
  } else {
    f.emplace_back("deliveryTime", ms_text(product.listing->expiry.value_or(Instant())));
  }
  return f;
}

void append_fields(std::string& out, const Fields& fields) {
  ObjectText row(out);
  for (const auto& [name, value] : fields) row.text(name, value);
  row.end();
}

void append_levels(std::string& out, const std::vector<Level>& levels) {
  append_list(out, levels, [&out](const Level& level) {
    fmt::format_to(std::back_inserter(out), R"(["{}","{}"])", level.price.text(), level.qty.text());
  });
}

void append_book(std::string& out, std::string_view symbol, const BookSnapshot& book,
                 uint64_t update, uint64_t sequence, std::string_view times) {
  ObjectText row(out);
  row.text("s", symbol);
  append_levels(row.member("b"), book.bids);
  append_levels(row.member("a"), book.asks);
  row.number("u", static_cast<int64_t>(update)).number("seq", static_cast<int64_t>(sequence));
  out += times;
  row.end();
}

std::string trade_id(InstrumentId instrument, uint64_t number) {
  return id_text(IdKind::fill, number, instrument.raw());
}

void append_rest_trade(std::string& out, const Venue&, const Product& product,
                       const PublicTrade& trade) {
  ObjectText row(out);
  row.text("execId", trade_id(trade.instrument, trade.number))
      .text("symbol", product.symbol)
      .text("price", trade.price.text())
      .text("size", trade.qty.text())
      .text("side", side_name(trade.taker))
      .text("time", ms_text(trade.at))
      .flag("isBlockTrade", false)
      .flag("isRPITrade", false)
      .digits("seq", static_cast<int64_t>(trade.number));
  row.end();
}

void append_stream_trade(std::string& out, const Product& product, const PublicTrade& trade,
                         std::string_view tick_direction) {
  ObjectText row(out);
  row.number("T", trade.at.ms())
      .text("s", product.symbol)
      .text("S", side_name(trade.taker))
      .text("v", trade.qty.text())
      .text("p", trade.price.text())
      .text("L", tick_direction)
      .text("i", trade_id(trade.instrument, trade.number))
      .flag("BT", false)
      .flag("RPI", false)
      .number("seq", static_cast<int64_t>(trade.number));
  row.end();
}

void append_rest_candle(std::string& out, const Candle& c) {
  fmt::format_to(std::back_inserter(out), R"(["{}","{}","{}","{}","{}","{}","{}"])", c.start.ms(),
                 c.open.text(), c.high.text(), c.low.text(), c.close.text(), number_text(c.volume),
                 number_text(c.turnover, 4));
}

void append_stream_candle(std::string& out, const Candle& c, std::string_view interval,
                          CandleLength length, bool confirmed, Instant at) {
  ObjectText row(out);
  row.number("start", c.start.ms())
      .number("end", length.end(c.start).ms() - 1)
      .text("interval", interval)
      .text("open", c.open.text())
      .text("close", c.close.text())
      .text("high", c.high.text())
      .text("low", c.low.text())
      .text("volume", number_text(c.volume))
      .text("turnover", number_text(c.turnover, 4))
      .flag("confirm", confirmed)
      .number("timestamp", at.ms());
  row.end();
}

// S is the side of the position that was closed: Buy for a long one.
void append_liquidation(std::string& out, const Product& product, const ForcedClose& forced) {
  ObjectText row(out);
  row.number("T", forced.at.ms())
      .text("s", product.symbol)
      .text("S", forced.side == Side::sell ? "Buy" : "Sell")
      .text("v", forced.qty.text())
      .text("p", forced.price.text());
  row.end();
}

std::optional<CandleLength> candle_length(std::string_view interval) {
  constexpr int kMinutes[] = {1, 3, 5, 15, 30, 60, 120, 240, 360, 720};
  for (const int m : kMinutes) {
    if (interval == std::to_string(m)) return Duration::minutes(m);
  }
  if (interval == "D") return Duration::days(1);
  if (interval == "W") return Duration::days(7);
  if (interval == "M") return CandleLength::of_months(1);
  return std::nullopt;
}

}  // namespace delever::gateways::bybit
