#include "dashboard/question.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "base/time.h"
#include "market/instrument.h"
#include "net/url.h"
#include "reports/expiry.h"
#include "reports/inputs.h"

namespace delever::dashboard {
namespace {

constexpr size_t kLongest = 400;  // of one argument; a list of gauges is the longest

bool is_plain(std::string_view text, std::string_view others) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != others.npos;
  });
}

Error wrong(std::string_view name, std::string what) {
  return {Fault::usage, std::move(what), std::string(name)};
}

Result<std::string> time_of(std::string_view name, std::string_view value) {
  const auto at = Instant::parse(value);
  if (!at.has_value()) return wrong(name, "is not a time as 2026-01-30T08:00:00Z");
  return at.value().text();
}

Result<void> put(Question& q, std::string_view name, const std::string& value) {
  if (name == "asset") {
    if (value.size() > 20 || !is_plain(value, "")) return wrong(name, "is not a coin's name");
    q.asset = reports::coin_named(value);
  } else if (name == "at") {
    q.at = TRY(time_of(name, value));
  } else if (name == "from") {
    q.from = TRY(time_of(name, value));
  } else if (name == "expiry") {
    const auto expiry = reports::read_expiry(value);
    if (!expiry.has_value()) return wrong(name, "is not an expiry as 30JAN26");
    q.expiry = expiry_name(expiry.value());
  } else if (name == "step") {
    const auto step = Duration::parse(value);
    if (!step.has_value() || step.value() < Duration::seconds(1))
      return wrong(name, "is not a duration of a second or more, as 5m or 1h");
    q.step = step.value().text();
  } else if (name == "only") {
    if (!is_plain(value, "_,"))
      return wrong(name, "is not a list of gauges, as oi_coins,price_usd");
    q.only = value;
  } else if (name == "unscored") {
    if (value != "true" && value != "false") return wrong(name, "is true or false");
    q.unscored = value == "true";
  }
  return {};
}

}  // namespace

const std::vector<QuestionKind>& question_kinds() {
  static const std::vector<QuestionKind> kinds{
      {"brief", true, "asset at"},
      {"readings", true, "asset at"},
      {"claims", true, "asset at"},
      {"verdict", true, "asset at"},
      {"pending", true, "asset at"},
      {"chain", true, "asset at expiry"},
      {"series", true, "asset at step"},
      {"waves", true, "asset at"},
      {"history", true, "asset at"},
      {"gaps", true, "asset at"},
      {"health", true, "asset at"},
      {"record", false, "asset at"},
      {"track", false, "asset at from step only"},
      {"levels", false, "asset at unscored"},
      {"stress", false, "asset at unscored"},
  };
  return kinds;
}

const QuestionKind* kind_of(std::string_view what) {
  for (const QuestionKind& kind : question_kinds()) {
    if (kind.what == what) return &kind;
  }
  return nullptr;
}

std::string Question::key() const {
  return fmt::format("{}?asset={}&at={}&expiry={}&step={}&only={}&from={}&unscored={}", what, asset,
                     at, expiry, step, only, from, unscored);
}

Result<Question> read_question(std::string_view what, std::string_view query) {
  const QuestionKind* const kind = kind_of(what);
  if (!kind)
    return Error{Fault::not_found, fmt::format("no such question: {}", what.substr(0, 40)), "path"};
  Question q;
  q.what = what;
  const std::vector<std::string_view> known = split(kind->arguments, ' ');
  std::set<std::string> seen;
  for (const std::string_view part : split(query, '&')) {
    if (part.empty()) continue;
    const size_t equals = std::min(part.find('='), part.size());
    const std::string name = net::percent_decoded(part.substr(0, equals));
    const std::string value = net::percent_decoded(part.substr(std::min(equals + 1, part.size())));
    if (std::find(known.begin(), known.end(), name) == known.end())
      return Error{Fault::usage, fmt::format("takes {}", kind->arguments), name.substr(0, 40)};
    if (!seen.insert(name).second) return wrong(name, "stands there twice");
    if (value.empty() || value.size() > kLongest) return wrong(name, "is empty or too long");
    TRY(put(q, name, value));
  }
  return q;
}

}  // namespace delever::dashboard
