#include "base/text.h"

#include <fmt/format.h>

#include <cctype>
#include <charconv>
#include <cmath>

#include "base/check.h"

namespace delever {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const size_t first = text.find_first_not_of(blank);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == text.npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// How many bytes the character at `i` has; 0 where it is no UTF-8.
static size_t utf8_length(std::string_view text, size_t i) {
  const auto at = [&](size_t j) { return static_cast<unsigned char>(text[j]); };
  const unsigned char c = at(i);
  if (c < 0x80) return 1;
  const size_t length = c >= 0xc2 && c < 0xe0   ? 2
                        : c >= 0xe0 && c < 0xf0 ? 3
                        : c >= 0xf0 && c < 0xf5 ? 4
                                                : 0;
  if (length == 0 || i + length > text.size()) return 0;
  for (size_t j = 1; j < length; ++j) {
    if ((at(i + j) & 0xc0) != 0x80) return 0;
  }
  return length;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    // C1 controls are two bytes in UTF-8: C2 80 to C2 9F.
    const bool c1 = c == 0xc2 && i + 1 < text.size() &&
                    static_cast<unsigned char>(text[i + 1]) >= 0x80 &&
                    static_cast<unsigned char>(text[i + 1]) < 0xa0;
    const size_t length = utf8_length(text, i);
    if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f || length == 0)
      out += fmt::format("\\x{:02x}", c);
    else if (c1)
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[++i]));
    else {
      out += text.substr(i, length);
      i += length - 1;
    }
  }
  return out;
}

std::string for_people(std::string_view text) {
  const std::string safe = printable(text);
  std::string out;
  out.reserve(safe.size());
  const auto word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  for (size_t i = 0; i < safe.size(); ++i) {
    const bool alone =
        i == 0 || std::string_view(" [(,:|\n\t").find(safe[i - 1]) != std::string_view::npos;
    if (safe[i] != '-' || !alone || i + 1 == safe.size() || safe[i + 1] != '0') {
      out += safe[i];
      continue;
    }
    size_t end = i + 1;
    while (end < safe.size() && (safe[end] == '0' || safe[end] == '.')) ++end;
    const bool zero =
        end == safe.size() || (!word(safe[end]) && safe[end] != '-' && safe[end] != ':');
    if (!zero)
      out += '-';
    else if (i > 0 && safe[i - 1] == ' ')
      out += ' ';  // columns stay where they are
  }
  return out;
}

std::optional<int64_t> read_int(std::string_view text) {
  int64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> read_double(std::string_view text) {
  double value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

std::string write_double(double value) {
  CHECK(std::isfinite(value));
  return fmt::format("{}", value == 0 ? 0.0 : value);
}

}  // namespace delever
