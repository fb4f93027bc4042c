#include "sim/ensemble/task.h"

#include <fmt/format.h>

#include <charconv>
#include <mutex>

#include "base/text.h"
#include "base/thread_pool.h"

namespace delever::sim {
namespace {

std::optional<uint64_t> read_number(std::string_view text, int base) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Error wrong_task(std::string_view text) {
  return {Fault::malformed, "no task of a run", std::string(text)};
}

// "17,3600:99/without=stops,gamma/shock=-1.5": the seed, the seeds that replace it from a
// second on, and what is switched off or fixed.
Result<Task> read_task(std::string_view text) {
  Task task;
  const std::vector<std::string_view> parts = delever::split(text, '/');
  for (const std::string_view one : delever::split(parts[0], ',')) {
    const size_t colon = one.find(':');
    Branch b;
    if (colon != one.npos) {
      const auto second = read_number(one.substr(0, colon), 10);
      if (!second || *second > UINT32_MAX) return wrong_task(text);
      b.second = static_cast<uint32_t>(*second);
    }
    const auto seed = read_number(colon == one.npos ? one : one.substr(colon + 1), 10);
    if (!seed || (colon == one.npos) != task.seeds.empty()) return wrong_task(text);
    b.seed = *seed;
    task.seeds.push_back(b);
  }
  for (size_t i = 1; i < parts.size(); ++i) {
    const size_t equals = parts[i].find('=');
    if (equals == std::string_view::npos) return wrong_task(text);
    const std::string_view key = parts[i].substr(0, equals), value = parts[i].substr(equals + 1);
    if (key == "without") {
      for (const std::string_view name : delever::split(value, ','))
        task.switches.off[static_cast<size_t>(TRY(read_mechanism(name)))] = true;
    } else if (key == "shock") {
      task.shock = read_double(value);
      if (!task.shock) return wrong_task(text);
    } else if (key == "rare") {
      task.rare = value;
    } else {
      return wrong_task(text);
    }
  }
  return task;
}

}  // namespace

// What read_task() reads again, to the last bit.
std::string task_text(const Task& task) {
  std::string text;
  for (const Branch& b : task.seeds) {
    if (text.empty())
      text = fmt::format("{}", b.seed);
    else
      text += fmt::format(",{}:{}", b.second, b.seed);
  }
  std::string off;
  for (size_t m = 0; m < kMechanisms; ++m) {
    if (task.switches.off[m])
      off += (off.empty() ? "" : ",") + std::string(mechanism_name(static_cast<Mechanism>(m)));
  }
  if (!off.empty()) text += "/without=" + off;
  if (task.shock) text += "/shock=" + write_double(*task.shock);
  if (!task.rare.empty()) text += "/rare=" + task.rare;
  return text;
}

Result<std::string> run_task(const Scenario& scenario, std::string_view text) {
  const Task task = TRY(read_task(text));
  Simulation::Options options{
      .seed = task.seeds[0].seed, .threads = 1, .switches = task.switches, .shock = task.shock};
  options.branches.assign(task.seeds.begin() + 1, task.seeds.end());
  Climb climb;
  Path path;  // of the climb
  if (!task.rare.empty()) {
    climb = TRY(read_climb(task.rare, scenario));
    options.stop_when = follow(climb, path);
  }
  auto simulation = TRY(Simulation::open(scenario, std::move(options)));
  const Outcome outcome = TRY(simulation->run());
  std::string result;
  if (!task.rare.empty()) {
    for (const Record& r : path)
      result += fmt::format("{}{}:{}", result.empty() ? "" : " ", r.second, write_double(r.score));
    return result;
  }
  result = fmt::format("{:x}", outcome.hash);
  for (const auto& [name, value] : outcome.named())
    result += fmt::format(" {}={}", name, write_double(value));
  return result;
}

std::optional<RunResult> read_result(std::string_view result) {
  const std::vector<std::string_view> words = delever::split(result, ' ');
  RunResult run;
  const auto hash = read_number(words[0], 16);
  if (!hash) return std::nullopt;
  run.hash = *hash;
  for (size_t i = 1; i < words.size(); ++i) {
    const size_t equals = words[i].find('=');
    const auto value =
        equals == std::string_view::npos ? std::nullopt : read_double(words[i].substr(equals + 1));
    if (!value) return std::nullopt;
    run.outcomes[std::string(words[i].substr(0, equals))] = *value;
  }
  return run;
}

std::optional<Path> read_path(std::string_view result) {
  Path path;
  for (const std::string_view word : delever::split(result, ' ')) {
    const size_t colon = word.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto second = read_number(word.substr(0, colon), 10);
    const auto score = read_double(word.substr(colon + 1));
    if (!second || *second > UINT32_MAX || !score) return std::nullopt;
    path.push_back({static_cast<uint32_t>(*second), *score});
  }
  return path;
}

// The first error stops what has not begun; results are handed over one at a time, as they come.
Executor on_threads(const Scenario& scenario, unsigned threads) {
  return [&scenario, threads](const std::vector<std::string>& tasks,
                              const OnResult& on_result) -> Result<void> {
    std::mutex lock;
    std::optional<Error> failed;
    ThreadPool pool(std::max(1U, threads));
    pool.run(tasks.size(), [&](size_t i) {
      {
        const std::lock_guard guard(lock);
        if (failed) return;
      }
      auto result = run_task(scenario, tasks[i]);
      const std::lock_guard guard(lock);
      if (failed) return;
      if (!result.has_value()) {
        failed = std::move(result.error());
      } else if (auto taken = on_result(i, result.value()); !taken.has_value()) {
        failed = std::move(taken.error());
      }
    });
    if (failed) return *std::move(failed);
    return {};
  };
}

std::string kept_line(uint64_t digest, std::string_view text, std::string_view result) {
  return fmt::format("{:016x} {} {} end\n", digest, text, result);
}

// A line whose end is missing was being written when the process died: it is counted, and its task
// runs again. Lines of other scenarios or programs, by the digest, are left where they are.
KeptRuns read_kept(std::string_view text, uint64_t digest) {
  KeptRuns kept;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (line.empty()) continue;
    const size_t first = line.find(' '),
                 second = first == line.npos ? first : line.find(' ', first + 1);
    const auto of = first == 16 ? read_number(line.substr(0, first), 16) : std::nullopt;
    if (end == text.npos || !of || second == line.npos || line.size() < second + 5 ||
        !line.ends_with(" end")) {
      ++kept.torn;
      continue;
    }
    if (*of != digest) {
      ++kept.others;
      continue;
    }
    kept.results.emplace(line.substr(first + 1, second - first - 1),
                         line.substr(second + 1, line.size() - second - 1 - 4));
  }
  return kept;
}

// Answers what is kept, and keeps what is new before it is handed on: a run is never lost after it
// has counted.
Executor keeping(Executor executor, std::map<std::string, std::string, std::less<>> results,
                 std::function<Result<void>(std::string_view text, std::string_view result)> keep) {
  return [executor = std::move(executor), results = std::move(results), keep = std::move(keep)](
             const std::vector<std::string>& tasks, const OnResult& on_result) -> Result<void> {
    std::vector<std::string> rest;
    std::vector<size_t> numbers;
    for (size_t i = 0; i < tasks.size(); ++i) {
      if (const auto found = results.find(tasks[i]); found != results.end()) {
        TRY(on_result(i, found->second));
      } else {
        rest.push_back(tasks[i]);
        numbers.push_back(i);
      }
    }
    if (rest.empty()) return {};
    return executor(rest, [&](size_t i, std::string_view result) -> Result<void> {
      TRY(keep(rest[i], result));
      return on_result(numbers[i], result);
    });
  };
}

}  // namespace delever::sim
