#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "truth/judging.h"
#include "truth/recording.h"

namespace delever::truth {
namespace {

std::string as_before(const std::vector<gauges::Reading>& before, const gauges::Reading& after) {
  return truth::unchanged(before, after, kSame);
}

std::string without_basis(const std::vector<gauges::Reading>& before,
                          const gauges::Reading& after) {
  return after.name.starts_with("basis") ? "" : as_before(before, after);
}

bool is_listing(const Item& i) { return i.fact == Fact::listing || i.fact == Fact::funding_info; }

void move_listings(Recording& r, double part) {
  Instant first = Instant::max(), last = Instant::min();
  for (const Item& i : r.items) {
    if (is_listing(i)) continue;
    first = std::min(first, i.received);
    last = std::max(last, i.received);
  }
  const auto span = static_cast<double>((last - first).ns());
  for (Item& i : r.items) {
    if (is_listing(i))
      i.received = part >= 1 ? last + Duration::seconds(1)
                             : first + Duration::ns(static_cast<int64_t>(span * part) - 1);
  }
}

void copy_where(Recording& r, const std::function<bool(const Item&)>& which,
                const std::function<void(Item&)>& change) {
  const size_t count = r.items.size();
  for (size_t n = 0; n < count; ++n) {
    if (!which(r.items[n])) continue;
    Item copy = r.items[n];
    change(copy);
    r.items.push_back(std::move(copy));
  }
}

// One recorder stops, another began two hours before.
void split_recorders(Recording& r, Random& random) {
  const Instant middle = end_of(r) - Duration::hours(10 + static_cast<int64_t>(random.below(10)));
  int last = 0;  // each recorder has streams of its own, also where a chain splits twice
  for (const Item& i : r.items) last = std::max(last, i.recorder);
  copy_where(
      r, [&](const Item& i) { return i.received > middle; },
      [&](Item& i) { i.recorder += last + 10, i.received = i.received + Duration::ms(3); });
  // The first one goes on for two hours more.
  std::erase_if(r.items, [&](const Item& i) {
    return i.recorder == 0 && i.received > middle + Duration::hours(2);
  });
}

void shuffle(Recording& r, Random& random) {
  for (size_t n = r.items.size(); n > 1; --n) std::swap(r.items[n - 1], r.items[random.below(n)]);
}

const char* const kVenues[] = {"binance", "okx", "bybit"};

using Apply = std::function<void(Recording&, Random&)>;
using Judge =
    std::function<std::string(const std::vector<gauges::Reading>&, const gauges::Reading&)>;

class Changes {
 public:
  void add(const char* name, Apply apply, Judge judge = {}, bool last = false) {
    all.push_back({name, std::move(apply), std::move(judge), last});
  }
  std::vector<Change> all;
};

// Another form of the same recording: every figure stays as it is.
void add_forms(Changes& out) {
  // The venue's descriptions, wherever they stand before the time asked.
  out.add("listings first", [](Recording& r, Random&) { move_listings(r, 0); });
  out.add("listings in the middle",
          [](Recording& r, Random& random) { move_listings(r, random.uniform()); });
  out.add("listings last", [](Recording& r, Random&) { move_listings(r, 1); });
  // A recorder that writes all it hears twice, a moment apart.
  out.add("every message twice", [](Recording& r, Random& random) {
    copy_where(
        r, [](const Item&) { return true; },
        [&](Item& i) {
          i.received = i.received + Duration::ns(1 + static_cast<int64_t>(random.below(1'000'000)));
        });
  });
  out.add("two recorders with an overlap", split_recorders);
  out.add("another order of the files", shuffle);
  // Sizes on the wire shrink as the contract grows: the coins are the same.
  out.add("contract size times k", [](Recording& r, Random& random) {
    r.okx_size *= std::pow(10.0, static_cast<double>(random.below(4)) - 2);
  });
  out.add("a coin as its 1000-fold contract", [](Recording& r, Random&) { r.thousands = true; });
  out.add(
      "coin-margined", [](Recording& r, Random&) { r.coin_margined = true; }, without_basis);
  out.add("trades beside their aggregates", [](Recording& r, Random&) {
    copy_where(
        r, [](const Item& i) { return i.fact == Fact::aggregate; },
        [](Item& i) { i.fact = Fact::trade; });
  });
  // Never the first row: the large one before it must be there to be believed.
  out.add("rows of zero open interest", [](Recording& r, Random& random) {
    size_t n = 0;
    copy_where(
        r,
        [&](const Item& i) {
          return i.fact == Fact::open_interest && random.chance(0.2 + (++n == 0));
        },
        [](Item& i) {
          i.fact = Fact::zero_interest;
          i.coins = 0;
          i.at = i.at + Duration::seconds(20);
          i.received = i.received + Duration::seconds(20);
        });
  });
  // The distances between settlements are left to tell the interval of 4 h.
  out.add("no table of funding intervals", [](Recording& r, Random&) {
    std::erase_if(r.items, [](const Item& i) { return i.fact == Fact::funding_info; });
  });
}

// What was recorded is another thing: the readings must say so. Nothing follows these in a chain.
void add_losses(Changes& out) {
  // A figure stamped later than now is not known now.
  out.add(
      "a venue clock ahead",
      [](Recording& r, Random& random) {
        const std::string venue = kVenues[random.below(3)];
        const Duration by = Duration::hours(1 + static_cast<int64_t>(random.below(10)));
        for (Item& i : r.items) {
          if (i.venue == venue) i.at = i.at + by;
        }
      },
      [](const std::vector<gauges::Reading>&, const gauges::Reading& after) -> std::string {
        const Instant at = end_of({});
        return after.as_of && *after.as_of > at ? "as of " + after.as_of->text() : "";
      },
      true);
  out.add(
      "a venue taken away",  // sums keep their lower end and lose the upper one
      [](Recording& r, Random&) {
        std::erase_if(r.items, [](const Item& i) { return i.venue == "okx"; });
      },
      [](const std::vector<gauges::Reading>& before, const gauges::Reading& after) -> std::string {
        if (after.venue) return after.venue == "okx" ? "is still there" : as_before(before, after);
        const bool sum = after.name.starts_with("oi_coins") || after.name.starts_with("oi_usd") ||
                         after.name == "liq_long_usd_24h" || after.name == "liq_total_usd_24h";
        if (!sum || !after.value) return "";
        if (after.high) return "has an upper end without okx: " + text(after);
        return after.reason.find("okx") == after.reason.npos ? "does not name okx" : "";
      },
      true);
  out.add(
      "a lost block",
      [](Recording& r, Random& random) {
        r.lost_from = end_of(r) - Duration::minutes(200 + static_cast<int64_t>(random.below(600)));
        r.lost_to = r.lost_from + Duration::minutes(100);
      },
      [](const std::vector<gauges::Reading>& before, const gauges::Reading& after) -> std::string {
        const gauges::Reading* was = find(before, after);
        if (!was || !was->value || !after.value || !after.name.starts_with("liq_")) return "";
        if (after.high || after.coverage.value_or(1) > 0.999)
          return "rests on a gap and does not say so: " + text(after);
        return "";
      },
      true);
}

std::vector<Change> make_changes() {
  Changes out;
  add_forms(out);
  add_losses(out);
  return std::move(out.all);
}

}  // namespace

const std::vector<Change>& changes() {
  static const std::vector<Change> all = make_changes();
  return all;
}

std::string check_chain(uint64_t seed, const std::vector<size_t>& chain,
                        const gauges::Rules& rules) {
  Recording recording = make_recording(seed);
  const std::vector<gauges::Reading> before = read(recording, rules);
  bool basis = true;
  const Change* judge = nullptr;
  for (size_t n = 0; n < chain.size(); ++n) {
    const Change& change = changes()[chain[n]];
    Random random(
        seed,
        {.stream = 1, .entity = static_cast<uint32_t>(chain[n]), .step = static_cast<uint32_t>(n)});
    change.apply(recording, random);
    basis = basis && change.name != "coin-margined";
    if (change.last) judge = &change;
  }
  std::string wrong;
  for (const gauges::Reading& r : read(recording, rules)) {
    const std::string why = judge   ? judge->judge(before, r)
                            : basis ? as_before(before, r)
                                    : without_basis(before, r);
    if (!why.empty()) wrong += line_of(r, why);
  }
  return wrong;
}

std::vector<size_t> shrink(uint64_t seed, std::vector<size_t> chain, const gauges::Rules& rules) {
  for (size_t n = 0; n < chain.size();) {
    std::vector<size_t> shorter = chain;
    shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(n));
    if (!shorter.empty() && !check_chain(seed, shorter, rules).empty())
      chain = std::move(shorter), n = 0;
    else
      ++n;
  }
  return chain;
}

}  // namespace delever::truth
