#include <fmt/format.h>

#include <map>
#include <set>

#include "render/brief_render.h"
#include "render/json.h"
#include "render/verdict_render.h"

namespace delever::render {

using namespace reports;

Json to_json(const gauges::Reading& r) {
  Json json;
  json["name"] = r.name;
  json["asset"] = r.asset;
  if (r.venue) json["venue"] = *r.venue;
  if (r.expiry) json["expiry"] = expiry_name(*r.expiry);
  json["value"] = json_or_null(r.value);
  json["low"] = json_or_null(r.low);
  json["high"] = json_or_null(r.high);
  json["unit"] = r.unit;
  json["as_of"] = r.as_of ? Json(r.as_of->text()) : Json();
  json["window_s"] = r.window.in_seconds();
  json["state"] = gauges::state_name(r.state);
  json["sources"] = r.sources;
  json["coverage"] = json_or_null(r.coverage);
  json["reason"] = r.reason;
  json["rule"] = r.rule;
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
