// A rulebook is data that somebody typed, and a ladder CSV comes from outside. Whatever loads must
// then value any position without stopping: the last bytes of the input are the position.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "margin/price.h"
#include "rulebooks/rulebook_file.h"

using namespace delever;
using namespace delever::margin;

namespace {

struct Tail {
  int64_t qty, entry, mark, margin;
  int32_t leverage, flags;
};

void use(const Rulebook& book, const Tail& tail) {
  Rulebooks books;
  const auto id = books.add(book);
  if (!id.has_value()) return;
  Account account;
  account.collateral = tail.flags & 1 ? CollateralMode::multi_asset : CollateralMode::single_coin;
  account.balances.push_back({0, Amount::raw(tail.margin)});
  account.positions.push_back(
      {.book = id.value(),
       .side = tail.flags & 2 ? PositionSide::long_side : PositionSide::short_side,
       .mode = tail.flags & 4 ? MarginMode::isolated : MarginMode::cross,
       .qty = Qty::raw(tail.qty),
       .entry = Price::raw(tail.entry),
       .leverage = Leverage::raw(tail.leverage),
       .margin = Amount::raw(tail.margin),
       .option = OptionTerms{OptionType::call, Price::raw(tail.entry)}});
  const MarkPrices marks{.mark = {Price::raw(tail.mark)},
                         .underlying = {Price::raw(tail.entry)},
                         .coin_usd = {Price::raw(tail.mark)}};
  const auto margin = evaluate(account, marks, books);
  if (!margin.has_value() || books[id.value()].option) return;
  const auto pool = price_pool(account, 0, marks, books);
  if (!pool.has_value()) return;
  (void)liquidation_prices(pool.value()).has_value();
  (void)bankruptcy_price(pool.value());
  const Position& position = account.positions[0];
  if (position.mode != MarginMode::isolated) return;
  (void)trigger_price(position, books[id.value()]).has_value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Tail tail{};
  const size_t tail_size = std::min(size, sizeof(Tail));
  std::memcpy(&tail, data + size - tail_size, tail_size);
  const std::string_view text(reinterpret_cast<const char*>(data), size - tail_size);
  if (const auto book = rulebooks::parse_rulebook(text, "fuzz.toml"); book.has_value())
    use(book.value(), tail);
  if (auto ladder = rulebooks::parse_ladder_csv(text, "fuzz.csv"); ladder.has_value()) {
    Rulebook book{.venue = "v", .symbol = "s", .as_of = "undated"};
    book.contract =
        ContractRule{.base = "B", .quote = "Q", .settle = "Q", .size = Qty::raw(Qty::scale)};
    book.ladder = std::move(ladder).value();
    use(book, tail);
  }
  return 0;
}
