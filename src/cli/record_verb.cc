// delever record: a recorder in the foreground, for a terminal, a script or systemd.
#include <fmt/format.h>

#include <csignal>
#include <filesystem>
#include <memory>

#include "base/config.h"
#include "cli/cli.h"
#include "cli/follow.h"
#include "live/listing.h"
#include "live/notify.h"
#include "live/recorder.h"
#include "net/loop.h"
#include "net/url.h"
#include "render/json.h"

namespace delever::cli {
namespace {

constexpr Duration kLine = Duration::seconds(1), kJsonLine = Duration::minutes(1);
constexpr Duration kLook = Duration::ms(100);

// What the command line says, as text.
struct RecordArguments {
  std::vector<std::string> wants, urls;
  std::string out, plan, run_for, rotate, authorities, lifetime, status_every;
};

// MARKET=URL, of every want of that market.
Result<void> place_urls(const std::vector<std::string>& urls,
                        std::vector<live::MarketWant>& markets) {
  for (const std::string& entry : urls) {
    const size_t equals = entry.find('=');
    if (equals == std::string::npos)
      return Error{Fault::usage, "MARKET=URL is wanted, as okx=http://127.0.0.1:8080",
                   "--url " + entry};
    const std::string market = TRY(live::market_name(entry.substr(0, equals)));
    if (auto url = net::Url::parse(entry.substr(equals + 1)); !url.has_value())
      return Error{Fault::usage, url.error().what + ", as okx=http://127.0.0.1:8080",
                   "--url " + entry};
    bool any = false;
    for (live::MarketWant& want : markets) {
      if (want.market != market) continue;
      want.url = entry.substr(equals + 1);
      any = true;
    }
    if (!any) return Error{Fault::usage, "nothing of that market is recorded", "--url " + entry};
  }
  return {};
}

Result<std::optional<Duration>> optional_duration(const std::string& text, const char* option) {
  if (text.empty()) return std::optional<Duration>();
  auto parsed = reports::of_option(Duration::parse(text), option);
  if (!parsed.has_value()) return std::move(parsed.error());
  if (parsed.value() <= Duration())
    return Error{Fault::usage, "must be longer than nothing", option};
  return std::optional(parsed.value());
}

// What it comes to, once plan and options are read.
struct RecordRun {
  live::Recorder::Options recording;
  std::optional<Duration> run_for;
  Duration status_every;
  net::ClientOptions asking;
};

// Options go before what the plan says.
Result<RecordRun> read_arguments(const RecordArguments& a, bool terminal) {
  RecordRun run;
  std::vector<live::MarketWant> wants;
  if (!a.plan.empty()) {
    const Config config = TRY(Config::load(a.plan));
    live::RecordPlan plan = TRY(live::read_record_plan(config));
    run.recording.out = plan.out;
    run.recording.rotate = plan.rotate;
    wants = std::move(plan.markets);
  }
  for (const std::string& want : a.wants) wants.push_back(TRY(live::read_want(want)));
  if (wants.empty())
    return Error{Fault::usage, "nothing to record: give VENUE:SYMBOL, or --plan", "record"};
  TRY(place_urls(a.urls, wants));
  run.recording.markets = live::joined(wants);
  if (!a.out.empty()) run.recording.out = a.out;
  if (run.recording.out.empty()) return Error{Fault::usage, "is needed", "--out"};
  if (const auto rotate = TRY(optional_duration(a.rotate, "--rotate"))) {
    if (*rotate < live::kRotateLeast)
      return Error{Fault::usage, std::string(live::kRotateWhy), "--rotate"};
    run.recording.rotate = rotate;
  }
  run.recording.lifetime = TRY(optional_duration(a.lifetime, "--lifetime"));
  run.run_for = TRY(optional_duration(a.run_for, "--for"));
  run.status_every = TRY(optional_duration(a.status_every, "--status-every"))
                         .value_or(terminal ? kLine : kJsonLine);
  if (run.status_every < kLook)  // a line each nanosecond would be all that it does
    return Error{Fault::usage, "must be 100ms or more", "--status-every"};
  run.asking.trust.authorities_file = a.authorities;
  return run;
}

std::string bytes_text(uint64_t bytes) {
  const auto n = static_cast<double>(bytes);
  return bytes < 1'000'000 ? fmt::format("{:.1f} kB", n / 1e3) : fmt::format("{:.1f} MB", n / 1e6);
}

// What a person, or whoever collects the lines, sees of a run.
class RecordStatus {
 public:
  RecordStatus(Session& session, const live::Recorder& recorder, Clock& clock)
      : session_(session), recorder_(recorder), clock_(clock), last_(clock.elapsed()) {}

  void show() {
    const live::Recorder::Counts counts = recorder_.counts();
    const Duration now = clock_.elapsed();
    const double seconds = std::max((now - last_).in_seconds(), 1e-3);
    const double rate = static_cast<double>(counts.sum.messages - messages_) / seconds;
    last_ = now;
    messages_ = counts.sum.messages;
    if (session_.io.progress) {
      write(session_.io.err, fmt::format("\r{}\033[K", text(counts, rate)));
      drawn_ = true;
    } else {
      write(session_.io.out, render::json_line(json(counts, rate)) + "\n");
      std::fflush(session_.io.out);
    }
  }

  void note(const std::string& text) {
    clear();
    write(session_.io.err, fmt::format("delever: note: {}\n", text));
  }

  void clear() {
    if (std::exchange(drawn_, false)) write(session_.io.err, "\r\033[K");
  }

 private:
  // One line for a terminal, drawn over the one before.
  std::string text(const live::Recorder::Counts& counts, double rate) const {
    const feeds::SessionCounts& sum = counts.sum;
    return fmt::format(
        "{:.0f} msg/s, {} of {} streams, last {} ago, {} gaps ({} open), {} reconnects, {} in {}",
        rate, sum.topics_live, sum.topics,
        sum.last_message ? fmt::format("{:.1f} s", (clock_.now() - *sum.last_message).in_seconds())
                         : "-",
        sum.gaps, sum.gaps_open, sum.reconnects, bytes_text(sum.bytes), counts.file);
  }

  // One line for whoever collects them; counts are since the start.
  render::Json json(const live::Recorder::Counts& counts, double rate) const {
    const feeds::SessionCounts& sum = counts.sum;
    render::Json out{{"at", clock_.now().text()},
                     {"file", counts.file},
                     {"messages", sum.messages},
                     {"messages_per_second", rate},
                     {"bytes", sum.bytes},
                     {"streams", sum.topics},
                     {"streams_live", sum.topics_live},
                     {"connections", sum.connections_open},
                     {"gaps", sum.gaps},
                     {"gaps_open", sum.gaps_open},
                     {"holes", sum.holes},
                     {"reconnects", sum.reconnects},
                     {"refusals", sum.refusals},
                     {"no_room", sum.no_room},
                     {"repeats", sum.repeats},
                     {"unknown_frames", sum.unknown_frames},
                     {"requests", sum.requests},
                     {"requests_failed", sum.requests_failed},
                     {"rotations", counts.rotations}};
    out["lag_seconds"] = sum.last_message
                             ? render::Json((clock_.now() - *sum.last_message).in_seconds())
                             : render::Json();
    return out;
  }

  Session& session_;
  const live::Recorder& recorder_;
  Clock& clock_;
  Duration last_;
  uint64_t messages_ = 0;
  bool drawn_ = false;
};

// What a person can do about an address that does not answer.
Error with_advice(Error error) {
  error.what +=
      "; is there a network? behind a proxy set https_proxy (and no_proxy), for a twin on this "
      "machine give --url MARKET=http://127.0.0.1:PORT";
  return error;
}

// Nothing came because nothing may be heard: a name that the venue does not have.
Result<void> refused_all(const feeds::SessionCounts& sum) {
  if (sum.messages > 0 || sum.refusals == 0 || sum.refusals < sum.topics) return {};
  return Error{Fault::not_found,
               fmt::format("nothing was recorded: {} refused (the notes above)",
                           sum.topics == 1 ? std::string("its only topic was")
                                           : fmt::format("all {} topics were", sum.topics)),
               "record"};
}

// Everything that moves while it runs.
class RecordLoop {
 public:
  RecordLoop(Session& session, RecordRun run)
      : session_(session), run_(std::move(run)), loop_(*session.io.clock) {}

  Result<void> run() {
    client_ = TRY(net::Client::make(loop_, run_.asking));
    TRY(loop_.on_signals({SIGTERM, SIGINT, SIGHUP, SIGPIPE},
                         [this](int signal) { on_signal(signal); }));
    run_.recording.patterns = run_.recording.markets;
    loop_.post([this] { expand(0); });
    loop_.run();
    if (status_) status_->clear();
    recorder_.reset();
    client_.reset();
    if (unread_) end_unread();  // the tape is closed
    return std::move(result_);
  }

 private:
  // SIGHUP: a new file. The others: an orderly end, also where nobody reads the status any more.
  void on_signal(int signal) {
    unread_ = unread_ || signal == SIGPIPE;
    if (signal != SIGHUP) return end({});
    if (!recorder_) return;
    if (const auto done = recorder_->rotate(); !done.has_value()) end(done.error());
  }

  // Patterns and chains of one market after the other become symbols.
  void expand(size_t at) {
    if (at == run_.recording.markets.size()) return begin();
    live::expand_want(*client_, run_.recording.markets[at],
                      [this, at](Result<live::MarketWant> want) {
                        if (!want.has_value()) {
                          const bool no_answer = want.error().fault == Fault::unavailable;
                          return end(no_answer ? with_advice(want.error()) : want.error());
                        }
                        run_.recording.markets[at] = std::move(want).value();
                        expand(at + 1);
                      });
  }

  void begin() {
    recorder_ = std::make_unique<live::Recorder>(loop_, *client_, run_.recording);
    if (auto started = recorder_->start(); !started.has_value()) return end(started.error());
    status_ = std::make_unique<RecordStatus>(session_, *recorder_, loop_.clock());
    notifier_.notify("READY=1\nSTATUS=recording");
    if (run_.run_for) ending_ = loop_.after(*run_.run_for, [this] { end({}); });
    check();
    show_later();
    watchdog();
  }

  // What only shows while it runs: a disk that fails, venues that cannot be reached.
  void check() {
    for (const std::string& note : recorder_->take_notes()) status_->note(note);
    if (const auto trouble = recorder_->trouble()) return end(*trouble);
    if (const auto error = recorder_->unreachable()) return end(*error);
    looking_ = loop_.after(kLook, [this] { check(); });
  }

  void show_later() {
    showing_ = loop_.after(run_.status_every, [this] {
      status_->show();
      show_later();
    });
  }

  // The loop turns: that is what the watchdog is told.
  void watchdog() {
    const auto every = notifier_.watchdog();
    if (!every) return;
    notifier_.notify("WATCHDOG=1");
    watching_ = loop_.after(*every, [this] { watchdog(); });
  }

  // Nobody was ever reached: what is left then is what was there before.
  Error without_anybody(Error why) const {
    const std::string file = recorder_->counts().file;
    std::error_code ignored;
    const bool old = std::filesystem::exists(file, ignored);
    why = with_advice(std::move(why));
    why.what += old ? fmt::format("; nothing was recorded into {}", file)
                    : fmt::format("; no {} is left", file);
    return why;
  }

  // Once: the recorder closes what is open, the last status line is shown, the loop stops.
  void end(Result<void> why) {
    if (ended_) return;
    ended_ = true;
    result_ = std::move(why);
    looking_.cancel();
    showing_.cancel();
    ending_.cancel();
    if (!recorder_ || !status_) return loop_.stop();
    notifier_.notify("STOPPING=1");
    recorder_->stop([this](Result<void> closed) {
      for (const std::string& note : recorder_->take_notes()) status_->note(note);
      if (result_.has_value() && !closed.has_value()) result_ = std::move(closed);
      if (const auto nobody = recorder_->unreached()) result_ = without_anybody(*nobody);
      if (result_.has_value()) result_ = refused_all(recorder_->counts().sum);
      status_->clear();
      if (!session_.io.progress || result_.has_value()) status_->show();
      if (session_.io.progress) write(session_.io.err, "\n");
      loop_.stop();
    });
  }

  Session& session_;
  RecordRun run_;
  net::Loop loop_;
  std::unique_ptr<net::Client> client_;
  std::unique_ptr<live::Recorder> recorder_;
  std::unique_ptr<RecordStatus> status_;
  const live::Notifier notifier_ = live::Notifier::from_environment();
  net::Timer looking_, showing_, ending_, watching_;
  bool ended_ = false, unread_ = false;
  Result<void> result_;
};

}  // namespace

void add_record(Verb& app, Session& session) {
  auto a = std::make_shared<RecordArguments>();
  Verb* verb = app.add_subcommand(
      "record", "listens to venues and writes a tape; ends on SIGTERM, a new file on SIGHUP");
  verb->add_option("wants", a->wants,
                   "VENUE:SYMBOL, as binance:BTCUSDT, bybit:inverse:BTCUSD, okx:BTC-USD-*; VENUE "
                   "alone: what is of the whole market");
  verb->add_option("--out", a->out, "tape to write; {date} stands for the UTC day")->grows();
  verb->add_option("--plan", a->plan, "TOML file of markets, symbols, chains and channels")
      ->reads();
  verb->add_option("--for", a->run_for, "end after so long: 10s, 1h");
  verb->add_option("--rotate", a->rotate, "a new file each: 1d, at the turn of the UTC day");
  verb->add_option("--url", a->urls, "MARKET=URL: instead of the venue's hosts, a twin's");
  verb->add_option("--authorities", a->authorities,
                   "PEM file of the certificate authorities to believe (default: the system's)")
      ->reads();
  verb->add_option("--lifetime", a->lifetime,
                   "connect anew so often (default: before the venue's own cut)");
  verb->add_option("--status-every", a->status_every,
                   "time between status lines (default: 1s on a terminal, else 1m as JSON)");
  verb->callback([&session, a] {
    session.action = [&session, a]() -> Result<void> {
      RecordLoop loop(session, TRY(read_arguments(*a, session.io.progress)));
      return loop.run();
    };
  });
}

}  // namespace delever::cli
