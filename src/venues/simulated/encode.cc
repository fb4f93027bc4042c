#include "venues/simulated/encode.h"

#include <fmt/format.h>

#include <iterator>

#include "base/text.h"

namespace delever::venues {
namespace {

void level(std::string& out, const std::optional<Price>& price, const std::optional<WideQty>& qty) {
  if (price && qty)
    fmt::format_to(std::back_inserter(out), R"(["{}","{}"])", price->text(), qty->text());
  else
    out += "null";
}

void levels(std::string& out, const std::vector<Level>& side) {
  out += '[';
  for (size_t i = 0; i < side.size(); ++i) {
    if (i) out += ',';
    fmt::format_to(std::back_inserter(out), R"(["{}","{}"])", side[i].price.text(),
                   side[i].qty.text());
  }
  out += ']';
}

}  // namespace

SimulatedEncoder::SimulatedEncoder(std::vector<Instrument> instruments, Options options)
    : instruments_(std::move(instruments)), options_(options), last_(instruments_.size()) {}

void SimulatedEncoder::describe(Instant at) {
  for (const Instrument& i : instruments_) {
    fmt::format_to(
        std::back_inserter(lines_),
        R"({{"channel":"instrument","symbol":"{}","time":{},"kind":"{}","base":"{}","quote":"{}",)"
        R"("settle":"{}")",
        i.symbol, at.ns(), kind_name(i.kind), i.base, i.quote, i.settle);
    if (i.contract_size)
      fmt::format_to(std::back_inserter(lines_), R"(,"size":"{}")", i.contract_size->text());
    if (i.tick) fmt::format_to(std::back_inserter(lines_), R"(,"tick":"{}")", i.tick->text());
    if (i.step) fmt::format_to(std::back_inserter(lines_), R"(,"step":"{}")", i.step->text());
    if (i.expiry) fmt::format_to(std::back_inserter(lines_), R"(,"expiry":{})", i.expiry->ns());
    if (i.strike && i.option_type)
      fmt::format_to(std::back_inserter(lines_), R"(,"strike":"{}","type":"{}")", i.strike->text(),
                     *i.option_type == OptionType::call ? "call" : "put");
    if (i.funding_interval)
      fmt::format_to(std::back_inserter(lines_), R"(,"funding_interval":{})",
                     i.funding_interval->ns());
    lines_ += "}\n";
  }
}

void SimulatedEncoder::on_event(const Event& event) {
  Last& last = last_[event.instrument];
  const std::string& symbol = instruments_[event.instrument].symbol;
  if (const auto* trade = std::get_if<Trade>(&event.payload)) {
    fmt::format_to(std::back_inserter(last.trades), R"({}[{},"{}","{}","{}","{}"])",
                   last.trades.empty() ? "" : ",", event.at.ns(), trade->price.text(),
                   trade->qty.text(), trade->taker_side == Side::buy ? "buy" : "sell", trade->id);
  } else if (const auto* quote = std::get_if<Quote>(&event.payload)) {
    last.best = *quote;
    last.quote = true;
  } else if (const auto* mark = std::get_if<MarkPrice>(&event.payload)) {
    last.mark_price = mark->price;
    last.mark = true;
  } else if (const auto* index = std::get_if<IndexPrice>(&event.payload)) {
    last.index_price = index->price;
    last.index = true;
  } else if (const auto* open = std::get_if<OpenInterest>(&event.payload)) {
    if (!open->contracts) return;
    last.open_interest = *open->contracts;
    last.open = true;
  } else if (const auto* forced = std::get_if<Liquidation>(&event.payload)) {
    const auto price = forced->price();
    const auto qty = forced->qty();
    if (!price || !qty) return;
    fmt::format_to(
        std::back_inserter(lines_),
        R"({{"channel":"liquidation","symbol":"{}","time":{},"position":"{}","price":"{}",)"
        R"("qty":"{}"}})",
        symbol, event.at.ns(), forced->position_side == PositionSide::long_side ? "long" : "short",
        price->text(), qty->text());
    lines_ += '\n';
  } else if (const auto* funding = std::get_if<FundingRate>(&event.payload)) {
    if (!funding->interval || !funding->settles_at) return;
    fmt::format_to(
        std::back_inserter(lines_),
        R"({{"channel":"funding","symbol":"{}","time":{},"rate":"{}","interval":{},"settles":{}}})",
        symbol, event.at.ns(), funding->rate.text(), funding->interval->ns(),
        funding->settles_at->ns());
    lines_ += '\n';
  } else if (const auto* listed = std::get_if<InstrumentListed>(&event.payload)) {
    fmt::format_to(std::back_inserter(lines_),
                   R"({{"channel":"status","symbol":"{}","time":{},"status":"{}"}})", symbol,
                   event.at.ns(), listed->status);
    lines_ += '\n';
  }
}

void SimulatedEncoder::option_quote(InstrumentId i, Instant at, const OptionQuote& q) {
  auto out = std::back_inserter(lines_);
  fmt::format_to(out, R"({{"channel":"option","symbol":"{}","time":{})", instruments_[i].symbol,
                 at.ns());
  if (q.mark_price) fmt::format_to(out, R"(,"mark":"{}")", q.mark_price->text());
  if (q.bid_price) fmt::format_to(out, R"(,"bid":"{}")", q.bid_price->text());
  if (q.ask_price) fmt::format_to(out, R"(,"ask":"{}")", q.ask_price->text());
  if (q.bid_iv) fmt::format_to(out, R"(,"bid_iv":{})", write_double(*q.bid_iv));
  if (q.ask_iv) fmt::format_to(out, R"(,"ask_iv":{})", write_double(*q.ask_iv));
  if (q.mark_iv) fmt::format_to(out, R"(,"mark_iv":{})", write_double(*q.mark_iv));
  if (q.underlying_price)
    fmt::format_to(out, R"(,"underlying":{})", write_double(*q.underlying_price));
  if (q.open_interest) fmt::format_to(out, R"(,"open_interest":"{}")", q.open_interest->text());
  lines_ += "}\n";
}

void SimulatedEncoder::end(Instant second, std::span<const BookSnapshot> books) {
  for (InstrumentId i = 0; i < instruments_.size(); ++i) {
    Last& last = last_[i];
    const std::string& symbol = instruments_[i].symbol;
    auto out = std::back_inserter(lines_);
    if (!last.trades.empty()) {
      fmt::format_to(out, R"({{"channel":"trade","symbol":"{}","data":[)", symbol);
      lines_ += last.trades;
      lines_ += "]}\n";
      last.trades.clear();
    }
    if (last.quote) {
      fmt::format_to(out, R"({{"channel":"quote","symbol":"{}","time":{},"bid":)", symbol,
                     second.ns());
      level(lines_, last.best.bid_price, last.best.bid_qty);
      lines_ += R"(,"ask":)";
      level(lines_, last.best.ask_price, last.best.ask_qty);
      lines_ += "}\n";
    }
    if (last.mark || last.index || last.open) {
      fmt::format_to(out, R"({{"channel":"ticker","symbol":"{}","time":{})", symbol, second.ns());
      if (last.mark) fmt::format_to(out, R"(,"mark":"{}")", last.mark_price.text());
      if (last.index) fmt::format_to(out, R"(,"index":"{}")", last.index_price.text());
      if (last.open) fmt::format_to(out, R"(,"open_interest":"{}")", last.open_interest.text());
      lines_ += "}\n";
    }
    last.quote = last.mark = last.index = last.open = false;
    if (!books.empty() && instruments_[i].kind != InstrumentKind::option) {
      const BookSnapshot& book = books[i];
      fmt::format_to(out, R"({{"channel":"book","symbol":"{}","time":{},"bids":)", symbol,
                     second.ns());
      levels(lines_, book.bids);
      lines_ += R"(,"asks":)";
      levels(lines_, book.asks);
      lines_ += "}\n";
    }
  }
}

}  // namespace delever::venues
