// The terms of an instrument, in one place: which coin it is about and how many of it one unit
// holds, how its quantity becomes coins and money, and where each of these is known from. A message
// seldom carries them; whoever turns quantities into coins or dollars asks here, at the time of the
// reading, so that a listing that came later serves what came before it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "market/instrument.h"

namespace delever {

// Where a term is known from, the weakest first.
enum class TermSource : uint8_t { unknown, table, symbol, inferred, listing, message };

// One coin under another name: 1000PEPE is 1000 PEPE, MATIC became POL.
struct CoinName {
  std::string venue;  // "*": whatever the venue
  std::string name;   // the base as the venue writes it
  std::string asset;  // the plain coin
  double units = 1;   // plain coins in one of `name`
  std::string source, as_of;
};

struct Coin {
  std::string asset;
  double units = 1;
  TermSource from = TermSource::symbol;
};

// The dated table, and the rules by which venues form names: 1000, 10000 ... before a coin, "k"
// before it at Hyperliquid, 1000 behind it at Bybit. The table wins over the rules.
class CoinNames {
 public:
  void add(CoinName name) { names_.push_back(std::move(name)); }
  Coin of(const Instrument& instrument) const;
  Coin of(std::string_view venue, std::string_view symbol, std::string_view base) const;
  // "1000PEPE" and "kPEPE" as somebody types them: the plain coin.
  std::string plain(std::string_view asset) const { return of("*", asset, asset).asset; }
  const std::vector<CoinName>& all() const { return names_; }

 private:
  std::vector<CoinName> names_;
};

struct Terms {
  std::string asset;  // the plain coin
  double units = 1;   // plain coins in one base unit: prices are divided by it
  TermSource coin_from = TermSource::symbol;
  InstrumentKind kind = InstrumentKind::spot;
  std::string quote;
  // The value of one unit of quantity: plain coins, or money of the quote for inverse contracts.
  std::optional<double> size;
  TermSource size_from = TermSource::unknown;
  std::optional<Instant> expiry;
  std::optional<Duration> funding_interval;  // as listed
  // A market that somebody else runs under the venue's roof (Hyperliquid "dex:BTC"): it does not
  // stand for the venue.
  bool builder_market = false;

  double plain_price(double price) const { return price / units; }
};

// A market that somebody else runs under the venue's roof: Hyperliquid "dex:BTC".
bool is_builder_market(const Instrument& instrument);

// `listed`: the venue itself described the instrument.
Terms terms_of(const Instrument& instrument, const CoinNames& names, bool listed);
std::string_view term_source_name(TermSource source);

// Whether a venue's word for the state of an instrument says that nothing of it is traded: what is
// still told of it is of its last day.
bool says_closed(std::string_view status);

// `price` in money of the quote per base unit, as the venue prints it. Missing when the size, or a
// price that is needed, is not known.
std::optional<double> coins(const Terms& terms, double qty, std::optional<double> price);
std::optional<double> quote_money(const Terms& terms, double qty, std::optional<double> price);

}  // namespace delever
