#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/tape_heard.h"
#include "cli/tape_status.h"
#include "feeds/holes.h"
#include "feeds/replay.h"
#include "render/event_json.h"
#include "render/tardis_csv.h"
#include "reports/coverage.h"
#include "tape/inspect.h"

namespace delever::cli {

using namespace reports;
using namespace render;

namespace {

struct TapeArguments {
  std::vector<std::string> tapes;
  std::string from, to, stream, table = "trades";
  int64_t limit = 0;
  bool events = false;
};

// A gap may name a stream whose description is lost: then it names none.
Json gap_json(const tape::TapeInfo& info, const tape::TapeGap& gap) {
  const bool known = gap.stream > 0 && gap.stream <= info.streams.size();
  Json json{{"stream", known ? info.streams[gap.stream - 1].info.name : ""},
            {"from", gap.from.text()},
            {"to", gap.to.text()},
            {"reason", gap.reason}};
  if (gap.open) json["open"] = true;
  return json;
}

// null: the tape holds no message.
Json time_json(const std::optional<Instant>& t) { return t ? Json(t->text()) : Json(); }

Json to_json(const tape::TapeInfo& info) {
  Json json{{"file_bytes", info.file_bytes},  {"closed", info.closed},
            {"blocks", info.blocks},          {"messages", info.messages},
            {"raw_bytes", info.raw_bytes},    {"ratio", json_or_null(info.ratio())},
            {"first", time_json(info.first)}, {"last", time_json(info.last)}};
  json["streams"] = Json::array();
  for (const tape::StreamSummary& s : info.streams) {
    json["streams"].push_back({{"name", s.info.name},
                               {"venue", s.info.venue},
                               {"channel", s.info.channel},
                               {"decoder", s.info.decoder},
                               {"messages", s.messages},
                               {"blocks", s.blocks},
                               {"raw_bytes", s.raw_bytes},
                               {"first", time_json(s.first)},
                               {"last", time_json(s.last)}});
  }
  json["gaps"] = Json::array();
  for (const tape::TapeGap& gap : info.gaps) json["gaps"].push_back(gap_json(info, gap));
  json["damage"] = Json::array();
  for (const tape::TapeGap& gap : info.damage) json["damage"].push_back(gap_json(info, gap));
  return json;
}

std::string gaps_text(const tape::TapeInfo& info, const char* what,
                      const std::vector<tape::TapeGap>& gaps) {
  std::string out;
  for (const tape::TapeGap& gap : gaps) {
    const bool known = gap.stream > 0 && gap.stream <= info.streams.size();
    out += fmt::format("{} {}: {} to {}{}: {}\n", what,
                       known ? info.streams[gap.stream - 1].info.name : "(all streams)",
                       gap.from.text(), gap.to.text(), gap.open ? " (not ended)" : "", gap.reason);
  }
  return out;
}

std::string info_text(const std::string& path, const tape::TapeInfo& info) {
  const auto time = [](const std::optional<Instant>& t) {
    return t ? t->text() : std::string("-");
  };
  std::string out = fmt::format(
      "{}: {} messages, {} blocks, {} bytes{}{}, received {} to {}\n", path, info.messages,
      info.blocks, info.file_bytes, info.ratio() ? fmt::format(" ({:.1f}:1)", *info.ratio()) : "",
      info.closed ? "" : ", not closed", time(info.first), time(info.last));
  out += fmt::format("{:<52} {:>10} {:>12}  {:<24} {:<24} {}\n", "stream", "messages", "bytes",
                     "first", "last", "decoder");
  for (const tape::StreamSummary& s : info.streams) {
    out += fmt::format("{:<52} {:>10} {:>12}  {:<24} {:<24} {}\n", s.info.name, s.messages,
                       s.raw_bytes, time(s.first), time(s.last), s.info.decoder);
  }
  return out + gaps_text(info, "gap", info.gaps) + gaps_text(info, "damage", info.damage);
}

// What the venues' own numbering shows to be missing from their books.
Json holes_json(const feeds::SequenceHoles& holes) {
  Json json = Json::array();
  for (const feeds::SequenceHole& hole : holes.named) {
    Json one{{"stream", hole.stream},    {"venue", hole.venue},
             {"symbol", hole.symbol},    {"from", hole.gap.from.text()},
             {"to", hole.gap.to.text()}, {"reason", hole.gap.reason}};
    if (hole.gap.expected) one["expected"] = *hole.gap.expected;
    if (hole.gap.received) one["received_id"] = *hole.gap.received;
    json.push_back(std::move(one));
  }
  return json;
}

std::string holes_text(const feeds::SequenceHoles& holes) {
  std::string out;
  for (const feeds::SequenceHole& hole : holes.named) {
    out += fmt::format("hole {} {}: {} to {}: {}", hole.stream, hole.symbol, hole.gap.from.text(),
                       hole.gap.to.text(), hole.gap.reason);
    if (hole.gap.expected && hole.gap.received)
      out += fmt::format(" (expected {}, received {})", *hole.gap.expected, *hole.gap.received);
    out += "\n";
  }
  for (const auto& [stream, count] : holes.repeated)
    out += fmt::format("repeated {}: {} messages are on the tape twice and count once\n", stream,
                       count);
  if (holes.count > holes.named.size())
    out += fmt::format("hole: {} more\n", holes.count - holes.named.size());
  return out;
}

// By kind and venue, as coverage_text() shows it.
Json coverage_json(const std::vector<Coverage>& coverage) {
  Json json = Json::array();
  for (const Coverage& c : coverage)
    json.push_back({{"kind", c.kind},
                    {"venue", c.venue},
                    {"events", c.events},
                    {"first", c.first.text()},
                    {"last", c.last.text()}});
  return json;
}

Result<void> run_info(Session& session, const TapeArguments& a) {
  for (const std::string& path : a.tapes) {
    const tape::TapeInfo info = TRY(tape::tape_info(path));
    const std::vector<Coverage> coverage = TRY(coverage_of({path}));
    // A hole in a venue's numbering is no damage of the file: it is named, and the exit is 0.
    const feeds::SequenceHoles holes = TRY(feeds::sequence_holes(path));
    const StatusWords status = TRY(status_words(path, info));
    if (session.format == "json") {
      Json json = to_json(info);
      json["holes"] = holes_json(holes);
      json["repeated"] = holes.repeated;
      json["coverage"] = coverage_json(coverage);
      json["heard"] = heard_json(info, holes);
      json["maintenance"] = status_json(status);
      write(session.io.out, written_json(json) + "\n");
    } else {
      write(session.io.out,
            for_screen(session, for_people(info_text(path, info) + coverage_text(coverage) +
                                           heard_text(info, holes) + holes_text(holes) +
                                           status_text(status))));
    }
  }
  return {};
}

// Damage ends with exit 3, once all that is sound on all tapes has been counted.
Result<void> run_verify(Session& session, const TapeArguments& a) {
  std::optional<Error> damaged;  // of the first such tape
  for (const std::string& path : a.tapes) {
    const tape::TapeCheck check = TRY(tape::tape_verify(path));
    const feeds::SequenceHoles holes = TRY(feeds::sequence_holes(path));
    if (session.format == "json") {
      Json json = to_json(check.info);
      json["sound"] = check.sound();
      json["damage"] = Json::array();
      for (const tape::TapeGap& gap : check.damage)
        json["damage"].push_back(gap_json(check.info, gap));
      json["holes"] = holes_json(holes);
      json["repeated"] = holes.repeated;
      json["trouble"] = check.trouble ? Json(*check.trouble) : Json();
      write(session.io.out, written_json(json) + "\n");
    } else {
      write(session.io.out, fmt::format("{}: {} blocks, {} messages sound\n", path,
                                        check.info.blocks, check.info.messages));
      if (check.trouble) write(session.io.out, fmt::format("trouble: {}\n", *check.trouble));
      write(session.io.out, gaps_text(check.info, "gap", check.info.gaps) +
                                gaps_text(check.info, "damage", check.damage) + holes_text(holes));
    }
    if (!check.sound() && !damaged)
      damaged = Error{Fault::malformed,
                      fmt::format("{} damaged place{}; what is sound is still served",
                                  check.damage.size(), check.damage.size() == 1 ? "" : "s"),
                      path};
  }
  if (damaged) return *std::move(damaged);
  return {};
}

// Of receive times; both ends are in it.
struct Range {
  Instant from = Instant::min(), to = Instant::max();
};

Result<Range> range_of(Session& session, const TapeArguments& a) {
  Range range;
  if (!a.from.empty()) range.from = TRY(parse_at(a.from, "--from", session.context));
  if (!a.to.empty()) range.to = TRY(parse_at(a.to, "--to", session.context));
  if (range.from > range.to) return Error{Fault::usage, "is after --to", "--from"};
  return range;
}

// A stream that is asked for must be there: nothing at all would look like a quiet one.
Result<void> check_stream(const std::string& wanted, const std::set<std::string>& known) {
  if (wanted.empty() || known.contains(wanted)) return {};
  std::string names;
  for (const std::string& name : known) names += (names.empty() ? "" : ", ") + name;
  return Error{Fault::not_found, fmt::format("no stream \"{}\" (there are {})", wanted, names),
               "--stream"};
}

// Events of a replay, written by `write_event` until it says stop.
class EventWriter final : public feeds::ReplaySink {
 public:
  EventWriter(const feeds::Replay& replay, const TapeArguments& a,
              std::function<bool(const Event&)> write_event)
      : replay_(replay), stream_(a.stream), limit_(a.limit), write_event_(std::move(write_event)) {}
  void on_event(const Event& event) override {
    // One step of the replay may hand over several events: those beyond the limit are not written.
    if (done() || (!stream_.empty() && replay_.sources()[event.source].name != stream_)) return;
    if (const Gap* gap = std::get_if<Gap>(&event.payload)) note(event, *gap);
    if (write_event_(event)) ++written_;
  }
  void on_undecoded(const Source&, const codec::RawMessage&, const Error&) override {
    ++undecoded_;
  }
  bool done() const { return limit_ > 0 && written_ >= limit_; }
  uint64_t undecoded() const { return undecoded_; }
  // Gaps that came by, for formats that have no row for them.
  uint64_t gaps() const { return gaps_; }
  const std::string& gap_lines() const { return gap_lines_; }

 private:
  // The first few by name; after a bad night there are thousands.
  static constexpr uint64_t kNamedGaps = 20;
  void note(const Event& event, const Gap& gap) {
    if (++gaps_ > kNamedGaps) return;
    const std::string symbol = event.instrument < replay_.instruments().size()
                                   ? " " + replay_.instruments()[event.instrument].symbol
                                   : "";
    gap_lines_ += fmt::format("delever: {}{}: nothing from {} to {}: {}\n",
                              replay_.sources()[event.source].name, symbol, gap.from.text(),
                              gap.to.text(), gap.reason);
  }

  uint64_t gaps_ = 0;
  std::string gap_lines_;
  const feeds::Replay& replay_;
  std::string stream_;
  int64_t limit_, written_ = 0;
  uint64_t undecoded_ = 0;
  std::function<bool(const Event&)> write_event_;
};

// How events become text: each of them (whether anything was written), and what is left at the end.
struct EventText {
  std::function<bool(const Event&)> write;
  std::function<void()> finish = [] {};
  std::function<std::string()> left_out = [] { return std::string(); };  // lines of what has no row
};

Result<void> write_events(Session& session, const TapeArguments& a,
                          const std::function<EventText(const feeds::Replay&, Output&)>& make) {
  const Range range = TRY(range_of(session, a));
  auto output = TRY(Output::open(session, session.out));
  auto replay =
      TRY(feeds::Replay::open(a.tapes, {.from = range.from, .to = range.to, .sequences = true}));
  std::set<std::string> known;
  for (const Source& source : replay->sources()) known.insert(source.name);
  TRY(check_stream(a.stream, known));
  const EventText text = make(*replay, *output);
  EventWriter writer(*replay, a, text.write);
  // By steps, so that the output is handed on between them and a reader that left (head) ends the
  // work.
  while (!writer.done()) {
    if (output->failed() || !TRY(replay->step(writer))) break;
    output->settle();
  }
  // What is still open at the end (a row that waits for its next) is written only if all was read.
  if (!writer.done()) text.finish();
  if (writer.gaps())
    write(session.io.err,
          writer.gap_lines() + fmt::format("delever: {} gap{} in what was written\n", writer.gaps(),
                                           writer.gaps() == 1 ? "" : "s"));
  write(session.io.err, text.left_out());
  if (writer.undecoded())
    write(session.io.err,
          fmt::format("delever: {} messages could not be decoded; brief names the reasons\n",
                      writer.undecoded()));
  return output->finish();
}

Result<void> write_json_events(Session& session, const TapeArguments& a) {
  return write_events(session, a, [](const feeds::Replay& replay, Output& output) {
    // Shared by the calls of one writer: std::function copies what it holds.
    auto line = std::make_shared<TextBuffer>();
    auto json = std::make_shared<EventJson>(replay.instruments(), replay.sources());
    return EventText{[&, line, json](const Event& event) {
      line->clear();
      json->put(*line, event);
      line->put('\n');
      output.text() += line->view();
      return true;
    }};
  });
}

Result<void> run_cat(Session& session, const TapeArguments& a) {
  if (a.events) return write_json_events(session, a);
  // Raw messages: receive time in ns, stream, bytes, as recorded.
  const Range range = TRY(range_of(session, a));
  auto output = TRY(Output::open(session, session.out));
  std::vector<std::unique_ptr<tape::TapeReader>> readers;
  const Instant end =
      range.to == Instant::max() ? range.to : range.to + Duration::ns(1);  // --to is inclusive
  for (const std::string& path : a.tapes)
    readers.push_back(TRY(tape::TapeReader::open(path, {.from = range.from, .to = end})));
  std::set<std::string> known;
  for (const auto& reader : readers) {
    for (const auto& stream : reader->streams()) known.insert(stream.name);
  }
  TRY(check_stream(a.stream, known));
  tape::TapeMerge merge(std::move(readers));
  int64_t written = 0;
  for (;;) {
    const auto next = TRY(merge.next());
    if (!next || output->failed() || (a.limit > 0 && written >= a.limit)) break;
    const tape::TapeMessage& m = next->message;
    // Numbers are of one tape, names of all: the same stream on two tapes has one name.
    const std::string& name = merge.tape(next->tape).streams()[m.stream - 1].name;
    if (!a.stream.empty() && name != a.stream) continue;
    output->text() += fmt::format("{} {} {}\n", m.received.ns(), name, m.bytes);
    output->settle();
    ++written;
  }
  return output->finish();
}

Result<void> run_export(Session& session, const TapeArguments& a) {
  if (session.format == "json") return write_json_events(session, a);
  const TardisKind kind = TRY(parse_tardis_kind(a.table));
  return write_events(session, a, [kind](const feeds::Replay& replay, Output& output) {
    output.text() += TardisCsv::header(kind);
    auto csv = std::make_shared<TardisCsv>(kind, replay.instruments());
    auto rows = std::make_shared<TextBuffer>();
    const auto hand_on = [rows, &output] {
      const bool any = !rows->view().empty();
      output.text() += rows->view();
      rows->clear();
      return any;
    };
    return EventText{[=](const Event& event) {
                       csv->write(event, *rows);
                       return hand_on();
                     },
                     [=] {
                       csv->finish(*rows);
                       hand_on();
                     },
                     [csv] {
                       std::string lines;
                       for (const std::string& name : csv->unsized())
                         lines += fmt::format(
                             "delever: {}: its open interest is told in coins and left out, as "
                             "nothing on the tape says how many coins a contract is\n",
                             name);
                       return lines;
                     }};
  });
}

void add_range(Verb* verb, Session& session, TapeArguments& a) {
  verb->add_option("--from", a.from, "first receive time, UTC");
  verb->add_option("--to", a.to, "last receive time, UTC");
  verb->add_option("--stream", a.stream, "one stream only");
  verb->add_option("--limit", a.limit, "stop after so many")->not_negative();
  add_output(verb, session);
}

}  // namespace

void add_tape(Verb& app, Session& session) {
  Verb* tape = app.add_subcommand("tape", "look into a recording: info, verify, cat, export, push");
  tape->require_subcommand(1);
  // The verbs differ in what they run and which formats they have.
  const auto add = [&](const char* name, const char* what,
                       Result<void> (*run)(Session&, const TapeArguments&),
                       const std::vector<std::string>& formats) {
    auto a = std::make_shared<TapeArguments>();
    Verb* verb = tape->add_subcommand(name, what);
    verb->add_option("tapes", a->tapes, "tape files; several are merged by time")
        ->required()
        ->reads();
    if (!formats.empty()) add_format(verb, session, formats);
    verb->callback(
        [&session, a, run] { session.action = [&session, a, run] { return run(session, *a); }; });
    return std::make_pair(verb, a);
  };
  add("info", "streams, counts, times, gaps", run_info, {"text", "json"});
  add("verify", "read every block; name each damaged place (exit 3)", run_verify, {"text", "json"});
  const auto [cat, cat_arguments] =
      add("cat", "messages as they came, or --events as JSON lines", run_cat, {});
  cat->add_flag("--events", cat_arguments->events, "decoded events instead of raw messages");
  add_range(cat, session, *cat_arguments);
  const auto [exporting, export_arguments] =
      add("export", "events as CSV in the column order of the Tardis archives, or as JSON lines",
          run_export, {"text", "csv", "json"});
  exporting->add_option("--table", export_arguments->table, "which CSV table")
      ->one_of(tardis_kind_names())
      ->capture_default_str();
  add_range(exporting, session, *export_arguments);
  add_tape_push(*tape, session);
}

}  // namespace delever::cli
