#include "sim/ensemble/splitting.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/random.h"

namespace delever::sim {
namespace {

double upper_tail(double z) { return 0.5 * std::erfc(z / std::sqrt(2.0)); }

constexpr size_t kLineagesLeast = 10;

// Quantile 97.5 % of Student's t. Exact to three digits up to 10 degrees of freedom, then by
// Cornish and Fisher.
double student(size_t degrees) {
  constexpr double exact[] = {12.706, 4.303, 3.182, 2.776, 2.571,
                              2.447,  2.365, 2.306, 2.262, 2.228};
  if (degrees <= std::size(exact)) return exact[degrees - 1];
  const double z = 1.959964, n = static_cast<double>(degrees);
  return z + (z * z * z + z) / (4 * n) +
         (5 * std::pow(z, 5) + 16 * z * z * z + 3 * z) / (96 * n * n);
}

struct Run {
  Lineage lineage;
  Path path;
  size_t first = 0;  // the first run it comes from
  double best() const { return path.empty() ? -HUGE_VAL : path.back().score; }
};

struct Group {
  std::vector<Run> runs;
  double p = 1;
  bool done = false;
};

// A copy of the parent up to the moment when it first passed `lowest`.
Run copy_until(const Run& parent, double lowest) {
  Run child{.first = parent.first};
  for (const Record& r : parent.path) {
    child.path.push_back(r);
    if (r.score > lowest) break;
  }
  const uint32_t cut = child.path.back().second;
  for (const Branch& b : parent.lineage) {
    if (b.second < cut) child.lineage.push_back(b);
  }
  return child;
}

// One estimate under way (fixed number of runs, last-particle splitting in groups): in each round a
// group loses its lowest runs and fills their places with copies of others that go on alone from
// the moment at which they passed the lowest score. Its estimate is the product of the shares kept.
class Splitting {
 public:
  Splitting(const Follow& follow, const SplitOptions& options)
      : follow_(follow),
        options_(options),
        size_(options.runs / options.groups),
        groups_(options.groups) {
    out_.runs = options.runs;
    out_.groups = options.groups;
    out_.estimator = "splitting";
  }
  Result<Probability> run();

 private:
  // Fresh seeds and picks are counted, so that they depend on the seed alone.
  Random counted(uint32_t stream, uint64_t n) const {
    return Random(options_.seed, {.stream = stream,
                                  .entity = static_cast<uint32_t>(n >> 32),
                                  .step = static_cast<uint32_t>(n)});
  }
  uint64_t fresh() { return counted(0x73706c74, drawn_++).bits64(); }        // "splt"
  size_t pick(size_t n) { return counted(0x7069636b, picked_++).below(n); }  // "pick"
  Result<void> follow_all();
  void report() const;
  void replace_lowest(Group& group);
  Result<Probability> sum_up();

  const Follow& follow_;
  const SplitOptions& options_;
  const size_t size_;  // of a group
  std::vector<Group> groups_;
  std::vector<Run*> waiting_;  // runs whose path is yet to be found
  uint64_t drawn_ = 0, picked_ = 0;
  Probability out_;
};

Result<void> Splitting::follow_all() {
  std::vector<Lineage> lineages;
  for (const Run* run : waiting_) lineages.push_back(run->lineage);
  auto paths = TRY(follow_(lineages));
  CHECK(paths.size() == waiting_.size());
  for (size_t i = 0; i < waiting_.size(); ++i) {
    // What was copied comes out again: a path that does not begin as its parent's did is our bug.
    const Path& before = waiting_[i]->path;
    CHECK(before.size() <= paths[i].size() &&
          std::equal(before.begin(), before.end(), paths[i].begin()));
    waiting_[i]->path = std::move(paths[i]);
  }
  out_.carried_out += waiting_.size();
  return {};
}

void Splitting::report() const {
  if (!options_.progress) return;
  size_t arrived = 0;
  double lowest = options_.level;
  for (const Group& g : groups_) {
    for (const Run& run : g.runs) {
      arrived += run.best() >= options_.level;
      if (!g.done) lowest = std::min(lowest, run.best());
    }
  }
  options_.progress(arrived, lowest);
}

// The lowest tenth, and whoever ties with it, is replaced; a group is done when nobody is below the
// level.
void Splitting::replace_lowest(Group& group) {
  const size_t lose = std::max<size_t>(1, size_ / 10);
  std::vector<double> scores;
  for (const Run& run : group.runs) scores.push_back(run.best());
  std::nth_element(scores.begin(), scores.begin() + static_cast<int64_t>(lose) - 1, scores.end());
  const double lowest = std::min(scores[lose - 1], std::nextafter(options_.level, -HUGE_VAL));
  std::vector<size_t> kept, lost;
  for (size_t i = 0; i < size_; ++i) (group.runs[i].best() > lowest ? kept : lost).push_back(i);
  if (lost.empty()) {
    group.done = true;
    return;
  }
  if (kept.empty()) {  // every run of the group ended at or below this score: nothing here climbs
    group.p = 0;
    group.done = true;
    return;
  }
  group.p *= static_cast<double>(kept.size()) / static_cast<double>(size_);
  for (const size_t i : lost) {
    Run child = copy_until(group.runs[kept[pick(kept.size())]], lowest);
    const bool arrived =
        child.best() >= options_.level;  // by one jump: there is nothing to continue
    if (!arrived) child.lineage.push_back({child.path.back().second, fresh()});
    group.runs[i] = std::move(child);
    if (!arrived) waiting_.push_back(&group.runs[i]);
  }
}

// The mean over groups, with the error that their spread shows (Student's t on the log scale).
Result<Probability> Splitting::sum_up() {
  std::set<size_t> first;
  double squares = 0;
  for (const Group& group : groups_) {
    out_.value += group.p / static_cast<double>(options_.groups);
    for (const Run& run : group.runs) {
      if (group.p > 0 && run.best() >= options_.level) first.insert(run.first);
    }
  }
  out_.lineages = first.size();
  if (out_.lineages < kLineagesLeast)
    return Error{Fault::no_evidence,
                 fmt::format("the estimate rests on {} of the {} first runs; ten are the least",
                             out_.lineages, options_.runs)};
  for (const Group& group : groups_) squares += (group.p - out_.value) * (group.p - out_.value);
  const double n = static_cast<double>(options_.groups);
  out_.error = std::sqrt(squares / (n - 1) / n);
  const double relative = out_.error / out_.value * student(options_.groups - 1);
  out_.low = out_.value * std::exp(-relative);
  out_.high = std::min(1.0, out_.value * std::exp(relative));
  out_.idealised = splitting_error(out_.value, options_.runs);
  return std::move(out_);
}

Result<Probability> Splitting::run() {
  for (size_t g = 0; g < groups_.size(); ++g) {
    groups_[g].runs.resize(size_);
    for (size_t i = 0; i < size_; ++i) {
      Run& run = groups_[g].runs[i];
      run.lineage = {{0, fresh()}};
      run.first = g * size_ + i;
      waiting_.push_back(&run);
    }
  }
  TRY(follow_all());
  for (const Run* run : waiting_) out_.first_hits += run->best() >= options_.level;
  for (;; ++out_.rounds) {
    report();
    waiting_.clear();
    for (Group& group : groups_) {
      if (!group.done) replace_lowest(group);
    }
    if (std::all_of(groups_.begin(), groups_.end(), [](const Group& g) { return g.done; })) break;
    if (out_.rounds == options_.rounds_most)
      return Error{Fault::no_evidence, "the runs do not climb to the level"};
    if (!waiting_.empty()) TRY(follow_all());
  }
  return sum_up();
}

}  // namespace

Result<Probability> split_runs(const Follow& follow, const SplitOptions& options) {
  const size_t size = options.groups ? options.runs / options.groups : 0;
  if (options.groups < 2 || size < 2 || size * options.groups != options.runs)
    return Error{Fault::refused,
                 fmt::format("splitting needs {} groups of two runs or more, all of one size",
                             std::max<size_t>(options.groups, 2))};
  return Splitting(follow, options).run();
}

Probability crude_probability(size_t hits, size_t runs) {
  Probability out;
  out.runs = runs;
  out.lineages = hits;
  out.estimator = "crude";
  const double n = static_cast<double>(runs), p = static_cast<double>(hits) / n, z = 1.96;
  out.value = p;
  out.error = std::sqrt(p * (1 - p) / n);
  // Wilson's interval: right also where hits are few.
  const double middle = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  out.low = std::max(0.0, middle - half);
  out.high = std::min(1.0, middle + half);
  return out;
}

double splitting_error(double p, size_t runs) {
  return std::sqrt(std::expm1(-std::log(p) / static_cast<double>(runs)));
}

Result<ShiftedTail> shifted_tail(double z, double shift, size_t draws, uint64_t seed) {
  double sum = 0, squares = 0, all = 0, all_squares = 0;
  Random random(seed, {.stream = 0x7461696c});
  for (size_t k = 0; k < draws; ++k) {
    const double x = random.normal() + shift;
    const double weight = std::exp(-shift * x + 0.5 * shift * shift);
    if (x <= z) continue;
    sum += weight;
    squares += weight * weight;
    all += weight;
    all_squares += weight * weight;
  }
  const double n = static_cast<double>(draws);
  ShiftedTail out;
  out.probability = sum / n;
  out.error = std::sqrt((squares / n - out.probability * out.probability) / n);
  out.effective = all_squares > 0 ? all * all / all_squares : 0;
  if (out.effective < 0.1 * n)
    return Error{Fault::no_evidence, "the draws' weights are too uneven: an effective " +
                                         std::to_string(static_cast<size_t>(out.effective)) +
                                         " of " + std::to_string(draws)};
  return out;
}

double shift_gain(double z, double shift) {
  const double p = upper_tail(z);
  const double second = std::exp(shift * shift) * upper_tail(z + shift);  // E[1{X > z} weight^2]
  return (p - p * p) / (second - p * p);
}

}  // namespace delever::sim
