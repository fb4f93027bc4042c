#include "render/carry_render.h"

#include <fmt/format.h>

#include "market/shown.h"

namespace delever::render {

using namespace reports;

std::string carry_text(const reports::CarryReport& report) {
  const options::CarryResult& r = report.result;
  std::string out = fmt::format(
      "long {}, short {} ({}), {} to {}, {:.2f} days; money per coin of position\n", report.spot,
      report.contract, report.kind == options::CarryContract::linear ? "linear" : "inverse",
      report.from.text(), report.to.text(), r.years * 365);
  const auto price = [&](const char* when, const reports::PricePaid& spot,
                         const reports::PricePaid& contract) {
    out += fmt::format("  {:<6} spot {} ({}), contract {} ({})\n", when, shown_price(spot.price, 2),
                       spot.from, shown_price(contract.price, 2), contract.from);
  };
  if (report.units != 1)
    out += fmt::format("  one unit of the contract is {:.0f} coins: its prices are shown a coin\n",
                       report.units);
  price("entry", report.spot_entry, report.contract_entry);
  price("exit", report.spot_exit, report.contract_exit);
  const auto leg = [&](const char* name, double money) {
    out += fmt::format("  {:<16} {:>12} {:>9.2f} %/y\n", name, shown_price(money, 2),
                       100 * money / r.capital / r.years);
  };
  leg("spot", r.spot_leg);
  leg(report.perpetual ? "perpetual" : "future", r.contract_leg);
  if (report.perpetual) leg("funding", r.funding);
  leg("fees", r.fees);
  leg("borrowing", r.borrowing);
  leg("net", r.net);
  out += fmt::format("  {:<16} {:>12}   own money in the spot, the margin and the fees of entry\n",
                     "capital", shown_price(r.capital, 2));
  out += fmt::format("  basis alone {:.2f} %/y", 100 * r.basis_annual);
  if (report.perpetual)
    out += fmt::format(", funding alone {:.2f} %/y ({} payments)", 100 * r.funding_annual,
                       report.funding.size());
  out += "; simple, ACT/365\n";
  for (const std::string& note : report.notes) out += "note: " + note + "\n";
  return out;
}

Json carry_json(const reports::CarryReport& report) {
  const options::CarryResult& r = report.result;
  const auto price = [](const reports::PricePaid& p) {
    return Json{{"price", p.price}, {"from", p.from}};
  };
  Json json{{"kind", report.perpetual ? "perpetual" : "dated"},
            {"spot", report.spot},
            {"contract", report.contract},
            {"settlement", report.kind == options::CarryContract::linear ? "linear" : "inverse"},
            {"from", report.from.text()},
            {"to", report.to.text()},
            {"years", r.years}};
  json["entry"] = {{"spot", price(report.spot_entry)}, {"contract", price(report.contract_entry)}};
  json["exit"] = {{"spot", price(report.spot_exit)}, {"contract", price(report.contract_exit)}};
  json["legs"] = {{"spot", r.spot_leg},
                  {"contract", r.contract_leg},
                  {"funding", r.funding},
                  {"fees", r.fees},
                  {"borrowing", r.borrowing}};
  json["net"] = r.net;
  json["notes"] = report.notes;
  json["capital"] = r.capital;
  json["annual"] = r.annual;
  json["basis_annual"] = r.basis_annual;
  json["funding_annual"] = r.funding_annual;
  json["payments"] = Json::array();
  for (const options::FundingPayment& p : report.funding)
    json["payments"].push_back({{"at", p.at.text()}, {"rate", p.rate}, {"price", p.price}});
  return json;
}

}  // namespace delever::render
