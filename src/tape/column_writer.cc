// Columns of a block's messages: which bytes go where. What is chosen here (delta or not, which
// column is another's product) is free, since the head says it; only that every byte comes back is
// owed.
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <unordered_map>

#include "tape/columns.h"

namespace delever::tape {
namespace {

bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

uint64_t as_word(int64_t value) { return static_cast<uint64_t>(value); }

void write_bytes(std::string& out, std::string_view bytes) {
  write_varint(out, bytes.size());
  out += bytes;
}

// Where the number of a field stands: its last digits, with a point among them and a sign before
// them. In `"p":"84250.10"` that is 84250.10, and in a plain field all of it.
struct Place {
  size_t begin = 0, end = 0;
};
Place number_in(std::string_view field) {
  size_t end = field.size();
  while (end > 0 && !is_digit(field[end - 1])) --end;
  size_t begin = end;
  while (begin > 0 && (is_digit(field[begin - 1]) || field[begin - 1] == '.')) --begin;
  if (begin > 0 && begin < end && field[begin - 1] == '-') --begin;
  return {begin, end};
}

// Rows that a guess is tried on before all of them are.
std::array<size_t, 5> tried(size_t rows) {
  return {0, rows / 4, rows / 2, rows - rows / 4 - 1, rows - 1};
}

}  // namespace

bool ColumnWriter::write(const BlockBuilder& messages) {
  head_.clear();
  body_.clear();
  cuts_.clear();
  rows_ = messages.count();
  if (rows_ < kColumnRowsMin || !messages.in_order() || !split(messages)) return false;
  head_.push_back(delimiter_);
  write_varint(head_, fields_);
  if (columns_.size() < fields_) columns_.resize(fields_);
  for (size_t column = 0; column < fields_; ++column) write_column(column);
  write_times(messages);
  return true;
}

// The delimiter is the one that the first message has most of, of those that all have alike.
bool ColumnWriter::split(const BlockBuilder& messages) {
  text_ = messages.text();
  const std::string_view first = text_.substr(0, messages.sizes()[0]);
  struct Candidate {
    size_t fields;
    char delimiter;
  };
  std::array<Candidate, 5> candidates{};
  size_t count = 0;
  for (const char c : {',', ';', '\t', '|', ' '}) {
    const auto there = static_cast<size_t>(std::count(first.begin(), first.end(), c));
    candidates[count++] = {there + 1, c};
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.fields > b.fields; });
  return std::any_of(candidates.begin(), candidates.end(), [&](const Candidate& c) {
    return c.fields > 1 && c.fields <= kFieldsMax && split_at(messages, c.delimiter, c.fields);
  });
}

bool ColumnWriter::split_at(const BlockBuilder& messages, char delimiter, size_t fields) {
  ends_.resize(rows_ * fields);
  uint32_t* end = ends_.data();
  const char* const text = text_.data();
  const char* at = text;
  for (const uint32_t size : messages.sizes()) {
    const char* const stop = at + size;
    for (size_t left = fields - 1; left > 0; --left, ++at) {
      at = static_cast<const char*>(std::memchr(at, delimiter, static_cast<size_t>(stop - at)));
      if (at == nullptr) return false;
      *end++ = static_cast<uint32_t>(at - text);
    }
    if (std::memchr(at, delimiter, static_cast<size_t>(stop - at)) != nullptr) return false;
    at = stop;
    *end++ = static_cast<uint32_t>(at - text);
  }
  delimiter_ = delimiter;
  fields_ = fields;
  return true;
}

// A field begins behind the delimiter before it, a message where the one before it ended.
std::string_view ColumnWriter::field(size_t row, size_t column) const {
  const size_t place = row * fields_ + column;
  const uint32_t begin = place == 0 ? 0 : ends_[place - 1] + (column > 0 ? 1 : 0);
  return text_.substr(begin, ends_[place] - begin);
}

bool ColumnWriter::read_column(size_t column, Column& out) const {
  const std::string_view first = field(0, column);
  const Place number = number_in(first);
  out.prefix = first.substr(0, number.begin);
  out.suffix = first.substr(number.end);
  if (number.begin == number.end || std::max(out.prefix.size(), out.suffix.size()) > kAffixMax)
    return false;
  const size_t around = out.prefix.size() + out.suffix.size();
  out.values.resize(rows_);
  out.decimals.resize(rows_);
  unsigned least = kDigitsMax, most = 0;
  for (size_t row = 0; row < rows_; ++row) {
    std::string_view text = field(row, column);
    if (around > 0) {
      if (text.size() < around || !text.starts_with(out.prefix) || !text.ends_with(out.suffix))
        return false;
      text = text.substr(out.prefix.size(), text.size() - around);
    }
    Spelled spelled;
    if (!read_number(text, spelled)) return false;
    out.values[row] = spelled.digits;
    out.decimals[row] = static_cast<uint8_t>(spelled.decimals);
    least = std::min(least, spelled.decimals);
    most = std::max(most, spelled.decimals);
  }
  out.scale = most;
  out.varying = least != most;
  return !out.varying || rescale(out);
}

bool ColumnWriter::rescale(Column& column) const {
  for (size_t row = 0; row < rows_; ++row) {
    const auto factor = static_cast<int64_t>(power_of_ten(column.scale - column.decimals[row]));
    if (__builtin_mul_overflow(column.values[row], factor, &column.values[row])) return false;
  }
  return true;
}

void ColumnWriter::write_affixes(const Column& column) {
  write_bytes(head_, column.prefix);
  write_bytes(head_, column.suffix);
  head_.push_back(static_cast<char>(column.scale));
}

void ColumnWriter::write_column(size_t column) {
  Column& it = columns_[column];
  it.number = read_column(column, it);
  if (!it.number) {
    if (!write_words(column)) write_text(column);
    return;
  }
  if (!it.varying && write_product(column)) return;
  head_.push_back(static_cast<char>(it.varying ? ColumnKind::varying : ColumnKind::number));
  write_affixes(it);
  series_.resize(rows_);
  std::transform(it.values.begin(), it.values.end(), series_.begin(), as_word);
  write_series(series_);
  if (!it.varying) return;
  body_.append(reinterpret_cast<const char*>(it.decimals.data()), rows_);
  cut();
}

bool ColumnWriter::is_product(size_t a, size_t b, size_t column, unsigned shift) const {
  for (const size_t row : tried(rows_)) {
    int64_t product = 0;
    if (__builtin_mul_overflow(columns_[a].values[row], columns_[b].values[row], &product) ||
        __builtin_mul_overflow(product, static_cast<int64_t>(power_of_ten(shift)), &product) ||
        product != columns_[column].values[row] || product == 0) {
      return false;
    }
  }
  return true;
}

// What a trade came to is its price times its size, and archives print all three.
bool ColumnWriter::write_product(size_t column) {
  constexpr size_t kLookedAt = 12;  // the pairs of so many columns before it
  const Column& it = columns_[column];
  for (size_t b = column < kLookedAt ? 0 : column - kLookedAt; b < column; ++b) {
    for (size_t a = column < kLookedAt ? 0 : column - kLookedAt; a < b; ++a) {
      const unsigned scale = columns_[a].scale + columns_[b].scale;
      if (!columns_[a].number || !columns_[b].number || scale > it.scale) continue;
      const unsigned shift = it.scale - scale;
      if (!is_product(a, b, column, shift)) continue;
      head_.push_back(static_cast<char>(ColumnKind::product));
      write_affixes(it);
      write_varint(head_, a);
      write_varint(head_, b);
      series_.resize(rows_);
      for (size_t row = 0; row < rows_; ++row) {
        series_[row] = as_word(it.values[row]) - as_word(columns_[a].values[row]) *
                                                     as_word(columns_[b].values[row]) *
                                                     power_of_ten(shift);
      }
      write_series(series_);
      return true;
    }
  }
  return false;
}

bool ColumnWriter::write_words(size_t column) {
  std::unordered_map<std::string_view, uint8_t> places;
  std::vector<std::string_view> words;
  std::string plane(rows_, '\0');
  const size_t most = std::min(kWordsMax, rows_ / 4);
  size_t last = 0;
  for (size_t row = 0; row < rows_; ++row) {
    const std::string_view text = field(row, column);
    if (words.empty() || text != words[last]) {
      const auto [found, added] = places.try_emplace(text, static_cast<uint8_t>(words.size()));
      if (added) {
        if (words.size() == most) return false;
        words.push_back(text);
      }
      last = found->second;
    }
    plane[row] = static_cast<char>(last);
  }
  head_.push_back(static_cast<char>(ColumnKind::words));
  write_varint(head_, words.size());
  for (const std::string_view word : words) write_bytes(head_, word);
  if (words.size() == 1) return true;
  body_ += plane;
  cut();
  return true;
}

void ColumnWriter::write_text(size_t column) {
  head_.push_back(static_cast<char>(ColumnKind::text));
  series_.resize(rows_);
  uint64_t total = 0;
  for (size_t row = 0; row < rows_; ++row) total += series_[row] = field(row, column).size();
  write_varint(head_, total);
  write_series(series_);
  for (size_t row = 0; row < rows_; ++row) body_ += field(row, column);
  cut();
}

// An archive's receive times are made from its rows' own: the column that they follow from leaves
// nothing to be kept.
void ColumnWriter::write_times(const BlockBuilder& messages) {
  const std::vector<int64_t>& times = messages.times();
  series_.resize(rows_);
  for (size_t column = 0; column < fields_; ++column) {
    const Column& it = columns_[column];
    if (!it.number) continue;
    for (const unsigned exponent : {0U, 3U, 6U, 9U, 9U - std::min(9U, it.scale)}) {
      const uint64_t factor = power_of_ten(exponent);
      const auto rest = [&](size_t row) {
        return as_word(times[row]) - as_word(it.values[row]) * factor;
      };
      const auto rows = tried(rows_);
      const bool follows =
          times.front() != times.back() &&
          std::all_of(rows.begin(), rows.end(), [&](size_t row) { return rest(row) == rest(0); });
      if (!follows) continue;
      head_.push_back(static_cast<char>(TimesKind::column));
      write_varint(head_, column);
      head_.push_back(static_cast<char>(exponent));
      for (size_t row = 0; row < rows_; ++row) series_[row] = rest(row);
      return write_series(series_);
    }
  }
  head_.push_back(static_cast<char>(TimesKind::alone));
  std::transform(times.begin(), times.end(), series_.begin(), as_word);
  write_series(series_);
}

// Differences where they are smaller: by the bits of all of them, since one that is large costs
// little among many that are not.
void ColumnWriter::write_series(const std::vector<uint64_t>& values) {
  const auto least = static_cast<uint64_t>(*std::min_element(
      values.begin(), values.end(),
      [](uint64_t a, uint64_t b) { return static_cast<int64_t>(a) < static_cast<int64_t>(b); }));
  differences_.resize(rows_);
  uint64_t before = values[0], all_plain = 0, all_steps = 0;
  uint64_t bits_plain = 0, bits_steps = 0;
  for (size_t row = 0; row < rows_; ++row) {
    const uint64_t plain = values[row] - least, step = zigzag(values[row] - before);
    differences_[row] = step;
    before = values[row];
    all_plain |= plain;
    all_steps |= step;
    bits_plain += static_cast<unsigned>(std::bit_width(plain));
    bits_steps += static_cast<unsigned>(std::bit_width(step));
  }
  const bool steps = bits_steps < bits_plain;
  const unsigned width =
      (static_cast<unsigned>(std::bit_width(steps ? all_steps : all_plain)) + 7) / 8;
  head_.push_back(static_cast<char>(steps ? SeriesMode::difference : SeriesMode::plain));
  write_varint(head_, zigzag(steps ? values[0] : least));
  head_.push_back(static_cast<char>(width));
  for (unsigned plane = 0; plane < width; ++plane) {
    const size_t at = body_.size();
    body_.resize(at + rows_);
    for (size_t row = 0; row < rows_; ++row) {
      const uint64_t value = steps ? differences_[row] : values[row] - least;
      body_[at + row] = static_cast<char>(value >> 8 * plane & 0xff);
    }
    cut();
  }
}

// Pieces that are short are packed together: a frame has a dozen bytes of its own.
void ColumnWriter::cut() {
  constexpr size_t kPiece = 512;
  if (body_.size() - (cuts_.empty() ? 0 : cuts_.back()) >= kPiece) cuts_.push_back(body_.size());
}

}  // namespace delever::tape
