#include "exchange/codec.h"

#include "exchange/archive.h"

namespace delever::exchange {
namespace {

template <class A, class T>
void optional(A& a, std::optional<T>& x) {
  bool has = x.has_value();
  a(has);
  if (!has) {
    x.reset();
    return;
  }
  if (!x) x.emplace();
  a(*x);
}

template <class A, class E>
void one_of(A& a, E& x, E last) {
  a(x);
  if (x > last) {
    a.fail("an enumeration is out of range");
    x = E{};
  }
}

// One list a command, for both directions; it binds every member, so that one that is added and not
// listed does not compile.
template <class A>
void command_fields(A& a, OpenAccount& c) {
  auto& [collateral, hedge, orders] = c;
  one_of(a, collateral, CollateralMode::portfolio);
  a(hedge);
  one_of(a, orders, OrderMargin::order_price);
}
template <class A>
void command_fields(A& a, Deposit& c) {
  auto& [account, coin, amount] = c;
  a(account), a(coin), a(amount);
}
template <class A>
void command_fields(A& a, Withdraw& c) {
  auto& [account, coin, amount] = c;
  a(account), a(coin), a(amount);
}
template <class A>
void command_fields(A& a, SetLeverage& c) {
  auto& [account, instrument, leverage] = c;
  a(account), a(instrument), a(leverage);
}
template <class A>
void command_fields(A& a, SetMarginMode& c) {
  auto& [account, instrument, mode] = c;
  a(account), a(instrument);
  one_of(a, mode, MarginMode::isolated);
}
template <class A>
void command_fields(A& a, SetPositionMode& c) {
  auto& [account, hedge] = c;
  a(account), a(hedge);
}
template <class A>
void command_fields(A& a, SetCollateralMode& c) {
  auto& [account, collateral] = c;
  a(account);
  one_of(a, collateral, CollateralMode::portfolio);
}
template <class A>
void command_fields(A& a, MoveMargin& c) {
  auto& [account, instrument, side, amount] = c;
  a(account), a(instrument);
  one_of(a, side, PositionSide::short_side);
  a(amount);
}
template <class A>
void command_fields(A& a, SubmitOrder& c) {
  auto& [account, instrument, side, type, price, qty, time_in_force, self_trade, reduce_only,
         position, trigger, trigger_by, client] = c;
  a(account), a(instrument);
  one_of(a, side, Side::sell);
  one_of(a, type, OrderType::stop_limit);
  a(price), a(qty);
  one_of(a, time_in_force, TimeInForce::post_only);
  one_of(a, self_trade, SelfTrade::expire_both);
  a(reduce_only);
  one_of(a, position, PositionSide::short_side);
  a(trigger);
  one_of(a, trigger_by, TriggerBy::last);
  a(client);
}
template <class A>
void command_fields(A& a, CancelOrder& c) {
  auto& [account, instrument, order] = c;
  a(account), a(instrument), a(order);
}
template <class A>
void command_fields(A& a, ReduceOrder& c) {
  auto& [account, instrument, order, qty] = c;
  a(account), a(instrument), a(order), a(qty);
}
template <class A>
void command_fields(A& a, CancelAll& c) {
  auto& [account, instrument] = c;
  a(account);
  optional(a, instrument);
}
template <class A>
void command_fields(A& a, PublishIndex& c) {
  auto& [index, source, price] = c;
  a(index), a(source), a(price);
}
template <class A>
void command_fields(A& a, PublishMark& c) {
  auto& [instrument, price] = c;
  a(instrument), a(price);
}
template <class A>
void command_fields(A&, TickClock&) {}

template <size_t kTag = 0>
void read_body(Loader& a, size_t tag, CommandBody& body) {
  if constexpr (kTag == std::variant_size_v<CommandBody>) {
    a.fail("no command has this tag");
  } else if (tag == kTag) {
    command_fields(a, body.emplace<kTag>());
  } else {
    read_body<kTag + 1>(a, tag, body);
  }
}

}  // namespace

std::string encode(const Command& command) {
  Saver a;
  int64_t at = command.at.ns();
  auto tag = static_cast<uint8_t>(command.body.index());
  a(at), a(tag);
  CommandBody body = command.body;
  std::visit([&a](auto& c) { command_fields(a, c); }, body);
  return a.take();
}

Result<Command> decode(std::string_view bytes) {
  Loader a(bytes);
  int64_t at = 0;
  uint8_t tag = 0;
  a(at), a(tag);
  Command command;
  command.at = Instant::ns(at);
  if (a.ok()) read_body(a, tag, command.body);
  if (a.ok() && !a.at_end()) a.fail("bytes are left over");
  if (!a.ok()) return Error{Fault::malformed, std::string("a command: ") + a.why()};
  return command;
}

}  // namespace delever::exchange
