#include "render/tardis_csv.h"

#include <fmt/format.h>

namespace delever::render {

namespace {

struct KindRow {
  TardisKind kind;
  const char* name;
  const char* header;
};
constexpr KindRow kKinds[] = {
    {TardisKind::trades, "trades",
     "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n"},
    {TardisKind::quotes, "quotes",
     "exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount\n"},
    {TardisKind::incremental_book_l2, "incremental_book_L2",
     "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\n"},
    {TardisKind::liquidations, "liquidations",
     "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n"},
    {TardisKind::derivative_ticker, "derivative_ticker",
     "exchange,symbol,timestamp,local_timestamp,funding_timestamp,funding_rate,predicted_funding_"
     "rate,open_interest,"
     "last_price,index_price,mark_price\n"},
    {TardisKind::options_chain, "options_chain",
     "exchange,symbol,timestamp,local_timestamp,type,strike_price,expiration,open_interest,last_"
     "price,bid_price,"
     "bid_amount,bid_iv,ask_price,ask_amount,ask_iv,mark_price,mark_iv,underlying_index,underlying_"
     "price,delta,gamma,"
     "vega,theta,rho\n"}};

// The archives' own names of markets. They have no rows of an index alone; ours stand under names
// that no market has, which the maps here read.
std::string tardis_exchange(const Instrument& i) {
  if (i.kind == InstrumentKind::index) {
    if (i.venue == "binance")
      return i.quote == "USD" ? "binance-delivery-index" : "binance-futures-index";
    return (i.venue == "okx" ? "okex" : i.venue) + "-index";
  }
  if (i.venue == "binance") {
    switch (i.kind) {
      case InstrumentKind::linear:
        return "binance-futures";
      case InstrumentKind::inverse:
        return "binance-delivery";
      case InstrumentKind::option:
        return "binance-european-options";
      default:
        return "binance";
    }
  }
  if (i.venue == "bybit") {
    if (i.kind == InstrumentKind::spot) return "bybit-spot";
    return i.kind == InstrumentKind::option ? "bybit-options" : "bybit";
  }
  if (i.venue == "okx") {
    if (i.kind == InstrumentKind::spot) return "okex";
    if (i.kind == InstrumentKind::option) return "okex-options";
    return i.is_perpetual() ? "okex-swap" : "okex-futures";
  }
  return i.venue;
}

template <class T>
std::string text_or_empty(const std::optional<T>& value) {
  return value ? value->text() : std::string();
}
std::string text_or_empty(const std::optional<double>& value) {
  return value ? fmt::format("{}", *value) : "";
}
// Volatilities as the venue sends them: Deribit in percent, the others as fractions.
std::string volatility(const Instrument& i, const std::optional<double>& value) {
  return value ? fmt::format("{}", i.venue == "deribit" ? *value * 100 : *value) : "";
}
int64_t micros(Instant t) { return t.ns() / 1000; }

}  // namespace

Result<TardisKind> parse_tardis_kind(std::string_view name) {
  for (const KindRow& row : kKinds) {
    if (name == row.name) return row.kind;
  }
  return Error{Fault::not_found, fmt::format("no such table: \"{}\"", name.substr(0, 40))};
}

const std::vector<std::string>& tardis_kind_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> out;
    for (const KindRow& row : kKinds) out.emplace_back(row.name);
    return out;
  }();
  return names;
}

std::string_view TardisCsv::header(TardisKind kind) {
  for (const KindRow& row : kKinds) {
    if (row.kind == kind) return row.header;
  }
  check_failed("a TardisKind has a header", __FILE__, __LINE__);
}

std::string TardisCsv::start(const Event& event) const {
  const Instrument& i = instruments_[event.instrument];
  return fmt::format("{},{},{},{},", tardis_exchange(i), i.symbol, micros(event.at),
                     micros(event.received));
}

void TardisCsv::write_ticker(const Event& event, std::string& out) {
  Ticker& t = tickers_[event.instrument];
  if (const auto* e = std::get_if<FundingRate>(&event.payload)) {
    if (e->kind == FundingKind::predicted)
      t.predicted = e->rate.text();
    else if (e->kind == FundingKind::current)
      t.funding = e->rate.text();
    else
      return;
    if (e->settles_at && e->kind == FundingKind::current)
      t.funding_at = fmt::format("{}", micros(*e->settles_at));
  } else if (const auto* mark = std::get_if<MarkPrice>(&event.payload)) {
    t.mark = mark->price.text();
  } else if (const auto* index = std::get_if<IndexPrice>(&event.payload)) {
    t.index = index->price.text();
  } else if (const auto* interest = std::get_if<OpenInterest>(&event.payload)) {
    t.open_interest =
        interest->contracts ? interest->contracts->text() : text_or_empty(interest->coins);
  } else {
    return;
  }
  out += start(event) + fmt::format("{},{},{},{},,{},{}\n", t.funding_at, t.funding, t.predicted,
                                    t.open_interest, t.index, t.mark);
}

void TardisCsv::write(const Event& event, std::string& out) {
  if (event.instrument >= instruments_.size()) return;
  switch (kind_) {
    case TardisKind::trades:
      if (const auto* e = std::get_if<Trade>(&event.payload)) {
        out += start(event) + fmt::format("{},{},{},{}\n", e->id,
                                          e->taker_side == Side::buy ? "buy" : "sell",
                                          e->price.text(), e->qty.text());
      }
      return;
    case TardisKind::quotes:
      if (const auto* e = std::get_if<Quote>(&event.payload)) {
        out += start(event) + fmt::format("{},{},{},{}\n", text_or_empty(e->ask_qty),
                                          text_or_empty(e->ask_price), text_or_empty(e->bid_price),
                                          text_or_empty(e->bid_qty));
      }
      return;
    case TardisKind::incremental_book_l2: {
      const auto rows = [&](const std::vector<Level>& levels, const char* side, bool snapshot) {
        for (const Level& level : levels)
          out += start(event) +
                 fmt::format("{},{},{},{}\n", snapshot, side, level.price.text(), level.qty.text());
      };
      if (const auto* e = std::get_if<BookSnapshot>(&event.payload)) {
        rows(e->bids, "bid", true);
        rows(e->asks, "ask", true);
      } else if (const auto* delta = std::get_if<BookDelta>(&event.payload)) {
        rows(delta->bids, "bid", false);
        rows(delta->asks, "ask", false);
      }
      return;
    }
    case TardisKind::liquidations:
      if (const auto* e = std::get_if<Liquidation>(&event.payload)) {
        out +=
            start(event) + fmt::format("{},{},{},{}\n", e->id,
                                       e->position_side == PositionSide::long_side ? "sell" : "buy",
                                       text_or_empty(e->price()), text_or_empty(e->qty()));
      }
      return;
    case TardisKind::derivative_ticker:
      write_ticker(event, out);
      return;
    case TardisKind::options_chain:
      if (const auto* e = std::get_if<OptionQuote>(&event.payload)) {
        const Instrument& i = instruments_[event.instrument];
        out += start(event) +
               fmt::format(
                   "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n",
                   i.option_type ? (*i.option_type == OptionType::call ? "call" : "put") : "",
                   text_or_empty(i.strike), i.expiry ? fmt::format("{}", micros(*i.expiry)) : "",
                   text_or_empty(e->open_interest), text_or_empty(e->last_price),
                   text_or_empty(e->bid_price), text_or_empty(e->bid_qty), volatility(i, e->bid_iv),
                   text_or_empty(e->ask_price), text_or_empty(e->ask_qty), volatility(i, e->ask_iv),
                   text_or_empty(e->mark_price), volatility(i, e->mark_iv), e->underlying,
                   text_or_empty(e->underlying_price), text_or_empty(e->greeks.delta),
                   text_or_empty(e->greeks.gamma), text_or_empty(e->greeks.vega),
                   text_or_empty(e->greeks.theta), text_or_empty(e->greeks.rho));
      }
      return;
  }
  check_failed("a TardisKind writes", __FILE__, __LINE__);
}

}  // namespace delever::render
