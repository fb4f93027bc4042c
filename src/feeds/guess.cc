#include "feeds/guess.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"

namespace delever::feeds {
namespace {

struct Known {
  std::string_view name, decoder, category;
};
constexpr std::array kFolders{Known{"binance-usdm", "binance-usdm", ""},
                              Known{"binance-coinm", "binance-coinm", ""},
                              Known{"binance-spot", "binance-spot", ""},
                              Known{"binance-eoptions", "binance-eoptions", ""},
                              Known{"bybit", "bybit", ""},
                              Known{"bybit-spot", "bybit", "spot"},
                              Known{"okx", "okx", ""},
                              Known{"okx-spot", "okx", ""},
                              Known{"deribit", "deribit", ""},
                              Known{"hyperliquid", "hyperliquid", ""}};
constexpr std::array kMarkets{
    Known{"usdm", "binance-usdm", ""},   Known{"um", "binance-usdm", ""},
    Known{"coinm", "binance-coinm", ""}, Known{"cm", "binance-coinm", ""},
    Known{"spot", "binance-spot", ""},   Known{"eoptions", "binance-eoptions", ""}};
constexpr std::array<std::string_view, 4> kCategories{"linear", "inverse", "spot", "option"};

template <class Rows>
const Known* find(const Rows& rows, std::string_view name) {
  const auto found =
      std::find_if(rows.begin(), rows.end(), [&](const Known& row) { return row.name == name; });
  return found == rows.end() ? nullptr : &*found;
}

std::vector<std::string_view> words(std::string_view stem) {
  std::vector<std::string_view> out;
  for (const std::string_view part : split(stem, '_')) {
    for (const std::string_view word : split(part, '-')) out.push_back(word);
  }
  return out;
}

bool is_date(std::string_view word) {
  return word.size() == 8 &&
         std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// binance_usdm_btcusdt_20240808: the words between the market and the date are the symbol.
std::optional<StreamGuess> by_name(const std::vector<std::string_view>& parts) {
  StreamGuess out;
  if (const Known* venue = parts.empty() ? nullptr : find(kFolders, parts[0])) {
    out.decoder = venue->decoder;
    return out;
  }
  if (parts.size() < 2 || parts[0] != "binance") return std::nullopt;
  const Known* market = find(kMarkets, parts[1]);
  if (!market) return std::nullopt;
  out.decoder = market->decoder;
  std::string symbol;
  for (size_t i = 2; i < parts.size() && !is_date(parts[i]); ++i) {
    if (i > 2) symbol.push_back('_');
    symbol.append(upper(parts[i]));
  }
  if (!symbol.empty()) out.settings["symbol"] = symbol;
  return out;
}

}  // namespace

std::optional<StreamGuess> guess_stream(std::string_view path) {
  const std::vector<std::string_view> folders = split(path, '/');
  const std::string base = lower(folders.back());
  const std::string_view stem = std::string_view(base).substr(0, base.find('.'));
  std::optional<StreamGuess> out;
  for (size_t i = folders.size() - 1; i-- > 0 && !out;) {  // the nearest folder first
    if (const Known* known = find(kFolders, folders[i])) {
      out = StreamGuess{.decoder = std::string(known->decoder)};
      if (!known->category.empty()) out->settings["category"] = known->category;
    }
  }
  if (!out) out = by_name(words(stem));
  if (!out) return std::nullopt;
  if (out->decoder == "bybit" && !out->settings.contains("category")) {
    for (const std::string_view word : words(stem)) {
      if (std::find(kCategories.begin(), kCategories.end(), word) != kCategories.end()) {
        out->settings["category"] = word;
        break;
      }
    }
  }
  // A mock recorder's names: "/" written as "_", the case of the path kept.
  const std::string_view written = folders.back().substr(0, folders.back().find('.'));
  constexpr std::string_view rest = "-rest-";
  if (const size_t at = written.find(rest);
      at != written.npos && written.find('_', at) != written.npos) {
    std::string& request = out->request_path;
    request.push_back('/');
    request.append(written.substr(at + rest.size()));
    std::replace(request.begin(), request.end(), '_', '/');
  }
  return out;
}

}  // namespace delever::feeds
