// Market data by REST.
#include <algorithm>

#include "gateways/figures_text.h"
#include "gateways/okx/market_rows.h"
#include "gateways/okx/pages.h"

namespace delever::gateways::okx {

Outcome Api::time(const Ask&) {
  Outcome out;
  out.rows = R"([{"ts":")" + ms_text(venue_.wall()) + "\"}]";
  return out;
}

Outcome Api::nothing(const Ask&) { return {}; }

// By type, then by id, family or underlying.
std::vector<const Product*> Api::asked_products(const Ask& ask) const {
  const std::string_view family =
      ask.fields.has("instFamily") ? ask.fields["instFamily"] : ask.fields["uly"];
  return venue_.catalog.all({ask.fields["instType"], ask.fields["instId"], family});
}

Outcome Api::instruments(const Ask& ask) {
  const std::string_view type = ask.fields["instType"];
  if (type.empty()) return Refusal{50014, "Parameter instType can not be empty"};
  if (type == "MARGIN" || type == "EVENTS") return {};
  if (!read_inst_type(type)) return parameter_error("instType");
  const auto products = asked_products(ask);
  if (products.empty() && ask.fields.has("instId")) return no_instrument();
  return rows_of(products,
                 [&](std::string& to, const Product* p) { append_instrument(to, venue_, *p); });
}

Outcome Api::ticker(const Ask& ask) {
  const Product* p = nullptr;
  if (const auto r = read_product(venue_, ask.fields, p)) return *r;
  return rows_of(std::vector{p}, [&](std::string& to, const Product* each) {
    append_ticker(to, venue_, *each, venue_.market());
  });
}

Outcome Api::tickers(const Ask& ask) {
  if (!read_inst_type(ask.fields["instType"])) return parameter_error("instType");
  return rows_of(asked_products(ask), [&](std::string& to, const Product* p) {
    append_ticker(to, venue_, *p, venue_.market());
  });
}

Outcome Api::book(const Ask& ask) {
  const Product* p = nullptr;
  if (const auto r = read_product(venue_, ask.fields, p)) return *r;
  const size_t most = ask.path.ends_with("full") ? 5'000 : ask.path.ends_with("lite") ? 25 : 400;
  const size_t usual = ask.path.ends_with("lite") ? 25 : 1;
  const BookSnapshot book = venue_.desk.book(p->instrument, ask.fields.count("sz", usual, most));
  return rows_of(std::vector{p}, [&](std::string& to, const Product*) {
    append_book(to, book, venue_.market(), fmt::format(R"(,"seqId":{})", book.sequence.last));
  });
}

Outcome Api::trades(const Ask& ask) {
  const Product* p = nullptr;
  if (const auto r = read_product(venue_, ask.fields, p)) return *r;
  const bool history = ask.path.ends_with("history-trades");
  Ask limited = ask;
  if (!ask.fields.has("limit")) limited.fields.set("limit", "100");
  const auto rows = page_of(
      venue_.desk.trades(p->instrument), limited, [](const PublicTrade& t) { return t.number; },
      [](const PublicTrade& t) { return t.at; }, [](const PublicTrade&) { return true; },
      history ? 100 : 500);
  return rows_of(rows,
                 [&](std::string& to, const PublicTrade* t) { append_trade(to, *p, *t, false); });
}

// Here `after` and `before` are times.
Outcome Api::candles(const Ask& ask) {
  const Product* p = nullptr;
  if (const auto r = read_product(venue_, ask.fields, p)) return *r;
  const auto length = bar_length(ask.fields.has("bar") ? ask.fields["bar"] : "1m");
  if (!length) return parameter_error("bar");
  const auto all = venue_.desk.candles(p->instrument, *length, 10'000);
  const auto rows = page_of(
      all, ask, [](const Candle& c) { return c.start.ms(); },
      [](const Candle& c) { return c.start; }, [](const Candle&) { return true; }, 300);
  return rows_of(rows, [&](std::string& to, const Candle* c) {
    append_candle(to, venue_, *p, *c, length->end(c->start) <= venue_.market());
  });
}

// The perpetual of an index: BTC-USDT.
const Product* Api::indexed_product(std::string_view inst_id) const {
  if (const Product* p = venue_.catalog.find(inst_id); p && !p->is_spot()) return p;
  for (const Product& p : venue_.catalog.all()) {
    if (p.family == inst_id && p.type == InstType::swap) return &p;
  }
  return venue_.catalog.find(inst_id);
}

Outcome Api::price_candles(const Ask& ask) {
  const bool of_mark = ask.path.find("mark-price") != ask.path.npos;
  const Product* p =
      of_mark ? venue_.catalog.find(ask.fields["instId"]) : indexed_product(ask.fields["instId"]);
  if (!p) return no_instrument();
  const auto length = bar_length(ask.fields.has("bar") ? ask.fields["bar"] : "1m");
  if (!length) return parameter_error("bar");
  const auto& prices = of_mark ? venue_.marks : venue_.indices;
  const auto found = prices.find(p->instrument);
  const auto all =
      found == prices.end() ? std::vector<Candle>() : found->second.candles(*length, 10'000);
  const auto rows = page_of(
      all, ask, [](const Candle& c) { return c.start.ms(); },
      [](const Candle& c) { return c.start; }, [](const Candle&) { return true; });
  return rows_of(rows, [&](std::string& to, const Candle* c) {
    append_price_candle(to, *c, length->end(c->start) <= venue_.market());
  });
}

Outcome Api::index_tickers(const Ask& ask) {
  std::vector<const Product*> rows;
  for (const Product& p : venue_.catalog.all()) {
    if (p.type != InstType::swap) continue;
    const bool named = ask.fields.has("instId") ? ask.fields["instId"] == p.family
                                                : p.quote == ask.fields["quoteCcy"];
    if (named) rows.push_back(&p);
  }
  if (rows.empty()) return Refusal{51014, "Index doesn't exist."};
  return rows_of(rows, [&](std::string& to, const Product* p) {
    append_index(to, venue_, *p, venue_.market());
  });
}

// One object, not a list of them: the spot markets of the scenario that the index is made of.
Outcome Api::index_components(const Ask& ask) {
  const Product* p = indexed_product(ask.fields["index"]);
  if (!p) return Refusal{51014, "Index doesn't exist."};
  const uint32_t index = p->listing->index;
  Outcome out;
  out.rows.clear();
  ObjectText row(out.rows);
  append_list(row.member("components"), venue_.exchange().index_parts(index),
              [&](const exchange::IndexPart& part) {
                ObjectText(out.rows)
                    .text("symbol", p->family)
                    .text("symPx", part.price.text())
                    .text("wgt", number_text(part.share.approx(), 3))
                    .text("cnvPx", part.price.text())
                    .text("exch", part.source)
                    .end();
              });
  row.text("last", venue_.exchange().index(index).value_or(Price()).text())
      .text("index", p->family)
      .text("ts", ms_text(venue_.market()))
      .end();
  return out;
}

}  // namespace delever::gateways::okx
