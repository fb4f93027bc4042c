// A few threads that carry out the numbered parts of a job together. Which thread does which part is left to chance:
// parts must not depend on one another, and then nothing depends on it.
#pragma once

#include <atomic>
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
  void run(size_t parts, const std::function<void(size_t)>& part);  // returns when all are done

 private:
  void work();
  const std::function<void(size_t)>* part_ = nullptr;
  size_t parts_ = 0;
  std::atomic<size_t> next_{0};
  std::atomic<unsigned> round_{0}, busy_{0};
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

}  // namespace delever::sim
