#include "reports/brief_builder.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/config.h"
#include "reports/inputs.h"

namespace delever::reports {
namespace {

std::vector<gauges::Reading> of_asset(const std::vector<gauges::Reading>& readings,
                                      const std::string& asset) {
  std::vector<gauges::Reading> out;
  for (const gauges::Reading& r : readings) {
    if (r.asset == asset) out.push_back(r);
  }
  std::stable_sort(out.begin(), out.end(), [](const gauges::Reading& a, const gauges::Reading& b) {
    return reading_rank(a.name) < reading_rank(b.name);
  });
  return out;
}

}  // namespace

BriefBuilder::BriefBuilder(BriefInputs inputs, gauges::Rules rules, gauges::ClaimRules claim_rules)
    : inputs_(std::move(inputs)), rules_(std::move(rules)), claim_rules_(std::move(claim_rules)) {}

Result<std::unique_ptr<BriefBuilder>> BriefBuilder::make(BriefInputs inputs,
                                                         const Instruments& instruments,
                                                         const std::vector<Source>& sources) {
  const std::string text = TRY(read_file(find_shipped(inputs.rules_path)));
  gauges::Rules rules = TRY(gauges::Rules::load(text, inputs.rules_path));
  const Config definitions = TRY(Config::load(find_shipped(inputs.claim_rules_path)));
  gauges::ClaimRules claim_rules =
      TRY(gauges::ClaimRules::load(definitions, inputs.claim_rules_path));
  std::unique_ptr<BriefBuilder> out(
      new BriefBuilder(std::move(inputs), std::move(rules), std::move(claim_rules)));
  if (!out->inputs_.verdict_rules_path.empty())
    out->setup_ = TRY(load_verdict_rules(out->inputs_.verdict_rules_path));
  out->watch(instruments, sources);
  return out;
}

void BriefBuilder::watch(const Instruments& instruments, const std::vector<Source>& sources) {
  std::set<std::string> assets{inputs_.asset};
  // A claim may be about another coin than the brief: its gauges run in the same pass.
  for (const gauges::Claim& claim : inputs_.claims) {
    if (claim.asset != gauges::kEveryCoin) assets.insert(claim.asset);
  }
  std::vector<const gauges::Gauges*> watched;
  for (const std::string& asset : assets) {
    gauges_.push_back(std::make_unique<gauges::Gauges>(asset, rules_, instruments, sources));
    watched.push_back(gauges_.back().get());
    if (asset == inputs_.asset) asked_ = gauges_.back().get();
  }
  knowledge_.emplace(gauges_, gauges::claim_times(inputs_.claims, inputs_.at), inputs_.ranges);
  first_ = &*knowledge_;
  if (!setup_) return;
  // The coins that the weights are fitted on are gauged beside those of the brief, each once.
  for (const std::string& asset : setup_->verdict.fitted_coins) {
    if (!assets.insert(asset).second) continue;
    others_.push_back(std::make_unique<gauges::Gauges>(asset, rules_, instruments, sources));
    watched.push_back(others_.back().get());
  }
  days_.emplace(std::move(watched), gauges::DayRecorder::Span{kDayDelay, inputs_.at}, fan_);
  first_ = &*days_;
}

Brief BriefBuilder::brief(Instant at) {
  const std::vector<gauges::Knowledge>& known = knowledge_->known(at);
  Brief brief;
  brief.title = inputs_.title;
  brief.asset = inputs_.asset;
  brief.as_of = at;
  brief.rules = inputs_.rules_path;
  brief.claim_rules = inputs_.claim_rules_path;
  brief.notes = inputs_.notes;
  // The last of them is that of `at`.
  brief.readings = of_asset(known.back().readings, inputs_.asset);
  brief.claims = gauges::check_claims(inputs_.claims, claim_rules_, known, at);
  put_verdict(brief);
  brief.history = asked_->history(at);
  brief.remarks = asked_->remarks(at);
  return brief;
}

void BriefBuilder::put_verdict(Brief& brief) const {
  if (!setup_) return;
  const DayBook book = book_of_days(days_->days(brief.as_of), brief.as_of, setup_->event);
  brief.verdict = day_verdict(book, *setup_, brief.asset, brief.as_of);
  // After the check, which says what each claim is worth; the verdict is then made with it as well.
  if (brief.verdict) suppose_claims(*brief.verdict, book, *setup_, brief.claims, claim_rules_);
}

}  // namespace delever::reports
