// Goal: what is read out of a tree stays, also where the tree was an answer that nobody kept.
#include "gateways/json_tree.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace delever::gateways {
namespace {

JsonTree tree() { return JsonTree::parse(R"({"rows":[{"n":1},{"n":2},{"n":3}]})").value(); }
static_assert(std::is_same_v<decltype(tree()["rows"]), JsonTree>);
static_assert(std::is_same_v<decltype(tree().items()), std::vector<JsonTree>>);

TEST(JsonTree, AListOfATreeThatGoesAwayMayBeWalkedThrough) {
  int64_t sum = 0;
  for (const JsonTree& row : tree()["rows"].items()) sum += row.integer("n").value_or(0);
  EXPECT_EQ(sum, 6);
  const JsonTree kept = tree();
  EXPECT_EQ(&kept["rows"], &kept["rows"]);  // not copied
  EXPECT_TRUE(kept["none"].is_null());
}

}  // namespace
}  // namespace delever::gateways
