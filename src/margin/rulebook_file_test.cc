// Goal: the rulebooks in the tree say what their sources say, and a mistake in one cannot load.
#include "rulebooks/rulebook_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/csv.h"
#include "base/source_root.h"
#include "margin/account.h"

namespace delever::margin {
namespace {

std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream all;
  all << in.rdbuf();
  return all.str();
}

const std::string kTiers = source_root() + "/../shared/venues/tiers/";

const rulebooks::RulebookShelf& shelf() {
  static const rulebooks::RulebookShelf loaded =
      rulebooks::RulebookShelf::load(source_root() + "/rulebooks").value();
  return loaded;
}

// The smallest book, with room for one more section.
std::string book_with(const std::string& more) {
  return "venue = \"v\"\nsymbol = \"s\"\nas_of = \"2026-01-01\"\n"
         "[sources.a]\ntext = \"t\"\ngrade = \"D\"\nas_of = \"undated\"\n" +
         more;
}

std::string ladder(const std::string& tiers, const std::string& rate = "incremental") {
  return book_with("[ladder]\nsource = \"a\"\nunit = \"value\"\nrate = \"" + rate +
                   "\"\ncomplete = true\ntiers = [" + tiers + "]\n");
}

TEST(RulebookFile, every_file_of_the_tree_loads_and_is_found_under_its_own_name) {
  EXPECT_GE(shelf().all().size(), 60u);
  for (const auto& book : shelf().all()) {
    EXPECT_EQ(shelf().find(book->venue, book->symbol, book->as_of), book.get()) << book->name();
    EXPECT_TRUE(std::filesystem::exists(source_root() + "/rulebooks/" + book->venue))
        << book->name();
    for (const RuleSource& source : book->sources)
      EXPECT_FALSE(source.text.empty() || source.as_of.empty());
  }
}

// Each published ladder, row for row, is in one of our files.
TEST(RulebookFile, ladders_are_the_published_ones) {
  if (!std::filesystem::exists(kTiers)) GTEST_SKIP() << "absent: " << kTiers;
  int ladders = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kTiers)) {
    const std::string name = entry.path().filename().string(), text = slurp(entry.path().string());
    const CsvTable table = read_csv(text, name).value();
    if (!table.column("notional_floor") || name.starts_with("okx")) continue;
    const std::string_view venue = table.field(table.rows[0], "venue"),
                           symbol = table.field(table.rows[0], "symbol");
    std::string as_of(table.field(table.rows[0], "as_of"));
    if (as_of.starts_with("undated")) as_of = "undated";
    const Rulebook* book = shelf().find(venue, symbol, as_of);
    ASSERT_NE(book, nullptr) << name;
    ASSERT_TRUE(book->ladder) << name;
    const LadderRule from_csv = rulebooks::parse_ladder_csv(text, name).value();
    ASSERT_EQ(book->ladder->tiers.size(), from_csv.tiers.size()) << name;
    EXPECT_EQ(book->ladder->complete, from_csv.complete) << name;
    for (size_t i = 0; i < from_csv.tiers.size(); ++i) {
      const MarginTier &ours = book->ladder->tiers[i], &theirs = from_csv.tiers[i];
      EXPECT_EQ(ours.floor, theirs.floor) << name << i;
      EXPECT_EQ(ours.cap, theirs.cap) << name << i;
      EXPECT_EQ(ours.max_leverage, theirs.max_leverage) << name << i;
      EXPECT_NEAR(ours.maintenance.approx(), theirs.maintenance.approx(), 1e-15) << name << i;
      EXPECT_NEAR(ours.deduction.approx(), theirs.deduction.approx(), 1e-6) << name << i;
    }
    ++ladders;
  }
  EXPECT_GE(ladders, 11);
}

TEST(RulebookFile, hyperliquid_ladders_cover_the_documented_coins) {
  const std::string text =
      slurp(source_root() + "/../shared/hyperliquid/margin_tiers_docs_2026_08.csv");
  if (text.empty()) GTEST_SKIP() << "absent: ../shared/hyperliquid/margin_tiers_docs_2026_08.csv";
  const CsvTable table = read_csv(text, "tiers").value();
  for (const CsvRecord& row : table.rows) {
    const Rulebook* book = shelf().find("hyperliquid", table.field(row, "coin"));
    ASSERT_NE(book, nullptr) << table.field(row, "coin");
    const Amount floor = Amount::parse(table.field(row, "tier_lower_bound_notional_usd")).value();
    const auto& tiers = book->ladder->tiers;
    const auto tier = std::find_if(tiers.begin(), tiers.end(),
                                   [&](const MarginTier& t) { return t.floor == floor; });
    ASSERT_NE(tier, tiers.end());
    EXPECT_EQ(tier->max_leverage, Leverage::parse(table.field(row, "max_leverage")).value());
    EXPECT_NEAR(tier->maintenance.approx() * 2 * tier->max_leverage.approx(), 1, 1e-12);
  }
}

TEST(RulebookFile, unknown_and_missing_keys_are_refused_with_their_place) {
  EXPECT_TRUE(rulebooks::parse_rulebook(book_with(""), "b.toml").has_value());
  const auto refused = [](const std::string& text) {
    const auto parsed = rulebooks::parse_rulebook(text, "b.toml");
    return parsed.has_value() ? std::string("accepted") : parsed.error().text();
  };
  EXPECT_EQ(refused(book_with("[margni]\nx = 1\n")), "b.toml:8: margni: unknown key");
  EXPECT_EQ(refused(book_with("[fees]\nsource = \"a\"\ntakr = 0.1\n")),
            "b.toml:10: fees.takr: unknown key");
  EXPECT_EQ(refused(book_with("[fees]\ntaker = 0.1\n")), "b.toml:8: fees.source: missing");
  EXPECT_EQ(refused(book_with("[fees]\nsource = \"b\"\n")),
            "b.toml:9: fees.source: no source is called \"b\"");
  EXPECT_NE(refused("venue = \"v\"\nsymbol = \"s\"\nas_of = \"x\"\n").find("sources: missing"),
            std::string::npos);
  EXPECT_NE(refused(book_with("[mark]\nsource = \"a\"\nformula = \"mean\"\n")).find("none of"),
            std::string::npos);
  EXPECT_NE(refused(book_with("[scenarios]\nsource = \"a\"\nprice_range = 1\nbuckets_each_side = "
                              "4\ngain_offset = 0\n"
                              "maintenance_factor = 0.8\n"))
                .find("leaves no price"),
            std::string::npos);
}

TEST(RulebookFile, a_ladder_must_be_whole_and_continuous) {
  const auto refused = [](const std::string& tiers) {
    const auto parsed = rulebooks::parse_rulebook(ladder(tiers), "b.toml");
    return parsed.has_value() ? std::string("accepted") : parsed.error().text();
  };
  const std::string first = "{floor = 0, cap = 100, max_leverage = 10, maintenance = 0.01}, ";
  EXPECT_EQ(refused(first + "{floor = 100, max_leverage = 5, maintenance = 0.02, deduction = 1}"),
            "accepted");
  EXPECT_EQ(refused(first + "{floor = 100, max_leverage = 5, maintenance = 0.02}"), "accepted");
  EXPECT_NE(refused(first + "{floor = 100, max_leverage = 5, maintenance = 0.02, deduction = 2}")
                .find("deduction 2 where the rates give 1"),
            std::string::npos);
  EXPECT_NE(
      refused(first + "{floor = 150, max_leverage = 5, maintenance = 0.02}").find("does not begin"),
      std::string::npos);
  EXPECT_NE(refused(first + "{floor = 100, max_leverage = 5, maintenance = 0.005}")
                .find("lower maintenance"),
            std::string::npos);
  EXPECT_NE(
      refused(first + "{floor = 100, max_leverage = 20, maintenance = 0.02}").find("more leverage"),
      std::string::npos);
  EXPECT_NE(refused("{floor = 5, max_leverage = 5, maintenance = 0.02}").find("begin at 0"),
            std::string::npos);
  EXPECT_NE(refused("{floor = 0, max_leverage = 5, maintenance = 0.02, deduction = 50}")
                .find("no tier below it"),
            std::string::npos);
  EXPECT_NE(refused("").find("at least one tier"), std::string::npos);
  EXPECT_NE(refused("{floor = 0, cap = 92000000000, max_leverage = 5, maintenance = 0}, "
                    "{floor = 92000000000, max_leverage = 5, maintenance = 9}")
                .find("0 to 1"),
            std::string::npos);
}

TEST(RulebookFile, recursion_is_the_published_one) {
  // Binance COIN-M FAQ: floor 50 BTC, 5 % after 2.5 %, cum 0.56 -> 1.81 BTC
  EXPECT_EQ(rulebooks::next_deduction(Amount::parse("0.56").value(), Amount::parse("50").value(),
                                      Rate::parse("0.05").value(), Rate::parse("0.025").value())
                ->text(),
            "1.81");
}

TEST(RulebookFile, what_is_not_established_says_so) {
  const Rulebook* inverse = shelf().find("deribit", "BTC-PERPETUAL");
  ASSERT_NE(inverse, nullptr);
  Rulebooks books;
  const auto added = books.add(*inverse);  // its margin rates were not in the sources
  ASSERT_FALSE(added.has_value());
  EXPECT_EQ(added.error().fault, Fault::no_evidence);
  const Rulebook* btc = shelf().find("binance", "BTCUSDT");
  EXPECT_EQ(btc->as_of, "2025-08-19");  // the latest
  EXPECT_FALSE(btc->funding->cap);
  EXPECT_EQ(not_established(*btc, "insurance").text(),
            "binance BTCUSDT 2025-08-19: insurance is not established: fund balances and scope are "
            "not in the sources");
  EXPECT_EQ(shelf().find("binance", "BTCUSDT", "1999-01-01"), nullptr);
}

TEST(RulebookFile, a_ladder_csv_names_its_faults) {
  const std::string head = "notional_floor,notional_cap,max_leverage,mmr,maint_amount\n";
  EXPECT_TRUE(
      rulebooks::parse_ladder_csv(head + "0,100,10,0.01,0\n100,inf,5,0.02,1\n", "l").has_value());
  EXPECT_EQ(rulebooks::parse_ladder_csv(head + "0,100,10,x,0\n", "l").error().text(),
            "l:2: mmr: \"x\" is not a number");
  EXPECT_FALSE(
      rulebooks::parse_ladder_csv(head + "0,100,10,0.01,0\n100,inf,5,0.02,7\n", "l").has_value());
  EXPECT_FALSE(rulebooks::parse_ladder_csv(head + "0,inf,10,0.01,50\n", "l").has_value());
  EXPECT_FALSE(rulebooks::parse_ladder_csv("a,b\n1,2\n", "l").has_value());
}

}  // namespace
}  // namespace delever::margin
