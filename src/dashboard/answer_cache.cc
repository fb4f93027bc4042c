#include "dashboard/answer_cache.h"

#include <utility>

namespace delever::dashboard {

AnswerPtr AnswerCache::find(const std::string& key) {
  const auto found = kept_.find(key);
  if (found == kept_.end()) return nullptr;
  order_.splice(order_.begin(), order_, found->second.place);
  return found->second.answer;
}

void AnswerCache::put(const std::string& key, AnswerPtr answer) {
  if (const auto found = kept_.find(key); found != kept_.end()) {
    bytes_ -= found->second.answer->body.size();
    order_.erase(found->second.place);
    kept_.erase(found);
  }
  bytes_ += answer->body.size();
  order_.push_front(key);
  kept_[key] = {std::move(answer), order_.begin()};
  while (bytes_ > most_ && order_.size() > 1) {
    const auto oldest = kept_.find(order_.back());
    bytes_ -= oldest->second.answer->body.size();
    kept_.erase(oldest);
    order_.pop_back();
  }
}

}  // namespace delever::dashboard
