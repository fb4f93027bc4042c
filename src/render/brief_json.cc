#include <fmt/format.h>

#include <map>
#include <set>

#include "render/brief_render.h"
#include "render/json.h"
#include "render/reading_fields.h"
#include "render/verdict_render.h"

namespace delever::render {

using namespace reports;

namespace {

Json json_of(std::string_view text) { return Json(text); }
Json json_of(double number) { return Json(number); }
Json json_of(Instant time) { return Json(time.text()); }
Json json_of(const std::vector<std::string>& texts) { return Json(texts); }
template <class T>
Json json_of(const std::optional<T>& value) {
  return value ? json_of(*value) : Json();
}

}  // namespace

Json to_json(const gauges::Reading& r) {
  Json json = Json::object();
  put_reading_fields(
      r, [&](std::string_view name, const auto& value) { json[name] = json_of(value); });
  return json;
}

namespace {

Json to_json(const gauges::ClaimCheck& c) {
  Json json;
  json["id"] = c.claim.id;
  json["metric"] = c.claim.metric;
  json["asset"] = c.claim.asset;
  json["stated"] = c.stated;
  json["unit"] = c.unit;
  json["stated_text"] = c.claim.value_text + " " + c.claim.unit;
  json["window"] = c.claim.window;
  json["stated_by"] = c.claim.stated_by;
  json["published"] = c.claim.published;
  json["url"] = c.claim.url;
  json["state"] = gauges::state_name(c.state);
  json["measured"] = json_or_null(c.measured);
  json["sources"] = c.sources;
  json["note"] = c.note;
  json["holds_under"] = c.holds_under ? Json(*c.holds_under) : Json();
  json["mistake"] = c.mistake ? Json(*c.mistake) : Json();
  json["also_under"] = c.also_under;
  Json tried = Json::array();
  for (const gauges::TriedDefinition& t : c.tried) {
    Json entry{{"definition", t.name},
               {"reads", t.reads},
               {"value", json_or_null(t.value)},
               {"holds", t.holds}};
    if (t.venue) entry["venue"] = *t.venue;
    if (t.as_of) entry["as_of"] = t.as_of->text();
    entry["seen_in_history"] = t.seen ? Json(*t.seen) : Json();
    if (!t.note.empty()) entry["note"] = t.note;
    tried.push_back(std::move(entry));
  }
  json["tried"] = std::move(tried);
  return json;
}

}  // namespace

Json readings_json(const Brief& brief) {
  // One Reading under its name; a list where there is one per venue or expiry.
  std::map<std::string, std::vector<const gauges::Reading*>> by_name;
  for (const gauges::Reading& r : brief.readings) by_name[r.name].push_back(&r);
  Json readings = Json::object();
  std::set<std::string> written;
  for (const gauges::Reading& r : brief.readings) {
    if (!written.insert(r.name).second) continue;
    const auto& all = by_name[r.name];
    if (all.size() == 1 && !r.venue && !r.expiry) {
      readings[r.name] = to_json(r);
      continue;
    }
    Json list = Json::array();
    for (const gauges::Reading* one : all) list.push_back(to_json(*one));
    readings[r.name] = std::move(list);
  }
  return readings;
}

Json claims_json(const Brief& brief) {
  Json claims = Json::array();
  for (const gauges::ClaimCheck& c : brief.claims) claims.push_back(to_json(c));
  return claims;
}

std::string brief_json(const Brief& brief) {
  Json json;
  json["asset"] = brief.asset;
  json["as_of"] = brief.as_of.text();
  json["title"] = brief.title;
  json["rules"] = brief.rules;
  json["claim_rules"] = brief.claim_rules;
  json["readings"] = readings_json(brief);
  json["claims"] = claims_json(brief);
  json["verdict"] = brief.verdict ? verdict_json(*brief.verdict) : Json();
  json["pending"] = pending_lines(brief);
  json["notes"] = brief.notes;
  json["sources"] = Json::array();
  for (const SourceUse& s : brief.sources) {
    Json reasons = Json::object();
    for (const auto& [reason, count] : s.undecoded_reasons) reasons[reason] = count;
    json["sources"].push_back({{"name", s.name},
                               {"messages", s.messages},
                               {"events", s.events},
                               {"undecoded", s.undecoded},
                               {"undecoded_reasons", std::move(reasons)}});
  }
  return written_json(json) + "\n";
}

}  // namespace delever::render
