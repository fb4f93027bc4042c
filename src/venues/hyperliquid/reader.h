// The reader of Hyperliquid: channels (channels.cc) and answers of POST /info (info.cc). Private
// to this folder.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "codec/reader.h"
#include "venues/hyperliquid/hyperliquid.h"

namespace delever::venues {
namespace hyperliquid {

// What a context says of a coin.
struct Context {
  std::optional<Rate> funding;
  std::optional<WideQty> contracts;
  std::optional<Price> mark, oracle;
};
using Names = std::vector<std::string>;

}  // namespace hyperliquid

struct HyperliquidLists {
  using Name = std::string;
  std::map<Name, hyperliquid::Names, std::less<>> universes;  // by dex; the first one is ""
  std::map<int64_t, Name> tokens;                             // by index, from spotMeta
  // Listed with a collateral that no spotMeta has named yet, by its index.
  struct Listed {
    Instrument listing;
    std::string status;
  };
  std::multimap<int64_t, Listed> nameless;
  // Contexts of a dex whose meta has not come, in the order of its coins.
  struct Waiting {
    Instant received;
    std::vector<hyperliquid::Context> contexts;
  };
  std::map<Name, std::deque<Waiting>, std::less<>> waiting;
  size_t contexts_waiting = 0;
};

namespace hyperliquid {

using namespace codec;

// The POST body that an answer belongs to.
struct Request {
  static Request parse(std::string_view body);
  std::string type;  // empty: none is known
};

// Trades of one coin seen last. Entries added by a message that turns out broken are taken back.
class SeenTrades {
 public:
  bool add(int64_t time, int64_t id);  // false: seen before
  void take_back() {
    if (!ring_.empty()) ring_.pop_back();
  }

 private:
  static constexpr size_t kKept = 512;
  friend void hand_over(codec::Handover& state, SeenTrades& seen) {
    state.list(seen.ring_);
    state.field(seen.newest_);
  }
  std::deque<std::pair<int64_t, int64_t>> ring_;
  int64_t newest_ = INT64_MIN;  // what is newer cannot be a copy
};

class HyperliquidReader final : public Reader {
 public:
  HyperliquidReader(const codec::StreamSettings& settings, Instruments& instruments,
                    std::shared_ptr<HyperliquidLists> lists);

 private:
  Ending read(codec::JsonObject& object) override;
  Ending read(codec::JsonArray& array) override;
  std::optional<Ending> read_text(std::string_view text) override;
  void finish(bool accepted) override;
  bool hand_over(Handover& state) override;
  void explain();

  Ending read_channel(std::string_view channel, codec::JsonValue& data);
  void read_book(codec::JsonObject& book);
  void read_bbo(codec::JsonObject& object);
  void read_trade(codec::JsonObject& trade);
  void read_asset_context(codec::JsonObject& data);
  void read_all_contexts(codec::JsonObject& data);
  void read_dex_contexts(codec::JsonObject& data);
  void read_fast_contexts(std::string_view base64);
  // `changes`: what has not changed may be left out.
  Context context_of(codec::JsonObject& context, bool changes);
  void read_context(codec::JsonObject& context, InstrumentId of, bool changes = false);
  void read_contexts_of(codec::JsonArray& contexts, std::string_view dex);
  void keep_waiting(codec::JsonArray& contexts, std::string_view dex);
  void wait();
  void read_candle(codec::JsonObject& candle);
  void read_fill(codec::JsonObject& fill, std::string_view user);
  void read_levels(codec::JsonValue& value, std::vector<Level>& out);
  Level read_level(codec::JsonObject& object);

  // One row of an answer, or a whole one, by its keys. Missing: of no known shape.
  std::optional<Ending> read_shape(codec::JsonObject& object,
                                   const std::vector<std::string_view>& keys, Names& universe);
  Ending read_list(codec::JsonArray& list, int depth);
  Ending unknown_shape();
  void read_meta(codec::JsonObject& meta, Names& universe);
  void read_spot_meta(codec::JsonObject& meta, Names& universe);
  void read_contexts(codec::JsonArray& contexts, const Names& universe);
  void read_funding(codec::JsonObject& row);

  InstrumentId instrument(std::string_view coin);

  const Request request_;
  SymbolCache known_;
  std::unordered_map<InstrumentId, SeenTrades> seen_;
  std::vector<InstrumentId> seen_now_;                   // added by the message at hand
  size_t copies_ = 0;                                    // trades of it that were seen before
  const std::shared_ptr<HyperliquidLists> lists_;
  // Of the message at hand.
  std::vector<std::pair<std::string, Names>> universes_now_;
  std::vector<std::pair<int64_t, std::string>> tokens_now_;
  std::vector<std::pair<int64_t, HyperliquidLists::Listed>> nameless_now_;
  std::vector<std::pair<std::string, std::vector<Context>>> waiting_now_;
  std::vector<std::string> explained_;  // dexes whose contexts wait and can be told now
};

}  // namespace hyperliquid
}  // namespace delever::venues
