#include "base/config.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/file.h"
#include "base/text.h"

namespace delever {

// The document stays alive through `root`; `source` keeps the text for decimal(), which must not go
// through a double.
struct Config::Node {
  std::shared_ptr<const toml::table> root;
  std::shared_ptr<const std::string> source;
  const toml::table* table = nullptr;
  std::string file;
  std::string path;
  mutable std::set<std::string, std::less<>> read;
  mutable std::vector<std::shared_ptr<Node>> children;
};

namespace {

std::string key_path(const Config::Node& node, std::string_view key) {
  if (node.path.empty()) return std::string(key);
  return key.empty() ? node.path : node.path + "." + std::string(key);
}

unsigned line_of(const Config::Node& node, std::string_view key) {
  const toml::node* found = key.empty() ? nullptr : node.table->get(key);
  return (found ? found->source() : node.table->source()).begin.line;
}

std::string place_of(const Config::Node& node, std::string_view key) {
  return fmt::format("{}:{}: {}", node.file, line_of(node, key), key_path(node, key));
}

Error missing(const Config::Node& node, std::string_view key) {
  return {Fault::malformed, "missing", place_of(node, key)};
}

Error wrong_type(const Config::Node& node, std::string_view key, std::string_view want) {
  return {Fault::malformed, fmt::format("want {}", want), place_of(node, key)};
}

const toml::node* find(const Config::Node& node, std::string_view key) {
  const toml::node* found = node.table->get(key);
  if (found) node.read.emplace(key);
  return found;
}

std::optional<double> as_number(const toml::node& value) {
  if (const auto* i = value.as_integer()) return static_cast<double>(i->get());
  if (const auto* f = value.as_floating_point(); f && std::isfinite(f->get())) return f->get();
  return std::nullopt;
}

std::shared_ptr<Config::Node> child_of(const Config::Node& parent, const toml::table& table,
                                       std::string path) {
  auto child = std::make_shared<Config::Node>();
  child->root = parent.root;
  child->source = parent.source;
  child->table = &table;
  child->file = parent.file;
  child->path = std::move(path);
  parent.children.push_back(child);
  return child;
}

// The characters of a value as written, from its start position to the first character that cannot
// be part of it.
std::string written(const std::string& source, toml::source_position at) {
  size_t offset = 0;
  for (unsigned line = 1; line < at.line; ++line) offset = source.find('\n', offset) + 1;
  offset += at.column - 1;
  const size_t end = source.find_first_not_of("+-0123456789._eE", offset);
  std::string out = source.substr(offset, end - offset);
  std::erase(out, '_');
  return out;
}

// toml++ 3.3 takes it for granted that a key follows "[" or "[[" (TOML_ASSERT_ASSUME in parse_key):
// anything else there stops a debug build and is undefined in a release. A header stands at the
// start of a line, outside strings and lists.
std::optional<unsigned> line_of_bad_header(std::string_view text) {
  const auto key_begins = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           c == '-' || c == '"' || c == '\'' || c == ']';
  };
  std::string_view quote;  // what ends the string that we are in
  int depth = 0;           // of lists and inline tables
  unsigned number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    if (quote.size() == 1) quote = {};  // such a string ends with its line, or toml++ says so
    std::string_view head = trimmed(line);
    if (quote.empty() && depth == 0 && head.starts_with('[')) {
      head.remove_prefix(head.starts_with("[[") ? 2 : 1);
      head = trimmed(head);
      if (!head.empty() && !key_begins(head.front())) return number;
      continue;
    }
    for (size_t at = 0; at < line.size(); ++at) {
      const char c = line[at];
      const std::string_view three = line.substr(at, 3);
      if (!quote.empty()) {
        if (c == '\\' && quote.front() == '"') {
          ++at;
        } else if (line.substr(at, quote.size()) == quote) {
          at += quote.size() - 1;
          quote = {};
        }
      } else if (c == '#') {
        break;
      } else if (c == '"' || c == '\'') {
        const bool triple = three == "\"\"\"" || three == "'''";
        quote = line.substr(at, triple ? 3 : 1);
        at += quote.size() - 1;
      } else if (c == '[' || c == '{') {
        ++depth;
      } else if ((c == ']' || c == '}') && depth > 0) {
        --depth;
      }
    }
  }
  return std::nullopt;
}

}  // namespace

namespace {

// The parser follows nesting by recursion and works at a table's name once for each part before it:
// a hostile file could exhaust its stack or its time. No file of ours comes near these limits.
constexpr size_t kTextMax = size_t{4} << 20, kDepthMax = 32, kNamePartsMax = 32;

// Where, and what of it.
struct TooMuch {
  size_t line;
  const char* what;
};

// Parentheses of all kinds and dots outside of strings and comments, line by line.
std::optional<TooMuch> too_much(std::string_view text) {
  if (text.size() > kTextMax) return TooMuch{1, "larger than 4 MiB, more than any configuration"};
  size_t line = 1, depth = 0, dots = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      ++line;
      dots = 0;
    } else if (c == '#') {
      i = std::min(text.find('\n', i), text.size()) - 1;
    } else if (c == '"' || c == '\'') {
      const std::string_view triple = text.substr(i, 3);
      const bool many = triple.size() == 3 && triple[1] == c && triple[2] == c;
      size_t end = i + (many ? 3 : 1);
      while (end < text.size()) {
        if (c == '"' && text[end] == '\\') {
          end += 2;
          continue;
        }
        if (text[end] == '\n') {
          if (!many) break;
          ++line;
        }
        if (many ? text.substr(end, 3) == triple : text[end] == c) break;
        ++end;
      }
      if (end >= text.size()) return std::nullopt;  // not ended: the parser will say so
      if (text[end] == '\n') {
        i = end - 1;
        continue;
      }
      i = end + (many ? 2 : 0);
    } else if (c == '[' || c == '{') {
      if (++depth > kDepthMax) return TooMuch{line, "nested deeper than 32"};
    } else if (c == ']' || c == '}') {
      if (depth > 0) --depth;
    } else if (c == '=' || c == ',') {
      dots = 0;
    } else if (c == '.' && ++dots > kNamePartsMax) {
      return TooMuch{line, "a name of more than 32 parts"};
    }
  }
  return std::nullopt;
}

}  // namespace

Result<Config> Config::parse(std::string_view text, std::string_view file_name) {
  if (const auto much = too_much(text))
    return Error{Fault::out_of_range, much->what, fmt::format("{}:{}", file_name, much->line)};
  if (const auto line = line_of_bad_header(text))
    return Error{Fault::malformed, "a table's name begins with a letter, a digit, _, - or a quote",
                 fmt::format("{}:{}", file_name, *line)};
  auto node = std::make_shared<Node>();
  std::shared_ptr<const toml::table> root;
  try {  // Debian builds the library with exceptions; they stop here
    root = std::make_shared<const toml::table>(toml::parse(text, file_name));
  } catch (const toml::parse_error& error) {
    return Error{Fault::malformed, std::string(error.description()),
                 fmt::format("{}:{}", file_name, error.source().begin.line)};
  }
  node->table = root.get();
  node->root = std::move(root);
  node->source = std::make_shared<const std::string>(text);
  node->file = file_name;
  return Config(std::move(node));
}

Result<Config> Config::load(const std::string& path) { return parse(TRY(read_file(path)), path); }

bool Config::has(std::string_view key) const { return node_->table->contains(key); }

std::vector<std::string> Config::keys() const {
  std::vector<std::pair<toml::source_position, std::string>> found;
  for (const auto& [key, value] : *node_->table)
    found.emplace_back(key.source().begin, std::string(key.str()));
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> names;
  for (auto& [at, name] : found) names.push_back(std::move(name));
  return names;
}

std::string Config::place(std::string_view key) const { return place_of(*node_, key); }

Result<std::string> Config::text(std::string_view key) const {
  const toml::node* value = find(*node_, key);
  if (!value) return missing(*node_, key);
  if (const auto* s = value->as_string()) return s->get();
  return wrong_type(*node_, key, "a string");
}

Result<double> Config::number(std::string_view key) const {
  const toml::node* value = find(*node_, key);
  if (!value) return missing(*node_, key);
  if (const auto n = as_number(*value)) return *n;
  return wrong_type(*node_, key, "a finite number");
}

Result<int64_t> Config::integer(std::string_view key) const {
  const toml::node* value = find(*node_, key);
  if (!value) return missing(*node_, key);
  if (const auto* i = value->as_integer()) return i->get();
  return wrong_type(*node_, key, "a whole number");
}

Result<bool> Config::boolean(std::string_view key) const {
  const toml::node* value = find(*node_, key);
  if (!value) return missing(*node_, key);
  if (const auto* b = value->as_boolean()) return b->get();
  return wrong_type(*node_, key, "true or false");
}

Result<Instant> Config::instant(std::string_view key) const {
  const toml::node* value = find(*node_, key);
  if (!value) return missing(*node_, key);
  if (const auto* s = value->as_string()) {
    auto parsed = Instant::parse(s->get());
    if (!parsed.has_value()) return std::move(parsed.error()).at(place(key));
    return parsed;
  }
  const auto day = [&](const toml::date& d) -> Result<Instant> {
    auto midnight = Instant::from_date(d.year, d.month, d.day);
    if (!midnight.has_value()) return std::move(midnight.error()).at(place(key));
    return midnight;
  };
  if (const auto* d = value->as_date()) return day(d->get());
  if (const auto* d = value->as_date_time();
      d && (!d->get().offset || d->get().offset->minutes == 0)) {
    const auto& [date, time, offset] = d->get();
    const Instant midnight = TRY(day(date));
    return midnight + Duration::seconds((time.hour * 60 + time.minute) * 60 + time.second) +
           Duration::ns(time.nanosecond);
  }
  return wrong_type(*node_, key, "a UTC time such as 2026-01-30T08:00:00Z");
}

Result<Duration> Config::duration(std::string_view key) const {
  auto parsed = Duration::parse(TRY(text(key)));
  if (!parsed.has_value()) return std::move(parsed.error()).at(place(key));
  return parsed;
}

Result<std::string> Config::decimal(std::string_view key) const {
  const toml::node* value = find(*node_, key);
  if (!value) return missing(*node_, key);
  if (const auto* s = value->as_string()) return s->get();
  if (!as_number(*value)) return wrong_type(*node_, key, "a decimal");
  return written(*node_->source, value->source().begin);
}

Result<std::vector<std::string>> Config::texts(std::string_view key) const {
  const toml::node* value = find(*node_, key);
  if (!value) return missing(*node_, key);
  const auto* list = value->as_array();
  if (!list) return wrong_type(*node_, key, "a list of strings");
  std::vector<std::string> out;
  for (const toml::node& item : *list) {
    const auto* s = item.as_string();
    if (!s) return wrong_type(*node_, key, "a list of strings");
    out.push_back(s->get());
  }
  return out;
}

Result<std::vector<double>> Config::numbers(std::string_view key) const {
  const toml::node* value = find(*node_, key);
  if (!value) return missing(*node_, key);
  const auto* list = value->as_array();
  if (!list) return wrong_type(*node_, key, "a list of numbers");
  std::vector<double> out;
  for (const toml::node& item : *list) {
    const auto n = as_number(item);
    if (!n) return wrong_type(*node_, key, "a list of finite numbers");
    out.push_back(*n);
  }
  return out;
}

Result<Config> Config::table(std::string_view key) const {
  const toml::node* value = find(*node_, key);
  if (!value) return missing(*node_, key);
  const auto* table = value->as_table();
  if (!table) return wrong_type(*node_, key, "a table");
  return Config(child_of(*node_, *table, key_path(*node_, key)));
}

Result<std::vector<Config>> Config::tables(std::string_view key) const {
  std::vector<Config> out;
  const toml::node* value = find(*node_, key);
  if (!value) return out;
  const auto* list = value->as_array();
  if (!list) return wrong_type(*node_, key, "a list of tables");
  for (size_t i = 0; i < list->size(); ++i) {
    const auto* table = list->get(i)->as_table();
    if (!table) return wrong_type(*node_, key, "a list of tables");
    out.push_back(
        Config(child_of(*node_, *table, fmt::format("{}[{}]", key_path(*node_, key), i))));
  }
  return out;
}

Result<std::string> Config::text(std::string_view key, std::string_view fallback) const {
  return has(key) ? text(key) : Result<std::string>(std::string(fallback));
}
Result<double> Config::number(std::string_view key, double fallback) const {
  return has(key) ? number(key) : Result<double>(fallback);
}
Result<int64_t> Config::integer(std::string_view key, int64_t fallback) const {
  return has(key) ? integer(key) : Result<int64_t>(fallback);
}
Result<bool> Config::boolean(std::string_view key, bool fallback) const {
  return has(key) ? boolean(key) : Result<bool>(fallback);
}

Result<void> Config::finish() const {
  for (const std::string& key : keys()) {
    if (!node_->read.contains(key)) return Error{Fault::malformed, "unknown key", place(key)};
  }
  for (const auto& child : node_->children) {
    const Config config{child};
    if (auto finished = config.finish(); !finished.has_value()) return finished;
  }
  return {};
}

}  // namespace delever
