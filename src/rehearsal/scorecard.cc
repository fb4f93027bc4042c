#include "rehearsal/scorecard.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "gateways/json_writer.h"

namespace delever::rehearsal {
namespace {

constexpr size_t kAgentsMost = 1'000;  // of a venue
constexpr size_t kCurveMost = 10'000, kStepsMost = 100;
// An agent with less than this share of what it began with counts as ruined.
constexpr double kRuined = 0.05;

using gateways::DeskUpdate;
using gateways::ForcedClose;
using gateways::MoneyRecord;

// One step of the venue against an account, as a line to read.
std::string step_text(const exchange::Listing& listing, const ForcedClose& close) {
  static constexpr std::string_view hows[] = {"sold off in the book", "taken over by the fund",
                                              "deleveraged against another"};
  return fmt::format("{} {} {} {} at {}: {}", close.at.text(), listing.symbol,
                     close.side == Side::sell ? "long" : "short", close.qty.text(),
                     close.price.text(), hows[static_cast<size_t>(close.how)]);
}

}  // namespace

// Made before anybody trades: equity of now is what each began with. Of many agents every n-th is
// followed.
Scorecard::Scorecard(Market& market) : market_(market) {
  for (const auto& [venue, account] : market.members()) {
    AccountCard card;
    card.venue = market.name(venue);
    card.account = account;
    for (const gateways::Credentials& c : market.desk(venue).admitted()) {
      if (c.account == account) card.name = c.key.empty() ? c.address : c.key;
    }
    card.start = card.now = card.low = card.high = equity(venue, account);
    cards_.push_back(std::move(card));
  }
  agents_.resize(market.venues());
  for (size_t v = 0; v < market.venues(); ++v) {
    market.desk(v).on_update([this, v](const DeskUpdate& u) { on_update(v, u); });
    const uint32_t all = market.desk(v).door().exchange().accounts();
    const uint32_t step = std::max<uint32_t>(1, all / static_cast<uint32_t>(kAgentsMost));
    for (uint32_t a = kFirstUser; a < all; a += step) {
      const double has = equity(v, AccountId(a));
      if (!market.desk(v).knows(AccountId(a)) && has > 0) agents_[v][AccountId(a)] = has;
    }
  }
}

void Scorecard::set_sources(std::function<size_t(size_t)> sockets,
                            std::function<gateways::AccountCounts(size_t, AccountId)> counts) {
  sockets_ = std::move(sockets);
  counts_ = std::move(counts);
}

// A venue's money is worth a dollar; the others follow in the order of the assets.
double Scorecard::price_of(size_t venue, CoinId coin) const {
  if (coin == 0) return 1;
  const auto index = market_.desk(venue).door().exchange().index(coin - 1U);
  return index ? index->approx() : market_.simulation().world().assets[coin - 1U].price;
}

// Wallets, margins and unrealised profits at present prices; doubles, for a report.
double Scorecard::equity(size_t venue, AccountId account) const {
  const gateways::Desk& desk = market_.desk(venue);
  const exchange::Exchange& x = desk.door().exchange();
  double usd = 0;
  for (CoinId c = 0; c < x.coins(); ++c) {
    const Amount wallet = x.wallet(account, c);
    if (wallet != Amount()) usd += wallet.approx() * price_of(venue, c);
  }
  for (const exchange::PositionView& p : x.positions(account)) {
    const std::string& settle = desk.listing(p.instrument).rules.contract->settle;
    const auto& coins = desk.door().setup().coins;
    CoinId coin = 0;
    while (coin < coins.size() && coins[coin].name != settle) ++coin;
    if (coin == coins.size()) continue;
    usd += (p.margin.approx() + desk.profit_of(p).approx()) * price_of(venue, coin);
  }
  return usd;
}

// Counts what the desk reports of a member; agents' updates do not get here.
void Scorecard::on_update(size_t venue, const DeskUpdate& u) {
  // The fund and the vault have the numbers below: their business is nobody's score.
  if (u.account < kFirstUser) return;
  for (size_t k = 0; k < cards_.size(); ++k) {
    if (market_.members()[k] != std::pair(venue, u.account)) continue;
    AccountCard& card = cards_[k];
    const gateways::Desk& desk = market_.desk(venue);
    if (u.kind == DeskUpdate::Kind::margin_call) ++card.margin_calls;
    if (u.kind == DeskUpdate::Kind::order && u.reason == DeskUpdate::Reason::placed &&
        !u.order->forced)
      ++card.orders;
    if (u.kind == DeskUpdate::Kind::balance) {
      const double usd = u.money->amount.approx() * price_of(venue, u.money->coin);
      if (u.money->kind == MoneyRecord::Kind::fee) card.fees -= usd;
      if (u.money->kind == MoneyRecord::Kind::funding) card.funding += usd;
    }
    if (u.kind == DeskUpdate::Kind::fill) {
      ++card.fills;
      const auto mark = desk.door().exchange().mark(u.instrument);
      // Slippage is of takers alone, against the mark: above 0 it cost something, on either side.
      if (!u.fill->maker && mark && mark->raw() > 0) {
        const double value =
            u.fill->value.approx() * (u.fill->coin == 0 ? 1 : price_of(venue, u.fill->coin));
        const double worse = u.fill->price.approx() / mark->approx() - 1;
        card.taken += value;
        card.slippage += value * (u.fill->side == Side::buy ? worse : -worse);
      }
    }
    if (u.kind == DeskUpdate::Kind::forced) {
      ++(u.forced->how == ForcedClose::How::order      ? card.forced_orders
         : u.forced->how == ForcedClose::How::takeover ? card.takeovers
                                                       : card.deleveraged);
      if (card.steps.size() >= kStepsMost) card.steps.erase(card.steps.begin());
      card.steps.push_back(step_text(desk.listing(u.instrument), *u.forced));
    }
  }
}

// Once a second: equity, distance to liquidation, and what stood open without a connection.
void Scorecard::sample(size_t k, AccountCard& card) {
  const auto [venue, account] = market_.members()[k];
  const gateways::Desk& desk = market_.desk(venue);
  card.now = equity(venue, account);
  card.low = std::min(card.low, card.now);
  card.high = std::max(card.high, card.now);
  for (const exchange::PositionView& p : desk.positions(account)) {
    const auto mark = desk.door().exchange().mark(p.instrument);
    const auto at = desk.liquidation_price(account, p);
    if (!mark || !at || mark->raw() <= 0) continue;
    const double away = std::abs(at->approx() / mark->approx() - 1);
    card.nearest = std::min(card.nearest.value_or(away), away);
  }
  if (sockets_ && sockets_(venue) == 0) {
    ++card.seconds_blind;
    card.orders_blind = std::max<uint64_t>(card.orders_blind, desk.live(account).size());
  }
  if (seconds_ % 60 == 0 && card.curve.size() < kCurveMost)
    card.curve.emplace_back(market_.now(), card.now);
}

void Scorecard::on_second() {
  for (size_t k = 0; k < cards_.size(); ++k) sample(k, cards_[k]);
  ++seconds_;
}

// Counts of requests and refusals are the gateways'; they are asked when the card is.
std::vector<AccountCard> Scorecard::cards() const {
  std::vector<AccountCard> out = cards_;
  for (size_t k = 0; k < out.size(); ++k) {
    if (counts_) out[k].counts = counts_(market_.members()[k].first, out[k].account);
  }
  return out;
}

// Returns of the followed agents, by venue: the middle, and the tenths at either end.
std::vector<AgentsCard> Scorecard::agents() const {
  std::vector<AgentsCard> out;
  for (size_t v = 0; v < agents_.size(); ++v) {
    std::vector<double> returns;
    AgentsCard card{.venue = market_.name(v)};
    for (const auto& [account, began] : agents_[v]) {
      returns.push_back(equity(v, account) / began - 1);
      card.ruined += returns.back() < kRuined - 1;
    }
    card.accounts = returns.size();
    if (!returns.empty()) {
      std::sort(returns.begin(), returns.end());
      card.median = returns[returns.size() / 2];
      card.low = returns[returns.size() / 10];
      card.high = returns[returns.size() - 1 - returns.size() / 10];
    }
    out.push_back(std::move(card));
  }
  return out;
}

namespace {

// Every figure by its name, the curve as [time in ms, USD].
void write_card(gateways::JsonWriter& w, const AccountCard& c, bool from_ports) {
  const auto figure = [&w](std::string_view name, double value) {
    w.raw(name, write_double(value));
  };
  w.open('{').text("venue", c.venue).text("account", c.name);
  figure("equity_start", c.start);
  figure("equity", c.now);
  figure("equity_low", c.low);
  figure("equity_high", c.high);
  if (c.nearest)
    figure("liquidation_distance_least", *c.nearest);
  else
    w.null("liquidation_distance_least");
  w.raw("margin_calls", c.margin_calls).raw("orders", c.orders).raw("fills", c.fills);
  w.raw("liquidation_orders", c.forced_orders).raw("takeovers", c.takeovers);
  w.raw("deleveraged", c.deleveraged);
  figure("fees", c.fees);
  figure("funding", c.funding);
  figure("slippage", c.slippage);
  figure("taken", c.taken);
  w.open("refused", '{');
  for (const auto& [code, times] : c.counts.refused) w.raw(code, times);
  w.close();
  if (from_ports) {
    w.raw("requests", c.counts.requests).raw("limit_hits", c.counts.limit_hits);
    w.raw("seconds_without_connection", c.seconds_blind);
    w.raw("orders_open_meanwhile", c.orders_blind);
  }
  w.open("steps", '[');
  for (const std::string& step : c.steps) w.item(step);
  w.close().open("curve", '[');
  for (const auto& [at, usd] : c.curve) {
    w.open('[').raw_item(at.ms()).raw_item(std::string_view(write_double(usd))).close();
  }
  w.close().close();
}

}  // namespace

std::string Scorecard::json() const {
  gateways::JsonWriter w;
  w.open('{').text("at", market_.now().text()).open("accounts", '[');
  for (const AccountCard& c : cards()) write_card(w, c, counts_ != nullptr);
  w.close().open("agents", '[');
  for (const AgentsCard& a : agents()) {
    w.open('{').text("venue", a.venue).raw("accounts", a.accounts).raw("ruined", a.ruined);
    w.raw("return_median", write_double(a.median)).raw("return_tenth", write_double(a.low));
    w.raw("return_ninth_tenth", write_double(a.high)).close();
  }
  w.close().close();
  return w.take();
}

std::string Scorecard::text() const {
  std::string out = fmt::format("Scorecard at {}\n", market_.now().text());
  for (const AccountCard& c : cards()) {
    out += fmt::format("\n{} {}\n", c.venue, c.name);
    out += fmt::format("  equity        {:.2f} of {:.2f} ({:+.2f} %), {:.2f} to {:.2f}\n", c.now,
                       c.start, c.start > 0 ? (c.now / c.start - 1) * 100 : 0.0, c.low, c.high);
    out += fmt::format(
        "  liquidation   {}, {} margin calls, {} orders of the venue, {} takeovers, "
        "{} deleveraged\n",
        c.nearest ? fmt::format("{:.2f} % away at the nearest", *c.nearest * 100)
                  : "never in sight",
        c.margin_calls, c.forced_orders, c.takeovers, c.deleveraged);
    out += fmt::format(
        "  trading       {} orders, {} fills, fees {:.2f}, funding {:+.2f}, "
        "slippage {:.2f} on {:.2f} taken\n",
        c.orders, c.fills, c.fees, c.funding, c.slippage, c.taken);
    if (counts_) {
      out += fmt::format(
          "  connection    {} s without, {} orders open meanwhile at most; {} requests, "
          "{} over the limits\n",
          c.seconds_blind, c.orders_blind, c.counts.requests, c.counts.limit_hits);
    }
    for (const auto& [code, times] : c.counts.refused)
      out += fmt::format("  refused       {} times {}\n", times, code);
    for (const std::string& step : c.steps) out += "  closed        " + step + "\n";
  }
  out += "\nThe agents meanwhile\n";
  for (const AgentsCard& a : agents()) {
    if (a.accounts == 0) continue;
    out += fmt::format(
        "  {:<14} {} accounts: median {:+.2f} %, tenths {:+.2f} and {:+.2f} %, {} "
        "ruined\n",
        a.venue, a.accounts, a.median * 100, a.low * 100, a.high * 100, a.ruined);
  }
  return out;
}

void Scorecard::add_refusal(size_t member, const std::string& reason) {
  auto& refused = cards_.at(member).counts.refused;
  for (auto& [known, times] : refused) {
    if (known == reason) {
      ++times;
      return;
    }
  }
  refused.emplace_back(reason, 1);
}

Result<Scored> score(const Journal& journal, const rulebooks::RulebookShelf& shelf) {
  Scored scored;
  std::unique_ptr<Scorecard> card;
  Market::Observer observer;
  observer.begin = [&](Market& market) {
    for (size_t k = 0; k < market.members().size(); ++k) {
      const auto [venue, account] = market.members()[k];
      gateways::Credentials who;
      who.account = account;
      who.key = fmt::format("member {}", k + 1);
      market.desk(venue).admit(std::move(who));
    }
    card = std::make_unique<Scorecard>(market);
    for (const Entered& e : journal.commands) {
      const auto* order = std::get_if<SubmitOrder>(&e.command.body);
      for (size_t k = 0; order && k < market.members().size(); ++k) {
        if (market.members()[k] != std::pair(size_t{e.venue}, order->account)) continue;
        if (e.refused == Reject::none)
          card->add_orders(k, 1);
        else
          card->add_refusal(k, std::string(reject_name(e.refused)));
      }
    }
    market.on_second([&] { card->on_second(); });
  };
  observer.end = [&](Market&) {
    scored.text = card->text();
    scored.json = card->json();
  };
  scored.replayed = TRY(Market::replay(journal, shelf, &observer));
  return scored;
}

}  // namespace delever::rehearsal
