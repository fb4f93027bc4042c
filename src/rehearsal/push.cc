#include "rehearsal/push.h"

#include "base/text.h"
#include "gateways/json_writer.h"

namespace delever::rehearsal {
namespace {

constexpr std::string_view kNames[] = {"drop", "withdraw", "depeg", "halt", "delay", "disconnect"};
constexpr int64_t kSecondsMost = 86'400, kDelayMost = 60'000;

struct Defaults {
  double percent;
  int64_t seconds;
};
constexpr Defaults kDefaults[] = {{5, 120}, {100, 60}, {20, 60}, {0, 60}, {0, 30}, {0, 0}};

Error wrong(std::string_view what, std::string_view key) {
  return {Fault::usage, std::string(what), std::string(key)};
}

}  // namespace

std::string_view push_name(Push::Kind kind) { return kNames[static_cast<size_t>(kind)]; }

Result<Push> read_push(const gateways::JsonTree& json) {
  if (json.kind() != gateways::JsonTree::Kind::object) return wrong("wants a JSON object", "push");
  Push push;
  const auto name = json.text("push");
  size_t k = 0;
  while (k < std::size(kNames) && kNames[k] != name) ++k;
  if (k == std::size(kNames))
    return wrong("is one of drop, withdraw, depeg, halt, delay, disconnect", "push");
  push.kind = static_cast<Push::Kind>(k);
  push.percent = kDefaults[k].percent;
  push.seconds = kDefaults[k].seconds;
  if (json.maybe("percent")) {
    const auto percent = read_double(json.text("percent"));
    if (!percent || *percent < -100 || *percent > 100) return wrong("from -100 to 100", "percent");
    push.percent = *percent;
  }
  if (json.maybe("seconds")) {
    const auto seconds = json.integer("seconds");
    if (!seconds || *seconds < 0 || *seconds > kSecondsMost)
      return wrong("a whole number from 0 to 86400", "seconds");
    push.seconds = *seconds;
  }
  push.ms = json.integer("ms").value_or(500);
  if (push.ms < 0 || push.ms > kDelayMost) return wrong("from 0 to 60000", "ms");
  push.asset = json.text("asset");
  push.venue = json.text("venue");
  using Kind = Push::Kind;
  const bool moves = push.kind == Kind::drop || push.kind == Kind::depeg;
  if (moves && push.percent >= 99) return wrong("less than 99", "percent");
  if (moves && push.asset.empty()) return wrong("name one", "asset");
  if (push.kind == Kind::withdraw && push.percent < 0) return wrong("from 0 to 100", "percent");
  return push;
}

std::string push_json(const Push& push) {
  gateways::JsonWriter w;
  w.open('{').text("push", push_name(push.kind));
  if (!push.asset.empty()) w.text("asset", push.asset);
  if (!push.venue.empty()) w.text("venue", push.venue);
  w.raw("percent", write_double(push.percent)).raw("seconds", push.seconds).raw("ms", push.ms);
  w.close();
  return w.take();
}

}  // namespace delever::rehearsal
