#include "margin/account.h"

namespace delever::margin {

CoinId Rulebooks::coin(std::string_view name) {
  for (size_t i = 0; i < coins_.size(); ++i) {
    if (coins_[i] == name) return static_cast<CoinId>(i);
  }
  CHECK(coins_.size() < UINT16_MAX);
  coins_.emplace_back(name);
  haircuts_.emplace_back();
  return static_cast<CoinId>(coins_.size() - 1);
}

void Rulebooks::set_haircut(CoinId coin, Rate haircut) {
  CHECK(coin < haircuts_.size() && haircut >= Rate() && haircut <= Rate::raw(Rate::scale));
  haircuts_[coin] = haircut;
}

std::optional<Rate> Rulebooks::haircut(CoinId coin) const {
  return coin < haircuts_.size() ? haircuts_[coin] : std::nullopt;
}

void Rulebooks::set_scenarios(CoinId coin, const ScenarioRule& rule) {
  if (scenarios_.size() <= coin) scenarios_.resize(coin + size_t{1});
  scenarios_[coin] = rule;
}

const ScenarioRule* Rulebooks::scenarios(CoinId coin) const {
  return coin < scenarios_.size() && scenarios_[coin] ? &*scenarios_[coin] : nullptr;
}

Result<BookId> Rulebooks::add(const Rulebook& book) {
  if (!book.contract) return not_established(book, "contract");
  if (!book.contract->size) return not_established(book, "contract.size");
  const InstrumentKind kind = book.contract->kind;
  if (kind != InstrumentKind::linear && kind != InstrumentKind::inverse &&
      kind != InstrumentKind::option)
    return Error{Fault::refused, "positions are linear, inverse or options", book.name()};
  const bool option = kind == InstrumentKind::option;
  if (option ? !book.option_margin : !book.ladder && !book.size_margin && !book.liquidity_tier)
    return not_established(book, option ? "option_margin" : "ladder");
  Compiled compiled{.book = book,
                    .inverse = kind == InstrumentKind::inverse,
                    .option = option,
                    .size = *book.contract->size,
                    .settle = coin(book.contract->settle)};
  if (book.margin) {
    compiled.liquidation_fee = book.margin->liquidation_fee.value_or(Rate());
    compiled.isolated_maintenance = book.margin->isolated_maintenance;
    compiled.at_equality = book.margin->liquidate_at_equality;
  }
  for (const CollateralRule& rule : book.collateral) set_haircut(coin(rule.coin), rule.haircut);
  books_.push_back(std::move(compiled));
  return static_cast<BookId>(books_.size() - 1);
}

}  // namespace delever::margin
