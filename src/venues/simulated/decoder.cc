#include <cstring>
#include <functional>
#include <unordered_map>

#include "codec/message_loop.h"
#include "venues/simulated/simulated.h"

namespace delever::venues {

using namespace codec;
namespace {

// A message from its beginning on, piece by piece as encode.cc writes them; once a piece is another
// nothing more is taken. No loop steps over a '}', so a message that ends with one keeps them all
// inside it, and what is compared at once is shorter than the padding.
class PlainMessage {
 public:
  explicit PlainMessage(std::string_view bytes)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()), good_(bytes.ends_with('}')) {}

  // Whether this comes next; it is taken if so.
  bool meets(std::string_view wanted) {
    if (!good_ || std::memcmp(at_, wanted.data(), wanted.size()) != 0) return false;
    at_ += wanted.size();
    return true;
  }
  void expect(std::string_view wanted) { good_ = meets(wanted); }

  // Up to the quote, which is taken: letters, digits and what symbols have between them.
  std::string_view word() {
    const char* const begin = at_;
    while (good_ && *at_ != '"' && *at_ > ' ' && *at_ <= '|' && *at_ != '\\') ++at_;
    const std::string_view found(begin, static_cast<size_t>(at_ - begin));
    expect("\"");
    good_ = good_ && !found.empty() && found.size() <= 64;
    return found;
  }
  Instant time() {
    constexpr uint64_t kMost = static_cast<uint64_t>(INT64_MAX);
    uint64_t ns = 0;
    const char* const begin = at_;
    for (; good_ && *at_ >= '0' && *at_ <= '9' && at_ - begin < 19; ++at_)
      ns = ns * 10 + static_cast<uint64_t>(*at_ - '0');
    good_ = good_ && at_ != begin && *begin != '0' && !(*at_ >= '0' && *at_ <= '9') && ns <= kMost;
    return Instant::ns(good_ ? static_cast<int64_t>(ns) : 0);
  }
  // A plain decimal and its closing quote.
  template <class T>
  T fixed() {
    if (!good_) return T();
    const bool odd = *at_ == '-' || (at_[0] == '0' && at_[1] >= '0' && at_[1] <= '9');
    const ScannedDecimal scanned = scan_decimal(at_, T::digits);
    good_ = !odd && scanned.end != nullptr && *scanned.end == '"';
    if (!good_) return T();
    at_ = scanned.end + 1;
    return T::raw(scanned.units);
  }
  bool good() const { return good_; }
  // It ends here as well.
  bool ended() const { return good_ && at_ == end_; }

 private:
  const char* at_;
  const char* const end_;
  bool good_;
};

class SimulatedReader final : public FlatReader {
 public:
  SimulatedReader(std::string venue, Instruments& instruments)
      : FlatReader(instruments), venue_(std::move(venue)) {}

 private:
  bool hand_over(Handover& state) override {
    state.map(known_);
    return true;
  }
  Ending read(codec::JsonObject& message, codec::FlatObject& top) override {
    channel_ = top.text("channel");
    const std::string_view symbol = top.symbol("symbol");
    if (!fields_.ok()) return Ending::read;
    // The only channel that may bring a new symbol: the others need it described before.
    if (channel_ == "instrument") return read_instrument(symbol, top);
    const auto known = find(symbol);
    if (!known) {
      fields_.fail(Fault::not_found, "an instrument that was not described", "symbol");
      return Ending::read;
    }
    if (channel_ == "trade") return read_trades(message, *known);
    const Instant at = time(top, "time");
    if (!fields_.ok()) return Ending::read;
    if (channel_ == "quote") return read_quote(message, *known, at);
    if (channel_ == "ticker") return read_ticker(top, *known, at);
    if (channel_ == "book") return read_book(message, *known, at);
    if (channel_ == "liquidation") return read_liquidation(top, *known, at);
    if (channel_ == "funding") return read_funding(top, *known, at);
    if (channel_ == "option") return read_option(top, *known, at);
    if (channel_ == "status") {
      stage_.add<InstrumentListed>(*known, at).status = top.text("status");
      return Ending::read;
    }
    return Ending::unknown;
  }

  struct Beginning {
    std::string_view channel;
    InstrumentId instrument;
  };
  // Of the encoder's own spelling; the text stands behind it then.
  std::optional<Beginning> beginning_of(PlainMessage& text) const {
    constexpr std::string_view kOpening = R"({"channel":")", kSymbol = R"(,"symbol":")";
    text.expect(kOpening);
    const std::string_view channel = text.word();
    text.expect(kSymbol);
    const std::string_view symbol = text.word();
    if (!text.good()) return std::nullopt;
    const auto known = known_.find(symbol);
    if (known == known_.end()) return std::nullopt;
    return Beginning{channel, known->second};
  }

  bool passes_over(std::string_view bytes) override {
    if (!asked_) return false;
    PlainMessage text(bytes);
    const auto begun = beginning_of(text);
    if (!begun || begun->channel == "instrument") return false;
    const InstrumentId id = begun->instrument;
    if (is_asked_.size() <= id) is_asked_.resize(id + 1);
    if (!is_asked_[id]) is_asked_[id] = asked_(instruments_[id]);
    return !*is_asked_[id];
  }

  // Quotes, tickers and trades in the encoder's own spelling, which are nearly all of a tape. What
  // is written otherwise, or wrong, is read above.
  bool read_fast(std::string_view bytes) override {
    PlainMessage text(bytes);
    const auto begun = beginning_of(text);
    if (!begun) return false;
    const auto [channel, instrument] = *begun;
    const bool read = channel == "quote"    ? read_plain_quote(text, instrument)
                      : channel == "ticker" ? read_plain_ticker(text, instrument)
                      : channel == "trade"  ? read_plain_trades(text, instrument)
                                            : false;
    if (read)
      channel_ = channel;
    else
      stage_.clear();
    return read;
  }

  static void read_plain_side(PlainMessage& text, std::optional<Price>& price,
                              std::optional<WideQty>& qty) {
    if (text.meets("null")) return;
    text.expect("[\"");
    price = text.fixed<Price>();
    text.expect(",\"");
    qty = text.fixed<WideQty>();
    text.expect("]");
  }
  bool read_plain_quote(PlainMessage& text, InstrumentId id) {
    text.expect(",\"time\":");
    Quote& quote = stage_.add<Quote>(id, text.time());
    text.expect(",\"bid\":");
    read_plain_side(text, quote.bid_price, quote.bid_qty);
    text.expect(",\"ask\":");
    read_plain_side(text, quote.ask_price, quote.ask_qty);
    text.expect("}");
    const auto sold = [](const std::optional<Price>& price) { return !price || *price > Price(); };
    return text.ended() && sold(quote.bid_price) && sold(quote.ask_price);
  }
  bool read_plain_ticker(PlainMessage& text, InstrumentId id) {
    text.expect(",\"time\":");
    const Instant at = text.time();
    if (text.meets(",\"mark\":\"")) stage_.add<MarkPrice>(id, at).price = text.fixed<Price>();
    if (text.meets(",\"index\":\"")) stage_.add<IndexPrice>(id, at).price = text.fixed<Price>();
    if (text.meets(",\"open_interest\":\""))
      stage_.add<OpenInterest>(id, at).contracts = text.fixed<WideQty>();
    text.expect("}");
    return text.ended();
  }
  bool read_plain_trades(PlainMessage& text, InstrumentId id) {
    text.expect(",\"data\":[[");
    do {
      Trade& trade = stage_.add<Trade>(id, text.time());
      text.expect(",\"");
      trade.price = text.fixed<Price>();
      text.expect(",\"");
      trade.qty = text.fixed<WideQty>();
      const bool buys = text.meets(",\"buy\",\"");
      if (!buys) text.expect(",\"sell\",\"");
      trade.taker_side = buys ? Side::buy : Side::sell;
      trade.id = text.word();
    } while (text.meets("],["));
    text.expect("]]}");
    return text.ended();
  }

  // ns since 1970 UTC, by the simulated market's clock.
  Instant time(codec::FlatObject& top, std::string_view key) {
    return Instant::ns(top.integer(key));
  }

  // The venue's own table, so that one symbol of a spot pair and a contract on two streams stays
  // apart.
  std::optional<InstrumentId> find(std::string_view symbol) const {
    const auto found = known_.find(symbol);
    return found == known_.end() ? std::nullopt : std::optional(found->second);
  }

  Ending read_instrument(std::string_view symbol, codec::FlatObject& top) {
    Instrument out{.venue = venue_, .symbol = std::string(symbol)};
    const std::string_view kind = top.text("kind");
    bool named = false;
    for (const InstrumentKind k : {InstrumentKind::spot, InstrumentKind::linear,
                                   InstrumentKind::inverse, InstrumentKind::option}) {
      if (kind_name(k) != kind) continue;
      out.kind = k;
      named = true;
    }
    if (fields_.ok() && !named)
      fields_.fail(Fault::malformed, "not a kind that a simulated venue lists", "kind");
    out.base = top.symbol("base");
    out.quote = top.symbol("quote");
    out.settle = top.symbol("settle");
    out.contract_size = top.maybe<Qty>("size");
    out.tick = top.maybe<Price>("tick");
    out.step = top.maybe<Qty>("step");
    if (const auto expiry = top.maybe_integer("expiry")) out.expiry = Instant::ns(*expiry);
    out.strike = top.maybe<Price>("strike");
    if (const auto type = top.maybe_text("type")) {
      if (*type != "call" && *type != "put")
        fields_.fail(Fault::malformed, "neither call nor put", "type");
      out.option_type = *type == "call" ? OptionType::call : OptionType::put;
    }
    if (out.kind == InstrumentKind::option && (!out.expiry || !out.strike || !out.option_type))
      fields_.fail(Fault::malformed, "an option without expiry, strike or type", "strike");
    if (const auto interval = top.maybe_integer("funding_interval"))
      out.funding_interval = Duration::ns(*interval);
    const Instant at = time(top, "time");
    if (!fields_.ok()) return Ending::read;
    // Copied, as list() below takes `out`.
    const InstrumentKind k = out.kind;
    const InstrumentId id = instruments_.intern(venue_, symbol, k, [&] { return out; });
    // Described anew, a symbol means what it was described as last.
    known_.insert_or_assign(std::string(symbol), id);
    if (id < is_asked_.size() && is_asked_[id] == std::optional(false)) is_asked_[id].reset();
    list(std::move(out), at, "trading");
    return Ending::read;
  }

  // [ns, price, qty, side, id]
  Ending read_trades(codec::JsonObject& message, InstrumentId id) {
    codec::each_in(message, "data", fields_, [&](codec::JsonValue row) {
      codec::JsonArray cells;
      if (row.get_array().get(cells) != simdjson::SUCCESS)
        return fields_.fail(Fault::malformed, "not a list", "data");
      Trade& trade = stage_.add<Trade>(id, Instant());
      size_t column = 0;
      codec::each(cells, fields_, "data", [&](codec::JsonValue cell) {
        switch (column++) {
          case 0:
            // Each row has its own time; the event was added without one.
            stage_.last().at = Instant::ns(fields_.integer(cell, "time"));
            break;
          case 1:
            trade.price = fields_.fixed<Price>(cell, "price");
            break;
          case 2:
            trade.qty = fields_.fixed<WideQty>(cell, "qty");
            break;
          case 3: {
            const std::string_view side = fields_.text(cell, "side");
            if (fields_.ok() && side != "buy" && side != "sell")
              fields_.fail(Fault::malformed, "neither buy nor sell", "side");
            trade.taker_side = side == "buy" ? Side::buy : Side::sell;
            break;
          }
          case 4:
            trade.id = fields_.text(cell, "id");
            break;
          default:
            fields_.fail(Fault::malformed, "more cells than a trade has", "data");
        }
      });
      if (fields_.ok() && column != 5)
        fields_.fail(Fault::malformed, "fewer cells than a trade has", "data");
    });
    return Ending::read;
  }

  // null: nobody quotes that side. A message without the key is malformed.
  void read_side(codec::JsonObject& message, std::string_view key, std::optional<Price>& price,
                 std::optional<WideQty>& qty) {
    codec::JsonValue value;
    if (!fields_.find(message, key, value)) return fields_.require(false, key);
    bool empty = false;
    if (value.is_null().get(empty) != simdjson::SUCCESS)
      return fields_.fail(Fault::malformed, "not JSON", key);
    if (empty) return;
    levels_.clear();
    read_level(value, levels_, key);
    if (!fields_.ok()) return;
    price = levels_[0].price;
    qty = levels_[0].qty;
  }
  Ending read_quote(codec::JsonObject& message, InstrumentId id, Instant at) {
    Quote& quote = stage_.add<Quote>(id, at);
    read_side(message, "bid", quote.bid_price, quote.bid_qty);
    read_side(message, "ask", quote.ask_price, quote.ask_qty);
    return Ending::read;
  }

  Ending read_ticker(codec::FlatObject& top, InstrumentId id, Instant at) {
    if (const auto mark = top.maybe<Price>("mark")) stage_.add<MarkPrice>(id, at).price = *mark;
    if (const auto index = top.maybe<Price>("index")) stage_.add<IndexPrice>(id, at).price = *index;
    if (const auto open = top.maybe<WideQty>("open_interest"))
      stage_.add<OpenInterest>(id, at).contracts = *open;
    return Ending::read;
  }

  // Always the whole book: this venue sends no deltas.
  Ending read_book(codec::JsonObject& message, InstrumentId id, Instant at) {
    BookSnapshot& book = stage_.add<BookSnapshot>(id, at);
    read_levels(message, "bids", book.bids);
    read_levels(message, "asks", book.asks);
    return Ending::read;
  }

  Ending read_liquidation(codec::FlatObject& top, InstrumentId id, Instant at) {
    const std::string_view position = top.text("position");
    if (fields_.ok() && position != "long" && position != "short")
      fields_.fail(Fault::malformed, "neither long nor short", "position");
    Liquidation& forced = stage_.add<Liquidation>(id, at);
    forced.position_side = position == "long" ? PositionSide::long_side : PositionSide::short_side;
    // It tells of every liquidation, where real venues may leave some out.
    forced.feed = LiquidationFeed::complete;
    forced.average_price = top.fixed<Price>("price");
    forced.filled_qty = top.fixed<WideQty>("qty");
    return Ending::read;
  }

  Ending read_funding(codec::FlatObject& top, InstrumentId id, Instant at) {
    FundingRate& funding = stage_.add<FundingRate>(id, at);
    funding.rate = top.fixed<Rate>("rate");
    funding.kind = FundingKind::settled;
    funding.interval = Duration::ns(top.integer("interval"));
    funding.settles_at = time(top, "settles");
    return Ending::read;
  }

  Ending read_option(codec::FlatObject& top, InstrumentId id, Instant at) {
    OptionQuote& quote = stage_.add<OptionQuote>(id, at);
    quote.mark_price = top.maybe<Price>("mark");
    quote.bid_price = top.maybe<Price>("bid");
    quote.ask_price = top.maybe<Price>("ask");
    quote.bid_iv = top.maybe_double("bid_iv");
    quote.ask_iv = top.maybe_double("ask_iv");
    quote.mark_iv = top.maybe_double("mark_iv");
    quote.underlying_price = top.maybe_double("underlying");
    quote.open_interest = top.maybe<WideQty>("open_interest");
    return Ending::read;
  }

  const std::string venue_;
  struct SymbolHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  std::unordered_map<std::string, InstrumentId, SymbolHash, std::equal_to<>> known_;
  std::vector<Level> levels_;
  std::vector<std::optional<bool>> is_asked_;  // by instrument, by what it was described as
};

}  // namespace

Result<std::unique_ptr<codec::Decoder>> make_simulated_decoder(
    const codec::StreamSettings& settings, Instruments& instruments, SourceId source) {
  const auto venue = settings.find("venue");
  if (venue == settings.end() || venue->second.empty())
    return Error{Fault::malformed, "a simulated stream names its venue", "venue"};
  return codec::make_message_loop<SimulatedReader>(source, venue->second, instruments);
}

}  // namespace delever::venues
