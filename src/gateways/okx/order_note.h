// What OKX's orders carry beside what a desk knows of them, kept in OrderRecord::tag.
#pragma once

#include <string>
#include <string_view>

#include "base/text.h"

namespace delever::gateways::okx {

struct OrderNote {
  std::string tag;    // the client's
  std::string kind;   // empty: a plain order; "trigger", "conditional", "oco": of an algo order
  std::string leg;    // of an algo order: "tp", "sl"; empty where it has one alone
  uint64_t algo = 0;  // the id of the algo order
  std::string trade_mode;  // "cross", "isolated", "cash"
  std::string client_id;   // algoClOrdId

  std::string text() const {
    return tag + ";" + kind + ";" + leg + ";" + std::to_string(algo) + ";" + trade_mode + ";" +
           client_id;
  }
  // The parts hold no semicolons: tags and client ids are letters and digits.
  static OrderNote read(std::string_view text) {
    OrderNote n;
    const auto parts = split(text, ';');
    if (parts.size() != 6) return n;
    n.tag = parts[0];
    n.kind = parts[1];
    n.leg = parts[2];
    n.algo = static_cast<uint64_t>(read_int(parts[3]).value_or(0));
    n.trade_mode = parts[4];
    n.client_id = parts[5];
    return n;
  }
  bool is_algo() const { return !kind.empty(); }
};

}  // namespace delever::gateways::okx
