// Who may trade in a rehearsal: test accounts, a file, keys of the command line.
#include <fmt/format.h>

#include "base/config.h"
#include "base/text.h"
#include "rehearsal/rehearsal.h"

namespace delever::rehearsal {
namespace {

// The address of the key that ../shared/protocols/hyperliquid_signing_vectors.json publishes.
constexpr std::string_view kTestAddress = "0xb723e90c11ccd2217fcc8edd188f915e71b6a9e5";

Amount coins(int64_t whole) { return Amount::raw(whole * Amount::scale); }

Member test_member(const std::string& venue) {
  Member m{.venue = venue};
  if (venue == "hyperliquid") {
    m.deposits = {{"USDC", coins(1'000'000)}};
  } else if (venue == "deribit") {
    m.deposits = {{"BTC", coins(10)}, {"ETH", coins(100)}};
  } else if (venue == "binance-spot") {
    m.deposits = {{"USDT", coins(1'000'000)}, {"BTC", coins(10)}, {"ETH", coins(100)}};
  } else {
    m.deposits = {{"USDT", coins(1'000'000)}};
  }
  return m;
}

Result<CollateralMode> read_collateral(const Config& c) {
  const std::string text = TRY(c.text("collateral", "single"));
  if (text == "single") return CollateralMode::single_coin;
  if (text == "multi") return CollateralMode::multi_asset;
  if (text == "portfolio") return CollateralMode::portfolio;
  return Error{Fault::malformed, "is single, multi or portfolio", c.place("collateral")};
}

}  // namespace

std::vector<AccountSetup> test_accounts() {
  std::vector<AccountSetup> all;
  for (const std::string venue :
       {"binance", "binance-spot", "bybit", "okx", "deribit", "hyperliquid"}) {
    AccountSetup a{.venue = venue, .who = {}, .member = test_member(venue)};
    if (venue == "hyperliquid")
      a.who.address = kTestAddress;
    else
      a.who = {.account = 0, .key = "K", .secret = "S", .passphrase = "P", .address = {}};
    all.push_back(std::move(a));
  }
  return all;
}

Result<std::vector<AccountSetup>> read_accounts(std::string_view toml, std::string_view file) {
  const Config config = TRY(Config::parse(toml, file));
  const std::vector<Config> tables = TRY(config.tables("account"));
  std::vector<AccountSetup> all;
  for (const Config& t : tables) {
    AccountSetup a;
    a.venue = TRY(t.text("venue"));
    a.who.address = TRY(t.text("address", ""));
    const bool keyed = a.who.address.empty();
    if (keyed) {
      a.who.key = TRY(t.text("key"));
      a.who.secret = TRY(t.text("secret"));
      a.who.passphrase = TRY(t.text("passphrase", ""));
    }
    a.member = {.venue = a.venue, .collateral = TRY(read_collateral(t)), .deposits = {}};
    const Config deposits = TRY(t.table("deposits"));
    for (const std::string& coin : deposits.keys()) {
      const std::string text = TRY(deposits.decimal(coin));
      const auto amount = Amount::parse(text);
      if (!amount.has_value() || amount.value() <= Amount())
        return Error{Fault::malformed, "an amount greater than 0", deposits.place(coin)};
      a.member.deposits.emplace_back(coin, amount.value());
    }
    all.push_back(std::move(a));
  }
  TRY(config.finish());
  if (all.empty()) return Error{Fault::malformed, "no [[account]]", std::string(file)};
  return all;
}

Result<AccountSetup> read_key(std::string_view text) {
  const std::vector<std::string_view> parts = split(text, ':');
  AccountSetup a;
  if (parts.size() < 2) return Error{Fault::usage, "is VENUE:KEY:SECRET[:PASSPHRASE]", "--account"};
  a.venue = parts[0];
  a.member = test_member(a.venue);
  if (a.venue == "hyperliquid") {
    a.who.address = parts[1];
    return a;
  }
  if (parts.size() < 3 || parts[1].empty() || parts[2].empty())
    return Error{Fault::usage, "is VENUE:KEY:SECRET[:PASSPHRASE]", "--account"};
  a.who.key = parts[1];
  a.who.secret = parts[2];
  if (parts.size() > 3) a.who.passphrase = parts[3];
  return a;
}

}  // namespace delever::rehearsal
