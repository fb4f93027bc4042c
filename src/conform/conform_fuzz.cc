// Worked examples come from outside: whatever the bytes, the runner answers with a report or an
// error, and its report adds up and prints. The first byte chooses between a raw file and one row
// under the true header.
#include <cstddef>
#include <cstdint>
#include <string>

#include "conform/conform.h"

using namespace delever;
using namespace delever::conform;

namespace {

constexpr std::string_view kHead =
    "id,venue,topic,mode,contract,side,entry,qty,leverage,wallet,mark,tiers_used,other_inputs,exp_"
    "liq_price,"
    "exp_bankruptcy_price,exp_initial_margin,exp_maint_margin,exp_other_name,exp_other_value,"
    "tolerance,kind,source\n";

constexpr std::string_view kSources =
    "[sources.a]\ntext = \"t\"\ngrade = \"X\"\nas_of = \"undated\"\n";

const rulebooks::RulebookShelf& shelf() {
  static const rulebooks::RulebookShelf small = [] {
    rulebooks::RulebookShelf made;
    for (const char* venue : {"binance", "bybit", "okx", "deribit", "hyperliquid", "dydx"}) {
      std::string book =
          "venue = \"" + std::string(venue) + "\"\nsymbol = \"BTC\"\nas_of = \"2024-10-24\"\n";
      book += kSources;
      book +=
          "[contract]\nsource = \"a\"\nkind = \"linear\"\nbase = \"BTC\"\nquote = \"USDT\"\nsettle "
          "= \"USDT\"\nsize = "
          "1\n"
          "[ladder]\nsource = \"a\"\nunit = \"value\"\nrate = \"incremental\"\ncomplete = false\n"
          "tiers = [{floor = 0, cap = 50000, max_leverage = 125, maintenance = 0.004}, "
          "{floor = 50000, cap = 9000000, max_leverage = 50, maintenance = 0.01}]\n"
          "[funding]\nsource = \"a\"\nformula = \"premium_clamp\"\ninterval = \"8h\"\nrate_period "
          "= \"8h\"\n"
          "interest = 0.0001\nclamp = 0.0005\n"
          "[liquidation]\nsource = \"a\"\nsteps = [\"close_all\"]\npartial_fraction = "
          "0.2\npartial_above = 100000\n"
          "backstop_fraction = 0.666666\nslice_min = 1000\nslice_max = 100000\nslice_fraction_min "
          "= 0.1\n";
      made.add(rulebooks::parse_rulebook(book, "fuzz").value());
    }
    std::string options = "venue = \"deribit\"\nsymbol = \"BTC-OPTION\"\nas_of = \"undated\"\n";
    options += kSources;
    options +=
        "[contract]\nsource = \"a\"\nkind = \"option\"\nbase = \"BTC\"\nquote = \"USD\"\nsettle = "
        "\"BTC\"\nsize = 1\n"
        "[option_margin]\nsource = \"a\"\ninitial_rate = 0.15\ninitial_floor = "
        "0.1\nmaintenance_rate = 0.075\n";
    made.add(rulebooks::parse_rulebook(options, "fuzz").value());
    std::string grid = "venue = \"deribit\"\nsymbol = \"BTC-PORTFOLIO\"\nas_of = \"2024-06\"\n";
    grid += kSources;
    grid +=
        "[scenarios]\nsource = \"a\"\nprice_range = 0.16\nbuckets_each_side = 4\nannualised_move = "
        "0.075\n"
        "annualised_move_min = 0.01\ngain_offset = 0.5\nmaintenance_factor = 0.8\n";
    made.add(rulebooks::parse_rulebook(grid, "fuzz").value());
    return made;
  }();
  return small;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string text = (data[0] & 1 ? std::string(kHead) : std::string()) + std::string(bytes);
  const auto report = conform::conform(text, "fuzz.csv", shelf());
  if (!report.has_value()) return 0;
  const Tally& total = report.value().total;
  CHECK(total.pass + total.fail + total.not_covered == report.value().rows.size());
  CHECK(!conform_text(report.value()).empty() && !conform_json(report.value()).empty());
  return 0;
}
