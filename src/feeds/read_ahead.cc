#include "feeds/read_ahead.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace delever::feeds {
namespace {

constexpr size_t kPart = size_t{256} << 10;
constexpr size_t kPartsAhead = 4;

}  // namespace

ReadAhead::ReadAhead(std::unique_ptr<ByteSource> from) : from_(std::move(from)) {
  worker_ = std::jthread([this] { work(); });
}

ReadAhead::~ReadAhead() {
  {
    const std::lock_guard guard(mutex_);
    stop_ = true;
  }
  room_.notify_one();
}

Result<size_t> ReadAhead::read(char* to, size_t size) {
  if (given_ == part_.bytes.size() && !part_.error && !take()) return size_t{0};
  if (part_.error) return *part_.error;
  const size_t n = std::min(size, part_.bytes.size() - given_);
  std::memcpy(to, part_.bytes.data() + given_, n);
  given_ += n;
  consumed_ = part_.consumed;
  return n;
}

// The next part that is there; false at the end.
bool ReadAhead::take() {
  std::unique_lock guard(mutex_);
  ready_.wait(guard, [this] { return !parts_.empty() || done_; });
  if (parts_.empty()) return false;
  spare_ = std::exchange(part_, std::move(parts_.front())).bytes;
  parts_.pop_front();
  given_ = 0;
  guard.unlock();
  room_.notify_one();
  return true;
}

void ReadAhead::work() {
  for (bool more = true; more;) {
    std::string bytes;
    {
      std::unique_lock guard(mutex_);
      room_.wait(guard, [this] { return stop_ || parts_.size() < kPartsAhead; });
      if (stop_) return;
      bytes = std::move(spare_);
    }
    Part part = read_part(std::move(bytes));
    more = !part.bytes.empty();
    {
      const std::lock_guard guard(mutex_);
      if (more || part.error) parts_.push_back(std::move(part));
      done_ = !more;
    }
    ready_.notify_one();
  }
}

ReadAhead::Part ReadAhead::read_part(std::string bytes) {
  Part part{.bytes = std::move(bytes)};
  part.bytes.resize(kPart);
  auto got = from_->read(part.bytes.data(), kPart);
  part.bytes.resize(got.has_value() ? got.value() : 0);
  part.consumed = from_->consumed();
  if (!got.has_value()) part.error = std::move(got.error());
  return part;
}

}  // namespace delever::feeds
