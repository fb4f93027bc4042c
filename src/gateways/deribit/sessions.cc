#include "gateways/deribit/sessions.h"

#include <fmt/format.h>

#include "auth/digest.h"
#include "base/text.h"

namespace delever::gateways::deribit {
namespace {

constexpr Duration kLifetime = Duration::days(365);  // expires_in 31,536,000 of the docs' example
constexpr Duration kWindow = Duration::seconds(60);  // of a signature's timestamp
constexpr size_t kTokensMost = 10'000, kUsedMost = 100'000;
constexpr std::string_view kScope =
    "account:read_write block_trade:read_write custody:none trade:read_write wallet:read_write "
    "mainaccount";

Reply bad_credentials() { return Reply::refused(13004, "invalid_credentials"); }

// id=K,ts=1,nonce=n,sig=s in any order.
std::map<std::string_view, std::string_view> parts_of(std::string_view text) {
  std::map<std::string_view, std::string_view> out;
  for (const std::string_view part : split(text, ',')) {
    const size_t equals = part.find('=');
    if (equals != part.npos)
      out[trimmed(part.substr(0, equals))] = trimmed(part.substr(equals + 1));
  }
  return out;
}

}  // namespace

bool Sessions::fresh(int64_t ms) const {
  const auto sent = Instant::from_ms(ms);
  if (!sent.has_value()) return false;
  const Duration away = desk_.door().wall_now() - sent.value();
  return away < kWindow && away > Duration() - kWindow;
}

bool Sessions::used_before(std::string signature) {
  const Instant now = desk_.door().wall_now();
  while (!used_at_.empty() &&
         (now - used_at_.front().first > kWindow * 2 || used_at_.size() > kUsedMost)) {
    used_.erase(used_at_.front().second);
    used_at_.pop_front();
  }
  if (!used_.insert(signature).second) return true;
  used_at_.emplace_back(now, std::move(signature));
  return false;
}

const Credentials* Sessions::by_signature(std::string_view key, std::string_view text,
                                          std::string_view signature) const {
  const Credentials* const who = desk_.by_key(key);
  if (!who) return nullptr;
  return auth::same(auth::hex(auth::hmac_sha256(who->secret, text)), lower(signature)) ? who
                                                                                       : nullptr;
}

Reply Sessions::grant(AccountId account, std::string_view scope) {
  const Credentials* who = nullptr;
  for (const Credentials& c : desk_.admitted())
    if (c.account == account) who = &c;
  CHECK(who);
  const Instant now = desk_.door().wall_now();
  const auto made = [&](std::string_view kind) {
    const std::string seed = fmt::format("{}:{}:{}:{}", kind, who->key, ++made_, now.ns());
    return fmt::format("{}.{}", made_, auth::hex(auth::hmac_sha256(who->secret, seed)));
  };
  Token token{.account = account, .ends = now + kLifetime, .refresh = made("refresh")};
  const std::string access = made("access");
  refreshes_[token.refresh] = {.account = account, .ends = now + kLifetime * 2, .refresh = access};
  JsonWriter w;
  w.open('{').text("access_token", access).raw("expires_in", kLifetime.ns() / 1'000'000'000);
  w.text("refresh_token", token.refresh);
  w.text("scope", scope.empty() ? kScope : std::string_view(fmt::format("{} {}", kScope, scope)));
  w.text("token_type", "bearer").open("enabled_features", '[').close().close();
  order_.push_back(access);
  tokens_[access] = std::move(token);
  if (order_.size() > kTokensMost) {
    const auto oldest = tokens_.find(order_.front());
    if (oldest != tokens_.end()) {
      refreshes_.erase(oldest->second.refresh);
      tokens_.erase(oldest);
    }
    order_.pop_front();
  }
  return Reply::ok(w.take());
}

Reply Sessions::authenticate(const Params& params, Caller& caller) {
  const std::string_view type = params.text("grant_type");
  std::optional<AccountId> account;
  if (type == "client_credentials") {
    const Credentials* const who = desk_.by_key(params.text("client_id"));
    if (!who || !auth::same(who->secret, params.text("client_secret"))) return bad_credentials();
    account = who->account;
  } else if (type == "client_signature") {
    const auto at = params.integer("timestamp");
    const std::string_view nonce = params.text("nonce"), signature = params.text("signature");
    if (!at) return Reply::invalid("timestamp", "is required");
    const Credentials* const who = by_signature(
        params.text("client_id"),
        fmt::format("{}\n{}\n{}", params.text("timestamp"), nonce, params.text("data")), signature);
    if (!who || !fresh(*at)) return bad_credentials();
    if (used_before(fmt::format("{}:{}:{}", params.text("client_id"), nonce, signature)))
      return bad_credentials();
    account = who->account;
  } else if (type == "refresh_token") {
    const auto found = refreshes_.find(params.text("refresh_token"));
    if (found == refreshes_.end() || found->second.ends < desk_.door().wall_now())
      return Reply::refused(13009, "unauthorized");
    account = found->second.account;
    tokens_.erase(found->second.refresh);
    refreshes_.erase(found);
  } else {
    return Reply::invalid("grant_type", type.empty() ? "is required" : "wrong value");
  }
  caller.account = account;
  if (caller.socket) sign_in(*caller.socket, *account);
  return grant(*account, params.text("scope"));
}

std::optional<AccountId> Sessions::of_token(std::string_view token) const {
  const auto found = tokens_.find(token);
  if (found == tokens_.end() || found->second.ends < desk_.door().wall_now()) return std::nullopt;
  return found->second.account;
}

std::optional<AccountId> Sessions::of_socket(SocketId socket) const {
  const auto found = signed_in_.find(socket);
  return found == signed_in_.end() ? std::nullopt : std::optional(found->second);
}

void Sessions::log_out(AccountId account, std::string_view token) {
  const auto found = tokens_.find(token);
  if (found == tokens_.end() || found->second.account != account) return;
  refreshes_.erase(found->second.refresh);
  tokens_.erase(found);
}

Sessions::Found Sessions::of_header(const Request& request, bool changes) {
  const std::string_view header = trimmed(request.header("authorization"));
  const size_t space = header.find(' ');
  const std::string scheme = lower(header.substr(0, space));
  const std::string_view rest =
      space == header.npos ? std::string_view() : trimmed(header.substr(space + 1));
  if (scheme == "bearer") {
    const auto account = of_token(rest);
    return {account, account ? "" : "invalid_token"};
  }
  if (scheme == "basic") {
    for (const Credentials& who : desk_.admitted())
      if (!who.key.empty() && auth::same(auth::base64(who.key + ":" + who.secret), rest))
        return {who.account, ""};
    return {std::nullopt, "invalid_credentials"};
  }
  if (scheme != "deri-hmac-sha256") return {};
  auto parts = parts_of(rest);
  const std::string target = request.query.empty()
                                 ? std::string(request.path)
                                 : fmt::format("{}?{}", request.path, request.query);
  const std::string text = fmt::format("{}\n{}\n{}\n{}\n{}\n", parts["ts"], parts["nonce"],
                                       upper(request.method), target, request.body);
  const auto at = read_int(parts["ts"]);
  const Credentials* const who = by_signature(parts["id"], text, parts["sig"]);
  if (!who || !at) return {std::nullopt, "invalid_credentials"};
  if (!fresh(*at)) return {std::nullopt, "invalid_timestamp"};
  if (changes && used_before(fmt::format("{}:{}:{}", parts["id"], parts["nonce"], parts["sig"])))
    return {std::nullopt, "nonce_used"};
  return {who->account, ""};
}

}  // namespace delever::gateways::deribit
