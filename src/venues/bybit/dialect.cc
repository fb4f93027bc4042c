// What Bybit v5 wants of a listener, one category a connection.
// Sources: bybit-exchange/docs of 2026-07-24: ping each 20 s; at most 21,000 characters of topics
// on a connection and 10 topics a request at spot; acknowledgements in four shapes, of which the
// one of options says success when every topic failed; a book that breaks is subscribed again, u 1
// is a restart; orderbook.full (spot, since 2026-07-16) sends changes alone and has its base by
// REST; 600 REST calls in 5 s, then 403 for 10 minutes.
#include <fmt/format.h>

#include "base/text.h"
#include "venues/bybit/bybit.h"
#include "venues/terms/crossing.h"
#include "venues/terms/dialect.h"
#include "venues/terms/scan.h"

namespace delever::venues {
namespace {

Terms bybit_terms(std::string_view category) {
  Terms t;
  t.market = "bybit";
  t.venue = "bybit";
  t.category = category;
  t.endpoints = {{fmt::format("wss://stream.bybit.com/v5/public/{}", category),
                  category == "option" ? size_t{2000} : size_t{1000}, 20'000},
                 {"wss://stream.bybit.com/v5/public/misc/status", 1}};
  t.topics_per_request = 10;
  t.request_every = Duration::ms(100);
  t.ping = {.every = Duration::seconds(20),
            .text = R"({"op":"ping"})",
            .dead_after = Duration::seconds(45)};
  t.connect_every = Duration::seconds(1);  // 500 in 5 minutes
  t.rest.base = "https://api.bybit.com";
  t.rest.weight_max = 600;  // each call 1
  t.rest.window = Duration::seconds(5);
  t.rest.ban = Duration::minutes(10);
  return t;
}

// Of maintenance; silent while nothing is planned. Breaks under ten seconds are not announced.
constexpr std::string_view kStatus = "system.status";

class BybitDialect final : public Dialect {
 public:
  explicit BybitDialect(std::string_view category)
      : category_(category), terms_(bybit_terms(category)) {}
  const Terms& terms() const override { return terms_; }

  Result<Topic> topic(std::string_view name) const override {
    const size_t dot = name.rfind('.');
    if (dot == name.npos || dot == 0 || dot + 1 == name.size())
      return Error{Fault::malformed, "want CHANNEL.SYMBOL, as in orderbook.50.BTCUSDT",
                   std::string(name)};
    Topic out{.name = std::string(name), .key = std::string(name)};
    if (name == kStatus) {
      out.channel = name;
      out.endpoint = 1;
      return out;
    }
    out.channel = name.substr(0, dot);
    out.symbol = name.substr(dot + 1);
    if (out.channel == "orderbook.full") {
      out.cure = Cure::rest_snapshot;
      out.snapshot =
          fmt::format("/v5/market/full_orderbook?category={}&symbol={}", category_, out.symbol);
    } else if (out.channel.starts_with("orderbook.") && out.channel != "orderbook.1" &&
               out.channel != "orderbook.rpi") {
      out.cure = Cure::resubscribe;
    }
    out.last_value = out.channel == "orderbook.1";  // a ticker's frame says what has changed
    if (out.channel.starts_with("orderbook.") || out.channel == "tickers")
      out.silence = Duration::minutes(5);
    return out;
  }

  Result<Plan> plan(const Want& want) const override {
    Plan out;
    for (const std::string& symbol : want.symbols) {
      std::vector<std::string> channels = want.channels;
      if (channels.empty()) channels = usual(symbol);
      for (const std::string& channel : channels) {
        if (channel.starts_with('/')) {
          out.polls.push_back(
              {.request = fmt::format("{}?category={}&symbol={}", channel, category_, symbol),
               .channel = channel,
               .symbol = symbol,
               .every = Duration::minutes(1)});
        } else {
          out.topics.push_back(TRY(topic(channel + "." + symbol)));
        }
      }
    }
    if (want.channels.empty()) {
      out.topics.push_back(TRY(topic(kStatus)));
      out.polls.push_back(
          {.request = fmt::format("/v5/market/instruments-info?category={}&limit=1000", category_),
           .channel = "/v5/market/instruments-info",
           .every = Duration::hours(1)});
    }
    return out;
  }

  std::string subscribe(std::span<const Topic* const> topics, uint64_t id) const override {
    return request("subscribe", topics, id);
  }
  std::string unsubscribe(std::span<const Topic* const> topics, uint64_t id) const override {
    return request("unsubscribe", topics, id);
  }

  Frame read(std::string_view bytes, std::string&) const override {
    Frame frame;
    std::string_view op, said, success;
    for (Members members(bytes); members.next();) {
      const std::string_view key = members.key();
      if (key == "topic") {
        frame.kind = Frame::Kind::data;
        frame.topic = members.value();
        return frame;
      }
      if (key == "op") op = members.value();
      if (key == "ret_msg") said = members.value();
      if (key == "success") success = members.value();
      if (key == "req_id") frame.id = number(bytes, "req_id");
      if (key == "type" && members.value() == "COMMAND_RESP") frame.lists = true;
    }
    if (frame.lists) {
      frame.kind = Frame::Kind::accepted;
      const std::string_view data = inside(bytes, "data");
      frame.taken = texts(member(data, "successTopics").value_or(""));
      frame.failed = texts(member(data, "failTopics").value_or(""));
    } else if (op == "ping" && success.empty() && said.empty()) {
      frame.kind = Frame::Kind::answer;  // asked of us: an answer has `success`
      frame.text = R"({"op":"pong"})";
    } else if (op == "pong" || said == "pong" || op == "ping") {
      frame.kind = Frame::Kind::pong;
    } else if (success == "false") {
      frame.kind = Frame::Kind::refused;
      frame.text = unescaped(said);
      frame.already = frame.text.find("already subscribed") != std::string::npos;
    } else if (success == "true") {
      frame.kind = Frame::Kind::accepted;
    }
    return frame;
  }

  std::optional<Place> place(std::string_view bytes) const override {
    Place out;
    std::string_view data;
    for (Members members(bytes); members.next();) {
      if (members.key() == "type") out.snapshot = members.value() == "snapshot";
      if (members.key() == "data") data = members.rest();
      if (members.key() == "result") {  // the base of the full book, by REST
        data = members.rest();
        out.snapshot = true;
      }
    }
    const auto u = number(data, "u");
    if (!u) return std::nullopt;
    out.first = out.last = *u;
    out.snapshot |= *u == 1;
    return out;
  }
  bool follows(const Place& delta, uint64_t last) const override { return delta.last == last + 1; }
  std::optional<uint64_t> value_time(std::string_view bytes) const override {
    return number(bytes, "ts");
  }

  // A book that crosses is subscribed again (docs of 2026-07-24). The number in the channel's name
  // is its depth; the full book has none.
  std::unique_ptr<BookCheck> book_check(const Topic& topic) const override {
    const auto levels = [](std::string_view bytes) {
      const std::string_view data = inside(bytes, "data");
      return data.empty() ? inside(bytes, "result") : data;
    };
    const auto depth = read_int(topic.channel.substr(topic.channel.find('.') + 1));
    return std::make_unique<CrossCheck>(
        levels, static_cast<uint32_t>(depth.value_or(0)),
        topic.cure == Cure::rest_snapshot ? CrossCheck::Base::apart : CrossCheck::Base::among);
  }

  std::string refusal(const HttpResponse& response) const override {
    if (std::string why = Dialect::refusal(response); !why.empty()) return why;
    const auto code = member(response.body, "retCode");
    if (!code) return "an answer without retCode";
    if (*code == "0") return {};
    return fmt::format("{} {}", *code, member(response.body, "retMsg").value_or(""));
  }

  // The cursor comes ready to stand in an address.
  std::string next_page(std::string_view request, std::string_view body) const override {
    const auto cursor = member(inside(body, "result"), "nextPageCursor");
    if (!cursor || cursor->empty() || *cursor == "null") return {};
    return fmt::format("{}&cursor={}", request.substr(0, request.find("&cursor=")),
                       escaped(*cursor));
  }

 private:
  std::vector<std::string> usual(std::string_view symbol) const {
    if (category_ == "spot") return {"orderbook.200", "publicTrade", "tickers"};
    if (category_ != "option") return {"orderbook.200", "publicTrade", "tickers", "allLiquidation"};
    // Trades are told by coin (BTC), tickers and books by contract (BTC-25DEC26-60000-C).
    if (symbol.find('-') == symbol.npos) return {"publicTrade"};
    return {"tickers", "orderbook.25"};
  }

  static std::string request(std::string_view op, std::span<const Topic* const> topics,
                             uint64_t id) {
    std::string names;
    for (const Topic* topic : topics)
      names += fmt::format("{}\"{}\"", names.empty() ? "" : ",", topic->name);
    return fmt::format(R"({{"req_id":"{}","op":"{}","args":[{}]}})", id, op, names);
  }

  const std::string category_;
  const Terms terms_;
};

}  // namespace

std::unique_ptr<Dialect> make_bybit_dialect(std::string_view category) {
  return std::make_unique<BybitDialect>(category);
}

}  // namespace delever::venues
