// CSV after RFC 4180: quoted fields, doubled quotes, line ends inside quotes; \r\n or \n; a byte
// order mark is skipped. Rows know the line they began on, so that a bad one can be named.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace delever {

struct CsvRecord {
  std::vector<std::string> fields;
  size_t line = 0;  // from 1
};

// Pulls rows out of a text at hand. Blank lines are skipped.
class CsvReader {
 public:
  explicit CsvReader(std::string_view text);
  // The next row, nullopt at the end, or an error whose place is "line N".
  Result<std::optional<CsvRecord>> next();

 private:
  std::string_view rest_;
  size_t line_ = 1;
};

// A whole table with a header: every row has as many fields as the header, or the error names
// FILE:LINE.
struct CsvTable {
  std::string file;
  std::vector<std::string> header;
  std::vector<CsvRecord> rows;

  std::optional<size_t> column(std::string_view name) const;
  // The field, or "" when the table has no such column.
  std::string_view field(const CsvRecord& row, std::string_view name) const;
  std::string place(const CsvRecord& row) const { return file + ":" + std::to_string(row.line); }
};
Result<CsvTable> read_csv(std::string_view text, std::string_view file);

}  // namespace delever
