#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/text.h"
#include "cli/chain_faces.h"
#include "cli/cli.h"
#include "cli/feed.h"
#include "feeds/bytes.h"
#include "gauges/gauges.h"

namespace delever::cli {
namespace {

struct ChainOptions {
  std::vector<std::string> tapes;
  std::string snapshots, asset = "BTC", at, expiry, rules = "rules/2026-01-30.toml", out;
};

// The whole of a file, unpacked. Research files are some MB; more than this is not one.
Result<std::string> read_unpacked(const std::string& path) {
  constexpr size_t most = size_t{1} << 28;
  const auto file = TRY(feeds::InputFile::open(path));
  auto member = TRY(file->next());
  if (!member) return Error{Fault::malformed, "holds no file", path};
  std::string text;
  char buffer[1 << 16];
  while (true) {
    const size_t got = TRY(member->source->read(buffer, sizeof buffer));
    if (got == 0) return text;
    text.append(buffer, got);
    if (text.size() > most) return Error{Fault::out_of_range, "larger than 256 MB unpacked", path};
  }
}

Result<void> run_snapshots(Session& session, const ChainOptions& options) {
  if (!options.tapes.empty())
    return Error{Fault::malformed, "give --tape or --snapshots, not both", "chain"};
  if (session.format != "text")
    return Error{Fault::malformed, "--snapshots is Markdown: --format text", "chain"};
  const std::string csv = TRY(read_unpacked(options.snapshots));
  auto boards = options::read_board_csv(csv);
  if (!boards.has_value()) return std::move(boards.error()).at(options.snapshots);
  return write_output(session, options.out, snapshots_markdown(boards.value()));
}

Result<void> run_chain(Session& session, const ChainOptions& options) {
  if (!options.snapshots.empty()) return run_snapshots(session, options);
  const Instant at = TRY(time_or_last(options.at, "--at", options.tapes, session));
  const std::string rules_text = TRY(read_file(find_shipped(options.rules)));
  const gauges::Rules rules = TRY(gauges::Rules::load(rules_text, options.rules));
  const auto feed = TRY(open_tapes(options.tapes, at));
  const std::string asset = upper(options.asset);
  gauges::Gauges gauges(asset, rules, feed->instruments(), feed->sources());
  if (auto ran = feed->run(gauges); !ran.has_value()) return ran;
  const std::vector<options::OptionBoard> boards = gauges.history(at).boards;
  std::optional<Instant> only;
  if (!options.expiry.empty()) only = TRY(of_option(parse_expiry_name(options.expiry), "--expiry"));
  ChainPage page{asset, options.rules, at, chain_rows(boards, only), &boards};
  if (page.rows.empty()) {
    std::string why =
        fmt::format("no options of {}{} are known at {}", asset,
                    options.expiry.empty() ? "" : " expiring " + options.expiry, at.text());
    for (const options::OptionBoard& board : boards) {
      for (const Error& e : board.refused) why += "; refused: " + e.text();
    }
    return Error{Fault::no_evidence, std::move(why), "chain"};
  }
  if (session.format == "text") return write_output(session, options.out, chain_text(page));
  if (session.format == "csv") return write_output(session, options.out, chain_csv(page));
  return write_output(session, options.out, written_json(chain_json(page)) + "\n");
}

}  // namespace

void add_chain(CLI::App& app, Session& session) {
  auto options = std::make_shared<ChainOptions>();
  CLI::App* verb = app.add_subcommand(
      "chain", "options by expiry: open interest, surface, greeks, hedging flow");
  auto* source = verb->add_option_group("source");
  source->add_option("--tape", options->tapes, "tape to read; may be given several times");
  source->add_option("--snapshots", options->snapshots,
                     "instead: a research file of whole boards (CSV, may be gz); a report against "
                     "its own figures");
  source->require_option(1);
  verb->add_option("--asset", options->asset, "coin")->capture_default_str();
  verb->add_option("--at", options->at, "time, UTC (default: the tape's last message)");
  verb->add_option("--expiry", options->expiry,
                   "one expiry, as 30JAN26: adds its strikes and hedging curve");
  verb->add_option("--rules", options->rules, "rule file")->capture_default_str();
  verb->add_option("--out", options->out, "file to write (default: standard output)");
  add_format(verb, session, {"text", "json", "csv"});
  verb->callback([&session, options] {
    session.action = [&session, options] { return run_chain(session, *options); };
  });
}

}  // namespace delever::cli
