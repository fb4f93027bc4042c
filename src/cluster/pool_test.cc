#include "cluster/pool.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

namespace delever::cluster {
namespace {

TEST(Pool, EveryOrderComesBackOnceWithItsReply) {
  const Work work = [](std::string_view order) -> Result<std::string> {
    if (order == "bad") return Error{Fault::malformed, "no", "here"};
    return std::string(order) + "!";
  };
  Pool pool(3, work);
  std::set<size_t> back;
  size_t given = 0;
  while (back.size() < 100) {
    for (; pool.idle() > 0 && given < 100; ++given)
      pool.give(given, given == 40 ? "bad" : std::to_string(given));
    auto answer = pool.take(Duration::seconds(5));
    ASSERT_TRUE(answer);
    EXPECT_TRUE(back.insert(answer->number).second);
    if (answer->number == 40)
      EXPECT_EQ(answer->reply.error().what, "no");
    else
      EXPECT_EQ(answer->reply.value(), std::to_string(answer->number) + "!");
  }
  EXPECT_EQ(pool.idle(), 3u);
  EXPECT_FALSE(pool.take(Duration::ms(1)));
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
