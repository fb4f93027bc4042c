#include "reports/simulate_run.h"

#include <filesystem>
#include <map>
#include <memory>

#include "base/partial_file.h"
#include "base/program_home.h"
#include "base/text.h"
#include "reports/facts_feed.h"
#include "reports/inputs.h"
#include "reports/market_tape.h"
#include "rulebooks/rulebook_file.h"
#include "tape/tape.h"

namespace delever::reports {
namespace {

namespace fs = std::filesystem;

// The tape and the tables have their names when all of them are whole, the tape last: a run that is
// killed in the middle leaves nothing that could be taken for a whole one, and old files as they
// were.
class TapeOutput final : public sim::Output {
 public:
  static Result<std::unique_ptr<TapeOutput>> open(const SimulateRun& run,
                                                  const sim::Scenario& scenario, Clock& clock) {
    std::error_code ec;
    if (fs::exists(run.out, ec) && fs::file_size(run.out, ec) > 0 && !run.replace)
      return Error{Fault::usage, "is there already: a simulated tape is not appended to", run.out};
    std::unique_ptr<TapeOutput> made(new TapeOutput);
    made->writer_ = TRY(tape::TapeWriter::open(
        run.out, clock,
        {.flush_after = Duration::minutes(5), .whole = true, .replace = run.replace}));
    made->out_ = run.out;
    TRY(made->begin(run.out + ".positions.csv", sim::Simulation::positions_header()));
    TRY(made->begin(run.out + ".accounts.csv", sim::Simulation::accounts_header()));
    for (const sim::AssetSetup& a : scenario.assets)
      TRY(made->begin(book_path(run.out, a.name), sim::Simulation::book_header()));
    return made;
  }
  Result<void> add_streams(const std::vector<sim::Simulation::StreamNames>& streams) {
    for (const auto& s : streams) {
      const tape::StreamNumber number = TRY(writer_->stream(simulated_stream(s)));
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
    TRY(writer_->flush());  // what can fail for want of space has failed before any file is named
    const InterruptWatch whole;  // a signal from here on finds all of them or none
    for (auto& [path, file] : tables_) TRY(file.commit());
    return writer_->close();
  }

 private:
  TapeOutput() = default;
  Result<void> begin(const std::string& path, std::string_view header) {
    OutputFile file = TRY(OutputFile::create(path));
    tables_.emplace(path, std::move(file));
    return put(path, header);
  }
  Result<void> put(const std::string& path, std::string_view rows) {
    return tables_.at(path).write(rows);
  }
  std::string out_;
  std::unique_ptr<tape::TapeWriter> writer_;
  std::vector<tape::StreamNumber> streams_;
  std::map<std::string, OutputFile> tables_;  // by the name that they get
};

}  // namespace

Result<sim::Scenario> load_scenario(const std::string& path) {
  auto shelf = rulebooks::RulebookShelf::load(find_shipped("rulebooks"));
  if (!shelf.has_value()) return std::move(shelf.error());
  const std::string file = find_shipped(path), text = TRY(read_file(file));
  // Its page says where it lies among what is shipped, not on which machine.
  const std::string home = program_home() + "/";
  const bool shipped = file.starts_with(home);
  return sim::Scenario::parse(text, shipped ? file.substr(home.size()) : file, shelf.value());
}

std::string book_path(const std::string& out, const std::string& asset) {
  return out + ".book-" + lower(asset) + ".csv";
}

std::vector<std::string> truth_paths(const std::string& out, const sim::Scenario& scenario) {
  std::vector<std::string> paths{out + ".positions.csv", out + ".accounts.csv"};
  for (const sim::AssetSetup& a : scenario.assets) paths.push_back(book_path(out, a.name));
  return paths;
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
