#include "feeds/sorter.h"

#include <algorithm>
#include <array>

namespace delever::feeds {

Result<void> Sorter::add(tape::StreamNumber stream, Instant received, std::string_view bytes) {
  if (bytes_.size() + bytes.size() + (entries_.size() + 1) * sizeof(Entry) > chunk_bytes_)
    TRY(flush());
  in_order_ = in_order_ && (entries_.empty() || entries_.back().received <= received);
  entries_.push_back({received, bytes_.size(), static_cast<uint32_t>(bytes.size()), stream});
  bytes_.append(bytes);
  return {};
}

Result<void> Sorter::flush() {
  if (!in_order_) {
    std::stable_sort(entries_.begin(), entries_.end(),
                     [](const Entry& a, const Entry& b) { return a.received < b.received; });
  }
  std::array<tape::TapeWriter::Arrival, 256> batch;
  size_t held = 0;
  for (const Entry& entry : entries_) {
    batch[held++] = {entry.stream, entry.received,
                     std::string_view(bytes_).substr(entry.offset, entry.size)};
    if (held < batch.size()) continue;
    TRY(tape_.append_all(batch));
    held = 0;
  }
  TRY(tape_.append_all({batch.data(), held}));
  entries_.clear();
  bytes_.clear();
  in_order_ = true;
  return {};
}

}  // namespace delever::feeds
