// Any bytes: no crash, and each message ends in exactly one count. Two lines that describe
// instruments go ahead of the input, so that what follows finds them.
#include <string>

#include "venues/fuzz_lines_testing.h"
#include "venues/registry.h"

namespace {

// run_lines makes its decoder by name and settings; the venue's name is a setting of its own, so
// this runs lines itself.
void run(const uint8_t* data, size_t size) {
  using namespace delever;
  using namespace delever::venues;
  Instruments instruments;
  auto decoder = make_decoder("simulated", {{"venue", "v"}}, instruments, 1);
  CHECK(decoder.has_value());
  fuzzing::OnlyGaps gaps;
  codec::BookBuilder books(instruments, gaps);
  fuzzing::BookSink sink(books);
  std::string text =
      R"({"channel":"instrument","symbol":"P","time":1,"kind":"linear","base":"B","quote":"U",)"
      R"("settle":"U",)"
      R"("size":"1"})"
      "\n"
      R"({"channel":"instrument","symbol":"O","time":1,"kind":"option","base":"B","quote":"U",)"
      R"("settle":"B",)"
      R"("expiry":5,"strike":"2","type":"put"})"
      "\n";
  text.append(reinterpret_cast<const char*>(data), size);
  uint64_t lines = 0;
  for (size_t from = 0; from <= text.size();) {
    const size_t end = std::min(text.find('\n', from), text.size());
    std::string padded(text.substr(from, end - from));
    const size_t length = padded.size();
    padded.resize(length + codec::kPadding);
    const uint64_t events = sink.events;
    const codec::DecodeCounts before = decoder.value()->counts();
    decoder.value()->decode(
        {std::string_view(padded).substr(0, length), Instant::ns(1'700'000'000'000'000'000)}, sink);
    const codec::DecodeCounts& after = decoder.value()->counts();
    CHECK(after.messages == ++lines);
    const uint64_t silent = after.control - before.control + fuzzing::sum(after.no_event) -
                            fuzzing::sum(before.no_event) + fuzzing::sum(after.unknown_channels) -
                            fuzzing::sum(before.unknown_channels) + fuzzing::sum(after.undecoded) -
                            fuzzing::sum(before.undecoded);
    CHECK(silent == (sink.events == events ? 1 : 0));
    from = end + 1;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  run(data, size);
  return 0;
}
