// CSV archives through a column map (docs/column-maps.md). One message is one row. The map's text
// and the header line travel in the stream's settings, so a tape needs nothing beside it.
//
// Settings: "map" (TOML text), "map_name" (for errors), "header" (the file's first line, or the
// map's columns for a file without one), "file.NAME" (what {NAME} in the map's file_name stood
// for).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "codec/decoder.h"
#include "codec/row.h"
#include "venues/csv/field.h"
#include "venues/csv/levels.h"
#include "venues/csv/payloads.h"

namespace delever::venues {

// The parts of a map that an importer needs before it knows a header.
struct CsvMap {
  enum class Header { required, absent, optional };
  std::string text, file;     // the TOML, and its name for errors
  std::string name, channel;  // of the stream: "coinglass:liquidations_daily", "liquidations_daily"
  Header header = Header::required;
  std::vector<std::string> columns;  // by position, where the file need not name them
  std::string file_name;             // "{symbol}-aggTrades-*"; empty: any name will do
  bool drop_last_period = false;     // the file was cut while its last period ran
  char separator = ',';              // between the fields of a row
  int64_t skip_rows = 0;             // titles and the like above the header

  static Result<CsvMap> parse(std::string_view text, std::string_view file);
  static Result<CsvMap> load(const std::string& path);
  // The settings of a file's stream. `first_row` is the header line where the file has one (see
  // has_header).
  Result<codec::StreamSettings> settings(std::string_view base_name,
                                         std::string_view header_row) const;
  // Whether the first row of a file is its header: an optional header is one whose first field is
  // no number.
  bool has_header(std::string_view first_row) const;
  // The columns that it reads, in its own order; a file may have others beside them.
  Result<std::vector<std::string>> wanted_columns() const;
};

class CsvDecoder final : public codec::Decoder {
 public:
  static Result<std::unique_ptr<CsvDecoder>> make(const codec::StreamSettings& settings,
                                                  Instruments& instruments, SourceId source);

  void decode(const codec::RawMessage& message, codec::MessageSink& sink) override;
  // A row says all there is to it, but for books of a level a row.
  bool hand_over(codec::Handover&) override { return levels_.empty(); }

  // What an importer asks of a row.
  struct Row {
    Instant known;           // when it could first have been read
    Instant at;              // the end of its period
    std::string_view venue;  // whose data it is; valid until the next row
    bool kept = true;        // false: the map's [[where]] leaves it out; the times are not set
    size_t events = 0;
  };
  // Reads a row and gives its events to `sink` (nullptr: to nobody). Events carry `received`, or
  // `known` without one.
  Result<Row> read(std::string_view row, std::optional<Instant> received, EventSink* sink);

 private:
  friend struct CsvMap;
  struct EventRule {
    std::unique_ptr<PayloadRule> payload;
    std::vector<Condition> where;
    std::optional<Field> part;  // an aggregate of less than everything: "stablecoin-margined"
  };
  CsvDecoder(Instruments& instruments, SourceId source)
      : instruments_(instruments), source_(source) {}
  Result<void> read_map(const Config& map);
  Result<void> read_time(const Config& time);
  RowTimes times_of_row(Instant& known);
  std::optional<InstrumentId> instrument(const EventRule& rule);

  Instruments& instruments_;
  SourceId source_;
  FieldSources sources_;
  Field venue_;
  TimeField time_;
  std::optional<TimeField> period_end_, received_;
  std::optional<Duration> period_;
  Instant period_since_ = Instant::min();  // rows before it are of an instant
  Duration known_after_;
  bool previous_weekday_ = false;
  std::optional<Field> asset_, symbol_, grammar_;
  std::vector<Condition> where_;
  std::vector<EventRule> rules_;

  codec::CsvRow fields_;  // told the separator by the map
  RowReader reader_;
  LevelGroups levels_;
  std::vector<Event> events_;  // of one row: given out only when the whole row is good
  std::string key_;
  std::map<std::string, InstrumentId, std::less<>> known_instruments_;
};

Result<std::unique_ptr<codec::Decoder>> make_csv_decoder(const codec::StreamSettings& settings,
                                                         Instruments& instruments, SourceId source);

}  // namespace delever::venues
