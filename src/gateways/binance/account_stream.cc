#include "gateways/binance/account_stream.h"

#include <algorithm>

#include "gateways/binance/account_json.h"
#include "gateways/binance/order_json.h"
#include "gateways/binance/time_unit.h"
#include "gateways/json_text.h"

namespace delever::gateways::binance {
bool AccountStream::heard(AccountId account) const {
  const auto it = listeners_.find(account);
  if (it != listeners_.end() && !it->second.empty()) return true;
  const std::string* key = face_.keys.of(account);
  return key && streams_.find(*key);
}

void AccountStream::emit_to(AccountId account, const std::string& json) {
  const std::string* key = face_.keys.of(account);
  if (const Topic* topic = key ? streams_.find(*key) : nullptr) streams_.publish(*topic, json);
  const auto it = listeners_.find(account);
  if (it == listeners_.end()) return;
  for (const Listener& l : it->second) {
    std::string out;
    ObjectText(out)
        .number("subscriptionId", static_cast<int64_t>(l.subscription))
        .raw("event", l.microseconds ? in_microseconds(json, false) : json)
        .end();
    out_.send(l.socket, out);
  }
}

void AccountStream::change(AccountId account, std::string_view reason) {
  Changed& c = changed_[account];
  const bool other = !c.coins.empty() || !c.positions.empty();
  if (other && c.reason != reason) flush();
  changed_[account].reason = reason;
}

void AccountStream::on_update(const DeskUpdate& update) {
  switch (update.kind) {
    case DeskUpdate::Kind::order:
      on_order(update);
      break;
    case DeskUpdate::Kind::fill:
      on_fill(update);
      break;
    case DeskUpdate::Kind::balance:
      on_money(*update.money);
      break;
    case DeskUpdate::Kind::position:
      if (!face_.markets.of(update.instrument) || !heard(update.account)) break;
      changed_[update.account].positions.insert(update.instrument);
      break;
    case DeskUpdate::Kind::settings:
      on_settings(update.account, update.instrument);
      break;
    case DeskUpdate::Kind::margin_call:
      if (!face_.spot && heard(update.account))
        emit_to(update.account, margin_call_event(face_, update.account, update.instrument));
      break;
    default:
      break;
  }
}

// A fill has an update of its own; the order's that follows it says nothing new.
void AccountStream::on_order(const DeskUpdate& update) {
  const OrderRecord& order = *update.order;
  const Market* m = face_.markets.of(order.asked.instrument);
  if (!m || !heard(order.account)) return;
  const bool traded = update.reason == DeskUpdate::Reason::traded;
  if (face_.spot) {
    if (traded) return;
    const bool prevented = update.reason == DeskUpdate::Reason::expired &&
                           order.ended_by == OrderRecord::Ended::self_trade;
    emit_to(
        order.account,
        spot_order_event(face_, order, prevented ? "TRADE_PREVENTION" : execution_of(update.reason),
                         nullptr));
    change(order.account, "ORDER");
    changed_[order.account].coins.insert({m->base, m->quote});
    return;
  }
  if (is_conditional(order)) {
    const bool live = is_live(order.state);
    if (!live || !traded) emit_to(order.account, algo_event(face_, order, algo_status_of(order)));
    if (!order.triggered) return;
  }
  if (!traded)
    emit_to(order.account, futures_order_event(face_, order, execution_of(update.reason), nullptr));
}

void AccountStream::on_fill(const DeskUpdate& update) {
  const FillRecord& fill = *update.fill;
  if (!face_.markets.of(fill.instrument)) return;
  const PositionSide closed =
      fill.side == Side::sell ? PositionSide::long_side : PositionSide::short_side;
  if (fill.profit != Amount())
    face_.realised[{fill.account, fill.instrument, closed}] += fill.profit;
  if (!heard(fill.account)) return;
  if (!update.order) return;
  if (face_.spot)
    return emit_to(fill.account, spot_order_event(face_, *update.order, "TRADE", &fill));
  // What the venue closes by itself is told whole alone.
  if (!fill.forced) emit_to(fill.account, trade_lite(face_, *update.order, fill));
  emit_to(fill.account, futures_order_event(face_, *update.order, "TRADE", &fill));
}

void AccountStream::on_money(const MoneyRecord& money) {
  if (!heard(money.account)) return;
  const std::string_view reason = reason_of(money.kind);
  if (face_.spot && reason != "ORDER") emit_to(money.account, balance_update(face_, money));
  change(money.account, reason);
  Changed& c = changed_[money.account];
  c.coins.insert(money.coin);
  if (reason == "ORDER") return;
  c.moved[money.coin] += money.amount;
  const bool of_position =
      money.kind == MoneyRecord::Kind::margin || money.kind == MoneyRecord::Kind::funding;
  if (of_position && money.instrument && face_.markets.of(*money.instrument))
    c.positions.insert(*money.instrument);
}

void AccountStream::on_settings(AccountId account, InstrumentId instrument) {
  const Market* m = face_.markets.of(instrument);
  if (!m || face_.spot || !heard(account)) return;
  const Leverage now = face_.desk.leverage(account, instrument);
  // A margin type is a setting too, and no news of the leverage.
  const Leverage usual = face_.desk.listing(instrument).default_leverage;
  const auto it = leverages_.try_emplace({account, instrument}, usual).first;
  if (it->second == now) return;
  it->second = now;
  emit_to(account, leverage_event(face_, *m, now));
}

// A list is told of when it has been placed, and when it is over.
void AccountStream::emit_lists() {
  for (; lists_told_ < face_.lists_made; ++lists_told_) {
    const auto it = face_.lists.find(lists_told_ + 1);
    if (it == face_.lists.end()) continue;
    emit_to(it->second.account, list_event(face_, it->second));
    lists_open_.push_back(it->first);
  }
  std::erase_if(lists_open_, [this](uint64_t number) {
    const auto it = face_.lists.find(number);
    if (it == face_.lists.end()) return true;
    if (is_executing(face_, it->second)) return false;
    emit_to(it->second.account, list_event(face_, it->second));
    return true;
  });
}

void AccountStream::flush() {
  for (const std::string& key : face_.keys.take_stopped()) streams_.end(key);
  if (face_.spot) emit_lists();
  if (changed_.empty()) return;
  const std::map<AccountId, Changed> all = std::move(changed_);
  changed_.clear();
  for (const auto& [account, c] : all) {
    if (c.coins.empty() && c.positions.empty()) continue;
    if (face_.spot)
      emit_to(account, account_position(face_, account, c.coins));
    else
      emit_to(account, account_update(face_, account, c.reason, c.coins, c.positions, c.moved));
  }
}

void AccountStream::tick() {
  flush();
  for (const auto& [key, account] : face_.keys.expire(face_.wall())) {
    if (const Topic* topic = streams_.find(key))
      streams_.publish(*topic, key_expired_event(face_, key));
  }
}

// ---- subscriptions

uint64_t AccountStream::subscribe(SocketId socket, AccountId account, bool microseconds) {
  const uint64_t number = subscriptions_made_[socket]++;
  listeners_[account].push_back({socket, number, microseconds});
  return number;
}

void AccountStream::unsubscribe(SocketId socket, std::optional<uint64_t> subscription) {
  for (auto& [account, all] : listeners_) {
    std::erase_if(all, [&](const Listener& l) {
      return l.socket == socket && (!subscription || l.subscription == *subscription);
    });
  }
  if (!subscription) subscriptions_made_.erase(socket);
}

}  // namespace delever::gateways::binance
