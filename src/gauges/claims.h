// Claims: published figures, checked like readings. A claim names a metric in words; the
// definitions file says what those words can mean. Where the literal meaning fails, the others are
// tried, and history is asked whether a value was ever seen. "Neither" is an answer, and so is
// "pending".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "base/time.h"
#include "gauges/history.h"
#include "gauges/reading.h"

namespace delever::gauges {

// The asset of a claim over all coins together. No gauge covers them all, so such a claim stays
// pending.
inline constexpr std::string_view kEveryCoin = "ALL";

struct Claim {
  std::string id, metric, asset, unit, window, stated_by, url;
  double value = 0;
  std::string value_text;  // as printed: its last digit says how exact it pretends to be
  std::string published;   // as in the file; may lack the time of day
  std::string place;       // FILE:LINE
};

// CSV with the columns claim_id,metric,asset,value,unit,window,stated_by,published,url.
Result<std::vector<Claim>> read_claims(std::string_view text, std::string_view file);

// "29 Jan 2026 day", "24h to 30 Jan 2026", "30 days to 29 Jan 2026", "30 Jan 2026 08:00 UTC", "30
// Jan 2026 expiry": the time at which the statement can be measured, and the expiry when it is
// about one.
struct ClaimWindow {
  Instant day;  // 00:00 UTC of the date that is named
  Instant end;
  bool whole_day = false;  // the words name a day, so its boundaries may be another time zone's
};
Result<ClaimWindow> read_window(std::string_view text);

// A way to print a wrong figure that has been met before.
struct Mistake {
  std::string_view id, words;
};
const std::vector<Mistake>& known_mistakes();
const Mistake* find_mistake(std::string_view id);  // nullptr: none of that name

// One meaning that a metric's words can have. `per`: "venue" for each venue's reading, "all" for
// the sum though a venue is named, "expiry"; else the venue that is named, or the sum. `mistake`:
// empty where the meaning is a fair one.
struct Definition {
  std::string gauge, reads, per, transform, mistake;
  std::string name() const {
    if (transform.empty()) return per == "all" ? gauge + ":all_venues" : gauge;
    return gauge + ":" + transform;
  }
};

struct Metric {
  std::string id, unit, window;
  std::vector<std::string> words, without;
  std::vector<std::string> any;  // one of these stands in it as a word; without any, none need be
  // Words of ClaimRules::beyond that make no other figure of this one, and of which periods it is.
  std::vector<std::string> takes;
  std::vector<Duration> periods;
  double absolute = 0, relative = 0;
  bool change = false;     // "fell by": the verb has the sign
  bool level = false;      // "fell to": the figure now, and that it was higher a day before
  bool sign = false;       // "negative" has the sign
  bool asks_hour = false;  // a whole day has none of it
  std::vector<Definition> definitions;
};

// Words that name a part of the market by a property of contracts. Where every contract that is
// known has it, the part is the whole.
struct Part {
  std::vector<std::string> words;
  std::string is;  // "perpetual", "dated", "linear", "inverse", or the coin of the margin
};

// Words that ask for something beside the figure of a metric: a change, a record, a part.
struct Beyond {
  std::vector<std::string> words;
  std::string says;
};

struct ClaimRules {
  std::string file;
  std::vector<Metric> metrics;
  std::vector<Beyond> beyond;
  std::vector<std::string> plain;  // words that change no figure
  std::vector<Part> parts;
  std::vector<std::string> falls, rises;        // verbs, and their nouns
  std::vector<std::string> falls_by, rises_by;  // what says so, and is never followed by "to"
  static Result<ClaimRules> load(const Config& config, std::string file);
  const Metric* find(const Claim& claim) const;  // by its words and its unit
  // Why the claim is about something else than what `metric` measures; missing when it is not.
  // `whole`: words of it that name no part, by what is known of the contracts.
  std::optional<std::string> asks_for_more(const Claim& claim, const Metric& metric,
                                           const std::vector<std::string>& whole = {}) const;
  // The verb of "rose to" or "fell to", where the metric is one that can; and which way it went.
  struct Direction {
    std::string verb;
    bool up = false;
  };
  std::optional<Direction> direction_of(const Claim& claim, const Metric& metric) const;
};

// What was seen of a gauge's daily values before a time.
struct GaugeRange {
  std::string name, asset;
  double low = 0, high = 0;
  Instant from, to;
  size_t days = 0;
};

// What was known at one time.
struct Knowledge {
  Instant at;
  std::vector<Reading> readings;
  std::vector<Reading> meant;  // what no gauge gives but somebody may have meant: a day's own
                               // settlements, 7-day means
  std::vector<GaugeRange> ranges;
  std::vector<ContractSort> contracts{};  // of all assets
};

struct TriedDefinition {
  std::string name, reads, mistake;
  std::optional<double> value;  // measured, in the claim's plain unit
  std::optional<Instant> as_of;
  std::optional<std::string> venue;
  bool holds = false;
  std::optional<bool>
      seen;  // whether history ever held such a value; missing without enough history
  std::string note;
};

struct ClaimCheck {
  Claim claim;
  double stated = 0;  // in plain units: a share of 0.97, a rate of 0.432 a year
  std::string unit;
  State state = State::pending;
  std::optional<double> measured;  // under the literal definition
  std::vector<std::string> sources;
  std::string note;
  std::optional<std::string> holds_under;  // "gauge" or "gauge:transform"
  std::optional<std::string> mistake;      // of known_mistakes(), where that meaning is one
  // Other meanings that give the printed figure to its last digit, and the mistakes they are.
  std::vector<std::string> also_under;
  std::vector<std::string> also_mistakes;
  std::vector<TriedDefinition> tried;
};

// The times at which knowledge is needed to check these claims, none after `at`; sorted, without
// duplicates.
std::vector<Instant> claim_times(const std::vector<Claim>& claims, Instant at);

// `known` holds the knowledge at each of claim_times(claims, at).
std::vector<ClaimCheck> check_claims(const std::vector<Claim>& claims, const ClaimRules& rules,
                                     const std::vector<Knowledge>& known, Instant at);

}  // namespace delever::gauges
