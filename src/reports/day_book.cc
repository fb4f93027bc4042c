#include "reports/day_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>

#include "base/csv.h"
#include "base/text.h"
#include "feeds/bytes.h"
#include "gauges/gauges.h"
#include "reports/feed.h"
#include "reports/inputs.h"
#include "reports/memory_feed.h"
#include "verdict/table.h"

namespace delever::reports {
namespace {

// Passes events on to gauges that are told nothing else.
class Fan final : public EventSink {
 public:
  explicit Fan(std::vector<std::unique_ptr<gauges::Gauges>>& gauges) : gauges_(gauges) {}
  void on_event(const Event& event) override {
    for (auto& one : gauges_) one->on_event(event);
  }

 private:
  std::vector<std::unique_ptr<gauges::Gauges>>& gauges_;
};

// The coins that a vendor publishes liquidations of.
class CoinScout final : public EventSink {
 public:
  explicit CoinScout(const Instruments& instruments) : instruments_(instruments) {}
  void on_event(const Event& event) override {
    if (std::holds_alternative<LiquidationTotal>(event.payload))
      coins.insert(upper(instruments_[event.instrument].base));
  }
  std::set<std::string> coins;

 private:
  const Instruments& instruments_;
};

Result<DayBook> from_feed(EventFeed& feed, const std::set<std::string>& assets, Instant until,
                          const gauges::Rules& rules, const verdict::EventRules& event) {
  std::vector<std::unique_ptr<gauges::Gauges>> gauges;
  for (const std::string& asset : assets)
    gauges.push_back(
        std::make_unique<gauges::Gauges>(asset, rules, feed.instruments(), feed.sources()));
  Fan fan(gauges);
  std::vector<const gauges::Gauges*> watched;
  for (const auto& one : gauges) watched.push_back(one.get());
  gauges::DayRecorder recorder(std::move(watched), {kDayDelay, until}, fan);
  if (auto ran = feed.run(recorder); !ran.has_value()) return std::move(ran.error());
  return book_of_days(recorder.finish(), until, event);
}

// What came is not known before it is over.
void forget_outcomes(std::vector<verdict::FlushDay>& days, Instant until) {
  std::erase_if(days, [&](const auto& day) { return day.day + Duration::days(1) > until; });
  for (verdict::FlushDay& day : days) {
    if (day.due() <= until) continue;
    day.wave.reset();
    day.lower.reset();
    day.lowest.reset();
  }
}

Result<DayBook> from_tables(const std::vector<std::string>& paths, Instant until,
                            const verdict::EventRules& event) {
  std::vector<gauges::DayFigures> days;
  std::vector<verdict::FlushDay> flush_days;
  for (const std::string& path : paths) {
    const std::string text = TRY(feeds::read_text(path, uint64_t{1} << 28));
    const CsvTable table = TRY(read_csv(text, path));
    if (verdict::is_flush_table(table)) {
      for (auto& day : TRY(verdict::read_flush_days(table))) flush_days.push_back(std::move(day));
    } else if (verdict::is_day_table(table)) {
      for (auto& day : TRY(verdict::read_days(table))) days.push_back(std::move(day));
    } else {
      return Error{Fault::malformed,
                   "has neither the columns of a record (symbol, date, oi_coins_logchange_1d, "
                   "second_wave_half_7d) nor those of a series of days (symbol, date, close)",
                   path};
    }
  }
  for (auto& day : days) day.asset = coin_named(day.asset);
  for (auto& day : flush_days) day.asset = coin_named(day.asset);
  std::erase_if(days, [&](const auto& day) { return day.day + Duration::days(1) > until; });
  DayBook book = book_of_days(std::move(days), until, event);
  forget_outcomes(flush_days, until);
  for (auto& day : flush_days) book.flush_days.push_back(std::move(day));
  std::stable_sort(book.flush_days.begin(), book.flush_days.end(), verdict::before);
  const auto twice =
      std::adjacent_find(book.flush_days.begin(), book.flush_days.end(),
                         [](const auto& a, const auto& b) { return !verdict::before(a, b); });
  if (twice != book.flush_days.end())
    return Error{Fault::malformed,
                 fmt::format("{} {} is in two of the tables", twice->asset, twice->day.date()),
                 paths.back()};
  return book;
}

}  // namespace

Result<verdict::Setup> load_verdict_rules(const std::string& path) {
  const Config config = TRY(Config::load(find_shipped(path)));
  return verdict::Setup::load(config, path);
}

DayBook book_of_days(std::vector<gauges::DayFigures> days, Instant until,
                     const verdict::EventRules& rules) {
  DayBook book;
  book.until = until;
  book.days = verdict::by_asset(std::move(days));
  for (const auto& [asset, list] : book.days) {
    const verdict::DayPath path(list, rules);
    for (auto& day : path.flush_days()) book.flush_days.push_back(std::move(day));
  }
  std::sort(book.flush_days.begin(), book.flush_days.end(), verdict::before);
  return book;
}

Result<DayBook> load_day_book(const DayBookOptions& options, Instant until,
                              const verdict::Setup& setup, Context& context) {
  std::set<std::string> assets(setup.verdict.fitted_coins.begin(),
                               setup.verdict.fitted_coins.end());
  for (const std::string& asset : options.assets) assets.insert(coin_named(asset));
  const Instant to = until + kDayDelay;
  const auto rules = [&]() -> Result<gauges::Rules> {
    const std::string text = TRY(read_file(find_shipped(options.rules)));
    return gauges::Rules::load(text, options.rules);
  };
  DayBook book;
  std::error_code ec;
  if (!options.tapes.empty()) {
    const gauges::Rules dated = TRY(rules());
    const GaugeQuestion question{options.tapes, to, dated};
    if (options.assets.empty()) {
      const auto scouted = TRY(open_for_gauges(question, context));
      CoinScout scout(scouted->instruments());
      if (auto ran = scouted->run(scout); !ran.has_value()) return std::move(ran.error());
      assets.merge(scout.coins);
    }
    const auto feed = TRY(open_for_gauges(question, context));
    book = TRY(from_feed(*feed, assets, until, dated, setup.event));
    book.inputs = options.tapes;
  } else if (options.data.size() == 1 && std::filesystem::is_directory(options.data[0], ec)) {
    const Episode episode = TRY(load_episode(options.data[0]));
    const auto feed = TRY(open_episode(episode, to));
    assets.insert(episode.asset);
    const gauges::Rules dated = TRY(rules());
    book = TRY(from_feed(*feed, assets, until, dated, setup.event));
    book.inputs = options.data;
  } else {
    book = TRY(from_tables(options.data, until, setup.event));
    book.inputs = options.data;
  }
  return book;
}

}  // namespace delever::reports
