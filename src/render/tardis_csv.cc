#include "render/tardis_csv.h"

#include <fmt/format.h>

#include <algorithm>

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
std::string_view exchange_of(const Instrument& i) {
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

void put_exchange(const Instrument& i, TextBuffer& out) {
  if (i.kind == InstrumentKind::index && i.venue == "binance") {
    out.put(i.quote == "USD" ? std::string_view("binance-delivery-index")
                             : std::string_view("binance-futures-index"));
    return;
  }
  if (i.kind == InstrumentKind::index) {
    out.put(i.venue == "okx" ? std::string_view("okex") : std::string_view(i.venue));
    out.put("-index");
    return;
  }
  out.put(exchange_of(i));
}

// Fields of one row, each but the first behind a comma.
template <class First, class... More>
void put_fields(TextBuffer& out, const First& first, const More&... more) {
  out.put(first);
  ((out.put(','), out.put(more)), ...);
}
// Volatilities as the venue sends them: Deribit in percent, the others as fractions.
std::optional<double> volatility(const Instrument& i, const std::optional<double>& value) {
  return value && i.venue == "deribit" ? *value * 100 : value;
}
// Greeks as the venue sends them first: OKX of the value in the coin.
const Greeks& greeks_of(const Instrument& i, const OptionQuote& quote) {
  static const Greeks none{};
  if (i.venue != "okx") return quote.greeks;
  return quote.coin_greeks ? *quote.coin_greeks : none;
}
bool is_contract(const Instrument& i) {
  return i.kind == InstrumentKind::linear || i.kind == InstrumentKind::inverse;
}
std::string pair_of(const Instrument& i) { return i.venue + ":" + i.base + "-" + i.quote; }

template <class T>
void replace(std::optional<T>& known, const std::optional<T>& now) {
  if (now) known = now;
}
// Venues that tell an option's market in several channels, of which none has all of it.
bool in_parts(const Instrument& i) { return i.venue == "okx" || i.venue == "binance"; }

void add_part(OptionQuote& known, const OptionQuote& now) {
  replace(known.bid_price, now.bid_price), replace(known.ask_price, now.ask_price);
  replace(known.mark_price, now.mark_price), replace(known.last_price, now.last_price);
  replace(known.bid_qty, now.bid_qty), replace(known.ask_qty, now.ask_qty);
  replace(known.bid_iv, now.bid_iv), replace(known.ask_iv, now.ask_iv);
  replace(known.mark_iv, now.mark_iv);
  replace(known.underlying_price, now.underlying_price);
  replace(known.open_interest, now.open_interest);
  if (!now.underlying.empty()) known.underlying = now.underlying;
  if (now.coin_greeks) known.coin_greeks = now.coin_greeks;
  if (now.greeks.delta) known.greeks = now.greeks;
}

// The archives count time in microseconds; what is finer is cut off.
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

void TardisCsv::put_start(const Row& row, TextBuffer& out) const {
  const Instrument& i = instruments_[row.instrument];
  put_exchange(i, out);
  out.put(',');
  put_fields(out, std::string_view(i.symbol), micros(row.at), micros(row.received));
  out.put(',');
}

// A message is what one stream brought at one time.
void TardisCsv::begin_message(const Event& event, TextBuffer& out) {
  const std::pair message(event.source, event.received);
  // Rows wait until their message is over, as several of its events may fill one row.
  if (message_ == message) return;
  finish(out);
  message_ = message;
}

void TardisCsv::finish(TextBuffer& out) {
  for (const Row& row : rows_) {
    if (in_another_row(row)) continue;
    if (kind_ == TardisKind::options_chain)
      put_option(row, out);
    else
      put_ticker(row, out);
  }
  rows_.clear();
}

// An index that one of its contracts has a row for.
bool TardisCsv::in_another_row(const Row& row) const {
  const Instrument& i = instruments_[row.instrument];
  if (i.kind != InstrumentKind::index) return false;
  return std::any_of(rows_.begin(), rows_.end(), [&](const Row& other) {
    const Instrument& of = instruments_[other.instrument];
    return is_contract(of) && pair_of(of) == pair_of(i);
  });
}

// Events of one message that speak of one instrument share its row, stamped by the latest of them.
void TardisCsv::put_row(const Event& event) {
  for (Row& row : rows_) {
    if (row.instrument != event.instrument) continue;
    row.at = std::max(row.at, event.at);
    return;
  }
  rows_.push_back({event.instrument, event.at, event.received});
}

// Open interest as the venue sends it: Bybit counts both sides of the market.
std::string TardisCsv::interest_of(const Instrument& i, const OpenInterest& interest) {
  std::optional<WideQty> contracts = interest.contracts;
  if (!contracts && interest.coins && i.kind != InstrumentKind::inverse) {
    if (!i.contract_size || i.contract_size->raw() <= 0) {
      unsized_.insert(i.venue + " " + i.symbol);
      return "";
    }
    const auto counted = Qty::nearest(*interest.coins / i.contract_size->approx());
    if (counted.has_value()) contracts = counted.value();
  }
  if (!contracts) return "";
  const bool both = i.venue == "bybit" && i.kind != InstrumentKind::option;
  return both ? WideQty::raw(contracts->raw() * 2).text() : contracts->text();
}

std::vector<std::string> TardisCsv::unsized() const { return {unsized_.begin(), unsized_.end()}; }

// Rates that were paid have no column: only what accrues now and what is predicted.
void TardisCsv::add_to_ticker(const Event& event) {
  const Instrument& i = instruments_[event.instrument];
  const auto* index = std::get_if<IndexPrice>(&event.payload);
  // An index stands in the rows of its contracts.
  if (index != nullptr) indices_[pair_of(i)] = index->price.text();
  if (!is_contract(i) && (index == nullptr || i.kind != InstrumentKind::index)) return;
  Ticker& t = tickers_[event.instrument];
  if (const auto* funding = std::get_if<FundingRate>(&event.payload)) {
    if (funding->kind == FundingKind::predicted) {
      t.predicted = funding->rate.text();
    } else if (funding->kind == FundingKind::current) {
      t.funding = funding->rate.text();
      if (funding->settles_at) t.funding_at = fmt::format("{}", micros(*funding->settles_at));
    } else {
      return;
    }
  } else if (const auto* mark = std::get_if<MarkPrice>(&event.payload)) {
    t.mark = mark->price.text();
  } else if (index != nullptr) {
    t.index = index->price.text();
  } else if (const auto* interest = std::get_if<OpenInterest>(&event.payload)) {
    const std::string counted = interest_of(i, *interest);
    if (counted.empty()) return;
    t.open_interest = counted;
  } else {
    return;
  }
  put_row(event);
}

// The index of the pair is told once for all its contracts, and is newer than a contract's own.
void TardisCsv::put_ticker(const Row& row, TextBuffer& out) {
  const Instrument& i = instruments_[row.instrument];
  const Ticker& t = tickers_[row.instrument];
  put_start(row, out);
  if (i.kind == InstrumentKind::index) {
    out.put(",,,,,");
    out.put(std::string_view(t.index));
    out.put(",\n");
    return;
  }
  const auto index = indices_.find(pair_of(i));
  // The archives' last_price is the ticker's, which no event of ours carries.
  const std::string_view last_price;
  put_fields(out, std::string_view(t.funding_at), std::string_view(t.funding),
             std::string_view(t.predicted), std::string_view(t.open_interest), last_price,
             std::string_view(index != indices_.end() ? index->second : t.index),
             std::string_view(t.mark));
  out.put('\n');
}

// Open interest that comes in a message of its own makes a whole row as well.
void TardisCsv::add_to_option(const Event& event) {
  const Instrument& i = instruments_[event.instrument];
  if (i.kind != InstrumentKind::option) return;
  const auto* quote = std::get_if<OptionQuote>(&event.payload);
  const auto* interest = std::get_if<OpenInterest>(&event.payload);
  if (quote == nullptr && (interest == nullptr || !interest->contracts)) return;
  OptionQuote& known = options_[event.instrument].quote;
  if (quote != nullptr && in_parts(i)) {
    add_part(known, *quote);
  } else if (quote != nullptr) {
    // A quote is the whole market of the option but for its open interest, which may come by
    // itself.
    const std::optional<WideQty> open = known.open_interest;
    known = *quote;
    if (!known.open_interest) known.open_interest = open;
  } else {
    known.open_interest = interest->contracts;
  }
  put_row(event);
}

void TardisCsv::put_option(const Row& row, TextBuffer& out) {
  const Instrument& i = instruments_[row.instrument];
  const OptionQuote& e = options_[row.instrument].quote;
  const Greeks& g = greeks_of(i, e);
  put_start(row, out);
  std::string_view type;
  if (i.option_type) type = *i.option_type == OptionType::call ? "call" : "put";
  std::optional<int64_t> expires;
  if (i.expiry) expires = micros(*i.expiry);
  put_fields(out, type, i.strike, expires, e.open_interest, e.last_price, e.bid_price, e.bid_qty,
             volatility(i, e.bid_iv), e.ask_price, e.ask_qty, volatility(i, e.ask_iv), e.mark_price,
             volatility(i, e.mark_iv), std::string_view(e.underlying), e.underlying_price, g.delta,
             g.gamma, g.vega, g.theta, g.rho);
  out.put('\n');
}

void TardisCsv::put_levels(const Row& row, std::string_view side, const std::vector<Level>& levels,
                           TextBuffer& out) const {
  for (const Level& level : levels) {
    put_start(row, out);
    put_fields(out, side, level.price, level.qty);
    out.put('\n');
  }
}

void TardisCsv::write(const Event& event, TextBuffer& out) {
  if (event.instrument >= instruments_.size()) return;
  const Row row{event.instrument, event.at, event.received};
  switch (kind_) {
    case TardisKind::trades:
      if (const auto* e = std::get_if<Trade>(&event.payload)) {
        put_start(row, out);
        put_fields(out, std::string_view(e->id),
                   std::string_view(e->taker_side == Side::buy ? "buy" : "sell"), e->price, e->qty);
        out.put('\n');
      }
      return;
    case TardisKind::quotes:
      if (const auto* e = std::get_if<Quote>(&event.payload)) {
        put_start(row, out);
        put_fields(out, e->ask_qty, e->ask_price, e->bid_price, e->bid_qty);
        out.put('\n');
      }
      return;
    case TardisKind::incremental_book_l2:
      if (const auto* e = std::get_if<BookSnapshot>(&event.payload)) {
        put_levels(row, "true,bid", e->bids, out);
        put_levels(row, "true,ask", e->asks, out);
      } else if (const auto* delta = std::get_if<BookDelta>(&event.payload)) {
        put_levels(row, "false,bid", delta->bids, out);
        put_levels(row, "false,ask", delta->asks, out);
      }
      return;
    case TardisKind::liquidations:
      if (const auto* e = std::get_if<Liquidation>(&event.payload)) {
        put_start(row, out);
        const bool sold = e->position_side == PositionSide::long_side;
        put_fields(out, std::string_view(e->id), std::string_view(sold ? "sell" : "buy"),
                   e->price(), e->qty());
        out.put('\n');
      }
      return;
    case TardisKind::derivative_ticker:
      begin_message(event, out);
      add_to_ticker(event);
      return;
    case TardisKind::options_chain:
      begin_message(event, out);
      add_to_option(event);
      return;
  }
  check_failed("a TardisKind writes", __FILE__, __LINE__);
}

}  // namespace delever::render
