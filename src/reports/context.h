// What a report needs of its caller beside its options: a clock, and where progress goes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace delever::reports {

// Told how far the work has come; the caller draws it, logs it or leaves it.
class Progress {
 public:
  virtual ~Progress() = default;
  virtual void show(std::string_view what, uint64_t done, uint64_t total) = 0;
  virtual void clear() = 0;  // the work that was shown is over
};

struct Context {
  Clock* clock = nullptr;
  Progress* progress = nullptr;                  // nullptr: nobody is told
  std::function<void(std::string_view)> remark;  // what the caller should know; may be empty
  std::optional<Instant> now;  // what "now" means throughout one request, once it was asked for
};

// Shows progress through a context and clears it when the work ends, also by an error.
class ProgressScope {
 public:
  explicit ProgressScope(const Context& context) : progress_(context.progress) {}
  ~ProgressScope() { clear(); }
  ProgressScope(const ProgressScope&) = delete;
  ProgressScope& operator=(const ProgressScope&) = delete;
  void show(std::string_view what, uint64_t done, uint64_t total) {
    if (progress_) progress_->show(what, done, total);
  }
  void clear() {
    if (progress_) progress_->clear();
  }

 private:
  Progress* progress_;
};

}  // namespace delever::reports
