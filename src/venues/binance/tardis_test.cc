// Field by field against the normalised events of tardis-node 18.2.0 on the same messages
// (expected-tardis.jsonl). Each accepted difference stands in kAccepted with its reason, and one
// that no longer occurs fails the test as well.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <map>
#include <set>

#include "codec/book.h"
#include "venues/registry.h"
#include "venues/wire_testing.h"

namespace delever::venues::binance {
namespace {

// What we print for a difference, and why it is right. `line` is of expected-tardis.jsonl, from 1.
struct Accepted {
  const char* file;
  size_t line;
  const char* difference;
};

// We take T, the matching engine's time; tardis takes E, the sender's.
constexpr const char* kMatchingTime = "timestamp";

constexpr Accepted kAccepted[] = {
    // aggTrade is another channel of ours for the same trades; tardis takes trade alone.
    {"binance-usdm", 1, "extra trade"},
    // 24hrTicker repeats the last price that trades say in full: it carries no event of ours.
    {"binance-usdm", 2, "lastPrice"},
    {"binance-usdm", 2, kMatchingTime},
    {"binance-usdm", 3, "lastPrice"},
    {"binance-usdm", 9, "lastPrice"},
    {"binance-usdm", 10, "lastPrice"},
    // We give deltas as they come, whole or not; the builder keeps them. tardis holds them back
    // until a snapshot.
    {"binance-usdm", 6, "extra book_delta"},
    {"binance-usdm", 16, "extra book_delta"},
    // Made by hand, with a bid of 8493.78 above the asks: our builder reports that and serves no
    // book, so that the
    // levels compared are those of the snapshot, without the update that waited for it.
    {"binance-usdm", 7, "gap"},
    {"binance-usdm", 7, "bids"},
    {"binance-usdm", 7, "asks"},
    {"binance-usdm", 8, kMatchingTime},
    // openInterest without a time of its own: ours is the receive time, tardis repeats the last
    // ticker's.
    {"binance-usdm", 9, kMatchingTime},
    // The price and size of a liquidation: the fill (ap, z), where tardis takes the order (p, q). z
    // is q here.
    {"binance-usdm", 13, "price"},
    {"binance-usdm", 15, kMatchingTime},
    // tardis waits for the snapshot; see usdm 6.
    {"binance-spot", 7, "extra book_delta"},
    {"binance-spot", 8, "extra book_delta"},
    // tardis keeps these to fill in its option summaries; they are events of ours.
    {"binance-eoptions", 4, "extra index_price"},
    {"binance-eoptions", 5, "extra mark_price"},
    {"binance-eoptions", 7, "extra open_interest"},
    {"binance-eoptions", 8, "extra index_price"},
    {"binance-eoptions", 9, "extra open_interest"},
    {"binance-eoptions", 16, "extra option_quote"},
    {"binance-eoptions", 17, "extra open_interest"},
    {"binance-eoptions", 17, "extra open_interest"},
    // The first version's depth: T is a second older than E.
    {"binance-eoptions", 3, kMatchingTime},
    // What other channels said: gauges join them, the decoder does not.
    {"binance-eoptions", 6, "underlyingPrice"},
    {"binance-eoptions", 6, "underlyingIndex"},
    {"binance-eoptions", 10, "underlyingPrice"},
    {"binance-eoptions", 10, "underlyingIndex"},
    {"binance-eoptions", 10, "openInterest"},
    {"binance-eoptions", 18, "lastPrice"},
    {"binance-eoptions", 18, "openInterest"},
};

using Fields = std::map<std::string, std::string>;

std::string number(double value) { return write_double(value); }
template <class T>
std::string number(const T& fixed) {
  return write_double(*read_double(fixed.text()));
}

template <class Side>
std::string levels_text(const Side& side) {
  std::string out;
  for (size_t i = 0; i < side.size(); ++i)
    out += number(side[i].price) + ":" + number(side[i].qty) + " ";
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
      for (const simdjson::dom::object level : value.get_array())
        out[name] += write_double(level["price"].get_double()) + ":" +
                     write_double(level["amount"].get_double()) + " ";
      out.try_emplace(name);  // an empty side
    }
  }
  for (const char* name : {"timestamp", "fundingTimestamp", "expirationDate"}) {
    if (out.contains(name)) out[name] = Instant::parse(out[name]).value().text();
  }
  return out;
}

// What our events say in tardis' words. Several events may make one of theirs; a ticker is merged
// from many messages.
class Translator {
 public:
  explicit Translator(const Instruments& instruments)
      : instruments_(instruments), books_(instruments, gaps_) {}

  // The fields of `type`, out of the events of one message.
  Fields translate(const std::string& type, const std::vector<Event>& events) {
    Fields out;
    for (const Event& event : events) {
      const size_t gaps = gaps_.events.size();
      books_.on_event(event);
      if (gaps_.events.size() > gaps) out["gap"] = "reported";
      const Instrument& instrument = instruments_[event.instrument];
      Fields& ticker = tickers_[event.instrument];
      if (const auto* t = std::get_if<Trade>(&event.payload)) {
        out.insert({{"id", t->id},
                    {"price", number(t->price)},
                    {"amount", number(t->qty)},
                    {"side", t->taker_side == Side::buy ? "buy" : "sell"}});
      } else if (const auto* q = std::get_if<Quote>(&event.payload)) {
        out.insert({{"askPrice", number(*q->ask_price)},
                    {"askAmount", number(*q->ask_qty)},
                    {"bidPrice", number(*q->bid_price)},
                    {"bidAmount", number(*q->bid_qty)}});
      } else if (const auto* l = std::get_if<Liquidation>(&event.payload)) {
        out.insert({{"price", number(*l->price())},
                    {"amount", number(*l->qty())},
                    {"side", l->position_side == PositionSide::long_side ? "sell" : "buy"}});
      } else if (const auto* d = std::get_if<BookDelta>(&event.payload)) {
        out.insert({{"isSnapshot", "false"},
                    {"bids", levels_text(d->bids)},
                    {"asks", levels_text(d->asks)}});
      } else if (const auto* b = std::get_if<BookSnapshot>(&event.payload)) {
        const codec::Book* book =
            books_.book(event.instrument);  // theirs holds the updates that waited for it
        out.insert({{"isSnapshot", "true"},
                    {"bids", book ? levels_text(book->bids()) : levels_text(b->bids)},
                    {"asks", book ? levels_text(book->asks()) : levels_text(b->asks)}});
      } else if (const auto* f = std::get_if<FundingRate>(&event.payload)) {
        ticker["fundingRate"] = number(f->rate);
        ticker["fundingTimestamp"] = f->settles_at->text();
      } else if (const auto* m = std::get_if<MarkPrice>(&event.payload)) {
        ticker["markPrice"] = number(m->price);
      } else if (const auto* i = std::get_if<IndexPrice>(&event.payload)) {
        ticker["indexPrice"] = number(i->price);
      } else if (const auto* o = std::get_if<OpenInterest>(&event.payload)) {
        ticker["openInterest"] = number(*o->contracts);
      } else if (const auto* s = std::get_if<OptionQuote>(&event.payload)) {
        option(out, *s, instrument);
      }
      out["symbol"] = instrument.symbol;
      out["timestamp"] = event.at.text();
      if (type != "derivative_ticker") continue;
      for (const auto& [name, value] : ticker) out[name] = value;
    }
    return out;
  }
  static std::string type_of(const Event& event) {
    return std::string(payload_name(event.payload));
  }

 private:
  static void option(Fields& out, const OptionQuote& s, const Instrument& instrument) {
    const auto put = [&](const char* name, const auto& value) {
      if (value) out[name] = number(*value);
    };
    put("bestBidPrice", s.bid_price), put("bestBidAmount", s.bid_qty), put("bestBidIV", s.bid_iv);
    put("bestAskPrice", s.ask_price), put("bestAskAmount", s.ask_qty), put("bestAskIV", s.ask_iv);
    put("markPrice", s.mark_price), put("markIV", s.mark_iv), put("lastPrice", s.last_price);
    put("delta", s.greeks.delta), put("gamma", s.greeks.gamma), put("vega", s.greeks.vega);
    put("theta", s.greeks.theta), put("underlyingPrice", s.underlying_price),
        put("strikePrice", instrument.strike);
    if (!s.underlying.empty()) out["underlyingIndex"] = s.underlying;
    out["optionType"] = instrument.option_type == OptionType::call ? "call" : "put";
    out["expirationDate"] = instrument.expiry->text();
  }
  const Instruments& instruments_;
  venues::fixture::Collected gaps_;
  codec::BookBuilder books_;
  std::map<InstrumentId, Fields> tickers_;
};

// Levels in one order, so that only their content is compared.
std::string sorted_words(const std::string& text) {
  auto words = split(trimmed(text), ' ');
  std::sort(words.begin(), words.end());
  std::string out;
  for (const auto word : words) out += std::string(word) + " ";
  return out;
}

class Tardis : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Binance, Tardis,
                         ::testing::Values("binance-usdm", "binance-spot", "binance-eoptions"));

TEST_P(Tardis, EveryField) {
  const std::string folder = GetParam();
  SKIP_WITHOUT_WIRE(file, folder + "/expected-tardis");
  std::multiset<std::pair<size_t, std::string>> accepted;
  for (const Accepted& entry : kAccepted) {
    if (entry.file == folder) accepted.emplace(entry.line, entry.difference);
  }
  std::string test;
  std::unique_ptr<Instruments> instruments;
  std::unique_ptr<codec::Decoder> decoder;
  std::unique_ptr<Translator> translator;
  size_t compared = 0;
  for (size_t n = 0; n < file->size(); ++n) {
    const size_t line = n + 1;
    simdjson::dom::parser parser;
    const simdjson::dom::element entry = parser.parse(std::string((*file)[n].raw.bytes)).value();
    if (const std::string name(entry["test"].get_string().value()); name != test) {
      test = name;
      instruments = std::make_unique<Instruments>();
      decoder = std::move(make_decoder(folder, {}, *instruments, 0)).value();
      translator = std::make_unique<Translator>(*instruments);
    }
    const std::string_view text =
        (*file)[n].raw.bytes;  // the raw message as it stands, numbers untouched
    const size_t from = text.find("\"raw\":") + 6, to = text.rfind(",\"expected\":");
    const Instant received = Instant::parse(entry["localTimestamp"].get_string().value()).value();
    venues::fixture::Collected ours;
    venues::fixture::decode_text(*decoder, text.substr(from, to - from), ours, received);
    EXPECT_TRUE(ours.undecoded.empty()) << folder << " line " << line;

    const auto differs = [&](const std::string& what, const std::string& detail) {
      const auto found = accepted.find({line, what});
      if (found == accepted.end()) {
        ADD_FAILURE() << folder << " line " << line << ": " << what << " " << detail;
      } else {
        accepted.erase(found);
      }
    };
    const auto expected = entry["expected"].get_array().value();
    if (expected.size() == 0) {
      translator->translate("", ours.events);
      for (const Event& event : ours.events) differs("extra " + Translator::type_of(event), "");
      continue;
    }
    ASSERT_EQ(expected.size(), 1u);
    const simdjson::dom::object event = expected.at(0).get_object();
    Fields theirs = fields_of(event);
    Fields mine =
        translator->translate(std::string(event["type"].get_string().value()), ours.events);
    if (mine.contains("gap")) differs("gap", "");
    for (auto& [name, value] : theirs) {
      std::string own = mine.contains(name) ? mine[name] : "(missing)";
      if (name == "symbol" && own == "(missing)")
        continue;  // no event of ours at all: its fields are listed
      if (name == "bids" || name == "asks") own = sorted_words(own), value = sorted_words(value);
      if (own != value) differs(name, "ours " + own + " theirs " + value);
      ++compared;
    }
  }
  for (const auto& [line, what] : accepted)
    ADD_FAILURE() << folder << " line " << line << " no longer differs: " << what;
  EXPECT_GT(compared, 20u);
}

}  // namespace
}  // namespace delever::venues::binance
