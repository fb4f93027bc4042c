// Field by field against the normalised events of tardis-node 18.2.0 on the same messages
// (expected-tardis.jsonl). Each accepted difference stands in kAccepted with its reason, and one
// that no longer occurs fails the test as well.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <map>
#include <set>

#include "venues/registry.h"
#include "venues/wire_testing.h"

namespace delever::venues::okx {
namespace {

struct Accepted {
  const char* folder;
  size_t line;  // of expected-tardis.jsonl, from 1
  const char* difference;
};

constexpr Accepted kAccepted[] = {
    // Index tickers are events of ours on the index; tardis keeps them to fill in tickers of
    // contracts.
    {"okx", 11, "extra index_price"},
    {"okx", 15, "extra index_price"},
    {"okx", 21, "extra index_price"},
    {"okx", 28, "extra index_price"},
    {"okx", 30, "extra index_price"},
    {"okx", 32, "extra index_price"},
    {"okx", 35, "extra index_price"},
    // The same for what it merges into option summaries; gauges join them here, the decoder does
    // not.
    {"okx", 36, "extra open_interest"},
    {"okx", 37, "extra mark_price"},
    // tardis takes liquidation-orders and bbo-tbt only from the days on when it recorded them (by
    // local time).
    {"okx", 13, "extra liquidation"},
    {"okx", 25, "extra quote"},
    // Best prices from tickers until bbo-tbt was recorded, then no longer; ours are quotes of a
    // slower channel.
    {"okx", 27, "extra quote"},
    {"okx", 29, "extra quote"},
    {"okx", 31, "extra quote"},
    {"okx", 33, "extra quote"},
    // The last price of a ticker repeats what trades say in full.
    {"okx", 7, "lastPrice"},
    {"okx", 12, "lastPrice"},
    {"okx", 20, "lastPrice"},
    {"okx", 22, "lastPrice"},
    {"okx", 23, "lastPrice"},
    {"okx", 27, "lastPrice"},
    {"okx", 29, "lastPrice"},
    {"okx", 31, "lastPrice"},
    {"okx", 33, "lastPrice"},
    {"okx", 39, "lastPrice"},
    // A merged ticker keeps the latest time of all its parts: here the receive time that both of us
    // give to the
    // funding of line 18, which states none, a day later than the rest.
    {"okx", 20, "timestamp"},
    {"okx", 22, "timestamp"},
    {"okx", 23, "timestamp"},
    // ... and, one part older than another, the time of line 4 for line 5.
    {"okx", 5, "timestamp"},
    // No rate accrues in a message without fundingRate: the time it names settles nothing that we
    // know.
    {"okx", 24, "fundingTimestamp"},
    // Sixteen digits, of which Rate holds fifteen; nineteen, of which Price holds ten after the
    // point.
    {"okx", 16, "fundingRate"},
    {"okx", 39, "markPrice"},
    // Black-Scholes greeks in dollars, where tardis takes those in coins ("PA"), which cannot be
    // added up in dollars.
    {"okx", 39, "delta"},
    {"okx", 39, "gamma"},
    {"okx", 39, "vega"},
    {"okx", 39, "theta"},
    {"okx", 39, "delta"},
    {"okx", 39, "gamma"},
    {"okx", 39, "vega"},
    {"okx", 39, "theta"},
    {"okx", 41, "delta"},
    {"okx", 41, "gamma"},
    {"okx", 41, "vega"},
    {"okx", 41, "theta"},
    // The decoder leaves the joining of the index price to gauges (fwdPx, where it is sent, is the
    // forward).
    {"okx", 39, "underlyingPrice"},
    {"okx", 39, "underlyingPrice"},
    {"okx", 41, "underlyingPrice"},
    // Spreads are no instruments of ours.
    {"okx", 42, "no trade"},
    {"okx", 43, "no book_change"},
    {"okx", 44, "no book_ticker"},
};

using Fields = std::map<std::string, std::string>;

std::string number(double value) { return write_double(value); }
template <class T>
std::string number(const T& fixed) {
  return write_double(*read_double(fixed.text()));
}

std::string levels_text(const std::vector<Level>& side) {
  std::string out;
  for (const Level& level : side) out += number(level.price) + ":" + number(level.qty) + " ";
  return out;
}

// tardis' event, flattened; constant fields left out.
Fields fields_of(simdjson::dom::object event) {
  Fields out;
  for (const auto [key, value] : event) {
    const std::string name(key);
    if (name == "exchange" || name == "type" || name == "localTimestamp") continue;
    if (value.is_string()) {
      out[name] = std::string(value.get_string().value());
    } else if (value.is_number()) {
      out[name] = write_double(value.get_double().value());
    } else if (value.is_bool()) {
      out[name] = value.get_bool().value() ? "true" : "false";
    } else if (value.is_array()) {
      out.try_emplace(name);  // an empty side
      for (const simdjson::dom::object level : value.get_array())
        out[name] += write_double(level["price"].get_double()) + ":" +
                     write_double(level["amount"].get_double()) + " ";
    }
  }
  for (const char* name : {"timestamp", "fundingTimestamp", "expirationDate"}) {
    if (out.contains(name)) out[name] = Instant::parse(out[name]).value().text();
  }
  return out;
}

// tardis' type for an event of ours.
std::string type_of(const Event& event) {
  const std::string_view name = payload_name(event.payload);
  if (name == "trade" || name == "liquidation") return std::string(name);
  if (name == "quote") return "book_ticker";
  if (name == "book_snapshot" || name == "book_delta") return "book_change";
  return name == "option_quote" ? "option_summary" : "derivative_ticker";
}

// The index that a contract follows, as tardis joins them: USDC contracts followed the dollar index
// until 2023-04-20.
std::string index_of(const Instrument& instrument, Instant at) {
  const bool dollar = instrument.quote == "USDC" && at < Instant::parse("2023-04-20").value();
  return instrument.base + "-" + (dollar ? "USD" : instrument.quote);
}

// What our events say in tardis' words; a merged ticker is made from what came before as well.
class Translator {
 public:
  explicit Translator(const Instruments& instruments) : instruments_(instruments) {}

  Fields translate(const Event& event) {
    const Instrument& instrument = instruments_[event.instrument];
    Fields out;
    Fields& ticker = tickers_[instrument.symbol];
    const std::string type = type_of(event);
    if (const auto* t = std::get_if<Trade>(&event.payload)) {
      out = {{"id", t->id},
             {"price", number(t->price)},
             {"amount", number(t->qty)},
             {"side", t->taker_side == Side::buy ? "buy" : "sell"}};
    } else if (const auto* q = std::get_if<Quote>(&event.payload)) {
      const auto put = [&](const char* name, const auto& value) {
        if (value) out[name] = number(*value);
      };
      put("askPrice", q->ask_price), put("askAmount", q->ask_qty);
      put("bidPrice", q->bid_price), put("bidAmount", q->bid_qty);
      Fields& best = best_[instrument.symbol];
      best.clear();
      for (const auto& [name, merged_name] : {std::pair{"askPrice", "bestAskPrice"},
                                              {"askAmount", "bestAskAmount"},
                                              {"bidPrice", "bestBidPrice"},
                                              {"bidAmount", "bestBidAmount"}}) {
        if (out.contains(name)) best[merged_name] = out[name];
      }
    } else if (const auto* l = std::get_if<Liquidation>(&event.payload)) {
      out = {{"price", number(*l->price())},
             {"amount", number(*l->qty())},
             {"side", l->position_side == PositionSide::long_side ? "sell" : "buy"}};
    } else if (const auto* d = std::get_if<BookDelta>(&event.payload)) {
      out = {
          {"isSnapshot", "false"}, {"bids", levels_text(d->bids)}, {"asks", levels_text(d->asks)}};
    } else if (const auto* b = std::get_if<BookSnapshot>(&event.payload)) {
      out = {
          {"isSnapshot", "true"}, {"bids", levels_text(b->bids)}, {"asks", levels_text(b->asks)}};
    } else if (const auto* f = std::get_if<FundingRate>(&event.payload)) {
      if (f->kind == FundingKind::current) {
        ticker["fundingRate"] = number(f->rate);
        ticker["fundingTimestamp"] = f->settles_at->text();
      } else if (f->kind == FundingKind::predicted) {
        ticker["predictedFundingRate"] = number(f->rate);
      }
    } else if (const auto* m = std::get_if<MarkPrice>(&event.payload)) {
      ticker["markPrice"] = number(m->price);
    } else if (const auto* i = std::get_if<IndexPrice>(&event.payload)) {
      index_[instrument.symbol] = number(i->price);
    } else if (const auto* o = std::get_if<OpenInterest>(&event.payload)) {
      ticker["openInterest"] = number(*o->contracts);
    } else if (const auto* s = std::get_if<OptionQuote>(&event.payload)) {
      out = merged(instrument, event.at);
      out.insert(best_[instrument.symbol].begin(), best_[instrument.symbol].end());
      option(out, *s, instrument);
    }
    if (type == "derivative_ticker") out = merged(instrument, event.at);
    out["symbol"] = instrument.symbol;
    out["timestamp"] = event.at.text();
    return out;
  }
  // A message of which nothing but the last price is taken by tardis.
  Fields merged(const Instrument& instrument, Instant at) {
    Fields out = tickers_[instrument.symbol];
    if (const auto found = index_.find(index_of(instrument, at)); found != index_.end())
      out["indexPrice"] = found->second;
    out["symbol"] = instrument.symbol;
    out["timestamp"] = at.text();
    return out;
  }

 private:
  static void option(Fields& out, const OptionQuote& s, const Instrument& instrument) {
    const auto put = [&](const char* name, const auto& value) {
      if (value) out[name] = number(*value);
    };
    put("bestBidIV", s.bid_iv), put("bestAskIV", s.ask_iv), put("markIV", s.mark_iv);
    put("delta", s.greeks.delta), put("gamma", s.greeks.gamma), put("vega", s.greeks.vega);
    put("theta", s.greeks.theta), put("underlyingPrice", s.underlying_price),
        put("strikePrice", instrument.strike);
    if (!s.underlying.empty()) out["underlyingIndex"] = s.underlying;
    out["optionType"] = instrument.option_type == OptionType::call ? "call" : "put";
    out["expirationDate"] = instrument.expiry->text();
  }
  const Instruments& instruments_;
  std::map<std::string, Fields> tickers_, best_;
  std::map<std::string, std::string> index_;
};

class OkxTardis : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Okx, OkxTardis, ::testing::Values("okx", "okx-spot"));

TEST_P(OkxTardis, EveryField) {
  const std::string folder = GetParam();
  SKIP_WITHOUT_WIRE(file, folder + "/expected-tardis");
  std::multiset<std::pair<size_t, std::string>> accepted;
  for (const Accepted& entry : kAccepted) {
    if (entry.folder == folder) accepted.emplace(entry.line, entry.difference);
  }
  std::string test;
  std::unique_ptr<Instruments> instruments;
  std::unique_ptr<codec::Decoder> decoder;
  std::unique_ptr<Translator> translator;
  size_t compared = 0;
  for (size_t n = 0; n < file->size(); ++n) {
    const size_t line = n + 1;
    const std::string_view text = (*file)[n].raw.bytes;
    simdjson::dom::parser parser;
    const simdjson::dom::element entry = parser.parse(std::string(text)).value();
    // tardis begins anew with each test, and within one with each day of its table of channels.
    const Instant received = Instant::parse(entry["localTimestamp"].get_string().value()).value();
    if (const std::string name = std::string(entry["test"].get_string().value()) + received.date();
        name != test) {
      test = name;
      instruments = std::make_unique<Instruments>();
      decoder = std::move(make_decoder("okx", {}, *instruments, 0)).value();
      translator = std::make_unique<Translator>(*instruments);
    }
    const size_t from = text.find("\"raw\":") + 6, to = text.rfind(",\"expected\":");
    venues::fixture::Collected ours;
    venues::fixture::decode_text(*decoder, text.substr(from, to - from), ours, received);
    EXPECT_TRUE(ours.undecoded.empty()) << folder << " line " << line;
    const auto differs = [&](const std::string& what, const std::string& detail) {
      const auto found = accepted.find({line, what});
      if (found != accepted.end()) {
        accepted.erase(found);
      } else {
        ADD_FAILURE() << folder << " line " << line << ": " << what << " " << detail;
      }
    };
    // Events of one type and symbol are translated one after the other; a merged ticker is whole
    // with the last.
    std::map<std::pair<std::string, std::string>, Fields> mine;
    for (const Event& event : ours.events) {
      const Fields fields = translator->translate(event);
      mine[{type_of(event), fields.at("symbol")}] = fields;
    }
    std::set<std::pair<std::string, std::string>> matched;
    for (const simdjson::dom::object event : entry["expected"].get_array()) {
      const std::string type(event["type"].get_string().value()),
          symbol(event["symbol"].get_string().value());
      const Fields theirs = fields_of(event);
      matched.insert({type, symbol});
      Fields own;
      if (const auto found = mine.find({type, symbol}); found != mine.end()) {
        own = found->second;
      } else if (const auto known = instruments->find("okx", symbol);
                 known && type == "derivative_ticker") {
        own = translator->merged((*instruments)[*known], ours.events.at(0).at);
      } else {
        differs("no " + type, symbol);
        continue;
      }
      for (const auto& [name, value] : theirs) {
        const std::string shown = own.contains(name) ? own.at(name) : "(missing)";
        if (shown != value) differs(name, "ours " + shown + " theirs " + value);
        ++compared;
      }
      for (const auto& [name, value] : own) {
        if (type != "option_summary" && !theirs.contains(name)) differs("extra " + name, value);
      }
    }
    for (const Event& event : ours.events) {
      const std::string& symbol = (*instruments)[event.instrument].symbol;
      if (!matched.contains({type_of(event), symbol}))
        differs("extra " + std::string(payload_name(event.payload)), symbol);
    }
  }
  for (const auto& [line, what] : accepted)
    ADD_FAILURE() << folder << " line " << line << " no longer differs: " << what;
  EXPECT_GT(compared, folder == "okx" ? 180u : 20u);
}

}  // namespace
}  // namespace delever::venues::okx
