#include "reports/level_truth_file.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/csv.h"
#include "base/text.h"
#include "reports/inputs.h"

namespace delever::reports {
namespace {

using AccountKey = std::pair<std::string, std::string>;  // venue, number
struct Equity {
  double start = 0, end = 0;
};

Result<double> number(const CsvTable& table, const CsvRecord& row, std::string_view column) {
  const auto value = read_double(table.field(row, column));
  if (!value || !std::isfinite(*value))
    return Error{Fault::malformed, "wants a number in the column " + std::string(column),
                 table.place(row)};
  return *value;
}

Result<void> wants_columns(const CsvTable& table, std::initializer_list<std::string_view> columns) {
  for (const std::string_view column : columns) {
    if (!table.column(column))
      return Error{Fault::malformed, "wants the column " + std::string(column), table.file + ":1"};
  }
  return {};
}

Result<std::map<AccountKey, Equity>> read_equities(const std::string& path) {
  std::map<AccountKey, Equity> equities;
  std::error_code ec;
  if (!std::filesystem::exists(path, ec)) return equities;
  const std::string text = TRY(read_file(path));
  const CsvTable table = TRY(read_csv(text, path));
  TRY(wants_columns(table, {"venue", "account", "equity_start_usd", "equity_end_usd"}));
  for (const CsvRecord& row : table.rows) {
    Equity& e = equities[{std::string(table.field(row, "venue")),
                          std::string(table.field(row, "account"))}];
    e.start = TRY(number(table, row, "equity_start_usd"));
    e.end = TRY(number(table, row, "equity_end_usd"));
  }
  return equities;
}

struct Row {
  Instant at;
  std::string symbol;
  levels::HeldPosition held;
  double mark = 0;

  double profit() const {
    return (held.side == PositionSide::long_side ? 1 : -1) * held.coins * (mark - held.entry);
  }
  bool same(const Row& o) const {
    return held.side == o.held.side && std::abs(held.coins - o.held.coins) < 1e-9 * held.coins &&
           std::abs(held.entry - o.held.entry) < 1e-9 * held.entry;
  }
};

// The rows of one cross account in time order, some instants without any.
void give_wallets(std::vector<Row>& rows, const Equity& equity,
                  const std::vector<Instant>& instants) {
  std::map<Instant, Row*> by_time;
  for (Row& row : rows) {
    if (by_time.contains(row.at)) return;  // two contracts on one wallet: left without
    by_time[row.at] = &row;
  }
  const auto at = [&](Instant t) { return by_time.contains(t) ? by_time[t] : nullptr; };
  std::vector<size_t> changes(instants.size(), 0);
  for (size_t i = 1; i < instants.size(); ++i) {
    const Row *before = at(instants[i - 1]), *now = at(instants[i]);
    changes[i] = changes[i - 1] +
                 ((before == nullptr) != (now == nullptr) || (before && !before->same(*now)));
  }
  const Row *first = at(instants.front()), *last = at(instants.back());
  const double start = equity.start - (first ? first->profit() : 0),
               end = equity.end - (last ? last->profit() : 0);
  for (size_t i = 0; i < instants.size(); ++i) {
    const double share = changes.back() > 0
                             ? static_cast<double>(changes[i]) / static_cast<double>(changes.back())
                             : 0;
    if (Row* row = at(instants[i])) row->held.wallet = start + share * (end - start);
  }
}

}  // namespace

const Rulebook* rulebook_of(const rulebooks::RulebookShelf& shelf, const std::string& venue,
                            const std::string& symbol, const std::string& date) {
  return shelf.newest(venue, symbol, date);
}

Result<LevelTruth> read_level_truth(const std::string& path, const rulebooks::RulebookShelf& shelf,
                                    const std::string& rulebooks_of) {
  constexpr std::string_view suffix = ".positions.csv";
  std::map<AccountKey, Equity> equities;
  if (path.ends_with(suffix))
    equities = TRY(read_equities(path.substr(0, path.size() - suffix.size()) + ".accounts.csv"));
  const std::string text = TRY(read_file(path));
  const CsvTable table = TRY(read_csv(text, path));
  TRY(wants_columns(table, {"at", "venue", "account", "kind", "symbol", "side", "mode", "coins",
                            "entry", "leverage", "mark"}));
  LevelTruth truth;
  std::vector<Instant> instants;
  std::map<AccountKey, std::vector<Row>> crowd;
  std::map<std::array<std::string, 4>, Instant>
      told;  // the last moment of a run may be written twice
  for (const CsvRecord& record : table.rows) {
    const std::string venue(table.field(record, "venue")), symbol(table.field(record, "symbol"));
    const std::string_view kind = table.field(record, "kind"), side = table.field(record, "side");
    const Rulebook* rules = rulebook_of(shelf, venue, symbol, rulebooks_of);
    auto at = Instant::parse(table.field(record, "at"));
    if (!at.has_value()) return std::move(at.error()).at(table.place(record));
    if (instants.empty() || instants.back() < at.value())
      instants.push_back(at.value());
    else if (at.value() < instants.back())
      return Error{Fault::malformed, "is older than the row before", table.place(record)};
    if (!rules || (rules->contract && rules->contract->kind == InstrumentKind::option)) continue;
    if (side != "long" && side != "short")
      return Error{Fault::malformed, "wants long or short", table.place(record)};
    Row row{.at = at.value(), .symbol = symbol, .held = {}};
    row.held.side = side == "long" ? PositionSide::long_side : PositionSide::short_side;
    row.held.mode =
        table.field(record, "mode") == "isolated" ? MarginMode::isolated : MarginMode::cross;
    row.held.coins = TRY(number(table, record, "coins"));
    row.held.entry = TRY(number(table, record, "entry"));
    row.held.leverage = TRY(number(table, record, "leverage"));
    row.mark = TRY(number(table, record, "mark"));
    if (!(row.held.coins > 0)) continue;
    const std::string account(table.field(record, "account"));
    const auto [seen, fresh] =
        told.try_emplace({venue, account, symbol, std::string(side)}, row.at);
    if (!fresh && seen->second == row.at) continue;
    seen->second = row.at;
    levels::TrueMoment& moment = truth[venue + " " + symbol][row.at];
    moment.mark = row.mark;
    if (kind == "isolated" || kind == "cross")
      crowd[{venue, account}].push_back(row);
    else
      (row.held.side == PositionSide::long_side ? moment.hedged_long : moment.hedged_short) +=
          row.held.coins;
  }
  margin::Rulebooks books;
  std::map<std::string, margin::BookId> ids;
  for (auto& [account, rows] : crowd) {
    if (const auto found = equities.find(account); found != equities.end())
      give_wallets(rows, found->second, instants);
    for (const Row& row : rows) {
      const std::string name = account.first + " " + row.symbol;
      if (!ids.contains(name))
        ids[name] = TRY(books.add(*rulebook_of(shelf, account.first, row.symbol, rulebooks_of)));
      levels::TrueMoment& moment = truth[name][row.at];
      if (row.held.mode == MarginMode::cross && !row.held.wallet) {
        moment.without_wallet += row.held.coins;
        continue;
      }
      auto level = levels::true_level(row.held, books[ids[name]]);
      if (!level.has_value())
        return std::move(level.error()).at(path + ": account " + account.second);
      moment.levels.push_back(level.value());
    }
  }
  return truth;
}

}  // namespace delever::reports
