#include "verdict/setup.h"

#include <algorithm>

namespace delever::verdict {
namespace {

Result<Answer> answer_of(const Config& table, const char* key) {
  const std::string name = TRY(table.text(key));
  for (const Answer one : {Answer::cleared, Answer::cannot_tell, Answer::not_cleared}) {
    if (answer_name(one) == name) return one;
  }
  return Error{Fault::malformed, "want cleared, cannot_tell or not_cleared", table.place(key)};
}

Result<Model> model_of(const Config& table, const char* key) {
  const std::string name = TRY(table.text(key));
  for (const Model one :
       {Model::interest_and_funding, Model::interest, Model::own_movement, Model::own_interest}) {
    if (model_name(one) == name) return one;
  }
  return Error{Fault::malformed, "names no model", table.place(key)};
}

Result<Terms> terms_of(const Config& table, const std::string& key) {
  const std::vector<double> numbers = TRY(table.numbers(key));
  if (numbers.size() != kMostTerms)
    return Error{Fault::malformed, "want five numbers: constant, BTC, ETH, open interest, funding",
                 table.place(key)};
  Terms out{};
  std::copy(numbers.begin(), numbers.end(), out.begin());
  return out;
}

Result<size_t> count_of(const Config& table, const char* key) {
  const int64_t count = TRY(table.integer(key));
  if (count < 0) return Error{Fault::malformed, "want a count", table.place(key)};
  return static_cast<size_t>(count);
}

Result<GivenWeights> read_given(const Config& table) {
  GivenWeights out;
  out.source = TRY(table.text("source"));
  out.known = TRY(table.instant("known"));
  out.days = TRY(count_of(table, "days"));
  out.waves = TRY(count_of(table, "waves"));
  if (out.waves > out.days)
    return Error{Fault::malformed, "more waves than days", table.place("waves")};
  for (const Config& one : TRY(table.tables("model"))) {
    GivenWeights::OfModel of;
    of.model = TRY(model_of(one, "name"));
    of.fit.weights = TRY(terms_of(one, "weights"));
    for (size_t i = 0; i < kMostTerms; ++i)
      of.fit.covariance[i] = TRY(terms_of(one, "covariance_" + std::to_string(i + 1)));
    out.models.push_back(of);
  }
  for (const Config& one : TRY(table.tables("band"))) {
    GivenWeights::OfBand of;
    of.answer = TRY(answer_of(one, "answer"));
    of.days = TRY(count_of(one, "days"));
    of.waves = TRY(count_of(one, "waves"));
    if (of.waves > of.days)
      return Error{Fault::malformed, "more waves than days", one.place("waves")};
    out.bands.push_back(of);
  }
  return out;
}

Result<EventRules> read_event(const Config& table) {
  EventRules out;
  out.price_deviations = TRY(table.number("price_deviations"));
  out.price_fall = TRY(table.number("price_fall"));
  out.liquidation_quantile = TRY(table.number("liquidation_quantile"));
  out.long_share = TRY(table.number("long_share"));
  out.interest_fall = TRY(table.number("interest_fall"));
  out.wave_share = TRY(table.number("wave_share"));
  for (const auto& [key, share] :
       {std::pair{"price_fall", out.price_fall}, std::pair{"interest_fall", out.interest_fall},
        std::pair{"liquidation_quantile", out.liquidation_quantile}}) {
    if (!(share > 0 && share < 1))
      return Error{Fault::malformed, "want a share between 0 and 1", table.place(key)};
  }
  return out;
}

}  // namespace

Result<Setup> Setup::load(const Config& config, const std::string& file) {
  Setup out;
  out.verdict.file = file;
  const Config event = TRY(config.table("event"));
  out.event = TRY(read_event(event));
  const Config answer = TRY(config.table("answer"));
  out.verdict.cleared_below = TRY(answer.number("cleared_below"));
  out.verdict.not_cleared_from = TRY(answer.number("not_cleared_from"));
  out.verdict.past_days_min = TRY(count_of(answer, "past_days_min"));
  out.verdict.interval = TRY(answer.number("interval"));
  out.verdict.days_an_episode = TRY(answer.number("days_an_episode"));
  out.verdict.switch_days = TRY(count_of(answer, "switch_days"));
  const double low = out.verdict.cleared_below, high = out.verdict.not_cleared_from;
  if (!(low > 0 && low <= high && high < 1))
    return Error{Fault::malformed, "want 0 < cleared_below <= not_cleared_from < 1",
                 answer.place("cleared_below")};
  if (!(out.verdict.interval > 0 && out.verdict.interval < 1))
    return Error{Fault::malformed, "want a share between 0 and 1", answer.place("interval")};
  if (config.has("given")) {
    const Config given = TRY(config.table("given"));
    out.verdict.given = TRY(read_given(given));
  }
  for (const Config& one : TRY(config.tables("unweighted"))) {
    Unweighted item;
    item.id = TRY(one.text("id"));
    item.what = TRY(one.text("what"));
    item.found = TRY(one.text("found"));
    out.unweighted.push_back(std::move(item));
  }
  if (config.has("tried")) out.tried = TRY(config.texts("tried"));
  TRY(config.finish());
  return out;
}

}  // namespace delever::verdict
