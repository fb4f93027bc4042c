#include "gateways/binance/face.h"

#include "base/text.h"

namespace delever::gateways::binance {

const Market* maybe_market(const Face& face, Asked& asked) {
  const std::string_view given = asked.text("symbol");
  if (given.empty()) return nullptr;
  const Market* market = face.markets.find(face.spot ? std::string(given) : upper(given));
  if (!market) asked.refuse(no_such_symbol());
  return market;
}

std::optional<std::vector<const Market*>> named_markets(const Face& face, Asked& asked,
                                                        const Market* only) {
  const std::string_view several = asked.text("symbols");
  std::vector<const Market*> named;
  for (const Market& m : face.markets.all()) {
    const bool is_named = several.empty() || several.find("\"" + m.symbol + "\"") != several.npos;
    if (is_named && (!only || only == &m)) named.push_back(&m);
  }
  if (named.empty() && !several.empty()) return std::nullopt;
  return named;
}

const Market* asked_market(const Face& face, Asked& asked) {
  if (asked.need("symbol").empty()) return nullptr;
  return maybe_market(face, asked);
}

Window asked_window(Asked& asked, size_t usual, size_t most) {
  Window w;
  w.from = asked.time("startTime");
  w.to = asked.time("endTime");
  w.limit = asked.limit(usual, most);
  if (w.from && w.to && *w.from > *w.to)
    asked.refuse({-1130, "Data sent for parameter 'startTime' is not valid."});
  return w;
}

std::vector<FillRecord> asked_fills(const Face& face, const Call& call, Asked& asked) {
  const Market* m = asked_market(face, asked);
  const Window window = asked_window(asked, 500, 1'000);
  const auto from = asked.whole("fromId"), order = asked.whole("orderId");
  if (!asked.ok()) return {};
  std::vector<FillRecord> rows;
  for (const FillRecord& fill : face.desk.fills(call.account())) {
    if (fill.instrument == m->id && window.has(fill.at) &&
        (!order || fill.order == static_cast<uint64_t>(*order)) &&
        (!from || fill.number >= static_cast<uint64_t>(*from)))
      rows.push_back(fill);
  }
  if (from && rows.size() > window.limit) rows.resize(window.limit);
  window.cut(rows);
  return rows;
}

}  // namespace delever::gateways::binance
