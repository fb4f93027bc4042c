// Answers of POST /info, and what does not belong to one channel.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "codec/message_loop.h"
#include "venues/hyperliquid/reader.h"

namespace delever::venues {

Instrument hyperliquid_instrument(std::string_view coin) {
  Instrument out{.venue = "hyperliquid", .symbol = std::string(coin)};
  out.quote = out.settle = "USDC";
  out.contract_size = Qty::raw(Qty::scale);
  // PURR/USDC is a spot pair by its name; @107 is one by its number, whose coins spotMeta tells.
  if (const size_t slash = coin.find('/'); slash != coin.npos) {
    out.base = upper(coin.substr(0, slash));
    out.quote = out.settle = upper(coin.substr(slash + 1));
    return out;
  }
  if (coin.starts_with('@') || coin.starts_with('#')) {
    out.base = std::string(coin);
    return out;
  }
  out.kind = InstrumentKind::linear;
  // "dex:COIN" is a market that somebody else runs; its base is the coin.
  const size_t colon = coin.find(':');
  out.base = upper(colon == coin.npos ? coin : coin.substr(colon + 1));
  return out;
}

namespace hyperliquid {
namespace {

// Answers that are read by their shape.
constexpr std::string_view kRead[] = {"meta",           "metaAndAssetCtxs",     "allPerpMetas",
                                      "spotMeta",       "spotMetaAndAssetCtxs", "l2Book",
                                      "fundingHistory", "candleSnapshot",       "recentTrades",
                                      "userFills",      "userFillsByTime"};
// Known, and nothing of ours in them.
constexpr std::string_view kSilentInfo[] = {"allMids",
                                            "clearinghouseState",
                                            "spotClearinghouseState",
                                            "openOrders",
                                            "frontendOpenOrders",
                                            "historicalOrders",
                                            "orderStatus",
                                            "userFunding",
                                            "userNonFundingLedgerUpdates",
                                            "userRateLimit",
                                            "userRole",
                                            "userTwapSliceFills",
                                            "userVaultEquities",
                                            "vaultDetails",
                                            "portfolio",
                                            "referral",
                                            "userFees",
                                            "delegations",
                                            "delegatorSummary",
                                            "delegatorHistory",
                                            "delegatorRewards",
                                            "extraAgents",
                                            "subAccounts",
                                            "subAccounts2",
                                            "maxBuilderFee",
                                            "perpDexs",
                                            "predictedFundings",
                                            "perpsAtOpenInterestCap",
                                            "perpDeployAuctionStatus",
                                            "activeAssetData",
                                            "perpDexLimits",
                                            "perpDexStatus",
                                            "exchangeStatus",
                                            "spotDeployState",
                                            "spotPairDeployAuctionStatus",
                                            "tokenDetails",
                                            "userDexAbstraction",
                                            "userAbstraction",
                                            "borrowLendUserState",
                                            "borrowLendReserveState",
                                            "allBorrowLendReserveStates",
                                            "alignedQuoteTokenInfo",
                                            "perpAnnotation",
                                            "perpCategories",
                                            "perpConciseAnnotations",
                                            "webData2",
                                            "userToMultiSigSigners",
                                            "approvedBuilders"};
// Keys that only answers without an event of ours have.
constexpr std::string_view kSilentInfoKeys[] = {"assetPositions",
                                                "marginSummary",
                                                "balances",
                                                "limitPx",
                                                "order",
                                                "delta",
                                                "fill",
                                                "cumVlm",
                                                "delegated",
                                                "vaultAddress",
                                                "validUntil",
                                                "clearinghouseState",
                                                "totalNetDeposit",
                                                "maxTradeSzs",
                                                "borrowYearlyRate",
                                                "startGas",
                                                "deployer",
                                                "role",
                                                "category"};

template <size_t n>
bool holds(const std::string_view (&names)[n], std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

// Funding was paid every eight hours up to 2023-06-08T00:00Z and every hour since: the spacing of
// 1,038 rows of fundingHistory of BTC, May to July 2023.
Duration settled_interval(Instant at) {
  const Instant hourly_since = Instant::ns(1'686'182'400'000'000'000) + Duration::minutes(30);
  return at < hourly_since ? Duration::hours(8) : Duration::hours(1);
}

}  // namespace

Request Request::parse(std::string_view body) {
  Request out;
  std::string text(trimmed(body));
  const size_t size = text.size();
  text.resize(size + codec::kPadding);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  codec::JsonObject object;
  codec::FieldReader fields;
  if (parser.iterate(text.data(), size, text.size()).get(document) != simdjson::SUCCESS) return out;
  if (document.get_object().get(object) != simdjson::SUCCESS) return out;
  out.type = fields.maybe_text(object, "type").value_or("");
  return out;
}

HyperliquidReader::HyperliquidReader(const codec::StreamSettings& settings,
                                     Instruments& instruments,
                                     std::shared_ptr<HyperliquidLists> lists)
    : Reader(instruments),
      request_(Request::parse(setting(settings, "request"))),
      lists_(std::move(lists)) {}

InstrumentId HyperliquidReader::instrument(std::string_view coin) {
  return known_.find(coin, [&] {
    Instrument parsed = hyperliquid_instrument(coin);
    const InstrumentKind kind = parsed.kind;
    return instruments_.intern("hyperliquid", coin, kind, [&] { return std::move(parsed); });
  });
}

void HyperliquidReader::finish(bool accepted) {
  if (accepted) {
    for (auto& [dex, names] : universes_now_) {
      if (lists_->waiting.contains(dex)) explained_.push_back(dex);
      lists_->universes.insert_or_assign(std::move(dex), std::move(names));
    }
    for (auto& [index, name] : tokens_now_) {
      lists_->nameless.erase(index);
      lists_->tokens.insert_or_assign(index, std::move(name));
    }
    for (auto& [index, listed] : nameless_now_) lists_->nameless.emplace(index, std::move(listed));
  } else {
    // A message that is refused has shown nothing: its trades must count when they come again.
    for (const InstrumentId of : seen_now_) seen_[of].take_back();
  }
  // A message of contexts alone that all have to wait counts as one that was not accepted.
  if (fields_.ok()) wait();
  explain();
  seen_now_.clear();
  universes_now_.clear();
  tokens_now_.clear();
  nameless_now_.clear();
  waiting_now_.clear();
  copies_ = 0;
}

// The lists are those of all streams: each writes and takes the same. What waits for a list that
// has not come is not handed over.
bool HyperliquidReader::hand_over(Handover& state) {
  if (!lists_->nameless.empty() || !lists_->waiting.empty()) return false;
  state.map(seen_);
  state.map(lists_->universes, [&](Names& names) { state.list(names); });
  state.map(lists_->tokens);
  return true;
}

void HyperliquidReader::wait() {
  constexpr size_t kMost = 400'000;  // contexts, some 30 MB
  for (auto& [dex, contexts] : waiting_now_) {
    lists_->contexts_waiting += contexts.size();
    auto& of_dex = lists_->waiting[dex];
    of_dex.push_back({received_, std::move(contexts)});
    for (; lists_->contexts_waiting > kMost && of_dex.size() > 1; of_dex.pop_front())
      lists_->contexts_waiting -= of_dex.front().contexts.size();
  }
}

std::optional<Ending> HyperliquidReader::read_text(std::string_view text) {
  if (text == "Websocket connection established.") return Ending::control;
  if (text == "null" && !request_.type.empty()) return skip("answer without content");
  return std::nullopt;
}

Ending HyperliquidReader::read(codec::JsonObject& object) {
  Ending ending = Ending::read;
  std::string_view channel;
  bool has_channel = false, has_data = false, was_read = false;
  codec::each_key(object, fields_, [&](codec::JsonKey key, codec::JsonValue& value) {
    if (codec::key_code(key) == codec::key_code("channel")) {
      channel = fields_.text(value, "channel");
      has_channel = true;
    } else if (codec::key_code(key) == codec::key_code("data")) {
      has_data = true;
      // "data" before "channel": kept for the second pass below.
      if (!has_channel) return;
      was_read = true;
      ending = read_channel(channel, value);
    }
  });
  if (!fields_.rewind(object)) return Ending::read;
  if (has_channel) {
    if (was_read) return ending;
    channel_ = channel;
    if (channel == "pong") return Ending::control;  // the only one without data
    codec::JsonValue data;
    fields_.require(has_data && fields_.find(object, "data", data), "data");
    return fields_.ok() ? read_channel(channel, data) : Ending::read;
  }
  channel_ = request_.type;
  if (!fields_.ok() || holds(kSilentInfo, request_.type)) return Ending::no_event;
  if (!request_.type.empty() && !holds(kRead, request_.type)) return Ending::unknown;
  const auto keys = keys_of(object, fields_);
  if (!fields_.ok()) return Ending::read;
  Names universe;
  if (const auto read = read_shape(object, keys, universe)) return *read;
  return unknown_shape();
}

Ending HyperliquidReader::unknown_shape() {
  if (!request_.type.empty()) {
    fields_.fail(Fault::malformed, fmt::format("not an answer to {}", request_.type.substr(0, 60)));
    return Ending::read;
  }
  channel_ = "answer of unknown shape";
  return Ending::unknown;
}

std::optional<Ending> HyperliquidReader::read_shape(codec::JsonObject& object,
                                                    const std::vector<std::string_view>& keys,
                                                    Names& universe) {
  const auto has = [&](std::string_view key) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
  };
  const auto named = [&](std::string_view type) {
    if (channel_.empty()) channel_ = type;
    return Ending::read;
  };
  // From the most telling keys to the least: spotMeta has the universe that meta has, and tokens.
  if (has("universe") && has("tokens")) return read_spot_meta(object, universe), named("spotMeta");
  if (has("universe")) return read_meta(object, universe), named("meta");
  if (has("levels") && has("coin")) return read_book(object), named("l2Book");
  if (has("startPosition")) return read_fill(object, {}), named("fills");
  if (has("tid") && has("px")) return read_trade(object), named("recentTrades");
  if (has("t") && has("T") && has("s")) return read_candle(object), named("candleSnapshot");
  if (has("fundingRate") && has("coin")) return read_funding(object), named("fundingHistory");
  for (const std::string_view key : keys) {
    if (holds(kSilentInfoKeys, key))
      return named("answer about an account or a setting"), Ending::no_event;
  }
  if (has("status") && has("response")) return Ending::control;  // of POST /exchange
  return std::nullopt;
}

Ending HyperliquidReader::read(codec::JsonArray& array) {
  channel_ = request_.type;
  if (holds(kSilentInfo, request_.type)) return Ending::no_event;
  if (!request_.type.empty() && !holds(kRead, request_.type)) return Ending::unknown;
  return read_list(array, 0);
}

// Rows of one kind; or [meta, contexts], [meta, meta, ...], [[meta, contexts], ...].
Ending HyperliquidReader::read_list(codec::JsonArray& list, int depth) {
  Ending ending = Ending::no_event;
  Names universe;
  bool has_universe = false, is_empty = true;
  for (auto entry : list) {
    is_empty = false;
    codec::JsonValue value;
    codec::JsonObject object;
    codec::JsonArray inner;
    if (entry.get(value) != simdjson::SUCCESS)
      return fields_.fail(Fault::malformed, "broken JSON"), Ending::read;
    const char opening = *value.raw_json_token().data();
    if (opening == '{' && value.get_object().get(object) == simdjson::SUCCESS) {
      const auto keys = keys_of(object, fields_);
      if (!fields_.ok()) return Ending::read;
      universe.clear();
      const auto read = read_shape(object, keys, universe);
      if (!fields_.ok()) return Ending::read;
      if (!read) return unknown_shape();
      ending = *read;
      has_universe = std::find(keys.begin(), keys.end(), "universe") != keys.end();
    } else if (opening == '[' && value.get_array().get(inner) == simdjson::SUCCESS) {
      // Three levels are the deepest known answer; what lies deeper is not ours.
      if (has_universe) {
        read_contexts(inner, universe);
      } else if (depth < 2) {
        ending = read_list(inner, depth + 1);
      }
      if (!fields_.ok()) return Ending::read;
      if (ending == Ending::unknown) return ending;
      has_universe = false;
    } else if (opening == '{' || opening == '[') {
      return fields_.fail(Fault::malformed, "broken JSON"), Ending::read;
    } else if (opening != 'n') {
      return unknown_shape();  // names, or numbers
    }
  }
  if (channel_.empty()) channel_ = is_empty ? "empty list" : "list";
  if (copies_ > 0) channel_ = "trades seen before";
  return ending;
}

// Contexts beyond the universe belong to coins listed since.
void HyperliquidReader::read_contexts(codec::JsonArray& contexts, const Names& universe) {
  size_t at = 0;
  codec::each_object(contexts, fields_, "ctxs", [&](codec::JsonObject& context) {
    if (const auto coin = fields_.maybe_text(context, "coin");
        coin && !coin->empty()) {  // spot names its pairs
      if (fields_.rewind(context)) read_context(context, instrument(*coin));
    } else if (at >= universe.size()) {
      report_part(Fault::no_evidence, "more contexts than coins in the meta", "ctxs");
    } else {
      if (fields_.rewind(context)) read_context(context, instrument(universe[at]));
    }
    ++at;
  });
}

void HyperliquidReader::read_meta(codec::JsonObject& meta, Names& universe) {
  std::string collateral = "USDC";
  std::optional<int64_t> nameless;
  if (const auto token = fields_.maybe_integer(meta, "collateralToken"); token && *token != 0) {
    const auto known = lists_->tokens.find(*token);
    // A coin that no spotMeta has named keeps a name of its own, so that it is never taken for
    // dollars.
    collateral = known != lists_->tokens.end() ? known->second : fmt::format("TOKEN{}", *token);
    if (known == lists_->tokens.end()) nameless = *token;
  }
  codec::JsonArray coins;
  fields_.require(fields_.find(meta, "universe", coins), "universe");
  if (!fields_.ok()) return;
  codec::each_object(coins, fields_, "universe", [&](codec::JsonObject& coin) {
    const std::string_view name = fields_.text(coin, "name");
    const int64_t digits = fields_.integer(coin, "szDecimals");
    const bool delisted = fields_.maybe_bool(coin, "isDelisted").value_or(false);
    fields_.require(!name.empty(), "name");
    if (digits < 0 || digits > Qty::digits)
      fields_.fail(Fault::out_of_range, "not 0 to 8", "szDecimals");
    if (!fields_.ok()) return;
    Instrument listing = hyperliquid_instrument(name);
    if (listing.kind == InstrumentKind::linear) listing.quote = listing.settle = collateral;
    int64_t step = Qty::scale;
    for (int64_t i = 0; i < digits; ++i) step /= 10;
    listing.step = Qty::raw(step);
    const std::string status = delisted ? "delisted" : "live";
    if (nameless && listing.kind == InstrumentKind::linear)
      nameless_now_.emplace_back(*nameless, HyperliquidLists::Listed{listing, status});
    list(std::move(listing), received_, status);
    universe.emplace_back(name);
  });
  // Contexts are lists in the order of this universe, so it is kept for the messages after it.
  if (!fields_.ok() || universe.empty()) return;
  const size_t colon = universe.front().find(':');
  universes_now_.emplace_back(
      colon == std::string::npos ? std::string() : universe.front().substr(0, colon), universe);
}

void HyperliquidReader::read_spot_meta(codec::JsonObject& meta, Names& universe) {
  struct Token {
    std::string name;
    int64_t digits = 0;
  };
  std::map<int64_t, Token> tokens;
  codec::JsonArray list_of_tokens, pairs;
  fields_.require(fields_.find(meta, "tokens", list_of_tokens), "tokens");
  if (!fields_.ok()) return;
  codec::each_object(list_of_tokens, fields_, "tokens", [&](codec::JsonObject& token) {
    const int64_t index = fields_.integer(token, "index"),
                  digits = fields_.integer(token, "szDecimals");
    const std::string_view name = fields_.text(token, "name");
    if (digits < 0 || digits > Qty::digits)
      fields_.fail(Fault::out_of_range, "not 0 to 8", "szDecimals");
    if (!fields_.ok()) return;
    tokens[index] = {upper(name), digits};
    tokens_now_.emplace_back(index, upper(name));
  });
  if (!fields_.ok()) return;
  // What was listed before its collateral had a name has one now.
  for (const auto& [index, name] : tokens_now_) {
    const auto [from, to] = lists_->nameless.equal_range(index);
    for (auto it = from; it != to; ++it) {
      Instrument listing = it->second.listing;
      listing.quote = listing.settle = name;
      list(std::move(listing), received_, it->second.status);
    }
  }
  fields_.require(fields_.find(meta, "universe", pairs), "universe");
  if (!fields_.ok()) return;
  codec::each_object(pairs, fields_, "universe", [&](codec::JsonObject& pair) {
    const std::string_view name = fields_.text(pair, "name");
    codec::JsonArray both;
    fields_.require(fields_.find(pair, "tokens", both), "universe.tokens");
    fields_.require(!name.empty(), "universe.name");
    if (!fields_.ok()) return;
    Instrument listing = hyperliquid_instrument(name);
    listing.kind = InstrumentKind::spot;
    size_t column = 0;
    for (auto entry : both) {
      int64_t index = 0;
      if (entry.get_int64().get(index) != simdjson::SUCCESS)
        return fields_.fail(Fault::malformed, "not a whole number", "universe.tokens");
      const auto token = tokens.find(index);
      if (token != tokens.end() && column == 0) {
        listing.base = token->second.name;
        int64_t step = Qty::scale;
        for (int64_t i = 0; i < token->second.digits; ++i) step /= 10;
        listing.step = Qty::raw(step);
      } else if (token != tokens.end() && column == 1) {
        listing.quote = listing.settle = token->second.name;
      }
      ++column;
    }
    list(std::move(listing), received_, "live");
    universe.emplace_back(name);
  });
}

void HyperliquidReader::read_funding(codec::JsonObject& row) {
  const std::string_view coin = fields_.text(row, "coin");
  const Rate rate = fields_.fixed<Rate>(row, "fundingRate", Precision::nearest);
  const Instant at = fields_.ms(row, "time");
  fields_.require(!coin.empty(), "coin");
  if (!fields_.ok()) return;
  stage_.add<FundingRate>(instrument(coin), at) = {.rate = rate,
                                                   .kind = FundingKind::settled,
                                                   .interval = settled_interval(at),
                                                   .settles_at = at};
}

}  // namespace hyperliquid

std::shared_ptr<HyperliquidLists> make_hyperliquid_lists() {
  return std::make_shared<HyperliquidLists>();
}

Result<std::unique_ptr<codec::Decoder>> make_hyperliquid_decoder(
    const codec::StreamSettings& settings, Instruments& instruments, SourceId source,
    std::shared_ptr<HyperliquidLists> lists) {
  if (!lists) lists = make_hyperliquid_lists();
  return codec::make_message_loop<hyperliquid::HyperliquidReader>(source, settings, instruments,
                                                                  std::move(lists));
}

}  // namespace delever::venues
