// One venue's margin rules for one symbol, asked many times: the rulebook is read and compiled
// once.
#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <cmath>
#include <memory>

#include "conform/explain.h"
#include "market/exact.h"
#include "python/bindings.h"
#include "python/columns.h"
#include "python/exact.h"
#include "python/failure.h"
#include "reports/inputs.h"

namespace delever::python {

namespace py = pybind11;

namespace {

using conform::MarginQuestion;

// Every rulebook of a folder, read anew for each Margin.
Result<std::shared_ptr<const rulebooks::RulebookShelf>> shelf_of(const std::string& folder) {
  return std::make_shared<const rulebooks::RulebookShelf>(
      TRY(rulebooks::RulebookShelf::load(reports::find_shipped(folder))));
}

// What a position comes to; of the short way also what its trigger is reckoned from.
struct Figures {
  margin::PositionMargin margin;
  std::optional<double> liquidation, bankruptcy, ratio;
  bool liquidated = false;
  Amount wallet;
  margin::Position position;  // the trigger is reckoned when it is asked for
  std::shared_ptr<const margin::Rulebooks> books;
  std::optional<Price> trigger;  // without `books`
};

class Margin {
 public:
  Margin(std::string venue, const std::string& symbol, std::string as_of, const std::string& folder)
      : shelf_(value_of(shelf_of(folder))), venue_(std::move(venue)), as_of_(std::move(as_of)) {
    symbol_ = shelf_->symbol_of(venue_, symbol);
    const Rulebook* newest = shelf_->newest(venue_, symbol_, as_of_);
    if (!newest) throw Failure{shelf_->none(venue_, symbol_, as_of_)};
    auto books = std::make_shared<margin::Rulebooks>();
    value_of(books->add(*newest));
    books_ = std::move(books);
    if (book().option)
      throw Failure{{Fault::refused, "an option needs an account, not one position", symbol_}};
  }

  const margin::Rulebooks::Compiled& book() const { return (*books_)[0]; }
  const rulebooks::RulebookShelf& shelf() const { return *shelf_; }
  const std::string& venue() const { return venue_; }
  const std::string& symbol() const { return symbol_; }
  std::string coin() const { return std::string(books_->coin_name(book().settle)); }

  // With what the rules already say; the caller fills in the position.
  MarginQuestion question() const {
    MarginQuestion q;
    q.venue = venue_, q.symbol = symbol_, q.as_of = as_of_;
    return q;
  }

  // What conform::explain says without its steps. Positions beyond the newest rulebook's ladder, of
  // which an older one may know, and cross pools take the long way.
  Result<Figures> figures(const MarginQuestion& q) const {
    const auto& ladder = book().book.ladder;
    const Wide entry_value = margin::position_value(book(), q.qty, q.entry, Round::up);
    const MarginTier* tier = ladder ? margin::tier_of(*ladder, entry_value, q.qty) : nullptr;
    const bool plain = q.mode == MarginMode::isolated && q.qty.raw() > 0 && q.entry.raw() > 0 &&
                       q.leverage.raw() >= Leverage::scale &&
                       (!ladder || (tier && q.leverage <= tier->max_leverage));
    if (!plain || q.liquidation_fee) return explained(q);
    Figures out{.books = books_};
    out.position = {
        .side = q.side, .mode = q.mode, .qty = q.qty, .entry = q.entry, .leverage = q.leverage};
    const Wide margin = q.wallet
                            ? Wide{q.wallet->raw()}
                            : shared_by(margin::position_value(book(), q.qty, q.entry, Round::down),
                                        q.leverage, Round::down);
    const auto fitted = fit<Amount>(margin);
    if (!fitted) return Error{Fault::out_of_range, "a margin beyond 92 billion coins", symbol_};
    out.position.margin = out.wallet = *fitted;
    TRY(fill(out, q.mark.value_or(q.entry)));
    return out;
  }

 private:
  // The account, prices and result are kept between calls: evaluate() then allocates nothing.
  Result<void> fill(Figures& out, Price mark) const {
    thread_local margin::Account account;
    thread_local margin::MarkPrices marks;
    thread_local margin::AccountMargin all;
    account.positions.assign(1, out.position);
    marks.mark.assign(1, mark);
    TRY(margin::evaluate(account, marks, *books_, all));
    out.margin = all.positions[0];
    for (const margin::Pool& pool : all.pools) {
      if (!pool.position) continue;
      out.ratio = pool.ratio();
      out.liquidated = pool.liquidated;
    }
    const margin::PricePool pool = TRY(margin::price_pool(account, 0, marks, *books_));
    const margin::SafePrices prices = TRY(margin::liquidation_prices(pool));
    out.liquidation = margin::adverse(prices, pool);
    out.bankruptcy = margin::bankruptcy_price(pool);
    return {};
  }
  Result<Figures> explained(const MarginQuestion& q) const {
    const conform::Explanation e = TRY(conform::explain(q, *shelf_));
    Figures out{.margin = e.margin,
                .liquidation = e.liquidation,
                .bankruptcy = e.bankruptcy,
                .ratio = e.ratio,
                .liquidated = e.liquidated,
                .trigger = e.trigger};
    if (q.wallet) out.wallet = *q.wallet;
    return out;
  }

  std::shared_ptr<const rulebooks::RulebookShelf> shelf_;
  std::string venue_, symbol_, as_of_;
  std::shared_ptr<const margin::Rulebooks> books_;
};

Result<PositionSide> side_of(const std::string& text) {
  if (text == "long") return PositionSide::long_side;
  if (text == "short") return PositionSide::short_side;
  return Error{Fault::usage, "want long or short: " + text.substr(0, 20), "side"};
}

Result<MarginMode> mode_of(const std::string& text) {
  if (text == "isolated") return MarginMode::isolated;
  if (text == "cross") return MarginMode::cross;
  return Error{Fault::usage, "want isolated or cross: " + text.substr(0, 20), "mode"};
}

// As the command line reads its options: exact texts, errors under the argument's name.
MarginQuestion question_of(const Margin& rules, const std::string& side, py::handle entry,
                           py::handle qty, py::handle leverage, const std::string& mode,
                           py::handle wallet, py::handle mark, py::handle fee) {
  MarginQuestion q = rules.question();
  q.side = value_of(side_of(side));
  q.mode = value_of(mode_of(mode));
  q.entry = exact_of<Price>(entry, "entry");
  q.qty = exact_of<Qty>(qty, "qty");
  q.leverage = exact_of<Leverage>(leverage, "leverage");
  q.wallet = maybe_exact<Amount>(wallet, "wallet");
  q.mark = maybe_exact<Price>(mark, "mark");
  q.liquidation_fee = maybe_exact<Rate>(fee, "liquidation_fee");
  return q;
}

// The dearest of the figures, and seldom wanted: so it is a property that reckons.
py::object trigger_of(const Figures& f) {
  const auto trigger =
      f.books ? value_of(margin::trigger_price(f.position, (*f.books)[0])) : f.trigger;
  return trigger ? decimal(*trigger) : py::none();
}

using Numbers = py::array_t<double, py::array::c_style>;
using Flags = py::array_t<bool, py::array::c_style>;

// A row of the arrays as a question; the error says which row.
Result<MarginQuestion> row_question(const MarginQuestion& like, const double* entry,
                                    const double* qty, const double* leverage, const bool* is_long,
                                    size_t i) {
  MarginQuestion q = like;
  q.entry = TRY(Price::nearest(entry[i]));
  q.qty = TRY(Qty::nearest(qty[i]));
  q.leverage = TRY(Leverage::nearest(leverage[i]));
  q.side = is_long[i] ? PositionSide::long_side : PositionSide::short_side;
  return q;
}

py::list many(const Margin& rules, const Flags& is_long, const Numbers& entry, const Numbers& qty,
              const Numbers& leverage) {
  const auto n = static_cast<size_t>(entry.size());
  if (static_cast<size_t>(qty.size()) != n || static_cast<size_t>(leverage.size()) != n ||
      static_cast<size_t>(is_long.size()) != n)
    throw Failure{{Fault::usage, "the arrays have not one length", "positions"}};
  Table table;
  const MarginQuestion like = rules.question();
  const auto put = [&](const Figures& f, std::string_view refused) {
    table.begin();
    const bool told = refused.empty();
    const auto amount = [&](const char* name, const char* exact_name, Amount x) {
      table.number(name, told ? std::optional(x.approx()) : std::nullopt);
      table.exact(exact_name, told ? std::optional(x.raw()) : std::nullopt);
    };
    amount("value", "value_exact", f.margin.value);
    amount("initial", "initial_exact", f.margin.initial);
    amount("maintenance", "maintenance_exact", f.margin.maintenance);
    amount("wallet", "wallet_exact", f.wallet);
    table.number("liquidation_price", f.liquidation);
    table.number("bankruptcy_price", f.bankruptcy);
    table.number("margin_ratio", f.ratio);
    table.flag("liquidated", f.liquidated);
    table.text("refused", refused);
  };
  put({}, "");
  table.forget_rows();
  const double *entries = entry.data(), *qtys = qty.data(), *leverages = leverage.data();
  const bool* longs = is_long.data();
  {
    py::gil_scoped_release free;
    for (size_t i = 0; i < n; ++i) {
      const auto q = row_question(like, entries, qtys, leverages, longs, i);
      const auto f = q.has_value() ? rules.figures(q.value()) : Result<Figures>(q.error());
      f.has_value() ? put(f.value(), "") : put({}, f.error().text());
    }
  }
  return table.take();
}

}  // namespace

void bind_margin(py::module_& m) {
  const auto amount = [](Amount margin::PositionMargin::*field) {
    return [field](const Figures& f) { return decimal(f.margin.*field); };
  };
  py::class_<Figures>(m, "PositionMargin")
      .def_property_readonly("value", amount(&margin::PositionMargin::value))
      .def_property_readonly("profit", amount(&margin::PositionMargin::profit))
      .def_property_readonly("initial", amount(&margin::PositionMargin::initial))
      .def_property_readonly("maintenance", amount(&margin::PositionMargin::maintenance))
      .def_property_readonly("wallet", [](const Figures& f) { return decimal(f.wallet); })
      .def_readonly("liquidation_price", &Figures::liquidation)
      .def_readonly("bankruptcy_price", &Figures::bankruptcy)
      .def_readonly("margin_ratio", &Figures::ratio)
      .def_readonly("liquidated", &Figures::liquidated)
      .def_property_readonly("trigger_price", &trigger_of);
  py::class_<Margin>(m, "Margin")
      .def(py::init<std::string, std::string, std::string, std::string>(), py::arg("venue"),
           py::arg("symbol"), py::arg("as_of") = "", py::arg("rulebooks") = "rulebooks")
      .def_property_readonly("venue", &Margin::venue)
      .def_property_readonly("symbol", &Margin::symbol)
      .def_property_readonly("coin", &Margin::coin)
      .def_property_readonly("rulebook", [](const Margin& r) { return r.book().book.name(); })
      .def(
          "position",
          [](const Margin& rules, const std::string& side, py::handle entry, py::handle qty,
             py::handle leverage, const std::string& mode, py::handle wallet, py::handle mark,
             py::handle fee) {
            const MarginQuestion q =
                question_of(rules, side, entry, qty, leverage, mode, wallet, mark, fee);
            return value_of(rules.figures(q));
          },
          py::arg("side"), py::arg("entry"), py::arg("qty"), py::arg("leverage") = 1,
          py::arg("mode") = "isolated", py::arg("wallet") = py::none(),
          py::arg("mark") = py::none(), py::arg("liquidation_fee") = py::none())
      .def(
          "explain_json",
          [](const Margin& rules, const std::string& side, py::handle entry, py::handle qty,
             py::handle leverage, const std::string& mode, py::handle wallet, py::handle mark,
             py::handle fee) {
            const MarginQuestion q =
                question_of(rules, side, entry, qty, leverage, mode, wallet, mark, fee);
            return conform::explain_json(value_of(conform::explain(q, rules.shelf())));
          },
          py::arg("side"), py::arg("entry"), py::arg("qty"), py::arg("leverage") = 1,
          py::arg("mode") = "isolated", py::arg("wallet") = py::none(),
          py::arg("mark") = py::none(), py::arg("liquidation_fee") = py::none())
      .def("many", &many, py::arg("is_long"), py::arg("entry"), py::arg("qty"),
           py::arg("leverage"));
}

}  // namespace delever::python
