// Messages that are on a tape twice: an archive's doubled rows, a file that was imported twice,
// files that overlap. The tape has both, byte for byte, and both became known at the same
// nanosecond; so whoever reads in order of time need only remember one instant.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"

namespace delever::feeds {

enum class Repeat : uint8_t {
  none,
  in_run,   // twice in one run of its stream: perhaps two things that are alike
  by_runs,  // another run of the stream, as a second import writes it, has shown as many of them
};

class Repeats {
 public:
  // Whether the same bytes came before at the same instant. Times must not fall, and of one instant
  // the runs come one after the other.
  Repeat seen(Instant received, std::string_view bytes, int64_t run) {
    if (received != at_ || listed_.empty()) {
      at_ = received;
      bytes_.assign(bytes);
      listed_.assign(1, {bytes.size(), {run, 1, 0}});
      many_.clear();
      return Repeat::none;
    }
    if (many_.empty()) {
      size_t begin = 0;
      for (Listed& known : listed_) {
        if (std::string_view(bytes_).substr(begin, known.end - begin) == bytes)
          return again(known.shown, run);
        begin = known.end;
      }
      if (listed_.size() < kListed) {
        bytes_.append(bytes);
        listed_.push_back({bytes_.size(), {run, 1, 0}});
        return Repeat::none;
      }
      begin = 0;
      for (const Listed& known : listed_) {
        many_.emplace(bytes_.substr(begin, known.end - begin), known.shown);
        begin = known.end;
      }
    }
    const auto [at, fresh] = many_.try_emplace(std::string(bytes), Shown{run, 1, 0});
    return fresh ? Repeat::none : again(at->second, run);
  }

 private:
  static constexpr size_t kListed = 16;  // beyond it, a map

  struct Shown {
    int64_t run = 0;
    int count = 0, most = 0;  // in this run; in any run before it
  };
  struct Listed {
    size_t end = 0;  // in bytes_
    Shown shown;
  };

  static Repeat again(Shown& shown, int64_t run) {
    if (run != shown.run) {
      shown.most = std::max(shown.most, shown.count);
      shown.run = run;
      shown.count = 0;
    }
    return ++shown.count <= shown.most ? Repeat::by_runs : Repeat::in_run;
  }

  Instant at_;
  std::string bytes_;  // of the messages of this instant, end to end
  std::vector<Listed> listed_;
  std::unordered_map<std::string, Shown> many_;
};

}  // namespace delever::feeds
