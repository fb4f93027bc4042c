#include <cstring>
#include <utility>

#include "venues/binance/reader.h"

namespace delever::venues {
namespace binance {

Reader::Reader(BinanceMarket market, const codec::StreamSettings& settings,
               Instruments& instruments)
    : market_(market),
      instruments_(instruments),
      request_(Request::parse(settings.contains("request") ? settings.find("request")->second
                                                           : std::string())),
      symbol_(settings.contains("symbol") ? settings.find("symbol")->second : std::string()) {}

InstrumentKind Reader::kind() const {
  switch (market_) {
    case BinanceMarket::usdm:
      return InstrumentKind::linear;
    case BinanceMarket::coinm:
      return InstrumentKind::inverse;
    case BinanceMarket::spot:
      return InstrumentKind::spot;
    case BinanceMarket::eoptions:
      return InstrumentKind::option;
  }
  check_failed("a BinanceMarket has a kind", __FILE__, __LINE__);
}

InstrumentId Reader::find_instrument(std::string_view symbol) {
  auto found = known_.find(symbol);
  if (found == known_.end()) {
    const InstrumentId id = instruments_.intern(
        "binance", symbol, kind(), [&] { return binance_instrument(market_, symbol); });
    found = known_.emplace(symbol, id).first;
  }
  last_symbol_ = symbol;
  return last_id_ = found->second;
}

InstrumentId Reader::index(std::string_view pair) {
  return instruments_.intern("binance", pair, InstrumentKind::index,
                             [&] { return binance_index(pair, market_); });
}

std::optional<InstrumentId> Reader::unnamed(std::string_view stream) {
  if (!request_.symbol.empty()) return instrument(request_.symbol);
  if (!symbol_.empty()) return instrument(symbol_);
  if (const size_t at = stream.find('@'); at != stream.npos && at > 0)
    return instrument(upper(stream.substr(0, at)));
  if (only_depth_ && !many_depths_) return only_depth_;
  fields.fail(Fault::malformed, "names no symbol, and neither do the settings", "symbol");
  return std::nullopt;
}

std::optional<InstrumentId> Reader::contract_of(std::string_view pair,
                                                std::string_view contract_type) {
  if (pair.empty() || contract_type != "PERPETUAL") return std::nullopt;
  return instrument(market_ == BinanceMarket::coinm ? std::string(pair) + "_PERP"
                                                    : std::string(pair));
}

const char* Reader::scan_levels(const char* p, std::vector<Level>& out) {
  out.clear();
  if (p[0] == '[' && p[1] == ']') return p + 2;
  while (p[0] == '[' || p[0] == ',') {
    if (p[1] != '[' || p[2] != '"') return nullptr;
    const codec::ScannedDecimal price = codec::scan_decimal(p + 3, Price::digits);
    if (!price.end || price.end[0] != '"' || price.end[1] != ',' || price.end[2] != '"')
      return nullptr;
    const codec::ScannedDecimal qty = codec::scan_decimal(price.end + 3, Qty::digits);
    if (!qty.end || qty.end[0] != '"' || qty.end[1] != ']' || qty.units < 0) return nullptr;
    out.push_back({Price::raw(price.units), Qty::raw(qty.units), price.digits, qty.digits});
    p = qty.end + 2;
    if (p[0] == ']') return p + 1;
  }
  return nullptr;
}

// simdjson steps over what was read here from the text.
void Reader::levels(codec::JsonValue& value, std::vector<Level>& out, std::string_view key) {
  if (scan_levels(value.raw_json_token().data(), out)) return;
  out.clear();
  levels_by_token(value, out, key);
}

void Reader::levels_by_token(codec::JsonValue& value, std::vector<Level>& out,
                             std::string_view key) {
  codec::JsonArray rows;
  if (value.get_array().get(rows) != simdjson::SUCCESS)
    return fields.fail(Fault::malformed, "not a list", key);
  for (auto entry : rows) {
    codec::JsonArray row;
    if (entry.get_array().get(row) != simdjson::SUCCESS)
      return fields.fail(Fault::malformed, "not a level", key);
    Level level;
    size_t column = 0;
    for (auto cell : row) {
      codec::JsonValue number;
      if (cell.get(number) != simdjson::SUCCESS)
        return fields.fail(Fault::malformed, "broken JSON", key);
      if (column < 2) {
        const std::string_view text = fields.text(number, key);
        if (!fields.ok()) return;
        const auto read =
            read_decimal(text, column == 0 ? Price::digits : Qty::digits, Precision::exact);
        if (!read.has_value()) return fields.fail(read.error().fault, read.error().what, key);
        (column == 0 ? level.price_digits : level.qty_digits) = read.value().digits;
        if (column == 0) level.price = Price::raw(read.value().units);
        if (column == 1) level.qty = Qty::raw(read.value().units);
      }
      ++column;
    }
    if (column < 2 || level.qty < Qty()) return fields.fail(Fault::malformed, "not a level", key);
    out.push_back(level);
  }
}

namespace {

constexpr size_t kNamesKept = 200;  // a name comes from the wire, so their number is bounded here

class BinanceDecoder final : public codec::Decoder {
 public:
  BinanceDecoder(BinanceMarket market, const codec::StreamSettings& settings,
                 Instruments& instruments, SourceId source)
      : reader_(market, settings, instruments), source_(source) {}

  void decode(const codec::RawMessage& message, codec::MessageSink& sink) override {
    ++counts_.messages;
    reader_.fields.reset();
    reader_.stage.clear();
    reader_.received = message.received;
    const Ending ending = read(message.bytes);
    if (!reader_.fields.ok()) {
      const Error& why = reader_.fields.error();
      count(counts_.undecoded, std::string(fault_name(why.fault)) + " " + why.where);
      return sink.on_undecoded(message, why);
    }
    if (!reader_.stage.empty()) {
      counts_.events += reader_.stage.size();
      return reader_.stage.send(sink, source_, message.received);
    }
    switch (ending) {
      case Ending::control:
        ++counts_.control;
        break;
      case Ending::unknown:
        count(counts_.unknown_channels, reader_.channel);
        break;
      case Ending::read:
      case Ending::no_event:
        count(counts_.no_event, reader_.channel);
        break;
    }
  }

 private:
  static void count(codec::DecodeCounts::ByName& names, std::string_view name) {
    name = name.substr(0, 60);
    auto found = names.find(name);
    if (found == names.end())
      found = names.emplace(names.size() < kNamesKept ? name : "other names", 0).first;
    ++found->second;
  }

  static bool at_end(simdjson::ondemand::document& document) {
    return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
  }

  void broken(simdjson::error_code code) {
    reader_.fields.fail(Fault::malformed,
                        std::string("not JSON: ") + simdjson::error_message(code));
  }

  // The stream's name and the payload of {"stream":"btcusdt@depth","data":...}, where it is written
  // just so.
  static std::pair<std::string_view, std::string_view> unwrapped(std::string_view bytes) {
    constexpr std::string_view opening = "{\"stream\":\"", middle = "\",\"data\":";
    if (!bytes.starts_with(opening) || !bytes.ends_with("}")) return {{}, bytes};
    const size_t at = bytes.find('"', opening.size());
    if (at == bytes.npos || !bytes.substr(at).starts_with(middle)) return {{}, bytes};
    const std::string_view stream = bytes.substr(opening.size(), at - opening.size());
    for (const char c : stream) {
      if (c < '!' || c > '~' || c == '\\') return {{}, bytes};
    }
    bytes.remove_suffix(1);
    return {stream, bytes.substr(at + middle.size())};
  }

  Ending read(std::string_view bytes) {
    if (const auto [stream, payload] = unwrapped(bytes); reader_.read_plain_depth(payload, stream))
      return Ending::read;
    simdjson::ondemand::document document;
    const simdjson::padded_string_view padded(bytes.data(), bytes.size(),
                                              bytes.size() + codec::kPadding);
    if (const auto code = parser_.iterate(padded).get(document); code != simdjson::SUCCESS)
      return broken(code), Ending::read;
    Ending ending = Ending::read;
    codec::JsonObject object;
    codec::JsonArray array;
    const char* text = bytes.data();  // iterate() refuses blank messages
    while (*text == ' ' || *text == '\t' || *text == '\r' || *text == '\n') ++text;
    if (*text == '{') {
      if (const auto code = document.get_object().get(object); code != simdjson::SUCCESS)
        return broken(code), Ending::read;
      constexpr std::string_view wrapped = "{\"stream\":";
      ending = std::string_view(text, wrapped.size()) == wrapped
                   ? read_wrapped(object)
                   : reader_.read_object(object, text, {});
    } else if (const auto code = document.get_array().get(array); code == simdjson::SUCCESS) {
      ending = reader_.read_array(array, {});
    } else {
      return broken(code), Ending::read;
    }
    if (reader_.fields.ok() && !at_end(document)) walk(document, *text == '{');
    return ending;
  }

  // {"stream":"btcusdt@depth","data":...}
  Ending read_wrapped(codec::JsonObject& envelope) {
    Ending ending = Ending::unknown;
    std::string_view stream;
    bool has_data = false;
    codec::each_field(envelope, reader_.fields, [&](uint64_t key, codec::JsonValue& value) {
      if (key == codec::key_code("stream")) {
        stream = reader_.fields.text(value, "stream");
      } else if (key == codec::key_code("data")) {
        has_data = true;
        ending = reader_.read_value(value, stream);
      }
    });
    reader_.fields.require(has_data, "data");
    return ending;
  }

  // What was not looked at must be JSON as well, and one message only.
  void walk(simdjson::ondemand::document& document, bool is_object) {
    document.rewind();
    codec::JsonObject object;
    codec::JsonArray array;
    if (is_object && document.get_object().get(object) == simdjson::SUCCESS) {
      codec::each_field(object, reader_.fields, [](uint64_t, codec::JsonValue&) {});
    } else if (!is_object && document.get_array().get(array) == simdjson::SUCCESS) {
      for (auto entry : array) {
        if (entry.error() != simdjson::SUCCESS)
          return reader_.fields.fail(Fault::malformed, "broken JSON");
      }
    }
    if (reader_.fields.ok() && !at_end(document))
      reader_.fields.fail(Fault::malformed, "more than one message");
  }

  Reader reader_;
  SourceId source_;
  simdjson::ondemand::parser parser_;
};

}  // namespace
}  // namespace binance

Result<std::unique_ptr<codec::Decoder>> make_binance_decoder(BinanceMarket market,
                                                             const codec::StreamSettings& settings,
                                                             Instruments& instruments,
                                                             SourceId source) {
  return std::unique_ptr<codec::Decoder>(
      std::make_unique<binance::BinanceDecoder>(market, settings, instruments, source));
}

}  // namespace delever::venues
