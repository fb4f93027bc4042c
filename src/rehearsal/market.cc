#include "rehearsal/market.h"

#include <fmt/format.h>

#include <algorithm>

namespace delever::rehearsal {
namespace {

constexpr size_t kPartsAPiece = 16;     // of the agents' decisions
constexpr size_t kHashEvery = 60;       // seconds
constexpr size_t kPushesMost = 10'000;  // waiting and in force: each second looks at all
constexpr Duration kSecond = Duration::seconds(1);

}  // namespace

std::string face_name(const sim::VenueSetup& venue) {
  return venue.role == sim::VenueRole::spot ? venue.name + "-spot" : venue.name;
}

sim::Scenario moved_to(sim::Scenario s, Instant from) {
  const Duration by = from - s.from;
  const Duration day = Duration::days(1);
  const int64_t whole = by.ns() / day.ns() + (by.ns() % day.ns() > 0 ? 1 : 0);
  s.from = from;
  s.to = s.to + by;
  s.report_at = s.report_at + by;
  for (sim::AssetSetup& a : s.assets) {
    for (sim::PathPoint& p : a.path) p.at = p.at + by;
  }
  for (sim::ExternalFlowSetup& f : s.outside) {
    f.from = f.from + by;
    f.to = f.to + by;
  }
  // Expiries move by whole days, rounded up: they keep their time of day and come no earlier.
  for (sim::OptionSetup& o : s.options) o.expiry = o.expiry + Duration::days(whole);
  return s;
}

// One venue as its gateways see it.
class Market::Door final : public gateways::MarketDoor, public exchange::ExchangeSink {
 public:
  Door(Market& market, uint32_t venue, exchange::ExchangeSetup setup)
      : market_(market), venue_(venue), setup_(std::move(setup)), desk(*this) {}
  Instant market_now() const override { return market_.now(); }
  Instant wall_now() const override {
    return market_.options_.clock ? market_.options_.clock->now() : market_.now();
  }
  Reject enter(const CommandBody& command) override { return market_.enter(venue_, command); }
  const exchange::Exchange& exchange() const override {
    return market_.simulation_->venue(venue_).exchange();
  }
  const exchange::ExchangeSetup& setup() const override { return setup_; }
  void on_event(const Event& event) override { desk.on_event(event); }
  void on_notice(const Notice& notice) override { desk.on_notice(notice); }

 private:
  Market& market_;
  const uint32_t venue_;
  const exchange::ExchangeSetup setup_;

 public:
  gateways::Desk desk;
  std::string name;
};

Market::Market(Options options) : options_(std::move(options)) {}
// Venues outlive their doors here.
Market::~Market() {
  for (size_t v = 0; simulation_ && v < simulation_->venues(); ++v)
    simulation_->venue(v).listen(nullptr);
}

Result<std::unique_ptr<Market>> Market::open(const sim::Scenario& scenario, Options options) {
  std::unique_ptr<Market> market(new Market(std::move(options)));
  market->simulation_ = TRY(sim::Simulation::open(
      scenario, {.seed = market->options_.seed, .threads = 1, .output = market->options_.output}));
  sim::Simulation& s = *market->simulation_;
  for (uint32_t v = 0; v < s.venues(); ++v) {
    auto door = std::make_unique<Door>(*market, v, s.venue(v).exchange_setup());
    door->name = face_name(s.venue(v).setup());
    s.venue(v).listen(door.get());
    market->doors_.push_back(std::move(door));
  }
  market->now_ = scenario.from;
  TRY(market->admit());
  if (!market->options_.journal.empty()) {
    market->journal_.emplace(TRY(
        JournalWriter::create(market->options_.journal,
                              {.seed = market->options_.seed,
                               .scenario_name = scenario.file.substr(scenario.file.rfind('/') + 1),
                               .scenario_text = scenario.text,
                               .from = scenario.from,
                               .members = market->options_.members})));
  }
  TRY(s.start());
  TRY(market->begin_second());
  return market;
}

// Before the first second, so that what an account began with is part of the start.
Result<void> Market::admit() {
  for (const Member& m : options_.members) {
    const auto v = find(m.venue);
    if (!v) return Error{Fault::not_found, "the scenario has no such venue", m.venue};
    sim::Venue& venue = simulation_->venue(*v);
    const AccountId account = simulation_->open_guest(*v, m.collateral);
    for (const auto& [coin, amount] : m.deposits) {
      const auto& coins = doors_[*v]->setup().coins;
      const auto found = std::find_if(coins.begin(), coins.end(),
                                      [&wanted = coin](const auto& c) { return c.name == wanted; });
      if (found == coins.end())
        return Error{Fault::not_found, fmt::format("{} has no coin {}", m.venue, coin), m.venue};
      const auto id = static_cast<CoinId>(found - coins.begin());
      const Reject why = venue.enter(now_, Deposit{account, id, amount});
      if (why != Reject::none)
        return Error{Fault::out_of_range, fmt::format("a deposit is refused: {}", reject_name(why)),
                     m.venue};
    }
    accounts_.emplace_back(*v, account);
  }
  return {};
}

Instant Market::now() const { return now_; }
Instant Market::end() const { return simulation_->scenario().to; }
const std::string& Market::name(size_t venue) const { return doors_.at(venue)->name; }
gateways::Desk& Market::desk(size_t venue) { return doors_.at(venue)->desk; }
std::optional<size_t> Market::find(std::string_view name) const {
  for (size_t v = 0; v < doors_.size(); ++v) {
    if (doors_[v]->name == name) return v;
  }
  return std::nullopt;
}

// ---- time

// A piece is a handful of decisions or one change of second: clients wait for one piece at most.
Result<bool> Market::go_to(Instant to, size_t pieces) {
  to = std::min(to, end());
  for (; pieces > 0; --pieces) {
    if (over()) return true;
    const Instant next = simulation_->world().now + kSecond;
    if (!decided_) {
      decided_ = simulation_->decide(kPartsAPiece);
      continue;
    }
    if (to < next) {
      look_to(to);
      return true;
    }
    TRY(end_second());
    if (over()) return true;
    TRY(begin_second());
  }
  return false;
}

void Market::look_to(Instant to) {
  if (over()) return;
  const Instant last = simulation_->world().now + kSecond - Duration::ns(1);
  now_ = std::max(now_, std::min(to, last));
  if (!decided_) return;
  for (size_t v = 0; v < doors_.size(); ++v) simulation_->venue(v).advance_to(now_);
  for (const auto& door : doors_) door->desk.settle();
}

// The journal is handed to the system once a second: what a crash costs is the second at hand.
Result<void> Market::end_second() {
  now_ = simulation_->world().now + kSecond;
  TRY(simulation_->end());
  if (journal_ && simulation_->second() % kHashEvery == 0)
    journal_->hash(simulation_->second(), simulation_->state_hash());
  return flush();
}

Result<void> Market::begin_second() {
  for (Push& push : waiting_) {
    if (journal_) journal_->push(simulation_->second(), push);
    pushes_.emplace_back(simulation_->second(), std::move(push));
  }
  waiting_.clear();
  apply_pushes();
  simulation_->begin();
  decided_ = false;
  desks_second();
  return {};
}

void Market::desks_second() {
  for (const auto& door : doors_) door->desk.on_second();
  if (second_handler_) second_handler_();
}

Result<void> Market::flush() {
  if (!journal_) return {};
  return journal_->flush();
}

// ---- from outside

Reject Market::enter(uint32_t venue, const CommandBody& body) {
  if (over()) return Reject::expired;
  if (again_) return Reject::not_allowed;  // the journal has what came of it
  sim::Venue& v = simulation_->venue(venue);
  // Never before what the venue has done already.
  const Instant at = std::max(now_, v.exchange().now());
  const uint32_t taken = v.taken();
  const Reject why = v.enter(at, body);
  // `taken` is how far the venue was within its second: replay() goes there before the command.
  if (journal_) journal_->command({simulation_->second(), venue, taken, {at, body}, why});
  if (why == Reject::none) ++commands_;
  return why;
}

// What is between a port and its clients is kept in the journal too, and changes no market.
Result<void> Market::push(const Push& push) {
  using Kind = Push::Kind;
  const sim::Scenario& s = simulation_->scenario();
  const bool asset = push.kind == Kind::drop || push.kind == Kind::depeg;
  if (asset && std::none_of(s.assets.begin(), s.assets.end(),
                            [&](const auto& a) { return a.name == push.asset; }))
    return Error{Fault::not_found, "the market has no such asset", push.asset};
  const bool venue = push.kind == Kind::halt || !push.of_market();
  if (venue && !find(push.venue))
    return Error{Fault::not_found, "the market has no such venue", push.venue};
  if (pushes_.size() + waiting_.size() >= kPushesMost)
    return Error{Fault::out_of_range, "so many pushes are enough"};
  waiting_.push_back(push);
  return {};
}

// What stands at the beginning of this second: falls begin once; the rest is told anew.
void Market::apply_pushes() {
  using Kind = Push::Kind;
  const size_t second = simulation_->second();
  double shown = 1;
  std::vector<bool> halted(doors_.size());
  for (const auto& [from, push] : pushes_) {
    const bool ends = second >= from + static_cast<size_t>(push.seconds);
    if ((push.kind == Kind::drop || push.kind == Kind::depeg) && from == second) {
      const auto& assets = simulation_->scenario().assets;
      for (uint32_t a = 0; a < assets.size(); ++a) {
        if (assets[a].name == push.asset)
          simulation_->drop({a, second, static_cast<size_t>(push.seconds), -push.percent / 100});
      }
    } else if (push.kind == Kind::withdraw && !ends) {
      shown = std::min(shown, 1 - push.percent / 100);
    } else if (push.kind == Kind::halt && !ends) {
      if (const auto v = find(push.venue)) halted[*v] = true;
    }
  }
  simulation_->show_depth(shown);
  for (size_t v = 0; v < doors_.size(); ++v) simulation_->halt(v, halted[v]);
  std::erase_if(pushes_, [&](const auto& p) {
    return second >= p.first + static_cast<size_t>(p.second.seconds) + 1;
  });
}

// ---- again

namespace {
std::string outcome_name(Reject why) {
  return why == Reject::none ? "taken" : fmt::format("refused ({})", reject_name(why));
}
}  // namespace

Result<Market::Replayed> Market::replay(const Journal& journal,
                                        const rulebooks::RulebookShelf& shelf,
                                        const Observer* observer) {
  sim::Scenario scenario =
      TRY(sim::Scenario::parse(journal.head.scenario_text, journal.head.scenario_name, shelf));
  scenario = moved_to(std::move(scenario), journal.head.from);
  const auto market = TRY(
      open(scenario, {.seed = journal.head.seed, .members = journal.head.members, .journal = {}}));
  market->again_ = true;
  if (observer) observer->begin(*market);
  for (size_t v = 0; !observer && v < market->simulation_->venues(); ++v)
    market->simulation_->venue(v).listen(nullptr);
  sim::Simulation& s = *market->simulation_;
  Replayed done{.cut = journal.cut};
  size_t last = journal.hashes.empty() ? 0 : journal.hashes.back().first;
  if (!journal.commands.empty()) last = std::max(last, journal.commands.back().second + 1);
  auto command = journal.commands.begin();
  auto hash = journal.hashes.begin();
  auto push = journal.pushes.begin();
  for (size_t second = 0; second < std::min(last, scenario.steps()); ++second) {
    if (second > 0) {
      for (; push != journal.pushes.end() && push->first <= second; ++push)
        market->pushes_.push_back(*push);
      market->apply_pushes();
      s.begin();
      if (observer) market->desks_second();
    }
    while (!s.decide(kPartsAPiece)) {}
    for (; command != journal.commands.end() && command->second == second; ++command) {
      if (command->venue >= s.venues())
        return Error{Fault::malformed, "a command is for a venue that is not there"};
      sim::Venue& venue = s.venue(command->venue);
      venue.advance_by(command->taken);
      market->now_ = command->command.at;
      const Reject why = venue.enter(command->command.at, command->command.body);
      if (why != command->refused)
        return Error{Fault::refused,
                     fmt::format("command {} of the journal, {} then, is {} now",
                                 done.commands + done.refused + 1, outcome_name(command->refused),
                                 outcome_name(why))};
      ++(why == Reject::none ? done.commands : done.refused);
    }
    market->now_ = s.world().now + kSecond;
    TRY(s.end());
    for (; hash != journal.hashes.end() && hash->first == second + 1; ++hash, ++done.hashes) {
      if (s.state_hash() != hash->second)
        return Error{
            Fault::refused,
            fmt::format("after {} seconds the state is another: {:016x} in place of {:016x}",
                        second + 1, s.state_hash(), hash->second)};
    }
    done.seconds = second + 1;
  }
  done.hash = s.state_hash();
  if (observer) observer->end(*market);
  return done;
}

}  // namespace delever::rehearsal
