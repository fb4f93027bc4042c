// Captures: one JSON message a line, with or without its receive time before it.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "feeds/guess.h"
#include "feeds/importer.h"
#include "venues/registry.h"

namespace delever::feeds {
namespace {

// The file of the same name with another extension; empty: there is none.
std::string beside(const std::string& path, std::string_view extension) {
  std::filesystem::path out(path.ends_with(".gz") ? path.substr(0, path.size() - 3) : path);
  out.replace_extension(extension);
  if (!std::filesystem::is_regular_file(out) || out == std::filesystem::path(path)) return {};
  return out.string();
}

constexpr std::string_view kTimes = ".recv", kRequests[] = {".query", ".urls", ".req"};

// The line of a sidecar that belongs to each line of its file.
class Sidecar {
 public:
  // Not there: nullptr.
  static Result<std::unique_ptr<Sidecar>> open(const std::string& path,
                                               std::string_view extension) {
    const std::string place = beside(path, extension);
    if (place.empty()) return std::unique_ptr<Sidecar>();
    std::unique_ptr<Sidecar> out(new Sidecar);
    out->file_ = TRY(InputFile::open(place));
    out->member_ = TRY(out->file_->next());
    if (!out->member_) return Error{Fault::malformed, "an empty archive", place};
    out->lines_ = std::make_unique<LineReader>(*out->member_->source, place);
    return out;
  }
  Result<std::string_view> next() {
    const auto line = TRY(lines_->line());
    if (!line)
      return Error{Fault::malformed, "the sidecar is shorter than its file", lines_->where()};
    return trimmed(*line);
  }
  std::string where() const { return lines_->where(); }

 private:
  Sidecar() = default;
  std::unique_ptr<InputFile> file_;
  std::optional<ByteMember> member_;
  std::unique_ptr<LineReader> lines_;
};

// Whole nanoseconds, or seconds with a fraction.
Result<Instant> read_receive_time(std::string_view text) {
  const bool seconds = text.find('.') != text.npos || text.size() <= 11;
  auto read = read_decimal(text, seconds ? 9 : 0, Precision::exact);
  if (!read.has_value()) return std::move(read.error());
  return Instant::ns(read.value().units);
}

// What a request line says: a URL without its host, a query behind the path of the file, or a POST
// body as it is.
std::string read_request(std::string_view line, std::string_view path) {
  if (const size_t host = line.find("://"); host != line.npos) {
    const size_t slash = line.find('/', host + 3);
    return slash == line.npos ? "/" : std::string(line.substr(slash));
  }
  if (line.starts_with('{') || line.starts_with('[') || line.starts_with('/'))
    return std::string(line);
  return fmt::format("{}{}{}", path, line.empty() ? "" : "?", line);
}

// Only counts, and remembers the youngest venue time.
class TimeSink final : public codec::MessageSink {
 public:
  void on_event(const Event& event) override {
    ++events;
    if (event.at != kNoTime) at = std::max(at.value_or(event.at), event.at);
    earliest = std::min(earliest, event.at);
  }
  void on_undecoded(const codec::RawMessage&, const Error& why) override {
    if (why.fault == Fault::refused && refused.empty()) refused = why.text().substr(0, 160);
  }

  static constexpr Instant kNoTime =
      Instant();  // what a message without a venue time gets as its own
  uint64_t events = 0;
  std::string refused;  // what a venue answered instead
  std::optional<Instant> at;
  Instant earliest = Instant::max();
};

class MessageImporter final : public Importer {
 public:
  MessageImporter(ImportFormat format, const ImportOptions& options, tape::TapeWriter& tape,
                  const std::function<void(const ImportProgress&)>& progress)
      : Importer(options, tape, progress), format_(format) {}

 private:
  struct Target {
    tape::StreamNumber number;
    std::unique_ptr<codec::Decoder> decoder;
  };
  struct Waiting {
    tape::StreamNumber stream;
    std::string bytes;
  };

  bool wants(const ByteMember&) const override { return true; }

  StreamGuess guess_of(const std::string& path) const {
    StreamGuess guess = guess_stream(path).value_or(StreamGuess{});
    if (!options_.decoder.empty() && options_.decoder != guess.decoder)
      guess = {.decoder = options_.decoder};
    return guess;
  }

  std::string reading_of(const std::string& path) const override {
    const StreamGuess guess = guess_of(path);
    std::string words = fmt::format("{} {} {} {}", format_ == ImportFormat::raw ? "raw" : "jsonl",
                                    guess.decoder, guess.request_path, options_.stream);
    for (const auto* settings : {&guess.settings, &options_.settings}) {
      for (const auto& [key, value] : *settings) words += "\n" + key + "=" + value;
    }
    if (options_.received) words += "\nreceived=" + options_.received->text();
    return words;
  }

  std::vector<std::string> sidecars_of(const std::string& path) const override {
    std::vector<std::string> out;
    if (format_ == ImportFormat::raw) return out;
    if (std::string times = beside(path, kTimes); !times.empty()) out.push_back(std::move(times));
    for (const std::string_view extension : kRequests) {
      std::string requests = beside(path, extension);
      if (!requests.empty()) out.push_back(std::move(requests));
    }
    return out;
  }

  Result<void> import_member(const std::string& path, ByteMember& member) override {
    StreamGuess guess = guess_of(path);
    if (guess.decoder.empty())
      return Error{Fault::not_found,
                   "its path does not say which venue's messages it holds: name a decoder", path};
    for (const auto& [key, value] : options_.settings) guess.settings[key] = value;

    const bool stamped = format_ == ImportFormat::raw;
    std::unique_ptr<Sidecar> times, requests;
    if (!stamped) {
      times = TRY(Sidecar::open(path, kTimes));
      for (const std::string_view extension : kRequests) {
        if (!requests) requests = TRY(Sidecar::open(path, extension));
      }
    }
    last_.reset();
    waiting_.clear();
    same_ = nullptr;
    LineReader lines(*member.source, member.place);
    while (const std::optional<std::string_view> line = TRY(lines.line())) {
      std::optional<Instant> received = options_.received;
      std::string_view message = trimmed(*line);
      if (times) {
        auto read = read_receive_time(TRY(times->next()));
        if (!read.has_value()) return std::move(read.error()).at(times->where());
        received = read.value();
      }
      std::string request;
      if (requests) request = read_request(TRY(requests->next()), guess.request_path);
      // After the sidecars: their lines go with the lines of the file, empty ones too.
      if (message.empty()) continue;
      if (stamped) {
        const size_t space = message.find(' ');
        auto read = read_decimal(message.substr(0, space), 0, Precision::exact);
        if (space == message.npos || !read.has_value()) {
          TRY(bad_row(lines, {Fault::malformed,
                              "want the receive time in nanoseconds, a space, and the message"}));
          continue;
        }
        received = Instant::ns(read.value().units);
        message = trimmed(message.substr(space));
      }
      auto target = target_of(guess, request);
      if (!target.has_value()) return std::move(target.error()).at(member.place);
      auto done = put(*target.value(), received, message);
      if (!done.has_value()) return std::move(done.error()).at(lines.where());
      tick(*member.source);
    }
    if (!waiting_.empty()) return no_time().at(member.place);
    return {};
  }

  static constexpr size_t kWaitingMax = 10'000, kRefusalsShown = 5;
  static Error no_time() {
    return {
        Fault::malformed,
        "no receive times beside it, and its messages have no time of their own: give a time of "
        "receipt"};
  }

  // Of one member only the request differs from line to line.
  Result<Target*> target_of(const StreamGuess& guess, const std::string& request) {
    if (same_ == nullptr || request != same_request_) {
      same_ = TRY(find_target(guess, request));
      same_request_ = request;
    }
    return same_;
  }

  // One stream for each set of settings: what decodes a line must be the same for all lines beside
  // it.
  Result<Target*> find_target(const StreamGuess& guess, const std::string& request) {
    tape::StreamInfo info{.decoder = guess.decoder, .settings = guess.settings};
    if (!request.empty()) info.settings["request"] = request;
    const auto setting = [&](const char* key) {
      const auto found = info.settings.find(key);
      return found == info.settings.end() ? std::string() : found->second;
    };
    info.venue = guess.decoder.substr(0, guess.decoder.find('-'));
    info.name = options_.stream;
    if (info.name.empty()) {
      info.name = guess.decoder;
      for (const char* key : {"category", "symbol", "request"}) {
        if (const std::string value = setting(key); !value.empty()) info.name += ":" + value;
      }
    } else if (!request.empty()) {
      info.name += ":" + request;
    }
    std::string key = info.name + "\n" + info.decoder;
    for (const auto& [name, value] : info.settings) key += "\n" + name + "=" + value;
    if (const auto found = targets_.find(key); found != targets_.end()) return &found->second;
    const std::string path = setting("request").substr(0, setting("request").find('?'));
    info.channel = path.empty() ? "capture" : path;
    Target target;
    target.decoder =
        TRY(venues::make_decoder(info.decoder, info.settings, instruments_, 0, shared_));
    target.number = TRY(stream(info));
    return &targets_.emplace(std::move(key), std::move(target)).first->second;
  }

  Result<void> put(Target& target, std::optional<Instant> received, std::string_view message) {
    TimeSink sink;
    target.decoder->decode({message, received.value_or(TimeSink::kNoTime)}, sink);
    std::vector<std::string>& said = report_.refusals;
    if (!sink.refused.empty() && said.size() < kRefusalsShown &&
        std::find(said.begin(), said.end(), sink.refused) == said.end())
      said.push_back(std::move(sink.refused));
    report_.events += sink.events;
    constexpr Duration kClockAhead = Duration::minutes(1);
    // Counted and kept: the bytes are what came, and the replay judges the clock again
    // (docs/terms.md).
    if (received && sink.at && *sink.at - *received > kClockAhead) {
      ++report_.ahead;
      report_.ahead_most = std::max(report_.ahead_most, *sink.at - *received);
    }
    if (received && stamped_before_markets(sink.earliest, *received)) ++report_.stamped_long_ago;
    if (!received) received = sink.at ? sink.at : last_;
    if (!received) {  // an acknowledgement before the first message with a time: it gets that one's
      if (waiting_.size() == kWaitingMax) return no_time();
      waiting_.push_back({target.number, std::string(message)});
      return {};
    }
    for (const Waiting& early : waiting_) TRY(append(early.stream, *received, early.bytes));
    waiting_.clear();
    last_ = received;
    return append(target.number, *received, message);
  }

  void finish() override {
    for (const auto& [name, target] : targets_) {
      const codec::DecodeCounts& counts = target.decoder->counts();
      report_.without_event += counts.control;
      for (const auto& [channel, n] : counts.no_event) report_.without_event += n;
      for (const auto& [reason, n] : counts.undecoded) report_.undecoded[reason] += n;
      for (const auto& [channel, n] : counts.unknown_channels)
        report_.unknown_channels[channel] += n;
    }
  }

  ImportFormat format_;
  Instruments instruments_;
  const venues::SharedLists shared_;
  std::map<std::string, Target, std::less<>> targets_;
  Target* same_ = nullptr;  // of the line before, in targets_
  std::string same_request_;
  std::optional<Instant> last_;
  std::vector<Waiting> waiting_;
};

}  // namespace

Result<ImportReport> import_messages(ImportFormat format, const std::vector<std::string>& files,
                                     const ImportOptions& options, tape::TapeWriter& tape,
                                     const std::function<void(const ImportProgress&)>& progress) {
  MessageImporter importer(format, options, tape, progress);
  return importer.run(files);
}

}  // namespace delever::feeds
