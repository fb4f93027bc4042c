#include "gateways/hyperliquid/signing.h"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "auth/digest.h"
#include "auth/ethereum.h"
#include "auth/msgpack.h"
#include "base/text.h"

namespace delever::gateways::hyperliquid {
namespace {

struct Field {
  std::string_view type, name;
};
constexpr Field kChain{"string", "hyperliquidChain"};
constexpr Field kNonce{"uint64", "nonce"};
constexpr std::array kApproveBuilderFee{kChain, Field{"string", "maxFeeRate"},
                                        Field{"address", "builder"}, kNonce};
constexpr std::array kApproveAgent{kChain, Field{"address", "agentAddress"},
                                   Field{"string", "agentName"}, kNonce};
constexpr std::array kUsdSend{kChain, Field{"string", "destination"}, Field{"string", "amount"},
                              Field{"uint64", "time"}};
constexpr std::array kSpotSend{kChain, Field{"string", "destination"}, Field{"string", "token"},
                               Field{"string", "amount"}, Field{"uint64", "time"}};
constexpr std::array kUsdClassTransfer{kChain, Field{"string", "amount"}, Field{"bool", "toPerp"},
                                       kNonce};
constexpr std::array kSendAsset{kChain,
                                Field{"string", "destination"},
                                Field{"string", "sourceDex"},
                                Field{"string", "destinationDex"},
                                Field{"string", "token"},
                                Field{"string", "amount"},
                                Field{"string", "fromSubAccount"},
                                kNonce};
constexpr std::array kTokenDelegate{kChain, Field{"address", "validator"}, Field{"uint64", "wei"},
                                    Field{"bool", "isUndelegate"}, kNonce};
constexpr std::array kUserDexAbstraction{kChain, Field{"address", "user"}, Field{"bool", "enabled"},
                                         kNonce};
constexpr std::array kUserSetAbstraction{kChain, Field{"address", "user"},
                                         Field{"string", "abstraction"}, kNonce};

constexpr std::array kStakingMove{kChain, Field{"uint64", "wei"}, kNonce};
constexpr std::array kLinkStakingUser{kChain, Field{"address", "user"}, Field{"bool", "isFinalize"},
                                      kNonce};
constexpr std::array kConvertToMultiSigUser{kChain, Field{"string", "signers"}, kNonce};

struct UserSigned {
  std::string_view action, primary;
  std::span<const Field> fields;
};
constexpr std::array kUserSigned{
    UserSigned{"approveBuilderFee", "ApproveBuilderFee", kApproveBuilderFee},
    UserSigned{"approveAgent", "ApproveAgent", kApproveAgent},
    UserSigned{"usdSend", "UsdSend", kUsdSend},
    UserSigned{"spotSend", "SpotSend", kSpotSend},
    UserSigned{"withdraw3", "Withdraw", kUsdSend},
    UserSigned{"usdClassTransfer", "UsdClassTransfer", kUsdClassTransfer},
    UserSigned{"sendAsset", "SendAsset", kSendAsset},
    UserSigned{"tokenDelegate", "TokenDelegate", kTokenDelegate},
    UserSigned{"userDexAbstraction", "UserDexAbstraction", kUserDexAbstraction},
    UserSigned{"userSetAbstraction", "UserSetAbstraction", kUserSetAbstraction},
    UserSigned{"userPortfolioMargin", "UserPortfolioMargin", kUserDexAbstraction},
    UserSigned{"cDeposit", "CDeposit", kStakingMove},
    UserSigned{"cWithdraw", "CWithdraw", kStakingMove},
    UserSigned{"linkStakingUser", "LinkStakingUser", kLinkStakingUser},
    UserSigned{"convertToMultiSigUser", "ConvertToMultiSigUser", kConvertToMultiSigUser},
};

Result<std::string> user_digest(const SignedRequest& request, const UserSigned& kind) {
  std::vector<std::string> values;
  values.reserve(kind.fields.size());
  for (const Field& f : kind.fields) {
    if (f.type == "uint64") {
      const auto number = whole_in(request.action, f.name);
      if (!number) return Error{Fault::malformed, "missing", std::string(f.name)};
      values.push_back(std::to_string(*number));
    } else if (f.type == "bool") {
      const auto flag = flag_in(request.action, f.name);
      if (!flag) return Error{Fault::malformed, "missing", std::string(f.name)};
      values.emplace_back(*flag ? "true" : "false");
    } else {
      values.emplace_back(text_in(request.action, f.name).value_or(""));  // agentName may be absent
    }
  }
  std::vector<auth::TypedField> fields;
  for (size_t i = 0; i < values.size(); ++i)
    fields.push_back({kind.fields[i].type, kind.fields[i].name, values[i]});
  const std::string_view chain = text_in(request.action, "signatureChainId").value_or("0xa4b1");
  uint64_t id = 0;
  for (const char c : chain.starts_with("0x") ? chain.substr(2, 15) : std::string_view()) {
    const char* const digits = "0123456789abcdef";
    const char low = c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
    const auto at = std::string_view(digits).find(low);
    if (at == std::string_view::npos) return Error{Fault::malformed, "not hex", "signatureChainId"};
    id = id * 16 + at;
  }
  return auth::user_signed_digest(kind.primary, fields, id);
}

}  // namespace

std::optional<std::string_view> text_in(Json object, std::string_view key) {
  std::string_view value;
  if (object[key].get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}
std::optional<int64_t> whole_in(Json object, std::string_view key) {
  int64_t value = 0;
  if (object[key].get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}
std::optional<bool> flag_in(Json object, std::string_view key) {
  bool value = false;
  if (object[key].get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}
std::optional<Json> object_in(Json object, std::string_view key) {
  Json value;
  if (object[key].get(value) != simdjson::SUCCESS || !value.is_object()) return std::nullopt;
  return value;
}
std::optional<simdjson::dom::array> list_in(Json object, std::string_view key) {
  simdjson::dom::array value;
  if (object[key].get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

bool signed_by_fields(std::string_view type) {
  return std::any_of(kUserSigned.begin(), kUserSigned.end(),
                     [&](const UserSigned& u) { return u.action == type; });
}

Result<SignedRequest> read_signed(Json body) {
  SignedRequest out;
  const auto action = object_in(body, "action");
  const auto signature = object_in(body, "signature");
  const auto nonce = whole_in(body, "nonce");
  if (!action || !signature || !nonce || *nonce < 0)
    return Error{Fault::malformed, "action, nonce or signature is missing"};
  const auto type = text_in(*action, "type");
  const auto r = text_in(*signature, "r"), s = text_in(*signature, "s");
  const auto v = whole_in(*signature, "v");
  if (!type || !r || !s || !v) return Error{Fault::malformed, "type or signature is missing"};
  out.action = *action;
  out.type = *type;
  out.nonce = static_cast<uint64_t>(*nonce);
  out.r = *r;
  out.s = *s;
  out.v = static_cast<uint64_t>(*v < 27 ? *v + 27 : *v);
  out.vault = lower(text_in(body, "vaultAddress").value_or(""));
  if (const auto expires = whole_in(body, "expiresAfter"); expires && *expires >= 0)
    out.expires = static_cast<uint64_t>(*expires);
  return out;
}

Result<Signers> signers_of(const SignedRequest& request) {
  const auth::Signature signature{.r = request.r, .s = request.s, .v = request.v};
  const auto kind = std::find_if(kUserSigned.begin(), kUserSigned.end(),
                                 [&](const UserSigned& u) { return u.action == request.type; });
  if (kind != kUserSigned.end()) {
    const std::string digest = TRY(user_digest(request, *kind));
    return Signers{.main = TRY(auth::signer(digest, signature))};
  }
  const std::string packed = TRY(auth::msgpack_of_json(simdjson::minify(request.action)));
  auth::L1Action action{.action = packed, .nonce = request.nonce, .expires = request.expires};
  if (!request.vault.empty()) {
    const std::string_view digits =
        std::string_view(request.vault).substr(request.vault.starts_with("0x") ? 2 : 0);
    const auto bytes = auth::from_hex(digits);
    if (!bytes || bytes->size() != 20)
      return Error{Fault::malformed, "not an address", "vaultAddress"};
    action.vault = *bytes;
  }
  Signers out;
  out.main = TRY(auth::signer(auth::l1_digest(action), signature));
  action.testnet = true;
  out.test = TRY(auth::signer(auth::l1_digest(action), signature));
  return out;
}

}  // namespace delever::gateways::hyperliquid
