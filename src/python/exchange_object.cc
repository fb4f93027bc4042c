// One venue in Python: commands in, events and notices out.
#include <fmt/format.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <memory>

#include "exchange/exchange.h"
#include "python/bindings.h"
#include "python/exact.h"
#include "python/failure.h"
#include "python/notice_dict.h"
#include "render/event_json.h"
#include "reports/inputs.h"
#include "rulebooks/rulebook_file.h"

namespace delever::python {

namespace py = pybind11;

namespace {

// What the caller says of one symbol beyond its rulebook.
struct SymbolAsked {
  std::string symbol;
  std::string as_of;
  double lowest = 0, highest = 0;  // prices that its book can hold
  std::optional<Rate> maker, taker;
};

// Coins are numbered as they come; one that has an index keeps it.
CoinId add_coin(exchange::ExchangeSetup& setup, const std::string& name,
                std::optional<uint32_t> index) {
  const auto found = std::find_if(setup.coins.begin(), setup.coins.end(),
                                  [&](const auto& coin) { return coin.name == name; });
  if (found == setup.coins.end()) {
    setup.coins.push_back({.name = name, .haircut = Rate(), .index = index});
    return static_cast<CoinId>(setup.coins.size() - 1);
  }
  if (index && !found->index) found->index = index;
  return static_cast<CoinId>(found - setup.coins.begin());
}

// A symbol by its rulebook, with what the caller said of it; what both leave out is refused by
// name, here or by Exchange::open.
Result<void> add_listing(exchange::ExchangeSetup& setup, const SymbolAsked& asked,
                         const rulebooks::RulebookShelf& shelf) {
  const std::string symbol = shelf.symbol_of(setup.venue, asked.symbol);
  const Rulebook* found = shelf.newest(setup.venue, symbol, asked.as_of);
  if (!found) return shelf.none(setup.venue, symbol, asked.as_of);
  Rulebook rules = *found;
  if (asked.maker || asked.taker) {
    if (!rules.fees) rules.fees.emplace();
    if (asked.maker) rules.fees->maker = asked.maker;
    if (asked.taker) rules.fees->taker = asked.taker;
  }
  if (!rules.contract) return not_established(rules, "contract");
  if (!rules.contract->tick) return not_established(rules, "contract.tick");
  if (rules.contract->kind == InstrumentKind::option)
    return Error{Fault::refused, "options are listed by a scenario, not by a symbol alone", symbol};
  const double tick = rules.contract->tick->approx();
  constexpr double kTicksMost = 1.6e7;  // below matching::MatchBook's own limit of 2^24
  if (!(asked.lowest > 0 && asked.highest > asked.lowest && asked.highest / tick < 2e9 &&
        (asked.highest - asked.lowest) / tick < kTicksMost))
    return Error{Fault::usage,
                 fmt::format("want a lowest and a highest price, at most {:.0e} ticks of {} apart",
                             kTicksMost, tick),
                 "prices"};
  // One index a coin, of one source: what publish_index() says is the index.
  uint32_t index = 0;
  while (index < setup.indices.size() && setup.indices[index].name != rules.contract->base) ++index;
  if (index == setup.indices.size())
    setup.indices.push_back({.name = rules.contract->base,
                             .rule = rules.index.value_or(IndexRule{}),
                             .sources = {"index"}});
  setup.indices[index].rule.weights.clear();  // of one source
  add_coin(setup, rules.contract->settle, {});
  add_coin(setup, rules.contract->quote, {});
  add_coin(setup, rules.contract->base, index);
  const Leverage usual = Leverage::raw(10 * Leverage::scale);
  setup.listings.push_back({.symbol = symbol,
                            .rules = std::move(rules),
                            .band = {static_cast<Tick>(std::max(1.0, asked.lowest / tick)),
                                     static_cast<Tick>(asked.highest / tick)},
                            .index = index,
                            .default_leverage = usual});
  return {};
}

// The exchange, and the names under which Python knows its numbers.
class PythonExchange final : public exchange::ExchangeSink {
 public:
  explicit PythonExchange(exchange::ExchangeSetup setup) : setup_(std::move(setup)) {
    exchange_ = value_of(exchange::Exchange::open(setup_));
    for (const exchange::Listing& l : setup_.listings) {
      const ContractRule& c = *l.rules.contract;
      instruments_.add({.venue = setup_.venue,
                        .symbol = l.symbol,
                        .kind = c.kind,
                        .base = c.base,
                        .quote = c.quote,
                        .settle = c.settle,
                        .contract_size = c.size,
                        .tick = c.tick,
                        .step = c.step});
    }
    sources_ = {{setup_.venue, setup_.venue, "exchange"}};
    names_ = {[this](InstrumentId id) { return setup_.listings[id].symbol; },
              [this](CoinId id) { return setup_.coins[id].name; }};
  }

  // (name of the refusal or None, events as JSON, notices).
  py::tuple apply(int64_t at, CommandBody body) {
    events_.clear();
    notices_.clear();
    Reject reject = Reject::none;
    {
      // Other threads of Python run meanwhile, but must not use this exchange: it has no lock.
      py::gil_scoped_release free;
      reject = exchange_->apply({Instant::ns(at), std::move(body)}, *this);
    }
    py::list notices;
    for (const Notice& n : notices_) notices.append(notice_dict(n, names_));
    const py::object refused = reject == Reject::none
                                   ? py::object(py::none())
                                   : py::object(py::str(std::string(reject_name(reject))));
    return py::make_tuple(refused, events_, notices);
  }
  // As text, which waits without the lock until somebody asks for it.
  void on_event(const Event& event) override {
    line_.clear();
    render::put_event_json(line_, event, instruments_, sources_);
    events_.emplace_back(line_.view());
  }
  void on_notice(const Notice& notice) override { notices_.push_back(notice); }

  // Names to numbers; the exchange stops the process at a number it does not have.
  InstrumentId instrument(const std::string& symbol) const {
    for (size_t i = 0; i < setup_.listings.size(); ++i) {
      if (setup_.listings[i].symbol == symbol) return static_cast<InstrumentId>(i);
    }
    throw Failure{{Fault::not_found, "is not listed: " + symbol.substr(0, 40), "instrument"}};
  }
  CoinId coin(const std::string& name) const {
    for (size_t i = 0; i < setup_.coins.size(); ++i) {
      if (setup_.coins[i].name == name) return static_cast<CoinId>(i);
    }
    throw Failure{{Fault::not_found, "is no coin of this venue: " + name.substr(0, 40), "coin"}};
  }
  uint32_t index(const std::string& name) const {
    for (size_t i = 0; i < setup_.indices.size(); ++i) {
      if (setup_.indices[i].name == name) return static_cast<uint32_t>(i);
    }
    throw Failure{{Fault::not_found, "is no index of this venue: " + name.substr(0, 40), "index"}};
  }
  AccountId account(uint32_t id) const {
    if (id >= exchange_->accounts())
      throw Failure{{Fault::not_found, fmt::format("there is no account {}", id), "account"}};
    return id;
  }
  const exchange::Exchange& state() const { return *exchange_; }
  const exchange::ExchangeSetup& setup() const { return setup_; }
  const NoticeNames& names() const { return names_; }
  // Of an exchange with the same setup; anything else is refused and leaves this one as it was.
  void restore(const std::string& bytes) {
    exchange_ = value_of(exchange::Exchange::restore(setup_, bytes));
  }

 private:
  exchange::ExchangeSetup setup_;
  std::unique_ptr<exchange::Exchange> exchange_;
  Instruments instruments_;
  std::vector<Source> sources_;
  NoticeNames names_;
  std::vector<std::string> events_;
  render::TextBuffer line_;
  std::vector<Notice> notices_;
};

// A word of a closed list; the error names the list.
template <class T>
T one_of(const std::string& text, const char* name,
         std::initializer_list<std::pair<std::string_view, T>> values) {
  std::string known;
  for (const auto& [word, value] : values) {
    if (word == text) return value;
    known += (known.empty() ? "" : ", ") + std::string(word);
  }
  throw Failure{{Fault::usage, fmt::format("want one of {}: {}", known, text.substr(0, 40)), name}};
}

Side read_side(const std::string& text) {
  return one_of<Side>(text, "side", {{"buy", Side::buy}, {"sell", Side::sell}});
}
PositionSide read_position(const std::string& text) {
  return one_of<PositionSide>(
      text, "position", {{"long", PositionSide::long_side}, {"short", PositionSide::short_side}});
}

// delever/venue.py fills every key, with None for what was not given.
SubmitOrder read_order(const PythonExchange& x, const py::dict& o) {
  const auto text = [&](const char* name) { return o[name].cast<std::string>(); };
  SubmitOrder order;
  order.account = o["account"].cast<uint32_t>();
  order.instrument = x.instrument(text("instrument"));
  order.side = read_side(text("side"));
  order.type = one_of<OrderType>(text("type"), "type",
                                 {{"limit", OrderType::limit},
                                  {"market", OrderType::market},
                                  {"stop_market", OrderType::stop_market},
                                  {"stop_limit", OrderType::stop_limit}});
  order.qty = exact_of<Qty>(o["qty"], "qty");
  if (!o["price"].is_none()) order.price = exact_of<Price>(o["price"], "price");
  if (!o["trigger"].is_none()) order.trigger = exact_of<Price>(o["trigger"], "trigger");
  order.time_in_force =
      one_of<TimeInForce>(text("time_in_force"), "time_in_force",
                          {{"good_till_cancelled", TimeInForce::good_till_cancelled},
                           {"immediate_or_cancel", TimeInForce::immediate_or_cancel},
                           {"fill_or_kill", TimeInForce::fill_or_kill},
                           {"post_only", TimeInForce::post_only}});
  order.reduce_only = o["reduce_only"].cast<bool>();
  order.position = read_position(text("position"));
  order.trigger_by = one_of<TriggerBy>(text("trigger_by"), "trigger_by",
                                       {{"mark", TriggerBy::mark}, {"last", TriggerBy::last}});
  order.client = o["client"].cast<uint64_t>();
  return order;
}

// Amounts are in the settlement coin, the quantity in the instrument's unit.
py::dict position_dict(const PythonExchange& x, const exchange::PositionView& p) {
  py::dict out;
  out["instrument"] = x.names().instrument(p.instrument);
  out["side"] = p.side == PositionSide::long_side ? "long" : "short";
  out["mode"] = p.mode == MarginMode::cross ? "cross" : "isolated";
  out["qty"] = decimal(p.qty);
  out["cost"] = decimal(p.cost);
  out["margin"] = decimal(p.margin);
  out["leverage"] = decimal(p.leverage);
  return out;
}

py::dict pool_dict(const PythonExchange& x, const exchange::PoolView& p) {
  py::dict out;
  out["coin"] = p.coin ? py::object(py::str(x.names().coin(*p.coin))) : py::object(py::none());
  out["isolated"] =
      p.isolated ? py::object(py::str(x.names().instrument(*p.isolated))) : py::object(py::none());
  out["equity"] = decimal(p.equity);
  out["initial"] = decimal(p.initial);
  out["maintenance"] = decimal(p.maintenance);
  out["liquidated"] = p.liquidated;
  return out;
}

// (price, quantity), best first.
py::list levels_list(const std::vector<Level>& levels) {
  py::list out;
  for (const Level& level : levels) {
    const auto qty = level.qty.narrowed();
    CHECK(qty);  // of our own orders
    out.append(py::make_tuple(decimal(level.price), decimal(*qty)));
  }
  return out;
}

// None where there is no such price yet.
template <class T>
py::object maybe(const std::optional<T>& value) {
  return value ? decimal(*value) : py::object(py::none());
}

std::unique_ptr<PythonExchange> open(const std::string& venue, const py::list& symbols,
                                     const std::string& folder) {
  const auto shelf = value_of(rulebooks::RulebookShelf::load(reports::find_shipped(folder)));
  exchange::ExchangeSetup setup;
  setup.venue = venue;
  for (const py::handle item : symbols) {
    const auto asked = item.cast<py::dict>();
    SymbolAsked symbol{.symbol = asked["symbol"].cast<std::string>(),
                       .as_of = asked["as_of"].cast<std::string>(),
                       .lowest = asked["lowest"].cast<double>(),
                       .highest = asked["highest"].cast<double>(),
                       .maker = maybe_exact<Rate>(asked["maker"], "maker"),
                       .taker = maybe_exact<Rate>(asked["taker"], "taker")};
    value_of(add_listing(setup, symbol, shelf));
  }
  return std::make_unique<PythonExchange>(std::move(setup));
}

using Class = py::class_<PythonExchange>;

// What an account asks: each call is one command at one time.
void bind_account_commands(Class& c) {
  using X = PythonExchange;
  c.def("open_account",
        [](X& x, int64_t at, const std::string& collateral, bool hedge) {
          return x.apply(
              at, OpenAccount{one_of<CollateralMode>(collateral, "collateral",
                                                     {{"single_coin", CollateralMode::single_coin},
                                                      {"multi_asset", CollateralMode::multi_asset},
                                                      {"portfolio", CollateralMode::portfolio}}),
                              hedge});
        })
      .def("deposit",
           [](X& x, int64_t at, uint32_t account, const std::string& coin, py::handle n) {
             return x.apply(at, Deposit{account, x.coin(coin), exact_of<Amount>(n, "amount")});
           })
      .def("withdraw",
           [](X& x, int64_t at, uint32_t account, const std::string& coin, py::handle n) {
             return x.apply(at, Withdraw{account, x.coin(coin), exact_of<Amount>(n, "amount")});
           })
      .def("set_leverage",
           [](X& x, int64_t at, uint32_t account, const std::string& s, py::handle n) {
             return x.apply(
                 at, SetLeverage{account, x.instrument(s), exact_of<Leverage>(n, "leverage")});
           })
      .def("set_margin_mode", [](X& x, int64_t at, uint32_t account, const std::string& s,
                                 const std::string& mode) {
        return x.apply(at, SetMarginMode{account, x.instrument(s),
                                         one_of<MarginMode>(mode, "mode",
                                                            {{"cross", MarginMode::cross},
                                                             {"isolated", MarginMode::isolated}})});
      });
  c.def("move_margin",
        [](X& x, int64_t at, uint32_t account, const std::string& s, const std::string& side,
           py::handle n) {
          return x.apply(at, MoveMargin{account, x.instrument(s), read_position(side),
                                        exact_of<Amount>(n, "amount")});
        })
      .def("submit", [](X& x, int64_t at,
                        const py::dict& order) { return x.apply(at, read_order(x, order)); })
      .def("cancel",
           [](X& x, int64_t at, uint32_t account, const std::string& s, uint64_t order) {
             return x.apply(at, CancelOrder{account, x.instrument(s), order});
           })
      .def("reduce",
           [](X& x, int64_t at, uint32_t account, const std::string& s, uint64_t order,
              py::handle qty) {
             return x.apply(
                 at, ReduceOrder{account, x.instrument(s), order, exact_of<Qty>(qty, "qty")});
           })
      .def("cancel_all", [](X& x, int64_t at, uint32_t account,
                            const std::optional<std::string>& s) {
        return x.apply(at, CancelAll{account, s ? std::optional(x.instrument(*s)) : std::nullopt});
      });
}

// What comes from outside the venue: prices and time.
void bind_market_commands(Class& c) {
  using X = PythonExchange;
  c.def("publish_index",
        [](X& x, int64_t at, const std::string& index, py::handle price) {
          return x.apply(at, PublishIndex{x.index(index), 0, exact_of<Price>(price, "price")});
        })
      .def("publish_mark",
           [](X& x, int64_t at, const std::string& s, py::handle price) {
             return x.apply(at, PublishMark{x.instrument(s), exact_of<Price>(price, "price")});
           })
      .def("tick", [](X& x, int64_t at) { return x.apply(at, TickClock{}); });
}

// What stands now; nothing here changes it but restore().
void bind_state(Class& c) {
  using X = PythonExchange;
  c.def_property_readonly("now", [](const X& x) { return x.state().now().ns(); })
      .def_property_readonly("accounts", [](const X& x) { return x.state().accounts(); })
      .def_property_readonly("hash", [](const X& x) { return x.state().hash(); })
      .def_property_readonly("venue", [](const X& x) { return x.setup().venue; })
      .def_property_readonly("coins",
                             [](const X& x) {
                               std::vector<std::string> names;
                               for (const auto& coin : x.setup().coins) names.push_back(coin.name);
                               return names;
                             })
      .def_property_readonly("instruments",
                             [](const X& x) {
                               std::vector<std::string> names;
                               for (const auto& l : x.setup().listings) names.push_back(l.symbol);
                               return names;
                             })
      .def("mark",
           [](const X& x, const std::string& s) { return maybe(x.state().mark(x.instrument(s))); })
      .def("last",
           [](const X& x, const std::string& s) { return maybe(x.state().last(x.instrument(s))); })
      .def("index",
           [](const X& x, const std::string& s) { return maybe(x.state().index(x.index(s))); })
      .def("open_interest", [](const X& x, const std::string& s) {
        return decimal(x.state().open_interest(x.instrument(s)));
      });
  c.def("wallet",
        [](const X& x, uint32_t account, const std::string& coin) {
          return decimal(x.state().wallet(x.account(account), x.coin(coin)));
        })
      .def("fees", [](const X& x,
                      const std::string& coin) { return decimal(x.state().fees(x.coin(coin))); })
      .def("imbalance",
           [](const X& x, const std::string& coin) {
             return decimal(x.state().imbalance(x.coin(coin)));
           })
      .def("positions",
           [](const X& x, uint32_t account) {
             py::list out;
             for (const auto& p : x.state().positions(x.account(account)))
               out.append(position_dict(x, p));
             return out;
           })
      .def("pools",
           [](const X& x, uint32_t account) {
             py::list out;
             for (const auto& p : x.state().pools(x.account(account))) out.append(pool_dict(x, p));
             return out;
           })
      .def("depth",
           [](const X& x, const std::string& s, size_t levels) {
             const BookSnapshot book = x.state().depth(x.instrument(s), levels);
             return py::make_tuple(levels_list(book.bids), levels_list(book.asks));
           })
      .def("snapshot", [](const X& x) { return py::bytes(x.state().snapshot()); })
      .def("restore", [](X& x, const py::bytes& bytes) { x.restore(bytes); });
}

}  // namespace

void bind_exchange(py::module_& m) {
  Class c(m, "Exchange");
  c.def(py::init(&open), py::arg("venue"), py::arg("symbols"), py::arg("rulebooks"));
  bind_account_commands(c);
  bind_market_commands(c);
  bind_state(c);
}

}  // namespace delever::python
