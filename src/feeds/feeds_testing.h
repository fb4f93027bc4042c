// For the tests of feeds: a folder that goes away, files written from text, an import, and a replay
// that keeps all.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/source_root.h"
#include "feeds/import.h"
#include "feeds/replay.h"

namespace delever::feeds::fixture {

inline std::string root(const std::string& path) { return source_root() + "/" + path; }
inline std::string map_path(const std::string& name) { return root("maps/" + name + ".toml"); }

#define SKIP_WITHOUT_DATA(variable, name)                                            \
  const std::string variable = delever::feeds::fixture::root("../shared/") + (name); \
  if (!std::filesystem::exists(variable)) GTEST_SKIP() << "absent: ../shared/" << (name)

class Folder {
 public:
  Folder() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::temp_directory_path() / ("delever_" + std::to_string(getpid()) + "_" +
                                                      test->test_suite_name() + "_" + test->name());
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  std::string write(const std::string& name, std::string_view text) const {
    const std::string path = *this / name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

 private:
  std::filesystem::path path_;
};

inline std::string gzip(std::string_view text) {
  z_stream stream{};
  CHECK(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

inline Result<ImportReport> import_to(const std::string& tape_path, ImportFormat format,
                                      const std::vector<std::string>& files,
                                      const ImportOptions& options) {
  ManualClock clock{Instant()};
  const auto tape = TRY(tape::TapeWriter::open(tape_path, clock));
  ImportReport report = TRY(import_files(format, files, options, *tape));
  TRY(tape->close());
  return report;
}

struct Undecoded {
  std::string stream, why, bytes;
};

class Kept final : public ReplaySink {
 public:
  void on_event(const Event& event) override { events.push_back(event); }
  void on_undecoded(const Source& stream, const codec::RawMessage& message,
                    const Error& why) override {
    undecoded.push_back({stream.name, why.text(), std::string(message.bytes)});
  }
  template <class Payload>
  std::vector<Payload> all() const {
    std::vector<Payload> out;
    for (const Event& event : events) {
      if (const auto* payload = std::get_if<Payload>(&event.payload)) out.push_back(*payload);
    }
    return out;
  }

  std::vector<Event> events;
  std::vector<Undecoded> undecoded;
};

// What a tape says up to `to`.
struct Replayed {
  std::unique_ptr<Replay> replay;
  Kept kept;
  const Instrument& instrument(const Event& event) const {
    return replay->instruments()[event.instrument];
  }
};
inline Replayed replay_all(const std::string& tape, Instant to = Instant::max()) {
  Replayed out;
  auto opened = Replay::open({tape}, {.to = to});
  EXPECT_TRUE(opened.has_value()) << (opened.has_value() ? "" : opened.error().text());
  if (!opened.has_value()) return out;
  out.replay = std::move(opened).value();
  const auto ran = out.replay->run(out.kept);
  EXPECT_TRUE(ran.has_value()) << (ran.has_value() ? "" : ran.error().text());
  return out;
}

inline Instant time_of(std::string_view text) { return Instant::parse(text).value(); }

}  // namespace delever::feeds::fixture
