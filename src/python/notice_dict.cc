#include "python/notice_dict.h"

#include "python/exact.h"

namespace delever::python {

namespace py = pybind11;

namespace {

const char* side_text(Side side) { return side == Side::buy ? "buy" : "sell"; }

struct Fields {
  py::dict& out;
  const NoticeNames& names;

  void put(const char* name, InstrumentId id) const { out[name] = names.instrument(id); }
  void put(const char* name, CoinId id) const { out[name] = names.coin(id); }
  void put(const char* name, Side side) const { out[name] = side_text(side); }
  void put(const char* name, bool flag) const { out[name] = flag; }
  void put(const char* name, uint64_t number) const { out[name] = number; }
  void put(const char* name, AccountId id) const { out[name] = id.raw(); }
  void put(const char* name, OrderId id) const { out[name] = id.raw(); }
  template <class Tag, int kDigits>
  void put(const char* name, Fixed<Tag, kDigits> value) const {
    out[name] = decimal(value);
  }
  template <class T>
  void put(const char* name, const std::optional<T>& value) const {
    if (value)
      put(name, *value);
    else
      out[name] = py::none();
  }

  // Each list binds every member: one that is added and not listed does not compile.
  void operator()(const AccountOpened&) const {}
  void operator()(const OrderAccepted& n) const {
    const auto& [instrument, side, price, qty, client] = n;
    put("instrument", instrument), put("side", side), put("price", price);
    put("qty", qty), put("client", client);
  }
  void operator()(const OrderRested& n) const {
    const auto& [instrument, side, order, client, price, qty] = n;
    put("instrument", instrument), put("side", side), put("order", order);
    put("client", client), put("price", price), put("qty", qty);
  }
  void operator()(const OrderFinished& n) const {
    const auto& [instrument, side, order, client, price, left] = n;
    put("instrument", instrument), put("side", side), put("order", order);
    put("client", client), put("price", price), put("left", left);
  }
  void operator()(const StopArmed& n) const {
    const auto& [instrument, side, order, client, trigger, qty] = n;
    put("instrument", instrument), put("side", side), put("order", order);
    put("client", client), put("trigger", trigger), put("qty", qty);
  }
  void operator()(const StopTriggered& n) const {
    const auto& [instrument, side, order, client, price, qty] = n;
    put("instrument", instrument), put("side", side), put("order", order);
    put("client", client), put("price", price), put("qty", qty);
  }
  void operator()(const Fill& n) const {
    const auto& [instrument, side, maker, coin, counterparty, order, client, price, qty, value,
                 fee] = n;
    put("instrument", instrument), put("side", side), put("maker", maker), put("coin", coin);
    put("counterparty", counterparty), put("order", order), put("client", client);
    put("price", price), put("qty", qty), put("value", value), put("fee", fee);
  }
  void operator()(const WalletChanged& n) const {
    static constexpr const char* causes[] = {"deposit", "withdrawal", "margin_moved",
                                             "taken_by_vault"};
    const auto& [cause, coin, isolated, amount] = n;
    out["cause"] = causes[static_cast<size_t>(cause)];
    put("coin", coin), put("isolated", isolated), put("amount", amount);
  }
  void operator()(const FundingPaid& n) const {
    const auto& [instrument, coin, side, price, qty, amount] = n;
    put("instrument", instrument), put("coin", coin), put("side", side);
    put("price", price), put("qty", qty), put("amount", amount);
  }
  void operator()(const MarginCall& n) const {
    const auto& [coin, instrument, equity, maintenance] = n;
    put("coin", coin), put("instrument", instrument);
    put("equity", equity), put("maintenance", maintenance);
  }
  void operator()(const LiquidationStarted& n) const {
    const auto& [coin, instrument, equity, maintenance] = n;
    put("coin", coin), put("instrument", instrument);
    put("equity", equity), put("maintenance", maintenance);
  }
  void operator()(const PositionTransfer& n) const {
    const auto& [instrument, side, counterparty, coin, price, qty, value] = n;
    put("instrument", instrument), put("side", side), put("counterparty", counterparty);
    put("coin", coin), put("price", price), put("qty", qty), put("value", value);
  }
  void operator()(const PositionSettled& n) const {
    const auto& [instrument, side, coin, price, qty, profit] = n;
    put("instrument", instrument), put("side", side), put("coin", coin);
    put("price", price), put("qty", qty), put("profit", profit);
  }
  void operator()(const DeficitCovered& n) const {
    const auto& [coin, amount] = n;
    put("coin", coin), put("amount", amount);
  }
  void operator()(const ProfitSocialised& n) const {
    const auto& [coin, debtor, amount] = n;
    put("coin", coin), put("debtor", debtor), put("amount", amount);
  }
  void operator()(const DeficitUncovered& n) const {
    const auto& [coin, amount] = n;
    put("coin", coin), put("amount", amount);
  }
};

}  // namespace

py::dict notice_dict(const Notice& notice, const NoticeNames& names) {
  py::dict out;
  out["kind"] = std::string(notice_name(notice.kind()));
  out["account"] = notice.account.raw();
  out["at"] = notice.at.ns();
  std::visit(Fields{out, names}, notice.body);
  return out;
}

}  // namespace delever::python
