// Bybit's public topics: who follows which, and what is due. Books are snapshot and changes with u
// rising by one, by topic; tickers changes of a snapshot; liquidations all, twice a second.
// https://bybit-exchange.github.io/docs/v5/websocket/public/orderbook
#pragma once

#include <map>
#include <string>
#include <vector>

#include "gateways/bybit/market_rows.h"
#include "gateways/gateway.h"

namespace delever::gateways::bybit {

class PublicFeeds {
 public:
  PublicFeeds(Venue& venue, Outward& out) : venue_(venue), out_(out) {}
  bool knows(Category category, std::string_view topic) const;
  bool follows(SocketId socket, Category category, std::string_view topic) const;
  // Sends the snapshot, where the topic has one.
  void follow(SocketId socket, Category category, std::string_view topic);
  void leave(SocketId socket, Category category, std::string_view topic);
  void leave_all(SocketId socket);
  void on_update(const DeskUpdate& update);
  void tick();

 private:
  enum class Kind : uint8_t { book, trades, ticker, candle, liquidations, insurance, price_limit };
  struct Topic {
    Kind kind = Kind::book;
    const Product* product = nullptr;  // missing: of the venue
    uint32_t depth = 0;
    std::string interval;
    CandleLength length;
    Duration every;  // between pushes
  };
  struct Feed {
    Topic topic;
    std::string name;
    std::vector<SocketId> followers;
    Instant due, pushed;  // by the wall
    // What was sent last.
    BookSnapshot book;
    uint64_t update = 0;
    bool stale = true;
    Fields fields;
    std::vector<PublicTrade> trades;
    std::string direction = "ZeroPlusTick";
    Price last_price;
    Candle candle;
    uint64_t liquidation = 0;
  };
  using Name = std::pair<Category, std::string>;

  std::optional<Topic> read_topic(Category category, std::string_view name) const;
  void open(Feed& feed);
  void refresh_books();
  void push(Feed& feed, Instant wall);
  void push_book(Feed& feed, Instant wall);
  void push_ticker(Feed& feed);
  void push_trades(Feed& feed);
  void push_candle(Feed& feed);
  void push_liquidations(Feed& feed);
  std::string book_message(const Feed& feed, const BookSnapshot& levels, bool snapshot) const;
  std::string ticker_message(const Feed& feed, const Fields& fields, bool snapshot) const;
  std::string head(const Feed& feed, std::string_view type) const;  // up to "data":

  Venue& venue_;
  Outward& out_;
  std::map<Name, Feed> feeds_;
  std::map<InstrumentId, Feed*> trades_of_;
};

}  // namespace delever::gateways::bybit
