#include "gateways/deribit/rpc.h"

#include "base/text.h"

namespace delever::gateways::deribit {

std::vector<JsonTree> Params::objects(std::string_view name) const {
  if (tree_) return (*tree_)[name].items();
  const auto parsed = JsonTree::parse(fields_[name]);
  return parsed.has_value() ? parsed.value().items() : std::vector<JsonTree>();
}

std::vector<std::string> Params::list(std::string_view name) const {
  std::vector<std::string> out;
  const auto take = [&](const JsonTree& list) {
    for (const JsonTree& item : list.items()) out.emplace_back(item.text());
  };
  if (tree_) {
    const JsonTree& found = (*tree_)[name];
    if (found.kind() == JsonTree::Kind::list) {
      take(found);
    } else if (!found.text().empty()) {
      out.emplace_back(found.text());
    }
    return out;
  }
  const std::string_view text = fields_[name];
  if (!text.starts_with('[')) {
    if (!text.empty()) out.emplace_back(text);
    return out;
  }
  const auto read = JsonTree::parse(text);
  if (read.has_value()) take(read.value());
  return out;
}

std::string Reply::envelope(std::string_view id, Instant in, Instant out) const {
  JsonWriter w;
  w.open('{').text("jsonrpc", "2.0");
  if (!id.empty()) w.raw("id", id);
  if (code == 0) {
    w.raw("result", result);
  } else {
    w.open("error", '{').text("message", message).raw("code", code);
    if (!reason.empty()) {
      w.open("data", '{').text("reason", reason);
      if (!param.empty()) w.text("param", param);
      w.close();
    }
    w.close();
  }
  w.raw("usIn", in.ns() / 1'000).raw("usOut", out.ns() / 1'000);
  w.raw("usDiff", (out - in).ns() / 1'000).raw("testnet", false).close();
  return w.take();
}

Reply refusal(Reject reject, Side side) {
  if (reject != Reject::bad_price) return refusal(reject);
  return side == Side::buy ? Reply::refused(10007, "price_too_high")
                           : Reply::refused(10005, "price_too_low");
}

Reply refusal(Reject reject) {
  switch (reject) {
    case Reject::not_enough_margin:
    case Reject::not_enough_balance:
    case Reject::bad_leverage:
      return Reply::refused(10009, "not_enough_funds");
    case Reject::would_take:
      return Reply::refused(11054, "post_only_reject");
    case Reject::nothing_to_reduce:
      return Reply::refused(11030, "other_reject invalid_reduce_only_order");
    case Reject::would_trigger:
      return Reply::refused(11036, "invalid_trigger_price");
    case Reject::bad_price:
      return Reply::refused(10023, "invalid_price");
    case Reject::bad_quantity:
    case Reject::bad_amount:
    case Reject::too_large:
      return Reply::refused(10021, "invalid_amount");
    case Reject::no_such_order:
      return Reply::refused(11044, "not_open_order");
    case Reject::no_such_instrument:
      return Reply::refused(10020, "invalid_or_unsupported_instrument");
    case Reject::no_such_mode:
      return Reply::refused(11031, "other_error");
    case Reject::expired:
      return Reply::refused(10012, "book_closed");
    case Reject::no_mark:
      return Reply::refused(13028, "temporarily_unavailable");
    case Reject::in_liquidation:
      return Reply::refused(10019, "locked_by_admin");
    case Reject::not_filled:
      return Reply::refused(11030, "other_reject fill_or_kill_not_filled");
    default:
      return Reply::refused(11030, "other_reject " + std::string(reject_name(reject)));
  }
}

}  // namespace delever::gateways::deribit
