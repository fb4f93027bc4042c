#include "reports/stress_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <tuple>

#include "base/csv.h"
#include "base/text.h"
#include "margin/position.h"

namespace delever::reports {
namespace {

constexpr std::array<std::string_view, 14> kColumns{
    "account",  "kind",   "venue", "symbol",  "side", "qty",   "entry",
    "leverage", "margin", "stop",  "haircut", "iv",   "count", "rulebook"};
constexpr size_t kRequired = 6;  // the first of them
constexpr std::array<std::string_view, 5> kDollars{"USD", "USDT", "USDC", "FDUSD", "BUSD"};

class BookReader {
 public:
  BookReader(const CsvTable& table, const rulebooks::RulebookShelf& shelf,
             const StressMarket& market)
      : table_(table), shelf_(shelf), market_(market) {}

  Result<cascade::StressBook> read() {
    book_.asset = market_.asset;
    book_.price = market_.price;
    book_.others = market_.others;
    for (const std::string& name : table_.header) {
      if (std::find(kColumns.begin(), kColumns.end(), name) == kColumns.end())
        return Error{Fault::malformed, "no such column: " + name.substr(0, 40), table_.file + ":1"};
    }
    for (size_t i = 0; i < kRequired; ++i) {
      if (!table_.column(kColumns[i]))
        return Error{Fault::malformed, "wants the column " + std::string(kColumns[i]),
                     table_.file + ":1"};
    }
    for (const CsvRecord& row : table_.rows) {
      if (auto added = add(row); !added.has_value())
        return std::move(added.error()).at(table_.place(row));
    }
    if (book_.accounts.empty()) return Error{Fault::no_evidence, "holds no account", table_.file};
    for (const cascade::StressAccount& a : book_.accounts) {
      if (auto checked = check(a); !checked.has_value())
        return std::move(checked.error()).at(table_.file + ": account " + a.id);
    }
    return std::move(book_);
  }

 private:
  // A column that the file lacks reads as empty, as a field that is left empty does.
  std::string_view field(const CsvRecord& row, std::string_view column) const {
    return trimmed(table_.field(row, column));
  }

  template <class T>
  Result<T> exact(const CsvRecord& row, std::string_view column) const {
    auto parsed = T::parse(field(row, column));
    if (!parsed.has_value()) return std::move(parsed.error()).at(column);
    return parsed;
  }
  template <class T>
  Result<T> positive(const CsvRecord& row, std::string_view column) const {
    const T value = TRY(exact<T>(row, column));
    if (value.raw() <= 0)
      return Error{Fault::malformed, "wants a figure above 0", std::string(column)};
    return value;
  }
  // A column that this kind of row has no use for must be empty: a figure there would be ignored in
  // silence.
  Result<void> empty(const CsvRecord& row, std::initializer_list<std::string_view> columns,
                     std::string_view why) const {
    for (const std::string_view column : columns) {
      if (!field(row, column).empty())
        return Error{Fault::malformed, std::string(why), std::string(column)};
    }
    return {};
  }

  Result<cascade::AccountKind> kind_of(const CsvRecord& row) const {
    for (const cascade::AccountKind kind : cascade::kAccountKinds) {
      if (field(row, "kind") == cascade::account_kind_name(kind)) return kind;
    }
    return Error{Fault::malformed, "wants isolated, cross or portfolio", "kind"};
  }

  Result<size_t> venue_of(const CsvRecord& row) {
    const std::string name(field(row, "venue"));
    for (size_t i = 0; i < book_.venues.size(); ++i) {
      if (book_.venues[i]->name == name) return i;
    }
    const auto& all = shelf_.all();
    if (std::none_of(all.begin(), all.end(),
                     [&](const auto& rules) { return rules->venue == name; }))
      return Error{Fault::not_found, "no rulebook of " + name.substr(0, 40), "venue"};
    auto venue = std::make_unique<cascade::StressVenue>();
    venue->name = name;
    book_.venues.push_back(std::move(venue));
    return book_.venues.size() - 1;
  }

  Result<cascade::StressAccount*> account_of(const CsvRecord& row, size_t venue) {
    const std::string id(field(row, "account"));
    if (id.empty()) return Error{Fault::malformed, "is empty", "account"};
    const cascade::AccountKind kind = TRY(kind_of(row));
    // One name at two venues is two accounts: neither can draw on the other's margin.
    const auto [found, fresh] = by_id_.try_emplace({id, venue}, book_.accounts.size());
    if (fresh) {
      book_.accounts.push_back({.id = id, .kind = kind, .venue = venue});
      if (kind == cascade::AccountKind::portfolio) open_portfolio(book_.accounts.back());
    }
    cascade::StressAccount* account = &book_.accounts[found->second];
    if (account->kind != kind)
      return Error{Fault::malformed, "the account was of another kind before", "kind"};
    // An empty count says 1; beside rows that said another it is a slip in the file.
    if (const std::string_view count = field(row, "count"); !count.empty()) {
      const auto alike = read_int(count);
      if (!alike || *alike < 1 || *alike > 1'000'000'000)
        return Error{Fault::malformed, "wants a whole number from 1 up", "count"};
      if (!fresh && account->count != static_cast<uint32_t>(*alike))
        return Error{Fault::malformed, "the account had another count before", "count"};
      account->count = static_cast<uint32_t>(*alike);
    } else if (account->count != 1) {
      return Error{Fault::malformed, "the account had another count before", "count"};
    }
    return account;
  }

  // The venue's portfolio rule; where none is established, the haircuts of the holdings are the
  // rule.
  void open_portfolio(cascade::StressAccount& account) {
    cascade::StressVenue& venue = *book_.venues[account.venue];
    for (const auto& rules : shelf_.all()) {
      if (rules->venue != venue.name) continue;
      if (rules->scenarios && rules->symbol == market_.asset + "-PORTFOLIO")
        venue.scenarios = &*rules->scenarios;
      if (rules->unified) venue.unified = &*rules->unified;
    }
    // Binance's uniMMR is a ratio over all coins of the account, so its collateral is always
    // several.
    if (venue.unified) account.account.collateral = CollateralMode::multi_asset;
  }
  Error no_portfolio_rule(const cascade::StressVenue& venue) const {
    return {Fault::no_evidence,
            fmt::format("no portfolio margin of {} is established for {}; with a haircut on every "
                        "holding it is "
                        "margined as one account in several coins",
                        venue.name, market_.asset),
            "kind"};
  }

  Result<void> add(const CsvRecord& row) {
    const size_t at = TRY(venue_of(row));
    cascade::StressAccount* account = TRY(account_of(row, at));
    cascade::StressVenue& venue = *book_.venues[at];
    const std::string side = lower(field(row, "side"));
    if (side == "hold") return add_holding(row, *account, venue);
    if (side == "beside") return add_beside(row, *account);
    if (side != "long" && side != "short")
      return Error{Fault::malformed, "wants long, short, hold or beside", "side"};
    const PositionSide which = side == "long" ? PositionSide::long_side : PositionSide::short_side;
    TRY(empty(row, {"haircut"}, "is for holdings"));
    // Rows are read in order: a portfolio without a rule of the venue becomes an account in several
    // coins by the haircuts of its holdings, which must therefore stand before its positions.
    if (account->kind == cascade::AccountKind::portfolio && venue.scenarios)
      return add_scenario(row, *account, which);
    if (account->kind == cascade::AccountKind::portfolio &&
        account->account.collateral != CollateralMode::multi_asset)
      return no_portfolio_rule(venue);
    return add_position(row, *account, venue, which);
  }

  Result<void> add_holding(const CsvRecord& row, cascade::StressAccount& account,
                           cascade::StressVenue& venue) {
    TRY(empty(row, {"entry", "leverage", "margin", "stop", "iv"}, "a holding has none"));
    const std::string coin(field(row, "symbol"));
    const Amount amount = TRY(exact<Amount>(row, "qty"));
    if (account.kind == cascade::AccountKind::isolated)
      return Error{Fault::malformed, "isolated positions have their own margin, not holdings",
                   "side"};
    if (account.kind == cascade::AccountKind::portfolio && venue.scenarios) {
      TRY(empty(row, {"haircut"}, "cash in the asset has none here"));
      if (coin != market_.asset)
        return Error{Fault::no_evidence,
                     "cash here is in " + market_.asset + ": no rule for other collateral",
                     "symbol"};
      // Deribit's portfolio is margined in the asset itself, and a debt is negative cash.
      account.cash += amount.approx();
      return {};
    }
    const bool dollars = std::find(kDollars.begin(), kDollars.end(), coin) != kDollars.end();
    if (!dollars && coin != market_.asset && !other_of(coin)) return no_price_of(coin);
    const CoinId id = venue.books.coin(coin);
    if (!field(row, "haircut").empty()) {
      const Rate haircut = TRY(exact<Rate>(row, "haircut"));
      if (haircut.raw() < 0 || haircut.raw() > Rate::scale)
        return Error{Fault::malformed, "wants a fraction between 0 and 1", "haircut"};
      // Haircuts are kept by venue and coin, so two accounts cannot differ in them.
      if (venue.books.haircut(id).value_or(haircut) != haircut)
        return Error{Fault::malformed, "the venue had another haircut for this coin before",
                     "haircut"};
      venue.books.set_haircut(id, haircut);
      // What the venue does not count is the account's all the same, and moves with the price.
      if (coin == market_.asset) account.beside += amount.approx() * haircut.approx();
      account.account.collateral = CollateralMode::multi_asset;
    }
    account.account.balances.push_back({id, amount});
    return {};
  }

  Result<void> add_beside(const CsvRecord& row, cascade::StressAccount& account) {
    TRY(empty(row, {"entry", "leverage", "margin", "stop", "haircut", "iv"},
              "what is held beside has none"));
    if (account.kind != cascade::AccountKind::portfolio)
      return Error{Fault::malformed, "is for portfolios: others are looked at by themselves",
                   "side"};
    if (field(row, "symbol") != market_.asset)
      return other_asset(field(row, "symbol").substr(0, 20));
    const Amount amount = TRY(exact<Amount>(row, "qty"));
    account.beside += amount.approx();
    return {};
  }

  Result<void> add_scenario(const CsvRecord& row, cascade::StressAccount& account,
                            PositionSide side) {
    TRY(empty(row, {"leverage", "margin", "stop"}, "a portfolio has none"));
    cascade::ScenarioPosition p{.side = side};
    const Qty qty = TRY(positive<Qty>(row, "qty"));
    p.qty = qty.approx();
    const std::string_view symbol = field(row, "symbol");
    const auto parts = split(symbol, '-');
    if (parts.size() == 4 && (parts[3] == "C" || parts[3] == "P")) {
      TRY(empty(row, {"entry"}, "an option is worth what it is worth"));
      if (parts[0] != market_.asset) return other_asset(parts[0]);
      auto expiry = parse_expiry_name(parts[1]);
      auto strike = Price::parse(parts[2]);
      if (!expiry.has_value() || !strike.has_value() || strike.value().raw() <= 0)
        return Error{Fault::malformed, "wants BASE-DDMMMYY-STRIKE-C", "symbol"};
      if (expiry.value() <= market_.at)
        return Error{Fault::malformed, "has expired by " + market_.at.text(), "symbol"};
      p.option =
          margin::OptionTerms{parts[3] == "C" ? OptionType::call : OptionType::put, strike.value()};
      p.years = (expiry.value() - market_.at).in_years();
      const auto vol = read_double(field(row, "iv"));
      if (!vol || !(*vol > 0))
        return Error{Fault::malformed, "an option wants its volatility, as 0.45", "iv"};
      p.vol = *vol;
    } else {
      TRY(empty(row, {"iv"}, "is for options"));
      const Rulebook* rules = shelf_.find(book_.venues[account.venue]->name, symbol);
      if (!rules || !rules->contract || rules->contract->kind != InstrumentKind::inverse)
        return Error{Fault::not_found, "no inverse contract or option of that name", "symbol"};
      if (rules->contract->base != market_.asset) return other_asset(rules->contract->base);
      const Price entry = TRY(positive<Price>(row, "entry"));
      p.entry = entry.approx();
      if (!rules->contract->size)
        return Error{Fault::no_evidence, "the rulebook does not say what one contract is worth",
                     "symbol"};
      // Dollars of an inverse contract, as ScenarioPosition wants them.
      p.qty *= rules->contract->size->approx();
    }
    account.scenario.push_back(p);
    return {};
  }

  // The number of a coin that moves with the asset.
  std::optional<size_t> other_of(std::string_view coin) const {
    for (size_t i = 0; i < market_.others.size(); ++i) {
      if (market_.others[i].name == coin) return i;
    }
    return std::nullopt;
  }
  Error no_price_of(std::string_view coin) const {
    return {Fault::no_evidence,
            fmt::format("no price of {0} is known under the move: --coin {0}=PRICE:BETA gives one",
                        coin.substr(0, 20)),
            "symbol"};
  }

  Error other_asset(std::string_view base) const {
    return {Fault::malformed, fmt::format("is of {}, the stress is of {}", base, market_.asset),
            "symbol"};
  }

  // Compiled once per venue and symbol; the number of the instrument with it.
  Result<std::pair<margin::BookId, InstrumentId>> contract_of(const CsvRecord& row,
                                                              cascade::StressVenue& venue) {
    const std::string symbol(field(row, "symbol")), dated(field(row, "rulebook"));
    const std::tuple key{venue.name, symbol, dated};
    if (const auto known = contracts_.find(key); known != contracts_.end()) return known->second;
    const Rulebook* rules = shelf_.find(venue.name, symbol, dated);
    if (!rules && !dated.empty())
      return Error{Fault::not_found,
                   fmt::format("no rulebook for {} {} of {}", venue.name, symbol.substr(0, 40),
                               dated.substr(0, 20)),
                   "rulebook"};
    if (!rules)
      return Error{Fault::not_found,
                   fmt::format("no rulebook for {} {}", venue.name, symbol.substr(0, 40)),
                   "symbol"};
    std::optional<size_t> other;
    if (rules->contract && rules->contract->base != market_.asset) {
      other = other_of(rules->contract->base);
      if (!other)
        return Error{Fault::malformed,
                     fmt::format("is of {0}, the stress is of {1}: --coin {0}=PRICE:BETA says how "
                                 "the one moves with the other",
                                 rules->contract->base, market_.asset),
                     "symbol"};
    }
    auto id = venue.books.add(*rules);
    if (!id.has_value()) return std::move(id.error()).at("symbol");
    if (venue.books[id.value()].option)
      return Error{Fault::refused, "an option is stressed in a Deribit portfolio alone", "symbol"};
    // One number for each venue, symbol and date of rules: rows that share them are of one
    // contract.
    const std::pair<margin::BookId, InstrumentId> made{
        id.value(), static_cast<InstrumentId>(contracts_.size())};
    if (other) book_.of_other[made.second] = *other;
    return contracts_[key] = made;
  }

  Result<void> add_position(const CsvRecord& row, cascade::StressAccount& account,
                            cascade::StressVenue& venue, PositionSide side) {
    TRY(empty(row, {"iv"}, "is for options"));
    const auto contract = TRY(contract_of(row, venue));
    margin::Position p{.instrument = contract.second, .book = contract.first, .side = side};
    p.qty = TRY(positive<Qty>(row, "qty"));
    p.entry = TRY(positive<Price>(row, "entry"));
    if (!field(row, "leverage").empty()) {
      p.leverage = TRY(exact<Leverage>(row, "leverage"));
      if (p.leverage.raw() < Leverage::scale)
        return Error{Fault::malformed, "is at least 1", "leverage"};
      // Nobody holds such a position: what the move does to it would be a figure of no market.
      if (const auto why =
              margin::leverage_max(venue.books[p.book], p.qty, p.entry).refuses(p.leverage))
        return Error{Fault::malformed, *why, "leverage"};
    }
    std::optional<Price> stop;
    if (account.kind == cascade::AccountKind::isolated) {
      p.mode = MarginMode::isolated;
      TRY(set_margin(row, venue.books[p.book], p));
      if (!field(row, "stop").empty()) stop = TRY(positive<Price>(row, "stop"));
    } else {
      TRY(empty(row, {"margin", "stop"}, "is for isolated positions"));
      if (account.kind == cascade::AccountKind::cross && field(row, "leverage").empty())
        return Error{Fault::malformed, "a cross position wants it", "leverage"};
    }
    account.account.positions.push_back(p);
    account.stops.push_back(stop);
    return {};
  }

  Result<void> set_margin(const CsvRecord& row, const margin::Rulebooks::Compiled& rules,
                          margin::Position& p) const {
    const Wide value = margin::position_value(rules, p.qty, p.entry, Round::down);
    if (!field(row, "margin").empty()) {
      p.margin = TRY(positive<Amount>(row, "margin"));
      if (!field(row, "leverage").empty()) return {};
      // The leverage that the margin amounts to; a margin above the value is leverage 1, the least
      // there is.
      const double leverage =
          std::max(1.0, static_cast<double>(value) / static_cast<double>(p.margin.raw()));
      p.leverage = TRY(Leverage::nearest(leverage));
      return {};
    }
    if (field(row, "leverage").empty())
      return Error{Fault::malformed, "an isolated position wants leverage or margin", "leverage"};
    const auto margin = fit<Amount>(shared_by(value, p.leverage, Round::down));
    if (!margin) return Error{Fault::out_of_range, "a margin beyond 92 billion coins", "qty"};
    p.margin = *margin;
    return {};
  }

  // What only the whole account shows.
  Result<void> check(const cascade::StressAccount& a) const {
    const cascade::StressVenue& venue = *book_.venues[a.venue];
    if (a.account.positions.empty() && a.scenario.empty())
      return Error{Fault::malformed, "holds no position"};
    if (a.account.collateral == CollateralMode::multi_asset) {
      for (const margin::Balance& balance : a.account.balances) {
        if (!venue.books.haircut(balance.coin))
          return Error{Fault::malformed,
                       fmt::format("a haircut of {} is missing: with one, every holding wants one",
                                   venue.books.coin_name(balance.coin))};
      }
    }
    return {};
  }

  const CsvTable& table_;
  const rulebooks::RulebookShelf& shelf_;
  const StressMarket& market_;
  cascade::StressBook book_;
  std::map<std::pair<std::string, size_t>, size_t> by_id_;
  std::map<std::tuple<std::string, std::string, std::string>,
           std::pair<margin::BookId, InstrumentId>>
      contracts_;
};

}  // namespace

Result<cascade::StressBook> read_stress_book(std::string_view csv, std::string_view file,
                                             const rulebooks::RulebookShelf& shelf,
                                             const StressMarket& market) {
  const CsvTable table = TRY(read_csv(csv, file));
  cascade::StressBook book = TRY(BookReader(table, shelf, market).read());
  for (const auto& venue : book.venues) {
    for (CoinId id = 0; id < venue->books.coin_count(); ++id) {
      const std::string_view name = venue->books.coin_name(id);
      if (name == market.asset) venue->asset = id;
      const bool par = std::find(kDollars.begin(), kDollars.end(), name) != kDollars.end();
      const auto other = std::find_if(market.others.begin(), market.others.end(),
                                      [&](const auto& c) { return c.name == name; });
      if (other != market.others.end())
        venue->moving[id] = static_cast<size_t>(other - market.others.begin());
      else if (!par && name != market.asset)
        return Error{Fault::no_evidence,
                     fmt::format("no price of {} is known under the move", name),
                     std::string(file)};
      // By CoinId, so each coin has an entry. Missing: the coin moves, and its price is asked of
      // the move.
      venue->coin_usd.push_back(par ? std::optional<double>(1) : std::nullopt);
    }
  }
  return book;
}

}  // namespace delever::reports
