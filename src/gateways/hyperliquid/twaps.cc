#include "gateways/hyperliquid/twaps.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace delever::gateways::hyperliquid {
namespace {

constexpr Duration kBetween = Duration::seconds(30);
constexpr int64_t kMinutesLeast = 5, kMinutesMost = 24 * 60;
constexpr double kSlippage = 0.03;
constexpr size_t kRunningMost = 100, kRowsKept = 2'000;  // of all accounts
constexpr int kPriceFigures = 5;
constexpr int64_t kSliceValueLeast = 10;  // dollars, of a slice

void write_state(JsonWriter& w, const Twap& t, std::string_view user) {
  w.open('{').text("coin", t.asset->coin).text("user", user).text("side", side_of(t.side));
  w.text("sz", decimal(t.size)).text("executedSz", decimal(t.done));
  w.text("executedNtl", decimal(t.value)).raw("minutes", t.minutes);
  w.raw("reduceOnly", t.reduce_only).raw("randomize", t.randomize);
  w.raw("timestamp", t.began.ms()).close();
}

void write_row(JsonWriter& w, const Twap& t, std::string_view user) {
  static constexpr std::string_view names[] = {"activated", "finished", "terminated", "error"};
  w.open('{').raw("time", t.changed.ms() / 1'000);
  JsonWriter state;
  write_state(state, t, user);
  w.raw("state", state.take()).open("status", '{');
  w.text("status", names[static_cast<size_t>(t.state)]);
  if (t.state == Twap::State::error) w.text("description", t.why);
  w.close().raw("twapId", t.id).close();
}

}  // namespace

// Three hundredths beyond the mark, on the coarser of the venue's two steps, towards it.
Price Twaps::limit_of(const Twap& twap) const {
  const double mark = desk_.door().exchange().mark(twap.asset->instrument)->approx();
  const bool buys = twap.side == Side::buy;
  const double at = mark * (buys ? 1 + kSlippage : 1 - kSlippage);
  const double figures = std::pow(10.0, std::floor(std::log10(at)) + 1 - kPriceFigures);
  const auto& tick = desk_.listing(twap.asset->instrument).rules.contract->tick;
  const double step = std::max(std::min(figures, 1.0), tick ? tick->approx() : 0.0);
  const double whole = buys ? std::floor(at / step) : std::ceil(at / step);
  return Price::nearest(whole * step).value();
}

std::string Twaps::start(Twap asked, uint64_t& id) {
  if (asked.minutes < kMinutesLeast || asked.minutes > kMinutesMost)
    return fmt::format("Invalid TWAP duration: {} min(s)", asked.minutes);
  const ContractRule& contract = *desk_.listing(asked.asset->instrument).rules.contract;
  if (asked.size <= Qty() || (contract.step && asked.size.raw() % contract.step->raw() != 0))
    return fmt::format("Order has invalid size. asset={}", asked.asset->number);
  const auto mark = desk_.door().exchange().mark(asked.asset->instrument);
  if (!mark || running_.size() >= kRunningMost)
    return fmt::format("Trading is halted. asset={}", asked.asset->number);
  asked.slices = 2 * asked.minutes + 1;
  const double each = mark->approx() * asked.size.approx() / static_cast<double>(asked.slices);
  if (!asked.reduce_only && each < kSliceValueLeast)
    return fmt::format("Order must have minimum value of ${}. asset={}", kSliceValueLeast,
                       asked.asset->number);
  asked.id = id = ++made_;
  asked.began = asked.next = asked.changed = desk_.door().market_now();
  note(asked);
  running_.push_back(std::move(asked));
  tick();
  return {};
}

bool Twaps::cancel(AccountId account, uint64_t asset, uint64_t id) {
  for (Twap& t : running_) {
    if (t.account != account || t.id != id || t.asset->number != asset) continue;
    end(t, Twap::State::terminated);
    std::erase_if(running_, [](const Twap& x) { return x.state != Twap::State::activated; });
    return true;
  }
  return false;
}

void Twaps::end(Twap& twap, Twap::State state, std::string why) {
  twap.state = state;
  twap.why = std::move(why);
  twap.changed = desk_.door().market_now();
  note(twap);
}

void Twaps::note(const Twap& twap) {
  if (rows_.size() >= kRowsKept) rows_.erase(rows_.begin(), rows_.begin() + kRowsKept / 2);
  rows_.push_back(twap);
  ++changes_;
}

// What should have traded by now, less what has: at most three slices at once.
void Twaps::send(Twap& twap) {
  ++twap.sent;
  twap.next = twap.next + kBetween;
  const InstrumentId instrument = twap.asset->instrument;
  const int64_t step = desk_.listing(instrument).rules.contract->step.value_or(Qty::raw(1)).raw();
  const Wide target = Wide{twap.size.raw()} * twap.sent / twap.slices;
  const Wide most = Wide{twap.size.raw()} * 3 / twap.slices;
  const int64_t qty = static_cast<int64_t>(std::min(target - twap.done.raw(), most)) / step * step;
  if (qty <= 0 || !desk_.door().exchange().mark(instrument)) return;
  SubmitOrder o;
  o.account = twap.account;
  o.instrument = instrument;
  o.side = twap.side;
  o.price = limit_of(twap);
  o.qty = Qty::raw(qty);
  o.reduce_only = twap.reduce_only;
  o.time_in_force = TimeInForce::immediate_or_cancel;
  o.self_trade = SelfTrade::expire_maker;
  const Placed placed = desk_.submit(o, {}, OrderTag{.price = {}, .twap = twap.id}.text());
  if (placed.order) {
    twap.done += placed.order->filled;
    twap.value += placed.order->value;
  } else if (placed.reject != Reject::none && placed.reject != Reject::not_filled) {
    end(twap, Twap::State::error, refusal(placed.reject, shapes_, *twap.asset));
  }
}

void Twaps::tick() {
  const Instant now = desk_.door().market_now();
  for (Twap& t : running_) {
    while (t.state == Twap::State::activated && t.next <= now && t.sent < t.slices) send(t);
    if (t.state == Twap::State::activated && t.sent >= t.slices) end(t, Twap::State::finished);
  }
  std::erase_if(running_, [](const Twap& t) { return t.state != Twap::State::activated; });
}

std::string Twaps::history(AccountId account, std::string_view user) const {
  return written([&](JsonWriter& w) {
    w.open('[');
    for (auto it = rows_.rbegin(); it != rows_.rend(); ++it)
      if (it->account == account) write_row(w, *it, user);
    w.close();
  });
}

std::string Twaps::since(AccountId account, std::string_view user, uint64_t changes) const {
  const size_t fresh = static_cast<size_t>(std::min<uint64_t>(changes_ - changes, rows_.size()));
  return written([&](JsonWriter& w) {
    w.open('[');
    for (size_t k = rows_.size() - fresh; k < rows_.size(); ++k)
      if (rows_[k].account == account) write_row(w, rows_[k], user);
    w.close();
  });
}

std::string Twaps::states(AccountId account, std::string_view user) const {
  return written([&](JsonWriter& w) {
    w.open('[');
    for (const Twap& t : running_) {
      if (t.account != account) continue;
      JsonWriter state;
      write_state(state, t, user);
      w.open('[').raw_item(std::to_string(t.id)).raw_item(state.take()).close();
    }
    w.close();
  });
}

}  // namespace delever::gateways::hyperliquid
