#include <fmt/format.h>

#include "codec/message_loop.h"
#include "venues/okx/reader.h"

namespace delever::venues {
namespace okx {
namespace {

// "candle1m", "mark-price-candle1D" -> "1m", "1D".
std::string_view bar_of(std::string_view channel) {
  constexpr std::string_view mark = "candle";
  const size_t at = channel.find(mark);
  return at == channel.npos ? std::string_view() : channel.substr(at + mark.size());
}

}  // namespace

OkxReader::OkxReader(const codec::StreamSettings& settings, Instruments& instruments)
    : Reader(instruments),
      request_(codec::RestRequest::parse(setting(settings, "request"))),
      symbol_(setting(settings, "symbol")) {}

std::string_view OkxReader::name_of(std::string_view of_row, const Envelope& envelope) {
  if (!of_row.empty()) return of_row;
  if (!envelope.inst_id.empty()) return envelope.inst_id;
  if (symbol_.empty())
    fields_.fail(Fault::malformed, "names no instrument, and neither do the settings", "instId");
  return symbol_;
}

InstrumentId OkxReader::instrument(std::string_view of_row, const Envelope& envelope) {
  const std::string_view name = name_of(of_row, envelope);
  if (!fields_.ok()) return 0;
  is_event_contract_ |= is_okx_event_contract(name);
  return known_.find(name, [&] {
    Instrument parsed = okx_instrument(name);
    const InstrumentKind kind = parsed.kind;
    return instruments_.intern("okx", name, kind, [&] { return std::move(parsed); });
  });
}

// An index has the name of the spot pair (BTC-USDT) and is another instrument.
InstrumentId OkxReader::index(std::string_view of_row, const Envelope& envelope) {
  const std::string_view name = name_of(of_row, envelope);
  if (!fields_.ok()) return 0;
  return instruments_.intern("okx", name, InstrumentKind::index, [&] { return okx_index(name); });
}

std::optional<Ending> OkxReader::read_text(std::string_view text) {
  if (text == "ping" || text == "pong") return Ending::control;
  return std::nullopt;
}

Ending OkxReader::read(codec::JsonArray&) {
  channel_ = "list";  // no message of version 5 is one
  return Ending::unknown;
}

// What a message settled counts only once all of it was read.
void OkxReader::finish(bool accepted) {
  if (accepted) {
    for (const auto& [of, at] : settled_now_) settled_[of] = at;
  }
  settled_now_.clear();
}

void OkxReader::read_argument(codec::JsonValue& value, Envelope& envelope) {
  codec::JsonObject argument;
  if (value.get_object().get(argument) != simdjson::SUCCESS)
    return fields_.fail(Fault::malformed, "not an object", "arg");
  codec::each_field(argument, fields_, [&](uint64_t key, codec::JsonValue& field) {
    if (key == codec::key_code("channel")) envelope.channel = fields_.text(field, "arg.channel");
    if (key == codec::key_code("instId")) envelope.inst_id = fields_.text(field, "arg.instId");
  });
}

// {"arg":{"channel":...,"instId":...},"action":...,"data":[...]}, {"event":...,"arg":...}, or
// {"code":...,"data":...}.
Ending OkxReader::read(codec::JsonObject& object) {
  Envelope envelope;
  Ending ending = Ending::read;
  std::string_view code, table, first, event, message;
  std::optional<Channel> channel;
  bool has_argument = false, is_control = false, has_data = false, was_read = false;
  codec::each_key(object, fields_, [&](codec::JsonKey key, codec::JsonValue& value) {
    if (first.empty()) first = codec::key_text(key);
    switch (codec::key_code(key)) {
      case codec::key_code("arg"):
        has_argument = true;
        read_argument(value, envelope);
        channel_ = envelope.channel;
        channel = channel_of(envelope.channel);
        envelope.bar = bar_of(envelope.channel);
        break;
      case codec::key_code("action"):
        envelope.action = fields_.text(value, "action");
        envelope.has_action = true;
        break;
      case codec::key_code("event"):
        event = fields_.text(value, "event");
        is_control = true;
        break;
      case codec::key_code("op"):
        is_control = true;
        break;
      case codec::key_code("msg"):
        message = fields_.text(value, "msg");
        break;
      case codec::key_code("code"):
        code = fields_.text(value, "code");
        break;
      case codec::key_code("table"):
        table = fields_.text(value, "table");
        break;
      case codec::key_code("data"):
        has_data = true;
        if (is_control || !has_argument)
          break;  // a REST answer, or out of the usual order: in a second pass
        // Whether rows of a book are the whole or changes stands in "action": they wait until it
        // was seen.
        if (channel && channel->feed == Feed::books && !channel->partial && !envelope.has_action)
          break;
        was_read = true;
        if (channel) ending = read_data(value, *channel, envelope);
        break;
      default:
        break;
    }
  });
  if (!fields_.ok()) return Ending::read;
  if (event == "error") return refuse(fmt::format("{} {}", code, message));
  if (is_control) return Ending::control;
  if (!has_argument && !code.empty()) return read_answer(object, code);
  if (!has_argument) {  // version 3 had tables: {"table":"swap/trade","data":[...]}
    channel_ = !table.empty() ? table : first;
    return Ending::unknown;
  }
  fields_.require(!envelope.channel.empty(), "arg.channel");
  fields_.require(has_data, "data");
  if (!fields_.ok()) return Ending::read;
  if (!channel) return Ending::unknown;
  if (was_read) return ending;
  codec::JsonValue data;
  if (!fields_.rewind(object) || !fields_.find(object, "data", data)) return Ending::read;
  return read_data(data, *channel, envelope);
}

Ending OkxReader::read_answer(codec::JsonObject& object, std::string_view code) {
  const std::string_view path = request_.path;
  channel_ = path.empty() ? "answer of unknown shape" : path;
  const auto data = [&](codec::JsonValue& value) {
    const bool found = fields_.rewind(object) && fields_.find(object, "data", value);
    fields_.require(found, "data");
    return found;
  };
  if (code != "0" && fields_.rewind(object)) {
    const std::string_view message = fields_.maybe_text(object, "msg").value_or("");
    return refuse(fmt::format("{} {}", code.substr(0, 20), message));
  }
  codec::JsonValue value;
  if (!fields_.ok() || !data(value)) return Ending::read;
  Envelope envelope;
  envelope.inst_id = request_.get("instId");
  envelope.bar = request_.get("bar");
  // OKX's default for candles.
  if (envelope.bar.empty()) envelope.bar = "1m";
  auto channel = endpoint_of(path);
  if (!channel && path.empty()) {
    // The value can be gone through once, so "data" is looked up again after its keys were read.
    const auto keys = first_row_keys(value);
    if (!fields_.ok() || !data(value)) return Ending::read;
    channel = channel_of_shape(keys);
    if (channel && channel->feed == Feed::silent) channel_ = "answer about an account";
  }
  if (!channel) return Ending::unknown;
  return read_data(value, *channel, envelope);
}

std::vector<std::string_view> OkxReader::first_row_keys(codec::JsonValue& data) {
  std::vector<std::string_view> keys;
  if (*data.raw_json_token().data() != '[') return keys;  // some answers hold one object
  codec::JsonArray rows;
  if (data.get_array().get(rows) != simdjson::SUCCESS)
    fields_.fail(Fault::malformed, "broken JSON", "data");
  if (!fields_.ok()) return keys;
  for (auto entry : rows) {
    codec::JsonValue row;
    codec::JsonObject object;
    if (entry.get(row) != simdjson::SUCCESS) {
      fields_.fail(Fault::malformed, "broken JSON", "data");
    } else if (*row.raw_json_token().data() == '{' &&
               row.get_object().get(object) == simdjson::SUCCESS) {
      keys = keys_of(object, fields_);
    }
    break;
  }
  return keys;
}

Ending OkxReader::read_data(codec::JsonValue& value, const Channel& channel,
                            const Envelope& envelope) {
  if (channel.feed == Feed::silent) return Ending::no_event;
  if (channel.feed == Feed::control) return Ending::control;
  codec::JsonArray rows;
  if (value.get_array().get(rows) != simdjson::SUCCESS) {
    fields_.fail(Fault::malformed, "not a list", "data");
    return Ending::read;
  }
  bool any_left_out = false;
  for (auto entry : rows) {
    const size_t staged = stage_.size();
    is_event_contract_ = false;
    if (channel.feed == Feed::candles) {
      codec::JsonArray cells;
      if (entry.get_array().get(cells) != simdjson::SUCCESS)
        fields_.fail(Fault::malformed, "not a list", "candle");
      if (fields_.ok()) read_candle(cells, channel, envelope);
    } else {
      codec::JsonObject row;
      if (entry.get_object().get(row) != simdjson::SUCCESS)
        fields_.fail(Fault::malformed, "not an object", "data");
      if (fields_.ok()) read_row(row, channel, envelope);
    }
    if (!fields_.ok()) break;
    // Event contracts (yes or no) are no instruments of ours: the row's events go, the others stay.
    if (is_event_contract_) {
      stage_.truncate(staged);
      any_left_out = true;
    }
  }
  return any_left_out ? skip("event contract") : Ending::read;
}

void OkxReader::read_row(codec::JsonObject& row, const Channel& channel, const Envelope& envelope) {
  switch (channel.feed) {
    case Feed::trades:
      return read_trade(row, envelope, false);
    case Feed::block_trades:
      return read_trade(row, envelope, true);
    case Feed::books:
      return read_book(row, channel, envelope);
    case Feed::best_level:
      return read_best_level(row, envelope);
    case Feed::tickers:
      return read_ticker(row, envelope);
    case Feed::funding:
      return read_funding(row, envelope);
    case Feed::funding_history:
      return read_funding_history(row, envelope);
    case Feed::open_interest:
      return read_open_interest(row, envelope);
    case Feed::mark_price:
      return read_mark_price(row, envelope);
    case Feed::index_price:
      return read_index_price(row, envelope);
    case Feed::liquidations:
      return read_liquidations(row, envelope);
    case Feed::flat_liquidations: {
      const InstrumentId of = instrument(fields_.maybe_text(row, "instId").value_or(""), envelope);
      return fields_.ok() ? read_liquidation(row, of, "liquidations") : void();
    }
    case Feed::option_summary:
      return read_option_summary(row, envelope);
    case Feed::listings:
      return read_listing(row);
    case Feed::candles:
    case Feed::silent:
    case Feed::control:
      break;
  }
  check_failed("a feed of objects", __FILE__, __LINE__);
}

}  // namespace okx

Result<std::unique_ptr<codec::Decoder>> make_okx_decoder(const codec::StreamSettings& settings,
                                                         Instruments& instruments,
                                                         SourceId source) {
  return codec::make_message_loop<okx::OkxReader>(source, settings, instruments);
}

}  // namespace delever::venues
