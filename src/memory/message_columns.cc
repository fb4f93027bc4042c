#include "memory/message_columns.h"

namespace delever::memory {
namespace {

enum Column : size_t {
  kMessageSource,
  kMessageReceived,
  kMessages,
  kDecoded,
  kUndecoded,
  kReason,
  kLength,
  kMessageText,
  kEvents  // of the first source; each has its own
};
// Beside the number of events: that the decoder counted otherwise, and that something was not
// decoded.
constexpr uint64_t kOdd = 1, kHoles = 2, kFlags = 4;
// Archives know whole milliseconds: then they are counted (even), else nanoseconds (odd). A segment
// is short enough for twice as many.
constexpr uint64_t kWholeMs = 1'000'000;

}  // namespace

void MessageWriter::begin(Instant first) {
  before_ = first;
  count_ = told_ = 0;
  reasons_.clear();
}

// Reasons stand before their row's other columns are read: their number ends with a 0.
void MessageWriter::undecoded(SourceId source, const std::string& why) {
  const auto [at, fresh] = reasons_.try_emplace(why, reasons_.size());
  columns_.number(kUndecoded, static_cast<uint64_t>(source) + 1);
  columns_.number(kReason, at->second);
  if (fresh) {
    columns_.number(kLength, why.size());
    columns_.bytes(kMessageText, why);
  }
  ++told_;
}

void MessageWriter::add(const MessageRow& row) {
  const bool odd = row.counted.messages != 1 || row.counted.events != row.events;
  columns_.number(kMessageSource, row.source);
  const auto step = static_cast<uint64_t>((row.received - before_).ns());
  columns_.number(kMessageReceived, step % kWholeMs == 0 ? step / kWholeMs * 2 : step * 2 + 1);
  columns_.number(kEvents + row.source,
                  row.events * kFlags + (odd ? kOdd : 0) + (told_ > 0 ? kHoles : 0));
  if (odd) {
    columns_.number(kMessages, row.counted.messages);
    columns_.number(kDecoded, row.counted.events);
  }
  if (told_ > 0) columns_.number(kUndecoded, 0);
  told_ = 0;
  before_ = row.received;
  ++count_;
}

MessageRow MessageReader::next() {
  MessageRow row;
  row.source = static_cast<SourceId>(columns_.number(kMessageSource));
  const uint64_t step = columns_.number(kMessageReceived);
  const uint64_t ns = step % 2 == 0 ? step / 2 * kWholeMs : step / 2;
  before_ = Instant::ns(wrapped_sum(before_.ns(), static_cast<int64_t>(ns)));
  row.received = before_;
  const uint64_t code = columns_.number(kEvents + row.source);
  row.events = code / kFlags;
  undecoded_ = code & kHoles;
  row.counted = {1, row.events};
  if (code & kOdd) {
    row.counted.messages = columns_.number(kMessages);
    row.counted.events = columns_.number(kDecoded);
  }
  return row;
}

void MessageReader::add_undecoded(Undecoded& to) {
  while (undecoded_ && !columns_.failed()) {
    const uint64_t source = columns_.number(kUndecoded);
    if (source == 0) break;
    const uint64_t reason = columns_.number(kReason);
    if (reason >= reasons_.size())
      reasons_.emplace_back(columns_.bytes(kMessageText, columns_.number(kLength)));
    ++to[{static_cast<SourceId>(source - 1), reasons_[reason < reasons_.size() ? reason : 0]}];
  }
  undecoded_ = false;
}

}  // namespace delever::memory
