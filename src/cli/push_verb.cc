// delever tape push: a tape's events into tables that a cluster answers SQL over.
#include <fmt/format.h>

#include <memory>

#include "cli/cli.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "feeds/event_row.h"
#include "render/json.h"
#include "warehouse/push.h"

namespace delever::cli {
namespace {

std::vector<std::string> kinds_of_events() {
  std::vector<std::string> out;
  feeds::each_event_kind(
      [&](size_t, const EventPayload& payload) { out.emplace_back(payload_name(payload)); });
  return out;
}

std::string push_text(const warehouse::PushReport& report, double seconds) {
  std::string out =
      fmt::format("{:<20} {:>12} {:>12} {:>12}\n", "table", "rows", "there before", "sent");
  for (const warehouse::PushedKind& k : report.kinds)
    out += fmt::format("{:<20} {:>12} {:>12} {:>12}\n", report.database + "." + k.kind, k.rows,
                       k.there, k.rows - k.there);
  out +=
      fmt::format("{} messages, {} rows sent in {:.1f} s", report.messages, report.sent(), seconds);
  if (report.undecoded > 0)
    out += fmt::format("; {} messages could not be decoded", report.undecoded);
  return out + "\n";
}

std::string push_json(const warehouse::PushReport& report, double seconds) {
  render::Json json{{"database", report.database},
                    {"messages", report.messages},
                    {"undecoded", report.undecoded},
                    {"seconds", seconds}};
  json["tables"] = render::Json::array();
  for (const warehouse::PushedKind& k : report.kinds)
    json["tables"].push_back(
        {{"name", k.kind}, {"rows", k.rows}, {"there", k.there}, {"sent", k.rows - k.there}});
  return render::written_json(json) + "\n";
}

Result<void> run_push(Session& session, const warehouse::PushOptions& given) {
  warehouse::PushOptions options = given;
  ProgressBar bar(session.io);
  options.progress = [&](const std::string& tape, uint64_t messages) {
    bar.show(tape, messages, 0);
  };
  const Duration begin = session.io.clock->elapsed();
  const warehouse::PushReport report = TRY(warehouse::push(options));
  const double took = (session.io.clock->elapsed() - begin).in_seconds();
  bar.clear();
  return write_output(session, "",
                      session.format == "json" ? push_json(report, took) : push_text(report, took));
}

}  // namespace

void add_tape_push(Verb& tape, Session& session) {
  struct Arguments {
    warehouse::PushOptions options;
    std::vector<std::string> kinds;
  };
  auto a = std::make_shared<Arguments>();
  Verb* verb = tape.add_subcommand("push", "events into tables of a ClickHouse server");
  verb->add_option("tapes", a->options.tapes, "tape files, one after the other")
      ->required()
      ->reads();
  verb->add_option("--clickhouse", a->options.url,
                   "http://USER:PASSWORD@HOST:8123/DATABASE of its HTTP interface (default "
                   "database: delever)")
      ->required();
  verb->add_option("--kind", a->kinds, "kinds of events (default: all)")
      ->one_of(kinds_of_events())
      ->delimiter(',');
  add_format(verb, session, {"text", "json"});
  verb->callback([&session, a] {
    a->options.kinds = {a->kinds.begin(), a->kinds.end()};
    session.action = [&session, a] { return run_push(session, a->options); };
  });
}

}  // namespace delever::cli
