#!/usr/bin/env python3
"""Writes fixtures/conform/examples.csv: worked examples with numbers of our own. Each expected figure is the value of the
formula in the column `working`, computed here in a few operations and by nothing of src/. Run from the root; the same bytes
come out each time (the test fixture_examples compares)."""
import csv
import io
import sys
from pathlib import Path

COLUMNS = ("id,venue,topic,mode,contract,side,entry,qty,leverage,wallet,mark,tiers_used,other_inputs,exp_liq_price,"
           "exp_bankruptcy_price,exp_initial_margin,exp_maint_margin,exp_other_name,exp_other_value,tolerance,kind,source,working").split(",")
EXPECTED = {"liq": "exp_liq_price", "bankr": "exp_bankruptcy_price", "im": "exp_initial_margin", "mm": "exp_maint_margin"}
LADDER = "tiers/binance_BTCUSDT_2024-10-24.csv bracket "
BYBIT = "tiers/bybit_BTCUSDT_undated.csv tier 1"
LIQ = "liquidation price"

# venue, topic, {inputs}, {expected figure: formula}; figures without a column of their own are named in their own words
ROWS = [
    ("binance", LIQ, dict(mode="isolated", contract="BTCUSDT", side="long", entry=64000, qty=2, leverage=10, wallet=12800, mark=64000, tiers_used=LADDER + "2"),
     dict(liq="(12800+50-2*64000)/(2*0.005-2)", bankr="64000-12800/2", im="2*64000/10", mm="2*64000*0.005-50")),
    ("binance", LIQ, dict(mode="isolated", contract="BTCUSDT", side="short", entry=52000, qty=30, leverage=20, wallet=78000, mark=52000, tiers_used=LADDER + "3"),
     dict(liq="(78000+950+30*52000)/(30*0.0065+30)", bankr="52000+78000/30", im="30*52000/20", mm="30*52000*0.0065-950")),
    ("binance", LIQ + ", in a lower bracket than the entry", dict(mode="isolated", contract="BTCUSDT", side="long", entry=61000, qty=10, leverage=10, wallet=61000, mark=61000, tiers_used=LADDER + "3"),
     dict(liq="(61000+50-10*61000)/(10*0.005-10)", bankr="61000-61000/10", im="10*61000/10", mm="10*61000*0.0065-950")),
    ("binance", LIQ, dict(mode="isolated", contract="USD-M linear", side="short", entry=250, qty=40, leverage=4, wallet=2500, tiers_used="MMR=0.02 cum=30"),
     dict(liq="(2500+30+40*250)/(40*0.02+40)")),
    ("binance", LIQ, dict(mode="cross", contract="USD-M linear", side="long", entry=3000, qty=50, wallet=20000, tiers_used="MMR=0.01 cum=20",
                          other_inputs="other leg: short 2 BTC entry 60000 mark 61500 MMR 0.5% cum 50"),
     dict(liq="(20000+2*(60000-61500)-(2*61500*0.005-50)+20-50*3000)/(50*0.01-50)")),
    ("binance", LIQ, dict(mode="isolated", contract="BTCUSD COIN-M", side="long", entry=40000, qty="80000 USD", leverage=8, wallet=0.25, tiers_used="MMR 0.5%"),
     dict(liq="80000*(1+0.005)/(80000/40000+0.25)", bankr="80000/(80000/40000+0.25)", im="80000/40000/8", mm="80000/40000*0.005")),
    ("binance", "maintenance margin", dict(contract="BTCUSDT", qty=20000000, tiers_used="binance_BTCUSDT_2024-10-24.csv", other_inputs="qty=notional USDT"),
     dict(mm="20000000*0.02-131450")),
    ("binance", "maintenance amount recursion", dict(contract="BTCUSD COIN-M", other_inputs="floor_n=200 BTC, MMR_n=10%, MMR_n-1=5%, cum_n-1=1.5 BTC"),
     {"cum_n (BTC)": "1.5+200*(0.10-0.05)"}),
    ("binance", "ADL leveragePnL", dict(side="long", wallet=12.5, other_inputs="uPnL=60 marginRatio=20%"), {"leveragePnL": "60*0.20/12.5"}),
    ("binance", "funding rate 8h", dict(other_inputs="avgPremium=0.0007 I=0.0001 N=8"), {"F": "0.0007+max(-0.0005,min(0.0005,0.0001-0.0007))"}),
    ("binance", "funding rate 8h", dict(other_inputs="avgPremium=0.0003 I=0.0001 N=8"), {"F": "0.0003+max(-0.0005,min(0.0005,0.0001-0.0003))"}),
    ("binance", "funding rate 4h interval", dict(other_inputs="avgPremium=-0.0012 I=0.0001 N=4"), {"F": "(-0.0012+max(-0.0005,min(0.0005,0.0001+0.0012)))/2"}),
    ("binance", "impact margin notional", dict(contract="ETHUSDT", leverage=25, other_inputs="250 USDT / IMR 4%"), {"IMN USDT": "250*25"}),
    ("binance", "uniMMR", dict(other_inputs="equity 180000 MM 100000"), {"uniMMR / liquidated": "180000/100000 / false"}),
    ("binance", "collateral value", dict(qty=3, mark=2500, other_inputs="rate 0.9"), {"value": "3*2500*0.9"}),
    ("bybit", LIQ + " (MM at entry value)", dict(mode="isolated", contract="USDT linear", side="long", entry=20, qty=5, leverage=4, wallet=25, tiers_used="MMR=0.02"),
     dict(liq="20-(25-5*20*0.02)/5", bankr="20-25/5")),
    ("bybit", LIQ + " (MM at entry value)", dict(mode="isolated", contract="BTCUSDT", side="long", entry=80000, qty=2, leverage=10, wallet=16000, tiers_used=BYBIT),
     dict(liq="80000-(16000-2*80000*0.005)/2", bankr="80000-16000/2", im="2*80000/10", mm="2*80000*0.005")),
    ("bybit", LIQ + " (MM at entry value)", dict(mode="isolated", contract="BTCUSDT", side="short", entry=75000, qty=4, leverage=25, wallet=12000, tiers_used=BYBIT),
     dict(liq="75000+(12000-4*75000*0.005)/4", bankr="75000+12000/4", im="4*75000/25", mm="4*75000*0.005")),
    ("bybit", LIQ + " 2026 formula (MM at mark)", dict(mode="isolated", contract="BTCUSD inverse", side="long", entry=40000, qty=20000, leverage=5, wallet=0.1, tiers_used="MMR 0.5% deduction 0"),
     dict(liq="20000*(1+0.005)/(20000/40000+0.1)", bankr="20000/(20000/40000+0.1)")),
    ("bybit", LIQ + " 2024 formula", dict(mode="isolated", contract="BTCUSD inverse", side="long", entry=40000, qty=20000, leverage=5, wallet=0.1, tiers_used="MMR 0.5%"),
     dict(liq="20000/(20000/40000+0.1-20000/40000*0.005)", bankr="20000/(20000/40000+0.1)", im="20000/40000/5", mm="20000/40000*0.005")),
    ("bybit", "account MMR", dict(mode="cross", contract="BTCUSDT", side="long", entry=120000, qty=0.5, leverage=10, mark=120000, tiers_used="tiers/bybit_BTCUSDT_undated.csv", other_inputs="margin balance 1500"),
     {"mm": "0.5*120000*0.005", "MMR": "0.5*120000*0.005/1500"}),
    ("bybit", "ADL trigger", dict(other_inputs="pool 8h max balance=2,000,000 symbol 8h drawdown=900,000 threshold=-0.3 adlTriggerThreshold=1"),
     {"triggered / loss shifted to counterparties": "true / 900000-0.3*2000000"}),
    ("bybit", "ADL trigger", dict(other_inputs="pool 8h max balance=2,000,000 symbol 8h drawdown=500,000 threshold=-0.3 adlTriggerThreshold=1"), {"triggered": "false"}),
    ("bybit", "liq+bankruptcy (legacy)", dict(mode="cross", contract="BTCUSD inverse", side="long", entry=40000, qty=20000, wallet=0.1, tiers_used="MM 0.5%", other_inputs="taker 0.06%"),
     dict(liq="20000*(1+0.0006)/(20000/40000+0.1-20000/40000*0.005)", bankr="20000*(1+0.0006)/(20000/40000+0.1)")),
    ("bybit", "liq+bankruptcy (legacy)", dict(mode="cross", contract="BTCUSD inverse", side="short", entry=50000, qty=20000, wallet=0.1, tiers_used="MM 0.5%", other_inputs="taker 0.06%"),
     dict(liq="20000*(1-0.0006)/(20000/50000-0.1+20000/50000*0.005)", bankr="20000*(1-0.0006)/(20000/50000-0.1)")),
    ("okx", LIQ, dict(mode="isolated", contract="BTC-USDT-SWAP", side="long", entry=70000, qty="2 BTC = 200 contracts", leverage=5, wallet=28000, tiers_used="tiers/okx_tier1.csv MMR 0.4%", other_inputs="taker fee 0.0005"),
     dict(liq="(70000-28000/2)/(1-0.004-0.0005)", bankr="70000-28000/2", im="2*70000/5", mm="2*70000*0.004")),
    ("okx", LIQ, dict(mode="isolated", contract="USDT linear", side="short", entry=30, qty=10, leverage=3, wallet=100, tiers_used="MMR=0.01", other_inputs="taker fee 0.0006"),
     dict(liq="(30+100/10)/(1+0.01+0.0006)", bankr="30+100/10")),
    ("okx", LIQ + " (no fee)", dict(mode="isolated", contract="BTC-USD inverse", side="long", entry=40000, qty="80000 USD", leverage=4, wallet=0.5, tiers_used="MMR 0.4%"),
     dict(liq="(1+0.004)/(1/40000+0.5/80000)")),
    ("okx", "ADL threshold", dict(other_inputs="fund now=90,000; 8h average=150,000; threshold=avg-max(30%*avg,50,000)"),
     {"threshold / triggered": "150000-max(0.3*150000,50000) / true"}),
    ("okx", "PM MR9 stablecoin depeg", dict(mode="portfolio", other_inputs="hedged 6M USD: 1M@0.75% + 4M@1.75% + 1M@2.5%"), {"MR9 USD": "1e6*0.0075+4e6*0.0175+1e6*0.025"}),
    ("okx", "funding", dict(other_inputs="avg[(bid+ask)/2-index]/index=0.0008, cap 0.375% BTC"), {"F": "0.0008"}),
    ("okx", "funding", dict(other_inputs="avg[(bid+ask)/2-index]/index=0.006, cap 0.375% BTC"), {"F": "min(0.006,0.00375)"}),
    ("deribit", "IM/MM", dict(mode="standard", contract="BTC_USDC-PERPETUAL", side="any", qty=10, mark=60000, tiers_used="tiers/deribit_standard_margin.csv"),
     dict(im="10*60000*(0.02+0.00005*10)", mm="10*60000*(0.01+0.00005*10)")),
    ("deribit", "IM/MM", dict(mode="standard", contract="SOL_USDC-PERPETUAL", side="any", qty=400, mark=150, tiers_used="tiers/deribit_standard_margin.csv"),
     dict(im="400*150*(0.04+0.000005*400)", mm="400*150*(0.02+0.000005*400)")),
    ("deribit", LIQ + " (constant MM 1%, no fee)", dict(mode="segregated standard", contract="BTC-PERPETUAL inverse", side="long", entry=50000, qty="50000 USD", wallet=0.05, tiers_used="MM 1% of size"),
     dict(liq="50000*(1+0.01)/(50000/50000+0.05)", bankr="50000/(50000/50000+0.05)")),
    ("deribit", "option margin (BTC per contract)", dict(mode="standard", contract="BTC C K=66000", side="short", qty=1, mark=0.03, other_inputs="underlying 60000"),
     dict(im="max(0.15-(66000-60000)/60000,0.1)+0.03", mm="0.075+0.03")),
    ("deribit", "option margin (BTC per contract)", dict(mode="standard", contract="BTC C K=61500", side="short", qty=1, mark=0.03, other_inputs="underlying 60000"),
     dict(im="max(0.15-(61500-60000)/60000,0.1)+0.03", mm="0.075+0.03")),
    ("deribit", "option margin (BTC per contract)", dict(mode="standard", contract="BTC P K=54000", side="short", qty=1, mark=0.025, other_inputs="underlying 60000"),
     dict(im="max(max(0.15-(60000-54000)/60000,0.1)+0.025,max(0.075,0.075*0.025)+0.025)", mm="max(0.075,0.075*0.025)+0.025")),
    ("deribit", "inverse call settlement", dict(contract="BTC call K=70000", side="long", entry=".08 BTC", qty=1, other_inputs="delivery price 87500"),
     {"payoff BTC / net BTC": "(87500-70000)/87500 / (87500-70000)/87500-0.08"}),
    ("deribit", "inverse put settlement", dict(contract="BTC put K=60000", side="short", entry=".1 BTC", qty=1, other_inputs="delivery price 48000"),
     {"net BTC": "0.1-(60000-48000)/48000"}),
    ("deribit", "perp funding 8h-equivalent", dict(other_inputs="premium=0.0011"), {"F": "max(0.00025,0.0011)-0.00025"}),
    ("deribit", "perp funding 8h-equivalent", dict(other_inputs="premium=-0.0001"), {"F": "min(-0.00025,-0.0001)+0.00025"}),
    ("deribit", "PM relative vol shock up", dict(other_inputs="range_up=.45 days=10 power=0.3"), {"multiplier": "1+0.45*(30/10)**0.3"}),
    ("deribit", "PM relative vol shock down", dict(other_inputs="range_down=.3 days=60 power=0.13"), {"multiplier": "max(0,1-0.3*(30/60)**0.13)"}),
    ("deribit", "portfolio margin full vector", dict(mode="S:PM", contract="BTC-PERPETUAL", side="long", qty="0.5 BTC",
                                                     other_inputs="index 60000 price_range .16 buckets 4 each side vol 3; annualised_move .075 min .01; mm_factor .8; pnl_offset 0"),
     {"im": "-0.5*(1-1/(1-0.16))+0.5*0.01", "mm": "0.8*(-0.5*(1-1/(1-0.16))+0.5*0.01)", "worst_case / roll_shock": "-0.5*(1-1/(1-0.16)) / 0.5*0.01"}),
    ("hyperliquid", "liquidation / backstop price", dict(mode="isolated", contract="BTC", side="long", entry=60000, qty=1, leverage=20, wallet=3000, mark=60000, tiers_used="tiers/hyperliquid_BTC.csv t1"),
     {"liq": "(60000-3000)/(1-0.0125)", "bankr": "60000-3000", "mm": "60000*0.0125", "backstop price (equity=2/3 MM)": "(60000-3000)/(1-0.0125*2/3)"}),
    ("hyperliquid", "liquidation / backstop price", dict(mode="isolated", contract="BTC", side="short", entry=60000, qty=1, leverage=20, wallet=3000, mark=60000, tiers_used="tiers/hyperliquid_BTC.csv t1"),
     {"liq": "(60000+3000)/(1+0.0125)", "bankr": "60000+3000", "mm": "60000*0.0125", "backstop price (equity=2/3 MM)": "(60000+3000)/(1+0.0125*2/3)"}),
    ("hyperliquid", LIQ, dict(mode="cross", contract="BTC", side="long", entry=60000, qty=2, wallet=30000, mark=60000, tiers_used="BTC t1, ETH t1 (2%)", other_inputs="other leg short 20 ETH mark 3000"),
     dict(liq="(2*60000-30000+20*3000*0.02)/(2-2*0.0125)", mm="2*60000*0.0125+20*3000*0.02")),
    ("hyperliquid", "funding (8h-equivalent and 1h)", dict(other_inputs="impact bid 5030, oracle 5000, I=0.01%"),
     {"F8h / F1h / payment 4 BTC": "0.006+max(-0.0005,min(0.0005,0.0001-0.006)) / 0.0055/8 / 4*5000*0.0055/8"}),
    ("hyperliquid", "partial liquidation first slice", dict(contract="BTC", side="long", qty="position 400,000 USDC", other_inputs=">100k so 20%; 30s cooldown then full size"),
     {"first market order USDC": "0.2*400000"}),
    ("hyperliquid", "transfer margin", dict(qty="notional 50000", leverage=25), {"max(IM, 10% notional)": "max(50000/25,0.1*50000)"}),
    ("hyperliquid", "portfolio-margin liquidation threshold", dict(mode="portfolio", other_inputs="LTV BTC .4, HYPE .7"), {".5+.5*LTV": "0.5+0.5*0.4 / 0.5+0.5*0.7"}),
    ("dydx", "liquidation with insurance fund", dict(mode="cross", contract="ABC", side="long", entry=2, qty=300, wallet=120, mark=1.62, other_inputs="MMF 4%"),
     {"bankr": "2-120/300", "mm": "300*1.62*0.04", "equity / worst order price (1.5*MMF) / insurance paid at 1.55": "120+300*(1.62-2) / 1.62*(1-1.5*0.04) / 300*(2-120/300-1.55)"}),
    ("dydx", "initial and maintenance margin", dict(mode="cross", contract="BTC", side="long", entry=50000, qty=2, wallet=8000, mark=50000, tiers_used="IMF 5% MMF 3%"),
     dict(liq="(2*50000-8000)/(2-2*0.03)", bankr="50000-8000/2", im="2*50000*0.05", mm="2*50000*0.03")),
    ("dydx", "funding cap", dict(other_inputs="IMF 5% MMF 3%"), {"cap 8h / cap 1h": "6*(0.05-0.03) / 6*(0.05-0.03)/8"}),
    ("dydx", "open-interest margin scaling", dict(tiers_used="Small-Cap 10%, caps 20M/50M", other_inputs="open notional 26M"), {"effective IMF": "0.1+0.9*(26-20)/(50-20)"}),
    ("metrics", "annualisation", dict(other_inputs="0.02% per 8h"), {"simple x1095 / compounded": "0.0002*1095 / 1.0002**1095-1"}),
    ("metrics", "annualisation inverse", dict(other_inputs="21.9% simple"), {"per 8h / per 1h": "0.219/1095 / 0.219/8760"}),
    ("metrics", "long share vs oscillator", dict(other_inputs="long 90M short 30M"), {"share / (L-S)/(L+S)": "90/120 / 60/120"}),
    ("metrics", "put/call ratio", dict(other_inputs="BTC calls 40000 puts 26000"), {"P/C / total": "26000/40000 / 40000+26000"}),
]


def value(formula):
    if formula in ("true", "false"):
        return formula
    return f"{eval(formula, {'__builtins__': {}, 'max': max, 'min': min}):.12g}"


def text():
    out, count = io.StringIO(), {}
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for venue, topic, inputs, formulas in ROWS:
        count[venue] = count.get(venue, 0) + 1
        row = {"id": f"{venue}-{count[venue]}", "venue": venue, "topic": topic, "tolerance": "1e-9 rel", "kind": "derived", "source": "own numbers", **inputs}
        for name, formula in formulas.items():
            if name in EXPECTED:
                row[EXPECTED[name]] = value(formula)
            else:
                row["exp_other_name"] = name
                row["exp_other_value"] = " / ".join(value(f) for f in formula.split(" / "))
        row["working"] = "; ".join(f"{name} = {formula}" for name, formula in formulas.items())
        writer.writerow(row)
    return out.getvalue()


if __name__ == "__main__":
    path = Path(__file__).parent.parent / "fixtures/conform/examples.csv"
    if "--check" in sys.argv:
        sys.exit(0 if path.read_text() == text() else f"{path} is not what {sys.argv[0]} writes")
    path.write_text(text())
