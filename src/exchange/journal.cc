#include "exchange/journal.h"

#include <array>
#include <filesystem>

#include "base/hash.h"
#include "exchange/codec.h"

namespace delever::exchange {
namespace {

constexpr std::string_view kMagic = "delever journal 2\n";
constexpr uint32_t kRecordMax = 4096;  // no command comes near it

void put(std::string& out, uint64_t x, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(x >> (8 * i) & 0xff));
}
uint64_t get(const char* in, int bytes) {
  uint64_t x = 0;
  for (int i = 0; i < bytes; ++i) x |= uint64_t{static_cast<unsigned char>(in[i])} << (8 * i);
  return x;
}
// A record: its length (4 bytes), a digest of number and length (4), a digest of number and body
// (8), the body. With a digest of its own, a damaged length is never taken for a record that was
// cut.
constexpr size_t kFront = 16;
uint64_t digest(uint64_t number, std::string_view body) {
  Hasher h;
  h.add(number);
  h.add(body);
  return h.digest();
}
uint64_t digest(uint64_t number, uint64_t length) {
  Hasher h;
  h.add(number);
  h.add(length);
  return h.digest() & 0xffffffff;
}

class Silent : public ExchangeSink {
 public:
  void on_event(const Event&) override {}
  void on_notice(const Notice&) override {}
};

}  // namespace

Result<JournalEnd> read_journal(const std::string& path,
                                const std::function<bool(uint64_t, const Command&)>& each) {
  const FileHandle file = TRY(open_file(path, FileUse::read));
  std::string head(kMagic.size(), '\0');
  const auto unread = [&] { return Error{Fault::unavailable, "cannot be read", path}; };
  const size_t got_head = std::fread(head.data(), 1, head.size(), file.get());
  if (std::ferror(file.get())) return unread();
  JournalEnd end;
  if (got_head < head.size() && kMagic.starts_with(head.substr(0, got_head))) {
    end.cut = true;
    return end;
  }
  if (head != kMagic) return Error{Fault::malformed, "not a journal of this version", path};
  end.bytes = kMagic.size();
  std::array<char, kFront> front{};
  std::string body;
  for (;;) {
    const size_t got = std::fread(front.data(), 1, front.size(), file.get());
    if (std::ferror(file.get())) return unread();
    if (got == 0) return end;
    const auto damaged = [&](const std::string& what) {
      return Error{Fault::malformed, what + " at byte " + std::to_string(end.bytes), path};
    };
    if (got < front.size()) {
      end.cut = true;
      return end;
    }
    const auto length = static_cast<uint32_t>(get(front.data(), 4));
    if (length == 0 || length > kRecordMax ||
        digest(end.commands, length) != get(front.data() + 4, 4))
      return damaged("a record of impossible length");
    body.resize(length);
    if (std::fread(body.data(), 1, length, file.get()) < length) {
      if (std::ferror(file.get())) return unread();
      end.cut = true;
      return end;
    }
    if (digest(end.commands, body) != get(front.data() + 8, 8))
      return damaged("a record that does not match its digest");
    auto command = decode(body);
    if (!command.has_value()) return damaged(command.error().what);
    if (!each(end.commands, command.value())) return end;
    ++end.commands;
    end.bytes += front.size() + length;
  }
}

Result<JournalWriter> JournalWriter::open(const std::string& path) {
  uint64_t commands = 0;
  std::error_code failed;
  if (std::filesystem::exists(path, failed)) {
    const JournalEnd end = TRY(read_journal(path, [](uint64_t, const Command&) { return true; }));
    commands = end.commands;
    if (end.cut) std::filesystem::resize_file(path, end.bytes, failed);
    if (failed)
      return Error{Fault::unavailable, "its cut end cannot be removed: " + failed.message(), path};
  }
  const bool fresh =
      !std::filesystem::exists(path, failed) || std::filesystem::file_size(path, failed) == 0;
  FileHandle file = TRY(open_file(path, FileUse::append));
  if (fresh && std::fwrite(kMagic.data(), 1, kMagic.size(), file.get()) != kMagic.size())
    return Error{Fault::unavailable, "cannot be written", path};
  return JournalWriter(std::move(file), path, commands);
}

Result<void> JournalWriter::append(const Command& command) {
  if (broken_) return Error{Fault::unavailable, "an earlier command could not be written", path_};
  const std::string body = encode(command);
  std::string record;
  put(record, body.size(), 4);
  put(record, digest(commands_, uint64_t{body.size()}), 4);
  put(record, digest(commands_, body), 8);
  record += body;
  broken_ = std::fwrite(record.data(), 1, record.size(), file_.get()) != record.size();
  if (broken_) return Error{Fault::unavailable, "a command could not be written", path_};
  ++commands_;
  return {};
}

Result<void> JournalWriter::flush() {
  broken_ |= std::fflush(file_.get()) != 0;
  if (broken_) return Error{Fault::unavailable, "could not be flushed", path_};
  return {};
}

Result<std::unique_ptr<Exchange>> replay_journal(ExchangeSetup setup, const std::string& path,
                                                 const std::optional<JournalStart>& start,
                                                 uint64_t commands) {
  auto opened = start ? Exchange::restore(std::move(setup), start->snapshot)
                      : Exchange::open(std::move(setup));
  if (!opened.has_value()) return opened.error();
  std::unique_ptr<Exchange> exchange = std::move(opened).value();
  Silent silent;
  std::optional<Error> failed;
  const uint64_t from = start ? start->from : 0;
  const JournalEnd end = TRY(read_journal(path, [&](uint64_t n, const Command& command) {
    if (n >= commands) return false;
    if (n < from) return true;
    const Reject refused = exchange->apply(command, silent);
    if (refused == Reject::none) return true;
    failed = Error{
        Fault::malformed,
        "command " + std::to_string(n) + " is refused: " + std::string(reject_name(refused)), path};
    return false;
  }));
  if (failed) return *failed;
  if (end.commands < from)
    return Error{Fault::malformed, "the journal ends before the snapshot was taken", path};
  return exchange;
}

}  // namespace delever::exchange
