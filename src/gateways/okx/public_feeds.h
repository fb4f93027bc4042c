// OKX's public channels: who follows which, and what is due. Books are a snapshot and updates that
// name the number before, with the checksum of the first 25 levels; liquidations one a contract and
// second at most.
// https://www.okx.com/docs-v5/en/#order-book-trading-market-data-ws-order-book-channel
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gateways/gateway.h"
#include "gateways/okx/channel.h"
#include "gateways/okx/market_rows.h"

namespace delever::gateways::okx {

class PublicFeeds {
 public:
  PublicFeeds(Venue& venue, Outward& out) : venue_(venue), out_(out) {}
  bool knows(Path path, const Channel& channel) const;
  void follow(SocketId socket, Path path, const Channel& channel);
  void leave(SocketId socket, const Channel& channel);
  void leave_all(SocketId socket);
  void on_update(const DeskUpdate& update);
  void tick();

 private:
  enum class Kind : uint8_t {
    books,    // snapshot and updates
    partial,  // books5, bbo-tbt: whole each time
    trades,
    ticker,
    candle,
    price_candle,
    mark,
    index,
    funding,
    open_interest,
    price_limit,
    liquidations,
    instruments,
    quiet,  // status and others of which nothing comes
  };
  struct Topic {
    Kind kind = Kind::quiet;
    const Product* product = nullptr;  // missing: of a type
    size_t depth = 0;
    CandleLength length;
    Duration every;  // between pushes
    bool of_index = false, with_count = true;
  };
  struct Feed {
    Topic topic;
    Channel channel;
    std::vector<SocketId> followers;
    Instant due;
    BookSnapshot book;
    uint64_t sequence = 0;
    bool stale = true, opened = false;
    std::string row;  // sent last, without its time
    std::vector<PublicTrade> trades;
    Candle candle;
    std::map<InstrumentId, uint64_t> liquidation;  // told last
  };
  std::optional<Topic> read_topic(Path path, const Channel& channel) const;
  std::optional<Topic> read_candle_topic(const Channel& channel) const;
  const Product* index_product(std::string_view name) const;
  void open(Feed& feed);
  void refresh_books();
  void push(Feed& feed);
  void push_book(Feed& feed);
  void push_trades(Feed& feed);
  void push_candle(Feed& feed);
  void push_liquidations(Feed& feed);
  // Where it differs from what was sent last, apart from its time.
  void push_row(Feed& feed);
  std::string row_of(const Feed& feed, Instant at) const;
  std::string message(const Feed& feed, std::string_view rows, std::string_view action = {}) const;
  std::string book_rows(const Feed& feed, const BookSnapshot& levels, int64_t previous) const;
  std::string instrument_rows(const Channel& channel) const;

  Venue& venue_;
  Outward& out_;
  std::map<std::string, Feed, std::less<>> feeds_;  // by argument
};

}  // namespace delever::gateways::okx
