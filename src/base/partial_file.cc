#include "base/partial_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <utility>

namespace delever {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMark = "user.delever";
constexpr size_t kPaths = 512;

// What a signal has to remove: it may neither wait nor allocate, so the names lie ready. The one
// state of the whole process, because signals are the process's.
std::array<std::atomic<const char*>, kPaths> partial_paths;
std::atomic<int> watches = 0, noted = 0;
static_assert(std::atomic<const char*>::is_always_lock_free);

// Only what a signal handler may do: load, unlink, raise.
extern "C" void on_signal(int signal) {
  // The first signal is the holder's to act on. SIGPIPE ends at once: nobody reads any more.
  if (watches > 0 && noted == 0 && signal != SIGPIPE) {
    noted = signal;
    return;
  }
  for (const auto& path : partial_paths) {
    if (const char* name = path.load()) unlink(name);
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

Error unwritable(const std::string& path, int cause) {
  return {Fault::unavailable, fmt::format("cannot be written: {}", std::strerror(cause)), path};
}

std::string folder_of(const std::string& path) {
  const std::string folder = fs::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

// The disk has the new name too.
void sync_folder(const std::string& path) {
  const int folder = ::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  (void)fsync(folder);
  ::close(folder);
}

// Which digest a mark is; one of before December 2026 has nothing before its FNV-1a.
constexpr std::string_view kMarkKind = "2:";
constexpr size_t kDigits = 16;

std::string hexadecimal(uint64_t digest) { return fmt::format("{:016x}", digest); }

class Fnv {
 public:
  void add(std::string_view bytes) {
    for (const char c : bytes) state_ = (state_ ^ static_cast<unsigned char>(c)) * 1099511628211U;
  }
  uint64_t digest() const { return state_; }

 private:
  uint64_t state_ = 14695981039346656037U;
};

template <class Digest>
Result<uint64_t> digest_of(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return Error{Fault::unavailable, std::strerror(errno), path};
  Digest digest;
  std::string part(size_t{1} << 18, '\0');
  ssize_t got = 0;
  while ((got = ::read(file, part.data(), part.size())) > 0)
    digest.add(std::string_view(part).substr(0, static_cast<size_t>(got)));
  const int cause = errno;
  ::close(file);
  if (got < 0) return Error{Fault::unavailable, std::strerror(cause), path};
  return digest.digest();
}

// The folders on the way that were not there, outermost first.
Result<std::vector<std::string>> make_folders(const std::string& target) {
  std::vector<std::string> missing;
  std::error_code ec;
  for (fs::path at = folder_of(target); !at.empty() && !fs::exists(at, ec); at = at.parent_path())
    missing.insert(missing.begin(), at.string());
  for (size_t i = 0; i < missing.size(); ++i) {
    if (::mkdir(missing[i].c_str(), 0777) == 0 || errno == EEXIST) continue;
    const int cause = errno;
    while (i-- > 0) (void)::rmdir(missing[i].c_str());
    return unwritable(target, cause);
  }
  return missing;
}

}  // namespace

RemovedOnSignal::RemovedOnSignal(std::string path) : path_(std::move(path)) {
  for (auto& free : partial_paths) {
    const char* expected = nullptr;
    if (!free.compare_exchange_strong(expected, path_.c_str())) continue;
    place_ = &free;
    return;
  }
}

RemovedOnSignal::~RemovedOnSignal() {
  if (place_) place_->store(nullptr);
}

std::string followed(const std::string& path) {
  fs::path at(path);
  std::error_code ec;
  // As many links as the kernel follows before it says ELOOP.
  for (int links = 0; links < 40 && fs::is_symlink(fs::symlink_status(at, ec)); ++links) {
    const fs::path to = fs::read_symlink(at, ec);
    if (ec) break;
    at = to.is_absolute() ? to : at.parent_path() / to;
  }
  const fs::path whole = fs::weakly_canonical(at, ec);
  return ec || whole.empty() ? path : whole.string();
}

Result<PartialFile> PartialFile::begin(const std::string& target,
                                       const std::vector<std::string>& beside) {
  PartialFile made;
  made.target_ = followed(target);
  std::error_code ec;
  if (fs::is_directory(made.target_, ec))
    return Error{Fault::unavailable, "is a directory, want a file", target};
  made.path_ = fmt::format("{}.part-{}", made.target_, getpid());
  // Whoever wrote it protected it: a rename would not ask.
  if (::access(made.target_.c_str(), F_OK) == 0 && ::access(made.target_.c_str(), W_OK) != 0)
    return unwritable(target, errno);
  made.made_folders_ = TRY(make_folders(made.target_));
  made.slots_.push_back(std::make_unique<RemovedOnSignal>(made.path_));
  for (const std::string& suffix : beside)
    made.slots_.push_back(std::make_unique<RemovedOnSignal>(made.path_ + suffix));
  made.open_ = true;
  for (const auto& slot : made.slots_)
    unlink(slot->path().c_str());  // of a process that was killed
  const int file = ::open(made.path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) return unwritable(target, errno);
  ::close(file);
  return made;
}

PartialFile::PartialFile(PartialFile&& other) noexcept
    : path_(std::move(other.path_)),
      target_(std::move(other.target_)),
      slots_(std::move(other.slots_)),
      made_folders_(std::move(other.made_folders_)),
      open_(std::exchange(other.open_, false)) {}

void PartialFile::discard() {
  if (!open_ || slots_.empty()) return;
  open_ = false;
  for (const auto& slot : slots_) unlink(slot->path().c_str());
  for (size_t i = made_folders_.size(); i-- > 0;) (void)::rmdir(made_folders_[i].c_str());
}

PartialFile::~PartialFile() { discard(); }

Result<void> PartialFile::commit(uint64_t digest) {
  CHECK(open_);
  const int file = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return unwritable(target_, errno);
  struct stat old {};
  // The mode goes before the name, so that no reader sees the file with another.
  if (stat(target_.c_str(), &old) == 0) (void)fchmod(file, old.st_mode & 07777);
  const std::string mark = std::string(kMarkKind) + hexadecimal(digest);
  (void)fsetxattr(file, kMark, mark.data(), mark.size(), 0);  // some file systems keep none
  const bool synced = fsync(file) == 0;
  const int cause = errno;
  ::close(file);
  if (!synced) return unwritable(target_, cause);
  if (std::rename(path_.c_str(), target_.c_str()) != 0) return unwritable(target_, errno);
  sync_folder(target_);
  open_ = false;
  for (size_t i = 1; i < slots_.size(); ++i) unlink(slots_[i]->path().c_str());
  slots_.clear();
  return {};
}

Result<OutputFile> OutputFile::create(const std::string& path) {
  OutputFile made;
  made.path_ = path;
  struct stat there {};
  if (stat(path.c_str(), &there) == 0 && !S_ISREG(there.st_mode) && !S_ISDIR(there.st_mode)) {
    made.file_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  } else {
    made.partial_ = std::make_unique<PartialFile>(TRY(PartialFile::begin(path)));
    made.file_ = ::open(made.partial_->path().c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
  }
  if (made.file_ < 0) return unwritable(path, errno);
  return made;
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : partial_(std::move(other.partial_)),
      path_(std::move(other.path_)),
      file_(std::exchange(other.file_, -1)),
      digest_(other.digest_) {}

OutputFile::~OutputFile() {
  if (file_ >= 0) ::close(file_);
}

Error OutputFile::failed(int cause) const { return unwritable(path_, cause); }

Result<void> OutputFile::write(std::string_view bytes) {
  digest_.add(bytes);
  while (!bytes.empty()) {
    const ssize_t n = ::write(file_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(errno);
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

Result<void> OutputFile::commit() {
  if (::close(std::exchange(file_, -1)) != 0) return failed(errno);
  if (!partial_) return {};
  return partial_->commit(digest_.digest());
}

Result<uint64_t> file_digest(const std::string& path) { return digest_of<BytesHasher>(path); }
Result<uint64_t> file_digest_fnv(const std::string& path) { return digest_of<Fnv>(path); }

bool keeps_our_mark(const std::string& path) {
  char bytes[kMarkKind.size() + kDigits + 1] = {};
  const ssize_t size = getxattr(path.c_str(), kMark, bytes, sizeof bytes - 1);
  if (size < static_cast<ssize_t>(kDigits)) return false;
  const std::string_view mark(bytes, static_cast<size_t>(size));
  const bool older = mark.size() == kDigits;
  if (!older && !mark.starts_with(kMarkKind)) return false;
  const auto digest = older ? file_digest_fnv(path) : file_digest(path);
  return digest.has_value() && mark.ends_with(hexadecimal(digest.value())) &&
         mark.size() == (older ? kDigits : kMarkKind.size() + kDigits);
}

Result<void> write_file_atomically(const std::string& path, std::string_view bytes) {
  OutputFile file = TRY(OutputFile::create(path));
  TRY(file.write(bytes));
  return file.commit();
}

void remove_partial_files_on_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
    struct sigaction before {};
    // What the parent ignores stays ignored (nohup, a script's background).
    if (sigaction(signal, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) continue;
    sigaction(signal, &action, nullptr);
  }
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on files is an error of the write, with its words
}

InterruptWatch::InterruptWatch() { ++watches; }
InterruptWatch::~InterruptWatch() { --watches; }
bool InterruptWatch::interrupted() { return noted != 0; }
void InterruptWatch::end_if_interrupted() {
  if (const int signal = noted) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
}

}  // namespace delever
