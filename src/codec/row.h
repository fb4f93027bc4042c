// One CSV record (RFC 4180) to fields, and a header to column numbers. A record may hold line ends
// inside quotes; where it ends is the caller's business; open_quote() tells.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace delever::codec {

class CsvRow {
 public:
  explicit CsvRow(char separator = ',') : separator_(separator) {}
  // The fields stay valid until the next call, and as long as `record` does. Strict: text after a
  // closing quote, a quote inside an unquoted field and a quote that never closes are errors that
  // name the field by number from 1.
  Result<void> split(std::string_view record);
  const std::vector<std::string_view>& fields() const { return fields_; }

 private:
  Result<void> split_quoted(std::string_view record);
  char separator_;
  std::vector<std::string_view> fields_;
  std::string unescaped_;  // fields that held "", one after the other
};

// Whether a record that stops here, at a line end, is still inside a quoted field.
bool open_quote(std::string_view record);

}  // namespace delever::codec
