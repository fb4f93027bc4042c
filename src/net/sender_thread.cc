#include "net/sender_thread.h"

#include <pthread.h>
#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <iterator>
#include <utility>

#include "net/tcp_wire.h"

namespace delever::net {
namespace {

constexpr size_t kGivenBack = 64;  // at once: who is back may be written to again

template <class T>
void append(std::vector<T>& to, std::vector<T>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  from.clear();
}

}  // namespace

SenderThread::SenderThread(boost::asio::io_context& io) : io_(io) {
  worker_ = std::jthread([this] { work(); });
  pthread_setname_np(worker_.native_handle(), "sender");
}

SenderThread::~SenderThread() {
  {
    const std::lock_guard guard(mutex_);
    stop_ = true;
  }
  ready_.notify_one();
  worker_.join();
  for (const auto* all : {&lending_, &waiting_, &done_, &back_}) {
    for (const Lent& lent : *all) lent.wire->forget_lent();
  }
}

void SenderThread::lend(Lent lent) {
  lending_.push_back(std::move(lent));
  if (lending_.size() == 1) boost::asio::post(io_, [this] { hand_over(); });
}

void SenderThread::hand_over() {
  bool wake = false;
  {
    const std::unique_lock guard(mutex_, std::try_to_lock);
    if (!guard) return boost::asio::post(io_, [this] { hand_over(); });
    append(waiting_, lending_);
    wake = std::exchange(asleep_, false);
  }
  if (wake) ready_.notify_one();
}

void SenderThread::take_back() {
  {
    const std::unique_lock guard(mutex_, std::try_to_lock);
    if (!guard) return boost::asio::post(io_, [this] { take_back(); });
    back_.swap(done_);
    told_ = false;
  }
  for (const Lent& lent : back_) lent.wire->take_back(*lent.text, lent.taken);
  back_.clear();
}

// ---- the thread

void SenderThread::work() {
  std::vector<Lent> mine, sent;
  for (;;) {
    {
      std::unique_lock guard(mutex_);
      if (waiting_.empty() && !stop_) {
        asleep_ = true;
        ready_.wait(guard, [this] { return stop_ || !waiting_.empty(); });
        asleep_ = false;
      }
      if (stop_) return;
      mine.swap(waiting_);
    }
    for (Lent& lent : mine) {
      const ssize_t put =
          send(lent.fd, lent.text->data(), lent.text->size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      // An error is left to the loop's own send of the rest, which will meet it too.
      lent.taken = put > 0 ? static_cast<size_t>(put) : 0;
      sent.push_back(std::move(lent));
      if (sent.size() >= kGivenBack) give_back(sent);
    }
    mine.clear();
    if (!sent.empty()) give_back(sent);
  }
}

void SenderThread::give_back(std::vector<Lent>& sent) {
  bool wakes_loop = false;
  {
    const std::lock_guard guard(mutex_);
    append(done_, sent);
    wakes_loop = !std::exchange(told_, true);
  }
  if (wakes_loop) boost::asio::post(io_, [this] { take_back(); });
}

}  // namespace delever::net
