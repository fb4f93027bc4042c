#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.h"
#include "conform/conform_rows.h"
#include "margin/adl.h"
#include "margin/dydx.h"
#include "margin/evaluate.h"
#include "margin/funding.h"
#include "margin/portfolio.h"
#include "margin/position.h"

namespace delever::conform {
namespace {

// Fills the answers of a row's named figures: `find` gives the figure whose name contains the row's
// words.
template <class Find>
Answer named(const Example& row, Find find) {
  Answer answer;
  for (const std::string& name : row.other_names) answer.others.push_back(find(lower(name)));
  return answer;
}

using MaybeFigure = std::optional<Figure>;

// A rate of the row that must be a fraction from 0 to 1.
Result<Rate> fraction(std::optional<double> value, std::string_view what) {
  const double stated = TRY(need(value, what));
  if (!(stated >= 0 && stated <= 1))
    return Error{Fault::refused, std::string(what) + " is no fraction from 0 to 1"};
  return Rate::nearest(stated);
}

// ---- funding

constexpr double kDays = 365;

Result<FundingRule> funding_rule(const Example& row, const ConformContext& context,
                                 Rulebook& book) {
  // The formula is the venue's, from any of its rulebooks; the row's own figures replace the
  // rulebook's.
  for (const auto& known : context.shelf->all()) {
    if (known->venue != row.venue || !known->funding) continue;
    const bool exact = !row.contract.empty() && known->symbol == row.contract;
    if (book.venue.empty() || exact) book = *known;
    if (exact) break;
  }
  if (!book.funding)
    return Error{Fault::no_evidence, "no rulebook of " + row.venue + " has a funding rule"};
  FundingRule rule = *book.funding;
  rule.cap.reset();  // caps belong to instruments: only one that the row states binds here
  if (const auto interest = row.other.after("i")) rule.interest = TRY(Rate::nearest(*interest));
  if (const auto clamp = row.other.after("clamp"))
    rule.clamp = TRY(Rate::nearest(std::abs(*clamp)));
  if (const auto cap = row.other.after("cap"); cap && *cap > 0) {
    rule.cap = TRY(Rate::nearest(*cap));
    rule.cap_period = rule.rate_period;
  }
  return rule;
}

// The premium as a number after one of its names, or after a bracketed expression
// ("avg[...]/index=0.0005").
std::optional<double> premium_in(const Facts& facts) {
  for (const char* name : {"avgpremium", "premium", "avgp", "p", "basis"}) {
    if (const auto value = facts.after(name)) return value;
  }
  const auto& tokens = facts.tokens();
  for (size_t i = 0; i + 2 < tokens.size(); ++i) {
    if (tokens[i].text == "index" && tokens[i + 1].text == "=" &&
        tokens[i + 2].kind == Token::Kind::number)
      return tokens[i + 2].value;
  }
  return std::nullopt;
}

Result<Answer> funding(const Example& row, const ConformContext& context) {
  Rulebook book;
  const FundingRule rule = TRY(funding_rule(row, context, book));
  const auto oracle = row.other.near("oracle") ? row.other.near("oracle") : row.other.near("index");
  std::optional<double> premium = premium_in(row.other);
  const auto impact_bid = row.other.after("impact", "bid"),
             impact_ask = row.other.after("impact", "ask");
  if (row.venue == "dydx" && row.other.near("imf") && row.other.near("mmf")) {
    const Rate initial = TRY(fraction(row.other.near("imf"), "IMF"));
    const Rate maintenance = TRY(fraction(row.other.near("mmf"), "MMF"));
    const double cap = margin::dydx_funding_cap(initial, maintenance).approx();
    return named(row, [cap](const std::string& name) {
      return MaybeFigure(number(contains(name, "1h") || contains(name, "hour") ? cap / 8 : cap));
    });
  }
  if ((impact_bid || impact_ask) && oracle) {
    const auto price = [](std::optional<double> value) -> Result<std::optional<Price>> {
      if (!value) return std::optional<Price>();
      return std::optional<Price>(TRY(Price::nearest(*value)));
    };
    const auto measured = margin::impact_premium(TRY(price(impact_bid)), TRY(price(impact_ask)),
                                                 TRY(Price::nearest(*oracle)));
    if (!measured) return lacks("a positive reference price");
    premium = measured->approx();
  }
  const double stated = TRY(need(premium, "a premium"));
  const Rate mean = TRY(Rate::nearest(stated));
  const Rate rate = TRY(margin::funding_rate(rule, mean, book));
  // "N=4": the payment interval in hours.
  Rate interval_rate = rate;
  if (const auto hours = row.other.after("n");
      hours && *hours > 0 && *hours <= 8 && std::floor(*hours) == *hours)
    interval_rate = margin::per_interval(rate, Duration::hours(8),
                                         Duration::hours(static_cast<int64_t>(*hours)));
  const Rate hourly = margin::per_interval(rate, Duration::hours(8), Duration::hours(1));
  return named(row, [&](const std::string& name) -> MaybeFigure {
    const Facts words(name);
    if (words.says("payment")) {
      const auto size = words.first();
      if (!size || !oracle) return std::nullopt;
      const Duration interval = rule.interval.ns() > 0 ? rule.interval : rule.rate_period;
      const auto qty = Qty::nearest(*size);
      const auto reference = Price::nearest(*oracle);
      if (!qty.has_value() || !reference.has_value()) return std::nullopt;
      const auto paid = margin::funding_payment(
          qty.value(), row.side != "short", reference.value(),
          margin::per_interval(rate, rule.rate_period, std::min(interval, rule.rate_period)));
      return paid ? MaybeFigure(amount(paid->approx())) : std::nullopt;
    }
    if (words.says("f1h")) return number(hourly.approx());
    if (words.says("f8h")) return number(rate.approx());
    if (words.says("f") || words.says("rate") || words.says("funding"))
      return number(interval_rate.approx());
    if (contains(name, "premium")) return number(stated);
    return std::nullopt;
  });
}

Result<Answer> impact_margin(const Example& row) {
  // "200 USDT / IMR 5%": base over the initial rate at the top leverage
  const double base = TRY(need(row.other.first(), "the base amount"));
  const auto rate = row.other.after("imr");
  const double leverage = TRY(need(row.leverage        ? row.leverage
                                   : rate && *rate > 0 ? std::optional(1 / *rate)
                                                       : std::nullopt,
                                   "the top leverage"));
  const auto notional =
      margin::impact_notional(TRY(Amount::nearest(base)), TRY(Leverage::nearest(leverage)));
  if (!notional) return Error{Fault::out_of_range, "an impact notional beyond 92 billion"};
  return named(row, [&](const std::string&) { return MaybeFigure(amount(notional->approx())); });
}

// ---- metrics

// The rate of the row as a simple rate per hour: "0.01% per 8h", "0.00125%/h", "43.2% simple" (per
// year).
Result<Answer> annualise(const Example& row) {
  const auto& tokens = row.other.tokens();
  size_t at = 0;
  while (at < tokens.size() && tokens[at].kind != Token::Kind::number) ++at;
  if (at == tokens.size()) return lacks("a rate");
  const double rate = tokens[at].value;
  double hours = 0;
  for (size_t i = at + 1; i < tokens.size() && hours == 0; ++i) {
    if (tokens[i].text == "simple" || tokens[i].text == "year" || tokens[i].text == "annual")
      hours = 24 * kDays;
    else if (tokens[i].text == "h" || tokens[i].text == "hour")
      hours = tokens[i - 1].kind == Token::Kind::number ? tokens[i - 1].value : 1;
    else if (tokens[i].text == "day")
      hours = 24;
  }
  if (!(hours > 0)) return lacks("the period of its rate");
  const double hourly = rate / hours, periods = 24 * kDays / hours;
  return named(row, [&](const std::string& name) -> MaybeFigure {
    if (contains(name, "compound")) return number(std::pow(1 + rate, periods) - 1);
    if (contains(name, "simple")) return number(hourly * 24 * kDays);
    if (contains(name, "8h")) return number(hourly * 8);
    if (contains(name, "1h") || contains(name, "hour")) return number(hourly);
    if (contains(name, "day")) return number(hourly * 24);
    return std::nullopt;
  });
}

Result<Answer> long_share(const Example& row) {
  auto longs = row.other.near("long"), shorts = row.other.near("short");
  const auto total = row.other.near("total");
  if (longs && !shorts && total) shorts = *total - *longs;
  if (shorts && !longs && total) longs = *total - *shorts;
  // A share and an oscillator determine one another: O = 2s - 1.
  const auto share_given = row.other.near("share"), oscillator_given = row.other.near("oscillator");
  std::optional<double> share;
  if (longs && shorts && *longs + *shorts > 0)
    share = *longs / (*longs + *shorts);
  else if (share_given)
    share = share_given;
  else if (oscillator_given)
    share = (1 + *oscillator_given) / 2;
  if (!share) return lacks("longs and shorts, a share or an oscillator");
  return named(row, [&](const std::string& name) -> MaybeFigure {
    if (contains(name, "l-s") || contains(name, "osc") || contains(name, "dominance"))
      return number(2 * *share - 1);
    if (contains(name, "share")) return number(*share);
    if (contains(name, "total") && longs && shorts) return number(*longs + *shorts);
    return std::nullopt;
  });
}

Result<Answer> put_call(const Example& row) {
  const double calls = TRY(need(row.other.near("calls"), "calls")),
               puts = TRY(need(row.other.near("puts"), "puts"));
  if (!(calls > 0)) return lacks("any calls");
  return named(row, [&](const std::string& name) -> MaybeFigure {
    if (contains(name, "total")) return number(calls + puts);
    if (contains(name, "p/c") || contains(name, "put/call") || contains(name, "ratio"))
      return number(puts / calls);
    return std::nullopt;
  });
}

// ---- margin amounts that are one formula

Result<Answer> recursion(const Example& row) {
  const auto get = [&](const char* name) { return row.other.after(name); };
  const double floor = TRY(need(get("floor_n"), "floor_n")),
               cum = TRY(need(get("cum_n-1"), "cum_n-1"));
  const Rate rate = TRY(fraction(get("mmr_n"), "MMR_n")),
             before = TRY(fraction(get("mmr_n-1"), "MMR_n-1"));
  const auto next = rulebooks::next_deduction(TRY(Amount::nearest(cum)),
                                              TRY(Amount::nearest(floor)), rate, before);
  if (!next) return Error{Fault::out_of_range, "a deduction beyond 92 billion"};
  return named(row, [&](const std::string&) { return MaybeFigure(amount(next->approx())); });
}

Result<Answer> leverage_pnl(const Example& row) {
  const double profit = TRY(need(row.other.near("upnl"), "uPnL")),
               wallet = TRY(need(row.wallet, "a wallet"));
  auto ratio = row.other.near("marginratio");
  if (!ratio) {
    const auto maintenance = row.other.near("mm");
    if (maintenance && wallet + profit > 0)
      ratio = *maintenance / (wallet + profit);
    else if (maintenance)
      ratio = 0;
  }
  const double margin_ratio = TRY(need(ratio, "a margin ratio"));
  // The ranking takes maintenance and equity: of the two that give this ratio, those of one pool.
  const double equity = wallet + profit;
  margin::AdlInput in{.profit = TRY(Amount::nearest(profit)), .value = {}, .cost = {}};
  in.wallet = TRY(Amount::nearest(wallet));
  in.equity = TRY(Amount::nearest(equity));
  in.maintenance = TRY(Amount::nearest(equity * margin_ratio));
  const double index = margin::adl_score(AdlRanking::leverage_pnl, in);
  return named(row, [&](const std::string&) { return MaybeFigure(number(index)); });
}

Result<Answer> adl_trigger(const Example& row) {
  // Bybit: a pool's fall against a share of its 8 h maximum; OKX: the fund against a floor under
  // its 8 h mean.
  if (const auto now = row.other.near("now")) {
    const double mean =
        TRY(need(row.other.near("average") ? row.other.near("average") : row.other.near("mean"),
                 "the 8 h average"));
    double share = 0.3,
           least = 50'000;  // the rule's figures, replaced where the row writes them as
                            // max(30%*avg, 50,000)
    const auto& tokens = row.other.tokens();
    for (size_t i = 0; i + 2 < tokens.size(); ++i) {
      if (tokens[i].text != "max" || tokens[i + 1].text != "(") continue;
      if (tokens[i + 2].percent) share = tokens[i + 2].value;
      for (size_t j = i + 3; j < tokens.size() && tokens[j].text != ")"; ++j) {
        if (tokens[j].kind == Token::Kind::number) least = tokens[j].value;
      }
    }
    const double floor = margin::adl_fund_floor(mean, share, least);
    return named(row, [&](const std::string& name) -> MaybeFigure {
      if (contains(name, "trigger")) return truth(*now < floor);
      if (contains(name, "threshold") || contains(name, "floor")) return number(floor);
      return std::nullopt;
    });
  }
  const double most = TRY(need(row.other.near("balance"), "the pool's maximum balance"));
  const double fall = TRY(need(row.other.near("drawdown"), "the drawdown"));
  const double share = std::abs(TRY(need(row.other.near("threshold"), "the threshold")));
  const margin::DrawdownTrigger trigger =
      margin::adl_drawdown(most, fall, share, row.other.near("adltriggerthreshold").value_or(0));
  return named(row, [&](const std::string& name) -> MaybeFigure {
    if (contains(name, "trigger")) return truth(trigger.triggered);
    if (contains(name, "loss") || contains(name, "shift")) return number(trigger.shifted);
    if (contains(name, "ratio") || contains(name, "drawdown")) return number(-fall / most);
    return std::nullopt;
  });
}

Result<Answer> depeg(const Example& row) {
  std::vector<margin::RatedSlice> slices;
  const auto& tokens = row.other.tokens();
  for (size_t i = 0; i + 2 < tokens.size(); ++i) {
    if (tokens[i].kind == Token::Kind::number && tokens[i + 1].text == "@" &&
        tokens[i + 2].kind == Token::Kind::number)
      slices.push_back(
          {TRY(Amount::nearest(tokens[i].value)), TRY(Rate::nearest(tokens[i + 2].value))});
  }
  if (slices.empty())
    return lacks("slices as AMOUNT@RATE, and the venue's own tiers are not established");
  const auto sum = margin::depeg_charge(slices);
  if (!sum) return Error{Fault::out_of_range, "a charge beyond 92 billion"};
  return named(row, [&](const std::string&) { return MaybeFigure(amount(sum->approx())); });
}

// OKX stress components of linear positions: "delta 1000000 USD", the moves from the rulebook.
Result<Answer> stress(const Example& row, const ConformContext& context) {
  const Rulebook* book = context.shelf->find("okx", "PORTFOLIO");
  if (!book || !book->stress)
    return Error{Fault::no_evidence, "no rulebook of OKX portfolio margin"};
  const bool minimum = contains(row.topic, "mr7") || contains(row.topic, "minimum");
  auto usd = row.other.near("delta") ? row.other.near("delta") : row.other.near("usd");
  if (!usd)
    usd = row.other.near("notional") ? row.other.near("notional") : row.other.near("position");
  if (!usd) usd = row.other.first();
  const double size = TRY(need(usd, "a size in USD"));
  if (minimum) {
    const auto multiplier =
        margin::minimum_charge_multiplier(*book->stress, TRY(Amount::nearest(size)));
    return named(row, [&](const std::string& name) -> MaybeFigure {
      if (contains(name, "multipl") && multiplier) return number(multiplier->approx());
      return std::nullopt;  // the charge that it multiplies is not established
    });
  }
  const auto parts = margin::stress_components(
      *book->stress, {{.usd = size, .years = row.other.near("days").value_or(0) / kDays}});
  return named(row, [&](const std::string& name) -> MaybeFigure {
    if (contains(name, "mr1") || contains(name, "spot")) return number(parts.spot);
    if (contains(name, "mr6") || contains(name, "extreme")) return number(parts.extreme);
    if (contains(name, "mr4") || contains(name, "basis")) return number(parts.basis);
    return std::nullopt;
  });
}

// ---- Hyperliquid

Result<Answer> hyperliquid_rule(const Example& row, const ConformContext& context) {
  if (contains(row.topic, "portfolio")) {
    // One threshold per coin, in the order in which the row lists them.
    std::vector<double> thresholds;
    for (const double ltv : row.other.numbers()) {
      if (ltv < 0 || ltv > 1) return lacks("loan-to-value ratios between 0 and 1");
      thresholds.push_back(margin::borrow_liquidation_threshold(TRY(Rate::nearest(ltv))).approx());
    }
    Answer answer;
    answer.others.resize(row.other_names.size());
    for (size_t i = 0; i < std::min(thresholds.size(), answer.others.size()); ++i)
      answer.others[i] = number(thresholds[i]);
    return answer;
  }
  const double notional =
      TRY(need(row.qty ? row.qty : row.other.near("notional"), "a position value"));
  if (contains(row.topic, "transfer")) {
    const double initial = notional / TRY(need(row.leverage, "a leverage"));
    return named(row, [&](const std::string&) {
      return MaybeFigure(number(std::max(initial, 0.1 * notional)));
    });
  }
  const std::string symbol = row.contract.substr(0, row.contract.find(' '));
  const Rulebook* book = context.shelf->find(row.venue, symbol);
  if (!book || !book->liquidation || !book->liquidation->partial_fraction ||
      !book->liquidation->partial_above)
    return Error{Fault::no_evidence,
                 "no rulebook of " + row.venue + " " + symbol + " with partial liquidation"};
  const Amount value = TRY(Amount::nearest(notional));
  const bool partial = value > *book->liquidation->partial_above;
  const auto slice =
      fit<Amount>(times(value.raw(), *book->liquidation->partial_fraction, Round::up));
  return named(row, [&](const std::string&) {
    return MaybeFigure(amount((partial ? *slice : value).approx()));
  });
}

// ---- dYdX

// The initial margin fraction that grows between a liquidity tier's open-interest caps.
Result<Answer> dydx_open_interest(const Example& row, const ConformContext& context) {
  std::optional<Rulebook> found;
  for (const auto& book : context.shelf->all()) {
    if (book->venue == "dydx" && book->liquidity_tier &&
        contains(lower(row.tiers_text), lower(book->symbol)))
      found = *book;
  }
  LiquidityTierRule tier;
  if (found) tier = *found->liquidity_tier;
  // "Small-Cap 10%, caps 20M/50M": the row's own figures win
  const std::vector<double> figures = row.tiers.numbers();
  if (figures.size() >= 3) {
    tier.initial = TRY(fraction(figures[0], "the initial fraction"));
    tier.open_interest_low = TRY(Amount::nearest(figures[1]));
    tier.open_interest_high = TRY(Amount::nearest(figures[2]));
    if (*tier.open_interest_low >= *tier.open_interest_high)
      return lacks("caps in ascending order");
  } else if (!found) {
    return lacks("a liquidity tier that we know");
  }
  const double open =
      TRY(need(row.other.near("notional") ? row.other.near("notional") : row.other.first(),
               "open interest"));
  const Rate scaled = margin::scaled_initial_fraction(tier, TRY(Amount::nearest(open)));
  return named(row, [&](const std::string&) { return MaybeFigure(number(scaled.approx())); });
}

// How much of a position one block may close.
Result<Answer> dydx_slice(const Example& row, const ConformContext& context) {
  const double value =
      TRY(need(row.qty ? row.qty : row.other.near("position"), "a position value"));
  const Rulebook* book = nullptr;
  for (const auto& known : context.shelf->all()) {
    if (known->venue == "dydx" && known->liquidation) book = known.get();
  }
  if (!book) return Error{Fault::no_evidence, "no rulebook of dydx has liquidation steps"};
  const auto slice = margin::liquidation_slice(*book->liquidation, TRY(Amount::nearest(value)));
  if (!slice) return not_established(*book, "liquidation.slice");
  return named(row, [&](const std::string&) { return MaybeFigure(amount(slice->approx())); });
}

Result<Answer> dydx_rule(const Example& row, const ConformContext& context) {
  if (contains(row.topic, "open-interest") || contains(row.topic, "open interest"))
    return dydx_open_interest(row, context);
  if (contains(row.topic, "slice") || contains(row.topic, "partial"))
    return dydx_slice(row, context);
  // Otherwise a position: its prices come from the position rule, its protocol prices from here.
  auto base = answer_position(row, context);
  auto rate = stated_rate(row.tiers) ? stated_rate(row.tiers) : stated_rate(row.other);
  const double entry = TRY(need(row.entry, "an entry price")),
               mark = TRY(need(row.mark, "an oracle price"));
  const double qty = TRY(need(row.qty, "a size")), wallet = TRY(need(row.wallet, "a wallet"));
  const double sign = row.side == "short" ? -1 : 1;
  if (!(qty > 0) || !(mark > 0)) return lacks("a positive size and price");
  Answer answer;
  if (base.has_value()) answer = std::move(base).value();
  const double bankruptcy = entry - sign * wallet / qty;
  answer.bankruptcy = number(bankruptcy);
  const margin::DydxLiquidation params{
      .bankruptcy_adjustment = row.tiers.after("ba").value_or(1),
      .spread_to_maintenance = row.tiers.after("smmr").value_or(1.5)};
  const double equity = wallet + sign * qty * (mark - entry);
  answer.others.clear();
  for (const std::string& whole : row.other_names) {
    const std::string name = lower(whole);
    MaybeFigure figure;
    if (contains(name, "equity") || contains(name, "tnc") || contains(name, "collateral")) {
      figure = number(equity);
    } else if (contains(name, "worst") && rate) {
      figure = number(margin::worst_order_price(mark, sign > 0, *rate, params));
    } else if (contains(name, "insurance")) {
      // paid at a fill beyond bankruptcy: the price that the name gives
      const Facts words(name);
      if (const auto fill = words.near("at"))
        figure = number(std::max(0.0, sign * (bankruptcy - *fill) * qty));
    } else if (contains(name, "fillable") && rate) {
      const double maintenance = qty * mark * *rate;
      if (const auto price = margin::fillable_price({.size = sign * qty,
                                                     .oracle = mark,
                                                     .total_collateral = equity,
                                                     .total_maintenance = maintenance,
                                                     .maintenance = maintenance},
                                                    params))
        figure = number(*price);
    } else if (contains(name, "counterparty")) {
      figure = number(-sign * (bankruptcy - entry) *
                      qty);  // the other side closes at the bankruptcy price
    } else if (contains(name, "bankruptcy")) {
      figure = number(bankruptcy);
    }
    answer.others.push_back(figure);
  }
  return answer;
}

// ---- Deribit

Result<Answer> vol_shock(const Example& row) {
  const bool down = contains(row.topic, "down");
  const double range = TRY(need(row.other.near(down ? "range_down" : "range_up")
                                    ? row.other.near(down ? "range_down" : "range_up")
                                    : row.other.near("range"),
                                "the range"));
  const double days =
      TRY(need(row.other.near("days") ? row.other.near("days") : row.other.near("t"), "the days"));
  if (!(days > 0)) return lacks("a positive number of days");
  const double power = row.other.near("power").value_or(days < 30 ? 0.3 : 0.13);
  return named(row, [&](const std::string&) {
    return MaybeFigure(number(down ? margin::vol_shock_down(range, days, power)
                                   : margin::vol_shock_up(range, days, power)));
  });
}

struct OptionName {
  OptionType type = OptionType::call;
  double strike = 0;
  bool linear = false;
};

// "BTC C K=100000", "BTC put K=80000", "BTC-30JAN26-90000-C"
Result<OptionName> option_name(const Example& row) {
  if (const auto instrument = parse_name(row.contract);
      instrument.has_value() && instrument.value().strike)
    return OptionName{*instrument.value().option_type, instrument.value().strike->approx(), false};
  const Facts facts(row.contract);
  OptionName name;
  if (facts.says("p") || facts.says("put"))
    name.type = OptionType::put;
  else if (!facts.says("c") && !facts.says("call"))
    return lacks("whether the option is a call or a put");
  name.strike = TRY(need(facts.near("k") ? facts.near("k") : facts.near("strike"), "a strike"));
  name.linear = contains(upper(row.contract), "USDC") || facts.says("linear");
  return name;
}

Result<Answer> option_margins(const Example& row, const ConformContext& context) {
  const OptionName name = TRY(option_name(row));
  const double underlying = TRY(
      need(row.other.near("underlying") ? row.other.near("underlying") : row.other.near("index"),
           "the underlying price"));
  const double qty = row.qty.value_or(1), mark = TRY(need(row.mark, "the option's mark"));
  const Rulebook* known = context.shelf->find(row.venue, "BTC-OPTION");
  if (!known || !known->option_margin)
    return Error{Fault::no_evidence, "no rulebook of " + row.venue + " options"};
  Rulebook book = *known;
  if (name.linear) book.contract->settle = book.contract->quote;
  margin::Rulebooks books;
  const margin::BookId id = TRY(books.add(book));
  margin::Position position{
      .book = id,
      .side = row.side == "long" ? PositionSide::long_side : PositionSide::short_side,
      .qty = TRY(Qty::nearest(qty)),
      .entry = TRY(Price::nearest(row.entry.value_or(mark))),
      .option = margin::OptionTerms{name.type, TRY(Price::nearest(name.strike))}};
  const Price mark_price = TRY(Price::nearest(mark)),
              underlying_price = TRY(Price::nearest(underlying));
  const margin::PositionMargin margin =
      TRY(margin::position_margin(position, books[id], mark_price, underlying_price));
  Answer answer;
  answer.initial = amount(margin.initial.approx());
  answer.maintenance = amount(margin.maintenance.approx());
  return answer;
}

Result<Answer> settlement(const Example& row) {
  const OptionName name = TRY(option_name(row));
  const double price =
      TRY(need(row.other.near("delivery") ? row.other.near("delivery") : row.other.near("price"),
               "the delivery price"));
  if (!(price > 0)) return lacks("a positive delivery price");
  const double intrinsic =
      std::max(0.0, name.type == OptionType::call ? price - name.strike : name.strike - price);
  const double qty = row.qty.value_or(1),
               payoff = qty * (name.linear ? intrinsic : intrinsic / price);
  const double sign = row.side == "short" ? -1 : 1;
  return named(row, [&](const std::string& figure) -> MaybeFigure {
    if (contains(figure, "net")) {
      if (!row.entry) return std::nullopt;
      return number(sign * (payoff - qty * *row.entry));
    }
    if (contains(figure, "usd") && !name.linear) return number(payoff * price);
    if (contains(figure, "payoff") || contains(figure, "settle")) return number(sign * payoff);
    return std::nullopt;
  });
}

// The scenario matrix from the row's own parameters; the rulebook of the coin gives what the row
// leaves out.
Result<Answer> scenario_vector(const Example& row, const ConformContext& context) {
  const std::string coin = row.contract.substr(0, 3);
  const Rulebook* known = context.shelf->find(row.venue, coin + "-PORTFOLIO");
  if (!known || !known->scenarios)
    return Error{Fault::no_evidence, "no rulebook of " + row.venue + " " + coin + "-PORTFOLIO"};
  ScenarioRule rule = *known->scenarios;
  const auto take = [&](Rate& into, std::string_view name) -> Result<void> {
    if (const auto value = row.other.near(name)) into = TRY(Rate::nearest(*value));
    return {};
  };
  const auto take_optional = [&](std::optional<Rate>& into, std::string_view name) -> Result<void> {
    if (const auto value = row.other.near(name)) into = TRY(Rate::nearest(*value));
    return {};
  };
  TRY(take(rule.price_range, "price_range"));
  TRY(take(rule.maintenance_factor, "mm_factor"));
  TRY(take(rule.gain_offset, "pnl_offset"));
  TRY(take_optional(rule.annualised_move, "annualised_move"));
  TRY(take_optional(rule.annualised_move_min, "min_annualised_move"));
  TRY(take_optional(rule.annualised_move_min, "min"));
  if (rule.price_range <= Rate() || rule.price_range >= Rate::raw(Rate::scale))
    return lacks("a price range below 100 %");
  if (const auto buckets = row.other.near("buckets"); buckets && *buckets >= 1 && *buckets <= 100)
    rule.buckets_each_side = static_cast<int>(*buckets);

  margin::ScenarioInput input;
  input.index = row.other.near("index").value_or(row.mark.value_or(0));
  input.extra_initial =
      row.other.near("mmp_margin").value_or(0) + row.other.near("open_orders").value_or(0);
  const std::vector<double> sizes = Facts(row.qty_text).numbers();
  std::vector<std::string> names;
  for (std::string_view piece : split(row.contract, '+')) names.emplace_back(trimmed(piece));
  if (names.size() != sizes.size()) return lacks("one size per contract");
  Answer answer;
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i].ends_with("-C") || names[i].ends_with("-P"))
      return Error{Fault::no_evidence,
                   "the row does not state forwards, volatilities and times of its options"};
    if (!names[i].ends_with("PERPETUAL"))
      answer.note = "no valuation time: the roll shock of dated futures is at its minimum";
    input.legs.push_back({.size = sizes[i]});
  }
  const margin::ScenarioMargin margin = TRY(margin::scenario_margin(rule, input));
  // The reply carries the amounts unrounded, so the estimate is compared, not the ledger amount.
  answer.initial = number(margin.risk_matrix + input.extra_initial);
  answer.maintenance = number(margin.risk_matrix * rule.maintenance_factor.approx());
  for (const std::string& whole : row.other_names) {
    const std::string name = lower(whole);
    MaybeFigure figure;
    if (contains(name, "worst"))
      figure = number(margin.worst);
    else if (contains(name, "roll"))
      figure = number(margin.roll_shock);
    else if (contains(name, "risk_matrix"))
      figure = number(margin.risk_matrix);
    else if (contains(name, "delta_shock") && !margin.delta_shock_is_bound)
      figure = number(margin.delta_shock);
    else if (contains(name, "bucket")) {
      if (const auto move = Facts(name).first()) {
        for (size_t i = 0; i < margin.moves.size(); ++i) {
          if (std::abs(margin.moves[i] - *move) > 1e-9) continue;
          const size_t same_vol = 3 * i + 1;
          figure = number(contains(name, "pre") ? margin.profit[same_vol] : margin.counted[i]);
        }
      }
    }
    answer.others.push_back(figure);
  }
  return answer;
}

// Collateral after its haircut or rate: "stETH 10 at 3000 haircut 7.5%", "BTC 2 index 60000 rate
// 0.95".
Result<Answer> haircut(const Example& row) {
  const auto given = row.other.near("haircut");
  const auto rate = row.other.near("rate");
  if (!given && !rate) return lacks("a haircut or a collateral rate");
  const Rate cut = TRY(Rate::nearest(given ? *given : 1 - *rate));
  if (cut < Rate() || cut > Rate::raw(Rate::scale)) return lacks("a haircut between 0 and 1");
  const double held = TRY(need(row.qty ? row.qty : row.other.first(), "a balance"));
  auto price = row.mark ? row.mark : row.other.near("at");
  if (!price) price = row.other.near("index") ? row.other.near("index") : row.other.near("price");
  const Amount balance = TRY(Amount::nearest(held));
  const Price index = TRY(Price::nearest(price.value_or(1)));  // no price: the balance itself
  const auto value = margin::collateral_value(balance, index, cut);
  if (!value) return Error{Fault::out_of_range, "a value beyond 92 billion"};
  return named(row, [&](const std::string& name) -> MaybeFigure {
    if (contains(name, "haircut")) return number(cut.approx());
    return amount(value->approx());
  });
}

// ---- Binance portfolio margin

Result<Answer> unified(const Example& row, const ConformContext& context) {
  const Rulebook* book = context.shelf->find("binance", "PORTFOLIO");
  if (!book || !book->unified)
    return Error{Fault::no_evidence, "no rulebook of Binance portfolio margin"};
  const auto equity = row.other.near("equity") ? row.other.near("equity") : row.wallet;
  const double held = TRY(need(equity, "adjusted equity"));
  const double maintenance = TRY(need(
      row.other.near("mm") ? row.other.near("mm") : row.other.near("maintenance"), "maintenance"));
  const margin::UnifiedMargin margin = margin::unified_margin(
      *book->unified, TRY(Amount::nearest(held)), TRY(Amount::nearest(maintenance)));
  return named(row, [&](const std::string& name) -> MaybeFigure {
    if ((contains(name, "ratio") || contains(name, "unimmr")) && margin.ratio)
      return number(*margin.ratio);
    if (contains(name, "liquidat")) return truth(margin.band >= margin::UnifiedBand::liquidation);
    return std::nullopt;
  });
}

}  // namespace

std::optional<Result<Answer>> answer_formula(const Example& row, const ConformContext& context) {
  const std::string& topic = row.topic;
  const auto says = [&](std::string_view part) { return contains(topic, part); };
  if (says("vol") && says("shock")) return vol_shock(row);
  if (says("option margin") || (says("margin") && says("option")))
    return option_margins(row, context);
  if (says("settlement")) return settlement(row);
  if (row.venue == "dydx") return says("funding") ? funding(row, context) : dydx_rule(row, context);
  if (row.venue == "hyperliquid" &&
      (says("partial liquidation") || says("transfer") || says("portfolio")))
    return hyperliquid_rule(row, context);
  if (says("annualis") || says("annualiz")) return annualise(row);
  if (says("unimmr")) return unified(row, context);
  if (says("haircut") || says("collateral")) return haircut(row);
  if (says("impact margin notional")) return impact_margin(row);
  if (says("funding")) return funding(row, context);
  if (says("put/call")) return put_call(row);
  if (says("share") || says("oscillator") || says("dominance")) return long_share(row);
  if (says("recursion")) return recursion(row);
  if (says("leveragepnl")) return leverage_pnl(row);
  if (says("adl")) return adl_trigger(row);
  if (says("mr9") || says("depeg")) return depeg(row);
  if (row.venue == "okx" &&
      (says("pm ") || says("mr1") || says("mr4") || says("mr6") || says("mr7")))
    return stress(row, context);
  if (row.venue == "deribit" && says("portfolio")) return scenario_vector(row, context);
  if (says("liq") || says("mmr") || says("bankruptcy") || says("margin") || says("im/mm"))
    return std::nullopt;
  return Result<Answer>(
      Error{Fault::no_evidence, "no rule for the topic \"" + topic.substr(0, 60) + "\""});
}

}  // namespace delever::conform
