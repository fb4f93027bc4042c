#include "render/carry_render.h"

#include <fmt/format.h>

namespace delever::render {

using namespace reports;

std::string carry_text(const reports::CarryReport& deal) {
  const options::CarryResult& r = deal.result;
  std::string out = fmt::format(
      "long {}, short {} ({}), {} to {}, {:.2f} days; money per coin of position\n", deal.spot,
      deal.contract, deal.kind == options::CarryContract::linear ? "linear" : "inverse",
      deal.from.text(), deal.to.text(), r.years * 365);
  const auto price = [&](const char* when, const reports::PricePaid& spot,
                         const reports::PricePaid& contract) {
    out += fmt::format("  {:<6} spot {:.2f} ({}), contract {:.2f} ({})\n", when, spot.price,
                       spot.from, contract.price, contract.from);
  };
  price("entry", deal.spot_entry, deal.contract_entry);
  price("exit", deal.spot_exit, deal.contract_exit);
  const auto leg = [&](const char* name, double money) {
    out += fmt::format("  {:<16} {:>12.2f} {:>9.2f} %/y\n", name, money,
                       100 * money / r.capital / r.years);
  };
  leg("spot", r.spot_leg);
  leg(deal.perpetual ? "perpetual" : "future", r.contract_leg);
  if (deal.perpetual) leg("funding", r.funding);
  leg("fees", r.fees);
  leg("borrowing", r.borrowing);
  leg("net", r.net);
  out +=
      fmt::format("  {:<16} {:>12.2f}   own money in the spot, the margin and the fees of entry\n",
                  "capital", r.capital);
  out += fmt::format("  basis alone {:.2f} %/y", 100 * r.basis_annual);
  if (deal.perpetual)
    out += fmt::format(", funding alone {:.2f} %/y ({} payments)", 100 * r.funding_annual,
                       deal.funding.size());
  return out + "; simple, ACT/365\n";
}

Json carry_json(const reports::CarryReport& deal) {
  const options::CarryResult& r = deal.result;
  const auto price = [](const reports::PricePaid& p) {
    return Json{{"price", p.price}, {"from", p.from}};
  };
  Json json{{"kind", deal.perpetual ? "perpetual" : "dated"},
            {"spot", deal.spot},
            {"contract", deal.contract},
            {"settlement", deal.kind == options::CarryContract::linear ? "linear" : "inverse"},
            {"from", deal.from.text()},
            {"to", deal.to.text()},
            {"years", r.years}};
  json["entry"] = {{"spot", price(deal.spot_entry)}, {"contract", price(deal.contract_entry)}};
  json["exit"] = {{"spot", price(deal.spot_exit)}, {"contract", price(deal.contract_exit)}};
  json["legs"] = {{"spot", r.spot_leg},
                  {"contract", r.contract_leg},
                  {"funding", r.funding},
                  {"fees", r.fees},
                  {"borrowing", r.borrowing}};
  json["net"] = r.net;
  json["capital"] = r.capital;
  json["annual"] = r.annual;
  json["basis_annual"] = r.basis_annual;
  json["funding_annual"] = r.funding_annual;
  json["payments"] = Json::array();
  for (const options::FundingPayment& p : deal.funding)
    json["payments"].push_back({{"at", p.at.text()}, {"rate", p.rate}, {"price", p.price}});
  return json;
}

}  // namespace delever::render
