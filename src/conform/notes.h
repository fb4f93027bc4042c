// Figures in the notes of a worked example: "MMR=0.1 cum=135365", "1M@0.75% + 4M@1.75%", "taker fee
// 0.0005". The text is cut into words, numbers and signs; a figure is asked for by the word before
// it. Numbers know percent, thousands commas and the suffixes k, M, B (0.4% -> 0.004, 10M -> 1e7).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace delever::conform {

struct Token {
  enum class Kind { word, number, sign } kind = Kind::sign;
  std::string text;  // words in lower case
  double value = 0;  // numbers
  bool percent = false;
};

class Facts {
 public:
  Facts() = default;
  explicit Facts(std::string_view text);

  // The number that follows a word, across "=", ":", "(" and ")" only.
  std::optional<double> after(std::string_view word) const;
  // The same for two words in a row: ("position", "margin").
  std::optional<double> after(std::string_view first, std::string_view second) const;
  // As `after`, or across further words up to the next sign: "index 65666" or "open notional 35M".
  std::optional<double> near(std::string_view word) const;
  bool says(std::string_view word) const;
  std::vector<double> numbers() const;
  std::optional<double> first() const;  // the first number, whatever stands before it
  const std::vector<Token>& tokens() const { return tokens_; }

 private:
  std::optional<double> number_from(size_t at) const;
  std::vector<Token> tokens_;
};

}  // namespace delever::conform
