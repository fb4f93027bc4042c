// Which channels and endpoints carry what, as data.
#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "venues/okx/reader.h"

namespace delever::venues::okx {
namespace {

struct Row {
  std::string_view name;
  Channel channel;
};

// The busy ones first.
constexpr Row kChannels[] = {
    {"trades", {.feed = Feed::trades}},
    {"books", {.feed = Feed::books, .depth = 400, .chain = 1}},
    {"bbo-tbt", {.feed = Feed::best_level}},
    {"books-l2-tbt", {.feed = Feed::books, .depth = 400, .chain = 2}},
    {"books50-l2-tbt", {.feed = Feed::books, .depth = 50, .chain = 3}},
    {"books5", {.feed = Feed::books, .depth = 5, .partial = true}},
    {"tickers", {.feed = Feed::tickers}},
    {"trades-all", {.feed = Feed::trades}},
    {"mark-price", {.feed = Feed::mark_price}},
    {"index-tickers", {.feed = Feed::index_price}},
    {"open-interest", {.feed = Feed::open_interest}},
    {"funding-rate", {.feed = Feed::funding}},
    {"liquidation-orders", {.feed = Feed::liquidations}},
    {"liquidations",
     {.feed = Feed::flat_liquidations}},  // REST polled by an archive, one flat row each
    {"opt-summary", {.feed = Feed::option_summary}},
    {"option-trades", {.feed = Feed::trades}},
    {"public-block-trades", {.feed = Feed::block_trades}},
    {"instruments", {.feed = Feed::listings}},
};

// Known, and nothing of ours in them: limits, announcements, spreads (no instrument of ours), a
// user's own affairs.
constexpr std::string_view kSilent[] = {"price-limit",
                                        "estimated-price",
                                        "status",
                                        "adl-warning",
                                        "economic-calendar",
                                        "block-tickers",
                                        "call-auction-details",
                                        "public-struc-block-trades",
                                        "books-elp",
                                        "books-elp-all",
                                        "sprd-public-trades",
                                        "sprd-books5",
                                        "sprd-bbo-tbt",
                                        "sprd-books-l2-tbt",
                                        "sprd-tickers",
                                        "sprd-orders",
                                        "sprd-trades",
                                        "account",
                                        "positions",
                                        "balance_and_position",
                                        "orders",
                                        "fills",
                                        "orders-algo",
                                        "algo-advance",
                                        "liquidation-warning",
                                        "account-greeks",
                                        "deposit-info",
                                        "withdrawal-info",
                                        "rfqs",
                                        "quotes",
                                        "struc-block-trades",
                                        "grid-orders-spot",
                                        "grid-orders-contract",
                                        "grid-positions",
                                        "grid-sub-orders",
                                        "algo-recurring-buy",
                                        "copytrading-lead-notification",
                                        "copytrading-notification"};

constexpr Row kEndpoints[] = {
    {"market/ticker", {.feed = Feed::tickers}},
    {"market/tickers", {.feed = Feed::tickers}},
    {"market/index-tickers", {.feed = Feed::index_price}},
    {"market/books", {.feed = Feed::books, .partial = true}},
    {"market/books-full", {.feed = Feed::books, .partial = true}},
    {"market/books-lite", {.feed = Feed::books, .partial = true}},
    {"market/trades", {.feed = Feed::trades}},
    {"market/history-trades", {.feed = Feed::trades}},
    {"market/block-trades", {.feed = Feed::block_trades}},
    {"public/block-trades", {.feed = Feed::block_trades}},
    {"market/candles", {.feed = Feed::candles}},
    {"market/history-candles", {.feed = Feed::candles}},
    {"market/index-candles", {.feed = Feed::candles, .price_kind = PriceKind::index}},
    {"market/history-index-candles", {.feed = Feed::candles, .price_kind = PriceKind::index}},
    {"market/mark-price-candles", {.feed = Feed::candles, .price_kind = PriceKind::mark}},
    {"market/history-mark-price-candles", {.feed = Feed::candles, .price_kind = PriceKind::mark}},
    {"public/instruments", {.feed = Feed::listings}},
    {"public/funding-rate", {.feed = Feed::funding}},
    {"public/funding-rate-history", {.feed = Feed::funding_history}},
    {"public/open-interest", {.feed = Feed::open_interest}},
    {"public/mark-price", {.feed = Feed::mark_price}},
    {"public/liquidation-orders", {.feed = Feed::liquidations}},
    {"public/opt-summary", {.feed = Feed::option_summary}},
    {"public/option-trades", {.feed = Feed::trades}},
    {"public/time", {.feed = Feed::control}},
};

template <size_t n>
std::optional<Channel> find(const Row (&rows)[n], std::string_view name) {
  const auto found = std::find_if(std::begin(rows), std::end(rows),
                                  [&](const Row& row) { return row.name == name; });
  if (found == std::end(rows)) return std::nullopt;
  return found->channel;
}

// The first instant of the month `months` after the one that `t` is in.
std::optional<Instant> months_later(Instant t, int months) {
  const std::string date = t.date();
  const auto year = read_int(std::string_view(date).substr(0, 4));
  const auto tens = read_int(std::string_view(date).substr(5, 1)),
             ones = read_int(std::string_view(date).substr(6, 1));
  if (!year || !tens || !ones) return std::nullopt;
  const int64_t month = *tens * 10 + *ones - 1 + months;
  const auto first =
      Instant::from_date(static_cast<int>(*year + month / 12), static_cast<int>(month % 12) + 1, 1);
  if (!first.has_value()) return std::nullopt;
  return first.value();
}

}  // namespace

std::optional<Channel> channel_of(std::string_view name) {
  if (const auto found = find(kChannels, name)) return found;
  if (name.starts_with("candle")) return Channel{.feed = Feed::candles};
  if (name.starts_with("mark-price-candle"))
    return Channel{.feed = Feed::candles, .price_kind = PriceKind::mark};
  if (name.starts_with("index-candle"))
    return Channel{.feed = Feed::candles, .price_kind = PriceKind::index};
  if (std::find(std::begin(kSilent), std::end(kSilent), name) != std::end(kSilent) ||
      name.starts_with("sprd-candle"))
    return Channel{.feed = Feed::silent};
  return std::nullopt;
}

std::optional<Channel> endpoint_of(std::string_view path) {
  constexpr std::string_view root = "/api/v5/";
  if (!path.starts_with(root)) return std::nullopt;
  path.remove_prefix(root.size());
  if (const auto found = find(kEndpoints, path)) return found;
  // The rest of these families is known to hold nothing of ours.
  for (const std::string_view family :
       {"market/", "public/", "rubik/", "system/", "account/", "asset/", "trade/", "sprd/",
        "support/", "users/", "finance/"}) {
    if (path.starts_with(family)) return Channel{.feed = Feed::silent};
  }
  return std::nullopt;
}

std::optional<Channel> channel_of_shape(const std::vector<std::string_view>& keys) {
  const auto has = [&](std::string_view key) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
  };
  if (has("posId") || has("adjEq") || has("balData"))
    return Channel{.feed = Feed::silent};  // an account's
  if (has("asks") && has("bids")) return Channel{.feed = Feed::books, .partial = true};
  if (has("tradeId") && has("px"))
    return Channel{.feed = has("markPx") && !has("optType") ? Feed::block_trades : Feed::trades};
  if (has("bidPx") && has("askPx")) return Channel{.feed = Feed::tickers};
  if (has("markVol")) return Channel{.feed = Feed::option_summary};
  if (has("tickSz") && has("instId")) return Channel{.feed = Feed::listings};
  if (has("idxPx") && has("instId")) return Channel{.feed = Feed::index_price};
  if (has("markPx") && has("instType")) return Channel{.feed = Feed::mark_price};
  if (has("oi") && has("oiCcy")) return Channel{.feed = Feed::open_interest};
  if (has("realizedRate")) return Channel{.feed = Feed::funding_history};
  if (has("fundingTime") && has("instId")) return Channel{.feed = Feed::funding};
  if (has("details") && has("instId") && has("uly")) return Channel{.feed = Feed::liquidations};
  if (keys.size() == 1 && keys[0] == "ts")
    return Channel{.feed = Feed::control};  // the server's clock
  return std::nullopt;
}

std::optional<Instant> bar_end(Instant from, std::string_view bar) {
  const bool utc = bar.ends_with("utc");
  if (utc) bar.remove_suffix(3);
  if (bar.size() < 2 || bar.size() > 3) return std::nullopt;
  const auto count = read_int(bar.substr(0, bar.size() - 1));
  if (!count || *count <= 0) return std::nullopt;
  if (from.ns() < 0 || from > Instant::ns(9'000'000'000'000'000'000))
    return std::nullopt;  // room for every bar
  switch (bar.back()) {
    case 's':
      return from + Duration::seconds(*count);
    case 'm':
      return from + Duration::minutes(*count);
    case 'H':
      return from + Duration::hours(*count);
    case 'D':
      return from + Duration::days(*count);
    case 'W':
      return from + Duration::days(7 * *count);
    case 'M': {
      const Duration shift = utc ? Duration() : Duration::hours(8);
      const auto end = months_later(from + shift, static_cast<int>(*count));
      if (!end) return std::nullopt;
      return *end - shift;
    }
    default:
      return std::nullopt;
  }
}

}  // namespace delever::venues::okx
