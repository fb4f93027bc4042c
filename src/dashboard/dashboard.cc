#include "dashboard/dashboard.h"

#include <fmt/format.h>

#include <algorithm>
#include <list>
#include <map>
#include <set>
#include <utility>

#include "base/file.h"
#include "base/hash.h"
#include "dashboard/answer_cache.h"
#include "dashboard/frames.h"
#include "dashboard/gate.h"
#include "dashboard/metrics.h"
#include "dashboard/page_files.h"
#include "dashboard/workers.h"
#include "gauges/gauges.h"
#include "render/json.h"
#include "reports/build_id.h"
#include "reports/inputs.h"

namespace delever::dashboard {
namespace {

using render::Json;

constexpr size_t kCacheBytes = size_t{128} << 20;      // of answers; the longest unused goes first
constexpr size_t kWaitingMost = 48;                    // answers under way; a flood is turned away
constexpr size_t kListenersMost = 64;                  // pages that wait for events
constexpr Duration kBeat = Duration::seconds(15);      // shows that an idle event stream is alive
constexpr Duration kReckoned = Duration::minutes(10);  // how often a growing tape is judged anew
constexpr std::string_view kApi = "/api/v1/";
constexpr std::string_view kJson = "application/json";

int status_of(Fault fault) {
  switch (fault) {
    case Fault::usage:
    case Fault::malformed:
    case Fault::out_of_range:
      return 400;
    case Fault::refused:
      return 429;
    case Fault::not_found:
      return 404;
    case Fault::unavailable:
      return 503;
    case Fault::no_evidence:  // an answer too: what is unknown
      return 200;
  }
  return 500;
}

std::string etag_of(std::string_view body) {
  Hasher hasher;
  hasher.add(body);
  return fmt::format("\"{:016x}\"", hasher.digest());
}

// Where a recording lies on the server's disk is nobody's business: answers name the file alone.
void hide_folders(std::string& text, const Subject& subject) {
  std::vector<std::string> paths = subject.tapes;
  paths.push_back(subject.claims);
  for (const std::string& path : paths) {
    const size_t slash = path.rfind('/');
    if (slash == path.npos) continue;
    const std::string quoted = render::json_line(Json(path));  // as it stands in an answer
    const std::string written = quoted.substr(1, quoted.size() - 2);
    const size_t folder = written.rfind('/') + 1;
    for (size_t at = text.find(written); at != text.npos; at = text.find(written, at + 1))
      text.erase(at, folder);
  }
}

AnswerPtr answer_of(Result<std::string> made, const Subject& subject) {
  auto answer = std::make_shared<Answer>();
  if (made.has_value()) {
    answer->body = std::move(made).value();
  } else {
    answer->status = status_of(made.error().fault);
    answer->body = made.error().fault == Fault::no_evidence
                       ? render::json_line(Json{{"unknown", Json{{"what", made.error().what},
                                                                 {"where", made.error().where}}}}) +
                             "\n"
                       : error_json(made.error());
  }
  hide_folders(answer->body, subject);
  answer->etag = etag_of(answer->body);
  return answer;
}

Json time_or_null(const std::optional<Instant>& at) { return at ? Json(at->text()) : Json(); }

class TapeDashboard final : public Dashboard {
 public:
  TapeDashboard(net::Loop& loop, Options options)
      : loop_(loop),
        options_(std::move(options)),
        gate_(options_.token),
        cache_(kCacheBytes),
        workers_(loop, std::max(1U, options_.threads)),
        frames_(loop, workers_, options_.subject, [this] { changed(); }) {}

  Result<void> start() {
    page_ = TRY(PageFiles::load(reports::find_shipped(options_.page)));
    if (auto text = read_file(reports::find_shipped(options_.description)); text.has_value())
      description_ = std::move(text).value();
    server_ = TRY(net::Server::listen(loop_, options_.serving));
    server_->route("*", "/*",
                   [this](const net::ServerRequest& request, const net::ReplyPtr& reply) {
                     handle(request, reply);
                   });
    beat_later();
    // The first question of the first page finds its answer under way.
    watch(options_.subject.asset);
    return {};
  }

  void watch(const std::string& asset) override {
    if (watched_.insert(asset).second) want_watched();
  }

  net::Server& server() override { return *server_; }
  bool has_page() const override { return !page_.empty(); }
  void on_frame(std::function<void(const FramePtr&)> handler) override {
    on_frame_ = std::move(handler);
  }

  void publish(std::string_view event, std::string_view json) override {
    const std::string text = fmt::format("event: {}\ndata: {}\n\n", event, json);
    tell_listeners(text);
  }

  bool admits(const net::ServerRequest& request, const net::ReplyPtr& reply) override {
    const auto refusal = gate_.refuse_caller(request, true);
    if (!refusal) return true;
    ++counts_.refused;
    refuse({reply, "control", "", loop_.clock().elapsed()}, *refusal);
    return false;
  }

  void close(Duration grace, std::function<void()> done) override {
    // Event streams never end by themselves: they would use up the grace.
    for (const net::ReplyPtr& listener : std::exchange(listeners_, {})) listener->finish();
    server_->close(grace, std::move(done));
  }

 private:
  struct Asker {
    net::ReplyPtr reply;
    std::string path, known;  // known: the etag that the client has
    Duration begin;
  };

  void handle(const net::ServerRequest& request, const net::ReplyPtr& reply) {
    const bool api = request.path.starts_with(kApi), metrics = request.path == "/metrics";
    // The path is a label in the metrics, so it is cut short.
    const Asker asker{reply,
                      api       ? request.path.substr(0, 40)
                      : metrics ? "/metrics"
                                : "page",
                      std::string(net::find_header(request.headers, "If-None-Match").value_or("")),
                      loop_.clock().elapsed()};
    if (const auto refusal = gate_.refuse(request, api || metrics)) {
      ++counts_.refused;
      return refuse(asker, *refusal);
    }
    if (metrics)
      return send(asker, 200, "text/plain; version=0.0.4; charset=utf-8", metrics_text());
    if (!api) return page(asker, request);
    const std::string_view what = std::string_view(request.path).substr(kApi.size());
    if (what == "status") return send(asker, 200, kJson, status_text());
    if (what == "meanings") return send(asker, 200, kJson, meanings_text());
    if (what == "openapi.json") return description(asker);
    if (what == "events") return listen(asker);
    auto question = read_question(what, request.query);
    if (!question.has_value())
      return send(asker, status_of(question.error().fault), kJson, error_json(question.error()));
    answer(asker, std::move(question).value());
  }

  // From the cache, from whoever asks for the same already, or made.
  void answer(const Asker& asker, Question q) {
    if (q.asset.empty()) q.asset = options_.subject.asset;
    if (q.at.empty()) q.at = options_.subject.at;
    const bool whole_days = q.what == "verdict" || q.what == "claims" || q.what == "record" ||
                            q.what == "levels" || q.what == "stress" || q.what == "track";
    // Each of these costs a pass over the tapes. While they grow, all who ask within ten minutes of
    // the tape's time get the answer of one pass.
    if (q.at.empty() && frames_.growing() && whole_days) q.at = reckoned_at();
    // An answer of the latest is good for one version; one of a given time for an epoch, which
    // ends when growing tapes are closed or closed ones change.
    const std::string key =
        fmt::format("{} {} {}", frames_.epoch(), q.at.empty() ? frames_.version() : 0, q.key());
    if (const AnswerPtr kept = cache_.find(key)) {
      ++counts_.cache_hits;
      return send(asker, kept);
    }
    if (const auto found = waiting_.find(key); found != waiting_.end())
      return found->second.push_back(asker);
    if (waiting_.size() >= kWaitingMost) {
      ++counts_.refused;
      return refuse(asker, {503, "too much is asked at once"});
    }
    ++counts_.cache_misses;
    // Before want(), which may call back at once.
    waiting_[key].push_back(asker);
    const QuestionKind* const kind = kind_of(q.what);
    if (!kind->of_frame)
      return make(key, [q, subject = options_.subject, &clock = loop_.clock()] {
        return answer_alone(q, subject, clock);
      });
    frames_.want(q.asset, q.at, [this, key, q](const Result<FramePtr>& frame) {
      if (!frame.has_value()) return made(key, answer_of(frame.error(), options_.subject), false);
      make(key, [q, known = frame.value()] { return answer_from(q, *known); });
    });
  }

  void make(const std::string& key, std::function<Result<std::string>()> task) {
    workers_.work<AnswerPtr>(
        [task = std::move(task), subject = options_.subject] { return answer_of(task(), subject); },
        [this, key](AnswerPtr answer) {
          // What failed may work the next time: only good answers are kept.
          const bool good = answer->status == 200;
          made(key, std::move(answer), good);
        });
  }

  void made(const std::string& key, AnswerPtr answer, bool keep) {
    if (keep) cache_.put(key, answer);
    const auto found = waiting_.find(key);
    if (found == waiting_.end()) return;
    const std::vector<Asker> askers = std::move(found->second);
    waiting_.erase(found);
    for (const Asker& asker : askers) send(asker, answer);
  }

  // The latest time that is worth a pass of its own while a tape grows.
  std::string reckoned_at() const {
    const auto last = frames_.last();
    if (!last) return "";
    const Instant at = Instant::ns(last->ns() - last->ns() % kReckoned.ns());
    const auto first = frames_.first();
    // A tape younger than that has nothing before the round time: as of its last message then.
    return (first && at < *first ? *last : at).text();
  }

  void send(const Asker& asker, const AnswerPtr& answer) {
    if (answer->status == 200 && answer->etag == asker.known) {
      net::Headers headers = answer_headers(kJson);
      headers.push_back({"ETag", answer->etag});
      count(asker, 304);
      return asker.reply->send(304, headers, "");
    }
    send(asker, answer->status, kJson, answer->body, answer->etag);
  }

  void send(const Asker& asker, int status, std::string_view type, std::string_view body,
            const std::string& etag = "") {
    net::Headers headers = answer_headers(type);
    if (!etag.empty()) headers.push_back({"ETag", etag});
    if (status == 401) headers.push_back({"WWW-Authenticate", "Bearer"});
    if (status == 405) headers.push_back({"Allow", "GET, HEAD"});
    if (status == 503) headers.push_back({"Retry-After", "1"});
    count(asker, status);
    asker.reply->send(status, headers, body);
  }

  void refuse(const Asker& asker, const Refusal& refusal) {
    send(asker, refusal.status, kJson,
         error_json({Fault::refused, std::string(refusal.what), "request"}));
  }

  void count(const Asker& asker, int status) {
    // Paths that nobody has are one row, so that a scan cannot fill the memory.
    const std::string path = status == 404 ? "unknown" : asker.path;
    ++counts_.requests[{path, status}];
    counts_.latency.add(loop_.clock().elapsed() - asker.begin);
  }

  void page(const Asker& asker, const net::ServerRequest& request) {
    const PageFile* const file = page_.find(request.path);
    if (!file && request.path == "/")
      return send(asker, 200, "text/html; charset=utf-8", missing_page());
    if (!file) return send(asker, 404, "text/plain", "no such path\n");
    net::Headers headers = answer_headers(file->type, file->for_ever);
    const bool packed =
        !file->packed.empty() && net::has_token(request.headers, "Accept-Encoding", "gzip");
    if (packed) headers.push_back({"Content-Encoding", "gzip"});
    headers.push_back({"Vary", "Accept-Encoding"});
    count(asker, 200);
    asker.reply->send(200, headers, packed ? file->packed : file->body);
  }

  void description(const Asker& asker) {
    if (description_.empty())
      return send(asker, 404, kJson,
                  error_json({Fault::not_found, "the description is not installed", "path"}));
    send(asker, 200, kJson, description_);
  }

  // Server-sent events, until the client goes.
  void listen(const Asker& asker) {
    if (listeners_.size() >= kListenersMost) {
      ++counts_.refused;
      return refuse(asker, {503, "too many listen already"});
    }
    count(asker, 200);
    net::Headers headers = answer_headers("text/event-stream");
    asker.reply->begin(200, headers);
    listeners_.push_back(asker.reply);
    // A plain pointer: the reply keeps this handler, and must not keep itself alive by it.
    const net::Reply* const one = asker.reply.get();
    asker.reply->on_gone([this, one] {
      listeners_.remove_if([&](const net::ReplyPtr& l) { return l.get() == one; });
    });
    // retry: ms after which a browser that lost the stream connects again.
    asker.reply->write(fmt::format("retry: 2000\nevent: tape\ndata: {}\n\n", tape_text()));
  }

  void tell_listeners(const std::string& text) {
    // A listener that goes takes itself off the list, perhaps while it is written to.
    const auto all = listeners_;
    for (const net::ReplyPtr& listener : all) {
      if (!listener->gone() && listener->write(text)) continue;
      // Gone, or its queue is full: its page connects again and is told the state of the tapes.
      std::erase(listeners_, listener);
      listener->finish();
    }
  }

  void beat_later() {
    beating_ = loop_.after(kBeat, [this] {
      tell_listeners(": beat\n\n");
      beat_later();
    });
  }

  void want_watched() {
    for (const std::string& asset : watched_)
      frames_.want(asset, options_.subject.at, [](const Result<FramePtr>&) {});
  }

  // On the loop: there is a new latest frame, or another epoch has begun.
  void changed() {
    metrics_known_ = false;
    want_watched();
    publish("tape", tape_text());
    if (!on_frame_) return;
    for (const FramePtr& frame : frames_.all_latest()) on_frame_(frame);
  }

  Instant now() const { return options_.now ? options_.now() : loop_.clock().now(); }

  Duration behind(const FramePtr& frame) const {
    return frame ? now() - frame->brief.as_of : Duration();
  }

  std::string tape_text() const {
    const FramePtr frame = frames_.latest(options_.subject.asset);
    Json json{{"version", frames_.version()},
              {"growing", frames_.growing()},
              {"last", time_or_null(frames_.last())}};
    json["as_of"] = frame ? Json(frame->brief.as_of.text()) : Json();
    json["behind_s"] = frames_.growing() && frame ? Json(behind(frame).in_seconds()) : Json();
    json["stale"] = stale_json();
    return render::json_line(json);
  }

  // Why what is shown is not the newest, though the tapes grow.
  Json stale_json() const {
    const std::optional<Trouble> trouble = frames_.trouble(options_.subject.asset);
    if (!trouble) return {};
    return {{"what", trouble->error.text()}, {"since", trouble->since.text()}};
  }

  std::string status_text() const {
    const FramePtr frame = frames_.latest(options_.subject.asset);
    Json json{{"title", options_.subject.title},
              {"asset", options_.subject.asset},
              {"at", options_.subject.at.empty() ? Json() : Json(options_.subject.at)},
              {"as_of", frame ? Json(frame->brief.as_of.text()) : Json()},
              {"first", time_or_null(frames_.first())},
              {"last", time_or_null(frames_.last())},
              {"growing", frames_.growing()},
              {"version", frames_.version()},
              {"claims", !options_.subject.claims.empty()},
              {"build", reports::build_id()},
              {"now", now().text()},
              {"stale", stale_json()},
              {"control", options_.control.empty() ? Json() : Json(options_.control)}};
    json["tapes"] = Json::array();
    for (const TapeState& t : frames_.tapes())
      json["tapes"].push_back({{"path", t.path.substr(t.path.rfind('/') + 1)},
                               {"closed", t.closed},
                               {"messages", t.messages},
                               {"first", time_or_null(t.first)},
                               {"last", time_or_null(t.last)}});
    json["assets"] = Json::array();
    if (frame) {
      for (const reports::AssetSeen& a : frame->survey.assets) json["assets"].push_back(a.asset);
    }
    return render::json_line(json) + "\n";
  }

  std::string meanings_text() const {
    Json gauges = Json::array();
    for (const gauges::GaugeName& g : gauges::gauge_names())
      gauges.push_back({{"name", g.name}, {"unit", g.unit}, {"meaning", g.meaning}});
    return render::json_line(Json{{"gauges", std::move(gauges)}}) + "\n";
  }

  std::string metrics_text() {
    // Readings change with frames alone, which bring their text: it is put together once.
    if (!std::exchange(metrics_known_, true)) {
      const std::vector<FramePtr> frames = frames_.all_latest();
      readings_metrics_ = readings_metrics(frames);
      if (!frames.empty()) readings_metrics_ += frames.front()->metrics.feeds;
    }
    counts_.waiting = waiting_.size();
    counts_.listeners = listeners_.size();
    counts_.cache_bytes = cache_.bytes();
    counts_.connections = server_->counts().connections;
    counts_.frames = frames_.made(), counts_.frame_seconds = frames_.seconds();
    counts_.version = frames_.version();
    counts_.growing = frames_.growing();
    counts_.behind = behind(frames_.latest(options_.subject.asset));
    counts_.stale = frames_.trouble(options_.subject.asset).has_value();
    return readings_metrics_ + server_metrics(counts_);
  }

  net::Loop& loop_;
  const Options options_;
  const Gate gate_;
  PageFiles page_;
  std::string description_, readings_metrics_;
  bool metrics_known_ = false;
  AnswerCache cache_;
  std::map<std::string, std::vector<Asker>> waiting_;
  std::list<net::ReplyPtr> listeners_;
  std::set<std::string> watched_;
  ServerCounts counts_;
  std::function<void(const FramePtr&)> on_frame_;
  net::Timer beating_;
  std::unique_ptr<net::Server> server_;
  Workers workers_;  // frames_ has work for it, and goes before it
  Frames frames_;
};

}  // namespace

Result<std::unique_ptr<Dashboard>> Dashboard::open(net::Loop& loop, Options options) {
  if (options.token.empty() && !net::is_loopback(options.serving.listen.host))
    return Error{Fault::usage,
                 "others could read what is on the tapes: give --token-file to listen beyond this "
                 "machine",
                 options.serving.listen.text()};
  auto dashboard = std::make_unique<TapeDashboard>(loop, std::move(options));
  TRY(dashboard->start());
  return std::unique_ptr<Dashboard>(std::move(dashboard));
}

}  // namespace delever::dashboard
