#include "memory/segment_packer.h"

#include <string>
#include <utility>

#include "memory/event_codec.h"

namespace delever::memory {

SegmentPacker::SegmentPacker(MemoryWriter writer) : packed_{std::move(writer), {}} {
  worker_ = std::jthread([this] { work(); });
}

SegmentPacker::~SegmentPacker() { waiting_.stop(); }

bool SegmentPacker::add(SegmentColumns segment) { return waiting_.give(std::move(segment)); }

auto SegmentPacker::finish() -> Result<Packed> {
  waiting_.end();
  worker_.join();
  if (fault_) return *fault_;
  return std::move(packed_);
}

void SegmentPacker::work() {
  while (auto next = waiting_.take()) {
    const auto done = pack(*next);
    if (done.has_value()) {
      packed_.segments.push_back(std::move(next->segment));
      continue;
    }
    fault_ = done.error();
    waiting_.stop();
  }
}

// The pieces of a segment stand one behind another, in this order.
Result<void> SegmentPacker::pack(SegmentColumns& from) {
  Segment& segment = from.segment;
  EventColumns<ColumnWriter> condensed{ColumnWriter()};
  Instant before = segment.first;
  for (KeptEvent& one : from.condensed) {
    condensed.event(one.ordinal, one.event);
    condensed.received(one.event, before);
    before = one.event.received;
  }
  MemoryWriter& file = packed_.writer;
  segment.condensed = TRY(file.add(condensed.io().pack()));
  segment.order = TRY(file.add(from.order.pack()));
  CHECK(segment.shelves.size() == from.shelves.size());
  for (size_t n = 0; n < from.shelves.size(); ++n)
    segment.shelves[n].piece = TRY(file.add(from.shelves[n].events.pack()));
  for (size_t n = 0; n < from.shelves.size(); ++n) {
    const PackedMinutes packed = pack_minutes(from.shelves[n].minutes, segment.first);
    Shelf& shelf = segment.shelves[n];
    if (!packed.minutes.empty()) shelf.minutes = TRY(file.add(packed.minutes));
    if (!packed.forced.empty()) shelf.forced = TRY(file.add(packed.forced));
  }
  segment.messages = TRY(file.add(from.messages.pack()));
  return {};
}

}  // namespace delever::memory
