#include "sim/kernel/venue.h"

#include <fmt/format.h>

#include <algorithm>

namespace delever::sim {

Venue::Venue(const VenueSetup& setup, std::unique_ptr<exchange::Exchange> exchange, Instant start,
             std::unique_ptr<venues::SimulatedEncoder> wire)
    : refusals_by_reason(static_cast<size_t>(Reject::not_allowed) + 1),
      setup_(&setup),
      exchange_(std::move(exchange)),
      wire_(std::move(wire)),
      start_(start),
      tick_seconds_(setup.tick_every.ns() / 1'000'000'000),
      ring_(kRing),
      owners_(kFirstUser),
      funding_(kFirstUser),
      flow_(exchange_->instruments()),
      volume_(exchange_->instruments()) {}

// Sizes are kept apart: events carry quantities in the venue's own unit, and agents count coins.
Result<std::unique_ptr<Venue>> Venue::open(const VenueSetup& venue, exchange::ExchangeSetup setup,
                                           Instant start,
                                           std::unique_ptr<venues::SimulatedEncoder> wire) {
  std::vector<double> sizes;
  for (const exchange::Listing& l : setup.listings)
    sizes.push_back(l.rules.contract->size ? l.rules.contract->size->approx() : 1);
  auto opened = exchange::Exchange::open(setup);
  if (!opened.has_value()) return std::move(opened.error()).at(venue.name);
  std::unique_ptr<Venue> made(new Venue(venue, std::move(opened).value(), start, std::move(wire)));
  made->contract_size_ = std::move(sizes);
  made->exchange_setup_ = std::move(setup);
  return made;
}

Reject Venue::now(Instant at, const CommandBody& body) {
  return exchange_->apply({at, body}, *this);
}

// The start has many commands; the first that is refused is what the reader of the scenario needs.
void Venue::must(Instant at, const CommandBody& body, std::string_view what) {
  const Reject why = now(at, body);
  if (why == Reject::none || trouble_) return;
  trouble_ = Error{Fault::out_of_range,
                   fmt::format("the start cannot be set up: {}: {}", what, reject_name(why)),
                   setup_->name};
}

// Owners stand by account number, so that a notice finds its agent without a search.
AccountId Venue::open_account(Instant at, Owner owner, CollateralMode collateral,
                              OrderMargin orders) {
  CHECK(now(at, OpenAccount{collateral, false, orders}) == Reject::none);
  owners_.push_back(owner);
  funding_.push_back(0);
  CHECK(owners_.size() == exchange_->accounts());
  return static_cast<AccountId>(owners_.size() - 1);
}

void Venue::deposit(Instant at, AccountId account, CoinId coin, double amount) {
  const auto exact =
      Amount::nearest(std::min(amount, 2.0e9));  // the largest that a wallet is sure to hold
  CHECK(exact.has_value());
  if (exact.value() > Amount())
    must(at, Deposit{account, coin, exact.value()}, "deposits beyond what a ledger holds");
}

// Into the second of its arrival; what should have arrived already counts as this one's beginning.
void Venue::schedule(const Message& message) {
  const int64_t ahead = (message.at - start_.ns()) / 1'000'000'000;
  const size_t second = std::max(ahead < 0 ? size_t{0} : static_cast<size_t>(ahead), second_);
  CHECK(second - second_ < kRing);
  std::vector<Command>& queue = ring_[second % kRing];
  if (queue.capacity() == 0 && !spare_.empty()) {
    queue = std::move(spare_.back());
    spare_.pop_back();
  }
  Command& command = queue.emplace_back();
  command.at = Instant::ns(message.at);
  command.body = message.body;
}

// Buffers keep their capacity: a second says about as much as the one before it.
void Venue::forget() {
  notices_.clear();
  refused_.clear();
  forced_.clear();
  deleveraged_.clear();
  settled_rates_.clear();
  std::fill(flow_.begin(), flow_.end(), 0.0);
  std::fill(volume_.begin(), volume_.end(), 0.0);
}

// The order of arrivals is fixed here; whatever others enter meanwhile stands between them.
void Venue::begin_second(Instant from) {
  const std::vector<Command>& due = ring_[second_ % kRing];
  from_ = from;
  next_ = 0;
  order_.clear();
  for (size_t i = 0; i < due.size(); ++i)
    order_.push_back({due[i].at.ns(), static_cast<uint32_t>(i)});
  std::sort(order_.begin(), order_.end());  // by arrival, then in the order in which they were sent
}

// One message of an agent. Time never goes back: behind a command of a guest it takes that
// command's time.
void Venue::take(Command& command, int64_t at) {
  command.at = Instant::ns(std::max({at, from_.ns(), exchange_->now().ns()}));
  ++messages;
  const auto* submit = std::get_if<SubmitOrder>(&command.body);
  const Reject why = halted_ && submit ? Reject::not_allowed : exchange_->apply(command, *this);
  if (why == Reject::none) return;
  ++refusals;
  ++refusals_by_reason[static_cast<size_t>(why)];
  if (submit) refused_.push_back({submit->account, why, std::move(command.body)});
}

void Venue::advance_to(Instant at) {
  std::vector<Command>& due = ring_[second_ % kRing];
  for (; next_ < order_.size() && order_[next_].first <= at.ns(); ++next_)
    take(due[order_[next_].second], order_[next_].first);
}

void Venue::advance_by(uint32_t arrivals) {
  std::vector<Command>& due = ring_[second_ % kRing];
  for (; next_ < order_.size() && next_ < arrivals; ++next_)
    take(due[order_[next_].second], order_[next_].first);
}

// Of somebody who is no agent: neither counted among the messages nor told to a population.
Reject Venue::enter(Instant at, const CommandBody& body) {
  if (halted_ && std::holds_alternative<SubmitOrder>(body)) return Reject::not_allowed;
  return exchange_->apply({std::max(at, exchange_->now()), body}, *this);
}

void Venue::end_second() {
  std::vector<Command>& due = ring_[second_ % kRing];
  for (; next_ < order_.size(); ++next_) take(due[order_[next_].second], order_[next_].first);
  due.clear();
  order_.clear();
  next_ = 0;
  if (due.capacity() > 0) spare_.push_back(std::move(due));
  due = {};
  ++second_;
  const Instant end = from_ + Duration::seconds(1);
  if ((end - start_).ns() / 1'000'000'000 % tick_seconds_ == 0) {
    CHECK(exchange_->apply({end, TickClock{}}, *this) == Reject::none);
  }
  if (recording_) {
    std::vector<BookSnapshot> books;
    if (wire_->books_due(end)) {
      for (InstrumentId i = 0; i < exchange_->instruments(); ++i)
        books.push_back(wire_->instruments()[i].kind == InstrumentKind::option
                            ? BookSnapshot()
                            : exchange_->depth(i, wire_->book_levels()));
    }
    wire_->end(end, books);
  }
}

void Venue::on_event(const Event& event) {
  ++events;
  if (const auto* trade = std::get_if<Trade>(&event.payload)) {
    const double coins = trade->qty.approx() * contract_size_[event.instrument];
    flow_[event.instrument] += trade->taker_side == Side::buy ? coins : -coins;
    volume_[event.instrument] += coins;
  } else if (const auto* forced = std::get_if<Liquidation>(&event.payload)) {
    const auto price = forced->price();
    const auto qty = forced->qty();
    if (price && qty)
      forced_.push_back({event.at, event.instrument, last_closed_, forced->position_side,
                         qty->approx() * contract_size_[event.instrument], price->approx()});
  }
  if (const auto* paid = std::get_if<FundingRate>(&event.payload);
      paid && paid->kind == FundingKind::settled && paid->interval)
    settled_rates_.push_back({event.instrument, paid->rate.approx() / paid->interval->in_years()});
  if (recording_) wire_->on_event(event);
  if (other_) other_->on_event(event);
}

void Venue::on_notice(const Notice& n) {
  if (other_) other_->on_notice(n);
  switch (n.kind()) {
    case NoticeKind::account_opened:
    case NoticeKind::accepted:
    case NoticeKind::wallet:
    case NoticeKind::covered:
    case NoticeKind::socialised:
    case NoticeKind::shortfall:
      return;
    case NoticeKind::funding:
      funding_[n.account] += n.as<FundingPaid>()->amount.approx();
      return;
    case NoticeKind::fill:
      if (!n.as<Fill>()->maker) last_closed_ = n.account;
      break;
    case NoticeKind::takeover:
      last_closed_ = n.account;
      break;
    case NoticeKind::adl:
      if (const auto* d = n.as<PositionDeleveraged>())
        deleveraged_.push_back({n.at, d->instrument, d->counterparty, d->value.approx()});
      break;
    case NoticeKind::rested:
    case NoticeKind::finished:
    case NoticeKind::stop_armed:
    case NoticeKind::stop_triggered:
    case NoticeKind::margin_call:
    case NoticeKind::liquidation:
    case NoticeKind::settled:
      break;
  }
  notices_.push_back(n);
}

}  // namespace delever::sim
