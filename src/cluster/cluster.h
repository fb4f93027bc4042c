// The ranks of one mpirun run. Rank 0 hands out tasks one by one, to its own threads and to those
// of the other ranks, and gets results; the others carry out tasks until they are told to stop.
// Nothing here knows what a task means. Only cluster.cc sees MPI. A rank that dies ends the whole
// run: mpirun sees to that and says so.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace delever::cluster {

// Called on several threads at once.
using Work = std::function<Result<std::string>(std::string_view task)>;

class Cluster {
 public:
  // The rank that mpirun gave to this process, by its environment; missing: it was started plainly.
  // Asks no MPI.
  static std::optional<int> launched_rank();
  // Initialises MPI; once a process.
  static Result<std::unique_ptr<Cluster>> join();
  ~Cluster();  // rank 0: tells the others to stop, once runs that are under way are over
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;
  int rank() const;
  int ranks() const;

  // Other ranks: `same` names what the tasks will be about, and must be rank 0's; an error is
  // passed on to rank 0. Returns when rank 0 is done.
  void serve(const Result<std::string>& same, unsigned threads, const Work& work);

  // Rank 0. `on_result` is called on this thread, for one result at a time, as they come. The first
  // error, of any rank, ends it.
  Result<void> run(
      const std::string& same, unsigned threads, const Work& work,
      const std::vector<std::string>& tasks,
      const std::function<Result<void>(size_t number, std::string_view result)>& on_result);

 private:
  struct Inside;
  explicit Cluster(std::unique_ptr<Inside> inside);
  std::unique_ptr<Inside> inside_;
};

}  // namespace delever::cluster
