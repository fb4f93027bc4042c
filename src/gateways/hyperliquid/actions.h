// POST /exchange: who signed, whether the number is new, and what is done. The answer is the body;
// a refusal of an action is HTTP 200 with "status":"err" or an error in its place of `statuses`.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "gateways/hyperliquid/accounts.h"
#include "gateways/hyperliquid/builders.h"
#include "gateways/hyperliquid/linked_stops.h"
#include "gateways/hyperliquid/order_wire.h"
#include "gateways/hyperliquid/twaps.h"

namespace delever::gateways::hyperliquid {

// Dollars that an account keeps outside its perpetuals ("spot" USDC).
using SpotWallets = std::map<AccountId, Amount>;

std::string failed(std::string_view why);  // {"status":"err","response":"..."}
std::string succeeded();

class Actions {
 public:
  Actions(Desk& desk, const Shapes& shapes, Accounts& accounts, Builders& builders,
          SpotWallets& spot_wallets, Twaps& twaps, bool limits)
      : desk_(desk),
        shapes_(shapes),
        accounts_(accounts),
        builders_(builders),
        spot_wallets_(spot_wallets),
        twaps_(twaps),
        linked_(desk),
        limits_(limits) {}

  // Missing: not of the shape (HTTP 422).
  std::optional<std::string> perform(Json body);
  // How many requests a body counts for against its account.
  static uint64_t weight(Json body);
  void tick();  // cancels that are due
  void on_update(const DeskUpdate& update);

 private:
  using Body = std::optional<std::string>;
  using Handler = Body (Actions::*)(AccountId, const SignedRequest&);
  struct Row {
    std::string_view type;
    Handler handler;
  };
  static const Row kKnown[];

  Body order(AccountId account, const SignedRequest& r);
  Body cancel(AccountId account, const SignedRequest& r);
  Body cancel_by_cloid(AccountId account, const SignedRequest& r);
  Body modify(AccountId account, const SignedRequest& r);
  Body batch_modify(AccountId account, const SignedRequest& r);
  Body twap_order(AccountId account, const SignedRequest& r);
  Body twap_cancel(AccountId account, const SignedRequest& r);
  Body update_leverage(AccountId account, const SignedRequest& r);
  Body update_isolated_margin(AccountId account, const SignedRequest& r);
  Body top_up_isolated(AccountId account, const SignedRequest& r);
  Body schedule_cancel(AccountId account, const SignedRequest& r);
  Body class_transfer(AccountId account, const SignedRequest& r);
  Body usd_send(AccountId account, const SignedRequest& r);
  Body spot_send(AccountId account, const SignedRequest& r);
  Body send_asset(AccountId account, const SignedRequest& r);
  Body withdraw(AccountId account, const SignedRequest& r);
  Body approve_agent(AccountId account, const SignedRequest& r);
  Body approve_builder(AccountId account, const SignedRequest& r);
  Body reserve_weight(AccountId account, const SignedRequest& r);
  Body claim_rewards(AccountId account, const SignedRequest& r);
  Body create_sub_account(AccountId account, const SignedRequest& r);
  Body set_abstraction(AccountId account, const SignedRequest& r);
  Body set_dex_abstraction(AccountId account, const SignedRequest& r);
  Body of_vault(AccountId account, const SignedRequest& r);
  Body not_here(AccountId account, const SignedRequest& r);
  Body nothing(AccountId account, const SignedRequest& r);

  struct Outcome {
    uint64_t number = 0;  // of the order
    std::string refused;  // the venue's text; empty: placed
  };
  Outcome place(AccountId account, const OrderWire& wire, const OrderTerms& terms);
  void write_outcome(JsonWriter& w, AccountId account, const Outcome& outcome) const;
  Outcome replace(AccountId account, Json modification);
  void cancel_one(AccountId account, uint64_t asset, const OrderRecord* found, JsonWriter& w);
  std::optional<AccountId> signer(const SignedRequest& r, std::string& refused);
  std::string add_margin(AccountId account, const Asset& asset, Amount amount);
  struct Wallet {
    AccountId account = 0;
    bool spot = false;
  };
  Body transfer(const Wallet& from, const Wallet& to, Amount amount);
  Body send(AccountId account, const SignedRequest& r, bool spot);
  Reject move_money(AccountId account, Amount amount, bool in);
  std::optional<OrderTerms> terms_of(const SignedRequest& r, std::string_view grouping) const;
  bool builder_may(AccountId account, const OrderTerms& terms,
                   const std::vector<OrderWire>& orders) const;
  struct Group;
  void order_of_group(Group& group, const OrderWire& wire, JsonWriter& w);
  void count_refusal(AccountId account, std::string_view text);

  Desk& desk_;
  const Shapes& shapes_;
  Accounts& accounts_;
  Builders& builders_;
  SpotWallets& spot_wallets_;
  Twaps& twaps_;
  LinkedStops linked_;
  std::map<AccountId, int64_t> cancels_at_;  // wall clock, ms
  bool limits_;
};

}  // namespace delever::gateways::hyperliquid
