#include "sim/agents/holders.h"

namespace delever::sim {
namespace {

std::optional<SubmitOrder> option_order(const OptionBook& book, const OptionBook::Line& line,
                                        AccountId account, Side side, double coins) {
  const double lots = std::floor(coins / book.lot + 0.5);
  if (lots < 1) return std::nullopt;
  SubmitOrder o;
  o.account = account;
  o.instrument = line.instrument;
  o.side = side;
  o.price = Price::raw(std::max<int64_t>(1, static_cast<int64_t>(line.mark / book.tick + 0.5)) *
                       book.tick_raw);
  o.qty = Qty::raw(static_cast<int64_t>(lots) * book.step_raw);
  o.self_trade = SelfTrade::allow;
  return o;
}

}  // namespace

void Holders::open(Field& field) {
  stream_ = field.population << 22;
  period_ = static_cast<uint32_t>(std::max<int64_t>(1, setup_.decide_every.ns() / 1'000'000'000));
  const World& w = field.world;
  Venue& venue = *field.venues[book_->venue];
  std::vector<double> interest(w.assets.size());
  for (const OptionBook::Line& line : book_->lines) interest[line.asset] += line.open_interest;
  for (uint32_t h = 0; h < setup_.holders; ++h) {
    Holder holder;
    holder.account = venue.open_account(field.at, {field.population, h}, CollateralMode::portfolio);
    // A coin for each coin of options, and as much again for those who are short.
    for (uint32_t a = 0; a < w.assets.size(); ++a)
      venue.deposit(field.at, holder.account, field.coin(a), 20 * interest[a] / setup_.holders);
    holder.options.resize(book_->lines.size());
    holder.monetised.resize(book_->lines.size());
    holders_.push_back(std::move(holder));
  }
}

void Holders::trade_start(Field& field) {
  Venue& venue = *field.venues[book_->venue];
  const auto must = [&](const std::optional<SubmitOrder>& o) {
    if (o) venue.must(field.at, *o, "an option of the start");
  };
  // Even holders are long, odd ones short; dealers stand on their side of the difference.
  const size_t pairs = std::max<size_t>(holders_.size() / 2, 1);
  const auto lots_of = [&](double coins) {
    return std::floor(coins / book_->lot + 0.5) * book_->lot;
  };
  for (const OptionBook::Line& line : book_->lines) {
    const double dealers = std::abs(line.dealer_net);
    const double each_dealer =
        dealers_->size() ? lots_of(dealers / static_cast<double>(dealers_->size())) : 0;
    const double each_pair = lots_of((line.open_interest - dealers) / static_cast<double>(pairs));
    const bool dealers_long = line.dealer_net > 0;
    for (size_t p = 0; p < pairs && holders_.size() >= 2; ++p) {
      must(option_order(*book_, line, holders_[2 * p + 1].account, Side::sell, each_pair));
      must(option_order(*book_, line, holders_[2 * p].account, Side::buy, each_pair));
    }
    for (size_t d = 0; d < dealers_->size(); ++d) {
      const AccountId dealer = dealers_->option_account(d);
      const AccountId holder =
          holders_[(2 * (d % pairs) + (dealers_long ? 1 : 0)) % holders_.size()].account;
      must(option_order(*book_, line, dealers_long ? holder : dealer, Side::sell, each_dealer));
      must(option_order(*book_, line, dealers_long ? dealer : holder, Side::buy, each_dealer));
    }
  }
}

void Holders::decide(size_t, const World& w, Outbox& out) {
  if (dealers_->size() == 0 || (w.step != 1 && w.step % period_ != 0)) return;
  for (uint32_t h = 0; h < holders_.size(); ++h) {
    Holder& holder = holders_[h];
    for (size_t i = 0; i < book_->lines.size(); ++i) {
      const OptionBook::Line& line = book_->lines[i];
      if (line.expired || line.type != OptionType::put || holder.monetised[i] ||
          holder.options[i] <= 0)
        continue;
      if (line.delta > -setup_.monetise_delta || w.now + Duration::hours(1) > line.expiry) continue;
      holder.monetised[i] = 1;
      if (w.step == 1) continue;  // deep in the money from the start: kept on purpose
      const double coins = holder.options[i] * setup_.monetise_share;
      const AccountId dealer = dealers_->option_account(h % dealers_->size());
      const auto sell = option_order(*book_, line, holder.account, Side::sell, coins);
      const auto buy = option_order(*book_, line, dealer, Side::buy, coins);
      if (!sell || !buy) continue;
      out.send(w, setup_.latency, stream_ + h, book_->venue, *sell);
      out.send(w, setup_.latency, stream_ + h, book_->venue, *buy);
    }
  }
}

void Holders::on_notice(uint32_t, uint32_t index, const Notice& n) {
  Holder& holder = holders_[index];
  const auto change = position_change(n, holder.account);
  if (!change) return;
  for (size_t i = 0; i < book_->lines.size(); ++i) {
    if (book_->lines[i].instrument != change->instrument) continue;
    const double coins = static_cast<double>(change->qty.raw() / book_->step_raw) * book_->lot;
    holder.options[i] += change->side == Side::buy ? coins : -coins;
  }
}

}  // namespace delever::sim
