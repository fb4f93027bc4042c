#include "cli/simulate_run.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>

#include "base/text.h"
#include "cli/facts_feed.h"
#include "cli/progress.h"
#include "margin/rulebook_file.h"
#include "tape/tape.h"

namespace delever {
namespace {

namespace fs = std::filesystem;

class TapeOutput final : public sim::Output {
 public:
  static Result<std::unique_ptr<TapeOutput>> open(const SimulateRun& run, const sim::Scenario& scenario, Clock& clock) {
    std::error_code ec;
    std::vector<std::string> files = truth_paths(run.out, scenario);
    if (fs::is_directory(run.out, ec)) return Error{Fault::malformed, "is a directory, want a file", run.out};
    for (const char* suffix : {"", "-wal", "-shm", "-lock"}) files.push_back(run.out + suffix);
    if (fs::exists(run.out, ec)) {
      if (!run.replace)
        return Error{Fault::malformed, "is there already: a simulated tape is not appended to", run.out};
      for (const std::string& file : files) fs::remove(file, ec);
    }
    TRY(check_writable(run.out));
    std::unique_ptr<TapeOutput> made(new TapeOutput);
    made->files_ = std::move(files);
    made->writer_ = TRY(TapeWriter::open(run.out, clock, {.flush_after = Duration::minutes(5)}));
    TRY(made->begin(run.out + ".positions.csv", sim::Simulation::positions_header()));
    TRY(made->begin(run.out + ".accounts.csv", sim::Simulation::accounts_header()));
    for (const sim::AssetSetup& a : scenario.assets)
      TRY(made->begin(book_path(run.out, a.name), sim::Simulation::book_header()));
    made->out_ = run.out;
    return made;
  }
  ~TapeOutput() override {
    if (closed_) return;
    writer_.reset();
    tables_.clear();
    std::error_code ec;
    for (const std::string& file : files_) fs::remove(file, ec);
  }
  Result<void> add_streams(const std::vector<sim::Simulation::StreamNames>& streams) {
    for (const auto& s : streams) {
      const StreamNumber number = TRY(writer_->stream({.name = "simulated:" + s.name,
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
  Result<void> on_positions(std::string_view rows) override { return put(out_ + ".positions.csv", rows); }
  Result<void> on_accounts(std::string_view rows) override { return put(out_ + ".accounts.csv", rows); }
  Result<void> on_book(std::string_view asset, std::string_view rows) override {
    return put(book_path(out_, std::string(asset)), rows);
  }
  Result<void> close() {
    for (auto& [path, file] : tables_) {
      file.close();
      if (!file) return Error{Fault::unavailable, "cannot be written", path};
    }
    TRY(writer_->close());
    closed_ = true;
    return {};
  }

 private:
  TapeOutput() = default;
  Result<void> begin(const std::string& path, std::string_view header) {
    tables_[path].open(path, std::ios::binary | std::ios::trunc);
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
  std::vector<std::string> files_;
  std::unique_ptr<TapeWriter> writer_;
  std::vector<StreamNumber> streams_;
  std::map<std::string, std::ofstream> tables_;
};

}  // namespace

Result<sim::Scenario> load_scenario(const std::string& path) {
  auto shelf = RulebookShelf::load(find_shipped("rulebooks"));
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
  if (fs::is_directory(path, ec)) return Error{Fault::malformed, "is a directory, want a file", path};
  const fs::path folder = fs::path(path).parent_path();
  if (!folder.empty()) fs::create_directories(folder, ec);
  const bool there = fs::exists(path, ec);
  const bool opens = std::ofstream(path, std::ios::binary | std::ios::app).is_open();
  if (!there && opens) fs::remove(path, ec);
  if (!opens) return Error{Fault::unavailable, "cannot be written", path};
  return {};
}

Result<sim::Outcome> run_scenario(Session& session, const sim::Scenario& scenario, SimulateRun run) {
  std::unique_ptr<TapeOutput> tape;
  if (!run.out.empty()) tape = TRY(TapeOutput::open(run, scenario, *session.io.clock));
  ProgressBar bar(session.io);
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

}  // namespace delever
