// A few threads that carry out the numbered parts of a job together. Which thread does which part
// is left to chance: parts must not depend on one another, and then nothing depends on it. Nobody
// waits for a thread, only for parts that a thread has begun: a helper that has no processor at the
// moment is not missed.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace delever::sim {

class Crew {
 public:
  explicit Crew(unsigned threads);  // the caller is one of them
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;
  // Returns when all are done. One thread at a time may call it, and no part may.
  void run(size_t parts, const std::function<void(size_t)>& part);

 private:
  void help();      // the life of a helper
  uint32_t work();  // how many parts it was given
  void call_helpers();

  const std::function<void(size_t)>* part_ =
      nullptr;  // of the round; read by those alone who have claimed a part
  uint32_t parts_ = 0;
  uint32_t calls_passed_over_ = 0, calls_to_pass_over_ = 0;
  bool called_ = false;
  // Apart, so that those who wait do not take the line from those who work.
  alignas(64) std::atomic<uint32_t> unclaimed_{0};
  alignas(64) std::atomic<uint32_t> unfinished_{0};
  alignas(64) std::atomic<uint32_t> calls_{0};
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

}  // namespace delever::sim
