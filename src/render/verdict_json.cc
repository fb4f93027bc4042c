#include <cmath>

#include "render/verdict_render.h"

namespace delever::render {

using namespace reports;

namespace {

// "reason" only where there is no value: it says what was missing.
Json item_json(const verdict::Item& item, const char* unit) {
  Json json{{"value", json_or_null(item.value)}, {"unit", unit}, {"source", item.source}};
  if (!item.reason.empty()) json["reason"] = item.reason;
  return json;
}

Json flag_or_null(const std::optional<bool>& value) { return value ? Json(*value) : Json(); }

Json interval_json(const verdict::Interval& interval) {
  return Json{{"low", interval.low}, {"high", interval.high}};
}

// What the answer would be if the missing change of open interest were so much.
Json conditionals_json(const std::vector<verdict::Conditional>& list) {
  Json out = Json::array();
  for (const verdict::Conditional& one : list)
    out.push_back({{"open_interest_change", one.assumed},
                   {"probability", one.probability},
                   {"answer", verdict::answer_name(one.answer)}});
  return out;
}

// Weights and their covariance, so that anyone can work out the chance and its interval again.
Json fit_json(const verdict::Judged& j) {
  Json json{{"past_days", j.past_days}, {"past_waves", j.past_waves}, {"given", j.given}};
  json["weights"] = std::vector<double>(j.fit->weights.begin(), j.fit->weights.end());
  json["covariance"] = Json::array();
  for (const verdict::Terms& row : j.fit->covariance)
    json["covariance"].push_back(std::vector<double>(row.begin(), row.end()));
  return json;
}

Json judged_json(const verdict::Judged& j) {
  const verdict::FlushDay& d = j.day;
  Json json{{"asset", d.asset},
            {"day", d.day.date()},
            {"flush_day", d.is_flush()},
            {"flush_by", d.why()},
            {"answer", verdict::answer_name(j.answer)},
            {"probability", json_or_null(j.probability)}};
  // Without a probability the day was refused: then its interval and base rate are null, not 0.
  json["interval_80"] = j.probability ? interval_json(j.interval) : Json();
  json["refused"] = !j.probability;
  json["refusal"] = j.refusal;
  json["provisional"] = j.provisional;
  json["remarks"] = j.remarks;
  json["model"] = verdict::model_name(j.model);
  json["carried_over"] = j.carried_over;
  json["base_rate"] = j.fit ? Json(j.base_rate) : Json();
  json["items"] = {
      {"open_interest_change_ln", item_json(d.interest_change, "ln of coins over the day")},
      {"funding", item_json(d.funding, "fraction_per_year")},
      {"funding_change", item_json(d.funding_change, "fraction_per_year")},
      {"own_open_interest_change", item_json(d.own_interest_change, "deviations")},
      {"own_funding_change", item_json(d.own_funding_change, "deviations")},
      {"long_liquidations", item_json(d.long_usd, "USD")}};
  json["close"] = json_or_null(d.close);
  json["log_return"] = json_or_null(d.log_return);
  json["daily_deviation"] = json_or_null(d.volatility);
  json["fit"] = j.fit ? fit_json(j) : Json();
  json["would_be"] = conditionals_json(j.would_be);
  // By the open interest of a part of the market, where the whole was not measured.
  if (j.by_part)
    json["by_a_part"] = {{"source", d.part_interest_change.source},
                         {"open_interest_change", j.by_part->assumed},
                         {"probability", j.by_part->probability},
                         {"answer", verdict::answer_name(j.by_part->answer)}};
  json["hindsight"] = j.hindsight ? Json(j.hindsight->probability) : Json();
  json["due"] = d.due().date();
  json["wave"] = flag_or_null(d.wave);
  json["lower_by_5"] = flag_or_null(d.lower);
  return json;
}

// null: no finished day to score. Areas are null where all days came out alike.
Json score_json(const std::optional<verdict::Score>& s) {
  if (!s) return {};
  return Json{{"days", s->days},
              {"episodes", s->episodes},
              {"happened", s->happened},
              {"brier", s->brier},
              {"brier_base", s->brier_base},
              {"log_loss", s->log_loss},
              {"log_loss_base", s->log_loss_base},
              {"log_gain", s->gain},
              {"log_gain_90", interval_json(s->gain_interval)},
              {"area", json_or_null(s->area)}};
}

Json bins_json(const std::vector<verdict::Bin>& bins) {
  Json out = Json::array();
  for (const verdict::Bin& b : bins)
    out.push_back({{"from", b.from},
                   {"to", b.to},
                   {"mean", b.days > 0 ? Json(b.mean) : Json()},
                   {"days", b.days},
                   {"happened", b.happened}});
  return out;
}

// "asset" is empty for all coins together.
Json answer_json(const verdict::AnswerCount& a) {
  return Json{{"answer", verdict::answer_name(a.answer)},
              {"asset", a.asset},
              {"days", a.days},
              {"episodes", a.episodes},
              {"waves", a.waves},
              {"lower_by_5", a.lower},
              {"interval_95", interval_json(a.interval)}};
}

Json pool_json(const verdict::Record::Pool& pool) {
  Json json{{"name", pool.name},
            {"flush_days", pool.flush_days},
            {"refused", pool.refused},
            {"not_yet_due", pool.waiting},
            {"outcome_not_on_file", pool.unknown},
            {"score", score_json(pool.score)}};
  json["answers"] = Json::array();
  for (const verdict::AnswerCount& a : pool.answers) json["answers"].push_back(answer_json(a));
  json["reliability"] = bins_json(pool.bins);
  json["risk"] = Json::array();
  for (const verdict::RiskAt& r : pool.risk)
    json["risk"].push_back({{"coverage", r.coverage}, {"days", r.days}, {"wrong", r.wrong}});
  return json;
}

Json unweighted_json(const std::vector<verdict::Unweighted>& list) {
  Json out = Json::array();
  for (const verdict::Unweighted& u : list)
    out.push_back({{"id", u.id}, {"what", u.what}, {"found", u.found}});
  return out;
}

}  // namespace

Json verdict_json(const DayVerdict& v) {
  Json json = judged_json(v.judged);
  json["at"] = v.at.text();
  json["asked_day"] = v.asked ? Json(v.asked->date()) : Json();
  json["event"] = v.event;
  json["rules"] = v.rules;
  json["standing"] = {{"switched_off", v.standing.switched_off}, {"words", v.standing.words}};
  json["such_answers_before"] = v.such_answers ? answer_json(*v.such_answers) : Json();
  // As it stood before the day: nothing here has seen what came after it.
  json["score_before"] = score_json(v.score);
  json["price"] = {{"lower_by_5_in_7_days", json_or_null(v.price_risk)},
                   {"from", "volatility alone"}};
  if (v.price_bin)
    json["price"].update(
        {{"said_before", v.price_bin->days}, {"came_before", v.price_bin->happened}});
  json["supposed"] = Json::array();
  for (const SupposedVerdict& s : v.supposed) {
    Json one{{"claim", s.claim}, {"note", s.note}};
    if (s.judged) {
      one["probability"] = json_or_null(s.judged->probability);
      one["answer"] = verdict::answer_name(s.judged->answer);
      one["would_be"] = conditionals_json(s.judged->would_be);
    }
    json["supposed"].push_back(std::move(one));
  }
  json["unweighted"] = unweighted_json(v.unweighted);
  return json;
}

std::string verdict_json(const VerdictReport& report) {
  Json json{{"inputs", report.inputs}};
  json["verdicts"] = Json::array();
  for (const DayVerdict& v : report.verdicts) json["verdicts"].push_back(verdict_json(v));
  return written_json(json) + "\n";
}

std::string record_json(const RecordReport& report) {
  const verdict::Record& record = report.record;
  Json json{{"rules", report.rules}, {"inputs", report.inputs}};
  json["standing"] = {{"switched_off", record.switched_off},
                      {"words", record.standing},
                      {"last_scored_days", score_json(record.lately)}};
  json["pools"] = Json::array();
  for (const auto& pool : record.pools) json["pools"].push_back(pool_json(pool));
  json["refusals"] = Json::array();
  for (const verdict::Refusals& r : record.refusals) {
    Json years = Json::object();
    for (const auto& [year, days] : r.by_year) years[std::to_string(year)] = days;
    json["refusals"].push_back(
        {{"reason", r.reason}, {"days", r.days}, {"by_year", std::move(years)}});
  }
  json["one_item_alone"] = Json::array();
  for (const verdict::Variant& v : record.variants)
    json["one_item_alone"].push_back({{"name", v.name}, {"score", score_json(v.score)}});
  json["price"] = {{"score", score_json(record.price)},
                   {"reliability", bins_json(record.price_bins)},
                   {"from", "volatility alone"}};
  json["next_fits"] = Json::array();
  for (const verdict::Judged& j : report.next) {
    // A coin without enough finished days has no next fit.
    if (!j.fit) continue;
    Json one = fit_json(j);
    one["model"] = verdict::model_name(j.model);
    json["next_fits"].push_back(std::move(one));
  }
  json["unweighted"] = unweighted_json(report.unweighted);
  json["tried"] = report.tried;
  json["days"] = Json::array();
  for (const verdict::Judged& j : record.days) json["days"].push_back(judged_json(j));
  return written_json(json) + "\n";
}

}  // namespace delever::render
