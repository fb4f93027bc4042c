#include "codec/row.h"

#include <fmt/format.h>

#include <algorithm>

namespace delever::codec {

bool open_quote(std::string_view record) {
  // Most rows have none, and looking for one takes a tenth of counting them.
  const size_t first = record.find('"');
  if (first == record.npos) return false;
  return std::count(record.begin() + static_cast<ptrdiff_t>(first), record.end(), '"') % 2 == 1;
}

Result<void> CsvRow::split(std::string_view record) {
  fields_.clear();
  while (record.ends_with('\n') || record.ends_with('\r')) record.remove_suffix(1);
  if (record.find('"') != record.npos) return split_quoted(record);
  for (;;) {
    const size_t end = record.find(separator_);
    fields_.push_back(record.substr(0, end));
    if (end == record.npos) return {};
    record.remove_prefix(end + 1);
  }
}

Result<void> CsvRow::split_quoted(std::string_view record) {
  unescaped_.clear();
  unescaped_.reserve(record.size());  // never grows below, so that views into it hold
  const auto fail = [&](std::string_view why) {
    return Error{Fault::malformed, fmt::format("field {}: {}", fields_.size() + 1, why)};
  };
  for (;;) {
    if (!record.starts_with('"')) {
      const size_t end = std::min(record.find(separator_), record.size());
      const std::string_view field = record.substr(0, end);
      if (field.find('"') != field.npos)
        return fail("a quote inside a field that does not begin with one");
      fields_.push_back(field);
      record.remove_prefix(end);
    } else {
      const size_t from = unescaped_.size();
      size_t at = 1;
      for (;;) {
        const size_t quote = record.find('"', at);
        if (quote == record.npos) return fail("a quote that never closes");
        unescaped_.append(record.substr(at, quote - at));
        at = quote + 1;
        if (at == record.size() || record[at] != '"') break;
        unescaped_.push_back('"');
        ++at;
      }
      record.remove_prefix(at);
      if (!record.empty() && record.front() != separator_)
        return fail("text after the closing quote");
      fields_.push_back(std::string_view(unescaped_).substr(from));
    }
    if (record.empty()) return {};
    record.remove_prefix(1);
    if (record.empty()) {  // a separator at the very end: one more field, empty
      fields_.push_back(record);
      return {};
    }
  }
}

}  // namespace delever::codec
