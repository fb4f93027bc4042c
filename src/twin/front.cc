#include "twin/front.h"

#include <fmt/format.h>

#include <algorithm>

#include "market/units.h"
#include "venues/terms/scan.h"

namespace delever::twin {
namespace {

using codec::Book;
using venues::escaped;
using venues::inside;
using venues::member;
using venues::texts;
using venues::Topic;

// Names as a JSON list, only what stands within.
std::string quoted_list(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names)
    out += fmt::format("{}\"{}\"", out.empty() ? "" : ",", escaped(name));
  return out;
}

// With as many digits after the point as it had.
std::string padded(std::string number, size_t digits) {
  size_t point = number.find('.');
  if (point == number.npos && digits > 0) {
    point = number.size();
    number.push_back('.');
  }
  while (digits > 0 && number.size() - point - 1 < digits) number.push_back('0');
  return number;
}

// Objects of a list, each as it stands.
std::vector<std::string> objects(std::string_view list) {
  std::vector<std::string> out;
  int depth = 0;
  bool text = false;
  size_t begin = 0;
  for (size_t i = 0; i < list.size(); ++i) {
    const char c = list[i];
    // Braces inside a text do not count.
    if (c == '"' && (i == 0 || list[i - 1] != '\\')) text = !text;
    if (text) continue;
    if (c == '{' && depth++ == 0) begin = i;
    if (c == '}' && depth > 0 && --depth == 0) out.emplace_back(list.substr(begin, i - begin + 1));
  }
  return out;
}

// Takes everything and says so; what does not exist is silent. Counts requests and topics.
class BinanceFront final : public Front {
 public:
  explicit BinanceFront(std::string_view market) {
    // Its published limits: incoming messages and topics a connection, and pings of its own.
    habits_.takes_anything = true;
    habits_.requests_burst = 15;
    habits_.topics_max = 1024;
    habits_.ping_every = Duration::minutes(3);
    if (market == "binance-spot") {
      habits_.ping_every = Duration::seconds(20);
      habits_.pong_within = Duration::minutes(1);
    } else if (market == "binance-eoptions") {
      habits_.ping_every = Duration::minutes(5);
      habits_.pong_within = Duration::minutes(15);
      habits_.topics_max = 200;
    }
  }
  const Habits& habits() const override { return habits_; }
  Ask read(std::string_view frame) const override {
    Ask ask{.id = std::string(member(frame, "id").value_or("null"))};
    const auto method = member(frame, "method");
    if (method == "SUBSCRIBE") ask.kind = Ask::Kind::subscribe;
    if (method == "UNSUBSCRIBE") ask.kind = Ask::Kind::unsubscribe;
    ask.names = texts(member(frame, "params").value_or(""));
    return ask;
  }
  // An acknowledgement proves nothing here.
  std::vector<std::string> answer(const Ask& ask, const std::vector<bool>&) const override {
    if (ask.kind == Ask::Kind::other)
      return {R"({"code":3,"msg":"Invalid JSON: expected value at line 1 column 1"})"};
    return {fmt::format(R"({{"result":null,"id":{}}})", ask.id)};
  }
  std::string pong(const Ask&) const override { return {}; }
  std::string rest_book(const Topic&, const Book& book) const override {
    return fmt::format(R"({{"lastUpdateId":{},"E":{},"T":{},"bids":{},"asks":{}}})",
                       book.sequence().last, book.at().ms(), book.at().ms(),
                       levels_text(book.bids(), 5000), levels_text(book.asks(), 5000));
  }

 private:
  Habits habits_;
};

// One bad topic refuses its whole request, but for options, which list both kinds.
class BybitFront final : public Front {
 public:
  explicit BybitFront(std::string_view category) : category_(category) {
    habits_.silent_close = Duration::minutes(10);
    habits_.whole_refused = true;
  }
  const Habits& habits() const override { return habits_; }
  Ask read(std::string_view frame) const override {
    Ask ask{.id = std::string(member(frame, "req_id").value_or(""))};
    const auto op = member(frame, "op");
    if (op == "subscribe") ask.kind = Ask::Kind::subscribe;
    if (op == "unsubscribe") ask.kind = Ask::Kind::unsubscribe;
    if (op == "ping") ask.kind = Ask::Kind::ping;
    ask.names = texts(member(frame, "args").value_or(""));
    return ask;
  }
  // Four shapes; the one of options says success though every topic failed.
  std::vector<std::string> answer(const Ask& ask, const std::vector<bool>& exists) const override {
    const std::string_view op = ask.kind == Ask::Kind::unsubscribe ? "unsubscribe" : "subscribe";
    const auto bad = std::find(exists.begin(), exists.end(), false);
    if (category_ == "option") {
      std::vector<std::string> taken, failed;
      for (size_t i = 0; i < exists.size(); ++i)
        (exists[i] ? taken : failed).push_back(ask.names[i]);
      return {fmt::format(
          R"({{"success":true,"conn_id":"twin","data":{{"failTopics":[{}],"successTopics":[{}]}},)"
          R"("type":"COMMAND_RESP"}})",
          quoted_list(failed), quoted_list(taken))};
    }
    if (bad != exists.end())
      return {fmt::format(
          R"({{"success":false,"ret_msg":"error:handler not found,topic:{}","conn_id":"twin",)"
          R"("req_id":"{}","op":"{}"}})",
          escaped(ask.names[static_cast<size_t>(bad - exists.begin())]), ask.id, op)};
    return {
        fmt::format(R"({{"success":true,"ret_msg":"{}","conn_id":"twin","req_id":"{}","op":"{}"}})",
                    category_ == "spot" ? op : "", ask.id, op)};
  }
  std::string pong(const Ask&) const override {
    if (category_ == "option") return R"({"args":["1672916271846"],"op":"pong"})";
    return R"({"success":true,"ret_msg":"pong","conn_id":"twin","op":"ping"})";
  }
  std::string snapshot(const Topic& topic, const Book& book) const override {
    if (topic.cure != venues::Cure::resubscribe) return {};
    return fmt::format(
        R"({{"topic":"{}","type":"snapshot","ts":{},"data":{{"s":"{}","b":{},"a":{},"u":{},)"
        R"("seq":{}}},"cts":{}}})",
        topic.name, book.at().ms(), topic.symbol, levels_text(book.bids(), 1000),
        levels_text(book.asks(), 1000), book.sequence().last, book.sequence().last, book.at().ms());
  }
  std::string rest_book(const Topic& topic, const Book& book) const override {
    return fmt::format(
        R"({{"retCode":0,"retMsg":"OK","result":{{"s":"{}","b":{},"a":{},"u":{},"seq":{},)"
        R"("ts":{}}},"retExtInfo":{{}},"time":{}}})",
        topic.symbol, levels_text(book.bids(), 10'000), levels_text(book.asks(), 10'000),
        book.sequence().last, book.sequence().last, book.at().ms(), book.at().ms());
  }

 private:
  const std::string category_;
  Habits habits_;
};

// Text pings; acknowledges each arg; a book begins with a snapshot whose prevSeqId is -1.
class OkxFront final : public Front {
 public:
  OkxFront() { habits_.silent_close = Duration::seconds(30); }
  const Habits& habits() const override { return habits_; }
  Ask read(std::string_view frame) const override {
    if (frame == "ping") return {.kind = Ask::Kind::ping};
    Ask ask{.id = std::string(member(frame, "id").value_or(""))};
    const auto op = member(frame, "op");
    if (op == "subscribe") ask.kind = Ask::Kind::subscribe;
    if (op == "unsubscribe") ask.kind = Ask::Kind::unsubscribe;
    ask.names = objects(member(frame, "args").value_or(""));
    return ask;
  }
  // One answer an arg; a refusal has the request's id alone.
  std::vector<std::string> answer(const Ask& ask, const std::vector<bool>& exists) const override {
    if (ask.kind == Ask::Kind::other)
      return {R"({"event":"error","msg":"Illegal request","code":"60012","connId":"twin"})"};
    std::vector<std::string> out;
    const std::string_view op = ask.kind == Ask::Kind::unsubscribe ? "unsubscribe" : "subscribe";
    for (size_t i = 0; i < ask.names.size(); ++i) {
      out.push_back(
          exists[i]
              ? fmt::format(R"({{"id":"{}","event":"{}","arg":{},"connId":"twin"}})", ask.id, op,
                            ask.names[i])
              : fmt::format(R"({{"event":"error","msg":"Subscribe failed, wrong URL or channel )"
                            R"(doesn't exist.","code":"60018","connId":"twin","id":"{}"}})",
                            ask.id));
    }
    return out;
  }
  std::string pong(const Ask&) const override { return "pong"; }
  std::string snapshot(const Topic& topic, const Book& book) const override {
    if (topic.cure != venues::Cure::resubscribe) return {};
    return fmt::format(
        R"({{"arg":{},"action":"snapshot","data":[{{"asks":{},"bids":{},"ts":"{}","seqId":{},)"
        R"("prevSeqId":-1}}]}})",
        topic.name, levels_text(book.asks(), 400, R"(,"0","1")"),
        levels_text(book.bids(), 400, R"(,"0","1")"), book.at().ms(), book.sequence().last);
  }

 private:
  Habits habits_;
};

// JSON-RPC. Asks for a sign of life once the client has set a heartbeat, and means it.
class DeribitFront final : public Front {
 public:
  const Habits& habits() const override { return habits_; }
  Ask read(std::string_view frame) const override {
    Ask ask{.id = std::string(member(frame, "id").value_or("null"))};
    const auto method = member(frame, "method");
    const std::string_view params = inside(frame, "params");
    if (method == "public/subscribe") ask.kind = Ask::Kind::subscribe;
    if (method == "public/unsubscribe") ask.kind = Ask::Kind::unsubscribe;
    if (method == "public/test") ask.kind = Ask::Kind::alive;
    if (method == "public/set_heartbeat") {
      ask.kind = Ask::Kind::heartbeat;
      const auto seconds = venues::number(params, "interval").value_or(10);
      ask.interval =
          Duration::seconds(static_cast<int64_t>(std::clamp<uint64_t>(seconds, 10, 3600)));
    }
    ask.names = texts(member(params, "channels").value_or(""));
    return ask;
  }
  std::vector<std::string> answer(const Ask& ask, const std::vector<bool>& exists) const override {
    std::string result = "\"ok\"";
    if (ask.kind == Ask::Kind::alive) result = R"({"version":"1.2.26"})";
    if (ask.kind == Ask::Kind::subscribe || ask.kind == Ask::Kind::unsubscribe) {
      std::vector<std::string> taken;
      for (size_t i = 0; i < ask.names.size(); ++i) {
        if (exists[i]) taken.push_back(ask.names[i]);
      }
      result = "[" + quoted_list(taken) + "]";
    }
    return {fmt::format(R"({{"jsonrpc":"2.0","id":{},"result":{},"usIn":1,"usOut":2,"usDiff":1,)"
                        R"("testnet":false}})",
                        ask.id, result)};
  }
  std::string pong(const Ask& ask) const override { return answer(ask, {})[0]; }
  std::string heartbeat() const override {
    return R"({"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}})";
  }
  std::string snapshot(const Topic& topic, const Book& book) const override {
    if (topic.cure != venues::Cure::resubscribe) return {};
    const auto side = [](const codec::Ladder& levels) {
      std::string out;
      for (size_t i = 0; i < levels.size(); ++i)
        out += fmt::format(R"({}["new",{},{}])", i == 0 ? "" : ",", levels[i].price.text(),
                           levels[i].qty.text());
      return out;
    };
    return fmt::format(
        R"({{"jsonrpc":"2.0","method":"subscription","params":{{"channel":"{}","data":{{)"
        R"("type":"snapshot","timestamp":{},"instrument_name":"{}","change_id":{},"bids":[{}],)"
        R"("asks":[{}]}}}}}})",
        topic.name, book.at().ms(), topic.symbol, book.sequence().last, side(book.bids()),
        side(book.asks()));
  }

 private:
  Habits habits_;
};

// One subscription a message; closes a connection to which it has sent nothing for a minute.
class HyperliquidFront final : public Front {
 public:
  HyperliquidFront() {
    habits_.unsent_close = Duration::seconds(60);
    habits_.topics_max = 1000;
  }
  const Habits& habits() const override { return habits_; }
  Ask read(std::string_view frame) const override {
    Ask ask;
    const auto method = member(frame, "method");
    if (method == "ping") ask.kind = Ask::Kind::ping;
    if (method == "subscribe") ask.kind = Ask::Kind::subscribe;
    if (method == "unsubscribe") ask.kind = Ask::Kind::unsubscribe;
    if (const auto what = member(frame, "subscription")) ask.names = {std::string(*what)};
    return ask;
  }
  std::vector<std::string> answer(const Ask& ask, const std::vector<bool>& exists) const override {
    if (ask.kind == Ask::Kind::other || ask.names.empty())
      return {R"({"channel":"error","data":"Error parsing JSON into valid websocket request"})"};
    if (!exists[0])
      return {fmt::format(R"({{"channel":"error","data":"Invalid subscription {}"}})",
                          escaped(ask.names[0]))};
    return {fmt::format(
        R"({{"channel":"subscriptionResponse","data":{{"method":"{}","subscription":{}}}}})",
        ask.kind == Ask::Kind::unsubscribe ? "unsubscribe" : "subscribe", ask.names[0])};
  }
  std::string pong(const Ask&) const override { return R"({"channel":"pong"})"; }

 private:
  Habits habits_;
};

}  // namespace

// Sizes keep the digits that they came with, for OKX signs the text of its books.
std::string levels_text(const codec::Ladder& side, size_t most, std::string_view more) {
  std::string out = "[";
  for (size_t i = 0; i < std::min(most, side.size()); ++i) {
    const Level& level = side[i];
    out += fmt::format(R"({}["{}","{}"{}])", i == 0 ? "" : ",",
                       write_decimal(level.price.raw(), Price::digits, level.price_digits),
                       padded(level.qty.text(), level.qty_digits), more);
  }
  return out + "]";
}

// Most channels begin with nothing.
std::string Front::snapshot(const venues::Topic&, const codec::Book&) const { return {}; }
std::string Front::rest_book(const venues::Topic&, const codec::Book&) const { return {}; }

// By the names of make_dialect.
Result<std::unique_ptr<Front>> make_front(std::string_view market) {
  if (market.starts_with("binance-")) return std::unique_ptr<Front>(new BinanceFront(market));
  if (market.starts_with("bybit:")) return std::unique_ptr<Front>(new BybitFront(market.substr(6)));
  if (market == "okx") return std::unique_ptr<Front>(new OkxFront);
  if (market == "deribit") return std::unique_ptr<Front>(new DeribitFront);
  if (market == "hyperliquid") return std::unique_ptr<Front>(new HyperliquidFront);
  return Error{Fault::not_found, fmt::format("no twin of \"{}\"", market.substr(0, 60))};
}

}  // namespace delever::twin
