// What Hyperliquid wants of a listener.
// Sources: the docs' mirror of 2026-08-22 and @nktkas/hyperliquid 0.33.3: 1000 subscriptions and 10
// connections an address, 2000 messages a minute, one subscription a message; a connection that the
// server sent nothing for 60 s is closed, so ping when it is silent; the answer may add or drop
// fields of the subscription; a refusal is a string that quotes it; cuts come at any time; every
// l2Book message is whole, each 5 s since 2026-07-25 (with `fast` 5 levels each 0.5 s).
#include <fmt/format.h>

#include "base/text.h"
#include "venues/hyperliquid/hyperliquid.h"
#include "venues/terms/scan.h"
#include "venues/terms/dialect.h"

namespace delever::venues {
namespace {

Terms hyperliquid_terms() {
  Terms t;
  t.market = "hyperliquid";
  t.venue = "hyperliquid";
  t.endpoints = {{"wss://api.hyperliquid.xyz/ws", 950}};
  t.topics_per_request = 1;
  t.request_every = Duration::ms(60);
  t.ping = {.every = Duration::seconds(20),
            .only_when_silent = true,
            .text = R"({"method":"ping"})",
            .dead_after = Duration::seconds(50)};
  t.connect_every = Duration::seconds(3);  // 30 a minute
  t.rest.base = "https://api.hyperliquid.xyz";
  t.rest.post_path = "/info";
  t.rest.weight_max = 1200;
  return t;
}

// "l2Book:BTC:fast": of a subscription, or of what the data of a frame says.
bool key_of(std::string_view subscription, std::string& out) {
  std::string_view type, coin, interval, dex;
  bool fast = false;
  for (Members members(subscription); members.next();) {
    if (members.key() == "type") type = members.value();
    if (members.key() == "coin") coin = members.value();
    if (members.key() == "interval") interval = members.value();
    if (members.key() == "dex") dex = members.value();
    if (members.key() == "fast") fast = members.value() == "true";
  }
  if (type.empty()) return false;
  out.assign(type);
  for (const std::string_view part : {coin, interval, dex}) {
    if (!part.empty() && part != "null") out.append(":").append(part);  // the venue adds fields
  }
  if (fast) out.append(":fast");
  return true;
}

class HyperliquidDialect final : public Dialect {
 public:
  const Terms& terms() const override { return terms_; }

  // {"type":"l2Book","coin":"BTC"}, or l2Book:BTC for it, l2Book:BTC:fast with "fast".
  Result<Topic> topic(std::string_view name) const override {
    Topic out;
    if (name.starts_with('{')) {
      out.name = name;
    } else {
      const bool fast = name.ends_with(":fast");
      if (fast) name.remove_suffix(5);
      const size_t colon = name.find(':');
      out.name = fmt::format(R"({{"type":"{}")", escaped(name.substr(0, colon)));
      if (colon != name.npos)
        out.name += fmt::format(R"(,"coin":"{}")", escaped(name.substr(colon + 1)));
      out.name += fast ? ",\"fast\":true}" : "}";
    }
    if (!key_of(out.name, out.key))
      return Error{Fault::malformed, "a subscription without a type", std::string(name)};
    out.channel = std::string(member(out.name, "type").value_or(""));
    out.symbol = std::string(member(out.name, "coin").value_or(""));
    if (out.channel == "l2Book") out.silence = Duration::minutes(1);  // expected each 5 s
    if (out.channel == "activeAssetCtx") out.silence = Duration::minutes(2);
    out.last_value = out.channel == "l2Book" || out.channel == "bbo" ||
                     out.channel == "activeAssetCtx" || out.channel == "allMids";
    return out;
  }

  Result<Plan> plan(const Want& want) const override {
    Plan out;
    std::vector<std::string> channels = want.channels;
    if (channels.empty()) channels = {"l2Book", "l2Book:fast", "bbo", "trades", "activeAssetCtx"};
    for (const std::string& symbol : want.symbols) {
      for (const std::string& channel : channels) {
        const bool fast = channel.ends_with(":fast");
        const std::string type = fast ? channel.substr(0, channel.size() - 5) : channel;
        if (type.starts_with('{')) continue;  // of no symbol
        out.topics.push_back(TRY(topic(type + ":" + symbol + (fast ? ":fast" : ""))));
      }
    }
    for (const std::string& body : want.channels) {
      if (body.starts_with('{')) add_poll(out, body);
    }
    if (want.channels.empty()) add_poll(out, R"({"type":"metaAndAssetCtxs"})");
    return out;
  }

  std::string subscribe(std::span<const Topic* const> topics, uint64_t) const override {
    return request("subscribe", topics);
  }
  std::string unsubscribe(std::span<const Topic* const> topics, uint64_t) const override {
    return request("unsubscribe", topics);
  }

  Frame read(std::string_view bytes, std::string& scratch) const override {
    Frame frame;
    std::string_view channel, data;
    bool text = false;
    for (Members members(bytes); members.next();) {
      if (members.key() == "channel") channel = members.value();
      if (members.key() == "data") {
        data = members.rest();
        text = members.is_text();
      }
      if (!channel.empty() && !data.empty()) break;
    }
    if (channel == "pong") return frame.kind = Frame::Kind::pong, frame;
    if (channel == "subscriptionResponse") {
      frame.kind = Frame::Kind::accepted;
      if (key_of(inside(data, "subscription"), scratch)) frame.topic = scratch;
      return frame;
    }
    if (channel == "error") return read_error(member(bytes, "data").value_or(""), scratch, frame);
    if (channel.empty() || data.empty()) return frame;
    frame.kind = Frame::Kind::data;
    if (channel == "activeSpotAssetCtx") channel = "activeAssetCtx";
    scratch.assign(channel);
    if (!text) add_parts(data, channel, scratch);
    frame.topic = scratch;
    return frame;
  }

  std::optional<Place> place(std::string_view) const override { return std::nullopt; }
  bool follows(const Place&, uint64_t) const override { return true; }
  std::optional<uint64_t> value_time(std::string_view bytes) const override {
    return number(inside(bytes, "data"), "time");
  }

 private:
  static void add_parts(std::string_view data, std::string_view channel, std::string& out) {
    if (data.starts_with('[')) data.remove_prefix(1);  // trades: all of one coin
    const char* coin_key = channel == "candle" ? "s" : "coin";
    if (const auto coin = member(data, coin_key); coin && !coin->empty())
      out.append(":").append(*coin);
    if (channel == "candle") {
      if (const auto interval = member(data, "i")) out.append(":").append(*interval);
    }
    if (channel == "assetCtxs") {
      if (const auto dex = member(data, "dex"); dex && !dex->empty()) out.append(":").append(*dex);
    }
    if (channel == "l2Book" && member(data, "fast") == "true") out.append(":fast");
  }

  static Frame read_error(std::string_view data, std::string& scratch, Frame frame) {
    frame.text = unescaped(data);
    const bool harmless = frame.text.starts_with("Already");
    frame.kind = harmless ? Frame::Kind::accepted : Frame::Kind::refused;
    const size_t brace = frame.text.find('{');
    if (brace != frame.text.npos && key_of(std::string_view(frame.text).substr(brace), scratch)) {
      frame.topic = scratch;
    } else {
      frame.kind = Frame::Kind::pong;  // about a request that none of ours is
    }
    return frame;
  }

  static void add_poll(Plan& out, const std::string& body) {
    out.polls.push_back({.request = body,
                         .channel = std::string(member(body, "type").value_or("info")),
                         .every = Duration::minutes(1),
                         .weight = 20});
  }

  static std::string request(std::string_view method, std::span<const Topic* const> topics) {
    return fmt::format(R"({{"method":"{}","subscription":{}}})", method,
                       topics.empty() ? "{}" : topics[0]->name);
  }

  const Terms terms_ = hyperliquid_terms();
};

}  // namespace

std::unique_ptr<Dialect> make_hyperliquid_dialect() {
  return std::make_unique<HyperliquidDialect>();
}

}  // namespace delever::venues
