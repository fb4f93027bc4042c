// Condense: of the events of one segment, those that can still change a reading made after its end,
// for gauges of any asset. Beside it says of each event in what form gauges need it at all.
//
// What is left out is proven per kind, by how gauges/ keeps it (docs/memory.md has the list):
// a minute's last price stands for the minute, an hour's first, last, highest and lowest for its
// bar, the newest quote of an option for those before it, and trades of a minute for their sum.
// Everything that is counted or summed without such a rule is kept whole.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "codec/handover.h"
#include "market/event.h"
#include "market/seen.h"
#include "market/units.h"

namespace delever::memory {

// A trade's number while it is in a memory: none, or whether its like came before. To gauges it did
// where its own stream told it (kDoubled); of perpetuals the second sign is what TradesOnce
// decides, which looks at all streams and forgets at other times.
inline constexpr std::string_view kDoubled = "=", kDoubledUnseen = "=+";
inline constexpr std::string_view kElsewhere = "*", kUnseen = "+";

// Spoke, and said nothing that gauges read. Of a book, a quote or something else: only then is
// whether a contract's size was missing of interest (reports/sizes_later.h).
inline constexpr uint64_t kSaidNoSize = 1;  // Quote::update_id
Event sign_of(const Event& event);

struct KeptEvent {
  uint64_t ordinal = 0;
  Event event;
};

class Condenser {
 public:
  // `ahead_max`: what is stamped later than this after it was received is counted by the gauges and
  // not read (Rules::clock_ahead_max), as what is stamped before there was a market. `length`: of a
  // segment, which ends at a multiple of it.
  Condenser(const Instruments& instruments, Duration ahead_max, Duration length)
      : instruments_(instruments), ahead_max_(ahead_max), length_(length) {}

  enum class Form : uint8_t { whole, sign, nothing };
  // In order of receipt, gaps as well. The form in which gauges need the event inside its segment.
  // `event` is a copy that may be changed: trades lose their numbers.
  Form add(Event& event, uint64_t ordinal);
  // What the segment leaves, in order; then the next one begins.
  std::vector<KeptEvent> finish();
  // Sums that no trade can carry: then there is no condensed form.
  bool failed() const { return failed_; }
  // What it knows between two segments.
  void hand_over(codec::Handover& state);

 private:
  static constexpr uint64_t kNone = UINT64_MAX;
  enum class What : uint8_t {
    price,
    bar_first,
    bar_last,
    bar_high,
    bar_low,
    mark,
    index,
    funding,
    interest,
    option_interest_first,
    option_interest,
    quote_first,
    quote,
    quote_interest_first,
    quote_interest
  };
  static constexpr size_t kWhats = static_cast<size_t>(What::quote_interest) + 1;
  struct Group {
    What what;
    InstrumentId instrument;
    uint32_t epoch;
    SourceId source;
    int64_t a, b;
    friend bool operator==(const Group&, const Group&) = default;
  };
  struct GroupHash {
    size_t operator()(const Group& g) const;
  };
  struct Spoken {  // an event as a sign of life
    uint64_t ordinal = kNone;
    InstrumentId instrument{};
    SourceId source = 0;
    Instant at, received;
  };
  struct Kept {
    uint64_t ordinal = kNone;
    Event event;
    int uses = 0;   // 0: free
    Spoken before;  // of the same instrument, where that one was taken as its sign of life
  };
  struct Sum {
    std::array<Wide, 2> qty{}, money{};
  };
  using SumKey = std::tuple<InstrumentId, SourceId, bool, int64_t>;
  // Where an instrument's last one of a kind was found: the next is nearly always there as well.
  struct Found {
    Group group{};
    Kept** kept = nullptr;  // in groups_
  };
  struct Known {  // of one instrument
    Instant heard = Instant::min();
    Spoken accepted;                           // the last that was taken as a sign of life
    bool accepted_here = false, here = false;  // in this segment
    bool spoke = false;                        // in this segment, not misdated
    uint32_t epoch = 0;
    Spoken last;  // in this segment
    size_t venue = SIZE_MAX;
    SeenLately seen, seen_anywhere;
    bool unsized_told = false;
    std::array<Found, kWhats> found{};
    SumKey sum_key{};
    Sum* sum = nullptr;  // in sums_
  };
  struct Life {  // of one venue, in this segment
    Spoken first, last, newest;
  };

  Known& known(InstrumentId id);
  bool misdated(const Event& event) const;
  void sign(const Spoken& spoken);
  Kept* take(const Event& event);
  void keep(const Event& event) { take(event); }
  void release(Kept* kept);
  template <class Better>
  void best(const Group& group, const Event& event, Better better);
  template <class Figure>
  void newest(const Group& group, const Event& event, Figure figure);
  void life(const Event& event, Known& known);
  std::string_view anywhere(const Event& event, const Trade& trade, Known& known);
  void weigh(const Event& event, Known& known);
  void weigh(const Event& event, Trade& trade, Known& known);
  void weigh(const Event& event, const FundingRate& funding, Known& known);
  void weigh(const Event& event, const OpenInterest& interest, Known& known);
  void weigh(const Event& event, const OptionQuote& quote, Known& known);
  void add_sums(std::vector<KeptEvent>& out);
  std::vector<KeptEvent> gather();
  void put_sum(std::vector<Event>& out, Event trade, Side side, Wide qty, Wide money);

  const Instruments& instruments_;
  const Duration ahead_max_, length_;
  uint64_t ordinal_ = 0;
  std::deque<Kept> kept_;
  std::vector<Kept*> free_;  // of kept_
  Kept* newest_ = nullptr;   // of kept_, kept last
  std::unordered_map<Group, Kept*, GroupHash> groups_;
  std::map<uint64_t, Spoken> signs_;
  std::map<SumKey, Sum> sums_;
  std::vector<Known> known_;
  std::vector<InstrumentId> here_;  // instruments that spoke in this segment
  std::map<std::string, size_t> venue_numbers_;
  std::vector<Life> lives_;
  Spoken last_;
  bool failed_ = false;
};

}  // namespace delever::memory
