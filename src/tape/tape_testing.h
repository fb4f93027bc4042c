// What the tests of the tape share: a file that goes away, random recordings, and a plain vector
// that knows what a tape must say. For tests only.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/random.h"
#include "tape/tape.h"

namespace delever::tape::fixture {

// In memory where the system has a place for it: the tests are of what is written, and a disk takes
// its time for each fsync. TEST_TMPDIR names another place.
inline std::string temp_place() {
  const bool in_memory =
      std::getenv("TEST_TMPDIR") == nullptr && access("/dev/shm", R_OK | W_OK | X_OK) == 0;
  return in_memory ? "/dev/shm/" : testing::TempDir();
}

struct TempTape {
  std::string path;
  explicit TempTape(const std::string& name)
      : path(temp_place() + "delever_" + std::to_string(getpid()) + "_" + name) {
    remove();
  }
  TempTape(const TempTape&) = delete;
  TempTape& operator=(const TempTape&) = delete;
  ~TempTape() { remove(); }
  void remove() const {
    for (const char* suffix : {"", "-wal", "-shm", "-lock", "-journal"})
      std::remove((path + suffix).c_str());
  }
  std::string bytes() const {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  void write(const std::string& content) const {
    remove();
    std::ofstream(path, std::ios::binary)
        .write(content.data(), static_cast<std::streamsize>(content.size()));
  }
};

struct Message {
  StreamNumber stream = 0;
  Instant received;
  std::string bytes;
  friend bool operator==(const Message&, const Message&) = default;
};

// The order that a tape promises: time, then stream, then arrival.
inline void put_in_order(std::vector<Message>& messages) {
  std::stable_sort(messages.begin(), messages.end(), [](const Message& a, const Message& b) {
    return a.received != b.received ? a.received < b.received : a.stream < b.stream;
  });
}

inline std::string random_bytes(Random& random, size_t size) {
  std::string out(size, '\0');
  const bool text = random.chance(0.5);  // text packs, noise does not
  for (char& c : out) c = static_cast<char>(text ? 'a' + random.below(4) : random.below(256));
  return out;
}

inline StreamInfo stream_info(size_t n) {
  return {"stream " + std::to_string(n),
          "venue",
          "channel",
          "decoder",
          {{"symbol", "BTC\"\\\n" + std::to_string(n)}}};
}

// An error fails the test that asks, and says itself.
template <class T>
T must(Result<T> result) {
  if (!result.has_value()) {
    ADD_FAILURE() << result.error().text();
    std::abort();
  }
  return std::move(result).value();
}
inline void must(Result<void> result) { EXPECT_TRUE(result.has_value()) << result.error().text(); }

inline std::vector<Message> read_all(TapeReader& reader) {
  std::vector<Message> out;
  while (const auto message = must(reader.next())) {
    out.push_back({message->stream, message->received, std::string(message->bytes)});
  }
  return out;
}

inline std::vector<Message> read_all(const std::string& path, TapeReader::Options options = {}) {
  return read_all(*must(TapeReader::open(path, options)));
}

}  // namespace delever::tape::fixture
