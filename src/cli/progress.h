// A progress bar on standard error, drawn only on a terminal and at most ten times a second.
#pragma once

#include <cstdint>
#include <string_view>

#include "cli/cli.h"

namespace delever::cli {

class ProgressBar final : public reports::Progress {
 public:
  explicit ProgressBar(Io io) : io_(io) {}
  ~ProgressBar() override { clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void show(std::string_view what, uint64_t done, uint64_t total) override;
  void clear() override;

 private:
  Io io_;
  bool drawn_ = false;
  Duration last_;
};

}  // namespace delever::cli
