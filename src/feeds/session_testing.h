// Scene: one session by hand, in a time that the test moves; Outside keeps what it asked for.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "feeds/session.h"
#include "venues/dialects.h"

namespace delever::feeds {

struct Outside final : Network, Recording {
  struct Kept {
    tape::StreamNumber stream;
    Instant at;
    std::string bytes;
  };
  struct Hole {
    tape::StreamNumber stream;
    Instant from, to;
    std::string reason;
  };
  void connect(ConnectionId id, const std::string& url) override { connects.emplace_back(id, url); }
  void send(ConnectionId id, std::string_view text) override {
    sends.emplace_back(id, std::string(text));
  }
  void ping(ConnectionId, std::string_view) override { ++pings; }
  void pong(ConnectionId, std::string_view payload) override { pongs.emplace_back(payload); }
  void close(ConnectionId id, uint16_t) override { closes.push_back(id); }
  void request(RequestId id, const HttpRequest& what) override { requests.emplace_back(id, what); }
  Result<tape::StreamNumber> stream(const tape::StreamInfo& info) override {
    streams.push_back(info);
    return static_cast<tape::StreamNumber>(streams.size());
  }
  bool record(tape::StreamNumber stream, Instant at, std::string_view bytes) override {
    if (full) return false;
    kept.push_back({stream, at, std::string(bytes)});
    return true;
  }
  void gap(tape::StreamNumber stream, Instant from, Instant to, std::string_view why) override {
    gaps.push_back({stream, from, to, std::string(why)});
    const auto open = open_gaps.find(stream);
    if (open != open_gaps.end() && open->second.from == from) open_gaps.erase(open);
  }
  void gap_opens(tape::StreamNumber stream, Instant from, std::string_view why) override {
    open_gaps[stream] = {stream, from, Instant::max(), std::string(why)};
    ++opened;
  }
  void no_gap(tape::StreamNumber stream) override { open_gaps.erase(stream); }

  std::vector<std::pair<ConnectionId, std::string>> connects, sends;
  std::vector<std::pair<RequestId, HttpRequest>> requests;
  std::vector<std::string> pongs;
  std::vector<ConnectionId> closes;
  std::vector<tape::StreamInfo> streams;
  std::vector<Kept> kept;
  std::vector<Hole> gaps;
  std::map<tape::StreamNumber, Hole> open_gaps;
  int pings = 0, opened = 0;
  bool full = false;
};

inline constexpr Instant kStart = Instant::ns(1'790'000'000'000'000'000);

inline std::string binance_depth(uint64_t first, uint64_t last, uint64_t previous) {
  return fmt::format(
      R"({{"stream":"btcusdt@depth@100ms","data":{{"e":"depthUpdate","s":"BTCUSDT","U":{},"u":{},)"
      R"("pu":{},"b":[],"a":[]}}}})",
      first, last, previous);
}

struct Scene {
  explicit Scene(std::string_view market, const std::vector<std::string>& names,
                 Session::Options options = {})
      : dialect(venues::make_dialect(market).value()) {
    venues::Plan plan;
    for (const std::string& name : names) plan.topics.push_back(dialect->topic(name).value());
    session.emplace(*dialect, plan, std::move(options), outside, outside);
  }
  Scene(std::string_view market, venues::Plan plan)
      : dialect(venues::make_dialect(market).value()) {
    session.emplace(*dialect, std::move(plan), Session::Options{}, outside, outside);
  }
  void begin() {
    EXPECT_TRUE(session->start(now()).has_value());
    for (size_t i = 0; i < outside.connects.size(); ++i)
      session->connected(outside.connects[i].first, now());
  }
  Moment now() const { return {kStart + passed, passed}; }
  // On to a time, stopping wherever the session wants to be woken.
  void wait(Duration how_long) {
    const Duration until = passed + how_long;
    for (int steps = 0; steps < 100'000; ++steps) {
      const auto wake = session->wake_at();
      if (!wake || *wake > until) break;
      passed = std::max(passed, *wake);
      session->timer(now());
    }
    passed = until;
  }
  void hear(std::string_view frame) {
    session->received(outside.connects.back().first, frame, now());
  }

  std::unique_ptr<venues::Dialect> dialect;
  Outside outside;
  std::optional<Session> session;
  Duration passed;
};

}  // namespace delever::feeds
