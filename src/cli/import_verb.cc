#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include <filesystem>
#include <memory>

#include "base/partial_file.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/import_hint.h"
#include "cli/import_report.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "feeds/import.h"
#include "venues/registry.h"

namespace delever::cli {

using namespace reports;

namespace {

struct ImportArguments {
  std::string format;
  std::vector<std::string> files;
  std::string out, map, decoder, symbol, category, request, stream, received;
  bool lenient = false;
};

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
  if (report.messages == 0) return nothing_in(report, arguments.files);
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
  if (format == feeds::ImportFormat::csv && arguments.map.empty()) {
    const std::string hint = map_hint(arguments.files[0]);
    return Error{Fault::usage,
                 fmt::format("csv wants --map FILE (maps/*.toml){}{}", hint.empty() ? "" : ": ",
                             hint.empty() ? "" : arguments.files[0] + ": " + hint),
                 "import"};
  }
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
  if (!done.has_value())
    return helped(done.error(), format, arguments.files, {arguments.map, options.map});
  const feeds::ImportReport& report = done.value();
  return write_output(session, "",
                      session.format == "json" ? import_json(report)
                                               : for_people(import_text(report, arguments.out,
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
