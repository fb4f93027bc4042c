// Hands the kernel what many hear, on a thread beside the loop: on one machine two thirds of a
// frame's cost is the kernel's send, which does the receiver's work too. The loop lends a wire for
// one text and has it back with how much of it the kernel took. The thread reads the text and the
// descriptor and nothing else, so that all that a wire is stays the loop's.
#pragma once

#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace delever::net {

class TcpWire;

class SenderThread {
 public:
  struct Lent {
    std::shared_ptr<TcpWire> wire;  // whose descriptor stays open until it is back
    int fd = -1;
    std::shared_ptr<const std::string> text;
    size_t taken = 0;  // of the text, by the kernel
  };

  explicit SenderThread(boost::asio::io_context& io);
  ~SenderThread();  // what is lent is given back unsent
  SenderThread(const SenderThread&) = delete;
  SenderThread& operator=(const SenderThread&) = delete;
  void lend(Lent lent);  // on the loop; begins when the loop turns

 private:
  void hand_over();
  void take_back();
  void work();
  void give_back(std::vector<Lent>& sent);

  boost::asio::io_context& io_;
  std::vector<Lent> lending_;  // the loop's, until it turns
  std::vector<Lent> back_;     // the loop's, being taken back

  // The loop never waits for the lock: the thread may have lost its processor while it has it.
  std::mutex mutex_;
  std::condition_variable ready_;
  std::vector<Lent> waiting_, done_;
  bool stop_ = false, asleep_ = false, told_ = false;  // told: the loop will look at done_
  std::jthread worker_;
};

}  // namespace delever::net
