#include "gateways/binance/stream_name.h"

#include "base/text.h"
#include "gateways/binance/price_bars.h"

namespace delever::gateways::binance {
namespace {

// "", "@100ms"; missing: no such speed.
std::optional<Duration> depth_speed(std::string_view suffix, bool spot) {
  if (suffix.empty()) return spot ? Duration::seconds(1) : Duration::ms(250);
  if (suffix == "@100ms") return Duration::ms(100);
  // No longer documented, still served: recorders ask for it.
  if (suffix == "@0ms" && !spot) return Duration::ms(100);
  if (suffix == "@1000ms" && spot) return Duration::seconds(1);
  if (suffix == "@500ms" && !spot) return Duration::ms(500);
  return std::nullopt;
}

std::optional<StreamName> depth_name(StreamName out, std::string_view rest, bool spot) {
  const size_t at = rest.find('@');
  const std::string_view levels = rest.substr(0, at);
  const std::string_view suffix = at == rest.npos ? std::string_view() : rest.substr(at);
  const auto every = depth_speed(suffix, spot);
  if (!every) return std::nullopt;
  out.every = *every;
  if (levels.empty()) {
    out.kind = StreamKind::depth;
    return out;
  }
  if (levels != "5" && levels != "10" && levels != "20") return std::nullopt;
  out.kind = StreamKind::partial_depth;
  out.depth = static_cast<size_t>(read_int(levels).value_or(5));
  return out;
}

bool is_window(std::string_view name) { return name == "1h" || name == "4h" || name == "1d"; }

// btcusdt_perpetual@continuousKline_1m
std::optional<StreamName> continuous_name(const Markets& markets, std::string_view name) {
  constexpr std::string_view kKind = "_perpetual@continuousKline_";
  const size_t at = name.find(kKind);
  if (at == name.npos) return std::nullopt;
  StreamName out;
  out.kind = StreamKind::kline;
  out.continuous = true;
  out.market = markets.by_pair(upper(name.substr(0, at)));
  out.interval = name.substr(at + kKind.size());
  out.every = Duration::ms(250);
  if (!out.market || !kline_interval(out.interval, false)) return std::nullopt;
  return out;
}

// btcusd@assetIndex
std::optional<StreamName> collateral_name(const Markets& markets, std::string_view name) {
  constexpr std::string_view kKind = "usd@assetIndex";
  if (!name.ends_with(kKind)) return std::nullopt;
  StreamName out;
  out.kind = StreamKind::collateral_index;
  out.every = Duration::seconds(1);
  out.coin = markets.coin(upper(name.substr(0, name.size() - kKind.size())));
  if (!out.coin) return std::nullopt;
  return out;
}

// "!miniTicker@arr", or as older clients ask: "!miniTicker@arr@3000ms", a second at least.
std::optional<Duration> mini_ticker_every(std::string_view name) {
  constexpr std::string_view kAll = "!miniTicker@arr";
  if (!name.starts_with(kAll)) return std::nullopt;
  name.remove_prefix(kAll.size());
  if (name.empty()) return Duration::seconds(1);
  if (!name.starts_with('@') || !name.ends_with("ms")) return std::nullopt;
  const auto ms = read_int(name.substr(1, name.size() - 3));
  if (!ms || *ms < 1'000 || *ms > 60'000) return std::nullopt;
  return Duration::ms(*ms);
}

std::optional<StreamName> of_all(bool spot, std::string_view name) {
  StreamName out;
  out.every = Duration::seconds(1);
  constexpr std::string_view kWindow = "!ticker_", kAll = "@arr";
  if (spot && name.starts_with(kWindow) && name.ends_with(kAll)) {
    out.kind = StreamKind::window_ticker;
    out.interval = name.substr(kWindow.size(), name.size() - kWindow.size() - kAll.size());
    if (!is_window(out.interval)) return std::nullopt;
    return out;
  }
  if (const auto every = mini_ticker_every(name)) {
    out.kind = StreamKind::mini_ticker;
    out.every = *every;
  } else if (name == "!ticker@arr") {
    out.kind = StreamKind::ticker;
  } else if (spot) {
    return std::nullopt;
  } else if (name == "!markPrice@arr" || name == "!markPrice@arr@1s") {
    out.kind = StreamKind::mark_price;
    if (!name.ends_with("@1s")) out.every = Duration::seconds(3);
  } else if (name == "!bookTicker") {
    out.kind = StreamKind::book_ticker;
    out.every = Duration::seconds(5);
  } else if (name == "!forceOrder@arr") {
    out.kind = StreamKind::force_order;
  } else if (name == "!assetIndex@arr") {
    out.kind = StreamKind::collateral_index;
  } else {
    return std::nullopt;
  }
  return out;
}

}  // namespace

std::optional<StreamName> stream_name(const Markets& markets, bool spot, std::string_view name) {
  if (name.starts_with('!')) return of_all(spot, name);
  const size_t at = name.find('@');
  if (at == name.npos) return std::nullopt;
  if (!spot) {
    if (auto continuous = continuous_name(markets, name)) return continuous;
    if (auto collateral = collateral_name(markets, name)) return collateral;
  }
  StreamName out;
  out.market = markets.by_stream(name.substr(0, at));
  if (!out.market) return std::nullopt;
  const std::string_view what = name.substr(at + 1);
  if (what.starts_with("depth")) return depth_name(std::move(out), what.substr(5), spot);
  // Orders that only the venue's own pages see are not given here: the book is the same.
  if (!spot && what == "rpiDepth@500ms") return depth_name(std::move(out), "@500ms", false);
  if (what.starts_with("kline_")) {
    out.kind = StreamKind::kline;
    const size_t zone = what.find('@');
    out.interval = what.substr(6, zone - 6);
    if (zone != what.npos) {
      const auto east = spot ? time_zone(what.substr(zone + 1)) : std::nullopt;
      if (!east) return std::nullopt;
      out.east = *east;
    }
    out.every = !spot                  ? Duration::ms(250)
                : out.interval == "1s" ? Duration::seconds(1)
                                       : Duration::seconds(2);
    if (!kline_interval(out.interval, spot)) return std::nullopt;
  } else if (what == "trade") {
    out.kind = StreamKind::trade;
  } else if (what == "aggTrade") {
    out.kind = StreamKind::aggregate_trade;
  } else if (what == "miniTicker" || what == "ticker") {
    out.kind = what == "ticker" ? StreamKind::ticker : StreamKind::mini_ticker;
    out.every = spot ? Duration::seconds(1) : Duration::seconds(2);
  } else if (what == "bookTicker") {
    out.kind = StreamKind::book_ticker;
  } else if (spot && what == "avgPrice") {
    out.kind = StreamKind::average_price;
    out.every = Duration::seconds(1);
  } else if (spot && what.starts_with("ticker_") && is_window(what.substr(7))) {
    out.kind = StreamKind::window_ticker;
    out.interval = what.substr(7);
    out.every = Duration::seconds(1);
  } else if (spot) {
    return std::nullopt;
  } else if (what == "markPrice" || what == "markPrice@1s") {
    out.kind = StreamKind::mark_price;
    out.every = Duration::seconds(what == "markPrice" ? 3 : 1);
  } else if (what == "forceOrder") {
    out.kind = StreamKind::force_order;
    out.every = Duration::seconds(1);
  } else {
    return std::nullopt;
  }
  return out;
}

bool carries(Carries path, StreamKind kind) {
  const bool quick = kind == StreamKind::depth || kind == StreamKind::partial_depth ||
                     kind == StreamKind::book_ticker;
  switch (path) {
    case Carries::any:
      return true;
    case Carries::account:
      return kind == StreamKind::account;
    case Carries::public_data:  // clients ask for trades on either
      return quick || kind == StreamKind::trade;
    case Carries::market_data:
      return !quick && kind != StreamKind::account;
  }
  return false;
}

}  // namespace delever::gateways::binance
