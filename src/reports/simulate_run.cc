#include "reports/simulate_run.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>

#include "base/text.h"
#include "reports/facts_feed.h"
#include "reports/inputs.h"
#include "rulebooks/rulebook_file.h"
#include "tape/tape.h"

namespace delever::reports {
namespace {

namespace fs = std::filesystem;

// Everything is written beside, under names of its own, and named as asked when all of it is there,
// the tape last: a run killed in the middle leaves nothing that could be taken for a whole one.
class TapeOutput final : public sim::Output {
 public:
  static Result<std::unique_ptr<TapeOutput>> open(const SimulateRun& run,
                                                  const sim::Scenario& scenario, Clock& clock) {
    std::error_code ec;
    const std::vector<std::string> truth = truth_paths(run.out, scenario);
    if (fs::is_directory(run.out, ec))
      return Error{Fault::malformed, "is a directory, want a file", run.out};
    if (fs::exists(run.out, ec)) {
      if (!run.replace)
        return Error{Fault::malformed, "is there already: a simulated tape is not appended to",
                     run.out};
      for (const std::string& path : truth) fs::remove(path, ec);
      for (const std::string& path : tape_files(run.out)) fs::remove(path, ec);
    }
    TRY(check_writable(run.out));
    const std::string tape = unfinished(run.out);
    if (fs::exists(
            tape, ec)) {  // of a killed run, unless it is open or something else: then this says so
      const auto left = TRY(tape::TapeWriter::open(tape, clock));
      TRY(left->close());
      for (const std::string& path : tape_files(tape)) fs::remove(path, ec);
    }
    auto writer = TRY(tape::TapeWriter::open(tape, clock, {.flush_after = Duration::minutes(5)}));
    std::unique_ptr<TapeOutput> made(new TapeOutput);
    made->writer_ = std::move(writer);
    made->out_ = run.out;
    TRY(made->begin(run.out + ".positions.csv", sim::Simulation::positions_header()));
    TRY(made->begin(run.out + ".accounts.csv", sim::Simulation::accounts_header()));
    for (const sim::AssetSetup& a : scenario.assets)
      TRY(made->begin(book_path(run.out, a.name), sim::Simulation::book_header()));
    return made;
  }
  ~TapeOutput() override {
    if (closed_) return;
    writer_.reset();
    std::error_code ec;
    for (auto& [path, file] : tables_) {
      file.close();
      fs::remove(unfinished(path), ec);
    }
    for (const std::string& path : placed_) fs::remove(path, ec);
    for (const std::string& path : tape_files(unfinished(out_))) fs::remove(path, ec);
  }
  Result<void> add_streams(const std::vector<sim::Simulation::StreamNames>& streams) {
    for (const auto& s : streams) {
      const tape::StreamNumber number = TRY(writer_->stream({.name = "simulated:" + s.name,
                                                             .venue = s.venue,
                                                             .channel = "simulated",
                                                             .decoder = "simulated",
                                                             .settings = {{"venue", s.venue}}}));
      streams_.push_back(number);
    }
    return {};
  }
  Result<void> on_lines(size_t stream, Instant received, std::string_view lines) override {
    while (!lines.empty()) {
      const size_t end = lines.find('\n');
      TRY(writer_->append(streams_[stream], received, lines.substr(0, end)));
      lines.remove_prefix(end + 1);
    }
    return {};
  }
  Result<void> on_positions(std::string_view rows) override {
    return put(out_ + ".positions.csv", rows);
  }
  Result<void> on_accounts(std::string_view rows) override {
    return put(out_ + ".accounts.csv", rows);
  }
  Result<void> on_book(std::string_view asset, std::string_view rows) override {
    return put(book_path(out_, std::string(asset)), rows);
  }
  Result<void> close() {
    for (auto& [path, file] : tables_) {
      file.close();
      if (!file) return Error{Fault::unavailable, "cannot be written", path};
    }
    TRY(writer_->close());
    std::error_code ec;
    if (fs::exists(unfinished(out_) + "-wal", ec))  // SQLite keeps it where a reader holds on
      return Error{Fault::unavailable, "another process is reading the tape", unfinished(out_)};
    for (const auto& [path, file] : tables_) TRY(place(path));
    TRY(place(out_));
    closed_ = true;
    return {};
  }

 private:
  TapeOutput() = default;
  static std::string unfinished(const std::string& path) { return path + ".unfinished"; }
  static std::vector<std::string> tape_files(const std::string& tape) {
    return {tape, tape + "-wal", tape + "-shm", tape + "-lock"};
  }
  Result<void> place(const std::string& path) {
    std::error_code ec;
    fs::rename(unfinished(path), path, ec);
    if (ec) return Error{Fault::unavailable, "cannot be written: " + ec.message(), path};
    placed_.push_back(path);
    return {};
  }
  Result<void> begin(const std::string& path, std::string_view header) {
    tables_[path].open(unfinished(path), std::ios::binary | std::ios::trunc);
    return put(path, header);
  }
  Result<void> put(const std::string& path, std::string_view rows) {
    std::ofstream& file = tables_[path];
    file.write(rows.data(), static_cast<std::streamsize>(rows.size()));
    if (!file.flush()) return Error{Fault::unavailable, "cannot be written", path};
    return {};
  }
  bool closed_ = false;
  std::string out_;
  std::vector<std::string> placed_;  // under their own names
  std::unique_ptr<tape::TapeWriter> writer_;
  std::vector<tape::StreamNumber> streams_;
  std::map<std::string, std::ofstream> tables_;  // by the name that they get
};

}  // namespace

Result<sim::Scenario> load_scenario(const std::string& path) {
  auto shelf = rulebooks::RulebookShelf::load(find_shipped("rulebooks"));
  if (!shelf.has_value()) return std::move(shelf.error());
  const std::string file = find_shipped(path), text = TRY(read_file(file));
  return sim::Scenario::parse(text, file, shelf.value());
}

std::string book_path(const std::string& out, const std::string& asset) {
  return out + ".book-" + lower(asset) + ".csv";
}

std::vector<std::string> truth_paths(const std::string& out, const sim::Scenario& scenario) {
  std::vector<std::string> paths{out + ".positions.csv", out + ".accounts.csv"};
  for (const sim::AssetSetup& a : scenario.assets) paths.push_back(book_path(out, a.name));
  return paths;
}

Result<void> check_writable(const std::string& path) {
  std::error_code ec;
  if (fs::is_directory(path, ec))
    return Error{Fault::malformed, "is a directory, want a file", path};
  const fs::path folder = fs::path(path).parent_path();
  if (!folder.empty()) fs::create_directories(folder, ec);
  const bool there = fs::exists(path, ec);
  const bool opens = std::ofstream(path, std::ios::binary | std::ios::app).is_open();
  if (!there && opens) fs::remove(path, ec);
  if (!opens) return Error{Fault::unavailable, "cannot be written", path};
  return {};
}

Result<sim::Outcome> run_scenario(Context& context, const sim::Scenario& scenario,
                                  SimulateRun run) {
  std::unique_ptr<TapeOutput> tape;
  if (!run.out.empty()) tape = TRY(TapeOutput::open(run, scenario, *context.clock));
  ProgressScope bar(context);
  run.options.output = tape.get();
  if (run.observed) {
    run.observed->pass_on_to(tape.get());
    run.options.output = run.observed;
  }
  run.options.progress = [&](size_t done, size_t steps) { bar.show("simulating", done, steps); };
  auto simulation = TRY(sim::Simulation::open(scenario, std::move(run.options)));
  if (tape) TRY(tape->add_streams(simulation->streams()));
  if (run.observed) TRY(run.observed->add_streams(simulation->streams()));
  sim::Outcome outcome = TRY(simulation->run());
  if (tape) TRY(tape->close());
  return outcome;
}

}  // namespace delever::reports
