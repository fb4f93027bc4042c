#include "dashboard/answers.h"

#include <algorithm>
#include <array>

#include "base/file.h"
#include "base/text.h"
#include "gauges/rules.h"
#include "render/brief_render.h"
#include "render/chain_render.h"
#include "render/levels_render.h"
#include "render/series_render.h"
#include "render/stress_render.h"
#include "render/verdict_render.h"
#include "reports/feed.h"
#include "reports/expiry.h"
#include "reports/inputs.h"
#include "reports/levels.h"
#include "reports/readings.h"
#include "reports/stress.h"
#include "reports/verdict.h"
#include "tape/inspect.h"

namespace delever::dashboard {
namespace {

using render::Json;

// Hears what a brief hears, for the charts and for the health of the feeds.
struct Listener final : EventSink {
  Listener(reports::SeriesBuilder& a, reports::Surveyor& b) : series(a), surveyor(b) {}
  void on_event(const Event& event) override {
    series.on_event(event);
    surveyor.on_event(event);
  }
  reports::SeriesBuilder& series;
  reports::Surveyor& surveyor;
};

Result<gauges::Rules> rules_of(const std::string& path) {
  const std::string text = TRY(read_file(reports::find_shipped(path)));
  return gauges::Rules::load(text, path);
}

Json head(const std::string& asset, const std::string& as_of) {
  return {{"asset", asset}, {"as_of", as_of}};
}
Json head(const Frame& frame) { return head(frame.brief.asset, frame.brief.as_of.text()); }

std::string written(const Json& json) { return render::json_line(json) + "\n"; }

// What the tapes cannot tell is an answer, not a failure.
std::string unknown(Json json, const Error& why) {
  json["unknown"] = {{"what", why.what}, {"where", why.where}};
  return written(json);
}

Result<reports::ChainReport> chain_of(const Frame& frame, const std::string& expiry) {
  reports::ChainReport report{.asset = frame.brief.asset,
                              .rules = frame.brief.rules,
                              .at = frame.brief.as_of,
                              .current_for = frame.board_stale_after,
                              .boards = frame.brief.history.boards,
                              .rows = {},
                              .note = frame.brief.remarks};
  std::optional<Instant> only;
  if (!expiry.empty()) only = TRY(reports::of_option(reports::read_expiry(expiry), "expiry"));
  report.rows = reports::chain_rows(report.boards, only);
  if (report.rows.empty())
    return Error{Fault::no_evidence, "no options of " + report.asset + " are known at that time",
                 "chain"};
  return report;
}

// Without a step, or with one that does not parse: the finest of a few spans that gives fewer than
// 3000 bars. Minutes are the finest there are, whatever is asked.
Duration bar_span(const Frame& frame, const std::string& step) {
  if (!step.empty()) {
    const auto asked = Duration::parse(step);
    if (asked.has_value()) return std::max(asked.value(), Duration::minutes(1));
  }
  constexpr std::array<int64_t, 6> minutes{1, 5, 15, 60, 240, 1440};
  constexpr int64_t kBars = 3000;
  const reports::Survey& s = frame.survey;
  const Duration whole = s.first && s.last ? *s.last - *s.first : Duration();
  for (const int64_t m : minutes) {
    if (whole < Duration::minutes(m * kBars)) return Duration::minutes(m);
  }
  return Duration::days(1);
}

// Times of a track that nobody gave a step for: some hundred of them.
Duration track_step(Duration whole) {
  constexpr std::array<int64_t, 10> minutes{1, 5, 10, 15, 30, 60, 120, 240, 720, 1440};
  for (const int64_t m : minutes) {
    if (whole <= Duration::minutes(m * 100)) return Duration::minutes(m);
  }
  return Duration::days(1);
}

Result<std::string> track_of(const Question& q, const Subject& subject, Clock& clock) {
  constexpr int64_t kMost = 5000;  // times: bounds the work of one question
  reports::Context context{.clock = &clock};
  const Instant to = TRY(reports::time_or_last(q.at, "at", subject.tapes, context));
  // The earliest message of all tapes; none of them is read through for it.
  std::optional<Instant> first;
  for (const std::string& path : subject.tapes) {
    const tape::TapeInfo info = TRY(tape::tape_info(path));
    if (info.first && (!first || *info.first < *first)) first = info.first;
  }
  Instant from = q.from.empty() ? first.value_or(to) : TRY(Instant::parse(q.from));
  const Duration step = q.step.empty() ? track_step(to - from) : TRY(Duration::parse(q.step));
  // On whole steps, as people read a clock; the first one that has something before it.
  if (q.from.empty()) from = Instant::ns((from.ns() / step.ns() + 1) * step.ns());
  // A tape shorter than one step still gives one time, its last.
  from = std::min(from, to);
  // Both ends count: 5000 steps are 5001 times.
  if ((to - from).ns() / step.ns() >= kMost)
    return Error{Fault::usage, "gives more than 5000 times", "step"};
  reports::GaugesOptions options{.tapes = subject.tapes,
                                 .only = {},
                                 .asset = q.asset,
                                 .from = from.text(),
                                 .to = to.text(),
                                 .step = step.text()};
  for (const std::string_view name : split(q.only, ',')) {
    if (!name.empty()) options.only.emplace_back(name);
  }
  render::Track track;
  TRY(reports::sample_gauges(
      options, context,
      [&](Instant at, const std::vector<gauges::Reading>& readings) { track.add(at, readings); }));
  Json json = head(q.asset, to.text());
  json["step_s"] = step.in_seconds();
  json.update(track.json());
  return written(json);
}

Result<std::string> levels_of(const Question& q, const Subject& subject, Clock& clock) {
  reports::Context context{.clock = &clock};
  reports::LevelsOptions options{.tapes = subject.tapes, .train = {}, .truth = {}};
  options.asset = q.asset;
  options.at = q.at;
  options.unscored = q.unscored;
  const reports::LevelsReport report = TRY(reports::levels_report(options, context));
  return written(render::levels_json(report));
}

Result<std::string> stress_of(const Question& q, const Subject& subject, Clock& clock) {
  reports::Context context{.clock = &clock};
  reports::StressOptions options{.tapes = subject.tapes};
  options.asset = q.asset;
  options.at = q.at;
  options.unscored = q.unscored;
  const reports::StressReport report = TRY(reports::stress_of(options, context));
  return written(render::stress_json(report));
}

Result<std::string> record_of(const Question& q, const Subject& subject, Clock& clock) {
  reports::Context context{.clock = &clock};
  reports::VerdictOptions options;
  options.from.tapes = subject.tapes;
  options.from.rules = reports::BriefOptions().rules;
  options.at = q.at;
  const reports::RecordReport report = TRY(reports::record_report(options, context));
  return render::record_json(report);
}

}  // namespace

Result<FramePtr> make_frame(const Subject& subject, const std::string& asset, const std::string& at,
                            Clock& clock) {
  reports::Context context{.clock = &clock};
  reports::BriefOptions options{.episode = {}, .tapes = subject.tapes, .claims = subject.claims};
  options.asset = asset;
  options.at = at;
  const gauges::Rules rules = TRY(rules_of(options.rules));
  std::unique_ptr<reports::SeriesBuilder> series;
  std::unique_ptr<reports::Surveyor> surveyor;
  std::unique_ptr<Listener> listener;
  auto frame = std::make_shared<Frame>();
  // The tables of the feed are gone when brief_of returns, so everything is taken before.
  const auto beside = [&](const reports::EventFeed& feed) -> EventSink* {
    series = std::make_unique<reports::SeriesBuilder>(asset, feed.instruments(), rules.coins);
    surveyor = std::make_unique<reports::Surveyor>(feed.instruments(), feed.sources(), rules.coins);
    listener = std::make_unique<Listener>(*series, *surveyor);
    return listener.get();
  };
  const auto heard = [&](const reports::EventFeed& feed) {
    frame->series = series->series();
    frame->survey = surveyor->survey(feed.use());
  };
  frame->brief = TRY(reports::brief_of(options, context, {beside, heard}));
  frame->board_stale_after = rules.options.board_stale_after;
  frame->metrics = metrics_of(frame->brief, frame->survey);
  return FramePtr(std::move(frame));
}

Result<std::string> answer_from(const Question& q, const Frame& frame) {
  const reports::Brief& brief = frame.brief;
  if (q.what == "brief") return render::brief_json(brief);
  if (q.what == "chain") {
    // No options on the tapes is something that the page shows; any other fault is an error.
    auto report = chain_of(frame, q.expiry);
    if (report.has_value()) return render::written_json(render::chain_json(report.value())) + "\n";
    if (report.error().fault == Fault::no_evidence) return unknown(head(frame), report.error());
    return std::move(report.error());
  }
  Json json = head(frame);
  if (q.what == "readings") {
    json["rules"] = brief.rules;
    json["readings"] = render::readings_json(brief);
    json["notes"] = brief.notes;
    json["remarks"] = brief.remarks;
  } else if (q.what == "claims") {
    json["claims"] = render::claims_json(brief);
  } else if (q.what == "verdict") {
    json["verdict"] = brief.verdict ? render::verdict_json(*brief.verdict) : Json();
  } else if (q.what == "pending") {
    json["pending"] = reports::pending_lines(brief);
  } else if (q.what == "series") {
    json.update(render::series_json(frame.series, bar_span(frame, q.step)));
  } else if (q.what == "waves") {
    json["waves"] = render::waves_json(frame.series);
  } else if (q.what == "history") {
    json.update(render::history_json(brief.history));
  } else if (q.what == "gaps") {
    json["gaps"] = render::gaps_json(frame.survey);
  } else {
    // read_question() knows the kinds by a fixed table: no other name comes here.
    CHECK(q.what == "health");
    json["streams"] = render::streams_json(frame.survey, brief.as_of);
    json["gaps"] = frame.survey.gaps.size();
    json["remarks"] = brief.remarks;
    Json assets = Json::array();
    for (const reports::AssetSeen& a : frame.survey.assets)
      assets.push_back({{"asset", a.asset}, {"events", a.events}});
    json["assets"] = std::move(assets);
  }
  return written(json);
}

Result<std::string> answer_alone(const Question& q, const Subject& subject, Clock& clock) {
  auto answer = q.what == "track"    ? track_of(q, subject, clock)
                : q.what == "levels" ? levels_of(q, subject, clock)
                : q.what == "stress" ? stress_of(q, subject, clock)
                                     : record_of(q, subject, clock);
  if (answer.has_value() || answer.error().fault != Fault::no_evidence) return answer;
  return unknown(head(q.asset, q.at), answer.error());
}

std::string error_json(const Error& error) {
  Json json;
  json["error"] = {{"kind", fault_name(error.fault)}, {"where", error.where}, {"what", error.what}};
  return render::json_line(json) + "\n";
}

Result<std::unique_ptr<Follower>> Follower::open(const Subject& subject, const std::string& asset) {
  std::unique_ptr<Follower> out(new Follower());
  reports::FollowedTape::Options options{.tapes = subject.tapes, .asset = asset};
  const gauges::Rules rules = TRY(rules_of(options.rules));
  out->board_stale_after_ = rules.options.board_stale_after;
  options.beside = [&](const Instruments& instruments, const std::vector<Source>& sources) {
    out->series_ = std::make_unique<reports::SeriesBuilder>(asset, instruments, rules.coins);
    out->surveyor_ = std::make_unique<reports::Surveyor>(instruments, sources, rules.coins);
    out->both_ = std::make_unique<Listener>(*out->series_, *out->surveyor_);
    return out->both_.get();
  };
  out->tape_ = TRY(reports::FollowedTape::open(options));
  return out;
}

Result<FramePtr> Follower::frame() {
  auto frame = std::make_shared<Frame>();
  frame->brief = TRY(tape_->brief());
  // Copies of what is known so far, so that answers are made from them on any thread while the
  // tapes are followed on.
  frame->series = series_->series();
  frame->survey = surveyor_->survey(frame->brief.sources);
  frame->board_stale_after = board_stale_after_;
  frame->metrics = metrics_of(frame->brief, frame->survey);
  return FramePtr(std::move(frame));
}

}  // namespace delever::dashboard
