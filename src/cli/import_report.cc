#include "cli/import_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "render/json.h"

namespace delever::cli {

using namespace render;

namespace {

Json counts_json(const codec::DecodeCounts::ByName& counts) {
  Json json = Json::object();
  for (const auto& [name, count] : counts) json[name] = count;
  return json;
}

Json files_json(const std::vector<std::pair<std::string, uint64_t>>& files) {
  Json json = Json::object();
  for (const auto& [file, messages] : files) json[file] = messages;
  return json;
}

Json to_json(const feeds::ImportReport& r) {
  return {{"messages", r.messages},
          {"events", r.events},
          {"left_out", r.left_out},
          {"unfinished", r.unfinished},
          {"without_event", r.without_event},
          {"skipped", r.skipped},
          {"bad_rows", r.bad_rows},
          {"undecoded", counts_json(r.undecoded)},
          {"unknown_channels", counts_json(r.unknown_channels)},
          {"already_there", files_json(r.already)},
          {"before_2009", r.long_ago},
          {"stamped_before_2009", r.stamped_long_ago},
          {"stamped_ahead", r.ahead},
          {"unended", r.unended},
          {"streams", r.streams},
          {"first", r.first ? Json(r.first->text()) : Json()},
          {"last", r.last ? Json(r.last->text()) : Json()}};
}

}  // namespace

std::string import_json(const feeds::ImportReport& r) { return written_json(to_json(r)) + "\n"; }

std::string import_text(const feeds::ImportReport& r, const std::string& out, Instant now) {
  std::string text = fmt::format("{} messages, {} events on {}", r.messages, r.events, out);
  if (r.first && r.last)
    text += fmt::format(", received {} to {}", r.first->text(), r.last->text());
  text += "\n";
  const auto line = [&](uint64_t count, const char* what) {
    if (count) text += fmt::format("  {} {}\n", count, what);
  };
  for (const auto& [file, messages] : r.already)
    text +=
        fmt::format("  {} is on this tape already ({} messages): nothing added\n", file, messages);
  line(r.left_out, "rows left out by the map");
  if (r.long_ago > 0)
    text += fmt::format(
        "  warning: {} messages are of before 2009, when there was no such market: is the map's "
        "unit "
        "of time right?\n",
        r.long_ago);
  if (r.stamped_long_ago > 0)
    text += fmt::format(
        "  warning: {} messages carry times of before 2009 that the venue wrote, when there was no "
        "such market (seconds read as milliseconds?)\n",
        r.stamped_long_ago);
  if (r.last && *r.last - now > Duration::days(1))
    text += fmt::format(
        "  warning: the last is received {}, and now is {}: is the unit of time right?\n",
        r.last->text(), now.text());
  if (r.ahead > 0)
    text += fmt::format(
        "  warning: {} messages are stamped up to {} later than they were received: the venue's "
        "clock or the recorder's is wrong (local time taken for UTC?)\n",
        r.ahead, r.ahead_most.text());
  for (const std::string& row : r.unended)
    text += fmt::format(
        "  warning: {}: the last row has no line end: if the file was cut, its last number is cut "
        "as well\n",
        row);
  line(r.unfinished, "rows of a period that was still running");
  line(r.without_event, "messages that carry no event of ours");
  line(r.skipped, "bad rows skipped:");
  for (const std::string& bad : r.bad_rows) text += "    " + bad + "\n";
  for (const auto& [reason, count] : r.undecoded)
    text += fmt::format("  {} undecoded, kept: {}\n", count, reason);
  for (const std::string& words : r.refusals) text += fmt::format("    {}\n", printable(words));
  for (const auto& [name, count] : r.unknown_channels)
    text += fmt::format("  {} of unknown channel {}\n", count, name);
  for (const std::string& stream : r.streams) text += fmt::format("  stream {}\n", stream);
  return text;
}

Error nothing_in(const feeds::ImportReport& r, const std::vector<std::string>& files) {
  std::string why;
  const auto add = [&](uint64_t count, const char* what) {
    if (count) why += fmt::format("{}{} {}", why.empty() ? ": " : ", ", count, what);
  };
  add(r.left_out, "rows left out by the map");
  add(r.unfinished, "rows of a period that was still running");
  add(r.skipped, "bad rows skipped");
  if (!r.bad_rows.empty()) why += ", first " + r.bad_rows[0];
  return {Fault::malformed, "nothing to import" + why, fmt::format("{}", fmt::join(files, ", "))};
}

}  // namespace delever::cli
