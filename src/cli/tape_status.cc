#include "cli/tape_status.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "tape/tape.h"
#include "venues/terms/scan.h"

namespace delever::cli {
namespace {

constexpr size_t kWordsMost = 1000, kSaidMost = 300;

// The venue's own words, to where its object or list ends.
std::string said(std::string_view bytes) {
  std::string_view data = venues::inside(bytes, "params");
  data = data.empty() ? bytes : data;
  const std::string_view words = venues::member(data, "data").value_or(bytes);
  return std::string(words.substr(0, kSaidMost));
}

}  // namespace

Result<StatusWords> status_words(const std::string& path, const tape::TapeInfo& info) {
  StatusWords out;
  std::map<tape::StreamNumber, std::string> streams;
  Instant from = Instant::max(), to = Instant::min();
  for (const tape::StreamSummary& s : info.streams) {
    const bool tells = s.info.channel == "system.status" || s.info.channel == "platform_state";
    if (!tells || !s.first || !s.last) continue;
    streams[s.number] = s.info.name;
    from = std::min(from, *s.first);
    to = std::max(to, *s.last);
  }
  if (streams.empty()) return out;
  const auto reader = TRY(tape::TapeReader::open(path, {.from = from, .to = to + Duration::ns(1)}));
  for (;;) {
    const auto message = TRY(reader->next());
    if (!message) return out;
    const auto stream = streams.find(message->stream);
    if (stream == streams.end() || ++out.count > kWordsMost) continue;
    out.words.push_back({stream->second, message->received, said(message->bytes)});
  }
}

std::string status_text(const StatusWords& of) {
  std::string out;
  for (const StatusWord& w : of.words)
    out += fmt::format("maintenance {} {}: {}\n", w.stream, w.received.text(), w.said);
  if (of.count > of.words.size())
    out += fmt::format("maintenance: {} more\n", of.count - of.words.size());
  return out;
}

render::Json status_json(const StatusWords& of) {
  render::Json json = render::Json::array();
  for (const StatusWord& w : of.words)
    json.push_back({{"stream", w.stream}, {"received", w.received.text()}, {"said", w.said}});
  return json;
}

}  // namespace delever::cli
