// Orders in, by REST or WebSocket: each row of a batch by itself, with its own sCode.
#include <algorithm>

#include "gateways/figures_text.h"
#include "gateways/okx/pages.h"

namespace delever::gateways::okx {
namespace {

constexpr size_t kBatchMost = 20;

struct RowResult {
  Refusal refusal;
  uint64_t number = 0;
  std::string client_id, tag, request_id;
};

// Code 0 where all went well, 1 where none did, 2 where some did; the rows stand in all three.
Outcome batch_outcome(const std::vector<RowResult>& results, std::string_view id_name,
                      std::string_view client_name, Instant at) {
  Outcome out;
  out.rows.clear();
  size_t refused = 0;
  append_list(out.rows, results, [&](const RowResult& r) {
    refused += r.refusal.code != 0;
    ObjectText row(out.rows);
    row.text(id_name, r.number ? std::to_string(r.number) : "")
        .text(client_name, r.client_id)
        .text("tag", r.tag)
        .text("ts", ms_text(at))
        .text("reqId", r.request_id)
        .digits("sCode", r.refusal.code)
        .text("sMsg", r.refusal.text);
    row.end();
  });
  if (refused == 0) return out;
  const bool all = refused == results.size();
  out.refusal = {all ? 1 : 2, all ? "All operations failed" : "Bulk operation partially succeeded"};
  return out;
}

// Of what the client wanted to be answered before now.
std::optional<Refusal> too_late(const Venue& venue, const Ask& ask) {
  if (!ask.good_until || *ask.good_until >= venue.wall()) return std::nullopt;
  return Refusal{51149, "Order timed out. Please try again later."};
}

Refusal too_many() { return {51111, "Maximum 20 orders can be placed in bulk"}; }

}  // namespace

const OrderRecord* Api::find_order(AccountId account, const Parameters& row) const {
  // ordId goes before clOrdId where both are given; one that is no number finds nothing.
  if (row.has("ordId")) {
    const auto number = row.whole("ordId");
    return number && *number > 0 ? venue_.desk.order(account, static_cast<uint64_t>(*number))
                                 : nullptr;
  }
  return row.has("clOrdId") ? venue_.desk.by_client_id(account, row["clOrdId"]) : nullptr;
}

Refusal Api::place_one(const Ask& ask, const Parameters& row,
                       const std::vector<Parameters>& attached, const OrderRecord*& made) {
  AskedOrder asked;
  if (const auto r = read_order(venue_, ask.account, row, attached, asked)) return *r;
  const std::string& client_id = asked.request.client_id;
  if (!client_id.empty() && venue_.desk.by_client_id(ask.account, client_id))
    return {51016, "Client order ID already exists."};
  const Product& p = venue_.catalog[asked.request.order.instrument];
  TradeMode mode(venue_, ask.account, p);
  if (const auto r = mode.settle(row["tdMode"])) return *r;
  const Placed placed = venue_.desk.submit(asked.request);
  made = placed.order;
  // Taken, and gone at once: what the client learns of it is its cancellation.
  if (placed.reject == Reject::would_take || placed.reject == Reject::not_filled)
    made = &venue_.desk.keep_refused(asked.request, placed.reject);
  const bool poor =
      placed.reject == Reject::bad_leverage && !can_carry(venue_.desk, asked.request.order);
  if (!made) return order_refusal(poor ? Reject::not_enough_margin : placed.reject);
  mode.keep();
  if (asked.protection) algos.attach(*made, std::move(*asked.protection));
  return {};
}

Outcome Api::place(const Ask& ask) {
  if (ask.rows.empty()) return Refusal{50000, "Body can not be empty"};
  if (ask.rows.size() > kBatchMost) return too_many();
  std::vector<RowResult> results;
  for (size_t n = 0; n < ask.rows.size(); ++n) {
    const Parameters& row = ask.rows[n];
    const OrderRecord* made = nullptr;
    RowResult result;
    result.client_id = std::string(row["clOrdId"]);
    result.tag = std::string(row["tag"]);
    const auto late = too_late(venue_, ask);
    result.refusal = late ? *late : place_one(ask, row, ask.attached[n], made);
    if (made) result.number = made->number;
    results.push_back(std::move(result));
  }
  // After the whole batch: a protection is sent for what its order has filled, never from inside
  // it.
  algos.run();
  return batch_outcome(results, "ordId", "clOrdId", venue_.market());
}

Outcome Api::cancel(const Ask& ask) {
  if (ask.rows.empty()) return Refusal{50000, "Body can not be empty"};
  if (ask.rows.size() > kBatchMost) return too_many();
  std::vector<RowResult> results;
  for (const Parameters& row : ask.rows) {
    RowResult result;
    result.client_id = std::string(row["clOrdId"]);
    const OrderRecord* order = find_order(ask.account, row);
    const Product* p = nullptr;
    // An order of another contract is not found, so that a slip in instId cancels nothing.
    if (const auto r = read_product(venue_, row, p)) {
      result.refusal = *r;
    } else if (!order || order->asked.instrument != p->instrument ||
               venue_.desk.cancel(ask.account, order->number) != Reject::none) {
      result.refusal = {51400,
                        "Cancellation failed as the order has been filled, canceled or does "
                        "not exist."};
    } else {
      result.number = order->number;
      result.client_id = order->client_id;
    }
    results.push_back(std::move(result));
  }
  return batch_outcome(results, "ordId", "clOrdId", venue_.market());
}

Outcome Api::amend(const Ask& ask) {
  if (ask.rows.empty()) return Refusal{50000, "Body can not be empty"};
  if (ask.rows.size() > kBatchMost) return too_many();
  std::vector<RowResult> results;
  for (size_t n = 0; n < ask.rows.size(); ++n) {
    const Parameters& row = ask.rows[n];
    RowResult result;
    result.client_id = std::string(row["clOrdId"]);
    const OrderRecord* order = find_order(ask.account, row);
    const auto size = row.fixed<Qty>("newSz");
    const auto price = row.fixed<Price>("newPx");
    venue_.request_id = result.request_id = std::string(row["reqId"]);
    std::optional<Algo> stops;
    const auto wrong = order ? read_attached_change(*order, algos.attached(order->number), row,
                                                    ask.attached[n], stops)
                             : std::nullopt;
    if (const auto late = too_late(venue_, ask)) {
      result.refusal = *late;
    } else if (!order) {
      result.refusal = {51503, "Your order has already been filled or canceled."};
    } else if (!is_live(order->state)) {
      result.refusal = order->state == OrderState::filled
                           ? Refusal{51510, "Modification failed as the order has been completed."}
                           : Refusal{51509, "Modification failed as the order has been canceled."};
    } else if (!size.has_value() || !price.has_value()) {
      result.refusal = parameter_error(size.has_value() ? "newPx" : "newSz");
    } else if (wrong) {
      result.refusal = *wrong;
    } else if (!size.value() && !price.value() && !stops) {
      result.refusal = {51500, "You must enter a price, quantity, or TP/SL"};
    } else {
      result.number = order->number;
      result.client_id = order->client_id;
      // Ahead of the amendment, which may fill the order; one that is refused changes nothing.
      const Algo* const stood = algos.attached(order->number);
      const Algo before = stood ? *stood : Algo();
      if (stops) algos.attach(*order, *stops);
      const Placed placed =
          venue_.desk.amend(ask.account, order->number,
                            {.price = price.value(),
                             .trigger = {},
                             .qty = size.value(),
                             .attached = stops ? attached_stops(*stops) : nullptr});
      result.refusal = order_refusal(placed.reject);
      if (placed.reject != Reject::none && stops) {
        const OrderRecord* const is = venue_.desk.order(ask.account, result.number);
        if (is && is_live(is->state)) algos.attach(*is, before);
      }
      // cxlOnFail: the client would rather have no order than the one before.
      if (placed.reject != Reject::none && row.is_true("cxlOnFail"))
        venue_.desk.cancel(ask.account, result.number);
    }
    results.push_back(std::move(result));
  }
  return batch_outcome(results, "ordId", "clOrdId", venue_.market());
}

// 0 takes the switch away; else 10 to 120 seconds by the wall.
Outcome Api::cancel_all_after(const Ask& ask) {
  const auto seconds = ask.fields.whole("timeOut");
  if (!seconds || (*seconds != 0 && (*seconds < 10 || *seconds > 120)))
    return parameter_error("timeOut");
  const Instant at = venue_.wall() + Duration::seconds(*seconds);
  if (*seconds == 0)
    cancel_at_.erase(ask.account);
  else
    // Each call sets the time anew: a client that lives keeps asking.
    cancel_at_[ask.account] = at;
  Outcome out;
  out.rows = fmt::format(R"([{{"triggerTime":"{}","tag":"{}","ts":"{}"}}])",
                         *seconds == 0 ? 0 : at.ms(), "", venue_.wall().ms());
  return out;
}

Outcome Api::place_algo(const Ask& ask) {
  Algo algo;
  RowResult result;
  result.client_id = std::string(ask.fields.has("algoClOrdId") ? ask.fields["algoClOrdId"]
                                                               : ask.fields["clOrdId"]);
  result.tag = std::string(ask.fields["tag"]);
  if (const auto r = read_algo(venue_, ask.account, ask.fields, algo)) {
    result.refusal = *r;
  } else {
    TradeMode mode(venue_, ask.account, venue_.catalog[algo.instrument]);
    if (const auto wrong = mode.settle(ask.fields["tdMode"]))
      result.refusal = *wrong;
    else
      result.refusal = algos.place(std::move(algo), result.number);
    if (result.refusal.code == 0) mode.keep();
  }
  return batch_outcome({result}, "algoId", "algoClOrdId", venue_.market());
}

Outcome Api::cancel_algos(const Ask& ask) {
  if (ask.rows.empty()) return Refusal{50000, "Body can not be empty"};
  std::vector<RowResult> results;
  for (const Parameters& row : ask.rows) {
    // An algo that is not found has the number 0, which cancel() and amend() refuse.
    const Algo* found = algos.find(
        ask.account, static_cast<uint64_t>(row.whole("algoId").value_or(0)), row["algoClOrdId"]);
    RowResult result;
    result.number = found ? found->id : 0;
    result.refusal = algos.cancel(ask.account, result.number);
    results.push_back(std::move(result));
  }
  return batch_outcome(results, "algoId", "algoClOrdId", venue_.market());
}

Outcome Api::amend_algos(const Ask& ask) {
  const Parameters& f = ask.fields;
  const Algo* found = algos.find(ask.account, static_cast<uint64_t>(f.whole("algoId").value_or(0)),
                                 f["algoClOrdId"]);
  RowResult result;
  result.number = found ? found->id : 0;
  const auto size = f.fixed<Qty>("newSz");
  Algos::Change to;
  bool bad = !size.has_value();
  const auto read = [&](const std::string& name, std::optional<Price>& out) {
    const auto price = f.fixed<Price>(name);
    bad |= !price.has_value();
    // -1 is at market, as what is at market stays.
    if (price.has_value() && price.value() && price.value()->raw() > 0) out = price.value();
  };
  const std::pair<std::string, Algos::LegChange*> legs[] = {
      {"new", &to.only}, {"newTp", &to.take_profit}, {"newSl", &to.stop_loss}};
  for (const auto& [head, leg] : legs) {
    read(head + "TriggerPx", leg->trigger);
    read(head + "OrdPx", leg->limit);
  }
  if (size.has_value()) to.qty = size.value();
  result.refusal = bad ? parameter_error("newSz, newTriggerPx or newOrdPx")
                       : algos.amend(ask.account, result.number, to);
  return batch_outcome({result}, "algoId", "algoClOrdId", venue_.market());
}

}  // namespace delever::gateways::okx
