// TOML read strictly. Rules, column maps, rulebooks and scenarios are all data that someone will
// mistype, so every key must be asked for: finish() names the first one that nobody read, with its
// line. Errors read "FILE:LINE: KEY: why".
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace delever {

// One table of a document. Copies share the record of which keys were read.
class Config {
 public:
  static Result<Config> parse(std::string_view text, std::string_view file_name);
  static Result<Config> load(const std::string& path);

  bool has(std::string_view key) const;
  std::vector<std::string> keys() const;  // in the order of the file's text
  std::string place(
      std::string_view key = {}) const;  // "FILE:LINE: path.to.key", for a caller's own errors

  // Required values.
  Result<std::string> text(std::string_view key) const;
  Result<double> number(std::string_view key) const;  // integers accepted, NaN and inf refused
  Result<int64_t> integer(std::string_view key) const;
  Result<bool> boolean(std::string_view key) const;
  Result<Instant> instant(
      std::string_view key) const;  // string in ISO-8601, or a TOML date-time with Z
  Result<Duration> duration(std::string_view key) const;  // "5m"
  // A figure that must stay exact: a string, an integer or a plain decimal; returned as the text in
  // the file.
  Result<std::string> decimal(std::string_view key) const;
  Result<std::vector<std::string>> texts(std::string_view key) const;
  Result<std::vector<double>> numbers(std::string_view key) const;
  Result<Config> table(std::string_view key) const;
  Result<std::vector<Config>> tables(
      std::string_view key) const;  // [[key]]; absent gives an empty list

  // Optional values: `fallback` when absent, an error when present with the wrong type.
  Result<std::string> text(std::string_view key, std::string_view fallback) const;
  Result<double> number(std::string_view key, double fallback) const;
  Result<int64_t> integer(std::string_view key, int64_t fallback) const;
  Result<bool> boolean(std::string_view key, bool fallback) const;

  // Every key of this table and of the tables taken from it was read, or the error names the first
  // that was not.
  Result<void> finish() const;

  struct Node;

 private:
  explicit Config(std::shared_ptr<Node> node) : node_(std::move(node)) {}
  std::shared_ptr<Node> node_;
};

}  // namespace delever
