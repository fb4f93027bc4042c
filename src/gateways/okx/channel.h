// What a client subscribes to at OKX: a channel and what it is narrowed to, and the argument as it
// was given, which every message repeats.
#pragma once

#include <string>
#include <string_view>

#include "gateways/json_text.h"
#include "gateways/json_tree.h"

namespace delever::gateways::okx {

enum class Path : uint8_t { open_to_all, own, business };

struct Channel {
  std::string name, inst_type, inst_id, family, coin;
  std::string argument;  // JSON

  static Channel read(const JsonTree& arg) {
    Channel c;
    c.name = arg.text("channel");
    c.inst_type = arg.text("instType");
    c.inst_id = arg.text("instId");
    c.family = arg.maybe("instFamily") ? arg.text("instFamily") : arg.text("uly");
    c.coin = arg.text("ccy");
    ObjectText row(c.argument);
    for (const auto& [key, value] : arg.members()) {
      std::string name;
      append_escaped(name, key);
      row.text(name, value.text());
    }
    row.end();
    return c;
  }
  friend bool operator<(const Channel& a, const Channel& b) { return a.argument < b.argument; }
};

}  // namespace delever::gateways::okx
