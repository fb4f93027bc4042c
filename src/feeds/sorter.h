// Messages on their way to a tape, put in order of receive time within chunks of bounded size; the
// tape merges the chunks. Equal times keep their order of arrival.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tape/tape.h"

namespace delever::feeds {

class Sorter {
 public:
  Sorter(tape::TapeWriter& tape, size_t chunk_bytes) : tape_(tape), chunk_bytes_(chunk_bytes) {
    // Once: growing by doubling would take two chunks and a half. What is not used is not touched.
    bytes_.reserve(chunk_bytes);
    entries_.reserve(chunk_bytes / sizeof(Entry));
  }
  Result<void> add(tape::StreamNumber stream, Instant received, std::string_view bytes);
  Result<void> flush();

 private:
  struct Entry {
    Instant received;
    size_t offset;
    uint32_t size;
    tape::StreamNumber stream;
  };
  tape::TapeWriter& tape_;
  size_t chunk_bytes_;
  std::string bytes_;
  std::vector<Entry> entries_;
  bool in_order_ = true;
};

}  // namespace delever::feeds
