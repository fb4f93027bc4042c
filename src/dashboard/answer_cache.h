// Answers that were made, by their key; the longest unused goes when they take too much room.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

namespace delever::dashboard {

struct Answer {
  int status = 200;
  std::string body, etag;
};
using AnswerPtr = std::shared_ptr<const Answer>;

class AnswerCache {
 public:
  explicit AnswerCache(size_t most_bytes) : most_(most_bytes) {}
  AnswerPtr find(const std::string& key);
  void put(const std::string& key, AnswerPtr answer);
  size_t bytes() const { return bytes_; }

 private:
  struct Kept {
    AnswerPtr answer;
    std::list<std::string>::iterator place;
  };
  const size_t most_;
  size_t bytes_ = 0;
  std::list<std::string> order_;  // the latest used first
  std::unordered_map<std::string, Kept> kept_;
};

}  // namespace delever::dashboard
