#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "conform/conform.h"
#include "conform/explain.h"
#include "reports/inputs.h"

namespace delever::cli {

using namespace reports;

namespace {

struct MarginArguments {
  std::string venue, symbol, as_of, side = "long", mode = "isolated", entry, qty, leverage = "1",
                                    wallet, mark, fee;
  std::string rulebooks = "rulebooks";
  std::vector<std::string> also;
};

// A day, or the month or year that it is in; a time of day is as good.
Result<void> read_as_of(const std::string& text) {
  std::string day = text.substr(0, 10);
  if (day.size() == 4) day += "-01-01";
  if (day.size() == 7) day += "-01";
  TRY(Instant::parse(day));
  return {};
}

Result<void> run_margin(Session& session, const MarginArguments& a) {
  conform::MarginQuestion question;
  question.venue = lower(a.venue);
  question.symbol = a.symbol;
  if (!a.as_of.empty() && a.as_of != "undated") TRY(of_option(read_as_of(a.as_of), "--as-of"));
  question.as_of = a.as_of.substr(0, 10);
  question.side = a.side == "long" ? PositionSide::long_side : PositionSide::short_side;
  question.mode = a.mode == "isolated" ? MarginMode::isolated : MarginMode::cross;
  question.entry = TRY(of_option(Price::parse(a.entry), "--entry"));
  question.qty = TRY(of_option(Qty::parse(a.qty), "--qty"));
  question.leverage = TRY(of_option(Leverage::parse(a.leverage), "--leverage"));
  for (const auto& [option, right] : {std::pair{"--entry", question.entry.raw() > 0},
                                      std::pair{"--qty", question.qty.raw() > 0}}) {
    if (!right) return Error{Fault::usage, "must be positive", option};
  }
  if (question.leverage.raw() < Leverage::scale)
    return Error{Fault::usage, "is at least 1", "--leverage"};
  if (question.mode == MarginMode::cross && a.wallet.empty())
    return Error{Fault::usage, "cross margin needs it", "--wallet"};
  if (!a.wallet.empty()) question.wallet = TRY(of_option(Amount::parse(a.wallet), "--wallet"));
  if (!a.mark.empty()) question.mark = TRY(of_option(Price::parse(a.mark), "--mark"));
  if (!a.fee.empty())
    question.liquidation_fee = TRY(of_option(Rate::parse(a.fee), "--liquidation-fee"));
  for (const std::string& other : a.also)
    question.others.push_back(TRY(of_option(conform::read_other_position(other), "--also")));
  const rulebooks::RulebookShelf shelf =
      TRY(rulebooks::RulebookShelf::load(find_shipped(a.rulebooks)));
  const conform::Explanation explanation = TRY(conform::explain(question, shelf));
  return write_output(session, "",
                      session.format == "json" ? conform::explain_json(explanation) + "\n"
                                               : for_people(conform::explain_text(explanation)));
}

Result<void> run_conform(Session& session, const std::string& file, const std::string& rulebooks) {
  const std::string csv = TRY(read_file(file));
  const rulebooks::RulebookShelf shelf =
      TRY(rulebooks::RulebookShelf::load(find_shipped(rulebooks)));
  const auto folder = std::filesystem::path(file).parent_path();
  const conform::LadderReader ladders =
      [&](std::string_view relative) -> std::optional<std::string> {
    auto text = read_file((folder / relative).string());
    if (!text.has_value()) return std::nullopt;
    return std::move(text).value();
  };
  const conform::ConformReport report = TRY(conform::conform(csv, file, shelf, ladders));
  write(session.io.out, session.format == "json" ? conform::conform_json(report) + "\n"
                                                 : conform::conform_text(report));
  if (report.total.fail > 0)
    return Error{Fault::refused,
                 fmt::format("{} of {} rows fail", report.total.fail, report.rows.size()), file};
  return {};
}

}  // namespace

void add_margin(Verb& app, Session& session) {
  auto a = std::make_shared<MarginArguments>();
  Verb* verb = app.add_subcommand(
      "margin", "a position's margins, liquidation and bankruptcy price, step by step");
  verb->add_option("--venue", a->venue, "binance, bybit, okx, deribit, hyperliquid, dydx")
      ->required();
  verb->add_option("--symbol", a->symbol,
                   "BTCUSDT; in any case, or as ccxt writes it: BTC/USDT:USDT")
      ->required();
  verb->add_option("--side", a->side, "of the position")
      ->one_of({"long", "short"})
      ->capture_default_str();
  verb->add_option("--entry", a->entry, "entry price")->required();
  verb->add_option("--qty", a->qty, "size in the venue's unit")->required();
  verb->add_option("--leverage", a->leverage, "chosen leverage")->capture_default_str();
  verb->add_option("--mode", a->mode, "margin mode")
      ->one_of({"isolated", "cross"})
      ->capture_default_str();
  verb->add_option("--wallet", a->wallet,
                   "margin set aside, or the wallet (default: entry value / leverage)");
  verb->add_option("--mark", a->mark, "mark price (default: the entry price)");
  verb->add_option("--liquidation-fee", a->fee, "OKX: the taker fee that counts in the trigger");
  verb->add_option("--also", a->also,
                   "cross: another position of the wallet, as ETHUSDT:short:20@3000@2900 (mark "
                   "last); may be repeated");
  verb->add_option("--as-of", a->as_of,
                   "the newest rulebook at or before this day (default: the latest)");
  verb->add_option("--rulebooks", a->rulebooks, "folder of rulebooks")
      ->capture_default_str()
      ->reads();
  add_format(verb, session, {"text", "json"});
  verb->callback(
      [&session, a] { session.action = [&session, a] { return run_margin(session, *a); }; });
}

void add_conform(Verb& app, Session& session) {
  auto file = std::make_shared<std::string>();
  auto rulebooks = std::make_shared<std::string>("rulebooks");
  Verb* verb = app.add_subcommand(
      "conform", "worked examples of the venues: pass, fail (exit 3) or not covered, counted");
  verb->add_option("file", *file, "CSV of worked examples")->required()->reads();
  verb->add_option("--rulebooks", *rulebooks, "folder of rulebooks")
      ->capture_default_str()
      ->reads();
  add_format(verb, session, {"text", "json"});
  verb->callback([&session, file, rulebooks] {
    session.action = [&session, file, rulebooks] {
      return run_conform(session, *file, *rulebooks);
    };
  });
}

}  // namespace delever::cli
