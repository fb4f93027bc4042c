// Actions that move money: between an account's wallets, to others, and out.
#include <fmt/format.h>

#include "base/text.h"
#include "gateways/hyperliquid/actions.h"

namespace delever::gateways::hyperliquid {
namespace {

constexpr std::string_view kTooLittle = "Insufficient balance for token transfer";

// "" is the perpetuals' wallet, "spot" the dollars beside it; others do not exist here.
bool is_wallet(std::string_view name) { return name.empty() || name == "spot"; }

std::optional<Amount> amount_of(const SignedRequest& r) {
  const auto amount = Amount::parse(text_in(r.action, "amount").value_or(""));
  if (!amount.has_value() || amount.value() <= Amount()) return std::nullopt;
  return amount.value();
}

}  // namespace

Reject Actions::move_money(AccountId account, Amount amount, bool in) {
  const CoinId coin = shapes_.universe().collateral();
  return in ? desk_.door().enter(Deposit{account, coin, amount})
            : desk_.door().enter(Withdraw{account, coin, amount});
}

Actions::Body Actions::transfer(const Wallet& from, const Wallet& to, Amount amount) {
  if (from.spot ? spot_wallets_[from.account] < amount
                : move_money(from.account, amount, false) != Reject::none)
    return failed(kTooLittle);
  if (from.spot) spot_wallets_[from.account] -= amount;
  if (to.spot) {
    spot_wallets_[to.account] += amount;
  } else if (move_money(to.account, amount, true) != Reject::none) {
    if (from.spot) spot_wallets_[from.account] += amount;
    return failed(kTooLittle);
  }
  return succeeded();
}

Actions::Body Actions::class_transfer(AccountId account, const SignedRequest& r) {
  const auto to_perpetuals = flag_in(r.action, "toPerp");
  const auto amount = amount_of(r);
  if (!text_in(r.action, "amount") || !to_perpetuals) return std::nullopt;
  if (!amount) return failed("Invalid amount.");
  return transfer({account, *to_perpetuals}, {account, !*to_perpetuals}, *amount);
}

// To another account of this venue.
Actions::Body Actions::send(AccountId account, const SignedRequest& r, bool spot) {
  const auto amount = amount_of(r);
  const auto destination = text_in(r.action, "destination");
  if (!destination) return std::nullopt;
  if (!amount) return failed("Invalid amount.");
  const auto to = accounts_.of(*destination);
  if (!to || *to == account || accounts_.is_agent(*destination))
    return failed("Invalid destination.");
  return transfer({account, spot}, {*to, spot}, *amount);
}

Actions::Body Actions::usd_send(AccountId account, const SignedRequest& r) {
  return send(account, r, false);
}

// Of the coins that are sent there is one: "USDC:0x..".
Actions::Body Actions::spot_send(AccountId account, const SignedRequest& r) {
  const auto token = text_in(r.action, "token");
  if (!token) return std::nullopt;
  if (!token->starts_with("USDC")) return failed(kTooLittle);
  return send(account, r, true);
}

// Any wallet to any other, of one account or of two.
Actions::Body Actions::send_asset(AccountId account, const SignedRequest& r) {
  const auto destination = text_in(r.action, "destination"), token = text_in(r.action, "token");
  const auto source = text_in(r.action, "sourceDex"), target = text_in(r.action, "destinationDex");
  if (!destination || !token || !source || !target) return std::nullopt;
  const auto amount = amount_of(r);
  if (!amount) return failed("Invalid amount.");
  const auto to = accounts_.of(*destination);
  if (!to || accounts_.is_agent(*destination)) return failed("Invalid destination.");
  if (!is_wallet(*source) || !is_wallet(*target)) return failed("Invalid perp dex.");
  if (!text_in(r.action, "fromSubAccount").value_or("").empty())
    return failed("Invalid sub-account.");
  if (!token->starts_with("USDC")) return failed(kTooLittle);
  return transfer({account, *source == "spot"}, {*to, *target == "spot"}, *amount);
}

Actions::Body Actions::withdraw(AccountId account, const SignedRequest& r) {
  const auto amount = amount_of(r);
  if (!amount) return failed("Invalid amount.");
  return move_money(account, *amount, false) == Reject::none
             ? succeeded()
             : failed("Insufficient balance for withdrawal");
}

// What its orders' fills have brought a builder, into its perpetuals' wallet.
Actions::Body Actions::claim_rewards(AccountId account, const SignedRequest&) {
  const std::string address = accounts_.address(account);
  const Amount all = builders_.claim(address);
  if (all <= Amount()) return failed("No rewards to claim.");
  if (move_money(account, all, true) == Reject::none) return succeeded();
  builders_.earn(address, all);
  return failed(kTooLittle);
}

}  // namespace delever::gateways::hyperliquid
