#include "gateways/hyperliquid/linked_stops.h"

#include <algorithm>

namespace delever::gateways::hyperliquid {

void LinkedStops::wait(AccountId account, uint64_t parent, std::vector<Ordered> children,
                       std::vector<std::string> client_ids) {
  waiting_.push_back({account, parent, std::move(children), std::move(client_ids)});
}

void LinkedStops::join(AccountId account, std::vector<uint64_t> siblings) {
  if (siblings.size() > 1) groups_.push_back({account, std::move(siblings)});
}

void LinkedStops::on_update(const DeskUpdate& update) {
  const bool any = !(waiting_.empty() && groups_.empty() && attached_.empty());
  if (update.kind == DeskUpdate::Kind::order && any) changed_ = true;
}

void LinkedStops::place(const Waiting& waiting) {
  std::vector<uint64_t> placed;
  for (size_t i = 0; i < waiting.children.size(); ++i) {
    const Ordered& child = waiting.children[i];
    const Placed done = desk_.submit(child.request(waiting.client_ids[i]));
    if (done.reject == Reject::none && done.order) placed.push_back(done.order->number);
  }
  join(waiting.account, std::move(placed));
}

void LinkedStops::drop_without_position() {
  std::vector<std::pair<AccountId, uint64_t>> still, idle;
  for (const auto& [account, number] : attached_) {
    const OrderRecord* const o = desk_.order(account, number);
    if (!o || o->state != OrderState::waiting) continue;
    const PositionSide closed =
        o->asked.side == Side::sell ? PositionSide::long_side : PositionSide::short_side;
    const auto held = desk_.positions(account);
    const bool stands = std::any_of(held.begin(), held.end(), [&](const auto& p) {
      return p.instrument == o->asked.instrument && p.side == closed;
    });
    (stands ? still : idle).emplace_back(account, number);
  }
  attached_ = std::move(still);
  for (const auto& [account, number] : idle) desk_.cancel(account, number);
}

void LinkedStops::settle() {
  while (changed_) {
    changed_ = false;
    drop_without_position();
    std::vector<Waiting> still, due;
    for (Waiting& w : waiting_) {
      const OrderRecord* const parent = desk_.order(w.account, w.parent);
      if (parent && is_live(parent->state)) {
        still.push_back(std::move(w));
      } else if (parent && parent->filled > Qty() && parent->state != OrderState::cancelled) {
        due.push_back(std::move(w));
      }
    }
    waiting_ = std::move(still);
    for (const Waiting& w : due) place(w);
    std::vector<Group> open;
    open.swap(groups_);
    for (Group& group : open) {
      const bool traded =
          std::any_of(group.siblings.begin(), group.siblings.end(), [&](uint64_t number) {
            const OrderRecord* const o = desk_.order(group.account, number);
            return !o || !is_live(o->state) || o->filled > Qty();
          });
      if (!traded) {
        groups_.push_back(std::move(group));
        continue;
      }
      for (const uint64_t number : group.siblings) {
        const OrderRecord* const o = desk_.order(group.account, number);
        if (o && o->state == OrderState::waiting) desk_.cancel(group.account, number);
      }
    }
  }
}

}  // namespace delever::gateways::hyperliquid
