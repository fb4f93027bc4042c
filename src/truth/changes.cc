#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "truth/recording.h"

namespace delever::truth {
namespace {

// Amounts on the wire have eight digits after the point; of a contract of 1000 coins that leaves
// about six of the figures that are summed here.
constexpr double kSame = 2e-6;

const gauges::Reading* find(const std::vector<gauges::Reading>& readings,
                            const gauges::Reading& like) {
  for (const gauges::Reading& r : readings) {
    if (r.name == like.name && r.venue == like.venue && r.expiry == like.expiry) return &r;
  }
  return nullptr;
}

bool same(std::optional<double> a, std::optional<double> b) {
  if (a.has_value() != b.has_value()) return false;
  if (!a) return true;
  return std::fabs(*a - *b) <= kSame * std::max({std::fabs(*a), std::fabs(*b), 1e-6});
}

std::string text(const gauges::Reading& r) {
  const auto number = [](std::optional<double> v) { return v ? fmt::format("{}", *v) : "-"; };
  return fmt::format("{} {} [{}, {}] {} window {} ({})", number(r.value), r.unit, number(r.low),
                     number(r.high), state_name(r.state), r.window.text(), r.reason);
}

std::string unchanged(const std::vector<gauges::Reading>& before, const gauges::Reading& after) {
  const gauges::Reading* was = find(before, after);
  if (!was) return "is new: " + text(after);
  if (same(was->value, after.value) && same(was->low, after.low) && same(was->high, after.high) &&
      was->state == after.state && was->window == after.window)
    return "";
  return "was " + text(*was) + ", is " + text(after);
}

std::string without_basis(const std::vector<gauges::Reading>& before,
                          const gauges::Reading& after) {
  return after.name.starts_with("basis") ? "" : unchanged(before, after);
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

void split_recorders(Recording& r, Random& random) {
  const Instant middle = end_of(r) - Duration::hours(10 + static_cast<int64_t>(random.below(10)));
  copy_where(
      r, [&](const Item& i) { return i.received > middle; },
      [](Item& i) { i.recorder += 10, i.received = i.received + Duration::ms(3); });
  // The first one goes on for two hours more.
  std::erase_if(r.items, [&](const Item& i) {
    return i.recorder == 0 && i.received > middle + Duration::hours(2);
  });
}

void shuffle(Recording& r, Random& random) {
  for (size_t n = r.items.size(); n > 1; --n) std::swap(r.items[n - 1], r.items[random.below(n)]);
}

const char* const kVenues[] = {"binance", "okx", "bybit"};

std::vector<Change> make_changes() {
  std::vector<Change> out;
  const auto add =
      [&](const char* name, std::function<void(Recording&, Random&)> apply,
          std::function<std::string(const std::vector<gauges::Reading>&, const gauges::Reading&)>
              judge = {},
          bool last = false) {
        out.push_back({name, std::move(apply), std::move(judge), last});
      };
  add("listings first", [](Recording& r, Random&) { move_listings(r, 0); });
  add("listings in the middle",
      [](Recording& r, Random& random) { move_listings(r, random.uniform()); });
  add("listings last", [](Recording& r, Random&) { move_listings(r, 1); });
  add("every message twice", [](Recording& r, Random& random) {
    copy_where(
        r, [](const Item&) { return true; },
        [&](Item& i) {
          i.received = i.received + Duration::ns(1 + static_cast<int64_t>(random.below(1'000'000)));
        });
  });
  add("two recorders with an overlap", split_recorders);
  add("another order of the files", shuffle);
  add("contract size times k", [](Recording& r, Random& random) {
    r.okx_size *= std::pow(10.0, static_cast<double>(random.below(4)) - 2);
  });
  add("a coin as its 1000-fold contract", [](Recording& r, Random&) { r.thousands = true; });
  add(
      "coin-margined", [](Recording& r, Random&) { r.coin_margined = true; }, without_basis);
  add("trades beside their aggregates", [](Recording& r, Random&) {
    copy_where(
        r, [](const Item& i) { return i.fact == Fact::aggregate; },
        [](Item& i) { i.fact = Fact::trade; });
  });
  add("rows of zero open interest", [](Recording& r, Random& random) {
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
  add("no table of funding intervals", [](Recording& r, Random&) {
    std::erase_if(r.items, [](const Item& i) { return i.fact == Fact::funding_info; });
  });
  add(
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
  add(
      "a venue taken away",
      [](Recording& r, Random&) {
        std::erase_if(r.items, [](const Item& i) { return i.venue == "okx"; });
      },
      [](const std::vector<gauges::Reading>& before, const gauges::Reading& after) -> std::string {
        if (after.venue) return after.venue == "okx" ? "is still there" : unchanged(before, after);
        const bool sum = after.name.starts_with("oi_coins") || after.name.starts_with("oi_usd") ||
                         after.name == "liq_long_usd_24h" || after.name == "liq_total_usd_24h";
        if (!sum || !after.value) return "";
        if (after.high) return "has an upper end without okx: " + text(after);
        return after.reason.find("okx") == after.reason.npos ? "does not name okx" : "";
      },
      true);
  add(
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
  return out;
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
                            : basis ? unchanged(before, r)
                                    : without_basis(before, r);
    if (!why.empty())
      wrong += fmt::format("  {}{}: {}\n", r.name, r.venue ? " of " + *r.venue : "", why);
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
