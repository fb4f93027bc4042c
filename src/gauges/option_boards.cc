#include "gauges/option_boards.h"

#include <fmt/format.h>

#include <algorithm>

#include "options/snapshot.h"

namespace delever::gauges {
namespace {

constexpr Panel::Name kIndex{
    .name = "vol_index_30d", .unit = "fraction_per_year", .section = "options"};
constexpr Panel::Name kPremium{
    .name = "vol_premium", .unit = "fraction_per_year", .section = "options"};

constexpr std::string_view kGross = "hedge_flow_1pct_gross", kNet = "hedge_flow_1pct_net";

// An archive's boards carry the time of their file, live quotes their own; nearer than this to what
// the greeks say, the time that was sent stands.
constexpr Duration kClockOff = Duration::minutes(5);

double open_interest(const std::vector<options::Chain>& chains) {
  double sum = 0;
  for (const options::Chain& chain : chains) {
    for (const options::ChainQuote& q : chain.quotes) sum += q.open_interest.value_or(0);
  }
  return sum;
}

// "forward of 30JAN26 by parity": where the number that everything hangs on came from.
std::string forward_source(const options::OptionBoard& board, Instant expiry) {
  const options::Smile* smile = board.surface.at(expiry);
  if (smile) return smile->forwards.source;
  for (const options::Chain& chain : board.chains) {
    if (chain.expiry != expiry) continue;
    const auto choice = options::choose_forward(chain);
    return choice.has_value() ? choice.value().source : "none";
  }
  return "none";
}

}  // namespace

// One line of hedging flow: an expiry or the total, over one or several boards.
struct OptionBoards::Flow {
  double gross = 0, unpriced = 0, low = 0, high = 0, open = 0;
  size_t counted = 0, left_out = 0;  // options
  std::optional<double> mean;
  bool known_side = true;            // every part comes from signed trades
  std::vector<std::string> refused;  // with open interest that is not in the figures
  std::vector<std::string> forwards;
  Instant as_of = Instant::max();
  std::set<std::string> sources;
  Origin origin;

  // Ends of bands add up to ends of a band that is too wide, never too narrow.
  void add(const options::NetFlow& net, double without_vol, double interest) {
    gross += net.gross;
    unpriced += without_vol;
    low += net.low;
    high += net.high;
    open += interest;
    if (net.mean) mean = mean.value_or(0) + *net.mean;
    known_side = known_side && net.mean;
  }
};

OptionBoards::Book& OptionBoards::book_of(const Instrument& i) {
  const auto found = books_.find({i.venue, i.settle});
  if (found != books_.end()) return found->second;
  Book fresh{.builder = options::ChainBuilder(subject_.instruments)};
  return books_.emplace(std::pair(i.venue, i.settle), std::move(fresh)).first->second;
}

void OptionBoards::add(const Event& event, const OptionQuote&) {
  const Instrument& i = subject_.instruments[event.instrument];
  if (i.kind != InstrumentKind::option) return;
  Book& book = book_of(i);
  book.builder.on_event(event);
  book.newest = std::max(book.newest, event.at);
  book.sources.insert(event.source);
}

void OptionBoards::add(const Event& event, const OpenInterest&) {
  const Instrument& i = subject_.instruments[event.instrument];
  if (i.kind != InstrumentKind::option) return;
  Book& book = book_of(i);
  book.builder.on_event(event);
  book.sources.insert(event.source);
}

void OptionBoards::add(const Event& event, const Trade& trade) {
  const Instrument& i = subject_.instruments[event.instrument];
  if (i.kind != InstrumentKind::option || !i.expiry) return;
  // Two recorders of one feed, or an archive's row that stands twice.
  if (!trade.id.empty() &&
      !seen_[event.instrument].first(mark_of(event, trade, true), event.received))
    return;
  if (!i.contract_size)
    unsized_[event.instrument].push_back(event);
  else
    count(event, trade);
}

void OptionBoards::count(const Event& event, const Trade& trade) {
  const Instrument& i = subject_.instruments[event.instrument];
  const auto size = coins(i, trade.qty, trade.price);
  if (!size || *size < 0 || !i.expiry) return;
  Book& book = book_of(i);
  book.dealers.on_event(event, subject_.instruments);
  book.traded[*i.expiry] += *size;
}

void OptionBoards::described(InstrumentId id) {
  const auto waiting = unsized_.find(id);
  if (waiting == unsized_.end() || !subject_.instruments[id].contract_size) return;
  for (const Event& event : waiting->second) count(event, *std::get_if<Trade>(&event.payload));
  unsized_.erase(waiting);
}

void OptionBoards::forget_before(Instant known) {
  const auto expired = [&](const auto& entry) {
    const auto& expiry = subject_.instruments[entry.first].expiry;
    return expiry && *expiry <= known;
  };
  std::erase_if(seen_, expired);
  std::erase_if(unsized_, expired);
  for (auto& [key, book] : books_) {
    book.builder.forget_expired(known);
    book.dealers.drop_expired(known);
    book.traded.erase(book.traded.begin(), book.traded.upper_bound(known));
  }
}

std::vector<options::OptionBoard> OptionBoards::boards(Instant at) const {
  const auto& rules = subject_.rules.options;
  std::vector<options::OptionBoard> out;
  for (const auto& [key, book] : books_) {
    // A board whose newest quote is later than `at` is not the board that was known then.
    if (book.newest == Instant::min() || book.newest > at) continue;
    options::ChainBuilder::Chains read = book.builder.chains(
        {.at = book.newest, .age_max = rules.chain_span, .price_age_max = rules.quotes_apart});
    std::erase_if(read.chains, [&](const options::Chain& chain) { return chain.expiry <= at; });
    if (read.chains.empty() && read.refused.empty() && read.incomplete == 0) continue;
    Instant as_of = book.newest;
    // The greeks give the time at which they were computed (docs/models/options.md: labels of
    // archives lie by up to 49 minutes). A time later than `at` would be known before it happened,
    // and is refused.
    if (const auto offset = options::clock_offset(read.chains);
        offset && (*offset >= kClockOff || *offset <= Duration() - kClockOff) &&
        as_of + *offset <= at) {
      as_of = as_of + *offset;
      for (options::Chain& chain : read.chains) chain.as_of = as_of;
    }
    double traded = 0;
    for (const auto& [expiry, coins] : book.traded) traded += expiry > at ? coins : 0;
    const double open = open_interest(read.chains);
    const bool enough = open > 0 && traded >= rules.signed_volume_min * open;
    options::OptionBoard board =
        options::measure_board(std::move(read), enough ? &book.dealers : nullptr);
    board.venue = key.first, board.settle = key.second, board.as_of = as_of;
    board.dated = book.newest;
    for (const SourceId id : book.sources) {
      const bool named = id < subject_.sources.size() && !subject_.sources[id].name.empty();
      board.sources.insert(named ? subject_.sources[id].name : board.venue);
    }
    out.push_back(std::move(board));
  }
  return out;
}

void OptionBoards::read_index(Panel& panel, const std::vector<options::OptionBoard>& boards,
                              std::string_view missing) const {
  std::vector<Estimate> estimates;
  std::string reason(missing);
  for (const options::OptionBoard& board : boards) {
    if (!board.index) {
      reason = fmt::format("{}: {}", board.name(), board.index_refused);
      continue;
    }
    const options::VolIndex30& index = *board.index;
    Estimate e{.label = board.name(),
               .value = index.value,
               .low = board.index_low,
               .high = board.index_high,
               .as_of = board.as_of,
               .sources = board.sources,
               .origin = subject_.rules.origin_of(board.venue)};
    e.note = fmt::format(
        "{}: {} and {}, forwards by {} and {}; interval: every quote at its bid, at its ask",
        board.name(), expiry_name(index.near_expiry), expiry_name(index.next_expiry),
        forward_source(board, index.near_expiry), forward_source(board, index.next_expiry));
    estimates.push_back(std::move(e));
  }
  panel.settle(kIndex, std::move(estimates), subject_.rules.options.band, reason);
}

// Implied less realised. Two windows: the next 30 days against the last 24 h, so a gap is a
// comparison, not a profit.
void OptionBoards::read_premium(Panel& panel) const {
  const Reading* implied = nullptr;
  const Reading* realised = nullptr;
  for (const Reading& r : panel.readings) {
    if (r.name == kIndex.name) implied = &r;
    if (r.name == "realized_vol_24h" && !r.venue) realised = &r;
  }
  CHECK(implied != nullptr && realised != nullptr);
  for (const Reading* r : {implied, realised}) {
    if (!r->value) return panel.pending(kPremium, fmt::format("{}: {}", r->name, r->reason));
  }
  Estimate e{.label = "difference",
             .value = *implied->value - *realised->value,
             .as_of = std::min(*implied->as_of, *realised->as_of)};
  if (implied->low && realised->high) e.low = *implied->low - *realised->high;
  if (implied->high && realised->low) e.high = *implied->high - *realised->low;
  for (const Reading* r : {implied, realised})
    e.sources.insert(r->sources.begin(), r->sources.end());
  e.note = fmt::format("{} {} less {} {}", kIndex.name, short_number(*implied->value),
                       realised->name, short_number(*realised->value));
  panel.settle(kPremium, {std::move(e)}, subject_.rules.options.band, "");
}

// By venue and expiry; venue "": all of them, expiry Instant::max(): the total.
OptionBoards::Flows OptionBoards::flows_of(const std::vector<options::OptionBoard>& boards) const {
  Flows flows;
  for (const options::OptionBoard& board : boards) {
    for (const std::string& venue : {std::string(), board.venue}) {
      for (const options::Chain& chain : board.chains) {
        const options::Exposure* exposure = board.exposure(chain.expiry);
        Flow* lines[] = {&flows[{venue, chain.expiry}], &flows[{venue, Instant::max()}]};
        for (Flow* flow : lines) {
          flow->as_of = std::min(flow->as_of, board.as_of);
          flow->sources.insert(board.sources.begin(), board.sources.end());
          flow->origin.add(subject_.rules.origin_of(board.venue));
          flow->counted += chain.quotes.size();
        }
        if (exposure) {
          const double open = exposure->calls + exposure->puts;
          lines[0]->add(exposure->sticky_strike.at(0.01), exposure->unpriced, open);
          lines[0]->forwards.push_back(forward_source(board, chain.expiry));
        } else if (open_interest({chain}) > 0) {
          const auto why =
              std::find_if(board.exposures.refused.begin(), board.exposures.refused.end(),
                           [&](const Error& e) { return e.where == chain.name(); });
          CHECK(why != board.exposures.refused.end());
          for (Flow* flow : lines) flow->refused.push_back(why->text());
        }
      }
      Flow& total = flows[{venue, Instant::max()}];
      double unpriced = 0;
      for (const options::Exposure& e : board.exposures.expiries) unpriced += e.unpriced;
      total.add(board.exposures.sticky_strike.at(0.01), unpriced,
                board.exposures.calls + board.exposures.puts);
      for (const Error& e : board.refused) total.refused.push_back(e.text());
    }
  }
  // What a board leaves out may be of any of its expiries.
  for (const options::OptionBoard& board : boards) {
    std::vector<std::string> left;
    if (board.incomplete > 0)
      left.push_back(
          fmt::format("{}: {} options without a contract size", board.name(), board.incomplete));
    if (board.stale > 0)
      left.push_back(fmt::format("{}: {} options not quoted lately", board.name(), board.stale));
    for (auto& [key, flow] : flows) {
      if (!key.first.empty() && key.first != board.venue) continue;
      flow.refused.insert(flow.refused.end(), left.begin(), left.end());
      flow.left_out += board.incomplete + board.stale;
    }
  }
  return flows;
}

void OptionBoards::settle_flow(Panel& panel, const Panel::Name& name, const Flow& flow) const {
  std::string note;
  const auto add_note = [&](const std::string& what) { note += (note.empty() ? "" : "; ") + what; };
  if (!flow.forwards.empty()) add_note("forward by " + flow.forwards.front());
  if (flow.unpriced > 0)
    add_note(fmt::format("{} coins open without a vol, counted as a change of delta of up to 1",
                         short_number(flow.unpriced)));
  if (!flow.refused.empty()) add_note("not in it: " + join(flow.refused, ", "));
  if (!(flow.open > 0)) return panel.pending(name, note.empty() ? "no open interest" : note);
  const bool whole = flow.refused.empty();
  Estimate e{.label = name.venue.value_or("venues"),
             .as_of = flow.as_of,
             .sources = flow.sources,
             .origin = flow.origin,
             .coverage = (1 - flow.unpriced / flow.open) * static_cast<double>(flow.counted) /
                         static_cast<double>(flow.counted + flow.left_out)};
  // Without a vol there is no gamma: that part is 0 at least and its open interest at most, as a
  // delta cannot change by more than 1. The upper end is open where whole expiries were refused.
  if (name.name == kGross) {
    e.value = flow.gross - flow.unpriced;
    e.low = e.value;
    if (whole) e.high = flow.gross;
  } else {
    if (whole) e.low = flow.low, e.high = flow.high;
    if (!flow.mean || !flow.known_side) {
      add_note("open interest does not say which side hedgers hold: the sign is not known");
      e.note = note;
      return panel.only_band(name, e);
    }
    e.value = *flow.mean;
    add_note("positions inferred from signed trades, 90 % band");
    if (flow.low <= 0 && flow.high >= 0) add_note("the band holds 0: the sign is not known");
  }
  e.note = note;
  panel.settle(name, {std::move(e)}, subject_.rules.options.band, "");
}

void OptionBoards::read_flows(Panel& panel, const std::vector<options::OptionBoard>& boards,
                              std::string_view missing) const {
  const Flows flows = flows_of(boards);
  std::set<std::string> venues;
  for (const options::OptionBoard& board : boards) venues.insert(board.venue);
  std::vector<std::string> shown{""};
  if (venues.size() > 1) shown.insert(shown.end(), venues.begin(), venues.end());
  for (const std::string_view gauge : {kGross, kNet}) {
    Panel::Name name{.name = gauge, .unit = "coins", .section = "options"};
    if (flows.empty()) panel.pending(name, missing);
    for (const std::string& venue : shown) {
      const auto total = flows.find({venue, Instant::max()});
      if (total == flows.end()) continue;
      name.venue = venue.empty() ? std::nullopt : std::optional(venue);
      name.expiry.reset();
      settle_flow(panel, name, total->second);
      for (const auto& [key, flow] : flows) {
        if (key.first != venue || key.second == Instant::max()) continue;
        name.expiry = key.second;
        settle_flow(panel, name, flow);
      }
    }
  }
}

void OptionBoards::read(Panel& panel) const {
  const auto& rules = subject_.rules.options;
  std::string missing = "no option quotes of " + subject_.asset;
  std::vector<options::OptionBoard> fresh;
  for (options::OptionBoard& board : boards(panel.at)) {
    if (panel.at - board.dated <= rules.board_stale_after) {
      fresh.push_back(std::move(board));
    } else {
      missing = fmt::format("{}: the newest quotes are of {}, {} before (limit {})", board.name(),
                            board.dated.text(), short_age(panel.at - board.dated),
                            rules.board_stale_after.text());
    }
  }
  read_index(panel, fresh, missing);
  read_premium(panel);
  read_flows(panel, fresh, missing);
}

}  // namespace delever::gauges
