// What the input's form must not change, and what it must. DELEVER_TRUTH_CHAINS runs more chains
// than the few hundred of a normal run, DELEVER_TRUTH_SEED begins elsewhere.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/source_root.h"
#include "base/text.h"
#include "truth/recording.h"
#include "truth/setting_testing.h"

namespace delever::truth {
namespace {

const gauges::Rules& rules() {
  static const gauges::Rules loaded = [] {
    std::ifstream in(source_root() + "/rules/2026-01-30.toml");
    std::stringstream text;
    text << in.rdbuf();
    auto read = gauges::Rules::load(text.str(), "rules/2026-01-30.toml");
    if (!read.has_value()) ADD_FAILURE() << read.error().text();
    return std::move(read).value();
  }();
  return loaded;
}

std::string names(const std::vector<size_t>& chain) {
  std::string out;
  for (const size_t n : chain) out += (out.empty() ? "" : ", ") + changes()[n].name;
  return out;
}

class OneChange : public ::testing::TestWithParam<size_t> {};

TEST_P(OneChange, GivesWhatIsKnownBeforehand) {
  const uint64_t first = setting("DELEVER_TRUTH_SEED", 1);
  for (uint64_t seed = first; seed < first + 3; ++seed) {
    const std::string wrong = check_chain(seed, {GetParam()}, rules());
    ASSERT_TRUE(wrong.empty()) << "seed " << seed << ", " << names({GetParam()}) << ":\n" << wrong;
  }
}

std::string test_name(const ::testing::TestParamInfo<size_t>& one) {
  std::string name = changes()[one.param].name;
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}
INSTANTIATE_TEST_SUITE_P(Truth, OneChange, ::testing::Range<size_t>(0, changes().size(), 1),
                         test_name);

TEST(Truth, ChainsOfChanges) {
  const uint64_t first = setting("DELEVER_TRUTH_SEED", 1000);
  const uint64_t count = setting("DELEVER_TRUTH_CHAINS", 60);
  for (uint64_t seed = first; seed < first + count; ++seed) {
    Random random(seed, {.stream = 2});
    std::vector<size_t> chain;
    const size_t length = 2 + random.below(4);
    while (chain.size() < length) {
      chain.push_back(random.below(changes().size()));
      if (changes()[chain.back()].last) break;
    }
    if (check_chain(seed, chain, rules()).empty()) continue;
    const auto least = shrink(seed, chain, rules());
    FAIL() << "seed " << seed << ", " << names(chain) << "; least: " << names(least) << ":\n"
           << check_chain(seed, least, rules());
  }
}

}  // namespace
}  // namespace delever::truth
