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

// Each list binds every member: one that is added and not listed does not compile.
void fields(Text&, const AccountOpened&) {}
void fields(Text& t, const OrderAccepted& n) {
  const auto& [instrument, side, price, qty, client] = n;
  each(t, instrument, side, price, qty, client);
}
void fields(Text& t, const OrderRested& n) {
  const auto& [instrument, side, order, client, price, qty] = n;
  each(t, instrument, side, order, client, price, qty);
}
void fields(Text& t, const OrderFinished& n) {
  const auto& [instrument, side, order, client, price, left] = n;
  each(t, instrument, side, order, client, price, left);
}
void fields(Text& t, const StopArmed& n) {
  const auto& [instrument, side, order, client, trigger, qty] = n;
  each(t, instrument, side, order, client, trigger, qty);
}
void fields(Text& t, const StopTriggered& n) {
  const auto& [instrument, side, order, client, price, qty] = n;
  each(t, instrument, side, order, client, price, qty);
}
void fields(Text& t, const Fill& n) {
  const auto& [instrument, side, maker, coin, counterparty, order, client, price, qty, value, fee] =
      n;
  each(t, instrument, side, maker, coin, counterparty, order, client, price, qty, value, fee);
}
void fields(Text& t, const WalletChanged& n) {
  const auto& [cause, coin, isolated, amount] = n;
  each(t, cause, coin, isolated, amount);
}
void fields(Text& t, const FundingPaid& n) {
  const auto& [instrument, coin, side, price, qty, amount] = n;
  each(t, instrument, coin, side, price, qty, amount);
}
void fields(Text& t, const MarginCall& n) {
  const auto& [coin, instrument, equity, maintenance] = n;
  each(t, coin, instrument, equity, maintenance);
}
void fields(Text& t, const LiquidationStarted& n) {
  const auto& [coin, instrument, equity, maintenance] = n;
  each(t, coin, instrument, equity, maintenance);
}
void fields(Text& t, const PositionTransfer& n) {
  const auto& [instrument, side, counterparty, coin, price, qty, value] = n;
  each(t, instrument, side, counterparty, coin, price, qty, value);
}
void fields(Text& t, const PositionSettled& n) {
  const auto& [instrument, side, coin, price, qty, profit] = n;
  each(t, instrument, side, coin, price, qty, profit);
}
void fields(Text& t, const DeficitCovered& n) {
  const auto& [coin, amount] = n;
  each(t, coin, amount);
}
void fields(Text& t, const ProfitSocialised& n) {
  const auto& [coin, debtor, amount] = n;
  each(t, coin, debtor, amount);
}
void fields(Text& t, const DeficitUncovered& n) {
  const auto& [coin, amount] = n;
  each(t, coin, amount);
}

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
  // An account in hedge mode can stand on both sides: its net position stays.
  if (n->counterparty == notice.account)
    return PositionChange{n->instrument, n->side, n->price, {}};
  const Side side = account == notice.account ? n->side : opposite(n->side);
  return PositionChange{n->instrument, side, n->price, n->qty};
}

}  // namespace delever
