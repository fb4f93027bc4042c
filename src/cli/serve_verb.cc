// delever serve: the page that stays open on the desk, and its API.
#include <fmt/format.h>

#include <csignal>
#include <map>
#include <memory>
#include <optional>

#include "alerts/alert_book.h"
#include "alerts/notify.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/alert_options.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/serve_scenario.h"
#include "dashboard/dashboard.h"
#include "net/loop.h"
#include "tape/inspect.h"
#include "verdict/judge.h"

namespace delever::cli {
namespace {

struct ServeArguments {
  dashboard::Subject subject;
  std::string listen = "127.0.0.1:8420", token_file, ready_file, page = "web/dist";
  std::string certificate, key;
  std::vector<std::string> hosts;
  std::string alerts;
  ScenarioServing rehearsal;
  AlertArguments alert_to;
  uint64_t threads = 2;
};

// Holds rules against every new frame, and says, sends and shows what comes of it.
class Watchman {
 public:
  static Result<std::unique_ptr<Watchman>> make(Session& session, net::Loop& loop,
                                                dashboard::Dashboard& page,
                                                const ServeArguments& a) {
    auto rules = TRY(load_alert_rules(a.alerts));
    std::unique_ptr<Watchman> out(new Watchman(session, page, std::move(rules)));
    alerts::Targets targets = TRY(alert_targets(a.alert_to));
    out->notifier_ =
        TRY(alerts::Notifier::make(loop, std::move(targets), [&session](const std::string& why) {
          write(session.io.err, fmt::format("delever: {}\n", printable(why)));
        }));
    for (const alerts::Rule& rule : out->book_.rules()) page.watch(rule.asset);
    page.on_frame([watchman = out.get()](const dashboard::FramePtr& f) { watchman->hear(*f); });
    return out;
  }

 private:
  Watchman(Session& session, dashboard::Dashboard& page, std::vector<alerts::Rule> rules)
      : session_(session), page_(page), book_(std::move(rules)) {}

  void hear(const dashboard::Frame& frame) {
    const reports::Brief& brief = frame.brief;
    // Frames of every coin are told whenever one of them is new: a time that the rules have seen
    // already, or one before it, is not for them. Times of one coin must not go back.
    const auto [last, added] = heard_.try_emplace(brief.asset, brief.as_of);
    if (!added && brief.as_of <= last->second) return;
    last->second = brief.as_of;
    alerts::Moment moment{.asset = brief.asset,
                          .at = brief.as_of,
                          .readings = &brief.readings,
                          .verdict = {},
                          .gaps = &frame.survey.gaps};
    if (brief.verdict)
      moment.verdict = std::string(verdict::answer_name(brief.verdict->judged.answer));
    const std::vector<alerts::Alert> found = book_.hear(moment);
    for (const alerts::Alert& one : found) {
      write(session_.io.out, alerts::alert_json(one) + "\n");
      page_.publish("alert", alerts::alert_json(one));
    }
    // Whoever reads our output through a pipe gets an alert when it fires.
    std::fflush(session_.io.out);
    notifier_->send(found);
  }

  Session& session_;
  dashboard::Dashboard& page_;
  alerts::AlertBook book_;
  std::unique_ptr<alerts::Notifier> notifier_;
  std::map<std::string, Instant> heard_;  // by coin: the latest that the rules have seen
};

Result<dashboard::Dashboard::Options> read_arguments(Session& session, const ServeArguments& a) {
  dashboard::Dashboard::Options options;
  options.subject = a.subject;
  options.subject.asset = reports::coin_named(a.subject.asset);
  if (!a.subject.at.empty()) {
    const Instant at = TRY(reports::parse_at(a.subject.at, "--at", session.context));
    options.subject.at = at.text();
  }
  if (options.subject.title.empty()) {
    for (const std::string& tape : a.subject.tapes)
      options.subject.title +=
          (options.subject.title.empty() ? "" : ", ") + tape.substr(tape.rfind('/') + 1);
  }
  for (std::string& tape : options.subject.tapes) tape = reports::find_shipped(tape);
  auto listen = net::HostPort::parse(a.listen);
  options.serving.listen = TRY(reports::of_option(std::move(listen), "--listen"));
  // GET and HEAD need no body. Of an answer, 64 MiB at most wait for a slow client.
  options.serving.most_connections = 512;
  options.serving.body_limit = size_t{4} << 10;
  options.serving.queue_limit = size_t{64} << 20;
  options.serving.hosts = a.hosts;
  options.page = reports::find_shipped(a.page);
  options.threads = static_cast<unsigned>(a.threads);
  if (!a.token_file.empty()) {
    const std::string text = TRY(read_file(a.token_file));
    options.token = std::string(trimmed(text));
    if (options.token.size() < 16)
      return Error{Fault::usage, "wants 16 characters or more", "--token-file"};
  }
  // A key alone would be served without TLS, and nobody would notice.
  if (a.certificate.empty() != a.key.empty())
    return Error{Fault::usage, "a certificate and its key are given together", "--certificate"};
  if (!a.certificate.empty()) {
    std::string certificate = TRY(read_file(a.certificate)), key = TRY(read_file(a.key));
    options.serving.tls = net::TlsIdentity{std::move(certificate), std::move(key)};
  }
  return options;
}

Result<void> run_serve(Session& session, const ServeArguments& a) {
  if (!a.rehearsal.scenario.empty() && !a.subject.tapes.empty())
    return Error{Fault::usage, "a market to rehearse in, or tapes to show: not both", "--scenario"};
  if (a.subject.tapes.empty()) {
    ScenarioServing rehearsal = a.rehearsal;
    if (rehearsal.scenario.empty()) rehearsal.scenario = kRehearsal;
    rehearsal.listen = a.listen;
    rehearsal.ready_file = a.ready_file;
    rehearsal.certificate = a.certificate;
    rehearsal.key = a.key;
    ScenarioPage page;
    page.options = TRY(read_arguments(session, a));
    if (!a.alerts.empty()) {
      page.beside = [&](net::Loop& loop,
                        dashboard::Dashboard& shown) -> Result<std::shared_ptr<void>> {
        std::unique_ptr<Watchman> made = TRY(Watchman::make(session, loop, shown, a));
        return std::shared_ptr<void>(std::move(made));
      };
    }
    return run_scenario(session, rehearsal, std::move(page));
  }
  dashboard::Dashboard::Options options = TRY(read_arguments(session, a));
  // What cannot be read is said at once, and not by a page.
  for (const std::string& path : options.subject.tapes) (void)TRY(tape::tape_info(path));
  net::Loop loop(*session.io.clock);
  const std::string scheme = options.serving.tls ? "https" : "http";
  const bool asks = !options.token.empty();
  const auto page = TRY(dashboard::Dashboard::open(loop, std::move(options)));
  const std::string url = fmt::format("{}://{}", scheme, page->server().address().text());
  std::string said = fmt::format("delever: open {}/\n", url);
  if (!page->has_page())
    said += "delever: the page is not built (make page); the API is there without it\n";
  std::unique_ptr<Watchman> watchman;
  // The page keeps a plain pointer to it, and tells it of frames while the loop runs.
  if (!a.alerts.empty()) watchman = TRY(Watchman::make(session, loop, *page, a));
  if (asks) said += fmt::format("delever: questions need the token: {}/#token=...\n", url);
  write(session.io.err, said);
  if (!a.ready_file.empty()) TRY(write_output(session, a.ready_file, url + "\n"));
  bool ending = false;
  TRY(loop.on_signals({SIGTERM, SIGINT}, [&](int) {
    // The first signal gives answers under way 2 s, a second one ends at once.
    if (std::exchange(ending, true)) return loop.stop();
    page->close(Duration::seconds(2), [&] { loop.stop(); });
  }));
  loop.run();
  return {};
}

}  // namespace

void add_serve(Verb& app, Session& session) {
  auto a = std::make_shared<ServeArguments>();
  Verb* verb = app.add_subcommand("serve",
                                  "a page of readings, levels, options and verdict over tapes, and "
                                  "its API; or a market to rehearse in");
  verb->add_option("--tape", a->subject.tapes,
                   "tape to show; may be given several times, may still grow")
      ->reads();
  verb->add_option("--claims", a->subject.claims, "CSV of published claims, to be checked")
      ->reads();
  verb->add_option("--asset", a->subject.asset, "coin that is shown first")->capture_default_str();
  verb->add_option("--at", a->subject.at, "time, UTC, that is shown first (default: the latest)");
  verb->add_option("--title", a->subject.title, "what the page is called (default: the tape)");
  verb->add_option("--listen", a->listen, "HOST:PORT; port 0: any that is free")
      ->capture_default_str();
  verb->add_option("--token-file", a->token_file,
                   "file with the token that questions must bring; needed to listen beyond this "
                   "machine")
      ->reads();
  verb->add_option("--host", a->hosts, "name under which the page may be reached (Host header)");
  verb->add_option("--certificate", a->certificate, "PEM file: speak TLS with this certificate")
      ->reads();
  verb->add_option("--key", a->key, "PEM file of its key")->reads();
  verb->add_option("--alerts", a->alerts, "rules (docs/alerts.md): alerts as lines of JSON")
      ->reads();
  add_alert_targets(verb, a->alert_to);
  verb->add_option("--scenario", a->rehearsal.scenario,
                   "a market to rehearse in, over the venues' own protocols (docs/rehearsal.md)")
      ->reads();
  add_scenario_options(*verb, a->rehearsal);
  verb->add_option("--page", a->page, "folder of the built page")->capture_default_str();
  verb->add_option("--threads", a->threads, "that answer questions")
      ->between(1, 64)
      ->capture_default_str();
  verb->add_option("--ready-file", a->ready_file, "file to write the address to, once it answers")
      ->writes();
  add_force(verb, session);
  verb->callback(
      [&session, a] { session.action = [&session, a] { return run_serve(session, *a); }; });
}

}  // namespace delever::cli
