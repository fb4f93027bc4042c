// The changes of tape_truth.h, and what each must do to a reading.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "truth/judging.h"
#include "truth/tape_truth.h"

namespace delever::truth {
namespace {

using gauges::Reading;

std::string unchanged_all(const ReadTape& before, const ReadTape& after) {
  std::string wrong;
  const double tolerance = kSame + 2 * std::max(before.rounded, after.rounded);
  for (const Reading& r : after.readings) {
    const std::string why = unchanged(before.readings, r, tolerance);
    if (!why.empty()) wrong += line_of(r, why);
  }
  for (const Reading& r : before.readings) {
    if (!find(after.readings, r)) wrong += line_of(r, "is gone");
  }
  return wrong;
}

// Rows that name their instruments by their place in a listing say nothing before it: they are
// counted as undecoded, and what they would have said is not known.
bool more_undecoded(const ReadTape& before, const ReadTape& after) {
  return !std::includes(before.undecoded.begin(), before.undecoded.end(), after.undecoded.begin(),
                        after.undecoded.end());
}

template <class Use>
void each_message(Case& one, Use use) {
  for (Recorded& tape : one.tapes) {
    for (Message& m : tape.messages) use(m);
  }
}

bool any_message(const Case& one, bool Message::*is) {
  for (const Recorded& tape : one.tapes) {
    for (const Message& m : tape.messages) {
      if (m.*is) return true;
    }
  }
  return false;
}
bool has_listings(const Case& one) { return any_message(one, &Message::listing); }
bool has_times(const Case& one) { return any_message(one, &Message::timed); }

bool is_csv(const Recorded& tape, const Message& m) {
  return tape.streams[m.stream].decoder == "csv";
}
bool has_json(const Case& one) {
  for (const Recorded& tape : one.tapes) {
    for (const tape::StreamInfo& info : tape.streams) {
      if (info.decoder != "csv") return true;
    }
  }
  return false;
}

// To one moment, in the order they have.
void reorder_listings(Case& one, double part) {
  Instant first = Instant::max(), last = Instant::min();
  each_message(one, [&](const Message& m) {
    if (m.listing) return;
    first = std::min(first, m.received);
    last = std::max(last, m.received);
  });
  if (first > last) return;  // nothing but listings
  const Instant to = part <= 0   ? first - Duration::seconds(1)
                     : part >= 1 ? last + Duration::seconds(1)
                                 : first + Duration::ns(static_cast<int64_t>(
                                               static_cast<double>((last - first).ns()) * part));
  int64_t number = 0;
  each_message(one, [&](Message& m) {
    if (m.listing) m.received = to + Duration::ns(++number);
  });
}

// Rows of a table have no id: two that are alike at two moments are two.
void twice(Case& one, Random& random) {
  for (Recorded& tape : one.tapes) {
    const size_t count = tape.messages.size();
    for (size_t n = 0; n < count; ++n) {
      if (is_csv(tape, tape.messages[n])) continue;
      Message copy = tape.messages[n];
      copy.received = copy.received + Duration::ns(static_cast<int64_t>(random.below(1'000'000)));
      tape.messages.push_back(std::move(copy));
    }
  }
}

// A second recorder that began earlier than the first one stopped. What carries state from message
// to message is heard by it from the start.
void split_among_recorders(Case& one, Random& random) {
  Recorded& first = one.tapes[0];
  if (first.messages.empty()) return;
  Instant begin = Instant::max(), end = Instant::min();
  for (const Message& m : first.messages) {
    begin = std::min(begin, m.received);
    end = std::max(end, m.received);
  }
  const double span = static_cast<double>((end - begin).ns());
  const Instant join = begin + Duration::ns(static_cast<int64_t>(span * random.uniform()));
  const Instant stop = join + Duration::ns(static_cast<int64_t>(span * 0.2 * random.uniform()));
  Recorded second{.streams = first.streams, .messages = {}, .gaps = {}};
  for (const Message& m : first.messages) {
    const bool stateful =
        m.bytes.find("\"delta\"") != m.bytes.npos || m.bytes.find("\"snapshot\"") != m.bytes.npos;
    if (m.received < join && !stateful) continue;
    second.messages.push_back(m);
    if (!is_csv(first, m))
      second.messages.back().received =
          m.received + Duration::us(static_cast<int64_t>(random.below(3000)));
  }
  std::erase_if(first.messages, [&](const Message& m) { return m.received > stop; });
  one.tapes.push_back(std::move(second));
}

void other_order(Case& one, Random& random) {
  for (size_t n = one.tapes.size(); n > 1; --n)
    std::swap(one.tapes[n - 1], one.tapes[random.below(n)]);
  for (Recorded& tape : one.tapes) {
    std::vector<size_t> place(tape.streams.size());
    for (size_t n = 0; n < place.size(); ++n) place[n] = n;
    for (size_t n = place.size(); n > 1; --n) std::swap(place[n - 1], place[random.below(n)]);
    std::vector<tape::StreamInfo> streams(tape.streams.size());
    for (size_t n = 0; n < place.size(); ++n) streams[place[n]] = tape.streams[n];
    tape.streams = std::move(streams);
    for (Message& m : tape.messages) m.stream = place[m.stream];
    for (tape::TapeGap& gap : tape.gaps) {
      if (gap.stream >= 1 && gap.stream <= place.size())
        gap.stream = static_cast<tape::StreamNumber>(place[gap.stream - 1] + 1);
    }
  }
}

bool has_linear(const Case& one) {
  for (const std::string& name : one.sized) {
    if (name.find("1000") != name.npos) return false;  // thousands of thousands have no name
  }
  return !one.asset.starts_with("1000") && one.units.thousands.empty() &&
         one.units.inverse_coin.empty();
}

// Where the coin has no coin-margined contract at the venue yet, whose name it would take.
bool may_be_inverse(const Case& one) {
  if (!venues_of(one).contains("binance") || one.units.contract_size != 1 ||
      !one.units.thousands.empty())
    return false;
  for (const Recorded& tape : one.tapes) {
    for (const tape::StreamInfo& info : tape.streams) {
      if (info.decoder == "binance-coinm") return false;
    }
  }
  return true;
}

// Its readings are gone, those of other venues stay, and no sum has an upper end any more.
std::string without_venue(const Case& changed, const ReadTape& before, const ReadTape& after) {
  std::string wrong;
  const std::set<std::string> left = venues_of(changed);
  for (const Reading& r : after.readings) {
    if (r.venue) {
      const Reading* was = find(before.readings, r);
      if (!left.contains(*r.venue) && r.value) wrong += line_of(r, "is still there");
      // Its coins may have been valued by the price of the venue that is gone.
      if (!was || !left.contains(*r.venue) || depends_on_others(r.name)) continue;
      const std::string why = unchanged(before.readings, r, kSame);
      if (!why.empty()) wrong += line_of(r, why);
      continue;
    }
    const Reading* was = find(before.readings, r);
    if (!is_sum(r.name) || !was || !was->value || !r.value) continue;
    if (same(was->value, r.value, kSame) && same(was->high, r.high, kSame)) continue;
    if (r.high) wrong += line_of(r, "has an upper end without a venue: " + text(r));
    if (*r.value > *was->value * (1 + 1e-3))
      wrong += line_of(r, "grew when a venue went: " + text(*was) + " to " + text(r));
  }
  return wrong;
}

// What the lost block has changed says so: it is pending, has another end of its interval, less
// coverage or an older time than before, or its reason speaks of the loss.
std::string with_damage(const Case&, const ReadTape& before, const ReadTape& after) {
  std::string wrong;
  if (!after.lost) return wrong;
  for (const Reading& r : after.readings) {
    const Reading* was = find(before.readings, r);
    if (!r.value || (was && same(was->value, r.value, kSame))) continue;
    const bool said = (was && was->high && !r.high) || (was && was->low && !r.low) ||
                      (was && r.coverage.value_or(1) < was->coverage.value_or(1) - 1e-9) ||
                      (was && r.as_of && was->as_of && *r.as_of < *was->as_of) ||
                      r.reason.find("lost") != r.reason.npos ||
                      r.reason.find("gap") != r.reason.npos ||
                      r.reason.find("damage") != r.reason.npos;
    if (!said)
      wrong += line_of(r, "was changed by a lost block and does not say so: was " +
                              (was ? text(*was) : std::string("nothing")) + ", is " + text(r));
  }
  return wrong;
}

class TapeChanges {
 public:
  using Apply = std::function<void(Case&, Random&)>;
  TapeChange& add(const char* name, Apply apply) {
    all.push_back({.name = name, .applies = {}, .apply = std::move(apply), .judge = {}});
    return all.back();
  }
  std::vector<TapeChange> all;
};

std::vector<TapeChange> make_tape_changes() {
  TapeChanges out;
  out.add("listings first", [](Case& c, Random&) { reorder_listings(c, 0); }).applies =
      has_listings;
  out.add("listings in the middle",
          [](Case& c, Random& random) { reorder_listings(c, random.uniform()); })
      .applies = has_listings;
  out.add("listings last", [](Case& c, Random&) { reorder_listings(c, 1); }).applies = has_listings;
  out.add("every message twice", twice).applies = has_json;
  out.add("two recorders with an overlap", split_among_recorders);
  out.add("another order of tapes and streams", other_order);
  out.add("contract size times k",
          [](Case& c, Random& random) { c.units.contract_size *= random.chance(0.5) ? 10 : 0.1; })
      .applies = [](const Case& c) {
    return !c.sized.empty() && c.units.contract_size == 1 && c.units.inverse_coin.empty();
  };
  out.add("a coin as its 1000-fold contract", [](Case& c, Random&) { c.units.thousands = c.asset; })
      .applies = has_linear;
  TapeChange& inverse = out.add("USD-M rewritten as COIN-M", [](Case& c, Random&) {
    c.units.inverse_coin = c.asset;
    c.units.inverse_venue = "binance";
  });
  inverse.applies = may_be_inverse;
  out.add("the receive clock shifted",
          [](Case& c, Random& random) {
            const Duration by = Duration::ms(static_cast<int64_t>(random.below(4000)) - 1000);
            each_message(c, [&](Message& m) {
              if (m.timed) m.received = m.received + by;
            });
          })
      .applies = has_times;
  TapeChange& away = out.add("a venue taken away", [](Case& c, Random& random) {
    const std::set<std::string> venues = venues_of(c);
    auto gone = venues.begin();
    std::advance(gone, static_cast<std::ptrdiff_t>(random.below(venues.size())));
    for (Recorded& tape : c.tapes) {
      std::erase_if(tape.messages,
                    [&](const Message& m) { return tape.streams[m.stream].venue == *gone; });
      for (tape::StreamInfo& info : tape.streams) {
        if (info.venue == *gone) info.venue = "(gone)";
      }
    }
  });
  away.applies = [](const Case& c) { return venues_of(c).size() > 1; };
  away.judge = without_venue;
  away.last = true;
  TapeChange& damage = out.add("a block damaged", [](Case& c, Random& random) {
    c.damaged = true;
    c.damage = random.bits64();
  });
  damage.judge = with_damage;
  damage.last = true;
  return std::move(out.all);
}

}  // namespace

const std::vector<TapeChange>& tape_changes() {
  static const std::vector<TapeChange> all = make_tape_changes();
  return all;
}

std::string check_tape(const Case& one, const ReadTape& before, uint64_t seed,
                       const std::vector<size_t>& chain, const gauges::Rules& rules) {
  Case changed = one;
  const TapeChange* judge = nullptr;
  for (size_t n = 0; n < chain.size(); ++n) {
    const TapeChange& change = tape_changes()[chain[n]];
    if (change.applies && !change.applies(changed)) continue;
    // The same change draws the same, whatever stands before it: so a chain can be shrunk.
    Random random(seed, {.stream = 3, .entity = static_cast<uint32_t>(chain[n])});
    change.apply(changed, random);
    if (change.last) judge = &change;
    if (change.last) break;
  }
  ReadTape was = before, is = read_case(changed, rules);
  // A contract quoted in USD has another index than one in USDT.
  if (!changed.units.inverse_coin.empty()) {
    for (ReadTape* of : {&was, &is})
      std::erase_if(of->readings, [](const Reading& r) { return r.name.starts_with("basis"); });
  }
  if (more_undecoded(was, is)) return "";
  return judge ? judge->judge(changed, was, is) : unchanged_all(was, is);
}

}  // namespace delever::truth
