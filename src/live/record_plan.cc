#include "live/record_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "venues/dialects.h"

namespace delever::live {

Result<std::string> market_name(std::string_view text) {
  if (text == "binance") return std::string("binance-usdm");
  if (text == "bybit") return std::string("bybit:linear");
  std::string names;
  for (const std::string_view name : venues::dialect_names()) {
    if (name == text) return std::string(text);
    names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
  }
  return Error{Fault::usage, fmt::format("no market of that name; there are {}", names),
               std::string(text.substr(0, 60))};
}

namespace {

// ccxt's unified form, BASE/QUOTE:SETTLE, without a colon a spot pair: as the market names it.
std::string from_unified(std::string_view market, std::string_view text) {
  const size_t slash = text.find('/'), colon = text.find(':', slash);
  const std::string base = upper(text.substr(0, slash));
  const std::string quote = upper(text.substr(slash + 1, colon - slash - 1));
  const bool spot = colon == text.npos;
  if (market == "hyperliquid") return std::string(text.substr(0, slash));
  if (market == "okx") return fmt::format("{}-{}{}", base, quote, spot ? "" : "-SWAP");
  if (market == "deribit")
    return fmt::format("{}{}{}", base, quote == "USD" ? "" : "_" + quote, spot ? "" : "-PERPETUAL");
  return base + quote + (market == "binance-coinm" ? "_PERP" : "");
}

}  // namespace

std::string venue_symbol(std::string_view market, std::string_view written) {
  if (written.find('/') != written.npos) return from_unified(market, written);
  // Coins of Hyperliquid differ by case alone (kPEPE).
  if (market == "hyperliquid") return std::string(written);
  std::string out = upper(written);
  // Deribit's strikes have a small d for their point: XRP_USDC-30JAN26-0d625-C.
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  for (size_t i = 1; i + 1 < out.size(); ++i) {
    if (out[i] == 'D' && written[i] == 'd' && is_digit(out[i - 1]) && is_digit(out[i + 1]))
      out[i] = 'd';
  }
  return out;
}

Result<MarketWant> read_want(std::string_view text) {
  // The longest name that fits: "bybit:inverse:BTCUSD" is not the symbol "inverse:BTCUSD".
  std::string_view best;
  for (const std::string_view name : venues::dialect_names()) {
    if (text.starts_with(name) && name.size() > best.size() &&
        (text.size() == name.size() || text[name.size()] == ':'))
      best = name;
  }
  if (best.empty()) best = text.substr(0, text.find(':'));
  MarketWant want{.market = TRY(market_name(best))};
  if (best.size() < text.size()) {
    const std::string_view symbol = text.substr(best.size() + 1);
    if (symbol.empty())
      return Error{Fault::malformed, "no symbol after the colon", std::string(text)};
    want.symbols.push_back(venue_symbol(want.market, symbol));
  }
  return want;
}

std::vector<MarketWant> joined(const std::vector<MarketWant>& wants) {
  std::vector<MarketWant> out;
  const auto add = [](std::vector<std::string>& to, const std::vector<std::string>& from) {
    for (const std::string& one : from) {
      if (std::find(to.begin(), to.end(), one) == to.end()) to.push_back(one);
    }
  };
  for (const MarketWant& want : wants) {
    const auto same = std::find_if(out.begin(), out.end(), [&](const MarketWant& o) {
      return o.market == want.market && o.url == want.url;
    });
    if (same == out.end()) {
      out.push_back(want);
      continue;
    }
    add(same->symbols, want.symbols);
    add(same->chains, want.chains);
    add(same->channels, want.channels);
  }
  return out;
}

Result<RecordPlan> read_record_plan(const Config& config) {
  RecordPlan plan;
  plan.out = TRY(config.text("out", ""));
  if (config.has("rotate")) {
    plan.rotate = TRY(config.duration("rotate"));
    if (*plan.rotate < kRotateLeast)
      return Error{Fault::malformed, std::string(kRotateWhy), config.place("rotate")};
  }
  for (const Config& market : TRY(config.tables("market"))) {
    const std::string name = TRY(market.text("name"));
    auto known = market_name(name);
    if (!known.has_value())
      return Error{Fault::malformed, known.error().what, market.place("name")};
    MarketWant want{.market = std::move(known).value()};
    if (market.has("symbols")) {
      for (const std::string& symbol : TRY(market.texts("symbols")))
        want.symbols.push_back(venue_symbol(want.market, symbol));
    }
    if (market.has("chains")) want.chains = TRY(market.texts("chains"));
    if (market.has("channels")) want.channels = TRY(market.texts("channels"));
    want.url = TRY(market.text("url", ""));
    plan.markets.push_back(std::move(want));
  }
  TRY(config.finish());
  if (plan.markets.empty())
    return Error{Fault::malformed, "no [[market]] to record", config.place()};
  return plan;
}

bool is_pattern(std::string_view symbol) {
  return symbol.find_first_of("*?") != std::string_view::npos;
}

bool matches(std::string_view pattern, std::string_view symbol) {
  size_t p = 0, s = 0;
  size_t star = std::string_view::npos, resume = 0;
  while (s < symbol.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = s;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == symbol[s])) {
      ++p;
      ++s;
    } else if (star != std::string_view::npos) {  // the last star takes one more
      p = star + 1;
      s = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::string file_of(const std::string& out, Instant now, bool later) {
  std::string path = out;
  for (size_t at = path.find("{date}"); at != std::string::npos; at = path.find("{date}", at))
    path.replace(at, 6, now.date());
  if (!later) return path;
  std::string stamp = Instant::ns(now.ns() / 1'000'000'000 * 1'000'000'000).text();
  std::erase_if(stamp, [](char c) { return c == '-' || c == ':'; });
  const size_t dot = path.rfind('.');
  const size_t slash = path.rfind('/');
  const bool has_ending = dot != std::string::npos && (slash == std::string::npos || dot > slash);
  const size_t at = has_ending ? dot : path.size();
  return path.substr(0, at) + "-" + stamp + path.substr(at);
}

}  // namespace delever::live
