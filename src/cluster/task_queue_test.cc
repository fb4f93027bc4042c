#include "cluster/task_queue.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

namespace delever::cluster {
namespace {

TEST(TaskQueue, EveryTaskComesBackOnceWithItsResult) {
  const Work work = [](std::string_view task) -> Result<std::string> {
    if (task == "bad") return Error{Fault::malformed, "no", "here"};
    return std::string(task) + "!";
  };
  TaskQueue queue(3, work);
  std::set<size_t> back;
  size_t given = 0;
  while (back.size() < 100) {
    for (; queue.idle() > 0 && given < 100; ++given)
      queue.push(given, given == 40 ? "bad" : std::to_string(given));
    auto done = queue.pop(Duration::seconds(5));
    ASSERT_TRUE(done);
    EXPECT_TRUE(back.insert(done->number).second);
    if (done->number == 40)
      EXPECT_EQ(done->result.error().what, "no");
    else
      EXPECT_EQ(done->result.value(), std::to_string(done->number) + "!");
  }
  EXPECT_EQ(queue.idle(), 3u);
  EXPECT_FALSE(queue.pop(Duration::ms(1)));
}

TEST(Cluster, APlainProcessIsNoRank) {
  if (std::getenv("OMPI_COMM_WORLD_RANK") || std::getenv("PMIX_RANK"))
    GTEST_SKIP() << "started by mpirun itself";
  EXPECT_FALSE(Cluster::launched_rank());
  setenv("OMPI_COMM_WORLD_RANK", "3", 1);
  EXPECT_EQ(Cluster::launched_rank(), 3);
  setenv("OMPI_COMM_WORLD_RANK", "x", 1);
  EXPECT_FALSE(Cluster::launched_rank());
  unsetenv("OMPI_COMM_WORLD_RANK");
}

}  // namespace
}  // namespace delever::cluster
