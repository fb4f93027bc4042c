// delever alerts: what rules would have said over a tape, printed and sent where they would be
// sent.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "alerts/alert_book.h"
#include "alerts/notify.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/alert_options.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "feeds/replay.h"
#include "net/loop.h"
#include "reports/feed.h"
#include "reports/inputs.h"
#include "reports/readings.h"
#include "reports/survey.h"
#include "reports/verdict.h"
#include "tape/inspect.h"
#include "verdict/judge.h"

namespace delever::cli {

using namespace reports;

Result<std::vector<alerts::Rule>> load_alert_rules(const std::string& path) {
  const std::string text = TRY(read_file(find_shipped(path)));
  return alerts::read_rules(text, path);
}

Result<alerts::Targets> alert_targets(const AlertArguments& a) {
  alerts::Targets targets{.webhook = a.webhook, .secret = {}, .alertmanager = a.alertmanager};
  if (a.secret_file.empty()) return targets;
  const std::string text = TRY(read_file(a.secret_file));
  targets.secret = std::string(trimmed(text));
  if (targets.secret.size() < 16)
    return Error{Fault::usage, "wants 16 characters or more", "--secret-file"};
  return targets;
}

void add_alert_targets(Verb* verb, AlertArguments& a) {
  verb->add_option("--webhook", a.webhook, "address that alerts are posted to, as JSON");
  verb->add_option("--secret-file", a.secret_file, "file with the secret that signs the webhook")
      ->reads();
  verb->add_option("--alertmanager", a.alertmanager,
                   "address of an Alertmanager, as http://127.0.0.1:9093");
}

std::string alert_text(const alerts::Alert& a) {
  return fmt::format("{}  {:<7} {}{}: {}\n", a.at.text(), a.firing ? "firing" : "over", a.name,
                     a.asset.empty() ? "" : " " + a.asset, a.text);
}

namespace {

struct TestArguments {
  AlertArguments to;
  std::string rules, from, until, step = "1m";
  std::vector<std::string> tapes;
};

// Only what the rules ask for is read of each time, and nothing is kept of it.
Result<void> sample(const TestArguments& a, const std::string& asset,
                    const std::vector<alerts::Rule>& rules, Context& context,
                    const ReadingsSink& each) {
  GaugesOptions options{.tapes = a.tapes, .only = {}, .asset = asset};
  std::set<std::string> names;
  for (const alerts::Rule& rule : rules) {
    if (rule.asset == asset && !rule.reading.empty()) names.insert(rule.reading);
  }
  options.only.assign(names.begin(), names.end());
  options.from = a.from;
  options.to = a.until;
  options.step = a.step;
  return sample_gauges(options, context, each);
}

// The verdict of each day that is over, known an hour after its end.
Result<std::map<Instant, std::string>> verdicts(const TestArguments& a, const std::string& asset,
                                                Instant from, Instant until, Context& context) {
  std::map<Instant, std::string> out;
  for (Instant day = from.start_of_day(); day <= until; day = day + Duration::days(1)) {
    // Vendors and recorders need an hour for a day's figures: asked earlier, the verdict would look
    // ahead.
    const Instant at = day + kDayDelay;
    VerdictOptions options;
    options.from.tapes = a.tapes;
    options.from.assets = {asset};
    options.from.rules = GaugesOptions().rules;
    options.at = at.text();
    const auto report = verdict_report(options, context);
    // A day without evidence has no verdict, and no alert on one.
    if (!report.has_value() && report.error().fault == Fault::no_evidence) continue;
    if (!report.has_value()) return report.error();
    if (!report.value().verdicts.empty())
      out[at] = std::string(verdict::answer_name(report.value().verdicts.front().judged.answer));
  }
  return out;
}

// A surveyor that hears gaps alone: it measures much more, and an alert asks for nothing of it.
class GapListener final : public feeds::ReplaySink {
 public:
  explicit GapListener(Surveyor& surveyor) : surveyor_(surveyor) {}
  void on_event(const Event& event) override {
    if (std::holds_alternative<Gap>(event.payload)) surveyor_.on_event(event);
  }
  void on_undecoded(const Source&, const codec::RawMessage&, const Error&) override {}

 private:
  Surveyor& surveyor_;
};

Result<std::vector<GapSeen>> gaps_of(const std::vector<std::string>& tapes) {
  const auto replay = TRY(feeds::Replay::open(tapes, {}));
  Surveyor surveyor(replay->instruments(), replay->sources(), {});
  GapListener listener(surveyor);
  TRY(replay->run(listener));
  return surveyor.survey({}).gaps;
}

// The tapes' first and last message.
struct TapeTimes {
  std::optional<Instant> first, last;
};
Result<TapeTimes> times_of(const std::vector<std::string>& tapes) {
  TapeTimes times;
  for (const std::string& path : tapes) {
    const tape::TapeInfo info = TRY(tape::tape_info(path));
    if (info.first) times.first = std::min(times.first.value_or(*info.first), *info.first);
    if (info.last) times.last = std::max(times.last.value_or(*info.last), *info.last);
  }
  return times;
}

Result<std::vector<alerts::Alert>> played(const TestArguments& a, alerts::AlertBook& book,
                                          Context& context) {
  const auto wants = [&](alerts::Kind kind) {
    return std::any_of(book.rules().begin(), book.rules().end(),
                       [&](const alerts::Rule& r) { return r.kind == kind; });
  };
  std::vector<GapSeen> gaps;
  if (wants(alerts::Kind::gap)) gaps = TRY(gaps_of(a.tapes));
  std::set<std::string> assets;
  for (const alerts::Rule& rule : book.rules()) assets.insert(rule.asset);
  const Instant until = TRY(time_or_last(a.until, "--to", a.tapes, context));
  const Instant from = a.from.empty() ? until : TRY(parse_at(a.from, "--from", context));
  // Days that the tapes do not reach have no verdict, however wide the question is.
  const TapeTimes times = TRY(times_of(a.tapes));
  const Instant first_day = std::max(from, times.first.value_or(from).start_of_day());
  const Instant last_day = std::min(until, times.last.value_or(until) + Duration::days(2));
  std::vector<alerts::Alert> out;
  const std::vector<GapSeen>* of_all = &gaps;  // gaps are of no coin: they go with the first
  for (const std::string& asset : assets) {
    std::map<Instant, std::string> answers;
    if (wants(alerts::Kind::verdict))
      answers = TRY(verdicts(a, asset, first_day, last_day, context));
    TRY(sample(a, asset, book.rules(), context,
               [&](Instant at, const std::vector<gauges::Reading>& readings) {
                 alerts::Moment moment{
                     .asset = asset, .at = at, .readings = &readings, .verdict = {}};
                 // The last verdict that was known at that moment.
                 const auto after = answers.upper_bound(at);
                 if (after != answers.begin()) moment.verdict = std::prev(after)->second;
                 moment.gaps = of_all;
                 for (alerts::Alert& one : book.hear(moment)) out.push_back(std::move(one));
               }));
    of_all = nullptr;
  }
  // Coin by coin so far; who reads them, or is sent them, wants the order of time.
  std::stable_sort(out.begin(), out.end(),
                   [](const alerts::Alert& x, const alerts::Alert& y) { return x.at < y.at; });
  return out;
}

Result<void> run_test(Session& session, TestArguments a) {
  alerts::AlertBook book(TRY(load_alert_rules(a.rules)));
  if (const TapeTimes times = TRY(times_of(a.tapes)); a.from.empty() && times.first)
    a.from = times.first->text();
  // Who is to be told is read before anything is written: a slip there costs no answer.
  const alerts::Targets targets = TRY(alert_targets(a.to));
  net::Loop loop(*session.io.clock);
  std::optional<std::string> failure;
  std::unique_ptr<alerts::Notifier> notifier;
  if (!targets.webhook.empty() || !targets.alertmanager.empty())
    notifier =
        TRY(alerts::Notifier::make(loop, targets, [&](const std::string& why) { failure = why; }));
  const std::vector<alerts::Alert> found = TRY(played(a, book, session.context));
  std::string text;
  for (const alerts::Alert& one : found)
    text += session.format == "json" ? alerts::alert_json(one) + "\n" : for_people(alert_text(one));
  if (found.empty() && session.format == "text") text = "no alert\n";
  TRY(write_output(session, session.out, text));
  // Silence of a rule that has a slip in it reads as peace.
  for (const std::string& sentence : book.deaf())
    write(session.io.err, "delever: " + sentence + "\n");
  if (!notifier) return {};
  for (const alerts::Alert& one : found) notifier->send({one});
  // Printed first and sent then: a receiver that fails takes nothing from the answer on the screen.
  while (notifier->under_way() > 0) loop.run_for(Duration::ms(20));
  if (failure) return Error{Fault::unavailable, *failure, "alerts"};
  return {};
}

}  // namespace

void add_alerts(Verb& app, Session& session) {
  Verb* group = app.add_subcommand("alerts", "rules on readings that wake somebody");
  group->require_subcommand(1);
  auto a = std::make_shared<TestArguments>();
  Verb* verb =
      group->add_subcommand("test", "what rules would have said over a tape, minute by minute");
  verb->add_option("rules", a->rules, "file of rules (docs/alerts.md)")->required()->reads();
  verb->add_option("--tape", a->tapes, "tape to play; may be given several times")
      ->required()
      ->reads();
  verb->add_option("--from", a->from, "first time, UTC (default: the tape's first)");
  verb->add_option("--to", a->until, "last time, UTC (default: the tape's last message)");
  verb->add_option("--step", a->step, "between two looks")->capture_default_str();
  add_alert_targets(verb, a->to);
  add_output(verb, session);
  add_format(verb, session, {"text", "json"});
  verb->callback(
      [&session, a] { session.action = [&session, a] { return run_test(session, *a); }; });
}

}  // namespace delever::cli
