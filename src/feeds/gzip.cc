#include "feeds/gzip.h"

#include <fmt/format.h>
#include <isa-l/igzip_lib.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace delever::feeds {
namespace {

Error damaged(const std::string& path, uint64_t near, std::string_view why) {
  return {Fault::malformed, fmt::format("damaged gzip data near byte {}: {}", near, why), path};
}

// gzip may be several members end to end (parts appended, block gzip); zeros after the last are
// padding of tapes.
class ZlibSource final : public ByteSource {
 public:
  ZlibSource(std::unique_ptr<ByteSource> from, std::string path)
      : from_(std::move(from)), path_(std::move(path)) {
    CHECK(inflateInit2(&stream_, 15 + 16) ==
          Z_OK);  // 15: the largest window; 16: gzip with its checksum
  }
  ~ZlibSource() override { inflateEnd(&stream_); }
  ZlibSource(const ZlibSource&) = delete;
  ZlibSource& operator=(const ZlibSource&) = delete;

  Result<size_t> read(char* to, size_t size) override {
    if (size == 0) return size_t{0};
    stream_.next_out = reinterpret_cast<Bytef*>(to);
    stream_.avail_out = static_cast<uInt>(std::min(size, size_t{1} << 30));
    const uInt asked = stream_.avail_out;
    // Until there is something: a read of 0 bytes means the end to the caller.
    while (stream_.avail_out == asked) {
      if (stream_.avail_in == 0 && !TRY(refill())) {
        if (between_members_) return size_t{0};
        return broken("the file ends in the middle of its gzip data");
      }
      if (between_members_) {
        if (padding_ || *stream_.next_in == 0) {
          TRY(skip_padding());
          continue;
        }
        inflateReset(&stream_);
        between_members_ = false;
      }
      const int code = inflate(&stream_, Z_NO_FLUSH);
      if (code == Z_STREAM_END) {
        between_members_ = true;
      } else if (code != Z_OK && code != Z_BUF_ERROR) {
        return broken(stream_.msg ? stream_.msg : "not gzip data");
      }
    }
    return static_cast<size_t>(asked - stream_.avail_out);
  }
  // What lies in the buffer was taken from the file and not used yet.
  uint64_t consumed() const override { return from_->consumed() - stream_.avail_in; }

 private:
  Result<bool> refill() {
    const size_t n = TRY(from_->read(in_.data(), in_.size()));
    stream_.next_in = reinterpret_cast<Bytef*>(in_.data());
    stream_.avail_in = static_cast<uInt>(n);
    return n > 0;
  }
  Result<void> skip_padding() {
    padding_ = true;
    for (; stream_.avail_in > 0; ++stream_.next_in, --stream_.avail_in) {
      if (*stream_.next_in != 0) return broken("bytes after the end of the gzip data");
    }
    return {};
  }
  Error broken(std::string_view why) const { return damaged(path_, consumed(), why); }

  std::unique_ptr<ByteSource> from_;
  std::string path_;
  z_stream stream_{};
  std::array<char, 64 * 1024> in_{};
  bool between_members_ = false, padding_ = false;
};

// By ISA-L, which unpacks three times as fast. It reads up to eight bytes ahead of what it decodes
// and keeps them in a register: the next member may begin among them, so they are given back. They
// may have come with the piece of the file before, of which the last eight bytes lie before
// `in_`'s.
class IsalSource final : public ByteSource {
 public:
  IsalSource(std::unique_ptr<ByteSource> from, std::string path, ReadAgain again)
      : from_(std::move(from)), path_(std::move(path)), again_(std::move(again)) {
    begin_member();
  }

  Result<size_t> read(char* to, size_t size) override {
    const auto asked = static_cast<uint32_t>(std::min(size, size_t{1} << 30));
    state_->next_out = reinterpret_cast<uint8_t*>(to);
    state_->avail_out = asked;
    while (asked > 0 && state_->avail_out == asked) {
      if (between_members_) {
        if (state_->avail_in == 0 && !TRY(refill())) return size_t{0};
        if (padding_ || *state_->next_in == 0) {
          TRY(skip_padding());
          continue;
        }
        begin_member();
      }
      // Without new bytes too: some of the text may still lie in its own buffers.
      const int code = isal_inflate(state_.get());
      if (code < 0) return refused();
      if (state_->block_state == ISAL_BLOCK_FINISH) {
        end_member();
      } else if (state_->avail_out == asked && state_->avail_in == 0 && !TRY(refill())) {
        return refused();
      }
    }
    return static_cast<size_t>(asked - state_->avail_out);
  }
  uint64_t consumed() const override {
    return from_->consumed() - state_->avail_in - static_cast<uint64_t>(ahead());
  }

 private:
  static constexpr size_t kAhead = 8;

  uint32_t ahead() const { return static_cast<uint32_t>(std::max(state_->read_in_length, 0)) / 8; }
  void begin_member() {
    uint8_t* const next_in = state_->next_in;
    uint8_t* const next_out = state_->next_out;
    const uint32_t avail_in = state_->avail_in, avail_out = state_->avail_out;
    isal_inflate_reset(state_.get());
    state_->crc_flag = ISAL_GZIP;
    state_->next_in = next_in;
    state_->avail_in = avail_in;
    state_->next_out = next_out;
    state_->avail_out = avail_out;
    between_members_ = false;
  }
  void end_member() {
    state_->next_in -= ahead();
    state_->avail_in += ahead();
    state_->read_in_length = 0;
    state_->read_in = 0;
    between_members_ = true;
  }
  Result<bool> refill() {
    if (taken_ > 0) std::memmove(in_.data(), in_.data() + taken_, kAhead);
    const size_t n = TRY(from_->read(in_.data() + kAhead, in_.size() - kAhead));
    taken_ = n;
    state_->next_in = reinterpret_cast<uint8_t*>(in_.data()) + kAhead;
    state_->avail_in = static_cast<uint32_t>(n);
    return n > 0;
  }
  Result<void> skip_padding() {
    padding_ = true;
    for (; state_->avail_in > 0; ++state_->next_in, --state_->avail_in) {
      if (*state_->next_in != 0) return refused();
    }
    return {};
  }
  // Only what zlib refuses too is damaged in its words.
  Error refused() const {
    auto packed = again_();
    if (!packed.has_value()) return std::move(packed.error());
    ZlibSource slow(std::move(packed).value(), path_);
    std::array<char, 64 * 1024> text;
    while (true) {
      const auto n = slow.read(text.data(), text.size());
      if (!n.has_value()) return n.error();
      if (n.value() == 0) return damaged(path_, consumed(), "not gzip data");
    }
  }

  std::unique_ptr<ByteSource> from_;
  std::string path_;
  ReadAgain again_;
  std::unique_ptr<inflate_state> state_ = std::make_unique<inflate_state>();  // 80 KiB
  std::array<char, 64 * 1024 + kAhead> in_{};
  size_t taken_ = 0;  // of the file, in `in_` behind the first eight
  bool between_members_ = false, padding_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> gzip_source(std::unique_ptr<ByteSource> from, std::string path) {
  return std::make_unique<ZlibSource>(std::move(from), std::move(path));
}

std::unique_ptr<ByteSource> fast_gzip_source(std::unique_ptr<ByteSource> from, std::string path,
                                             ReadAgain again) {
  return std::make_unique<IsalSource>(std::move(from), std::move(path), std::move(again));
}

}  // namespace delever::feeds
