#include "gateways/hyperliquid/actions.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace delever::gateways::hyperliquid {
namespace {

uint64_t size_of(Json action, std::string_view key) {
  const auto list = list_in(action, key);
  return list ? list->size() : 1;
}

}  // namespace

std::string failed(std::string_view why) {
  JsonWriter w;
  w.open('{').text("status", "err").text("response", why).close();
  return w.take();
}

std::string succeeded() { return R"({"status":"ok","response":{"type":"default"}})"; }

const Actions::Row Actions::kKnown[] = {
    {"order", &Actions::order},
    {"cancel", &Actions::cancel},
    {"cancelByCloid", &Actions::cancel_by_cloid},
    {"modify", &Actions::modify},
    {"batchModify", &Actions::batch_modify},
    {"twapOrder", &Actions::twap_order},
    {"twapCancel", &Actions::twap_cancel},
    {"updateLeverage", &Actions::update_leverage},
    {"updateIsolatedMargin", &Actions::update_isolated_margin},
    {"topUpIsolatedOnlyMargin", &Actions::top_up_isolated},
    {"scheduleCancel", &Actions::schedule_cancel},
    {"usdClassTransfer", &Actions::class_transfer},
    {"usdSend", &Actions::usd_send},
    {"spotSend", &Actions::spot_send},
    {"sendAsset", &Actions::send_asset},
    {"withdraw3", &Actions::withdraw},
    {"approveAgent", &Actions::approve_agent},
    {"approveBuilderFee", &Actions::approve_builder},
    {"reserveRequestWeight", &Actions::reserve_weight},
    {"claimRewards", &Actions::claim_rewards},
    {"createSubAccount", &Actions::create_sub_account},
    {"userSetAbstraction", &Actions::set_abstraction},
    {"agentSetAbstraction", &Actions::set_abstraction},
    {"userDexAbstraction", &Actions::set_dex_abstraction},
    {"agentEnableDexAbstraction", &Actions::set_dex_abstraction},
    {"vaultTransfer", &Actions::of_vault},
    {"vaultModify", &Actions::of_vault},
    {"vaultDistribute", &Actions::of_vault},
    {"setReferrer", &Actions::nothing},
    {"setDisplayName", &Actions::nothing},
    {"evmUserModify", &Actions::nothing},
    {"spotUser", &Actions::nothing},
    {"noop", &Actions::nothing},
    {"registerReferrer", &Actions::not_here},
    {"createVault", &Actions::not_here},
    {"subAccountTransfer", &Actions::not_here},
    {"subAccountSpotTransfer", &Actions::not_here},
    {"subAccountModify", &Actions::not_here},
    {"cDeposit", &Actions::not_here},
    {"cWithdraw", &Actions::not_here},
    {"tokenDelegate", &Actions::not_here},
    {"linkStakingUser", &Actions::not_here},
    {"borrowLend", &Actions::not_here},
    {"convertToMultiSigUser", &Actions::not_here},
    {"multiSig", &Actions::not_here},
    {"spotDeploy", &Actions::not_here},
    {"perpDeploy", &Actions::not_here},
    {"sendToEvmWithData", &Actions::not_here},
    {"userPortfolioMargin", &Actions::not_here},
};

// A batch counts as many requests as it has orders.
uint64_t Actions::weight(Json body) {
  const auto action = object_in(body, "action");
  if (!action) return 1;
  const std::string_view type = text_in(*action, "type").value_or("");
  if (type == "order") return size_of(*action, "orders");
  if (type == "cancel" || type == "cancelByCloid") return size_of(*action, "cancels");
  if (type == "batchModify") return size_of(*action, "modifies");
  return 1;
}

// By the text without its asset, for the scorecard.
void Actions::count_refusal(AccountId account, std::string_view text) {
  const size_t end = text.find(" asset=");
  auto& refused = accounts_.requests(account).refused;
  if (refused.size() < 1'000) ++refused[std::string(text.substr(0, end))];
}

// Whoever signed, if it is a wallet that is known here and the number is new. Both networks are
// tried, the main one names the stranger. What is signed by its fields is for the wallet itself,
// and not for those that it has named.
std::optional<AccountId> Actions::signer(const SignedRequest& r, std::string& refused) {
  const auto signers = signers_of(r);
  if (!signers.has_value()) {
    refused = "Unable to recover signer";
    return std::nullopt;
  }
  const bool by_fields = signed_by_fields(r.type);
  for (const std::string* address : {&signers.value().main, &signers.value().test}) {
    const auto account = address->empty() ? std::nullopt : accounts_.of(*address);
    if (!account || (by_fields && accounts_.is_agent(*address))) continue;
    refused = accounts_.nonces.take(*address, r.nonce, desk_.door().wall_now());
    return refused.empty() ? account : std::nullopt;
  }
  refused = by_fields ? fmt::format("Must deposit before performing actions. User: {}",
                                    signers.value().main)
                      : fmt::format("User or API Wallet {} does not exist.", signers.value().main);
  return std::nullopt;
}

// Refused in this order: the shape, the signer, the nonce, the expiry, the vault, the limit. A
// nonce is used up by whatever comes after it.
Actions::Body Actions::perform(Json body) {
  const auto read = read_signed(body);
  if (!read.has_value()) return std::nullopt;
  const SignedRequest& r = read.value();
  const Row* const row = std::find_if(std::begin(kKnown), std::end(kKnown),
                                      [&](const Row& x) { return x.type == r.type; });
  if (row == std::end(kKnown)) return std::nullopt;
  std::string refused;
  const auto account = signer(r, refused);
  if (!account) return failed(refused);
  if (r.expires && desk_.door().wall_now().ms() > static_cast<int64_t>(*r.expires))
    return failed("Action expired");
  if (!r.vault.empty() && accounts_.of(r.vault) != account)
    return failed(fmt::format("Vault not registered: {}", r.vault));
  Requests& requests = accounts_.requests(*account);
  requests.sent += weight(body);
  const bool cancels = r.type.starts_with("cancel");
  const uint64_t cap = requests.cap();
  const uint64_t most = cancels ? std::min(cap + 100'000, cap * 2) : cap;
  if (limits_ && requests.sent > most) {
    ++requests.refused_for_limit;
    return failed(fmt::format(
        "Too many cumulative requests sent ({} > {}) for cumulative volume traded ${:.2f}. Place "
        "taker orders to free up 1 request per USDC traded.",
        requests.sent, most, requests.traded.approx()));
  }
  Body done = (this->*row->handler)(*account, r);
  linked_.settle();
  desk_.settle();
  return done;
}

void Actions::on_update(const DeskUpdate& update) {
  linked_.on_update(update);
  if (update.kind == DeskUpdate::Kind::fill && update.order && update.fill->added_fee > Amount())
    builders_.earn(OrderTag::parse(update.order->tag).builder, update.fill->added_fee);
}

void Actions::tick() {
  twaps_.tick();
  linked_.settle();
  const int64_t now = desk_.door().wall_now().ms();
  for (auto it = cancels_at_.begin(); it != cancels_at_.end();) {
    if (it->second > now) {
      ++it;
      continue;
    }
    desk_.cancel_all(it->first, std::nullopt);
    it = cancels_at_.erase(it);
  }
}

Actions::Body Actions::nothing(AccountId, const SignedRequest&) { return succeeded(); }

Actions::Body Actions::reserve_weight(AccountId account, const SignedRequest& r) {
  const auto weight = whole_in(r.action, "weight");
  if (!weight || *weight < 0 || *weight > 1'000'000) return std::nullopt;
  accounts_.requests(account).reserved += static_cast<uint64_t>(*weight);
  return succeeded();
}

// The dead man's switch: without a time it is taken back.
Actions::Body Actions::schedule_cancel(AccountId account, const SignedRequest& r) {
  const auto time = whole_in(r.action, "time");
  if (!time) {
    cancels_at_.erase(account);
    return succeeded();
  }
  if (*time < desk_.door().wall_now().ms() + 5'000)
    return failed("Scheduled cancel time must be at least 5 seconds in the future.");
  cancels_at_[account] = *time;
  return succeeded();
}

// The mode first, since leverage is checked against the margin of the new mode.
Actions::Body Actions::update_leverage(AccountId account, const SignedRequest& r) {
  const auto number = whole_in(r.action, "asset"), leverage = whole_in(r.action, "leverage");
  const auto cross = flag_in(r.action, "isCross");
  if (!number || !leverage || !cross || *number < 0) return std::nullopt;
  const Asset* const asset = shapes_.universe().by_number(static_cast<uint64_t>(*number));
  if (!asset || asset->spot) return failed("Invalid asset.");
  if (*leverage < 1 || *leverage > asset->leverage_most) return failed("Invalid leverage value");
  const MarginMode mode = *cross ? MarginMode::cross : MarginMode::isolated;
  if (desk_.margin_mode(account, asset->instrument) != mode) {
    const Reject refused = desk_.set_margin_mode(account, asset->instrument, mode);
    if (refused == Reject::has_position)
      return failed("Cannot switch leverage type with open position.");
    if (refused != Reject::none)
      return failed(fmt::format("Cannot switch leverage type: {}.", reject_name(refused)));
  }
  const Reject refused =
      desk_.set_leverage(account, asset->instrument, Leverage::raw(*leverage * Leverage::scale));
  if (refused == Reject::bad_leverage) return failed("Invalid leverage value");
  if (refused != Reject::none)
    return failed(fmt::format("Insufficient margin to set leverage. asset={}", asset->number));
  return succeeded();
}

std::string Actions::add_margin(AccountId account, const Asset& asset, Amount amount) {
  const Reject refused =
      desk_.move_margin({.account = account, .instrument = asset.instrument, .amount = amount});
  if (refused == Reject::none) return {};
  if (refused == Reject::not_isolated) return "Cannot update margin of a cross position.";
  if (refused == Reject::not_enough_margin || refused == Reject::not_enough_balance)
    return fmt::format("Insufficient margin to update isolated margin. asset={}", asset.number);
  return fmt::format("Cannot update isolated margin: {}.", reject_name(refused));
}

// `ntli`: millionths of a dollar, negative to take out.
Actions::Body Actions::update_isolated_margin(AccountId account, const SignedRequest& r) {
  const auto number = whole_in(r.action, "asset"), millionths = whole_in(r.action, "ntli");
  if (!number || *number < 0 || !millionths || !flag_in(r.action, "isBuy")) return std::nullopt;
  const Asset* const asset = shapes_.universe().by_number(static_cast<uint64_t>(*number));
  int64_t raw = 0;
  if (!asset || asset->spot) return failed("Invalid asset.");
  if (__builtin_mul_overflow(*millionths, Amount::scale / 1'000'000, &raw)) return std::nullopt;
  const std::string refused = add_margin(account, *asset, Amount::raw(raw));
  return refused.empty() ? succeeded() : failed(refused);
}

// As much margin as brings the position to this leverage.
Actions::Body Actions::top_up_isolated(AccountId account, const SignedRequest& r) {
  const auto number = whole_in(r.action, "asset");
  const auto text = text_in(r.action, "leverage");
  if (!number || *number < 0 || !text) return std::nullopt;
  const auto leverage = Leverage::parse(*text, Precision::nearest);
  const Asset* const asset = shapes_.universe().by_number(static_cast<uint64_t>(*number));
  if (!asset || asset->spot) return failed("Invalid asset.");
  if (!leverage.has_value() || leverage.value().raw() <= 0) return failed("Invalid leverage value");
  const Price mark = desk_.door().exchange().mark(asset->instrument).value_or(Price());
  for (const exchange::PositionView& p : desk_.positions(account)) {
    if (p.instrument != asset->instrument) continue;
    const double wanted = mark.approx() * p.qty.approx() / leverage.value().approx();
    const auto more = Amount::nearest(wanted - (p.margin + desk_.profit_of(p)).approx());
    if (!more.has_value() || more.value() <= Amount()) return failed("Invalid leverage value");
    const std::string refused = add_margin(account, *asset, more.value());
    return refused.empty() ? succeeded() : failed(refused);
  }
  return failed("No position to add margin to.");
}

Actions::Body Actions::approve_agent(AccountId account, const SignedRequest& r) {
  const auto address = text_in(r.action, "agentAddress");
  if (!address || address->size() != 42) return std::nullopt;
  if (accounts_.of(*address)) return failed("Extra agent already used.");
  accounts_.name_agent(*address, account, text_in(r.action, "agentName").value_or(""));
  return succeeded();
}

// By the wallet itself, to a builder who has what the venue asks of one: an account of this market.
// A share of nothing takes an approval back.
Actions::Body Actions::approve_builder(AccountId account, const SignedRequest& r) {
  const auto builder = text_in(r.action, "builder"), rate = text_in(r.action, "maxFeeRate");
  if (!builder || !rate || !Builders::is_address(*builder)) return std::nullopt;
  const auto most = Builders::share_of(*rate);
  if (!most) return std::nullopt;
  if (*most > Builders::kMostOfSpot) return failed("Builder fee rate is too high.");
  const auto paid = accounts_.of(*builder);
  constexpr Amount least = Amount::raw(100 * Amount::scale);
  if (*most > 0 && (!paid || shapes_.equity(*paid) < least))
    return failed("Builder has insufficient balance to be approved.");
  builders_.approve(account, *builder, *most);
  return succeeded();
}

// The venue asks for more trading than anybody has behind him here.
Actions::Body Actions::create_sub_account(AccountId account, const SignedRequest& r) {
  if (!text_in(r.action, "name")) return std::nullopt;
  return failed(fmt::format(
      "Cannot create sub-accounts until enough volume traded. Required: $100000. Traded: ${}.",
      decimal(accounts_.requests(account).traded)));
}

// How the wallets are joined: they are apart here, and that is all that can be asked for.
Actions::Body Actions::set_abstraction(AccountId, const SignedRequest& r) {
  const auto mode = text_in(r.action, "abstraction");
  if (!mode) return std::nullopt;
  if (*mode == "disabled" || *mode == "i") return succeeded();
  return failed("Account abstraction mode is not available.");
}

Actions::Body Actions::set_dex_abstraction(AccountId, const SignedRequest& r) {
  if (flag_in(r.action, "enabled") == false) return succeeded();
  return failed("Account abstraction mode is not available.");
}

Actions::Body Actions::of_vault(AccountId, const SignedRequest& r) {
  const auto vault = text_in(r.action, "vaultAddress");
  if (!vault) return std::nullopt;
  return failed(fmt::format("Vault not registered: {}", lower(*vault)));
}

Actions::Body Actions::not_here(AccountId, const SignedRequest& r) {
  return failed(fmt::format("Action is not available: {}.", r.type));
}

}  // namespace delever::gateways::hyperliquid
