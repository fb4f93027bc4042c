// What each channel says, and when.
#include <fmt/format.h>

#include "base/text.h"
#include "gateways/deribit/channels.h"

namespace delever::gateways::deribit {
namespace {

Duration duration_of(std::string_view pace) {
  if (pace == "100ms") return Duration::ms(100);
  return pace == "agg2" ? Duration::seconds(1) : Duration();
}

// Without "timestamp":N, which alone is no news.
std::string without_time(const std::string& data) {
  const size_t at = data.find("\"timestamp\":");
  if (at == data.npos) return data;
  const size_t end = data.find_first_of(",}", at);
  return data.substr(0, at) + data.substr(end);
}

}  // namespace

// The best levels each time; grouped ones in steps of the group, bids down and asks up.
std::string Channels::grouped(const Topic& topic) const {
  const Contract& c = *topic.contract;
  const BookSnapshot book = desk_.book(c.instrument, topic.group ? 10'000 : topic.depth);
  JsonWriter w;
  w.open('{').raw("timestamp", desk_.door().market_now().ms()).text("instrument_name", c.name);
  w.raw("change_id", book.sequence.last);
  for (const bool bid : {true, false}) {
    w.open(bid ? "bids" : "asks", '[');
    const std::vector<Level>& side = bid ? book.bids : book.asks;
    const auto place = [&](Price price) {
      if (topic.group == 0) return price.raw();
      const int64_t below = price.raw() / topic.group * topic.group;
      return bid || below == price.raw() ? below : below + topic.group;
    };
    size_t shown = 0;
    for (size_t i = 0; i < side.size() && shown < topic.depth; ++shown) {
      const int64_t at = place(side[i].price);
      Wide qty = 0;
      for (; i < side.size() && place(side[i].price) == at; ++i) qty += side[i].qty.raw();
      w.open('[').raw_item(number(Price::raw(at))).raw_item(c.amount(WideQty::raw(qty))).close();
    }
    w.close();
  }
  return w.close().take();
}

// What a channel that repeats itself says now.
std::string Channels::current(const Topic& topic) const {
  switch (topic.kind) {
    case Kind::grouped_book:
      return grouped(topic);
    case Kind::ticker:
      return shapes_.ticker(*topic.contract);
    case Kind::incremental_ticker: {
      std::string data = shapes_.ticker(*topic.contract);
      return data.insert(1, R"("type":"change",)");
    }
    case Kind::quote:
      return shapes_.quote(*topic.contract);
    case Kind::perpetual:
      return shapes_.perpetual(*topic.contract);
    case Kind::chart:
      return shapes_.last_candle(*topic.contract, topic.length);
    case Kind::index_price: {
      const auto price = desk_.door().exchange().index(*contracts_.index_of(topic.index));
      if (!price) return {};
      JsonWriter w;
      w.open('{').raw("timestamp", desk_.door().market_now().ms()).raw("price", number(*price));
      return w.text("index_name", topic.index).close().take();
    }
    case Kind::volatility: {
      const auto vol = past_.volatility(*contracts_.index_of(topic.index));
      if (!vol) return {};
      JsonWriter w;
      w.open('{').raw("timestamp", desk_.door().market_now().ms());
      w.raw("volatility", number(*vol, 4)).text("index_name", topic.index);
      return w.close().take();
    }
    case Kind::option_marks: {
      std::vector<std::string> rows;
      for (const Contract& c : contracts_.all())
        if (c.option && c.index == topic.index) rows.push_back(shapes_.option_mark(c));
      return list_of(rows);
    }
    case Kind::user_portfolio:
      if (topic.coin_name == "ANY") return {};
      return shapes_.portfolio(*topic.account, topic.coin_name);
    default:
      return {};
  }
}

std::string Channels::first_data(const Topic& topic) const {
  if (topic.kind == Kind::book)
    return topic.chain.snapshot(*topic.contract, desk_.door().market_now());
  if (topic.kind == Kind::chart) return {};  // with the next trade
  if (topic.kind == Kind::incremental_ticker)
    return shapes_.ticker(*topic.contract).insert(1, R"("type":"snapshot",)");
  return current(topic);
}

bool Channels::due(const Topic& topic, Instant now) const {
  return now - topic.sent >= duration_of(topic.pace);
}

void Channels::send_changes(const std::string& name, Topic& topic) {
  if (topic.kind == Kind::user_portfolio) {
    if (!touched_.contains(*topic.account)) return;
    if (topic.coin_name != "ANY") return send(name, topic, current(topic));
    for (const std::string& coin_name : contracts_.coin_names())
      send(name, topic, shapes_.portfolio(*topic.account, coin_name));
    return;
  }
  for (auto& [of, changes] : changes_) {
    if (of.first != *topic.account) continue;
    const Contract& c = *contracts_.of(of.second);
    if (!topic.is(c)) continue;
    if (topic.kind == Kind::user_orders) {
      // One order a message as it happens; lists at the slower paces.
      if (topic.pace != "raw" && !changes.order_rows.empty())
        send(name, topic, list_of(changes.order_rows));
      for (const std::string& row : changes.order_rows)
        if (topic.pace == "raw") send(name, topic, row);
    } else if (topic.kind == Kind::user_trades && !changes.trade_rows.empty()) {
      send(name, topic, list_of(changes.trade_rows));
    } else if (topic.kind == Kind::user_changes) {
      std::vector<std::string> positions;
      const exchange::PositionView* held = nullptr;
      const auto all = desk_.positions(of.first);
      for (const exchange::PositionView& p : all)
        if (p.instrument == of.second) held = &p;
      if (!changes.trade_rows.empty()) positions.push_back(shapes_.position(of.first, c, held));
      JsonWriter w;
      w.open('{').text("instrument_name", c.name).raw("trades", list_of(changes.trade_rows));
      w.raw("positions", list_of(positions)).raw("orders", list_of(changes.order_rows)).close();
      send(name, topic, w.take());
    }
  }
}

void Channels::flush() {
  if (touched_.empty()) return;
  for (auto& [name, topic] : topics_)
    if (topic.account && topic.kind != Kind::user_silent) send_changes(name, topic);
  changes_.clear();
  touched_.clear();
}

void Channels::tick_topic(const std::string& name, Topic& topic, Instant now) {
  if (topic.kind == Kind::book) {
    if (topic.chain.changed() && due(topic, now))
      send(name, topic, topic.chain.change(*topic.contract, now));
    return;
  }
  if (topic.kind == Kind::trades) {
    if (topic.row_count == 0 || !due(topic, now)) return;
    topic.rows.close();
    topic.row_count = 0;
    return send(name, topic, topic.rows.take());
  }
  if (topic.account || !due(topic, now)) return;
  const bool by_second = topic.kind == Kind::index_price || topic.kind == Kind::volatility ||
                         topic.kind == Kind::option_marks || topic.kind == Kind::perpetual ||
                         topic.kind == Kind::chart;
  if (by_second && !topic.changed) return;
  std::string data = current(topic);
  if (data.empty()) return;
  std::string seen = without_time(data);
  topic.changed = false;
  if (seen == topic.last) return;
  topic.last = std::move(seen);
  send(name, topic, data);
}

void Channels::tick() {
  flush();
  const Instant now = desk_.door().market_now();
  std::set<InstrumentId> followed;
  for (const auto& [name, topic] : topics_)
    if (topic.kind == Kind::book) followed.insert(topic.contract->instrument);
  for (const InstrumentId instrument : followed) {
    const auto change = desk_.book_change(instrument);
    if (!change) continue;
    for (auto& [name, topic] : topics_)
      if (topic.kind == Kind::book && topic.contract->instrument == instrument)
        topic.chain.add(*change);
  }
  for (auto& [name, topic] : topics_) tick_topic(name, topic, now);
}

}  // namespace delever::gateways::deribit
