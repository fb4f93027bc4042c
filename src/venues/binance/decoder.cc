#include <algorithm>
#include <utility>

#include "codec/message_loop.h"
#include "venues/binance/reader.h"

namespace delever::venues {
namespace binance {
namespace {

std::string_view endpoint_of(std::string_view path) {
  for (const std::string_view mark : {"/v1/", "/v2/", "/v3/", "/futures/data/"}) {
    if (const size_t at = path.find(mark); at != path.npos) return path.substr(at + mark.size());
  }
  return path;
}

// The stream's name and the payload of {"stream":"btcusdt@depth","data":...}, where it is written
// just so.
std::pair<std::string_view, std::string_view> unwrapped(std::string_view bytes) {
  constexpr std::string_view opening = "{\"stream\":\"", middle = "\",\"data\":";
  // One letter decides for nearly every message; padding follows the shorter ones.
  if (bytes.data()[2] != 's' || !bytes.starts_with(opening) || !bytes.ends_with("}"))
    return {{}, bytes};
  const size_t at = bytes.find('"', opening.size());
  if (at == bytes.npos || !bytes.substr(at).starts_with(middle)) return {{}, bytes};
  const std::string_view stream = bytes.substr(opening.size(), at - opening.size());
  for (const char c : stream) {
    if (c < '!' || c > '~' || c == '\\') return {{}, bytes};
  }
  bytes.remove_suffix(1);
  return {stream, bytes.substr(at + middle.size())};
}

std::optional<uint32_t> read_hex(std::string_view text) {
  uint32_t out = 0;
  for (const char c : text) {
    const size_t digit = std::string_view("0123456789abcdef").find(c);
    const size_t large = std::string_view("0123456789ABCDEF").find(c);
    if (digit == std::string_view::npos && large == std::string_view::npos) return std::nullopt;
    out = out << 4 | static_cast<uint32_t>(std::min(digit, large));
  }
  return out;
}

// Symbols may hold letters beyond ASCII. The venue sends them as they are, recorders
// that write JSON anew as \uXXXX: both are one symbol.
std::string spelled(std::string_view symbol) {
  std::string out;
  while (!symbol.empty()) {
    const auto code = symbol.size() >= 6 && symbol.starts_with("\\u")
                          ? read_hex(symbol.substr(2, 4))
                          : std::nullopt;
    if (!code) {
      out += symbol[0];
      symbol.remove_prefix(1);
      continue;
    }
    const auto put = [&](uint32_t byte) { out += static_cast<char>(byte); };
    if (*code < 0x80) {
      put(*code);
    } else if (*code < 0x800) {
      put(0xC0 | *code >> 6);
      put(0x80 | (*code & 0x3F));
    } else {
      put(0xE0 | *code >> 12);
      put(0x80 | (*code >> 6 & 0x3F));
      put(0x80 | (*code & 0x3F));
    }
    symbol.remove_prefix(6);
  }
  return out;
}

}  // namespace

BinanceReader::BinanceReader(BinanceMarket market, const codec::StreamSettings& settings,
                             Instruments& instruments)
    : Reader(instruments),
      market_(market),
      request_(codec::RestRequest::parse(setting(settings, "request"))),
      endpoint_(endpoint_of(request_.path)),
      symbol_(setting(settings, "symbol")) {
  // Spot tells times in microseconds to whoever asks for them (timeUnit=MICROSECOND).
  if (market == BinanceMarket::spot) fields_.take_microseconds_too();
}

bool BinanceReader::read_fast(std::string_view bytes) {
  const auto [stream, payload] = unwrapped(bytes);
  return read_plain_depth(payload, stream);
}

Ending BinanceReader::read(codec::JsonObject& object) {
  constexpr std::string_view wrapped = "{\"stream\":";
  const bool is_wrapped = text_[2] == 's' && std::string_view(text_, wrapped.size()) == wrapped;
  return is_wrapped ? read_wrapped(object) : read_object(object, text_, {});
}

// {"stream":"btcusdt@depth","data":...}
Ending BinanceReader::read_wrapped(codec::JsonObject& envelope) {
  Ending ending = Ending::unknown;
  std::string_view stream;
  bool has_data = false;
  codec::each_field(envelope, fields_, [&](uint64_t key, codec::JsonValue& value) {
    if (key == codec::key_code("stream")) {
      stream = fields_.text(value, "stream");
    } else if (key == codec::key_code("data")) {
      has_data = true;
      ending = read_value(value, stream);
    }
  });
  fields_.require(has_data, "data");
  return ending;
}

InstrumentId BinanceReader::find_instrument(std::string_view symbol) {
  return known_.find(symbol, [&] {
    const std::string name = spelled(symbol);
    Instrument parsed = binance_instrument(market_, name);
    const InstrumentKind kind = parsed.kind;
    return instruments_.intern("binance", name, kind, [&] { return std::move(parsed); });
  });
}

InstrumentId BinanceReader::index(std::string_view pair) {
  return instruments_.intern("binance", pair, InstrumentKind::index,
                             [&] { return binance_index(market_, pair); });
}

std::optional<InstrumentId> BinanceReader::unnamed(std::string_view stream) {
  if (!request_.get("symbol").empty()) return instrument(request_.get("symbol"));
  if (!symbol_.empty()) return instrument(symbol_);
  if (const size_t at = stream.find('@'); at != stream.npos && at > 0)
    return instrument(upper(stream.substr(0, at)));
  if (only_depth_ && !many_depths_) return only_depth_;
  fields_.fail(Fault::malformed, "names no symbol, and neither do the settings", "symbol");
  return std::nullopt;
}

std::optional<InstrumentId> BinanceReader::contract_of(std::string_view pair,
                                                       std::string_view contract_type) {
  if (pair.empty() || contract_type != "PERPETUAL") return std::nullopt;
  return instrument(market_ == BinanceMarket::coinm ? std::string(pair) + "_PERP"
                                                    : std::string(pair));
}

}  // namespace binance

Result<std::unique_ptr<codec::Decoder>> make_binance_decoder(BinanceMarket market,
                                                             const codec::StreamSettings& settings,
                                                             Instruments& instruments,
                                                             SourceId source) {
  return codec::make_message_loop<binance::BinanceReader>(source, market, settings, instruments);
}

}  // namespace delever::venues
