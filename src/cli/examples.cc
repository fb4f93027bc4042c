#include "cli/examples.h"

namespace delever::cli {

// Every line runs in a fresh clone: samples/ and fixtures/ come with the project.
const std::vector<Example>& all_examples() {
  static const std::vector<Example> examples{
      {"brief", "The published facts of one day:", "delever brief episodes/2026-01-30"},
      {"brief", "A recording, as a page:",
       "delever brief --tape samples/day.tape --format html --out brief.html"},
      {"verdict", "Did the flush clear the leverage:", "delever verdict episodes/2026-01-30"},
      {"gauges", "Two gauges, hour by hour:",
       "delever gauges --tape samples/day.tape --from 2026-01-05T06:00:00Z --only "
       "price_usd,oi_coins"},
      {"chain", "Options by expiry:", "delever chain --tape samples/chain.tape"},
      {"carry", "Spot against the perpetual for a day:",
       "delever carry --episode fixtures/episode --spot BTC-USDT --contract BTC-USDT-PERP "
       "--from 2026-01-03T00:00:00Z --to 2026-01-04T00:00:00Z"},
      {"import", "A capture, receive time in nanoseconds and JSON on each line:",
       "delever import raw samples/capture.raw --decoder binance-usdm --out raw.tape"},
      {"import", "JSON lines, with their receive times in samples/capture.recv beside them:",
       "delever import jsonl samples/capture.jsonl --decoder binance-usdm --out jsonl.tape"},
      {"import", "An archive onto a tape; docs/data.md and delever explain maps have the others:",
       "delever import csv --map maps/binance-funding-8h.toml samples/funding.csv --out my.tape"},
      {"tape info", "What a tape holds:", "delever tape info samples/day.tape"},
      {"tape verify", "Whether it is sound:", "delever tape verify samples/day.tape"},
      {"tape cat", "Its events:", "delever tape cat --events --limit 3 samples/day.tape"},
      {"tape export",
       "As CSV:", "delever tape export --table trades --limit 3 --format csv samples/day.tape"},
      {"tape push", "Into a ClickHouse server on this machine:",
       "delever tape push samples/day.tape --clickhouse http://127.0.0.1:8123/delever"},
      {"margin", "One position, step by step:",
       "delever margin --venue binance --symbol BTCUSDT --entry 84250 --qty 2 --leverage 20"},
      {"conform", "Worked examples of the venues:",
       "delever conform "
       "fixtures/conform/examples.csv"},
      {"stress", "The next wave on a book of accounts:",
       "delever stress --book docs/stress-book.csv --price 84250 --at 2026-01-30T00:00:00Z "
       "--shock -1%,-3%,-5%,-10%"},
      {"levels", "Where positions stand, inferred; this tape says too little, and what is missing:",
       "delever levels --tape samples/day.tape --unscored"},
      {"simulate", "A market of agents:",
       "delever simulate scenarios/stop-run.toml --seed 1 --out stop-run.tape"},
      {"facts", "Stylised facts of a tape:", "delever facts --tape samples/day.tape"},
      {"claims-exam", "Whether the claims check finds known mistakes on a tape:",
       "delever claims-exam --tape samples/day.tape --claims 10"},
      {"record", "Ten seconds of a venue, on the network:",
       "delever record binance:BTCUSDT --for 10s --out my.tape"},
      {"twin", "A venue on this machine that plays a tape:",
       "delever twin binance --tape samples/day.tape --speed 60 --once"},
      {"serve", "A recording as a page, at http://127.0.0.1:8420/:",
       "delever serve --tape samples/day.tape"},
      {"rehearsal serve", "Five venues on this machine, with a market that can be pushed:",
       "delever rehearsal serve --scenario scenarios/rehearsal.toml --speed 10"},
      {"rehearsal replay",
       "What a rehearsal kept, again, to the same hash:", "delever rehearsal replay my.journal"},
      {"rehearsal score", "How each key of it came out:", "delever rehearsal score my.journal"},
      {"alerts test", "What rules would have said over a day:",
       "delever alerts test rules/alerts.toml --tape samples/day.tape --step 10m"},
      {"demo", "All of it for one day, pages in out/:", "delever demo"},
      {"explain", "What a word means:", "delever explain liq_dominance_osc"},
      {"help", "This text for a verb:", "delever help stress"},
  };
  return examples;
}

std::vector<Example> examples_of(std::string_view verb) {
  std::vector<Example> found;
  for (const Example& example : all_examples()) {
    if (example.verb == verb) found.push_back(example);
  }
  return found;
}

}  // namespace delever::cli
