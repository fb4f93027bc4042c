#include <memory>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "render/carry_render.h"
#include "reports/carry.h"

namespace delever::cli {

using namespace reports;
using namespace render;

namespace {

Result<void> run_carry(Session& session, const CarryOptions& options) {
  const CarryReport report = TRY(carry_report(options, session.context));
  if (session.format == "text")
    return write_output(session, session.out, for_people(carry_text(report)));
  return write_output(session, session.out, written_json(carry_json(report)) + "\n");
}

}  // namespace

void add_carry(Verb& app, Session& session) {
  auto o = std::make_shared<CarryOptions>();
  Verb* verb = app.add_subcommand(
      "carry", "long spot, short a perpetual or a future: what each leg earned, yield");
  auto* tape = verb->add_option("--tape", o->tapes,
                                "tape with prices and funding; may be given several times")
                   ->reads();
  verb->add_option("--episode", o->episode, "episode folder instead of a tape")
      ->reads()
      ->excludes(tape);
  verb->add_option("--venue", o->venue, "where both are traded, if several venues are in the data");
  verb->add_option("--spot", o->spot, "spot, canonical or native name: BTC-USDT");
  verb->add_option("--contract", o->contract, "what is sold: BTC-USDT-PERP, BTC-USD-260327@BTC");
  verb->add_option("--from", o->from, "time of entry, UTC")->required();
  verb->add_option("--to", o->to, "time of exit, UTC (perpetual)");
  verb->add_option("--expiry", o->expiry,
                   "expiry of the future, as 27MAR26, where there are no data");
  verb->add_option("--spot-entry", o->spot_entry, "price, instead of the data's")->positive();
  verb->add_option("--spot-exit", o->spot_exit, "likewise; of a future: its settlement")
      ->positive();
  verb->add_option("--contract-entry", o->contract_entry, "likewise")->positive();
  verb->add_option("--contract-exit", o->contract_exit, "likewise (perpetual)")->positive();
  verb->add_flag("--inverse", o->inverse, "without data: the future is settled in coins");
  verb->add_share("--spot-fee", o->spot_fee, "fraction of what is traded, each way")
      ->between(-0.1, 0.5)
      ->capture_default_str();
  verb->add_share("--contract-fee", o->contract_fee, "fraction, each way")
      ->between(-0.1, 0.5)
      ->capture_default_str();
  verb->add_share("--exit-fee", o->exit_fee,
                  "of the contract at exit, if it differs; 0 for a free delivery")
      ->between(-0.1, 0.5);
  verb->add_share("--borrow", o->borrow, "interest a year on what is borrowed")
      ->between(-1.0, 100.0)
      ->capture_default_str();
  verb->add_share("--borrowed", o->borrowed, "share of the spot that is borrowed")
      ->between(0.0, 1.0)
      ->capture_default_str();
  verb->add_share("--margin", o->margin, "collateral of the short, share of its notional")
      ->between(0.0, 100.0)
      ->capture_default_str();
  verb->add_option("--price-age", o->price_age, "a price may be this much older than its time")
      ->capture_default_str();
  add_output(verb, session);
  add_format(verb, session, {"text", "json"});
  verb->callback(
      [&session, o] { session.action = [&session, o] { return run_carry(session, *o); }; });
}

}  // namespace delever::cli
