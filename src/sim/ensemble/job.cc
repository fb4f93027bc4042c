#include "sim/ensemble/job.h"

#include <fmt/format.h>

#include <charconv>
#include <mutex>

#include "base/text.h"
#include "sim/crew.h"

namespace delever::sim {
namespace {

std::optional<uint64_t> read_number(std::string_view text, int base) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Error wrong_order(std::string_view order) {
  return {Fault::malformed, "no order of a run", std::string(order)};
}

Result<Job> read_order(std::string_view order) {
  Job job;
  const std::vector<std::string_view> parts = delever::split(order, '/');
  for (const std::string_view one : delever::split(parts[0], ',')) {
    const size_t colon = one.find(':');
    Branch b;
    if (colon != one.npos) {
      const auto second = read_number(one.substr(0, colon), 10);
      if (!second || *second > UINT32_MAX) return wrong_order(order);
      b.second = static_cast<uint32_t>(*second);
    }
    const auto seed = read_number(colon == one.npos ? one : one.substr(colon + 1), 10);
    if (!seed || (colon == one.npos) != job.seeds.empty()) return wrong_order(order);
    b.seed = *seed;
    job.seeds.push_back(b);
  }
  for (size_t i = 1; i < parts.size(); ++i) {
    const size_t equals = parts[i].find('=');
    if (equals == std::string_view::npos) return wrong_order(order);
    const std::string_view key = parts[i].substr(0, equals), value = parts[i].substr(equals + 1);
    if (key == "without") {
      for (const std::string_view name : delever::split(value, ','))
        job.switches.off[static_cast<size_t>(TRY(read_mechanism(name)))] = true;
    } else if (key == "shock") {
      job.shock = read_double(value);
      if (!job.shock) return wrong_order(order);
    } else if (key == "rare") {
      job.rare = value;
    } else {
      return wrong_order(order);
    }
  }
  return job;
}

}  // namespace

std::string order_of(const Job& job) {
  std::string order;
  for (const Branch& b : job.seeds) {
    if (order.empty())
      order = fmt::format("{}", b.seed);
    else
      order += fmt::format(",{}:{}", b.second, b.seed);
  }
  std::string off;
  for (size_t m = 0; m < kMechanisms; ++m) {
    if (job.switches.off[m])
      off += (off.empty() ? "" : ",") + std::string(mechanism_name(static_cast<Mechanism>(m)));
  }
  if (!off.empty()) order += "/without=" + off;
  if (job.shock) order += "/shock=" + write_double(*job.shock);
  if (!job.rare.empty()) order += "/rare=" + job.rare;
  return order;
}

Result<std::string> carry_out(const Scenario& scenario, std::string_view order) {
  const Job job = TRY(read_order(order));
  Simulation::Options options{
      .seed = job.seeds[0].seed, .threads = 1, .switches = job.switches, .shock = job.shock};
  options.branches.assign(job.seeds.begin() + 1, job.seeds.end());
  Climb climb;
  Path path;  // of the climb
  if (!job.rare.empty()) {
    climb = TRY(read_climb(job.rare, scenario));
    options.stop_when = follow(climb, path);
  }
  auto simulation = TRY(Simulation::open(scenario, std::move(options)));
  const Outcome outcome = TRY(simulation->run());
  std::string reply;
  if (!job.rare.empty()) {
    for (const Record& r : path)
      reply += fmt::format("{}{}:{}", reply.empty() ? "" : " ", r.second, write_double(r.score));
    return reply;
  }
  reply = fmt::format("{:x}", outcome.hash);
  for (const auto& [name, value] : outcome.named())
    reply += fmt::format(" {}={}", name, write_double(value));
  return reply;
}

std::optional<RunResult> read_reply(std::string_view reply) {
  const std::vector<std::string_view> words = delever::split(reply, ' ');
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

std::optional<Path> read_path(std::string_view reply) {
  Path path;
  for (const std::string_view word : delever::split(reply, ' ')) {
    const size_t colon = word.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto second = read_number(word.substr(0, colon), 10);
    const auto score = read_double(word.substr(colon + 1));
    if (!second || *second > UINT32_MAX || !score) return std::nullopt;
    path.push_back({static_cast<uint32_t>(*second), *score});
  }
  return path;
}

Carrier on_threads(const Scenario& scenario, unsigned threads) {
  return [&scenario, threads](const std::vector<std::string>& orders,
                              const Replied& replied) -> Result<void> {
    std::mutex lock;
    std::optional<Error> failed;
    Crew crew(std::max(1U, threads));
    crew.run(orders.size(), [&](size_t i) {
      {
        const std::lock_guard guard(lock);
        if (failed) return;
      }
      auto reply = carry_out(scenario, orders[i]);
      const std::lock_guard guard(lock);
      if (failed) return;
      if (!reply.has_value()) {
        failed = std::move(reply.error());
      } else if (auto taken = replied(i, reply.value()); !taken.has_value()) {
        failed = std::move(taken.error());
      }
    });
    if (failed) return *std::move(failed);
    return {};
  };
}

std::string kept_line(uint64_t digest, std::string_view order, std::string_view reply) {
  return fmt::format("{:016x} {} {} end\n", digest, order, reply);
}

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
    kept.replies.emplace(line.substr(first + 1, second - first - 1),
                         line.substr(second + 1, line.size() - second - 1 - 4));
  }
  return kept;
}

Carrier keeping(Carrier carrier, std::map<std::string, std::string, std::less<>> replies,
                std::function<Result<void>(std::string_view order, std::string_view reply)> keep) {
  return [carrier = std::move(carrier), replies = std::move(replies), keep = std::move(keep)](
             const std::vector<std::string>& orders, const Replied& replied) -> Result<void> {
    std::vector<std::string> rest;
    std::vector<size_t> numbers;
    for (size_t i = 0; i < orders.size(); ++i) {
      if (const auto found = replies.find(orders[i]); found != replies.end()) {
        TRY(replied(i, found->second));
      } else {
        rest.push_back(orders[i]);
        numbers.push_back(i);
      }
    }
    if (rest.empty()) return {};
    return carrier(rest, [&](size_t i, std::string_view reply) -> Result<void> {
      TRY(keep(rest[i], reply));
      return replied(numbers[i], reply);
    });
  };
}

}  // namespace delever::sim
