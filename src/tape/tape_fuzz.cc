// Any bytes as a block: as what zstd packed, and, so that the fuzzer need not first invent zstd, as
// the rows and the columns that come out of it. What is accepted must be consistent with its
// header. Then the bytes as messages, which must come back from their columns.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/check.h"
#include "tape/block.h"
#include "tape/columns.h"
#include "tape/schema.h"

namespace delever::tape {
namespace {

void hold_to_promise(const BlockHeader& header, const BlockMessages& messages) {
  CHECK(messages.count() == static_cast<size_t>(header.count));
  int64_t before = header.first.ns();
  unsigned sum = 0;
  for (size_t i = 0; i < messages.count(); ++i) {
    CHECK(messages.times[i] >= before);
    before = messages.times[i];
    const std::string_view bytes = messages.message(i);
    for (size_t at = 0; at < bytes.size() + kPadding; ++at)
      sum += static_cast<unsigned char>(bytes.data()[at]);
  }
  CHECK(before == header.last.ns());
  const BlockMessages part = slice(messages, messages.count() / 2, messages.count(), sum % 100);
  CHECK(part.message(0) == messages.message(messages.count() / 2));
}

}  // namespace
}  // namespace delever::tape

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace delever;
  using namespace delever::tape;
  uint8_t fields[8] = {};
  if (size < sizeof fields) return 0;
  std::memcpy(fields, data, sizeof fields);
  const std::string_view rest(reinterpret_cast<const char*>(data) + sizeof fields,
                              size - sizeof fields);
  BlockHeader header;
  header.first = Instant::ns(fields[0]);
  header.last = Instant::ns(fields[1] | fields[2] << 8);
  header.count = fields[3] | fields[4] << 8;
  header.raw_bytes = fields[5] | fields[6] << 8 | fields[7] << 16;
  BlockMessages messages;
  Unpacker unpacker;
  if (unpacker.unpack(header, rest, messages).has_value()) hold_to_promise(header, messages);
  header.raw_bytes = static_cast<int64_t>(rest.size());
  messages.reserve(rest.size());
  std::memcpy(messages.bytes.get(), rest.data(), rest.size());
  if (read_payload(header, messages).has_value()) hold_to_promise(header, messages);
  // The same as columns, which are shorter than the rows that they make.
  header.raw_bytes = fields[5] | fields[6] << 8;
  if (read_columns(header, rest, messages).has_value()) hold_to_promise(header, messages);
  // And as messages at the newline: what goes into columns comes out of them.
  BlockBuilder builder;
  for (size_t from = 0; from <= rest.size();) {
    const size_t to = std::min(rest.find('\n', from), rest.size());
    builder.add(Instant::ns(static_cast<int64_t>(from * fields[0])), rest.substr(from, to - from));
    from = to + 1;
  }
  ColumnWriter writer;
  if (writer.write(builder)) {
    const BlockHeader made{1,
                           1,
                           0,
                           0,
                           builder.first(),
                           builder.last(),
                           static_cast<int64_t>(builder.count()),
                           static_cast<int64_t>(builder.payload_bytes())};
    const std::string columns = std::string(writer.head()) + std::string(writer.body());
    CHECK(read_columns(made, columns, messages).has_value());
    hold_to_promise(made, messages);
    size_t at = 0;
    for (size_t i = 0; i < messages.count(); ++i) {
      CHECK(messages.message(i) == builder.text().substr(at, builder.sizes()[i]));
      at += builder.sizes()[i];
    }
  }
  if (const auto settings = read_settings(rest))
    CHECK(read_settings(write_settings(*settings)) == settings);
  return 0;
}
