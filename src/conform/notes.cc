#include "conform/notes.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace delever::conform {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
char at_or(std::string_view text, size_t i) { return i < text.size() ? text[i] : '\0'; }

size_t digits_from(std::string_view text, size_t i) {
  while (is_digit(at_or(text, i))) ++i;
  return i;
}

// Reads a number at `i`, moving `i` past it and its suffix.
std::optional<Token> read_number(std::string_view text, size_t& i) {
  size_t end = i;
  if (at_or(text, end) == '-' || at_or(text, end) == '+') ++end;
  if (!is_digit(at_or(text, end)) && !(at_or(text, end) == '.' && is_digit(at_or(text, end + 1))))
    return std::nullopt;
  end = digits_from(text, end);
  // a comma before exactly three digits separates thousands
  while (at_or(text, end) == ',' && digits_from(text, end + 1) == end + 4) end += 4;
  if (at_or(text, end) == '.' && is_digit(at_or(text, end + 1))) end = digits_from(text, end + 1);
  if (const char e = at_or(text, end); e == 'e' || e == 'E') {
    const size_t exponent = end + 1 + (at_or(text, end + 1) == '-' || at_or(text, end + 1) == '+');
    if (is_digit(at_or(text, exponent))) end = digits_from(text, exponent);
  }
  std::string plain(text.substr(i, end - i));
  std::erase(plain, ',');
  if (plain.starts_with('+')) plain.erase(0, 1);
  if (plain.starts_with('.')) plain.insert(0, "0");
  if (plain.starts_with("-.")) plain.insert(1, "0");
  const std::optional<double> value = read_double(plain);
  if (!value) return std::nullopt;
  Token token{.kind = Token::Kind::number, .text = plain, .value = *value};
  const char suffix = at_or(text, end);
  if (suffix == '%') {
    token.percent = true;
    token.value /= 100;
    ++end;
  } else if (!is_letter(at_or(text, end + 1)) && !is_digit(at_or(text, end + 1))) {
    const double scale = suffix == 'k' || suffix == 'K' ? 1e3
                         : suffix == 'M'                ? 1e6
                         : suffix == 'B'                ? 1e9
                                                        : 1;
    token.value *= scale;
    if (scale > 1) ++end;
  }
  if (!std::isfinite(token.value)) return std::nullopt;
  i = end;
  return token;
}

}  // namespace

Facts::Facts(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++i;
      continue;
    }
    // "+-0.3" aside, a sign belongs to a number only where no number or word stands right before it
    const bool glued =
        i > 0 && (is_digit(text[i - 1]) || is_letter(text[i - 1]) || text[i - 1] == ')');
    const bool signed_number = (c == '-' || c == '+') && !glued &&
                               (is_digit(at_or(text, i + 1)) || at_or(text, i + 1) == '.');
    if (is_digit(c) || c == '.' || signed_number) {
      if (auto number = read_number(text, i)) {
        tokens_.push_back(*number);
        continue;
      }
    }
    if (is_letter(c)) {
      size_t end = i;
      // inside a word: letters, digits, and . / - where more of the word follows
      while (end < text.size() &&
             (is_letter(text[end]) || is_digit(text[end]) ||
              ((text[end] == '.' || text[end] == '/' || text[end] == '-') &&
               (is_letter(at_or(text, end + 1)) || is_digit(at_or(text, end + 1))))))
        ++end;
      tokens_.push_back({.kind = Token::Kind::word, .text = lower(text.substr(i, end - i))});
      i = end;
      continue;
    }
    tokens_.push_back({.kind = Token::Kind::sign, .text = std::string(1, c)});
    ++i;
  }
}

std::optional<double> Facts::number_from(size_t at) const {
  for (; at < tokens_.size(); ++at) {
    const Token& token = tokens_[at];
    if (token.kind == Token::Kind::number) return token.value;
    const bool skipped =
        token.kind == Token::Kind::sign &&
        (token.text == "=" || token.text == ":" || token.text == "(" || token.text == ")");
    if (!skipped) return std::nullopt;
  }
  return std::nullopt;
}

std::optional<double> Facts::after(std::string_view word) const {
  for (size_t i = 0; i < tokens_.size(); ++i) {
    if (tokens_[i].kind != Token::Kind::word || tokens_[i].text != word) continue;
    if (const auto value = number_from(i + 1)) return value;
  }
  return std::nullopt;
}

std::optional<double> Facts::after(std::string_view first, std::string_view second) const {
  for (size_t i = 0; i + 1 < tokens_.size(); ++i) {
    if (tokens_[i].kind != Token::Kind::word || tokens_[i].text != first) continue;
    if (tokens_[i + 1].kind != Token::Kind::word || tokens_[i + 1].text != second) continue;
    if (const auto value = number_from(i + 2)) return value;
  }
  return std::nullopt;
}

std::optional<double> Facts::near(std::string_view word) const {
  if (const auto value = after(word)) return value;
  for (size_t i = 0; i < tokens_.size(); ++i) {
    if (tokens_[i].kind != Token::Kind::word || tokens_[i].text != word) continue;
    size_t next = i + 1;
    while (next < tokens_.size() && tokens_[next].kind == Token::Kind::word) ++next;
    if (const auto value = number_from(next)) return value;
  }
  return std::nullopt;
}

bool Facts::says(std::string_view word) const {
  return std::any_of(tokens_.begin(), tokens_.end(), [word](const Token& token) {
    return token.kind == Token::Kind::word && token.text == word;
  });
}

std::vector<double> Facts::numbers() const {
  std::vector<double> out;
  for (const Token& token : tokens_) {
    if (token.kind == Token::Kind::number) out.push_back(token.value);
  }
  return out;
}

std::optional<double> Facts::first() const {
  for (const Token& token : tokens_) {
    if (token.kind == Token::Kind::number) return token.value;
  }
  return std::nullopt;
}

}  // namespace delever::conform
