#include "venues/csv/csv.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "base/text.h"
#include "codec/bad_row.h"
#include "venues/csv/symbols.h"

namespace delever::venues {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string_view without_mark(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return text;
}

std::string_view setting_or(const codec::StreamSettings& settings, std::string_view key,
                            std::string_view fallback = {}) {
  const auto found = settings.find(key);
  return found == settings.end() ? fallback : std::string_view(found->second);
}

// "{symbol}-aggTrades-*" against "BTCUSDT-aggTrades-2026-01-30.csv": braces take letters, digits
// and '_', a star takes anything, both as little as will do.
bool match_name(std::string_view pattern, std::string_view name, FieldSources& parts) {
  if (pattern.empty()) return name.empty();
  if (pattern.front() == '*') {
    for (size_t n = 0; n <= name.size(); ++n) {
      if (match_name(pattern.substr(1), name.substr(n), parts)) return true;
    }
    return false;
  }
  const size_t close = pattern.find('}');
  if (pattern.front() == '{' && close != pattern.npos) {
    const auto word = [](char c) {
      return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    };
    for (size_t n = 1; n <= name.size() && word(name[n - 1]); ++n) {
      if (!match_name(pattern.substr(close + 1), name.substr(n), parts)) continue;
      parts.file_parts[std::string(pattern.substr(1, close - 1))] = name.substr(0, n);
      return true;
    }
    return false;
  }
  return !name.empty() && name.front() == pattern.front() &&
         match_name(pattern.substr(1), name.substr(1), parts);
}

// Missing: beyond what 64 bits of nanoseconds hold, the years 1677 to 2262.
std::optional<Instant> sum(Instant t, Duration d) {
  int64_t ns = 0;
  if (__builtin_add_overflow(t.ns(), d.ns(), &ns)) return std::nullopt;
  return Instant::ns(ns);
}

// Days since 1970-01-01, a Thursday: 2 and 3 of each week are Saturday and Sunday.
Instant weekday_before(Instant t) {
  int64_t day = t.start_of_day().ns() / Duration::days(1).ns() - 1;
  while ((day % 7 + 7) % 7 == 2 || (day % 7 + 7) % 7 == 3) --day;
  return Instant() + Duration::days(day);
}

Result<Duration> positive(const Config& table, std::string_view key) {
  const Duration d = TRY(table.duration(key));
  if (d <= Duration()) return Error{Fault::malformed, "want more than nothing", table.place(key)};
  return d;
}

Result<char> read_separator(const Config& map) {
  const std::string written = TRY(map.text("separator", ","));
  if (written == "tab") return '\t';
  if (written == "," || written == ";" || written == "|") return written[0];
  return Error{Fault::malformed, "want \",\", \";\", \"|\" or \"tab\"", map.place("separator")};
}

Result<NumberMarks> read_marks(const Config& map) {
  NumberMarks marks;
  const std::string decimal = TRY(map.text("decimal", "."));
  if (decimal != "." && decimal != ",")
    return Error{Fault::malformed, "want \".\" or \",\"", map.place("decimal")};
  marks.decimal = decimal[0];
  marks.thousands = TRY(map.text("thousands", ""));
  constexpr std::string_view known[] = {"", ",", ".", "'", "\u2019", "_", " "};
  if (std::find(std::begin(known), std::end(known), marks.thousands) == std::end(known) ||
      marks.thousands == decimal)
    return Error{Fault::malformed,
                 "want \",\", \".\", \"'\", \"_\" or \" \", and not the decimal mark",
                 map.place("thousands")};
  return marks;
}

}  // namespace

Result<CsvMap> CsvMap::parse(std::string_view text, std::string_view file) {
  const Config config = TRY(Config::parse(text, file));
  CsvMap map;
  map.text = text;
  map.file = file;
  if (TRY(config.integer("format")) != 1)
    return Error{Fault::malformed, "this program reads column maps of format 1",
                 config.place("format")};
  map.name = TRY(config.text("name"));
  map.channel = TRY(config.text("channel"));
  map.file_name = TRY(config.text("file_name", ""));
  map.drop_last_period = TRY(config.boolean("drop_last_period", false));
  if (config.has("columns")) map.columns = TRY(config.texts("columns"));
  map.separator = TRY(read_separator(config));
  map.skip_rows = config.has("skip_rows") ? TRY(config.integer("skip_rows")) : 0;
  if (map.skip_rows < 0 || map.skip_rows > 1000)
    return Error{Fault::malformed, "want 0 to 1000", config.place("skip_rows")};
  const std::string header = TRY(config.text("header", "required"));
  if (header != "required" && header != "absent" && header != "optional")
    return Error{Fault::malformed, "want required, absent or optional", config.place("header")};
  map.header = header == "required" ? Header::required
               : header == "absent" ? Header::absent
                                    : Header::optional;
  if (map.header != Header::required && map.columns.empty())
    return Error{Fault::malformed, "a file without a header wants columns", config.place("header")};
  return map;
}

Result<CsvMap> CsvMap::load(const std::string& path) { return parse(TRY(read_file(path)), path); }

bool CsvMap::has_header(std::string_view first_row) const {
  if (header != Header::optional) return header == Header::required;
  codec::CsvRow row(separator);
  // A row that cannot be split is no header; it is then refused as a row, with its line.
  if (!row.split(without_mark(first_row)).has_value()) return false;
  return !read_double(trimmed(row.fields().front()));
}

Result<std::vector<std::string>> CsvMap::wanted_columns() const {
  Instruments instruments;
  CsvDecoder decoder(instruments, 0);
  std::vector<std::string> asked;
  decoder.sources_.asked = &asked;
  const Config config = TRY(Config::parse(text, file));
  TRY(decoder.read_map(config));
  return asked;
}

Result<codec::StreamSettings> CsvMap::settings(std::string_view base_name,
                                               std::string_view header_row) const {
  // Without the folder: the same map from another place is the same stream.
  codec::StreamSettings out{{"map", text}, {"map_name", file.substr(file.find_last_of('/') + 1)}};
  // The byte order mark of a spreadsheet's export would be part of the first column's name.
  std::string_view header_text = without_mark(header_row);
  while (header_text.ends_with('\n') || header_text.ends_with('\r')) header_text.remove_suffix(1);
  std::string joined;
  if (header_row.empty()) {
    for (const std::string& column : columns)
      joined += (joined.empty() ? "" : std::string(1, separator)) + column;
    header_text = joined;
  }
  out["header"] = header_text;
  if (file_name.empty()) return out;
  FieldSources parts;
  if (base_name.size() > 255 || !match_name(file_name, base_name, parts))
    return Error{Fault::malformed,
                 fmt::format("the map is for files named {}, whose names say what the rows do not: "
                             "rename it, or write that into a copy of the map",
                             file_name)};
  for (const auto& [part, value] : parts.file_parts) out["file." + part] = value;
  return out;
}

Result<void> CsvDecoder::read_time(const Config& time) {
  time_ = TRY(read_time_field(time, "time", sources_));
  if (time.has("period") && time.has("period_end"))
    return Error{Fault::malformed, "period and period_end: want one", time.place("period")};
  if (time.has("period")) period_ = TRY(positive(time, "period"));
  // An archive that went over from the ends of its periods to their starts.
  if (time.has("period_since")) {
    if (!period_) return Error{Fault::malformed, "goes with period", time.place("period_since")};
    period_since_ = TRY(time.instant("period_since"));
  }
  period_end_ = TRY(maybe_time_field(time, "period_end", sources_));
  received_ = TRY(maybe_time_field(time, "received", sources_));
  if (time.has("known_after")) known_after_ = TRY(positive(time, "known_after"));
  previous_weekday_ = TRY(time.boolean("previous_weekday", false));
  return {};
}

Result<void> CsvDecoder::read_map(const Config& map) {
  for (const char* head : {"format", "name", "channel", "file_name", "drop_last_period", "columns",
                           "header", "about", "skip_rows"})
    (void)map.text(head);  // CsvMap has read them; here they only count as known
  reader_.set_marks(TRY(read_marks(map)));
  venue_ = TRY(read_field(map, "venue", sources_));
  const Config time = TRY(map.table("time"));
  TRY(read_time(time));
  where_ = TRY(read_conditions(map, sources_));

  const Config instrument = TRY(map.table("instrument"));
  asset_ = TRY(maybe_field(instrument, "asset", sources_));
  symbol_ = TRY(maybe_field(instrument, "symbol", sources_));
  grammar_ = TRY(maybe_field(instrument, "grammar", sources_));
  // Exactly one of asset and symbol, and a grammar with the symbol alone.
  if (asset_.has_value() == symbol_.has_value() || symbol_.has_value() != grammar_.has_value())
    return Error{Fault::malformed, "want asset, or symbol and grammar", map.place("instrument")};

  for (const Config& event : TRY(map.tables("event"))) {
    EventRule rule;
    rule.payload = TRY(read_payload_rule(event, sources_, period_ || period_end_));
    rule.where = TRY(read_conditions(event, sources_));
    rule.part = TRY(maybe_field(event, "part", sources_));
    if (rule.part && !asset_)
      return Error{Fault::malformed, "is for an [instrument] with asset", event.place("part")};
    rules_.push_back(std::move(rule));
  }
  if (rules_.empty())
    return Error{Fault::malformed, "a map without [[event]] makes nothing", map.place()};
  return map.finish();
}

Result<std::unique_ptr<CsvDecoder>> CsvDecoder::make(const codec::StreamSettings& settings,
                                                     Instruments& instruments, SourceId source) {
  if (!settings.contains("map"))
    return Error{Fault::malformed, "a csv stream has no column map among its settings"};
  const Config map = TRY(
      Config::parse(setting_or(settings, "map"), setting_or(settings, "map_name", "column map")));
  std::unique_ptr<CsvDecoder> decoder(new CsvDecoder(instruments, source));
  const char separator = TRY(read_separator(map));
  decoder->fields_ = codec::CsvRow(separator);
  codec::CsvRow header(separator);
  if (auto read = header.split(setting_or(settings, "header")); !read.has_value())
    return std::move(read.error()).at("header");
  for (const std::string_view column : header.fields())
    decoder->sources_.columns.emplace_back(trimmed(column));
  for (const auto& [key, value] : settings) {
    if (key.starts_with("file.")) decoder->sources_.file_parts[key.substr(5)] = value;
  }
  TRY(decoder->read_map(map));
  return decoder;
}

RowTimes CsvDecoder::times_of_row(Instant& known) {
  RowTimes times;
  auto start = reader_.instant(time_);
  if (!start) reader_.fail(Fault::malformed, "missing", time_.field.label);
  if (!reader_.ok()) return times;
  // Two times go on from here: what the row speaks of, and when it could first be read. A row about
  // the weekday before is dated there and known as its own date says.
  const Instant written = *start;
  if (previous_weekday_) start = weekday_before(written);
  times.from = times.to = *start;
  std::optional<Instant> end = start, out = written;
  if (period_ && *start >= period_since_) {
    end = sum(*start, *period_);
    out = sum(written, *period_);
  } else if (period_end_) {
    end = out = reader_.instant(*period_end_);
    if (!end) reader_.fail(Fault::malformed, "missing", period_end_->field.label);
    if (end && *end <= *start)
      reader_.fail(Fault::malformed, "the period ends before it begins", period_end_->field.label);
  }
  if (out) out = sum(*out, known_after_);
  // The recorder's own clock goes before any rule about delays.
  if (received_) {
    out = reader_.instant(*received_);
    if (!out) reader_.fail(Fault::malformed, "missing", received_->field.label);
  }
  if (!end || !out) {
    reader_.fail(Fault::out_of_range, "beyond the years 1677 to 2262", time_.field.label);
    return times;
  }
  times.to = *end;
  known = *out;
  return times;
}

std::optional<InstrumentId> CsvDecoder::instrument(const EventRule& rule) {
  key_.clear();
  if (asset_) {
    const auto asset = reader_.text(*asset_);
    if (!asset) reader_.fail(Fault::malformed, "missing", asset_->label);
    const auto part = reader_.text(rule.part);
    const auto venue = reader_.text(venue_);
    if (!venue) reader_.fail(Fault::malformed, "missing", venue_.label);
    if (!reader_.ok()) return std::nullopt;
    // A line feed parts the fields: no cell of a row holds one.
    key_.append(*venue).append("\n").append(*asset).append("\n").append(part.value_or(""));
    if (const auto found = known_instruments_.find(key_); found != known_instruments_.end())
      return found->second;
    Instrument made{.venue = std::string(*venue),
                    .symbol = std::string(*asset),
                    .kind = InstrumentKind::aggregate};
    made.base = *asset;
    if (part) made.symbol.append(" ").append(*part);
    const std::string made_venue = made.venue, made_symbol = made.symbol;
    const InstrumentId id = instruments_.intern(made_venue, made_symbol, made.kind,
                                                [&made] { return std::move(made); });
    return known_instruments_.emplace(key_, id).first->second;
  }
  const auto symbol = reader_.text(*symbol_);
  if (!symbol) reader_.fail(Fault::malformed, "missing", symbol_->label);
  const auto grammar = reader_.text(*grammar_);
  if (!grammar) reader_.fail(Fault::malformed, "missing", grammar_->label);
  if (!reader_.ok()) return std::nullopt;
  key_.append(*grammar).append("\n").append(*symbol);
  if (const auto found = known_instruments_.find(key_); found != known_instruments_.end())
    return found->second;
  auto made = native_instrument(*grammar, *symbol);
  if (!made.has_value()) {
    reader_.fail(made.error().fault, std::move(made.error().what), symbol_->label);
    return std::nullopt;
  }
  const Instrument& like = made.value();
  const InstrumentId id =
      instruments_.intern(like.venue, like.symbol, like.kind, [&like] { return like; });
  return known_instruments_.emplace(key_, id).first->second;
}

Result<CsvDecoder::Row> CsvDecoder::read(std::string_view bytes, std::optional<Instant> received,
                                         EventSink* sink) {
  TRY(fields_.split(bytes));
  const auto& fields = fields_.fields();
  if (fields.size() != sources_.columns.size())
    return Error{Fault::malformed,
                 fmt::format("{} fields, want {}", fields.size(), sources_.columns.size())};
  Row row;
  // Before anything is read: a row that the map leaves out may hold nonsense.
  for (const Condition& condition : where_) {
    if (!condition.holds(fields)) {
      row.kept = false;
      return row;
    }
  }
  reader_.begin(fields);
  const RowTimes times = times_of_row(row.known);
  row.at = times.to;
  const auto venue = reader_.text(venue_);
  if (!venue) reader_.fail(Fault::malformed, "missing", venue_.label);
  row.venue = venue.value_or("");

  for (const EventRule& rule : rules_) {
    if (!reader_.ok()) break;
    const auto holds = [&](const Condition& condition) { return condition.holds(fields); };
    if (!std::all_of(rule.where.begin(), rule.where.end(), holds)) continue;
    // Events of the row before are overwritten, and their memory used again.
    if (events_.size() == row.events) events_.emplace_back();
    Event& event = events_[row.events];
    if (!rule.payload->read(reader_, times, event.payload)) continue;
    const auto id = instrument(rule);
    if (!id) break;
    event.instrument = *id;
    // A figure that names its asset by the contract's symbol speaks of the contract's coin.
    if (auto* figure = std::get_if<PublishedFigure>(&event.payload);
        figure && figure->asset == instruments_[*id].symbol)
      figure->asset = instruments_[*id].base;
    event.source = source_;
    event.at = times.to;
    event.received = received.value_or(row.known);
    // A figure speaks of the coin unless the map says of what.
    if (auto* figure = std::get_if<PublishedFigure>(&event.payload);
        figure && figure->asset.empty())
      figure->asset = instruments_[*id].base;
    codec::clear_empty_sides(event);
    if (const std::string_view why = codec::bad_row(event, instruments_[*id].kind); !why.empty()) {
      reader_.fail(Fault::malformed, std::string(why), payload_name(event.payload));
      break;
    }
    if (rule.payload->is_level()) {
      auto done = levels_.add(event);
      if (!done) continue;
      event = *std::move(done);
    }
    ++row.events;
  }
  if (!reader_.ok()) return std::move(reader_.error());
  if (sink) {
    for (size_t i = 0; i < row.events; ++i) sink->on_event(events_[i]);
  }
  return row;
}

void CsvDecoder::decode(const codec::RawMessage& message, codec::MessageSink& sink) {
  ++counts_.messages;
  const auto row = read(message.bytes, message.received, &sink);
  if (!row.has_value()) {
    const Error& why = row.error();  // without the row's own text, so that reasons stay few
    ++counts_.undecoded[fmt::format("{}{}{}", fault_name(why.fault), why.where.empty() ? "" : ": ",
                                    why.where)];
    sink.on_undecoded(message, row.error());
  } else if (row.value().events == 0) {
    ++counts_.no_event[row.value().kept ? "empty row" : "row left out by the map"];
  } else {
    counts_.events += row.value().events;
  }
}

Result<std::unique_ptr<codec::Decoder>> make_csv_decoder(const codec::StreamSettings& settings,
                                                         Instruments& instruments,
                                                         SourceId source) {
  return std::unique_ptr<codec::Decoder>(TRY(CsvDecoder::make(settings, instruments, source)));
}

}  // namespace delever::venues
