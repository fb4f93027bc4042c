// For tests: our events against the normalised events of another decoder (tardis-node) for the same
// raw messages, field by field. Every line of ../shared/wire/*/expected-tardis.jsonl is {source,
// raw, expected: [...]}.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "venues/registry.h"
#include "venues/wire_testing.h"

namespace delever::venues::fixture {

// One normalised event as "field" -> text; numbers through write_double, times as ISO text. Missing
// fields are absent.
using PeerEvent = std::map<std::string, std::string>;

inline void put(PeerEvent& out, const char* field, std::optional<double> value) {
  if (value) out[field] = write_double(*value);
}
template <class Tag, int n>
void put(PeerEvent& out, const char* field, std::optional<Fixed<Tag, n>> value) {
  if (value) out[field] = write_double(value->approx());
}
inline void put(PeerEvent& out, const char* field, std::optional<WideQty> value) {
  if (value) out[field] = write_double(value->approx());
}
inline std::string levels_text(const std::vector<Level>& levels) {
  std::string out;
  for (const Level& level : levels)
    out +=
        fmt::format("{}x{} ", write_double(level.price.approx()), write_double(level.qty.approx()));
  return out;
}

// Our events of one message in the peer's terms. The peer merges what concerns a contract into one
// derivative_ticker that remembers the fields of earlier messages; so does this.
class PeerView {
 public:
  // `iv_scale`: 100 where the peer keeps volatilities in per cent.
  PeerView(const Instruments& instruments, double iv_scale)
      : instruments_(instruments), iv_scale_(iv_scale) {}

  std::vector<PeerEvent> of(const std::vector<Event>& events) {
    std::vector<PeerEvent> out;
    std::optional<size_t> ticker;
    for (const Event& event : events) {
      const Instrument& instrument = instruments_[event.instrument];
      if (instrument.kind == InstrumentKind::index) continue;  // the peer has no index of its own
      PeerEvent row{{"symbol", instrument.symbol}, {"timestamp", to_ms(event.at)}};
      if (const auto* trade = std::get_if<Trade>(&event.payload)) {
        row["type"] = "trade";
        row["id"] = trade->id;
        put(row, "price", std::optional(trade->price));
        put(row, "amount", std::optional(trade->qty));
        row["side"] = trade->taker_side == Side::buy ? "buy" : "sell";
      } else if (const auto* snapshot = std::get_if<BookSnapshot>(&event.payload)) {
        row["type"] = "book_change";
        row["isSnapshot"] = "true";
        row["bids"] = levels_text(snapshot->bids);
        row["asks"] = levels_text(snapshot->asks);
      } else if (const auto* delta = std::get_if<BookDelta>(&event.payload)) {
        row["type"] = "book_change";
        row["isSnapshot"] = "false";
        row["bids"] = levels_text(delta->bids);
        row["asks"] = levels_text(delta->asks);
      } else if (const auto* liquidation = std::get_if<Liquidation>(&event.payload)) {
        row["type"] = "liquidation";
        if (!liquidation->id.empty()) row["id"] = liquidation->id;
        put(row, "price", liquidation->price());
        put(row, "amount", liquidation->qty());
        row["side"] = liquidation->position_side == PositionSide::long_side
                          ? "sell"
                          : "buy";  // of the closing order
      } else if (const auto* quote = std::get_if<Quote>(&event.payload)) {
        row["type"] = "book_ticker";
        put(row, "bidPrice", quote->bid_price);
        put(row, "bidAmount", quote->bid_qty);
        put(row, "askPrice", quote->ask_price);
        put(row, "askAmount", quote->ask_qty);
      } else if (const auto* option = std::get_if<OptionQuote>(&event.payload)) {
        option_summary(row, *option, instrument);
      } else {
        PeerEvent& known = tickers_[event.instrument];
        merge(known, event.payload);
        for (const auto& [field, value] : known) row[field] = value;
        row["type"] = "derivative_ticker";
        if (ticker) {
          out[*ticker] = row;
          continue;
        }
        ticker = out.size();
      }
      out.push_back(std::move(row));
    }
    return out;
  }

 private:
  static std::string to_ms(Instant t) {  // the peer's clock has no finer digits
    return Instant::ns(t.ns() - t.ns() % 1'000'000).text();
  }
  std::optional<double> scaled(std::optional<double> iv) const {
    return iv ? std::optional(*iv * iv_scale_) : std::nullopt;
  }
  void option_summary(PeerEvent& row, const OptionQuote& option,
                      const Instrument& instrument) const {
    row["type"] = "option_summary";
    if (instrument.option_type)
      row["optionType"] = *instrument.option_type == OptionType::call ? "call" : "put";
    if (instrument.expiry) row["expirationDate"] = instrument.expiry->text();
    put(row, "strikePrice", instrument.strike);
    put(row, "bestBidPrice", option.bid_price);
    put(row, "bestBidAmount", option.bid_qty);
    put(row, "bestBidIV", scaled(option.bid_iv));
    put(row, "bestAskPrice", option.ask_price);
    put(row, "bestAskAmount", option.ask_qty);
    put(row, "bestAskIV", scaled(option.ask_iv));
    put(row, "lastPrice", option.last_price);
    put(row, "openInterest", option.open_interest);
    put(row, "markPrice", option.mark_price);
    put(row, "markIV", scaled(option.mark_iv));
    put(row, "delta", option.greeks.delta);
    put(row, "gamma", option.greeks.gamma);
    put(row, "vega", option.greeks.vega);
    put(row, "theta", option.greeks.theta);
    put(row, "rho", option.greeks.rho);
    put(row, "underlyingPrice", option.underlying_price);
    row["underlyingIndex"] = option.underlying;
  }
  static void merge(PeerEvent& row, const EventPayload& payload) {
    if (const auto* mark = std::get_if<MarkPrice>(&payload))
      put(row, "markPrice", std::optional(mark->price));
    if (const auto* index = std::get_if<IndexPrice>(&payload))
      put(row, "indexPrice", std::optional(index->price));
    if (const auto* open = std::get_if<OpenInterest>(&payload))
      put(row, "openInterest", open->contracts);
    if (const auto* funding = std::get_if<FundingRate>(&payload)) {
      if (funding->kind == FundingKind::predicted)
        put(row, "predictedFundingRate", std::optional(funding->rate));
      if (funding->kind != FundingKind::current) return;
      put(row, "fundingRate", std::optional(funding->rate));
      if (funding->settles_at) row["fundingTimestamp"] = funding->settles_at->text();
    }
  }
  const Instruments& instruments_;
  const double iv_scale_;
  std::map<InstrumentId, PeerEvent> tickers_;
};

inline PeerEvent peer_event(simdjson::dom::object object) {
  PeerEvent out;
  for (const auto& [key, value] : object) {
    const std::string name(key);
    if (name == "exchange" || name == "localTimestamp" || value.is_null()) continue;
    if (value.is_array()) {
      std::string& levels = out[name];
      for (const simdjson::dom::element level : value.get_array()) {
        levels += fmt::format("{}x{} ", write_double(level["price"].get_double().value_unsafe()),
                              write_double(level["amount"].get_double().value_unsafe()));
      }
    } else if (value.is_string()) {
      const std::string text(value.get_string().value_unsafe());
      const bool time =
          name == "timestamp" || name == "expirationDate" || name == "fundingTimestamp";
      const auto instant = time ? Instant::parse(text) : Result<Instant>(Instant());
      out[name] = time && instant.has_value() ? instant.value().text() : text;
    } else if (value.is_bool()) {
      out[name] = value.get_bool().value_unsafe() ? "true" : "false";
    } else {
      out[name] = write_double(value.get_double().value_unsafe());
    }
  }
  return out;
}

// Equal as text, or as numbers but for the last digit of a double (percentages divided by 100).
inline bool same_value(const std::string& a, const std::string& b) {
  if (a == b) return true;
  const auto x = read_double(a), y = read_double(b);
  return x && y && std::fabs(*x - *y) <= 1e-12 * std::fabs(*y);
}

// All differences, as "type.field" (a field differs or only one has it), "type missing" (only the
// peer has the event) or "type extra" (only we have it), with the number of times and the first
// example.
struct PeerDifference {
  uint64_t times = 0;
  std::string example;
};
using PeerDifferences = std::map<std::string, PeerDifference>;

struct PeerRow {
  std::string source, raw;
  std::vector<PeerEvent> expected;
};

inline std::vector<PeerRow> peer_rows(const WireFile& file) {
  std::vector<PeerRow> out;
  for (const WireMessage& line : file.messages()) {
    PeerRow row;
    const size_t from = line.raw.bytes.find("\"raw\":") + 6,
                 to = line.raw.bytes.rfind(",\"expected\":");
    row.raw = std::string(line.raw.bytes.substr(from, to - from));
    simdjson::dom::parser parser;
    const simdjson::dom::element whole =
        parser.parse(line.raw.bytes.data(), line.raw.bytes.size()).value();
    row.source = std::string(whole["source"].get_string().value_unsafe());
    for (const simdjson::dom::element one : whole["expected"].get_array())
      row.expected.push_back(peer_event(one.get_object().value_unsafe()));
    out.push_back(std::move(row));
  }
  return out;
}

inline void compare_with_peer(std::vector<PeerEvent> ours, std::vector<PeerEvent> peers,
                              std::string_view raw, PeerDifferences& out) {
  const auto differ = [&](const std::string& what, const std::string& mine,
                          const std::string& theirs) {
    PeerDifference& difference = out[what];
    if (difference.times++ == 0)
      difference.example = fmt::format("ours {} peer {} in {}", mine, theirs, raw.substr(0, 400));
  };
  for (const PeerEvent& peer : peers) {
    const std::string& type = peer.at("type");
    auto mine = ours.begin();
    while (mine != ours.end() && mine->at("type") != type) ++mine;
    if (mine == ours.end()) {
      differ(type + " missing", "-", "-");
      continue;
    }
    std::map<std::string, std::pair<std::string, std::string>> fields;
    for (const auto& [field, value] : *mine) fields[field].first = value;
    for (const auto& [field, value] : peer) fields[field].second = value;
    for (const auto& [field, values] : fields) {
      if (!same_value(values.first, values.second))
        differ(type + "." + field, "\"" + values.first + "\"", "\"" + values.second + "\"");
    }
    ours.erase(mine);
  }
  for (const PeerEvent& rest : ours) differ(rest.at("type") + " extra", "-", "-");
}

struct AcceptedDifference {
  const char* what;
  uint64_t times;
  const char* reason;
};

// Decodes every raw message of `file` and wants exactly the accepted differences.
template <class Accepted>
void expect_peer_agrees(std::string_view decoder_name, const codec::StreamSettings& settings,
                        double iv_scale, const Accepted& accepted, const WireFile& file) {
  Instruments instruments;
  const auto decoder = std::move(make_decoder(decoder_name, settings, instruments, 1)).value();
  PeerView view(instruments, iv_scale);
  PeerDifferences found;
  size_t compared = 0;
  for (const PeerRow& row : peer_rows(file)) {
    Collected sink;
    decode_text(*decoder, row.raw, sink);
    EXPECT_TRUE(sink.undecoded.empty()) << row.raw;
    compared += row.expected.size();
    compare_with_peer(view.of(sink.events), row.expected, row.raw, found);
  }
  EXPECT_GT(compared, 0U);
  for (const AcceptedDifference& one : accepted) {
    EXPECT_EQ(found[one.what].times, one.times) << one.what << ": " << one.reason << "\n"
                                                << found[one.what].example;
    found.erase(one.what);
  }
  for (const auto& [what, difference] : found)
    ADD_FAILURE() << what << " x" << difference.times << ": " << difference.example;
}

}  // namespace delever::venues::fixture
