#include "reports/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/file.h"
#include "base/text.h"
#include "reports/feed.h"
#include "reports/inputs.h"

namespace delever::reports {
namespace {

constexpr Duration kOneDay = Duration::days(1);
constexpr Duration kWindow = Duration::days(7);  // in which a second wave counts

constexpr Duration kClaimApart = Duration::days(3);  // a claim of the flush names a day this near

constexpr Duration kForEver = Duration::days(36500);  // no time was asked about

std::string percent(double fraction) { return fmt::format("{:+.1f} %", fraction * 100); }

// Which definitions the day meets, and how near the others are.
std::string event_words(const verdict::FlushDay& day, const verdict::EventRules& rules) {
  std::string out = day.is_flush() ? "a flush day by " + day.why()
                                   : std::string("not a flush day by what is on file");
  out += ": ";
  out += day.log_return ? "price " + percent(std::expm1(*day.log_return)) : "price change unknown";
  if (day.log_return && !day.volatility)
    out += fmt::format(" (too few closes before it for a deviation, {} are needed)",
                       rules.rows_min + 1);
  out += ", open interest in coins ";
  out += day.interest_change.value ? percent(std::expm1(*day.interest_change.value)) : "unknown";
  out += ", longs liquidated ";
  out += day.long_usd.value ? fmt::format("${:.1f} M", *day.long_usd.value * 1e-6) : "unknown";
  if (day.size_ln) out += fmt::format(" ({:.1f} times the year's median)", std::exp(*day.size_ln));
  return out;
}

// The latest flush day of the 7 to `last`, else `last` itself.
verdict::FlushDay to_judge(const verdict::DayPath& path, Instant last) {
  for (Instant day = last; last - day < kWindow; day = day - kOneDay) {
    const auto found = path.day(day);
    if (found && found->is_flush()) return *found;
  }
  return *path.day(last);
}

std::vector<verdict::FlushDay> known_before(const DayBook& book, Instant day) {
  std::vector<verdict::FlushDay> out;
  for (const verdict::FlushDay& one : book.flush_days) {
    if (one.day < day) out.push_back(one);
  }
  return out;
}

void put_track(DayVerdict& out, const std::vector<verdict::FlushDay>& past,
               const verdict::Setup& setup) {
  std::vector<verdict::FlushDay> over;
  for (const verdict::FlushDay& one : past) {
    if (one.due() <= out.judged.day.day) over.push_back(one);
  }
  const auto record = verdict::make_record(over, setup.verdict);
  out.standing = {record.lately, record.switched_off, record.standing};
  for (const verdict::Record::Pool& pool : record.pools) {
    if ((pool.name == "BTC, ETH") == out.judged.carried_over) continue;
    out.score = pool.score;
    for (const verdict::AnswerCount& count : pool.answers) {
      if (out.judged.probability && count.answer == out.judged.answer && count.asset.empty())
        out.such_answers = count;
    }
  }
  if (!out.price_risk) return;
  for (const verdict::Bin& bin : record.price_bins) {
    if (*out.price_risk >= bin.from && *out.price_risk < bin.to) out.price_bin = bin;
  }
}

// The day that a time asks about, and until when a record may know things about it. A date, or the
// last second of a day, means that day at its close; any other time the last day that is over.
struct Asked {
  Instant until;
  bool whole_day = false;
};
Asked asked_of(const std::string& text, Instant at) {
  const Instant next = at.start_of_day() + kOneDay;
  if (text.size() == 10 || next - at <= Duration::seconds(1)) return {next, true};
  return {at, false};
}

Result<std::vector<gauges::ClaimCheck>> read_stated(const std::string& path,
                                                    const gauges::ClaimRules& rules, Instant at) {
  const std::string text = TRY(read_file(path));
  const auto claims = TRY(gauges::read_claims(text, path));
  std::vector<gauges::Knowledge> known;  // only what is stated is asked of them
  for (const Instant time : gauges::claim_times(claims, at)) known.push_back({time, {}, {}, {}});
  return gauges::check_claims(claims, rules, known, at);
}

Result<Instant> end_of(const VerdictOptions& options, bool& whole_day, Context& context) {
  if (options.at.empty()) {
    if (!options.from.tapes.empty()) return last_time(options.from.tapes);
    std::error_code ec;
    if (options.from.data.size() == 1 && !options.from.data[0].ends_with(".csv") &&
        !options.from.data[0].ends_with(".gz")) {
      const Episode episode = TRY(load_episode(options.from.data[0]));
      return episode.at;
    }
    return Instant::max() - Duration::days(30);  // all that the tables hold
  }
  const Asked asked = asked_of(options.at, TRY(parse_at(options.at, "--at", context)));
  whole_day = asked.whole_day;
  return asked.until;
}

}  // namespace

std::optional<DayVerdict> day_verdict(const DayBook& book, const verdict::Setup& setup,
                                      const std::string& asset, Instant at) {
  DayVerdict out{.asset = asset, .at = at, .rules = setup.verdict.file};
  verdict::FlushDay day;
  const auto days = book.days.find(asset);
  if (days != book.days.end() && !days->second.empty()) {
    const verdict::DayPath path(days->second, setup.event);
    const Instant wanted = at.start_of_day() - kOneDay;
    const Instant last = std::min(*path.last(), wanted);
    if (!path.day(last)) return std::nullopt;
    // No day that was asked about is answered by one of another week.
    const bool of_a_day = wanted - last < kForEver;
    if (of_a_day && wanted - last >= kWindow) return std::nullopt;
    day = to_judge(path, last);
    if (day.day != last) out.asked = last;
    if (of_a_day && last < wanted)
      out.event = fmt::format("nothing is on file of {}, and this speaks of the last day that is; ",
                              wanted.date());
  } else {  // a record alone: its latest day
    const verdict::FlushDay* latest = nullptr;
    for (const verdict::FlushDay& one : book.flush_days) {
      if (one.asset == asset && one.day + kOneDay <= at) latest = &one;
    }
    if (!latest) return std::nullopt;
    day = *latest;
    const Instant last = at.start_of_day() - kOneDay;
    if (day.day != last && last - day.day < kForEver) out.asked = last;
  }
  day.asset = asset;
  const std::vector<verdict::FlushDay> past = known_before(book, day.day);
  out.judged = verdict::judge_day(day, past, setup.verdict);
  out.event += event_words(day, setup.event);
  out.flush_days = past.size();
  if (day.volatility && *day.volatility > 0) out.price_risk = verdict::price_risk(*day.volatility);
  put_track(out, past, setup);
  out.unweighted = setup.unweighted;
  return out;
}

void suppose_claims(DayVerdict& verdict, const DayBook& book, const verdict::Setup& setup,
                    const std::vector<gauges::ClaimCheck>& claims,
                    const gauges::ClaimRules& claim_rules) {
  const verdict::FlushDay& day = verdict.judged.day;
  const std::vector<verdict::FlushDay> past = known_before(book, day.day);
  for (const gauges::ClaimCheck& check : claims) {
    const gauges::Claim& claim = check.claim;
    const gauges::Metric* metric = claim_rules.find(claim);
    const auto window = gauges::read_window(claim.window);
    if (!metric || claim.asset != verdict.asset || !window.has_value()) continue;
    if (claim_rules.asks_for_more(claim, *metric)) continue;  // "predicted funding", its mean
    const Duration apart = window.value().day - day.day;
    if (apart > kClaimApart || Duration() - apart > kClaimApart) continue;  // of another time
    SupposedVerdict one;
    one.claim = fmt::format("{}: {}, {} {}, {}", claim.id, claim.metric, claim.value_text,
                            claim.unit, claim.stated_by);
    if (metric->id == "funding_annual" || metric->id == "funding_rate") {
      const double annual = metric->id == "funding_rate" ? check.stated * 3 * 365 : check.stated;
      one.judged = verdict::suppose(day, {.funding = annual}, past, setup.verdict);
      if (!one.judged)
        one.note = day.funding_change.value
                       ? "no weights to reckon with"
                       : "funding of the 7 days before is missing, so a level says nothing of its "
                         "change";
    } else if (metric->id == "open_interest" || metric->id == "open_interest_usd") {
      one.note = "a level says nothing of the change over the day, which is what decides";
      if (!verdict.judged.would_be.empty())
        one.note += fmt::format("; were open interest unchanged or up, P would be {:.2f} or more",
                                verdict.judged.would_be.back().probability);
    } else {
      continue;
    }
    verdict.supposed.push_back(std::move(one));
  }
}

Result<VerdictReport> verdict_report(const VerdictOptions& options, Context& context) {
  const verdict::Setup setup = TRY(load_verdict_rules(options.rules));
  VerdictOptions asked = options;
  if (asked.from.tapes.empty() && asked.from.data.empty())
    asked.from.data = {find_shipped("episodes/2026-01-30")};
  bool whole_day = false;
  const Instant until = TRY(end_of(asked, whole_day, context));
  const DayBook book = TRY(load_day_book(asked.from, until, setup, context));
  std::string claims_path = asked.claims;
  std::vector<std::string> assets;
  for (const std::string& asset : asked.from.assets) assets.push_back(coin_named(asset));
  if (assets.empty()) {
    for (const auto& entry : book.days) assets.push_back(entry.first);
    for (const verdict::FlushDay& day : book.flush_days) assets.push_back(day.asset);
    std::sort(assets.begin(), assets.end());
    assets.erase(std::unique(assets.begin(), assets.end()), assets.end());
  }
  VerdictReport report{.inputs = book.inputs};
  std::vector<std::string> without;
  for (const std::string& asset : assets) {
    auto one = day_verdict(book, setup, asset, until);
    const bool bare = one && !one->judged.day.close && !one->judged.day.interest_change.value &&
                      !one->judged.day.long_usd.value && !one->judged.day.funding.value &&
                      !one->judged.day.is_flush();
    if (!one || bare) {
      without.push_back(asset);
      continue;
    }
    report.verdicts.push_back(std::move(*one));
  }
  if (report.verdicts.empty()) {
    const std::string when =
        asked.at.empty() ? "" : " on the day before " + until.text() + " or near it";
    const std::string of = without.empty() ? "" : fmt::format(" of {}", fmt::join(without, ", "));
    return Error{Fault::no_evidence, fmt::format("holds nothing{}{}", of, when),
                 book.inputs.empty() ? "verdict" : book.inputs.front()};
  }
  if (claims_path.empty() && asked.from.data.size() == 1 && asked.from.tapes.empty()) {
    if (const auto episode = load_episode(asked.from.data[0]); episode.has_value())
      claims_path = episode.value().claims_path;
  }
  if (!claims_path.empty()) {
    const Config definitions = TRY(Config::load(find_shipped(asked.claim_rules)));
    const auto claim_rules = TRY(gauges::ClaimRules::load(definitions, asked.claim_rules));
    const auto claims = TRY(read_stated(claims_path, claim_rules, until));
    for (DayVerdict& one : report.verdicts) suppose_claims(one, book, setup, claims, claim_rules);
  }
  return report;
}

Result<RecordReport> record_report(const VerdictOptions& options, Context& context) {
  if (options.from.tapes.empty() && options.from.data.empty())
    return Error{Fault::malformed, "wants --tape or tables to read the record from", "--record"};
  const verdict::Setup setup = TRY(load_verdict_rules(options.rules));
  bool whole_day = false;
  const Instant until = TRY(end_of(options, whole_day, context));
  const DayBook book = TRY(load_day_book(options.from, until, setup, context));
  if (book.flush_days.empty())
    return Error{Fault::no_evidence, "holds no flush day", book.inputs.front()};
  RecordReport report{.inputs = book.inputs,
                      .tried = setup.tried,
                      .unweighted = setup.unweighted,
                      .rules = options.rules};
  report.record = verdict::make_record(book.flush_days, setup.verdict);
  const Instant last = book.flush_days.back().day;
  report.until = std::min(until, last + Duration::days(30));
  for (const char* coin : {"BTC", ""}) {
    for (const bool funding : {true, false}) {
      verdict::FlushDay tomorrow;
      tomorrow.asset = coin;
      tomorrow.day = last + Duration::days(8);
      tomorrow.interest_change.value = tomorrow.own_interest_change.value = 0;
      if (funding) tomorrow.funding_change.value = tomorrow.own_funding_change.value = 0;
      report.next.push_back(verdict::judge_day(tomorrow, book.flush_days, setup.verdict));
    }
  }
  return report;
}

}  // namespace delever::reports
