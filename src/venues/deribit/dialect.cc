// What Deribit wants of a listener.
// Sources: docs.deribit.com as copied in 2026-03 and its rate limits: set_heartbeat first, and each
// test_request answered at once; many channels in one subscribe (3.3 calls a second); the answer
// lists what is subscribed; one .raw channel without a login refuses the whole call (13778,
// measured 2026-09); 10028 ends the session; a broken book (prev_change_id) is subscribed again.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "venues/deribit/deribit.h"
#include "venues/terms/crossing.h"
#include "venues/terms/dialect.h"
#include "venues/terms/scan.h"

namespace delever::venues {
namespace {

Terms deribit_terms() {
  Terms t;
  t.market = "deribit";
  t.venue = "deribit";
  t.endpoints = {{"wss://www.deribit.com/ws/api/v2", 500}};
  t.topics_per_request = 100;
  t.request_bytes = 16 * 1024;
  t.request_every = Duration::ms(400);
  t.greetings = {R"({"jsonrpc":"2.0","id":0,"method":"public/set_heartbeat",)"
                 R"("params":{"interval":10}})"};
  t.ping.dead_after = Duration::seconds(35);  // three heartbeats
  t.connect_every = Duration::seconds(1);
  t.rest.base = "https://www.deribit.com";
  t.rest.weight_max = 20;  // get_instruments: one a second
  t.rest.window = Duration::seconds(20);
  return t;
}

class DeribitDialect final : public Dialect {
 public:
  const Terms& terms() const override { return terms_; }

  Result<Topic> topic(std::string_view name) const override {
    if (name.empty() || name.find('"') != name.npos)
      return Error{Fault::malformed, "want a channel, as in book.BTC-PERPETUAL.100ms",
                   std::string(name)};
    Topic out{.name = std::string(name), .key = std::string(name)};
    const auto parts = split(name, '.');
    out.channel = parts[0];
    if (parts.size() > 1) out.symbol = parts[1];
    // book.X.GROUP.DEPTH.INTERVAL is whole each time.
    if (out.channel == "book" && parts.size() == 3) out.cure = Cure::resubscribe;
    if (out.channel == "book" || out.channel == "ticker" || out.channel == "quote")
      out.silence = Duration::minutes(5);
    if (out.channel == "deribit_price_index") out.silence = Duration::minutes(1);
    out.last_value = out.silence && out.cure == Cure::none;
    return out;
  }

  // Symbols are instruments (BTC-PERPETUAL), or coins (BTC) with all of their options.
  Result<Plan> plan(const Want& want) const override {
    Plan out;
    // Whether the platform is locked; silent while it is not.
    if (want.channels.empty()) out.topics.push_back(TRY(topic("platform_state")));
    for (const std::string& symbol : want.symbols) {
      std::vector<std::string> channels = want.channels;
      const bool coin = symbol.find('-') == symbol.npos && symbol.find('_') == symbol.npos;
      if (channels.empty()) channels = coin ? of_coin() : of_instrument(symbol);
      for (const std::string& channel : channels) {
        const size_t mark = channel.find('$');
        std::string name = channel;
        if (mark == name.npos) {
          name = fmt::format("{}.{}.100ms", channel, symbol);
        } else {
          name.replace(mark, 1, channel.ends_with("_usd") ? lower(symbol) : symbol);
        }
        if (name.starts_with('/')) {
          out.polls.push_back({.request = name,
                               .channel = name.substr(0, name.find('?')),
                               .symbol = symbol,
                               .every = name.find("summary") == name.npos ? Duration::hours(1)
                                                                          : Duration::minutes(1)});
        } else {
          out.topics.push_back(TRY(topic(name)));
        }
      }
    }
    return out;
  }

  std::string subscribe(std::span<const Topic* const> topics, uint64_t id) const override {
    return request("public/subscribe", topics, id);
  }
  std::string unsubscribe(std::span<const Topic* const> topics, uint64_t id) const override {
    return request("public/unsubscribe", topics, id);
  }

  Frame read(std::string_view bytes, std::string&) const override {
    Frame frame;
    for (Members members(bytes); members.next();) {
      const std::string_view key = members.key();
      if (key == "params") {
        frame.topic = member(members.rest(), "channel").value_or("");
        if (!frame.topic.empty()) frame.kind = Frame::Kind::data;
        return frame.topic.empty() ? heartbeat(bytes) : frame;
      }
      if (key == "id") frame.id = number(bytes, "id");
      if (key == "result") read_result(members, frame);
      if (key == "error") read_error(members.rest(), frame);
    }
    // Of the greeting, or of a test; but the end of the session is the end of it.
    if (frame.id == 0U && frame.kind != Frame::Kind::fatal) frame.kind = Frame::Kind::pong;
    return frame;
  }

  std::optional<Place> place(std::string_view bytes) const override {
    const std::string_view data = inside(inside(bytes, "params"), "data");
    Place out;
    bool any = false;
    for (Members members(data); members.next();) {
      if (members.key() == "type") out.snapshot = members.value() == "snapshot";
      if (members.key() != "change_id" && members.key() != "prev_change_id") continue;
      const auto value = read_int(members.value());
      if (!value || *value < 0) continue;
      if (members.key() == "change_id") {
        out.first = out.last = static_cast<uint64_t>(*value);
        any = true;
      } else {
        out.previous = static_cast<uint64_t>(*value);
      }
    }
    return any ? std::optional(out) : std::nullopt;
  }
  bool follows(const Place& delta, uint64_t last) const override { return delta.previous == last; }
  std::optional<uint64_t> value_time(std::string_view bytes) const override {
    return number(inside(inside(bytes, "params"), "data"), "timestamp");
  }
  std::unique_ptr<BookCheck> book_check(const Topic&) const override {
    const auto levels = [](std::string_view bytes) {
      return inside(inside(bytes, "params"), "data");
    };
    return std::make_unique<CrossCheck>(levels, 0U, CrossCheck::Base::among);
  }

  std::string refusal(const HttpResponse& response) const override {
    if (std::string why = Dialect::refusal(response); !why.empty()) return why;
    const std::string_view error = inside(response.body, "error");
    if (error.empty()) return {};
    return fmt::format("{} {}", member(error, "code").value_or(""),
                       member(error, "message").value_or(""));
  }

 private:
  static std::vector<std::string> of_coin() {
    return {"trades.option.$.100ms",
            "markprice.options.$_usd",
            "deribit_price_index.$_usd",
            "deribit_volatility_index.$_usd",
            "/api/v2/public/get_book_summary_by_currency?currency=$&kind=option",
            "/api/v2/public/get_instruments?currency=$&kind=option"};
  }
  static std::vector<std::string> of_instrument(std::string_view symbol) {
    std::vector<std::string> out{"book", "trades", "ticker"};
    if (symbol.ends_with("-PERPETUAL")) out.push_back("perpetual");
    return out;
  }

  // What has params and no channel: a heartbeat, in whatever order its members stand.
  static Frame heartbeat(std::string_view bytes) {
    Frame frame;
    if (member(bytes, "method") != "heartbeat") return frame;
    const bool asks = member(inside(bytes, "params"), "type") == "test_request";
    frame.kind = asks ? Frame::Kind::answer : Frame::Kind::pong;
    frame.text = R"({"jsonrpc":"2.0","id":0,"method":"public/test","params":{}})";
    return frame;
  }

  // Names of channels, or a word; rows are an answer of REST.
  static void read_result(Members& members, Frame& frame) {
    const std::string_view rest = members.rest();
    const size_t inner = rest.find_first_not_of(" \t\r\n", 1);
    frame.lists =
        rest.starts_with('[') && inner != rest.npos && (rest[inner] == '"' || rest[inner] == ']');
    const bool test = rest.starts_with('{') && member(rest, "version");
    if (!frame.lists && !test && !members.is_text()) return;
    frame.kind = Frame::Kind::accepted;
    if (frame.lists) frame.taken = texts(members.value());
  }

  // 10028: over the limit, the session ends. 11051 and 13028: maintenance. The others that pass:
  // try again, settlement, a full queue, too many at once, an inner error, a time-out.
  static void read_error(std::string_view error, Frame& frame) {
    constexpr std::array<uint64_t, 6> kPassing{10040, 10041, 10047, 10066, 11094, 13888};
    const auto code = number(error, "code");
    frame.kind = code == 10028U || code == 11051U || code == 13028U ? Frame::Kind::fatal
                                                                    : Frame::Kind::refused;
    frame.for_now = code && std::find(kPassing.begin(), kPassing.end(), *code) != kPassing.end();
    frame.text = fmt::format("{} {}", member(error, "code").value_or(""),
                             member(error, "message").value_or(""));
  }

  static std::string request(std::string_view method, std::span<const Topic* const> topics,
                             uint64_t id) {
    std::string names;
    for (const Topic* topic : topics)
      names += fmt::format("{}\"{}\"", names.empty() ? "" : ",", topic->name);
    return fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"{}","params":{{"channels":[{}]}}}})",
                       id, method, names);
  }

  const Terms terms_ = deribit_terms();
};

}  // namespace

std::unique_ptr<Dialect> make_deribit_dialect() { return std::make_unique<DeribitDialect>(); }

}  // namespace delever::venues
