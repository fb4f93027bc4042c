#include <memory>

#include "cli/cli.h"
#include "render/carry_render.h"
#include "reports/carry.h"

namespace delever::cli {

using namespace reports;
using namespace render;

namespace {

Result<void> run_carry(Session& session, const CarryOptions& options) {
  const CarryReport report = TRY(carry_report(options, session.context));
  if (session.format == "text") return write_output(session, session.out, carry_text(report));
  return write_output(session, session.out, written_json(carry_json(report)) + "\n");
}

}  // namespace

void add_carry(Verb& app, Session& session) {
  auto o = std::make_shared<CarryOptions>();
  Verb* verb = app.add_subcommand(
      "carry", "long spot, short a perpetual or a future: what each leg earned, yield");
  auto* tape = verb->add_option("--tape", o->tapes,
                                "tape with prices and funding; may be given several times");
  verb->add_option("--episode", o->episode, "episode folder instead of a tape")->excludes(tape);
  verb->add_option("--venue", o->venue, "where both are traded, if several venues are in the data");
  verb->add_option("--spot", o->spot, "spot, canonical or native name: BTC-USDT");
  verb->add_option("--contract", o->contract, "what is sold: BTC-USDT-PERP, BTC-USD-260327@BTC");
  verb->add_option("--from", o->from, "time of entry, UTC")->required();
  verb->add_option("--to", o->to, "time of exit, UTC (perpetual)");
  verb->add_option("--expiry", o->expiry,
                   "expiry of the future, as 27MAR26, where there are no data");
  verb->add_option("--spot-entry", o->spot_entry, "price, instead of the data's");
  verb->add_option("--spot-exit", o->spot_exit, "likewise; of a future: its settlement");
  verb->add_option("--contract-entry", o->contract_entry, "likewise");
  verb->add_option("--contract-exit", o->contract_exit, "likewise (perpetual)");
  verb->add_flag("--inverse", o->inverse, "without data: the future is settled in coins");
  verb->add_option("--spot-fee", o->spot_fee, "fraction of what is traded, each way")
      ->capture_default_str();
  verb->add_option("--contract-fee", o->contract_fee, "fraction, each way")->capture_default_str();
  verb->add_option("--exit-fee", o->exit_fee,
                   "of the contract at exit, if it differs; 0 for a free delivery");
  verb->add_option("--borrow", o->borrow, "interest a year on what is borrowed")
      ->capture_default_str();
  verb->add_option("--borrowed", o->borrowed, "share of the spot that is borrowed")
      ->capture_default_str();
  verb->add_option("--margin", o->margin, "collateral of the short, share of its notional")
      ->capture_default_str();
  verb->add_option("--price-age", o->price_age, "a price may be this much older than its time")
      ->capture_default_str();
  verb->add_option("--out", session.out, "file to write (default: standard output)");
  add_format(verb, session, {"text", "json"});
  verb->callback(
      [&session, o] { session.action = [&session, o] { return run_carry(session, *o); }; });
}

}  // namespace delever::cli
