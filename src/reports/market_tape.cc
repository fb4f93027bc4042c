#include "reports/market_tape.h"

#include <fmt/format.h>

#include <filesystem>

#include "sim/stream_names.h"

namespace delever::reports {

namespace fs = std::filesystem;

tape::StreamInfo simulated_stream(const sim::Simulation::StreamNames& names) {
  return {.name = "simulated:" + names.name,
          .venue = names.venue,
          .channel = "simulated",
          .decoder = "simulated",
          .settings = {{"venue", names.venue}}};
}

Result<std::unique_ptr<MarketTape>> MarketTape::open(Options options, const sim::Scenario& scenario,
                                                     Clock& clock) {
  std::error_code ec;
  if (!options.replace && fs::exists(options.path, ec) && fs::file_size(options.path, ec) > 0)
    return Error{Fault::usage, "is there already: a simulated tape is not appended to",
                 options.path};
  std::unique_ptr<MarketTape> made(new MarketTape(std::move(options)));
  made->writer_ =
      TRY(tape::TapeWriter::open(made->options_.path, clock, {.replace = made->options_.replace}));
  for (const auto& names : sim::stream_names(scenario)) {
    const tape::StreamNumber number = TRY(made->writer_->stream(simulated_stream(names)));
    made->streams_.push_back(number);
  }
  TRY(made->writer_->flush());
  return made;
}

uint64_t MarketTape::bytes() const {
  uint64_t sum = 0;
  for (const char* beside : {"", "-wal"}) {
    std::error_code ec;
    const uint64_t size = fs::file_size(options_.path + beside, ec);
    if (!ec) sum += size;
  }
  return sum;
}

Result<void> MarketTape::on_lines(size_t stream, Instant received, std::string_view lines) {
  if (!writer_) return {};
  if (auto done = put(stream, received, lines); !done.has_value()) end(std::move(done.error()));
  if (!writer_ || received == looked_ || options_.most_bytes == 0) return {};
  looked_ = received;
  if (bytes() >= options_.most_bytes)
    end({Fault::out_of_range,
         fmt::format("the tape has its {} MB: nothing more is recorded, the market goes on",
                     options_.most_bytes >> 20),
         options_.path});
  return {};
}

Result<void> MarketTape::put(size_t stream, Instant received, std::string_view lines) {
  while (!lines.empty()) {
    const size_t end = lines.find('\n');
    TRY(writer_->append(streams_[stream], received, lines.substr(0, end)));
    lines.remove_prefix(end + 1);
  }
  return {};
}

void MarketTape::end(Error why) {
  why_ = std::move(why);
  (void)writer_->close();  // an error of the disk is what `why` says already
  writer_.reset();
}

Result<void> MarketTape::close() {
  if (!writer_) return {};
  auto closed = writer_->close();
  writer_.reset();
  return closed;
}

}  // namespace delever::reports
