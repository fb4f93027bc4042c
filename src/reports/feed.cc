#include "reports/feed.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <optional>

#include "base/config.h"
#include "base/partial_file.h"
#include "feeds/import.h"
#include "feeds/replay.h"
#include "tape/inspect.h"

namespace delever::reports {
namespace {

// Passes events on and counts, by stream and reason, what could not be decoded.
class CountingSink final : public feeds::ReplaySink {
 public:
  explicit CountingSink(EventSink& next) : next_(next) {}
  void on_event(const Event& event) override { next_.on_event(event); }
  void on_undecoded(const Source& stream, const codec::RawMessage&, const Error& why) override {
    ++undecoded_[stream.name][why.text()];
  }
  const std::map<std::string, std::map<std::string, uint64_t>>& undecoded() const {
    return undecoded_;
  }

 private:
  EventSink& next_;
  std::map<std::string, std::map<std::string, uint64_t>> undecoded_;
};

class TapeFeed final : public EventFeed {
 public:
  explicit TapeFeed(std::unique_ptr<feeds::Replay> replay) : replay_(std::move(replay)) {}
  TapeFeed(std::unique_ptr<feeds::Replay> replay, PartialFile scratch)
      : scratch_(std::move(scratch)), replay_(std::move(replay)) {}

  const Instruments& instruments() const override { return replay_->instruments(); }
  const std::vector<Source>& sources() const override { return replay_->sources(); }
  Result<void> run(EventSink& sink) override {
    CountingSink counting(sink);
    auto ran = run_all(counting);
    if (progress_) progress_->clear();
    undecoded_ = counting.undecoded();
    return ran;
  }
  // `messages`: on the tapes, of which those up to the time it was opened for are read.
  void report(Progress* progress, uint64_t messages) {
    progress_ = progress;
    total_ = messages;
  }
  std::vector<SourceUse> use() const override {
    std::vector<SourceUse> out;
    for (SourceId id = 0; id < replay_->sources().size(); ++id) {
      const codec::DecodeCounts& counts = replay_->counts(id);
      SourceUse use{replay_->sources()[id].name, counts.messages, counts.events, 0, {}};
      if (const auto found = undecoded_.find(use.name); found != undecoded_.end()) {
        use.undecoded_reasons = found->second;
        for (const auto& [reason, count] : found->second) use.undecoded += count;
      }
      out.push_back(std::move(use));
    }
    return out;
  }

 private:
  Result<void> run_all(CountingSink& sink) {
    constexpr uint64_t kTellEvery = 4096;
    while (TRY(replay_->step(sink))) {
      if (progress_ && replay_->messages() % kTellEvery == 0)
        progress_->show("reading", replay_->messages(), total_);
    }
    return {};
  }

  Progress* progress_ = nullptr;
  uint64_t total_ = 0;
  std::optional<PartialFile> scratch_;  // a tape of our own, removed when it has been read
  std::unique_ptr<feeds::Replay> replay_;
  std::map<std::string, std::map<std::string, uint64_t>> undecoded_;
};

}  // namespace

Result<std::unique_ptr<EventFeed>> open_tapes(const std::vector<std::string>& paths, Instant to,
                                              Progress* progress, codec::Asked asked) {
  auto replay = TRY(feeds::Replay::open(paths, {.to = to, .asked = std::move(asked)}));
  auto feed = std::make_unique<TapeFeed>(std::move(replay));
  if (progress) {
    uint64_t messages = 0;
    for (const std::string& path : paths)
      messages += static_cast<uint64_t>(TRY(tape::tape_info(path)).messages);
    feed->report(progress, messages);
  }
  return std::unique_ptr<EventFeed>(std::move(feed));
}

Error no_time_in(const std::vector<std::string>& paths, std::string_view what) {
  std::string why;
  for (const std::string& path : paths) {
    const auto check = tape::tape_verify(path);
    if (!check.has_value() || check.value().damage.empty()) continue;
    const tape::TapeGap& first = check.value().damage[0];
    why += fmt::format("; what it held cannot be read ({} damaged, the first: {})",
                       check.value().damage.size(), first.reason);
  }
  return {Fault::no_evidence,
          fmt::format("holds no {}, so there is no time to speak of{}", what, why), paths.at(0)};
}

Result<Instant> last_time(const std::vector<std::string>& paths) {
  std::optional<Instant> last;
  for (const std::string& path : paths) {
    const tape::TapeInfo info = TRY(tape::tape_info(path));
    if (info.last && (!last || *info.last > *last)) last = info.last;
  }
  if (!last) return no_time_in(paths, "message");
  return *last;
}

Result<Instant> time_or_last(const std::string& text, const char* option,
                             const std::vector<std::string>& paths, Context& context) {
  return text.empty() ? last_time(paths) : parse_at(text, option, context);
}

Result<Episode> load_episode(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code ec;
  if (!fs::is_directory(folder, ec))
    return Error{Fault::not_found,
                 fs::exists(folder, ec) ? "not an episode folder (a tape is given by --tape)"
                                        : "no such episode folder",
                 folder};
  const Config config = TRY(Config::load(folder + "/episode.toml"));
  Episode episode;
  episode.folder = folder;
  episode.title = TRY(config.text("title"));
  episode.asset = TRY(config.text("asset"));
  episode.at = TRY(config.instant("at"));
  if (config.has("claims")) {
    const std::string claims = TRY(config.text("claims"));
    episode.claims_path = folder + "/" + claims;
  }
  if (config.has("notes")) episode.notes = TRY(config.texts("notes"));
  for (const Config& data : TRY(config.tables("data"))) {
    Episode::Data entry;
    entry.file = TRY(data.text("file"));
    entry.map = TRY(data.text("map"));
    episode.data.push_back({folder + "/" + entry.file, folder + "/" + entry.map});
  }
  for (const Config& range : TRY(config.tables("range"))) {
    gauges::GaugeRange r;
    r.name = TRY(range.text("gauge"));
    r.asset = TRY(range.text("asset"));
    r.low = TRY(range.number("low"));
    r.high = TRY(range.number("high"));
    r.from = TRY(range.instant("from"));
    r.to = TRY(range.instant("to"));
    const int64_t days = TRY(range.integer("days"));
    if (days < 1 || r.low > r.high)
      return Error{Fault::malformed, "want days > 0 and low <= high", range.place()};
    r.days = static_cast<size_t>(days);
    (void)TRY(range.text("source"));
    episode.ranges.push_back(std::move(r));
  }
  if (auto finished = config.finish(); !finished.has_value()) return std::move(finished.error());
  return episode;
}

// An episode's files take the same road as any archive: onto a tape (a scratch one), and from there
// to events.
Result<std::unique_ptr<EventFeed>> open_episode(const Episode& episode, Instant to) {
  SystemClock clock;
  std::error_code ec;
  const auto folder = std::filesystem::temp_directory_path(ec);
  if (ec)
    return Error{Fault::unavailable, "names no folder for the episode's tape: " + ec.message(),
                 "TMPDIR"};
  PartialFile scratch = TRY(PartialFile::begin(
      fmt::format("{}/delever-episode-{}-{}.tape", folder.string(), ::getpid(), clock.now().ns()),
      {"-wal", "-shm", "-journal", "-lock"}));
  auto writer = TRY(tape::TapeWriter::open(scratch.path(), clock));
  for (const Episode::Data& data : episode.data)
    (void)TRY(
        feeds::import_files(feeds::ImportFormat::csv, {data.file}, {.map = data.map}, *writer));
  if (auto closed = writer->close(); !closed.has_value()) return std::move(closed.error());
  writer.reset();
  auto replay = TRY(feeds::Replay::open({scratch.path()}, {.to = to}));
  return std::unique_ptr<EventFeed>(
      std::make_unique<TapeFeed>(std::move(replay), std::move(scratch)));
}

}  // namespace delever::reports
