// What Binance wants of a listener: USD-M, COIN-M, spot and European options.
// Sources: Binance's change notices of 2026-03-06 (USD-M split into /public and /market) and
// 2026-06-10 (one REST pool for USD-M and COIN-M since 2026-06-30); spot API docs of 2026-07-21;
// measurements on fapi and fstream of 2026-10-07 (any SUBSCRIBE is acknowledged, so an
// acknowledgement proves nothing; 1024 streams a connection, the next one costs all of them; more
// than some 15 requests at once close it; depth without a limit costs 1 and has 500 levels).
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "venues/binance/binance.h"
#include "venues/terms/crossing.h"
#include "venues/terms/dialect.h"
#include "venues/terms/scan.h"

namespace delever::venues {
namespace {

Terms binance_terms(BinanceMarket market) {
  Terms t;
  t.venue = "binance";
  t.topics_per_request = 100;  // 200 were measured to pass
  t.request_bytes = 16 * 1024;
  t.request_every = Duration::ms(250);  // 10 a second at futures, 5 at spot, pongs included
  t.ping = {.every = Duration::seconds(20), .only_when_silent = true};
  t.lifetime = Duration::hours(24);
  t.connect_every = Duration::seconds(1);  // 300 in 5 minutes
  t.rest.weight_max = 2400;
  t.rest.used_header = "x-mbx-used-weight-1m";
  switch (market) {
    case BinanceMarket::usdm:
      t.market = "binance-usdm";
      t.endpoints = {{"wss://fstream.binance.com/public/stream", 1000},
                     {"wss://fstream.binance.com/market/stream", 1000}};
      t.rest.base = "https://fapi.binance.com";
      break;
    case BinanceMarket::coinm:
      t.market = "binance-coinm";
      t.endpoints = {{"wss://dstream.binance.com/stream", 1000}};
      t.rest.base = "https://dapi.binance.com";
      break;
    case BinanceMarket::spot:
      t.market = "binance-spot";
      t.endpoints = {{"wss://stream.binance.com:9443/stream", 1000}};
      t.rest.base = "https://api.binance.com";
      t.rest.weight_max = 6000;
      break;
    case BinanceMarket::eoptions:
      t.market = "binance-eoptions";
      t.endpoints = {{"wss://fstream.binance.com/public/stream", 190},
                     {"wss://fstream.binance.com/market/stream", 190}};
      t.rest.base = "https://eapi.binance.com";
      break;
  }
  return t;
}

constexpr std::array<std::string_view, 5> kPublic{"bookTicker", "depth", "rpiDepth", "trade",
                                                  "optionTicker"};

// Which of the two paths serves a channel; a wrong one is acknowledged and stays silent.
bool is_public(std::string_view channel) {
  if (channel.starts_with("optionTrade")) return true;
  for (const std::string_view name : kPublic) {
    if (channel.starts_with(name)) return true;
  }
  return false;
}

std::optional<Duration> silence_of(std::string_view channel) {
  if (channel.starts_with("markPrice@1s") || channel.starts_with("indexPrice@1s"))
    return Duration::seconds(30);
  if (channel.starts_with("markPrice") || channel.starts_with("optionMarkPrice") ||
      channel.starts_with("optionIndexPrice") || channel.starts_with("indexPrice"))
    return Duration::minutes(1);
  if (channel.starts_with("depth") || channel.starts_with("bookTicker"))
    return Duration::minutes(5);
  if (channel.starts_with("optionOpenInterest")) return Duration::minutes(5);
  return std::nullopt;  // trades and liquidations come when they come
}

// The newest frame says all that there is. Not so a candle, which the next one leaves behind, nor
// the changed rows of all symbols.
bool is_last_value(std::string_view channel) {
  constexpr std::array<std::string_view, 6> kNames{"markPrice", "indexPrice", "bookTicker",
                                                   "ticker",    "miniTicker", "avgPrice"};
  return std::find(kNames.begin(), kNames.end(), channel) != kNames.end();
}

class BinanceDialect final : public Dialect {
 public:
  explicit BinanceDialect(BinanceMarket market) : market_(market), terms_(binance_terms(market)) {}
  const Terms& terms() const override { return terms_; }

  Result<Topic> topic(std::string_view name) const override {
    const size_t at = name.find('@');
    const bool whole = name.starts_with('!');
    if (name.empty() || (!whole && (at == name.npos || at == 0 || at + 1 == name.size())))
      return Error{Fault::malformed, "want SYMBOL@CHANNEL or !CHANNEL", std::string(name)};
    Topic out{.name = std::string(name), .key = std::string(name)};
    const std::string_view channel = whole ? name.substr(1) : name.substr(at + 1);
    out.channel = channel.substr(0, channel.find('@'));
    if (whole) out.channel.insert(0, 1, '!');
    if (!whole) out.symbol = upper(name.substr(0, at));
    if (terms_.endpoints.size() == 2) out.endpoint = is_public(channel) ? 0 : 1;
    if (!whole) out.silence = silence_of(channel);
    out.last_value = is_last_value(out.channel);
    if (market_ != BinanceMarket::eoptions && (channel == "depth" || channel.starts_with("depth@")))
      set_snapshot(out);
    return out;
  }

  Result<Plan> plan(const Want& want) const override {
    Plan out;
    for (const std::string& symbol : want.symbols) {
      for (const std::string& channel : channels(want, symbol)) {
        if (channel.starts_with('/')) {
          add_poll(out, channel, symbol);
        } else if (!channel.starts_with('!')) {
          out.topics.push_back(TRY(topic(lower(symbol) + "@" + channel)));
        }
      }
      if (market_ == BinanceMarket::coinm && want.channels.empty())
        out.topics.push_back(TRY(topic(lower(symbol.substr(0, symbol.find('_'))) + "@indexPrice")));
    }
    for (const std::string& channel : want.channels) {
      if (channel.starts_with('!')) out.topics.push_back(TRY(topic(channel)));
    }
    if (want.channels.empty()) add_market(out);
    const auto often = static_cast<int64_t>(want.symbols.size() * 100);
    for (Poll& poll : out.polls) {  // open interest has a weight of 1 a symbol and no call for all
      if (!poll.symbol.empty()) poll.every = std::max(poll.every, Duration::ms(often));
    }
    return out;
  }

  std::string subscribe(std::span<const Topic* const> topics, uint64_t id) const override {
    return request("SUBSCRIBE", topics, id);
  }
  std::string unsubscribe(std::span<const Topic* const> topics, uint64_t id) const override {
    return request("UNSUBSCRIBE", topics, id);
  }

  Frame read(std::string_view bytes, std::string&) const override {
    Frame frame;
    for (Members members(bytes); members.next();) {
      const std::string_view key = members.key();
      if (key == "stream") {
        frame.topic = members.value();
        frame.kind = frame.topic == "!serverShutdown" ? Frame::Kind::leaving : Frame::Kind::data;
        return frame;
      }
      if (key == "e") {
        if (members.value() == "serverShutdown") frame.kind = Frame::Kind::leaving;
        return frame;
      }
      if (key == "result") frame.kind = Frame::Kind::accepted;
      if (key == "error" || key == "code") {
        frame.kind = Frame::Kind::refused;
        frame.text = std::string(bytes.substr(0, 200));
      }
      if (key == "id") frame.id = number(bytes, "id");
    }
    return frame;
  }

  std::optional<uint64_t> value_time(std::string_view bytes) const override {
    const std::string_view wrapped = inside(bytes, "data");
    const std::string_view data = wrapped.empty() ? bytes : wrapped;
    const auto update = number(data, "u");  // of a quote, which has no time at spot
    return update ? update : number(data, "E");
  }

  std::optional<Place> place(std::string_view bytes) const override {
    Place out;
    bool any = false, first = false;
    for (Members members(bytes); members.next();) {
      const std::string_view key = members.key();
      if (key == "data") {  // the wrap of a combined stream, in whatever order its members stand
        members = Members(members.rest());
        continue;
      }
      if (key.size() > 2 && key != "lastUpdateId") continue;
      // The numbers stand before the levels.
      if (key == "b" && any && first && (out.previous || market_ == BinanceMarket::spot)) break;
      if (key != "U" && key != "u" && key != "pu" && key != "lastUpdateId") continue;
      const auto value = read_int(members.value());
      if (!value || *value < 0) return std::nullopt;
      const auto n = static_cast<uint64_t>(*value);
      if (key == "U") {
        out.first = n;
        first = true;
      } else if (key == "pu") {
        out.previous = n;
      } else {
        out.last = n;
        out.snapshot = key == "lastUpdateId";
        any = true;
        if (out.snapshot) break;
      }
    }
    if (!any || (!out.snapshot && !first)) return std::nullopt;
    return out;
  }

  bool follows(const Place& delta, uint64_t last) const override {
    if (market_ == BinanceMarket::spot) return delta.first <= last + 1 && delta.last > last;
    return delta.previous ? *delta.previous == last : delta.first == last + 1;
  }
  // Levels beyond those of the snapshot are told when they change, and none is taken for granted.
  std::unique_ptr<BookCheck> book_check(const Topic&) const override {
    const auto levels = [](std::string_view bytes) {
      const std::string_view wrapped = inside(bytes, "data");
      return wrapped.empty() ? bytes : wrapped;
    };
    return std::make_unique<CrossCheck>(levels, 0U,
                                        market_ == BinanceMarket::spot
                                            ? CrossCheck::Base::apart
                                            : CrossCheck::Base::apart_and_repeated);
  }
  bool bridges(const Place& delta, uint64_t last) const override {
    if (market_ == BinanceMarket::spot) return delta.first <= last + 1 && delta.last > last;
    return (delta.first <= last && last <= delta.last) || delta.previous == last;
  }

 private:
  void set_snapshot(Topic& topic) const {
    topic.cure = Cure::rest_snapshot;
    switch (market_) {
      case BinanceMarket::usdm:
        topic.snapshot = "/fapi/v1/depth?symbol=" + topic.symbol;
        break;
      case BinanceMarket::coinm:
        topic.snapshot = "/dapi/v1/depth?symbol=" + topic.symbol;
        break;
      default:
        topic.snapshot = "/api/v3/depth?symbol=" + topic.symbol + "&limit=1000";
        topic.snapshot_weight = 50;
    }
  }

  std::vector<std::string> channels(const Want& want, std::string_view symbol) const {
    if (!want.channels.empty()) return want.channels;
    switch (market_) {
      case BinanceMarket::usdm:
        return {"depth@100ms",  "bookTicker", "aggTrade",
                "markPrice@1s", "forceOrder", "/fapi/v1/openInterest"};
      case BinanceMarket::coinm:
        return {"depth@100ms",  "bookTicker", "aggTrade",
                "markPrice@1s", "forceOrder", "/dapi/v1/openInterest"};
      case BinanceMarket::spot:
        return {"depth@100ms", "bookTicker", "trade"};
      case BinanceMarket::eoptions:
        break;
    }
    // A contract (BTC-261225-60000-C), or an underlying (BTCUSDT) with all of its contracts.
    if (symbol.find('-') != symbol.npos) return {"bookTicker", "optionTicker"};
    return {"optionTrade", "optionMarkPrice", "optionIndexPrice"};
  }

  static void add_poll(Plan& out, const std::string& path, const std::string& symbol) {
    out.polls.push_back({.request = path + "?symbol=" + symbol,
                         .channel = path,
                         .symbol = symbol,
                         .every = Duration::seconds(5)});
  }

  void add_market(Plan& out) const {
    const auto hourly = [&](const char* path, int weight) {
      out.polls.push_back({path, path, "", Duration::hours(1), weight});
    };
    switch (market_) {
      case BinanceMarket::usdm:
        out.topics.push_back({.name = "!contractInfo",
                              .key = "!contractInfo",
                              .channel = "!contractInfo",
                              .endpoint = 1});
        hourly("/fapi/v1/exchangeInfo", 1);
        hourly("/fapi/v1/fundingInfo", 1);
        break;
      case BinanceMarket::coinm:
        hourly("/dapi/v1/exchangeInfo", 1);
        break;
      case BinanceMarket::spot:
        hourly("/api/v3/exchangeInfo", 20);
        break;
      case BinanceMarket::eoptions:
        out.topics.push_back({.name = "!optionSymbol",
                              .key = "!optionSymbol",
                              .channel = "!optionSymbol",
                              .endpoint = 1});
        hourly("/eapi/v1/exchangeInfo", 1);
        break;
    }
  }

  static std::string request(std::string_view method, std::span<const Topic* const> topics,
                             uint64_t id) {
    std::string names;
    for (const Topic* topic : topics)
      names += fmt::format("{}\"{}\"", names.empty() ? "" : ",", topic->name);
    return fmt::format(R"({{"method":"{}","params":[{}],"id":{}}})", method, names, id);
  }

  const BinanceMarket market_;
  const Terms terms_;
};

}  // namespace

std::unique_ptr<Dialect> make_binance_dialect(BinanceMarket market) {
  return std::make_unique<BinanceDialect>(market);
}

}  // namespace delever::venues
