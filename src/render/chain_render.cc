#include "render/chain_render.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "market/shown.h"
#include "options/black.h"
#include "render/svg.h"

namespace delever::render {

using namespace reports;

namespace {

std::string text_of(const std::optional<double>& value, int digits) {
  return value ? fmt::format("{:.{}f}", *value, digits) : "-";
}

// Coins for 1 %, calls and puts together: what hedgers trade if all of them stand on one side.
std::optional<double> gamma_gross(const options::Exposure* e) {
  return e ? std::optional(e->gamma_calls + e->gamma_puts) : std::nullopt;
}

std::optional<double> value_of(const std::optional<options::Forward>& f) {
  return f ? std::optional(f->value) : std::nullopt;
}

// The smile at its own forward, which need not be a strike.
std::optional<double> at_the_money(const options::Smile* smile) {
  return smile ? smile->vol(smile->forward) : std::nullopt;
}

// Coins that hedgers buy. "mean" is null where no signed trades give one; "assumed" has the four
// comparisons of exposure.h, none of them a finding.
Json to_json(const options::NetFlow& flow) {
  Json json{{"low", flow.low},
            {"high", flow.high},
            {"gross", flow.gross},
            {"mean", json_or_null(flow.mean)}};
  for (size_t a = 0; a < options::kDealerAssumptions.size(); ++a)
    json["assumed"][std::string(options::assumption_name(options::kDealerAssumptions[a]))] =
        flow.assumed[a];
  return json;
}

Json to_json(const options::HedgeCurve& curve) {
  Json json = Json::array();
  for (size_t m = 0; m < options::kMoves.size(); ++m) {
    Json point{{"move", options::kMoves[m]}};
    point.update(to_json(curve.flow[m]));
    json.push_back(std::move(point));
  }
  return json;
}

// Raw SVI, w(k) = a + b (rho (k - m) + sqrt((k - m)^2 + s^2)) with k = ln(K / F); residuals in
// points of volatility (0.01), strikes in the money of the forward.
Json to_json(const options::Smile& s) {
  const options::Svi& svi = s.fit.svi;
  return {{"model", s.model == options::SmileModel::raw_svi ? "raw_svi" : "ssvi"},
          {"a", svi.a},
          {"b", svi.b},
          {"rho", svi.rho},
          {"m", svi.m},
          {"s", svi.s},
          {"years", s.years},
          {"atm_vol", json_or_null(at_the_money(&s))},
          {"strike_low", s.strike_low},
          {"strike_high", s.strike_high},
          {"quotes", s.quotes.used},
          {"left_out",
           {{"empty", s.quotes.empty},
            {"one_sided", s.quotes.one_sided},
            {"crossed", s.quotes.crossed},
            {"in_the_money", s.quotes.in_the_money},
            {"no_vol", s.quotes.no_vol}}},
          {"residual_rms_points", s.residual_rms},
          {"residual_max_points", s.residual_max},
          {"inside_bid_ask", s.inside},
          {"durrleman_min", s.fit.durrleman_min},
          {"calendar_min", s.fit.calendar_min}};
}

Json to_json(const Error& e) {
  return {{"kind", fault_name(e.fault)}, {"where", e.where}, {"what", e.what}};
}

// Recomputed at the forward in use and the mark vol, or the smile's where there is no mark.
std::optional<options::BlackGreeks> greeks_of(const ChainRow& row, const options::ChainQuote& q) {
  if (!row.forwards) return std::nullopt;
  std::optional<double> vol = q.mark_iv;
  if (!vol && row.smile) vol = row.smile->vol(q.strike);
  if (!vol || *vol <= 0) return std::nullopt;
  return options::black({row.forwards->used.value, q.strike, row.chain->years(), *vol, q.type});
}

// The vols of the quoted prices at the forward in use; without a forward, those that the venue
// sent.
options::QuoteVols vols_of(const ChainRow& row, const options::ChainQuote& q) {
  return row.forwards ? options::quote_vols(*row.chain, q, row.forwards->used.value)
                      : options::QuoteVols{q.bid_iv, q.ask_iv};
}

Json strikes_json(const ChainRow& row) {
  // By strike: a strike with quotes and no open interest stands there as well, its pain null.
  std::map<double, Json> strikes;
  for (const options::ChainQuote& q : row.chain->quotes) {
    Json& json = strikes[q.strike];
    if (json.is_null()) {
      json = {{"strike", q.strike},
              {"calls", 0.0},
              {"puts", 0.0},
              {"pain_usd", Json()},
              {"surface_vol", json_or_null(row.smile ? row.smile->vol(q.strike) : std::nullopt)},
              {"options", Json::array()}};
    }
    const options::QuoteVols vols = vols_of(row, q);
    Json option{{"type", q.type == OptionType::call ? "call" : "put"},
                {"bid", json_or_null(q.bid)},
                {"ask", json_or_null(q.ask)},
                {"bid_iv", json_or_null(vols.bid)},
                {"ask_iv", json_or_null(vols.ask)},
                {"mark_iv", json_or_null(q.mark_iv)},
                {"open_interest", json_or_null(q.open_interest)}};
    const auto greeks = greeks_of(row, q);
    const auto put = [&](const char* name, double options::BlackGreeks::*field) {
      option[name] = greeks ? Json((*greeks).*field) : Json();
    };
    put("delta", &options::BlackGreeks::delta), put("gamma", &options::BlackGreeks::gamma);
    put("vega", &options::BlackGreeks::vega), put("theta", &options::BlackGreeks::theta);
    json["options"].push_back(std::move(option));
  }
  for (const options::StrikeInterest& s : row.strikes) {
    Json& json = strikes[s.strike];
    json["calls"] = s.calls, json["puts"] = s.puts, json["pain_usd"] = s.pain_usd;
  }
  Json out = Json::array();
  for (auto& [strike, json] : strikes) out.push_back(std::move(json));
  return out;
}

Json row_json(const ChainRow& row) {
  const options::Chain& chain = *row.chain;
  Json json;
  json["expiry"] = expiry_name(chain.expiry);
  json["expires_at"] = chain.expiry.text();
  json["venue"] = chain.venue;
  json["settle"] = chain.settle;
  json["as_of"] = chain.as_of.text();
  json["forward"] = row.forwards ? Json(row.forwards->used.value) : Json();
  json["forward_source"] = row.forwards ? Json(row.forwards->source) : Json();
  json["forward_parity"] =
      json_or_null(row.forwards ? value_of(row.forwards->parity) : std::nullopt);
  json["forward_delta"] = json_or_null(row.forwards ? value_of(row.forwards->delta) : std::nullopt);
  const auto told = [&](double coins) { return row.told ? Json(coins) : Json(); };
  json["open_interest"] = told(row.calls + row.puts);
  json["calls"] = told(row.calls);
  json["puts"] = told(row.puts);
  json["put_call"] = row.calls > 0 ? Json(row.puts / row.calls) : Json();
  json["max_pain"] = row.pain ? Json(row.pain->strike_usd) : Json();
  json["max_pain_coin"] = row.pain ? Json(row.pain->strike_coin) : Json();
  json["gamma_gross_1pct"] = json_or_null(gamma_gross(row.exposure));
  // An empty list: the expiry has no exposure, and "refused" says why.
  json["hedge_flow"] = row.exposure ? to_json(row.exposure->sticky_strike) : Json::array();
  // Without a smile there is nothing to move with the forward, and no such curve.
  if (row.exposure && row.exposure->sticky_delta)
    json["hedge_flow_sticky_delta"] = to_json(*row.exposure->sticky_delta);
  if (row.exposure) {
    json["charm_1d"] = to_json(row.exposure->charm_day);
    json["to_expiry"] = to_json(row.exposure->to_expiry);
    json["unpriced"] = row.exposure->unpriced;
  }
  json["surface"] = row.smile ? to_json(*row.smile) : Json();
  json["refused"] = Json::array();
  for (const Error& e : row.refused) json["refused"].push_back(to_json(e));
  json["strikes"] = strikes_json(row);
  return json;
}

Json board_json(const options::OptionBoard& board) {
  Json json{{"venue", board.venue},     {"settle", board.settle}, {"as_of", board.as_of.text()},
            {"sources", board.sources}, {"stale", board.stale},   {"incomplete", board.incomplete}};
  json["vol_index_30d"] = board.index ? Json(board.index->value) : Json();
  json["vol_index_30d_low"] = json_or_null(board.index_low);
  json["vol_index_30d_high"] = json_or_null(board.index_high);
  json["vol_index_30d_refused"] = board.index_refused;
  json["signed_trades"] = board.signed_trades;
  json["hedge_flow"] = to_json(board.exposures.sticky_strike);
  json["hedge_flow_sticky_delta"] = to_json(board.exposures.sticky_delta);
  json["hedge_flow_sticky_delta_complete"] = board.exposures.sticky_delta_complete;
  json["refused"] = Json::array();
  for (const Error& e : board.refused) json["refused"].push_back(to_json(e));
  return json;
}

std::string flow_text(const options::HedgeCurve& curve) {
  std::string out = fmt::format("{:>8} {:>12} {:>12} {:>12}", "move", "low", "high", "estimate");
  for (const options::DealerAssumption a : options::kDealerAssumptions) {
    // "dealers_long_all" is shown as "long_all".
    std::string name(options::assumption_name(a));
    out += fmt::format("  {:>22}", name.substr(name.find('_') + 1));
  }
  out += "\n";
  for (size_t m = 0; m < options::kMoves.size(); ++m) {
    const options::NetFlow& f = curve.flow[m];
    out += fmt::format("{:>7.1f}% {:>12.1f} {:>12.1f} {:>12}", 100 * options::kMoves[m], f.low,
                       f.high, text_of(f.mean, 1));
    for (const double v : f.assumed) out += fmt::format("  {:>22.1f}", v);
    out += "\n";
  }
  return out;
}

std::string expiry_text(const ChainRow& row) {
  std::string out = fmt::format("\n{} {}: open interest by strike\n", row.board->name(),
                                expiry_name(row.chain->expiry));
  out += fmt::format("{:>10} {:>12} {:>12} {:>14} {:>8}\n", "strike", "calls", "puts", "pain USD",
                     "vol %");
  for (const options::StrikeInterest& s : row.strikes) {
    const auto vol = row.smile ? row.smile->vol(s.strike) : std::nullopt;
    out += fmt::format("{:>10} {:>12.1f} {:>12.1f} {:>14} {:>8}\n", s.strike, s.calls, s.puts,
                       short_number(s.pain_usd, 5), vol ? fmt::format("{:.2f}", 100 * *vol) : "-");
  }
  if (!row.exposure) return out;
  out += fmt::format(
      "hedging flow, coins that hedgers buy over a move of the forward at sticky strikes; {}:\n",
      row.exposure->sticky_strike.flow[0].mean ? "90 % band of signed trades"
                                               : "open interest alone gives no sign");
  return out + flow_text(row.exposure->sticky_strike);
}

}  // namespace

std::string chain_text(const ChainReport& page) {
  std::string out = fmt::format("{} options at {}\n", page.asset, page.at.text());
  for (const options::OptionBoard& b : page.boards) {
    out += fmt::format("  {}: as of {}, ", b.name(), b.as_of.text());
    // A board is shown however old it is, but never as if it were of now.
    if (page.at - b.as_of > page.current_for)
      out += fmt::format("{} OLD, NOT CURRENT, ", (page.at - b.as_of).text());
    out += b.index ? fmt::format("30-day index {:.2f} % ({} to {})", 100 * b.index->value,
                                 b.index_low ? fmt::format("{:.2f}", 100 * *b.index_low) : "-",
                                 b.index_high ? fmt::format("{:.2f}", 100 * *b.index_high) : "-")
                   : "no 30-day index: " + b.index_refused;
    const options::NetFlow& flow = b.exposures.sticky_strike.at(0.01);
    out += fmt::format(", all expiries +1 %: {:.1f} to {:.1f}\n", flow.low, flow.high);
  }
  out += fmt::format(
      "{:<8} {:<12} {:>9} {:<6} {:>9} {:>9} {:>9} {:>5} {:>8} {:>8} {:>9} {:>19} {:>6} {:>5} "
      "{:>6}\n",
      "expiry", "board", "forward", "by", "open int.", "calls", "puts", "p/c", "max pain",
      "in coin", "gross 1 %", "net +1 % low..high", "atm %", "rms", "inside");
  for (const ChainRow& r : page.rows) {
    const auto pain = [&](double options::MaxPain::*field) {
      return r.pain ? shown_price((*r.pain).*field, 0) : "-";
    };
    const auto told = [&](double coins) {
      return r.told ? fmt::format("{:.1f}", coins) : std::string("-");
    };
    std::string band = "-";
    if (r.exposure) {
      const options::NetFlow& flow = r.exposure->sticky_strike.at(0.01);
      band = fmt::format("{:.1f}..{:.1f}", flow.low, flow.high);
    }
    const auto atm = at_the_money(r.smile);
    out += fmt::format(
        "{:<8} {:<12} {:>9} {:<6} {:>9} {:>9} {:>9} {:>5} {:>8} {:>8} {:>9} {:>19} {:>6} "
        "{:>5} {:>6}\n",
        expiry_name(r.chain->expiry), r.board->name(),
        r.forwards ? shown_price(r.forwards->used.value, 1) : "-",
        r.forwards ? r.forwards->source : "-", told(r.calls + r.puts), told(r.calls), told(r.puts),
        r.calls > 0 ? fmt::format("{:.2f}", r.puts / r.calls) : "-",
        pain(&options::MaxPain::strike_usd), pain(&options::MaxPain::strike_coin),
        text_of(gamma_gross(r.exposure), 1), band, atm ? fmt::format("{:.2f}", 100 * *atm) : "-",
        r.smile ? fmt::format("{:.2f}", r.smile->residual_rms) : "-",
        r.smile ? fmt::format("{:.0f}%", 100 * r.smile->inside) : "-");
  }
  out +=
      "gross 1 %: coins for 1 %, all hedgers on one side; net: with signs, a band; rms: of the "
      "smile, vol points\n";
  for (const ChainRow& r : page.rows) {
    for (const Error& e : r.refused) out += fmt::format("refused: {}\n", e.text());
  }
  for (const options::OptionBoard& b : page.boards) {
    for (const Error& e : b.refused) out += fmt::format("refused: {}\n", e.text());
    if (b.stale > 0)
      out += fmt::format("left out of {}: {} options not quoted lately\n", b.name(), b.stale);
    if (b.incomplete > 0)
      out +=
          fmt::format("left out of {}: {} options without a description\n", b.name(), b.incomplete);
  }
  if (!page.note.empty()) out += "note: " + page.note + "\n";
  // Strike by strike only when one expiry was asked for: of all of them it would be thousands of
  // lines.
  std::map<Instant, size_t> expiries;
  for (const ChainRow& r : page.rows) ++expiries[r.chain->expiry];
  if (expiries.size() != 1) return out;
  for (const ChainRow& r : page.rows) out += expiry_text(r);
  return out;
}

Json chain_json(const ChainReport& page) {
  Json json{{"asset", page.asset}, {"as_of", page.at.text()}, {"rules", page.rules}};
  json["note"] = page.note.empty() ? Json() : Json(page.note);
  json["expiries"] = Json::array();
  for (const ChainRow& row : page.rows) json["expiries"].push_back(row_json(row));
  json["boards"] = Json::array();
  for (const options::OptionBoard& board : page.boards) {
    Json one = board_json(board);
    one["current"] = page.at - board.as_of <= page.current_for;
    json["boards"].push_back(std::move(one));
  }
  return json;
}

std::string chain_csv(const ChainReport& page) {
  std::string out =
      "asset,venue,settle,as_of,expiry,strike,type,forward,forward_source,bid,ask,bid_iv,ask_iv,"
      "mark_iv,"
      "surface_vol,delta,gamma,vega,theta,open_interest\n";
  const auto number = [](const std::optional<double>& v) {
    return v ? fmt::format("{}", *v) : std::string();
  };
  for (const ChainRow& row : page.rows) {
    const options::Chain& c = *row.chain;
    for (const options::ChainQuote& q : c.quotes) {
      const options::QuoteVols vols = vols_of(row, q);
      const auto greeks = greeks_of(row, q);
      const auto greek = [&](double options::BlackGreeks::*field) {
        return number(greeks ? std::optional((*greeks).*field) : std::nullopt);
      };
      out += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n",
                         page.asset, c.venue, c.settle, c.as_of.text(), c.expiry.text(), q.strike,
                         q.type == OptionType::call ? "call" : "put",
                         row.forwards ? fmt::format("{}", row.forwards->used.value) : "",
                         row.forwards ? row.forwards->source : "", number(q.bid), number(q.ask),
                         number(vols.bid), number(vols.ask), number(q.mark_iv),
                         number(row.smile ? row.smile->vol(q.strike) : std::nullopt),
                         greek(&options::BlackGreeks::delta), greek(&options::BlackGreeks::gamma),
                         greek(&options::BlackGreeks::vega), greek(&options::BlackGreeks::theta),
                         number(q.open_interest));
    }
  }
  return out;
}

}  // namespace delever::render
