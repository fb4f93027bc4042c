#include "base/csv.h"

#include <fmt/format.h>

namespace delever {

CsvReader::CsvReader(std::string_view text) : rest_(text) {
  if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
}

Result<std::optional<CsvRecord>> CsvReader::next() {
  while (rest_.starts_with('\n') || rest_.starts_with("\r\n")) {
    rest_.remove_prefix(rest_.front() == '\r' ? 2 : 1);
    ++line_;
  }
  if (rest_.empty()) return std::optional<CsvRecord>{};
  CsvRecord row;
  row.line = line_;
  const auto fail = [&](std::string what) {
    return Error{Fault::malformed, std::move(what), fmt::format("line {}", row.line)};
  };
  for (;;) {
    std::string field;
    if (rest_.starts_with('"')) {
      rest_.remove_prefix(1);
      for (;;) {
        const size_t quote = rest_.find('"');
        if (quote == rest_.npos) return fail("a quote is not closed");
        for (char c : rest_.substr(0, quote)) line_ += c == '\n';
        field += rest_.substr(0, quote);
        rest_.remove_prefix(quote + 1);
        if (!rest_.starts_with('"')) break;
        field += '"';
        rest_.remove_prefix(1);
      }
      if (!rest_.empty() && rest_.front() != ',' && rest_.front() != '\n' &&
          !rest_.starts_with("\r\n"))
        return fail("text after a closing quote");
    } else {
      const size_t end = rest_.find_first_of(",\n");
      std::string_view plain = rest_.substr(0, end);
      rest_.remove_prefix(plain.size());
      if ((rest_.empty() || rest_.front() == '\n') && plain.ends_with('\r')) plain.remove_suffix(1);
      field = plain;
    }
    row.fields.push_back(std::move(field));
    if (rest_.starts_with(',')) {
      rest_.remove_prefix(1);
      continue;
    }
    if (rest_.starts_with("\r\n")) rest_.remove_prefix(1);
    if (rest_.starts_with('\n')) {
      rest_.remove_prefix(1);
      ++line_;
    }
    return std::optional<CsvRecord>{std::move(row)};
  }
}

std::optional<size_t> CsvTable::column(std::string_view name) const {
  for (size_t i = 0; i < header.size(); ++i) {
    if (header[i] == name) return i;
  }
  return std::nullopt;
}

std::string_view CsvTable::field(const CsvRecord& row, std::string_view name) const {
  const auto i = column(name);
  return i ? std::string_view(row.fields[*i]) : std::string_view{};
}

Result<CsvTable> read_csv(std::string_view text, std::string_view file) {
  CsvTable table;
  table.file = file;
  CsvReader reader(text);
  for (;;) {
    auto next = reader.next();
    if (!next.has_value()) return std::move(next.error()).at(file);
    if (!next.value()) break;
    CsvRecord row = std::move(*next.value());
    if (table.header.empty()) {
      table.header = std::move(row.fields);
      continue;
    }
    if (row.fields.size() != table.header.size()) {
      return Error{
          Fault::malformed,
          fmt::format("{} fields where the header has {}", row.fields.size(), table.header.size()),
          fmt::format("{}:{}", file, row.line)};
    }
    table.rows.push_back(std::move(row));
  }
  if (table.header.empty())
    return Error{Fault::malformed, "empty, no header line", std::string(file)};
  return table;
}

}  // namespace delever
