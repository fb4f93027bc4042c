// Goal: a tape that is written is shown as it grows, and who listens is told.
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "dashboard/serving_testing.h"
#include "tape/tape.h"

namespace delever::dashboard {
namespace {

using nlohmann::json;

// Copies the made day onto another tape, up to a time.
class Copy {
 public:
  Copy(const std::string& path, Clock& clock) {
    auto reader = tape::TapeReader::open(source_root() + "/samples/day.tape");
    auto writer = tape::TapeWriter::open(path, clock, {.flush_after = Duration::ms(100)});
    EXPECT_TRUE(reader.has_value() && writer.has_value());
    reader_ = std::move(reader).value();
    writer_ = std::move(writer).value();
    for (const tape::StreamInfo& stream : reader_->streams())
      EXPECT_TRUE(writer_->stream(stream).has_value());
  }
  void until(Instant at) {
    for (;;) {
      auto message = reader_->next();
      ASSERT_TRUE(message.has_value());
      if (!message.value()) break;
      const tape::TapeMessage& m = *message.value();
      ASSERT_TRUE(writer_->append(m.stream, m.received, m.bytes).has_value());
      if (m.received >= at) break;
    }
    ASSERT_TRUE(writer_->flush().has_value());
  }
  void close() { ASSERT_TRUE(writer_->close().has_value()); }

 private:
  std::unique_ptr<tape::TapeReader> reader_;
  std::unique_ptr<tape::TapeWriter> writer_;
};

// Of one test, with whatever SQLite keeps beside a tape that is open.
struct GrowingFolder {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("delever-growing-" + std::to_string(::getpid()));
  GrowingFolder() { std::filesystem::create_directories(path); }
  ~GrowingFolder() { std::filesystem::remove_all(path); }
  std::string operator/(const char* name) const { return path / name; }
};

Instant time_of(const char* text) { return Instant::parse(text).value(); }

TEST(Growing, AGrowingTapeIsFollowedAndPagesAreTold) {
  const GrowingFolder folder;
  const std::string path = folder / "day.tape";
  SystemClock clock;
  Copy copy(path, clock);
  copy.until(time_of("2026-01-05T06:00:00Z"));
  Dashboard::Options options = Serving::sample();
  options.subject.tapes = {path};
  Serving page(options);
  const auto as_of = [&] {
    const json answer = json::parse(page.ask("/api/v1/readings").body);
    return answer.contains("as_of") ? time_of(answer["as_of"].get<std::string>().c_str())
                                    : Instant::min();
  };
  EXPECT_TRUE(page.until([&] { return as_of() > time_of("2026-01-05T05:00:00Z"); }));
  EXPECT_LE(as_of(), time_of("2026-01-05T06:00:01Z"));
  EXPECT_TRUE(json::parse(page.ask("/api/v1/status").body)["growing"].get<bool>());

  copy.until(time_of("2026-01-05T15:00:00Z"));
  EXPECT_TRUE(page.until([&] { return as_of() > time_of("2026-01-05T14:00:00Z"); }));
  const json now = json::parse(page.ask("/api/v1/readings").body);
  EXPECT_LT(now["readings"]["price_usd"]["value"].get<double>(), 86'500);  // after its fall
  EXPECT_EQ(page.ask("/api/v1/verdict").status, 200);

  copy.until(Instant::max());
  copy.close();
  EXPECT_TRUE(page.until(
      [&] { return !json::parse(page.ask("/api/v1/status").body)["growing"].get<bool>(); }));
  const json at_last = json::parse(page.ask("/api/v1/brief").body);
  Serving whole;
  EXPECT_EQ(at_last["readings"], json::parse(whole.ask("/api/v1/brief").body)["readings"]);
}

// What cannot be followed is stale: said with its reason, tried again, and mended by itself.
TEST(Growing, ATapeThatCannotBeFollowedIsSaidAndTriedAgain) {
  const GrowingFolder folder;
  const std::string path = folder / "stale.tape";
  SystemClock clock;
  {
    Copy unfinished(path + ".whole", clock);
    unfinished.until(time_of("2026-01-05T06:00:00Z"));
  }
  std::ofstream(path) << "no tape, whatever its name says\n";
  Dashboard::Options options = Serving::sample();
  options.subject.tapes = {path};
  options.subject.at = "";
  Serving page(options);
  const auto status = [&] { return json::parse(page.ask("/api/v1/status").body); };
  ASSERT_TRUE(page.until([&] { return !status()["stale"].is_null(); }));
  const json stale = status()["stale"];
  EXPECT_NE(stale["what"].get<std::string>().find("not a tape"), std::string::npos) << stale;
  EXPECT_NE(page.ask("/metrics").body.find("\ndelever_tape_stale 1\n"), std::string::npos);
  EXPECT_NE(page.ask("/api/v1/readings").status, 200);

  std::filesystem::rename(path + ".whole", path);
  EXPECT_TRUE(
      page.until([&] { return status()["stale"].is_null() && status()["as_of"].is_string(); }));
  EXPECT_EQ(page.ask("/api/v1/readings").status, 200);
}

TEST(Growing, WhoListensIsToldOfTheTapeAndOfWhatIsPublished) {
  Serving page;
  std::string heard;
  net::HttpRequest request = page.request("/api/v1/events");
  request.timeout = Duration::seconds(5);
  bool ended = false;
  page.client->request(request, [&](Result<net::HttpAnswer> answer) {
    if (answer.has_value()) heard = answer.value().body;
    ended = true;
  });
  ASSERT_TRUE(page.until([&] {
    return page.ask("/metrics").body.find("\ndelever_http_listeners 1\n") != std::string::npos;
  }));
  page.dashboard->publish("note", R"({"a":1})");
  bool closed = false;
  page.dashboard->close(Duration::seconds(1), [&] { closed = true; });
  ASSERT_TRUE(page.until([&] { return ended && closed; }));
  EXPECT_NE(heard.find("event: tape\ndata: {\"version\":"), std::string::npos) << heard;
  EXPECT_NE(heard.find("event: note\ndata: {\"a\":1}\n\n"), std::string::npos) << heard;
}

}  // namespace
}  // namespace delever::dashboard
