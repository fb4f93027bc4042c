#include "feeds/bytes.h"

#include <fmt/format.h>
#include <zip.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "base/bytes_hasher.h"
#include "feeds/gzip.h"
#include "feeds/read_ahead.h"

namespace delever::feeds {
namespace {

struct CloseFile {
  void operator()(std::FILE* f) const { std::fclose(f); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

// The disk, or whoever keeps the file, does not give it.
Error unavailable(const std::string& path, std::string what) {
  return {Fault::unavailable, std::move(what), path};
}

// What was read of a file. Whoever reads it may do so on a thread of its own: it is looked at once
// that has come to the end.
struct ReadDigest {
  BytesHasher hasher;
  bool whole = false;
};

class PlainSource final : public ByteSource {
 public:
  // `head`: what was read of it already, because a pipe cannot be read twice. `digest` may be null.
  PlainSource(File file, std::string path, std::string head, std::shared_ptr<ReadDigest> digest)
      : file_(std::move(file)),
        path_(std::move(path)),
        head_(std::move(head)),
        digest_(std::move(digest)) {
    if (digest_) digest_->hasher.add(head_);
  }
  Result<size_t> read(char* to, size_t size) override {
    if (consumed_ < head_.size() && size > 0) {
      const size_t left = std::min<size_t>(head_.size() - consumed_, size);
      std::memcpy(to, head_.data() + consumed_, left);
      consumed_ += left;
      return left;
    }
    const size_t n = std::fread(to, 1, size, file_.get());
    if (n == 0 && std::ferror(file_.get())) return unavailable(path_, std::strerror(errno));
    consumed_ += n;
    if (digest_) {
      digest_->hasher.add({to, n});
      digest_->whole = digest_->whole || (n == 0 && size > 0);
    }
    return n;
  }
  uint64_t consumed() const override { return consumed_; }

 private:
  File file_;
  std::string path_, head_;
  std::shared_ptr<ReadDigest> digest_;
  uint64_t consumed_ = 0;
};

class ZipSource final : public ByteSource {
 public:
  ZipSource(zip_file_t* file, std::string place, uint64_t before, uint64_t packed,
            uint64_t unpacked)
      : file_(file),
        place_(std::move(place)),
        before_(before),
        packed_(packed),
        unpacked_(unpacked) {}
  ~ZipSource() override { zip_fclose(file_); }
  ZipSource(const ZipSource&) = delete;
  ZipSource& operator=(const ZipSource&) = delete;

  Result<size_t> read(char* to, size_t size) override {
    const zip_int64_t n = zip_fread(file_, to, size);
    if (n < 0) {
      return Error{Fault::malformed,
                   fmt::format("damaged zip member after {} of its bytes: {}", done_,
                               zip_file_strerror(file_)),
                   place_};
    }
    done_ += static_cast<uint64_t>(n);
    if (n == 0 && done_ != unpacked_)
      return Error{Fault::malformed,
                   fmt::format("the zip member ends after {} of {} bytes", done_, unpacked_),
                   place_};
    return static_cast<size_t>(n);
  }
  uint64_t consumed() const override {
    // libzip does not tell how far it is in the file: estimated by the share of the member that
    // came out.
    if (unpacked_ == 0) return before_ + packed_;
    const double share = static_cast<double>(done_) / static_cast<double>(unpacked_);
    return before_ + static_cast<uint64_t>(std::min(1.0, share) * static_cast<double>(packed_));
  }

 private:
  zip_file_t* file_;
  std::string place_;
  uint64_t before_, packed_, unpacked_, done_ = 0;
};

class ZipFile final : public InputFile {
 public:
  ZipFile(zip_t* zip, std::string path, uint64_t size)
      : zip_(zip), path_(std::move(path)), size_(size) {}
  // Not zip_close: that would write the archive anew.
  ~ZipFile() override { zip_discard(zip_); }
  ZipFile(const ZipFile&) = delete;
  ZipFile& operator=(const ZipFile&) = delete;

  Result<std::optional<ByteMember>> next() override {
    const zip_int64_t count = zip_get_num_entries(zip_, 0);
    for (; at_ < count; ++at_) {
      const auto index = static_cast<zip_uint64_t>(at_);
      zip_stat_t stat;
      if (zip_stat_index(zip_, index, 0, &stat) != 0 || !(stat.valid & ZIP_STAT_NAME) ||
          !(stat.valid & ZIP_STAT_SIZE))
        return Error{Fault::malformed, fmt::format("damaged zip directory at entry {}", at_),
                     path_};
      const std::filesystem::path inner(stat.name);
      const std::string base = inner.filename().string();
      // Folders, and the shadow files that macOS packs beside each real one.
      if (base.empty() || base.starts_with('.') || inner.string().starts_with("__MACOSX/"))
        continue;
      zip_file_t* file = zip_fopen_index(zip_, index, 0);
      const std::string place = path_ + ":" + stat.name;
      if (!file) return Error{Fault::malformed, zip_strerror(zip_), place};
      const uint64_t packed = stat.valid & ZIP_STAT_COMP_SIZE ? stat.comp_size : 0;
      ByteMember member{
          base, place, std::make_unique<ZipSource>(file, place, packed_before_, packed, stat.size)};
      packed_before_ += packed;
      ++at_;
      return std::optional<ByteMember>(std::move(member));
    }
    return std::optional<ByteMember>();
  }
  uint64_t size() const override { return size_; }

 private:
  zip_t* zip_;
  std::string path_;
  uint64_t size_, packed_before_ = 0;
  zip_int64_t at_ = 0;
};

class SingleFile final : public InputFile {
 public:
  SingleFile(ByteMember member, uint64_t size, std::shared_ptr<ReadDigest> digest)
      : member_(std::move(member)), size_(size), digest_(std::move(digest)) {}
  Result<std::optional<ByteMember>> next() override {
    std::optional<ByteMember> out;
    out.swap(member_);
    return out;
  }
  uint64_t size() const override { return size_; }
  std::optional<uint64_t> digest() const override {
    if (!digest_ || !digest_->whole) return std::nullopt;
    return digest_->hasher.digest();
  }

 private:
  std::optional<ByteMember> member_;
  uint64_t size_;
  std::shared_ptr<ReadDigest> digest_;
};

Result<std::unique_ptr<ByteSource>> plain_source(const std::string& path) {
  File file(std::fopen(path.c_str(), "rb"));
  if (!file) return unavailable(path, std::strerror(errno));
  return std::unique_ptr<ByteSource>(
      std::make_unique<PlainSource>(std::move(file), path, std::string(), nullptr));
}

}  // namespace

Result<std::unique_ptr<InputFile>> InputFile::open(const std::string& path, Options options) {
  std::error_code ec;
  if (std::filesystem::is_directory(path, ec)) return unavailable(path, "is a directory");
  File file(std::fopen(path.c_str(), "rb"));
  if (!file) return unavailable(path, std::strerror(errno));
  uint64_t size = std::filesystem::file_size(path, ec);
  if (ec) size = 0;  // a pipe
  std::array<unsigned char, 4> magic{};
  const size_t got = std::fread(magic.data(), 1, magic.size(), file.get());
  if (std::ferror(file.get())) return unavailable(path, std::strerror(errno));
  // "PK" and 3, 4 (a member) or 5, 6 (an empty archive).
  if (got == 4 && magic[0] == 'P' && magic[1] == 'K' && magic[2] <= 5 && magic[3] <= 6) {
    std::error_code regular;
    if (!std::filesystem::is_regular_file(path, regular))
      return Error{Fault::malformed,
                   "a zip archive through a pipe: its directory is at its end, give the file",
                   path};
    int code = 0;
    zip_t* zip = zip_open(path.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &code);
    if (!zip) {
      zip_error_t why;
      zip_error_init_with_code(&why, code);
      Error error{Fault::malformed,
                  fmt::format("damaged zip archive: {}", zip_error_strerror(&why)), path};
      zip_error_fini(&why);
      return error;
    }
    return std::unique_ptr<InputFile>(std::make_unique<ZipFile>(zip, path, size));
  }
  ByteMember member;
  member.name = std::filesystem::path(path).filename().string();
  member.place = path;
  auto digest = options.digest ? std::make_shared<ReadDigest>() : nullptr;
  member.source = std::make_unique<PlainSource>(
      std::move(file), path, std::string(reinterpret_cast<const char*>(magic.data()), got), digest);
  // The mark of gzip (RFC 1952); a file named .gz that lacks it is read as it is.
  if (got >= 2 && magic[0] == 0x1f && magic[1] == 0x8b) {
    if (member.name.ends_with(".gz")) member.name.resize(member.name.size() - 3);
    const bool regular = std::filesystem::is_regular_file(path, ec);
    member.source = regular ? fast_gzip_source(std::move(member.source), path,
                                               [path] { return plain_source(path); })
                            : gzip_source(std::move(member.source), path);
    // Not of a pipe: a reader that ends early would wait there for bytes that nobody wants.
    constexpr uint64_t kWorthAThread = uint64_t{1} << 20;
    if (size >= kWorthAThread && regular)
      member.source = std::make_unique<ReadAhead>(std::move(member.source));
  }
  return std::unique_ptr<InputFile>(
      std::make_unique<SingleFile>(std::move(member), size, std::move(digest)));
}

Result<std::string> read_text(const std::string& path, uint64_t most) {
  const std::unique_ptr<InputFile> file = TRY(InputFile::open(path));
  std::string text;
  while (true) {
    const std::optional<ByteMember> member = TRY(file->next());
    if (!member) return text;
    while (true) {
      const size_t before = text.size(), chunk = size_t{1} << 20;
      text.resize(before + chunk);
      const size_t got = TRY(member->source->read(text.data() + before, chunk));
      text.resize(before + got);
      if (got == 0) break;
      // Checked as it grows: a small archive may unpack to more than there is memory.
      if (text.size() > most)
        return Error{Fault::out_of_range, fmt::format("is larger than {} bytes", most), path};
    }
  }
}

}  // namespace delever::feeds
