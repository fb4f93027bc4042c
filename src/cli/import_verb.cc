#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include <filesystem>
#include <memory>

#include "base/partial_file.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "feeds/import.h"
#include "render/json.h"
#include "venues/registry.h"

namespace delever::cli {

using namespace reports;
using namespace render;

namespace {

struct ImportArguments {
  std::string format;
  std::vector<std::string> files;
  std::string out, map, decoder, symbol, category, request, stream, received;
  bool lenient = false;
};

Json counts_json(const codec::DecodeCounts::ByName& counts) {
  Json json = Json::object();
  for (const auto& [name, count] : counts) json[name] = count;
  return json;
}

Json files_json(const std::vector<std::pair<std::string, uint64_t>>& files) {
  Json json = Json::object();
  for (const auto& [file, messages] : files) json[file] = messages;
  return json;
}

Json to_json(const feeds::ImportReport& r) {
  return {{"messages", r.messages},
          {"events", r.events},
          {"left_out", r.left_out},
          {"unfinished", r.unfinished},
          {"without_event", r.without_event},
          {"skipped", r.skipped},
          {"bad_rows", r.bad_rows},
          {"undecoded", counts_json(r.undecoded)},
          {"unknown_channels", counts_json(r.unknown_channels)},
          {"already_there", files_json(r.already)},
          {"before_2009", r.long_ago},
          {"stamped_before_2009", r.stamped_long_ago},
          {"stamped_ahead", r.ahead},
          {"streams", r.streams},
          {"first", r.first ? Json(r.first->text()) : Json()},
          {"last", r.last ? Json(r.last->text()) : Json()}};
}

std::string report_text(const feeds::ImportReport& r, const std::string& out, Instant now) {
  std::string text = fmt::format("{} messages, {} events on {}", r.messages, r.events, out);
  if (r.first && r.last)
    text += fmt::format(", received {} to {}", r.first->text(), r.last->text());
  text += "\n";
  const auto line = [&](uint64_t count, const char* what) {
    if (count) text += fmt::format("  {} {}\n", count, what);
  };
  for (const auto& [file, messages] : r.already)
    text +=
        fmt::format("  {} is on this tape already ({} messages): nothing added\n", file, messages);
  line(r.left_out, "rows left out by the map");
  if (r.long_ago > 0)
    text += fmt::format(
        "  warning: {} messages are of before 2009, when there was no such market: is the map's "
        "unit "
        "of time right?\n",
        r.long_ago);
  if (r.stamped_long_ago > 0)
    text += fmt::format(
        "  warning: {} messages carry times of before 2009 that the venue wrote, when there was no "
        "such market (seconds read as milliseconds?)\n",
        r.stamped_long_ago);
  if (r.last && *r.last - now > Duration::days(1))
    text += fmt::format(
        "  warning: the last is received {}, and now is {}: is the unit of time right?\n",
        r.last->text(), now.text());
  if (r.ahead > 0)
    text += fmt::format(
        "  warning: {} messages are stamped up to {} later than they were received: the venue's "
        "clock or the recorder's is wrong (local time taken for UTC?)\n",
        r.ahead, r.ahead_most.text());
  line(r.unfinished, "rows of a period that was still running");
  line(r.without_event, "messages that carry no event of ours");
  line(r.skipped, "bad rows skipped:");
  for (const std::string& bad : r.bad_rows) text += "    " + bad + "\n";
  for (const auto& [reason, count] : r.undecoded)
    text += fmt::format("  {} undecoded, kept: {}\n", count, reason);
  for (const auto& [name, count] : r.unknown_channels)
    text += fmt::format("  {} of unknown channel {}\n", count, name);
  for (const std::string& stream : r.streams) text += fmt::format("  stream {}\n", stream);
  return text;
}

Result<feeds::ImportReport> import_whole(Session& session, const ImportArguments& arguments,
                                         feeds::ImportFormat format,
                                         const feeds::ImportOptions& options) {
  auto writer = TRY(tape::TapeWriter::open(arguments.out, *session.io.clock,
                                           {.flush_after = Duration::minutes(5), .whole = true}));
  ProgressBar bar(session.io);
  feeds::ImportReport report = TRY(feeds::import_files(
      format, arguments.files, options, *writer,
      [&](const feeds::ImportProgress& p) { bar.show(p.file, p.bytes, p.bytes_total); }));
  bar.clear();
  if (report.messages == 0 && !report.already.empty()) return report;  // the tape stays as it is
  TRY(writer->close());
  return report;
}

Result<void> run_import(Session& session, const ImportArguments& arguments) {
  const feeds::ImportFormat format = TRY(feeds::read_import_format(arguments.format));
  feeds::ImportOptions options;
  options.map = arguments.map.empty() ? "" : find_shipped(arguments.map);
  options.decoder = arguments.decoder;
  options.stream = arguments.stream;
  options.lenient = arguments.lenient;
  if (!arguments.symbol.empty()) options.settings["symbol"] = arguments.symbol;
  if (!arguments.category.empty()) options.settings["category"] = arguments.category;
  if (!arguments.request.empty()) options.settings["request"] = arguments.request;
  if (!arguments.received.empty())
    options.received = TRY(of_option(Instant::parse(arguments.received), "--received"));
  if (format == feeds::ImportFormat::csv && arguments.map.empty())
    return Error{Fault::usage, "csv wants --map FILE (maps/*.toml)", "import"};
  if (format != feeds::ImportFormat::csv && !arguments.map.empty())
    return Error{Fault::usage, "is for csv", "--map"};
  if (!arguments.decoder.empty()) {
    const auto known = venues::decoder_names();
    if (std::find(known.begin(), known.end(), arguments.decoder) == known.end())
      return Error{Fault::usage,
                   fmt::format("no decoder \"{}\" (there are {})", arguments.decoder.substr(0, 40),
                               fmt::join(known, ", ")),
                   "--decoder"};
  }
  // All or nothing. Ctrl-C ends the reading, and nothing has been added.
  auto watch = std::make_optional<InterruptWatch>();
  options.stop = [] { return InterruptWatch::interrupted(); };
  const auto done = import_whole(session, arguments, format, options);
  watch.reset();
  InterruptWatch::end_if_interrupted();
  if (!done.has_value()) return done.error();
  const feeds::ImportReport& report = done.value();
  return write_output(session, "",
                      session.format == "json" ? written_json(to_json(report)) + "\n"
                                               : for_people(report_text(report, arguments.out,
                                                                        session.io.clock->now())));
}

}  // namespace

void add_import(Verb& app, Session& session) {
  auto a = std::make_shared<ImportArguments>();
  Verb* verb = app.add_subcommand(
      "import", "captures and archives onto a tape: raw, jsonl or csv; plain, gz or zip");
  verb->add_option("format", a->format,
                   "raw (receive ns + JSON), jsonl (with sidecars), csv (with --map)")
      ->required()
      ->one_of({"raw", "jsonl", "csv"});
  verb->add_option("files", a->files, "files to import")->required()->reads();
  verb->add_option("--out", a->out, "tape to append to; made when it is not there")
      ->required()
      ->grows();
  verb->add_option("--map", a->map, "csv: column map (maps/*.toml, docs/column-maps.md)")->reads();
  verb->add_option("--decoder", a->decoder,
                   "raw, jsonl: binance-usdm, bybit, okx, deribit, ... (default: by the path)");
  verb->add_option("--symbol", a->symbol,
                   "raw, jsonl: native symbol, where the messages do not name it");
  verb->add_option("--category", a->category, "Bybit: linear, inverse, spot or option");
  verb->add_option("--request", a->request,
                   "jsonl: path and query of the REST call that was answered");
  verb->add_option("--stream", a->stream, "raw, jsonl: name of the stream on the tape");
  verb->add_option("--received", a->received, "jsonl without .recv: when it was received, UTC");
  verb->add_flag("--lenient", a->lenient, "skip bad rows, count and name them");
  add_format(verb, session, {"text", "json"});
  verb->callback(
      [&session, a] { session.action = [&session, a] { return run_import(session, *a); }; });
}

}  // namespace delever::cli
