#include <fmt/format.h>

#include <memory>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/feed.h"
#include "cli/json.h"
#include "gauges/gauges.h"

namespace delever::cli {
namespace {

struct GaugesOptions {
  std::vector<std::string> tapes;
  std::string asset = "BTC", from, to, step = "1h", rules = "rules/2026-01-30.toml", out;
};

std::string csv_number(const std::optional<double>& value) {
  return value ? fmt::format("{}", *value) : "";
}

std::string csv_text(std::string_view text) {
  if (text.find_first_of(",\"\n") == text.npos) return std::string(text);
  std::string out = "\"";
  for (char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

std::string csv_row(Instant at, const gauges::Reading& r) {
  std::string sources;
  for (const std::string& s : r.sources) sources += (sources.empty() ? "" : ";") + s;
  return fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", at.text(), r.asset,
                     r.name, r.venue.value_or(""), r.expiry ? expiry_name(*r.expiry) : "",
                     csv_number(r.value), csv_number(r.low), csv_number(r.high), r.unit,
                     gauges::state_name(r.state), r.as_of ? r.as_of->text() : "",
                     r.window.in_seconds(), csv_number(r.coverage), csv_text(sources),
                     csv_text(r.reason), csv_text(r.rule));
}

Result<void> run_gauges(Session& session, const GaugesOptions& options) {
  const Instant to = TRY(time_or_last(options.to, "--to", options.tapes, session));
  const Instant from = options.from.empty() ? to : TRY(parse_at(options.from, "--from", session));
  const Duration step = TRY(of_option(Duration::parse(options.step), "--step"));
  if (step <= Duration()) return Error{Fault::malformed, "must be longer than nothing", "--step"};
  if (from > to) return Error{Fault::malformed, "is after --to", "--from"};
  constexpr int64_t most = 1'000'000;  // some 50 lines a time
  if ((to - from).ns() / step.ns() >= most)
    return Error{Fault::out_of_range,
                 fmt::format("gives more than {} times between --from and --to", most), "--step"};
  const std::string rules_text = TRY(read_file(find_shipped(options.rules)));
  const gauges::Rules rules = TRY(gauges::Rules::load(rules_text, options.rules));
  const auto feed = TRY(open_tapes(options.tapes, to));
  gauges::Gauges gauges(upper(options.asset), rules, feed->instruments(), feed->sources());
  std::string out;
  if (session.format == "csv")
    out =
        "at,asset,name,venue,expiry,value,low,high,unit,state,as_of,window_s,coverage,sources,"
        "reason,rule\n";
  gauges::Sampler sampler(
      gauges, {from, to, step}, [&](Instant at, const std::vector<gauges::Reading>& readings) {
        for (const gauges::Reading& r : readings) {
          if (session.format == "csv") {
            out += csv_row(at, r);
          } else {
            Json json = to_json(r);
            json["at"] = at.text();
            out += json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
          }
        }
      });
  if (auto ran = feed->run(sampler); !ran.has_value()) return ran;
  sampler.finish();
  return write_output(session, options.out, out);
}

}  // namespace

void add_gauges(CLI::App& app, Session& session) {
  auto options = std::make_shared<GaugesOptions>();
  CLI::App* verb =
      app.add_subcommand("gauges", "every gauge at one time or at many, as CSV or JSON lines");
  verb->add_option("--tape", options->tapes, "tape to read; may be given several times")
      ->required();
  verb->add_option("--asset", options->asset, "coin")->capture_default_str();
  verb->add_option("--from", options->from, "first time (default: --to)");
  verb->add_option("--to", options->to, "last time (default: the tape's last message)");
  verb->add_option("--step", options->step, "time between readings")->capture_default_str();
  verb->add_option("--rules", options->rules, "rule file")->capture_default_str();
  verb->add_option("--out", options->out, "file to write (default: standard output)");
  session.format = "csv";
  add_format(verb, session, {"csv", "json"});
  session.format = "text";
  verb->callback([&session, options] {
    if (session.format == "text") session.format = "csv";
    session.action = [&session, options] { return run_gauges(session, *options); };
  });
}

}  // namespace delever::cli
