// Frames, answers and time in any order: a session never stops the process, never asks without end,
// and holds no more than its bound. The first byte chooses the market; then each line is one input:
// its first letter says which.
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/text.h"
#include "feeds/session.h"
#include "venues/dialects.h"

namespace {

using namespace delever;
using namespace delever::feeds;

struct Outside final : Network, Recording {
  void connect(ConnectionId id, const std::string&) override { last = id; }
  void send(ConnectionId, std::string_view) override { ++sent; }
  void ping(ConnectionId, std::string_view) override { ++sent; }
  void pong(ConnectionId, std::string_view) override { ++sent; }
  void close(ConnectionId, uint16_t) override {}
  void request(RequestId id, const HttpRequest&) override {
    asked = id;
    ++sent;
  }
  Result<tape::StreamNumber> stream(const tape::StreamInfo&) override { return ++streams; }
  bool record(tape::StreamNumber stream, Instant received, std::string_view) override {
    CHECK(stream >= 1 && stream <= streams);
    CHECK(received >= latest);  // receive times never go back
    latest = received;
    return room;
  }
  void gap(tape::StreamNumber stream, Instant from, Instant to, std::string_view why) override {
    CHECK(stream >= 1 && stream <= streams && from <= to && !why.empty());
    const auto at = open.find(stream);
    if (at != open.end() && at->second == from) open.erase(at);
  }
  void gap_opens(tape::StreamNumber stream, Instant from, std::string_view why) override {
    CHECK(stream >= 1 && stream <= streams && !why.empty());
    open[stream] = from;
  }
  void no_gap(tape::StreamNumber stream) override { open.erase(stream); }
  std::map<tape::StreamNumber, Instant> open;
  ConnectionId last{};
  RequestId asked{};
  tape::StreamNumber streams = 0;
  Instant latest = Instant::min();
  uint64_t sent = 0;
  bool room = true;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const auto names = venues::dialect_names();
  const auto dialect = venues::make_dialect(names[data[0] % names.size()]).value();
  venues::Want want{.symbols = {"BTCUSDT", "BTC-USDT-SWAP", "BTC-PERPETUAL", "BTC"}};
  auto plan = dialect->plan(want);
  if (!plan.has_value()) return 0;
  Outside outside;
  Session session(*dialect, plan.value(), {.buffer_bytes = 4096}, outside, outside);
  Moment now{Instant::ns(1'700'000'000'000'000'000), Duration()};
  CHECK(session.start(now).has_value());
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  for (const std::string_view line : split(text, '\n')) {
    if (line.empty()) continue;
    const std::string_view rest = line.substr(1);
    const ConnectionId id{rest.empty() ? 1U : static_cast<uint32_t>(rest[0] % 4) + 1};
    switch (line[0] % 12) {
      case 0:
        session.connected(outside.last, now);
        break;
      case 1:
        session.connected(id, now);
        break;
      case 2:
        session.closed(id, "why", now);
        break;
      case 3:
        now.elapsed = now.elapsed + Duration::ms(static_cast<int64_t>(rest.size()) * 997);
        now.at = now.at + Duration::ms(static_cast<int64_t>(rest.size()) * 997);
        session.timer(now);
        break;
      case 4:
        now.at = now.at - Duration::seconds(static_cast<int64_t>(rest.size()));
        session.timer(now);
        break;
      case 5:
        session.responded(outside.asked, {.status = 200, .body = std::string(rest)}, now);
        break;
      case 6:
        session.responded(outside.asked,
                          {.status = 400 + static_cast<int>(rest.size() % 30),
                           .headers = {{"Retry-After", std::string(rest)}}},
                          now);
        break;
      case 7:
        session.failed(outside.asked, rest, now);
        break;
      case 8:
        outside.room = !outside.room;
        break;
      case 9:
        session.pinged(id, rest, now);
        break;
      default:
        session.received(outside.last, rest, now);
    }
    CHECK(session.memory() < (size_t{4} << 20));
  }
  CHECK(outside.sent < 1000 * (size + 100));
  session.stop(now);
  CHECK(outside.open.empty());  // every gap has its end
  return 0;
}
