#include "sim/crew.h"

namespace delever::sim {

Crew::Crew(unsigned threads) {
  for (unsigned t = 1; t < threads; ++t) {
    threads_.emplace_back([this] {
      unsigned seen = 0;
      for (;;) {
        round_.wait(seen);
        seen = round_.load();
        if (stop_.load()) return;
        work();
        if (busy_.fetch_sub(1) == 1) busy_.notify_one();
      }
    });
  }
}

Crew::~Crew() {
  stop_.store(true);
  round_.fetch_add(1);
  round_.notify_all();
  for (std::thread& t : threads_) t.join();
}

void Crew::work() {
  for (size_t p = next_.fetch_add(1); p < parts_; p = next_.fetch_add(1)) (*part_)(p);
}

void Crew::run(size_t parts, const std::function<void(size_t)>& part) {
  if (threads_.empty() || parts < 2) {
    for (size_t p = 0; p < parts; ++p) part(p);
    return;
  }
  part_ = &part;
  parts_ = parts;
  next_.store(0);
  busy_.store(static_cast<unsigned>(threads_.size()));
  round_.fetch_add(1);
  round_.notify_all();
  work();
  for (unsigned left = busy_.load(); left != 0; left = busy_.load()) busy_.wait(left);
}

}  // namespace delever::sim
