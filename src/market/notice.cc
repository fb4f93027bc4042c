#include "market/notice.h"

namespace delever {
namespace {

// Writes fields one after the other, a blank before each.
struct Text {
  std::string out;
  void operator()(const char* s) { out += std::string(" ") + s; }
  void operator()(bool x) { (*this)(x ? "yes" : "no"); }
  void operator()(Side x) { (*this)(x == Side::buy ? "buy" : "sell"); }
  void operator()(WalletChanged::Cause x) { (*this)(static_cast<uint64_t>(x)); }
  template <class T>
  requires(std::is_integral_v<T> && !std::is_same_v<T, bool>) void operator()(T x) {
    out += " " + std::to_string(x);
  }
  template <class Tag, int kDigits>
  void operator()(Fixed<Tag, kDigits> x) {
    out += " " + x.text();
  }
  template <class T>
  void operator()(const std::optional<T>& x) {
    if (x)
      (*this)(*x);
    else
      (*this)("none");
  }
};

template <class... T>
void each(Text& t, const T&... x) {
  (t(x), ...);
}

void fields(Text&, const AccountOpened&) {}
void fields(Text& t, const OrderAccepted& n) {
  each(t, n.instrument, n.side, n.price, n.qty, n.client);
}
void fields(Text& t, const OrderRested& n) {
  each(t, n.instrument, n.side, n.order, n.client, n.price, n.qty);
}
void fields(Text& t, const OrderFinished& n) {
  each(t, n.instrument, n.side, n.order, n.client, n.price, n.left);
}
void fields(Text& t, const StopArmed& n) {
  each(t, n.instrument, n.side, n.order, n.client, n.trigger, n.qty);
}
void fields(Text& t, const StopTriggered& n) {
  each(t, n.instrument, n.side, n.order, n.client, n.price, n.qty);
}
void fields(Text& t, const Fill& n) {
  each(t, n.instrument, n.side, n.maker, n.coin, n.counterparty, n.order, n.client, n.price, n.qty,
       n.value, n.fee);
}
void fields(Text& t, const WalletChanged& n) { each(t, n.cause, n.coin, n.isolated, n.amount); }
void fields(Text& t, const FundingPaid& n) {
  each(t, n.instrument, n.coin, n.side, n.price, n.qty, n.amount);
}
void fields(Text& t, const MarginCall& n) {
  each(t, n.coin, n.instrument, n.equity, n.maintenance);
}
void fields(Text& t, const LiquidationStarted& n) {
  each(t, n.coin, n.instrument, n.equity, n.maintenance);
}
void fields(Text& t, const PositionTransfer& n) {
  each(t, n.instrument, n.side, n.counterparty, n.coin, n.price, n.qty, n.value);
}
void fields(Text& t, const PositionSettled& n) {
  each(t, n.instrument, n.side, n.coin, n.price, n.qty, n.profit);
}
void fields(Text& t, const DeficitCovered& n) { each(t, n.coin, n.amount); }
void fields(Text& t, const ProfitSocialised& n) { each(t, n.coin, n.debtor, n.amount); }
void fields(Text& t, const DeficitUncovered& n) { each(t, n.coin, n.amount); }

Side opposite(Side side) { return side == Side::buy ? Side::sell : Side::buy; }

}  // namespace

std::string_view notice_name(NoticeKind kind) {
  static constexpr std::string_view names[] = {
      "account_opened", "accepted", "rested", "finished", "stop_armed",
      "stop_triggered", "fill",     "wallet", "funding",  "margin_call",
      "liquidation",    "takeover", "adl",    "settled",  "covered",
      "socialised",     "shortfall"};
  static_assert(std::size(names) == std::variant_size_v<NoticeBody>);
  CHECK(static_cast<size_t>(kind) < std::size(names));
  return names[static_cast<size_t>(kind)];
}

std::string text_of(const Notice& notice) {
  Text t;
  each(t, notice.account, notice.at.ns());
  std::visit([&t](const auto& body) { fields(t, body); }, notice.body);
  return std::string(notice_name(notice.kind())) + t.out;
}

std::optional<PositionChange> position_change(const Notice& notice, AccountId account) {
  if (const auto* n = notice.as<Fill>())
    return PositionChange{n->instrument, n->side, n->price, n->qty};
  if (const auto* n = notice.as<PositionSettled>())
    return PositionChange{n->instrument, n->side, n->price, n->qty};
  // Reported once for both: the counterparty trades on the other side.
  const PositionTransfer* n = notice.as<PositionTakenOver>();
  if (!n) n = notice.as<PositionDeleveraged>();
  if (!n) return std::nullopt;
  const Side side = account == notice.account ? n->side : opposite(n->side);
  return PositionChange{n->instrument, side, n->price, n->qty};
}

}  // namespace delever
