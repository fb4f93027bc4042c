// A carry trade: long spot, short a perpetual or a future; what each leg earned.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "options/carry.h"
#include "reports/context.h"

namespace delever::reports {

struct CarryOptions {
  std::vector<std::string> tapes;
  std::string rules = "rules/2026-01-30.toml";  // for coins that go by several names
  std::string episode, venue, spot, contract, from, to, expiry, price_age = "65m";
  std::optional<double> spot_entry, spot_exit, contract_entry, contract_exit;
  bool inverse = false;
  double spot_fee = 0, contract_fee = 0, borrow = 0, borrowed = 0, margin = 0;
  std::optional<double> exit_fee;
};

struct PricePaid {
  double price = 0;
  std::string from;  // "given", or what it was and when
};

// The trade as it will be worked out, and where its figures came from.
struct CarryReport {
  std::string contract, spot;
  bool perpetual = false;
  double units = 1;  // coins in one unit of the contract
  options::CarryContract kind = options::CarryContract::linear;
  Instant from, to;
  PricePaid spot_entry, spot_exit, contract_entry, contract_exit;
  std::vector<options::FundingPayment> funding;
  options::CarryResult result;
  std::vector<std::string> notes;  // gaps between entry and exit
};

Result<CarryReport> carry_report(const CarryOptions& options, Context& context);

}  // namespace delever::reports
