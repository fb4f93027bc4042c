// The next bytes of a source, read on a thread of their own: who parses an archive does not wait
// for its unpacking. The same bytes and the same errors, in the same order; a megabyte ahead.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "feeds/bytes.h"

namespace delever::feeds {

class ReadAhead final : public ByteSource {
 public:
  explicit ReadAhead(std::unique_ptr<ByteSource> from);
  ~ReadAhead() override;
  Result<size_t> read(char* to, size_t size) override;
  uint64_t consumed() const override { return consumed_; }

 private:
  struct Part {
    std::string bytes;
    uint64_t consumed = 0;       // of the file, once these were read
    std::optional<Error> error;  // instead of bytes; nothing follows
  };
  void work();
  Part read_part(std::string bytes);
  bool take();

  std::unique_ptr<ByteSource> from_;  // the thread's
  Part part_;                         // being given out
  size_t given_ = 0;
  uint64_t consumed_ = 0;

  std::mutex mutex_;
  std::condition_variable ready_, room_;
  std::deque<Part> parts_;
  std::string spare_;
  bool stop_ = false, done_ = false;
  std::jthread worker_;
};

}  // namespace delever::feeds
