#include "venues/terms/scan.h"

#include <charconv>
#include <cstring>

namespace delever::venues {
namespace {

size_t skip_blanks(std::string_view text, size_t at) {
  while (at < text.size() &&
         (text[at] == ' ' || text[at] == '\n' || text[at] == '\t' || text[at] == '\r'))
    ++at;
  return at;
}

// Behind the closing quote of the string that opens at `at`; size + 1 when it does not close.
size_t end_of_string(std::string_view text, size_t at) {
  for (++at; at < text.size();) {
    const void* quote = std::memchr(text.data() + at, '"', text.size() - at);
    if (quote == nullptr) break;
    const auto found = static_cast<size_t>(static_cast<const char*>(quote) - text.data());
    size_t slashes = 0;
    while (found - slashes > at && text[found - slashes - 1] == '\\') ++slashes;
    if (slashes % 2 == 0) return found + 1;
    at = found + 1;
  }
  return text.size() + 1;
}

// Behind the object or list that opens at `at`; size + 1 when it does not close.
size_t end_of_nest(std::string_view text, size_t at) {
  size_t depth = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') {
      at = end_of_string(text, at) - 1;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return at + 1;
    }
  }
  return text.size() + 1;
}

}  // namespace

Members::Members(std::string_view text) : text_(text) {
  at_ = skip_blanks(text_, 0);
  open_ = at_ < text_.size() && text_[at_] == '{';
}

size_t Members::end_of_value() const {
  if (at_ >= text_.size()) return text_.size() + 1;
  if (text_[at_] == '"') return end_of_string(text_, at_);
  if (text_[at_] != '{' && text_[at_] != '[') {
    const size_t end = text_.find_first_of(",}] \t\r\n", at_);
    return end == text_.npos ? text_.size() + 1 : end;
  }
  return end_of_nest(text_, at_);
}

bool is_json_text(std::string_view text) {
  const size_t at = skip_blanks(text, 0);
  if (at >= text.size() || (text[at] != '{' && text[at] != '[')) return false;
  const size_t end = end_of_nest(text, at);
  return end <= text.size() && skip_blanks(text, end) == text.size();
}

bool Members::next() {
  if (!open_) return false;
  open_ = false;  // until a member stands there
  if (first_) {
    first_ = false;
    at_ = skip_blanks(text_, at_ + 1);
  } else {
    const size_t end = end_of_value();
    if (end > text_.size()) return false;
    at_ = skip_blanks(text_, end);
    if (at_ >= text_.size() || text_[at_] != ',') return false;
    at_ = skip_blanks(text_, at_ + 1);
  }
  if (at_ >= text_.size() || text_[at_] != '"') return false;
  const size_t end = end_of_string(text_, at_);
  if (end > text_.size()) return false;
  key_ = text_.substr(at_ + 1, end - at_ - 2);
  at_ = skip_blanks(text_, end);
  if (at_ >= text_.size() || text_[at_] != ':') return false;
  at_ = skip_blanks(text_, at_ + 1);
  open_ = at_ < text_.size();
  return open_;
}

std::string_view Members::value() {
  const size_t end = end_of_value();
  if (end > text_.size()) return {};
  return is_text() ? text_.substr(at_ + 1, end - at_ - 2) : text_.substr(at_, end - at_);
}

std::optional<std::string_view> member(std::string_view object, std::string_view key) {
  for (Members members(object); members.next();) {
    if (members.key() == key) return members.value();
  }
  return std::nullopt;
}

std::string_view inside(std::string_view object, std::string_view key) {
  for (Members members(object); members.next();) {
    if (members.key() == key) return members.rest();
  }
  return {};
}

std::optional<uint64_t> number(std::string_view object, std::string_view key) {
  const auto text = member(object, key);
  if (!text) return std::nullopt;
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return value;
}

std::vector<std::string_view> objects(std::string_view list) {
  std::vector<std::string_view> out;
  size_t at = skip_blanks(list, 0);
  if (at >= list.size() || list[at] != '[') return out;
  for (at = skip_blanks(list, at + 1); at < list.size() && list[at] == '{';) {
    const size_t end = end_of_nest(list, at);
    if (end > list.size()) break;
    out.push_back(list.substr(at, end - at));
    at = skip_blanks(list, end);
    if (at >= list.size() || list[at] != ',') break;
    at = skip_blanks(list, at + 1);
  }
  return out;
}

std::vector<std::string> texts(std::string_view list) {
  std::vector<std::string> out;
  for (size_t at = list.find('"'); at < list.size(); at = list.find('"', at)) {
    const size_t end = end_of_string(list, at);
    if (end > list.size()) break;
    out.emplace_back(list.substr(at + 1, end - at - 2));
    at = end;
  }
  return out;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() &&
        (text[i + 1] == '"' || text[i + 1] == '\\' || text[i + 1] == '/'))
      ++i;
    out.push_back(text[i]);
  }
  return out;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20) continue;
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

}  // namespace delever::venues
