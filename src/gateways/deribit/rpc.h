// One JSON-RPC call however it came: a query, a body, a frame; and its answer.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateways/gateway.h"
#include "gateways/json_tree.h"
#include "gateways/json_writer.h"
#include "gateways/parameters.h"

namespace delever::gateways::deribit {

class Params {
 public:
  explicit Params(Parameters fields) : fields_(std::move(fields)) {}
  explicit Params(const JsonTree& tree) : tree_(&tree) {}

  std::optional<std::string_view> maybe(std::string_view name) const {
    if (tree_) return tree_->maybe(name);
    return fields_.has(name) ? std::optional(fields_[name]) : std::nullopt;
  }
  std::string_view text(std::string_view name) const { return maybe(name).value_or(""); }
  std::optional<int64_t> integer(std::string_view name) const {
    return tree_ ? tree_->integer(name) : fields_.whole(name);
  }
  bool flag(std::string_view name) const {
    return tree_ ? tree_->boolean(name).value_or(false) : fields_.is_true(name);
  }
  std::vector<std::string> list(std::string_view name) const;
  // A list of objects; in a query it is JSON.
  std::vector<JsonTree> objects(std::string_view name) const;

 private:
  Parameters fields_;
  const JsonTree* tree_ = nullptr;
};

struct Reply {
  std::string result;  // JSON
  int code = 0;        // of the error; 0: none
  std::string message, param, reason;

  static Reply ok(std::string json) { return {.result = std::move(json)}; }
  static Reply refused(int code, std::string_view message) {
    return {.code = code, .message = std::string(message)};
  }
  static Reply invalid(std::string_view param, std::string_view reason) {
    return {.code = -32602,
            .message = "Invalid params",
            .param = std::string(param),
            .reason = std::string(reason)};
  }
  // The whole answer; `id` is JSON, empty: none.
  std::string envelope(std::string_view id, Instant in, Instant out) const;
};

// Reject of the exchange as the venue's error.
Reply refusal(Reject reject);
// Of a new price: which way it was too far.
Reply refusal(Reject reject, Side side);

// Who asks.
struct Caller {
  std::optional<AccountId> account;
  std::optional<SocketId> socket;
};

}  // namespace delever::gateways::deribit
