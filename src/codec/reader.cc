#include "codec/reader.h"

namespace delever::codec {
namespace {

// The digits of a number in quotes, from behind the first quote; nullptr when it is anything else.
const char* skip_digits(const char* p) {
  while (*p >= '0' && *p <= '9') ++p;
  return *p == '"' ? p + 1 : nullptr;
}

}  // namespace

Ending Reader::refuse(std::string_view why) {
  fields_.fail(
      Fault::refused,
      "the venue refuses: " + std::string(why.empty() ? "no reason given" : why.substr(0, 220)));
  return Ending::read;
}

void Reader::list(Instrument listing, Instant at, std::string_view status) {
  if (!fields_.ok()) return;
  const InstrumentId id =
      instruments_.intern(listing.venue, listing.symbol, listing.kind, [&] { return listing; });
  stage_.add<InstrumentListed>(id, at).status = status;
  listings_.push_back(std::move(listing));
}

Instant Reader::plus(Instant t, Duration d, std::string_view key) {
  int64_t sum = 0;
  if (__builtin_add_overflow(t.ns(), d.ns(), &sum))
    fields_.fail(Fault::out_of_range, "beyond the year 2262", key);
  return Instant::ns(sum);
}

void Reader::read_level(JsonValue value, std::vector<Level>& out, std::string_view key,
                        bool with_action) {
  JsonArray cells;
  if (value.get_array().get(cells) != simdjson::SUCCESS)
    return fields_.fail(Fault::malformed, "a level is not a list", key);
  const size_t price_column = with_action ? 1 : 0;
  size_t column = 0;
  bool taken_away = false;
  Level level;
  const auto number = [&](std::string_view text, int digits, uint8_t& written) -> int64_t {
    const auto read = read_decimal(text, digits, Precision::exact);
    if (!read.has_value()) return fields_.fail(read.error().fault, read.error().what, key), 0;
    written = read.value().digits;
    return read.value().units;
  };
  each(cells, fields_, key, [&](JsonValue cell) {
    if (column > price_column + 1) return;
    const auto text = fields_.text_of(cell, key);
    if (!text) return fields_.fail(Fault::malformed, "a level holds null", key);
    if (column < price_column) {
      taken_away = *text == "delete";
      if (!taken_away && *text != "new" && *text != "change")
        fields_.fail(Fault::malformed, "a level is neither new, change nor delete", key);
    } else if (column == price_column) {
      level.price = Price::raw(number(*text, Price::digits, level.price_digits));
    } else {
      read_quantity(*text, level, key);
    }
    ++column;
  });
  if (!fields_.ok()) return;
  if (column < price_column + 2)
    return fields_.fail(Fault::malformed, "a level lacks its quantity", key);
  if (level.price <= Price())
    return fields_.fail(Fault::malformed, "a level has a price that is not positive", key);
  if (level.qty < WideQty())
    return fields_.fail(Fault::malformed, "a level has a negative quantity", key);
  if (taken_away) level.qty = WideQty();
  out.push_back(level);
}

// With the digits that its text has after the point.
void Reader::read_quantity(std::string_view text, Level& level, std::string_view key) {
  const auto near = read_decimal(text, Qty::digits, Precision::exact);
  if (near.has_value()) {
    level.qty = WideQty::raw(near.value().units);
    level.qty_digits = near.value().digits;
    return;
  }
  const auto wide = WideQty::parse(text);
  if (!wide.has_value()) return fields_.fail(wide.error().fault, wide.error().what, key);
  level.qty = wide.value();
  const size_t point = text.find('.');
  level.qty_digits = static_cast<uint8_t>(point == text.npos ? 0 : text.size() - point - 1);
}

const char* scan_levels(const char* p, std::vector<Level>& out) {
  out.clear();
  if (p[0] == '[' && p[1] == ']') return p + 2;
  while (p[0] == '[' || p[0] == ',') {
    if (p[1] != '[' || p[2] != '"') return nullptr;
    const ScannedDecimal price = scan_decimal(p + 3, Price::digits);
    if (!price.end || price.end[0] != '"' || price.end[1] != ',' || price.end[2] != '"')
      return nullptr;
    const ScannedDecimal qty = scan_decimal(price.end + 3, Qty::digits);
    if (!qty.end || qty.end[0] != '"' || ((price.units - 1) | qty.units) < 0) return nullptr;
    p = qty.end + 1;
    if (*p != ']') {
      while (p && p[0] == ',' && p[1] == '"') p = skip_digits(p + 2);
      if (!p || *p != ']') return nullptr;
    }
    out.push_back({Price::raw(price.units), WideQty::raw(qty.units), price.digits, qty.digits});
    if (*++p == ']') return p + 1;
  }
  return nullptr;
}

// From the text first: simdjson steps over what was read there.
void Reader::read_levels(JsonValue& value, std::vector<Level>& out, std::string_view key,
                         bool with_action) {
  if (!with_action && scan_levels(value.raw_json_token().data(), out)) return;
  out.clear();
  JsonArray rows;
  if (value.get_array().get(rows) != simdjson::SUCCESS)
    return fields_.fail(Fault::malformed, "not a list", key);
  each(rows, fields_, key, [&](JsonValue row) { read_level(row, out, key, with_action); });
}

void Reader::read_levels(JsonObject& object, std::string_view key, std::vector<Level>& out,
                         bool with_action) {
  JsonValue value;
  fields_.require(fields_.find(object, key, value), key);
  if (fields_.ok()) read_levels(value, out, key, with_action);
}

Ending FlatReader::read(JsonObject& message) {
  top_.walk(message);
  if (fields_.ok() && !at_end()) fields_.fail(Fault::malformed, "more than one message");
  walked_ = true;
  return fields_.rewind(message) ? read(message, top_) : Ending::read;
}

Ending FlatReader::read(JsonArray&) {
  fields_.fail(Fault::malformed, "not an object");
  return Ending::read;
}

}  // namespace delever::codec
