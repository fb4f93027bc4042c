#include "cli/pages.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>

#include "cli/cli.h"
#include "cli/run_testing.h"

namespace delever::cli {
namespace {

const TestFolder& folder() {
  static const TestFolder made;
  return made;
}

// What bash offers after these words; the last one is being typed.
std::string offered(const std::string& words) {
  const std::string script = folder().path() + "/script", out = folder().path() + "/offered";
  std::ofstream(script) << bash_completion(all_verbs())
                        << fmt::format(
                               "COMP_WORDS=({}) COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n"
                               "_delever\necho \"${{COMPREPLY[*]}}\"\n",
                               words);
  EXPECT_EQ(std::system(fmt::format("cd {} && bash {} > {}", folder().path(), script, out).c_str()),
            0);
  return text_of(out);
}

TEST(Pages, CompletionOffersVerbsOptionsAndChoices) {
  EXPECT_EQ(offered("delever ver"), "verdict\n");
  EXPECT_EQ(offered("delever tape ver"), "verify\n");
  EXPECT_EQ(offered("delever help str"), "stress\n");
  EXPECT_EQ(offered("delever stress --sho"), "--shock\n");
  EXPECT_EQ(offered("delever brief --format ht"), "html\n");
  std::ofstream(folder().path() + "/some day.tape") << "x";
  EXPECT_EQ(offered("delever gauges --tape some"), "some day.tape\n");
  EXPECT_EQ(offered("delever tape info some"), "some day.tape\n");
  EXPECT_EQ(offered("delever stress --price 8"), "\n");
}

TEST(Pages, CompletionKnowsEveryOptionOfEveryVerb) {
  for (const VerbInfo& verb : all_verbs()) {
    if (!verb.runs) continue;
    const std::string all = " " + offered(fmt::format("delever {} --", verb.name));
    for (const OptionInfo& o : verb.options) {
      const bool told = o.positional || all.find(" " + o.name) != std::string::npos;
      EXPECT_TRUE(told) << verb.name << " " << o.name << ": " << all;
    }
  }
}

TEST(Pages, ManualTellsEveryVerbAndOption) {
  const std::string manual = manual_page(all_verbs());
  for (const VerbInfo& verb : all_verbs()) {
    if (!verb.runs) continue;
    std::string title = fmt::format(".SS \"delever {}\"\n", verb.name), name;
    for (size_t at = 0; (at = title.find('-', at)) != std::string::npos; at += 2)
      title.insert(at, "\\");
    EXPECT_NE(manual.find(title), std::string::npos) << title;
    for (const OptionInfo& o : verb.options) {
      name.clear();
      for (const char c : o.name) name += c == '-' ? "\\-" : std::string(1, c);
      EXPECT_NE(manual.find(name + "\\fR"), std::string::npos) << name;
    }
  }
}

TEST(Pages, VersionTellsBuildAndDates) {
  const Ran ran = run({"--version"});
  EXPECT_EQ(ran.code, 0);
  for (const char* part : {"delever 0.1.0\n", "\nbuild ", "\nfiles /", "\nrules alerts ",
                           "claims 20", "\nrulebooks binance 20", "deribit "})
    EXPECT_NE(ran.out.find(part), std::string::npos) << part << " in " << ran.out;
}

}  // namespace
}  // namespace delever::cli
