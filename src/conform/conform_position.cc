#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "conform/conform_rows.h"
#include "margin/price.h"

namespace delever::conform {
namespace {

constexpr std::string_view kVenues[] = {"binance",     "bybit", "okx",          "deribit",
                                        "hyperliquid", "dydx",  "bybit-testnet"};

struct ContractName {
  std::string symbol;  // first word: "BTCUSDT", "BTC-USDT-SWAP", "BTC"
  bool inverse = false;
  bool named = false;  // false for "USD-M linear", "USDT linear": no instrument, only a form
};

ContractName read_contract(const Example& row) {
  ContractName name;
  const std::string whole = lower(row.contract);
  name.symbol = row.contract.substr(0, row.contract.find(' '));
  const std::string symbol = upper(name.symbol);
  const bool coin_margined =
      symbol.ends_with("USD") || contains(symbol, "-USD-") || symbol.ends_with("USD_PERP") ||
      (row.venue == "deribit" && symbol.ends_with("-PERPETUAL") && !contains(symbol, "_"));
  name.inverse = contains(whole, "inverse") || contains(whole, "coin-m") ||
                 (coin_margined && !contains(whole, "linear"));
  name.named = symbol != "USD-M" && symbol != "USDT" && symbol != "USDC" && !symbol.empty();
  return name;
}

// A rulebook that a note names: "tiers/binance_BTCUSDT_2024-10-24.csv", "ETHUSDT_2024-10-24",
// "hyperliquid_BTC.csv".
struct LadderName {
  std::string venue, symbol, as_of, path;
};

std::optional<LadderName> read_ladder_name(std::string_view word, std::string_view row_venue) {
  LadderName name{.venue = std::string(row_venue), .path = std::string(word)};
  if (const size_t slash = word.rfind('/'); slash != word.npos) word.remove_prefix(slash + 1);
  const bool file = word.ends_with(".csv");
  if (file) word.remove_suffix(4);
  if (word.ends_with("_partial")) word.remove_suffix(8);
  std::vector<std::string_view> parts = split(word, '_');
  bool venue_named = false;
  if (parts.size() > 1 && std::find(std::begin(kVenues), std::end(kVenues), lower(parts.front())) !=
                              std::end(kVenues)) {
    name.venue = lower(parts.front());
    parts.erase(parts.begin());
    venue_named = true;
  }
  const auto is_date = [](std::string_view part) {
    return part == "undated" ||
           (part.size() >= 4 && part.substr(0, 4).find_first_not_of("0123456789") == part.npos);
  };
  if (parts.size() > 1 && is_date(parts.back())) {
    name.as_of = parts.back();
    parts.pop_back();
  } else if (!venue_named || !file) {
    return std::nullopt;
  }
  for (std::string_view part : parts) name.symbol += (name.symbol.empty() ? "" : "_") + upper(part);
  return name;
}

std::vector<LadderName> ladder_names(const Example& row) {
  std::vector<LadderName> names;
  for (std::string_view piece : split(row.tiers_text, ' ')) {
    while (!piece.empty() && (piece.back() == ',' || piece.back() == ';')) piece.remove_suffix(1);
    if (auto name = read_ladder_name(piece, row.venue)) names.push_back(*name);
  }
  return names;
}

// A rulebook of one rate: what a row says that it takes as given.
Rulebook stated_book(const Example& row, bool inverse, double rate, double deduction) {
  Rulebook book{.venue = row.venue, .symbol = row.contract, .as_of = "as the row states"};
  book.contract = ContractRule{.kind = inverse ? InstrumentKind::inverse : InstrumentKind::linear,
                               .base = "BASE",
                               .quote = "QUOTE",
                               .settle = inverse ? "BASE" : "QUOTE",
                               .size = Qty::raw(Qty::scale)};
  const auto mmr = Rate::nearest(rate);
  const auto cum = Amount::nearest(deduction);
  book.ladder = LadderRule{.tiers = {{.max_leverage = Leverage::raw(100'000),
                                      .maintenance = mmr.has_value() ? mmr.value() : Rate(),
                                      .deduction = cum.has_value() ? cum.value() : Amount()}}};
  return book;
}

// The rulebook of one leg. `symbol` may be a prefix of what the notes name ("ETH" for
// "ETHUSDT_2024-10-24").
Result<Rulebook> find_book(const Example& row, const ConformContext& context,
                           std::string_view symbol, bool prefix) {
  for (const LadderName& name : ladder_names(row)) {
    const std::string wanted = upper(symbol);
    if (prefix ? !name.symbol.starts_with(wanted) : name.symbol != wanted && !wanted.empty())
      continue;
    if (const Rulebook* found = context.shelf->find(name.venue, name.symbol, name.as_of))
      return *found;
    if (context.ladders && *context.ladders) {
      if (const auto text = (*context.ladders)(name.path)) {
        Rulebook book = stated_book(row, false, 0, 0);
        book.ladder = TRY(rulebooks::parse_ladder_csv(*text, name.path));
        return book;
      }
    }
    return Error{Fault::no_evidence, fmt::format("no rulebook and no file for {}", name.path)};
  }
  if (const Rulebook* found = context.shelf->find(row.venue, symbol)) return *found;
  return Error{Fault::no_evidence,
               fmt::format("no rulebook for {} {}", row.venue, symbol.substr(0, 40))};
}

Result<Qty> to_qty(double value) { return Qty::nearest(value); }

// Bybit's inverse perpetuals before unified accounts: the whole wallet stands behind one position,
// maintenance is of the entry value, and the taker's fee of closing is kept back from both prices.
bool is_legacy_bybit(const Example& row) {
  return row.venue == "bybit" && contains(row.topic, "legacy");
}

// What the row's own venue adds to the rulebook: fee in the trigger, what maintenance is measured
// at.
Result<void> apply_row(const Example& row, Rulebook& book) {
  if (!book.margin) {
    book.margin =
        MarginRule{.liquidate_at_equality = row.venue != "hyperliquid" && row.venue != "dydx"};
    if (row.venue == "bybit" && row.mode == "isolated")
      book.margin->isolated_maintenance = MaintenanceAt::entry;
  }
  // A venue's texts of different years disagree; the row says which one it means.
  if (contains(row.topic, "at mark") || contains(row.topic, "2026")) {
    book.margin->isolated_maintenance = MaintenanceAt::mark;
  } else if (contains(row.topic, "at entry") || contains(row.topic, "frozen") ||
             contains(row.topic, "2024 formula") || is_legacy_bybit(row)) {
    book.margin->isolated_maintenance = MaintenanceAt::entry;
  }
  const auto taker = is_legacy_bybit(row) ? row.other.after("taker") : std::nullopt;
  if (const auto fee = taker ? taker : row.other.near("fee"); fee && *fee > 0) {
    if (row.venue != "okx" && !is_legacy_bybit(row))
      return Error{Fault::no_evidence,
                   "a fee beside maintenance is part of the rule on OKX and of Bybit's legacy "
                   "inverse contracts only"};
    book.margin->liquidation_fee = TRY(Rate::nearest(*fee));
  }
  return {};
}

struct OtherLeg {
  std::string coin;
  bool is_long = true;
  double qty = 0, entry = 0, mark = 0;
  Facts facts;
};

// "other leg: long 109.488 BTC entry 32481.98 mark 31967.27 MMR 2.5% cum 16300; other leg short
// ..."
Result<std::vector<OtherLeg>> other_legs(std::string_view text) {
  std::vector<OtherLeg> legs;
  const std::string low = lower(text);
  for (size_t at = low.find("other leg"); at != low.npos;) {
    const size_t next = low.find("other leg", at + 9);
    const std::string_view piece = text.substr(at, next == low.npos ? text.npos : next - at);
    OtherLeg leg;
    leg.facts = Facts(piece);
    const auto long_qty = leg.facts.after("long"), short_qty = leg.facts.after("short");
    if (!long_qty && !short_qty) return lacks("the side and size of the other leg");
    leg.is_long = long_qty.has_value();
    leg.qty = leg.is_long ? *long_qty : *short_qty;
    const auto& tokens = leg.facts.tokens();
    for (size_t i = 0; i + 1 < tokens.size(); ++i) {  // the coin follows the size
      if (tokens[i].kind == Token::Kind::number && tokens[i + 1].kind == Token::Kind::word) {
        leg.coin = upper(tokens[i + 1].text);
        break;
      }
    }
    const auto entry = leg.facts.after("entry"), mark = leg.facts.after("mark");
    if (!entry && !mark) return lacks("a price of the other leg");
    leg.mark = mark.value_or(entry.value_or(0));
    leg.entry = entry.value_or(leg.mark);
    legs.push_back(std::move(leg));
    at = next;
  }
  return legs;
}

// Everything put together: an account, its books and prices.
struct Setup {
  margin::Rulebooks books;
  margin::Account account;
  margin::MarkPrices marks;
  double stated_maintenance = 0;  // of other legs whose ladder is not known, only their margin
  double stated_profit = 0;
  double wallet = 0;  // of the pool, unrounded
  bool rules_known =
      true;  // false: no maintenance rule was found, so only the bankruptcy price can be computed
  std::string note;
};

Result<margin::Position> make_position(bool is_long, double qty, double entry, double leverage,
                                       MarginMode mode) {
  margin::Position position{.side = is_long ? PositionSide::long_side : PositionSide::short_side,
                            .mode = mode,
                            .qty = TRY(to_qty(qty)),
                            .entry = TRY(Price::nearest(entry))};
  position.leverage = TRY(Leverage::nearest(leverage));
  if (position.qty.raw() <= 0 || position.entry.raw() <= 0)
    return Error{Fault::refused, "sizes and prices must be positive"};
  if (position.leverage.raw() <= 0) return Error{Fault::refused, "leverage must be positive"};
  return position;
}

// qty in the book's unit: "1 BTC = 100 contracts" counts coins, "60000 USD" counts money, a bare
// number the venue's unit.
double qty_for(const Example& row, const Rulebook& book, double qty) {
  const Facts facts(row.qty_text);
  const bool contracts = facts.says("contracts") && !contains(row.qty_text, "=");
  const double size = book.contract && book.contract->size ? book.contract->size->approx() : 1;
  if (contracts) return qty;
  const bool has_unit = facts.tokens().size() > 1;
  if (book.contract && book.contract->kind == InstrumentKind::inverse)
    return has_unit ? qty / size : qty;
  return has_unit || size != 1 ? qty / size : qty;
}

// A leg in the row's own coin is the other side of hedge mode: it moves with the same price, under
// the same rules.
Result<void> add_hedge_leg(const OtherLeg& leg, Setup& setup) {
  const margin::Position& first = setup.account.positions[0];
  const margin::Rulebooks::Compiled& book = setup.books[first.book];
  margin::Position position =
      TRY(make_position(leg.is_long, leg.qty / book.size.approx(), leg.entry,
                        first.leverage.approx(), MarginMode::cross));
  position.book = first.book;
  position.instrument = first.instrument;
  setup.account.positions.push_back(position);
  return {};
}

Result<void> add_other_leg(const Example& row, const ConformContext& context, const OtherLeg& leg,
                           bool inverse, Setup& setup) {
  const auto rate = stated_rate(leg.facts);
  const auto given = leg.facts.after("mm");  // an amount: stated_rate() has taken rates
  Result<Rulebook> book =
      rate ? Result<Rulebook>(stated_book(row, inverse, *rate, leg.facts.after("cum").value_or(0)))
           : find_book(row, context, leg.coin, true);
  if (!book.has_value()) {
    if (!given) return std::move(book.error());
    const double change = inverse ? 1 / leg.entry - 1 / leg.mark : leg.mark - leg.entry;
    setup.stated_maintenance += *given;
    setup.stated_profit += (leg.is_long ? 1 : -1) * leg.qty * change;
    setup.note = "the other leg's maintenance is taken as stated";
    return {};
  }
  Rulebook rules = std::move(book).value();
  TRY(apply_row(row, rules));
  if (!rules.contract || !rules.contract->size) return not_established(rules, "contract.size");
  rules.contract->settle = setup.books.coin_name(0);  // one pool: the row gives one wallet
  margin::Position position = TRY(make_position(
      leg.is_long, leg.qty / rules.contract->size->approx(), leg.entry, 1, MarginMode::cross));
  position.book = TRY(setup.books.add(rules));
  position.instrument = static_cast<InstrumentId>(setup.marks.mark.size());
  setup.marks.mark.emplace_back(TRY(Price::nearest(leg.mark)));
  setup.account.positions.push_back(position);
  return {};
}

Result<Setup> set_up(const Example& row, const ConformContext& context) {
  const ContractName contract = read_contract(row);
  const double entry = TRY(need(row.entry ? row.entry : row.mark, "an entry or mark price"));
  const double qty = TRY(need(row.qty, "a quantity"));
  const std::string_view before_other(
      row.other_text.data(),
      std::min(lower(row.other_text).find("other leg"), row.other_text.size()));
  const Facts own(before_other);
  auto rate = stated_rate(row.tiers);
  if (!rate) rate = stated_rate(own);
  Rulebook book;
  bool rules_known = true;
  std::string note;
  if (rate) {
    const auto cum = row.tiers.after("cum") ? row.tiers.after("cum") : row.tiers.near("deduction");
    book =
        stated_book(row, contract.inverse, *rate, cum.value_or(own.near("deduction").value_or(0)));
    if (row.venue == "okx" && contract.named && !contract.inverse) {
      // The rate is the row's, the contract is the venue's.
      if (const Rulebook* known = context.shelf->find("okx", contract.symbol))
        book.contract = known->contract;
    }
  } else if (auto found = find_book(row, context, contract.named ? contract.symbol : "", false);
             found.has_value()) {
    book = std::move(found).value();
    if (!book.contract) return not_established(book, "contract");
  } else {
    rules_known = false;
    note = found.error().text();
  }
  if (rules_known && !book.ladder && !book.size_margin && !book.liquidity_tier) {
    rules_known = false;
    note = not_established(book, "a maintenance rule").text();
  }
  if (!rules_known) book = stated_book(row, contract.inverse, 0, 0);
  TRY(apply_row(row, book));

  Setup setup{.rules_known = rules_known, .note = note};
  setup.books.coin(book.contract->settle);
  const bool isolated = row.mode == "isolated" || is_legacy_bybit(row);
  const double leverage = row.leverage.value_or(1);
  const bool is_short = row.side == "short" || row.side == "sell";
  const auto wallet_given = row.wallet ? row.wallet : own.after("margin", "balance");
  margin::Position position =
      TRY(make_position(!is_short, qty_for(row, book, qty), entry, leverage,
                        isolated ? MarginMode::isolated : MarginMode::cross));
  position.book = TRY(setup.books.add(book));
  const bool inverse = setup.books[position.book].inverse;
  const double size = position.qty.approx() * book.contract->size->approx();
  const double cost = inverse ? size / entry : size * entry;
  const auto extra =
      own.after("position", "margin") ? own.after("position", "margin") : own.near("extra");
  if (!wallet_given && !(isolated && row.leverage) && !own.after("position", "margin")) {
    setup.note = "no wallet: margins only";
  }
  setup.wallet = wallet_given ? *wallet_given : isolated ? cost / leverage : 0;
  setup.wallet += extra.value_or(0);
  const Amount wallet = TRY(Amount::nearest(setup.wallet));
  if (isolated)
    position.margin = wallet;
  else
    setup.account.balances.push_back({0, wallet});
  setup.marks.mark.emplace_back(TRY(Price::nearest(row.mark.value_or(entry))));
  setup.account.positions.push_back(position);
  for (const OtherLeg& leg : TRY(other_legs(row.other_text))) {
    const bool same =
        contract.named && !leg.coin.empty() && upper(contract.symbol).starts_with(leg.coin);
    TRY(same && !isolated ? add_hedge_leg(leg, setup)
                          : add_other_leg(row, context, leg, inverse, setup));
  }
  return setup;
}

// "notional" rows: the quantity column holds a value, and only its maintenance is asked for.
Result<Answer> of_notional(const Example& row, const ConformContext& context) {
  const double value = TRY(need(row.qty, "a notional"));
  const ContractName contract = read_contract(row);
  auto rate = stated_rate(row.tiers) ? stated_rate(row.tiers) : stated_rate(row.other);
  const auto cum = row.tiers.after("cum") ? row.tiers.after("cum") : row.other.after("cum");
  const Rulebook book = rate ? stated_book(row, contract.inverse, *rate, cum.value_or(0))
                             : TRY(find_book(row, context, contract.symbol, false));
  margin::Rulebooks books;
  const margin::BookId id = TRY(books.add(book));
  if (!book.ladder || book.ladder->unit != TierUnit::value)
    return not_established(book, "ladder by value");
  const Amount notional = TRY(Amount::nearest(value));
  Answer answer;
  answer.maintenance = amount(static_cast<double>(TRY(margin::maintenance_of(
                                  books[id], notional.raw(), Qty(), Price::raw(1)))) /
                              1e8);
  if (row.leverage) {
    const Leverage leverage = TRY(Leverage::nearest(*row.leverage));
    answer.initial = amount(static_cast<double>(TRY(margin::initial_of(
                                books[id], notional.raw(), Qty(), Price::raw(1), leverage))) /
                            1e8);
  }
  return answer;
}

// A row whose margin rates nobody states: where its margin is used up needs none.
Result<Answer> without_rules(const Example& row, const Setup& setup, Answer answer) {
  const margin::PricePool pool =
      TRY(margin::price_pool(setup.account, 0, setup.marks, setup.books));
  if (const auto bankruptcy = margin::bankruptcy_price(pool))
    answer.bankruptcy = number(*bankruptcy);
  answer.others.resize(row.other_names.size());
  return answer;
}

}  // namespace

std::optional<double> stated_rate(const Facts& facts) {
  for (const char* name : {"mmr", "mmf"}) {
    if (const auto rate = facts.after(name); rate && *rate >= 0 && *rate <= 1) return rate;
  }
  // "MM 0.5%" is a rate, "MM 350" an amount
  const auto& tokens = facts.tokens();
  for (size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (tokens[i].kind != Token::Kind::word || tokens[i].text != "mm") continue;
    const size_t at = i + 1 + (tokens[i + 1].text == "=" && i + 2 < tokens.size() ? 1 : 0);
    if (tokens[at].percent && tokens[at].value >= 0 && tokens[at].value <= 1)
      return tokens[at].value;
  }
  return std::nullopt;
}

Result<Answer> answer_position(const Example& row, const ConformContext& context) {
  if (row.other.says("qty") && row.other.says("notional")) return of_notional(row, context);
  if (!row.entry && !row.mark && row.qty) return of_notional(row, context);
  Setup setup = TRY(set_up(row, context));
  const margin::Position& position = setup.account.positions[0];
  const margin::AccountMargin margin =
      TRY(margin::evaluate(setup.account, setup.marks, setup.books));
  Answer answer;
  answer.note = setup.note;
  double initial = 0, maintenance = setup.stated_maintenance;
  for (const margin::PositionMargin& p : margin.positions) {
    initial += p.initial.approx();
    maintenance += p.maintenance.approx();
  }
  if (!setup.rules_known) return without_rules(row, setup, std::move(answer));
  if (row.leverage || setup.books[position.book].book.size_margin ||
      setup.books[position.book].book.liquidity_tier)
    answer.initial = amount(initial);
  // dYdX and others state the initial fraction instead of a leverage.
  for (const char* name : {"imf", "imr"}) {
    const auto fraction = row.tiers.after(name) ? row.tiers.after(name) : row.other.after(name);
    if (!row.leverage && fraction)
      answer.initial = amount(*fraction * margin.positions[0].value.approx());
  }
  answer.maintenance = amount(maintenance);

  // Where the wallet pays the fee of closing and nothing more: the trigger without maintenance.
  std::optional<margin::BookId> fee_alone;
  if (is_legacy_bybit(row) && setup.books[position.book].liquidation_fee.raw() > 0) {
    Rulebook rules = setup.books[position.book].book;
    rules.ladder = stated_book(row, setup.books[position.book].inverse, 0, 0).ladder;
    fee_alone = TRY(setup.books.add(rules));
  }
  margin::PricePool pool = TRY(margin::price_pool(setup.account, 0, setup.marks, setup.books));
  // The example's figures are not ledger amounts: take its wallet unrounded.
  const double rounded =
      (position.mode == MarginMode::isolated ? position.margin : setup.account.balances[0].amount)
          .approx();
  pool.equity_elsewhere += setup.wallet - rounded + setup.stated_profit;
  pool.maintenance_elsewhere += setup.stated_maintenance;
  const auto price = [&]() -> Result<std::optional<Figure>> {
    const margin::SafePrices prices = TRY(margin::liquidation_prices(pool));
    const auto threshold = margin::adverse(prices, pool);
    if (!threshold) return std::optional<Figure>();
    return std::optional<Figure>(number(*threshold));
  };
  answer.liquidation = TRY(price());
  if (const auto bankruptcy = margin::bankruptcy_price(pool))
    answer.bankruptcy = number(*bankruptcy);
  if (fee_alone) {
    margin::PricePool closing = pool;
    for (margin::PriceLeg& leg : closing.legs) leg.book = &setup.books[*fee_alone];
    const margin::SafePrices prices = TRY(margin::liquidation_prices(closing));
    answer.bankruptcy.reset();
    if (const auto at = margin::adverse(prices, closing)) answer.bankruptcy = number(*at);
  }
  for (const std::string& name : row.other_names) {
    answer.others.emplace_back();
    if (contains(lower(name), "backstop")) {
      const Rulebook* rules = context.shelf->find(row.venue, read_contract(row).symbol);
      if (!rules || !rules->liquidation || !rules->liquidation->backstop_fraction) continue;
      pool.maintenance_share = rules->liquidation->backstop_fraction->approx();
      answer.others.back() = TRY(price());
      pool.maintenance_share = 1;
    } else if (contains(lower(name), "equity")) {
      for (const margin::Pool& p : margin.pools) answer.others.back() = amount(p.equity().approx());
    } else if (contains(lower(name), "ratio") || lower(name) == "mmr") {
      const auto ratio =
          margin.pools.empty() ? std::optional<double>() : margin.pools.back().ratio();
      if (ratio) answer.others.back() = number(*ratio);
    } else if (lower(name) == "imr" && !margin.pools.empty() &&
               margin.pools.back().equity() > Amount()) {
      answer.others.back() =
          number(margin.pools.back().initial.approx() / margin.pools.back().equity().approx());
    }
  }
  return answer;
}

}  // namespace delever::conform
