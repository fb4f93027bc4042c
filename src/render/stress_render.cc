#include "render/stress_render.h"

#include <fmt/format.h>

#include <cmath>

#include "market/shown.h"

namespace delever::render {

using namespace reports;

namespace {

// Losses below 0 are gains, so the sign stands before the dollar.
std::string dollars(double usd) {
  const double size = std::abs(usd);
  const char* sign = usd < 0 ? "-" : "";
  if (size >= 1e9) return fmt::format("{}${:.2f}B", sign, size / 1e9);
  if (size >= 1e6) return fmt::format("{}${:.2f}M", sign, size / 1e6);
  if (size >= 1e3) return fmt::format("{}${:.1f}k", sign, size / 1e3);
  return fmt::format("{}${:.0f}", sign, size);
}

// A displacement as the move it is.
double move_of(double y, double sign) { return std::expm1(std::copysign(y, sign)); }
std::string move_text(double move) { return fmt::format("{:+.2f} %", 100 * move); }

// Where the price comes to rest, with its interval; "beyond" is past the end of the evidence.
std::string rest_text(const StressMove& m) {
  const cascade::CascadeReading& c = m.cascade;
  if (!c.value) return std::string(cascade::evidence_name(c.evidence)) + ": " + c.reason;
  const auto bound = [&](const std::optional<double>& y) {
    return y ? move_text(move_of(*y, m.wave.move)) : std::string("beyond");
  };
  std::string text =
      fmt::format("rests at {} [{}, {}]", move_text(move_of(c.value->y, m.wave.move)),
                  bound(c.y_low), bound(c.y_high));
  text +=
      fmt::format(", {:.3f} times the shock [{}, {}], R {:.2f}", c.value->y / m.wave.y,
                  c.amplification_low ? fmt::format("{:.3f}", *c.amplification_low) : "-",
                  c.amplification_high ? fmt::format("{:.3f}", *c.amplification_high) : "beyond",
                  c.value->reproduction);
  if (c.value->fold)
    text += fmt::format(", fold at a shock of {}",
                        move_text(move_of(c.value->fold->shock, m.wave.move)));
  if (c.evidence != cascade::Evidence::ok)
    text += fmt::format(" ({}: {})", cascade::evidence_name(c.evidence), c.reason);
  return text;
}

// Densities are coins per unit of log price: a hundredth of them is coins per 1 %.
std::string overlap_text(const std::vector<cascade::OverlapBucket>& buckets, const char* title) {
  if (buckets.empty()) return {};
  std::string out =
      fmt::format("\nwhere liquidations and dealers meet, {}; coins per 1 %\n", title);
  out += "  from     to       liquidations   dealers               R of both      \n";
  for (const cascade::OverlapBucket& b : buckets) {
    const std::string dealers =
        b.dealers ? fmt::format("{:.0f}..{:.0f}", b.dealers->low / 100, b.dealers->high / 100)
                  : "not known";
    out += fmt::format("  {:>5.1f} %  {:>5.1f} %  {:>12.1f}   {:<20}  {:>5.2f}..{:<5.2f}   {}\n",
                       100 * b.from, 100 * b.to, b.liquidations.high / 100, dealers, b.r_total.low,
                       b.r_total.high, cascade::overlap_name(b.label));
  }
  return out;
}

Json band_json(const cascade::FlowBand& band) { return {{"low", band.low}, {"high", band.high}}; }
Json cell_json(const cascade::StressCell& cell) {
  return {{"coins", cell.coins}, {"usd", cell.usd}};
}

Json bands_json(const std::array<cascade::StressCell, cascade::kLeverageBands.size() + 1>& bands) {
  Json json = Json::object();
  for (size_t i = 0; i < bands.size(); ++i)
    json[std::string(cascade::kLeverageBandNames[i])] = cell_json(bands[i]);
  return json;
}

// Resting points and shocks as moves of the price (-0.05), not as displacements; null without a
// value.
Json cascade_json(const StressMove& m) {
  const cascade::CascadeReading& c = m.cascade;
  const auto as_move = [&](const std::optional<double>& y) {
    return y ? Json(move_of(*y, m.wave.move)) : Json();
  };
  Json json{{"evidence", cascade::evidence_name(c.evidence)}, {"reason", c.reason}};
  json["rest"] = c.value ? Json(move_of(c.value->y, m.wave.move)) : Json();
  json["rest_low"] = c.value ? as_move(c.y_low) : Json();
  json["rest_high"] = c.value ? as_move(c.y_high) : Json();
  // Two figures that are often confused: the whole way over the shock, and what a further small
  // shock would move, 1 / (1 - R).
  json["amplification"] = c.value ? Json(c.value->y / m.wave.y) : Json();
  json["amplification_low"] = json_or_null(c.amplification_low);
  json["amplification_high"] = json_or_null(c.amplification_high);
  json["marginal_amplification"] = c.value ? Json(c.value->amplification) : Json();
  json["reproduction"] = c.value ? Json(c.value->reproduction) : Json();
  json["reproduction_at_start"] = c.value ? Json(c.value->reproduction_at_start) : Json();
  json["fold"] = Json();
  if (c.value && c.value->fold)
    json["fold"] = {{"shock", move_of(c.value->fold->shock, m.wave.move)},
                    {"at", move_of(c.value->fold->y, m.wave.move)},
                    {"lands_at", as_move(c.value->fold->lands_at)}};
  json["rounds"] = Json::array();
  if (c.value) {
    for (const double y : c.value->rounds) json["rounds"].push_back(move_of(y, m.wave.move));
  }
  json["by_depth"] = Json::array();
  for (const auto& [left, y] : m.by_depth)
    json["by_depth"].push_back({{"depth", left}, {"rest", as_move(y)}});
  json["inputs"] = c.inputs;
  return json;
}

Json overlap_json(const std::vector<cascade::OverlapBucket>& buckets) {
  Json json = Json::array();
  for (const cascade::OverlapBucket& b : buckets) {
    json.push_back({{"from", b.from},
                    {"to", b.to},
                    {"liquidations", band_json(b.liquidations)},
                    {"dealers", b.dealers ? band_json(*b.dealers) : Json()},
                    {"buyers", band_json(b.buyers)},
                    {"r_liquidations", band_json(b.r_liquidations)},
                    {"r_dealers", b.r_dealers ? band_json(*b.r_dealers) : Json()},
                    {"r_total", band_json(b.r_total)},
                    {"label", cascade::overlap_name(b.label)}});
  }
  return json;
}

}  // namespace

std::string stress_text(const StressReport& r) {
  std::string out = fmt::format("stress of {} at {}{}{}, {}\n", r.asset, shown_price(r.price, 2),
                                r.as_of.empty() ? "" : ", ", r.as_of, r.source);
  for (const cascade::StressCoin& coin : r.coins)
    out += fmt::format("  {} at {} moves {:.3g} times as far, in logarithms\n", coin.name,
                       shown_price(coin.price, 2), coin.beta);
  if (r.from_levels)
    out += fmt::format("  levels inferred, leveraged value in reach {}\n", dollars(r.value_usd));
  else
    out += fmt::format("  {} accounts, {} units, value {}, equity {}{}\n", r.accounts, r.units,
                       dollars(r.value_usd), dollars(r.equity_usd),
                       r.due > 0 ? fmt::format(", {} due already", r.due) : "");
  out += "\nliquidated   price        longs      shorts           usd  ";
  for (const std::string_view name : cascade::kLeverageBandNames)
    out += fmt::format("{:>11}", name);
  out += "   stopped   dealers\n";
  for (const StressMove& m : r.moves) {
    const cascade::StressWave& w = m.wave;
    out += fmt::format("{:>8}  {:>9} {:>11.3f} {:>11.3f} {:>13}  ", move_text(w.move),
                       shown_price(w.price, 2), w.longs.coins, w.shorts.coins,
                       dollars(w.longs.usd + w.shorts.usd));
    for (size_t band = 0; band < cascade::kLeverageBandNames.size(); ++band) {
      double usd = 0;
      for (const cascade::StressByKind& kind : w.kinds) usd += kind.by_band[band].usd;
      out += fmt::format("{:>11}", dollars(usd));
    }
    out += fmt::format(
        "  {:>8.3f}   {}\n", w.stopped_coins,
        m.dealers ? fmt::format("{:.0f}..{:.0f}", m.dealers->low, m.dealers->high) : "not known");
  }
  out += "  longs, shorts, stopped (net), dealers in coins; dealers above 0 trade with the move\n";
  out += "\nleft, value after it  ";
  for (const std::string_view name : cascade::kLeverageBandNames)
    out += fmt::format("{:>11}", name);
  out += "\n";
  for (const StressMove& m : r.moves) {
    out += fmt::format("{:>20}  ", move_text(m.wave.move));
    for (const double usd : m.wave.left_usd) out += fmt::format("{:>11}", dollars(usd));
    out += "\n";
  }
  if (!r.from_levels) {
    out +=
        "\nwho is hurt      kind        units  called  stopped  liquidated      loss up to  of "
        "equity\n";
    for (const StressMove& m : r.moves) {
      for (const cascade::AccountKind kind : cascade::kAccountKinds) {
        const cascade::StressByKind& k = m.wave.kinds[static_cast<size_t>(kind)];
        if (k.units == 0) continue;
        out += fmt::format(
            "{:>14}   {:<10} {:>6}  {:>6}  {:>7}  {:>10}  {:>14}  {:>9}\n", move_text(m.wave.move),
            cascade::account_kind_name(kind), k.units, k.called, k.stopped, k.liquidated,
            dollars(k.loss_usd),
            k.equity_usd > 0 ? fmt::format("{:.1f} %", 100 * k.loss_usd / k.equity_usd) : "-");
      }
    }
  }
  out += "\nonce it is absorbed\n";
  for (const StressMove& m : r.moves)
    out += fmt::format("{:>14}   {}\n", move_text(m.wave.move), rest_text(m));
  // Nothing is printed of a direction that no move was asked for, or without an option chain.
  out += overlap_text(r.overlap_falls, "falling");
  out += overlap_text(r.overlap_rises, "rising");
  // What limits the figures, then which inputs were not there: none is filled in.
  if (!r.notes.empty() || !r.missing.empty()) out += "\n";
  for (const std::string& note : r.notes) out += "note: " + note + "\n";
  for (const std::string& what : r.missing) out += "missing: " + what + "\n";
  return out;
}

Json stress_json(const StressReport& r) {
  Json json{{"asset", r.asset},
            {"price", r.price},
            {"as_of", r.as_of.empty() ? Json() : Json(r.as_of)},
            {"source", r.source},
            {"from_levels", r.from_levels}};
  json["coins"] = Json::array();
  for (const cascade::StressCoin& coin : r.coins)
    json["coins"].push_back({{"coin", coin.name}, {"price", coin.price}, {"beta", coin.beta}});
  json["value_usd"] = r.value_usd;
  // Levels have no accounts: who stands behind them, and with what equity, no tape tells.
  json["equity_usd"] = r.from_levels ? Json() : Json(r.equity_usd);
  json["accounts"] = r.from_levels ? Json() : Json(r.accounts);
  json["units"] = r.from_levels ? Json() : Json(r.units);
  json["due"] = r.from_levels ? Json() : Json(r.due);
  json["moves"] = Json::array();
  for (const StressMove& m : r.moves) {
    const cascade::StressWave& w = m.wave;
    std::array<cascade::StressCell, cascade::kLeverageBands.size() + 1> all{};
    Json kinds = Json::object();
    for (const cascade::AccountKind kind : cascade::kAccountKinds) {
      const cascade::StressByKind& k = w.kinds[static_cast<size_t>(kind)];
      // Before kinds without units are passed over: levels fill the bands and have none.
      for (size_t band = 0; band < all.size(); ++band) {
        all[band].coins += k.by_band[band].coins;
        all[band].usd += k.by_band[band].usd;
      }
      if (k.units == 0) continue;
      kinds[std::string(cascade::account_kind_name(kind))] = {
          {"units", k.units},
          {"called", k.called},
          {"stopped", k.stopped},
          {"liquidated", k.liquidated},
          {"equity_usd", k.equity_usd},
          {"loss_usd", k.loss_usd},
          {"by_leverage", bands_json(k.by_band)}};
    }
    Json left = Json::object();
    for (size_t band = 0; band < all.size(); ++band)
      left[std::string(cascade::kLeverageBandNames[band])] = w.left_usd[band];
    Json move{{"move", w.move}, {"price", w.price}};
    move["liquidated"] = {{"longs", cell_json(w.longs)},
                          {"shorts", cell_json(w.shorts)},
                          {"by_leverage", bands_json(all)}};
    move["stopped_coins"] = w.stopped_coins;
    move["by_kind"] = std::move(kinds);
    move["left_usd"] = std::move(left);
    move["dealers"] = m.dealers ? Json{{"low", m.dealers->low},
                                       {"high", m.dealers->high},
                                       {"gross", json_or_null(m.dealers_gross)}}
                                : Json();
    move["cascade"] = cascade_json(m);
    json["moves"].push_back(std::move(move));
  }
  json["overlap"] = {{"falls", overlap_json(r.overlap_falls)},
                     {"rises", overlap_json(r.overlap_rises)}};
  json["notes"] = r.notes;
  json["missing"] = r.missing;
  return json;
}

}  // namespace delever::render
