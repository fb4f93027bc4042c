// Every recorded Deribit file through the decoder: how its messages ended.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "venues/ending_testing.h"
#include "venues/registry.h"

namespace delever::venues::deribit {
namespace {

struct Row {
  const char* file;
  const char* request;
  const char* ended;
};

constexpr Row kRows[] = {
    {"deribit/gct-ws-trades", "", "2: trade=2"},
    {"deribit/live2026-option-ticker-book", "",
     "5: book_delta=2 book_snapshot=1 index_price=2 option_quote=2"},
    {"deribit/rest-get_instruments-20210722", "", "4: instrument=1017"},
    {"deribit/session-options-book-ticker-20210722", "",
     "136: book_delta=36 book_snapshot=10 index_price=89 option_quote=89 | control 1"},
    {"deribit/tardis-book", "", "4: book_delta=1 book_snapshot=3"},
    {"deribit/tardis-quote", "", "1: quote=1"},
    {"deribit/tardis-ticker", "",
     "10: funding_rate=4 index_price=7 mark_price=2 open_interest=2 option_quote=5 quote=2 | "
     "no_event combination 3"},
    {"deribit/tardis-trades", "", "3: liquidation=2 trade=4"},
};

TEST(DeribitCoverage, EveryFileEndsAsListed) {
  for (const Row& row : kRows) {
    SKIP_WITHOUT_WIRE(file, row.file);
    codec::StreamSettings settings;
    if (*row.request) settings["request"] = row.request;
    Instruments instruments;
    const auto decoder = std::move(make_decoder("deribit", settings, instruments, 7)).value();
    EXPECT_EQ(venues::fixture::endings(*decoder, *file, 7), row.ended) << row.file;
  }
}

TEST(DeribitCoverage, NoFileIsForgotten) {
  for (const std::string& folder : {std::string("deribit")}) {
    if (!std::filesystem::exists(venues::fixture::wire_path(folder)))
      GTEST_SKIP() << "absent: ../shared/wire/" << folder;
    for (const auto& entry :
         std::filesystem::directory_iterator(venues::fixture::wire_path(folder))) {
      const std::string name = folder + "/" + entry.path().stem().string();
      if (entry.path().extension() != ".jsonl" || name.ends_with("/expected-tardis")) continue;
      bool listed = false;
      for (const Row& row : kRows) listed = listed || name == row.file;
      EXPECT_TRUE(listed) << name;
    }
  }
}

}  // namespace
}  // namespace delever::venues::deribit
