// What OKX v5 wants of a listener.
// Sources: okx-api 3.2.3 (2026-09), a live capture of 2026-10-07, the change log to 2026-06: port
// 443 (8443 ended on 2026-10-31); a refusal carries the request's id and not its arg, so that a
// refused batch is asked again one by one; 480 subscriptions an hour on a connection; the text
// "ping" within 30 s of silence; notice 64008 a minute before a service upgrade; a broken book is
// subscribed again.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "venues/okx/book_check.h"
#include "venues/okx/okx.h"
#include "venues/terms/dialect.h"
#include "venues/terms/scan.h"

namespace delever::venues {
namespace {

Terms okx_terms() {
  Terms t;
  t.market = "okx";
  t.venue = "okx";
  t.endpoints = {{"wss://ws.okx.com/ws/v5/public", 400}, {"wss://ws.okx.com/ws/v5/business", 400}};
  t.topics_per_request = 20;
  t.request_bytes = 32 * 1024;
  t.request_every = Duration::ms(350);
  t.requests_an_hour = 440;
  t.ping = {.every = Duration::seconds(20),
            .only_when_silent = true,
            .text = "ping",
            .dead_after = Duration::seconds(30)};
  t.connect_every = Duration::ms(500);  // 3 a second
  t.rest.base = "https://www.okx.com";
  t.rest.weight_max = 20;
  t.rest.window = Duration::seconds(2);
  return t;
}

constexpr std::array<std::string_view, 4> kBusiness{"trades-all", "candle", "mark-price-candle",
                                                    "index-candle"};
// Of each of these the newest frame says all that there is.
constexpr std::array<std::string_view, 8> kLastValues{
    "tickers",       "index-tickers", "mark-price", "funding-rate",
    "open-interest", "price-limit",   "bbo-tbt",    "books5"};

// What says which messages of a channel are meant, in this order.
constexpr std::array<std::string_view, 6> kParts{"instId",   "instFamily", "uly",
                                                 "instType", "ccy",        "sprdId"};

// "books:BTC-USDT-SWAP": of an arg, in whatever order its fields stand.
bool channel_key(std::string_view arg, std::string& out) {
  std::array<std::string_view, kParts.size()> found{};
  std::string_view channel;
  for (Members members(arg); members.next();) {
    if (members.key() == "channel") channel = members.value();
    for (size_t i = 0; i < kParts.size(); ++i) {
      if (members.key() == kParts[i]) found[i] = members.value();
    }
  }
  if (channel.empty()) return false;
  out.assign(channel);
  for (const std::string_view part : found) {
    if (part.empty()) continue;
    out.push_back(':');
    out.append(part);
    break;
  }
  return true;
}

class OkxDialect final : public Dialect {
 public:
  const Terms& terms() const override { return terms_; }

  // {"channel":"books","instId":"BTC-USDT-SWAP"}, or books:BTC-USDT-SWAP for it.
  Result<Topic> topic(std::string_view name) const override {
    Topic out;
    if (name.starts_with('{')) {
      out.name = name;
    } else {
      const size_t colon = name.find(':');
      if (colon == name.npos)
        return Error{Fault::malformed, "want CHANNEL:INSTRUMENT, as in books:BTC-USDT-SWAP",
                     std::string(name)};
      out.name = fmt::format(R"({{"channel":"{}","{}":"{}"}})", escaped(name.substr(0, colon)),
                             part_of(name.substr(0, colon), name.substr(colon + 1)),
                             escaped(name.substr(colon + 1)));
    }
    if (!channel_key(out.name, out.key))
      return Error{Fault::malformed, "an arg without a channel", std::string(name)};
    const size_t colon = out.key.find(':');
    out.channel = out.key.substr(0, colon);
    if (colon != out.key.npos) out.symbol = out.key.substr(colon + 1);
    for (const std::string_view business : kBusiness) {
      if (out.channel.starts_with(business)) out.endpoint = 1;
    }
    if (out.channel == "books" || out.channel == "books-l2-tbt" ||
        out.channel == "books50-l2-tbt" || out.channel == "books-elp-all")
      out.cure = Cure::resubscribe;
    if (out.cure != Cure::none || out.channel == "index-tickers" || out.channel == "mark-price")
      out.silence = Duration::minutes(5);
    out.last_value =
        std::find(kLastValues.begin(), kLastValues.end(), out.channel) != kLastValues.end();
    return out;
  }

  Result<Plan> plan(const Want& want) const override {
    Plan out;
    bool swap = false, future = false;
    for (const std::string& symbol : want.symbols) {
      swap |= symbol.ends_with("-SWAP");
      future |= !symbol.ends_with("-SWAP") && std::count(symbol.begin(), symbol.end(), '-') > 1;
      std::vector<std::string> channels = want.channels;
      if (channels.empty()) channels = usual(symbol);
      for (const std::string& channel : channels) {
        if (channel.starts_with('/')) {
          out.polls.push_back({.request = fmt::format("{}?instId={}", channel, symbol),
                               .channel = channel,
                               .symbol = symbol,
                               .every = Duration::minutes(1)});
        } else if (channel == "liquidation-orders") {
          swap |= symbol == "SWAP";
          future |= symbol == "FUTURES";
        } else {
          out.topics.push_back(
              TRY(topic(channel + ":" + (channel == "index-tickers" ? pair_of(symbol) : symbol))));
        }
      }
    }
    const bool all = want.channels.empty();
    const bool liquidations = all || std::find(want.channels.begin(), want.channels.end(),
                                               "liquidation-orders") != want.channels.end();
    if (liquidations && swap) out.topics.push_back(TRY(topic("liquidation-orders:SWAP")));
    if (liquidations && future) out.topics.push_back(TRY(topic("liquidation-orders:FUTURES")));
    if (all && swap) add_instruments(out, "SWAP");
    if (all && future) add_instruments(out, "FUTURES");
    return out;
  }

  std::string subscribe(std::span<const Topic* const> topics, uint64_t id) const override {
    return request("subscribe", topics, id);
  }
  std::string unsubscribe(std::span<const Topic* const> topics, uint64_t id) const override {
    return request("unsubscribe", topics, id);
  }

  Frame read(std::string_view bytes, std::string& scratch) const override {
    Frame frame;
    if (bytes == "pong") return frame.kind = Frame::Kind::pong, frame;
    if (bytes == "ping") return frame.kind = Frame::Kind::answer, frame.text = "pong", frame;
    std::string_view event, code;
    bool has_data = false;
    for (Members members(bytes); members.next();) {
      const std::string_view key = members.key();
      if (key == "arg" && channel_key(members.rest(), scratch)) frame.topic = scratch;
      has_data |= key == "data" || key == "action";
      if (has_data && event.empty() && !frame.topic.empty()) {
        frame.kind = Frame::Kind::data;
        return frame;
      }
      if (key == "event") event = members.value();
      if (key == "code") code = members.value();
      if (key == "msg") frame.text = unescaped(members.value());
      if (key == "id") frame.id = number(bytes, "id");
    }
    if (event == "subscribe" || event == "unsubscribe") {
      frame.kind = Frame::Kind::accepted;
    } else if (event == "error") {
      frame.kind = Frame::Kind::refused;
      frame.for_now = code == "60014" || code == "50011";  // too many requests in too short a time
      frame.text = fmt::format("{} {}", code, frame.text);
    } else if (event == "notice") {
      frame.kind = code == "64008" ? Frame::Kind::leaving : Frame::Kind::pong;
    } else if (!event.empty()) {
      frame.kind = Frame::Kind::pong;  // channel-conn-count
    }
    return frame;
  }

  std::optional<Place> place(std::string_view bytes) const override {
    Place out;
    std::string_view data;
    for (Members members(bytes); members.next();) {
      if (members.key() == "action") out.snapshot = members.value() == "snapshot";
      if (members.key() == "data") data = members.rest();
    }
    if (!data.starts_with('[')) return std::nullopt;
    data.remove_prefix(1);
    const auto last = number(data, "seqId");
    if (!last) return std::nullopt;  // before 2023 books had no numbers
    out.first = out.last = *last;
    out.previous = number(data, "prevSeqId");  // -1 of a snapshot: none
    return out;
  }
  bool follows(const Place& delta, uint64_t last) const override { return delta.previous == last; }
  std::optional<uint64_t> value_time(std::string_view bytes) const override {
    const std::string_view data = inside(bytes, "data");
    return data.starts_with('[') ? number(data.substr(1), "ts") : std::nullopt;
  }

  std::unique_ptr<BookCheck> book_check(const Topic& topic) const override {
    if (topic.channel.starts_with("books-elp")) return nullptr;  // its levels mean other things
    return std::make_unique<okx::ChecksumCheck>(topic.channel.starts_with("books50") ? 50U : 400U);
  }

  std::string refusal(const HttpResponse& response) const override {
    if (std::string why = Dialect::refusal(response); !why.empty()) return why;
    const auto code = member(response.body, "code");
    if (!code) return "an answer without code";
    if (*code == "0") return {};
    return fmt::format("{} {}", *code, member(response.body, "msg").value_or(""));
  }

 private:
  static std::string_view part_of(std::string_view channel, std::string_view what) {
    if (channel == "liquidation-orders" || channel == "instruments" || channel == "adl-warning")
      return "instType";
    if (channel == "opt-summary") return "instFamily";
    if (channel.starts_with("sprd-")) return "sprdId";
    (void)what;
    return "instId";
  }
  // BTC-USDT-SWAP -> BTC-USDT: whose index it is.
  static std::string pair_of(std::string_view symbol) {
    const size_t dash = symbol.find('-', symbol.find('-') + 1);
    return std::string(symbol.substr(0, dash));
  }
  static std::vector<std::string> usual(std::string_view symbol) {
    if (std::count(symbol.begin(), symbol.end(), '-') == 1)  // spot; or a family of options
      return {"books", "trades", "bbo-tbt"};
    return {"books",        "trades",        "bbo-tbt",      "mark-price",
            "funding-rate", "open-interest", "index-tickers"};
  }
  static void add_instruments(Plan& out, std::string_view type) {
    out.polls.push_back({.request = fmt::format("/api/v5/public/instruments?instType={}", type),
                         .channel = "/api/v5/public/instruments",
                         .every = Duration::hours(1)});
  }

  static std::string request(std::string_view op, std::span<const Topic* const> topics,
                             uint64_t id) {
    std::string names;
    for (const Topic* topic : topics)
      names += fmt::format("{}{}", names.empty() ? "" : ",", topic->name);
    return fmt::format(R"({{"id":"{}","op":"{}","args":[{}]}})", id, op, names);
  }

  const Terms terms_ = okx_terms();
};

}  // namespace

std::unique_ptr<Dialect> make_okx_dialect() { return std::make_unique<OkxDialect>(); }

}  // namespace delever::venues
