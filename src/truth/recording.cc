#include "truth/recording.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "codec/decoder.h"
#include "gauges/gauges.h"
#include "truth/tape_truth.h"
#include "venues/registry.h"

namespace delever::truth {
namespace {

constexpr int64_t kMs = 1'000'000;

// 28 hours, so that a day has ended and the first settlements lie before it.
Instant start() { return Instant::from_date(2026, 1, 28).value() + Duration::hours(20); }
Instant stop() { return Instant::from_date(2026, 1, 30).value(); }

int64_t ms(Instant t) { return t.ns() / kMs; }

Instant next_multiple(Instant t, Duration step) {
  return Instant::ns((t.ns() / step.ns() + 1) * step.ns());
}

// Ten digits after the point, as exact types hold them.
std::string digits(double value) { return fmt::format("{:.8f}", value); }

// The messages as each venue writes them, with as few fields as its decoder needs.
class Writer {
 public:
  explicit Writer(const Recording& r) : r_(r) {}

  std::string decoder(const Item& i) const {
    if (i.venue == "binance") return r_.coin_margined ? "binance-coinm" : "binance-usdm";
    return i.venue;
  }
  // REST answers do not say what was asked.
  std::string request(const Item& i) const {
    if (i.venue == "binance" && i.fact == Fact::listing) return "/fapi/v1/exchangeInfo";
    if (i.venue == "binance" && i.fact == Fact::funding_info) return "/fapi/v1/fundingInfo";
    const bool open = i.fact == Fact::open_interest || i.fact == Fact::zero_interest;
    if (i.venue == "binance" && open) return "/fapi/v1/openInterest?symbol=" + symbol(i);
    if (i.venue == "okx" && i.fact == Fact::listing)
      return "/api/v5/public/instruments?instType=SWAP";
    if (i.venue == "bybit" && i.fact == Fact::listing)
      return "/v5/market/instruments-info?category=linear";
    return "";
  }
  std::string symbol(const Item& i) const {
    const std::string& a = r_.asset;
    if (i.venue == "okx") return a + "-USDT-SWAP";
    if (i.venue == "hyperliquid") return r_.thousands ? "k" + a : a;
    if (i.venue == "binance" && r_.coin_margined) return a + "USD_PERP";
    return (r_.thousands ? "1000" + a : a) + "USDT";
  }
  double scale(const Item& i) const {  // plain coins in one base unit of the contract
    if (i.venue == "okx" || (i.venue == "binance" && r_.coin_margined)) return 1;
    return r_.thousands ? 1000 : 1;
  }
  // Prices are per unit of the contract, amounts in such units.
  std::string price(const Item& i) const { return digits(i.price * scale(i)); }
  std::string size(const Item& i) const {
    if (i.venue == "okx") return digits(i.coins / r_.okx_size);
    if (i.venue == "binance" && r_.coin_margined) return digits(i.coins * i.price / 10);
    return digits(i.coins / scale(i));
  }

  std::string write(const Item& i) const {
    if (i.venue == "binance") return binance(i);
    if (i.venue == "okx") return okx(i);
    return i.venue == "bybit" ? bybit(i) : hyperliquid(i);
  }

 private:
  // Binance: streams of one object each, and three REST answers.
  std::string binance(const Item& i) const {
    const std::string s = symbol(i), p = price(i), q = size(i);
    const int64_t t = ms(i.at);
    switch (i.fact) {
      case Fact::listing:
        return fmt::format(
            R"({{"timezone":"UTC","serverTime":{},"symbols":[{{"symbol":"{}","pair":"{}",)"
            R"("contractType":"PERPETUAL",)"
            R"("deliveryDate":4133404800000,"status":"TRADING","baseAsset":"{}","quoteAsset":"{}",)"
            R"("marginAsset":"{}"{},)"
            R"("filters":[]}}]}})",
            t, s, s.substr(0, s.find('_')),
            r_.thousands && !r_.coin_margined ? "1000" + r_.asset : r_.asset,
            r_.coin_margined ? "USD" : "USDT", r_.coin_margined ? r_.asset : "USDT",
            r_.coin_margined ? R"(,"contractSize":10)" : "");
      case Fact::funding_info:
        return fmt::format(R"([{{"symbol":"{}","adjustedFundingRateCap":"0.02",)"
                           R"("adjustedFundingRateFloor":"-0.02",)"
                           R"("fundingIntervalHours":{},"disclaimer":false}}])",
                           s, static_cast<int>(r_.binance_interval.in_seconds() / 3600));
      case Fact::mark:
        return fmt::format(R"({{"e":"markPriceUpdate","E":{},"s":"{}","p":"{}","P":"{}","i":"{}",)"
                           R"("r":"{:.8f}","T":{}}})",
                           t, s, p, p, p, i.rate, ms(i.settles_at));
      case Fact::liquidation:
        return fmt::format(
            R"({{"e":"forceOrder","E":{},"o":{{"s":"{}","S":"{}","o":"LIMIT","f":"IOC",)"
            R"("q":"{}","p":"{}","ap":"{}",)"
            R"("X":"FILLED","l":"{}","z":"{}","T":{}}}}})",
            t, s, i.long_side ? "SELL" : "BUY", q, p, p, q, q, t);
      case Fact::trade:
        return fmt::format(
            R"({{"e":"trade","E":{},"T":{},"s":"{}","t":{},"p":"{}","q":"{}","X":"MARKET",)"
            R"("m":{}}})",
            t, t, s, 100 + i.id, p, q, i.long_side);
      case Fact::aggregate:
        return fmt::format(
            R"({{"e":"aggTrade","E":{},"s":"{}","a":{},"p":"{}","q":"{}","f":{},"l":{},"T":{},)"
            R"("m":{}}})",
            t, s, i.id, p, q, 100 + i.id, 100 + i.id, t, i.long_side);
      case Fact::open_interest:
      case Fact::zero_interest:
        return fmt::format(R"({{"symbol":"{}","openInterest":"{}","time":{}}})", s, q, t);
    }
    return "";
  }
  // OKX: channels with rows; open interest in contracts alone, as some recorders keep it.
  std::string okx(const Item& i) const {
    const std::string s = symbol(i), p = price(i), q = size(i);
    const int64_t t = ms(i.at);
    const auto channel = [&](const char* name, const std::string& row) {
      return fmt::format(R"({{"arg":{{"channel":"{}","instId":"{}"}},"data":[{{"instId":"{}",)"
                         R"("instType":"SWAP",{},"ts":"{}"}}]}})",
                         name, s, s, row, t);
    };
    switch (i.fact) {
      case Fact::listing:
        return fmt::format(R"({{"code":"0","msg":"","data":[{{"instType":"SWAP","instId":"{}",)"
                           R"("uly":"{}-USDT","ctVal":"{}",)"
                           R"("ctMult":"1","ctValCcy":"{}","ctType":"linear","settleCcy":"USDT",)"
                           R"("state":"live","tickSz":"0.0001",)"
                           R"("lotSz":"0.01"}}]}})",
                           s, r_.asset, digits(r_.okx_size), r_.asset);
      case Fact::mark:
        return channel("mark-price", fmt::format(R"("markPx":"{}")", p));
      case Fact::liquidation:
        return fmt::format(
            R"({{"arg":{{"channel":"liquidation-orders","instType":"SWAP"}},)"
            R"("data":[{{"details":[{{"bkLoss":"0",)"
            R"("bkPx":"{}","ccy":"","posSide":"{}","side":"{}","sz":"{}","ts":"{}"}}],)"
            R"("instFamily":"{}-USDT",)"
            R"("instId":"{}","instType":"SWAP","uly":"{}-USDT"}}]}})",
            p, i.long_side ? "long" : "short", i.long_side ? "sell" : "buy", q, t, r_.asset, s,
            r_.asset);
      default:
        return channel("open-interest", fmt::format(R"("oi":"{}")", q));
    }
  }
  // Bybit: a ticker carries mark, index, open interest and funding together.
  std::string bybit(const Item& i) const {
    const std::string s = symbol(i), p = price(i), q = size(i);
    const int64_t t = ms(i.at);
    switch (i.fact) {
      case Fact::listing:
        return fmt::format(
            R"({{"retCode":0,"retMsg":"OK","result":{{"category":"linear","list":[{{"symbol":"{}",)"
            R"("contractType":"LinearPerpetual","status":"Trading","baseCoin":"{}",)"
            R"("quoteCoin":"USDT",)"
            R"("settleCoin":"USDT","fundingInterval":480,"priceFilter":{{"tickSize":"0.01"}},)"
            R"("lotSizeFilter":{{"qtyStep":"0.01"}}}}]}},"time":{}}})",
            s, r_.thousands ? "1000" + r_.asset : r_.asset, t);
      case Fact::liquidation:
        return fmt::format(
            R"({{"topic":"allLiquidation.{}","type":"snapshot","ts":{},"data":[{{"T":{},)"
            R"("s":"{}","S":"{}","v":"{}",)"
            R"("p":"{}"}}]}})",
            s, t, t, s, i.long_side ? "Buy" : "Sell", q, p);
      default:
        return fmt::format(R"({{"topic":"tickers.{}","type":"snapshot","data":{{"symbol":"{}",)"
                           R"("markPrice":"{}","indexPrice":"{}",)"
                           R"("lastPrice":"{}","openInterest":"{}","fundingRate":"{:.8f}",)"
                           R"("nextFundingTime":"{}"}},"cs":1,"ts":{}}})",
                           s, s, p, p, p, q, i.rate, ms(i.settles_at), t);
    }
  }
  std::string hyperliquid(const Item& i) const {
    const std::string p = price(i);
    return fmt::format(
        R"({{"channel":"activeAssetCtx","data":{{"coin":"{}","ctx":{{"funding":"{:.8f}",)"
        R"("openInterest":"{}",)"
        R"("prevDayPx":"{}","dayNtlVlm":"1","premium":"0","oraclePx":"{}","markPx":"{}",)"
        R"("midPx":"{}"}}}}}})",
        symbol(i), i.rate, size(i), p, p, p, p);
  }

  const Recording& r_;
};

// What cannot be decoded is a fault of the writer above.
class Into final : public codec::MessageSink {
 public:
  explicit Into(gauges::Gauges& gauges) : gauges_(gauges) {}
  void on_event(const Event& event) override { gauges_.on_event(event); }
  void on_undecoded(const codec::RawMessage& message, const Error& why) override {
    check_failed(fmt::format("{}: {}", why.text(), message.bytes.substr(0, 300)).c_str(), __FILE__,
                 __LINE__);
  }

 private:
  gauges::Gauges& gauges_;
};

}  // namespace

Instant end_of(const Recording&) { return stop() + Duration::minutes(1); }

Recording make_recording(uint64_t seed) {
  Random random(seed, {});
  Recording out;
  const auto put = [&](const char* venue, Fact fact, Instant at, double price, double coins) {
    Item i{.venue = venue, .fact = fact, .at = at, .received = at + Duration::ms(20)};
    i.price = price;
    i.coins = coins;
    i.long_side = random.uniform() < 0.7;
    i.id = static_cast<int64_t>(out.items.size()) + 1;
    const Duration interval = std::string(venue) == "binance"       ? out.binance_interval
                              : std::string(venue) == "hyperliquid" ? Duration::hours(1)
                                                                    : Duration::hours(8);
    i.settles_at = next_multiple(at, interval);
    i.rate = 0.0001;
    out.items.push_back(std::move(i));
  };
  for (const char* venue : {"binance", "okx", "bybit"}) put(venue, Fact::listing, start(), 120, 1);
  put("binance", Fact::funding_info, start(), 120, 1);
  // A walk in steps of 5 minutes, the same price everywhere.
  double price = 120;
  size_t step = 0;
  for (Instant t = start(); t <= stop(); t = t + Duration::minutes(5)) {
    price *= 1 + 0.002 * (random.uniform() - 0.5);
    const double tick = std::round(price * 100) / 100;
    const double open = std::round(1e5 * (1 + 0.1 * random.uniform()));
    for (const char* venue : {"binance", "okx", "bybit", "hyperliquid"})
      put(venue, Fact::mark, t, tick, open);
    for (const char* venue : {"binance", "okx"}) put(venue, Fact::open_interest, t, tick, open);
    put("binance", Fact::aggregate, t + Duration::seconds(7), tick,
        std::round(1000 * (1 + random.uniform())));
    if (++step % 50 == 0 && t < stop()) {  // a minute as full as the channel can show it
      for (int second = 0; second < 60; ++second) {
        const Instant then = t + Duration::seconds(60 + second);
        put("binance", Fact::liquidation, then, tick, std::round(50 * (1 + random.uniform())));
        put("binance", Fact::aggregate, then, tick, std::round(900 * (1 + random.uniform())));
      }
    }
    if (t == stop()) break;
    for (const char* venue : {"binance", "okx", "bybit"}) {
      if (random.uniform() < 0.3)
        put(venue, Fact::liquidation,
            t + Duration::seconds(static_cast<int64_t>(random.below(200))), tick,
            std::round(100 * (1 + random.uniform())));
    }
  }
  return out;
}

// The streams come into being with their first message, as in read() below, and are named alike.
Recorded messages_of(const Recording& recording) {
  const Writer writer(recording);
  Recorded out;
  std::map<std::string, size_t> streams;
  for (const Item& item : recording.items) {
    const std::string request = writer.request(item);
    const std::string name =
        fmt::format("{}:{}:{}:{}", item.venue, static_cast<int>(item.fact), request, item.recorder);
    const auto [found, fresh] = streams.emplace(name, out.streams.size());
    if (fresh) {
      out.streams.push_back({name, item.venue, "", writer.decoder(item), {}});
      if (!request.empty()) out.streams.back().settings["request"] = request;
    }
    out.messages.push_back(
        {.stream = found->second, .received = item.received, .bytes = writer.write(item)});
  }
  return out;
}

// The shortest way to the gauges: no tape, one decoder a stream. tape_truth.h goes through tapes.
std::vector<gauges::Reading> read(const Recording& recording, const gauges::Rules& rules) {
  const Writer writer(recording);
  Instruments instruments;
  std::vector<Source> sources;
  std::map<std::string, std::pair<SourceId, std::unique_ptr<codec::Decoder>>> streams;
  sources.reserve(64);
  gauges::Gauges gauges(recording.asset, rules, instruments, sources);
  Into sink(gauges);
  std::vector<const Item*> order;
  for (const Item& item : recording.items) order.push_back(&item);
  std::stable_sort(order.begin(), order.end(),
                   [](const Item* a, const Item* b) { return a->received < b->received; });
  // The streams come into being with their first message, as on a tape.
  bool gap_sent = recording.lost_from == recording.lost_to;
  std::string bytes;
  for (const Item* item : order) {
    if (item->received > end_of(recording)) break;
    const std::string request = writer.request(*item);
    const std::string name = fmt::format("{}:{}:{}:{}", item->venue, static_cast<int>(item->fact),
                                         request, item->recorder);
    auto found = streams.find(name);
    if (found == streams.end()) {
      codec::StreamSettings settings;
      if (!request.empty()) settings["request"] = request;
      const auto id = static_cast<SourceId>(sources.size());
      sources.push_back({name, item->venue, ""});
      auto decoder = venues::make_decoder(writer.decoder(*item), settings, instruments, id);
      CHECK(decoder.has_value());
      found = streams.emplace(name, std::pair(id, std::move(decoder).value())).first;
    }
    if (!gap_sent && item->received >= recording.lost_from) {
      gap_sent = true;
      for (const auto& [stream, entry] : streams) {
        Event gap{.source = entry.first, .at = recording.lost_from, .received = item->received};
        gap.payload =
            Gap{.from = recording.lost_from, .to = recording.lost_to, .reason = "block damaged"};
        gauges.on_event(gap);
      }
    }
    if (item->received >= recording.lost_from && item->received < recording.lost_to) continue;
    bytes = writer.write(*item);
    const size_t size = bytes.size();
    bytes.resize(size + codec::kPadding);
    found->second.second->decode({std::string_view(bytes).substr(0, size), item->received}, sink);
  }
  return gauges.readings(end_of(recording));
}

}  // namespace delever::truth
