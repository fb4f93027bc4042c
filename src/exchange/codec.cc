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

template <class A>
void fields(A& a, OpenAccount& c) {
  one_of(a, c.collateral, CollateralMode::portfolio);
  a(c.hedge);
}
template <class A>
void fields(A& a, Deposit& c) {
  a(c.account), a(c.coin), a(c.amount);
}
template <class A>
void fields(A& a, Withdraw& c) {
  a(c.account), a(c.coin), a(c.amount);
}
template <class A>
void fields(A& a, SetLeverage& c) {
  a(c.account), a(c.instrument), a(c.leverage);
}
template <class A>
void fields(A& a, SetMarginMode& c) {
  a(c.account), a(c.instrument);
  one_of(a, c.mode, MarginMode::isolated);
}
template <class A>
void fields(A& a, SetPositionMode& c) {
  a(c.account), a(c.hedge);
}
template <class A>
void fields(A& a, SetCollateralMode& c) {
  a(c.account);
  one_of(a, c.collateral, CollateralMode::portfolio);
}
template <class A>
void fields(A& a, MoveMargin& c) {
  a(c.account), a(c.instrument);
  one_of(a, c.side, PositionSide::short_side);
  a(c.amount);
}
template <class A>
void fields(A& a, SubmitOrder& c) {
  a(c.account), a(c.instrument);
  one_of(a, c.side, Side::sell);
  one_of(a, c.type, OrderType::stop_limit);
  a(c.price), a(c.qty);
  one_of(a, c.time_in_force, TimeInForce::post_only);
  one_of(a, c.self_trade, SelfTrade::expire_both);
  a(c.reduce_only);
  one_of(a, c.position, PositionSide::short_side);
  a(c.trigger);
  one_of(a, c.trigger_by, TriggerBy::last);
  a(c.client);
}
template <class A>
void fields(A& a, CancelOrder& c) {
  a(c.account), a(c.instrument), a(c.order);
}
template <class A>
void fields(A& a, ReduceOrder& c) {
  a(c.account), a(c.instrument), a(c.order), a(c.qty);
}
template <class A>
void fields(A& a, CancelAll& c) {
  a(c.account);
  optional(a, c.instrument);
}
template <class A>
void fields(A& a, PublishIndex& c) {
  a(c.index), a(c.source), a(c.price);
}
template <class A>
void fields(A& a, PublishMark& c) {
  a(c.instrument), a(c.price);
}
template <class A>
void fields(A&, TickClock&) {}

template <size_t kTag = 0>
void read_body(Loader& a, size_t tag, CommandBody& body) {
  if constexpr (kTag == std::variant_size_v<CommandBody>) {
    a.fail("no command has this tag");
  } else if (tag == kTag) {
    fields(a, body.emplace<kTag>());
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
  std::visit([&a](auto& c) { fields(a, c); }, body);
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
